// The bearer middleware in real servers: each framework's own, on loopback, asked as clients and attackers ask.
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
import {
  authenticate,
  bearer,
  bearerFetch,
  createVerifier,
  exportJwk,
  generateKey,
  remoteJwks,
  signJwt,
} from '../dist/index.js';
import { AUDIENCE, ISSUER } from './fixtures.mjs';

// ── the issuer, its key set on loopback, and the verifiers of a service that trusts it ──────────────────────────────

const key = await generateKey('ES256', { kid: 'k1' });
const stranger = await generateKey('ES256', { kid: 'k1' });
const published = JSON.stringify({ keys: [exportJwk(key)] });
const issuer = await listen(
  http.createServer((request, response) => {
    response.statusCode = request.url === '/jwks' ? 200 : 500;
    response.end(request.url === '/jwks' ? published : '');
  }),
);

const EXPECTED = { issuer: ISSUER, audience: AUDIENCE };
const keysAt = (path) => remoteJwks(`${issuer.url}${path}`, { allowInsecureLoopback: true });
const broken = {
  version: 1,
  vendor: 'bench',
  validate: () => {
    throw new Error('a defect of the service');
  },
};
const verifiers = {
  '/orders': createVerifier({ ...EXPECTED, keys: keysAt('/jwks') }),
  '/down': createVerifier({ ...EXPECTED, keys: keysAt('/down') }),
  '/broken': createVerifier({ ...EXPECTED, keys: keysAt('/jwks'), schema: { '~standard': broken } }),
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
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send());
    await app.ready();
    return app.server;
  },
  [`hono ${versionOf('hono')}, a middleware over authenticate`]: () => {
    const app = new Hono();
    for (const [path, verifier] of Object.entries(verifiers)) {
      app.use(path, async (c, next) => {
        const verdict = await authenticate(verifier, c.req.header('authorization'), OPTIONS);
        if (!verdict.ok) return c.body(null, verdict.status, verdict.headers);
        c.set('jwt', verdict.jwt);
        await next();
      });
      app.get(path, (c) => c.json({ sub: c.get('jwt').claims.sub }));
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

function mapped(make) {
  return Object.fromEntries(Object.entries(verifiers).map(([path, verifier]) => [path, make(verifier)]));
}

// ── what they are asked, and what they must say ─────────────────────────────────────────────────────────────────────

const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', scope: 'openid orders:read' };
const token = (claims = {}, by = key, expiresIn = '5m') => signJwt({ ...CLAIMS, ...claims }, by, { expiresIn });
const GOOD = token();
const [header, payload, signature] = GOOD.split('.');
const none = Buffer.from('{"alg":"none"}').toString('base64url');
const BAD = {
  expired: signJwt(CLAIMS, key, { expiresIn: '5m', now: 1_700_000_000 }),
  forged: token({}, stranger),
  changed: `${header}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'admin' })).toString('base64url')}.${signature}`,
  'of an unknown kid': token({}, await generateKey('ES256', { kid: 'k2' })),
  'of another audience': token({ aud: 'other' }),
  'of alg none': `${none}.${payload}.`,
  'no JWT at all': 'opaque',
};
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
  ...Object.entries(BAD).map(([what, bad]) => [`a token ${what}`, ask('/orders', `Bearer ${bad}`), invalid]),
  [
    'a token that lacks the scope',
    ask('/orders', `Bearer ${token({ scope: 'openid' })}`),
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
issuer.close();
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
