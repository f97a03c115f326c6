// An issuer as its callers know it: what it signs, publishes and changes, what it refuses and why, and what it never shows.
import { inspect } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createIssuer,
  createSeal,
  createVerifier,
  exportJwk,
  exportPrivateJwk,
  generateKey,
  importJwks,
  importKey,
  type Jwk,
  jwksEndpoint,
  type Key,
  memoryStore,
  type RingAlgorithm,
  signJwt,
  verifyJwt,
} from '../../src/index.ts';
import type { ExternalKey } from '../../src/issuer/custody.ts';
import { Issuer } from '../../src/issuer/issuer.ts';
import type { IssueOptions } from '../../src/issuer/options.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { compact, keySigner } from '../support/forge.ts';
import { freshPair, keyPair, nodePair, secretKey } from '../support/keys.ts';
import { nextRecords } from '../support/next-records.ts';
import {
  API,
  another,
  claimsOf,
  DAY,
  down,
  expectMistake,
  expectRefused,
  gate,
  HOUR,
  headerOf,
  hearsEveryRejection,
  kidOf,
  LEAD,
  NAME,
  RETENTION,
  ROTATION,
  SKEW,
  SYNC_LAG,
  settled,
  T,
  testStore,
  types,
  type World,
  world,
} from './issuing.ts';

hearsEveryRejection();

const AUDIENCE = 'https://api.example';
const POLICY = { maxTokenLifetime: '1h' } as const;
/** Within so many seconds a revoked key is out of every verifier: jwksMaxAge + verifierTtl + syncLag + clockSkew. */
const OUT_AFTER = 600 + 12 * HOUR + SYNC_LAG + SKEW;

const kids = async ({ issuer }: World): Promise<unknown[]> => (await issuer.jwks()).keys.map(({ kid }) => kid);

/** The kid that signs now, and the one that waits, of an algorithm. */
async function turns({ issuer }: World, alg: RingAlgorithm = 'ES256'): Promise<[signs: string, waits: string]> {
  const keys = (await issuer.status()).keys.filter((key) => key.alg === alg);
  const signs = keys.find((key) => key.signs)?.kid ?? '';
  return [signs, keys.find(({ state }) => state === 'pending')?.kid ?? ''];
}

function outside(pair = freshPair('ec', { namedCurve: 'P-256' }), more: Partial<ExternalKey> = {}): ExternalKey {
  return { publicJwk: exportJwk(importKey(pair.publicKey)), sign: keySigner('ES256', pair.privateKey), ...more };
}

/** The records say that the first key has retired, and its successor has to wait: nothing of ours leaves a ring like that. */
async function endFirstKey({ issuer, store }: World): Promise<void> {
  const { records, version } = await store.stored();
  const ended = nextRecords(String(records), (next) =>
    Object.assign(Object(next).keys[0], { retireAt: T, removeAt: T + RETENTION }),
  );
  store.put({ records: ended, version: version + 1 });
  store.onSave = () => true;
  await issuer.refresh();
}

