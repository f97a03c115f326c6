// A verifier that takes encrypted tokens: decrypted first, and then verified, cached and refused as any other.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  authenticate,
  bearerFetch,
  createKeyVerifier,
  createVerifier,
  DecryptionKeys,
  decryptWith,
  encryptJwe,
  encryptJwt,
  importKey,
  isVerifiedJwt,
  nestJwt,
  type VerifierOptions,
} from '../../src/index.ts';
import { TokenDecrypter } from '../../src/verifier/decrypt-with.ts';
import { DECRYPTION_STEPS, TOKEN_READERS } from '../../src/verifier/token-reader.ts';
import { codeOf } from '../support/code.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { expectCode, expectSilent, expectTypeError } from '../support/expect.ts';
import { kindOf } from '../support/jwe.ts';
import { nodePair } from '../support/keys.ts';
import {
  A,
  AUDIENCE,
  a1,
  a2,
  answerOf,
  B,
  BAD,
  b1,
  broken,
  CLAIMS,
  GOOD,
  localWorld,
  NOW,
  outcomeOf,
  remoteWorld,
  setOf,
  tokenOf,
} from './world.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

const { encrypting, decrypting } = kindOf('ECDH-ES+A256KW on P-256');
const nested = (signed: string) => nestJwt(signed, encrypting, { enc: 'A128CBC-HS256' });
const NESTED = nested(GOOD);
let decrypt: TokenDecrypter;
let options: VerifierOptions;
beforeEach(() => {
  decrypt = decryptWith(decrypting);
  options = { issuer: A, audience: AUDIENCE, keys: setOf(a1), decrypt, clock: () => NOW };
});
const verifierWith = (others: Partial<VerifierOptions> = {}) => createVerifier({ ...options, ...others });

