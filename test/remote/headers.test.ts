import { describe, expect, test } from 'vitest';
import {
  discover,
  discoverJwks,
  type FetchOptions,
  fetchJwks,
  JoseError,
  type RemoteJwksOptions,
  type RequestHeaders,
  remoteJwks,
} from '../../src/index.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';

const URL_OF_SET = 'https://issuer.example/jwks.json';
const SECRET = 'Bearer sixteen-characters-and-more';

/** Sends one request with these headers, and returns those that were sent. */
async function sent(headers: unknown, options: FetchOptions = {}): Promise<string[][]> {
  const inits: (RequestInit | undefined)[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    inits.push(init);
    return Response.json({ keys: [] });
  };
  await fetchJwks(URL_OF_SET, { fetch, headers: headers as RequestHeaders, ...options });
  expect(inits).toHaveLength(1);
  return [...new Headers(inits[0]?.headers)].filter(([name]) => name !== 'accept');
}

async function refusal(run: Promise<unknown>): Promise<JoseError> {
  const error = await run.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!(error instanceof JoseError)) throw new Error(`expected a JoseError, got ${String(error)}`, { cause: error });
  return error;
}

describe('headers as a function', () => {
  test('whose result is sent, awaited if it is a promise', async () => {
    expect(await sent(() => ({ authorization: SECRET }))).toEqual([['authorization', SECRET]]);
    expect(await sent(async () => ({ 'x-tenant': '7' }))).toEqual([['x-tenant', '7']]);
    expect(await sent(() => ({}))).toEqual([]);
    expect(await sent(() => Object.assign(Object.create(null), { a: 'b' }))).toEqual([['a', 'b']]);
  });

  test('is called for each request, so that a token that rotates is read anew', async () => {
    let [token, now] = [0, 0];
    const seen: (string | null)[] = [];
    const keys = remoteJwks(URL_OF_SET, {
      clock: () => now,
      headers: async () => ({ authorization: `Bearer ${++token}` }),
      fetch: async (_, init) => {
        seen.push(new Headers(init?.headers).get('authorization'));
        return Response.json({ keys: [] });
      },
    });
    expect(token, 'not before it is needed').toBe(0);
    await keys.refresh();
    now += 3_600;
    await keys.refresh();
    expect(seen).toEqual(['Bearer 1', 'Bearer 2']);
  });

  test('is called for each place where metadata may be', async () => {
    let calls = 0;
    const headers = () => ({ 'x-call': String(++calls) });
    const fetch = async () => new Response('', { status: 404 });
    await refusal(discover('https://issuer.example/a', { headers, fetch }));
    expect(calls).toBe(3);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'authorization: x'],
    ['a list', [['authorization', SECRET]]],
    ['Headers', new Headers({ authorization: SECRET })],
    ['a Map', new Map([['authorization', SECRET]])],
    ['a number as a value', { 'x-tenant': 7 }],
    ['undefined as a value', { authorization: undefined }],
    ['a function as a value', { authorization: () => SECRET }],
    ['a line break', { authorization: `${SECRET}\r\nx-injected: 1` }],
    ['a line feed', { authorization: `${SECRET}\nx` }],
    ['a NUL', { authorization: `${SECRET}\0` }],
    ['a name with a blank', { 'a b': SECRET }],
    ['a name with a line break', { 'a\r\nx-injected': SECRET }],
    ['an empty name', { '': SECRET }],
    ['a prototype', { __proto__: { authorization: SECRET } }],
    ['a lone surrogate', { authorization: '\ud800' }],
    ['a function', () => ({})],
  ])('that returns %s: nothing is sent, and the reason names the option and no value', async (_, returned) => {
    for (const headers of [() => returned, async () => returned]) {
      const error = await refusal(sent(headers));
      expect([error.code, error.message]).toEqual([
        'ERR_JWKS_UNAVAILABLE',
        'options.headers must return a plain object of header names and values, or a promise of one',
      ]);
      expectSilent(error, SECRET);
    }
  });

  test('an own member named __proto__ is a header, which the platform leaves out, and brings no others', async () => {
    expect(await sent(() => JSON.parse('{"__proto__":"x","a":"b"}'))).toEqual([['a', 'b']]);
    const error = await refusal(sent(() => JSON.parse('{"__proto__":{"x-injected":"1"}}')));
    expect(error.message).toMatch(/^options\.headers must return/);
  });

  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new TypeError(SECRET);
      },
      'no reason given',
    ],
    ['rejects', () => Promise.reject(Object.assign(new Error(SECRET), { code: 'ENOENT' })), 'ENOENT'],
    ['rejects with nothing', () => Promise.reject(undefined), 'no reason given'],
    ['throws a JoseError', () => Promise.reject(new JoseError('ERR_JWT_EXPIRED', SECRET)), 'ERR_JWT_EXPIRED'],
    [
      'has a getter that throws',
      () => ({
        get authorization() {
          throw new TypeError(SECRET);
        },
      }),
      'no reason given',
    ],
  ])('that %s: the keys are unavailable, and no value is told', async (_, headers, code) => {
    const error = await refusal(sent(headers));
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', `options.headers failed (${code})`]);
    expectSilent(error, SECRET);
  });

  test('whose object answers differently the second time: what was checked is sent', async () => {
    let reads = 0;
    const headers = () => ({
      get authorization() {
        return reads++ === 0 ? 'checked' : 'a\r\nb: c';
      },
    });
    expect(await sent(headers)).toEqual([['authorization', 'checked']]);
  });

  test('counts into the timeout, and nothing is sent after it', async () => {
    let isSent = false;
    let release: (headers: Record<string, string>) => void = () => undefined;
    const headers = () =>
      new Promise<Record<string, string>>((resolve) => {
        release = resolve;
      });
    const fetch: typeof globalThis.fetch = async () => {
      isSent = true;
      return Response.json({ keys: [] });
    };
    const error = await refusal(fetchJwks(URL_OF_SET, { headers, fetch, timeout: 0.01 }));
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', 'no answer in time']);
    release({});
    await new Promise(setImmediate);
    expect(isSent).toBe(false);
  });

  test('a set tells the failure, and is well again when the function is', async () => {
    let isBroken = true;
    const keys = remoteJwks(URL_OF_SET, {
      clock: () => 0,
      fetch: async () => Response.json({ keys: [] }),
      headers: () => (isBroken ? Promise.reject(Object.assign(new Error(SECRET), { code: 'EACCES' })) : {}),
    });
    await expect(keys.refresh()).rejects.toThrow('the keys are unavailable: options.headers failed (EACCES)');
    expect(keys.status).toMatchObject({ lastError: 'ERR_JWKS_UNAVAILABLE', failures: 1 });
    isBroken = false;
    await keys.refresh();
    expect(keys.status).toMatchObject({ state: 'fresh', failures: 0 });
  });
});