describe('signing', () => {
  let at: World;
  const claimsSigned = async (claims: object, options: Partial<IssueOptions> = {}) =>
    claimsOf(await at.issuer.sign(claims as never, { ...API, ...options }));

  beforeAll(async () => {
    at = await world({ algorithms: ['ES256', 'EdDSA'] });
  });

  test('a token that verifies by what is published, with the issuer’s claims and the key’s header', async () => {
    const token = await at.issuer.sign({ sub: 'user-1', scope: 'read' }, API);
    const [kid] = await turns(at);
    const expected = { iss: NAME, aud: AUDIENCE, sub: 'user-1', scope: 'read', iat: T, exp: T + HOUR };
    expect(headerOf(token)).toEqual({ alg: 'ES256', kid, typ: 'JWT' });
    expect(claimsOf(token)).toEqual(expected);
    const keys = importJwks(await at.issuer.jwks());
    expect(verifyJwt(token, keys, { issuer: NAME, audience: AUDIENCE, now: T }).claims).toEqual(expected);
  });

  test('the audience is the options’: one, several, or none', async () => {
    expect(await claimsSigned({}, { audience: ['a', 'b'] })).toMatchObject({ aud: ['a', 'b'] });
    expect(await claimsSigned({}, { audience: null })).not.toHaveProperty('aud');
    expect(await claimsSigned({ aud: 'x' }, { audience: null })).toMatchObject({ aud: 'x' });
  });

  test('the audience may be the claims’, which keep their form; with both, they must agree', async () => {
    const claimed = async (aud: unknown, audience?: unknown) =>
      (await claimsSigned({ aud }, { audience: audience as never })).aud;
    for (const aud of ['x', ['x'], ['x', 'y']]) {
      expect(await claimed(aud)).toEqual(aud);
      expect(await claimed(aud, aud)).toEqual(aud);
    }
    expect(await claimed('x', ['x'])).toBe('x');
    expect(await claimed(['x'], 'x')).toEqual(['x']);
    expect(await claimed(['x', 'y'], ['y', 'x'])).toEqual(['x', 'y']);
    expect(await claimed(undefined, 'x')).toBe('x');
    for (const [aud, audience] of [
      ['x', 'y'],
      ['x', ['x', 'y']],
      [['x', 'y'], 'x'],
      [
        ['x', 'y'],
        ['x', 'z'],
      ],
      [null, 'x'],
    ])
      await expectMistake(claimed(aud, audience), /^claims\.aud and options\.audience must name the same audiences/);
    for (const aud of [7, null, ['x', 7]])
      await expectMistake(claimed(aud), /^claims\.aud must be a string or an array of strings$/);
    await expectMistake(claimed(undefined), /^options\.audience must be given, unless claims\.aud is/);
    await expectMistake(claimed([]), /^claims\.aud must name at least one audience$/);
    expect((await claimsSigned({ aud: undefined })).aud).toBe(API.audience);
  });

  test('the issuer is its own, and claims may only agree', async () => {
    expect(await claimsSigned({ iss: NAME })).toMatchObject({ iss: NAME });
    for (const iss of ['https://other.example', null, [NAME]])
      await expectMistake(claimsSigned({ iss }), /^claims\.iss must be the name of the issuer, or absent$/);
    let asked = 0;
    const shifty = {
      get iss() {
        return asked++ === 0 ? NAME : 'https://other.example';
      },
    };
    expect(await claimsSigned(shifty)).toMatchObject({ iss: NAME });
  });

  test('iat is now, exp and nbf count from it; own ones of the claims are refused where the options set them', async () => {
    expect(await claimsSigned({}, { expiresIn: '5m', notBefore: '1m' })).toMatchObject({
      iat: T,
      nbf: T + 60,
      exp: T + 300,
    });
    expect(await claimsSigned({ iat: T - 5, nbf: T - 5 })).toMatchObject({ iat: T - 5, nbf: T - 5, exp: T + HOUR });
    await expectMistake(claimsSigned({ exp: T + 9 }), /^claims\.exp is given/);
    await expectMistake(claimsSigned({ nbf: T }, { notBefore: 1 }), /^claims\.nbf is given/);
    await expectMistake(claimsSigned({ iat: 'now' }), /^claims\.iat must be a number of seconds/);
  });

  test('no token outlives maxTokenLifetime', async () => {
    expect(await claimsSigned({}, { expiresIn: HOUR })).toMatchObject({ exp: T + HOUR });
    for (const expiresIn of [HOUR + 0.001, '61m', '1d'] as const)
      await expectMistake(
        claimsSigned({}, { expiresIn }),
        /^options\.expiresIn must be at most the policy's maxTokenLifetime, 3600 s$/,
      );
  });

  test('typ and further header parameters are the caller’s, alg and kid are not', async () => {
    const typed = await at.issuer.sign({}, { ...API, typ: 'at+jwt', header: { cnf: 1 } });
    expect(headerOf(typed)).toMatchObject({ typ: 'at+jwt', cnf: 1, alg: 'ES256' });
    expect(headerOf(await at.issuer.sign({}, { ...API, typ: null }))).not.toHaveProperty('typ');
    for (const header of [
      { kid: 'mine' },
      { kid: undefined },
      { alg: 'none' },
      { typ: 'x' },
      { b64: false, crit: ['b64'] },
      7,
    ])
      await expectMistake(at.issuer.sign({}, { ...API, header: header as never }), /^(options\.)?header/);
  });

  test('claims and options that are none are the caller’s mistake', async () => {
    for (const claims of [undefined, null, 'x', [], new Map(), new Date()])
      await expectMistake(at.issuer.sign(claims as never, API), /^claims must be a plain object such as/);
    await expectMistake(at.issuer.sign({ a: 1n }, API), /^claims\.a must be a string, .* and is a bigint$/);
    await expectMistake(at.issuer.sign({}, undefined as never), /^options\.expiresIn must be given/);
    await expectMistake(at.issuer.sign({}, { expiresIn: 60 } as never), /^options\.audience must be given/);
    await expectMistake(at.issuer.sign({}, { ...API, typ: 7 as never }), /^options\.typ must be /);
  });

  test('__proto__ is a claim like any other, and what is inherited is none', async () => {
    const claims = JSON.parse('{"__proto__":{"admin":true},"sub":"a"}');
    expect(Object.keys(await claimsSigned(claims)).toSorted()).toEqual([
      '__proto__',
      'aud',
      'exp',
      'iat',
      'iss',
      'sub',
    ]);
  });

  test('by the algorithm that is asked for, or else the preferred one', async () => {
    expect(headerOf(await at.issuer.sign({}, { ...API, alg: 'EdDSA' }))).toMatchObject({ alg: 'EdDSA' });
    expect(headerOf(await at.issuer.sign({}, API))).toMatchObject({ alg: 'ES256' });
    for (const alg of ['RS256', 'Ed25519'] as const) {
      const error = await expectRefused(at.issuer.sign({}, { ...API, alg }), 'ERR_RING_CONFLICT');
      expect(error.message).toBe(`no key of the ring signs ${alg} now`);
    }
  });

  test('by nothing, where no key signs', async () => {
    const idle = await world();
    await endFirstKey(idle);
    const error = await expectRefused(idle.issuer.sign({}, API), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('no key of the ring signs now');
    await expectRefused(idle.issuer.rotate(), 'ERR_RING_CONFLICT');
  });

  test('the private part is unsealed once, and again when another key signs', async () => {
    const seal = createSeal('ab'.repeat(32));
    const unseal = vi.fn(seal.unseal);
    const sealed = await world({ seal: { seal: seal.seal, unseal }, algorithms: ['ES256', 'EdDSA'] });
    const sign = (alg: RingAlgorithm) => sealed.issuer.sign({}, { ...API, alg });
    for (let i = 0; i < 3; i++) for (const alg of ['ES256', 'EdDSA'] as const) await sign(alg);
    expect(unseal).toHaveBeenCalledTimes(2);
    const [a, b] = await turns(sealed);
    await sealed.issuer.revoke(a, 'x');
    expect(kidOf(await sign('ES256'))).toBe(b);
    await sign('EdDSA');
    await sign('ES256');
    expect(unseal).toHaveBeenCalledTimes(3);
  });

  test('what signed before is forgotten when its successor signs', async () => {
    const seal = createSeal('ab'.repeat(32));
    const unseal = vi.fn(seal.unseal);
    const at = await world({ seal: { seal: seal.seal, unseal } });
    const [a] = await turns(at);
    at.now += LEAD;
    await at.issuer.rotate();
    at.now -= 1;
    expect(kidOf(await at.issuer.sign({}, API))).toBe(a);
    at.now += 1;
    expect(kidOf(await at.issuer.sign({}, API))).not.toBe(a);
    at.now -= 1;
    expect(kidOf(await at.issuer.sign({}, API))).toBe(a);
    expect(unseal).toHaveBeenCalledTimes(3);
  });

  test('without its seal a sealed key signs nothing, and says why', async () => {
    const { store } = await world({ seal: createSeal('ab'.repeat(32)) });
    for (const seal of [undefined, createSeal('cd'.repeat(32))]) {
      const locked = await world({ store, seal });
      await expectRefused(locked.issuer.sign({}, API), 'ERR_RING_INVALID');
      expect(await kids(locked)).toHaveLength(2);
    }
  });
});

describe('publishing', () => {
  test('at once from memory: the same set until it changes, with how long it may be kept', async () => {
    const at = await world({ algorithms: ['ES256', 'EdDSA'] });
    const published = at.issuer.published();
    expect(published).toEqual({
      jwks: await at.issuer.jwks(),
      changesAt: T + ROTATION - SKEW + RETENTION,
      maxAge: 600,
      algorithms: ['ES256', 'EdDSA'],
    });
    const { jwks } = at.issuer.published() as { jwks: unknown };
    expect(await at.issuer.jwks()).toBe(jwks);
    expect(at.issuer.current?.toJSON()).toEqual(jwks);
  });

  test.each([30, SYNC_LAG / 2])('after %d s out of use it is read first', async (idleness) => {
    const at = await world();
    at.now += idleness;
    const published = at.issuer.published();
    expect(published).toBeInstanceOf(Promise);
    expect(await published).toMatchObject({ maxAge: 600 });
    expect(at.issuer.published()).not.toBeInstanceOf(Promise);
  });

  test('while the store is out of reach it says so, and when to try again', async () => {
    const at = await world();
    at.now += SYNC_LAG / 2;
    at.store.onLoad = down;
    const work = [() => at.issuer.jwks(), async () => at.issuer.published(), () => at.issuer.sign({}, API)];
    for (const run of [...work, () => at.issuer.rotate(), () => at.issuer.revoke('a', 'b'), () => at.issuer.status()])
      expect(await expectRefused(run(), 'ERR_RING_UNAVAILABLE')).toMatchObject({ retryAfter: 5 });
  });

  test('private members are never in it, not even those of records that were tampered with', async () => {
    const at = await world();
    const { records, version } = await at.store.stored();
    const ring = JSON.parse(String(records));
    const secrets = ring.keys.map(({ privateJwk }: { privateJwk: Jwk }) => privateJwk.d);
    expectSilent([await at.issuer.jwks(), at.issuer.published(), at.issuer.current], ...secrets);
    const keys = ring.keys.map((key: { privateJwk: Jwk }) => ({ ...key, publicJwk: key.privateJwk }));
    at.store.put({ records: JSON.stringify({ ...ring, keys }), version });
    await expectRefused(at.issuer.refresh(), 'ERR_RING_INVALID', ...secrets);
    expectSilent(await at.issuer.jwks(), ...secrets);
  });
});

describe('a rotation', () => {
  test('by itself: each key signs in its turn, a new one waits, and every token verifies to its end', async () => {
    const at = await world();
    const tokens: string[] = [];
    const signers = new Set<unknown>();
    const verifier = createVerifier({ issuer: NAME, audience: AUDIENCE, keys: at.issuer, clock: () => at.now });
    for (; at.now < T + 2.5 * ROTATION; at.now += ROTATION / 50) {
      tokens.push(await at.issuer.sign({}, API));
      signers.add(kidOf(tokens.at(-1) ?? ''));
      at.now += HOUR - 1;
      for (const token of tokens.slice(-1)) expect((await verifier.verify(token)).claims.iss).toBe(NAME);
    }
    expect(signers.size).toBe(3);
    expect(types(at).filter((type) => type === 'key-created')).toHaveLength(4);
    expect(types(at).filter((type) => type === 'key-erased')).toHaveLength(2);
  });

  test('asked for: at once, if the next key has been published for the lead', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    at.now += LEAD;
    expect(await at.issuer.rotate()).toEqual([{ alg: 'ES256', kid: b, activateAt: T + LEAD }]);
    expect(kidOf(await at.issuer.sign({}, API))).toBe(b);
    expect(await kids(at)).toContain(a);
    at.now += RETENTION;
    expect(await kids(at)).not.toContain(a);
  });

  test('otherwise as soon as it has', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    at.now += 100;
    expect(await at.issuer.rotate()).toEqual([{ alg: 'ES256', kid: b, activateAt: T + LEAD }]);
    expect(kidOf(await at.issuer.sign({}, API))).toBe(a);
    expect(await at.issuer.rotate()).toEqual([{ alg: 'ES256', kid: b, activateAt: T + LEAD }]);
    expect((await at.issuer.status()).version).toBe(2);
  });

  test('of two issuers at once, or of eight times one, is one', async () => {
    const at = await world();
    const other = await another(at);
    const [, b] = await turns(at);
    at.now += LEAD;
    await Promise.all([at.issuer.refresh(), other.issuer.refresh()]);
    const calls = [at, other, at, at, other, at, other, other].map(({ issuer }) => issuer.rotate());
    for (const change of await Promise.all(calls))
      expect(change).toEqual([{ alg: 'ES256', kid: b, activateAt: T + LEAD }]);
    expect((await at.issuer.status()).keys).toHaveLength(3);
    expect((await at.issuer.status()).version).toBe(2);
  });

  test('of all algorithms, or of one', async () => {
    const at = await world({ algorithms: ['ES256', 'EdDSA'] });
    const [, b] = await turns(at);
    const [c, d] = await turns(at, 'EdDSA');
    at.now += LEAD;
    expect(await at.issuer.rotate({ alg: 'ES256' })).toEqual([{ alg: 'ES256', kid: b, activateAt: T + LEAD }]);
    expect(kidOf(await at.issuer.sign({}, { ...API, alg: 'EdDSA' }))).toBe(c);
    at.now += LEAD;
    const all = await at.issuer.rotate();
    expect(all.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA']);
    expect(all[1]).toEqual({ alg: 'EdDSA', kid: d, activateAt: T + 2 * LEAD });
  });

  test('only if a certain key still signs', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    at.now += LEAD;
    expect(await at.issuer.rotate({ from: a })).toMatchObject([{ kid: b }]);
    at.now += LEAD;
    const error = await expectRefused(at.issuer.rotate({ from: a }), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('no key of the ring that fits options.alg and options.from signs now');
    await expectRefused(at.issuer.rotate({ alg: 'RS256' }), 'ERR_RING_CONFLICT');
    await expectRefused(at.issuer.rotate({ alg: 'EdDSA', from: b }), 'ERR_RING_CONFLICT');
  });

  test('of an algorithm that another issuer has just ended: a conflict', async () => {
    const at = await world({ algorithms: ['ES256', 'EdDSA'] });
    const other = await another(at);
    await other.issuer.migrate('EdDSA', { from: 'ES256' });
    const error = await expectRefused(at.issuer.rotate({ alg: 'ES256' }), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('the ring no longer has this key');
  });

  test('options that are none are the caller’s mistake', async () => {
    const { issuer } = await world();
    for (const options of [{ alg: 'HS256' }, { alg: 7 }, { from: 7 }, { kid: 'x' }, null, 'ES256'])
      await expectMistake(issuer.rotate(options as never), /^options/);
  });
});

describe('a promotion', () => {
  test('of a key that has waited for the lead: it signs at once', async () => {
    const at = await world();
    const [, b] = await turns(at);
    at.now += LEAD;
    expect(await at.issuer.promote(b)).toEqual({ alg: 'ES256', kid: b, activateAt: T + LEAD });
    expect(kidOf(await at.issuer.sign({}, API))).toBe(b);
    expect(await at.issuer.promote(b)).toEqual({ alg: 'ES256', kid: b, activateAt: T + LEAD });
    expect(types(at).slice(-2)).toEqual(['key-promoted', 'key-created']);
  });

  test('of one that has not: only by force', async () => {
    const at = await world();
    const [, b] = await turns(at);
    at.now += 100;
    const error = await expectRefused(at.issuer.promote(b), 'ERR_RING_CONFLICT');
    expect(error.message).toMatch(/ must be published for 86300 s more, since verifiers may not have it yet$/);
    await expectRefused(at.issuer.promote(b, { force: false }), 'ERR_RING_CONFLICT');
    expect(await at.issuer.promote(b, { force: true })).toMatchObject({ kid: b, activateAt: T + 100 });
    expect(kidOf(await at.issuer.sign({}, API))).toBe(b);
  });

  test('of one that is not pending, or not there: a conflict', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    at.now += LEAD;
    await at.issuer.promote(b);
    await expectRefused(at.issuer.promote(a), 'ERR_RING_CONFLICT');
    await expectRefused(at.issuer.promote(a, { force: true }), 'ERR_RING_CONFLICT');
    await expectRefused(at.issuer.promote('nobody'), 'ERR_RING_CONFLICT');
    for (const kid of ['', 7, undefined, null, '\ud800'])
      await expectMistake(at.issuer.promote(kid as string), /^kid must be a non-empty string$/);
    for (const options of [{ force: 1 }, { hard: true }, null, true])
      await expectMistake(at.issuer.promote(b, options as never), /^options/);
  });
});

