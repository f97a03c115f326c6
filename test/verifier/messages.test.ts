// The words with which a verifier's options are refused, whole, and those of what else it refuses by itself.
import { describe, expect, test } from 'vitest';
import {
  createKeyVerifier,
  createVerifier,
  decryptWith,
  importKey,
  Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { TokenDecrypter } from '../../src/verifier/decrypt-with.ts';
import { kindOf } from '../support/jwe.ts';
import { nodePair } from '../support/keys.ts';
import { laterRefusalOf, refusalOf } from '../support/refusal.ts';
import { A, AUDIENCE, a1, B, GOOD, setOf, tokenOf } from './world.ts';

const keys = setOf(a1);
const ONE: VerifierOptions = { issuer: A, audience: AUDIENCE, keys };
const DISCOVERED = { issuer: A, audience: AUDIENCE };
const created = (options: unknown) => refusalOf(() => createVerifier(options as VerifierOptions));

const ANY_KEYS =
  'a Key (importKey), a KeySet (importJwks), a RemoteJwks (remoteJwks, discoverJwks), an Issuer or another KeySource';
const AN_ISSUER = "a plain object such as { issuer: 'https://issuer.example', audience: 'api' }";

/** What is wrong with an issuer, and the words, in which `@` is the name of the object that describes the issuer. */
const WRONG: readonly (readonly [options: object, words: string])[] = [
  [{ ...ONE, now: 1 }, '@.now is not an option; options.clock is'],
  [{ ...ONE, currentDate: 1 }, '@.currentDate is not an option; options.clock is'],
  [{ ...ONE, clockTimestamp: 1 }, '@.clockTimestamp is not an option; options.clock is'],
  [
    { ...ONE, ignoreExpiration: true },
    '@.ignoreExpiration is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed',
  ],
  ...['jwksUri', 'jwks_uri', 'jwksurl', 'key', 'secret', 'secretOrKey', 'secretOrKeyProvider'].map(
    (name) =>
      [
        { ...ONE, [name]: 'x' },
        `@.${name} is not an option; @.keys is: remoteJwks(url), importJwks(jwks) or importKey(key)`,
      ] as const,
  ),
  // Names that only hold one of those.
  ...['xkey', 'keyed', 'xcurrentDate', 'currentDates'].map(
    (name) => [{ ...ONE, [name]: 'x' }, `@.${name} is not an option`] as const,
  ),
  [{ ...ONE, onEvent: 1 }, '@.onEvent belongs in the options of remoteJwks or discoverJwks'],
  [{ ...DISCOVERED, timeout: '5s' }, '@.timeout belongs in @.remote'],
  [{ ...ONE, keys: 'x' }, `@.keys must be ${ANY_KEYS}`],
  [{ ...ONE, keys: Promise.resolve(keys) }, `@.keys must be ${ANY_KEYS}; it is a promise: await it`],
  [{ ...ONE, remote: {} }, '@.remote must not be given with @.keys: it is for discovered keys'],
  [{ ...ONE, keys: importKey(nodePair('ES256').privateKey) }, '@.keys is private: verify with key.publicKey()'],
  [
    { ...ONE, keys: importKey({ kty: 'oct', k: 'A'.repeat(43), alg: 'HS256', key_ops: ['sign'] }) },
    '@.keys: the key_ops of the key do not allow it to verify',
  ],
  [{ issuer: [A], audience: AUDIENCE }, '@.keys must be given, unless @.issuer is one name to discover them by'],
  [{ ...DISCOVERED, remote: 5 }, "@.remote must be a plain object such as { timeout: '5s' }"],
  [
    { ...DISCOVERED, remote: { issuer: B } },
    '@.remote.issuer is not an option: the metadata must name @.issuer; where it names another, use @.keys: discoverJwks(url, { issuer })',
  ],
  ...['audience', 'keys', 'remote', 'clockSkew'].map(
    (name) => [{ ...DISCOVERED, remote: { [name]: 1 } }, `@.remote.${name} belongs in @`] as const,
  ),
  [{ ...DISCOVERED, remote: { now: 1 } }, '@.remote.now is not an option'],
];

describe('an issuer', () => {
  test.each(WRONG)('%o alone', (options, words) => {
    expect(created(options)).toBe(`TypeError: ${words.replaceAll('@', 'options')}`);
  });

  test.each(WRONG)('%o among others', (options, words) => {
    const first = { ...ONE, issuer: 'https://first.example' };
    expect(created({ issuers: [first, options] })).toBe(`TypeError: ${words.replaceAll('@', 'options.issuers[1]')}`);
  });
});

describe('the options', () => {
  const repeated =
    "options.issuers[1].issuer repeats a name: issuers of one name must have audiences of which none is another's";
  const template = { template: 'https://login.example/{tid}/v2.0', claim: 'tid' };

  test.each<[unknown, string]>([
    [null, `options must be ${AN_ISSUER}`],
    [{ ...ONE, clock: 5 }, 'options.clock must be a function'],
    [{ ...ONE, cache: true }, 'options.cache must be a plain object such as { max: 1000 }'],
    [{ ...ONE, cache: {} }, 'options.cache.max must be given: a whole number from 1 to 1,000,000'],
    ...[0, 1.5, 1_000_001, '5'].map((max): [unknown, string] => [
      { ...ONE, cache: { max } },
      'options.cache.max must be a whole number from 1 to 1,000,000',
    ]),
    [{ ...ONE, decrypt: {} }, 'options.decrypt must be made by decryptWith(keys)'],
    ...[[], null, { 0: ONE, length: 1 }].map((issuers): [unknown, string] => [
      { issuers },
      'options.issuers must be an array of at least one object such as { issuer, audience }',
    ]),
    [{ issuers: [ONE], keys }, 'options.keys belongs in each of options.issuers'],
    [{ issuers: [ONE], remote: {} }, 'options.remote belongs in each of options.issuers'],
    [{ issuers: [ONE], clockSkew: 1 }, 'options.clockSkew belongs in each of options.issuers'],
    [{ issuers: [ONE], now: 1 }, 'options.now is not an option'],
    [{ issuers: [null] }, `options.issuers[0] must be ${AN_ISSUER}`],
    [{ issuers: [{ ...ONE, decrypt: {} }] }, 'options.issuers[0].decrypt belongs in options, beside issuers'],
    [{ issuers: [ONE, ONE] }, repeated],
    [{ issuers: [ONE, { ...ONE, audience: ['other', AUDIENCE] }] }, repeated],
    [{ issuers: [{ ...ONE, audience: ['other', AUDIENCE] }, ONE] }, repeated],
    [{ issuers: [ONE, { ...ONE, issuer: [B, A] }] }, repeated],
    [
      {
        issuers: [
          { ...ONE, audience: null },
          { ...ONE, audience: null },
        ],
      },
      repeated,
    ],
    [
      {
        issuers: [
          { ...ONE, issuer: template },
          { ...ONE, issuer: template },
        ],
      },
      repeated,
    ],
    ...[keys, undefined].map((given): [unknown, string] => [
      { issuers: [{ ...ONE, issuer: null, keys: given }] },
      'options.issuers[0].issuer must not be null: it decides whose keys judge a token',
    ]),
    [
      { issuer: null, audience: AUDIENCE },
      'options.keys must be given, unless options.issuer is one name to discover them by',
    ],
  ])('%o', (options, words) => expect(created(options)).toBe(`TypeError: ${words}`));

  test('as many tokens as may be cached', () => {
    for (const max of [1, 1_000_000]) expect(created({ ...ONE, cache: { max } })).toBeNull();
  });

  test('of several issuers, audiences that none has in common, and names that differ', () => {
    expect(created({ issuers: [ONE, { ...ONE, audience: 'other' }] })).toBeNull();
    expect(created({ issuers: [ONE, { ...ONE, issuer: template }] })).toBeNull();
  });

  test('without discovery, keys that are missing', () => {
    expect(refusalOf(() => createKeyVerifier(DISCOVERED))).toBe(
      'TypeError: options.keys must be given; to discover them, use createVerifier',
    );
    expect(refusalOf(() => createKeyVerifier({ ...DISCOVERED, timeout: 5 } as never))).toBe(
      'TypeError: options.timeout is not an option',
    );
  });
});

describe('arguments', () => {
  type Any = (...args: unknown[]) => unknown;

  test('that nothing takes', async () => {
    const verifier = createVerifier(ONE);
    const { decrypting } = kindOf('A256KW');
    for (const [action, words] of [
      [() => (createVerifier as Any)(ONE, 1), 'createVerifier takes 1 argument, and was given 2'],
      [() => (createKeyVerifier as Any)(ONE, 1), 'createKeyVerifier takes 1 argument, and was given 2'],
      [() => (decryptWith as Any)(decrypting, {}, 1), 'decryptWith takes 2 arguments, and was given 3'],
      [() => (verifier.verifySync as Any).call(verifier, GOOD, 1), 'verifySync takes 1 argument, and was given 2'],
      [() => (verifier.verify as Any).call(verifier, GOOD, 1), 'verify takes 1 argument, and was given 2'],
      [() => (verifier.warm as Any).call(verifier, 1), 'warm takes no arguments, and was given 1'],
    ] as const)
      expect(await laterRefusalOf(action)).toBe(`TypeError: ${words}`);
  });

  test('by which nobody else makes a Verifier, or something that decrypts', () => {
    const [Open, Decrypter] = [Verifier, TokenDecrypter] as never as (new (...args: unknown[]) => object)[];
    if (!Open || !Decrypter) throw new Error('no classes');
    expect(refusalOf(() => new Open(Symbol('Verifier'), {}))).toBe('TypeError: a Verifier is made by createVerifier');
    expect(refusalOf(() => new Decrypter(Symbol('TokenDecrypter'), {}))).toBe(
      'TypeError: a TokenDecrypter is made by decryptWith',
    );
  });

  test('of decryptWith', () => {
    const { encrypting, decrypting } = kindOf('RSA-OAEP-256');
    expect(refusalOf(() => decryptWith(encrypting))).toBe(
      'TypeError: keys is public: decryption needs the private key',
    );
    expect(refusalOf(() => decryptWith(decrypting, { required: 1 as never }))).toBe(
      'TypeError: options.required must be true or false',
    );
    expect(refusalOf(() => decryptWith(decrypting, { keyManagementAlgorithms: [] } as never))).toBe(
      'TypeError: options.keyManagementAlgorithms is not an option: each key to decrypt with is for one algorithm already',
    );
  });
});

test('an issuer that is none of several is named by its claim, before any key', () => {
  const verifier = createVerifier({ issuers: [ONE, { ...ONE, issuer: B, audience: 'b' }] });
  for (const [iss, reason] of [
    [undefined, 'missing'],
    [5, 'type'],
    ['https://c.example', 'mismatch'],
  ])
    expect(refusalOf(() => verifier.verifySync(tokenOf(a1, { iss })))).toBe(
      `ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "iss" ${reason}`,
    );
});
