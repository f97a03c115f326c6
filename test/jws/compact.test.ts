import { describe, expect, test } from 'vitest';
import { importKey, type Key, signJws, verifyJws } from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, forge, octets } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

const key = secretKey('HS256');
const CONTENT = octets('content');
const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

describe('signJws', () => {
  test('alg and kid come from the key, the rest from the caller', () => {
    const named = importKey(nodePair('ES256').privateKey, { kid: 'k' });
    expect(headerOf(signJws(CONTENT, key))).toEqual({ alg: 'HS256' });
    expect(headerOf(signJws(CONTENT, named))).toEqual({ alg: 'ES256', kid: 'k' });
    expect(headerOf(signJws(CONTENT, named, { header: { typ: 'x', kid: 'other' } }))).toEqual({
      alg: 'ES256',
      typ: 'x',
      kid: 'other',
    });
    expect(headerOf(signJws(CONTENT, key, { header: { crit: ['x'], x: 1 } }))).toEqual({
      alg: 'HS256',
      crit: ['x'],
      x: 1,
    });
  });

  test('detached: the payload part is empty', () => {
    const whole = signJws(CONTENT, key).split('.');
    expect(signJws(CONTENT, key, { detached: true })).toBe(`${whole[0]}..${whole[2]}`);
  });

  test('unencoded: the payload stands as it is, or not at all', () => {
    const token = signJws(CONTENT, key, { b64: false });
    expect(headerOf(token)).toEqual({ alg: 'HS256', b64: false, crit: ['b64'] });
    expect(token.split('.')[1]).toBe('content');
    expect(headerOf(signJws(CONTENT, key, { b64: false, header: { crit: ['x'], x: 1 } })).crit).toEqual(['x', 'b64']);
    expect(headerOf(signJws(CONTENT, key, { b64: true }))).toEqual({ alg: 'HS256' });
    for (const text of ['a.b', 'ä', 'a\n', '\x7f', Uint8Array.of(0xff)]) {
      expectTypeError(() => signJws(octets(text), key, { b64: false }), /payload/);
      expect(
        verifyJws(signJws(octets(text), key, { b64: false, detached: true }), key, { payload: octets(text) }).payload,
      ).toEqual(octets(text));
    }
  });

  test.each([
    [{ header: { alg: 'HS256' } }, /alg/],
    [{ header: { b64: false } }, /b64/],
    [{ header: { kid: 1 } }, /header/],
    [{ header: { typ: null } }, /header/],
    [{ header: { crit: ['x'] } }, /header/],
    [{ header: { crit: 'x' }, b64: false }, /header/],
    [{ header: { crit: ['kid'], kid: 'k' } }, /header/],
    [{ header: { x: undefined } }, /header/],
    [{ header: { x: 1n } }, /header/],
    [{ header: { x: Number.NaN } }, /header/],
    [{ header: { x: 'x'.repeat(20_000) } }, /header/],
    [{ header: [] }, /header/],
    [{ header: new Map() }, /header/],
    [{ header: null }, /header/],
    [{ b64: 'false' }, /b64/],
    [{ detached: 1 }, /detached/],
    [{ kid: 'k' }, /kid/],
  ])('options %#', (options, name) => {
    expectTypeError(() => signJws(CONTENT, key, options as never), name);
  });

  test('arguments', () => {
    for (const payload of ['text', [1], null, undefined, new ArrayBuffer(1)])
      expectTypeError(() => signJws(payload as never, key), /^payload /);
    expectTypeError(() => signJws(CONTENT, keyPairs.ES256.publicKey), /^key is public/);
  });
});

