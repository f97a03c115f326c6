// The adapter of jwks-rsa: what its client finds, how often it asks, what it says, and what it refuses. bench/compat.mjs
// compares it with the original.

import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as jwksRsa from '../../src/compat/jwks-rsa.ts';
import { exportJwk, exportPem, importJwks, importKey, type Jwk, type Key } from '../../src/index.ts';
import { type Endpoint, standInEndpoint } from '../support/endpoint.ts';
import { jwksResponse } from '../support/issuer.ts';
import { freshPair, nodePair } from '../support/keys.ts';

const {
  default: jwksClient,
  JwksClient,
  JwksError,
  JwksRateLimitError,
  SigningKeyNotFoundError,
  ArgumentError,
} = jwksRsa;

const URI = 'https://issuer.example/.well-known/jwks.json';
const keyOf = (alg: 'RS256' | 'ES256' | 'EdDSA' | 'PS256', kid: string): Key =>
  importKey(nodePair(alg).publicKey, { alg, kid });
const [a, b, c] = [keyOf('RS256', 'a'), keyOf('ES256', 'b'), keyOf('EdDSA', 'c')];
const weak = { ...freshPair('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }), kid: 'weak' };

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = standInEndpoint(a, b);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const clientOf = (options: object = {}) => jwksClient({ jwksUri: URI, ...options });
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
const document = (value: unknown) => () => new Response(typeof value === 'string' ? value : JSON.stringify(value));
const down = () => new Response('', { status: 503, statusText: 'Service Unavailable' });
/** The error of a call, as name and message. */
const said = async (call: () => unknown): Promise<string> => {
  try {
    await call();
  } catch (error) {
    const { name, message }: Error = Object(error);
    return `${name}: ${message}`;
  }
  return 'no error';
};
const errorOf = async (call: () => unknown): Promise<Error & { [member: string]: unknown }> => {
  try {
    await call();
  } catch (error) {
    return Object(error);
  }
  throw new Error('nothing was thrown');
};

describe('the module', () => {
  test('is a function that makes a client, with the members of the original', () => {
    expect(Object.entries(jwksRsa).find(([name]) => name === 'module.exports')?.[1]).toBe(jwksClient);
    expect(clientOf()).toBeInstanceOf(JwksClient);
    expect(Object.keys(jwksClient).toSorted()).toEqual([
      'ArgumentError',
      'JwksClient',
      'JwksError',
      'JwksRateLimitError',
      'SigningKeyNotFoundError',
      'expressJwtSecret',
      'hapiJwt2Key',
      'hapiJwt2KeyAsync',
      'koaJwtSecret',
      'passportJwtSecret',
    ]);
  });
  test('a client shows its options, with the defaults of the original', () => {
    expect(clientOf({ cache: false }).options).toEqual({
      jwksUri: URI,
      rateLimit: false,
      cache: false,
      timeout: 30_000,
    });
  });
  test('the errors are functions, called with new or without it', () => {
    for (const type of [ArgumentError, JwksError, JwksRateLimitError, SigningKeyNotFoundError]) {
      const error = new type('why');
      expect(error).toBeInstanceOf(Error);
      expect(Object.entries(error)).toEqual([
        ['name', type.name],
        ['message', 'why'],
      ]);
    }
    const cause = new Error('deeper');
    expect(new JwksError('why', cause).cause).toBe(cause);
  });
});

describe('getSigningKey', () => {
  test('a key by its kid, as PEM in the three forms of the original', async () => {
    const key = await clientOf().getSigningKey('a');
    expect(key).toMatchObject({
      kid: 'a',
      alg: 'RS256',
      publicKey: exportPem(a).trimEnd(),
      rsaPublicKey: exportPem(a).trimEnd(),
    });
    expect(key?.getPublicKey()).toBe(exportPem(a).trimEnd());
    expect(endpoint.requests.map(({ url }) => url)).toEqual([URI]);
  });
  test('with a callback, on a later turn, and apart from the client', async () => {
    const { getSigningKey } = clientOf();
    const calls: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      const returned = getSigningKey('b', (...results) => {
        calls.push(...results);
        resolve();
      });
      expect(returned).toBeUndefined();
    });
    expect(calls).toEqual([]);
    await done;
    expect(calls).toMatchObject([null, { kid: 'b', alg: 'ES256' }]);
    const promised = promisify(
      getSigningKey as (kid: string, callback: (error: unknown, key: unknown) => void) => void,
    );
    expect(await promised('a')).toMatchObject({ kid: 'a' });
    expect(await said(() => promised('x'))).toBe(
      "SigningKeyNotFoundError: Unable to find a signing key that matches 'x'",
    );
  });
  test('no kid: the only key, or an error where there are several', async () => {
    expect(await said(() => clientOf().getSigningKey())).toBe(
      'SigningKeyNotFoundError: No KID specified and JWKS endpoint returned more than 1 key',
    );
    endpoint.keys = [b];
    for (const none of [undefined, null]) expect(await clientOf().getSigningKey(none)).toMatchObject({ kid: 'b' });
    endpoint.answer = document({ keys: [{ ...exportJwk(b), kid: undefined }] });
    expect(Object.keys(Object(await clientOf().getSigningKey()))).not.toContain('kid');
  });
  test.each<[unknown, string]>([
    ['', ''],
    [5, '5'],
    ['x'.repeat(300), 'x'.repeat(200)],
    ['line\nline', 'line?line'],
    ['\ud800', '?'],
    ['k'.repeat(20_000), 'k'.repeat(200)],
  ])('a kid that is in no set: %j', async (kid, shown) => {
    expect(await said(() => clientOf().getSigningKey(kid))).toBe(
      `SigningKeyNotFoundError: Unable to find a signing key that matches '${shown}'`,
    );
  });
  test('a key that was skipped is told with the reason', async () => {
    endpoint.answer = document({ keys: [exportJwk(a), weak] });
    expect(await said(() => clientOf().getSigningKey('weak'))).toMatch(
      /matches 'weak'; the key of this kid was skipped: .*2048 bits$/,
    );
  });
  test('one object serves all callers, and none can change it', async () => {
    const client = clientOf();
    const key = await client.getSigningKey('a');
    expect(Object.isFrozen(key)).toBe(true);
    pass(5);
    expect(await client.getSigningKey('a')).toBe(key);
  });
});

