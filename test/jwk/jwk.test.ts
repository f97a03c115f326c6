// Members of a JWK: each one canonical, of its right size, and in agreement with the others.

import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  JoseError,
  type Jwk,
  type Key,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { pickMembers } from '../../src/jwk/jwk.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, certificate, digest, spkiOf, toBigInt, toBytes } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

// By node:crypto, so that the library runs in tests only.
const jwkOf = (alg: 'ES256' | 'RS256' | 'Ed25519', half: 'publicKey' | 'privateKey'): Jwk =>
  ({ ...nodePair(alg)[half].export({ format: 'jwk' }), use: 'sig', alg }) as Jwk;
const ec = jwkOf('ES256', 'publicKey');
const rsa = jwkOf('RS256', 'publicKey');
const okp = jwkOf('Ed25519', 'publicKey');
const ecPrivate = jwkOf('ES256', 'privateKey');
const rsaPrivate = jwkOf('RS256', 'privateKey');
const okpPrivate = jwkOf('Ed25519', 'privateKey');

const bytesOf = (jwk: Jwk, name: string) => Buffer.from(String(jwk[name]), 'base64url');
const without = (jwk: Jwk, name: string) =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== name)) as Jwk;
const refuse = (jwk: object, code: Parameters<typeof expectCode>[1] = 'ERR_JWK_INVALID') =>
  expectCode(() => importKey(jwk as Jwk), code);

