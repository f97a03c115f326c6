// The work of every reader of keys, key sets and JSON messages grows in proportion to what it is given, as complexity.test.ts
// measures it.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decryptJweJson,
  encryptJwe,
  encryptJweJson,
  exportJwk,
  importDecryptionKeys,
  importEncryptedJwk,
  importEncryptedJwks,
  importEncryptionKeys,
  importJwks,
  importKey,
  importSecret,
  type Jwk,
  thumbprint,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectLinear } from '../support/complexity.ts';
import { flattened, forge } from '../support/forge.ts';
import { keyPairs, secretBytes, secretKey } from '../support/keys.ts';
import { JSON_VALUES, KEY_OCTETS, KEY_TEXTS, namesOfEqualHash, run, withMember } from '../support/worst-inputs.ts';

const EXPECTED = { issuer: 'i', audience: 'a', now: 1_700_000_000 } as const;
const KEY = secretKey('HS256');
const WRAPPING = importSecret(secretBytes('HS256'), { alg: 'A256KW' });

/** Readers of JSON that come as text or as an object. */
const JSON_READERS: Readonly<Record<string, readonly [whole: object, read: (json: string | object) => unknown]>> = {
  verifyJwsJson: [flattened('HS256', { alg: 'HS256' }, 'x'), (json) => verifyJwsJson(json, KEY)],
  decryptJweJson: [
    JSON.parse(JSON.stringify(encryptJweJson(Buffer.from('x'), [{ key: WRAPPING }], { flattened: true }))),
    (json) => decryptJweJson(json, WRAPPING),
  ],
  importJwks: [{ keys: [exportJwk(keyPairs.ES256.publicKey)] }, (json) => importJwks(json)],
  importEncryptionKeys: [{ keys: [] }, (json) => importEncryptionKeys(json)],
  importDecryptionKeys: [{ keys: [] }, (json) => importDecryptionKeys(json)],
  'importKey of a JWK': [exportJwk(keyPairs.ES256.publicKey), (json) => importKey(jwkOf(json))],
  thumbprint: [exportJwk(keyPairs.ES256.publicKey), (json) => thumbprint(jwkOf(json))],
  importEncryptedJwk: [exportJwk(keyPairs.ES256.publicKey), (json) => importEncryptedJwk(sealed(json), WRAPPING)],
  importEncryptedJwks: [{ keys: [] }, (json) => importEncryptedJwks(sealed(json), WRAPPING)],
};
const jwkOf = (json: string | object): Jwk => JSON.parse(typeof json === 'string' ? json : JSON.stringify(json));
const sealed = (json: string | object) =>
  encryptJwe(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)), WRAPPING);

describe.each(Object.entries(JSON_READERS))('%s', (_, [whole, reader]) => {
  test.each(JSON_VALUES)('a member with %s', async (_, value) => {
    const survive = (json: string | object) => codeOf(() => reader(json));
    expect(survive(withMember(whole, value(8_000)))).toBe(codeOf(() => reader(whole)));
    await expectLinear((length) => {
      const text = withMember(whole, value(length));
      return () => survive(text);
    }, 40_000);
    await expectLinear((length) => {
      const object = JSON.parse(withMember(whole, value(length)));
      return () => survive(object);
    }, 32_000);
  });
});

describe('keys', () => {
  test.each(KEY_TEXTS)('importKey of a text: %s', async (_, text) => {
    await expectLinear((length) => {
      const material = text(length);
      return () => codeOf(() => importKey(material, { passphrase: 'x' }));
    }, 100_000);
  });

  test.each(KEY_OCTETS)('importKey of octets: %s', async (_, octets) => {
    await expectLinear((length) => {
      const material = octets(length);
      return () => codeOf(() => importKey(material, { passphrase: 'x' }));
    }, 100_000);
  });

  test.each([
    ['a long n', (length: number) => ({ ...exportJwk(keyPairs.RS256.publicKey), n: run('v_', length) })],
    ['a long e', (length: number) => ({ ...exportJwk(keyPairs.RS256.publicKey), e: run('v_', length) })],
    ['a long x', (length: number) => ({ ...exportJwk(keyPairs.ES256.publicKey), x: run('v_', length) })],
    ['an n of zeros', (length: number) => ({ ...exportJwk(keyPairs.RS256.publicKey), n: run('AAAA', length) })],
    ['an n with padding', (length: number) => ({ ...exportJwk(keyPairs.RS256.publicKey), n: run('=', length) })],
    ['key_ops', (length: number) => ({ ...exportJwk(keyPairs.ES256.publicKey), key_ops: manyNames(length) })],
    ['a chain', (length: number) => ({ ...exportJwk(keyPairs.ES256.publicKey), x5c: manyNames(length) })],
    ['a certificate', (length: number) => ({ ...exportJwk(keyPairs.ES256.publicKey), x5c: [run('MIIB', length)] })],
    ['armour', (length: number) => ({ ...exportJwk(keyPairs.ES256.publicKey), x5c: [run('-----BEGIN ', length)] })],
  ])('a JWK, by itself and published: %s', async (_, make) => {
    const readers = [(jwk: Jwk) => importKey(jwk), (jwk: Jwk) => importJwks({ keys: [jwk] })];
    for (const reader of readers)
      await expectLinear((length) => {
        const jwk = make(length);
        return () => codeOf(() => reader(jwk));
      }, 120_000);
  });

  const manyNames = (length: number) => namesOfEqualHash(length / 40);

  /** Public keys that differ, all under one kid. */
  const jwks = Array.from({ length: 1000 }, () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }));
  const setOf = (count: number) => ({ keys: jwks.slice(0, count).map((jwk) => ({ ...jwk, kid: 'k' })) });
  const importAll = (count: number) => importJwks(setOf(count), { maxKeys: 1000 });

  test('a set of many keys of one kid', async () => {
    expect(importAll(1000).keys).toHaveLength(1000);
    await expectLinear((count) => () => importAll(count), 400);
  });

  test('a set of one key, many times', async () => {
    const keysOf = (count: number) => ({ keys: Array.from({ length: count }, () => ({ ...jwks[0], kid: 'k' })) });
    await expectLinear((count) => {
      const set = keysOf(count);
      return () => importJwks(set, { maxKeys: 1000 });
    }, 400);
  });

  test.each([
    ['a kid that all keys have', 'k'],
    ['a kid that none has', 'other'],
    ['no kid', undefined],
  ])('a token with %s, in a set of many keys', async (_, kid) => {
    const token = forge('EdDSA', { alg: 'EdDSA', kid }, { iss: 'i', aud: 'a' });
    await expectLinear((count) => {
      const set = importAll(count);
      return () => codeOf(() => verifyJwt(token, set, EXPECTED));
    }, 1000);
  });
});