describe('how often the endpoint is asked', () => {
  test('once while the keys are fresh, however many look up', async () => {
    const client = clientOf();
    await Promise.all(['a', 'b', 'a', 'b'].map((kid) => client.getSigningKey(kid)));
    pass(400);
    await client.getSigningKey('a');
    expect(endpoint.requests.length).toBe(1);
  });
  test('200 unknown kids cost 3 requests, beside the first', async () => {
    const client = clientOf();
    await client.getSigningKey('a');
    for (let i = 0; i < 200; i++)
      expect(await said(() => client.getSigningKey(`unknown-${i}`))).toMatch(/^SigningKeyNotFoundError/);
    expect(endpoint.requests.length).toBe(4);
    expect(await client.getSigningKey('b')).toMatchObject({ kid: 'b' });
  });
  test('a new key is found at once, of whatever algorithm', async () => {
    const client = clientOf();
    await client.getSigningKey('a');
    endpoint.keys = [a, b, c];
    expect(await client.getSigningKey('c')).toMatchObject({ kid: 'c', alg: 'EdDSA' });
    expect(endpoint.requests.length).toBe(2);
  });
  test('the keys are asked for anew before cacheMaxAge, and a removed one is gone then', async () => {
    const client = clientOf({ cacheMaxAge: 100_000 });
    await client.getSigningKey('a');
    endpoint.keys = [b];
    pass(85); // in the background
    await client.getSigningKey('a');
    await vi.waitFor(async () => {
      pass(1);
      expect(await said(() => client.getSigningKey('a'))).toMatch(/^SigningKeyNotFoundError/);
    });
  });
  test('the endpoint may shorten that, to a minute at least', async () => {
    const client = clientOf();
    endpoint.answer = () => jwksResponse([a], { 'cache-control': 'max-age=5' });
    await client.getSigningKey('a');
    pass(40);
    await client.getSigningKey('a');
    expect(endpoint.requests.length).toBe(1);
    endpoint.answer = () => jwksResponse([b]);
    pass(21);
    expect(await said(() => client.getSigningKey('a'))).toMatch(/^SigningKeyNotFoundError/);
    expect(endpoint.requests.length).toBe(2);
  });
  test('a key that has changed its algorithm under its kid is found', async () => {
    const client = clientOf();
    await client.getSigningKey('a');
    endpoint.keys = [keyOf('ES256', 'a')];
    pass(3_600);
    expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a', alg: 'ES256' });
  });
  test('the answer of a look-up is that for the rest of the second', async () => {
    const client = clientOf({ cacheMaxAge: 1 }); // a second is the least
    const key = await client.getSigningKey('a');
    endpoint.keys = [];
    expect(await client.getSigningKey('a')).toBe(key);
    pass(1);
    expect(await said(() => client.getSigningKey('a'))).toBe('JwksError: The JWKS endpoint did not contain any keys');
  });
  test('a set of 100 keys and a kid in each of two forms are remembered, and no more', async () => {
    endpoint.answer = document({ keys: Array.from({ length: 100 }, (_, i) => ({ ...exportJwk(a), kid: `k${i}` })) });
    const client = clientOf();
    for (let i = 0; i < 100; i++) expect(await client.getSigningKey(`k${i}`)).toMatchObject({ kid: `k${i}` });
    const first = client.getSigningKey('k0');
    expect(client.getSigningKey('k0')).toBe(first);
    endpoint.answer = document({ keys: [exportJwk(b)] });
    const fetched = endpoint.requests.length;
    expect(await client.getSigningKey('b')).toMatchObject({ kid: 'b' });
    expect(endpoint.requests.length).toBe(fetched + 1);
    expect(client.getSigningKey('b')).not.toBe(client.getSigningKey('b'));
  });
  test('cache: false asks each time, and concurrent calls at once', async () => {
    const client = clientOf({ cache: false });
    await client.getSigningKey('a');
    await client.getSigningKey('a');
    expect(endpoint.requests.length).toBe(2);
    await Promise.all([client.getSigningKey('a'), client.getSigningKey('b')]);
    expect(endpoint.requests.length).toBe(3);
  });
  test('rateLimit is a further limit, of jwksRequestsPerMinute', async () => {
    const client = clientOf({ cache: false, rateLimit: true, jwksRequestsPerMinute: 2 });
    await client.getSigningKey('a');
    await client.getSigningKey('a');
    const error = await errorOf(() => client.getSigningKey('a'));
    expect(error).toBeInstanceOf(JwksRateLimitError);
    expect(error.message).toBe('Too many requests to the JWKS endpoint');
    expect(endpoint.requests.length).toBe(2);
    pass(30);
    expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a' });
    expect(await said(() => client.getSigningKey('a'))).toMatch(/^JwksRateLimitError/);
  });
  test('rateLimit is 10 a minute by default, and a clock that is set back gives no more', async () => {
    const client = clientOf({ cache: false, rateLimit: true });
    for (let i = 0; i < 10; i++) await client.getSigningKey('a');
    vi.setSystemTime(Date.now() - 600_000);
    expect(await said(() => client.getSigningKey('a'))).toMatch(/^JwksRateLimitError/);
  });
});

