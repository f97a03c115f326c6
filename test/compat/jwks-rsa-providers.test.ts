// The secret providers of the adapter of jwks-rsa, called as their frameworks call them, and the code of both adapters' README,
// letter for letter. bench/compat-demos.mjs runs them in the frameworks.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import jsonwebtoken from '../../src/compat/jsonwebtoken.ts';
import jwksRsa, {
  expressJwtSecret,
  hapiJwt2Key,
  hapiJwt2KeyAsync,
  koaJwtSecret,
  passportJwtSecret,
} from '../../src/compat/jwks-rsa.ts';
import { exportJwk, exportPem, httpsFetch, importKey, type Key } from '../../src/index.ts';
import { createAuthority } from '../support/authority.ts';
import { type Endpoint, standInEndpoint } from '../support/endpoint.ts';
import { nodePair } from '../support/keys.ts';
import { openSite, reply } from '../support/misbehaving.ts';

const keyOf = (alg: 'RS256' | 'ES256', kid: string): Key => importKey(nodePair(alg).publicKey, { alg, kid });
const [a, b] = [keyOf('RS256', 'a'), keyOf('ES256', 'b')];
const PEM = exportPem(a).trimEnd();
const [GOOD, UNKNOWN] = [
  { alg: 'RS256', kid: 'a' },
  { alg: 'RS256', kid: 'x' },
];
const OPTIONS = { jwksUri: 'https://issuer.example/jwks' };
const NOT_FOUND = expect.objectContaining({ name: 'SigningKeyNotFoundError' });
const DOWN = expect.objectContaining({ name: 'JwksError', message: 'Http Error 503' });

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = standInEndpoint(a, b);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const takeDown = () => {
  endpoint.answer = () => new Response('', { status: 503 });
};

