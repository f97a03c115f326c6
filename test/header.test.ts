import { describe, expect, test } from 'vitest';
import { checkCritical, isCrit, parseProtected as parse, readHeader, readUnionHeader } from '../src/header.ts';
import type { JsonObject } from '../src/json.ts';
import { expectCode } from './support/expect.ts';
import { b64u } from './support/forge.ts';

const CODE = 'ERR_JWE_INVALID';
const parseProtected = (encoded: string) => parse(encoded, CODE);
const read = (header: JsonObject, unprotected?: JsonObject) =>
  unprotected ? readUnionHeader(header, unprotected, CODE) : readHeader(header, header, CODE);

describe('parseProtected', () => {
  test('the encoded header becomes its parameters', () => {
    expect(parseProtected(b64u({ alg: 'ES256' }))).toEqual({ alg: 'ES256' });
  });

  test('text that is not canonical base64url of one strict JSON object', () => {
    const error = expectCode(() => parseProtected(`${b64u('{}')}=`), CODE);
    expect(error.message).toBe('the protected header is not canonical base64url');
    expect(expectCode(() => parseProtected(''), CODE).message).toMatch(/^the protected header is not a JSON object/);
    expectCode(() => parseProtected(b64u('[]')), CODE);
    expectCode(() => parseProtected(b64u('{"alg":"ES256","alg":"none"}')), CODE);
  });

  test('16 KiB pass, one octet more does not', () => {
    const sized = (size: number) => b64u(`{"x":"${'x'.repeat(size - 8)}"}`);
    expect(parseProtected(sized(16 * 1024))).toHaveProperty('x');
    const error = expectCode(() => parseProtected(sized(16 * 1024 + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(error.message).toContain('16 KiB');
  });
});

describe('readHeader', () => {
  test('reads each parameter it acts on, and hands on all of them, frozen', () => {
    const header = read({ alg: 'ES256', kid: 'k', typ: 'JWT', cty: 'x', jwk: { kty: 'EC' } });
    expect(header).toMatchObject({ alg: 'ES256', kid: 'k', typ: 'JWT', cty: 'x', crit: undefined });
    expect(header.parameters).toEqual({ alg: 'ES256', kid: 'k', typ: 'JWT', cty: 'x', jwk: { kty: 'EC' } });
    expect([header, header.parameters, header.parameters.jwk].every(Object.isFrozen)).toBe(true);
  });

  test('protected and unprotected parameters are one header, and disjoint', () => {
    expect(read({ typ: 'JWT' }, { alg: 'ES256', kid: 'k' }).parameters).toEqual({ typ: 'JWT', alg: 'ES256', kid: 'k' });
    expectCode(() => read({ alg: 'ES256', kid: 'a' }, { kid: 'a' }), CODE);
  });

  test.each([
    ['no alg', {}],
    ['alg a number', { alg: 256 }],
    ['alg null', { alg: null }],
    ['alg an array', { alg: ['ES256'] }],
    ['kid a number', { alg: 'ES256', kid: 1 }],
    ['kid half a surrogate pair', { alg: 'ES256', kid: '\ud800' }],
    ['typ null', { alg: 'ES256', typ: null }],
    ['cty an object', { alg: 'ES256', cty: {} }],
    ['crit a string', { alg: 'ES256', crit: 'b64' }],
    ['crit null', { alg: 'ES256', crit: null }],
  ])('malformed: %s', (_, header) => {
    expectCode(() => read(header), CODE);
  });

  test('the parameter that is malformed is named', () => {
    for (const name of ['alg', 'kid', 'typ', 'cty'])
      expect(expectCode(() => read({ alg: 'ES256', [name]: 1 }), CODE).message).toBe(
        `the header parameter ${name} is not a string`,
      );
  });

  test.each([
    ['has no alg', {}, undefined],
    ['has a parameter both protected and unprotected', { alg: 'ES256', kid: 'a' }, { kid: 'a' }],
    ['has an unprotected crit', { alg: 'ES256' }, { crit: ['x'], x: 1 }],
    ['has a malformed crit', { alg: 'ES256', crit: [] }, undefined],
  ] as const)('the error says that the header %s', (what, header, unprotected) => {
    expect(expectCode(() => read(header, unprotected), CODE).message).toBe(`the header ${what}`);
  });

  test('crit is protected or not at all', () => {
    expectCode(() => read({ alg: 'ES256' }, { crit: ['x'], x: 1 }), CODE);
    expectCode(() => read({ alg: 'ES256', crit: ['x'] }, { x: 1 }), CODE);
  });

  test('a parameter called __proto__ is data', () => {
    const header = read(JSON.parse('{"alg":"ES256","__proto__":{"kid":"k"}}'));
    expect(header.kid).toBeUndefined();
    expect(Object.keys(header.parameters)).toEqual(['alg', '__proto__']);
  });
});

describe('crit', () => {
  test.each([
    ['empty', []],
    ['a name twice', ['x', 'x']],
    ['not strings', [1]],
    ['a registered name', ['alg']],
    ['x5t#S256', ['x5t#S256']],
    ['a JWE name', ['p2s']],
    ['a name the header lacks', ['y']],
    ['an inherited name', ['toString']],
  ])('%s', (_, crit) => {
    expect(isCrit(crit, { alg: 'ES256', x: 1, 'x5t#S256': '', p2s: '' })).toBe(false);
  });

  // RFC 7515 §9.1.1, RFC 7516 §10.1.1, RFC 7518 §7.1.2
  test.each([
    ...['alg', 'jku', 'jwk', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'typ', 'cty', 'crit', 'enc', 'zip'],
    ...['epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'],
  ])('%s is registered, and what only contains it is not', (name) => {
    const isCritical = (each: string) => isCrit([each], { [each]: 1 });
    expect([name, `x${name}`, `${name}x`].map(isCritical)).toEqual([false, true, true]);
  });

  test('every name must be understood by the caller', () => {
    const header = read({ alg: 'ES256', exp: 1, crit: ['exp'] });
    expect(() => checkCritical(header, ['exp'])).not.toThrow();
    expect(expectCode(() => checkCritical(header), 'ERR_JOSE_NOT_SUPPORTED').message).toBe(
      'the header names a critical extension that is not understood',
    );
    expectCode(() => checkCritical(header, ['iat']), 'ERR_JOSE_NOT_SUPPORTED');
    // b64 is an extension of JWS: a JWE that makes it critical asks for something that no reader here does.
    expectCode(() => checkCritical(read({ alg: 'dir', b64: true, crit: ['b64'] })), 'ERR_JOSE_NOT_SUPPORTED');
    expect(() => checkCritical(read({ alg: 'ES256' }))).not.toThrow();
  });
});
