import { createPrivateKey, sign } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { draftJwt, exportPrivatePem, importKey, readUnverifiedJwt, signJwt, verifyJwt } from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { ecdsaDer, signerOf } from '../support/forge.ts';
import { asymmetricAlgorithms, keyPair, keyPairs, nodePair, secretKey } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';

const NOW = 1_700_000_000;
const UNCHECKED = { issuer: null, audience: null, now: NOW } as const;
const key = secretKey('HS256');
const read = (token: string) => readUnverifiedJwt(token);

afterEach(() => vi.useRealTimers());

describe('signJwt', () => {
  test('sets iat and exp from now', () => {
    expect(read(signJwt({ sub: 'a' }, key, { expiresIn: '15m', now: NOW }))).toEqual({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { sub: 'a', iat: NOW, exp: NOW + 900 },
    });
  });

  test('now is the clock’s, a number or a Date', () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    expect(read(signJwt({}, key, { expiresIn: 60 })).claims).toEqual({ iat: NOW, exp: NOW + 60 });
    expect(read(signJwt({}, key, { expiresIn: 60, now: new Date(5000) })).claims).toEqual({ iat: 5, exp: 65 });
  });

  test('an instant between two seconds is written as a whole number', () => {
    const { claims } = read(signJwt({}, key, { expiresIn: 60, now: NOW + 0.75 }));
    expect(Number.isInteger(claims.iat) && Number.isInteger(claims.exp)).toBe(true);
  });

  test('notBefore counts from now; null says that the token does not expire', () => {
    expect(read(signJwt({}, key, { expiresIn: null, notBefore: '1m', now: NOW })).claims).toEqual({
      iat: NOW,
      nbf: NOW + 60,
    });
  });

  test('claims of the caller’s own', () => {
    expect(read(signJwt({ iat: 1, exp: 2, nbf: 3 }, key, { expiresIn: null, now: NOW })).claims).toEqual({
      iat: 1,
      exp: 2,
      nbf: 3,
    });
    expectTypeError(() => signJwt({ exp: 2 }, key, { expiresIn: 60 }), /exp/);
    expectTypeError(() => signJwt({ nbf: 2 }, key, { expiresIn: 60, notBefore: 1 }), /nbf|notBefore/);
  });

  test('typ is JWT, another one, or none', () => {
    expect(read(signJwt({}, key, { expiresIn: 60, typ: 'at+jwt' })).header.typ).toBe('at+jwt');
    expect(read(signJwt({}, key, { expiresIn: 60, typ: null })).header).toEqual({ alg: 'HS256' });
  });

  test('the key names itself; the caller may add to the header', () => {
    const named = importKey(nodePair('ES256').privateKey, { kid: 'k' });
    expect(read(signJwt({}, named, { expiresIn: 60, header: { x: 1 } })).header).toEqual({
      alg: 'ES256',
      kid: 'k',
      typ: 'JWT',
      x: 1,
    });
  });

  test('a key writes each header as it is asked to, whichever it wrote before', () => {
    const fresh = importKey(nodePair('ES256').privateKey, { kid: 'fresh' });
    const headerOf = (options: object) => read(signJwt({}, fresh, { expiresIn: 60, ...options })).header;
    const own = { alg: 'ES256', kid: 'fresh' };
    for (const round of [1, 2]) {
      expect(headerOf({ header: { x: 1 } }), `round ${round}`).toEqual({ ...own, typ: 'JWT', x: 1 });
      expect(headerOf({})).toEqual({ ...own, typ: 'JWT' });
      expect(headerOf({ header: { x: 2 } })).toEqual({ ...own, typ: 'JWT', x: 2 });
      expect(headerOf({ typ: null })).toEqual(own);
      expect(headerOf({ typ: 'at+jwt' })).toEqual({ ...own, typ: 'at+jwt' });
    }
  });

  test('a token of 256 KiB, which is the most that a reader takes', () => {
    const signOf = (length: number) => signJwt({ x: 'x'.repeat(length) }, key, { expiresIn: null, now: NOW });
    const longest = signOf(196_522);
    expect(longest).toHaveLength(256 * 1024);
    expect(Object.keys(verifyJwt(longest, key, { ...UNCHECKED, expiry: 'optional' }).claims)).toEqual(['iat', 'x']);
    expectTypeError(() => signOf(196_523), /^claims must be shorter/);
  });

  test('no option is read that only Object.prototype has', () => {
    const polluted = { notBefore: 60, typ: 'x', header: { x: 1 }, nbf: 5, exp: 5 };
    expect(read(whilePolluted(polluted, () => signJwt({}, key, { expiresIn: 60, now: NOW })))).toEqual({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { iat: NOW, exp: NOW + 60 },
    });
    expectTypeError(() => whilePolluted({ expiresIn: 60 }, () => signJwt({}, key, {} as never)), /expiresIn/);
  });

  test('what goes in is left alone', () => {
    const claims = Object.freeze({ sub: 'a', list: Object.freeze([1]) });
    signJwt(claims, key, { expiresIn: 60 });
    expect(claims).toEqual({ sub: 'a', list: [1] });
  });

  test.each([
    ['nothing', undefined, /options|expiresIn/],
    ['no expiresIn', {}, /expiresIn/],
    ['expiresIn undefined', { expiresIn: undefined }, /expiresIn/],
    ['a negative expiresIn', { expiresIn: -1 }, /expiresIn/],
    ['an unknown unit', { expiresIn: '1y' }, /expiresIn/],
    ['notBefore', { expiresIn: 60, notBefore: 'soon' }, /notBefore/],
    ['typ', { expiresIn: 60, typ: 1 }, /typ/],
    ['now', { expiresIn: 60, now: 'now' }, /now/],
    ['an invalid Date', { expiresIn: 60, now: new Date(Number.NaN) }, /now/],
    ['header', { expiresIn: 60, header: 'x' }, /header/],
    ['an alg in the header', { expiresIn: 60, header: { alg: 'HS256' } }, /alg/],
    ['b64 in the header', { expiresIn: 60, header: { b64: false, crit: ['b64'] } }, /b64/],
    ['an unknown option', { expiresIn: 60, algorithm: 'none' }, /algorithm/],
  ])('options: %s', (_, options, name) => {
    expectTypeError(() => signJwt({}, key, options as never), name);
  });

  test.each([
    ['text', 'sub'],
    ['an array', []],
    ['null', null],
    ['iss no string', { iss: 1 }],
    ['sub no string', { sub: 1 }],
    ['aud no string', { aud: 1 }],
    ['aud with something else', { aud: ['a', 1] }],
    ['jti no string', { jti: 1 }],
    ['iat no number', { iat: '1' }],
    ['exp no number', { exp: '1' }],
    ['nbf not finite', { nbf: Number.POSITIVE_INFINITY }],
    ['undefined in a list', { x: [undefined] }],
    ['a symbol', { x: Symbol('x') }],
    ['a function', { x: () => 0 }],
    ['a number JSON has not', { x: Number.NaN }],
    ['a bigint', { x: 1n }],
    ['a Date', { x: new Date(0) }],
    ['a Map in a list', { x: [new Map()] }],
    ['half a surrogate pair', { x: '\ud800' }],
    ['half a surrogate pair as a name', { '\ud800': 1 }],
  ])('claims: %s', (_, claims) => {
    expectTypeError(() => signJwt(claims as never, key, { expiresIn: null }));
  });

  test('a claim that JSON cannot say is named, with what it is and what it may be', () => {
    const of = (x: unknown) => expectTypeError(() => signJwt({ a: { x } }, key, { expiresIn: null })).message;
    const may = 'claims.a.x must be a string, a finite number, a boolean, null, an array or a plain object, and is';
    expect(of(1n)).toBe(`${may} a bigint`);
    expect(of(Number.NaN)).toBe(`${may} NaN`);
    expect(of(new Date(0))).toBe(`${may} a Date: write it as seconds or as text`);
    expect(of({ toJSON: () => 1 })).toBe(`${may} an object with a toJSON method`);
    expect(of(new Map())).toBe(`${may} an object of a class`);
    expect(of('\ud800')).toBe(`${may} a string with a lone surrogate`);
    expect(of([undefined])).toBe(`${may.replace('.x', '.x[0]')} undefined`);
  });

  test('a member that is undefined is left out, at any depth, as JSON.stringify does', () => {
    const claims = {
      email: undefined,
      iat: undefined,
      exp: undefined,
      nbf: undefined,
      a: { b: undefined, c: 1 },
    } as never;
    const { claims: said } = readUnverifiedJwt(signJwt(claims, key, { expiresIn: 60, notBefore: 0, now: 1000 }));
    expect(said).toEqual({ iat: 1000, nbf: 1000, exp: 1060, a: { c: 1 } });
    expect(Object.keys(said)).not.toContain('email');
    // Of a header nothing is left out: { kid: undefined } would take the key's kid away.
    expectTypeError(
      () => signJwt({}, key, { expiresIn: 60, header: { kid: undefined } }),
      /^header\.kid must be .*undefined$/,
    );
  });

  test('what other libraries take as options is said where it belongs', () => {
    const of = (name: string) =>
      expectTypeError(() => signJwt({}, key, { expiresIn: 60, [name]: 'x' } as never)).message;
    expect(of('issuer')).toBe('options.issuer is not an option: put it into the claims, as iss');
    expect(of('keyid')).toBe('options.keyid is not an option: the key says it, as importKey(…, { alg, kid }) does');
    expect(of('expires')).toBe('options.expires is not an option; expiresIn is');
  });

  test('claims deeper or more than a reader takes', () => {
    let deep: object = {};
    for (let i = 0; i < 40; i++) deep = { deep };
    expectTypeError(() => signJwt({ deep }, key, { expiresIn: 60 }), /claims/);
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`c${i}`, i]));
    expectTypeError(() => signJwt(many, key, { expiresIn: 60 }), /claims/);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expectTypeError(() => signJwt(circular, key, { expiresIn: 60 }));
  });
});