describe('getKeys and getSigningKeys', () => {
  test('the document, and its keys that can verify', async () => {
    const published = [exportJwk(a), weak, { kty: 'oct', k: 'AA' }];
    endpoint.answer = document({ keys: published });
    const client = clientOf({ requestHeaders: { 'x-number': 5, absent: undefined } });
    expect(await client.getKeys()).toEqual(published);
    expect(await client.getSigningKeys()).toEqual([await client.getSigningKey('a')]);
    expect(endpoint.requests.map(({ headers }) => headers.get('x-number'))).toEqual(['5', '5']);
    expect(endpoint.requests.map(({ headers }) => headers.has('absent'))).toEqual([false, false]);
  });
  test('a set without keys, and a document that is none', async () => {
    const client = clientOf();
    endpoint.keys = [];
    expect(await said(() => client.getSigningKeys())).toBe('JwksError: The JWKS endpoint did not contain any keys');
    endpoint.answer = document('no JSON');
    const error = await errorOf(() => client.getKeys());
    expect(error).toMatchObject({ name: 'SyntaxError', isEndpointUnavailable: true });
  });
});

describe('an endpoint that fails', () => {
  const failing = async (answer: () => Response | Promise<Response>, options: object = {}) => {
    endpoint.answer = answer;
    return errorOf(() => clientOf(options).getSigningKey('a'));
  };

  test('a status is told in the words of the original', async () => {
    expect(await failing(down)).toMatchObject({
      name: 'JwksError',
      message: 'Service Unavailable',
      isEndpointUnavailable: true,
    });
    expect(await failing(() => new Response('', { status: 500 }))).toMatchObject({ message: 'Http Error 500' });
  });
  test('the error of the system is told as it is, and by getKeys too', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const fails = () => Promise.reject(new TypeError('fetch failed', { cause: refused }));
    expect(await failing(fails)).toBe(refused);
    expect(Reflect.get(refused, 'isEndpointUnavailable')).toBe(true);
    expect(await errorOf(() => clientOf().getKeys())).toBe(refused);
    const frozen = Object.freeze(new Error('frozen'));
    expect(await failing(() => Promise.reject(frozen))).toBe(frozen);
    expect(await failing(() => Promise.reject('text'))).toMatchObject({ name: 'JwksError', message: /no answer/ });
  });
  test('a timeout in milliseconds', async () => {
    const error = await failing(() => new Promise(() => undefined), { timeout: 5 });
    expect(error).toMatchObject({ name: 'JwksError', message: 'no answer in time', isEndpointUnavailable: true });
    expect(error.cause).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });
  test.each<[unknown, string]>([
    [{}, 'The JWKS endpoint did not contain any keys'],
    [{ keys: [] }, 'The JWKS endpoint did not contain any keys'],
    [{ keys: [weak] }, 'The JWKS endpoint did not contain any signing keys'],
    [{ keys: Array.from({ length: 101 }, () => ({})) }, 'the JWK Set has more than 100 keys'],
  ])('a document without usable keys: %j', async (given, message) => {
    const error = await failing(document(given));
    expect(error).toMatchObject({ name: 'JwksError', message });
  });
  test('a document that is no JSON', async () => {
    const error = await failing(document('{'));
    expect(error).toMatchObject({ name: 'JwksError', isEndpointUnavailable: true });
    expect(error.message).toMatch(/JWK Set/);
  });
  test('after a failure there is a pause, which tells the failure again', async () => {
    endpoint.answer = down;
    const client = clientOf();
    for (let i = 0; i < 20; i++) expect(await said(() => client.getSigningKey('a'))).toContain('Service Unavailable');
    expect(endpoint.requests.length).toBe(1);
    endpoint.answer = undefined;
    pass(60);
    expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a' });
  });
  test('known keys are handed out for cacheMaxAgeFallback longer, and each time is told', async () => {
    const onStaleCacheFallback = vi.fn();
    const client = clientOf({ cacheMaxAge: 60_000, cacheMaxAgeFallback: 30_000, onStaleCacheFallback });
    const key = await client.getSigningKey('a');
    expect(onStaleCacheFallback).not.toHaveBeenCalled();
    endpoint.answer = down;
    pass(61);
    expect(await client.getSigningKey('a')).toBe(key);
    expect(onStaleCacheFallback.mock.calls).toEqual([[expect.objectContaining({ name: 'JwksError' }), 'a', key]]);
    pass(30);
    expect(await said(() => client.getSigningKey('a'))).toBe('JwksError: Service Unavailable');
  });
  test('while the request for stale keys goes on, the reason is that they are stale', async () => {
    const onStaleCacheFallback = vi.fn();
    const client = clientOf({ cacheMaxAge: 60_000, cacheMaxAgeFallback: 90_000, onStaleCacheFallback });
    await client.getSigningKey('a');
    endpoint.answer = down;
    pass(61);
    await client.getSigningKey('a');
    endpoint.answer = () => new Promise(() => undefined);
    pass(61);
    await client.getSigningKey('a');
    const [, [error]] = onStaleCacheFallback.mock.calls as [unknown, [Error]];
    expect(error).toMatchObject({ name: 'JwksError', message: 'status 503 instead of 200' });
  });
  test('without cacheMaxAgeFallback, keys are known for cacheMaxAge only', async () => {
    const client = clientOf();
    await client.getSigningKey('a');
    endpoint.answer = down;
    pass(601);
    expect(await said(() => client.getSigningKey('a'))).toBe('JwksError: Service Unavailable');
  });
});

