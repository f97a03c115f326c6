import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  authenticate,
  createVerifier,
  discover,
  discoverJwks,
  type FetchOptions,
  JoseError,
  type JoseErrorCode,
  type JwksEvent,
  type RemoteJwksOptions,
  verifyJwt,
} from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { compact, jwkOf, keySigner } from '../support/forge.ts';
import { freshPair, nodePair } from '../support/keys.ts';

const ISSUER = 'https://issuer.example';
const JWKS_URI = 'https://keys.example/jwks.json';
const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';
const METADATA = { issuer: ISSUER, jwks_uri: JWKS_URI };

type Fetch = typeof globalThis.fetch;
/** What lies at a URL: a status, a text, or a value to be written as JSON. */
type Lying = number | string | Uint8Array | object;

function responseOf(lying: Lying): Response {
  if (typeof lying === 'number') return new Response('not here', { status: lying });
  return new Response(lying instanceof Uint8Array || typeof lying === 'string' ? lying : JSON.stringify(lying));
}

/** A world of these URLs; all others are 404. */
function world(places: Record<string, Lying>) {
  const asked: string[] = [];
  const inits: (RequestInit | undefined)[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push(String(url));
    inits.push(init);
    return responseOf(places[String(url)] ?? 404);
  };
  return { fetch, asked, inits, places };
}

async function refusal(promise: Promise<unknown>): Promise<JoseError> {
  const error = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!(error instanceof JoseError)) throw new Error(`expected a JoseError, got ${String(error)}`, { cause: error });
  return error;
}

/** Discovers an issuer of which this lies at the first place, and expects to be refused. */
async function expectRefusal(lying: Lying, code: JoseErrorCode, message: RegExp, options: FetchOptions = {}) {
  const { fetch, asked } = world({ [ISSUER + OPENID]: lying, [ISSUER + OAUTH]: METADATA });
  const error = await refusal(discover(ISSUER, { ...options, fetch }));
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  expect(asked, 'no other place is tried').toEqual([ISSUER + OPENID]);
}

describe('where metadata is looked for', () => {
  test.each<[string, readonly string[]]>([
    ['https://issuer.example', [`https://issuer.example${OPENID}`, `https://issuer.example${OAUTH}`]],
    ['https://issuer.example/', [`https://issuer.example${OPENID}`, `https://issuer.example${OAUTH}`]],
    ['https://issuer.example:8443', [`https://issuer.example:8443${OPENID}`, `https://issuer.example:8443${OAUTH}`]],
    ['HTTPS://Issuer.Example', [`https://issuer.example${OPENID}`, `https://issuer.example${OAUTH}`]],
    [
      'https://issuer.example/tenant',
      [
        `https://issuer.example/tenant${OPENID}`,
        `https://issuer.example${OAUTH}/tenant`,
        `https://issuer.example${OPENID}/tenant`,
      ],
    ],
    [
      'https://issuer.example/a/Tenant%20b/',
      [
        `https://issuer.example/a/Tenant%20b${OPENID}`,
        `https://issuer.example${OAUTH}/a/Tenant%20b`,
        `https://issuer.example${OPENID}/a/Tenant%20b`,
      ],
    ],
  ])('%s: in this order, a slash at the end left out [8414-3-1] [8414-3.1-1] [8414-3-2]', async (issuer, places) => {
    const nowhere = world({});
    const error = await refusal(discover(issuer, { fetch: nowhere.fetch }));
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', expect.stringMatching(/status 404/)]);
    expect(nowhere.asked).toEqual(places);
    for (const [i, place] of places.entries()) {
      const { fetch, asked } = world({ [place]: { issuer, jwks_uri: JWKS_URI } });
      expect(await discover(issuer, { fetch })).toEqual({ issuer, jwks_uri: JWKS_URI });
      expect(asked).toEqual(places.slice(0, i + 1));
    }
  });

  test.each([400, 401, 403, 404, 405, 410])('%i leads to the next place', async (status) => {
    const { fetch, asked } = world({ [ISSUER + OPENID]: status, [ISSUER + OAUTH]: METADATA });
    expect(await discover(ISSUER, { fetch })).toEqual(METADATA);
    expect(asked).toHaveLength(2);
  });

  test.each([201, 202, 203, 206, 408, 429, 451, 500, 502, 503, 599])(
    '%i ends it: only a 200 is metadata, and not every 4xx says that there is none [8414-3.2-1]',
    async (status) => {
      await expectRefusal(status, 'ERR_JWKS_UNAVAILABLE', new RegExp(`status ${status}`));
    },
  );

  test.each([301, 302, 303, 307, 308])('%i ends it: redirects are not followed', async (status) => {
    await expectRefusal(status, 'ERR_JWKS_UNAVAILABLE', /redirects are not followed/);
  });

  test('no answer ends it, too', async () => {
    const fetch: Fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) }));
    const error = await refusal(discover(ISSUER, { fetch }));
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', expect.stringMatching(/\(ENOTFOUND\)$/)]);
    const never: Fetch = () => new Promise(() => undefined);
    expect((await refusal(discover(ISSUER, { fetch: never, timeout: 0.02 }))).message).toMatch(/no answer in time$/);
  });

  test('headers that change while the places are tried are sent as they were given', async () => {
    const headers: Record<string, string> = { 'x-tenant': '7' };
    const { fetch, inits } = world({});
    const changing: Fetch = async (url, init) => {
      headers['x-tenant'] = 'a\nb';
      return fetch(url, init);
    };
    await refusal(discover(`${ISSUER}/a`, { fetch: changing, headers }));
    expect(inits.map((init) => new Headers(init?.headers).get('x-tenant'))).toEqual(['7', '7', '7']);
  });

  test('each request is one GET of JSON, without redirects or credentials, with the headers given [8414-3.1-2]', async () => {
    const { fetch, inits } = world({});
    await refusal(discover(ISSUER, { fetch, headers: { 'x-tenant': '7' } }));
    const init = {
      method: 'GET',
      cache: 'no-store',
      headers: { accept: 'application/json', 'x-tenant': '7' },
      redirect: 'manual',
      credentials: 'omit',
      signal: expect.any(AbortSignal),
    };
    expect(inits).toEqual([init, init]);
  });
});

