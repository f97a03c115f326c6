import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { exportJwk, exportPrivateJwk, importKey, type Jwk, thumbprint, thumbprintUri } from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { asymmetricAlgorithms, keyPair, nodePair, secretKey } from '../support/keys.ts';

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  AKP: ['alg', 'kty', 'pub'],
};

test.each(asymmetricAlgorithms)('%s: the digest of the required members in order', (alg) => {
  const { privateKey, publicKey } = keyPair(alg);
  const jwk = exportJwk(publicKey);
  const text = `{${REQUIRED[jwk.kty]?.map((name) => `"${name}":"${jwk[name]}"`).join(',')}}`;
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    const expected = createHash(hash).update(text).digest('base64url');
    const all = [publicKey, privateKey, jwk, exportPrivateJwk(privateKey), { ...jwk, kid: 'k', use: 'enc' }];
    for (const key of all) expect(thumbprint(key, hash)).toBe(expected);
    expect(thumbprintUri(jwk, hash)).toBe(
      `urn:ietf:params:oauth:jwk-thumbprint:${hash.replace('sha', 'sha-')}:${expected}`,
    );
  }
  expect(thumbprint(jwk)).toBe(thumbprint(jwk, 'sha256'));
  expect(thumbprintUri(publicKey)).toBe(thumbprintUri(jwk, 'sha256'));
});

test('alg is no part of it, but for AKP: one RSA key has one thumbprint under every alg', () => {
  const { publicKey } = nodePair('RS256');
  expect(new Set((['RS256', 'PS512'] as const).map((alg) => thumbprint(importKey(publicKey, { alg })))).size).toBe(1);
});

test('alg is read of AKP only, whose parameter set it is', () => {
  const jwk = nodePair('ES256K').publicKey.export({ format: 'jwk' }) as Jwk;
  expect(thumbprint({ ...jwk, alg: 'another' })).toBe(thumbprint(jwk));
  for (const [alg, length] of [
    ['ML-DSA-44', 1312],
    ['ML-DSA-65', 1952],
    ['ML-DSA-87', 2592],
  ] as const) {
    const pub = Buffer.alloc(length, 7).toString('base64url');
    const expected = createHash('sha256').update(`{"alg":"${alg}","kty":"AKP","pub":"${pub}"}`).digest('base64url');
    expect(thumbprint({ kty: 'AKP', alg, pub })).toBe(expected);
    expectCode(() => thumbprint({ kty: 'AKP', alg, pub: pub.slice(4) }), 'ERR_JWK_INVALID');
  }
});

test('a secret', () => {
  const key = secretKey('HS256');
  const { k } = exportPrivateJwk(key);
  const expected = createHash('sha256').update(`{"k":"${k}","kty":"oct"}`).digest('base64url');
  expect([thumbprint(key), thumbprint({ kty: 'oct', k })]).toEqual([expected, expected]);
});

describe('what has none', () => {
  const jwk = nodePair('ES256').publicKey.export({ format: 'jwk' }) as Jwk;
  test('a JWK with a member that is missing or not canonical', () => {
    expectCode(() => thumbprint({ ...jwk, x: `${jwk.x}=` }), 'ERR_JWK_INVALID');
    expectCode(() => thumbprint({ kty: 'EC', crv: 'P-256' }), 'ERR_JWK_INVALID');
    expectCode(() => thumbprint({ kty: 'oct' }), 'ERR_JWK_INVALID');
  });

  test('a kty or curve that is not known', () => {
    expectCode(() => thumbprint({ kty: 'FOO' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => thumbprint({ ...jwk, crv: 'P-192' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => thumbprint({ kty: 'AKP', pub: 'AA' } as Jwk), 'ERR_JWK_INVALID');
  });

  test('a hash outside the list', () => {
    for (const hash of ['sha1', 'SHA-256', 'md5', '', 'toString', null])
      expectTypeError(() => thumbprint(jwk, hash as never), /^hash /);
    for (const key of [undefined, null, 'text', 1]) expectTypeError(() => thumbprint(key as never), /^key /);
  });
});
