// RFC 8812: secp256k1 and ES256K; and what section 2 asks of RSASSA-PKCS1-v1_5 keys.
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  type Jwk,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { b64u, compact, keySigner, octets, rsaJwk, toBigInt } from '../support/forge.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import { describeJws } from '../support/jws-vector.ts';
import { keyPair, nodePair } from '../support/keys.ts';
import { ownKey, vector } from '../support/vectors.ts';

const { privateKey, publicKey } = keyPair('ES256K');
const { alg: _, use: __, ...publicJwk } = exportJwk(publicKey);
const PAYLOAD = octets('a payload');
const raw = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');
const code = (jwk: object, alg?: SignatureAlgorithm) => codeOf(() => importKey(jwk as Jwk, alg ? { alg } : {}));

describe('vectors', () => {
  const v = vector('ours/ecdsa', 'jws', 'ES256K with leading zeros');
  describeJws(v);
  describeJwk({ ref: v.ref, jwk: v.key, type: 'private' });
});

test('section 2: an RS* key has kty RSA and 2048 bits or more [8812-2-1]', () => {
  const n = toBigInt(raw(ownKey('RSA public').n));
  for (const alg of ['RS256', 'RS384', 'RS512'] as const) {
    expect(code(rsaJwk((n >> 1n) | 1n, 65537n), alg)).toBe('ERR_JWK_WEAK');
    for (const kty of ['EC', 'OKP', 'oct', 'rsa'])
      expect(code({ ...ownKey('RSA public'), kty }, alg)).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    expect(code(ownKey('P-256 public'), alg)).toBe('ERR_JWK_INVALID');
  }
});

describe('section 3.1: secp256k1 keys', () => {
  test('are of kty EC, uncompressed, with coordinates of 32 octets, leading zeros kept [8812-3.1-1]', () => {
    const { key: jwk } = vector('ours/ecdsa', 'jws', 'ES256K with leading zeros');
    expect([raw(jwk.x)[0], raw(jwk.x).length]).toEqual([0, 32]);
    expect(exportPrivateJwk(importKey(jwk))).toMatchObject(jwk);
    for (const member of ['x', 'y']) {
      const value = raw(jwk[member]);
      const wrong = [value.subarray(1), Buffer.concat([Buffer.alloc(1), value]), Buffer.concat([Buffer.of(2), value])];
      for (const octetsOf of wrong) expect(code({ ...jwk, [member]: b64u(octetsOf) })).toBe('ERR_JWK_INVALID');
    }
    const { y: ___, ...compressed } = jwk;
    expect(code(compressed)).toBe('ERR_JWK_INVALID');
    expect(code({ ...jwk, kty: 'OKP' })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('section 3.2: ES256K', () => {
  test('a signature is 64 octets, r and s at full width [8812-3.2-1]', () => {
    for (let i = 0; i < 300; i++)
      expect(raw(signJws(Uint8Array.of(i, i >> 8), privateKey).split('.')[2])).toHaveLength(64);
    const {
      compact: token,
      key: jwk,
      signature_b64u: signature,
    } = vector('ours/ecdsa', 'jws', 'ES256K with leading zeros');
    const key = importKey(jwk).publicKey();
    expect([raw(signature)[0], codeOf(() => verifyJws(token, key))]).toEqual([0, null]);
    const [header, payload] = token.split('.');
    const shortened = `${header}.${payload}.${b64u(raw(signature).subarray(1))}`;
    expect(codeOf(() => verifyJws(shortened, key))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('kty is EC and crv is secp256k1 [8812-3.2-3]', () => {
    for (const members of [
      { kty: undefined },
      { crv: undefined },
      { kty: 'ec' },
      { crv: 'P-256K' },
      { crv: 'SECP256K1' },
      { crv: 'secp256r1' },
    ]) {
      expect(code({ ...publicJwk, ...members }, 'ES256K')).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    }
    for (const name of ['P-256 public', 'P-521 public', 'RSA public', 'Ed25519 public', 'oct']) {
      expect(code(ownKey(name), 'ES256K')).toBe('ERR_JWK_INVALID');
    }
  });

  test('alg, key_ops and use, where the key has them, agree [8812-3.2-4]', () => {
    for (const fits of [{ alg: 'ES256K' }, { use: 'sig' }, { key_ops: ['verify'] }])
      expect(code({ ...publicJwk, ...fits })).toBeNull();
    for (const misfit of [
      { alg: 'ES256' },
      { alg: 'ECDH-ES' },
      { use: 'enc' },
      { key_ops: ['sign'] },
      { key_ops: ['deriveKey'] },
    ]) {
      expect(code({ ...publicJwk, ...misfit })).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    }
    const { alg: ____, use: _____, ...privateJwk } = exportPrivateJwk(privateKey);
    expect([code({ ...privateJwk, key_ops: ['sign'] }), code({ ...privateJwk, key_ops: ['verify'] })]).toEqual([
      null,
      'ERR_JOSE_NOT_SUPPORTED',
    ]);
  });
});

test('section 3.3: the curve and the algorithm are for each other only [8812-3.3-1]', () => {
  for (const alg of ['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'] as const)
    expect(code(publicJwk, alg)).toBe('ERR_JWK_INVALID');
  expect(importKey(publicJwk).alg).toBe('ES256K');
  for (const [alg, other] of [
    ['ES256', 'ES256K'],
    ['ES256K', 'ES256'],
  ] as const) {
    const token = compact({ alg }, PAYLOAD, keySigner(alg, nodePair(other).privateKey));
    expect(codeOf(() => verifyJws(token, keyPair(other).publicKey))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(codeOf(() => verifyJws(token, keyPair(alg).publicKey))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  }
});