describe('the issuer asked for', () => {
  test.each([
    ['http://issuer.example', /must be https/],
    ['http://127.0.0.1:1', /must be https/],
    ['ftp://issuer.example', /must be https/],
    ['file:///issuer', /must be https/],
    ['https://issuer.example?tenant=1', /query/],
    ['https://issuer.example/?', /query/],
    ['https://issuer.example#tenant', /fragment/],
    ['https://issuer.example/#', /fragment/],
    ['https://user@issuer.example', /user name or password/],
    ['https://:word@issuer.example', /user name or password/],
    ['issuer.example', /must be a URL/],
    ['', /must be a URL/],
    [undefined, /must be a string/],
    [null, /must be a string/],
    [new URL(ISSUER), /must be a string/],
    [[ISSUER], /must be a string/],
  ])('%s is a mistake of the caller, and nothing is sent [8414-2-1]', async (issuer, message) => {
    const { fetch, asked } = world({});
    expectTypeError(() => discoverJwks(issuer as never, { fetch }), message);
    const error = await discover(issuer as never, { fetch }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/^TypeError: issuer /);
    expect(asked).toEqual([]);
  });

  test('options are read strictly', async () => {
    const options = [{ clock: () => 0 }, { retries: 3 }, { timeout: 0 }, { maxBytes: 0 }];
    for (const option of options) {
      await expect(discover(ISSUER, option as never)).rejects.toThrow(/^options\.\w+ (must be|is not an option)/);
    }
    expectTypeError(() => discoverJwks(ISSUER, { retries: 3 } as never), /^options\.retries is not an option$/);
  });
});

describe('the issuer in the metadata', () => {
  test.each([
    ['another', 'https://evil.example'],
    ['another case', 'https://Issuer.example'],
    ['a slash more', `${ISSUER}/`],
    ['a port more', `${ISSUER}:443`],
    ['a path more', `${ISSUER}/tenant`],
    ['a prefix', ISSUER.slice(0, -1)],
    ['a space more', `${ISSUER} `],
    ['a list', [ISSUER]],
    ['null', null],
    ['an object', { toString: ISSUER }],
    ['missing', undefined],
  ])('%s is of another issuer, and nothing of it is used [8414-3.3-1] [8414-3.3-2] [8414-6.2-2]', async (_, issuer) => {
    await expectRefusal(
      { issuer, jwks_uri: JWKS_URI },
      'ERR_JWKS_ISSUER_MISMATCH',
      /the issuer metadata names the issuer .*, not "https:\/\//,
    );
  });

  test('one slash less is another issuer, too', async () => {
    const { fetch } = world({ [ISSUER + OPENID]: METADATA });
    expect(await refusal(discover(`${ISSUER}/`, { fetch }))).toMatchObject({
      code: 'ERR_JWKS_ISSUER_MISMATCH',
      message: `the issuer metadata names the issuer "${ISSUER}", not "${ISSUER}/"; they differ by a final slash`,
    });
  });

  test('is compared without its JSON escapes, code point by code point, and not normalised [8414-4-1] [8414-4-2] [8414-4-3]', async () => {
    const places = (issuer: string) => ({
      [`${ISSUER}/${encodeURIComponent(issuer)}${OPENID}`]: `{"issuer":"${ISSUER}/${issuer}","jwks_uri":"${JWKS_URI}"}`,
    });
    const escaped = METADATA.issuer.replaceAll('/', '\\/').replace('i', '\\u0069');
    const text = JSON.stringify(METADATA).replace(METADATA.issuer, escaped);
    expect(text).toContain('\\u0069');
    expect(await discover(ISSUER, { fetch: world({ [ISSUER + OPENID]: text }).fetch })).toEqual(METADATA);
    const [composed, decomposed] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    for (const name of [composed, decomposed]) {
      const { issuer } = await discover(`${ISSUER}/${name}`, { fetch: world(places(name)).fetch });
      expect(issuer).toBe(`${ISSUER}/${name}`);
    }
    const swapped = {
      [`${ISSUER}/${encodeURIComponent(composed)}${OPENID}`]: Object.values(places(decomposed))[0] ?? '',
    };
    expect((await refusal(discover(`${ISSUER}/${composed}`, { fetch: world(swapped).fetch }))).code).toBe(
      'ERR_JWKS_ISSUER_MISMATCH',
    );
  });
});

