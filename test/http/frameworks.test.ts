// Each guard in a framework that behaves as its own does; bench/frameworks.mjs tries the real ones.
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type BearerOptions,
  bearer,
  bearerFastify,
  bearerHono,
  bearerKoa,
  type JwtClaims,
  type OptionalBearerOptions,
  type StandardSchemaV1,
  type Verifier,
} from '../../src/index.ts';
import { fastifyLike, fastifyReply, honoLike, koaContext, koaLike } from './frameworks-like.ts';
import { closeServers, serveRaw } from './raw.ts';
import { BAD, cutOff, GOOD, settled, tokenOf, verifierWith } from './verifiers.ts';

afterEach(closeServers);

type Guard = (verifier: Verifier, options?: BearerOptions | OptionalBearerOptions) => (...args: never[]) => unknown;
const GUARDS: readonly [name: string, guard: Guard, framework: typeof fastifyLike][] = [
  ['bearerFastify', bearerFastify, fastifyLike],
  ['bearer in Fastify', bearer, fastifyLike],
  ['bearerKoa', bearerKoa, koaLike],
  ['bearerHono', bearerHono, honoLike],
];
const CHALLENGE = 'Bearer realm="api"';
const verifier = verifierWith();
const FAILING: StandardSchemaV1<JwtClaims> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: () => {
      throw new Error('a defect');
    },
  },
};

describe.each(GUARDS)('%s', (_, guard, framework) => {
  test('lets a good token through, with its proof', async () => {
    const server = await serveRaw(framework(guard(verifier, { scope: 'a' })));
    const answer = await server.ask('GET /', `Authorization: Bearer ${tokenOf({ scope: 'a' })}`);
    expect(answer).toMatchObject({ status: 200, body: 'let through: user-1' });
  });

  test.each([
    ['no token', [], 401, CHALLENGE],
    ['nothing after the scheme', ['Authorization: Bearer'], 400, `${CHALLENGE}, error="invalid_request"`],
    ['a bad token', [`Authorization: Bearer ${BAD.expired}`], 401, `${CHALLENGE}, error="invalid_token"`],
    ['too little scope', [`Authorization: Bearer ${GOOD}`], 403, `${CHALLENGE}, error="insufficient_scope", scope="a"`],
  ])('%s: refused, with an empty body', async (_what, lines, status, challenge) => {
    const server = await serveRaw(framework(guard(verifier, { scope: 'a' })));
    const { headers, ...answer } = await server.ask('GET /', ...lines);
    expect(answer).toEqual({ status, body: '' });
    expect(headers).toMatchObject({ 'www-authenticate': challenge, 'cache-control': 'no-store' });
  });

  test('two Authorization headers are malformed', async () => {
    if (framework === honoLike) return; // a Headers object joins them: test/http/bearer.test.ts
    const server = await serveRaw(framework(guard(verifier)));
    expect((await server.ask('GET /', `Authorization: Bearer ${GOOD}`, 'Authorization: Basic dTpw')).status).toBe(400);
  });

  test('keys that cannot be had: 503, and when to come again', async () => {
    const server = await serveRaw(framework(guard(cutOff())));
    const { status, headers } = await server.ask('GET /', `Authorization: Bearer ${GOOD}`);
    expect([status, headers['www-authenticate']]).toEqual([503, undefined]);
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  });

  test('a defect of a schema goes to the framework', async () => {
    const report = vi.fn();
    const server = await serveRaw(framework(guard(verifierWith({ schema: FAILING })), report));
    expect((await server.ask('GET /', `Authorization: Bearer ${GOOD}`)).status).toBe(500);
    expect(report.mock.calls).toEqual([[new Error('a defect')]]);
  });

  test('an optional guard lets a request without a token through, and no bad one', async () => {
    const server = await serveRaw(framework(guard(verifier, { optional: true })));
    expect(await server.ask('GET /')).toMatchObject({ status: 200, body: 'let through: undefined' });
    expect(await server.ask('GET /', `Authorization: Bearer ${GOOD}`)).toMatchObject({ body: 'let through: user-1' });
    for (const bad of [`Bearer ${BAD.expired}`, 'Basic dTpw', GOOD])
      expect(await server.ask('GET /', `Authorization: ${bad}`)).toMatchObject({ status: 401, body: '' });
  });

  test('verifier and options are checked when the guard is made', () => {
    expect(() => guard({} as never)).toThrow(/^verifier must be/);
    expect(() => guard(verifier, { scope: '' })).toThrow('options.scope');
  });
});

