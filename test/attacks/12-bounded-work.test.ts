// SECURITY.md, group 12: work without a bound, by inputs that are trusted but come out of files and from partners. Each test
// would take seconds to hours without its bound; none measures time.

import { describe, expect, test, vi } from 'vitest';
import {
  createIssuer,
  importJwks,
  importKey,
  type Jwk,
  type JwksSnapshot,
  memoryStore,
  type RemoteJwksOptions,
  remoteJwks,
  signJws,
  signJwsJson,
  signJwt,
  thumbprint,
  thumbprintUri,
  verifyJwsJson,
} from '../../src/index.ts';
import { byCount, byPbkdf2, byScrypt, byUnknown, legacyPem } from '../support/encrypted-keys.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, jwkOf, octets, pem } from '../support/forge.ts';
import { keyPairs, nodePair } from '../support/keys.ts';

const crypto = vi.hoisted(() => ({ calls: 0 }));

vi.mock('node:crypto', async (original) => {
  const node = await original<typeof import('node:crypto')>();
  const createPrivateKey = (...args: Parameters<typeof node.createPrivateKey>) => {
    crypto.calls++;
    return node.createPrivateKey(...args);
  };
  return { ...node, createPrivateKey };
});

const { privateKey } = nodePair('ES256');
const PASSPHRASE = 'open sesame';

/** As DER and as PEM. */
const formsOf = (sealed: Uint8Array) => [sealed, pem('ENCRYPTED PRIVATE KEY', sealed)];

describe('API-14 the key derivation of an encrypted key', () => {
  test.each([
    ['PBKDF2, 2^31 − 1 iterations', byPbkdf2(privateKey, PASSPHRASE, 2 ** 31 - 1, 1)],
    ['PBKDF2, one more than the bound', byPbkdf2(privateKey, PASSPHRASE, 1_000_001, 1)],
    ['scrypt with a large N', byScrypt(privateKey, PASSPHRASE, [2 ** 20, 8, 1], false)],
    [
      'scrypt with a large p, which takes hours in little memory',
      byScrypt(privateKey, PASSPHRASE, [2 ** 17, 1, 2 ** 17], false),
    ],
    ['PBES1 or PKCS #12', byCount(2 ** 30)],
  ])('API-14 %s is refused before any work', (_, sealed) => {
    for (const material of formsOf(sealed)) {
      const before = crypto.calls;
      expectCode(
        () => importKey(material, { passphrase: PASSPHRASE }),
        'ERR_JOSE_LIMIT_EXCEEDED',
        PASSPHRASE.repeat(2),
      );
      expect(crypto.calls).toBe(before);
    }
  });

  test('API-14 a derivation whose work cannot be told is refused before any', () => {
    for (const material of formsOf(byUnknown())) {
      const before = crypto.calls;
      expectCode(() => importKey(material, { passphrase: PASSPHRASE }), 'ERR_JWK_INVALID');
      expect(crypto.calls).toBe(before);
    }
  });

  test('API-14 the older encryption of PEM hides no key derivation', () => {
    const inner = byPbkdf2(privateKey, PASSPHRASE, 2 ** 31 - 1, 1);
    for (const label of [
      'ENCRYPTED PRIVATE KEY',
      'PRIVATE KEY',
      'EC PRIVATE KEY',
      'RSA PRIVATE KEY',
      'ANY PRIVATE KEY',
    ])
      expectCode(() => importKey(legacyPem(label, inner, PASSPHRASE), { passphrase: PASSPHRASE }), 'ERR_JWK_INVALID');
    const sec1 = privateKey.export({ format: 'der', type: 'sec1' });
    const opened = importKey(legacyPem('EC PRIVATE KEY', sec1, PASSPHRASE), { passphrase: PASSPHRASE });
    expect(opened.type).toBe('private');
  });

  test('API-14 a block that OpenSSL alone would see is not read, before the older encryption or within it', () => {
    const sealed = pem('ENCRYPTED PRIVATE KEY', byPbkdf2(privateKey, PASSPHRASE, 2 ** 31 - 1, 1));
    const sec1 = nodePair('ES384').privateKey.export({ format: 'der', type: 'sec1' });
    const legacy = legacyPem('EC PRIVATE KEY', sec1, PASSPHRASE);
    const begin = '-----BEGIN EC PARAMETERS';
    const texts = [
      ...[253, 254, 255, 1023].map((width) => `${begin.padStart(width, 'x')}${sealed}${legacy}`),
      sealed.replace('KEY-----\n', 'KEY\0-----\n') + legacy,
      sealed.replaceAll('ENCRYPTED', 'encrypted') + legacy,
    ];
    for (const text of texts) expect(importKey(text, { passphrase: PASSPHRASE }).alg).toBe('ES384');
    const within = legacy.replace('\n\n', `\n\n${sealed}`);
    for (const text of [within, legacy.replace('\n\n', `\n\n${begin.padStart(254, 'x')}${sealed}`)])
      expectCode(() => importKey(text, { passphrase: PASSPHRASE }), 'ERR_JWK_INVALID');
  });

  test('API-14 usual work is done, and the bound is an option', () => {
    const sealed = byPbkdf2(privateKey, PASSPHRASE, 600_000);
    for (const material of formsOf(sealed))
      expect(importKey(material, { passphrase: PASSPHRASE }).type).toBe('private');
    expect(importKey(byScrypt(privateKey, PASSPHRASE, [16_384, 8, 1]), { passphrase: PASSPHRASE }).type).toBe(
      'private',
    );
    const [much, little] = [byPbkdf2(privateKey, PASSPHRASE, 1_000_001), byPbkdf2(privateKey, PASSPHRASE, 2)];
    expect(importKey(much, { passphrase: PASSPHRASE, maxIterations: 1_000_001 }).type).toBe('private');
    expectCode(() => importKey(little, { passphrase: PASSPHRASE, maxIterations: 1 }), 'ERR_JOSE_LIMIT_EXCEEDED');
    for (const maxIterations of [0, -1, 1.5, Number.NaN, '9'])
      expectTypeError(() => importKey(little, { maxIterations: maxIterations as number }), 'options.maxIterations');
  });
});

