// SECURITY.md, group 12: a request that carries a good token in the wrong place, or under another scheme; a guard that is called
// by a framework whose arguments are not those it was made for, or whose error a framework takes for leave to go on; and a polluted
// Object.prototype that writes into answers.

import { expect, test } from 'vitest';
import {
  authenticate,
  bearer,
  bearerFastify,
  bearerFetch,
  bearerHono,
  bearerKoa,
  jwksEndpoint,
  toNodeListener,
} from '../../src/index.ts';
import { expressLike, fastifyLike, honoLike, koaLike, plain } from '../http/frameworks-like.ts';
import { GOOD, KEYS, serve, settled, verifierWith } from '../http/verifiers.ts';
import { whilePolluted } from '../support/pollution.ts';

const verifier = verifierWith();
const basic = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['none at all', GOOD],
  ['Basic', `Basic ${GOOD}`],
  ['Basic, as a password', `Basic ${basic(`user:${GOOD}`)}`],
  ['Basic, as a user name', `Basic ${basic(`${GOOD}:`)}`],
  ['Digest', `Digest ${GOOD}`],
  ['DPoP', `DPoP ${GOOD}`],
  ['Negotiate', `Negotiate ${GOOD}`],
  ['Token', `Token ${GOOD}`],
  ['JWT', `JWT ${GOOD}`],
  ['MAC', `MAC ${GOOD}`],
  ['one that begins with Bearer', `BearerX ${GOOD}`],
  ['one that ends in Bearer', `NotBearer ${GOOD}`],
  ['another, with Bearer after it', `Basic Bearer ${GOOD}`],
  ['Basic, and Bearer after a comma', `Basic dTpw, Bearer ${GOOD}`],
  ['Bearer by letters that only look like it', `\u0412earer ${GOOD}`],
])('API-08 a good token under the scheme %s is none', async (_, authorization) => {
  expect(await authenticate(verifier, authorization)).toMatchObject({ ok: false, status: 401 });
});

test.each([
  ['a comma', `Bearer ${GOOD},Bearer ${GOOD}`],
  ['a tab', `Bearer\t${GOOD}`],
  ['an equals sign', `Bearer=${GOOD}`],
  ['a colon', `Bearer: ${GOOD}`],
  ['quotes', `Bearer "${GOOD}"`],
  ['a parameter', `Bearer token=${GOOD}`],
  ['another scheme between', `Bearer Basic ${GOOD}`],
  ['a line break', `Bearer ${GOOD}\n`],
])('API-08 a good token after Bearer and %s is malformed', async (_, authorization) => {
  expect(await authenticate(verifier, authorization)).toMatchObject({ ok: false, status: 400 });
});

test('API-08 only the Authorization header is looked at', async () => {
  const url = `https://api.example/?access_token=${GOOD}&token=${GOOD}`;
  const form = `access_token=${GOOD}`;
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Proxy-Authorization': `Bearer ${GOOD}`,
    'X-Authorization': `Bearer ${GOOD}`,
    Cookie: `access_token=${GOOD}; authorization=Bearer ${GOOD}`,
  };
  const guarded = bearerFetch(verifier, () => new Response('let through'));
  expect((await guarded(new Request(url, { method: 'POST', headers, body: form }))).status).toBe(401);
});

test('API-08 the second of two Authorization headers is not overlooked', async () => {
  const guard = bearer(verifier);
  const server = await serve((request, response) => guard(request, response, () => response.end('let through')));
  const [good, other] = [`Authorization: Bearer ${GOOD}`, 'Authorization: Basic dTpw'];
  expect(await server.ask('GET', good)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await server.ask('GET', good, other)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await server.ask('GET', good, good)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await server.ask('GET', other, good)).toMatch(/^HTTP\/1\.1 400 /);
  server.close();
});

/** What would have ended the process while this ran. */
async function uncaughtDuring(run: () => Promise<void>): Promise<readonly unknown[]> {
  const caught: unknown[] = [];
  const [exceptions, rejections] = [process.listeners('uncaughtException'), process.listeners('unhandledRejection')];
  const clear = () => process.removeAllListeners('uncaughtException').removeAllListeners('unhandledRejection');
  clear();
  process.on('uncaughtException', (error) => caught.push(error));
  process.on('unhandledRejection', (reason) => caught.push(reason));
  try {
    await run();
    await settled();
  } finally {
    clear();
    for (const listener of exceptions) process.on('uncaughtException', listener);
    for (const listener of rejections) process.on('unhandledRejection', listener);
  }
  return caught;
}

const REQUESTS: readonly (readonly string[])[] = [
  [],
  [`Authorization: Bearer ${GOOD}`],
  ['Authorization: Bearer'],
  ['Authorization: Bearer opaque'],
];

