// The configured verifier: the verdicts of verifyJwt, by keys that it sees to itself, for one issuer.

import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { explainToken } from '../../src/explain/verifier.ts';
import {
  createVerifier,
  type Expected,
  importSecret,
  isVerifiedJwt,
  type JoseHeader,
  type KeySet,
  type KeySource,
  remoteJwks,
  Verifier,
  type VerifierOptions,
  verifyJwt,
} from '../../src/index.ts';
import { another, headerOf, NAME, SYNC_LAG, type World, world } from '../issuer/issuing.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { fakeIssuer, hanging, jwksResponse } from '../support/issuer.ts';
import { secretBytes } from '../support/keys.ts';
import {
  A,
  AUDIENCE,
  a1,
  a2,
  answerOf,
  B,
  BAD,
  broken,
  CLAIMS,
  GOOD,
  NOW,
  outcomeOf,
  remoteWorld,
  setOf,
  settled,
  tokenOf,
  URL_A,
} from './world.ts';

const OPTIONS: VerifierOptions = { issuer: A, audience: AUDIENCE, keys: setOf(a1), clock: () => NOW };
const EXPECTED: Expected = { issuer: A, audience: AUDIENCE, now: NOW };

afterEach(() => vi.useRealTimers());

describe('the verdict is that of verifyJwt', () => {
  const NAMES = ['with a KeySet', 'with a Key', 'with a cache'] as const;
  let verifiers: Record<(typeof NAMES)[number], Verifier>;
  beforeEach(() => {
    verifiers = {
      'with a KeySet': createVerifier(OPTIONS),
      'with a Key': createVerifier({ ...OPTIONS, keys: a1.publicKey }),
      'with a cache': createVerifier({ ...OPTIONS, cache: { max: 10 } }),
    };
  });
  const keysOf = { 'with a KeySet': setOf(a1), 'with a Key': a1.publicKey, 'with a cache': setOf(a1) };

  test.each(NAMES)('a good token, %s', async (name) => {
    for (let round = 0; round < 2; round++) {
      const verified = verifiers[name].verifySync(GOOD);
      expect(isVerifiedJwt(verified)).toBe(true);
      expect(verified.claims).toEqual(CLAIMS);
      expect(verified.header).toEqual({ alg: 'ES256', kid: 'k1', typ: 'JWT' });
      expect(verified.key.kid).toBe('k1');
      expect((await verifiers[name].verify(GOOD)).claims).toEqual(CLAIMS);
    }
  });

  test.each(Object.entries(BAD))('a token %s', async (_, token) => {
    for (const name of NAMES) {
      const refusal = await outcomeOf(() => verifyJwt(token, keysOf[name], EXPECTED));
      if (token !== BAD['with an unknown kid'] || name !== 'with a Key') expect(refusal).toHaveProperty('code');
      for (let round = 0; round < 2; round++) {
        expect(await outcomeOf(() => verifiers[name].verifySync(token))).toEqual(refusal);
        expect(await outcomeOf(() => verifiers[name].verify(token))).toEqual(refusal);
      }
    }
  });

  test.each([undefined, null, 1, {}, [GOOD], new String(GOOD)])('%o, which is no token', async (token) => {
    for (const verifier of Object.values(verifiers)) {
      expectCode(() => verifier.verifySync(token as never), 'ERR_JWS_INVALID');
      await expect(verifier.verify(token as never)).rejects.toMatchObject({ code: 'ERR_JWS_INVALID' });
    }
  });

  test('verify rejects and never throws', () => {
    for (const token of [...Object.values(BAD), null, {}]) {
      const promise = verifiers['with a KeySet'].verify(token as never);
      expect(promise).toBeInstanceOf(Promise);
      promise.catch(() => undefined);
    }
  });

  test('an error tells nothing of the token', () => {
    expectCode(
      () => verifiers['with a KeySet'].verifySync(tokenOf(a1, { iss: B })),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      GOOD,
    );
  });

  test('every expectation counts', () => {
    const verdicts = (options: Partial<VerifierOptions>, claims = {}, header = {}) =>
      outcomeOf(() => createVerifier({ ...OPTIONS, ...options }).verifySync(tokenOf(a1, claims, header)));
    const refused = { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' };
    return Promise.all([
      expect(verdicts({ issuer: [B, A] })).resolves.toHaveProperty('claims'),
      expect(verdicts({ issuer: null }, { iss: 'anyone' })).resolves.toHaveProperty('claims'),
      expect(verdicts({ audience: null }, { aud: 'anyone' })).resolves.toHaveProperty('claims'),
      expect(verdicts({ audience: ['other'] })).resolves.toMatchObject(refused),
      expect(verdicts({ algorithms: ['RS256'] })).resolves.toMatchObject({ code: 'ERR_JOSE_ALG_NOT_ALLOWED' }),
      expect(verdicts({ typ: 'at+jwt' })).resolves.toMatchObject(refused),
      expect(verdicts({ typ: 'at+jwt' }, {}, { typ: 'AT+JWT' })).resolves.toHaveProperty('claims'),
      expect(verdicts({ subject: 'user-2' })).resolves.toMatchObject(refused),
      expect(verdicts({ requiredClaims: ['scope'] })).resolves.toMatchObject(refused),
      expect(verdicts({ expiry: 'optional' }, { exp: undefined })).resolves.toHaveProperty('claims'),
      expect(verdicts({ maxAge: '1m' }, { iat: NOW - 61 })).resolves.toMatchObject(refused),
      expect(verdicts({ clockSkew: '1m' }, { exp: NOW - 59 })).resolves.toHaveProperty('claims'),
      expect(verdicts({ crit: ['x'] }, {}, { crit: ['x'], x: 1 })).resolves.toHaveProperty('claims'),
    ]);
  });

  test('a schema judges and types the claims', () => {
    const schema = z.object({ sub: z.string(), level: z.number().optional() });
    const verifier = createVerifier({ ...OPTIONS, schema });
    const { claims } = verifier.verifySync(GOOD);
    const sub: string = claims.sub;
    expect({ ...claims, sub }).toEqual({ sub: 'user-1' });
    const error = expectCode(() => verifier.verifySync(tokenOf(a1, { level: 'x' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(error.failures).toEqual([{ claim: 'level', reason: 'mismatch' }]);
  });

  test('of several issuers, that of the one that the token names, also for another audience', () => {
    const issuers = [
      { issuer: A, audience: AUDIENCE, keys: setOf(a1) },
      { issuer: B, audience: AUDIENCE, keys: setOf(a2) },
    ];
    const token = tokenOf(a1, { aud: 'x', nbf: NOW + 1 });
    const verify = () => createVerifier({ issuers, clock: () => NOW }).verifySync(token);
    expect(expectCode(verify, 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'aud', reason: 'mismatch' },
      { claim: 'nbf', reason: 'too-early' },
    ]);
  });

  test('secrets verify, too', () => {
    const keys = importSecret(secretBytes('HS256'), { alg: 'HS256' });
    expect(createVerifier({ ...OPTIONS, keys }).verifySync(forge('HS256', { alg: 'HS256' }, CLAIMS)).claims).toEqual(
      CLAIMS,
    );
  });
});

describe('time', () => {
  test('is the clock’s, asked anew for every token', () => {
    let now = NOW;
    const verifier = createVerifier({ ...OPTIONS, clock: () => now });
    expect(verifier.verifySync(GOOD).claims.exp).toBe(NOW + 300);
    now = NOW + 300;
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_EXPIRED');
  });

  test('is the system’s without one', () => {
    const { clock: _, ...options } = OPTIONS;
    vi.useFakeTimers({ now: NOW * 1000 });
    const verifier = createVerifier(options);
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    vi.setSystemTime((NOW + 300) * 1000);
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWT_EXPIRED');
  });

  test('is looked at once the keys are there', async () => {
    const { issuer, verifier } = remoteWorld();
    const { response, release } = hanging();
    issuer.answer = () => response;
    const verdict = outcomeOf(() => verifier.verify(GOOD));
    issuer.now = NOW + 300;
    release(answerOf(a1)());
    expect(await verdict).toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', null, undefined, new Date(0), 1n])(
    'a clock that says %o is the caller’s mistake, also for a token that is remembered',
    async (instant) => {
      let said: unknown = NOW;
      const clock = () => said as number;
      const token = tokenOf(a1, { exp: undefined });
      const verifier = createVerifier({ ...OPTIONS, clock, expiry: 'optional', cache: { max: 1 } });
      expect(verifier.verifySync(token).claims.sub).toBe('user-1');
      said = instant;
      expectTypeError(() => verifier.verifySync(token), /^options\.clock /);
      expectTypeError(() => explainToken(verifier, token), /^options\.clock /);
      await expect(verifier.verify(token)).rejects.toThrow(TypeError);
    },
  );
});

describe('keys by discovery', () => {
  function discovering(options: Partial<VerifierOptions> = {}) {
    const issuer = fakeIssuer(() => new Response('{}'));
    issuer.answer = () =>
      issuer.requests.at(-1)?.url.includes('/.well-known/')
        ? Response.json({ issuer: A, jwks_uri: URL_A })
        : jwksResponse([a1.publicKey]);
    const { clock, ...remote } = issuer.options;
    return { issuer, verifier: createVerifier({ issuer: A, audience: AUDIENCE, clock, remote, ...options }) };
  }

  test('issuer and audience are enough', async () => {
    const { issuer, verifier } = discovering();
    expect(issuer.requests).toEqual([]);
    expect((await verifier.verify(GOOD)).claims).toEqual(CLAIMS);
    expect(issuer.requests.map(({ url }) => url)).toEqual([`${A}/.well-known/openid-configuration`, URL_A]);
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    expect(issuer.requests.length).toBe(2);
  });

  test('the set lives by the verifier’s clock, or by its own', async () => {
    const { issuer, verifier } = discovering();
    await verifier.warm();
    expect(issuer.events.map(({ at }) => at)).toContain(NOW);
    const own = discovering({ remote: { ...issuer.options, clock: () => 5 } });
    await own.verifier.warm();
    expect(issuer.events.at(-1)?.at).toBe(5);
    const unset = discovering({ remote: { ...issuer.options, clock: undefined } });
    await unset.verifier.warm();
    expect(issuer.events.at(-1)?.at).toBe(NOW);
  });

  test('of an issuer that says it is another, no key is used', async () => {
    const { issuer, verifier } = discovering();
    issuer.answer = () => Response.json({ issuer: B, jwks_uri: URL_A });
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });
});

describe('keys that are not there', () => {
  test('verify waits for them, any number of times with one request', async () => {
    const { issuer, verifier } = remoteWorld();
    const verified = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(GOOD)));
    expect(verified.every(({ claims }) => claims.sub === 'user-1')).toBe(true);
    expect(issuer.requests.length).toBe(1);
  });

  test('verifySync does not, but the request begins', async () => {
    const { issuer, verifier } = remoteWorld();
    const error = expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_UNAVAILABLE', GOOD);
    expect(error.retryAfter).toBeGreaterThanOrEqual(1);
    expect(issuer.requests.length).toBe(1);
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_UNAVAILABLE');
    await settled();
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    expect(issuer.requests.length).toBe(1);
  });

  test('an issuer that fails is told from a bad token', async () => {
    const { issuer, verifier } = remoteWorld();
    issuer.answer = broken;
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: 1 });
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_UNAVAILABLE');
  });

  test('a new key is fetched when the first token asks for it', async () => {
    const { issuer, verifier } = remoteWorld();
    await verifier.verify(GOOD);
    issuer.answer = answerOf(a1, a2);
    expectCode(() => verifier.verifySync(tokenOf(a2)), 'ERR_JWKS_UNAVAILABLE');
    await settled();
    expect(verifier.verifySync(tokenOf(a2)).key.kid).toBe('k2');
    expect(issuer.requests.length).toBe(2);
  });

  test.each([
    ['alg', { algorithms: ['RS256'] }, tokenOf(a1), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['alg', {}, forge('HS256', { alg: 'HS256', kid: 'k9' }, CLAIMS), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['crit', {}, tokenOf(a1, {}, { kid: 'k9', crit: ['x'], x: 1 }), 'ERR_JOSE_NOT_SUPPORTED'],
    ['cty', {}, tokenOf(a1, {}, { cty: 'JWT' }), 'ERR_JOSE_NOT_SUPPORTED'],
    ['form', {}, `${GOOD}.`, 'ERR_JWS_INVALID'],
    ['length', {}, 'x'.repeat(300_000), 'ERR_JOSE_LIMIT_EXCEEDED'],
  ] as const)('a token that is refused for its %s costs no request', async (_, options, token, code) => {
    const { issuer, verifier } = remoteWorld(options);
    expectCode(() => verifier.verifySync(token), code);
    expect(await outcomeOf(() => verifier.verify(token))).toMatchObject({ code });
    expect(issuer.requests).toEqual([]);
  });
});

describe('by an issuer of this process', () => {
  const expectedOf = { issuer: NAME, audience: AUDIENCE } as const;
  const signed = (at: World) => at.issuer.sign({ sub: 'user-1' }, { audience: AUDIENCE, expiresIn: '1h' });

  test('what it signs verifies, at once and later, across a rotation', async () => {
    const at = await world();
    const verifier = createVerifier({ ...expectedOf, keys: at.issuer, clock: () => at.now });
    const old = await signed(at);
    expect(verifier.verifySync(old).claims.sub).toBe('user-1');
    at.now += 1_800;
    const [, waits] = (await at.issuer.status()).keys;
    await at.issuer.promote(String(waits?.kid), { force: true });
    const young = await signed(at);
    expect(verifier.verifySync(young).key.kid).toBe(waits?.kid);
    expect((await verifier.verify(old)).key.kid).not.toBe(waits?.kid);
  });

  test('a revoked key is out at once here, and where another process revoked it, when that is read', async () => {
    const at = await world();
    const other = await another(at);
    const token = await signed(at);
    const [here, there] = [at, other].map(({ issuer }) =>
      createVerifier({ ...expectedOf, keys: issuer, clock: () => at.now, cache: { max: 9 } }),
    );
    for (const verifier of [here, there]) expect(verifier?.verifySync(token).claims.sub).toBe('user-1');
    await at.issuer.revoke(headerOf(token).kid as string, 'x');
    expectCode(() => here?.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY', token);
    expect(there?.verifySync(token).claims.sub).toBe('user-1');
    at.now += 30;
    there?.verifySync(token);
    await settled();
    expectCode(() => there?.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY', token);
  });

  test('what was remembered is of use as long as the set stays the same, reading or not', async () => {
    const at = await world();
    const token = await signed(at);
    const verifier = createVerifier({ ...expectedOf, keys: at.issuer, clock: () => at.now, cache: { max: 9 } });
    const first = verifier.verifySync(token);
    at.now += 30;
    await at.issuer.refresh();
    expect(verifier.verifySync(token)).toBe(first);
    const [, waits] = (await at.issuer.status()).keys;
    await at.issuer.promote(String(waits?.kid), { force: true });
    expect(verifier.verifySync(token)).not.toBe(first);
    expect(verifier.verifySync(token).claims).toEqual(first.claims);
  });

  test('with its keys too old to go by, verify waits for them, and verifySync refuses until they are read', async () => {
    const at = await world();
    const token = await signed(at);
    const verifier = createVerifier({ ...expectedOf, keys: at.issuer, clock: () => at.now });
    at.now += SYNC_LAG / 2;
    const error = expectCode(() => verifier.verifySync(token), 'ERR_JWKS_UNAVAILABLE', token);
    expect(error.message).toBe('the keys are unavailable: they must be read first, by verifier.warm() or verify()');
    await settled();
    expect(verifier.verifySync(token).claims.sub).toBe('user-1');
    at.now += SYNC_LAG / 2;
    expect((await verifier.verify(token)).claims.sub).toBe('user-1');
  });

  test('tokens of others, whatever their kid, cost no reading', async () => {
    const at = await world();
    const verifier = createVerifier({ ...expectedOf, keys: at.issuer, clock: () => at.now });
    const { loads } = at.store;
    for (let i = 0; i < 20; i++) {
      const token = tokenOf(a1, { iss: NAME }, { kid: `x${i}` });
      expect(await outcomeOf(() => verifier.verify(token))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    }
    expect(at.store.loads).toBe(loads);
  });
});

describe('by keys of another source', () => {
  test('they are asked for at each token, the current ones first', async () => {
    const source = { current: undefined as KeySet | undefined, keys: vi.fn(() => setOf(a1)) };
    const verifier = createVerifier({ ...OPTIONS, keys: source });
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_UNAVAILABLE', GOOD);
    expect((await verifier.verify(GOOD)).claims).toEqual(CLAIMS);
    expect(source.keys).toHaveBeenCalledTimes(1);
    source.current = setOf(a2);
    expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_NO_MATCHING_KEY', GOOD);
    source.current = setOf(a1);
    expect((await verifier.verify(GOOD)).claims).toEqual(CLAIMS);
    expect(source.keys).toHaveBeenCalledTimes(1);
  });

  test('what is stale is not gone by where one can wait, and is where one cannot', async () => {
    const source = { current: setOf(a1), stale: true, keys: vi.fn(async () => setOf(a2)) };
    const verifier = createVerifier({ ...OPTIONS, keys: source });
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    source.stale = false;
    expect((await verifier.verify(GOOD)).claims).toEqual(CLAIMS);
    expect(source.keys).toHaveBeenCalledTimes(1);
  });

  describe('one by one, of a source that declares the parameter', () => {
    /** An endpoint for each kid, with what it was asked. */
    function endpoint() {
      const asked: (string | undefined)[] = [];
      const headers: unknown[] = [];
      const sets = new Map([a1, a2].map((key) => [key.kid, setOf(key)]));
      const ask = (header: JoseHeader | undefined) => {
        headers.push(header);
        asked.push(header?.kid);
        return sets.get(String(header?.kid)) ?? setOf();
      };
      return { asked, headers, ask };
    }

    test('it is told the header, frozen, or nothing by warm()', async () => {
      const { headers, ask } = endpoint();
      const verifier = createVerifier({
        ...OPTIONS,
        keys: { current: undefined, keys: async (header) => ask(header) },
      });
      const token = tokenOf(a2, {}, { 'x-region': { name: 'eu' } });
      expect((await verifier.verify(token)).key.kid).toBe('k2');
      await verifier.warm();
      expect(headers).toEqual([{ alg: 'ES256', kid: 'k2', typ: 'JWT', 'x-region': { name: 'eu' } }, undefined]);
      const [header] = headers as { 'x-region': object }[];
      expect([Object.isFrozen(header), Object.isFrozen(header?.['x-region'])]).toEqual([true, true]);
    });

    test('it is asked where the current keys lack the key, once for each token, and no longer when they have it', async () => {
      const { asked, ask } = endpoint();
      const source = { current: setOf(a1) as KeySet | undefined, keys: async (header?: JoseHeader) => ask(header) };
      const verifier = createVerifier({ ...OPTIONS, keys: source });
      expect((await verifier.verify(GOOD)).key.kid).toBe('k1');
      expect(asked).toEqual([]);
      expect((await verifier.verify(tokenOf(a2))).key.kid).toBe('k2');
      expect(await outcomeOf(() => verifier.verify(tokenOf(a1, {}, { kid: 'x' })))).toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
      expect(asked).toEqual(['k2', 'x']);
      source.current = setOf(a1, a2);
      expect((await verifier.verify(tokenOf(a2))).key.kid).toBe('k2');
      expect(asked).toHaveLength(2);
    });

    test('without waiting it is never asked, and the token is not told to be bad', async () => {
      const { asked, ask } = endpoint();
      const verifier = createVerifier({ ...OPTIONS, keys: { current: setOf(a1), keys: ask } });
      expect(verifier.verifySync(GOOD).key.kid).toBe('k1');
      expectCode(() => verifier.verifySync(tokenOf(a2)), 'ERR_JWKS_UNAVAILABLE');
      expect(asked).toEqual([]);
    });

    test('its failure is an outage', async () => {
      const keys = (_: JoseHeader | undefined) => Promise.reject(new RangeError('of its own'));
      const verifier = createVerifier({ ...OPTIONS, keys: { current: setOf(a1), keys } });
      expect((await verifier.verify(GOOD)).key.kid).toBe('k1');
      expect(await outcomeOf(() => verifier.verify(tokenOf(a2)))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    });

    test('a token that no key would make good is not asked for', async () => {
      const { asked, ask } = endpoint();
      const verifier = createVerifier({ ...OPTIONS, keys: { current: undefined, keys: ask }, algorithms: ['RS256'] });
      await outcomeOf(() => verifier.verify(GOOD));
      expect(asked).toEqual([]);
    });
  });

  test('one that declares no parameter is told nothing, and not asked for keys that its current ones lack', async () => {
    const calls: unknown[][] = [];
    const keys = (...given: unknown[]) => {
      calls.push(given);
      return setOf(a1);
    };
    const source = { current: undefined as KeySet | undefined, keys };
    const verifier = createVerifier({ ...OPTIONS, keys: source });
    await verifier.verify(GOOD);
    source.current = setOf(a1);
    for (let i = 0; i < 100; i++) await outcomeOf(() => verifier.verify(tokenOf(a1, {}, { kid: `invented ${i}` })));
    expect(calls).toEqual([[]]);
  });

  test('for a token that no key would make good they are not', async () => {
    const source = { current: undefined, keys: vi.fn(() => setOf(a1)) };
    const verifier = createVerifier({ ...OPTIONS, keys: source, algorithms: ['RS256'] });
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JOSE_ALG_NOT_ALLOWED' });
    expect(source.keys).not.toHaveBeenCalled();
  });

  test('warm has them had, and rejects as verify does', async () => {
    const source = { current: undefined, keys: vi.fn(async () => setOf(a1)) };
    const verifier = createVerifier({ ...OPTIONS, keys: source });
    expect(await verifier.warm()).toBeUndefined();
    expect(source.keys).toHaveBeenCalledTimes(1);
    source.keys.mockRejectedValueOnce(new RangeError('of its own'));
    await expect(verifier.warm()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    source.keys.mockResolvedValueOnce({} as KeySet);
    await expect(verifier.warm()).rejects.toThrow(TypeError);
  });

  test('a source that fails is told from a bad token, at every door', async () => {
    const failure = new TypeError('fetch failed');
    const source = {
      get current(): never {
        throw failure;
      },
      keys: () => setOf(a1),
    };
    const verifier = createVerifier({ ...OPTIONS, keys: source, cache: { max: 5 } });
    const unavailable = { code: 'ERR_JWKS_UNAVAILABLE', cause: failure };
    await expect(verifier.verify(GOOD)).rejects.toMatchObject(unavailable);
    expect(expectCode(() => verifier.verifySync(GOOD), 'ERR_JWKS_UNAVAILABLE', GOOD).cause).toBe(failure);
    expect(explainToken(verifier, GOOD)).toMatchObject({ valid: false, code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('a token that is remembered is judged again by a set, never by what else the source may have', async () => {
    const set = setOf(a1);
    const source = { current: set as unknown, keys: () => set };
    const verifier = createVerifier({ ...OPTIONS, keys: source as KeySource, cache: { max: 5 } });
    expect(verifier.verifySync(GOOD)).toBe(verifier.verifySync(GOOD));
    for (const other of [null, {}, a1.publicKey, { named: () => [a1.publicKey] }]) {
      source.current = other;
      expectTypeError(() => verifier.verifySync(GOOD), /^options\.keys\.current must be a KeySet/);
      expectTypeError(() => explainToken(verifier, GOOD), /^options\.keys\.current must be a KeySet/);
      await expect(verifier.verify(GOOD)).rejects.toThrow(/^options\.keys\.current must be a KeySet/);
    }
    source.current = set;
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
  });

  test('of several issuers, the error says whose source it was', async () => {
    const source = { current: undefined, keys: async () => null as unknown as KeySet };
    const one = { issuer: A, audience: AUDIENCE, keys: setOf(a1) };
    const verifier = createVerifier({ issuers: [one, { ...one, issuer: B, keys: source }], clock: () => NOW });
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    await expect(verifier.verify(tokenOf(a1, { iss: B }))).rejects.toThrow(
      /^options\.issuers\[1\]\.keys\.keys\(\) must/,
    );
  });
});

describe('warm', () => {
  test('fetches what is not fresh, and then no token waits', async () => {
    const { issuer, verifier } = remoteWorld();
    expect(await verifier.warm()).toBeUndefined();
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    await verifier.warm();
    expect(issuer.requests.length).toBe(1);
    issuer.now += 600;
    await verifier.warm();
    expect(issuer.requests.length).toBe(2);
  });

  test('rejects when the keys cannot be had', async () => {
    const { issuer, verifier } = remoteWorld();
    issuer.answer = broken;
    await expect(verifier.warm()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('does not while the old ones may be used', async () => {
    const { issuer, verifier } = remoteWorld();
    await verifier.warm();
    issuer.answer = broken;
    issuer.now += 600;
    expect(await verifier.warm()).toBeUndefined();
    issuer.now += 3_600;
    await expect(verifier.warm()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('asks all issuers, a set that several share once, and local keys not at all', async () => {
    const issuer = fakeIssuer(answerOf(a1));
    const shared = remoteJwks(URL_A, issuer.options);
    const other = remoteJwks('https://other.example/jwks', issuer.options);
    const audience = AUDIENCE;
    const verifier = createVerifier({
      issuers: [
        { issuer: '1', audience, keys: shared },
        { issuer: '2', audience, keys: shared },
        { issuer: '3', audience, keys: setOf(a1) },
        { issuer: '4', audience, keys: other },
      ],
    });
    await verifier.warm();
    expect(issuer.requests.map(({ url }) => url)).toEqual([URL_A, 'https://other.example/jwks']);
    expect(await createVerifier(OPTIONS).warm()).toBeUndefined();
  });

  test('one issuer that cannot be asked is enough to reject', async () => {
    const [good, bad] = [fakeIssuer(answerOf(a1)), fakeIssuer(broken)];
    const audience = AUDIENCE;
    const verifier = createVerifier({
      issuers: [
        { issuer: A, audience, keys: remoteJwks(URL_A, good.options) },
        { issuer: B, audience, keys: remoteJwks(URL_A, bad.options) },
      ],
      clock: () => NOW,
    });
    await expect(verifier.warm()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    await settled();
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
  });
});

describe('Verifier', () => {
  let verifier: Verifier;
  beforeEach(() => {
    verifier = createVerifier({ ...OPTIONS, keys: importSecret(secretBytes('HS256'), { alg: 'HS256' }) });
  });

  test('cannot be made by anyone else', () => {
    const Open = Verifier as never as new (...args: unknown[]) => object;
    expectTypeError(() => new Open(), /createVerifier/);
    expectTypeError(() => new Open(Symbol('Verifier'), {}), /createVerifier/);
    class Forged extends Open {}
    expectTypeError(() => new Forged({}), /createVerifier/);
  });

  test('is told from anything that looks like it', () => {
    expect(Verifier.isVerifier(verifier)).toBe(true);
    expect(verifier).toBeInstanceOf(Verifier);
    const fakes: unknown[] = [
      { ...verifier },
      Object.create(verifier),
      Object.create(Verifier.prototype),
      new Proxy(verifier, {}),
      { verify: () => undefined, verifySync: () => undefined },
      null,
      undefined,
      'verifier',
    ];
    for (const fake of fakes) expect(Verifier.isVerifier(fake), inspect(fake)).toBe(false);
  });

  test('does not change, and shows nothing of what is in it', () => {
    expect(() => Object.assign(verifier, { verify: () => ({ claims: {} }) })).toThrow(TypeError);
    expect(inspect(verifier, { depth: 9, showHidden: true })).toBe('Verifier {}');
    expect(JSON.stringify(verifier)).toBe('{}');
  });

  test('its methods are for Verifiers only', async () => {
    const { verify, verifySync } = Verifier.prototype;
    await expect(verify.call({} as never, GOOD)).rejects.toThrow(TypeError);
    expectTypeError(() => verifySync.call({} as never, GOOD));
  });
});
