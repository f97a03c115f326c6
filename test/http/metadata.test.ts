import { afterEach, describe, expect, test, vi } from 'vitest';
import { type JwksEndpointOptions, jwksEndpoint } from '../../src/http/jwks-endpoint.ts';
import { toNodeListener } from '../../src/http/node-listener.ts';
import {
  discover,
  discoverJwks,
  exportJwk,
  type FetchOptions,
  importJwks,
  type KeySet,
  verifyJwt,
} from '../../src/index.ts';
import { keyPairs } from '../support/keys.ts';
import { ask, JWKS_PATH, NAME, publish, publisher } from './publishing.ts';
import { closeServers, serveRaw } from './raw.ts';

afterEach(() => {
  vi.restoreAllMocks();
  closeServers();
});

const SET = importJwks({ keys: [exportJwk(keyPairs.ES256.publicKey)] });
const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';
const BOTH = { openid: {}, oauth: {} };
const of = (issuer: string, options: JwksEndpointOptions = BOTH) => jwksEndpoint(SET, { issuer, ...options });
const read = async (handler: ReturnType<typeof jwksEndpoint>, path: string) =>
  JSON.parse((await ask(handler, path)).body);

test('signed metadata cannot be served: it would take precedence over what is true', async () => {
  const { issuer } = await publisher();
  for (const name of ['openid', 'oauth'] as const)
    expect(() => jwksEndpoint(issuer, { [name]: { signed_metadata: 'a.b.c' } })).toThrow(
      new TypeError(`options.${name}.signed_metadata must be absent: it would override the other members`),
    );
});

describe('what it says', () => {
  test('openid-configuration: the issuer, its keys and its algorithms; headers as for the set', async () => {
    const { issuer } = await publisher({ algorithms: ['EdDSA', 'ES256'] });
    const handler = jwksEndpoint(issuer, BOTH);
    const members = {
      issuer: NAME,
      jwks_uri: `${NAME}${JWKS_PATH}`,
      id_token_signing_alg_values_supported: ['EdDSA', 'ES256'],
    };
    const answer = await ask(handler, OPENID);
    expect(answer).toMatchObject({ status: 200, body: JSON.stringify(members) });
    const headers = {
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=600',
      'content-length': String(answer.body.length),
      'content-type': 'application/json',
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
      'x-content-type-options': 'nosniff',
    };
    expect(answer.headers).toEqual(headers);
    const init = { headers: { 'if-none-match': String(answer.headers.etag) } };
    expect(await ask(handler, OPENID, init)).toMatchObject({ status: 304, body: '' });
    expect(await ask(handler, OPENID, { method: 'HEAD' })).toEqual({ ...answer, body: '' });
    expect(await ask(handler, OPENID, { method: 'POST' })).toMatchObject({ status: 405 });
  });

  test('oauth-authorization-server: of algorithms it says nothing, since they are not those of an ID token', async () => {
    expect((await ask(of(NAME), OAUTH)).body).toBe(JSON.stringify({ issuer: NAME, jwks_uri: `${NAME}${JWKS_PATH}` }));
  });

  test('each on request only', async () => {
    const statuses = async (options: JwksEndpointOptions) => {
      const handler = of(NAME, options);
      return Promise.all([OPENID, OAUTH, JWKS_PATH].map(async (path) => (await ask(handler, path)).status));
    };
    expect(await statuses({})).toEqual([404, 404, 200]);
    expect(await statuses({ openid: {} })).toEqual([200, 404, 200]);
    expect(await statuses({ oauth: {} })).toEqual([404, 200, 200]);
  });

  test('members of the caller come after, as they were given; an algorithm list of theirs in place of ours', async () => {
    const scopes = ['openid'];
    const openid = {
      token_endpoint: `${NAME}/token`,
      scopes_supported: scopes,
      id_token_signing_alg_values_supported: ['RS256'],
      issuer: NAME,
      ['__proto__']: { x: 1 },
    };
    const handler = of(NAME, { openid });
    scopes.push('changed later');
    openid.token_endpoint = 'changed later';
    expect((await ask(handler, OPENID)).body).toBe(
      `{"issuer":"${NAME}","jwks_uri":"${NAME}${JWKS_PATH}","id_token_signing_alg_values_supported":["RS256"],` +
        `"token_endpoint":"${NAME}/token","scopes_supported":["openid"],"__proto__":{"x":1}}`,
    );
  });

  test('the algorithms of the instant', async () => {
    const jwks = SET.toJSON();
    const { issuer } = await publisher();
    const handler = jwksEndpoint(issuer, BOTH);
    for (const algorithms of [['ES256'], ['ES256', 'EdDSA'], ['EdDSA']] as const) {
      publish({ jwks, algorithms });
      expect((await read(handler, OPENID)).id_token_signing_alg_values_supported).toEqual(
        Array.from(new Set([...algorithms, 'ES256'])), // which the published key has, for tokens that are out
      );
    }
  });

  test('a KeySet names each of its algorithms once', async () => {
    const { publicKey } = keyPairs.ES256;
    const keys = [...['a', 'b'].map((kid) => ({ ...exportJwk(publicKey), kid })), exportJwk(keyPairs.PS256.publicKey)];
    const handler = jwksEndpoint(importJwks({ keys }), { issuer: NAME, openid: {} });
    expect((await read(handler, OPENID)).id_token_signing_alg_values_supported).toEqual(['ES256', 'PS256']);
  });

  test('jwks_uri goes by path and origin', async () => {
    const options = { ...BOTH, path: '/keys', origin: 'https://keys.example:8443' };
    for (const path of [OPENID, OAUTH])
      expect(await read(of(NAME, options), path)).toMatchObject({
        issuer: NAME,
        jwks_uri: 'https://keys.example:8443/keys',
      });
  });
});