describe('a revocation', () => {
  test('of the key that signs: gone at once, the one that waits signs, and it says until when the old one may be accepted', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    at.now += 100;
    expect(await at.issuer.revoke(a, 'laptop stolen')).toEqual({
      alg: 'ES256',
      kid: a,
      next: b,
      acceptedUntil: T + 100 + OUT_AFTER,
    });
    expect(await kids(at)).not.toContain(a);
    expect(kidOf(await at.issuer.sign({}, API))).toBe(b);
    expect((await at.issuer.status()).keys[0]).toMatchObject({
      kid: a,
      state: 'revoked',
      revokedAt: T + 100,
      reason: 'laptop stolen',
      custody: 'erased',
    });
    expect(at.events).toContainEqual({
      type: 'key-revoked',
      ring: NAME,
      at: T + 100,
      kid: a,
      alg: 'ES256',
      reason: 'laptop stolen',
    });
  });

  test('of one algorithm’s key is no matter to the others', async () => {
    const at = await world({ algorithms: ['ES256', 'EdDSA'] });
    const [a] = await turns(at);
    const [c, d] = await turns(at, 'EdDSA');
    expect(await at.issuer.revoke(c, 'x')).toMatchObject({ alg: 'EdDSA', next: d });
    expect(kidOf(await at.issuer.sign({}, API))).toBe(a);
    expect(kidOf(await at.issuer.sign({}, { ...API, alg: 'EdDSA' }))).toBe(d);
  });

  test('twice is once: the first reason and the first instant stay', async () => {
    const at = await world();
    const [a] = await turns(at);
    await at.issuer.revoke(a, 'first');
    at.now += 1_000;
    expect(await at.issuer.revoke(a, 'second')).toEqual({ alg: 'ES256', kid: a, acceptedUntil: T + OUT_AFTER });
    expect((await at.issuer.status()).keys[0]).toMatchObject({ reason: 'first', revokedAt: T });
  });

  test('of a key that waits: the one that signs does so on, and another one waits', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    expect(await at.issuer.revoke(b, 'x')).not.toHaveProperty('next');
    const [signs, waits] = await turns(at);
    expect(signs).toBe(a);
    expect(waits).not.toBe(b);
  });

  test('of one after the other, faster than new ones are seen: each is made good by a key that is there', async () => {
    const at = await world();
    for (let i = 0; i < 5; i++) {
      const [signs, waits] = await turns(at);
      expect(await at.issuer.revoke(signs, `${i}`)).toMatchObject({ next: waits });
      expect(kidOf(await at.issuer.sign({}, API))).toBe(waits);
      at.now += 10;
    }
  });

  test('of a key outside: its record, too, is nothing but a tombstone', async () => {
    const at = await world();
    const { kid } = await at.issuer.import(outside(undefined, { reference: 'arn:1' }));
    await at.issuer.revoke(kid, 'x');
    const { records } = await at.store.stored();
    const record = JSON.parse(String(records)).keys.find((key: { kid: string }) => key.kid === kid);
    expect(record).toMatchObject({ revokedAt: T, reason: 'x' });
    expect(record).not.toHaveProperty('publicJwk');
    expect(record).not.toHaveProperty('external');
  });

  test('of a key that there is not: a conflict; without a kid or a reason: the caller’s mistake', async () => {
    const { issuer, store } = await world();
    await expectRefused(issuer.revoke('nobody', 'x'), 'ERR_RING_CONFLICT');
    for (const kid of ['', 7, undefined]) await expectMistake(issuer.revoke(kid as string, 'x'), /^kid must be/);
    for (const reason of ['', 7, undefined, '\ud800'])
      await expectMistake(issuer.revoke('a', reason as string), /^reason must be a non-empty string$/);
    await expectMistake(issuer.revoke('a', 'x'.repeat(501)), /^reason must have at most 500 characters$/);
    expect(store.saves).toBe(1);
  });

  test('a reason of 500 characters will do, whatever they are', async () => {
    const at = await world();
    const [a] = await turns(at);
    await at.issuer.revoke(a, '\u0000"\\\u2028漢'.repeat(100));
    expect((await at.issuer.status()).keys[0]?.reason).toHaveLength(500);
  });
});

