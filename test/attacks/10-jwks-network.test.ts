// SECURITY.md, group 10: the issuer's keys come over a network, and whoever sends tokens decides when.

import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  createVerifier,
  discover,
  discoverJwks,
  exportJwk,
  importKey,
  JoseError,
  type Key,
  type RemoteJwks,
  type RemoteJwksOptions,
  remoteJwks,
  signJwt,
  verifyJwt,
} from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { b64u, compact, jwkOf } from '../support/forge.ts';
import { type FakeIssuer, fakeIssuer, hanging, JWKS_URL, jwksResponse } from '../support/issuer.ts';
import { freshPair } from '../support/keys.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const ISSUER = 'https://issuer.example';
const T0 = 1_700_000_000;

interface Pair {
  readonly publicKey: Key;
  readonly privateKey: Key;
}

function pairOf(kid: string): Pair {
  const { privateKey, publicKey } = freshPair('ec', { namedCurve: 'P-256' });
  return { privateKey: importKey(privateKey, { kid }), publicKey: importKey(publicKey, { kid }) };
}

const k1 = pairOf('k1');
const k2 = pairOf('k2');
const tokenOf = ({ privateKey }: Pair, iss = ISSUER) => signJwt({ iss }, privateKey, { expiresIn: '52w', now: T0 });
/** A token that names a key which nobody has. */
const stray = (kid: string) => compact({ alg: 'ES256', kid }, { iss: ISSUER }, () => new Uint8Array(64));
const strays = (count: number, prefix = 'stray') => Array.from({ length: count }, (_, i) => stray(`${prefix} ${i}`));
/** One turn of the event loop: what was to be done at once is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const failing = () => new Response('', { status: 500 });

interface World {
  readonly issuer: FakeIssuer;
  readonly keys: RemoteJwks;
  /** The kid that a token verified under, or the code of the refusal. */
  readonly verdict: (token: string, iss?: string) => Promise<string | undefined>;
}

function open(answer: () => Response | Promise<Response>, options: RemoteJwksOptions = {}, url = JWKS_URL): World {
  const issuer = fakeIssuer(answer);
  const keys = remoteJwks(url, { ...issuer.options, ...options });
  const verdict = async (token: string, iss = ISSUER) => {
    try {
      return verifyJwt(token, await keys.for(token), { issuer: iss, audience: null, now: T0 }).key.kid;
    } catch (error) {
      if (error instanceof JoseError) return error.code;
      throw error;
    }
  };
  return { issuer, keys, verdict };
}

/** The same with one good answer behind it. */
async function warm(options: RemoteJwksOptions = {}): Promise<World> {
  const world = open(() => jwksResponse([k1.publicKey]), options);
  expect(await world.verdict(tokenOf(k1))).toBe('k1');
  world.issuer.requests.length = 0;
  return world;
}

