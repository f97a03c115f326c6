// The test issuer's clock, keys and URLs, as verifiers meet them: rotations, revocations and outages on command.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createVerifier, discover, discoverJwks, exportPem, importKey, type Jwk, remoteJwks } from '../../src/index.ts';
import { type Outage, type TestIssuerOptions, testIssuer } from '../../src/testing/testing.ts';

const OPTIONS = { issuer: 'https://issuer.example/tenant', audience: 'api' };
const BASE = OPTIONS.issuer;
const HOST = 'https://issuer.example';

/** A JSON answer, of which the test itself says what it holds. */
async function jsonOf<T>(answer: Promise<Response>): Promise<T> {
  const json: T = JSON.parse(await (await answer).text());
  return json;
}

describe('time', () => {
  test('it begins where the options say, and moves only when it is told to', () => {
    const issuer = testIssuer(OPTIONS);
    const { clock } = issuer;
    expect([issuer.now, clock(), issuer.date.toISOString()]).toEqual([
      1_700_000_000,
      1_700_000_000,
      '2023-11-14T22:13:20.000Z',
    ]);
    for (const duration of [5, '5s', '5m', '5h', '5d', '5w'] as const) issuer.advance(duration);
    expect(clock()).toBe(1_700_000_000 + 5 + 5 * (1 + 60 + 3_600 + 86_400 + 604_800));
    expect(testIssuer({ ...OPTIONS, now: new Date(1_800_000_000_000) }).now).toBe(1_800_000_000);
    expect(testIssuer({ ...OPTIONS, now: 1_800_000_000 }).now).toBe(1_800_000_000);
  });

  test('a token expires by it', async () => {
    const issuer = testIssuer(OPTIONS);
    const verifier = createVerifier(issuer.verifierOptions);
    const token = issuer.sign();
    issuer.advance('299s');
    expect((await verifier.verify(token)).claims.sub).toBe('user-1');
    issuer.advance(1);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test.each(['5 minutes', -1, Number.NaN, undefined])('advance(%s) is a TypeError', (duration) => {
    expect(() => testIssuer(OPTIONS).advance(duration as never)).toThrow(
      new TypeError("duration must be a duration such as '10m', or a number of seconds"),
    );
  });
});

describe('keys', () => {
  test('a rotation is met by one request, and old tokens stay good', async () => {
    const issuer = testIssuer(OPTIONS);
    const verifier = createVerifier(issuer.verifierOptions);
    const old = issuer.sign();
    await verifier.verify(old);
    expect(issuer.rotate()).toBe('key-2');
    expect(issuer.kid).toBe('key-2');
    const asked = issuer.requests.length;
    expect((await verifier.verify(issuer.sign())).header.kid).toBe('key-2');
    expect((await verifier.verify(old)).header.kid).toBe('key-1');
    expect(issuer.requests.slice(asked)).toEqual([{ url: issuer.jwksUri, at: 1_700_000_000 }]);
    expect(issuer.jwks.keys.map(({ kid, use, alg }) => [kid, use, alg])).toEqual([
      ['key-1', 'sig', 'ES256'],
      ['key-2', 'sig', 'ES256'],
    ]);
  });

  test('a revoked key is refused once the set is read again, and can still sign', async () => {
    const issuer = testIssuer({ ...OPTIONS, maxAge: '1m' });
    const verifier = createVerifier(issuer.verifierOptions);
    const old = issuer.sign();
    await verifier.verify(old);
    issuer.revoke();
    expect(issuer.kid).toBe('key-2');
    expect(issuer.jwks.keys.map(({ kid }) => kid)).toEqual(['key-2']);
    expect((await verifier.verify(old)).header.kid).toBe('key-1');
    await verifier.verify(issuer.sign());
    const again = issuer.sign({}, { kid: 'key-1' });
    await expect(verifier.verify(again)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    issuer.rotate();
    issuer.revoke('key-2');
    expect([issuer.kid, issuer.jwks.keys.map(({ kid }) => kid)]).toEqual(['key-3', ['key-3']]);
  });

  test('a key replaced under its kid', async () => {
    const issuer = testIssuer(OPTIONS);
    const verifier = createVerifier(issuer.verifierOptions);
    const old = issuer.sign();
    await verifier.verify(old);
    expect(issuer.rotate({ kid: 'key-1' })).toBe('key-1');
    expect(issuer.jwks.keys).toHaveLength(1);
    issuer.advance('1m'); // the verifier asks once a minute
    expect((await verifier.verify(issuer.sign())).claims.sub).toBe('user-1');
    await expect(verifier.verify(old)).rejects.toMatchObject({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
    issuer.rotate({ kid: 'key-2' });
    expect(issuer.rotate()).toBe('key-3');
  });

  test('the public key is the newest, and the set another object after each change only', () => {
    const issuer = testIssuer(OPTIONS);
    const { jwks } = issuer;
    expect(issuer.jwks).toBe(jwks);
    expect(exportPem(issuer.publicKey)).toBe(exportPem(importKey(Object(jwks.keys[0]))));
    issuer.rotate();
    expect(issuer.jwks).not.toBe(jwks);
    expect(issuer.publicKey.kid).toBe('key-2');
    expect(JSON.stringify(issuer.jwks)).not.toContain('"d"');
  });

  test('a fault of the caller is a TypeError', () => {
    const issuer = testIssuer(OPTIONS);
    expect(() => issuer.revoke('key-2')).toThrow(new TypeError('kid must be the kid of a published key: key-1'));
    expect(() => issuer.rotate({ kid: '' })).toThrow(new TypeError("options.kid must be a string such as 'key-2'"));
    expect(() => issuer.rotate({ alg: 'ES256' } as never)).toThrow(new TypeError('options.alg is not an option'));
    expect(() => issuer.rotate('key-2' as never)).toThrow(new TypeError('options must be a plain object'));
  });
});

describe('URLs', () => {
  test.each(['issuer', 'jwks_uri'])('the metadata can have no other %s', (member) => {
    expect(() => testIssuer({ ...OPTIONS, metadata: { [member]: `${BASE}/x` } })).toThrow(
      new TypeError(
        'options.metadata must be a plain object of metadata members without issuer and jwks_uri, which have their values',
      ),
    );
  });

  test('the metadata stands at the places of OpenID Connect Discovery and RFC 8414', async () => {
    const issuer = testIssuer({ ...OPTIONS, metadata: { introspection_endpoint: `${BASE}/introspect` } });
    for (const url of [
      `${BASE}/.well-known/openid-configuration`,
      `${HOST}/.well-known/openid-configuration/tenant`,
      `${HOST}/.well-known/oauth-authorization-server/tenant`,
    ]) {
      const metadata = await (await issuer.fetch(url)).json();
      expect(metadata).toMatchObject({
        issuer: BASE,
        jwks_uri: issuer.jwksUri,
        introspection_endpoint: `${BASE}/introspect`,
        response_types_supported: ['code'],
      });
    }
    const found = await discover(BASE, { fetch: issuer.fetch });
    expect(found.id_token_signing_alg_values_supported).toEqual(['ES256']);
  });

  test('answers have an ETag and max-age; other paths, methods and hosts none', async () => {
    const { fetch, jwksUri, jwks } = testIssuer({ ...OPTIONS, maxAge: 90 });
    const answer = await fetch(new URL(jwksUri));
    expect(answer.headers.get('cache-control')).toContain('max-age=90');
    expect(await answer.json()).toEqual(jwks);
    const headers = { 'if-none-match': String(answer.headers.get('etag')) };
    expect((await fetch(new Request(jwksUri, { headers }))).status).toBe(304);
    expect((await fetch(jwksUri, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${HOST}/other`)).status).toBe(404);
    await expect(fetch('https://elsewhere.example/')).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } });
    await expect(fetch(jwksUri, { signal: AbortSignal.abort('no more') })).rejects.toBe('no more');
  });

  test('an issuer on this machine may be http, and one with a slash keeps it', async () => {
    const issuer = testIssuer({ issuer: 'http://127.0.0.1:8080/', audience: 'api' });
    expect(issuer.jwksUri).toBe('http://127.0.0.1:8080/.well-known/jwks.json');
    const verifier = createVerifier(issuer.verifierOptions);
    expect((await verifier.verify(issuer.sign())).claims.iss).toBe('http://127.0.0.1:8080/');
  });
});

describe('outages', () => {
  const OUTAGES: readonly Outage[] = ['down', 'not-json', 'too-large', 'redirect', 404, 429, 500, 503];

  test.each(OUTAGES)('%s: the keys are unavailable, until the issuer recovers', async (outage) => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail(outage);
    const { fetch, random } = issuer.verifierOptions.remote;
    const options = { fetch, random, clock: issuer.clock };
    const unavailable = { code: 'ERR_JWKS_UNAVAILABLE' };
    for (const keys of [remoteJwks(issuer.jwksUri, options), discoverJwks(BASE, options)]) {
      await expect(keys.for(issuer.sign())).rejects.toMatchObject(unavailable);
      expect(keys.current).toBeUndefined();
    }
    issuer.recover();
    const verifier = createVerifier(issuer.verifierOptions);
    const token = issuer.sign();
    await verifier.verify(token);
    issuer.fail(outage, { document: 'keys' });
    issuer.advance('61m');
    expect((await verifier.verify(issuer.sign())).claims.sub).toBe('user-1'); // the known key, for an hour more
    issuer.advance('61m');
    await expect(verifier.verify(issuer.sign())).rejects.toMatchObject(unavailable);
  });

  test('metadata of another issuer is told apart', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail('other-issuer');
    await expect(createVerifier(issuer.verifierOptions).warm()).rejects.toMatchObject({
      code: 'ERR_JWKS_ISSUER_MISMATCH',
    });
    expect((await issuer.fetch(issuer.jwksUri)).status).toBe(200);
  });

  test('a request hangs until the issuer recovers, or the client gives up', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail('hanging');
    const waiting = issuer.fetch(issuer.jwksUri);
    const caller = new AbortController();
    const aborted = issuer.fetch(issuer.jwksUri, { signal: caller.signal });
    caller.abort('too slow');
    await expect(aborted).rejects.toBe('too slow');
    issuer.recover();
    expect((await waiting).status).toBe(200);
    expect(issuer.requests).toHaveLength(2);
  });

  test('a verifier that waits for a hanging request goes on when it is answered', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail('hanging');
    const verdict = createVerifier(issuer.verifierOptions).verify(issuer.sign());
    await Promise.resolve();
    expect(issuer.requests).toHaveLength(1);
    issuer.recover();
    expect((await verdict).claims.sub).toBe('user-1');
  });

  test('one document may fail alone, and a status may have Retry-After', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail(503, { document: 'metadata', retryAfter: 30 });
    expect((await issuer.fetch(issuer.jwksUri)).status).toBe(200);
    const answer = await issuer.fetch(`${BASE}/.well-known/openid-configuration`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    issuer.fail(500, { document: 'keys' });
    expect((await issuer.fetch(`${BASE}/.well-known/openid-configuration`)).status).toBe(200);
    expect((await issuer.fetch(issuer.jwksUri)).headers.get('retry-after')).toBeNull();
  });

  test('a redirect leads to an attacker’s documents, as far as the client follows', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail('redirect');
    const metadata = `${BASE}/.well-known/openid-configuration`;
    const { jwks_uri } = await jsonOf<{ jwks_uri: string }>(issuer.fetch(metadata));
    const { keys } = await jsonOf<{ keys: readonly [Jwk] }>(issuer.fetch(jwks_uri));
    expect(keys[0].kid).toBe('key-1');
    expect(keys[0].x).not.toBe(issuer.jwks.keys[0]?.x);
    const answer = await issuer.fetch(issuer.jwksUri, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${BASE}/moved/keys`]);
    await expect(issuer.fetch(metadata, { redirect: 'error' })).rejects.toThrow('fetch failed');
  });

  test.each<[string, unknown, unknown, string]>([
    ['an unknown outage', 'slow', undefined, 'outage must be one of down, hanging, not-json, too-large, redirect,'],
    ['a good status', 200, undefined, 'or a status from 400 to 599'],
    ['half a status', 500.5, undefined, 'or a status from 400 to 599'],
    ['a document', 500, { document: 'jwks' }, "options.document must be 'keys' or 'metadata'"],
    ['retryAfter', 503, { retryAfter: -1 }, 'options.retryAfter must be a whole number of seconds'],
    ['an unknown option', 503, { only: 'keys' }, 'options.only is not an option'],
  ])('%s is a TypeError', (_, outage, options, message) => {
    expect(() => testIssuer(OPTIONS).fail(outage as never, options as never)).toThrow(TypeError);
    expect(() => testIssuer(OPTIONS).fail(outage as never, options as never)).toThrow(message);
  });
});

describe('options', () => {
  test.each<[keyof TestIssuerOptions, unknown, string]>([
    ['issuer', 'http://issuer.example', "an https URL without query and fragment, such as 'https://issuer.example'"],
    ['issuer', 'https://issuer.example?', 'an https URL'],
    ['issuer', 'https://user@issuer.example', 'an https URL'],
    ['issuer', 'issuer', 'an https URL'],
    ['issuer', new URL(HOST), 'an https URL'],
    ['audience', [], "a string such as 'api', or an array of at least one"],
    ['audience', '', "a string such as 'api'"],
    ['audience', ['api', 5], "a string such as 'api'"],
    ['algorithm', 'HS256', 'one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA'],
    ['typ', '', "a string such as 'at+jwt'"],
    ['claims', [], "a plain object such as { scope: 'orders:read' }"],
    ['claims', new Map(), 'a plain object'],
    [
      'now',
      1_700_000_000_000,
      'a Date, or a number of seconds since 1970; it is 1e11 seconds or more: give seconds, not milliseconds',
    ],
    ['now', 'today', 'a Date'],
    ['maxAge', 1e11, "a duration such as '10m', or a number of seconds; it is 1e11 seconds or more"],
    ['maxAge', '10 min', "a duration such as '10m', or a number of seconds"],
    ['maxAge', -1, 'a duration'],
    ['metadata', null, 'a plain object of metadata members'],
  ])('%s: %s is a TypeError', (name, value, mustBe) => {
    const options = { ...OPTIONS, [name]: value };
    expect(() => testIssuer(options as never)).toThrow(TypeError);
    expect(() => testIssuer(options as never)).toThrow(`options.${name} must be ${mustBe}`);
  });

  test('a missing or unknown one is a TypeError', () => {
    expect(() => testIssuer({ issuer: HOST } as never)).toThrow(
      new TypeError("options.audience must be given: a string such as 'api', or an array of at least one"),
    );
    expect(() => testIssuer(undefined as never)).toThrow(/^options\.issuer must be given: an https URL/);
    expect(() => testIssuer('https://issuer.example' as never)).toThrow(
      new TypeError('options must be a plain object'),
    );
    expect(() => testIssuer({ ...OPTIONS, ['x'.repeat(50)]: 1 } as never)).toThrow(
      new TypeError(`options.${'x'.repeat(40)} is not an option`),
    );
  });

  test('undefined is none, and members that are inherited are refused with their object', () => {
    const options = Object.assign(Object.create(null), OPTIONS, { now: undefined });
    expect(testIssuer(options).now).toBe(1_700_000_000);
    const inheriting = Object.assign(Object.create({ algorithm: 'RS256' }), OPTIONS);
    expect(() => testIssuer(inheriting)).toThrow(new TypeError('options must be a plain object'));
  });

  test('those of another realm are as good', () => {
    const { options, now } = runInNewContext(
      '({ options: { issuer: "https://issuer.example", audience: ["api"] }, now: new Date(0) })',
    );
    expect(testIssuer({ ...options, now }).now).toBe(0);
    expect(testIssuer(options).audience).toEqual(['api']);
  });

  test('a list of audiences is copied', () => {
    const audience = ['api', 'other'];
    const issuer = testIssuer({ ...OPTIONS, audience });
    audience.push('third');
    expect(issuer.audience).toEqual(['api', 'other']);
  });
});