describe('an import', () => {
  test('is published now, and signs after the lead, before the key that waits for longer', async () => {
    const at = await world();
    const key = await generateKey('ES256', { kid: 'mine' });
    at.now += 100;
    expect(await at.issuer.import(key)).toEqual({ alg: 'ES256', kid: 'mine', activateAt: T + 100 + LEAD });
    expect(await kids(at)).toContain('mine');
    at.now += LEAD;
    const token = await at.issuer.sign({}, API);
    expect(kidOf(token)).toBe('mine');
    expect(verifyJwt(token, key.publicKey(), { issuer: NAME, audience: AUDIENCE, now: at.now }).key.alg).toBe('ES256');
  });

  test('of a key outside: the token is the one that its signer made', async () => {
    const at = await world();
    const pair = freshPair('ec', { namedCurve: 'P-256' });
    const sign = vi.fn(keySigner('ES256', pair.privateKey));
    const { kid } = await at.issuer.import(outside(pair, { sign, reference: 'arn:1' }));
    at.now += LEAD;
    const token = await at.issuer.sign({ sub: 'a' }, API);
    expect(kidOf(token)).toBe(kid);
    expect(sign).toHaveBeenCalledTimes(1);
    expect(Buffer.from(sign.mock.calls[0]?.[0] ?? []).toString()).toBe(token.split('.').slice(0, 2).join('.'));
    expect((await at.issuer.status()).keys.find((key) => key.kid === kid)).toMatchObject({
      custody: 'external',
      signs: true,
    });
  });

  test('of a key outside, by another process: signs there through signerFor, or not at all', async () => {
    const at = await world();
    const pair = freshPair('ec', { namedCurve: 'P-256' });
    const { kid } = await at.issuer.import(outside(pair, { reference: 'arn:1' }));
    const seen = vi.fn(() => keySigner('ES256', pair.privateKey));
    at.now += LEAD;
    const other = await another(at, { signerFor: seen });
    expect(kidOf(await other.issuer.sign({}, API))).toBe(kid);
    expect(seen).toHaveBeenCalledWith({
      kid,
      alg: 'ES256',
      publicJwk: expect.objectContaining({ kid }),
      reference: 'arn:1',
    });
    await expectRefused((await another(at)).issuer.sign({}, API), 'ERR_RING_INVALID');
  });

  test('of a signer that lies: no token comes of it', async () => {
    const at = await world();
    const sign = keySigner('ES256', nodePair('ES256').privateKey);
    await at.issuer.import(outside(undefined, { sign }));
    at.now += LEAD;
    await expectMistake(at.issuer.sign({}, API), /^signature does not verify under publicKey$/);
  });

  test('again is none; of another key under a kid that there is: a conflict', async () => {
    const at = await world();
    const key = await generateKey('ES256', { kid: 'mine' });
    const first = await at.issuer.import(key);
    at.now += 100;
    expect(await at.issuer.import(key)).toEqual(first);
    const error = await expectRefused(
      at.issuer.import(await generateKey('ES256', { kid: 'mine' })),
      'ERR_RING_CONFLICT',
    );
    expect(error.message).toBe('the kid "mine" belongs to another key of the ring: give this one another kid');
    const other = { ...outside(), publicJwk: { ...outside().publicJwk, kid: 'mine' } };
    await expectRefused(at.issuer.import(other), 'ERR_RING_CONFLICT');
  });

  test('of a key that was revoked or removed: a kid never returns', async () => {
    const at = await world();
    const key = await generateKey('ES256', { kid: 'mine' });
    await at.issuer.import(key);
    await at.issuer.revoke('mine', 'x');
    await expectRefused(at.issuer.import(key), 'ERR_RING_CONFLICT');
    at.now += 2 * ROTATION;
    await at.issuer.refresh();
    await expectRefused(at.issuer.import(key), 'ERR_RING_CONFLICT');
  });

  test('of what is no private key: the caller’s mistake', async () => {
    const { issuer, store } = await world();
    for (const key of [
      keyPair('ES256').publicKey,
      secretKey('HS256'),
      exportPrivateJwk(keyPair('ES256').privateKey),
      undefined,
    ])
      await expectMistake(issuer.import(key as Key), /^key must be a private Key/);
    expect(store.saves).toBe(1);
  });
});

