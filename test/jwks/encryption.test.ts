// Sets of keys for encryption: others' public ones, and one's own.
import { describe, expect, test } from 'vitest';
import {
  DecryptionKeys,
  decryptJwe,
  encryptJwe,
  exportJwk,
  exportPrivateJwk,
  importDecryptionKeys,
  importEncryptionKeys,
  importJwks,
  importSecret,
  type Key,
  KeySet,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectTypeError } from '../support/expect.ts';
import { kindOf, PLAINTEXT, secretOf } from '../support/jwe.ts';
import { keyPairs } from '../support/keys.ts';

const oaep = kindOf('RSA-OAEP-256');
const ecdh = kindOf('ECDH-ES+A256KW on X25519');
const signing = keyPairs.ES256;
const only = ({ keys }: { keys: readonly Key[] }): Key => keys[0] ?? expect.fail('no key');
const { alg: _, use: __, ...bareRsa } = exportJwk(oaep.encrypting);

describe('importEncryptionKeys', () => {
  const published = { keys: [oaep.encrypting, ecdh.encrypting, signing.publicKey].map((key) => exportJwk(key)) };

  test('the keys to encrypt to, each other one skipped with its reason', () => {
    const set = importEncryptionKeys(published);
    expect(set.keys.map(({ alg }) => alg)).toEqual(['RSA-OAEP-256', 'ECDH-ES+A256KW']);
    expect(set.skipped).toEqual([{ index: 2, reason: 'the use of the key is "sig", not "enc"' }]);
    expect(importEncryptionKeys(JSON.stringify(published)).keys).toHaveLength(2);
    expect(decryptJwe(encryptJwe(PLAINTEXT, only(set)), oaep.decrypting).plaintext).toEqual(PLAINTEXT);
    expect(set.toJSON().keys).toEqual(published.keys.slice(0, 2));
  });

  test('importJwks takes those for signatures, out of the same set', () => {
    expect(importJwks(published).keys.map(({ alg }) => alg)).toEqual(['ES256']);
  });

  test('secrets and private keys are nobody’s to publish', () => {
    const secret = exportPrivateJwk(importSecret(secretOf(32), { alg: 'A256KW' }));
    const { keys, skipped } = importEncryptionKeys({ keys: [secret, exportPrivateJwk(oaep.decrypting), 1] });
    expect(keys).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('secret'),
      'the key is published with its private members',
      'the member of keys is not a JSON object',
    ]);
  });

  test('alg is for keys that name none', () => {
    const set = { keys: [bareRsa, exportJwk(ecdh.encrypting)] };
    expect(importEncryptionKeys(set).keys.map(({ alg }) => alg)).toEqual(['RSA-OAEP-256', 'ECDH-ES+A256KW']);
    expect(importEncryptionKeys(set, { alg: 'RSA-OAEP' }).keys.map(({ alg }) => alg)).toEqual([
      'RSA-OAEP',
      'ECDH-ES+A256KW',
    ]);
    const { alg: _alg, use: _use, ...bareX25519 } = exportJwk(ecdh.encrypting);
    const bare = importEncryptionKeys({ keys: [bareRsa, bareX25519] }, { alg: 'RSA-OAEP' });
    expect(bare.keys.map(({ alg }) => alg)).toEqual(['RSA-OAEP', 'ECDH-ES+A256KW']);
    expectTypeError(() => importEncryptionKeys(set, { alg: 'RS256' as never }), 'options.alg');
    expect(codeOf(() => importEncryptionKeys(set, { maxKeys: 1 }))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(codeOf(() => importEncryptionKeys('[]'))).toBe('ERR_JWKS_INVALID');
  });
});

describe('KeySet', () => {
  test('holds public keys of both uses side by side, and no secret that encrypts', () => {
    const both = new KeySet([signing.publicKey, oaep.encrypting]);
    expect(both.toJSON().keys.map(({ use }) => use)).toEqual(['sig', 'enc']);
    expectTypeError(() => new KeySet([oaep.decrypting]), 'key is for encryption');
    for (const fake of [{ type: 'public' }, { type: 'public', use: 'enc' }])
      expectTypeError(() => new KeySet([fake as never]), /^key must be a Key/);
    expectTypeError(() => new KeySet([importSecret(secretOf(32), { alg: 'A256KW' })]), 'key is for encryption');
  });
});