describe('jwks_uri', () => {
  const IS = /^the jwks_uri of the issuer metadata /.source;
  test.each<[unknown, string]>([
    [
      'http://keys.example/jwks.json',
      'must be https, or http on loopback with allowInsecureLoopback, or http to one of',
    ],
    ['http://127.0.0.1/jwks.json', 'must be https, or http on loopback'],
    ['ftp://keys.example/', 'must be https, or http on loopback'],
    ['file:///etc/jwks.json', 'must be https, or http on loopback'],
    ['data:application/json,{"keys":[]}', 'must be https, or http on loopback'],
    ['https://user@keys.example/', 'must not hold a user name or password$'],
    ['https://user:word@keys.example/', 'must not hold a user name or password$'],
    ['https://keys.example/#1', 'must not have a fragment$'],
    ['/jwks.json', 'must be a URL$'],
    ['jwks.json', 'must be a URL$'],
    ['//keys.example/jwks.json', 'must be a URL$'],
    ['https://', 'must be a URL$'],
    ['', 'must be a URL$'],
    [null, 'must be a URL$'],
    [7, 'must be a URL$'],
    [[JWKS_URI], 'must be a URL$'],
  ])('%s may not be used, and the error says why [8414-2-2]', async (jwks_uri, says) => {
    await expectRefusal({ issuer: ISSUER, jwks_uri }, 'ERR_JWKS_INVALID', new RegExp(IS + says));
  });

  test('without one, there is nothing to ask', async () => {
    await expectRefusal({ issuer: ISSUER }, 'ERR_JWKS_INVALID', /^the issuer metadata has no jwks_uri$/);
  });

  test('http is for loopback, where that is allowed, and only there', async () => {
    const options = { allowInsecureLoopback: true };
    const local = { issuer: ISSUER, jwks_uri: 'http://127.0.0.1:1/jwks.json' };
    expect(await discover(ISSUER, { ...options, fetch: world({ [ISSUER + OPENID]: local }).fetch })).toEqual(local);
    const remote = { issuer: ISSUER, jwks_uri: 'http://keys.example/' };
    await expectRefusal(remote, 'ERR_JWKS_INVALID', /jwks_uri/, options);
  });
});

