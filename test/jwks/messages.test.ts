// The words with which sets of keys refuse something: what was wrong, and what would be right.
import { describe, expect, test } from 'vitest';
import {
  DecryptionKeys,
  decryptJwe,
  decryptJwt,
  encryptJwe,
  exportJwk,
  exportPrivateJwk,
  importDecryptionKeys,
  importEncryptionKeys,
  importJwks,
  importKey,
  importSecret,
  type Jwk,
  type Key,
  KeySet,
  remoteJwks,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { checkDecryptionKeys } from '../../src/jwks/decryption.ts';
import { octets } from '../support/forge.ts';
import { kindOf, PLAINTEXT, secretOf, withHeader } from '../support/jwe.ts';
import { keyPair, nodePair, secretKey } from '../support/keys.ts';
import { refusalOf } from '../support/refusal.ts';

const oaep = kindOf('RSA-OAEP-256');
const signing = keyPair('ES256');
const secretJwk = (): Jwk => ({ ...exportPrivateJwk(secretKey('HS256')), kid: 's' });

describe('a set is refused as a whole', () => {
  const mixed = () => ({ keys: [secretJwk(), exportJwk(signing.publicKey)] });
  const three = () => ({ keys: ['a', 'b', 'c'].map((kid) => ({ ...exportJwk(signing.publicKey), kid })) });

  test.each<[string, () => unknown, string]>([
    [
      'secrets beside public keys',
      () => importJwks(mixed(), { secrets: true }),
      'ERR_JWKS_INVALID: the JWK Set mixes secrets with public keys: make two sets',
    ],
    [
      'a KeySet of both',
      () => new KeySet([secretKey('HS256'), signing.publicKey]),
      'ERR_JWKS_INVALID: the set mixes secrets with public keys: make two sets',
    ],
    ['no keys', () => importJwks({}), 'ERR_JWKS_INVALID: the JWK Set has no keys array'],
    ['no JSON', () => importJwks('x'), 'ERR_JWKS_INVALID: the JWK Set is not a JSON object in UTF-8'],
    [
      'too many keys',
      () => importJwks(three(), { maxKeys: 2 }),
      'ERR_JOSE_LIMIT_EXCEEDED: the JWK Set has more than 2 keys',
    ],
    [
      'too many octets',
      () => importJwks(three(), { maxBytes: 20 }),
      'ERR_JOSE_LIMIT_EXCEEDED: the JWK Set is over 20 octets',
    ],
    [
      'keys to decrypt with that are no array',
      () => new DecryptionKeys(null as never),
      'TypeError: keys must be an array of Keys',
    ],
    [
      'a use that is not for signatures',
      () => importJwks(three(), { use: 'enc' }),
      "TypeError: options.use must be the use of keys for signatures such as 'sig' or 'jwt-svid'",
    ],
    [
      'an alg that does not encrypt',
      () => importEncryptionKeys(three(), { alg: 'RS256' as never }),
      "TypeError: options.alg must be a key management algorithm such as 'RSA-OAEP-256'",
    ],
    [
      'an algorithm where an alg is meant',
      () => importDecryptionKeys(three(), { algorithm: 'RSA-OAEP' } as never),
      'TypeError: options.algorithm is not an option; alg is',
    ],
    ...[importJwks, importEncryptionKeys, importDecryptionKeys].map((read): [string, () => unknown, string] => [
      `an argument too many for ${read.name}`,
      () => (read as (...args: unknown[]) => unknown)(three(), {}, 1),
      `TypeError: ${read.name} takes 2 arguments, and was given 3`,
    ]),
    [
      'an argument too many for named',
      () => (new KeySet([]).named as (...args: unknown[]) => unknown)('a', 'b'),
      'TypeError: named takes 1 argument, and was given 2',
    ],
  ])('%s', (_, action, refusal) => expect(refusalOf(action)).toBe(refusal));
});

test('a remote set is refused for the same options by which keys are chosen', () => {
  for (const name of ['alg', 'use', 'accept'])
    expect(refusalOf(() => remoteJwks('https://a.example/jwks', { [name]: 5 }))).toMatch(
      new RegExp(`^TypeError: options\\.${name} must be `),
    );
});

describe('a member is skipped', () => {
  const reasons = ({ skipped }: Pick<KeySet, 'skipped'>) => skipped.map(({ reason }) => reason);

  test('of keys to verify with', () => {
    const secret = secretJwk();
    const jwk = exportJwk(signing.publicKey);
    expect(reasons(importJwks({ keys: [1, secret, jwk, jwk, exportPrivateJwk(signing.privateKey)] }))).toEqual([
      'the member of keys is not a JSON object',
      'secrets in key sets need options.secrets',
      'the key is in the set already, under this kid',
      'the key is published with its private members',
    ]);
    expect(reasons(importJwks({ keys: [{ ...secret, key_ops: ['sign'] }] }, { secrets: true }))).toEqual([
      'the key_ops of the key do not include verify',
    ]);
    expect(reasons(importJwks({ keys: [secret] }, { secrets: true, accept: () => false }))).toEqual([
      'options.accept does not accept the key',
    ]);
    expect(reasons(importJwks({ keys: [jwk] }, { accept: () => false }))).toEqual([
      'options.accept does not accept the key',
    ]);
  });

  test('of keys to encrypt to', () => {
    const secret = exportPrivateJwk(importSecret(secretOf(32), { alg: 'A256KW' }));
    const [jwk, own] = [exportJwk(oaep.encrypting), exportPrivateJwk(oaep.decrypting)];
    expect(reasons(importEncryptionKeys({ keys: [1, secret, own, jwk, jwk] }))).toEqual([
      'the member of keys is not a JSON object',
      'a secret is not a key that others encrypt to',
      'the key is published with its private members',
      'the key is in the set already, under this kid',
    ]);
  });

  test('of keys to decrypt with', () => {
    const own = exportPrivateJwk(oaep.decrypting);
    const given = [exportJwk(oaep.encrypting), own, own, exportPrivateJwk(signing.privateKey)];
    expect(reasons(importDecryptionKeys({ keys: given }))).toEqual([
      'the key is public: decryption needs the private key',
      'the key is in the set already, under this kid',
      'the use of the key is "sig", not "enc"',
    ]);
  });
});

describe('no key is selected to verify with', () => {
  const named = (kid: string | undefined, alg: 'ES256' | 'ES384' = 'ES256'): Key =>
    importKey(nodePair(alg).privateKey, { ...(kid !== undefined && { kid }) });
  const publicOf = (...keys: Key[]) => new KeySet(keys.map((key) => key.publicKey()));
  const token = (key: Key) => signJws(octets('x'), key);
  const weak = { ...exportJwk(named('a').publicKey()), use: 'enc' };

  test.each<[string, () => unknown, string]>([
    [
      'what is neither a Key nor a KeySet',
      () => verifyJws(token(named('a')), { keys: [] } as never),
      'TypeError: keys must be a Key or a KeySet (importKey, importSecret, importJwks); for remote keys: verifyJwt(token, await keys.for(token), expected), or createVerifier',
    ],
    [
      'a Key for encryption',
      () => verifyJws(token(named('a')), oaep.encrypting),
      'TypeError: key is for encryption: it does not verify',
    ],
    [
      'a secret that only signs',
      () => verifyJws(token(named('a')), importKey({ ...secretJwk(), key_ops: ['sign'] })),
      'TypeError: key_ops of the key do not allow it to verify',
    ],
    [
      'a Key of another alg',
      () => verifyJws(token(named('a')), keyPair('ES384').publicKey),
      'ERR_JOSE_ALG_NOT_ALLOWED: the alg of the token is not allowed here',
    ],
    [
      'an alg that the caller does not allow',
      () => verifyJws(token(named('a')), publicOf(named('a')), { algorithms: ['ES384'] }),
      'ERR_JOSE_ALG_NOT_ALLOWED: the alg of the token is not allowed here',
    ],
    [
      'several that fit',
      () => verifyJws(token(named(undefined)), publicOf(named('a'), named('b'))),
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS: several keys of the set fit the token',
    ],
    [
      'none of the kid',
      () => verifyJws(token(named('b')), publicOf(named('a'))),
      'ERR_JWKS_NO_MATCHING_KEY: no key of the set fits the kid and alg of the token',
    ],
    [
      'the only one of the kid was skipped',
      () => verifyJws(token(named('a')), importJwks({ keys: [weak] })),
      'ERR_JWKS_NO_MATCHING_KEY: no key of the set fits the kid and alg of the token; the key of this kid was skipped: the use of the key is "enc", not "sig"',
    ],
    [
      'one of another kid was skipped',
      () => verifyJws(token(named('b')), importJwks({ keys: [weak] })),
      'ERR_JWKS_NO_MATCHING_KEY: no key of the set fits the kid and alg of the token',
    ],
    [
      'one of the kid was skipped beside one of another alg',
      () => verifyJws(token(named('a')), importJwks({ keys: [weak, exportJwk(named('a', 'ES384').publicKey())] })),
      'ERR_JWKS_NO_MATCHING_KEY: no key of the set fits the kid and alg of the token',
    ],
    [
      'without a kid, one that has none was skipped',
      () => verifyJws(token(named(undefined)), importJwks({ keys: [{ ...weak, kid: undefined }] })),
      'ERR_JWKS_NO_MATCHING_KEY: no key of the set fits the kid and alg of the token',
    ],
  ])('%s', (_, action, refusal) => expect(refusalOf(action)).toBe(refusal));
});

describe('no key is selected to decrypt with', () => {
  const ownNamed = (kid: string | undefined, length = 32): Key =>
    importSecret(secretOf(length), { alg: length === 32 ? 'A256KW' : 'A128KW', ...(kid !== undefined && { kid }) });
  const token = (key: Key) => encryptJwe(PLAINTEXT, key);
  const encryptingOnly = () => importKey({ ...exportPrivateJwk(ownNamed('a')), key_ops: ['encrypt'] });
  const KEYS = 'a Key or DecryptionKeys (importKey, importSecret, importPassword, importDecryptionKeys)';

  test.each<[string, () => unknown, string]>([
    [
      'a secret that only encrypts',
      () => decryptJwe(token(ownNamed('a')), encryptingOnly()),
      'TypeError: key_ops of the keys do not allow it to decrypt',
    ],
    [
      'a secret that only encrypts, among others',
      () => new DecryptionKeys([ownNamed('a'), encryptingOnly()]),
      'TypeError: key_ops of the keys do not allow it to decrypt',
    ],
    [
      'what is neither a Key nor DecryptionKeys',
      () => decryptJwe(token(ownNamed('a')), { keys: [] } as never),
      `TypeError: keys must be ${KEYS}`,
    ],
    [
      'a Key that does not decrypt',
      () => decryptJwe(token(ownNamed('a')), oaep.encrypting),
      'TypeError: keys is public: decryption needs the private key',
    ],
    [
      'a Key of another alg',
      () => decryptJwe(token(ownNamed('a')), oaep.decrypting),
      'ERR_JOSE_ALG_NOT_ALLOWED: the alg or enc of the token is not the one of the key',
    ],
    [
      'none of the kid',
      () => decryptJwe(token(ownNamed('b')), new DecryptionKeys([ownNamed('a')])),
      'ERR_JWKS_NO_MATCHING_KEY: no key fits the kid, alg and enc of the token',
    ],
    [
      'the only one of the kid was skipped',
      () =>
        decryptJwe(
          withHeader(token(ownNamed('a')), { alg: 'RSA-OAEP-256' }),
          importDecryptionKeys({ keys: [{ ...exportJwk(oaep.encrypting), kid: 'a' }] }),
        ),
      'ERR_JWKS_NO_MATCHING_KEY: no key fits the kid, alg and enc of the token; the key of this kid was skipped: the key is public: decryption needs the private key',
    ],
    [
      'two of the kid',
      () =>
        decryptJwe(
          token(ownNamed('a')),
          new DecryptionKeys([ownNamed('a'), importSecret(secretOf(32).reverse(), { alg: 'A256KW', kid: 'a' })]),
        ),
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS: of several keys, the kid of the token must name one',
    ],
    [
      'without a kid, one of several',
      () => decryptJwe(token(ownNamed(undefined)), new DecryptionKeys([ownNamed('a'), ownNamed('b', 16)])),
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS: of several keys, the kid of the token must name one',
    ],
    [
      'a private key, where the sender is not said to be unknown',
      () =>
        decryptJwt(token(oaep.encrypting), oaep.decrypting, { issuer: null, audience: null, sender: 'me' as never }),
      'TypeError: expected.sender must be null, which says that the sender is unknown',
    ],
  ])('%s', (_, action, refusal) => expect(refusalOf(action)).toBe(refusal));

  test('a kid names one of several, and a token without one is for the only key', () => {
    const [a, b] = [ownNamed('a'), ownNamed('b', 16)];
    expect(decryptJwe(token(a), new DecryptionKeys([a, b])).key).toBe(a);
    expect(decryptJwe(token(ownNamed(undefined)), new DecryptionKeys([a])).key).toBe(a);
  });
});

test('keys to decrypt with are refused under the name of their argument', () => {
  expect(refusalOf(() => checkDecryptionKeys('x' as never))).toMatch(
    /^TypeError: keys must be a Key or DecryptionKeys /,
  );
  expect(refusalOf(() => checkDecryptionKeys('x' as never, 'options.keys'))).toMatch(
    /^TypeError: options\.keys must be /,
  );
  expect(refusalOf(() => checkDecryptionKeys(signing.publicKey, 'options.keys'))).toBe(
    "TypeError: options.keys is for signatures: a key for encryption has an alg such as 'RSA-OAEP-256'",
  );
});
