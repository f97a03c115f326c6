// What is said of key material that is refused, word for word: what it is, and the way to a key.
import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey, type Jwk } from '../../src/index.ts';
import { byPbkdf2, byUnknown } from '../support/encrypted-keys.ts';
import { pem, pkcs8Of, spkiOf } from '../support/forge.ts';
import { freshPair, nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

type Row = readonly [what: string, action: () => unknown, kind: string, message: string];

const key = (material: object | string, options?: object) => () => importKey(material as Jwk, options);

describe('PEM, DER and objects', () => {
  const { privateKey, publicKey } = nodePair('ES256');
  const sealed = String(
    privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'right' }),
  );
  const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
  const invalid = (what: string, action: () => unknown, message: string): Row => [
    what,
    action,
    'ERR_JWK_INVALID',
    `the key material ${message}`,
  ];
  const rows: readonly Row[] = [
    invalid('nothing', key(''), 'is empty'),
    invalid(
      'JSON text',
      key('{}'),
      'is JSON text: for a JWK, importKey(JSON.parse(text)); for a JWK Set, importJwks(text)',
    ),
    invalid(
      'an SSH public key',
      key('ssh-ed25519 AAAA'),
      'is a public key in the format of OpenSSH: convert it with ssh-keygen -e -m PKCS8 -f FILE (RSA, ECDSA)',
    ),
    invalid(
      'an SSH private key',
      key(pem('OPENSSH PRIVATE KEY', new Uint8Array(3))),
      'is a private key in the format of OpenSSH: convert a copy with ssh-keygen -p -m PKCS8 -f FILE (RSA, ECDSA)',
    ),
    invalid(
      'base64 of a private key',
      key(base64(pkcs8Of(privateKey))),
      'is base64 of something else than a public key (SPKI): give it as PEM, with its BEGIN and END lines',
    ),
    invalid(
      'any other text',
      key('secret'),
      'has no PEM block (-----BEGIN PUBLIC KEY-----, base64, -----END PUBLIC KEY-----); a secret goes to importSecret',
    ),
    invalid(
      'two keys',
      key(pem('A', new Uint8Array(3)) + pem('B', new Uint8Array(3))),
      'holds more than one key: give one by itself',
    ),
    invalid(
      'no END line',
      key('-----BEGIN PUBLIC KEY-----\nAAAA'),
      'has no END line for its BEGIN line: it was cut short',
    ),
    invalid('no base64', key(pem('PUBLIC KEY', new Uint8Array(0))), 'has a PEM block whose content is not base64'),
    invalid(
      'another label',
      key(pem('X509 CRL', new Uint8Array(3))),
      'is a PEM block of the kind X509 CRL, which is not a key for signatures',
    ),
    invalid('no passphrase', key(sealed), 'is encrypted: give options.passphrase'),
    invalid(
      'a wrong passphrase',
      key(sealed, { passphrase: 'wrong' }),
      'cannot be decrypted: options.passphrase is wrong, or the key is damaged',
    ),
    invalid(
      'an unknown encryption',
      key(byUnknown(), { passphrase: 'x' }),
      'is encrypted in a way that is not supported: use PBKDF2 or scrypt',
    ),
    [
      'too many iterations',
      key(byPbkdf2(privateKey, 'x', 1001, 1), { passphrase: 'x', maxIterations: 1000 }),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the encrypted key demands over 1000 iterations, the most that options.maxIterations allows',
    ],
    [
      'too many iterations by default',
      key(byPbkdf2(privateKey, 'x', 1_000_001, 1), { passphrase: 'x' }),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the encrypted key demands over 1000000 iterations, the most that options.maxIterations allows',
    ],
    invalid(
      'octets behind a key',
      key(Buffer.concat([spkiOf(publicKey), Buffer.of(0)])),
      'is not the DER of one whole key, or has octets behind it',
    ),
    ...(
      [
        ['PUBLIC KEY', '3006300003020000'],
        ['PRIVATE KEY', '3009020100300004023000'],
        ['EC PRIVATE KEY', '30050201010400'],
        ['RSA PRIVATE KEY', '3009020100020101020101'],
        ['RSA PUBLIC KEY', '3006020101020101'],
        ['CERTIFICATE', '30083000300003020000'],
      ] as const
    ).map(([label, digits]) =>
      invalid(
        `DER like that of ${label}`,
        key(Buffer.from(digits, 'hex')),
        `cannot be read as ${label}: it is damaged, of another kind, or of a kind that this runtime does not support`,
      ),
    ),
    [
      'over 256 KiB of text',
      key('x'.repeat(262_145)),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the key material is over 262144 octets',
    ],
    invalid(
      '256 KiB of text',
      key('x'.repeat(262_144)),
      'has no PEM block (-----BEGIN PUBLIC KEY-----, base64, -----END PUBLIC KEY-----); a secret goes to importSecret',
    ),
    invalid(
      '256 KiB of DER',
      key(Buffer.alloc(262_144, 0x30)),
      'is not the DER of one whole key, or has octets behind it',
    ),
    [
      'over 256 KiB of DER',
      key(Buffer.alloc(262_145, 0x30)),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the key material is over 262144 octets',
    ],
    [
      'a curve that JOSE does not have',
      () => importKey(freshPair('ec', { namedCurve: 'brainpoolP256r1' }).publicKey),
      'ERR_JOSE_NOT_SUPPORTED',
      'keys of this type or curve are not supported',
    ],
  ];

  test.each(rows)('%s', (_, action, kind, message) => {
    expect(refusalPartsOf(action)).toEqual([kind, message]);
  });
});

describe('a CryptoKey', () => {
  const { subtle } = webcrypto;

  test.each([
    [{ name: 'HMAC', hash: 'SHA-1' }, 'sign', 'the CryptoKey is bound to a hash that no JOSE algorithm uses'],
    [{ name: 'AES-CBC', length: 256 }, 'encrypt', 'the CryptoKey is neither for signatures nor for encryption by JOSE'],
  ] as const)('%o', async (parameters, usage, message) => {
    const made = (await subtle.generateKey(parameters, true, [usage])) as webcrypto.CryptoKey;
    expect(refusalPartsOf(() => importKey(made))).toEqual(['ERR_JOSE_NOT_SUPPORTED', message]);
  });

  test('of a signature, for an agreement', async () => {
    const parameters = { name: 'ECDSA', namedCurve: 'P-256' };
    const { privateKey } = (await subtle.generateKey(parameters, true, ['sign'])) as webcrypto.CryptoKeyPair;
    expect(refusalPartsOf(() => importKey(privateKey, { alg: 'ECDH-ES' }))).toEqual([
      'ERR_JOSE_NOT_SUPPORTED',
      'the use of the key is "sig", not "enc"',
    ]);
  });

  test('that may not be exported', async () => {
    const made = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    expect(refusalPartsOf(() => importKey(made))).toEqual(['TypeError', 'key is a CryptoKey that is not extractable']);
  });
});
