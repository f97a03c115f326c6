// The bearer guards in real servers: each framework's own, on loopback, asked as clients and attackers ask; then every handler
// in the frameworks that it was not made for, where it must neither let a request through nor end the process.
//   node frameworks.mjs
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import middie from '@fastify/middie';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import {
  bearer,
  bearerFastify,
  bearerFetch,
  bearerHono,
  bearerKoa,
  createVerifier,
  importJwks,
  jwksEndpoint,
  toNodeListener,
} from '../dist/index.js';
import { testIssuer } from '../dist/testing.js';
import { AUDIENCE, ISSUER } from './fixtures.mjs';

// ── the issuer, which is that of the test kit, and the verifiers of a service that trusts it ─────────────────────────

const settings = { issuer: ISSUER, audience: AUDIENCE, claims: { scope: 'openid orders:read' } };
const issuer = testIssuer(settings);
const unreachable = testIssuer(settings);
unreachable.fail('down');
const broken = {
  version: 1,
  vendor: 'bench',
  validate: () => {
    throw new Error('a defect of the service');
  },
};
const verifiers = {
  '/orders': createVerifier(issuer.verifierOptions),
  '/down': createVerifier(unreachable.verifierOptions),
  '/broken': createVerifier({ ...issuer.verifierOptions, schema: { '~standard': broken } }),
};
const OPTIONS = { scope: 'orders:read' };

// ── each framework, with the three routes ───────────────────────────────────────────────────────────────────────────

const SERVERS = {
  [`node:http ${process.version}`]: () => {
    const guards = mapped((verifier) => bearer(verifier, OPTIONS));
    return http.createServer((request, response) =>
      guards[request.url](request, response, (error) => {
        response.statusCode = error ? 500 : 200;
        response.end(error ? '' : JSON.stringify({ sub: request.auth.claims.sub }));
      }),
    );
  },
  [`express ${versionOf('express')}`]: () => {
    const app = express();
    for (const [path, verifier] of Object.entries(verifiers)) {
      app.use(path, bearer(verifier, OPTIONS));
      app.get(path, (request, response) => response.json({ sub: request.auth.claims.sub }));
    }
    app.use((_error, _request, response, _next) => response.status(500).end());
    return http.createServer(app);
  },
  [`fastify ${versionOf('fastify')}, @fastify/middie ${versionOf('@fastify/middie')}`]: async () => {
    const app = fastify();
    await app.register(middie);
    for (const [path, verifier] of Object.entries(verifiers)) {
      app.use(path, bearer(verifier, OPTIONS));
      app.get(path, (request) => ({ sub: request.raw.auth.claims.sub }));
    }
    return routed(app);
  },
  [`fastify ${versionOf('fastify')}, bearerFastify as a hook of each route`]: () => {
    const app = fastify();
    app.decorateRequest('auth', null);
    for (const [path, verifier] of Object.entries(verifiers))
      app.all(path, { onRequest: bearerFastify(verifier, OPTIONS) }, (request) => ({ sub: request.auth.claims.sub }));
    return routed(app);
  },
  [`fastify ${versionOf('fastify')}, bearer as a hook of each plugin`]: () => {
    const app = fastify();
    for (const [path, verifier] of Object.entries(verifiers))
      app.register(async (plugin) => {
        plugin.addHook('onRequest', bearer(verifier, OPTIONS));
        plugin.all(path, (request) => ({ sub: request.auth.claims.sub }));
      });
    return routed(app);
  },
  [`koa ${versionOf('koa')}`]: () => {
    const app = new Koa();
    const guards = mapped((verifier) => bearerKoa(verifier, OPTIONS));
    app.use(async (ctx, next) => {
      try {
        await next();
      } catch {
        ctx.status = 500;
        ctx.body = '';
      }
    });
    app.use((ctx, next) => guards[ctx.path](ctx, next));
    app.use((ctx) => {
      ctx.body = { sub: ctx.state.auth.claims.sub };
    });
    return http.createServer(app.callback());
  },
  [`hono ${versionOf('hono')}`]: () => {
    const app = new Hono();
    for (const [path, verifier] of Object.entries(verifiers)) {
      app.use(path, bearerHono(verifier, OPTIONS));
      app.get(path, (c) => c.json({ sub: c.get('auth').claims.sub }));
    }
    app.onError((_error, c) => c.body(null, 500));
    return serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  },
  [`@hono/node-server ${versionOf('@hono/node-server')}, bearerFetch`]: () => {
    const guards = mapped((verifier) =>
      bearerFetch(verifier, (_, jwt) => Response.json({ sub: jwt.claims.sub }), OPTIONS),
    );
    const route = async (request) => {
      try {
        return await guards[new URL(request.url).pathname](request);
      } catch {
        return new Response(null, { status: 500 });
      }
    };
    return serve({ fetch: route, hostname: '127.0.0.1', port: 0 });
  },
};

async function routed(app) {
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send());
  await app.ready();
  return app.server;
}

