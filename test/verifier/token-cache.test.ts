// A verifier with a cache: what is remembered spares the signature, and nothing else. Every hit is judged by the clock and by
// the keys that are served now, and what one caller gets no other can change.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  checkClaims,
  createVerifier,
  type Duration,
  type Expected,
  importKey,
  type KeySet,
  type StandardSchemaV1,
  type VerifierOptions,
} from '../../src/index.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { expectCode } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { hanging, jwksResponse } from '../support/issuer.ts';
import { secretKey } from '../support/keys.ts';
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
  CACHED,
  CLAIMS,
  GOOD,
  localWorld,
  NOW,
  outcomeOf,
  remoteWorld,
  setOf,
  settled,
  signer,
  tokenOf,
} from './world.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

/** How many signatures are checked while this runs. */
const signatures = (run: () => unknown) => cryptoCallsDuring(run);

describe('a hit', () => {
  test('costs no signature, and gives what the first verification gave', async () => {
    const { verifier } = localWorld();
    const first = verifier.verifySync(GOOD);
    expect(signatures(() => expect(verifier.verifySync(GOOD)).toBe(first))).toBe(0);
    expect(await verifier.verify(GOOD)).toBe(first);
    expect(first.claims).toEqual(CLAIMS);
  });

  test('is none without a cache', () => {
    const { verifier } = localWorld({ cache: undefined });
    const first = verifier.verifySync(GOOD);
    expect(signatures(() => expect(verifier.verifySync(GOOD)).not.toBe(first))).toBe(1);
  });

  test('is of the same text, however that was put together', () => {
    const { verifier } = localWorld();
    const first = verifier.verifySync(Buffer.from(`Bearer ${GOOD}`, 'utf16le').toString('utf16le').slice(7));
    const again = GOOD.split('')
      .map((char) => char)
      .join('');
    expect(signatures(() => expect(verifier.verifySync(again)).toBe(first))).toBe(0);
  });

  test('is not to be had by another verifier', () => {
    const options = { ...CACHED, clock: () => NOW };
    const [one, other, strict] = [
      createVerifier(options),
      createVerifier(options),
      createVerifier({ ...options, audience: 'other' }),
    ];
    one.verifySync(GOOD);
    expect(signatures(() => other.verifySync(GOOD))).toBe(1);
    expectCode(() => strict.verifySync(GOOD), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('a token over 8 KiB is verified each time, and is neither remembered nor refused', () => {
    const { verifier } = localWorld();
    const long = tokenOf(a1, { scope: 'x'.repeat(7_000) });
    expect(long.length).toBeGreaterThan(8 * 1024);
    for (let round = 0; round < 2; round++) expect(signatures(() => verifier.verifySync(long))).toBe(1);
  });

  test('the one used longest ago makes room', () => {
    const { verifier } = localWorld({ cache: { max: 2 } });
    const [one, two, three] = ['1', '2', '3'].map((jti) => tokenOf(a1, { jti }));
    const costs = (token = '') => signatures(() => verifier.verifySync(token));
    expect([one, two, one, three, one, three, two].map(costs)).toEqual([1, 1, 0, 1, 0, 0, 1]);
  });
});

describe('time claims are judged at every hit', () => {
  test('a token expires while it is remembered, at the same instant as any other', () => {
    const { time, verifier } = localWorld();
    verifier.verifySync(GOOD);
    time.now = NOW + 299.999;
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
    time.now = NOW + 300;
    const error = expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_EXPIRED', GOOD);
    expect(error.failures).toEqual([{ claim: 'exp', reason: 'expired' }]);
  });

  test('and what has expired is forgotten', () => {
    const { time, verifier } = localWorld({ cache: { max: 1 } });
    verifier.verifySync(GOOD);
    time.now = NOW + 300;
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_EXPIRED');
    time.now = NOW;
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(1);
  });

  test('a clock that is set back makes a token too early again', () => {
    const { time, verifier } = localWorld({ clockSkew: 5 });
    const token = tokenOf(a1, { nbf: NOW });
    verifier.verifySync(token);
    time.now = NOW - 5;
    expect(signatures(() => verifier.verifySync(token))).toBe(0);
    time.now = NOW - 5.001;
    expect(expectCode(() => verifier.verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'nbf', reason: 'too-early' },
    ]);
  });

  test('maxAge runs out, and iat ahead is too early', () => {
    const { time, verifier } = localWorld({ maxAge: '1m' });
    verifier.verifySync(GOOD);
    time.now = NOW + 60;
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
    time.now = NOW + 60.001;
    expect(expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'iat', reason: 'too-old' },
    ]);
    time.now = NOW;
    verifier.verifySync(GOOD);
    time.now = NOW - 0.001;
    expect(expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'iat', reason: 'too-early' },
    ]);
  });

  test('a schema that takes them away takes none of their meaning', () => {
    const schema = z.object({ sub: z.string() });
    const { time, verifier } = localWorld({ schema });
    expect(verifier.verifySync(GOOD).claims).toEqual({ sub: 'user-1' });
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
    time.now = NOW + 300;
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_EXPIRED');
  });

  test('for any claims, policy and instants, hits are given exactly where checkClaims finds nothing', () => {
    const MOST = 1e11 - 1; // that a clock may return
    const time = fc.oneof(
      fc.integer({ min: -20, max: 20 }).map((offset) => NOW + offset),
      fc.double({ min: NOW - 20, max: NOW + 20, noNaN: true }),
      fc.constantFrom(0, -MOST, MOST, NOW + 0.1, NOW + 0.2),
    );
    const claim = fc.option(fc.oneof({ weight: 4, arbitrary: time }, fc.constantFrom(-1e300, 1e300)), {
      nil: undefined,
    });
    const length = fc.option(fc.constantFrom<Duration>(0, 0.1, 1, 5, '7s', 20), { nil: undefined });
    const secret = secretKey('HS256');
    fc.assert(
      fc.property(
        fc.record({ exp: claim, nbf: claim, iat: claim }),
        fc.record({
          maxAge: length,
          maxLifetime: length,
          clockSkew: length,
          expiry: fc.constantFrom('required', 'optional', undefined),
        }),
        fc.array(time, { minLength: 1, maxLength: 8 }),
        (claims, policy, instants) => {
          let now = 0;
          const expected: Expected = { issuer: null, audience: null, ...policy };
          const verifier = createVerifier({ ...expected, keys: secret, clock: () => now, cache: { max: 1 } });
          const sent = JSON.parse(JSON.stringify(claims));
          const token = forge('HS256', { alg: 'HS256' }, sent);
          const edges = [sent.exp, sent.nbf, sent.iat].filter((at) => Math.abs(at) <= MOST);
          for (const instant of [...instants, ...edges, ...instants]) {
            now = instant;
            const failures = checkClaims(sent, expected, now);
            if (failures.length === 0) expect(verifier.verifySync(token).claims).toEqual(sent);
            else expect(() => verifier.verifySync(token)).toThrow(expect.objectContaining({ failures }));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a hit is given for as long as the token is valid', () => {
  test.each<[string, Partial<VerifierOptions>, object, readonly number[]]>([
    ['within exp and clockSkew', { clockSkew: 5 }, {}, [0, 299, 304.9]],
    ['from nbf less clockSkew', { clockSkew: 5 }, { nbf: NOW }, [-5, 0, 5]],
    ['issued later, where its age does not matter', {}, { iat: NOW + 100 }, [-50, 0]],
    ['from iat less clockSkew, up to maxAge', { clockSkew: 5, maxAge: 60 }, {}, [-5, 0, 60, 65]],
    ['of the longest lifetime', { maxLifetime: 300 }, { iat: undefined }, [0, 1]],
    ['up to maxLifetime and clockSkew before exp', { clockSkew: 5, maxLifetime: 300 }, { iat: undefined }, [-5, 0]],
  ])('%s', (_, options, claims, instants) => {
    const { time, verifier } = localWorld(options);
    const token = tokenOf(a1, claims);
    verifier.verifySync(token);
    for (const seconds of instants) {
      time.now = NOW + seconds;
      expect([seconds, signatures(() => verifier.verifySync(token))]).toEqual([seconds, 0]);
    }
  });
});

describe('a hit is of the keys that are served now', () => {
  const cached = (options: Partial<VerifierOptions> = {}, remote = {}) =>
    remoteWorld({ cache: { max: 10 }, ...options }, remote);

  test('a refresh that changes nothing leaves what is remembered', async () => {
    const { issuer, keys, verifier } = cached();
    const first = await verifier.verify(GOOD);
    await keys.refresh();
    expect(issuer.requests.length).toBe(2);
    expect(signatures(() => expect(verifier.verifySync(GOOD)).toBe(first))).toBe(0);
  });

  test('another set is another proof, even if it has the same key', async () => {
    const { issuer, keys, verifier } = cached();
    const first = await verifier.verify(GOOD);
    issuer.answer = answerOf(a1, a2);
    await keys.refresh();
    expect(signatures(() => expect(verifier.verifySync(GOOD)).not.toBe(first))).toBe(1);
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
  });

  test('a token whose key is gone is refused', async () => {
    const { issuer, keys, verifier } = cached();
    await verifier.verify(GOOD);
    issuer.answer = answerOf(a2);
    await keys.refresh();
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test('a token whose kid now names another key is refused', async () => {
    const { issuer, keys, verifier } = cached();
    await verifier.verify(GOOD);
    issuer.answer = answerOf(b1);
    await keys.refresh();
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('the key that comes back is good again', async () => {
    const { issuer, keys, verifier } = cached();
    await verifier.verify(GOOD);
    issuer.answer = answerOf(a2);
    await keys.refresh();
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    issuer.answer = answerOf(a1);
    await keys.refresh();
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(1);
  });

  test('none is given once the keys may not be used any more', async () => {
    const { issuer, verifier } = cached({ clockSkew: 600 });
    const token = tokenOf(a1, { exp: NOW + 100_000 });
    await verifier.verify(token);
    issuer.answer = broken;
    issuer.now += 600 + 3_599;
    expect(signatures(() => verifier.verifySync(token))).toBe(0);
    issuer.now += 1;
    expectCode(() => verifier.verifySync(token), 'ERR_JWKS_UNAVAILABLE');
    expect(await outcomeOf(() => verifier.verify(token))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('hits keep the keys fresh: one request ahead of time, and none waits for it', async () => {
    const { issuer, verifier } = cached();
    const token = tokenOf(a1, { exp: NOW + 100_000 });
    await verifier.verify(token);
    issuer.now += 481;
    const { response, release } = hanging();
    issuer.answer = () => response;
    expect(signatures(() => verifier.verifySync(token))).toBe(0);
    expect((await verifier.verify(token)).claims.sub).toBe('user-1');
    expect(issuer.requests.length).toBe(2);
    issuer.answer = answerOf(a2);
    release(jwksResponse([a2.publicKey]));
    await settled();
    expect(await outcomeOf(() => verifier.verify(token))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('keys that come while a hit waits are those it is judged by', async () => {
    const { issuer, verifier } = cached();
    const token = tokenOf(a1, { exp: NOW + 100_000 });
    await verifier.verify(token);
    issuer.now += 600;
    const { response, release } = hanging();
    issuer.answer = () => response;
    const verdict = outcomeOf(() => verifier.verify(token));
    issuer.answer = answerOf(a2);
    release(jwksResponse([a2.publicKey]));
    expect(await verdict).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('a remembered token whose key is gone asks for it no more often than any other', async () => {
    const [cachedWorld, plainWorld] = [cached(), remoteWorld()];
    for (const { issuer, keys, verifier } of [cachedWorld, plainWorld]) {
      await verifier.verify(GOOD);
      issuer.answer = answerOf(a2);
      await keys.refresh();
      await outcomeOf(() => verifier.verify(GOOD));
    }
    const told = ({ issuer }: typeof plainWorld) => issuer.events.map(({ type }) => type);
    expect(told(cachedWorld)).toEqual(told(plainWorld));
    expect(cachedWorld.issuer.requests.length).toBe(plainWorld.issuer.requests.length);
  });
});

describe('refusals are not remembered', () => {
  test.each(Object.entries(BAD))('a token %s is judged anew', (_, token) => {
    const { verifier } = localWorld();
    const costs = [0, 1].map(() => signatures(() => expect(() => verifier.verifySync(token)).toThrow()));
    expect(costs[1]).toBe(costs[0]);
  });

  test('a token that was too early is good later', () => {
    const { time, verifier } = localWorld();
    const token = tokenOf(a1, { nbf: NOW + 60 });
    expectCode(() => verifier.verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    time.now += 60;
    expect(verifier.verifySync(token).claims.sub).toBe('user-1');
  });

  test('a token is good once its key, or the issuer, is there', async () => {
    const { issuer, verifier } = remoteWorld({ cache: { max: 10 } });
    issuer.answer = broken;
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    issuer.now += 60;
    issuer.answer = answerOf(a1);
    expect(await outcomeOf(() => verifier.verify(GOOD))).toEqual({ claims: CLAIMS });
  });

  test('a schema that refuses once may accept later', () => {
    let accepts = false;
    const schema = z.object({ sub: z.string().refine(() => accepts) });
    const { verifier } = localWorld({ schema });
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    accepts = true;
    expect(verifier.verifySync(GOOD).claims.sub).toBe('user-1');
  });
});

describe('claims that are remembered', () => {
  const nested = tokenOf(a1, { roles: ['reader'], org: { units: [{ id: 1 }] }, __proto__: { x: 1 } });

  test('are frozen through and through, from the first caller on', async () => {
    const { verifier } = localWorld();
    for (const { claims } of [
      verifier.verifySync(nested),
      verifier.verifySync(nested),
      await verifier.verify(nested),
    ]) {
      const { roles, org } = claims as { roles?: string[]; org?: { units: { id: number }[] } };
      expect(() => Object.assign(claims, { sub: 'admin' })).toThrow(TypeError);
      expect(() => roles?.push('admin')).toThrow(TypeError);
      expect(() => org?.units.push({ id: 2 })).toThrow(TypeError);
      expect(() => Object.assign(org?.units[0] ?? {}, { id: 2 })).toThrow(TypeError);
      expect(Reflect.deleteProperty(claims, 'aud')).toBe(false);
      expect(Reflect.setPrototypeOf(claims, { admin: true })).toBe(false);
      expect(claims).toEqual({ ...CLAIMS, roles: ['reader'], org: { units: [{ id: 1 }] } });
    }
  });

  test('without a cache they are the caller’s own', () => {
    const { verifier } = localWorld({ cache: undefined });
    const { claims } = verifier.verifySync(nested);
    Object.assign(claims, { sub: 'admin' });
    expect(verifier.verifySync(nested).claims.sub).toBe('user-1');
  });

  test('a claim called __proto__ is one like any other', () => {
    const { verifier } = localWorld();
    const text = JSON.stringify(CLAIMS).replace('{', '{"__proto__":{"admin":true},');
    const token = forge('HS256', { alg: 'HS256' }, text);
    const keys = secretKey('HS256');
    const cached = createVerifier({ ...CACHED, keys, clock: () => NOW });
    for (let round = 0; round < 2; round++) {
      const { claims } = cached.verifySync(token);
      expect([claims.admin, Object.hasOwn(claims, '__proto__')]).toEqual([undefined, true]);
      expect(JSON.stringify(claims)).toBe(text);
    }
    expect(verifier.verifySync(GOOD).claims.admin).toBeUndefined();
  });
});

/** A schema of the standard's form that answers what this makes of the claims. */
function standard<Output>(validate: (claims: unknown) => unknown): StandardSchemaV1<Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } } as StandardSchemaV1<Output>;
}

describe('what a schema makes of the claims', () => {
  test('is remembered when it is plain data, and the schema is asked once', () => {
    const validate = vi.fn(() => ({ value: { roles: ['a'], at: null } }));
    const { verifier } = localWorld({ schema: standard(validate) });
    const first = verifier.verifySync(GOOD);
    expect(signatures(() => expect(verifier.verifySync(GOOD)).toBe(first))).toBe(0);
    expect(validate).toHaveBeenCalledTimes(1);
    expect(Object.isFrozen(first.claims.roles)).toBe(true);
  });

  test('is a copy: what belongs to the application stays as it was', () => {
    const defaults = { roles: ['guest'], nested: { a: 1 } };
    const { verifier } = localWorld({ schema: standard(() => ({ value: defaults })) });
    expect(verifier.verifySync(GOOD).claims).toEqual(defaults);
    defaults.roles.push('changed later');
    defaults.nested.a = 2;
    expect(verifier.verifySync(GOOD).claims).toEqual({ roles: ['guest'], nested: { a: 1 } });
  });

  test('is not remembered when it is anything else, and comes out as the schema made it', () => {
    const made: readonly unknown[] = [
      { at: new Date(0) },
      new Map(),
      new (class Claims {})(),
      { roles: new Set(['a']) },
      Object.freeze({ at: new Date(0) }),
      ['a'],
      'text',
      7,
      null,
      undefined,
      () => 'a',
    ];
    for (const value of made) {
      const { verifier } = localWorld({ schema: standard(() => ({ value })) });
      for (let round = 0; round < 2; round++)
        expect(signatures(() => expect(verifier.verifySync(GOOD).claims).toEqual(value))).toBe(1);
    }
    const date = new Date(0);
    const { verifier } = localWorld({ schema: standard(() => ({ value: { date } })) });
    expect(verifier.verifySync(GOOD).claims.date).toBe(date);
  });

  test('its refusals are the same with a cache and without', async () => {
    const issues = [{ path: ['a', 0, { key: 'b' }] }, { path: [] }, {}, { path: [Symbol('s')] }];
    const answers: readonly unknown[] = [
      { issues },
      { issues: [] },
      { issues: 'no', value: 1 },
      Object.create({ issues, value: 1 }),
    ];
    for (const answer of answers) {
      const options = { schema: standard<never>(() => answer) };
      const [cached, plain] = [localWorld(options), localWorld({ ...options, cache: undefined })];
      const refusal = await outcomeOf(() => plain.verifier.verifySync(GOOD));
      expect(refusal).toHaveProperty('failures');
      expect(await outcomeOf(() => cached.verifier.verifySync(GOOD))).toEqual(refusal);
    }
  });

  test.each([
    ['a promise', () => Promise.resolve({ value: {} }), /schema/],
    ['nothing', () => undefined, /schema/],
    [
      'an exception',
      () => {
        throw new RangeError('of its own');
      },
      /of its own/,
    ],
  ])('%s is the caller’s mistake, with a cache, too', async (_, validate, message) => {
    const { verifier } = localWorld({ schema: standard(validate) });
    for (let round = 0; round < 2; round++) expect(() => verifier.verifySync(GOOD)).toThrow(message);
    await expect(verifier.verify(GOOD)).rejects.toThrow(message);
  });
});

describe('several issuers with one cache', () => {
  test('other keys of one drop what is remembered of it, and nothing of another', () => {
    const [first, second] = [setOf(a1), setOf(a1, a2)];
    const source = { current: first, keys: () => source.current };
    const audience = AUDIENCE;
    const verifier = createVerifier({
      issuers: [
        { issuer: A, audience, keys: source },
        { issuer: B, audience, keys: setOf(b1) },
      ],
      clock: () => NOW,
      cache: { max: 10 },
    });
    const [ofB, other] = [tokenOf(b1, { iss: B }), tokenOf(a1, { jti: '2' })];
    const costs = (token: string) => signatures(() => verifier.verifySync(token));
    expect([GOOD, ofB, other, GOOD, ofB, other].map(costs)).toEqual([1, 1, 1, 0, 0, 0]);
    source.current = second;
    expect([other, ofB].map(costs)).toEqual([1, 0]);
    // The first set again: what was verified by it was dropped when another token was verified by the second.
    source.current = first;
    expect([GOOD, ofB].map(costs)).toEqual([1, 0]);
  });

  test('a hit is of the issuer whose token it is, and of its keys', async () => {
    const world = remoteWorld();
    const audience = AUDIENCE;
    const keys: KeySet = setOf(signer('k1', b1.pair));
    const verifier = createVerifier({
      issuers: [
        { issuer: A, audience, keys: world.keys },
        { issuer: B, audience, keys, maxAge: 10 },
      ],
      clock: () => world.issuer.now,
      cache: { max: 10 },
    });
    const ofB = tokenOf(b1, { iss: B });
    await verifier.warm();
    const first = [verifier.verifySync(GOOD), verifier.verifySync(ofB)];
    expect(signatures(() => expect([verifier.verifySync(GOOD), verifier.verifySync(ofB)]).toEqual(first))).toBe(0);
    world.issuer.now += 11;
    expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
    expectCode(() => verifier.verifySync(ofB), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    world.issuer.answer = answerOf(b1);
    await world.keys.refresh();
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });
});

test('a single Key is remembered by, too', () => {
  const keys = importKey(a1.pair.publicKey, { alg: 'ES256' });
  const { verifier } = localWorld({ keys });
  verifier.verifySync(GOOD);
  expect(signatures(() => verifier.verifySync(GOOD))).toBe(0);
});