describe('a migration', () => {
  test('to another algorithm: its key is published, signs after the lead, and the old one then ends', async () => {
    const at = await world();
    const [a] = await turns(at);
    at.now += 100;
    const change = await at.issuer.migrate('EdDSA');
    expect(change).toMatchObject({ alg: 'EdDSA', activateAt: T + 100 + LEAD });
    expect(await at.issuer.migrate('EdDSA')).toEqual(change);
    expect(kidOf(await at.issuer.sign({}, API))).toBe(a);
    at.now += LEAD;
    expect(headerOf(await at.issuer.sign({}, API))).toMatchObject({ alg: 'EdDSA', kid: change.kid });
    await expectRefused(at.issuer.sign({}, { ...API, alg: 'ES256' }), 'ERR_RING_CONFLICT');
    expect((await at.issuer.status()).algorithms.map(({ alg }) => alg)).toEqual(['EdDSA', 'ES256']);
    expect(await at.issuer.migrate('EdDSA')).toEqual(change);
  });

  test('of one of several, and back again', async () => {
    const at = await world({ algorithms: ['ES256', 'EdDSA'] });
    await at.issuer.migrate('RS256', { from: 'EdDSA' });
    at.now += LEAD;
    expect(headerOf(await at.issuer.sign({}, API))).toMatchObject({ alg: 'ES256' });
    expect(headerOf(await at.issuer.sign({}, { ...API, alg: 'RS256' }))).toMatchObject({ alg: 'RS256' });
    const { version } = await at.issuer.status();
    await at.issuer.migrate('RS256', { from: 'EdDSA' });
    expect((await at.issuer.status()).version).toBe(version);
    await expectRefused(at.issuer.migrate('PS256', { from: 'EdDSA' }), 'ERR_RING_CONFLICT');
    await at.issuer.migrate('EdDSA', { from: 'RS256' });
    at.now += LEAD;
    expect(headerOf(await at.issuer.sign({}, { ...API, alg: 'EdDSA' }))).toMatchObject({ alg: 'EdDSA' });
  });

  test('from one that is not in service: a conflict; to none at all: the caller’s mistake', async () => {
    const { issuer } = await world();
    await expectRefused(issuer.migrate('EdDSA', { from: 'RS256' }), 'ERR_RING_CONFLICT');
    for (const alg of ['HS256', 'none', '', undefined, 7])
      await expectMistake(
        issuer.migrate(alg as 'ES256'),
        /^alg must be a signature algorithm with a public key such as 'ES256'$/,
      );
    for (const options of [{ from: 'HS256' }, { to: 'ES256' }, null, 'ES256'])
      await expectMistake(issuer.migrate('EdDSA', options as never), /^options/);
  });

  test('from nothing, where no key signs: of the algorithm itself, which changes nothing', async () => {
    const at = await world();
    const [, b] = await turns(at);
    await endFirstKey(at);
    expect(await at.issuer.migrate('ES256')).toMatchObject({ alg: 'ES256', kid: b });
    await expectRefused(at.issuer.migrate('EdDSA'), 'ERR_RING_CONFLICT');
    expect(await at.issuer.migrate('EdDSA', { from: 'ES256' })).toMatchObject({ alg: 'EdDSA' });
  });
});