describe('NET-01 unknown-kid flood', () => {
  test('NET-01 a thousand kids one after another within a second: three requests', async () => {
    const { issuer, verdict } = await warm();
    for (const token of strays(1_000)) {
      issuer.now += 0.001;
      expect(await verdict(token)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
    expect(issuer.requests).toHaveLength(3);
  });

  test('NET-01 a thousand at once: three requests, cold or warm', async () => {
    for (const { issuer, verdict } of [open(() => jwksResponse([k1.publicKey])), await warm()]) {
      const verdicts = await Promise.all(strays(1_000).map((token) => verdict(token)));
      expect(new Set(verdicts)).toEqual(new Set(['ERR_JWKS_NO_MATCHING_KEY']));
      expect(issuer.requests.length).toBeLessThanOrEqual(3);
    }
  });

  test('NET-01 a flood of ten minutes: one request in half a minute, and known keys verify all the time', async () => {
    const { issuer, keys, verdict } = await warm({ minFresh: '1h' });
    for (let second = 0; second < 600; second++) {
      issuer.now++;
      for (const token of strays(5, `second ${second}`)) await verdict(token);
      expect(keys.now(tokenOf(k1)).keys).toHaveLength(1);
    }
    expect(issuer.requests.length).toBeLessThanOrEqual(3 + 600 / 30);
  });

  test('NET-01 the same kid again costs no request for half a minute', async () => {
    const { issuer, verdict } = await warm();
    for (let i = 0; i < 100; i++) await verdict(stray('same'));
    expect(issuer.requests).toHaveLength(1);
    issuer.now += 29;
    expect(await verdict(stray('same'))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(issuer.requests).toHaveLength(1);
    issuer.answer = () => jwksResponse([k1.publicKey, k2.publicKey]);
    issuer.now += 1;
    await verdict(stray('same'));
    expect(issuer.requests, 'then it may be asked for again').toHaveLength(2);
  });

  test('NET-01 tokens without a kid, of an alg that no key has, are a flood like any other', async () => {
    const { issuer, verdict } = await warm();
    const algs = ['ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed448'];
    for (let i = 0; i < 100; i++) {
      const token = compact({ alg: algs[i % algs.length] }, { iss: ISSUER, i }, () => new Uint8Array(64));
      expect(await verdict(token)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
    expect(issuer.requests).toHaveLength(3);
  });

  test('NET-01 a flood at a failing issuer: attempts count, and nobody is told that a token is bad', async () => {
    const { issuer, keys, verdict } = await warm();
    issuer.answer = failing;
    for (const token of strays(1_000)) {
      issuer.now += 0.02;
      expect(await verdict(token)).toBe('ERR_JWKS_UNAVAILABLE');
      expect(keys.now(tokenOf(k1)).keys).toHaveLength(1);
    }
    expect(issuer.requests.length).toBeLessThanOrEqual(3);
  });

  test('NET-01 a flood before the first answer, at a failing issuer: the pauses hold for it, too', async () => {
    const { issuer, verdict } = open(failing);
    for (const token of [...strays(1_000), tokenOf(k1)]) expect(await verdict(token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(issuer.requests).toHaveLength(1);
  });

  test('NET-01 a new key is found in spite of a flood, at the latest after half a minute', async () => {
    const { issuer, verdict } = await warm();
    for (const token of strays(100)) await verdict(token);
    issuer.answer = () => jwksResponse([k1.publicKey, k2.publicKey]);
    expect(await verdict(tokenOf(k2))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    issuer.now += 30;
    expect(await verdict(tokenOf(k2))).toBe('k2');
    expect(await verdict(tokenOf(k1))).toBe('k1');
  });

  test('NET-01 what can never verify costs no request at all', async () => {
    const { issuer, verdict } = open(() => jwksResponse([k1.publicKey]));
    const header = (value: object) => compact(value, {}, () => new Uint8Array(64));
    expect(await verdict('garbage')).toBe('ERR_JWS_INVALID');
    expect(await verdict('a.b.c')).toBe('ERR_JWS_INVALID');
    expect(await verdict(header({ kid: 'x' }))).toBe('ERR_JWS_INVALID');
    expect(await verdict(header({ alg: 'ES256', kid: 7 }))).toBe('ERR_JWS_INVALID');
    for (const alg of ['none', 'HS256', 'HS512', 'es256', 'RS1', '']) {
      expect(await verdict(header({ alg, kid: 'x' }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    }
    expect(await verdict(`${stray('x')}${'A'.repeat(256 * 1024)}`)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(issuer.requests).toEqual([]);
  });

  test('NET-01 a kid of any length leaves no more than a short text in an event', async () => {
    const { issuer, verdict } = await warm();
    expect(await verdict(stray('x'.repeat(10_000)))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    const kids = issuer.events.flatMap(({ kid }) => (kid === undefined ? [] : [kid.length]));
    expect(Math.max(...kids)).toBe(200);
  });
});

describe('NET-02 cache mixes issuers', () => {
  const B = 'https://b.example';
  const same = { a: pairOf('same'), b: pairOf('same') };
  const a = open(() => jwksResponse([same.a.publicKey]));
  const b = open(() => jwksResponse([same.b.publicKey]), {}, `${B}/jwks.json`);

  test('NET-02 two issuers, one kid, two keys: neither verifies what the other signed', async () => {
    expect(await Promise.all([a.verdict(tokenOf(same.a)), b.verdict(tokenOf(same.b, B), B)])).toEqual(['same', 'same']);
    const crossed = await Promise.all([
      b.verdict(tokenOf(same.a, B), B), // A's key speaks for B
      b.verdict(tokenOf(same.a), B), // A's token is taken to B
      a.verdict(tokenOf(same.b), ISSUER),
      b.verdict(tokenOf(same.b, ISSUER), B), // B's key speaks for A, at B
    ]);
    expect(crossed).toEqual([
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    ]);
    expect([a, b].map(({ issuer }) => issuer.requests.map(({ url }) => url))).toEqual([[JWKS_URL], [`${B}/jwks.json`]]);
  });

  test('NET-02 the snapshot of one URL serves no other, however alike they are', async () => {
    await a.verdict(tokenOf(same.a));
    const snapshot = a.keys.snapshot();
    expect(snapshot?.url).toBe(JWKS_URL);
    for (const url of [`${JWKS_URL}?`, `${JWKS_URL}/`, JWKS_URL.toUpperCase(), `${B}/jwks.json`, `${JWKS_URL}:1`]) {
      const error = caught(() => remoteJwks(url, { ...a.issuer.options, snapshot }));
      expect([url, error instanceof JoseError && error.code]).toEqual([url, 'ERR_JWKS_INVALID']);
    }
  });

  test('NET-02 two sets of one URL share nothing', async () => {
    const [one, two] = [open(() => jwksResponse([k1.publicKey])), open(() => jwksResponse([k2.publicKey]))];
    expect([await one.verdict(tokenOf(k1)), await two.verdict(tokenOf(k1))]).toEqual([
      'k1',
      'ERR_JWKS_NO_MATCHING_KEY',
    ]);
    expect([await one.verdict(tokenOf(k1)), await two.verdict(tokenOf(k2))]).toEqual(['k1', 'k2']);
  });
});

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('NET-03 removed key stays trusted', () => {
  const rotated = () => jwksResponse([k2.publicKey]);

  test('NET-03 gone with the next routine refresh', async () => {
    const { issuer, verdict } = await warm();
    issuer.answer = rotated;
    issuer.now += 10 * MINUTE;
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(await verdict(tokenOf(k2))).toBe('k2');
  });

  test('NET-03 gone with the first token of the new key', async () => {
    const { issuer, verdict } = await warm();
    issuer.answer = rotated;
    expect(await verdict(tokenOf(k2))).toBe('k2');
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('NET-03 gone with refresh(), and the set handed out before is not changed', async () => {
    const { issuer, keys, verdict } = await warm();
    const before = keys.current;
    issuer.answer = rotated;
    expect((await keys.refresh()).keys.map(({ kid }) => kid)).toEqual(['k2']);
    expect(before?.keys.map(({ kid }) => kid)).toEqual(['k1']);
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('NET-03 gone after fresh and stale time, when the issuer cannot be asked', async () => {
    const { issuer, keys, verdict } = await warm();
    issuer.answer = failing;
    issuer.now += 10 * MINUTE + HOUR - 1;
    expect(await verdict(tokenOf(k1))).toBe('k1');
    issuer.now += 1;
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
    expect(keys.current).toBeUndefined();
    expect(keys.snapshot()).toBeUndefined();
  });

  test('NET-03 once gone it does not come back because the issuer fails', async () => {
    const { issuer, verdict } = await warm();
    issuer.answer = rotated;
    await verdict(tokenOf(k2));
    issuer.answer = failing;
    issuer.now += 11 * MINUTE;
    expect(await verdict(tokenOf(k2))).toBe('k2');
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
  });

  test('NET-03 a snapshot does not make it live longer, whatever it says of its age', async () => {
    const { issuer, keys } = await warm();
    const snapshot = keys.snapshot();
    if (!snapshot) throw new Error('no snapshot');
    for (const lie of [
      {},
      { freshUntil: 1e12 },
      { freshUntil: issuer.now + 30 * DAY },
      { fetchedAt: issuer.now + 30 * DAY, freshUntil: issuer.now + 31 * DAY },
      { receivedAt: issuer.now + 30 * DAY },
    ]) {
      const restored = open(failing, { snapshot: { ...snapshot, ...lie } });
      restored.issuer.now = issuer.now + 2 * HOUR;
      expect(await restored.verdict(tokenOf(k1)), JSON.stringify(lie)).toBe('ERR_JWKS_UNAVAILABLE');
    }
  });

  test('NET-03 a clock that is set back again and again does not make it live longer', async () => {
    const { issuer, verdict } = await warm();
    issuer.answer = failing;
    let lived = 0;
    while ((await verdict(tokenOf(k1))) === 'k1' && lived < 10 * HOUR) {
      issuer.now += 7 * MINUTE;
      lived += 7 * MINUTE;
      await verdict(tokenOf(k1));
      issuer.now -= DAY;
    }
    expect(lived).toBeLessThanOrEqual(10 * MINUTE + HOUR + 7 * MINUTE);
  });

  test('NET-03 nor do 304 answers, nor an ETag that stays the same', async () => {
    const { issuer, verdict } = open(() => jwksResponse([k1.publicKey], { etag: '"1"' }));
    await verdict(tokenOf(k1));
    issuer.answer = () => {
      const isConditional = issuer.requests.at(-1)?.headers.has('if-none-match');
      return isConditional ? new Response(null, { status: 304 }) : jwksResponse([k2.publicKey], { etag: '"1"' });
    };
    let lived = 0;
    while ((await verdict(tokenOf(k1))) === 'k1' && lived < 10 * HOUR) {
      await settled(); // what was begun behind it
      issuer.now += 9 * MINUTE;
      lived += 9 * MINUTE;
    }
    expect(lived).toBeGreaterThan(40 * MINUTE);
    expect(lived).toBeLessThanOrEqual(2 * HOUR + 2 * 9 * MINUTE);
    expect(await verdict(tokenOf(k2))).toBe('k2');
  });
});

describe('NET-04 one failed fetch clears the cache', () => {
  const body = (text: string) => () => new Response(text);
  const bad: Readonly<Record<string, () => Response | Promise<Response>>> = {
    'status 500': failing,
    'status 404': () => new Response('', { status: 404 }),
    'a redirect': () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } }),
    'no connection': () => Promise.reject(new TypeError('fetch failed')),
    'no answer in time': () => new Promise(() => undefined),
    'a body that stalls': () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) })),
    'no JSON': body('<html>'),
    'an empty body': body(''),
    'no usable key': body('{"keys":[{"kty":"EC"}]}'),
    'too many octets': body(' '.repeat(256 * 1024 + 1)),
    'too many keys': body(JSON.stringify({ keys: Array(101).fill({ kty: 'EC' }) })),
  };

  test.each(Object.entries(bad))('NET-04 %s: old keys verify until their time is up', async (_, answer) => {
    const { issuer, keys, verdict } = await warm({ timeout: 0.1 });
    issuer.answer = answer;
    issuer.now += 10 * MINUTE;
    expect(await verdict(tokenOf(k1))).toBe('k1');
    expect(keys.status).toMatchObject({ state: 'stale', failures: 1, keys: 1 });
    issuer.now += HOUR - 1;
    expect(keys.now(tokenOf(k1)).keys).toHaveLength(1);
    issuer.now += 1;
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
  });

  test.each(Object.entries(bad))(
    'NET-04 %s, asked for by an unknown kid or refresh(): nothing is lost',
    async (_, answer) => {
      const { issuer, keys, verdict } = await warm({ timeout: 0.1 });
      issuer.answer = answer;
      expect(await verdict(stray('x'))).toBe('ERR_JWKS_UNAVAILABLE');
      await expect(keys.refresh()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
      expect(await verdict(tokenOf(k1))).toBe('k1');
      expect(keys.status.state).toBe('fresh');
    },
  );

  test('NET-04 an outage of an hour at one request a second: few attempts, no valid token refused, and back at once', async () => {
    const { issuer, verdict } = await warm();
    issuer.now += 10 * MINUTE;
    issuer.answer = failing;
    for (let second = 0; second < HOUR; second++) {
      expect(await verdict(tokenOf(k1))).toBe('k1');
      issuer.now++;
    }
    expect(issuer.requests.length).toBeLessThanOrEqual(HOUR / 30 + 10);
    issuer.answer = () => jwksResponse([k1.publicKey]);
    issuer.now += MINUTE;
    expect(await verdict(tokenOf(k1))).toBe('k1');
    expect(await verdict(tokenOf(k1))).toBe('k1');
  });

  test('NET-04 the pauses grow to a minute, and the longest chance makes them no longer', async () => {
    const { issuer, keys, verdict } = open(failing, { random: () => 1 });
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      await verdict(tokenOf(k1));
      pauses.push((keys.status.retryAt ?? 0) - issuer.now);
      issuer.now += pauses.at(-1) ?? 0;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    expect(issuer.requests).toHaveLength(10);
  });

  test('NET-04 a refusal says when to come back, and is not a verdict on the token', async () => {
    const { keys } = open(failing, { random: () => 1 });
    const error = await keys.for(tokenOf(k1)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: 1 });
  });
});

const BAD_URLS = [
  'http://issuer.example/jwks.json',
  'http://127.0.0.1/jwks.json',
  'file:///etc/jwks.json',
  'data:application/json,{"keys":[]}',
  'ftp://issuer.example/jwks.json',
  'ws://issuer.example/',
  'blob:https://issuer.example/x',
  'https://[fe80::1%25eth0]/jwks.json',
  'https://user@issuer.example/jwks.json',
  'https://:word@issuer.example/jwks.json',
  'https://issuer.example/jwks.json#keys',
  'issuer.example/jwks.json',
  '/jwks.json',
  '',
];

describe('NET-05 scheme and host', () => {
  test.each(BAD_URLS)('NET-05 %s is refused when the set is made', (url) => {
    const { options, requests } = fakeIssuer(failing);
    expectTypeError(() => remoteJwks(url, options), /^url must /);
    expectTypeError(() => discoverJwks(url, options), /^issuer must /);
    expect(requests).toEqual([]);
  });

  test.each(BAD_URLS)('NET-05 metadata that names %s leads nowhere', async (jwks_uri) => {
    const issuer = fakeIssuer(() => new Response(JSON.stringify({ issuer: ISSUER, jwks_uri })));
    const keys = discoverJwks(ISSUER, issuer.options);
    await expect(keys.for(tokenOf(k1))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(keys.status.lastError).toBe('ERR_JWKS_INVALID');
    expect(issuer.requests.map(({ url }) => url)).toEqual([`${ISSUER}/.well-known/openid-configuration`]);
  });

  test('NET-05 insecureHosts is for the hosts that it names, and for no likeness of them', async () => {
    const insecureHosts = ['keycloak'];
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    for (const jwks_uri of [
      'http://keycloak@evil.example/',
      'http://keycloak:pw@evil.example/',
      'http://keycloak.evil.example/',
      'http://evil.example:80/keycloak',
      'http://evil.example#@keycloak/',
      'http://keycloak./',
      'http://xn--eycloak-l7a/',
      'http://\u212aeycloak.evil.example/',
      'ftp://keycloak/',
    ]) {
      const issuer = fakeIssuer(() => new Response(JSON.stringify({ issuer: ISSUER, jwks_uri })));
      const keys = discoverJwks(ISSUER, { ...issuer.options, insecureHosts });
      await keys.refresh().catch(() => undefined);
      expect([keys.status.lastError, issuer.requests.length], jwks_uri).toEqual(['ERR_JWKS_INVALID', 1]);
      expectTypeError(() => remoteJwks(jwks_uri, { insecureHosts }), /^url must/);
    }
    warn.mockRestore();
  });

  test('NET-05 http is for this machine only, and only by its own option', () => {
    const options = { allowInsecureLoopback: true };
    expect(() => remoteJwks('http://127.0.0.1:8080/', options)).not.toThrow();
    for (const url of [
      'http://issuer.example/',
      'http://127.0.0.1.issuer.example/',
      'http://0.0.0.0/',
      'http://10.0.0.1/',
    ]) {
      expectTypeError(() => remoteJwks(url, options), /^url must be https/);
    }
  });
});

// ── a plain server on loopback, for what only a connection can show ──────────────────────────────────────────────

interface Local {
  readonly origin: string;
  readonly asked: IncomingMessage[];
}

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function local(listener: RequestListener): Promise<Local> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const LOOPBACK = { allowInsecureLoopback: true, clock: () => T0, random: () => 0.5 };
const good = JSON.stringify({ keys: [exportJwk(k1.publicKey)] });

describe('NET-06 redirects', () => {
  test.each([301, 302, 303, 307, 308])('NET-06 %i to another server: that one sees no request', async (status) => {
    const second = await local((_, response) => response.end(good));
    const first = await local((_, response) => response.writeHead(status, { location: second.origin }).end());
    const keys = remoteJwks(first.origin, LOOPBACK);
    await expect(keys.for(tokenOf(k1))).rejects.toThrow(/redirects are not followed/);
    expect([first.asked.length, second.asked.length]).toEqual([1, 0]);
  });

  test.each(['/', 'http://169.254.169.254/latest/meta-data/', 'https://issuer.example/', 'file:///etc/passwd', ''])(
    'NET-06 302 to %s, which may be a loop: one request',
    async (location) => {
      const { origin, asked } = await local((_, response) => response.writeHead(302, { location }).end(good));
      await expect(remoteJwks(origin, LOOPBACK).for(tokenOf(k1))).rejects.toThrow(/redirects are not followed/);
      await expect(discover(origin, { allowInsecureLoopback: true })).rejects.toThrow(/redirects are not followed/);
      expect(asked.map(({ url }) => url)).toEqual(['/', '/.well-known/openid-configuration']);
    },
  );

  test('NET-06 the platform is told not to follow any, and a fetch that did is not believed', async () => {
    const init: (RequestInit | undefined)[] = [];
    const keys = remoteJwks(JWKS_URL, {
      clock: () => T0,
      fetch: async (_, how) => {
        init.push(how);
        return Object.defineProperty(new Response(good), 'redirected', { value: true });
      },
    });
    await expect(keys.for(tokenOf(k1))).rejects.toThrow(/redirects are not followed/);
    expect(init.map((how) => how?.redirect)).toEqual(['manual']);
  });
});

describe('NET-07 endless, slow or huge response', () => {
  const endless: RequestListener = (_, response) => {
    const more = () => {
      while (response.write(' '.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  };
  const drip: RequestListener = (_, response) => {
    let sent = 0;
    const timer = setInterval(() => response.write(good.charAt(sent++)), 20);
    response.on('close', () => clearInterval(timer));
  };
  const onlyHeaders: RequestListener = (_, response) =>
    response.writeHead(200, { 'content-length': 10 }).flushHeaders();

  test.each<[string, RequestListener, RegExp, number?]>([
    ['an endless body', endless, /over 262144 octets/],
    ['a body of 20 MB', (_, response) => response.end(' '.repeat(20 << 20)), /over 262144 octets/],
    [
      'a gzip bomb',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(' '.repeat(16 << 20))),
      /over 262144 octets/,
    ],
    ['one octet now and then', drip, /no answer in time/, 0.3],
    ['headers only', onlyHeaders, /no answer in time/, 0.3],
    ['nothing', () => undefined, /no answer in time/, 0.3],
  ])('NET-07 %s ends within the limits', async (_, listener, message, timeout) => {
    const { origin, asked } = await local(listener);
    const error = await remoteJwks(origin, { ...LOOPBACK, timeout })
      .for(tokenOf(k1))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', message: expect.stringMatching(message) });
    expect(asked).toHaveLength(1);
  });

  test('NET-07 no more is read than the limit and one chunk', async () => {
    let read = 0;
    const chunk = new Uint8Array(1_000).fill(0x20);
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      read += chunk.length;
      controller.enqueue(chunk);
    };
    const { keys } = open(() => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })), { maxBytes: 10_000 });
    await expect(keys.for(tokenOf(k1))).rejects.toThrow(/over 10000 octets/);
    expect(read).toBe(11_000);
  });

  test('NET-07 the deadline is for headers and body together, and holds for a fetch that does not know of it', async () => {
    const { keys } = open(() => new Promise(() => undefined), { timeout: 0.1 });
    await expect(keys.for(tokenOf(k1))).rejects.toThrow(/no answer in time/);
  });
});

describe('NET-08 not a JWK Set', () => {
  const jwk = exportJwk(k1.publicKey);
  const many = (count: number) => JSON.stringify({ keys: Array(count).fill(jwk) });

  test.each<[string, string, string]>([
    ['HTML', '<!doctype html><html></html>', 'ERR_JWKS_INVALID'],
    ['nothing', '', 'ERR_JWKS_INVALID'],
    ['null', 'null', 'ERR_JWKS_INVALID'],
    ['a string', '"keys"', 'ERR_JWKS_INVALID'],
    ['an array of keys', JSON.stringify([jwk]), 'ERR_JWKS_INVALID'],
    ['one key', JSON.stringify(jwk), 'ERR_JWKS_INVALID'],
    ['no keys', '{}', 'ERR_JWKS_INVALID'],
    ['keys that are an object', '{"keys":{}}', 'ERR_JWKS_INVALID'],
    ['keys that are null', '{"keys":null}', 'ERR_JWKS_INVALID'],
    ['keys on a prototype', `{"__proto__":{"keys":[${JSON.stringify(jwk)}]}}`, 'ERR_JWKS_INVALID'],
    ['members that are no keys', '{"keys":[null,1,"x",[],{}]}', 'ERR_JWKS_INVALID'],
    ['keys twice', `{"keys":[],"keys":[${JSON.stringify(jwk)}]}`, 'ERR_JWKS_INVALID'],
    ['a member of a key twice', `{"keys":[${JSON.stringify(jwk).replace('{', '{"kid":"k2",')}]}`, 'ERR_JWKS_INVALID'],
    ['cut off', many(1).slice(0, -1), 'ERR_JWKS_INVALID'],
    ['with something after it', `${many(1)}{}`, 'ERR_JWKS_INVALID'],
    ['with two byte-order marks', `\ufeff\ufeff${many(1)}`, 'ERR_JWKS_INVALID'],
    ['only secrets', JSON.stringify({ keys: [{ kty: 'oct', k: b64u(new Uint8Array(32)) }] }), 'ERR_JWKS_INVALID'],
    ['only private keys', JSON.stringify({ keys: [privateJwk()] }), 'ERR_JWKS_INVALID'],
    ['101 keys', many(101), 'ERR_JOSE_LIMIT_EXCEEDED'],
    ['100,000 keys', `{"keys":[${'0,'.repeat(99_999)}0]}`, 'ERR_JOSE_LIMIT_EXCEEDED'],
    ['too deep', `{"keys":[],"x":${'['.repeat(100)}${']'.repeat(100)}}`, 'ERR_JOSE_LIMIT_EXCEEDED'],
    ['too many members', `{"keys":[],"x":[${'{"a":1},'.repeat(2_400)}{"a":1}]}`, 'ERR_JOSE_LIMIT_EXCEEDED'],
  ])('NET-08 %s: no set, and the old one stays', async (_, text, code) => {
    const cold = open(() => new Response(text));
    expect(await cold.verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
    expect(cold.keys.status).toMatchObject({ state: 'empty', lastError: code });
    const old = await warm();
    old.issuer.answer = () => new Response(text);
    await expect(old.keys.refresh()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(await old.verdict(tokenOf(k1))).toBe('k1');
    expect(old.keys.status).toMatchObject({ state: 'fresh', lastError: code });
  });

  test('NET-08 an empty list is the issuer’s word that it took its keys back: none verifies from then on', async () => {
    const { issuer, keys, verdict } = await warm();
    issuer.answer = () => new Response('{"keys":[]}');
    await keys.refresh();
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(keys.status).toMatchObject({ state: 'fresh', keys: 0, skipped: 0, failures: 0 });
    expect(issuer.events.filter(({ type }) => type === 'key-removed').map(({ kid }) => kid)).toEqual(['k1']);
    // It is as good an answer as any: the old keys do not come back in an outage, and a snapshot keeps it.
    issuer.answer = failing;
    issuer.now += 11 * MINUTE;
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
    expect(keys.snapshot()).toMatchObject({ jwks: { keys: [] } });
    const restored = remoteJwks(JWKS_URL, { ...issuer.options, snapshot: keys.snapshot() });
    expect(restored.status).toMatchObject({ state: 'stale', keys: 0 });
  });

  test('NET-08 what cannot be used is left out, told, and spoils nothing; the content type is not looked at', async () => {
    const members = [null, 1, { kty: 'EC' }, { kty: 'unknown', kid: 'odd' }, privateJwk(), jwk];
    const headers = { 'content-type': 'text/html' };
    const { issuer, keys, verdict } = open(() => new Response(JSON.stringify({ keys: members }), { headers }));
    expect(await verdict(tokenOf(k1))).toBe('k1');
    expect(keys.status).toMatchObject({ keys: 1, skipped: 5 });
    expect(issuer.events.filter(({ type }) => type === 'key-skipped')).toHaveLength(5);
  });

  test('NET-08 the number of keys is an option', async () => {
    const { keys, verdict } = open(() => new Response(many(101)), { maxKeys: 101 });
    expect(await verdict(tokenOf(k1))).toBe('k1'); // one key, 101 times
    expect(keys.status).toMatchObject({ keys: 1, skipped: 100 });
  });

  function privateJwk() {
    return { ...jwkOf(freshPair('ec', { namedCurve: 'P-256' }).privateKey), kid: 'leaked' };
  }
});

describe('NET-09 stampede and out-of-order answers', () => {
  test('NET-09 a thousand at once, cold, idle or after an outage: one request', async () => {
    const { issuer, verdict } = open(() => jwksResponse([k1.publicKey]));
    const all = () => Promise.all(Array.from({ length: 1_000 }, () => verdict(tokenOf(k1))));
    for (const idle of [0, 10 * MINUTE, DAY]) {
      issuer.now += idle;
      issuer.requests.length = 0;
      expect(new Set(await all())).toEqual(new Set(['k1']));
      expect(issuer.requests).toHaveLength(1);
    }
  });

  test('NET-09 a thousand at once at a failing issuer: one request, all are told', async () => {
    const { issuer, verdict } = open(failing);
    const verdicts = await Promise.all(Array.from({ length: 1_000 }, () => verdict(tokenOf(k1))));
    expect(new Set(verdicts)).toEqual(new Set(['ERR_JWKS_UNAVAILABLE']));
    expect(issuer.requests).toHaveLength(1);
  });

  test('NET-09 refresh() and a thousand others share the request on its way', async () => {
    const { issuer, keys, verdict } = open(() => jwksResponse([k1.publicKey]));
    await Promise.all([keys.refresh(), ...Array.from({ length: 1_000 }, () => verdict(tokenOf(k1))), keys.refresh()]);
    expect(issuer.requests).toHaveLength(1);
  });

  test('NET-09 an answer that comes after its deadline does not put an old set back', async () => {
    const { issuer, keys, verdict } = await warm({ timeout: 0.1 });
    const slow = hanging();
    issuer.answer = () => slow.response;
    await expect(keys.refresh()).rejects.toThrow(/no answer in time/);
    issuer.answer = () => jwksResponse([k2.publicKey]);
    await keys.refresh();
    slow.release(jwksResponse([k1.publicKey]));
    await settled();
    expect(keys.current?.keys.map(({ kid }) => kid)).toEqual(['k2']);
    expect(issuer.events.filter(({ type }) => type === 'refreshed')).toHaveLength(2);
    expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('NET-09 a request is never sent beside another: nothing can overtake', async () => {
    const { issuer, keys, verdict } = await warm();
    const slow = hanging();
    issuer.answer = () => slow.response;
    const waiting = [keys.refresh(), verdict(stray('x')), verdict(tokenOf(k2))];
    issuer.now += 9 * MINUTE;
    expect(await verdict(tokenOf(k1)), 'served while it is on its way').toBe('k1');
    expect(issuer.requests).toHaveLength(1);
    issuer.answer = () => jwksResponse([k2.publicKey]);
    slow.release(jwksResponse([k1.publicKey]));
    await Promise.all(waiting);
    expect(await verdict(tokenOf(k2))).toBe('k2');
    expect(keys.current?.keys.map(({ kid }) => kid)).toEqual(['k2']);
  });

  test('NET-09 whoever asks for an unknown key while an older request is on its way is not told by that one', async () => {
    const { issuer, verdict } = await warm();
    issuer.now += 8 * MINUTE;
    const slow = hanging();
    issuer.answer = () => slow.response;
    await verdict(tokenOf(k1)); // begins the refresh ahead
    const asked = verdict(tokenOf(k2));
    issuer.answer = () => jwksResponse([k1.publicKey, k2.publicKey]);
    slow.release(jwksResponse([k1.publicKey]));
    expect(await asked).toBe('k2');
    expect(issuer.requests).toHaveLength(2);
  });
});

describe('NET-10 SSRF by DNS', () => {
  test('NET-10 the way to the network is the caller’s to give: its fetch looks names up, and may refuse', async () => {
    const seen: string[] = [];
    const fetch = async (url: string | URL | Request) => {
      seen.push(String(url));
      throw Object.assign(new Error('resolves to 10.0.0.1'), { code: 'EPRIVATE' });
    };
    const { keys } = open(failing, { fetch });
    await expect(keys.for(tokenOf(k1))).rejects.toThrow(/EPRIVATE/);
    expect(seen).toEqual([JWKS_URL]);
  });

  test('NET-10 no token chooses a URL: not by jku, x5u, iss or kid', async () => {
    const { issuer, verdict } = open(() => jwksResponse([k1.publicKey]));
    const evil = 'https://evil.example/jwks.json';
    for (const header of [
      { jku: evil },
      { x5u: evil },
      { kid: evil },
      { kid: '../../evil' },
      { kid: '/evil?x#y' },
      { jwk: { kty: 'EC' } },
    ]) {
      const token = compact({ alg: 'ES256', ...header }, { iss: 'https://evil.example' }, () => new Uint8Array(64));
      expect(await verdict(token)).toMatch(/^ERR_JW/);
    }
    expect(new Set(issuer.requests.map(({ url }) => url))).toEqual(new Set([JWKS_URL]));
  });
});

describe('NET-11 credentials leak', () => {
  const quiet = ['cookie', 'authorization', 'proxy-authorization', 'referer', 'origin', 'if-none-match'];

  test('NET-11 a request carries no cookie, no Authorization and no token, not even after Set-Cookie', async () => {
    const { origin, asked } = await local((request, response) => {
      response.setHeader('set-cookie', 'track=1; Path=/');
      if (request.url === '/jwks') response.end(good);
      else response.end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/jwks` }));
    });
    const keys = discoverJwks(origin, LOOPBACK);
    const token = tokenOf(k1);
    await keys.for(token);
    await keys.refresh();
    await keys.for(stray('a-kid-that-nobody-knows'));
    expect(asked.length).toBeGreaterThanOrEqual(3);
    for (const { headers, rawHeaders, url } of asked) {
      for (const name of quiet) expect(headers).not.toHaveProperty(name);
      const sent = `${url} ${rawHeaders.join(' ')}`;
      for (const part of [...token.split('.'), 'a-kid-that-nobody-knows', 'track=1']) expect(sent).not.toContain(part);
    }
  });

  test('NET-11 what the caller has sent to its issuer is not sent to whomever the metadata names', async () => {
    const headers = { authorization: 'Bearer for the issuer' };
    for (const [jwks_uri, isSent] of [
      ['https://evil.example/jwks.json', false],
      ['https://issuer.example:8443/jwks.json', false],
      ['https://sub.issuer.example/jwks.json', false],
      [`${ISSUER}/jwks.json`, true],
    ] as const) {
      const issuer = fakeIssuer(() =>
        issuer.requests.at(-1)?.url === jwks_uri
          ? jwksResponse([k1.publicKey])
          : new Response(JSON.stringify({ issuer: ISSUER, jwks_uri })),
      );
      await discoverJwks(ISSUER, { ...issuer.options, headers }).for(tokenOf(k1));
      expect(issuer.requests.map((request) => request.headers.has('authorization'))).toEqual([true, isSent]);
    }
  });

  test('NET-11 nor to whomever metadata names beside the origins that the caller names', async () => {
    for (const [jwks_uri, isSent] of [
      ['https://keys.example/jwks.json', true],
      ['https://keys.example@evil.example/jwks.json', undefined], // credentials: not asked at all
      ['https://keys.example.evil.example/jwks.json', false],
      ['https://keys.example:444/jwks.json', false],
      ['https://evil.example/#https://keys.example', undefined],
    ] as const) {
      const issuer = fakeIssuer(() =>
        issuer.requests.at(-1)?.url === jwks_uri
          ? jwksResponse([k1.publicKey])
          : new Response(JSON.stringify({ issuer: ISSUER, jwks_uri })),
      );
      const options = { headers: async () => ({ authorization: 'Bearer x' }), headersTo: ['https://keys.example'] };
      await discoverJwks(ISSUER, { ...issuer.options, ...options })
        .refresh()
        .catch(() => undefined);
      const sent = issuer.requests.map((request) => request.headers.has('authorization'));
      expect(sent).toEqual(isSent === undefined ? [true] : [true, isSent]);
    }
  });

  test('NET-11 events and errors tell nothing of headers, tokens or bodies', async () => {
    const headers = { authorization: 'Bearer sixteen-characters-and-more' };
    const { issuer, keys } = open(() => new Response('a body with sixteen-characters-and-more'), { headers });
    const token = tokenOf(k1);
    const error = await keys.for(token).catch((reason: unknown) => reason);
    const told = JSON.stringify([issuer.events, keys.status, String(error), error]);
    for (const secret of ['sixteen-characters', ...token.split('.')]) expect(told).not.toContain(secret);
  });
});

describe('NET-12 timers and options', () => {
  test.each<[string, readonly unknown[]]>([
    ['timeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5 s', '', null, [5]]],
    ['minFresh', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1.5h', '', null, {}]],
    ['defaultFresh', [-1, Number.NaN, Number.POSITIVE_INFINITY, 'soon', '', null]],
    ['maxFresh', [-1, Number.NaN, Number.POSITIVE_INFINITY, 'never', '', null]],
    ['staleFor', [-1, Number.NaN, Number.POSITIVE_INFINITY, 'for ever', '', null, true]],
    ['maxBytes', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null]],
    ['maxKeys', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null]],
    ['algorithms', [[], ['none'], ['ES256', 'x'], 'ES256', null, [undefined]]],
    ['clock', [T0, new Date(0), '0', null]],
    ['random', [0.5, null]],
    ['fetch', ['fetch', null, {}]],
    ['onEvent', ['log', null]],
    ['headers', ['x', null, [['a', 'b']], { 'a b': 'c' }, { a: 'b\r\nc: d' }]],
    ['allowInsecureLoopback', [0, 1, 'true', null]],
    ['insecureHosts', ['keycloak', [], [''], ['a:1'], ['*'], null, {}]],
    ['snapshot', [7, null, [], true]],
    ['cooldown', [1]],
    ['cacheMaxAge', [1]],
  ])('NET-12 options.%s of a strange value is refused when the set is made', (name, values) => {
    for (const value of values) {
      const options = { [name]: value };
      expectTypeError(
        () => remoteJwks(JWKS_URL, options as never),
        new RegExp(`^options\\.${name} (must be|is not an option)`),
      );
      expectTypeError(
        () => discoverJwks(ISSUER, options as never),
        new RegExp(`^options\\.${name} (must be|is not an option)`),
      );
    }
  });

  test('NET-12 options that contradict each other, or stand on a prototype, are refused', () => {
    expectTypeError(() => remoteJwks(JWKS_URL, { minFresh: '2h', maxFresh: '1h' }), /minFresh/);
    expectTypeError(
      () => remoteJwks(JWKS_URL, Object.create({ staleFor: 0 })),
      /^options must be a plain object such as/,
    );
    expectTypeError(() => remoteJwks(JWKS_URL, null as never), /^options must be a plain object such as/);
  });

  test('NET-12 options are read once: what is changed afterwards changes nothing', async () => {
    const options: { staleFor: number; algorithms: 'ES256'[]; headers: Record<string, string> } = {
      staleFor: 0,
      algorithms: ['ES256'],
      headers: {},
    };
    const issuer = fakeIssuer(() => jwksResponse([k1.publicKey]));
    const keys = remoteJwks(JWKS_URL, { ...issuer.options, ...options });
    options.staleFor = 1e9;
    options.algorithms.length = 0;
    options.headers.cookie = 'added=1';
    await keys.for(tokenOf(k1));
    expect(issuer.requests[0]?.headers.has('cookie')).toBe(false);
    issuer.answer = failing;
    issuer.now += 10 * MINUTE;
    await expect(keys.for(tokenOf(k1))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('NET-12 a polluted Object.prototype counts for nothing', async () => {
    const responses = [jwksResponse([k1.publicKey]), jwksResponse([k1.publicKey])];
    const pollutions = {
      allowInsecureLoopback: true,
      insecureHosts: ['127.0.0.1'],
      staleFor: 1e9,
      maxFresh: 1e9,
      defaultFresh: 1,
      headers: { cookie: 'polluted=1' },
      maxBytes: 1,
      maxKeys: 1e9,
      algorithms: ['RS256'],
      snapshot: '{}',
      etag: '"polluted"',
      cacheControl: 'max-age=1',
      age: '1000',
    };
    for (const [name, value] of Object.entries(pollutions)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true });
    }
    try {
      const { issuer, keys, verdict } = open(() => responses.shift() ?? failing());
      expect(await verdict(tokenOf(k1))).toBe('k1');
      expect(keys.status).toMatchObject({ freshUntil: issuer.now + 10 * MINUTE });
      expect(issuer.requests[0]?.headers.has('cookie')).toBe(false);
      expect(Object.hasOwn(keys.snapshot() ?? {}, 'etag')).toBe(false);
      issuer.now += 10 * MINUTE;
      expect(await verdict(tokenOf(k1))).toBe('k1');
      expect(issuer.requests[1]?.headers.has('if-none-match')).toBe(false);
      issuer.now += DAY;
      expect(await verdict(tokenOf(k1))).toBe('ERR_JWKS_UNAVAILABLE');
      expectTypeError(() => remoteJwks('http://127.0.0.1/'), /^url must be https/);
    } finally {
      for (const name of Object.keys(pollutions)) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test.each<[string, () => number]>([
    ['tells no number', () => Number.NaN],
    [
      'throws',
      () => {
        throw new Error('no clock');
      },
    ],
  ])(
    'NET-12 a clock that %s once, while an answer comes: the set works again when the clock does',
    async (_, broken) => {
      const issuer = fakeIssuer(() => jwksResponse([k1.publicKey]));
      let clock = () => issuer.now;
      const keys = remoteJwks(JWKS_URL, { ...issuer.options, clock: () => clock() });
      const slow = hanging();
      issuer.answer = () => slow.response;
      const waiting = keys.for(tokenOf(k1)).catch((error: unknown) => error);
      clock = broken;
      slow.release(jwksResponse([k1.publicKey]));
      expect(await waiting).toBeInstanceOf(Error);
      clock = () => issuer.now;
      issuer.now += MINUTE;
      issuer.answer = () => jwksResponse([k1.publicKey]);
      expect((await keys.for(tokenOf(k1))).keys).toHaveLength(1);
    },
  );

  test('NET-12 no timer runs for refreshing, retrying or forgetting', async () => {
    const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
    const { issuer, keys, verdict } = await warm();
    await verdict(stray('x'));
    issuer.answer = failing;
    issuer.now += 10 * MINUTE;
    await verdict(tokenOf(k1));
    issuer.now += 2 * HOUR;
    await verdict(tokenOf(k1));
    expect(keys.status.state).toBe('unavailable');
    for (const timer of timers) {
      expect(timer).not.toHaveBeenCalled();
      timer.mockRestore();
    }
  });

  test('NET-12 a process with a request that hangs, and an hour to wait for it, ends when all else is done', () => {
    const index = new URL('../../src/index.ts', import.meta.url).href;
    const program = `
      import { remoteJwks } from '${index}';
      const keys = remoteJwks('${JWKS_URL}', { timeout: '1h', fetch: () => new Promise(() => undefined) });
      keys.for('${stray('x')}').catch(() => undefined);
      console.log(keys.status.state);`;
    const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    expect([status, stdout], stderr).toEqual([0, 'empty\n']);
  });
});

describe('NET-13 a body of very many chunks', () => {
  test('NET-13 an octet each, within the bound on octets', async () => {
    const body = JSON.stringify({ keys: [exportJwk(k1.publicKey)] }).padEnd(200_000);
    const chunks = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const octet of Buffer.from(body)) controller.enqueue(Uint8Array.of(octet));
          controller.close();
        },
      });
    const { verdict } = open(() => new Response(chunks()));
    expect(await verdict(tokenOf(k1))).toBe('k1');
  });
});

describe('NET-14 requests caused by bad signatures', () => {
  test('NET-14 a flood of them: at most one request a minute, and unknown kids keep their own allowance', async () => {
    const { issuer, verifier } = await warmVerifier();
    const bad = `${tokenOf(k1).slice(0, -8)}AAAAAAAA`;
    for (let minute = 0; minute < 9; minute++) {
      for (let i = 0; i < 200; i++) await expect(verifier.verify(bad)).rejects.toThrow('does not verify');
      issuer.now += MINUTE;
    }
    expect(issuer.requests.length - 1).toBeLessThanOrEqual(9);
    issuer.answer = () => jwksResponse([k1.publicKey, k2.publicKey]);
    expect((await verifier.verify(tokenOf(k2))).key.kid).toBe('k2');
  });

  test('NET-14 a thousand at once wait for one request and no longer', async () => {
    const { issuer, verifier } = await warmVerifier();
    issuer.now += 2 * MINUTE;
    const bad = `${tokenOf(k1).slice(0, -8)}AAAAAAAA`;
    const all = await Promise.allSettled(Array.from({ length: 1_000 }, () => verifier.verify(bad)));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(issuer.requests).toHaveLength(2);
  });

  async function warmVerifier() {
    const issuer = fakeIssuer(() => jwksResponse([k1.publicKey]));
    const keys = remoteJwks(JWKS_URL, issuer.options);
    const verifier = createVerifier({
      issuer: null,
      audience: null,
      expiry: 'optional',
      keys,
      clock: () => issuer.now,
    });
    await verifier.verify(tokenOf(k1));
    return { issuer, verifier };
  }
});

describe('NET-15 Retry-After that stops refreshes', () => {
  test.each(['86400', '999999999', '99999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT', '-1', 'NaN', ''])(
    'NET-15 "%s" keeps the issuer unasked for five minutes at most',
    async (value) => {
      const { issuer, verdict } = open(
        () => new Response(null, { status: 503, headers: { 'retry-after': value, date: new Date(0).toUTCString() } }),
      );
      await verdict(tokenOf(k1));
      issuer.answer = () => jwksResponse([k1.publicKey]);
      issuer.now += 5 * MINUTE;
      expect(await verdict(tokenOf(k1))).toBe('k1');
    },
  );
});
