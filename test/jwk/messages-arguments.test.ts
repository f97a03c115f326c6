// What is said of a mistake of the caller, word for word: of arguments and options, and of keys that are not for what they are given to.
import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  encryptJwe,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  generateKey,
  importKey,
  importPassword,
  importSecret,
  type Jwk,
  Key,
  signJws,
  thumbprint,
  thumbprintUri,
  verifyJws,
} from '../../src/index.ts';
import { nodePair, secretBytes, secretKey } from '../support/keys.ts';
import { partsOf, refusalPartsOf } from '../support/refusal.ts';

const key = (material: object | string, options?: object) => () => importKey(material as Jwk, options);

describe('arguments', () => {
  const { publicKey, privateKey } = nodePair('ES256');
  const secret = secretBytes('HS256');
  const password = (options: object) => () => importPassword('password', options as never);
  const passwordAlg = 'PBES2-HS512+A256KW';
  const aKey = 'must be a Key, as importKey, importSecret and generateKey make it';
  const anAlg = "must be an algorithm such as 'ES256', or 'RSA-OAEP-256' for encryption";
  const anEnc = "must be a content encryption such as 'A256GCM'";
  const aSecret =
    "must be a Uint8Array of random octets; of text: Buffer.from(text, 'base64'), or however it is encoded";
  const aSecretAlg = "'HS256', 'HS384' or 'HS512'; for encryption 'A256KW', 'A256GCMKW' and the like, or 'dir'";
  const aPasswordAlg = "'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW' or 'PBES2-HS512+A256KW'";
  const aPassword = 'must be a text without lone surrogates or a Uint8Array, and not empty';
  const iterations = 'must be a whole number of 1000 to 2147483647';
  const rows: readonly (readonly [action: () => unknown, message: string])[] = [
    [key(null as never), 'material must be a JWK, PEM text, DER octets, a KeyObject or a CryptoKey'],
    [key(publicKey, { alg: 'ES255' }), `options.alg ${anAlg}`],
    [key(publicKey, { algorithm: 'ES256' }), 'options.algorithm is not an option; alg is'],
    [key(publicKey, { encryption: 'A256GCM' }), 'options.encryption is not an option; enc is'],
    [key(publicKey, { kid: 1 }), 'options.kid must be a string'],
    [key(publicKey, { passphrase: 1 }), 'options.passphrase must be a string'],
    [key(publicKey, { use: 'both' }), "options.use must be 'sig' or 'enc'"],
    [key(publicKey, { enc: 'GCM' }), `options.enc ${anEnc}`],
    [key(publicKey, { maxIterations: 0 }), 'options.maxIterations must be a whole number of at least 1'],
    [key(publicKey, { use: 'enc', alg: 'ES256' }), 'options.use must be the use of options.alg'],
    [key(publicKey, { use: 'sig', alg: 'ECDH-ES' }), 'options.use must be the use of options.alg'],
    [key(publicKey, { enc: 'A256GCM' }), "options.enc is for options.alg 'dir'"],
    [() => Reflect.apply(importKey, undefined, [publicKey, {}, 1]), 'importKey takes 2 arguments, and was given 3'],
    [() => importSecret('text' as never, { alg: 'HS256' }), `secret ${aSecret}`],
    [() => importSecret(secret, { alg: 'RS256' }), `options.alg must be ${aSecretAlg}`],
    [() => importSecret(secret, {} as never), `options.alg must be given: ${aSecretAlg}`],
    [() => importSecret(secret, { algorithm: 'HS256' } as never), 'options.algorithm is not an option; alg is'],
    [() => importSecret(secret, { alg: 'dir', enc: 'GCM' as never }), `options.enc ${anEnc}`],
    [() => importSecret(secret, { alg: 'HS256', kid: 1 as never }), 'options.kid must be a string'],
    [
      () => importSecret(secret, { alg: 'dir' }),
      "options.enc must be given with alg 'dir', and only then, such as 'A256GCM'",
    ],
    [
      () => importSecret(secret, { alg: 'HS256', enc: 'A256GCM' }),
      "options.enc must be given with alg 'dir', and only then, such as 'A256GCM'",
    ],
    [
      () => Reflect.apply(importSecret, undefined, [secret, { alg: 'HS256' }, 1]),
      'importSecret takes 2 arguments, and was given 3',
    ],
    [() => importPassword('', { alg: passwordAlg }), `password ${aPassword}`],
    [() => importPassword('\ud800', { alg: passwordAlg }), `password ${aPassword}`],
    [password({}), `options.alg must be given: ${aPasswordAlg}`],
    [password({ alg: 'A256KW' }), `options.alg must be ${aPasswordAlg}`],
    [password({ algorithm: passwordAlg }), 'options.algorithm is not an option; alg is'],
    [password({ alg: passwordAlg, kid: 1 }), 'options.kid must be a string'],
    [password({ alg: passwordAlg, p2c: 1000 }), 'options.p2c is not an option; iterations is'],
    [password({ alg: passwordAlg, maxPBES2Count: 1000 }), 'options.maxPBES2Count is not an option; maxIterations is'],
    [password({ alg: passwordAlg, iterations: 999 }), `options.iterations ${iterations}`],
    [password({ alg: passwordAlg, iterations: 2 ** 31 }), `options.iterations ${iterations}`],
    [password({ alg: passwordAlg, maxIterations: 999 }), `options.maxIterations ${iterations}`],
    [
      password({ alg: passwordAlg, iterations: 2000, maxIterations: 1999 }),
      'options.iterations must be at most options.maxIterations',
    ],
    [
      () => Reflect.apply(importPassword, undefined, ['x', { alg: passwordAlg }, 1]),
      'importPassword takes 2 arguments, and was given 3',
    ],
    [() => Reflect.construct(Key, []), 'a Key is made by the importers, such as importKey, and by generateKey'],
    [() => secretKey('HS256').publicKey(), 'key is a secret: it has no public key'],
    [
      () => Reflect.apply(secretKey('HS256').publicKey, secretKey('HS256'), [1]),
      'publicKey takes no arguments, and was given 1',
    ],
    [() => exportJwk({} as Key), `key ${aKey}`],
    [() => exportJwk(secretKey('HS256')), 'key is a secret: it has no public key'],
    [() => exportPem(secretKey('HS256')), 'key is a secret: it has no public key'],
    [() => exportPrivateJwk(importKey(publicKey)), 'key is public: it has no private members'],
    [() => exportPrivateJwk(importPassword('x', { alg: passwordAlg })), 'key is a password: it has no JWK form'],
    [() => exportPrivatePem(secretKey('HS256')), 'key is a secret: it has no PEM form'],
    [() => exportPrivatePem(importKey(publicKey)), 'key is public: it has no private members'],
    [() => exportPrivatePem(importKey(privateKey), { passphrase: '' }), 'options.passphrase must not be empty'],
    [() => exportPrivatePem(importKey(privateKey), { passphrase: 1 as never }), 'options.passphrase must be a string'],
    ...[exportJwk, exportPem, exportPrivateJwk].map(
      (take) =>
        [
          () => Reflect.apply(take, undefined, [importKey(privateKey), 1]),
          `${take.name} takes 1 argument, and was given 2`,
        ] as const,
    ),
    [
      () => Reflect.apply(exportPrivatePem, undefined, [importKey(privateKey), {}, 1]),
      'exportPrivatePem takes 2 arguments, and was given 3',
    ],
    [() => thumbprint(1 as never), 'key must be a Key or a JWK'],
    [() => thumbprint(importKey(publicKey), 'md5' as never), 'hash must be sha256, sha384 or sha512'],
    [() => thumbprint(importPassword('x', { alg: passwordAlg })), 'key is a password: it has no thumbprint'],
    ...[thumbprint, thumbprintUri].map(
      (take) =>
        [
          () => Reflect.apply(take, undefined, [importKey(publicKey), 'sha256', 1]),
          `${take.name} takes 2 arguments, and was given 3`,
        ] as const,
    ),
  ];

  test.each(rows.map(([action, message]) => [message, action] as const))('%# %s', (message, action) => {
    expect(refusalPartsOf(action)).toEqual(['TypeError', message]);
  });

  const generated: readonly (readonly [alg: unknown, options: object, message: string])[] = [
    ['ES256', { modulusLength: 2048 }, 'options.modulusLength is for RSA keys'],
    ...[2040, 2049, 16_392, '2048', Number.NaN].map(
      (modulusLength) =>
        ['RS256', { modulusLength }, 'options.modulusLength must be a multiple of 8 from 2048 to 16384'] as const,
    ),
    ['RS256', { kid: 1 }, 'options.kid must be a string'],
    ['ECDH-ES', { crv: 'P-255' }, "options.crv must be 'P-256', 'P-384', 'P-521', 'X25519' or 'X448'"],
    ['ECDH-ES', { namedCurve: 'P-256' }, 'options.namedCurve is not an option; crv is'],
    ['RSA-OAEP', { crv: 'P-256' }, 'options.crv is for ECDH-ES: the other algorithms have one curve or none'],
    ['dir', { enc: 'GCM' }, `options.enc ${anEnc}`],
    ['dir', {}, "options.enc must be given for 'dir', such as 'A256GCM'"],
    ['A256KW', { enc: 'A256GCM' }, "options.enc is for 'dir'"],
    ['none', {}, "alg must be an algorithm such as 'ES256', or 'ECDH-ES' for encryption"],
    [undefined, {}, "alg must be an algorithm such as 'ES256', or 'ECDH-ES' for encryption"],
    ['PBES2-HS256+A128KW', {}, 'alg must be no PBES2: give a password to importPassword'],
  ];

  test.each(generated)('generateKey of %s with %j', async (alg, options, message) => {
    const error = await generateKey(alg as 'dir', options as never).catch((reason: unknown) => reason);
    expect(partsOf(error)).toEqual(['TypeError', message]);
  });

  test('generateKey of three arguments', async () => {
    const error = await Reflect.apply(generateKey, undefined, ['ES256', {}, 1]).catch((reason: unknown) => reason);
    expect(partsOf(error)).toEqual(['TypeError', 'generateKey takes 2 arguments, and was given 3']);
  });
});