describe('how it stands', () => {
  test('status is read anew, with what others did', async () => {
    const at = await world();
    const other = await another(at);
    const [a] = await turns(at);
    await other.issuer.revoke(a, 'x');
    expect(await at.issuer.status()).toMatchObject({
      issuer: NAME,
      at: T,
      version: 2,
      policy: at.issuer.policy,
      keys: [{ kid: a, state: 'revoked' }, { state: 'active', signs: true }, { state: 'pending' }],
    });
  });

  test('the timeline, by seconds or Dates', async () => {
    const at = await world();
    const [a, b] = await turns(at);
    const rows = await at.issuer.timeline(T, T + 2 * ROTATION);
    expect(rows.map(({ kid, spans }) => [kid, spans.map(({ state }) => state).join(' ')])).toEqual([
      [a, 'active retiring removed'],
      [b, 'pending active'],
    ]);
    expect(await at.issuer.timeline(new Date(T * 1000), new Date((T + 2 * ROTATION) * 1000))).toEqual(rows);
    for (const bad of [Number.NaN, '0', undefined, new Date(Number.NaN)]) {
      if (bad !== undefined)
        await expectMistake(at.issuer.timeline(bad as number, T), /^from must be a Date, or a number of seconds/);
      if (bad !== undefined)
        await expectMistake(at.issuer.timeline(T, bad as number), /^to must be a Date, or a number of seconds/);
    }
  });

  test('the policy is all there, in seconds', async () => {
    expect((await world()).issuer.policy).toEqual({
      maxTokenLifetime: HOUR,
      publishLead: LEAD,
      rotation: ROTATION,
      retention: RETENTION,
      jwksMaxAge: 600,
      verifierTtl: 12 * HOUR,
      syncLag: SYNC_LAG,
      clockSkew: SKEW,
    });
  });

  test('closing lets go of the store, when what is under way is done', async () => {
    const at = await world();
    const close = vi.fn(async () => undefined);
    at.store.close = close;
    const change = at.issuer.import(await generateKey('ES256', { kid: 'mine' }));
    await settled();
    await at.issuer.close();
    expect(close).toHaveBeenCalledTimes(1);
    expect((await change).kid).toBe('mine');
  });
});