describe('fetcher', () => {
  test('sends the request, wherever to, and may do without a URL', async () => {
    const fetcher = vi.fn(async () => ({ keys: [exportJwk(a)] }));
    for (const jwksUri of ['http://keys.internal/jwks', undefined])
      expect(await clientOf({ jwksUri, fetcher }).getSigningKey('a')).toMatchObject({ kid: 'a' });
    expect(fetcher.mock.calls).toEqual([['http://keys.internal/jwks'], [undefined]]);
    expect(endpoint.requests).toEqual([]);
    expect(await clientOf({ fetcher }).getKeys()).toEqual([exportJwk(a)]);
  });
  test('its error is told as it is', async () => {
    const error = new Error('proxy');
    const fetcher = () => Promise.reject(error);
    expect(await errorOf(() => clientOf({ fetcher }).getSigningKey('a'))).toBe(error);
  });
});

describe('getKeysInterceptor', () => {
  test('brings keys before the endpoint is asked, and is kept as they are', async () => {
    const getKeysInterceptor = vi.fn(async () => [exportJwk(c)]);
    const client = clientOf({ getKeysInterceptor });
    for (const kid of ['c', 'c', undefined]) {
      expect(await client.getSigningKey(kid)).toMatchObject({ kid: 'c' });
      pass(2);
    }
    expect(getKeysInterceptor).toHaveBeenCalledTimes(1);
    expect(endpoint.requests.length).toBe(0);
    expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a' });
    expect(getKeysInterceptor).toHaveBeenCalledTimes(2);
    pass(601);
    await client.getSigningKey('c');
    expect(getKeysInterceptor).toHaveBeenCalledTimes(3);
  });
  test('without a cache it is called each time', async () => {
    const getKeysInterceptor = vi.fn(async () => [exportJwk(c)]);
    const client = clientOf({ getKeysInterceptor, cache: false });
    await client.getSigningKey('c');
    await client.getSigningKey('c');
    expect(getKeysInterceptor).toHaveBeenCalledTimes(2);
  });
  test('what brings none leaves it to the endpoint, and what fails is told', async () => {
    for (const none of [undefined, [], {}, [weak]])
      expect(await clientOf({ getKeysInterceptor: () => none }).getSigningKey('a')).toMatchObject({ kid: 'a' });
    const many = Array.from({ length: 101 }, () => ({}));
    expect(await said(() => clientOf({ getKeysInterceptor: () => many }).getSigningKey('a'))).toBe(
      'JwksError: getKeysInterceptor: the JWK Set has more than 100 keys',
    );
    const fails = () => Promise.reject(new Error('own'));
    expect(await said(() => clientOf({ getKeysInterceptor: fails }).getSigningKey('a'))).toBe('Error: own');
  });
});

