import { describe, expect, test } from 'vitest';
import {
  type DecryptionKeys,
  decryptJwe,
  encryptJwe,
  exportEncryptedJwk,
  exportEncryptedJwks,
  exportPrivateJwk,
  importDecryptionKeys,
  importEncryptedJwk,
  importEncryptedJwks,
  importKey,
  importPassword,
  importSecret,
  type Key,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectTypeError } from '../support/expect.ts';
import { b64, encryptionKinds, headerOf, kindOf, secretOf, withHeader } from '../support/jwe.ts';
import { asymmetricAlgorithms, keyPair, keyPairs, secretKey } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';
import { vector } from '../support/vectors.ts';

const INVALID = 'ERR_JWE_INVALID';
const octets = (text: string) => new TextEncoder().encode(text);
const password = importPassword('a password', { alg: 'PBES2-HS256+A128KW', iterations: 1000 });
const signing = keyPairs.ES256.privateKey;
const sealed = (text: string, header: object = {}) => encryptJwe(octets(text), password, { header: { ...header } });
const sealedJwk = (jwk: object, header?: object) => sealed(JSON.stringify(jwk), header);
const SENDER = { sender: null } as const;

describe('an encrypted JWK', () => {
  test.each(encryptionKinds)('under $label [7517-7-1]', ({ encrypting, decrypting }) => {
    const token = exportEncryptedJwk(signing, encrypting);
    expect(headerOf(token).cty).toBe('jwk+json'); // [7517-7-2]
    const key = importEncryptedJwk(token, decrypting, SENDER);
    expect(exportPrivateJwk(key)).toEqual(exportPrivateJwk(signing));
    expect(verifyJws(signJws(octets('x'), key), keyPairs.ES256.publicKey).key.alg).toBe('ES256');
  });

  test.each(asymmetricAlgorithms)('of a key for %s', (alg) => {
    const { privateKey } = keyPair(alg);
    const key = importEncryptedJwk(exportEncryptedJwk(privateKey, password), password);
    expect(exportPrivateJwk(key)).toEqual(exportPrivateJwk(privateKey));
  });

  test('of a secret, and of keys for encryption, of which one for dir has its enc', () => {
    for (const key of [
      secretKey('HS256'),
      kindOf('ECDH-ES on X25519').decrypting,
      kindOf('dir for A128GCM').decrypting,
    ])
      expect(importEncryptedJwk(exportEncryptedJwk(key, password), password)).toMatchObject({ alg: key.alg });
  });

  test('its plaintext is the private JWK as JSON, and nothing of it shows', () => {
    const token = exportEncryptedJwk(signing, password, { enc: 'A128CBC-HS256' });
    expect(headerOf(token)).toEqual({
      alg: 'PBES2-HS256+A128KW',
      enc: 'A128CBC-HS256',
      p2c: 1000,
      p2s: expect.any(String),
      cty: 'jwk+json',
    });
    expect(JSON.parse(Buffer.from(decryptJwe(token, password).plaintext).toString())).toEqual(
      exportPrivateJwk(signing),
    );
  });

  test('RFC 7517 C: 4,096 iterations, and an RSA key whose alg the caller says [7517-7-2]', () => {
    const { compact, passphrase, plaintext_jwk: jwk } = vector('rfc7517', 'jwe', 'RFC 7517 Appendix C');
    const opening = importPassword(String(passphrase), { alg: 'PBES2-HS256+A128KW' });
    const key = importEncryptedJwk(compact, opening, { alg: 'RSA-OAEP' });
    expect([key.alg, key.type, key.kid]).toEqual(['RSA-OAEP', 'private', 'juliet@capulet.lit']);
    expect(exportPrivateJwk(key)).toMatchObject({ d: jwk?.d, n: jwk?.n });
    expect(importEncryptedJwk(compact, opening, { kid: 'k' })).toMatchObject({ alg: 'RSA-OAEP-256', kid: 'k' });
    expect(codeOf(() => importEncryptedJwk(compact, opening, { use: 'sig' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('a public key in it is a public key, and enc is that of a secret for dir', () => {
    expect(importEncryptedJwk(sealedJwk({ ...exportPrivateJwk(signing), d: undefined }), password).type).toBe('public');
    const secret = { kty: 'oct', alg: 'dir', k: b64(secretOf(32)) };
    const token = exportEncryptedJwk(importEncryptedJwk(sealedJwk(secret), password, { enc: 'A256GCM' }), password);
    expect(codeOf(() => importEncryptedJwk(sealedJwk(secret), password))).toBe('ERR_JWK_INVALID');
    expect(importEncryptedJwk(token, password).alg).toBe('dir');
  });

  test('cty is jwk+json in any spelling of it, or absent; nothing else [7517-7-2]', () => {
    const jwk = exportPrivateJwk(signing);
    for (const cty of ['jwk+json', 'JWK+JSON', 'application/jwk+json'])
      expect(importEncryptedJwk(sealedJwk(jwk, { cty }), password).alg).toBe('ES256');
    expect(importEncryptedJwk(sealedJwk(jwk), password).alg).toBe('ES256');
    for (const cty of ['', 'JWT', 'jwk-set+json', 'jwk', 'json', 'x/jwk+json', 'jw\u212a+json', 'jwk+json '])
      expect(
        codeOf(() => importEncryptedJwk(sealedJwk(jwk, { cty }), password)),
        cty,
      ).toBe(INVALID);
  });

  test('what decrypts to no key is refused, in the words of importKey', () => {
    const { d: _, ...other } = exportPrivateJwk(keyPairs.ES256.privateKey);
    for (const text of ['', '[]', 'null', '{"kty":"EC","kty":"EC"}', '\ufeff{}', JSON.stringify({ ...other, d: 'AA' })])
      expect(
        codeOf(() => importEncryptedJwk(sealed(text), password)),
        text,
      ).toBe('ERR_JWK_INVALID');
    const latin = encryptJwe(Uint8Array.of(0x7b, 0xff, 0x7d), password);
    expect(codeOf(() => importEncryptedJwk(latin, password))).toBe('ERR_JWK_INVALID');
  });

  test('a token that does not decrypt says no more than that', () => {
    const token = exportEncryptedJwk(signing, password);
    const wrong = importPassword('another', { alg: 'PBES2-HS256+A128KW' });
    expect(codeOf(() => importEncryptedJwk(token, wrong))).toBe('ERR_JWE_DECRYPTION_FAILED');
    expect(codeOf(() => importEncryptedJwk(withHeader(token, { cty: 'JWT' }), password))).toBe(
      'ERR_JWE_DECRYPTION_FAILED',
    );
    expect(codeOf(() => importEncryptedJwk('a.b.c', password))).toBe(INVALID);
  });

  test('compressed, where the caller allows it', () => {
    const token = encryptJwe(octets(JSON.stringify(exportPrivateJwk(signing))), password, { zip: true });
    expect(codeOf(() => importEncryptedJwk(token, password))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(importEncryptedJwk(token, password, { zip: true }).alg).toBe('ES256');
  });

  test.each(['cty', 'sender', 'zip', 'alg', 'kid', 'use', 'enc', 'kty', 'crv', 'd', 'keys', 'key_ops'])(
    '%s on Object.prototype is not read',
    (name) => {
      const token = sealedJwk({ keys: [exportPrivateJwk(signing)] });
      const read = () => [
        exportPrivateJwk(importEncryptedJwk(sealedJwk(exportPrivateJwk(signing)), password)),
        importEncryptedJwks(token, password).keys.length,
      ];
      const clean = read();
      expect(whilePolluted({ [name]: 'x' }, read)).toEqual(clean);
    },
  );

  test('the arguments', () => {
    const token = exportEncryptedJwk(signing, password);
    expectTypeError(() => exportEncryptedJwk(keyPairs.ES256.publicKey, password), 'key is public');
    expectTypeError(() => exportEncryptedJwk(password, password), 'key is a password');
    expectTypeError(() => exportEncryptedJwk('key' as never, password), 'key must be');
    expectTypeError(() => exportEncryptedJwk(signing, signing), 'encryptingKey is for signatures');
    expectTypeError(() => exportEncryptedJwk(signing, kindOf('RSA-OAEP').decrypting), 'encryptingKey is private');
    expectTypeError(() => exportEncryptedJwk(signing, 'password' as never), 'encryptingKey must be');
    expectTypeError(() => exportEncryptedJwk(signing, password, { enc: 'A1' as never }), 'options.enc');
    expectTypeError(() => importEncryptedJwk(token, 'password' as never), 'keys must be');
    expectTypeError(() => importEncryptedJwk(token, kindOf('RSA-OAEP').encrypting), 'keys is public');
    expectTypeError(() => importEncryptedJwk(token, password, { sender: 'me' as never }), 'options.sender');
    expectTypeError(() => importEncryptedJwk(token, password, { passphrase: 'x' } as never), 'options.passphrase');
  });
});

describe('whoever made the token may know the key', () => {
  const own = importDecryptionKeys({ keys: [exportPrivateJwk(kindOf('ECDH-ES on P-256').decrypting)] });
  const secrets = importDecryptionKeys({ keys: [exportPrivateJwk(kindOf('A256KW').decrypting)] });
  const readers = [
    (token: string, keys: Key | DecryptionKeys) => importEncryptedJwk(token, keys),
    (token: string, keys: Key | DecryptionKeys) => importEncryptedJwks(token, keys),
  ];

  test('under a public key, the caller says that the sender is unknown, before any token is read', () => {
    for (const reader of readers)
      for (const keys of [own, kindOf('RSA-OAEP').decrypting])
        expectTypeError(() => reader('', keys), 'options.sender must be null');
    expect(
      importEncryptedJwk(exportEncryptedJwk(signing, kindOf('ECDH-ES on P-256').encrypting), own, SENDER).alg,
    ).toBe('ES256');
  });

  test('under a secret or a password whoever knows it made the token', () => {
    for (const keys of [password, secrets, kindOf('A256KW').decrypting])
      for (const reader of readers) expect(codeOf(() => reader('', keys))).toBe(INVALID);
  });
});

describe('an encrypted JWK Set', () => {
  const keys = [
    importKey({ ...exportPrivateJwk(signing), kid: 's' }),
    importKey({ ...exportPrivateJwk(kindOf('ECDH-ES on X25519').decrypting), kid: 'e' }),
    importSecret(secretOf(32), { alg: 'HS256', kid: 'h' }),
  ];
  const token = exportEncryptedJwks(keys, password);

  test('of keys to sign and to decrypt with [7517-7-2]', () => {
    expect(headerOf(token).cty).toBe('jwk-set+json');
    const read = importEncryptedJwks(token, password);
    expect(read.keys.map(({ kid, alg, type }) => [kid, alg, type])).toEqual([
      ['s', 'ES256', 'private'],
      ['e', 'ECDH-ES', 'private'],
      ['h', 'HS256', 'secret'],
    ]);
    expect(read.skipped).toEqual([]);
    expect([read, read.keys, read.skipped].every(Object.isFrozen)).toBe(true);
    const { plaintext } = decryptJwe(token, password);
    expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual({ keys: keys.map((key) => exportPrivateJwk(key)) });
  });

  test('a member that is no sound key is skipped with its reason', () => {
    const members = [
      { ...exportPrivateJwk(signing), d: 'AA', kid: 'x' },
      1,
      { kty: 'toString' },
      exportPrivateJwk(signing),
    ];
    const read = importEncryptedJwks(sealedJwk({ keys: members }), password);
    expect([read.keys.length, read.skipped.map(({ index }) => index)]).toEqual([1, [0, 1, 2]]);
    expect(read.skipped[0]).toEqual({ index: 0, kid: 'x', reason: expect.any(String) });
  });

  test('it is not a JWK, nor a JWK a set', () => {
    expect(codeOf(() => importEncryptedJwk(token, password))).toBe(INVALID);
    expect(codeOf(() => importEncryptedJwks(exportEncryptedJwk(signing, password), password))).toBe(INVALID);
    expect(codeOf(() => importEncryptedJwk(sealedJwk({ keys: [] }), password))).toBe('ERR_JWK_INVALID');
    const latin = encryptJwe(Uint8Array.of(0x7b, 0xff, 0x7d), password);
    for (const each of [sealedJwk(exportPrivateJwk(signing)), sealed('[]'), latin])
      expect(codeOf(() => importEncryptedJwks(each, password))).toBe('ERR_JWKS_INVALID');
    const many = { keys: Array.from({ length: 101 }, () => ({})) };
    expect(codeOf(() => importEncryptedJwks(sealedJwk(many), password))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(importEncryptedJwks(sealedJwk({ keys: [] }, { cty: 'application/JWK-Set+JSON' }), password).keys).toEqual(
      [],
    );
  });

  test('compressed, where the caller allows it', () => {
    const zipped = encryptJwe(octets('{"keys":[]}'), password, { zip: true });
    expect(codeOf(() => importEncryptedJwks(zipped, password))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(importEncryptedJwks(zipped, password, { zip: true }).keys).toEqual([]);
  });

  test('the arguments', () => {
    for (const wrong of [[], [keyPairs.ES256.publicKey], [signing, password], ['key'], signing, undefined, { keys }])
      expectTypeError(() => exportEncryptedJwks(wrong as never, password), 'keys must be');
    expectTypeError(() => exportEncryptedJwks(keys, signing), 'encryptingKey');
    expectTypeError(() => importEncryptedJwks(token, password, { alg: 'ES256' } as never), 'options.alg');
  });

  test('what is exported are the keys at the time of the call', () => {
    const list: Key[] = [...keys];
    const made = exportEncryptedJwks(list, password);
    list.length = 0;
    expect(importEncryptedJwks(made, password).keys).toHaveLength(3);
  });
});