describe('making one', () => {
  test('is for createIssuer only', async () => {
    const { issuer } = await world();
    expectTypeError(() => new Issuer(Symbol('Issuer') as never, {} as never), /^an Issuer is made by createIssuer$/);
    expect(Object.isFrozen(issuer)).toBe(true);
  });

  test('with keys that its verifiers have: tokens from before go on verifying, and the first key signs at once', async () => {
    const key = await generateKey('ES256', { kid: 'old' });
    const token = signJwt({ iss: NAME, aud: AUDIENCE }, key, { expiresIn: '1h', now: T });
    const at = await world({ firstKeys: [key] });
    const verifier = createVerifier({ issuer: NAME, audience: AUDIENCE, keys: at.issuer, clock: () => at.now });
    expect(verifier.verifySync(token).key.kid).toBe('old');
    expect(kidOf(await at.issuer.sign({}, API))).toBe('old');
  });

  test('with a first key outside', async () => {
    const at = await world({ firstKeys: [outside()] });
    const token = await at.issuer.sign({}, API);
    expect(
      verifyJwt(token, importJwks(await at.issuer.jwks()), { issuer: NAME, audience: AUDIENCE, now: T }).claims.iss,
    ).toBe(NAME);
  });

  test('without a clock of one’s own, by the system’s', async () => {
    const issuer = await createIssuer({ issuer: NAME, store: memoryStore(), policy: POLICY });
    const { iat } = claimsOf(await issuer.sign({}, API));
    expect(Math.abs(Number(iat) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('over the ring of another issuer, or of none: refused', async () => {
    const { store } = await world();
    await expectRefused(createIssuer({ issuer: 'https://other.example', store, policy: POLICY }), 'ERR_RING_INVALID');
    await expectMistake(
      createIssuer({ issuer: NAME, store: memoryStore() }),
      /^options\.policy must be given for a new ring$/,
    );
    expect(store.saves).toBe(1);
  });
});

describe('nothing of a key is shown', () => {
  test('by an issuer or its results, however they are printed, nor by its errors', async () => {
    const at = await world({ seal: createSeal('ab'.repeat(32)) });
    const plain = await world();
    const secrets = ['ab'.repeat(32)];
    for (const { store } of [at, plain]) {
      const { keys } = JSON.parse(String((await store.stored()).records));
      for (const { privateJwk, sealed } of keys) secrets.push(sealed ?? privateJwk.d);
    }
    for (const each of [at, plain]) {
      await each.issuer.sign({}, API);
      const shown = [each.issuer, await each.issuer.status(), await each.issuer.timeline(T, T + 9), each.events];
      for (const value of [...shown, each.issuer.published(), each.issuer.current]) expectSilent(value, ...secrets);
      const [signs] = await turns(each);
      expectSilent(await each.issuer.revoke(signs, 'x'), ...secrets);
      expect(inspect(each.issuer)).toBe(`Issuer { issuer: '${NAME}' }`);
      expect(JSON.stringify(each.issuer)).toBe(`{"issuer":"${NAME}"}`);
      await expectRefused(each.issuer.promote(signs), 'ERR_RING_CONFLICT', ...secrets);
      each.store.onLoad = () => {
        throw new Error(secrets.join());
      };
      await expectRefused(each.issuer.refresh(), 'ERR_RING_UNAVAILABLE', ...secrets);
    }
  });

  test('by a token: no jwk, no x5c, no private member', async () => {
    const at = await world();
    expect(Object.keys(headerOf(await at.issuer.sign({}, API))).toSorted()).toEqual(['alg', 'kid', 'typ']);
  });
});

describe('as the keys of a verifier', () => {
  const verifierOf = (at: World, more: object = {}) =>
    createVerifier({ issuer: NAME, audience: AUDIENCE, keys: at.issuer, clock: () => at.now, ...more });

  test('an issuer that cannot be read: the keys are unavailable, which is no fault of the token', async () => {
    const at = await world();
    const token = await at.issuer.sign({}, API);
    at.now += SYNC_LAG / 2;
    at.store.onLoad = down;
    const error = await expectRefused(verifierOf(at).verify(token), 'ERR_JWKS_UNAVAILABLE', token);
    expect(error).toMatchObject({
      message: 'the keys are unavailable: the key ring cannot be read (ECONNREFUSED)',
      retryAfter: 5,
    });
    at.store.onLoad = (load) => load();
    at.store.put({ records: 'garbage', version: 9 });
    await expectRefused(verifierOf(at).verify(token), 'ERR_JWKS_UNAVAILABLE', token);
    at.store.onLoad = () => {
      throw new TypeError('fetch failed: redis://:password@host');
    };
    const failed = await expectRefused(verifierOf(at).verify(token), 'ERR_JWKS_UNAVAILABLE', token);
    expect(failed.message).toBe('the keys are unavailable: the key ring cannot be read');
  });

  test('who can wait has the keys of now, and who cannot those that are known, for half the syncLag', async () => {
    const at = await world();
    const other = await another(at);
    const [a, token] = [(await turns(at))[0], await at.issuer.sign({}, API)];
    expect(at.issuer.stale).toBe(false);
    await other.issuer.revoke(a, 'stolen');
    at.now += SYNC_LAG / 2 - 1;
    const verifier = verifierOf(at);
    expect(verifier.verifySync(token).key.kid).toBe(a);
    expect(at.issuer.stale).toBe(true);
    await expectRefused(verifier.verify(token), 'ERR_JWKS_NO_MATCHING_KEY', token);
    expect(at.issuer.stale).toBe(false);
  });

  test('who never waits has the keys read behind their back', async () => {
    const at = await world();
    const token = await at.issuer.sign({}, API);
    const verifier = verifierOf(at);
    at.now += SYNC_LAG / 2;
    await expectRefused((async () => verifier.verifySync(token))(), 'ERR_JWKS_UNAVAILABLE', token);
    await settled();
    expect(verifier.verifySync(token).claims.iss).toBe(NAME);
  });

  test('a key of another ring with the same kid is of no use', async () => {
    const at = await world();
    const [kid] = await turns(at);
    const { privateKey } = freshPair('ec', { namedCurve: 'P-256' });
    const claims = { iss: NAME, aud: AUDIENCE, exp: T + 9 };
    const token = compact({ alg: 'ES256', kid }, claims, keySigner('ES256', privateKey));
    await expectRefused(verifierOf(at).verify(token), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
  });
});

test('what a store of its own keeps is text that means nothing to it', async () => {
  const store = testStore();
  await world({ store });
  const { records, version } = await store.stored();
  expect(version).toBe(1);
  expect(JSON.parse(String(records))).toMatchObject({ barejose: 'ring/1', ring: NAME, version: 1 });
});

describe('whatever happens while something is waited for', () => {
  /** A promise that is kept when the test says so. */
  function gate() {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, opened };
  }

  test('a private part that comes late is not used when another key signs by then', async () => {
    const { open, opened } = gate();
    const seal = createSeal('cd'.repeat(32));
    const at = await world({
      seal: {
        seal: seal.seal,
        unseal: async (text, context) => {
          await opened;
          return seal.unseal(text, context);
        },
      },
    });
    const [a, b] = await turns(at);
    const signing = at.issuer.sign({}, API);
    await settled();
    await at.issuer.revoke(a, 'stolen');
    open();
    expect(kidOf(await signing)).toBe(b);
  });

  test('a signature that comes late is not given out when its key is revoked by then', async () => {
    const { open, opened } = gate();
    const key = outside();
    const slow: ExternalKey = {
      ...key,
      sign: async (bytes) => {
        await opened;
        return key.sign(bytes);
      },
    };
    const at = await world({ firstKeys: [slow] });
    const [a, b] = await turns(at);
    const signing = at.issuer.sign({}, API);
    await settled();
    await at.issuer.revoke(a, 'stolen');
    open();
    expect(kidOf(await signing)).toBe(b);
  });

  test('nor when it is revoked elsewhere', async () => {
    const { open, opened } = gate();
    const key = outside();
    const slow: ExternalKey = {
      ...key,
      sign: async (bytes) => {
        await opened;
        return key.sign(bytes);
      },
    };
    const at = await world({ firstKeys: [slow] });
    const other = await another(at);
    const [a, b] = await turns(at);
    const signing = at.issuer.sign({}, API);
    await settled();
    await other.issuer.revoke(a, 'stolen');
    at.now += 30;
    open();
    expect(kidOf(await signing)).toBe(b);
  });

  test('the header that was given is the one that was there', async () => {
    const at = await world();
    const header: Record<string, unknown> = { x: 1 };
    const signing = at.issuer.sign({}, { ...API, header });
    Object.assign(header, { kid: 'evil', x: 2 });
    expect(headerOf(await signing)).toMatchObject({ kid: (await turns(at))[0], x: 1 });
  });
});

describe('what was in the ring under another kid', () => {
  test('is refused, the more so when it was revoked', async () => {
    const at = await world();
    const pair = freshPair('ec', { namedCurve: 'P-256' });
    const as = (kid: string) => importKey(pair.privateKey, { kid });
    await at.issuer.import(as('one'));
    const error = await expectRefused(at.issuer.import(as('two')), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('the key is or was in the ring under the kid "one"');
    await at.issuer.revoke('one', 'stolen');
    await expectRefused(at.issuer.import(as('two')), 'ERR_RING_CONFLICT');
    await expectRefused(at.issuer.import(as('one')), 'ERR_RING_CONFLICT');
    const other = importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey, { kid: 'one' });
    const taken = await expectRefused(at.issuer.import(other), 'ERR_RING_CONFLICT');
    expect(taken.message).toBe('the kid "one" belongs to another key of the ring: give this one another kid');
    expect((await at.issuer.status()).keys.find(({ kid }) => kid === 'one')).not.toHaveProperty('thumbprint');
  });
});

describe('an issuer without a policy of its own', () => {
  test('goes by the one under which the ring was written last', async () => {
    const at = await world();
    const other = await world({ store: at.store, policy: undefined });
    const longer = { maxTokenLifetime: '2h', verifierTtl: '5d', publishLead: '10d', jwksMaxAge: '5m' } as const;
    const deployed = await world({ store: at.store, policy: longer });
    await deployed.issuer.rotate();
    expect(other.issuer.policy).toMatchObject({ publishLead: DAY, jwksMaxAge: 600 });
    other.now += 30;
    await other.issuer.refresh();
    expect(other.issuer.policy).toMatchObject({ publishLead: 10 * DAY, jwksMaxAge: 300, maxTokenLifetime: 2 * HOUR });
    const answer = await jwksEndpoint(other.issuer)(new Request(`${NAME}/.well-known/jwks.json`));
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  });
});

describe('RING-21 a key that is revoked while a process', () => {
  test('RING-21 reads the ring and has its clock set back is let go of in time all the same', async () => {
    const first = await world();
    const wait = gate();
    first.now += DAY;
    const other = { now: first.now + DAY }; // ahead, until it is set right
    const second = await another(first, { clock: () => other.now });
    const stolen = kidOf(await second.issuer.sign({}, API));
    other.now += 31;
    first.store.onLoad = async (load) => {
      const stored = await load();
      await wait.opened;
      return stored;
    };
    const signing = second.issuer.sign({}, API);
    await settled();
    other.now -= DAY;
    expect(second.issuer.current).toBeDefined(); // which looks at the clock
    wait.open();
    await signing;
    first.store.onLoad = (load) => load();
    await first.issuer.revoke(String(stolen), 'stolen');
    other.now += 31;
    expect(kidOf(await second.issuer.sign({}, API))).not.toBe(stolen);
  });

  test('RING-21 is closed is signed with no longer than knowledge is new, and the store is not asked again', async () => {
    const at = await world();
    await at.issuer.close();
    expect(kidOf(await at.issuer.sign({}, API))).toBeDefined();
    const { loads } = at.store;
    at.now += 31;
    await expectRefused(at.issuer.sign({}, API), 'ERR_RING_UNAVAILABLE');
    await expectRefused(Promise.resolve(at.issuer.published()), 'ERR_RING_UNAVAILABLE');
    await expectRefused(at.issuer.rotate(), 'ERR_RING_UNAVAILABLE');
    expect(at.store.loads).toBe(loads);
  });

  test.each([600, 0])('RING-21 waits for its seal is not signed with, if its clock shows %i s more', async (shown) => {
    const seal = createSeal('11'.repeat(32));
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => monotonic.mockRestore());
    const first = await world({ seal });
    const unseal = vi.fn(async (...args: Parameters<typeof seal.unseal>) => {
      if (unseal.mock.calls.length === 1) {
        first.now += shown;
        monotonic.mockReturnValue(600_000);
        await first.issuer.revoke(stolen, 'stolen');
      }
      return seal.unseal(...args);
    });
    const stolen = String(kidOf(await first.issuer.sign({}, API)));
    const second = await another(first, { seal: { seal: (...args) => seal.seal(...args), unseal } });
    expect(kidOf(await second.issuer.sign({}, API))).not.toBe(stolen);
    expect(unseal).toHaveBeenCalledTimes(2);
  });

  test('RING-21 has a store that hangs when it is to clear older versions is revoked without waiting', async () => {
    const at = await world();
    const wait = gate();
    Object.assign(at.store, { prune: () => wait.opened });
    const stolen = String(kidOf(await at.issuer.sign({}, API)));
    await at.issuer.revoke(stolen, 'stolen');
    expect(kidOf(await at.issuer.sign({}, API))).not.toBe(stolen);
    wait.open();
    await at.issuer.close();
  });
});