function mapped(make) {
  return Object.fromEntries(Object.entries(verifiers).map(([path, verifier]) => [path, make(verifier)]));
}

// ── what they are asked, and what they must say ─────────────────────────────────────────────────────────────────────

const GOOD = issuer.sign();
const REFUSALS = issuer.refusals();
const MISSING = 'Bearer realm="api"';
const invalid = refusal(401, `${MISSING}, error="invalid_token"`);

const CHECKS = [
  ['a good token', ask('/orders', `Bearer ${GOOD}`), { status: 200, sub: 'user-1' }],
  ['a good token, scheme in capitals', ask('/orders', `BEARER ${GOOD}`), { status: 200, sub: 'user-1' }],
  ['no token', ask('/orders'), refusal(401, MISSING)],
  ['no token, HEAD', ask('/orders', undefined, 'HEAD'), refusal(401, MISSING)],
  ['no token, POST', ask('/orders', undefined, 'POST'), refusal(401, MISSING)],
  ['a good token under Basic', ask('/orders', `Basic ${GOOD}`), refusal(401, MISSING)],
  ['no token after Bearer', ask('/orders', 'Bearer'), refusal(400, `${MISSING}, error="invalid_request"`)],
  ['two tokens', ask('/orders', `Bearer ${GOOD} ${GOOD}`), refusal(400, `${MISSING}, error="invalid_request"`)],
  [
    'two Authorization headers',
    ask('/orders', [`Bearer ${GOOD}`, `Bearer ${GOOD}`]),
    refusal(400, `${MISSING}, error="invalid_request"`),
  ],
  ...REFUSALS.map(({ why, token }) => [`a token that ${why}`, ask('/orders', `Bearer ${token}`), invalid]),
  [
    'a token that lacks the scope',
    ask('/orders', `Bearer ${issuer.sign({ scope: 'openid' })}`),
    refusal(403, `${MISSING}, error="insufficient_scope", scope="orders:read"`),
  ],
  [
    'a good token, its keys not to be had',
    ask('/down', `Bearer ${GOOD}`),
    { status: 503, retry: true, store: 'no-store' },
  ],
  ['a good token, a defect of the service', ask('/broken', `Bearer ${GOOD}`), { status: 500 }],
];

function ask(path, authorization, method = 'GET') {
  return { path, method, headers: authorization === undefined ? {} : { authorization } };
}

function refusal(status, challenge) {
  return { status, challenge, store: 'no-store' };
}