test('API-15 bearer as a Fastify hook answers a request without a token by the reply', async () => {
  const hook = bearer(verifier);
  const server = await serve(fastifyLike(hook));
  const caught = await uncaughtDuring(async () => {
    expect(await server.ask('GET')).toMatch(/^HTTP\/1\.1 401 /);
    expect(await server.ask('GET', `Authorization: Bearer ${GOOD}`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*user-1/);
  });
  expect(caught).toEqual([]);
  server.close();
});

/** How each framework calls what is registered with it, and what it does with what that throws. */
const FRAMEWORKS = { 'node:http': plain, Express: expressLike, Fastify: fastifyLike, Koa: koaLike, Hono: honoLike };
const HANDLERS: Record<string, { handler: (...args: never[]) => unknown; fits: readonly string[] }> = {
  bearer: { handler: bearer(verifier), fits: ['Express', 'Fastify'] },
  bearerFastify: { handler: bearerFastify(verifier), fits: ['Express', 'Fastify'] },
  bearerKoa: { handler: bearerKoa(verifier), fits: ['Koa'] },
  bearerHono: { handler: bearerHono(verifier), fits: ['Hono'] },
  bearerFetch: { handler: bearerFetch(verifier, () => new Response('let through')), fits: [] },
  jwksEndpoint: { handler: jwksEndpoint(KEYS), fits: [] },
  'toNodeListener of the endpoint': { handler: toNodeListener(jwksEndpoint(KEYS)), fits: ['node:http', 'Express'] },
  'toNodeListener of another handler': {
    handler: toNodeListener(() => new Response(null, { status: 404 })),
    fits: ['node:http', 'Express'],
  },
};
const misuses = Object.entries(HANDLERS).flatMap(([name, { handler, fits }]) =>
  Object.entries(FRAMEWORKS)
    .filter(([framework]) => !fits.includes(framework))
    .map(([framework, run]) => ({ name, framework, handler, run })),
);

test.each(misuses)('API-15 $name called by $framework ends no process and opens no door', async ({ handler, run }) => {
  const errors: unknown[] = [];
  const server = await serve(run(handler, (error) => errors.push(error)));
  const caught = await uncaughtDuring(async () => {
    for (const lines of REQUESTS) expect(await server.ask('GET', ...lines)).toMatch(/^HTTP\/1\.1 500 /);
  });
  server.close();
  expect(caught).toEqual([]);
  if (run === plain) return;
  expect(errors.length).toBe(REQUESTS.length);
  for (const error of errors) expect(String(error)).toMatch(/^TypeError: .* must be called with /);
});

test.each([undefined, null, false, 0, '', 'route', 'router'])(
  'API-15 a schema or a handler that throws %j: next gets an error, and lets nothing through',
  async (thrown) => {
    const validate = () => {
      throw thrown;
    };
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const guards = [bearer(verifierWith({ schema })), toNodeListener(() => Promise.reject(thrown))];
    for (const guard of guards) {
      const errors: unknown[] = [];
      const server = await serve(expressLike(guard, (error) => errors.push(error)));
      expect(await server.ask('GET', `Authorization: Bearer ${GOOD}`)).toMatch(/^HTTP\/1\.1 500 /);
      expect(errors).toEqual([expect.objectContaining({ cause: thrown })]);
      server.close();
    }
  },
);

const SPLIT = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['a body', { body: SPLIT }],
  ['a body in octets', { body: Buffer.from(SPLIT) }],
  ['a body that is an object', { body: {} }],
  ['a target', { originalUrl: '/elsewhere' }],
  ['a target that is no text', { originalUrl: {} }],
  ['a header', { 'Set-Cookie': 'session=evil' }],
  ['a status', { status: 200, statusCode: 200, statusText: 'evil' }],
  ['a time after which to try again', { retryAfter: '1\r\nSet-Cookie: session=evil' }],
])('API-11 %s on Object.prototype changes no octet of an answer', async (_, pollution) => {
  const answers = async (isPolluted: boolean) => {
    const all: string[] = [];
    for (const path of ['/', '/keys']) {
      const listener = toNodeListener(jwksEndpoint(KEYS, { path }));
      const server = await serve((request, response) =>
        whilePolluted(isPolluted ? pollution : {}, () => listener(request, response)),
      );
      for (const method of ['GET', 'HEAD', 'POST']) all.push(await server.ask(method));
      all.push(await server.ask('GET', 'If-None-Match: *'));
      server.close();
    }
    return all;
  };
  const clean = await answers(false);
  expect(clean.map((answer) => answer.slice(9, 12)).join()).toBe('200,200,405,304,404,404,404,404');
  expect(await answers(true)).toEqual(clean);
});