describe('verifyJws', () => {
  test('gives the payload, the header and the key, and none of them can be changed by the next caller', () => {
    const token = signJws(CONTENT, key, { header: { x: [1] } });
    const verified = verifyJws(token, key);
    expect(Buffer.from(verified.payload).toString()).toBe('content');
    expect(verified.header).toEqual({ alg: 'HS256', x: [1] });
    expect(verified.key).toBe(key);
    expect([verified, verified.header, verified.header.x].every(Object.isFrozen)).toBe(true);
    verified.payload.fill(0);
    expect(Buffer.from(verifyJws(token, key).payload).toString()).toBe('content');
  });

  test('an empty payload, and a long one', () => {
    for (const payload of [new Uint8Array(0), new Uint8Array(100_000).fill(7)]) {
      expect(Buffer.compare(verifyJws(signJws(payload, key), key).payload, payload)).toBe(0);
    }
  });

  test('detached: the payload is given, and only then may the part be empty', () => {
    const token = signJws(CONTENT, key, { detached: true });
    expect(verifyJws(token, key, { payload: CONTENT }).payload).toEqual(CONTENT);
    expectCode(() => verifyJws(token, key, { payload: octets('other') }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expectCode(() => verifyJws(token, key), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expectCode(() => verifyJws(signJws(CONTENT, key), key, { payload: CONTENT }), 'ERR_JWS_INVALID');
  });

  test('unencoded', () => {
    const token = signJws(CONTENT, key, { b64: false });
    expect(Buffer.from(verifyJws(token, key).payload).toString()).toBe('content');
    const [header, , signature] = token.split('.');
    for (const text of ['ä', 'a\n', '\x7f'])
      expectCode(() => verifyJws(`${header}.${text}.${signature}`, key), 'ERR_JWS_INVALID');
    expectCode(
      () => verifyJws(`${header}.${b64u(CONTENT)}.${signature}`, key),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    );
  });

  test('critical extensions: the caller’s own', () => {
    const token = forge('HS256', { alg: 'HS256', crit: ['x'], x: 1 }, 'content');
    expectCode(() => verifyJws(token, key), 'ERR_JOSE_NOT_SUPPORTED');
    expect(verifyJws(token, key, { crit: ['y', 'x'] }).header.x).toBe(1);
  });

  test('length: 1 MiB, or as told', () => {
    const token = signJws(CONTENT, key);
    expect(verifyJws(token, key, { maxLength: token.length }).key).toBe(key);
    expectCode(() => verifyJws(token, key, { maxLength: token.length - 1 }), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => verifyJws('.'.repeat(1024 * 1024 + 1), key), 'ERR_JOSE_LIMIT_EXCEEDED');
    const detached = signJws(CONTENT, key, { detached: true });
    const zeros = signJws(new Uint8Array(1000), key, { detached: true });
    expect(verifyJws(zeros, key, { payload: new Uint8Array(1000), maxLength: 1000 }).key).toBe(key);
    expectCode(
      () => verifyJws(zeros, key, { payload: new Uint8Array(1001), maxLength: 1000 }),
      'ERR_JOSE_LIMIT_EXCEEDED',
    );
    expectCode(() => verifyJws(detached, key, { payload: new Uint8Array(1024 * 1024 + 1) }), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('one header text read twice is one value; many headers do not mix', () => {
    const tokens = Array.from({ length: 200 }, (_, i) => signJws(CONTENT, key, { header: { i } }));
    for (const round of [1, 2]) {
      for (const [i, token] of tokens.entries()) expect(verifyJws(token, key).header.i, `round ${round}`).toBe(i);
    }
    const long = signJws(CONTENT, key, { header: { x: 'x'.repeat(3000) } });
    expect(verifyJws(long, key).header).toEqual(verifyJws(long, key).header);
  });

  test.each([
    [{ payload: 'content' }, /payload/],
    [{ crit: 'x' }, /crit/],
    [{ crit: [] }, /crit/],
    [{ algorithms: [] }, /algorithms/],
    [{ algorithms: ['none'] }, /algorithms/],
    [{ algorithms: 'HS256' }, /algorithms/],
    [{ maxLength: 0 }, /maxLength/],
    [{ maxLength: 1.5 }, /maxLength/],
    [{ issuer: 'x' }, /issuer/],
    [null, /options/],
  ])('options %j', (options, name) => {
    expectTypeError(() => verifyJws(signJws(CONTENT, key), key, options as never), name);
  });

  test('a key is not text', () => {
    for (const wrong of ['secret', CONTENT, nodePair('ES256').publicKey, {}, null, undefined]) {
      expectTypeError(() => verifyJws(signJws(CONTENT, key), wrong as Key), /^keys? /);
    }
  });
});