describe('what a key is not for', () => {
  const octets = new Uint8Array(1);
  const imported = (pick: 'privateKey' | 'publicKey', alg: 'ES256' | 'RSA-OAEP') =>
    importKey(nodePair(alg === 'ES256' ? 'ES256' : 'RS256')[pick], { alg });
  const secretFor = (alg: string, ...ops: string[]) =>
    importKey({
      ...createSecretKey(new Uint8Array(32)).export({ format: 'jwk' }),
      alg,
      key_ops: ops,
    } as Jwk);
  const token = () => signJws(octets, imported('privateKey', 'ES256'));
  const message = () => encryptJwe(octets, imported('publicKey', 'RSA-OAEP'));
  const aKey = 'must be a Key, as importKey, importSecret and generateKey make it';
  const forSignatures = "key is for signatures: a key for encryption has an alg such as 'RSA-OAEP-256'";
  const rows: readonly (readonly [action: () => unknown, message: string])[] = [
    [() => signJws(octets, {} as Key), `key ${aKey}`],
    [() => signJws(octets, imported('publicKey', 'ES256')), 'key is public: signing needs the private key'],
    [() => signJws(octets, imported('privateKey', 'RSA-OAEP')), 'key is for encryption: it does not sign'],
    [() => signJws(octets, secretFor('HS256', 'verify')), 'key_ops of the key do not allow it to sign'],
    [() => verifyJws(token(), imported('privateKey', 'ES256')), 'key is private: verify with key.publicKey()'],
    [() => verifyJws(token(), imported('publicKey', 'RSA-OAEP')), 'key is for encryption: it does not verify'],
    [() => verifyJws(token(), secretFor('HS256', 'sign')), 'key_ops of the key do not allow it to verify'],
    [() => encryptJwe(octets, {} as Key), `key ${aKey}`],
    [() => encryptJwe(octets, imported('publicKey', 'ES256')), forSignatures],
    [() => encryptJwe(octets, imported('privateKey', 'RSA-OAEP')), 'key is private: encrypt with its publicKey()'],
    [() => encryptJwe(octets, secretFor('A256KW', 'unwrapKey')), 'key_ops of the key do not allow it to encrypt'],
    [() => decryptJwe(message(), imported('privateKey', 'ES256')), forSignatures.replace('key', 'keys')],
    [
      () => decryptJwe(message(), imported('publicKey', 'RSA-OAEP')),
      'keys is public: decryption needs the private key',
    ],
    [() => decryptJwe(message(), secretFor('A256KW', 'wrapKey')), 'key_ops of the keys do not allow it to decrypt'],
  ];

  test.each(rows.map(([action, words]) => [words, action] as const))('%# %s', (words, action) => {
    expect(refusalPartsOf(action)).toEqual(['TypeError', words]);
  });

  test('a copy by structuredClone', () => {
    expect(() => structuredClone(imported('publicKey', 'ES256'))).toThrow('a Key is exported and imported, not cloned');
  });
});
