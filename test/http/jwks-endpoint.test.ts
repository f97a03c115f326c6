import { createHash } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type JwksEndpointOptions, type JwksPublisher, jwksEndpoint } from '../../src/http/jwks-endpoint.ts';
import {
  DecryptionKeys,
  exportJwk,
  importEncryptionKeys,
  importJwks,
  importSecret,
  JoseError,
  type Jwk,
  KeySet,
  type PublishedJwks,
} from '../../src/index.ts';
import { kindOf } from '../support/jwe.ts';
import { asymmetricAlgorithms, keyPair, keyPairs, secretBytes } from '../support/keys.ts';
import { ask, JWKS_PATH, NAME, type Publisher, publish, publisher } from './publishing.ts';

afterEach(() => void vi.restoreAllMocks());

let state: Publisher;
beforeAll(async () => {
  state = await publisher();
});

const endpoint = (options?: JwksEndpointOptions) => jwksEndpoint(state.issuer, options);
const ES256 = exportJwk(keyPairs.ES256.publicKey);
const FOR_ANYONE = { 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' };
const REFUSAL = { ...FOR_ANYONE, 'cache-control': 'no-store', 'content-length': '0' };
const tagOf = (body: string) => `"${createHash('sha256').update(body).digest('base64url')}"`;
const listeners = () => process.listeners('uncaughtException');

describe('GET', () => {
  test('the set, and how it may be used', async () => {
    const body = JSON.stringify(await state.issuer.jwks());
    expect(JSON.parse(body).keys).toHaveLength(2); // one signs, one waits
    expect(await ask(endpoint())).toEqual({
      status: 200,
      headers: {
        ...FOR_ANYONE,
        'cache-control': 'public, max-age=600',
        'content-length': String(body.length),
        'content-type': 'application/jwk-set+json',
        etag: tagOf(body),
      },
      body,
    });
  });

  test.each(asymmetricAlgorithms)('a key of %s, member by member in an order that stays', async (alg) => {
    const jwk = exportJwk(keyPair(alg).publicKey);
    const shuffled = Object.fromEntries(Object.entries({ ...jwk, kid: 'ü', x5t: 'x', note: { d: 'x' } }).reverse());
    publish({ jwks: { keys: [shuffled as Jwk] } });
    const { kty, use, alg: _, ...material } = jwk;
    const { status, headers, body } = await ask(endpoint());
    expect([status, body]).toEqual([200, JSON.stringify({ keys: [{ kty, kid: 'ü', use, alg, ...material }] })]);
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('key_ops are not published: what a public key may do, its use says', async () => {
    const { use: _, ...rest } = ES256;
    publish({ jwks: { keys: [{ ...rest, key_ops: ['verify', 'anything'] }] } });
    expect(JSON.parse((await ask(endpoint())).body).keys).toEqual([rest]);
  });

  test('a query does not matter', async () => {
    expect(await ask(endpoint(), `${JWKS_PATH}?v=2&path=/other#part`)).toEqual(await ask(endpoint()));
  });

  test('the document is drawn once for a set, and its headers once a second at most', async () => {
    const handler = endpoint();
    await ask(handler);
    const stringify = vi.spyOn(JSON, 'stringify');
    const freeze = vi.spyOn(Object, 'freeze');
    for (let i = 0; i < 20; i++) await ask(handler);
    expect([stringify.mock.calls.length, freeze.mock.calls.length]).toEqual([0, 0]);
    const jwks = { keys: [ES256] };
    publish({ jwks, maxAge: 5 });
    await ask(handler);
    expect(stringify).toHaveBeenCalledTimes(1);
    publish({ jwks, maxAge: 4 });
    expect((await ask(handler)).headers['cache-control']).toBe('public, max-age=4');
    expect(stringify).toHaveBeenCalledTimes(1);
  });
});

describe('HEAD, and other methods', () => {
  test('HEAD: the headers of GET, and nothing else', async () => {
    const { headers } = await ask(endpoint());
    expect(await ask(endpoint(), JWKS_PATH, { method: 'HEAD' })).toEqual({ status: 200, headers, body: '' });
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'get'])('%s is not allowed', async (method) => {
    const answered = await ask(endpoint(), JWKS_PATH, { method });
    // fetch itself writes the six that it knows in capitals
    if (method === 'get') expect(answered.status).toBe(200);
    else expect(answered).toEqual({ status: 405, headers: { ...REFUSAL, allow: 'GET, HEAD' }, body: '' });
  });
});

describe('the path', () => {
  test.each([
    '/',
    '/jwks.json',
    '/.well-known/jwks',
    '/.well-known/jwks.json/',
    '//.well-known/jwks.json',
    '/.WELL-KNOWN/jwks.json',
  ])('%s is another one, whatever the method', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST'])
      expect(await ask(endpoint(), path, { method })).toEqual({ status: 404, headers: REFUSAL, body: '' });
  });

  test.each(['/jwks', '/', '/a%20b/keys.json', '/:tenant/*'])(
    '%s as asked for, instead of the usual one',
    async (path) => {
      expect((await ask(endpoint({ path }), path)).status).toBe(200);
      expect((await ask(endpoint({ path }))).status).toBe(404);
    },
  );

  test.each([
    ['https://issuer.example', ''],
    ['https://issuer.example/', ''],
    ['https://issuer.example/tenant', '/tenant'],
    ['https://issuer.example/a/b/', '/a/b'],
    ['https://issuer.example/a b', '/a%20b'],
    ['issuer.example', ''],
    ['urn:example:issuer', ''],
    ['https://', ''],
  ])('below the name of the issuer %s', async (name, base) => {
    const set = importJwks({ keys: [ES256] });
    expect((await ask(jwksEndpoint(set, { issuer: name }), `${base}${JWKS_PATH}`)).status).toBe(200);
    const { issuer } = await publisher({ issuer: name });
    expect((await ask(jwksEndpoint(issuer), `${base}${JWKS_PATH}`)).status).toBe(200);
  });
});

describe('If-None-Match', () => {
  const asking = async (value: (etag: string) => string, method = 'GET') => {
    const { headers } = await ask(endpoint());
    return ask(endpoint(), JWKS_PATH, { method, headers: { 'if-none-match': value(headers.etag ?? '') } });
  };

  test.each<[string, (etag: string) => string]>([
    ['the tag', (etag) => etag],
    ['a weak one, as a proxy that compresses makes it', (etag) => `W/${etag}`],
    ['one of a list', (etag) => `"a", W/"b",${etag} , "c"`],
    ['a list with empty elements', (etag) => `, ,${etag},`],
    ['anything at all', () => '*'],
    ['anything at all, with space around', () => ' * '],
  ])('%s: 304 with what a cache needs, and no more', async (_, value) => {
    const { headers } = await ask(endpoint());
    const expected = { 'cache-control': headers['cache-control'], etag: headers.etag, ...FOR_ANYONE };
    for (const method of ['GET', 'HEAD'])
      expect(await asking(value, method)).toEqual({ status: 304, headers: expected, body: '' });
  });

  test.each<[string, (etag: string) => string]>([
    ['another tag', () => '"a"'],
    ['the tag without its quotes', (etag) => etag.slice(1, -1)],
    ['a part of it', (etag) => `${etag.slice(0, -2)}"`],
    ['the tag within another', (etag) => `"x${etag.slice(1)}`],
    ['w in lower case', (etag) => `w/${etag}`],
    ['an asterisk in a list', () => '"a", *'],
    ['an asterisk in quotes', () => '"*"'],
    ['nothing', () => ''],
  ])('%s: the set', async (_, value) => {
    expect(await asking(value)).toEqual(await ask(endpoint()));
  });

  test('the tag of a set that was: the new one, under another tag', async () => {
    const own = await publisher();
    const handler = jwksEndpoint(own.issuer);
    const old = await ask(handler);
    const [first] = (await own.issuer.jwks()).keys;
    await own.issuer.revoke(String(first?.kid), 'lost');
    const fresh = await ask(handler, JWKS_PATH, { headers: { 'if-none-match': String(old.headers.etag) } });
    expect(fresh.status).toBe(200);
    expect(fresh.headers.etag).toBe(tagOf(fresh.body));
    expect(fresh.body).not.toContain(first?.kid);
  });

  test('decides nothing where there is no document', async () => {
    const init = { headers: { 'if-none-match': '*' } };
    expect((await ask(endpoint(), '/', init)).status).toBe(404);
    expect((await ask(endpoint(), JWKS_PATH, { ...init, method: 'PUT' })).status).toBe(405);
    publish({});
    expect((await ask(endpoint(), JWKS_PATH, init)).status).toBe(500);
  });
});

describe('Cache-Control', () => {
  const told = async (options?: JwksEndpointOptions) => (await ask(endpoint(options))).headers['cache-control'];

  test.each([
    [600, undefined, 'public, max-age=600'],
    [600, '1m', 'public, max-age=60'],
    [59, '1m', 'public, max-age=59'],
    [1, undefined, 'public, max-age=1'],
    [600, 90.9, 'public, max-age=90'],
    [0, undefined, 'public, max-age=0, must-revalidate'],
    [0, '1m', 'public, max-age=0, must-revalidate'],
    [600, 0, 'public, max-age=0, must-revalidate'],
  ] as const)('the set changes or grows old in %s s, asked for %s: %s', async (maxAge, option, expected) => {
    publish({ jwks: { keys: [ES256] }, maxAge });
    expect(await told({ maxAge: option })).toBe(expected);
  });

  test('counts down to the removal of a key', async () => {
    const own = await publisher({ policy: { maxTokenLifetime: '1h', jwksMaxAge: '10m' } });
    const handler = jwksEndpoint(own.issuer);
    const step = async (to: number) => {
      own.now = to;
      await own.issuer.refresh();
      return (await ask(handler)).headers['cache-control'];
    };
    const [{ activateAt = 0 } = {}] = await own.issuer.rotate();
    await step(activateAt);
    const { keys } = await own.issuer.status();
    const removeAt = Math.min(...keys.map((key) => key.removeAt ?? Number.POSITIVE_INFINITY));
    expect(await step(removeAt - 601)).toBe('public, max-age=600');
    expect(await step(removeAt - 599.5)).toBe('public, max-age=599');
    expect(await step(removeAt - 0.5)).toBe('public, max-age=0, must-revalidate');
    expect(await step(removeAt)).toBe('public, max-age=600');
  });

  test('the policy of the issuer, by default; a KeySet has ten minutes', async () => {
    const own = await publisher({ policy: { maxTokenLifetime: '1h', jwksMaxAge: 77.7 } });
    const set = importJwks({ keys: [ES256] });
    const handlers = [jwksEndpoint(own.issuer), jwksEndpoint(set), jwksEndpoint(set, { maxAge: '1h' })];
    const answers = await Promise.all(handlers.map(async (handler) => (await ask(handler)).headers['cache-control']));
    expect(answers).toEqual(['public, max-age=77', 'public, max-age=600', 'public, max-age=3600']);
  });
});

describe('503', () => {
  test('the store cannot be had, and what is known is too old: the answer waits for the reading, and tells when to ask again', async () => {
    const own = await publisher();
    const onError = vi.fn();
    const handler = jwksEndpoint(own.issuer, { onError });
    const good = await ask(handler);
    own.now += 3_600;
    expect(await ask(handler)).toEqual(good); // read anew meanwhile
    own.now += 3_600;
    own.failure = new Error('connection refused');
    for (const method of ['GET', 'HEAD']) {
      const answered = await ask(handler, JWKS_PATH, { method, headers: { 'if-none-match': '*' } });
      expect(answered).toEqual({ status: 503, headers: { ...REFUSAL, 'retry-after': '5' }, body: '' });
    }
    own.failure = undefined;
    expect(await ask(handler)).toEqual(good);
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    [17, '17'],
    [undefined, '5'],
  ])('after %s seconds', async (retryAfter, expected) => {
    const details = retryAfter === undefined ? {} : { retryAfter };
    const failure = new JoseError('ERR_RING_UNAVAILABLE', 'too bad', details);
    publish(() => {
      throw failure;
    });
    expect(await ask(endpoint())).toMatchObject({ status: 503, headers: { 'retry-after': expected } });
    publish(() => Promise.reject(failure));
    expect(await ask(endpoint())).toMatchObject({ status: 503, headers: { 'retry-after': expected } });
  });
});

describe('500', () => {
  const BROKEN = { status: 500, headers: REFUSAL, body: '' };
  const failureOf = async (options: Parameters<typeof publish>[0]) => {
    publish(options);
    const onError = vi.fn();
    expect(await ask(endpoint({ onError }))).toEqual(BROKEN);
    expect(onError).toHaveBeenCalledTimes(1);
    return onError.mock.calls[0]?.[0];
  };

  test('an empty set', async () => {
    expect(await failureOf({ jwks: { keys: [] } })).toMatchObject({ code: 'ERR_JWKS_INVALID' });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a private member', { ...ES256, d: 'AA' }, 'ERR_JWK_INVALID'],
    ['a private member that is null', { ...ES256, d: null }, 'ERR_JWK_INVALID'],
    ['one of another kind of key', { ...ES256, k: 'AA' }, 'ERR_JWK_INVALID'],
    ['further primes', { ...exportJwk(keyPairs.RS256.publicKey), oth: [] }, 'ERR_JWK_INVALID'],
    ['a secret', { kty: 'oct', alg: 'HS256', k: 'AA' }, 'ERR_JWK_INVALID'],
    ['a secret without its secret', { kty: 'oct', alg: 'HS256' }, 'ERR_JWK_INVALID'],
    ['a kty that nobody knows', { kty: 'XYZ', d: 'AA' }, 'ERR_JOSE_NOT_SUPPORTED'],
    ['no kty', {}, 'ERR_JWK_INVALID'],
    ['an alg that does not fit', { ...ES256, alg: 'RS256' }, 'ERR_JWK_INVALID'],
    ['a public member that is none', { ...ES256, x: { d: 'AA' } }, 'ERR_JWK_INVALID'],
    ['a use that is none', { ...ES256, use: 'enc' }, 'ERR_JOSE_NOT_SUPPORTED'],
    ['a kid that is no text', { ...ES256, kid: { d: 'AA' } }, 'ERR_JWK_INVALID'],
  ])('%s, beside a good key', async (_, jwk, code) => {
    expect(await failureOf({ jwks: { keys: [ES256, jwk as Jwk] } })).toMatchObject({ code });
  });

  test('a set that JSON would say in another way than it is', async () => {
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'polluted', configurable: true });
    try {
      expect(await failureOf({ jwks: { keys: [ES256] } })).toBeInstanceOf(TypeError);
    } finally {
      Reflect.deleteProperty(Array.prototype, 'toJSON');
    }
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      'at once',
      () => {
        throw new RangeError('a defect');
      },
    ],
    ['late', () => Promise.reject(new RangeError('a defect'))],
  ])('whatever else goes wrong %s', async (_, fail) => {
    expect(await failureOf(fail)).toBeInstanceOf(RangeError);
  });

  test('what a store holds that is not the ring', async () => {
    const own = await publisher();
    const onError = vi.fn();
    own.now += 7_200;
    own.failure = new JoseError('ERR_RING_INVALID', 'garbage');
    expect(await ask(jwksEndpoint(own.issuer, { onError }))).toEqual(BROKEN);
    expect(onError).toHaveBeenCalledWith(own.failure);
  });

  test('a good set after a bad one is published, and a bad one after a good one is not', async () => {
    const handler = endpoint();
    const jwks = { keys: [ES256] };
    for (const [keys, status] of [
      [[{ ...ES256, d: 'AA' }], 500],
      [jwks.keys, 200],
      [[], 500],
    ] as const) {
      publish({ jwks: { keys } });
      expect((await ask(handler)).status).toBe(status);
    }
  });

  test('nobody needs to listen; and what a listener throws surfaces, and changes nothing', async () => {
    publish({});
    expect(await ask(endpoint())).toEqual(BROKEN);
    const own = listeners();
    process.removeAllListeners('uncaughtException');
    const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
    const thrown = new Error('of the listener');
    const onError = () => {
      throw thrown;
    };
    try {
      expect(await ask(endpoint({ onError }))).toEqual(BROKEN);
      expect(await surfaced).toBe(thrown);
    } finally {
      for (const listener of own) process.on('uncaughtException', listener);
    }
  });
});