test('a key that is twice in a set is taken once, and tokens find it', () => {
  const reason = 'the key is in the set already, under this kid';
  const [jwk, own] = [exportJwk(oaep.encrypting), exportPrivateJwk(oaep.decrypting)];
  const published = importEncryptionKeys({ keys: [jwk, jwk, { ...jwk, kid: 'other' }] });
  expect([published.keys.length, published.skipped]).toEqual([2, [{ index: 1, reason }]]);
  const set = importDecryptionKeys({ keys: [own, own] });
  expect(set.skipped).toEqual([{ index: 1, reason }]);
  expect(decryptJwe(encryptJwe(PLAINTEXT, oaep.encrypting), set).plaintext).toEqual(PLAINTEXT);
  const secret = { kty: 'oct', k: Buffer.from(secretOf(32)).toString('base64url') };
  const secrets = ['A256GCM', 'A128CBC-HS256', 'A256KW', 'A256KW'].map((alg) => ({ ...secret, alg }));
  expect(importDecryptionKeys({ keys: secrets }).skipped).toEqual([{ index: 3, reason }]);
});

/** An array that has another member each time it is walked. */
function changingArray(first: Key, next: Key): readonly Key[] {
  const keys = [first];
  let walks = 0;
  keys[Symbol.iterator] = () => [walks++ === 0 ? first : next].values();
  return keys;
}

test('DecryptionKeys are the keys that were checked, however the array is walked a second time', () => {
  const own = new DecryptionKeys(changingArray(oaep.decrypting, signing.privateKey));
  expect(own.keys).toEqual([oaep.decrypting]);
});

describe('DecryptionKeys', () => {
  const own = { keys: [oaep.decrypting, ecdh.decrypting, signing.privateKey].map((key) => exportPrivateJwk(key)) };

  test('one’s own keys; as JSON the public ones', () => {
    const set = importDecryptionKeys({
      keys: [
        ...own.keys,
        exportJwk(oaep.encrypting),
        { ...exportPrivateJwk(importSecret(secretOf(16), { alg: 'A128KW' })), kid: 's' },
      ],
    });
    expect(set.keys.map(({ alg }) => alg)).toEqual(['RSA-OAEP-256', 'ECDH-ES+A256KW', 'A128KW']);
    expect(set.skipped.map(({ index }) => index)).toEqual([2, 3]);
    expect(JSON.parse(JSON.stringify(set))).toEqual({
      keys: [oaep.encrypting, ecdh.encrypting].map((key) => exportJwk(key)),
    });
    expect(Object.isFrozen(set) && Object.isFrozen(set.keys) && Object.isFrozen(set.skipped)).toBe(true);
    expect(importDecryptionKeys({ keys: [exportPrivateJwk(oaep.decrypting)] }, { alg: 'RSA-OAEP' }).keys[0]?.alg).toBe(
      'RSA-OAEP-256',
    );
  });

  test('holds nothing that may not decrypt', () => {
    expectTypeError(() => new DecryptionKeys([oaep.encrypting]), 'keys is public');
    expectTypeError(() => new DecryptionKeys([signing.privateKey]), 'keys is for signatures');
    for (const keys of [null, undefined, oaep.decrypting])
      expectTypeError(() => new DecryptionKeys(keys as never), 'keys must be an array of Keys');
    expect(new DecryptionKeys([oaep.decrypting]).skipped).toEqual([]);
    expect(DecryptionKeys.isDecryptionKeys({ keys: [] })).toBe(false);
    expect(DecryptionKeys.isDecryptionKeys(null)).toBe(false);
  });

  test('alg is for keys that name none', () => {
    const { alg: _alg, ...bare } = exportPrivateJwk(oaep.decrypting);
    const { alg: __alg, ...bareX25519 } = exportPrivateJwk(ecdh.decrypting);
    const set = importDecryptionKeys({ keys: [bare, bareX25519] }, { alg: 'RSA-OAEP' });
    expect(set.keys.map(({ alg }) => alg)).toEqual(['RSA-OAEP', 'ECDH-ES+A256KW']);
  });
});
