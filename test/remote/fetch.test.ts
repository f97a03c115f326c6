import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FetchJwksOptions, fetchJwks, JoseError, type JoseErrorCode } from '../../src/index.ts';
import { checkUrl } from '../../src/remote/urls.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';

const URL_OF_SET = 'https://issuer.example/jwks.json';
const BODY = '{"keys":[]}';
const LIMIT = 256 * 1024;

type Fetch = typeof globalThis.fetch;

/** A fetch that answers the same way each time, and remembers what it was asked. */
function answering(answer: () => Response | Promise<Response>): { fetch: Fetch; asked: Parameters<Fetch>[] } {
  const asked: Parameters<Fetch>[] = [];
  const fetch: Fetch = async (...call) => {
    asked.push(call);
    return answer();
  };
  return { fetch, asked };
}

const get = (answer: () => Response | Promise<Response>, options: FetchJwksOptions = {}) =>
  fetchJwks(URL_OF_SET, { ...options, fetch: answering(answer).fetch });

/** The JoseError that a promise ends with. */
async function refusal(promise: Promise<unknown>): Promise<JoseError> {
  const error = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!(error instanceof JoseError)) throw new Error(`expected a JoseError, got ${String(error)}`, { cause: error });
  return error;
}

async function expectRefusal(promise: Promise<unknown>, code: JoseErrorCode, message: RegExp): Promise<void> {
  const error = await refusal(promise);
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
}