/** A response of node:http with the least that the frameworks here need. */
function blank() {
  return {
    statusCode: 200,
    headersSent: false,
    destroyed: false,
    setHeader: vi.fn(),
    removeHeader: vi.fn(),
    end: vi.fn(),
  };
}

describe('a request that another handler has answered, or whose client has gone', () => {
  const OVER = [{ headersSent: true }, { destroyed: true }];
  const headers = { authorization: `Bearer ${GOOD}` };

  test.each(OVER)('in Fastify %j: nothing is done', async (state) => {
    for (const sent of [headers, {}]) {
      const [raw, done, request] = [blank(), vi.fn(), { headers: sent, raw: {} }];
      bearerFastify(verifier)(request, fastifyReply(raw as never), done);
      Object.assign(raw, state);
      await settled();
      expect([done.mock.calls, raw.end.mock.calls, Object.keys(request)]).toEqual([[], [], ['headers', 'raw']]);
    }
  });

  test('in Fastify, by a reply that was hijacked: nothing is done', async () => {
    const [raw, done] = [blank(), vi.fn()];
    bearerFastify(verifier)({ headers, raw: {} }, { ...fastifyReply(raw as never), sent: true }, done);
    await settled();
    expect(done).not.toHaveBeenCalled();
  });

  test.each(OVER)('in Koa %j: nothing is done', async (state) => {
    for (const sent of [headers, {}]) {
      const [res, next] = [blank(), vi.fn()];
      const ctx = koaContext({ headers: sent } as never, res as never);
      const over = bearerKoa(verifier)(ctx, next);
      Object.assign(res, state);
      await over;
      expect([next.mock.calls, ctx.status, ctx.state]).toEqual([[], 404, {}]);
    }
  });
});

test('Koa writes no body for what was to be JSON, and the status stands after the body', async () => {
  const ctx = koaContext({ headers: {} } as never, blank() as never);
  const seen: unknown[] = [];
  const watched = new Proxy(ctx, {
    get: (target, name) =>
      name === 'remove' ? (header: string) => seen.push(`remove ${header}`) : Reflect.get(target, name),
    set: (target, name, value) => {
      seen.push(`${String(name)} = ${value}`);
      return Reflect.set(target, name, value);
    },
  });
  await bearerKoa(verifier)(watched, async () => undefined);
  expect(seen).toEqual(['remove Content-Type', 'body = null', 'status = 401']);
});

test('an optional guard sets the proof of an anonymous request to undefined, whatever was there', async () => {
  const ctx = koaContext({ headers: {} } as never, blank() as never);
  Object.assign(ctx.state, { auth: 'set by another' });
  await bearerKoa(verifier, { optional: true })(ctx, async () => undefined);
  expect(ctx.state).toEqual({ auth: undefined });
  const request = { headers: {}, raw: {}, auth: 'set by another' };
  bearerFastify(verifier, { optional: true })(request, fastifyReply(blank() as never), () => undefined);
  await settled();
  expect(request.auth).toBeUndefined();
  const set = vi.fn();
  const c = { req: { header: () => undefined }, set, body: () => new Response() };
  await bearerHono(verifier, { optional: true })(c, async () => undefined);
  expect(set.mock.calls).toEqual([['auth', undefined]]);
});

test('what comes after may throw: that is its own', async () => {
  const ctx = koaContext({ headers: { authorization: `Bearer ${GOOD}` } } as never, blank() as never);
  await expect(bearerKoa(verifier)(ctx, () => Promise.reject(new Error('the route is broken')))).rejects.toThrow(
    'the route',
  );
});