describe('where it lies', () => {
  const NAMES = [
    'https://issuer.example',
    'https://issuer.example/',
    'https://issuer.example/tenant',
    'https://issuer.example/tenant/',
    'https://issuer.example/a/b',
    'https://issuer.example:8443/a%20b',
  ];

  /** No network: the handler itself answers, and what it was asked for is written down. */
  const reaching = (handler: ReturnType<typeof jwksEndpoint>, asked: string[] = []): FetchOptions => ({
    fetch: async (url, init) => {
      asked.push(String(url));
      return handler(new Request(String(url), { method: init?.method ?? 'GET' }));
    },
  });

  test.each(NAMES)('%s is discovered by either document, and its keys are where it says', async (issuer) => {
    for (const options of [BOTH, { openid: {} }, { oauth: {} }]) {
      const handler = of(issuer, options);
      const metadata = await discover(issuer, reaching(handler));
      expect(metadata.issuer).toBe(issuer);
      const response = await handler(new Request(metadata.jwks_uri));
      expect([response.status, await response.json()]).toEqual([200, SET.toJSON()]);
    }
  });

  test('every place that is asked has it: what Discovery appends, and what RFC 8414 puts between', async () => {
    const [host, path] = ['https://issuer.example', '/tenant'];
    const places = [`${path}${OPENID}`, `${OAUTH}${path}`, `${OPENID}${path}`];
    const handler = of(`${host}${path}`);
    for (const place of places) expect((await read(handler, place)).issuer).toBe(`${host}${path}`);
    for (const place of [OPENID, OAUTH, `${path}${OAUTH}`]) expect((await ask(handler, place)).status).toBe(404);
    // and these are all the places that discovery asks
    const asked: string[] = [];
    const nowhere = reaching(async () => new Response(null, { status: 404 }), asked);
    await expect(discover(`${host}${path}`, nowhere)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(asked).toEqual(places.map((place) => `${host}${place}`));
  });

  test('over HTTP: an issuer is discovered by its name, and its token verified', async () => {
    const server = await serveRaw((request, response) => listener(request, response));
    const name = `${server.url}/tenant`;
    const { issuer, now } = await publisher({ issuer: name });
    const listener = toNodeListener(jwksEndpoint(issuer, { oauth: {} }));
    const keys = discoverJwks(name, { allowInsecureLoopback: true, clock: () => now });
    const token = await issuer.sign({ sub: 'user-1' }, { audience: 'api', expiresIn: 60 });
    const set: KeySet = await keys.for(token);
    expect(verifyJwt(token, set, { issuer: name, audience: 'api', now }).claims.sub).toBe('user-1');
  });
});

describe('what is refused at once', () => {
  test.each<[JwksEndpointOptions, string]>([
    [{ openid: { issuer: 'https://other.example' } }, 'options.openid.issuer must be https://issuer.example'],
    [{ openid: { issuer: `${NAME}/` } }, 'options.openid.issuer'],
    [{ oauth: { issuer: null } }, 'options.oauth.issuer'],
    [{ oauth: { jwks_uri: 'https://other.example/jwks' } }, 'options.oauth.jwks_uri'],
    [{ openid: { jwks_uri: `${NAME}${JWKS_PATH}` }, path: '/keys' }, 'options.openid.jwks_uri'],
    [{ openid: { jwks_uri: `${NAME}${JWKS_PATH}` }, origin: 'https://keys.example' }, 'options.openid.jwks_uri'],
    [{ openid: { a: undefined } }, 'options.openid.a must be a string,'],
    [{ oauth: { a: [new Date(0)] } }, 'options.oauth.a[0] must be a string,'],
    [{ openid: {}, path: OPENID }, 'options.path must differ from the paths of the metadata'],
    [{ oauth: {}, path: OAUTH }, 'options.path must differ from the paths of the metadata'],
  ])('%j', (options, message) => {
    expect(() => of(NAME, options)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) }),
    );
  });

  test('a KeySet without a name has no metadata', () => {
    for (const options of [{ openid: {} }, { oauth: {} }])
      expect(() => jwksEndpoint(SET, options)).toThrow(
        'options.issuer must be given with openid or oauth: a KeySet does not know its issuer',
      );
  });

  test.each([
    'issuer.example',
    'urn:example:issuer',
    'http://issuer.example',
    'https://issuer.example?x',
    'https://issuer.example#x',
  ])('an issuer %s, which nobody could discover', (issuer) => {
    expect(() => of(issuer)).toThrow(/^the name of an issuer with metadata must/);
    expect(() => of(issuer, {})).not.toThrow();
  });
});
