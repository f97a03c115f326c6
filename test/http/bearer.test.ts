import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connect2, createServer as createServer2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type AuthorizationSource,
  authenticate,
  type BearerOptions,
  bearer,
  bearerFetch,
  createVerifier,
  hasScope,
  isVerifiedJwt,
  JoseError,
  type JwtClaims,
  type StandardSchemaV1,
  type VerifiedJwt,
  Verifier,
} from '../../src/index.ts';
import { AUDIENCE, CLAIMS, ISSUER } from '../support/doors.ts';
import { expectTypeError } from '../support/expect.ts';
import { BAD, cutOff, GOOD, recorder, serve, settled, tokenOf, verifierWith } from './verifiers.ts';

afterEach(() => void vi.restoreAllMocks());

const verifier = verifierWith();
const auth = (authorization: string | null | undefined, options?: BearerOptions) =>
  authenticate(verifier, authorization, options);

/** Judges nothing and fails, as only a defect of the caller's own does. */
const BROKEN: StandardSchemaV1<JwtClaims> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: () => {
      throw new TypeError('the schema is broken');
    },
  },
};

describe('authenticate', () => {
  test('a good token: the proof, and nothing to send [6750-2.1-2]', async () => {
    const verdict = await auth(`Bearer ${GOOD}`);
    expect(verdict).toMatchObject({ ok: true, status: 200, headers: {} });
    if (!verdict.ok) return;
    expect(isVerifiedJwt(verdict.jwt)).toBe(true);
    expect(verdict.jwt.claims).toEqual(CLAIMS);
  });

  test.each([undefined, null, '', 'Basic dTpw', 'DPoP a', GOOD])(
    '%j: a challenge, and no error code [6750-3-1] [6750-3-4] [6750-3.1-5]',
    async (authorization) => {
      expect(await auth(authorization)).toEqual({
        ok: false,
        status: 401,
        headers: { 'WWW-Authenticate': 'Bearer realm="api"', 'Cache-Control': 'no-store' },
      });
    },
  );

  test.each(['Bearer', 'Bearer a b', 'Bearer a, Bearer b', 'Bearer "a"'])(
    '%j: invalid_request [6750-2-1] [6750-3-1] [6750-3.1-2]',
    async (authorization) => {
      expect(await auth(authorization)).toEqual({
        ok: false,
        status: 400,
        headers: { 'WWW-Authenticate': 'Bearer realm="api", error="invalid_request"', 'Cache-Control': 'no-store' },
      });
    },
  );

  test.each(Object.entries(BAD))(
    'a token %s: invalid_token, and not a word more [6750-3-1] [6750-3-10] [6750-3-15] [6750-3.1-3] [6750-5.2-1] [6750-5.2-2] [6750-5.2-3]',
    async (_, token) => {
      const { error, ...verdict } = { error: undefined, ...(await auth(`Bearer ${token}`)) };
      expect(error).toBeInstanceOf(JoseError);
      expect(verdict).toEqual({
        ok: false,
        status: 401,
        headers: { 'WWW-Authenticate': 'Bearer realm="api", error="invalid_token"', 'Cache-Control': 'no-store' },
      });
    },
  );

  test('too little scope: what is needed [6750-3-7] [6750-3-14] [6750-3.1-4]', async () => {
    const scope = 'orders:read orders:write';
    expect(await auth(`Bearer ${tokenOf({ scope: 'orders:read' })}`, { scope })).toEqual({
      ok: false,
      status: 403,
      headers: {
        'WWW-Authenticate': `Bearer realm="api", error="insufficient_scope", scope="${scope}"`,
        'Cache-Control': 'no-store',
      },
    });
    expect(await auth(`Bearer ${tokenOf({ scope: `x ${scope}` })}`, { scope })).toMatchObject({ ok: true });
    expect(await auth(`Bearer ${tokenOf({ scp: scope.split(' ') })}`, { scope: scope.split(' ') })).toMatchObject({
      ok: true,
    });
  });

  test('a bad token with too little scope is a bad token', async () => {
    expect(await auth(`Bearer ${BAD.expired}`, { scope: 'a' })).toMatchObject({ status: 401 });
  });

  test('scope is sought in what a schema makes of the claims', async () => {
    const strict: StandardSchemaV1<{ sub: unknown }> = {
      '~standard': { version: 1, vendor: 'test', validate: (claims) => ({ value: { sub: Object(claims).sub } }) },
    };
    const token = `Bearer ${tokenOf({ scope: 'a' })}`;
    expect(await authenticate(verifierWith({ schema: strict }), token)).toMatchObject({ ok: true });
    expect(await authenticate(verifierWith({ schema: strict }), token, { scope: 'a' })).toMatchObject({ status: 403 });
  });

  test('keys that cannot be had: come again, and no challenge', async () => {
    const verdict = await authenticate(cutOff(), `Bearer ${GOOD}`);
    expect(verdict).toMatchObject({ ok: false, status: 503, error: { code: 'ERR_JWKS_UNAVAILABLE' } });
    expect(verdict.headers).toEqual({
      'Retry-After': expect.stringMatching(/^[1-9]\d*$/),
      'Cache-Control': 'no-store',
    });
  });

  const metadata = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` };
  test.each([
    ['that is not found', () => new Response(null, { status: 404 })],
    ['that sends something else', () => new Response('<html>')],
    ['that is another', () => Response.json({ ...metadata, issuer: 'https://other.example' })],
    ['without usable keys', (url: string) => Response.json(url === metadata.jwks_uri ? { keys: [{}] } : metadata)],
    ['without a set', (url: string) => Response.json(url === metadata.jwks_uri ? [] : metadata)],
    ['that sends no end of it', () => new Response('x'.repeat(300_000))],
  ])('an issuer %s is no fault of the token either', async (_, answer) => {
    const remote = { fetch: async (url: unknown) => answer(String(url)) };
    const discovering = createVerifier({ issuer: ISSUER, audience: AUDIENCE, remote });
    const { headers, ...verdict } = await authenticate(discovering, `Bearer ${GOOD}`);
    expect(verdict).toMatchObject({ status: 503, error: { code: 'ERR_JWKS_UNAVAILABLE' } });
    expect(headers).not.toHaveProperty('WWW-Authenticate');
  });

  test.each([
    [undefined, '5'],
    [42, '42'],
  ])('Retry-After when the key set says %j', async (retryAfter, wanted) => {
    const error = new JoseError('ERR_JWKS_UNAVAILABLE', 'x', retryAfter === undefined ? {} : { retryAfter });
    vi.spyOn(Verifier.prototype, 'verify').mockRejectedValue(error);
    expect(await auth(`Bearer ${GOOD}`)).toMatchObject({ status: 503, error, headers: { 'Retry-After': wanted } });
  });

  test('without keys, what needs none is answered as ever', async () => {
    expect(await authenticate(cutOff(), undefined)).toMatchObject({ status: 401 });
    expect(await authenticate(cutOff(), 'Bearer a b')).toMatchObject({ status: 400 });
    expect(await authenticate(cutOff(), 'Bearer opaque')).toMatchObject({ status: 401 });
  });

  test('the realm stands in every challenge [6750-3-5] [6750-3-6]', async () => {
    const options = { realm: 'a "b" \\', scope: 'x' };
    for (const authorization of [undefined, 'Bearer', `Bearer ${BAD.expired}`, `Bearer ${GOOD}`]) {
      const { headers } = await auth(authorization, options);
      expect(headers['WWW-Authenticate']).toMatch(/^Bearer realm="a \\"b\\" \\\\"(?:, error="\w+"(?:, scope="x")?)?$/);
    }
  });

  test('a defect of the caller’s own is no verdict', async () => {
    const { events, onEvent } = recorder();
    const broken = verifierWith({ schema: BROKEN });
    await expect(authenticate(broken, `Bearer ${GOOD}`, { onEvent })).rejects.toThrow('the schema is broken');
    expect(events).toEqual([]);
  });

  test('whatever stands in the header, there is a verdict, and its headers can be sent', async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('', 'Bearer ', 'Bearer', 'bearer  '), text, async (scheme, rest) => {
        const verdict = await auth(scheme + rest);
        expect([400, 401]).toContain(verdict.status);
        expect([...new Headers(verdict.headers).keys()]).toEqual(['cache-control', 'www-authenticate']);
      }),
    );
  });
});

describe('the headers of a request in place of the one', () => {
  const NONE = { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="api"' } };
  const TWICE = { status: 400, headers: { 'WWW-Authenticate': 'Bearer realm="api", error="invalid_request"' } };
  const good = `Bearer ${GOOD}`;
  const other = `Bearer ${tokenOf({ sub: 'user-2' })}`;

  test.each([
    [{ authorization: good }],
    [{ Host: 'api.example', Authorization: good, get: 'a header of that name' }],
    [{ AUTHORIZATION: good }],
    [{ Authorization: [good] }],
    [{ Authorization: good, authorization: good }],
    [{ Authorization: undefined, authorization: good, AUTHORIZATION: null }],
    [Object.assign(Object.create(null), { authorization: good })],
    [new Headers({ Authorization: good })],
    [new Request('https://api.example', { headers: { authorization: good } }).headers],
    [{ version: '2.0', headers: new Headers({ authorization: good }), requestContext: {} }],
    [new Request('https://api.example', { headers: { authorization: good } })],
    [{ headers: 'a header of that name', authorization: good }],
  ])('a good token, however the name is spelt: %j', async (headers) => {
    expect(await authenticate(verifier, headers as AuthorizationSource)).toMatchObject({ ok: true });
  });

  test.each([
    [{}],
    [{ headers: new Headers() }],
    [{ headers: ['a header of that name'] }],
    [{ Host: 'api.example' }],
    [{ authorization: undefined }],
    [{ Authorization: [] }],
    [{ 'x-authorization': good }],
    [Object.create(null)],
    [new Headers()],
  ])('none: %j', async (headers) => {
    expect(await authenticate(verifier, headers)).toMatchObject(NONE);
  });

  test('what is inherited is no header', async () => {
    Object.defineProperty(Object.prototype, 'authorization', { value: good, configurable: true });
    try {
      expect(await authenticate(verifier, {})).toMatchObject(NONE);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'authorization');
    }
  });

  test.each([
    [{ Authorization: good, authorization: other }],
    [{ authorization: 'Basic dTpw', Authorization: good }],
    [{ Authorization: [good, other] }],
    [{ Authorization: [good, good] }],
    [{ Authorization: [good], authorization: [other] }],
    [
      new Headers([
        ['authorization', good],
        ['authorization', good],
      ]),
    ],
  ])('two are malformed [6750-2-1] %#', async (headers) => {
    expect(await authenticate(verifier, headers)).toMatchObject(TWICE);
    expect(await authenticate(verifier, headers, { optional: true })).toMatchObject(TWICE);
  });
});

describe('an optional guard', () => {
  const optional = { optional: true } as const;

  test.each([undefined, null, '', {}, { Authorization: '' }, new Headers()])(
    'a request without the header (%j) goes on as anonymous',
    async (authorization) => {
      const verdict = await authenticate(verifier, authorization, optional);
      expect(verdict).toEqual({ ok: true, status: 200, jwt: undefined, headers: {} });
      expect(Object.isFrozen(verdict) && Object.isFrozen(verdict.headers)).toBe(true);
    },
  );

  test('a good token has its proof', async () => {
    const verdict = await authenticate(verifier, `Bearer ${GOOD}`, optional);
    expect(verdict.ok && isVerifiedJwt(verdict.jwt)).toBe(true);
  });

  test.each([
    'Bearer',
    'Bearer ',
    ' ',
    'Bearer a b',
    'Basic dTpw',
    'DPoP a',
    GOOD,
    ...Object.values(BAD).map((token) => `Bearer ${token}`),
  ])('anything else is refused as ever %#', async (authorization) => {
    const { error: _, ...refused } = { error: undefined, ...(await auth(authorization)) };
    const verdict = await authenticate(verifier, authorization, optional);
    expect(verdict).toMatchObject(refused);
    expect(verdict.ok).toBe(false);
  });

  test('keys that cannot be had are no reason to go on as anonymous', async () => {
    expect(await authenticate(cutOff(), `Bearer ${GOOD}`, optional)).toMatchObject({ ok: false, status: 503 });
    expect(await authenticate(cutOff(), undefined, optional)).toMatchObject({ ok: true, jwt: undefined });
  });

  test('false is the default', async () => {
    expect(await authenticate(verifier, undefined, { optional: false })).toMatchObject({ status: 401 });
  });

  test('the middleware sets request.auth to undefined, whatever was there', async () => {
    const request = { headers: {}, auth: { claims: { sub: 'set by another' } } };
    const next = vi.fn();
    bearer(verifier, optional)(request, blank().response, next);
    await settled();
    expect(next.mock.calls).toEqual([[]]);
    expect(Object.hasOwn(request, 'auth') && request.auth).toBeUndefined();
  });

  test('bearerFetch hands the handler undefined for the proof', async () => {
    const handler = vi.fn((_: Request, jwt: VerifiedJwt | undefined) => new Response(jwt?.claims.sub ?? 'anonymous'));
    const route = bearerFetch(verifier, handler, optional);
    const asked = async (headers: Record<string, string>) =>
      (await route(new Request('https://api.example/', { headers }))).text();
    expect(await asked({})).toBe('anonymous');
    expect(await asked({ authorization: `Bearer ${GOOD}` })).toBe('user-1');
    expect(await asked({ authorization: 'Bearer opaque' })).toBe('');
    expect(handler).toHaveBeenCalledTimes(2);
  });
});

describe('hasScope', () => {
  const jwtWith = (claims: object) => verifier.verifySync(tokenOf(claims));

  test('asks as the guard does: all of them, in `scope`, else `scp`', () => {
    for (const claims of [{ scope: 'a b' }, { scp: ['b', 'a'] }, { scope: ['a', 'b'] }, { scp: 'b a' }]) {
      expect(hasScope(jwtWith(claims), 'a')).toBe(true);
      expect(hasScope(jwtWith(claims), 'b a')).toBe(true);
      expect(hasScope(jwtWith(claims), ['a', 'b'])).toBe(true);
      expect(hasScope(jwtWith(claims), 'a c')).toBe(false);
      expect(hasScope(jwtWith(claims), 'A')).toBe(false);
    }
    expect(hasScope(jwtWith({}), 'a')).toBe(false);
    expect(hasScope(jwtWith({ scope: 'a', scp: ['b'] }), 'b')).toBe(false);
  });

  test('without a token there is none', () => {
    expect(hasScope(undefined, 'a')).toBe(false);
  });

  test('arguments', () => {
    const jwt = jwtWith({ scope: 'a' });
    for (const wrong of [null, { claims: { scope: 'a' } }, jwt.claims, GOOD])
      expectTypeError(() => hasScope(wrong as never, 'a'), /^jwt must be a VerifiedJwt/);
    class VerifiedJwt {}
    expectTypeError(
      () => hasScope(new VerifiedJwt() as never, 'a'),
      /; this VerifiedJwt is of another copy of barejose/,
    );
    for (const wrong of [undefined, null, '', ' a', 'a  b', 'a"', [], [''], ['a b'], 7])
      for (const each of [jwt, undefined]) expectTypeError(() => hasScope(each, wrong as never), /^scope must be/);
    expectTypeError(() => Reflect.apply(hasScope, undefined, [jwt, 'a', 'b']), 'hasScope takes 2 arguments');
  });
});

describe('arguments', () => {
  test.each([undefined, null, {}, { verify: async () => ({}), explain: () => ({}) }, Object.create(verifier), GOOD])(
    'verifier %#: a TypeError that names it',
    async (wrong) => {
      await expect(authenticate(wrong as never, undefined)).rejects.toThrow(/^verifier must be/);
      expect(() => bearer(wrong as never)).toThrow(/^verifier must be/);
      expect(() => bearerFetch(wrong as never, () => new Response())).toThrow(/^verifier must be/);
    },
  );

  test.each([
    1,
    ['Bearer a'],
    true,
    new Map(),
    new Date(),
    { authorization: 7 },
    { Authorization: [7] },
    { get: () => 7, append: () => undefined },
    { headers: { authorization: 'Bearer a' } },
    { headers: {} },
    { headers: null },
    { headers: undefined },
    { headers: null, authorization: `Bearer ${GOOD}` },
    { version: '2.0', requestContext: {}, isBase64Encoded: false },
    { rawPath: '/', json: () => ({}) },
    { type: 'TOKEN', authorizationToken: `Bearer ${GOOD}`, methodArn: 'arn' },
    { version: '2.0', rawPath: '/x', isBase64Encoded: false },
    { request: 1 },
    { headers: new Headers(), Authorization: `Bearer ${GOOD}` },
  ])('authorization %#: a TypeError that names it', async (wrong) => {
    const refusal = authenticate(verifier, wrong as never);
    await expect(refusal).rejects.toThrow(TypeError);
    await expect(refusal).rejects.toThrow(/^authorization must be/);
    // An optional guard does not take for anonymous what it cannot read.
    const optional = authenticate(verifier, wrong as never, { optional: true });
    await expect(optional).rejects.toThrow(/^authorization must be/);
  });

  test.each([
    [{ scope: '' }, 'options.scope'],
    [{ scope: [] }, 'options.scope'],
    [{ scope: 'a"b' }, 'options.scope'],
    [{ scope: 'a\r\nX: y' }, 'options.scope'],
    [{ scopes: 'a' }, 'options.scopes'],
    [{ realm: 'a\r\nX: y' }, 'options.realm'],
    [{ realm: 'ä' }, 'options.realm'],
    [{ realm: null }, 'options.realm'],
    [{ onEvent: 'log' }, 'options.onEvent'],
    [{ optional: 1 }, 'options.optional'],
    [{ optional: true, scope: 'a' }, 'options.scope and options.optional exclude each other'],
    [[], 'options'],
    [null, 'options'],
  ])('options %j: a TypeError that names %s', async (options, name) => {
    await expect(authenticate(verifier, undefined, options as never)).rejects.toThrow(name);
    expect(() => bearer(verifier, options as never)).toThrow(name);
    expect(() => bearerFetch(verifier, () => new Response(), options as never)).toThrow(name);
  });

  test('handler', () => {
    expect(() => bearerFetch(verifier, undefined as never)).toThrow(/^handler must be/);
  });

  test('undefined is not set', async () => {
    const unset = { scope: undefined, realm: undefined, onEvent: undefined, optional: undefined };
    expect(await auth(undefined, unset)).toEqual(await auth(undefined));
  });
});

/** A response with the least that the middleware asks for, and what was done to it. */
function blank() {
  const done: string[] = [];
  const response = {
    statusCode: 200,
    headersSent: false,
    destroyed: false,
    setHeader: (name: string, value: string) => done.push(`${name}: ${value}`),
    end: (text?: string) => done.push(text === undefined ? 'end' : `end ${text}`),
  };
  return { response, done };
}

/** One call of the middleware, and what came of it. */
function call(authorization: string | undefined, by: Verifier = verifier) {
  const request = { headers: authorization === undefined ? {} : { authorization } };
  const { response, done } = blank();
  bearer(by)(request, response, (...args: unknown[]) => void done.push(['next', ...args].join(' ')));
  return { request, response, done };
}

describe('the middleware', () => {
  test('lets a good token through: request.auth is the proof', async () => {
    const { request, response, done } = call(`Bearer ${GOOD}`);
    await settled();
    expect(done).toEqual(['next']);
    expect(response.statusCode).toBe(200);
    expect(isVerifiedJwt(Object(request).auth)).toBe(true);
    expect(Object(request).auth.claims).toEqual(CLAIMS);
  });

  test('answers a refusal itself', async () => {
    const { request, response, done } = call(undefined);
    await settled();
    expect(response.statusCode).toBe(401);
    expect(done).toEqual(['WWW-Authenticate: Bearer realm="api"', 'Cache-Control: no-store', 'end']);
    expect(request).not.toHaveProperty('auth');
  });

  test('does nothing when somebody else has answered, or the client has gone', async () => {
    for (const authorization of [`Bearer ${GOOD}`, `Bearer ${BAD.expired}`, undefined]) {
      for (const state of ['headersSent', 'destroyed'] as const) {
        const { request, response, done } = call(authorization);
        response[state] = true;
        await settled();
        expect(done).toEqual([]);
        expect(request).not.toHaveProperty('auth');
      }
    }
  });

  test('hands a defect on', async () => {
    const { request, done } = call(`Bearer ${GOOD}`, verifierWith({ schema: BROKEN }));
    await settled();
    expect(done).toEqual(['next TypeError: the schema is broken']);
    expect(request).not.toHaveProperty('auth');
  });

  test.each([undefined, null, {}])(
    'without a next (%j) every request is answered 500, and the answer says why',
    (next) => {
      for (const authorization of [undefined, `Bearer ${GOOD}`]) {
        const { response, done } = blank();
        const headers = authorization === undefined ? {} : { authorization };
        bearer(verifier)({ headers }, response, next as never);
        expect(response.statusCode).toBe(500);
        expect(done).toEqual([
          'Content-Type: text/plain',
          'Cache-Control: no-store',
          expect.stringMatching(
            /^end bearer must be called with \(request, response, next\): Fastify has bearerFastify, /,
          ),
        ]);
      }
    },
  );

  test.each([undefined, null, 'x', {}, { headers: 'x' }, { headers: null }, new Request('https://api.example')])(
    'a request without headers (%j) is a TypeError for next',
    (request) => {
      const { response, done } = blank();
      bearer(verifier)(request as never, response, (error) => void done.push(`next ${error}`));
      expect(done).toEqual([expect.stringMatching(/^next TypeError: bearer must be called with /)]);
    },
  );

  test('hands an exception of the response on', async () => {
    const { response, done } = blank();
    const setHeader = () => {
      throw new Error('the response is broken');
    };
    bearer(verifier)(
      { headers: {} },
      { ...response, setHeader },
      (...args) => void done.push(['next', ...args].join(' ')),
    );
    await settled();
    expect(done).toEqual(['next Error: the response is broken']);
  });

  test.each([undefined, null, false, '', 'route', 'router', 0])(
    'a schema that throws %j gives next an error: a request without a proof never goes on',
    async (thrown) => {
      const validate = () => {
        throw thrown;
      };
      const schema = { '~standard': { ...BROKEN['~standard'], validate } };
      const next = vi.fn();
      bearer(verifierWith({ schema }))({ headers: { authorization: `Bearer ${GOOD}` } }, blank().response, next);
      await settled();
      expect(next.mock.calls).toEqual([[expect.objectContaining({ message: expect.any(String), cause: thrown })]]);
    },
  );

  test('calls next once, also when what comes after throws', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (reason) => thrown.push(reason));
    const next = vi.fn(() => {
      throw new Error('the route is broken');
    });
    bearer(verifier)({ headers: { authorization: `Bearer ${GOOD}` } }, blank().response, next);
    await settled();
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(next.mock.calls).toEqual([[]]);
    expect(thrown).toEqual([new Error('the route is broken')]);
  });

  test('asks only the header itself, not what a polluted prototype says', async () => {
    const { response } = blank();
    bearer(verifier)({ headers: Object.create({ authorization: `Bearer ${GOOD}` }) }, response, () => undefined);
    await settled();
    expect(response.statusCode).toBe(401);
  });

  test('a polluted prototype does not stand in for a token', async () => {
    Object.defineProperty(Object.prototype, 'token', { value: GOOD, configurable: true });
    try {
      for (const authorization of [undefined, 'Bearer', 'Basic dTpw'])
        expect((await authenticate(verifier, authorization)).ok).toBe(false);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'token');
    }
  });

  test('takes a header that somebody has put there since', async () => {
    const headers = { authorization: `Bearer ${GOOD}` };
    const next = vi.fn();
    bearer(verifier)(
      { headers, rawHeaders: ['Vary', 'authorization', 'Authorization', 'Basic dTpw'] },
      blank().response,
      next,
    );
    await settled();
    expect(next).toHaveBeenCalledOnce();
  });

  test.each([
    [['Authorization', `Bearer ${GOOD}`, 'authorization', `Bearer ${GOOD}`], 400],
    [['authorization', `Bearer ${GOOD}`, 'AUTHORIZATION', 'Basic dTpw'], 400],
    [['authorization', 'Basic dTpw', 'authorization', `Bearer ${GOOD}`], 400],
  ])('Authorization twice is malformed %# [6750-2-1]', async (rawHeaders, status) => {
    const { response } = blank();
    const request = { headers: { authorization: rawHeaders[1] ?? '' }, rawHeaders };
    bearer(verifier)(request, response, () => expect.fail('let through'));
    await settled();
    expect(response.statusCode).toBe(status);
  });
});

/** What a guarded server says to those who may come in. */
const guard = bearer(verifier, { scope: 'a' });
const guarded = () =>
  serve((request, response) =>
    guard(request, response, (error) => {
      response.statusCode = error === undefined ? 200 : 500;
      response.end(subjectOf(request));
    }),
  );

function subjectOf(request: IncomingMessage): string {
  return 'auth' in request && isVerifiedJwt(request.auth) ? String(Object(request.auth.claims).sub) : 'nobody';
}

describe('a node:http server', () => {
  test('serves the bearer of a good token', async () => {
    const server = await guarded();
    const answer = await server.ask('GET', `Authorization: Bearer ${tokenOf({ scope: 'a' })}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n[\s\S]*user-1/);
    server.close();
  });

  test('gives every bad token the same answer, to the octet', async () => {
    const server = await guarded();
    const tokens = Object.values(BAD).filter((token) => token.length < 9_000);
    const answers = await Promise.all(tokens.map((token) => server.ask('GET', `Authorization: Bearer ${token}`)));
    expect(new Set(answers)).toEqual(
      new Set([
        [
          'HTTP/1.1 401 Unauthorized',
          'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
          'Cache-Control: no-store',
          'Connection: close',
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
      ]),
    );
    server.close();
  });

  test('answers HEAD and every other method alike', async () => {
    const server = await guarded();
    for (const method of ['HEAD', 'POST', 'DELETE', 'OPTIONS']) {
      const answer = await server.ask(method, 'Authorization: Bearer');
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*error="invalid_request"[\s\S]*\r\n\r\n$/);
    }
    server.close();
  });

  test('finds two Authorization headers where Node shows one', async () => {
    const server = await guarded();
    const answer = await server.ask('GET', `Authorization: Bearer ${GOOD}`, 'authorization: Basic dTpw');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    server.close();
  });

  test('does not begin for a client that has gone meanwhile', async () => {
    const jwt = await verifier.verify(GOOD);
    let release = () => {};
    const slow = new Promise<typeof jwt>((resolve) => {
      release = () => resolve(jwt);
    });
    vi.spyOn(Verifier.prototype, 'verify').mockReturnValue(slow);
    const next = vi.fn();
    const closed = new EventEmitter();
    const server = await serve((request, response) => {
      bearer(verifier)(request, response, next);
      response.once('close', () => closed.emit('close'));
      socket.destroy();
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${GOOD}\r\n\r\n`);
    await once(closed, 'close');
    release();
    await settled();
    server.close();
    expect(next).not.toHaveBeenCalled();
  });
});

test('a node:http2 server is guarded by the same middleware', async () => {
  const server = createServer2((request, response) =>
    guard(request, response, () => response.end(String(Object(request).auth.claims.sub))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = async (authorization: string) => {
    const stream = client.request({ authorization });
    const [headers] = await once(stream, 'response');
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    return [headers[':status'], headers['www-authenticate'], text];
  };
  expect(await ask(`Bearer ${tokenOf({ scope: 'a' })}`)).toEqual([200, undefined, 'user-1']);
  expect(await ask(`Bearer ${GOOD}`)).toEqual([403, 'Bearer realm="api", error="insufficient_scope", scope="a"', '']);
  client.close();
  server.close();
});

describe('bearerFetch', () => {
  const handler = vi.fn((request: Request, { claims }: { claims: JwtClaims }) =>
    Response.json({ url: request.url, sub: claims.sub }),
  );
  const guardedFetch = bearerFetch(verifier, handler, { scope: 'a' });
  const request = (authorization?: string) =>
    new Request('https://api.example/orders', authorization === undefined ? {} : { headers: { authorization } });

  test('hands a good token’s proof to the handler', async () => {
    const response = await guardedFetch(request(`Bearer ${tokenOf({ scope: 'a' })}`));
    expect(await response.json()).toEqual({ url: 'https://api.example/orders', sub: 'user-1' });
    const [, jwt] = handler.mock.lastCall ?? [];
    expect(isVerifiedJwt(jwt)).toBe(true);
  });

  test.each([
    [undefined, 401, 'Bearer realm="api"'],
    ['Bearer', 400, 'Bearer realm="api", error="invalid_request"'],
    [`Bearer ${BAD.expired}`, 401, 'Bearer realm="api", error="invalid_token"'],
    [`Bearer ${GOOD}`, 403, 'Bearer realm="api", error="insufficient_scope", scope="a"'],
  ])('answers %j itself', async (authorization, status, challenge) => {
    handler.mockClear();
    const response = await guardedFetch(request(authorization));
    expect([response.status, await response.text()]).toEqual([status, '']);
    expect([...response.headers]).toEqual([
      ['cache-control', 'no-store'],
      ['www-authenticate', challenge],
    ]);
    expect(handler).not.toHaveBeenCalled();
  });

  test('keys that cannot be had', async () => {
    const response = await bearerFetch(cutOff(), handler)(request(`Bearer ${GOOD}`));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(response.headers.has('www-authenticate')).toBe(false);
  });

  test('further arguments of the framework come after the proof', async () => {
    const route = bearerFetch(
      verifier,
      async (_: Request, { claims }, { params }: { params: Promise<{ id: string }> }) =>
        new Response(`${claims.sub} ${(await params).id}`),
    );
    const context = { params: Promise.resolve({ id: '7' }) };
    expect(await (await route(request(`Bearer ${GOOD}`), context)).text()).toBe('user-1 7');
    const seen = vi.fn((..._: unknown[]) => new Response());
    const [env, ctx] = [{ KV: {} }, { waitUntil: () => undefined }];
    await bearerFetch(verifier, seen)(request(`Bearer ${GOOD}`), env, ctx);
    expect(seen.mock.lastCall?.slice(2)).toEqual([env, ctx]);
    await bearerFetch(verifier, seen)(request(), env, ctx);
    expect(seen).toHaveBeenCalledOnce();
  });

  test('two headers, joined as Headers joins them, are malformed [6750-2-1]', async () => {
    const twice = request(`Bearer ${GOOD}`);
    twice.headers.append('authorization', `Bearer ${GOOD}`);
    expect((await guardedFetch(twice)).status).toBe(400);
  });

  test('what the handler or a schema throws is theirs to throw', async () => {
    const failing = bearerFetch(verifier, () => Promise.reject(new Error('the handler’s own')));
    await expect(failing(request(`Bearer ${GOOD}`))).rejects.toThrow('the handler’s own');
    const broken = bearerFetch(verifierWith({ schema: BROKEN }), handler);
    await expect(broken(request(`Bearer ${GOOD}`))).rejects.toThrow('the schema is broken');
  });
});