describe('headersTo', () => {
  const ISSUER = 'https://issuer.example';
  const KEYS = 'https://keys.example';

  /** Which origins were sent the header, of a set that is at `jwks_uri`, and the status of the set. */
  async function receivers(jwks_uri: string, options: object, statusOfSet = 200) {
    const asked: [string, boolean][] = [];
    let calls = 0;
    const keys = discoverJwks(ISSUER, {
      clock: () => 0,
      headers: () => {
        calls++;
        return { authorization: SECRET };
      },
      fetch: async (url, init) => {
        asked.push([new URL(String(url)).origin, new Headers(init?.headers).has('authorization')]);
        if (String(url) === jwks_uri) return Response.json({ keys: [] }, { status: statusOfSet });
        return Response.json({ issuer: ISSUER, jwks_uri });
      },
      ...options,
    });
    await keys.refresh().catch(() => undefined);
    return { asked, calls, status: keys.status };
  }

  test('sends them to the origin that is named, if the metadata names it', async () => {
    const headersTo = [KEYS];
    const { asked } = await receivers(`${KEYS}/a/jwks.json`, { headersTo });
    expect(asked).toEqual([
      [ISSUER, true],
      [KEYS, true],
    ]);
  });

  test.each([
    'https://evil.example/jwks.json',
    'https://keys.example.evil.example/jwks.json',
    'https://keys.example:8443/jwks.json',
    'https://sub.keys.example/jwks.json',
    'https://keys.example./jwks.json',
    'https://evil.example/https://keys.example/jwks.json',
    'https://evil.example/?https://keys.example',
  ])('sends nothing to %s, and the function is not even called', async (jwks_uri) => {
    for (const options of [{ headersTo: [KEYS] }, {}]) {
      const { asked, calls } = await receivers(jwks_uri, options);
      expect(asked).toEqual([
        [ISSUER, true],
        [new URL(jwks_uri).origin, false],
      ]);
      expect(calls).toBe(1);
    }
  });

  test('is read once', async () => {
    const headersTo = [KEYS];
    const hook = {
      headersTo,
      clock: () => {
        headersTo[0] = 'https://evil.example';
        return 0;
      },
    };
    expect((await receivers('https://evil.example/jwks.json', hook)).asked.at(-1)).toEqual([
      'https://evil.example',
      false,
    ]);
  });

  test.each([401, 403])('a %i where they were withheld says so', async (code) => {
    const { status } = await receivers(`${KEYS}/jwks.json`, {}, code);
    expect(status.lastReason).toBe(
      `status ${code} instead of 200: options.headers were not sent to "${KEYS}", which is another origin than the issuer's and not in options.headersTo`,
    );
  });

  test('and no other status, nor a 401 where they were sent, or where there are none', async () => {
    const here = `${KEYS}/jwks.json`;
    const told = [
      await receivers(here, {}, 404),
      await receivers(here, { headersTo: [KEYS] }, 401),
      await receivers(`${ISSUER}/jwks.json`, {}, 401),
      await receivers(here, { headers: undefined }, 401),
    ];
    expect(told.map(({ status }) => status.lastReason)).toEqual(
      [404, 401, 401, 401].map((code) => `status ${code} instead of 200`),
    );
  });

  test.each([
    ['http://keys.example', /^options\.headersTo\[1\] must be https/],
    ['ftp://keys.example', /^options\.headersTo\[1\] must be https/],
    ['http://127.0.0.1:1', /^options\.headersTo\[1\] must be https/],
    ['https://keys.example/', /^options\.headersTo must be an array of origins such as 'https:\/\/keys\.example'/],
    ['https://keys.example/jwks.json', /^options\.headersTo must be an array of origins/],
    ['https://keys.example:443', /^options\.headersTo must be an array of origins/],
    ['https://Keys.example', /^options\.headersTo must be an array of origins/],
    ['https://user@keys.example', /^options\.headersTo must be an array of origins/],
    ['keys.example', /^options\.headersTo must be an array of origins/],
    ['null', /^options\.headersTo must be an array of origins/],
    ['*', /^options\.headersTo must be an array of origins/],
    [7, /^options\.headersTo must be an array of origins/],
    [undefined, /^options\.headersTo must be an array of origins/],
  ])('%s is no origin to name', (origin, told) => {
    expectTypeError(() => discoverJwks(ISSUER, { headersTo: [KEYS, origin] as never }), told);
  });

  test('an empty list is a mistake, and so is a set that has one URL only', () => {
    expectTypeError(() => discoverJwks(ISSUER, { headersTo: [] }), /^options\.headersTo must be an array of origins/);
    const options: RemoteJwksOptions & { headersTo: string[] } = { headersTo: [KEYS] };
    expectTypeError(() => remoteJwks(URL_OF_SET, options), /^options\.headersTo is not an option; headers is$/);
  });

  test('http origins are named where http is allowed', () => {
    expect(() =>
      discoverJwks(ISSUER, { headersTo: ['http://127.0.0.1:1'], allowInsecureLoopback: true }),
    ).not.toThrow();
  });
});
