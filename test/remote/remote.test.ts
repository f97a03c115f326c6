// The remote set as a whole, over a fake issuer: what for(), now(), current, status, refresh() and snapshot() give, how many
// requests they cost, and what is told of it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type Duration,
  exportJwk,
  exportPrivateJwk,
  generateKey,
  importKey,
  importSecret,
  JoseError,
  type Key,
  type RemoteJwks,
  type RemoteJwksOptions,
  remoteJwks,
  signJwt,
  verifyJwt,
} from '../../src/index.ts';
import { providerOf } from '../../src/jwks/source.ts';
import { RemoteJwks as RemoteJwksClass } from '../../src/remote/remote.ts';
import { codeOf } from '../support/code.ts';
import { type FakeIssuer, fakeIssuer, hanging, JWKS_URL, jwksResponse } from '../support/issuer.ts';

const T = 1_700_000_000;
const CLAIMS = { iss: 'https://issuer.example', aud: 'api', sub: 'user-1' };
let a: Key;
let b: Key;

beforeAll(async () => {
  [a, b] = await Promise.all([generateKey('ES256', { kid: 'a' }), generateKey('EdDSA', { kid: 'b' })]);
});

afterEach(() => vi.useRealTimers());

const tokenOf = (key: Key) => signJwt(CLAIMS, key, { expiresIn: '52w', now: T });
function start(keys: readonly Key[], options: RemoteJwksOptions = {}): { issuer: FakeIssuer; set: RemoteJwks } {
  const issuer = fakeIssuer(() => jwksResponse(keys));
  return { issuer, set: remoteJwks(JWKS_URL, { ...issuer.options, ...options }) };
}

const broken = () => new Response('', { status: 500 });
const kids = ({ keys }: { keys: readonly Key[] }) => keys.map(({ kid }) => kid);
const types = ({ events }: FakeIssuer) => events.map(({ type }) => type);
/** How a promise ended: its kids, or the error's code. */
const outcome = (promise: Promise<{ keys: readonly Key[] }>) =>
  promise.then(kids, (error: unknown) => (error instanceof JoseError ? error.code : error));