/** A body of these chunks; then it ends, or stalls for ever. Tells how often it was read and why it was given up. */
function stream(chunks: Iterable<Uint8Array>, atEnd: 'close' | 'stall' = 'close') {
  const iterator = chunks[Symbol.iterator]();
  const seen = { reads: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = iterator.next();
        if (!done) {
          seen.reads++;
          controller.enqueue(value);
        } else if (atEnd === 'close') controller.close();
        else return new Promise<void>(() => undefined);
        return undefined;
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

const octets = (text: string) => new TextEncoder().encode(text);

describe('the URL', () => {
  test.each([
    ['https://issuer.example/jwks.json', 'https://issuer.example/jwks.json'],
    ['HTTPS://Issuer.Example:443/a?b=c', 'https://issuer.example/a?b=c'],
    ['https://127.0.0.1:8443/', 'https://127.0.0.1:8443/'],
    ['https://[::1]/', 'https://[::1]/'],
  ])('%s is asked as it stands', async (given, sent) => {
    const { fetch, asked } = answering(() => new Response(BODY));
    expect((await fetchJwks(given, { fetch })).url).toBe(sent);
    expect((await fetchJwks(new URL(given), { fetch })).url).toBe(sent);
    expect(asked.map(([url]) => url)).toEqual([sent, sent]);
  });

  test.each([
    ['http://issuer.example/', /must be https/],
    ['http://127.0.0.1/', /must be https/],
    ['http://localhost/', /must be https/],
    ['ftp://issuer.example/', /must be https/],
    ['file:///etc/jwks.json', /must be https/],
    ['data:application/json,{}', /must be https/],
    ['blob:https://issuer.example/1', /must be https/],
    ['javascript:1', /must be https/],
    ['//issuer.example/', /must be a URL/],
    ['issuer.example', /must be a URL/],
    ['https://', /must be a URL/],
    ['https://issuer.example:99999/', /must be a URL/],
    ['https://[fe80::1%25eth0]/', /must be a URL/],
    ['', /must be a URL/],
    ['https://user@issuer.example/', /user name or password/],
    ['https://:word@issuer.example/', /user name or password/],
    ['https://user:word@issuer.example/', /user name or password/],
    ['https://issuer.example/#keys', /fragment/],
    ['https://issuer.example/#', /fragment/],
    [undefined, /must be a URL/],
    [null, /must be a URL/],
    [7, /must be a URL/],
    [{ href: URL_OF_SET }, /must be a URL/],
  ])('%s is a TypeError, and nothing is sent', async (url, message) => {
    const { fetch, asked } = answering(() => new Response(BODY));
    const error = await fetchJwks(url as never, { fetch }).catch((reason: unknown) => reason);
    expectTypeError(() => {
      throw error;
    }, message);
    expect(String(error)).toMatch(/^TypeError: url /);
    expect(asked).toEqual([]);
  });

  test.each([
    ['http://localhost:1/', true],
    ['http://LOCALHOST/', true],
    ['http://127.0.0.1/', true],
    ['http://127.1.2.3/', true],
    ['http://2130706433/', true],
    ['http://0x7f.1/', true],
    ['http://[::1]/', true],
    ['http://[0:0:0:0:0:0:0:1]/', true],
    ['https://issuer.example/', true],
    ['http://issuer.example/', false],
    ['http://127.0.0.1.issuer.example/', false],
    ['http://localhost.issuer.example/', false],
    ['http://localhost./', false],
    ['http://0.0.0.0/', false],
    ['http://128.0.0.1/', false],
    ['http://[::]/', false],
    ['http://[::2]/', false],
    ['http://10.0.0.1/', false],
    ['http://169.254.169.254/', false],
    ['ws://127.0.0.1/', false],
    ['ftp://localhost/', false],
  ])('allowInsecureLoopback and %s: %s', (url, isAllowed) => {
    if (isAllowed) expect(checkUrl(url, { allowInsecureLoopback: true }, 'url').href).toBe(new URL(url).href);
    else expectTypeError(() => checkUrl(url, { allowInsecureLoopback: true }, 'issuer'), /^issuer must be https/);
  });
});

describe('the request', () => {
  test('one GET of nothing but accept, no redirects, no credentials, a signal', async () => {
    const { fetch, asked } = answering(() => new Response(BODY));
    await fetchJwks(URL_OF_SET, { fetch });
    const [[url, init] = []] = asked;
    expect(asked).toHaveLength(1);
    expect(url).toBe(URL_OF_SET);
    expect(Object.getPrototypeOf(init), 'nothing inherited is sent').toBeNull();
    expect(init).toEqual({
      method: 'GET',
      cache: 'no-store',
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'manual',
      credentials: 'omit',
      signal: expect.any(AbortSignal),
    });
  });

  test('further headers and the ETag are sent as they were given', async () => {
    const { fetch, asked } = answering(() => new Response(BODY));
    const headers = { authorization: 'Bearer given', 'x-tenant': '7' };
    await fetchJwks(URL_OF_SET, { fetch, headers, ifNoneMatch: 'W/"1"' });
    expect(asked[0]?.[1]?.headers).toEqual({
      accept: 'application/jwk-set+json, application/json',
      authorization: 'Bearer given',
      'x-tenant': '7',
      'if-none-match': 'W/"1"',
    });
  });
});

describe('the answer', () => {
  test('is told with the headers that a cache goes by', async () => {
    const headers = {
      'content-type': 'text/plain',
      'cache-control': 'max-age=5',
      age: '3',
      etag: '"1"',
      'x-other': '-',
    };
    expect(await get(() => new Response('{"é":1}', { headers }))).toStrictEqual({
      url: URL_OF_SET,
      status: 200,
      body: '{"é":1}',
      octets: 8,
      contentType: 'text/plain',
      cacheControl: 'max-age=5',
      age: '3',
      etag: '"1"',
    });
  });

  test('tells nothing of headers that are not there, and an empty body is one', async () => {
    const empty = { url: URL_OF_SET, status: 200, body: '', octets: 0 };
    expect(await get(() => new Response(null))).toStrictEqual(empty);
  });

  test('304 is an answer to an ETag, and to nothing else', async () => {
    const answer = () => new Response(null, { status: 304, headers: { etag: '"1"' } });
    expect(await get(answer, { ifNoneMatch: '"1"' })).toStrictEqual({
      url: URL_OF_SET,
      status: 304,
      body: '',
      octets: 0,
      etag: '"1"',
    });
    await expectRefusal(get(answer), 'ERR_JWKS_UNAVAILABLE', /status 304/);
    await expectRefusal(get(answer, { headers: { 'if-none-match': '"1"' } }), 'ERR_JWKS_UNAVAILABLE', /status 304/);
  });

  test.each([201, 202, 203, 204, 205, 206, 400, 401, 403, 404, 410, 429, 500, 502, 503])(
    'status %i is no answer, and its body is not read',
    async (status) => {
      const { body, seen } = stream([octets(BODY)]);
      const hasBody = ![204, 205].includes(status);
      const answer = () => new Response(hasBody ? body : null, { status });
      await expectRefusal(get(answer), 'ERR_JWKS_UNAVAILABLE', new RegExp(`status ${status} instead of 200`));
      expect(seen).toEqual({ reads: 0, cancelled: hasBody });
    },
  );

  test('octets that are not UTF-8 are no text, and a byte-order mark stays for the reader of JSON to refuse', async () => {
    await expectRefusal(
      get(() => new Response(Uint8Array.of(0x7b, 0xff, 0x7d))),
      'ERR_JWKS_INVALID',
      /not UTF-8/,
    );
    await expectRefusal(
      get(() => new Response(octets('é').slice(0, 1))),
      'ERR_JWKS_INVALID',
      /not UTF-8/,
    );
    expect((await get(() => new Response(`\ufeff${BODY}`))).body).toBe(`\ufeff${BODY}`);
  });

  test('a character that two chunks share is one', async () => {
    const [first = 0, second = 0] = octets('é');
    const { body } = stream([Uint8Array.of(first), Uint8Array.of(second)]);
    expect(await get(() => new Response(body))).toMatchObject({ body: 'é', octets: 2 });
  });
});

describe('a fetch that returns no Response', () => {
  const stream = () => new Blob([BODY]).stream();
  const headers = new Headers();
  test.each<[string, unknown]>([
    ['what mocks return', { ok: true, json: async () => ({ keys: [] }) }],
    ['a status only', { ok: true, status: 200, json: async () => ({ keys: [] }) }],
    ['plain headers', { status: 200, headers: {}, body: stream() }],
    ["a body of node's own", { status: 200, headers, body: { pipe: () => undefined } }],
    ['nothing', undefined],
  ])('%s', async (_, response) => {
    await expect(get(() => response as Response)).rejects.toThrow(
      /^options\.fetch must return a Response, such as Response\.json\(jwks\), or a promise of one$/,
    );
  });
  test('a Response of a polyfill will do', async () => {
    await expect(get(() => ({ status: 200, headers, body: stream() }) as Response)).resolves.toMatchObject({
      body: BODY,
    });
    await expect(get(() => ({ status: 200, headers, body: null }) as Response)).resolves.toMatchObject({
      body: '',
    });
  });
});

describe('redirects', () => {
  test.each([300, 301, 302, 303, 305, 307, 308])('%i is refused, and its body is not read', async (status) => {
    const { body, seen } = stream([octets(BODY)]);
    const { fetch, asked } = answering(() => new Response(body, { status, headers: { location: URL_OF_SET } }));
    await expectRefusal(
      fetchJwks(URL_OF_SET, { fetch }),
      'ERR_JWKS_UNAVAILABLE',
      new RegExp(`status ${status}: redirects are not followed`),
    );
    expect(asked).toHaveLength(1);
    expect(seen).toEqual({ reads: 0, cancelled: true });
  });

  test('a fetch that followed one all the same is caught by what it says of its answer', async () => {
    const answer = () => Object.defineProperty(new Response(BODY), 'redirected', { value: true });
    await expectRefusal(get(answer), 'ERR_JWKS_UNAVAILABLE', /redirects are not followed/);
  });

  test('a body that does not let itself be given up changes nothing', async () => {
    const body = new ReadableStream({
      cancel: () => Promise.reject(new Error('no')),
    });
    await expectRefusal(
      get(() => new Response(body, { status: 500 })),
      'ERR_JWKS_UNAVAILABLE',
      /status 500/,
    );
  });
});

describe('maxBytes', () => {
  test('256 KiB by default: so many octets are read, one more is not', async () => {
    expect(await get(() => new Response('x'.repeat(LIMIT)))).toMatchObject({ octets: LIMIT });
    const over = () => new Response('x'.repeat(LIMIT + 1));
    await expectRefusal(get(over), 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/);
  });

  test('octets are counted, not characters', async () => {
    expect(await get(() => new Response('éé'), { maxBytes: 4 })).toMatchObject({ octets: 4 });
    await expectRefusal(
      get(() => new Response('éé'), { maxBytes: 3 }),
      'ERR_JOSE_LIMIT_EXCEEDED',
      /over 3 octets/,
    );
  });

  test.each([['1'], ['4'], ['x'], [undefined]])(
    'whatever content-length says (%s), what comes is counted',
    async (length) => {
      const headers = new Headers(length === undefined ? {} : { 'content-length': length });
      const { body, seen } = stream(Array(100).fill(octets('four')));
      await expectRefusal(
        get(() => new Response(body, { headers }), { maxBytes: 9 }),
        'ERR_JOSE_LIMIT_EXCEEDED',
        /over 9 octets/,
      );
      expect(seen).toEqual({ reads: 3, cancelled: true });
    },
  );

  test('more than is allowed by content-length is given up without being read to its end', async () => {
    const { body, seen } = stream(Array(1_000).fill(octets('four')));
    const answer = () => new Response(body, { headers: { 'content-length': '4000' } });
    await expectRefusal(get(answer, { maxBytes: 9 }), 'ERR_JOSE_LIMIT_EXCEEDED', /over 9 octets/);
    expect(seen.reads).toBeLessThanOrEqual(3);
    expect(seen.cancelled).toBe(true);
  });

  test('an endless body is given up at the limit', async () => {
    const { body, seen } = stream(forEver(octets(' '.repeat(65_536))));
    await expectRefusal(
      get(() => new Response(body)),
      'ERR_JOSE_LIMIT_EXCEEDED',
      /over 262144 octets/,
    );
    expect(seen).toEqual({ reads: 5, cancelled: true });
  });
});

function* forEver<T>(value: T): Iterable<T> {
  for (;;) yield value;
}

describe('the deadline', () => {
  const options = { timeout: 0.02 };

  test('holds for a fetch that never answers and does not look at its signal', async () => {
    await expectRefusal(
      get(() => new Promise(() => undefined), options),
      'ERR_JWKS_UNAVAILABLE',
      /no answer in time$/,
    );
  });

  test('holds for one that looks at it', async () => {
    const fetch: Fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    await expectRefusal(fetchJwks(URL_OF_SET, { fetch, ...options }), 'ERR_JWKS_UNAVAILABLE', /no answer in time$/);
  });

  test('holds to the last octet of the body, which is then given up', async () => {
    const { body, seen } = stream([octets('{')], 'stall');
    await expectRefusal(
      get(() => new Response(body), options),
      'ERR_JWKS_UNAVAILABLE',
      /no answer in time$/,
    );
    await settled();
    expect(seen).toEqual({ reads: 1, cancelled: true });
  });

  test.each([
    ['that ends', 'close'],
    ['that stalls', 'stall'],
  ] as const)('an answer that comes after it, with a body %s, is given up', async (_, atEnd) => {
    const { body, seen } = stream(atEnd === 'stall' ? [] : [octets(BODY)], atEnd);
    let answer: (response: Response) => void = () => undefined;
    const late = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    await expectRefusal(
      get(() => late, options),
      'ERR_JWKS_UNAVAILABLE',
      /no answer in time$/,
    );
    answer(new Response(body));
    await settled();
    expect(seen.reads).toBeLessThanOrEqual(1);
    expect(seen.cancelled).toBe(true);
  });

  test('an answer within it is not cut off, and leaves nothing that fails later', async () => {
    let signal: AbortSignal | null | undefined;
    const fetch: Fetch = async (_, init) => {
      signal = init?.signal;
      return new Response(BODY);
    };
    expect(await fetchJwks(URL_OF_SET, { fetch, timeout: 0.2 })).toMatchObject({ body: BODY });
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    await settled();
  });

  test.each([1.001, 86_400, '1d'] as const)('may be any length of time up to a day: %s', async (timeout) => {
    expect(await get(() => new Response(BODY), { timeout })).toMatchObject({ body: BODY });
  });

  test.each([0.0015, 1e-9])('however short: %s', async (timeout) => {
    const never = () => new Promise<Response>(() => undefined);
    await expectRefusal(get(never, { timeout }), 'ERR_JWKS_UNAVAILABLE', /no answer in time$/);
  });

  /** One turn of the event loop: whatever was to be done at once is done. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
});

describe('what went wrong is told by the system’s own word', () => {
  const coded = (code: string) => Object.assign(new Error('a stranger’s text'), { code });
  /** A class that is none of the platform's errors, as node-fetch 2 makes its own. */
  function FetchErrorLike() {}
  const unreadable = (name: string, cause: unknown) =>
    Object.defineProperty({ cause }, name, {
      get() {
        throw new Error('a stranger’s text');
      },
    });
  function ownCause(): Error {
    const error = new Error('x');
    error.cause = error;
    return error;
  }

  test.each([
    ['ECONNREFUSED', coded('ECONNREFUSED'), /no answer \(ECONNREFUSED\)$/],
    ['wrapped', new TypeError('fetch failed', { cause: coded('ENOTFOUND') }), /no answer \(ENOTFOUND\)$/],
    ['twice', new TypeError('x', { cause: new Error('y', { cause: coded('EPIPE') }) }), /no answer \(EPIPE\)$/],
    ['of several', Object.assign(new AggregateError([coded('A')], 'a stranger’s text'), { code: 'B' }), /\(B\)$/],
    ['no code', new TypeError('a stranger’s text'), /no answer \(no reason given\)$/],
    ['a code that is no text', Object.assign(new Error('x'), { code: 7 }), /no answer \(no reason given\)$/],
    ['no error', 'a stranger’s text', /no answer \(no reason given\)$/],
    ['nothing', undefined, /no answer \(no reason given\)$/],
    ['of node-fetch', Object.create(FetchErrorLike.prototype, { code: { value: 'ECONNRESET' } }), /\(ECONNRESET\)$/],
    ['of another realm', runInNewContext(`Object.assign(new Error('x'), { code: 'ETIMEDOUT' })`), /\(ETIMEDOUT\)$/],
    ['a plain object', { cause: { code: 'EPIPE' } }, /\(EPIPE\)$/],
    ['a code that is a sentence', { code: 'a stranger’s text' }, /no answer \(no reason given\)$/],
    ['a code under one that throws', unreadable('code', coded('EPIPE')), /\(EPIPE\)$/],
    ['a cause that throws', unreadable('cause', undefined), /no answer \(no reason given\)$/],
    ['its own cause', ownCause(), /no answer \(no reason given\)$/],
  ])('%s', async (_, thrown, message) => {
    const error = await refusal(get(() => Promise.reject(thrown)));
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', expect.stringMatching(message)]);
    expectSilent(error, 'a stranger’s text');
  });

  test('also when the body breaks off', async () => {
    const body = new ReadableStream({ pull: () => Promise.reject(coded('ECONNRESET')) });
    await expectRefusal(
      get(() => new Response(body)),
      'ERR_JWKS_UNAVAILABLE',
      /no answer \(ECONNRESET\)$/,
    );
  });

  test('nothing of an answer is told', async () => {
    const secret = 'a text that must not be shown';
    for (const status of [200, 302, 500]) {
      const headers = { location: `https://${'x'.repeat(20)}.example/`, 'x-secret': secret };
      const answer = () => new Response(secret, { status, statusText: secret, headers });
      expectSilent(await refusal(get(answer, { maxBytes: 3 })), secret, headers.location);
    }
  });
});

describe('options', () => {
  test.each<[string, object]>([
    ['url', { url: URL_OF_SET }],
    ['redirect', { redirect: 'follow' }],
    ['fetch', { fetch: 'fetch' }],
    ['fetch', { fetch: null }],
    ['headers', { headers: 'accept: */*' }],
    ['headers', { headers: [['x', 'y']] }],
    ['headers', { headers: new Headers() }],
    ['headers', { headers: { 'x-number': 1 } }],
    ['headers', { headers: { 'bad name': 'x' } }],
    ['headers', { headers: { '': 'x' } }],
    ['headers', { headers: { 'x-injected': 'a\r\ncookie: b' } }],
    ['headers', { headers: { 'x-wide': '€' } }],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', '5 s', '0s', '2d', null, {}].map(
      (timeout): [string, object] => ['timeout', { timeout }],
    ),
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null].map((maxBytes): [string, object] => [
      'maxBytes',
      { maxBytes },
    ]),
    ['allowInsecureLoopback', { allowInsecureLoopback: 1 }],
    ['allowInsecureLoopback', { allowInsecureLoopback: 'false' }],
    ['ifNoneMatch', { ifNoneMatch: 1 }],
    ['ifNoneMatch', { ifNoneMatch: null }],
    ['ifNoneMatch', { ifNoneMatch: '"a"\r\ncookie: b' }],
  ])('options.%s is refused: %o', async (name, options) => {
    const { fetch, asked } = answering(() => new Response(BODY));
    const error = await fetchJwks(URL_OF_SET, { fetch, ...options } as never).catch((reason: unknown) => reason);
    expectTypeError(
      () => {
        throw error;
      },
      new RegExp(`^options\\.${name} (must be|is not an option)`),
    );
    expect(asked).toEqual([]);
  });

  test('undefined is "not set" for each', async () => {
    const unset = { headers: undefined, timeout: undefined, maxBytes: undefined, ifNoneMatch: undefined };
    expect(await get(() => new Response(BODY), { ...unset, allowInsecureLoopback: undefined })).toMatchObject({
      body: BODY,
    });
  });

  const pollutions: readonly [string, unknown][] = [
    ['allowInsecureLoopback', true],
    ['maxBytes', 1],
    ['timeout', 1e-9],
    ['headers', { authorization: 'polluted' }],
    ['ifNoneMatch', '"polluted"'],
    ['accept', 'text/polluted'],
    ['method', 'DELETE'],
    ['integrity', 'sha256-polluted'],
    ['signal', AbortSignal.abort()],
    ['fetch', async () => new Response('polluted')],
  ];

  test.each(pollutions)('a polluted Object.prototype.%s counts for nothing', async (name, value) => {
    const plain = new Response(BODY);
    const { fetch, asked } = answering(() => plain);
    const real = globalThis.fetch;
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      if (name === 'fetch') globalThis.fetch = fetch;
      expect((await fetchJwks(URL_OF_SET, name === 'fetch' ? {} : { fetch })).body).toBe(BODY);
      const error = await fetchJwks('http://127.0.0.1:1/', { fetch }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TypeError);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
      globalThis.fetch = real;
    }
    expect(asked.map(([, init]) => Object.entries(init?.headers ?? {}))).toEqual([
      [['accept', 'application/jwk-set+json, application/json']],
    ]);
  });
});