describe('API-14 key material', () => {
  test('API-14 private RSA members are no longer than the modulus', () => {
    const jwk = jwkOf(nodePair('RS256').privateKey);
    const numbers = vi.spyOn(globalThis, 'BigInt');
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      const long = { ...jwk, [member]: b64u(new Uint8Array(180_000).fill(255)) } as Jwk;
      expectCode(() => importKey(long), 'ERR_JWK_INVALID');
    }
    const digits = numbers.mock.calls.map(([text]) => String(text).length);
    numbers.mockRestore();
    expect(Math.max(...digits)).toBe(2 + 2 * 256); // 0x and the modulus
  });

  test('API-14 no form of it is over 256 KiB', () => {
    const long = 'A'.repeat(1 << 20);
    const jwk = jwkOf(nodePair('RS256').privateKey);
    for (const material of [{ ...jwk, d: long } as Jwk, pem('PRIVATE KEY', octets(long)), octets(long)])
      expectCode(() => importKey(material), 'ERR_JOSE_LIMIT_EXCEEDED');
    for (const digest of [thumbprint, thumbprintUri])
      expectCode(() => digest({ ...jwk, n: long } as Jwk), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(importKey({ ...jwk, x: 'A'.repeat(200_000) } as Jwk).type).toBe('private');
  });
});

/** One object in 2^depth places, as YAML with aliases makes it out of a few lines. */
function laughs(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'ha';
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}
const SHARED = {
  arrays: laughs(30, (inner) => [inner, inner]),
  objects: laughs(30, (inner) => ({ a: inner, b: inner })),
  'long texts': [laughs(24, (inner) => [inner, inner]), 'x'.repeat(100_000)],
  'long names': laughs(14, (inner) => ({ ['n'.repeat(10_000)]: [inner, inner] })),
};

describe.each(Object.entries(SHARED))('API-14 one value in many places: %s', (_, shared) => {
  test('API-14 claims, headers and members to be written are refused', async () => {
    expectTypeError(() => signJwt({ shared }, keyPairs.ES256.privateKey, { expiresIn: 60 }), /^claims /);
    expectTypeError(() => signJws(octets('x'), keyPairs.ES256.privateKey, { header: { shared } }), /^header /);
    const signer = { key: keyPairs.ES256.privateKey, unprotected: { shared } };
    expectTypeError(() => signJwsJson(octets('x'), [signer]), /^unprotected /);
    const issuer = await createIssuer({ issuer: 'i', store: memoryStore(), policy: { maxTokenLifetime: '1h' } });
    await expect(issuer.sign({ shared }, { audience: null, expiresIn: 60 })).rejects.toThrow(/^claims /);
  });

  test('API-14 keys, sets, snapshots and JWS in JSON to be read are refused', () => {
    expectCode(() => importKey({ kty: 'EC', shared } as Jwk), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => thumbprint({ kty: 'EC', shared } as Jwk), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => importJwks({ keys: [], shared }), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => verifyJwsJson({ shared }, keyPairs.ES256.publicKey), 'ERR_JOSE_LIMIT_EXCEEDED');
    const snapshot = { version: 1, shared } as unknown as JwksSnapshot;
    expectCode(() => remoteJwks('https://issuer.example/jwks', { snapshot }), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});

test('API-14 a snapshot is little more than its set may be', () => {
  const url = 'https://issuer.example/jwks';
  const snapshot = (filler: number): string =>
    JSON.stringify({
      ...{ version: 1, url, fetchedAt: 1, receivedAt: 1, freshUntil: 2, filler: 'x'.repeat(filler) },
      jwks: {
        keys: [keyPairs.ES256.publicKey].map((key) => ({ ...jwkOf(nodePair('ES256').publicKey), alg: key.alg })),
      },
    });
  const restored = (filler: number, options?: RemoteJwksOptions) =>
    remoteJwks(url, { ...options, clock: () => 1, snapshot: snapshot(filler) }).status.keys;
  expect(restored(500_000)).toBe(1);
  expectCode(() => restored(20 << 20), 'ERR_JOSE_LIMIT_EXCEEDED');
  expectCode(() => restored(40_000, { maxBytes: 4000 }), 'ERR_JOSE_LIMIT_EXCEEDED');
  expect(restored(1 << 20, { maxBytes: 1 << 20 })).toBe(1);
});