describe('draftJwt', () => {
  const options = { expiresIn: 60, now: NOW } as const;

  test.each(asymmetricAlgorithms)('%s: an outside signer completes it', (alg) => {
    const draft = draftJwt({ sub: 'a' }, { ...options, alg, kid: 'kms-1' });
    const signature = signerOf(alg)(draft.signingInput);
    const { publicKey } = keyPair(alg);
    for (const token of [draft.complete(signature), draft.complete(signature, publicKey)]) {
      const { header, claims } = verifyJwt(token, publicKey, UNCHECKED);
      expect(header).toEqual({ alg, kid: 'kms-1', typ: 'JWT' });
      expect(claims).toEqual({ sub: 'a', iat: NOW, exp: NOW + 60 });
    }
  });

  test.each(['ES256', 'ES384', 'ES512', 'ES256K'] as const)('%s: DER as a KMS returns it', (alg) => {
    const { publicKey } = keyPair(alg);
    for (let i = 0; i < 20; i++) {
      const draft = draftJwt({ i }, { ...options, alg });
      const raw = signerOf(alg)(draft.signingInput);
      const der = ecdsaDer(raw);
      expect(draft.complete(der, publicKey)).toBe(draft.complete(raw, publicKey));
      expect(draft.complete(der)).toBe(draft.complete(raw));
    }
  });

  test('signed by node:crypto with a key of its own', () => {
    const pem = exportPrivatePem(keyPairs.ES256.privateKey);
    const draft = draftJwt({}, { ...options, alg: 'ES256' });
    const token = draft.complete(sign('sha256', draft.signingInput, createPrivateKey(pem)), keyPairs.ES256.publicKey);
    expect(verifyJwt(token, keyPairs.ES256.publicKey, UNCHECKED).claims.exp).toBe(NOW + 60);
  });

  test('the signing input is the caller’s copy', () => {
    const draft = draftJwt({}, { ...options, alg: 'EdDSA' });
    const before = draft.complete(new Uint8Array(64));
    const { signingInput } = draft;
    signingInput.fill(0);
    expect(draft.complete(new Uint8Array(64))).toBe(before);
  });

  test('with the public key a wrong signature does not leave', () => {
    const draft = draftJwt({}, { ...options, alg: 'ES256' });
    const other = signerOf('ES256')(Buffer.from('something else'));
    expectTypeError(() => draft.complete(other, keyPairs.ES256.publicKey), /^signature /);
    expectTypeError(() => draft.complete(other, keyPairs.ES384.publicKey), /^publicKey /);
    expectTypeError(() => draft.complete(other, keyPairs.ES256.privateKey), /^key is private/);
  });

  test.each([
    ['ES256', 63],
    ['ES256', 65],
    ['ES384', 64],
    ['EdDSA', 63],
    ['Ed448', 64],
    ['ES256', 0],
    ['RS256', 0],
  ] as const)('%s: a signature of %d octets is none', (alg, length) => {
    const draft = draftJwt({}, { ...options, alg });
    expectTypeError(() => draft.complete(new Uint8Array(length).fill(1)), /^signature /);
  });

  test('an RSA signature is as long as the modulus, which has 2,048 to 16,384 bits', () => {
    for (const alg of ['RS256', 'PS512'] as const) {
      const draft = draftJwt({}, { ...options, alg });
      for (const length of [256, 257, 2048]) {
        const signature = new Uint8Array(length).fill(1);
        expect(draft.complete(signature).split('.')[2]).toBe(Buffer.from(signature).toString('base64url'));
      }
      for (const length of [255, 2049])
        expectTypeError(() => draft.complete(new Uint8Array(length).fill(1)), `signature is not one of ${alg}`);
    }
    expectTypeError(
      () => draftJwt({}, { ...options, alg: 'ES256' }).complete(new Uint8Array(256)),
      /^signature is not/,
    );
  });

  test('DER is read for ECDSA only', () => {
    const der = ecdsaDer(new Uint8Array(64).fill(1));
    for (const alg of ['EdDSA', 'RS256'] as const)
      expectTypeError(() => draftJwt({}, { ...options, alg }).complete(der), `signature is not one of ${alg}`);
  });

  test('a draft does not change, and reads no option that only Object.prototype has', () => {
    const make = () => draftJwt({}, { ...options, alg: 'ES256' });
    expect(Object.isFrozen(make())).toBe(true);
    const token = whilePolluted({ kid: 'x', typ: 'x', notBefore: 60 }, make).complete(new Uint8Array(64));
    expect(read(token)).toEqual({ header: { alg: 'ES256', typ: 'JWT' }, claims: { iat: NOW, exp: NOW + 60 } });
  });

  test('arguments', () => {
    const draft = draftJwt({}, { ...options, alg: 'ES256' });
    expectTypeError(() => draft.complete('signature' as never), /signature/);
    expectTypeError(() => draft.complete(new Uint8Array(64), 'key' as never), /[kK]ey/);
    expectTypeError(() => draftJwt({}, { alg: 'none', expiresIn: 60 } as never), /alg/);
    expectTypeError(() => draftJwt({}, { expiresIn: 60 } as never), /alg/);
    expectTypeError(() => draftJwt({}, { alg: 'ES256' } as never), /expiresIn/);
    expectTypeError(() => draftJwt({}, { ...options, alg: 'ES256', kid: 1 } as never), /kid/);
    expectTypeError(() => draftJwt({ exp: 1 }, { ...options, alg: 'ES256' }), /exp/);
    expectTypeError(() => draftJwt('x' as never, { ...options, alg: 'ES256' }), /claims/);
  });
});

test('an exp that is undefined makes no token without expiry', () => {
  const { privateKey } = keyPairs.ES256;
  const message = /^claims\.exp must be a number of seconds where options\.expiresIn is null/;
  expectTypeError(() => signJwt({ exp: undefined } as never, privateKey, { expiresIn: null }), message);
  expect(signJwt({ exp: undefined } as never, privateKey, { expiresIn: 60 })).toMatch(/^ey/);
});