describe('the document', () => {
  test('members beside the two are handed on as they stand, and the whole is frozen [8414-2-3] [8414-3.2-1] [8414-3.2-2]', async () => {
    const metadata = {
      ...METADATA,
      scopes_supported: ['openid'],
      signed_metadata: 'e30.e30.AA',
      'x-unknown': { deep: [1, null] },
    };
    const read = await discover(ISSUER, { fetch: world({ [ISSUER + OPENID]: metadata }).fetch });
    expect(read).toEqual(metadata);
    expect(Object.isFrozen(read)).toBe(true);
  });

  test('signed_metadata is a member like any other, whatever it says [8414-2.1-1]', async () => {
    const claims = { ...METADATA, iss: ISSUER, jwks_uri: 'https://signed.example/' };
    const signed_metadata = compact({ alg: 'ES256' }, claims, keySigner('ES256', pairs.a.privateKey));
    const { fetch, asked } = world({ [ISSUER + OPENID]: { ...METADATA, signed_metadata } });
    expect(await discover(ISSUER, { fetch })).toEqual({ ...METADATA, signed_metadata });
    expect(asked).toHaveLength(1);
  });

  test('a member named __proto__ is data', async () => {
    const text = `{"__proto__":{"jwks_uri":"${JWKS_URI}","admin":true},"issuer":"${ISSUER}"}`;
    await expectRefusal(text, 'ERR_JWKS_INVALID', /jwks_uri/);
    const whole = `${text.slice(0, -1)},"jwks_uri":"${JWKS_URI}"}`;
    const read = await discover(ISSUER, { fetch: world({ [ISSUER + OPENID]: whole }).fetch });
    expect(Object.keys(read).sort()).toEqual(['__proto__', 'issuer', 'jwks_uri']);
    expect(read.admin).toBeUndefined();
  });

  const text = JSON.stringify(METADATA);
  test.each<[string, Lying]>([
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['an array', [METADATA]],
    ['a string', '"x"'],
    ['null', 'null'],
    ['cut off', text.slice(0, -1)],
    ['with something after it', `${text}x`],
    ['with a byte-order mark', `\ufeff${text}`],
    ['not UTF-8', Buffer.from(text.replace('{', '{"\xff":1,'), 'latin1')],
    ['issuer twice', `{"issuer":"https://evil.example",${text.slice(1)}`],
    ['jwks_uri twice', `${text.slice(0, -1)},"jwks_uri":"https://evil.example/"}`],
    ['jwks_uri twice, once escaped', `${text.slice(0, -1)},"jwks\\u005furi":"https://evil.example/"}`],
    ['any member twice, deep inside', `${text.slice(0, -1)},"mtls":{"a":1,"a":1}}`],
  ])('%s is not metadata', async (_, lying) => {
    await expectRefusal(lying, 'ERR_JWKS_INVALID', /^the (issuer metadata|document) /);
  });

  test('size, depth and members are bounded', async () => {
    const over = { ...METADATA, padding: 'x'.repeat(256 * 1024) };
    await expectRefusal(over, 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/);
    await expectRefusal(METADATA, 'ERR_JOSE_LIMIT_EXCEEDED', /over 20 octets/, { maxBytes: 20 });
    const deep = `${text.slice(0, -1)},"deep":${'['.repeat(32)}${']'.repeat(32)}}`;
    await expectRefusal(deep, 'ERR_JOSE_LIMIT_EXCEEDED', /nested deeper than 32/);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x${i}`, i]));
    await expectRefusal({ ...METADATA, ...many }, 'ERR_JOSE_LIMIT_EXCEEDED', /more than 1000 members/);
  });
});

describe('a polluted Object.prototype counts for nothing', () => {
  async function polluted<T>(name: string, value: unknown, run: () => Promise<T>): Promise<T> {
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      return await run();
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  }

  test.each([
    ['issuer', ISSUER, { jwks_uri: JWKS_URI }, 'ERR_JWKS_ISSUER_MISMATCH'],
    ['jwks_uri', JWKS_URI, { issuer: ISSUER }, 'ERR_JWKS_INVALID'],
  ])('%s', async (name, value, metadata, code) => {
    const response = responseOf(metadata);
    const fetch: Fetch = async () => response;
    const error = await polluted(name, value, () => refusal(discover(ISSUER, { fetch })));
    expect(error.code).toBe(code);
  });

  test('allowInsecureLoopback', async () => {
    const response = responseOf({ issuer: ISSUER, jwks_uri: 'http://127.0.0.1:1/' });
    const fetch: Fetch = async () => response;
    const error = await polluted('allowInsecureLoopback', true, () => refusal(discover(ISSUER, { fetch })));
    expect(error.code).toBe('ERR_JWKS_INVALID');
    await polluted('allowInsecureLoopback', true, async () => {
      expectTypeError(() => discoverJwks('http://127.0.0.1:1', { fetch }), /must be https/);
    });
  });

  test('headers and maxBytes', async () => {
    for (const [name, value] of [
      ['headers', { authorization: 'polluted' }],
      ['maxBytes', 1],
    ] as const) {
      const response = responseOf(METADATA);
      const inits: (RequestInit | undefined)[] = [];
      const fetch: Fetch = async (_, init) => {
        inits.push(init);
        return response;
      };
      expect(await polluted(name, value, () => discover(ISSUER, { fetch }))).toEqual(METADATA);
      expect(inits.map((init) => Object.keys(init?.headers ?? {}))).toEqual([['accept']]);
    }
  });
});

// ── a set whose URL is discovered ────────────────────────────────────────────────────────────────────────────────

const NOW = 1_700_000_000;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const pairs = { a: nodePair('ES256'), b: freshPair('ec', { namedCurve: 'P-256' }) };
const setOf = (...kids: readonly (keyof typeof pairs)[]) => ({
  keys: kids.map((kid) => ({ ...jwkOf(pairs[kid].publicKey), kid, alg: 'ES256' })),
});
const tokenOf = (kid: keyof typeof pairs) =>
  compact({ alg: 'ES256', kid }, { iss: ISSUER, exp: NOW + 99 * DAY }, keySigner('ES256', pairs[kid].privateKey));

describe('discoverJwks', () => {
  const WELL_KNOWN = ISSUER + OPENID;
  const MOVED = 'https://new.example/jwks.json';

  function open(places: Record<string, Lying>, options: RemoteJwksOptions = {}) {
    const { fetch, asked, inits } = world(places);
    const events: JwksEvent[] = [];
    const time = { now: NOW };
    const clock = () => time.now;
    const onEvent = (event: JwksEvent) => void events.push(event);
    const keys = discoverJwks(ISSUER, { fetch, clock, onEvent, random: () => 0.5, ...options });
    const verify = async (token: string) =>
      verifyJwt(token, await keys.for(token), { issuer: ISSUER, audience: null, now: NOW }).key.kid;
    return { keys, verify, asked, inits, places, events, time };
  }

  test('finds the URL once, and then asks only there', async () => {
    const { keys, verify, asked, time, events } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(asked, 'nothing before it is needed').toEqual([]);
    expect(await Promise.all([verify(tokenOf('a')), verify(tokenOf('a'))])).toEqual(['a', 'a']);
    expect(asked).toEqual([WELL_KNOWN, JWKS_URI]);
    time.now += 11 * MINUTE;
    expect(await verify(tokenOf('a'))).toBe('a');
    expect(asked).toEqual([WELL_KNOWN, JWKS_URI, JWKS_URI]);
    expect(keys.status).toMatchObject({ state: 'fresh', keys: 1 });
    expect(new Set(events.map(({ url }) => url))).toEqual(new Set([ISSUER]));
  });

  test('the ETag is sent to where it came from', async () => {
    const seen: (string | undefined)[] = [];
    const fetch: Fetch = async (url, init) => {
      if (String(url) === WELL_KNOWN) return responseOf(METADATA);
      const etag = new Headers(init?.headers).get('if-none-match') ?? undefined;
      seen.push(etag);
      return etag
        ? new Response(null, { status: 304 })
        : new Response(JSON.stringify(setOf('a')), { headers: { etag: '"1"' } });
    };
    const { verify, time } = open({}, { fetch });
    expect(await verify(tokenOf('a'))).toBe('a');
    time.now += 11 * MINUTE;
    expect(await verify(tokenOf('a'))).toBe('a');
    expect(seen).toEqual([undefined, '"1"']);
  });

  test('looks for the URL again after an hour, though the keys are still at the old one', async () => {
    const { verify, asked, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = { ...METADATA, jwks_uri: MOVED };
    places[MOVED] = setOf('b');
    time.now += 40 * MINUTE;
    expect(await verify(tokenOf('a'))).toBe('a');
    asked.length = 0;
    time.now += 31 * MINUTE;
    await expect(verify(tokenOf('a'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked.slice(0, 2)).toEqual([WELL_KNOWN, MOVED]);
    expect(await verify(tokenOf('b'))).toBe('b');
    await expect(verify(tokenOf('a'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test.each<[string, Lying]>([
    ['an empty set', { keys: [] }],
    ['no set', 'not found, says this page with status 200'],
    ['500', 500],
  ])('looks for the URL again when there is %s at the old one', async (_, left) => {
    const { verify, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = { ...METADATA, jwks_uri: MOVED };
    places[MOVED] = setOf('a', 'b');
    places[JWKS_URI] = left;
    for (let minutes = 0; minutes < 12; minutes++) {
      time.now += MINUTE;
      expect(await verify(tokenOf('a'))).toBe('a');
    }
    expect(await verify(tokenOf('b'))).toBe('b');
  });

  test('looks for the URL again for an unknown kid, but not more than once a minute', async () => {
    const { verify, asked, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = { ...METADATA, jwks_uri: MOVED };
    places[MOVED] = setOf('a', 'b');
    asked.length = 0;
    await expect(verify(tokenOf('b'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked).toEqual([JWKS_URI]);
    time.now += MINUTE;
    expect(await verify(tokenOf('b'))).toBe('b');
    expect(asked).toEqual([JWKS_URI, WELL_KNOWN, MOVED]);
  });

  test('metadata that cannot be had is no harm for a day, as long as the keys can', async () => {
    const { verify, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = 500;
    places[JWKS_URI] = 500;
    time.now += 9 * MINUTE;
    expect(await verify(tokenOf('a'))).toBe('a');
    places[JWKS_URI] = setOf('a');
    for (; time.now < NOW + DAY; time.now += HOUR) expect(await verify(tokenOf('a'))).toBe('a');
    for (; time.now < NOW + DAY + 3 * HOUR; time.now += HOUR) await verify(tokenOf('a')).catch(() => undefined);
    await expect(verify(tokenOf('a'))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });

  test('nor is metadata that hangs: half of the time is left for the keys', async () => {
    let isHanging = false;
    const fetch: Fetch = async (url, init) => {
      if (String(url) !== WELL_KNOWN) return responseOf(setOf('a'));
      if (isHanging) await new Promise((resolve) => init?.signal?.addEventListener('abort', resolve));
      return responseOf(METADATA);
    };
    const { keys, verify, time } = open({}, { fetch, timeout: 0.05 });
    expect(await verify(tokenOf('a'))).toBe('a');
    isHanging = true;
    time.now += 2 * HOUR;
    expect(await verify(tokenOf('a'))).toBe('a');
    expect(keys.status).toMatchObject({ state: 'fresh', failures: 0 });
  });

  test('an ETag goes nowhere but to the URL that gave it, also when the new place has failed once', async () => {
    const sent: [string, string | null][] = [];
    let isUp = false;
    let moved = false;
    const fetch: Fetch = async (url, init) => {
      if (String(url) === WELL_KNOWN) return responseOf({ ...METADATA, jwks_uri: moved ? MOVED : JWKS_URI });
      sent.push([String(url), new Headers(init?.headers).get('if-none-match')]);
      if (String(url) === MOVED && !isUp) return new Response(null, { status: 503 });
      return new Response(JSON.stringify(setOf(moved ? 'b' : 'a')), { headers: { etag: '"1"' } });
    };
    const { keys, verify, time } = open({}, { fetch });
    expect(await verify(tokenOf('a'))).toBe('a');
    moved = true;
    time.now += 61;
    await verify(tokenOf('b')).catch(() => undefined);
    isUp = true;
    await keys.refresh();
    expect(await verify(tokenOf('b'))).toBe('b');
    expect(sent).toEqual([
      [JWKS_URI, null],
      [MOVED, null],
      [MOVED, null],
    ]);
  });

  test('all requests of one refresh have one deadline', async () => {
    const signals = new Set<unknown>();
    const fetch: Fetch = async (url, init) => {
      signals.add(init?.signal);
      return String(url) === WELL_KNOWN ? new Response(null, { status: 404 }) : responseOf(METADATA);
    };
    await open({}, { fetch })
      .verify(tokenOf('a'))
      .catch(() => undefined);
    expect(signals.size).toBe(1);
  });

  test('and the one that comes after it is not sent', async () => {
    let sent = 0;
    const fetch: Fetch = async (_, init) => {
      sent++;
      await new Promise((resolve) => init?.signal?.addEventListener('abort', resolve));
      return new Response(null, { status: 404 });
    };
    await expect(discover(ISSUER, { fetch, timeout: 0.01 })).rejects.toThrow('no answer in time');
    await new Promise(setImmediate);
    expect(sent).toBe(1);
  });

  test('looks for the URL again when the keys are no longer there', async () => {
    const { verify, asked, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = { ...METADATA, jwks_uri: MOVED };
    places[MOVED] = setOf('b');
    places[JWKS_URI] = 410;
    time.now += 11 * MINUTE;
    asked.length = 0;
    expect(await verify(tokenOf('a')), 'served stale').toBe('a');
    expect(asked).toEqual([JWKS_URI]);
    time.now += MINUTE;
    expect(await verify(tokenOf('b'))).toBe('b');
    expect(asked).toEqual([JWKS_URI, WELL_KNOWN, MOVED]);
  });

  test('a clock set back does not make the URL believed for longer', async () => {
    const { verify, asked, places, time } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    expect(await verify(tokenOf('a'))).toBe('a');
    places[WELL_KNOWN] = { ...METADATA, jwks_uri: MOVED };
    places[MOVED] = setOf('b');
    time.now -= 10 * DAY;
    expect(await verify(tokenOf('a'))).toBe('a');
    time.now += DAY + 1;
    expect(await verify(tokenOf('b'))).toBe('b');
    expect(asked.slice(-2)).toEqual([WELL_KNOWN, MOVED]);
  });

  test.each<[string, Lying, JoseErrorCode, RegExp]>([
    ['no metadata', 404, 'ERR_JWKS_UNAVAILABLE', /status 404/],
    ['a failing issuer', 500, 'ERR_JWKS_UNAVAILABLE', /status 500/],
    [
      'another issuer',
      { ...METADATA, issuer: 'https://evil.example' },
      'ERR_JWKS_ISSUER_MISMATCH',
      /the issuer metadata names the issuer .*, not "https:\/\//,
    ],
    ['no jwks_uri', { issuer: ISSUER }, 'ERR_JWKS_INVALID', /jwks_uri/],
    ['no JSON', 'x', 'ERR_JWKS_INVALID', /not a JSON object/],
  ])('%s: the keys are unavailable, and no keys are asked for', async (_, lying, code, message) => {
    const { keys, verify, asked } = open({ [WELL_KNOWN]: lying, [JWKS_URI]: setOf('a') });
    const error = await refusal(verify(tokenOf('a')));
    expect([error.code, error.message, error.retryAfter]).toEqual([
      'ERR_JWKS_UNAVAILABLE',
      expect.stringMatching(message),
      1,
    ]);
    expect(keys.status).toMatchObject({ state: 'empty', lastError: code, failures: 1 });
    expect(asked).not.toContain(JWKS_URI);
    const sent = asked.length;
    await refusal(verify(tokenOf('a')));
    expect(asked, 'during the pause nothing is sent').toHaveLength(sent);
  });

  test('a token that can never verify sends nothing', async () => {
    const { keys, asked } = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    await expect(keys.for('x')).rejects.toMatchObject({ code: 'ERR_JWS_INVALID' });
    expect(asked).toEqual([]);
  });

  test('a server of metadata that asks for patience gets it, for five minutes at most, and the old place is used', async () => {
    let answer = () => responseOf(METADATA);
    let metadataRequests = 0;
    const fetch: Fetch = async (url) => {
      if (String(url) !== WELL_KNOWN) return responseOf(setOf('a'));
      metadataRequests++;
      return answer();
    };
    const { keys, time } = open({}, { fetch });
    await keys.refresh();
    const unavailable = (status: number, retryAfter: string) => () =>
      new Response(null, { status, headers: { 'retry-after': retryAfter } });
    /** How many of the refreshes, one a minute, ask for the metadata. */
    const asked = async (minutes: number) => {
      metadataRequests = 0;
      for (let i = 0; i < minutes; i++) {
        await keys.refresh();
        time.now += MINUTE;
      }
      return metadataRequests;
    };
    time.now += 2 * HOUR;
    answer = unavailable(503, '180');
    expect(await asked(3)).toBe(1);
    expect(await asked(3), 'it asks again for patience').toBe(1);
    answer = unavailable(429, '99999');
    expect(await asked(5), 'five minutes at most').toBe(1);
    answer = unavailable(500, '180');
    expect(await asked(3), 'no Retry-After holds for a 500').toBe(3);
    answer = unavailable(503, '300');
    await asked(1);
    time.now -= 20 * MINUTE;
    expect(await asked(1), 'a clock that was set back does not prolong it').toBe(1);
    expect(keys.status).toMatchObject({ state: 'fresh', failures: 0 });
    answer = () => responseOf({ ...METADATA, jwks_uri: MOVED });
    time.now += HOUR;
    expect(await asked(1)).toBe(1);
  });

  test('the snapshot of one issuer serves no other', async () => {
    const first = open({ [WELL_KNOWN]: METADATA, [JWKS_URI]: setOf('a') });
    await first.verify(tokenOf('a'));
    const snapshot = first.keys.snapshot();
    expect(snapshot?.url).toBe(ISSUER);
    const second = open({}, { snapshot });
    expect(await second.verify(tokenOf('a'))).toBe('a');
    expect(second.asked).toEqual([]);
    expect(() => discoverJwks(`${ISSUER}/other`, { snapshot })).toThrow(/snapshot/);
  });
});

// ── metadata whose issuer is not its URL ─────────────────────────────────────────────────────────────────────────

describe('options.issuer', () => {
  const AT = 'https://login.example/tenant/v2.0';
  const NAMED = 'https://login.example/{tenantid}/v2.0';
  const named = { issuer: NAMED, jwks_uri: JWKS_URI };

  test('is the issuer that the metadata must name; the URL says where it is', async () => {
    const { fetch, asked } = world({ [AT + OPENID]: named, [JWKS_URI]: setOf('a') });
    expect(await discover(AT, { fetch, issuer: NAMED })).toEqual(named);
    const keys = discoverJwks(AT, { fetch, issuer: NAMED });
    expect((await keys.refresh()).keys).toHaveLength(1);
    expect(asked).toEqual([AT + OPENID, AT + OPENID, JWKS_URI]);
    expect(keys.snapshot()?.url).toBe(AT);
  });

  test.each([AT, `${NAMED}/`, NAMED.toLowerCase().toUpperCase(), '{tenantid}', 'https://login.example/'])(
    'metadata that names %s instead is refused',
    async (issuer) => {
      const { fetch } = world({ [AT + OPENID]: { ...named, issuer } });
      const error = await refusal(discover(AT, { fetch, issuer: NAMED }));
      expect([error.code, error.message]).toEqual([
        'ERR_JWKS_ISSUER_MISMATCH',
        expect.stringContaining(`names the issuer "${issuer}", not "${NAMED}"`),
      ]);
    },
  );

  test('without it the metadata must still name the URL', async () => {
    const { fetch } = world({ [AT + OPENID]: named });
    expect((await refusal(discover(AT, { fetch }))).code).toBe('ERR_JWKS_ISSUER_MISMATCH');
  });

  test.each([
    `https://login.example/tenant/v2.0${OPENID}`,
    `https://login.example/tenant/v2.0${OPENID}?p=B2C_1_signin`,
    `https://login.example${OAUTH}/tenant`,
    'https://login.example/.well-known/metadata.json',
  ])('the URL of the metadata itself may be given, %s, and then this alone is asked', async (url) => {
    const { fetch, asked } = world({ [url]: named, [JWKS_URI]: setOf('a') });
    const keys = discoverJwks(url, { fetch, issuer: NAMED });
    await keys.refresh();
    expect(asked).toEqual([url, JWKS_URI]);
    const nowhere = world({});
    await refusal(discover(url, { fetch: nowhere.fetch, issuer: NAMED }));
    expect(nowhere.asked).toEqual([url]);
  });

  test('headers go to the origin of that URL', async () => {
    const { fetch, inits } = world({ [AT + OPENID]: { ...named, jwks_uri: `${AT}/keys` }, [`${AT}/keys`]: setOf('a') });
    await discoverJwks(AT + OPENID, { fetch, issuer: ISSUER, headers: { 'x-tenant': '7' } })
      .refresh()
      .catch(() => undefined);
    await discoverJwks(AT + OPENID, { fetch, issuer: NAMED, headers: { 'x-tenant': '7' } }).refresh();
    expect(inits.map((init) => new Headers(init?.headers).get('x-tenant'))).toEqual(['7', '7', '7']);
  });

  test.each([
    ['http://login.example', /^url must be https/],
    ['https://login.example?tenant=1', /^url must not have a query$/],
    ['https://login.example/.well-known?tenant=1', /^url must not have a query$/],
    ['https://login.example/#', /^url must not have a fragment$/],
    [new URL(AT), /^url must be a string$/],
    [undefined, /^url must be a string$/],
  ])('the URL %s is a mistake of the caller', (url, told) => {
    expectTypeError(() => discoverJwks(url as never, { issuer: NAMED }), told);
  });

  test.each([OPENID, OAUTH, `/tenant${OPENID}`])(
    'the URL of metadata is no issuer: %s without the option says what to write',
    async (path) => {
      const url = `https://login.example${path}`;
      const told = 'issuer must be the iss of its tokens; the URL of metadata is for discoverJwks(url, { issuer })';
      expect(expectTypeError(() => discoverJwks(url)).message).toBe(told);
      await expect(discover(url)).rejects.toThrow(told);
      expectTypeError(() => createVerifier({ issuer: url, audience: 'api' }), `options.${told}`);
    },
  );

  test.each(['', 7, null, [NAMED], { template: NAMED, claim: 'tid' }])('%j is no issuer to name', (issuer) => {
    expectTypeError(
      () => discoverJwks(AT, { issuer } as never),
      /^options\.issuer must be the issuer that the metadata names, such as 'https:/,
    );
  });

  test('a verifier is given such keys, and remote.issuer says so', async () => {
    const { fetch } = world({ [AT + OPENID]: named, [JWKS_URI]: setOf('a') });
    const keys = discoverJwks(AT, { fetch, clock: () => NOW, issuer: NAMED });
    const verifier = createVerifier({ issuer: ISSUER, audience: null, clock: () => NOW, keys });
    expect((await verifier.verify(tokenOf('a'))).key.kid).toBe('a');
    const remote = { issuer: NAMED, fetch } as { fetch: Fetch };
    for (const [argument, run] of [
      ['options', () => createVerifier({ issuer: AT, audience: 'api', remote })],
      ['options.issuers[0]', () => createVerifier({ issuers: [{ issuer: AT, audience: 'api', remote }] })],
    ] as const)
      expect(expectTypeError(run).message).toBe(
        `${argument}.remote.issuer is not an option: the metadata must name ${argument}.issuer; ` +
          `where it names another, use ${argument}.keys: discoverJwks(url, { issuer })`,
      );
  });
});

