// DER by its form alone, the work that it may demand, and what Web Crypto has bound a key to.
import { KeyObject, webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey } from '../../src/index.ts';
import { readCryptoKey } from '../../src/jwk/encodings.ts';
import { codeOf } from '../support/code.ts';
import { byPbkdf2, byScrypt } from '../support/encrypted-keys.ts';
import { concat, der, derBits, derSequence, edSpki, hex, pem, pkcs8Of, spkiOf } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

const DAMAGED = ['ERR_JWK_INVALID', 'the key material is not the DER of one whole key, or has octets behind it'];
const { privateKey, publicKey } = nodePair('ES256');
const rsa = nodePair('RS256');
const NOTHING = hex('0500');

describe('DER', () => {
  test.each([
    ['no elements', '3000'],
    ['one number', '3003020105'],
    ['a number and a string of bits', '3006020101030100'],
    ['a truth', '30030101ff'],
    ['a sequence alone', '30023000'],
    ['two sequences alone', '300430003000'],
    ['an algorithm and a number', '30053000020105'],
    ['a number and an algorithm', '30050201053000'],
    ['no sequence', '3103020105'],
  ])('%s is of no form', (_, digits) => {
    expect(codeOf(() => importKey(hex(digits)))).toBe('ERR_JWK_INVALID');
    if (digits.startsWith('30')) expect(refusalPartsOf(() => importKey(hex(digits)))).toEqual(DAMAGED);
  });

  test.each([
    ['RSA', pkcs8Of(rsa.privateKey)],
    ['EC', pkcs8Of(privateKey)],
  ])('PKCS#8 of %s holds one private key: neither two elements nor none', (_, octets) => {
    const [version, algorithm, key] = elementsOf(octets);
    expect(importKey(derSequence(version, algorithm, der(0x04, key))).type).toBe('private');
    for (const content of [concat(key, NOTHING), concat(key, Uint8Array.of(0)), new Uint8Array(0)])
      expect(refusalPartsOf(() => importKey(derSequence(version, algorithm, der(0x04, content))))).toEqual(DAMAGED);
  });

  test('SPKI of RSA holds one public key: neither two elements nor none', () => {
    const algorithm = hex('300d06092a864886f70d0101010500');
    const key = new Uint8Array(rsa.publicKey.export({ format: 'der', type: 'pkcs1' }));
    expect(importKey(derSequence(algorithm, derBits(key))).type).toBe('public');
    for (const content of [concat(key, NOTHING), concat(key, Uint8Array.of(0)), new Uint8Array(0)])
      expect(refusalPartsOf(() => importKey(derSequence(algorithm, derBits(content))))).toEqual(DAMAGED);
  });

  test('SPKI of RSA without its key, under its label', () => {
    const algorithm = hex('300d06092a864886f70d0101010500');
    for (const parts of [[], [hex('020105')]])
      expect(refusalPartsOf(() => importKey(pem('PUBLIC KEY', derSequence(algorithm, ...parts))))).toEqual([
        'ERR_JWK_INVALID',
        expect.stringMatching(/^the key material cannot be read as PUBLIC KEY: /),
      ]);
  });

  test('the point of any other SPKI is no DER', () => {
    expect(importKey(spkiOf(publicKey)).type).toBe('public');
    expect(importKey(edSpki('Ed25519', spkiOf(nodePair('Ed25519').publicKey).subarray(-32))).type).toBe('public');
  });
});

/** The three elements of a PKCS#8, the last without its tag and length. */
function elementsOf(pkcs8: Uint8Array): [version: Uint8Array, algorithm: Uint8Array, key: Uint8Array] {
  const headerOf = (at: number) => (Number(pkcs8[at + 1]) < 0x80 ? 2 : 2 + Number(pkcs8[at + 1]) - 0x80);
  const version = headerOf(0);
  const algorithm = version + 3;
  const key = algorithm + 2 + Number(pkcs8[algorithm + 1]);
  return [pkcs8.subarray(version, algorithm), pkcs8.subarray(algorithm, key), pkcs8.subarray(key + headerOf(key))];
}