describe('common members', () => {
  test.each([
    ['kty', [undefined, null, 1, ['EC']]],
    ['alg', [null, 1, '\ud800']],
    ['kid', [null, 1, {}, '\ud800']],
    ['use', [null, 1]],
    ['key_ops', [null, 'verify', [1], ['verify', 'verify']]],
  ])('%s of a wrong type', (name, values) => {
    for (const value of values) refuse({ ...ec, [name]: value });
  });

  test('a key for encryption', () => {
    refuse({ ...ec, use: 'enc' }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse({ ...ec, use: 'tls' }, 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('use and key_ops agree, and key_ops allow what the key is for', () => {
    expect(importKey({ ...ec, use: 'sig', key_ops: ['verify'] }).type).toBe('public');
    expect(importKey({ ...without(ec, 'use'), key_ops: ['verify', 'wrapKey'] }).type).toBe('public');
    expect(importKey({ ...ecPrivate, key_ops: ['sign'] }).type).toBe('private');
    refuse({ ...ec, use: 'sig', key_ops: ['wrapKey', 'verify'] });
    refuse({ ...ec, alg: 'ECDH-ES', use: 'enc', key_ops: ['deriveKey', 'verify'] });
    refuse({ ...ec, alg: 'ECDH-ES', use: 'enc', key_ops: ['deriveKey', 'sign'] });
    refuse({ ...without(ec, 'use'), key_ops: ['wrapKey'] }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse({ ...ec, key_ops: ['sign'] }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse({ ...ec, key_ops: [] }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse({ ...ecPrivate, key_ops: ['verify'] }, 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('key_ops of a secret: for signing, for verifying, or for both', () => {
    const secret = exportPrivateJwk(secretKey('HS256'));
    const [signer, verifier] = [['sign'], ['verify', 'wrapKey']].map((key_ops) =>
      importKey({ ...without(secret, 'use'), key_ops }),
    );
    const token = signJws(Buffer.from('x'), secretKey('HS256'));
    expect(signJws(Buffer.from('x'), signer as Key)).toBe(token);
    expect(verifyJws(token, verifier as Key).key).toBe(verifier);
    expectTypeError(() => signJws(Buffer.from('x'), verifier as Key), /key_ops/);
    expectTypeError(() => verifyJws(token, signer as Key), /key_ops/);
    refuse({ ...without(secret, 'use'), key_ops: ['wrapKey'] }, 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('unknown members do not matter, whatever they are called', () => {
    const extra = JSON.parse('{"__proto__":{"d":"AA"},"toString":1,"x5t":"AA","exp":1,"nested":{"a":[1]}}');
    expect(exportJwk(importKey({ ...ec, ...extra }))).toEqual(ec);
  });
});

describe('public members', () => {
  test.each([
    ['EC', ec, 'x'],
    ['EC', ec, 'y'],
    ['OKP', okp, 'x'],
    ['RSA', rsa, 'n'],
    ['RSA', rsa, 'e'],
  ])('%s: %# %s', (_, jwk, name) => {
    refuse(without(jwk, name));
    const octets = bytesOf(jwk, name);
    for (const value of [null, 1, '', [jwk[name]], `${jwk[name]}=`, ` ${jwk[name]}`, '!']) {
      refuse({ ...jwk, [name]: value });
    }
    refuse({ ...jwk, [name]: b64u(Buffer.concat([Buffer.of(0), octets])) });
    if (name !== 'e')
      refuse({ ...jwk, [name]: b64u(octets.subarray(1)) }, jwk === rsa ? 'ERR_JWK_WEAK' : 'ERR_JWK_INVALID');
  });

  test('a point that is not on the curve, and one of the other curve', () => {
    const y = bytesOf(ec, 'y').map((octet, i) => (i === 31 ? octet ^ 1 : octet));
    refuse({ ...ec, y: b64u(y) });
    refuse({ ...exportJwk(keyPairs.ES256K.publicKey), crv: 'P-256', alg: 'ES256' });
    refuse({ ...ec, x: b64u(Buffer.alloc(32)), y: b64u(Buffer.alloc(32)) });
  });

  test('kty, crv and alg disagree', () => {
    refuse({ ...ec, crv: 'P-384' });
    refuse({ ...without(ec, 'alg'), crv: 'Ed25519' }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse(without(ec, 'crv'));
    refuse({ ...ec, kty: 'OKP' }, 'ERR_JOSE_NOT_SUPPORTED');
    refuse({ ...okp, crv: 'X25519', alg: undefined }, 'ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('private members', () => {
  test.each([
    ['EC', ecPrivate, ['d']],
    ['OKP', okpPrivate, ['d']],
    ['RSA', rsaPrivate, ['d', 'p', 'q', 'dp', 'dq', 'qi']],
  ] as const)('%s: malformed, or missing beside others', (_, jwk, names) => {
    for (const name of names) {
      for (const value of [null, 1, '', '!', `${jwk[name]}=`]) refuse({ ...jwk, [name]: value });
      if (names.length > 1) refuse(without(jwk, name));
    }
  });

  test('private members of another key', () => {
    refuse({ ...ecPrivate, d: b64u(Buffer.alloc(32, 1)) });
    refuse({ ...okpPrivate, d: b64u(Buffer.alloc(32, 1)) });
    refuse({ ...ecPrivate, d: b64u(Buffer.alloc(32)) });
  });

  test('each RSA number must be what it should be to the others', () => {
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      const value = toBigInt(bytesOf(rsaPrivate, name));
      refuse({ ...rsaPrivate, [name]: b64u(toBytes(value + 2n)) });
    }
    refuse({ ...rsaPrivate, p: 'AQ' });
    refuse({ ...rsaPrivate, p: rsaPrivate.q, q: rsaPrivate.p });
    refuse({ ...rsaPrivate, e: 'Aw' });
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv', 'oth'])(
    '%s alone makes a JWK of any kind private, or refused, and never public',
    (name) => {
      for (const jwk of [ec, rsa, okp])
        expect(() => importKey({ ...jwk, [name]: name === 'oth' ? [] : 'AQ' } as Jwk)).toThrow(JoseError);
    },
  );

  test('more than two primes', () => {
    refuse({ ...rsaPrivate, oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] }, 'ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('certificates in a JWK', () => {
  const der = certificate(spkiOf(nodePair('ES256').publicKey));
  const x5c = [Buffer.from(der).toString('base64')];
  const x5t = b64u(digest('sha1', der));
  const s256 = b64u(digest('sha256', der));

  test('are of the key, and their digests are of them', () => {
    const chain = [...x5c, Buffer.from(certificate(spkiOf(nodePair('RS256').publicKey))).toString('base64')];
    expect(importKey({ ...ec, x5c: chain, x5t, 'x5t#S256': s256 }).alg).toBe('ES256');
    expect(importKey({ ...ec, x5t, 'x5t#S256': s256 }).alg).toBe('ES256');
  });

  test.each([
    ['not an array', x5c[0]],
    ['empty', []],
    ['not text', [1]],
    ['a chain whose second certificate is not text', [...x5c, 1]],
    ['a chain whose second certificate is not base64', [...x5c, '!']],
    ['with octets behind it', [Buffer.concat([der, Buffer.of(0)]).toString('base64')]],
    ['base64url', [b64u(Uint8Array.of(0xff, 0xff, 0xfe))]],
    ['with line breaks', [`${x5c[0]?.slice(0, 64)}\n${x5c[0]?.slice(64)}`]],
    ['no certificate', ['AAAA']],
    ['of another key', [Buffer.from(certificate(spkiOf(nodePair('ES384').publicKey))).toString('base64')]],
  ])('x5c %s', (_, value) => {
    refuse({ ...ec, x5c: value });
  });

  test('a digest may be given by its hexadecimal digits, as some providers do', () => {
    const digits = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
    for (const write of [digits, (octets: Uint8Array) => digits(octets).toUpperCase()]) {
      const given = { x5t: b64u(write(digest('sha1', der))), 'x5t#S256': b64u(write(digest('sha256', der))) };
      expect(importKey({ ...ec, x5c, ...given }).alg).toBe('ES256');
    }
    refuse({ ...ec, x5c, x5t: b64u(digits(digest('sha1', Buffer.of(1)))) });
    refuse({ ...ec, x5c, x5t: b64u(digits(digest('sha1', der)).slice(2)) });
  });

  test('digests of another certificate', () => {
    refuse({ ...ec, x5c, x5t: s256 });
    refuse({ ...ec, x5c, 'x5t#S256': x5t });
    refuse({ ...ec, x5c, x5t: b64u(digest('sha1', Buffer.of(1))) });
    refuse({ ...ec, x5c, x5t: 1 });
  });
});

describe('weak keys', () => {
  const modulus = (n: bigint) => ({ kty: 'RSA', n: b64u(toBytes(n)), e: 'AQAB' });

  test('RSA: the smallest and the largest modulus, and the largest exponent', () => {
    expect(importKey(modulus((1n << 2047n) + 1n)).alg).toBe('RS256');
    expect(importKey(modulus((1n << 16383n) + 1n)).alg).toBe('RS256');
    expect(importKey({ ...rsa, e: b64u(toBytes((1n << 64n) - 1n)) }).alg).toBe('RS256');
    refuse(modulus((1n << 2047n) - 1n), 'ERR_JWK_WEAK');
    refuse(modulus((1n << 16384n) + 1n), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('RSA: a modulus that is a power of 65537 modulo each small prime, and one that is not modulo a single one', () => {
    const isPrime = (n: number) => Array.from({ length: n - 2 }, (_, i) => i + 2).every((each) => n % each !== 0);
    const primes = Array.from({ length: 166 }, (_, i) => i + 2).filter(isPrime);
    const product = primes.reduce((all, prime) => all * BigInt(prime), 1n);
    const roca = product * (1n << 1830n) + 65537n ** 5n;
    expect([primes.length, roca.toString(2).length >= 2048]).toEqual([39, true]);
    refuse(modulus(roca), 'ERR_JWK_WEAK');
    // 65537 is 10 modulo 11, whose powers are 1 and 10; the others stay as they are.
    const other = roca + product / 11n;
    expect([1n, 10n]).not.toContain(other % 11n);
    expect(importKey(modulus(other)).alg).toBe('RS256');
  });

  test('Ed25519: the points of order eight, with either sign', () => {
    for (const y of [
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ]) {
      const octets = Buffer.from(y, 'hex');
      refuse({ kty: 'OKP', crv: 'Ed25519', x: b64u(octets) }, 'ERR_JWK_WEAK');
      octets[31] = Number(octets[31]) | 0x80;
      refuse({ kty: 'OKP', crv: 'Ed25519', x: b64u(octets) }, 'ERR_JWK_WEAK');
    }
  });

  test('RSA: size and exponent', () => {
    const weak = (n: bigint, e = 65537n) =>
      refuse({ kty: 'RSA', n: b64u(toBytes(n)), e: b64u(toBytes(e)) }, 'ERR_JWK_WEAK');
    const n = toBigInt(bytesOf(rsa, 'n'));
    weak((1n << 2046n) + 1n);
    for (const e of [1n, 2n, 65536n, (1n << 64n) + 1n]) weak(n, e);
    weak(n + 1n);
    refuse({ kty: 'RSA', n: b64u(toBytes((1n << 16384n) + 1n)), e: 'AQAB' }, 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(importKey({ kty: 'RSA', n: b64u(toBytes(n)), e: 'Aw' }).alg).toBe('RS256');
  });

  test('Edwards curves: coordinates not below the field, points of small order', () => {
    const edwards = (crv: string, y: bigint, sign = 0) => {
      const octets = toBytes(y, crv === 'Ed25519' ? 32 : 57, 'little');
      octets[octets.length - 1] = (octets.at(-1) ?? 0) | (sign << 7);
      return { kty: 'OKP', crv, x: b64u(octets) };
    };
    const [p25519, p448] = [(1n << 255n) - 19n, (1n << 448n) - (1n << 224n) - 1n];
    for (const sign of [0, 1]) {
      for (const y of [0n, 1n, p25519 - 1n]) refuse(edwards('Ed25519', y, sign), 'ERR_JWK_WEAK');
      for (const y of [0n, 1n, p448 - 1n]) refuse(edwards('Ed448', y, sign), 'ERR_JWK_WEAK');
      for (const y of [p25519, p25519 + 1n]) refuse(edwards('Ed25519', y, sign));
      for (const y of [p448, p448 + 1n]) refuse(edwards('Ed448', y, sign));
    }
  });
});

test('members are picked where they are present', () => {
  const picked = pickMembers({ kty: 'EC', crv: 'P-256', x: undefined }, 'EC', ['crv', 'x', 'y']);
  expect(Object.entries(picked)).toEqual([
    ['kty', 'EC'],
    ['crv', 'P-256'],
  ]);
});