describe('metadata of another issuer is a misconfiguration, and no outage', () => {
  const OTHER = { ...METADATA, issuer: `${ISSUER}/` };
  const code = 'ERR_JWKS_ISSUER_MISMATCH';
  const message = `the issuer metadata names the issuer "${ISSUER}/", not "${ISSUER}"; they differ by a final slash`;
  const other = () => {
    const { fetch, places } = world({ [ISSUER + OPENID]: OTHER, [JWKS_URI]: setOf('a') });
    const events: JwksEvent[] = [];
    const remote = { fetch, clock: () => NOW, onEvent: (event: JwksEvent) => void events.push(event) };
    return { remote, places, events };
  };

  test('warm(), refresh(), the status and the event have its own code', async () => {
    const { remote, events } = other();
    const verifier = createVerifier({ issuer: ISSUER, audience: null, remote });
    expect(await refusal(verifier.warm())).toMatchObject({ code, message });
    expect(events).toMatchObject([{ type: 'refresh-failed', code, reason: message }]);
    const keys = discoverJwks(ISSUER, remote);
    expect(await refusal(keys.refresh())).toMatchObject({ code, message });
    expect(keys.status).toMatchObject({ state: 'empty', lastError: code, lastReason: message });
  });

  test('a token is not told to be bad: 503, as in an outage', async () => {
    const { remote } = other();
    const verifier = createVerifier({ issuer: ISSUER, audience: null, remote });
    expect(await refusal(verifier.verify(tokenOf('a')))).toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      message: `the keys are unavailable: ${message}`,
      retryAfter: 1,
    });
    expect(await authenticate(verifier, `Bearer ${tokenOf('a')}`)).toMatchObject({ ok: false, status: 503 });
  });

  test('with keys that may be used, the service starts', async () => {
    const { remote, places } = other();
    places[ISSUER + OPENID] = METADATA;
    const before = discoverJwks(ISSUER, remote);
    await before.refresh();
    const snapshot = before.snapshot();
    places[ISSUER + OPENID] = OTHER;
    const late = { ...remote, clock: () => NOW + HOUR, snapshot };
    const verifier = createVerifier({ issuer: ISSUER, audience: null, remote: late });
    await expect(verifier.warm()).resolves.toBeUndefined();
  });

  test('an outage is none', async () => {
    const { remote, places } = other();
    places[ISSUER + OPENID] = 500;
    const keys = discoverJwks(ISSUER, remote);
    expect((await refusal(keys.refresh())).code).toBe('ERR_JWKS_UNAVAILABLE');
  });
});

test('over http on loopback: metadata, then keys, by the platform’s own fetch', async () => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const origin = `http://${request.headers.host}`;
    const body = { issuer: `${origin}/tenant`, jwks_uri: `${origin}/jwks` };
    if (request.url === '/jwks') response.end(JSON.stringify(setOf('a')));
    else if (request.url === `${OAUTH}/tenant`) response.end(JSON.stringify(body));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`;
  const keys = discoverJwks(issuer, { allowInsecureLoopback: true });
  expect((await keys.for(tokenOf('a'))).keys.map(({ kid }) => kid)).toEqual(['a']);
  expect(asked.map(({ url }) => url)).toEqual([`/tenant${OPENID}`, `${OAUTH}/tenant`, '/jwks']);
  server.close();
  server.closeAllConnections();
});