describe('the work that an encrypted key may demand', () => {
  test('as much as is allowed, and no more', () => {
    const sealed = byPbkdf2(privateKey, 'x', 1000);
    expect(importKey(sealed, { passphrase: 'x', maxIterations: 1000 }).type).toBe('private');
    expect(codeOf(() => importKey(sealed, { passphrase: 'x', maxIterations: 999 }))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    const scrypt = byScrypt(privateKey, 'x', [16, 8, 2]);
    expect(importKey(scrypt, { passphrase: 'x', maxIterations: 256 }).type).toBe('private');
    expect(codeOf(() => importKey(scrypt, { passphrase: 'x', maxIterations: 255 }))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a million by default', () => {
    // Not worked that often, so that it can be told what comes first.
    const code = (count: number) => codeOf(() => importKey(byPbkdf2(privateKey, 'x', count, 1), { passphrase: 'x' }));
    expect(code(1_000_001)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(code(1_000_000)).toBe('ERR_JWK_INVALID');
  });

  test('is read before the passphrase', () => {
    expect(codeOf(() => importKey(byPbkdf2(privateKey, 'x', 1_000_001, 1)))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });
});

describe('what Web Crypto has bound a key to', () => {
  const sha = (bits: string) => ({ name: `SHA-${bits}` });
  /** A CryptoKey whose algorithm is described otherwise, as runtimes do that have more algorithms. */
  async function described(algorithm: object): Promise<webcrypto.CryptoKey> {
    const key = await webcrypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['verify']);
    return Object.defineProperty(key, 'algorithm', { value: algorithm });
  }

  const bound: readonly (readonly [algorithm: object, use: 'sig' | 'enc', alg: string | undefined])[] = [
    [{ name: 'HMAC', hash: sha('256') }, 'sig', 'HS256'],
    [{ name: 'RSASSA-PKCS1-v1_5', hash: sha('384') }, 'sig', 'RS384'],
    [{ name: 'RSA-PSS', hash: sha('512') }, 'sig', 'PS512'],
    ...['ECDSA', 'Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].map(
      (name) => [{ name }, 'sig', undefined] as const,
    ),
    [{ name: 'RSA-OAEP', hash: sha('1') }, 'enc', 'RSA-OAEP'],
    [{ name: 'RSA-OAEP', hash: sha('256') }, 'enc', 'RSA-OAEP-256'],
    [{ name: 'RSA-OAEP', hash: sha('384') }, 'enc', 'RSA-OAEP-384'],
    [{ name: 'RSA-OAEP', hash: sha('512') }, 'enc', 'RSA-OAEP-512'],
    [{ name: 'AES-KW', length: 192 }, 'enc', 'A192KW'],
    ...['AES-GCM', 'ECDH', 'X25519', 'X448'].map((name) => [{ name }, 'enc', undefined] as const),
  ];

  test.each(bound)('%o is for %s by %s', async (algorithm, use, alg) => {
    const key = await described(algorithm);
    expect(readCryptoKey(key)).toEqual({ keyObject: expect.any(KeyObject), use, alg, operations: ['verify'] });
  });

  test.each([
    ...['HMAC', 'RSA-PSS', 'RSA-OAEP'].flatMap((name) => [
      { name, hash: { name: 'SHA3-256' } },
      { name, hash: { name: 'sha-256' } },
      { name },
    ]),
    { name: 'HMAC', hash: sha('1') },
    ...['AES-CBC', 'AES-CTR', 'PBKDF2', 'HKDF', 'hmac', ''].map((name) => ({ name })),
  ])('%o has no algorithm of JOSE', async (algorithm) => {
    const key = await described(algorithm);
    expect(codeOf(() => readCryptoKey(key))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });
});