describe('a nested token', () => {
  test.each([
    ['createVerifier', createVerifier],
    ['createKeyVerifier', createKeyVerifier],
  ] as const)('is verified by %s', async (_, create) => {
    const verifier = create(options);
    const verified = await verifier.verify(NESTED);
    expect(isVerifiedJwt(verified)).toBe(true);
    expect([verified.claims, verified.header.kid, verified.key]).toEqual([CLAIMS, 'k1', a1.publicKey]);
    expect(verifier.verifySync(NESTED).claims).toEqual(CLAIMS);
  });

  test('is refused where there is nothing to decrypt with', () => {
    const refused = expectCode(
      () => verifierWith({ decrypt: undefined }).verifySync(NESTED),
      'ERR_JWS_INVALID',
      NESTED,
    );
    expect(refused.message).toContain('encrypted');
  });

  test.each(Object.entries(BAD))('around one %s is refused as that is', async (_, signed) => {
    const outcome = await outcomeOf(() => verifierWith().verify(nestOf(signed)));
    const plain = await outcomeOf(() => verifierWith({ decrypt: undefined }).verify(signed));
    expect(codeOfOutcome(outcome)).toBe(codeOfOutcome(plain));
  });

  /** Of anything, also of what nestJwt would not take. */
  function nestOf(signed: string): string {
    return encryptJwe(new TextEncoder().encode(signed), encrypting, { header: { cty: 'JWT' } });
  }

  function codeOfOutcome(outcome: object): unknown {
    return 'code' in outcome ? outcome.code : 'valid';
  }

  test('must say that it is nested, and its replicated claims are those inside', () => {
    const verifier = verifierWith();
    expectCode(() => verifier.verifySync(encryptJwt(CLAIMS, encrypting, { expiresIn: null })), 'ERR_JWT_INVALID');
    expect(verifier.verifySync(nestJwt(GOOD, encrypting, { header: { iss: A } })).claims).toEqual(CLAIMS);
    const header = { cty: 'JWT', iss: B };
    const routed = encryptJwe(new TextEncoder().encode(GOOD), encrypting, { header });
    expectCode(() => verifier.verifySync(routed), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('of another recipient is refused, and of several keys the kid names one', () => {
    const [one, two] = ['e1', 'e2'].map((kid) => importKey(nodePair('ES256').privateKey, { alg: 'ECDH-ES', kid }));
    if (!one || !two) throw new Error('no keys');
    const verifier = verifierWith({ decrypt: decryptWith(new DecryptionKeys([one, two])) });
    expect(verifier.verifySync(nestJwt(GOOD, two.publicKey())).claims).toEqual(CLAIMS);
    expectCode(() => verifier.verifySync(NESTED), 'ERR_JWKS_NO_MATCHING_KEY');
    expectCode(() => verifierWith().verifySync(nestJwt(GOOD, two.publicKey())), 'ERR_JOSE_ALG_NOT_ALLOWED');
    expectCode(() => verifierWith().verifySync(NESTED.replace(/.{8}$/, 'AAAAAAAA')), 'ERR_JWE_DECRYPTION_FAILED');
  });

  test('finds its issuer, of several, by the claims inside', async () => {
    const issuers = [
      { issuer: A, audience: AUDIENCE, keys: setOf(a1) },
      { issuer: B, audience: AUDIENCE, keys: setOf(b1) },
    ];
    const verifier = createVerifier({ issuers, decrypt, clock: () => NOW });
    expect((await verifier.verify(NESTED)).claims.iss).toBe(A);
    expect((await verifier.verify(nested(tokenOf(b1, { iss: B })))).claims.iss).toBe(B);
    expectCode(() => verifier.verifySync(nested(tokenOf(b1))), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expectCode(() => verifier.verifySync(nested(tokenOf(a1, { iss: 'x' }))), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('under a key that the issuer replaced makes the verifier look again', async () => {
    const replaced = { ...a2, kid: 'k1', publicKey: importKey(a2.pair.publicKey, { alg: 'ES256', kid: 'k1' }) };
    const { issuer, verifier } = remoteWorld({ decrypt });
    expect((await verifier.verify(NESTED)).claims).toEqual(CLAIMS);
    issuer.now += 61;
    issuer.answer = answerOf(replaced);
    expect((await verifier.verify(nested(tokenOf(replaced)))).key.kid).toBe('k1');
    expect(issuer.requests).toHaveLength(2);
  });
});

describe('a token that is signed only', () => {
  test('is refused, unless encryption is not required', () => {
    expect(expectCode(() => verifierWith().verifySync(GOOD), 'ERR_JWE_INVALID').message).toContain('signed');
    expectCode(
      () => verifierWith({ decrypt: decryptWith(decrypting, { required: true }) }).verifySync(GOOD),
      'ERR_JWE_INVALID',
    );
    const lenient = verifierWith({ decrypt: decryptWith(decrypting, { required: false }) });
    expect([lenient.verifySync(GOOD).claims, lenient.verifySync(NESTED).claims]).toEqual([CLAIMS, CLAIMS]);
  });

  test('where encryption is not required, is refused as by any other verifier', async () => {
    const lenient = verifierWith({ decrypt: decryptWith(decrypting, { required: false }) });
    for (const token of [...Object.values(BAD), 1, undefined, `${GOOD}.a.b.${'c'.repeat(300_000)}`] as string[])
      expect(await outcomeOf(() => lenient.verify(token))).toEqual(
        await outcomeOf(() => verifierWith({ decrypt: undefined }).verify(token)),
      );
  });
});

test('a text over the limit is refused before its parts are counted', () => {
  const lenient = verifierWith({ decrypt: decryptWith(decrypting, { required: false }) });
  const long = `a.b.c.d.${'e'.repeat(256 * 1024)}`;
  const split = vi.spyOn(String.prototype, 'split');
  const code = codeOf(() => lenient.verifySync(long));
  const texts = split.mock.contexts.map(String);
  split.mockRestore();
  expect([code, texts.filter((text) => text === long)]).toEqual(['ERR_JOSE_LIMIT_EXCEEDED', []]);
});

test('a text of five parts up to the limit is taken for an encrypted one', () => {
  const lenient = verifierWith({ decrypt: decryptWith(decrypting, { required: false }) });
  const longest = `a.b.c.d.${'e'.repeat(256 * 1024 - 8)}`;
  expectCode(() => lenient.verifySync(longest), 'ERR_JWE_INVALID');
});

describe('with a cache', () => {
  test('a token that comes again costs no decryption and no signature', async () => {
    const { verifier } = localWorld({ decrypt });
    const first = verifier.verifySync(NESTED);
    expect(cryptoCallsDuring(() => expect(verifier.verifySync(NESTED)).toBe(first))).toBe(0);
    expect(await verifier.verify(NESTED)).toBe(first);
    expect(Object.isFrozen(first.claims)).toBe(true);
  });

  test('it is known by the outer text: neither another encryption of it nor the token inside is a hit', () => {
    const { verifier } = localWorld({ decrypt });
    verifier.verifySync(NESTED);
    expect(cryptoCallsDuring(() => verifier.verifySync(nested(GOOD)))).toBeGreaterThan(0);
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWE_INVALID');
    const [header, , ...others] = NESTED.split('.');
    expectCode(() => verifier.verifySync([header, 'AAAA', ...others].join('.')), 'ERR_JWE_DECRYPTION_FAILED');
  });

  test('the clock and the keys are asked again', async () => {
    const { time, verifier } = localWorld({ decrypt });
    verifier.verifySync(NESTED);
    time.now = Number(CLAIMS.exp);
    expectCode(() => verifier.verifySync(NESTED), 'ERR_JWT_EXPIRED');
    const world = remoteWorld({ decrypt, cache: { max: 3 } });
    await world.verifier.verify(NESTED);
    world.issuer.answer = answerOf(a2);
    world.issuer.now += 100;
    await world.keys.refresh();
    expect(await outcomeOf(() => world.verifier.verify(NESTED))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });
});

test('its steps, for whoever explains a token, are those of its reader', () => {
  const stepsOf = (enc: 'A128CBC-HS256' | 'A256GCM') => {
    const reader = TOKEN_READERS.get(decryptWith(decrypting, { enc: [enc] }));
    return (reader && DECRYPTION_STEPS.get(reader)) ?? expect.fail('no steps');
  };
  const steps = stepsOf('A128CBC-HS256');
  const parts = steps.split(NESTED);
  const header = steps.readHeader(parts);
  const enc = steps.accept(header);
  const key = steps.select(header, enc, steps.keys);
  expect([enc.name, key]).toEqual(['A128CBC-HS256', decrypting]);
  expect(Buffer.from(steps.open(parts, header, { enc, key })).toString()).toBe(GOOD);
  expectCode(() => stepsOf('A256GCM').accept(header), 'ERR_JOSE_ALG_NOT_ALLOWED');
  expectCode(() => steps.split('a'.repeat(256 * 1024 + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
});

describe('at the door', () => {
  const ask = (token: string, verifier = verifierWith()) => authenticate(verifier, `Bearer ${token}`);

  test('200 with the proof, or 401 invalid_token, whatever was wrong with the encryption', async () => {
    expect(await ask(NESTED)).toMatchObject({ ok: true, status: 200, jwt: { claims: CLAIMS } });
    const refused = [
      GOOD,
      NESTED.replace(/.{8}$/, 'AAAAAAAA'),
      `${NESTED}.`,
      encryptJwt(CLAIMS, encrypting, { expiresIn: null }),
      nested(tokenOf(b1)),
    ];
    const answers = await Promise.all(refused.map((token) => ask(token)));
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: false, status: 401 });
      expect(answer.headers['WWW-Authenticate']).toBe('Bearer realm="api", error="invalid_token"');
    }
  });

  test('503 where the keys of the issuer cannot be had', async () => {
    const { issuer, verifier } = remoteWorld({ decrypt });
    issuer.answer = broken;
    expect(await ask(NESTED, verifier)).toMatchObject({ ok: false, status: 503 });
    expect(await ask(GOOD, verifier)).toMatchObject({ ok: false, status: 401 });
  });

  test('bearerFetch hands on the claims', async () => {
    const guarded = bearerFetch(verifierWith(), (_, jwt) => Response.json(jwt.claims));
    const request = new Request('https://api.example', { headers: { authorization: `Bearer ${NESTED}` } });
    expect(await (await guarded(request)).json()).toEqual(CLAIMS);
  });
});

describe('the arguments', () => {
  test('of decryptWith', () => {
    expectTypeError(() => decryptWith(encrypting), 'keys is public');
    expectTypeError(() => decryptWith('x' as never), 'keys must be a Key or DecryptionKeys');
    expectTypeError(() => decryptWith(decrypting, { required: 1 as never }), 'options.required must be true or false');
    expectTypeError(() => decryptWith(decrypting, { requird: false } as never), 'required is');
    expectTypeError(() => (decryptWith as (...args: unknown[]) => unknown)(1, 2, 3), 'takes 2 arguments');
  });

  test('enc and zip narrow and widen, and a list is copied', () => {
    const enc: 'A256GCM'[] = ['A256GCM'];
    const verifier = verifierWith({ decrypt: decryptWith(decrypting, { enc }) });
    enc.push('A128CBC-HS256' as 'A256GCM');
    expectCode(() => verifier.verifySync(NESTED), 'ERR_JOSE_ALG_NOT_ALLOWED');
    const accepting = verifierWith({ decrypt: decryptWith(decrypting, { enc: ['A128CBC-HS256'] }) });
    expect(accepting.verifySync(NESTED).claims).toEqual(CLAIMS);
    const compressed = nestJwt(GOOD, encrypting, { zip: true });
    expectCode(() => verifier.verifySync(compressed), 'ERR_JOSE_NOT_SUPPORTED');
    const inflating = verifierWith({ decrypt: decryptWith(decrypting, { zip: true }) });
    expect(inflating.verifySync(compressed).claims).toEqual(CLAIMS);
  });

  test('of a verifier: decrypt is what decryptWith returns, beside the issuers', () => {
    for (const wrong of [decrypting, new DecryptionKeys([decrypting]), {}, { ...decrypt }, () => 0, null, 'x'])
      expectTypeError(() => verifierWith({ decrypt: wrong as never }), 'options.decrypt must be made by decryptWith');
    const issuers = [{ issuer: A, audience: AUDIENCE, keys: setOf(a1), decrypt }];
    expectTypeError(
      () => createVerifier({ issuers } as never),
      'issuers[0].decrypt belongs in options, beside issuers',
    );
  });

  test('what decryptWith returns shows no key, and nothing else makes one', () => {
    expect([TokenDecrypter.isTokenDecrypter(decrypt), TokenDecrypter.isTokenDecrypter({})]).toEqual([true, false]);
    for (const other of [null, 'x']) expect(TokenDecrypter.isTokenDecrypter(other)).toBe(false);
    expectSilent(decrypt, String(nodePair('ES256').privateKey.export({ format: 'jwk' }).d));
    expectTypeError(() => new TokenDecrypter(Symbol('x') as never, { keys: decrypting }), 'made by decryptWith');
  });
});
