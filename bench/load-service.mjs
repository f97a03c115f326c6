// One guarded service in a process of its own, started by load.mjs with --expose-gc: node load-service.mjs <name>
// It tells its port; and its heap, CPU time and event-loop delay when asked.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { bearer, createVerifier, remoteJwks } from '../dist/index.js';
import { AUDIENCE } from './fixtures.mjs';

const { ISSUER_URL: issuer, JWKS_URL: jwksUrl, MIN_FRESH } = process.env;

/** What is guarded: an answer that shows whose token it was. */
function answer(res, claims) {
  res.writeHead(200, { 'content-type': 'application/json' }).end(`{"sub":${JSON.stringify(claims.sub)}}`);
}

function ourVerifier() {
  const keys = remoteJwks(jwksUrl, MIN_FRESH ? { minFresh: Number(MIN_FRESH) } : {});
  return createVerifier({ issuer, audience: AUDIENCE, keys });
}

function byBarejose() {
  const guard = bearer(ourVerifier());
  return (req, res) => {
    guard(req, res, (error) => {
      if (error) throw error;
      answer(res, req.auth.claims);
    });
  };
}

/** jose has no middleware: this is the least that one can write, and it forgoes the challenge that RFC 6750 asks for. */
function byJose() {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return async (req, res) => {
    try {
      const token = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
      answer(res, (await jwtVerify(token, keys, { issuer, audience: AUDIENCE })).payload);
    } catch {
      res.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    }
  };
}

function onExpress(guard) {
  const app = express();
  app.use(guard);
  app.use((req, res) => answer(res, req.auth.claims ?? req.auth.payload));
  app.use((error, _req, res, _next) => res.status(error.status ?? 500).end());
  return app;
}

const SERVICES = {
  unguarded: () => (_req, res) => answer(res, { sub: 'anyone' }),
  barejose: byBarejose,
  jose: byJose,
  'barejose on Express': () => onExpress(bearer(ourVerifier())),
  'express-oauth2-jwt-bearer': () => onExpress(auth({ issuer, jwksUri: jwksUrl, audience: AUDIENCE })),
};

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const REPLIES = {
  heap() {
    for (let i = 0; i < 3; i++) globalThis.gc();
    return process.memoryUsage().heapUsed;
  },
  /** Microseconds of all its threads. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** In milliseconds since the last time it was asked for; what the timer itself takes is left in. */
  delay() {
    const told = { p50: delay.percentile(50), p99: delay.percentile(99), max: delay.max };
    delay.reset();
    return Object.fromEntries(Object.entries(told).map(([name, ns]) => [name, Math.round(ns / 1e5) / 10]));
  },
};

process.on('message', (question) => process.send({ [question]: REPLIES[question]() }));
process.on('disconnect', () => process.exit());
const server = createServer(SERVICES[process.argv[2]]());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