/** What of an answer the checks look at, and all of it but its date. */
async function answerOf(url, { path, ...options }) {
  const request = http.request(`${url}${path}`, { ...options, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const { 'www-authenticate': challenge, 'retry-after': retryAfter, 'cache-control': store } = response.headers;
  const seen = {
    status: response.statusCode,
    ...(body !== '' && { sub: JSON.parse(body).sub }),
    ...(challenge !== undefined && { challenge }),
    ...(retryAfter !== undefined && { retry: /^[1-9]\d*$/.test(retryAfter) }),
    ...(store !== undefined && { store }),
  };
  const { date, ...headers } = response.headers;
  return { seen, whole: JSON.stringify([response.statusCode, response.statusMessage, headers, body]) };
}

let [total, wrong] = [0, 0];
for (const [name, start] of Object.entries(SERVERS)) {
  const server = await listen(await start());
  const failures = [];
  const wholes = new Set();
  for (const [what, request, wanted] of CHECKS) {
    const { seen, whole } = await answerOf(server.url, request);
    if (!isDeepStrictEqual(seen, wanted))
      failures.push([what, `${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`]);
    if (wanted === invalid) wholes.add(whole);
  }
  if (wholes.size !== 1)
    failures.push(['all bad tokens', `${wholes.size} different answers: ${[...wholes].join(' ')}`]);
  server.close();
  total += CHECKS.length + 1;
  wrong += failures.length;
  console.log(`${failures.length ? 'FAIL' : ' ok '}  ${name}: ${CHECKS.length + 1} checks`);
  for (const [what, how] of failures) console.log(`      ${what}: ${how}`);
}

// ── every handler in the frameworks that it was not made for ────────────────────────────────────────────────────────

const guarded = verifiers['/orders'];
const endpoint = jwksEndpoint(importJwks(issuer.jwks));
const HANDLERS = {
  bearer: { handler: bearer(guarded), fits: /^(express|fastify hook)/ },
  bearerFastify: { handler: bearerFastify(guarded), fits: /^(express|fastify hook)/ },
  bearerKoa: { handler: bearerKoa(guarded), fits: /^koa/ },
  bearerHono: { handler: bearerHono(guarded), fits: /^hono/ },
  bearerFetch: { handler: bearerFetch(guarded, () => new Response('let through')), fits: /^fetch/ },
  jwksEndpoint: { handler: endpoint, fits: /^fetch/ },
  'toNodeListener(jwksEndpoint)': { handler: toNodeListener(endpoint), fits: /^(express|node)/ },
  'toNodeListener(other)': { handler: toNodeListener(() => new Response('let through')), fits: /^(express|node)/ },
};

/** Each has a handler before everything, and answers 200 to what that lets through. */
const HOSTS = {
  'node:http': (handler) => http.createServer(handler),
  express: (handler) => {
    const app = express().use(handler);
    app.use((_request, response) => response.end('let through'));
    return http.createServer(app.use((_error, _request, response, _next) => response.status(500).end()));
  },
  'fastify hook': (handler) => {
    const app = fastify();
    app.addHook('onRequest', handler);
    app.get('/*', () => 'let through');
    return routed(app);
  },
  'fastify route': (handler) => routed(fastify().get('/*', handler)),
  koa: (handler) => {
    const app = new Koa();
    app.silent = true;
    app.use(handler).use((ctx) => {
      ctx.body = 'let through';
    });
    return http.createServer(app.callback());
  },
  'hono middleware': (handler) => {
    const app = new Hono();
    app.use(handler);
    app.get('/*', (c) => c.text('let through'));
    return onHono(app);
  },
  'hono route': (handler) => onHono(new Hono().get('/*', handler)),
  fetch: (handler) =>
    serve({
      fetch: async (...args) => {
        try {
          return await handler(...args);
        } catch {
          return new Response(null, { status: 500 });
        }
      },
      hostname: '127.0.0.1',
      port: 0,
    }),
};

function onHono(app) {
  app.onError((_error, c) => c.body(null, 500));
  return serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
}

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
process.on('unhandledRejection', (error) => uncaught.push(error?.message));

const ASKED = [undefined, `Bearer ${GOOD}`, 'Bearer', `Bearer ${issuer.refusal('forged-signature').token}`];
for (const [host, start] of Object.entries(HOSTS)) {
  const failures = [];
  let count = 0;
  for (const [name, { handler, fits }] of Object.entries(HANDLERS)) {
    if (fits.test(host)) continue;
    const server = await listen(await start(handler));
    for (const authorization of ASKED) {
      const { status } = await statusOf(server.url, ask('/orders', authorization));
      count++;
      if (status !== 500) failures.push([name, `status ${status}, not 500`]);
    }
    server.close();
  }
  for (const message of uncaught.splice(0)) failures.push(['uncaught', message]);
  total += count;
  wrong += failures.length;
  console.log(`${failures.length ? 'FAIL' : ' ok '}  ${host}, with handlers not made for it: ${count} checks`);
  for (const [what, how] of failures) console.log(`      ${what}: ${how}`);
}

// ── Fastify's own hooks, and the listener in Fastify and Koa as its error advises ───────────────────────────────────

const hooked = [];
const injected = fastify();
injected.addHook('onRequest', bearerFastify(guarded));
injected.addHook('onSend', async () => void hooked.push('onSend'));
injected.addHook('onResponse', async () => void hooked.push('onResponse'));
injected.get('/', (request) => request.auth.claims.sub);
const listener = toNodeListener(endpoint);
const JWKS = '/.well-known/jwks.json';
const inFastify = fastify().get(JWKS, (request, reply) => {
  reply.hijack();
  listener(request.raw, reply.raw);
});
const inKoa = new Koa().use((ctx) => {
  ctx.respond = false;
  listener(ctx.req, ctx.res);
});
const refused = await injected.inject('/');
const welcome = await injected.inject({ url: '/', headers: { authorization: `Bearer ${GOOD}` } });
const keysBy = async (starting) => {
  const server = await listen(await starting);
  const response = await fetch(`${server.url}${JWKS}`);
  server.close();
  return (await response.json()).keys.length;
};
const OTHERS = [
  ['inject without a token', [refused.statusCode, refused.payload], [401, '']],
  ['inject with a good token', [welcome.statusCode, welcome.payload], [200, 'user-1']],
  ['the hooks that saw both', hooked, ['onSend', 'onResponse', 'onSend', 'onResponse']],
  ['keys by a Fastify route', await keysBy(routed(inFastify)), 1],
  ['keys by a Koa middleware', await keysBy(http.createServer(inKoa.callback())), 1],
];
const failed = OTHERS.filter(([, actual, wanted]) => !isDeepStrictEqual(actual, wanted));
total += OTHERS.length;
wrong += failed.length;
console.log(
  `${failed.length ? 'FAIL' : ' ok '}  Fastify's own hooks, the listener in Fastify and Koa: ${OTHERS.length} checks`,
);
for (const [what, actual] of failed) console.log(`      ${what}: ${JSON.stringify(actual)}`);

/** The status, or why there was none within five seconds. */
async function statusOf(url, { path, headers }) {
  try {
    const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(5_000) });
    return { status: response.status };
  } catch (error) {
    return { status: error.name };
  }
}

console.log(`\n${total} checks, ${wrong} wrong`);
if (wrong) process.exitCode = 1;

/** A server on a free port of loopback, listening. */
async function listen(server) {
  if (!server.listening) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