describe('for', () => {
  test('fetches once, and hands out the same set while it is fresh', async () => {
    const { issuer, set } = start([a, b]);
    const keys = await set.for(tokenOf(a));
    expect(kids(keys)).toEqual(['a', 'b']);
    expect(verifyJwt(tokenOf(a), keys, { issuer: CLAIMS.iss, audience: 'api', now: T }).key.kid).toBe('a');
    issuer.now += 479;
    expect(await set.for(tokenOf(b))).toBe(keys);
    expect(issuer.requests.length).toBe(1);
  });

  test('any number of waiters, one request', async () => {
    const { issuer, set } = start([a, b]);
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => set.for(tokenOf(i % 2 ? a : b))));
    expect(new Set(all).size).toBe(1);
    expect(issuer.requests.length).toBe(1);
  });

  test('what can never verify is refused before any request', async () => {
    const { issuer, set } = start([a], { algorithms: ['ES256'] });
    const hmac = importSecret(new Uint8Array(32).fill(7), { alg: 'HS256', kid: 'a' });
    const refusals: [string, string][] = [
      ['not a token', 'ERR_JWS_INVALID'],
      ['!!.e30.', 'ERR_JWS_INVALID'],
      [`${tokenOf(a)}${'A'.repeat(256 * 1024)}`, 'ERR_JOSE_LIMIT_EXCEEDED'],
      [`${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`, 'ERR_JOSE_ALG_NOT_ALLOWED'],
      [tokenOf(hmac), 'ERR_JOSE_ALG_NOT_ALLOWED'],
      [tokenOf(b), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ];
    for (const [token, code] of refusals) expect(await outcome(set.for(token))).toBe(code);
    expect(await outcome(remoteJwks(JWKS_URL, issuer.options).for(tokenOf(hmac)))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(issuer.requests).toEqual([]);
  });

  test('a new key is had at once, however short ago the set was fetched', async () => {
    const { issuer, set } = start([a]);
    await set.for(tokenOf(a));
    issuer.answer = () => jwksResponse([a, b]);
    expect(kids(await set.for(tokenOf(b)))).toEqual(['a', 'b']);
    expect(issuer.requests.length).toBe(2);
    expect(types(issuer)).toEqual(['refreshed', 'key-added', 'kid-unknown', 'refreshed', 'key-added']);
  });

  test('an unknown kid that the issuer lacks: the set comes back for verifyJwt to refuse by', async () => {
    const { issuer, set } = start([a]);
    await set.for(tokenOf(a));
    const keys = await set.for(tokenOf(b));
    expect(codeOf(() => verifyJwt(tokenOf(b), keys, { issuer: null, audience: null }))).toBe(
      'ERR_JWKS_NO_MATCHING_KEY',
    );
    expect(await set.for(tokenOf(b))).toBe(keys);
    expect(issuer.requests.length).toBe(2);
    expect(types(issuer).slice(2)).toEqual(['kid-unknown', 'refreshed', 'kid-refused', 'kid-refused']);
  });

  test('a token without kid is known when a key has its alg, and else asked for once', async () => {
    const bare = (key: Key) => {
      const { kid: _, ...jwk } = exportPrivateJwk(key);
      return tokenOf(importKey(jwk));
    };
    const { issuer, set } = start([a]);
    await set.for(bare(a));
    expect(issuer.requests.length).toBe(1);
    await set.for(bare(b));
    await set.for(bare(b));
    expect(issuer.requests.length).toBe(2);
    expect(issuer.events.find(({ type }) => type === 'kid-unknown')).toEqual({
      type: 'kid-unknown',
      url: JWKS_URL,
      at: T,
      alg: 'EdDSA',
    });
  });

  test('while the issuer fails: known keys to the end of the stale time, unknown ones not at all', async () => {
    const { issuer, set } = start([a]);
    await set.for(tokenOf(a));
    issuer.answer = broken;
    issuer.now += 1;
    expect(await outcome(set.for(tokenOf(b)))).toBe('ERR_JWKS_UNAVAILABLE');
    issuer.now = T + 4_199;
    expect(await outcome(set.for(tokenOf(a)))).toEqual(['a']);
    expect(issuer.events.at(-1)).toMatchObject({ type: 'stale-served', age: 4_199 });
    issuer.now = T + 4_300;
    expect(await outcome(set.for(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
    issuer.answer = () => jwksResponse([a]);
    issuer.now += 60;
    expect(await outcome(set.for(tokenOf(a)))).toEqual(['a']);
  });

  test('the error says why and when to come again', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = broken;
    issuer.chance = 1;
    for (const [wait, retryAfter] of [
      [0, 1],
      [1, 2],
      [2, 4],
    ] as const) {
      issuer.now += wait;
      await expect(set.for(tokenOf(a))).rejects.toMatchObject({
        code: 'ERR_JWKS_UNAVAILABLE',
        message: 'the keys are unavailable: status 500 instead of 200',
        retryAfter,
      });
    }
    expect(await outcome(set.for(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
    expect(issuer.requests.length).toBe(3);
  });

  test('a removed key is gone with the next good answer', async () => {
    const { issuer, set } = start([a, b]);
    await set.for(tokenOf(a));
    issuer.answer = () => jwksResponse([b]);
    issuer.now += 500;
    expect(kids(await set.for(tokenOf(a)))).toEqual(['a', 'b']); // the refresh ahead has only begun
    await set.refresh();
    expect(kids(await set.for(tokenOf(a)))).toEqual(['b']);
    expect(issuer.events.filter(({ type }) => type === 'key-removed')).toEqual([
      { type: 'key-removed', url: JWKS_URL, at: T + 500, kid: 'a', alg: 'ES256' },
    ]);
  });

  test('after an idle time it waits for the news first', async () => {
    const { issuer, set } = start([a, b]);
    await set.for(tokenOf(a));
    issuer.answer = () => jwksResponse([b]);
    issuer.now += 3_000;
    expect(kids(await set.for(tokenOf(a)))).toEqual(['b']);
  });
});

describe('ETag', () => {
  test('is sent for routine refreshes, and 304 leaves the very same set', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = () => jwksResponse([a], { etag: '"1"', 'cache-control': 'max-age=600' });
    const keys = await set.for(tokenOf(a));
    issuer.answer = () => new Response(null, { status: 304, headers: { 'cache-control': 'max-age=60' } });
    issuer.now += 600;
    expect(await set.for(tokenOf(a))).toBe(keys);
    expect(issuer.requests.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"1"']);
    expect(set.status).toMatchObject({ state: 'fresh', fetchedAt: T + 600, freshUntil: T + 660 });
    expect(issuer.events.at(-1)).toMatchObject({ type: 'refreshed', unchanged: true });
  });

  test('is not sent for the sake of an unknown kid, which a wrong 304 would hide', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = () => jwksResponse([a], { etag: '"1"' });
    await set.for(tokenOf(a));
    await set.for(tokenOf(b));
    expect(issuer.requests.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, null]);
  });

  test('a 304 to a request without one is a failure; the same text is the same set', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = () => new Response(null, { status: 304 });
    expect(await outcome(set.for(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
    issuer.answer = () => jwksResponse([a]);
    issuer.now += 60;
    const keys = await set.for(tokenOf(a));
    expect(await set.refresh()).toBe(keys);
  });
});

describe('what an answer is worth', () => {
  test('a 304 that says nothing of its age has that of the body', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = () => jwksResponse([a], { etag: '"1"', 'cache-control': 'max-age=120' });
    await set.refresh();
    issuer.answer = () => new Response(null, { status: 304 });
    issuer.now += 110;
    await set.refresh();
    expect(set.status).toMatchObject({ fetchedAt: T + 110, freshUntil: T + 230 });
  });

  test('an answer is as old as its request', async () => {
    const { issuer, set } = start([a]);
    const { response, release } = hanging();
    issuer.answer = () => response;
    const waiting = set.for(tokenOf(a));
    issuer.now += 4;
    release(jwksResponse([a]));
    await waiting;
    expect(set.status).toMatchObject({ fetchedAt: T, freshUntil: T + 600 });
  });

  test('a key that comes back under its old kid with another alg is asked for', async () => {
    const { issuer, set } = start([a]);
    await set.refresh();
    const again = await generateKey('EdDSA', { kid: 'a' });
    issuer.answer = () => jwksResponse([again]);
    const keys = await set.for(tokenOf(again));
    expect(keys.keys.map(({ alg }) => alg)).toEqual(['EdDSA']);
  });

  test('a made-up kid that comes first of all counts among the three', async () => {
    const { issuer, set } = start([a]);
    const strangers = await Promise.all(['w', 'x', 'y', 'z'].map((kid) => generateKey('ES256', { kid })));
    for (const stranger of strangers) await set.for(tokenOf(stranger));
    expect(issuer.requests.length).toBe(3);
    expect(types(issuer)[0]).toBe('refreshed');
  });
});

describe('now', () => {
  test('never waits: begins what is due and takes what is at hand', async () => {
    const { issuer, set } = start([a]);
    expect(codeOf(() => set.now(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
    expect(() => set.now(tokenOf(a))).toThrow('the keys are unavailable: they are being fetched');
    await set.refresh();
    expect(kids(set.now(tokenOf(a)))).toEqual(['a']);
    expect(issuer.requests.length).toBe(1);
  });

  test('nobody hears of a background request that fails, but the events', async () => {
    const { issuer, set } = start([a]);
    issuer.answer = broken;
    expect(codeOf(() => set.now(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
    await new Promise(setImmediate);
    expect(types(issuer)).toEqual(['refresh-failed']);
  });

  test('an unknown kid is unavailable while it is asked for, then refused', async () => {
    const { issuer, set } = start([a]);
    await set.refresh();
    expect(codeOf(() => set.now(tokenOf(b)))).toBe('ERR_JWKS_UNAVAILABLE');
    await set.refresh();
    expect(kids(set.now(tokenOf(b)))).toEqual(['a']);
    expect(issuer.requests.length).toBe(2);
  });

  test('an idle stale set serves, as the one who asks cannot wait', async () => {
    const { issuer, set } = start([a]);
    await set.refresh();
    issuer.now += 3_000;
    expect(kids(set.now(tokenOf(a)))).toEqual(['a']);
    expect(types(issuer).at(-1)).toBe('stale-served');
    expect(issuer.requests.length).toBe(2);
    issuer.now += 3_000;
    expect(codeOf(() => set.now(tokenOf(a)))).toBe('ERR_JWKS_UNAVAILABLE');
  });
});

describe('refresh', () => {
  test('asks whatever the ages and pauses say, and joins the request on its way', async () => {
    const { issuer, set } = start([a]);
    const { response, release } = hanging();
    issuer.answer = () => response;
    const both = [set.refresh(), set.refresh(), set.for(tokenOf(a))];
    release(jwksResponse([a]));
    await Promise.all(both);
    expect(issuer.requests.length).toBe(1);
    issuer.answer = broken;
    expect(await outcome(set.refresh())).toBe('ERR_JWKS_UNAVAILABLE');
    expect(await outcome(set.refresh())).toBe('ERR_JWKS_UNAVAILABLE');
    expect(issuer.requests.length).toBe(3);
    expect(kids(set.now(tokenOf(a)))).toEqual(['a']);
  });
});

describe('a snapshot, and a filter of keys', () => {
  test.each([
    [{}, true],
    [{ alg: 'ES256' }, false],
    [{ use: 'sig' }, false],
    [{ accept: () => true }, false],
  ] as const)('with %j, the first refresh is conditional: %j', async (filter, isConditional) => {
    const { issuer, set } = start([a]);
    issuer.answer = () => jwksResponse([a], { etag: '"1"' });
    await set.refresh();
    const restored = remoteJwks(JWKS_URL, { ...issuer.options, ...filter, snapshot: set.snapshot() });
    await restored.refresh();
    expect(issuer.requests.at(-1)?.headers.has('if-none-match')).toBe(isConditional);
  });

  test('alg must be one with a public key', () => {
    expect(() => remoteJwks(JWKS_URL, { alg: 'HS256' })).toThrow(
      /^options\.alg must be a signature algorithm with a public key/,
    );
  });
});

describe('Retry-After of the issuer', () => {
  const date = new Date(T * 1000).toUTCString();
  const later = new Date((T + 90) * 1000).toUTCString();
  const earlier = new Date((T - 90) * 1000).toUTCString();

  test.each<[number, Record<string, string>, number]>([
    [429, { 'retry-after': '120' }, 120],
    [503, { 'retry-after': '120' }, 120],
    [503, { 'retry-after': '86400' }, 300],
    [503, { 'retry-after': later, date }, 90],
    [503, { 'retry-after': earlier, date }, 1],
    [503, { 'retry-after': later }, 1],
    [503, { 'retry-after': 'soon', date }, 1],
    [503, { 'retry-after': '-1', date }, 1],
    [503, { 'retry-after': '1.5' }, 1],
    [500, { 'retry-after': '120' }, 1],
    [404, { 'retry-after': '120' }, 1],
  ])('status %i with %j: the next request after %i seconds', async (status, headers, pause) => {
    const { issuer, set } = start([a], { random: () => 1 });
    issuer.answer = () => new Response(null, { status, headers });
    await expect(set.for(tokenOf(a))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: pause });
    issuer.now = T + pause - 0.5;
    await expect(set.for(tokenOf(a))).rejects.toMatchObject({ retryAfter: 1 });
    expect(issuer.requests.length).toBe(1);
    issuer.now = T + pause;
    await expect(set.for(tokenOf(a))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(issuer.requests.length).toBe(2);
  });
});

describe('a failed refresh', () => {
  test.each<[string, () => Response, string, string]>([
    ['a status', broken, 'ERR_JWKS_UNAVAILABLE', 'status 500 instead of 200'],
    ['no JSON', () => new Response('<html>'), 'ERR_JWKS_INVALID', 'the JWK Set is not a JSON object in UTF-8'],
    [
      'no usable key',
      () => new Response('{"keys":[{"kty":"XY"}]}'),
      'ERR_JWKS_INVALID',
      'the JWK Set has no usable key; the first of 1 was skipped: the kty, crv or alg of the key is not supported',
    ],
    [
      'several keys of which none is usable',
      () => new Response('{"keys":[{"kty":"EC"},{"kty":"XY"}]}'),
      'ERR_JWKS_INVALID',
      'the JWK Set has no usable key; the first of 2 was skipped: the crv of the key is missing or malformed',
    ],
    [
      'too many octets',
      () => new Response(' '.repeat(262_145)),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the document is over 262144 octets (maxBytes)',
    ],
    [
      'too many keys',
      () => new Response(`{"keys":[${'0,'.repeat(100)}0]}`),
      'ERR_JOSE_LIMIT_EXCEEDED',
      'the JWK Set has more than 100 keys',
    ],
  ])('by %s leaves the old set', async (_, answer, code, reason) => {
    const { issuer, set } = start([a]);
    const keys = await set.refresh();
    issuer.answer = answer;
    expect(await outcome(set.refresh())).toBe('ERR_JWKS_UNAVAILABLE');
    expect(set.current).toBe(keys);
    expect(issuer.events.at(-1)).toEqual({
      type: 'refresh-failed',
      url: JWKS_URL,
      at: T,
      code,
      reason,
      failures: 1,
      retryAt: T + 0.5,
    });
    expect(set.status).toMatchObject({
      state: 'fresh',
      failures: 1,
      lastError: code,
      lastFailureAt: T,
      retryAt: T + 0.5,
    });
  });

  test('maxKeys and maxBytes are the caller’s', async () => {
    const { issuer, set } = start([a, b], { maxKeys: 1 });
    expect(await outcome(set.refresh())).toBe('ERR_JWKS_UNAVAILABLE');
    const many = `{"keys":[${JSON.stringify({ kty: 'EC' })}],"x":"${'x'.repeat(300_000)}"}`;
    issuer.answer = () => new Response(many);
    const large = remoteJwks(JWKS_URL, { ...issuer.options, maxBytes: 400_000 });
    await large.refresh().catch(() => undefined);
    expect(issuer.events.at(-1)?.reason).toBe(
      'the JWK Set has no usable key; the first of 1 was skipped: the crv of the key is missing or malformed',
    );
    expect(large.status).toMatchObject({ lastError: 'ERR_JWKS_INVALID', lastReason: issuer.events.at(-1)?.reason });
  });
});

describe('status and current', () => {
  test('from empty to fresh, stale and unavailable, and no request for looking', async () => {
    const { issuer, set } = start([a]);
    expect(set.status).toEqual({ state: 'empty', keys: 0, skipped: 0, skippedKeys: [], failures: 0 });
    expect(set.current).toBeUndefined();
    const keys = await set.for(tokenOf(a));
    const times = { fetchedAt: T, refreshAt: T + 480, freshUntil: T + 600, staleUntil: T + 4_200 };
    const at: [number, string][] = [
      [0, 'fresh'],
      [600, 'stale'],
      [4_200, 'unavailable'],
    ];
    for (const [passed, state] of at) {
      issuer.now = T + passed;
      expect(set.status).toEqual({ state, keys: 1, skipped: 0, skippedKeys: [], failures: 0, ...times });
      expect(set.current).toBe(state === 'unavailable' ? undefined : keys);
    }
    expect(issuer.requests.length).toBe(1);
  });

  test('the system’s clock that was set back while nobody looked hides no time', async () => {
    vi.useFakeTimers({ now: 1000 * T });
    const { set } = start([a], { clock: undefined });
    await set.for(tokenOf(a));
    const { freshUntil = 0 } = set.status;
    vi.advanceTimersByTime(1000 * 300);
    vi.setSystemTime(1000 * T);
    expect(set.status.freshUntil).toBe(freshUntil - 300);
    vi.advanceTimersByTime(1000 * 60);
    vi.setSystemTime(1000 * (T + 59.5)); // no more than an adjustment
    expect(set.status.freshUntil).toBe(freshUntil - 300);
  });

  test.each([T, T - 1e6])('a clock that is set back makes nothing younger: to %i', async (back) => {
    const { issuer, set } = start([a]);
    await set.for(tokenOf(a));
    issuer.now = T + 4_000;
    expect(set.status.state).toBe('stale');
    issuer.now = back;
    expect(set.current).toBeDefined();
    issuer.now = back + 199;
    expect(set.status.state).toBe('stale');
    issuer.now = back + 200;
    expect(set.status.state).toBe('unavailable');
    expect(set.snapshot()).toBeUndefined();
  });

  test('nor does it let a set that is due look fresh to the next token', async () => {
    const { issuer, set } = start([a]);
    await set.for(tokenOf(a));
    issuer.now = T + 470;
    await set.for(tokenOf(a));
    issuer.now = T;
    await set.for(tokenOf(a));
    issuer.now = T + 10;
    await set.for(tokenOf(a));
    expect(issuer.requests.length).toBe(2);
  });
});

describe('snapshot', () => {
  test('starts another process at the age it has', async () => {
    const { issuer, set } = start([a, b]);
    expect(set.snapshot()).toBeUndefined();
    issuer.answer = () => jwksResponse([a, b], { etag: '"1"' });
    await set.refresh();
    const text = JSON.stringify(set.snapshot());
    expect(text).not.toContain('"d"');
    issuer.now += 100;
    for (const snapshot of [text, JSON.parse(text)]) {
      const other = remoteJwks(JWKS_URL, { ...issuer.options, snapshot });
      expect(kids(await other.for(tokenOf(b)))).toEqual(['a', 'b']);
      expect(other.status).toMatchObject({ state: 'fresh', fetchedAt: T, freshUntil: T + 600 });
      expect(other.snapshot()).toEqual(JSON.parse(text));
    }
    expect(issuer.requests.length).toBe(1);
    const other = remoteJwks(JWKS_URL, { ...issuer.options, snapshot: text });
    await other.refresh();
    expect(issuer.requests.at(-1)?.headers.get('if-none-match')).toBe('"1"');
  });

  test('one that is too old, or of the future, is not used', async () => {
    const { issuer, set } = start([a]);
    await set.refresh();
    const snapshot = set.snapshot();
    for (const at of [T + 4_200, T - 1]) {
      const other = remoteJwks(JWKS_URL, { ...issuer.options, clock: () => at, ...(snapshot && { snapshot }) });
      expect(other.current).toBeUndefined();
      expect(other.snapshot()).toBeUndefined();
    }
  });

  test('a set without ETag keeps none', async () => {
    const { issuer, set } = start([a]);
    await set.refresh();
    expect(set.snapshot()).not.toHaveProperty('etag');
    const other = remoteJwks(JWKS_URL, { ...issuer.options, snapshot: JSON.stringify(set.snapshot()) });
    await other.refresh();
    expect(issuer.requests.at(-1)?.headers.get('if-none-match')).toBeNull();
  });

  test.each<[string, (snapshot: Record<string, unknown>) => unknown]>([
    ['no JSON', () => 'snapshot'],
    ['another version', (snapshot) => ({ ...snapshot, version: 2 })],
    ['another URL', (snapshot) => ({ ...snapshot, url: 'https://other.example/jwks.json' })],
    ['no keys', ({ jwks: _, ...snapshot }) => snapshot],
    ['an unusable set', (snapshot) => ({ ...snapshot, jwks: { keys: [{}] } })],
    ['an age that is no number', (snapshot) => ({ ...snapshot, fetchedAt: '0' })],
    ['an ETag that is no text', (snapshot) => ({ ...snapshot, etag: 1 })],
    ['an ETag that cannot be sent', (snapshot) => ({ ...snapshot, etag: '"1"\r\nx: y' })],
    ['what JSON cannot say', (snapshot) => ({ ...snapshot, self: 1n })],
    ['a member twice', (snapshot) => JSON.stringify(snapshot).replace('{', '{"version":1,')],
  ])('%s is refused', async (_, bend) => {
    const { issuer, set } = start([a]);
    await set.refresh();
    const bent = bend(JSON.parse(JSON.stringify(set.snapshot()))) as string;
    expect(codeOf(() => remoteJwks(JWKS_URL, { ...issuer.options, snapshot: bent }))).toBe('ERR_JWKS_INVALID');
  });
});

describe('events', () => {
  test('also on the diagnostics channel, frozen, without key material', async () => {
    const heard: unknown[] = [];
    const hear = (event: unknown) => heard.push(event);
    const { issuer, set } = start([a]);
    const { onEvent: _, ...silent } = issuer.options;
    subscribe('barejose:jwks', hear);
    try {
      await set.refresh();
      expect(heard).toEqual(issuer.events);
      await remoteJwks(JWKS_URL, silent).refresh();
      expect(heard.length).toBe(4);
      expect(heard.every(Object.isFrozen)).toBe(true);
      expect(JSON.stringify(heard)).not.toMatch(/"(x|y|n|d|kty)"/);
    } finally {
      unsubscribe('barejose:jwks', hear);
    }
    await remoteJwks(JWKS_URL, silent).refresh();
    expect(heard.length).toBe(4);
  });

  test('which keys were left out, and a long kid cut short', async () => {
    const { issuer, set } = start([a]);
    const kid = 'k'.repeat(1_000);
    issuer.answer = () => new Response(JSON.stringify({ keys: [exportJwk(a), { kty: 'XY', kid }, 1] }));
    await set.refresh();
    expect(issuer.events.filter(({ type }) => type === 'key-skipped')).toEqual([
      {
        type: 'key-skipped',
        url: JWKS_URL,
        at: T,
        kid: 'k'.repeat(200),
        reason: expect.stringContaining('not supported'),
      },
      { type: 'key-skipped', url: JWKS_URL, at: T, reason: 'the member of keys is not a JSON object' },
    ]);
    expect(set.status).toMatchObject({ keys: 1, skipped: 2 });
  });

  test('a listener that throws changes no verdict; its error surfaces by itself', async () => {
    const surfaced: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => surfaced.push(error));
    try {
      const mistake = new Error('of the listener');
      let once = true;
      const onEvent = () => {
        if (once) {
          once = false;
          throw mistake;
        }
      };
      const { set } = start([a], { onEvent });
      expect(kids(await set.refresh())).toEqual(['a']);
      await new Promise(setImmediate);
      expect(surfaced).toEqual([mistake]);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('options', () => {
  test.each<[string, object]>([
    ['an unknown name', { maxAge: 5 }],
    ['fetch', { fetch: 'fetch' }],
    ['headers', { headers: { x: 1 } }],
    ['headers that cannot be sent', { headers: { 'x y': '1' } }],
    ['clock', { clock: 5 }],
    ['random', { random: 0.5 }],
    ['onEvent', { onEvent: {} }],
    ['timeout 0', { timeout: 0 }],
    ['timeout of a month', { timeout: 30 * 86_400 }],
    ['maxBytes', { maxBytes: 0 }],
    ['maxKeys', { maxKeys: 1.5 }],
    ['minFresh under a second', { minFresh: 0.5 }],
    ['minFresh over maxFresh', { minFresh: '2h' }],
    ['defaultFresh', { defaultFresh: -1 }],
    ['maxFresh', { maxFresh: Number.NaN }],
    ['staleFor', { staleFor: Number.POSITIVE_INFINITY }],
    ['algorithms: none', { algorithms: [] }],
    ['algorithms: unknown', { algorithms: ['none'] }],
    ['algorithms: of secrets', { algorithms: ['HS256'] }],
    ['snapshot', { snapshot: 5 }],
    ['allowInsecureLoopback', { allowInsecureLoopback: 'yes' }],
  ])('%s is a TypeError', (_, options) => {
    expect(codeOf(() => remoteJwks(JWKS_URL, options))).toBe('TypeError');
  });

  test('ages are the caller’s', async () => {
    const ages: Record<'minFresh' | 'defaultFresh' | 'maxFresh' | 'staleFor', Duration> = {
      minFresh: '1s',
      defaultFresh: '5s',
      maxFresh: '10s',
      staleFor: 0,
    };
    const { set } = start([a], ages);
    await set.refresh();
    expect(set.status).toMatchObject({ freshUntil: T + 5, staleUntil: T + 5 });
  });

  test('a clock that tells no time is the caller’s mistake; chance beyond its bounds is the longest pause', async () => {
    for (const clock of [() => Number.NaN, () => undefined, () => new Date()])
      expect(codeOf(() => start([a], { clock: clock as () => number }).set.status)).toBe('TypeError');
    for (const random of [() => Number.NaN, () => -1, () => 2]) {
      const { issuer, set } = start([a], { random });
      issuer.answer = broken;
      await outcome(set.refresh());
      expect(set.status.retryAt).toBe(T + 1);
    }
  });

  test('one that fails while an answer comes counts as a failed refresh, and the next one is asked for again', async () => {
    let mood: 'well' | 'ill' = 'well';
    const ifWell = (value: number) => {
      if (mood === 'ill') throw new Error('of the caller');
      return value;
    };
    const { issuer, set } = start([a], { clock: () => ifWell(T), random: () => ifWell(0) });
    issuer.answer = () => {
      mood = 'ill';
      return jwksResponse([a]);
    };
    const refreshed = set.refresh();
    await expect(refreshed).rejects.toThrow('of the caller');
    mood = 'well';
    expect(issuer.events.at(-1)).toMatchObject({
      type: 'refresh-failed',
      reason: 'options.clock or options.random failed',
      retryAt: T + 1,
    });
    issuer.answer = () => jwksResponse([a]);
    expect(kids(await set.refresh())).toEqual(['a']);
  });

  test('without any, the clock, chance and fetch of the platform are used', async () => {
    const issuer = fakeIssuer(() => jwksResponse([a]));
    const platform = globalThis.fetch;
    globalThis.fetch = (...request) => (issuer.options.fetch ?? platform)(...request);
    try {
      const set = remoteJwks(new URL(JWKS_URL));
      expect(kids(await set.refresh())).toEqual(['a']);
      const { fetchedAt = 0, refreshAt = 0 } = set.status;
      expect(refreshAt - fetchedAt).toBeGreaterThanOrEqual(449.9);
      expect(refreshAt - fetchedAt).toBeLessThanOrEqual(510.1);
    } finally {
      globalThis.fetch = platform;
    }
  });
});

test('nobody else can make one', () => {
  expect(() => Reflect.construct(RemoteJwksClass, [])).toThrow(TypeError);
  const { set } = start([a]);
  expect(Object.isFrozen(set)).toBe(true);
  for (const value of [{}, null, false, Object.create(RemoteJwksClass.prototype)])
    expect(providerOf(value, 'keys')).toBeUndefined();
  expect(providerOf(set, 'keys')).toBeDefined();
});
