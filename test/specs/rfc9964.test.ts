// RFC 9964: ML-DSA, and keys of kty AKP. A runtime without ML-DSA refuses them, and says why.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importJwks,
  importKey,
  isAlgorithmSupported,
  type Jwk,
  type SignatureAlgorithm,
  signJws,
  thumbprint,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { b64u, octets, signText } from '../support/forge.ts';
import { describeJws } from '../support/jws-vector.ts';
import { vectors } from '../support/vectors.ts';

const PUBLIC_LENGTH: Readonly<Record<string, number>> = { 'ML-DSA-44': 1312, 'ML-DSA-65': 1952, 'ML-DSA-87': 2592 };
const SIGNATURE_LENGTH: Readonly<Record<string, number>> = { 'ML-DSA-44': 2420, 'ML-DSA-65': 3309, 'ML-DSA-87': 4627 };
const PAYLOAD = octets('a payload');
const raw = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');
const code = (jwk: object, alg?: SignatureAlgorithm) => codeOf(() => importKey(jwk as Jwk, alg ? { alg } : {}));
const REFUSED = /^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/;

for (const v of vectors('ours/ml-dsa', 'jws')) describeJws(v);

describe.each(vectors('ours/ml-dsa', 'jws'))('$alg', (v) => {
  const here = isAlgorithmSupported(v.alg);
  const { priv, ...publicJwk } = v.key;
  /** What is fine is fine where the runtime has ML-DSA, and not supported elsewhere. */
  const fine = here ? null : 'ERR_JOSE_NOT_SUPPORTED';

  test('an AKP key has alg and pub [9964-3-1]', () => {
    expect([code(publicJwk), code(v.key)]).toEqual([fine, fine]);
    for (const member of ['alg', 'pub']) {
      for (const value of [undefined, null, 1, '']) expect(code({ ...publicJwk, [member]: value })).toMatch(REFUSED);
    }
    if (here) expect(exportJwk(importKey(publicJwk))).toMatchObject({ kty: 'AKP', alg: v.alg, pub: publicJwk.pub });
  });

  test('priv is not in a public key [9964-3-2]', () => {
    expect(importJwks({ keys: [v.key] })).toMatchObject({ keys: [], skipped: [{ index: 0 }] });
    if (!here) return;
    const key = importKey(v.key);
    expect(key.type).toBe('private');
    for (const each of [key, key.publicKey()]) expect(exportJwk(each)).not.toHaveProperty('priv');
  });

  test('priv is the seed of 32 octets [9964-4-1] [9964-7.3-1]', () => {
    for (const length of [0, 31, 33, 64, 2560, 4032, 4896])
      expect(code({ ...v.key, priv: b64u(new Uint8Array(length)) })).toBe('ERR_JWK_INVALID');
    for (const value of [null, 1, `${priv}=`, `${priv}AA`])
      expect(code({ ...v.key, priv: value })).toBe('ERR_JWK_INVALID');
    if (here) expect(exportPrivateJwk(importKey(v.key)).priv).toBe(priv);
  });

  test('alg is one of the three, and the one of the token [9964-5-1]', () => {
    for (const alg of ['ML-DSA', 'ml-dsa-44', 'ML-DSA-45', 'EdDSA'])
      expect(code({ ...publicJwk, alg })).toMatch(REFUSED);
    for (const alg of Object.keys(PUBLIC_LENGTH))
      if (alg !== v.alg) expect(code({ ...publicJwk, alg })).toMatch(REFUSED);
    if (!here) return;
    for (const other of vectors('ours/ml-dsa', 'jws')) {
      const verified = codeOf(() => verifyJws(v.compact, importKey(other.key).publicKey()));
      expect(verified).toBe(other.alg === v.alg ? null : 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });

  test('the context is empty: a signature with another one, or of a hash, does not hold [9964-5-2]', () => {
    if (!here) return expect(code(v.key)).toBe('ERR_JOSE_NOT_SUPPORTED');
    const verifying = importKey(publicJwk);
    const key = createPrivateKey({ key: { ...exportPrivateJwk(importKey(v.key)) }, format: 'jwk' });
    const by = (data: Uint8Array, options: object) =>
      signText(v.signing_input, () => sign(null, data, { key, ...options }));
    const input = octets(v.signing_input);
    expect(codeOf(() => verifyJws(by(input, {}), verifying))).toBeNull();
    const others = [
      by(input, { context: octets('JOSE') }),
      by(input, { context: Uint8Array.of(0) }),
      by(createHash('sha512').update(input).digest(), {}),
    ];
    for (const token of others)
      expect(codeOf(() => verifyJws(token, verifying))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('pub and the signature have their exact lengths [9964-5-3]', () => {
    const pub = raw(publicJwk.pub);
    expect([pub.length, raw(v.signature_b64u).length]).toEqual([PUBLIC_LENGTH[v.alg], SIGNATURE_LENGTH[v.alg]]);
    for (const other of [pub.subarray(1), Buffer.concat([pub, Buffer.alloc(1)])])
      expect(code({ ...publicJwk, pub: b64u(other) })).toMatch(REFUSED);
    if (!here) return;
    const key = importKey(publicJwk);
    const signature = raw(v.signature_b64u);
    for (const other of [
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ]) {
      expect(codeOf(() => verifyJws(`${v.signing_input}.${b64u(other)}`, key))).toBe(
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      );
    }
  });

  test('the thumbprint hashes alg, kty and pub [9964-6-1]', () => {
    const input = JSON.stringify({ alg: v.alg, kty: 'AKP', pub: publicJwk.pub });
    expect(createHash('sha256').update(input).digest('base64url')).toBe(v.thumbprint);
    expect([thumbprint(v.key), thumbprint({ ...publicJwk, kid: 'x', use: 'sig' })]).toEqual([
      v.thumbprint,
      v.thumbprint,
    ]);
  });

  test('pub is the one that follows from the seed [9964-7.4-1]', () => {
    const other = new Uint8Array(32).fill(1);
    expect(code({ ...v.key, priv: b64u(other) })).toBe(here ? 'ERR_JWK_INVALID' : 'ERR_JOSE_NOT_SUPPORTED');
    if (here)
      expect(Buffer.from(verifyJws(signJws(PAYLOAD, importKey(v.key)), importKey(publicJwk)).payload)).toEqual(
        Buffer.from(PAYLOAD),
      );
  });
});