describe('options', () => {
  test('a URL that is none is told when keys are asked for', async () => {
    for (const jwksUri of [undefined, '', 'no URL']) {
      const client = clientOf({ jwksUri });
      for (const call of [() => client.getSigningKey('a'), () => client.getKeys(), () => client.getSigningKeys()])
        expect(await errorOf(call)).toMatchObject({
          name: 'ArgumentError',
          message: 'Invalid JWKS URI: The provided URI is not a valid URL.',
          isEndpointUnavailable: true,
        });
    }
    expect(await said(() => new JwksClient().getSigningKey('a'))).toMatch(/^ArgumentError/);
  });
  test('http is for loopback only', async () => {
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]'])
      expect(await clientOf({ jwksUri: `http://${host}/jwks` }).getSigningKey('a')).toMatchObject({ kid: 'a' });
    expect(await said(() => clientOf({ jwksUri: 'http://issuer.example/jwks' }))).toMatch(
      /^TypeError: options\.jwksUri must be https, or http on loopback; for another host give a fetcher/,
    );
  });
  test.each<[object, string]>([
    [{ jwksUri: 'https://user@issuer.example' }, 'options.jwksUri must not hold a user name'],
    [{ requestAgent: {} }, 'options.requestAgent has no effect here: give fetcher'],
    [{ requestHeaders: { 'a b': 'x' } }, 'options.requestHeaders must be'],
    [{ fetcher: 'x' }, 'options.fetcher must be a function'],
    [{ getKeysInterceptor: [] }, 'options.getKeysInterceptor must be a function'],
    [{ onStaleCacheFallback: 1 }, 'options.onStaleCacheFallback must be a function'],
    [{ timeout: '5' }, 'options.timeout must be a number of milliseconds'],
    [{ timeout: Number.NaN }, 'options.timeout must be a number of milliseconds'],
    [{ cacheMaxAge: -1 }, 'options.cacheMaxAge must be a number of milliseconds'],
    [{ cacheMaxAge: Number.POSITIVE_INFINITY }, 'options.cacheMaxAge must be a number of milliseconds'],
    [{ cacheMaxAge: 0 }, 'options.cacheMaxAge must not be 0'],
    [{ cacheMaxAgeFallback: '1h' }, 'options.cacheMaxAgeFallback must be a number of milliseconds'],
    [{ rateLimit: true, jwksRequestsPerMinute: 0 }, 'options.jwksRequestsPerMinute must be a number of at least 1'],
    [{ rateLimit: true, jwksRequestsPerMinute: '5' }, 'options.jwksRequestsPerMinute must be a number of at least 1'],
  ])('refused: %j', async (options, message) => {
    const error = await errorOf(() => clientOf(options));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(error.message).toContain('see "Coming from jwks-rsa" in src/compat/README.md');
  });
  test('null is no option, a timeout of 0 the longest default, and large times are cut', async () => {
    const options = { timeout: 0, cacheMaxAge: Number.MAX_SAFE_INTEGER, cacheMaxAgeFallback: null, fetcher: null };
    expect(await clientOf({ ...options, cache: null, requestHeaders: null }).getSigningKey('a')).toMatchObject({
      kid: 'a',
    });
    expect(await clientOf({ timeout: 1e12 }).getSigningKey('a')).toMatchObject({ kid: 'a' });
  });
  test('an unknown option warns once by name', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    for (let i = 0; i < 2; i++) clientOf({ strictSsl: true });
    expect(warn.mock.calls).toEqual([
      ['barejose/compat/jwks-rsa: a client has no option strictSsl, so it has no effect', 'JwksWarning'],
    ]);
  });
  test('a polluted Object.prototype brings no option', async () => {
    Object.defineProperty(Object.prototype, 'fetcher', { value: () => ({ keys: [] }), configurable: true });
    try {
      expect(await clientOf().getSigningKey('a')).toMatchObject({ kid: 'a' });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'fetcher');
    }
  });
  test('keys of a set are those that importJwks takes', async () => {
    const jwks: { keys: Jwk[] } = { keys: [exportJwk(a), { ...exportJwk(b), use: 'enc' } as Jwk] };
    endpoint.answer = document(jwks);
    expect((await clientOf().getSigningKeys()).map(({ kid }) => kid)).toEqual(
      importJwks(jwks).keys.map(({ kid }) => kid),
    );
  });
});