/** What a function with a callback calls back with. */
const calledBack = (
  call: (callback: (...results: readonly unknown[]) => void) => unknown,
): Promise<readonly unknown[]> => new Promise((resolve) => call((...results) => resolve(results)));
const outcome = async (promise: unknown): Promise<unknown> => {
  try {
    return await promise;
  } catch (error) {
    return { rejected: error };
  }
};
const tokenOf = (header: object) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.AA`;

describe('expressJwtSecret', () => {
  test('as express-jwt 7 and 8 call it', async () => {
    const provider = expressJwtSecret(OPTIONS);
    expect(await provider({}, { header: GOOD })).toBe(PEM);
    expect(await provider({}, { header: GOOD }, undefined)).toBe(PEM);
    for (const token of [undefined, {}, { header: { alg: 'HS256', kid: 'a' } }, { header: UNKNOWN }])
      expect(await provider({}, token)).toBe(undefined);
    takeDown();
    expect(await outcome(expressJwtSecret(OPTIONS)({}, { header: GOOD }))).toEqual({ rejected: DOWN });
  });
  test('as express-jwt 6 calls it, which counts its parameters', async () => {
    const provider = expressJwtSecret(OPTIONS);
    expect(provider.length).toBe(4);
    expect(await calledBack((done) => provider({}, GOOD, {}, done))).toEqual([null, PEM]);
    expect(await calledBack((done) => provider({}, UNKNOWN, {}, done))).toEqual([null, undefined]);
    takeDown();
    expect(await calledBack((done) => expressJwtSecret(OPTIONS)({}, GOOD, {}, done))).toEqual([DOWN]);
  });
  test('handleSigningKeyError decides', async () => {
    const own = new Error('own');
    const handleSigningKeyError = vi.fn((_error: unknown, callback: (error: unknown) => void) => callback(own));
    const provider = expressJwtSecret({ ...OPTIONS, handleSigningKeyError });
    expect(await outcome(provider({}, { header: UNKNOWN }))).toEqual({ rejected: own });
    expect(handleSigningKeyError).toHaveBeenCalledWith(NOT_FOUND, expect.any(Function));
  });
});

describe('hapiJwt2Key', () => {
  test('the key as PEM and as it is', async () => {
    const found = await calledBack((done) => hapiJwt2Key(OPTIONS)({ header: GOOD }, done));
    expect(found).toEqual([null, PEM, expect.objectContaining({ kid: 'a' })]);
  });
  test('errors', async () => {
    const provider = hapiJwt2Key(OPTIONS);
    for (const decoded of [undefined, {}])
      expect(await calledBack((done) => provider(decoded, done))).toEqual([
        new Error('Cannot find a signing certificate if there is no header'),
        null,
        null,
      ]);
    expect(await calledBack((done) => provider({ header: { alg: 'none' } }, done))).toEqual([
      new Error('Unsupported algorithm none supplied.'),
      null,
      null,
    ]);
    expect(await calledBack((done) => provider({ header: UNKNOWN }, done))).toEqual([NOT_FOUND, null, null]);
    const handleSigningKeyError = (_error: unknown, callback: (error: unknown) => void) => callback('told');
    const handled = hapiJwt2Key({ ...OPTIONS, handleSigningKeyError });
    expect(await calledBack((done) => handled({ header: UNKNOWN }, done))).toEqual(['told', null, null]);
  });
  test('with promises', async () => {
    const provider = hapiJwt2KeyAsync(OPTIONS);
    expect(await provider({ header: GOOD })).toEqual({ key: PEM });
    expect(await outcome(provider({ header: UNKNOWN }))).toEqual({ rejected: NOT_FOUND });
    const handleSigningKeyError = (_error: unknown, callback: (error: unknown) => void) => callback(null);
    const silent = hapiJwt2KeyAsync({ ...OPTIONS, handleSigningKeyError });
    expect(await outcome(silent({ header: UNKNOWN }))).toEqual({ rejected: null });
  });
});

describe('koaJwtSecret', () => {
  test('the key for a header', async () => {
    const provider = koaJwtSecret(OPTIONS);
    expect(await provider(GOOD)).toBe(PEM);
    expect(await outcome(provider(UNKNOWN))).toEqual({ rejected: NOT_FOUND });
    for (const header of [undefined, {}, { alg: 'HS256' }])
      expect(await outcome(provider(header))).toEqual({ rejected: new Error('Missing / invalid token algorithm') });
  });
  test('handleSigningKeyError gives the error', async () => {
    const handleSigningKeyError = async ({ name }: Error) => new Error(`own of ${name}`);
    const provider = koaJwtSecret({ ...OPTIONS, handleSigningKeyError });
    expect(await outcome(provider(UNKNOWN))).toEqual({ rejected: new Error('own of SigningKeyNotFoundError') });
  });
});

describe('passportJwtSecret', () => {
  test('the key for a token', async () => {
    const provider = passportJwtSecret(OPTIONS);
    expect(await calledBack((done) => provider({}, tokenOf(GOOD), done))).toEqual([null, PEM]);
    for (const token of ['', undefined, 'a.b.c', tokenOf({ alg: 'HS256' })])
      expect(await calledBack((done) => provider({}, token, done))).toEqual([null, null]);
    expect(await calledBack((done) => provider({}, tokenOf(UNKNOWN), done))).toEqual([null, null]);
    takeDown();
    expect(await calledBack((done) => passportJwtSecret(OPTIONS)({}, tokenOf(GOOD), done))).toEqual([DOWN, null]);
  });
});

test('options that are missing', () => {
  for (const none of [undefined, null]) {
    for (const [name, provider] of Object.entries({ expressJwtSecret, hapiJwt2Key, passportJwtSecret }))
      expect(() => provider(none)).toThrow(`An options object must be provided when initializing ${name}`);
    expect(() => hapiJwt2KeyAsync(none)).toThrow('An options object must be provided when initializing hapiJwt2Key');
  }
  for (const provider of [koaJwtSecret, passportJwtSecret])
    expect(() => provider({})).toThrow('No JWKS provided. Please provide a jwksUri');
  expect(() => koaJwtSecret()).toThrow('No JWKS provided. Please provide a jwksUri');
});

describe('what most services say', () => {
  /** The code of a service, whose two `require` name the adapters; all but the URL is letter for letter what it was. */
  const SERVICE = `
    const jwt = require('barejose/compat/jsonwebtoken')
    const jwksClient = require('barejose/compat/jwks-rsa')
    const client = jwksClient({ jwksUri: 'https://your-domain.com/.well-known/jwks.json' })
    function getKey(header, callback) {
      client.getSigningKey(header.kid, (err, key) => (err ? callback(err) : callback(null, key.getPublicKey())))
    }
    jwt.verify(token, getKey, { algorithms: ['RS256'] }, (err, decoded) => { tell(err, decoded) })
  `;
  const ADAPTERS: { readonly [path: string]: unknown } = {
    'barejose/compat/jsonwebtoken': jsonwebtoken,
    'barejose/compat/jwks-rsa': jwksRsa,
  };
  type Tell = (error: unknown, decoded: unknown) => void;
  const service = new Function('require', 'token', 'tell', SERVICE) as (
    load: (path: string) => unknown,
    token: string,
    tell: Tell,
  ) => void;
  const verified = (token: string): Promise<readonly unknown[]> =>
    calledBack((done) => service((path) => ADAPTERS[path], token, done));
  const sign = (header: { kid: string; alg: 'RS256' | 'ES256' }, options: object = {}): string =>
    String(jsonwebtoken.sign({ sub: 'user' }, nodePair(header.alg).privateKey, { ...options, header }));

  test('runs, and asks the endpoint that it names', async () => {
    const [error, decoded] = await verified(sign({ alg: 'RS256', kid: 'a' }));
    expect(error).toBe(null);
    expect(decoded).toEqual({ sub: 'user', iat: 1_700_000_000 });
    expect(endpoint.requests.map(({ url }) => url)).toEqual(['https://your-domain.com/.well-known/jwks.json']);
  });
  test('refuses what it should', async () => {
    const [expired] = await verified(sign({ alg: 'RS256', kid: 'a' }, { expiresIn: -1 }));
    expect(expired).toMatchObject({ name: 'TokenExpiredError', message: 'jwt expired' });
    const [unknown] = await verified(sign({ alg: 'RS256', kid: 'x' }));
    expect(unknown).toMatchObject({
      name: 'JsonWebTokenError',
      message: "error in secret or public key callback: Unable to find a signing key that matches 'x'",
    });
    const [otherAlg] = await verified(sign({ alg: 'ES256', kid: 'b' }));
    expect(otherAlg).toMatchObject({ message: 'invalid algorithm' });
    const [forged] = await verified(sign({ alg: 'RS256', kid: 'a' }).replace(/\.[^.]*$/, `.${'A'.repeat(342)}`));
    expect(forged).toMatchObject({ message: 'invalid signature' });
  });
});

test('over TLS under an authority of one’s own, by a fetcher instead of a requestAgent', async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  const authority = createAuthority();
  const site = await openSite(authority.issue());
  try {
    const jwksUri = site.script(reply(JSON.stringify({ keys: [exportJwk(a)] }))).url;
    const ca = authority.certificate;
    const client = jwksRsa({ jwksUri, fetcher: async (uri: string) => (await httpsFetch({ ca })(uri)).json() });
    expect(await client.getSigningKey('a')).toMatchObject({ publicKey: PEM });
    await expect(jwksRsa({ jwksUri }).getSigningKey('a')).rejects.toMatchObject({ isEndpointUnavailable: true });
  } finally {
    await site.close();
  }
});

test('over a connection to loopback, without an option', async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [exportJwk(a)] })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const client = jwksRsa({ jwksUri: `http://127.0.0.1:${port}/jwks` });
    expect(await client.getSigningKey('a')).toMatchObject({ publicKey: PEM });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
