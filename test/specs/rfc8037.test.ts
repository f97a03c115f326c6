// RFC 8037: EdDSA, and keys of kty OKP.
import { createHash, createPrivateKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  generateKey,
  importJwks,
  importKey,
  type Jwk,
  signJws,
  thumbprint,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { b64u, octets, privateKeyOf } from '../support/forge.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import { describeJws } from '../support/jws-vector.ts';
import { keyPair, nodePair } from '../support/keys.ts';
import { ownKey, vectors } from '../support/vectors.ts';

const CURVES = [
  ['Ed25519', 32],
  ['Ed448', 57],
] as const;
const PAYLOAD = octets('a payload');
const raw = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');
const code = (jwk: object) => codeOf(() => importKey(jwk as Jwk, { use: 'sig' }));

describe('vectors', () => {
  for (const v of vectors('rfc8037', 'jwk')) describeJwk(v);
  for (const v of vectors('rfc8037', 'jws')) {
    describeJws(v);
    test(`${v.ref}: the signature is that of RFC 8032`, () => {
      expect(raw(v.signature_b64u).toString('hex')).toBe(v.signature_hex);
    });
  }

  test.each(vectors('rfc8037', 'jwk-refused'))('$ref: $because [8037-3.2-1]', ({ jwk, code: expected }) => {
    expect(code(jwk)).toBe(expected);
    expect(importJwks({ keys: [jwk] })).toMatchObject({ keys: [], skipped: [{ index: 0, kid: jwk.kid }] });
  });
});

describe('section 2: OKP keys', () => {
  const jwk = ownKey('Ed25519 public');

  test('kty is OKP [8037-2-1]', () => {
    expect(exportJwk(importKey(jwk)).kty).toBe('OKP');
    for (const kty of ['okp', 'EC', 'RSA', 'oct', 'Okp']) expect(code({ ...jwk, kty })).toMatch(/^ERR_J/);
  });

  test('crv is there and names the curve [8037-2-2]', () => {
    expect(code({ ...jwk, crv: undefined })).toMatch(/^ERR_J/);
    for (const crv of ['ed25519', 'Curve25519', 'P-256', 'X25519', '', 1, null])
      expect(code({ ...jwk, crv })).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    expect(code({ ...jwk, crv: 'Ed448' })).toBe('ERR_JWK_INVALID');
  });

  test.each(CURVES)('%s: x is there, canonical base64url of %i octets [8037-2-3]', (crv, size) => {
    const own = exportJwk(keyPair(crv).publicKey);
    expect(raw(own.x)).toHaveLength(size);
    const octetsOf = raw(own.x);
    const wrong = [
      undefined,
      null,
      1,
      '',
      `${own.x}=`,
      b64u(octetsOf.subarray(1)),
      b64u(Buffer.concat([octetsOf, Buffer.alloc(1)])),
    ];
    for (const x of wrong) expect(code({ ...own, x })).toBe('ERR_JWK_INVALID');
  });

  test.each(CURVES)('%s: d is in a private key, of %i octets, and not in a public one [8037-2-4]', (crv, size) => {
    const { privateKey } = keyPair(crv);
    const own = exportPrivateJwk(privateKey);
    const { d } = own;
    expect(raw(d)).toHaveLength(size);
    expect(exportJwk(privateKey)).not.toHaveProperty('d');
    expect(importKey(own).type).toBe('private');
    for (const wrong of [
      null,
      1,
      '',
      `${d}=`,
      b64u(raw(d).subarray(1)),
      b64u(Buffer.concat([raw(d), Buffer.alloc(1)])),
    ])
      expect(code({ ...own, d: wrong })).toBe('ERR_JWK_INVALID');
    const published = importJwks({ keys: [own] });
    expect([published.keys.length, published.skipped.length]).toEqual([0, 1]);
  });

  test.each(CURVES)('%s: the thumbprint hashes crv, kty and x [8037-2-5]', (crv) => {
    const own = exportJwk(keyPair(crv).publicKey);
    const input = JSON.stringify({ crv, kty: 'OKP', x: own.x });
    expect(thumbprint(own)).toBe(createHash('sha256').update(input).digest('base64url'));
  });
});

describe('section 3: signing', () => {
  test.each(CURVES)('EdDSA is %s where the key says so [8037-3.1-1]', (crv) => {
    const { alg: _, ...bare } = exportPrivateJwk(keyPair(crv).privateKey);
    const key = importKey(bare);
    expect(key.alg).toBe('EdDSA');
    const token = signJws(PAYLOAD, key);
    expect(codeOf(() => verifyJws(token, key.publicKey()))).toBeNull();
    for (const other of CURVES) {
      if (other[0] !== crv)
        expect(codeOf(() => verifyJws(token, importKey(nodePair(other[0]).publicKey)))).toBe(
          'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        );
    }
  });

  test('an Ed25519 or Ed448 key is for no key agreement [8037-3.1-2]', () => {
    for (const [crv] of CURVES) {
      const { alg: _, use: __, ...bare } = exportJwk(keyPair(crv).publicKey);
      for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'])
        expect(code({ ...bare, alg })).toBe('ERR_JOSE_NOT_SUPPORTED');
      for (const ops of [['deriveKey'], ['deriveBits']])
        expect(code({ ...bare, key_ops: ops })).toBe('ERR_JOSE_NOT_SUPPORTED');
      expect(code({ ...bare, use: 'enc' })).toBe('ERR_JOSE_NOT_SUPPORTED');
    }
  });

  test.each(CURVES)(
    '%s: the signature is twice %i octets, and the one of RFC 8032 without a context [8037-3.1.1-1]',
    (crv, size) => {
      const token = signJws(PAYLOAD, keyPair(crv).privateKey);
      const [header, payload, signature] = token.split('.');
      expect(raw(signature)).toHaveLength(2 * size);
      expect(verify(null, octets(`${header}.${payload}`), nodePair(crv).publicKey, raw(signature))).toBe(true);
      for (const other of [
        raw(signature).subarray(1),
        Buffer.concat([raw(signature), Buffer.alloc(1)]),
        Buffer.alloc(0),
      ]) {
        expect(codeOf(() => verifyJws(`${header}.${payload}.${b64u(other)}`, keyPair(crv).publicKey))).toBe(
          'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        );
      }
    },
  );

  test('what RFC 8032 does not accept is not valid [8037-3.1.2-1]', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const token = signJws(PAYLOAD, importKey(ownKey('Ed25519 private')));
    const [header, payload, signature] = token.split('.');
    const s = BigInt(`0x${raw(signature).subarray(32).reverse().toString('hex')}`) + order;
    const unreduced = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const malleated = Buffer.concat([raw(signature).subarray(0, 32), unreduced]);
    const key = importKey(ownKey('Ed25519 public'));
    for (const other of [malleated, Buffer.alloc(64), Buffer.alloc(64, 0xff)]) {
      expect(codeOf(() => verifyJws(`${header}.${payload}.${b64u(other)}`, key))).toBe(
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      );
    }
  });
});

describe('section 4: security', () => {
  test('the algorithm fits the curve, and signatures are never taken for MACs [8037-4-1]', () => {
    const jwk = ownKey('Ed25519 public');
    for (const alg of ['HS256', 'ES256', 'Ed448']) expect(code({ ...jwk, alg })).toBe('ERR_JWK_INVALID');
  });

  test('generated keys are fresh and of full length; signing with one is deterministic [8037-4-2]', async () => {
    const keys = await Promise.all([generateKey('Ed25519'), generateKey('EdDSA'), generateKey('Ed25519')]);
    expect(new Set(keys.map((key) => exportPrivateJwk(key).d)).size).toBe(3);
    for (const key of keys)
      expect(createPrivateKey({ key: { ...exportPrivateJwk(key) }, format: 'jwk' }).asymmetricKeyType).toBe('ed25519');
    const [key] = keys;
    if (key) expect(signJws(PAYLOAD, key)).toBe(signJws(PAYLOAD, key));
    expect(privateKeyOf({ ...ownKey('Ed25519 private') }).asymmetricKeyType).toBe('ed25519');
  });
});