describe('the arguments', () => {
  const set = importJwks({ keys: [ES256] });
  const secret = importSecret(secretBytes('HS256'), { alg: 'HS256' });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^source must be an Issuer, a KeySet, or a JwksPublisher/],
    ['a key', keyPairs.ES256.publicKey, /^source must be/],
    ['a JWK Set', { keys: [ES256] }, /^source must be/],
    [
      'a KeySet of another copy',
      new (class KeySet {})(),
      /; this KeySet is of another copy of barejose: load only one copy$/,
    ],
    ['a promise of an issuer', Promise.resolve(), /; it is a promise: await it$/],
    ['what only looks like an issuer', { issuer: NAME, policy: {}, published: () => ({}) }, /^source must be/],
    ['a KeySet of secrets', new KeySet([secret]), /^source has no public key/],
    ['an empty KeySet', new KeySet([]), /^source has no public key/],
  ])('%s is no source', (_, source, message) => {
    const untyped: (source: unknown) => unknown = jwksEndpoint as never;
    expect(() => untyped(source)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
    );
  });

  test('anything that publishes as an issuer does is a source, and what it publishes is judged like any other', async () => {
    const { d, ...publicJwk } = { ...ES256, d: 'AAAA' };
    const publisher = (published: unknown): JwksPublisher => ({
      issuer: NAME,
      policy: { jwksMaxAge: 60 },
      published: () => published as PublishedJwks,
    });
    const published = { jwks: { keys: [publicJwk] }, changesAt: undefined, maxAge: 30, algorithms: ['ES256'] };
    const errors: unknown[] = [];
    const get = (source: JwksPublisher) =>
      jwksEndpoint(source, { onError: (error) => errors.push(error) })(new Request(`${NAME}/.well-known/jwks.json`));
    const answer = await get(publisher(published));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=30']);
    expect(await answer.json()).toEqual({ keys: [publicJwk] });
    expect(() => jwksEndpoint(publisher(published), { maxAge: 61 })).toThrow(/^options.maxAge must be at most/);
    for (const wrong of [
      { ...published, jwks: { keys: [{ ...publicJwk, d }] } },
      { ...published, maxAge: Number.NaN },
      { ...published, maxAge: -1 },
      {},
      undefined,
    ])
      expect((await get(publisher(wrong))).status).toBe(500);
    expect(errors).toHaveLength(5);
  });

  test.each<[string, unknown]>([
    ['cors', true],
    ['maxAge', -1],
    ['maxAge', '10 minutes'],
    ['maxAge', '53w'],
    ['path', ''],
    ['path', 'jwks.json'],
    ['path', '/jwks?x'],
    ['path', '/jwks#x'],
    ['path', '/a/../jwks'],
    ['path', '/a b'],
    ['path', '//host/jwks\\'],
    ['openid', true],
    ['oauth', []],
    ['origin', 'keys.example'],
    ['origin', 'https://keys.example/'],
    ['origin', 'https://keys.example/path'],
    ['origin', 'https://user@keys.example'],
    ['origin', 'ftp://keys.example'],
    ['origin', 'https://'],
    ['origin', 7],
    ['issuer', 7],
    ['onError', 'log'],
  ])('options.%s: %j', (name, value) => {
    const message = new RegExp(`^options\\.${name} (must be|is not an option)`);
    expect(() => jwksEndpoint(set, { [name]: value })).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
    );
  });

  test('an answer may not be kept for longer than the policy counts on', () => {
    expect(() => endpoint({ maxAge: '601s' as '10m' })).toThrow(
      "options.maxAge must be at most the policy's jwksMaxAge, 600 s",
    );
    expect(() => endpoint({ maxAge: '10m' })).not.toThrow();
  });

  test('an Issuer has its own name', () => {
    expect(() => endpoint({ issuer: NAME })).toThrow('options.issuer is for a KeySet');
  });

  test('nothing is taken from a polluted prototype', async () => {
    Object.assign(Object.prototype, { path: '/polluted', maxAge: 1 });
    try {
      const handler = endpoint({});
      expect((await ask(handler, '/polluted')).status).toBe(404);
    } finally {
      for (const name of ['path', 'maxAge']) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});

test('a KeySet is published as it is, once and for all', async () => {
  const keys = [keyPairs.ES256.publicKey, keyPairs.RS256.privateKey.publicKey()];
  const handler = jwksEndpoint(new KeySet(keys));
  const body = JSON.stringify({ keys: keys.map((key) => exportJwk(key)) });
  expect(await ask(handler)).toMatchObject({ status: 200, body, headers: { etag: tagOf(body) } });
});

describe('keys for encryption beside those for signatures', () => {
  const { encrypting, decrypting } = kindOf('ECDH-ES on X25519');
  const own = new DecryptionKeys([decrypting, kindOf('RSA-OAEP').decrypting, kindOf('A256KW').decrypting]);
  const theirs = importEncryptionKeys(own);
  const keysAt = async (handler: (request: Request) => Promise<Response>) => JSON.parse((await ask(handler)).body).keys;

  test('the public halves of DecryptionKeys, after the keys of the issuer, under one ETag', async () => {
    const handler = endpoint({ encryptionKeys: theirs });
    const { keys } = await state.issuer.jwks();
    const { status, headers, body } = await ask(handler);
    expect([status, JSON.parse(body).keys]).toEqual([200, [...keys, ...own.toJSON().keys]]);
    expect(body).not.toMatch(/"(d|p|q|dp|dq|qi|k)":/);
    expect([headers.etag, headers['cache-control']]).toEqual([tagOf(body), 'public, max-age=600']);
    expect(headers.etag).not.toBe((await ask(endpoint())).headers.etag);
  });

  test('a verifier skips them, and who encrypts takes no other', async () => {
    const { body } = await ask(endpoint({ encryptionKeys: theirs }));
    expect(importJwks(body).keys.map(({ use }) => use)).toEqual(['sig', 'sig']);
    expect(importJwks(body).skipped).toHaveLength(2);
    expect(importEncryptionKeys(body).keys.map(({ alg }) => alg)).toEqual(['ECDH-ES', 'RSA-OAEP']);
  });

  test('a function is asked at each request; the document is made anew only when they change', async () => {
    let set = theirs;
    const handler = endpoint({ encryptionKeys: () => set });
    const first = await ask(handler);
    const stringify = vi.spyOn(JSON, 'stringify');
    expect(await ask(handler)).toEqual(first);
    expect(stringify).not.toHaveBeenCalled();
    set = new KeySet([encrypting]);
    expect((await keysAt(handler)).filter(({ use }: Jwk) => use === 'enc')).toEqual([exportJwk(encrypting)]);
    set = new KeySet([]);
    expect(await keysAt(handler)).toEqual((await state.issuer.jwks()).keys);
  });

  test('a function that fails, or returns anything else, is a 500 with its reason for the operator', async () => {
    const errors: unknown[] = [];
    const fail = () => {
      throw new Error('no keys');
    };
    for (const encryptionKeys of [fail, () => own, () => new KeySet([keyPairs.ES256.publicKey]), () => undefined])
      expect(
        (await ask(endpoint({ encryptionKeys: encryptionKeys as never, onError: (e) => errors.push(e) }))).status,
      ).toBe(500);
    expect(errors).toEqual([new Error('no keys'), ...Array(3).fill(expect.any(TypeError))]);
  });

  test('the metadata announces the algorithms of signatures only', async () => {
    const handler = endpoint({ encryptionKeys: theirs, openid: {} });
    const { body } = await ask(handler, '/.well-known/openid-configuration');
    expect(JSON.parse(body).id_token_signing_alg_values_supported).toEqual(['ES256']);
  });

  test('a KeySet holds both, or encryption alone', async () => {
    const sig = keyPairs.ES256.publicKey;
    expect(await keysAt(jwksEndpoint(new KeySet([encrypting, sig])))).toEqual([ES256, exportJwk(encrypting)]);
    expect(await keysAt(jwksEndpoint(theirs))).toEqual(own.toJSON().keys);
  });

  test('the arguments', () => {
    for (const encryptionKeys of [own, decrypting, {}, null])
      expect(() => endpoint({ encryptionKeys: encryptionKeys as never })).toThrow(/options\.encryptionKeys must be/);
    expect(() => endpoint({ encryptionKeys: new KeySet([keyPairs.ES256.publicKey]) })).toThrow(
      'options.encryptionKeys must have no keys for signatures: those are published from the source',
    );
    expect(() => jwksEndpoint(theirs, { encryptionKeys: theirs })).toThrow(
      'options.encryptionKeys must be left out for a KeySet',
    );
  });

  test('a publisher that returns them among its own is refused, since it may publish anything', async () => {
    publish({ jwks: { keys: [exportJwk(encrypting)] } });
    expect((await ask(endpoint())).status).toBe(500);
  });
});
