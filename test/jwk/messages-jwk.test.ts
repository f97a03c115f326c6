// What is said of a JWK that is refused, word for word: what was wrong, and where there is one, the way to what is right.
import { describe, expect, test } from 'vitest';
import { importKey, type Jwk, thumbprint } from '../../src/index.ts';
import { b64u, rsaJwk, toBigInt } from '../support/forge.ts';
import { freshPair, nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

type Row = readonly [what: string, action: () => unknown, kind: string, message: string];

const publicJwk = (alg: 'ES256' | 'RS256' | 'Ed25519'): Jwk => nodePair(alg).publicKey.export({ format: 'jwk' }) as Jwk;
const privateJwk = (alg: 'ES256' | 'RS256' | 'Ed25519'): Jwk =>
  nodePair(alg).privateKey.export({ format: 'jwk' }) as Jwk;
const key = (material: object | string, options?: object) => () => importKey(material as Jwk, options);
const secretJwk = (length: number, members: object = {}) => ({
  kty: 'oct',
  k: b64u(new Uint8Array(length).fill(1)),
  ...members,
});

describe('a JWK', () => {
  const ec = publicJwk('ES256');
  const ecPrivate = privateJwk('ES256');
  const rsa = publicJwk('RS256');
  const n = toBigInt(Buffer.from(String(rsa.n), 'base64url'));
  const malformed = (member: string) => `the ${member} of the key is missing or malformed`;
  const rows: readonly Row[] = [
    ['no kty', key({ crv: 'P-256' }), 'ERR_JWK_INVALID', malformed('kty')],
    ['EC without crv', key({ kty: 'EC' }), 'ERR_JWK_INVALID', malformed('crv')],
    ['OKP without crv', key({ kty: 'OKP' }), 'ERR_JWK_INVALID', malformed('crv')],
    ['alg', key({ ...ec, alg: 1 }), 'ERR_JWK_INVALID', malformed('alg')],
    ['kid', key({ ...ec, kid: 1 }), 'ERR_JWK_INVALID', malformed('kid')],
    ['use', key({ ...ec, use: 1 }), 'ERR_JWK_INVALID', malformed('use')],
    ['key_ops', key({ ...ec, key_ops: 'verify' }), 'ERR_JWK_INVALID', malformed('key_ops')],
    ['x', key({ ...ec, x: 'AA' }), 'ERR_JWK_INVALID', malformed('x')],
    ['y', key({ ...ec, y: 'AA' }), 'ERR_JWK_INVALID', malformed('y')],
    [
      'x of Ed25519 that is not below the field',
      key({ kty: 'OKP', crv: 'Ed25519', x: b64u(new Uint8Array(32).fill(0xff)) }),
      'ERR_JWK_INVALID',
      malformed('x'),
    ],
    ['d', key({ ...ecPrivate, d: 'AA' }), 'ERR_JWK_INVALID', malformed('d')],
    ['n', key({ ...rsa, n: 'AA' }), 'ERR_JWK_INVALID', malformed('n')],
    ['e', key({ ...rsa, e: 'AAEAAQ' }), 'ERR_JWK_INVALID', malformed('e')],
    ['k', key({ kty: 'oct', alg: 'HS256' }), 'ERR_JWK_INVALID', malformed('k')],
    ['pub', key({ kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' }), 'ERR_JWK_INVALID', malformed('pub')],
    ['priv', key({ kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', priv: 'AA' }), 'ERR_JWK_INVALID', malformed('priv')],
    ['x5c', key({ ...ec, x5c: [] }), 'ERR_JWK_INVALID', malformed('x5c')],
    ['x5c that is no certificate', key({ ...ec, x5c: ['AAAA'] }), 'ERR_JWK_INVALID', malformed('x5c')],
    ['another use', key({ ...ec, use: 'tls' }), 'ERR_JOSE_NOT_SUPPORTED', 'the use of the key is "tls", not "sig"'],
    [
      'use sig where enc is wanted',
      key({ ...ec, use: 'sig' }, { use: 'enc' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the use of the key is "sig", not "enc"',
    ],
    [
      'use enc beside an alg for signatures',
      key({ ...ec, alg: 'ES256', use: 'enc' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the use of the key is "enc", not "sig"',
    ],
    [
      'use and key_ops',
      key({ ...ec, use: 'sig', key_ops: ['wrapKey'] }),
      'ERR_JWK_INVALID',
      'the use and key_ops of the key contradict each other',
    ],
    [
      'key_ops of a public key',
      key({ ...ec, key_ops: ['sign'] }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key do not include verify',
    ],
    [
      'key_ops of a private key',
      key({ ...ecPrivate, key_ops: ['verify'] }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key do not include sign',
    ],
    [
      'key_ops of a secret',
      key(secretJwk(32, { alg: 'HS256', key_ops: ['wrapKey'] })),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key include neither sign nor verify',
    ],
    [
      'a secret without alg',
      key(secretJwk(32)),
      'ERR_JWK_INVALID',
      'a secret key needs an alg: give it in the JWK or in options.alg',
    ],
    [
      'another alg than asked for',
      key({ ...rsa, alg: 'RS256' }, { alg: 'PS256' }),
      'ERR_JWK_INVALID',
      'the key is for another alg than asked for',
    ],
    [
      'an alg of another kind of key',
      key({ ...rsa, alg: 'ES256' }),
      'ERR_JWK_INVALID',
      'the alg of the key does not fit its kty and crv',
    ],
    [
      'an alg asked for, of another kind of key',
      key(rsa, { alg: 'ES256' }),
      'ERR_JWK_INVALID',
      'the alg of the key does not fit its kty and crv',
    ],
    [
      'an alg that is not known',
      key({ ...rsa, alg: 'RS1' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the kty, crv or alg of the key is not supported',
    ],
    [
      'a curve that is not known',
      key({ ...ec, crv: 'P-192' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the kty, crv or alg of the key is not supported',
    ],
    ['a short secret', key(secretJwk(47), { alg: 'HS384' }), 'ERR_JWK_WEAK', 'the secret is shorter than HS384 needs'],
    [
      'a secret that is PEM',
      key({ kty: 'oct', k: b64u('-----BEGIN PUBLIC KEY-----\n'.padEnd(40)) }, { alg: 'HS256' }),
      'ERR_JWK_INVALID',
      'the secret is itself a key of another kind',
    ],
    ['a point off the curve', key({ ...ec, y: ec.x }), 'ERR_JWK_INVALID', 'the members of the key do not make a key'],
    [
      'two halves that are not one key',
      key({ ...privateJwk('Ed25519'), d: b64u(new Uint8Array(32).fill(1)) }),
      'ERR_JWK_INVALID',
      'the private members of the key do not match its public ones',
    ],
    [
      'RSA numbers of two keys',
      key({ ...privateJwk('RS256'), d: privateJwk('RS256').p }),
      'ERR_JWK_INVALID',
      'the private members of the key do not match its public ones',
    ],
    [
      'three primes',
      key({ ...privateJwk('RS256'), oth: [] }),
      'ERR_JOSE_NOT_SUPPORTED',
      'RSA keys of more than two primes are not supported',
    ],
    ['a small modulus', key(rsaJwk(n >> 1n, 65537n)), 'ERR_JWK_WEAK', 'the key has a modulus under 2048 bits'],
    [
      'a large modulus',
      key(rsaJwk((1n << 16384n) + 1n, 65537n)),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the modulus is over 16384 bits',
    ],
    [
      'an exponent of one',
      key(rsaJwk(n, 1n)),
      'ERR_JWK_WEAK',
      'the key has a public exponent that is even, under 3 or over 64 bits',
    ],
    [
      'an even modulus',
      key(rsaJwk(n + 1n, 65537n)),
      'ERR_JWK_WEAK',
      'the key has a modulus that is even or of the ROCA form, which can be factored',
    ],
    [
      'a point of small order that signs',
      key({ kty: 'OKP', crv: 'Ed25519', x: b64u(new Uint8Array(32)) }),
      'ERR_JWK_WEAK',
      'the key has a public point of small order, under which anyone can make signatures',
    ],
    [
      'the point zero of an agreement',
      key({ kty: 'OKP', crv: 'X25519', x: b64u(new Uint8Array(32)) }),
      'ERR_JWK_WEAK',
      'the key has a public point of small order',
    ],
    [
      'another point of small order of an agreement',
      key({ kty: 'OKP', crv: 'X25519', x: b64u(Uint8Array.of(1, ...new Uint8Array(31))) }),
      'ERR_JWK_WEAK',
      'the key has a public point of small order',
    ],
    [
      'more than 256 KiB',
      key({ kty: 'EC', note: 'x'.repeat(262_144) }),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the JWK is over 262144 octets',
    ],
    ['no members', key([]), 'ERR_JWK_INVALID', 'the JWK is not a JSON object in UTF-8'],
  ];

  test.each(rows)('%s', (_, action, kind, message) => {
    expect(refusalPartsOf(action)).toEqual([kind, message]);
  });
});

describe('a JWK for encryption', () => {
  const rsa = publicJwk('RS256');
  const agreeing = publicJwk('ES256');
  const rows: readonly Row[] = [
    [
      'a secret without alg',
      key(secretJwk(32), { use: 'enc' }),
      'ERR_JWK_INVALID',
      'a secret key needs an alg: give it in the JWK or in options.alg',
    ],
    [
      'dir without a content encryption',
      key(secretJwk(32), { alg: 'dir' }),
      'ERR_JWK_INVALID',
      "a secret for dir needs a content encryption: as alg of the JWK, such as 'A256GCM', or as options.enc of importKey",
    ],
    [
      'an alg of another kind of key',
      key(rsa, { alg: 'ECDH-ES' }),
      'ERR_JWK_INVALID',
      'the alg of the key does not fit its kty, its crv or its enc',
    ],
    [
      'a content encryption of a secret beside RSA',
      key({ ...rsa, alg: 'A256GCM' }),
      'ERR_JWK_INVALID',
      'the alg of the key does not fit its kty, its crv or its enc',
    ],
    [
      'an enc for a key that is not for dir',
      key(rsa, { use: 'enc', enc: 'A256GCM' }),
      'ERR_JWK_INVALID',
      'the alg of the key does not fit its kty, its crv or its enc',
    ],
    [
      'an alg that is not known',
      key({ ...rsa, alg: 'RSA1_5', use: 'enc' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the kty, crv or alg of the key is not supported',
    ],
    [
      'a curve that is not for encryption',
      key(nodePair('ES256K').publicKey.export({ format: 'jwk' }), { use: 'enc' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the kty, crv or alg of the key is not supported',
    ],
    [
      'a password',
      key(secretJwk(32, { alg: 'PBES2-HS256+A128KW' })),
      'ERR_JOSE_NOT_SUPPORTED',
      'a password is no JWK: give it to importPassword',
    ],
    [
      'another alg than asked for',
      key({ ...rsa, alg: 'RSA-OAEP' }, { alg: 'RSA-OAEP-256' }),
      'ERR_JWK_INVALID',
      'the key is for another alg than asked for',
    ],
    [
      'a secret too short',
      key(secretJwk(15, { alg: 'A128KW' })),
      'ERR_JWK_WEAK',
      'the secret is too short: A128KW needs exactly 16 octets',
    ],
    [
      'a secret too long, for dir',
      key(secretJwk(33, { alg: 'A256GCM' })),
      'ERR_JWK_INVALID',
      'the secret is too long: A256GCM needs exactly 32 octets',
    ],
    [
      'key_ops of a public key',
      key({ ...rsa, alg: 'RSA-OAEP', key_ops: ['unwrapKey'] }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key include none of wrapKey, encrypt',
    ],
    [
      'key_ops of a private key',
      key({ ...privateJwk('RS256'), alg: 'RSA-OAEP', key_ops: ['wrapKey'] }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key include none of unwrapKey, decrypt',
    ],
    [
      'key_ops of an agreement',
      key({ ...agreeing, key_ops: ['encrypt'] }, { alg: 'ECDH-ES' }),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key include none of deriveKey, deriveBits',
    ],
    [
      'key_ops of a secret',
      key(secretJwk(32, { alg: 'A256KW', key_ops: ['sign'] })),
      'ERR_JOSE_NOT_SUPPORTED',
      'the key_ops of the key include none of wrapKey, encrypt, unwrapKey, decrypt',
    ],
    [
      'two halves that are not one key',
      key({
        ...freshPair('x25519').privateKey.export({ format: 'jwk' }),
        x: freshPair('x25519').publicKey.export({ format: 'jwk' }).x,
      }),
      'ERR_JWK_INVALID',
      'the private members of the key do not match its public ones',
    ],
  ];

  test.each(rows)('%s', (_, action, kind, message) => {
    expect(refusalPartsOf(action)).toEqual([kind, message]);
  });
});

test.each([
  ['n', { ...publicJwk('RS256'), n: 'AA' }],
  ['e', { ...publicJwk('RS256'), e: 'AA' }],
  ['x', { ...publicJwk('ES256'), x: 'AA' }],
  ['y', { ...publicJwk('ES256'), y: 'AA' }],
  ['x', { ...publicJwk('Ed25519'), x: 'AA' }],
  ['pub', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' }],
  ['k', { kty: 'oct', k: 'A' }],
])('a JWK whose %s is malformed has no thumbprint', (member, jwk) => {
  expect(refusalPartsOf(() => thumbprint(jwk as Jwk))).toEqual([
    'ERR_JWK_INVALID',
    `the ${member} of the key is missing or malformed`,
  ]);
});

test('a JWK without a thumbprint', () => {
  expect(refusalPartsOf(() => thumbprint({} as Jwk))).toEqual([
    'ERR_JWK_INVALID',
    'the kty of the key is missing or malformed',
  ]);
  expect(refusalPartsOf(() => thumbprint({ kty: 'EC', crv: 'P-192' }))).toEqual([
    'ERR_JOSE_NOT_SUPPORTED',
    'the kty or crv of the key is not supported',
  ]);
});