// ── the platform's own fetch, over plain http on loopback ────────────────────────────────────────────────────────

describe('over http on loopback', () => {
  const asked: IncomingMessage[] = [];
  const paths: Readonly<Record<string, RequestListener>> = {
    '/good': (_, response) => response.setHeader('set-cookie', 'track=1').end(BODY),
    '/bomb': (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(' '.repeat(64 * LIMIT))),
    '/zipped': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(BODY)),
    '/moved': (_, response) => response.writeHead(302, { location: '/good' }).end(),
    '/torn': (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      response.socket?.destroySoon();
    },
    '/silent': () => undefined,
    '/stalled': (_, response) => response.write('{'),
  };
  const server = createServer((request, response) => {
    asked.push(request);
    paths[request.url ?? '']?.(request, response);
  });
  const http = (path: string, options: FetchJwksOptions = {}) =>
    fetchJwks(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      allowInsecureLoopback: true,
      ...options,
    });

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  test('a GET that carries no credentials, and no cookie the second time either', async () => {
    asked.length = 0;
    for (const _ of [1, 2]) expect(await http('/good')).toMatchObject({ status: 200, body: BODY });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
    for (const { headers } of asked) {
      expect(headers.accept).toBe('application/jwk-set+json, application/json');
      for (const name of ['cookie', 'authorization', 'referer', 'origin', 'if-none-match']) {
        expect(headers).not.toHaveProperty(name);
      }
    }
  });

  test('what comes out of a compression is counted', async () => {
    expect(await http('/zipped')).toMatchObject({ body: BODY, octets: BODY.length });
    await expectRefusal(http('/bomb'), 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/);
  });

  test('a redirect is not followed, not even to the same server', async () => {
    asked.length = 0;
    await expectRefusal(http('/moved'), 'ERR_JWKS_UNAVAILABLE', /status 302: redirects are not followed/);
    expect(asked.map(({ url }) => url)).toEqual(['/moved']);
  });

  test('a body that ends too early is no answer', async () => {
    await expectRefusal(http('/torn'), 'ERR_JWKS_UNAVAILABLE', /no answer \([A-Z_]+\)$/);
  });

  test.each(['/silent', '/stalled'])('%s: the deadline ends it', async (path) => {
    await expectRefusal(http(path, { timeout: 0.05 }), 'ERR_JWKS_UNAVAILABLE', /no answer in time$/);
  });

  test('nobody there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const promise = fetchJwks(`http://127.0.0.1:${port}/`, { allowInsecureLoopback: true });
    await expectRefusal(promise, 'ERR_JWKS_UNAVAILABLE', /no answer \(ECONNREFUSED\)$/);
  });
});
