// A real server with a real certificate, on loopback, that misbehaves in every way known to us; and the platform's own
// fetch in a process of its own, since NODE_EXTRA_CA_CERTS is read only when node starts. Its clock is ours.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JwksEvent, RemoteJwksOptions } from '../../src/index.ts';
import { createAuthority } from '../support/authority.ts';
import { b64u, compact, jwkOf, keySigner } from '../support/forge.ts';
import { freshPair } from '../support/keys.ts';
import {
  type Conduct,
  endlessHeaders,
  endsMidBody,
  gzipBomb,
  neverAnswers,
  oneByteASecond,
  openSite,
  type Reply,
  reply,
  resetsMidBody,
  type Script,
  type Site,
  spaces,
  status,
} from '../support/misbehaving.ts';
import type { Command, Discovery, Look, Verdict } from '../support/tls-client.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const T0 = 1_700_000_000;

// ── keys, sets and tokens ────────────────────────────────────────────────────────────────────────────────────────

const pairs = { old: freshPair('ec', { namedCurve: 'P-256' }), new: freshPair('ec', { namedCurve: 'P-256' }) };
type Kid = keyof typeof pairs;
const jwk = (kid: Kid) => ({ ...jwkOf(pairs[kid].publicKey), kid, alg: 'ES256' });
const tokenOf = (kid: Kid) =>
  compact(
    { alg: 'ES256', kid },
    { sub: 'user', iat: T0 - DAY, exp: T0 + 400 * DAY },
    keySigner('ES256', pairs[kid].privateKey),
  );
const OLD = tokenOf('old');
const NEW = tokenOf('new');
const setOf = (...keys: readonly object[]) => JSON.stringify({ keys });
const GOOD = setOf(jwk('old'));
const privateJwk = (kid: Kid) => ({ ...jwkOf(pairs[kid].privateKey), kid, alg: 'ES256' });
const OCT = { kty: 'oct', k: b64u(new Uint8Array(32)), alg: 'HS256', kid: 'secret' };
const BROKEN = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' };

// ── the client process ───────────────────────────────────────────────────────────────────────────────────────────

const authority = createAuthority();
const folder = mkdtempSync(join(tmpdir(), 'barejose-tls-'));
const answers = new Map<number, (answer: { result?: unknown; defect?: string }) => void>();
const sites: Site[] = [];
let client: ChildProcess;
let site: Site;
let asked = 0;

beforeAll(async () => {
  const bundle = join(folder, 'authority.pem');
  writeFileSync(bundle, authority.certificate);
  const program = fileURLToPath(new URL('../support/tls-client.ts', import.meta.url));
  client = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: bundle },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  client.on('message', ({ id, ...answer }: { id: number }) => answers.get(id)?.(answer));
  site = await openSite(authority.issue());
});
afterAll(async () => {
  await Promise.all([site, ...sites].map(({ close }) => close()));
  if (client.exitCode === null) client.kill();
  rmSync(folder, { recursive: true });
});

/** Another site, closed at the end. */
async function another(...conducts: readonly Conduct[]): Promise<Site> {
  const opened = await openSite(...conducts);
  sites.push(opened);
  return opened;
}

async function tell<T>(command: Command): Promise<T> {
  const id = asked++;
  const answer = await new Promise<{ result?: unknown; defect?: string }>((resolve) => {
    answers.set(id, resolve);
    client.send({ id, command });
  });
  if (answer.defect) throw new Error(answer.defect);
  return answer.result as T;
}

/** A remote set in the client process. */
async function remote(url: string, options: RemoteJwksOptions = {}) {
  const set = `set ${asked}`;
  await tell({ do: 'open', set, url, options });
  return {
    verify: (token: string, at: number) => tell<Verdict>({ do: 'verify', set, at, token }),
    look: (at: number) => tell<Look>({ do: 'look', set, at }),
  };
}

const typesOf = (events: readonly JwksEvent[]) => events.map(({ type }) => type);
const codesOf = (events: readonly JwksEvent[]) =>
  events.filter(({ type }) => type === 'refresh-failed').map((event) => ('code' in event ? event.code : undefined));

// ── what goes right ──────────────────────────────────────────────────────────────────────────────────────────────

test('over TLS under an authority of its own: one request for any number of verifications', async () => {
  const { url, asked } = site.script(reply(GOOD));
  const keys = await remote(url);
  expect(await Promise.all([1, 2, 3].map(() => keys.verify(OLD, T0)))).toEqual(Array(3).fill({ kid: 'old' }));
  expect(await keys.verify(OLD, T0 + 7 * MINUTE)).toEqual({ kid: 'old' });
  expect(await keys.verify(NEW, T0 + 7 * MINUTE)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatchObject({ accept: 'application/jwk-set+json, application/json' });
  expect(asked[0]).not.toHaveProperty('if-none-match');
  for (const name of ['cookie', 'authorization', 'referer', 'origin']) expect(asked[0]).not.toHaveProperty(name);
  const { status, events } = await keys.look(T0 + 7 * MINUTE);
  expect(status).toMatchObject({ state: 'fresh', keys: 1, skipped: 0, failures: 0 });
  expect(typesOf(events)).toEqual(['refreshed', 'key-added', 'kid-unknown', 'refreshed', 'kid-refused']);
});

describe('answers that look wrong and are good enough', () => {
  test.each([
    ['a wrong content type', GOOD, { 'content-type': 'text/html' }],
    ['no content type', GOOD, { 'content-type': '' }],
    ['one malformed key among good ones', setOf(BROKEN, jwk('old'), { kty: 'OKP' }), {}],
    ['private keys beside a public one', setOf(privateJwk('new'), jwk('old')), {}],
  ])('%s: one request, and the good key verifies', async (_, body, headers) => {
    const { url, asked } = site.script(reply(body, headers));
    const keys = await remote(url);
    const { length } = JSON.parse(body).keys;
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    const { status, kids, events } = await keys.look(T0);
    expect(status).toMatchObject({ state: 'fresh', keys: 1, skipped: length - 1 });
    expect(kids).toEqual(['old']);
    expect(typesOf(events).filter((type) => type === 'key-skipped')).toHaveLength(length - 1);
    expect(asked).toHaveLength(1);
  });

  test('a private key that was published verifies nothing', async () => {
    const { url, asked } = site.script(reply(setOf(privateJwk('new'), jwk('old'))));
    const keys = await remote(url);
    expect(await keys.verify(NEW, T0)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    expect(asked).toHaveLength(1);
  });
});

// ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────

type Code = 'ERR_JWKS_UNAVAILABLE' | 'ERR_JWKS_INVALID' | 'ERR_JOSE_LIMIT_EXCEEDED';
interface Failure {
  readonly name: string;
  /** How the refresh failed. */
  readonly code: Code;
  /** What the refusal tells of it. */
  readonly says: RegExp;
  /** Opens what will fail: at once, or after one good answer. `afterGood`: what is left to do then. */
  readonly script: (isGoodFirst: boolean) => Promise<Script & { readonly afterGood?: () => Promise<void> }>;
  readonly options?: RemoteJwksOptions;
  /** Requests that reach the server once it misbehaves: none where the connection already fails. */
  readonly isReached: boolean;
}

const onPath =
  (bad: Reply): Failure['script'] =>
  async (isGoodFirst) =>
    site.script(...(isGoodFirst ? [reply(GOOD)] : []), bad);

/** Long enough for a good answer on a busy machine, and waited for in full by a bad one. */
const STORE_TIMEOUT = { timeout: 1 };

const answersBadly = (name: string, code: Code, says: RegExp, bad: Reply): Failure => ({
  name,
  code,
  says,
  script: onPath(bad),
  isReached: true,
});
const hangs = (name: string, bad: Reply): Failure => ({
  ...answersBadly(name, 'ERR_JWKS_UNAVAILABLE', /no answer in time/, bad),
  options: STORE_TIMEOUT,
});
const failsToConnect = (name: string, says: RegExp, bad: Conduct): Failure => ({
  name,
  code: 'ERR_JWKS_UNAVAILABLE',
  says,
  options: bad === 'silent' ? STORE_TIMEOUT : {},
  script: async (isGoodFirst) => {
    const own = await another(...(isGoodFirst ? [authority.issue()] : []), bad);
    return own.script(reply(GOOD, { connection: 'close' }));
  },
  isReached: false,
});

const refused: Failure = {
  name: 'refused',
  code: 'ERR_JWKS_UNAVAILABLE',
  says: /ECONNREFUSED/,
  script: async (isGoodFirst) => {
    const own = await another(authority.issue());
    const script = own.script(reply(GOOD));
    if (!isGoodFirst) await own.close();
    return { ...script, afterGood: own.close };
  },
  isReached: false,
};

const failures: readonly Failure[] = [
  failsToConnect('down: connections are taken and nothing is ever said', /no answer in time/, 'silent'),
  refused,
  failsToConnect('reset at the handshake', /ECONNRESET/, 'reset'),
  failsToConnect('certificate expired', /CERT_HAS_EXPIRED/, authority.issue({ expired: true })),
  failsToConnect(
    'certificate of another host',
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    authority.issue({ host: 'other.example' }),
  ),
  failsToConnect(
    'certificate of an unknown authority',
    /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    createAuthority('another authority').issue(),
  ),
  hangs('no answer', neverAnswers),
  hangs('one byte a second', oneByteASecond(GOOD)),
  hangs('headers that never end, one now and then', endlessHeaders(100)),
  answersBadly(
    'headers that never end, as fast as they go',
    'ERR_JWKS_UNAVAILABLE',
    /UND_ERR_HEADERS_OVERFLOW/,
    endlessHeaders(0),
  ),
  answersBadly('resets mid-body', 'ERR_JWKS_UNAVAILABLE', /\((ECONNRESET|UND_ERR_SOCKET)\)/, resetsMidBody(GOOD)),
  answersBadly('ends mid-body', 'ERR_JWKS_UNAVAILABLE', /\(UND_ERR_\w+\)/, endsMidBody(GOOD)),
  answersBadly('500', 'ERR_JWKS_UNAVAILABLE', /status 500/, status(500)),
  answersBadly('404', 'ERR_JWKS_UNAVAILABLE', /status 404/, status(404)),
  answersBadly('503 with Retry-After', 'ERR_JWKS_UNAVAILABLE', /status 503/, status(503, { 'retry-after': '1' })),
  answersBadly('204', 'ERR_JWKS_UNAVAILABLE', /status 204/, status(204)),
  answersBadly('206', 'ERR_JWKS_UNAVAILABLE', /status 206/, (response) => response.writeHead(206).end(GOOD)),
  answersBadly('304 that nobody asked for', 'ERR_JWKS_UNAVAILABLE', /status 304/, status(304)),
  answersBadly('not JSON', 'ERR_JWKS_INVALID', /not a JSON object/, reply('<html></html>')),
  answersBadly('truncated JSON', 'ERR_JWKS_INVALID', /not a JSON object/, reply(GOOD.slice(0, -2))),
  answersBadly('nothing at all', 'ERR_JWKS_INVALID', /not a JSON object/, reply('')),
  answersBadly('not UTF-8', 'ERR_JWKS_INVALID', /UTF-8/, reply(Buffer.from([0x7b, 0xff, 0x7d]))),
  answersBadly('duplicate members', 'ERR_JWKS_INVALID', /member twice/, reply(`${GOOD.slice(0, -1)},"keys":[]}`)),
  answersBadly('no keys member', 'ERR_JWKS_INVALID', /no keys array/, reply('{}')),
  answersBadly('all keys unusable', 'ERR_JWKS_INVALID', /no usable key/, reply(setOf(BROKEN, { kty: 'OKP' }, {}))),
  answersBadly('only private keys', 'ERR_JWKS_INVALID', /no usable key/, reply(setOf(privateJwk('old')))),
  answersBadly('only oct keys', 'ERR_JWKS_INVALID', /no usable key/, reply(setOf(OCT))),
  answersBadly(
    '101 keys',
    'ERR_JOSE_LIMIT_EXCEEDED',
    /more than 100 keys/,
    reply(setOf(...Array(101).fill(jwk('old')))),
  ),
  answersBadly('20 MB body', 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/, spaces(20 << 20)),
  answersBadly('endless body', 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/, spaces(Number.POSITIVE_INFINITY)),
  answersBadly('gzip bomb', 'ERR_JOSE_LIMIT_EXCEEDED', /over 262144 octets/, gzipBomb(GOOD)),
];

describe.concurrent.each(failures)('$name', ({ code, says, script, options, isReached }) => {
  const requests = (n: number) => (isReached ? n : 0);

  test('cold: unavailable, told why and when to come back, and one request', async () => {
    const { url, asked } = await script(false);
    const keys = await remote(url, options);
    const refusal = { code: 'ERR_JWKS_UNAVAILABLE', message: expect.stringMatching(says), retryAfter: 1 };
    expect(await Promise.all([keys.verify(OLD, T0), keys.verify(OLD, T0)])).toEqual([refusal, refusal]);
    expect(await keys.verify(OLD, T0), 'during the pause').toEqual(refusal);
    expect(asked).toHaveLength(requests(1));
    const { status, kids, events } = await keys.look(T0);
    expect(status).toMatchObject({ state: 'empty', keys: 0, failures: 1, lastError: code, lastFailureAt: T0 });
    expect(kids).toEqual([]);
    expect(typesOf(events)).toEqual(['refresh-failed']);
    expect(codesOf(events)).toEqual([code]);
    expect(await keys.verify(OLD, T0 + MINUTE)).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(asked).toHaveLength(requests(2));
  });

  test('after a good answer: the old key verifies for the stale hour and no longer', async () => {
    const { url, asked, afterGood } = await script(true);
    const keys = await remote(url, options);
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    expect(asked).toHaveLength(1);
    await afterGood?.();
    await keys.look(T0);
    const staleAt = T0 + 10 * MINUTE;
    const outAt = staleAt + HOUR;
    expect(await keys.verify(OLD, staleAt), 'waits for the first try').toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, staleAt), 'during the pause').toEqual({ kid: 'old' });
    expect(asked).toHaveLength(1 + requests(1));
    const stale = await keys.look(outAt - 1);
    expect(stale.status).toMatchObject({ state: 'stale', keys: 1, failures: 1, lastError: code, staleUntil: outAt });
    expect(stale.kids).toEqual(['old']);
    expect(typesOf(stale.events)).toContain('stale-served');
    expect(codesOf(stale.events)).toEqual([code]);
    expect(await keys.verify(OLD, outAt)).toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      message: expect.stringMatching(says),
    });
    expect(asked).toHaveLength(1 + requests(2));
    const out = await keys.look(outAt);
    expect(out.status).toMatchObject({ state: 'unavailable', failures: 2 });
    expect(out.kids).toEqual([]);
  });
});

describe.concurrent('redirects are not followed', () => {
  test.each([301, 302, 303, 307, 308])('%i to another host: the other site sees no connection', async (code) => {
    const other = await another(authority.issue());
    const target = other.script(reply(GOOD));
    const redirect = status(code, { location: target.url });
    const { url, asked } = site.script(redirect, reply(GOOD), redirect);
    const keys = await remote(url);
    expect(await keys.verify(OLD, T0), 'cold').toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`status ${code}.*redirects are not followed`)),
    });
    expect(await keys.verify(OLD, T0 + MINUTE)).toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 11 * MINUTE), 'stale').toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 11 * MINUTE + HOUR)).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect([asked.length, target.asked.length, other.connections()]).toEqual([4, 0, 0]);
  });

  test('301 to http, and after a good answer: nobody is asked there, the old key still verifies', async () => {
    let connections = 0;
    const plain = createServer((_, response) => response.end(GOOD)).on('connection', () => connections++);
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/`;
    const { url, asked } = site.script(status(301, { location }), reply(GOOD), status(301, { location }));
    const keys = await remote(url, { allowInsecureLoopback: true });
    expect(await keys.verify(OLD, T0)).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(await keys.verify(OLD, T0 + MINUTE)).toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 11 * MINUTE)).toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 11 * MINUTE + HOUR)).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect([asked.length, connections]).toEqual([4, 0]);
    await new Promise((resolve) => plain.close(resolve));
  });
});

// ── what only looks right ────────────────────────────────────────────────────────────────────────────────────────

describe.concurrent('freshness', () => {
  test.each([
    ['max-age=0', MINUTE],
    ['no-store', MINUTE],
    ['no-cache', MINUTE],
    ['max-age=1000000000000', HOUR],
    ['max-age=1800', HOUR / 2],
    ['private', 10 * MINUTE],
  ])('Cache-Control %s: fresh for %i seconds', async (cacheControl, fresh) => {
    const { url, asked } = site.script(reply(GOOD, { 'cache-control': cacheControl }));
    const keys = await remote(url);
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 0.79 * fresh)).toEqual({ kid: 'old' });
    expect(asked).toHaveLength(1);
    expect((await keys.look(T0 + 0.79 * fresh)).status).toMatchObject({
      freshUntil: T0 + fresh,
      refreshAt: T0 + 0.8 * fresh,
    });
    expect(await keys.verify(OLD, T0 + fresh)).toEqual({ kid: 'old' });
    expect(asked).toHaveLength(2);
  });
});

describe.concurrent('an ETag that lies', () => {
  test('304 for ever although the set has changed: the old key goes when a body is due again', async () => {
    const changed: Reply = (response) => {
      const isConditional = response.req.headers['if-none-match'] === '"same"';
      if (isConditional) response.writeHead(304, { etag: '"same"' }).end();
      else
        reply(response.req.headers.accept && asked.length > 1 ? setOf(jwk('new')) : GOOD, { etag: '"same"' })(
          response,
          undefined,
        );
    };
    const { url, asked } = site.script(changed);
    const keys = await remote(url);
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    for (let at = T0 + 10 * MINUTE; at < T0 + 50 * MINUTE; at += 10 * MINUTE) {
      expect(await keys.verify(OLD, at)).toEqual({ kid: 'old' });
    }
    expect(asked).toHaveLength(5);
    expect(asked.slice(1).every((headers) => headers['if-none-match'] === '"same"')).toBe(true);
    expect(await keys.verify(OLD, T0 + 50 * MINUTE)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked[5]).not.toHaveProperty('if-none-match');
    expect(await keys.verify(NEW, T0 + 50 * MINUTE)).toEqual({ kid: 'new' });
  });

  test('304 for ever: a token of the new key has the whole body fetched at once', async () => {
    const { url, asked } = site.script(reply(GOOD, { etag: '"same"' }), (response) => {
      if (response.req.headers['if-none-match']) response.writeHead(304).end();
      else reply(setOf(jwk('new')), { etag: '"same"' })(response, undefined);
    });
    const keys = await remote(url);
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    expect(await keys.verify(OLD, T0 + 10 * MINUTE)).toEqual({ kid: 'old' });
    expect(await keys.verify(NEW, T0 + 10 * MINUTE)).toEqual({ kid: 'new' });
    expect(await keys.verify(OLD, T0 + 10 * MINUTE)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked.slice(0, 3).map((headers) => headers['if-none-match'])).toEqual([undefined, '"same"', undefined]);
  });

  test('the same ETag for another body: the body counts', async () => {
    const { url, asked } = site.script(reply(GOOD, { etag: '"same"' }), reply(setOf(jwk('new')), { etag: '"same"' }));
    const keys = await remote(url);
    expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
    await keys.look(T0);
    expect(await keys.verify(OLD, T0 + 10 * MINUTE)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await keys.verify(NEW, T0 + 10 * MINUTE)).toEqual({ kid: 'new' });
    const { events } = await keys.look(T0 + 10 * MINUTE);
    expect(typesOf(events)).toEqual(expect.arrayContaining(['key-added', 'key-removed', 'refreshed']));
    expect(asked).toHaveLength(2);
  });
});

describe.concurrent('discovery', () => {
  const WELL_KNOWN = '/.well-known/openid-configuration';
  const metadataOf = ({ origin }: Site) => JSON.stringify({ issuer: origin, jwks_uri: `${origin}/jwks.json` });

  test('over TLS, under a certificate of the issuer’s own host [8414-3-2] [8414-6.1-1]', async () => {
    const own = await another(authority.issue());
    const { asked } = own.scriptAt(WELL_KNOWN, reply(metadataOf(own)));
    const metadata = await tell<Discovery>({ do: 'discover', issuer: own.origin });
    expect(metadata).toEqual({ issuer: own.origin, jwks_uri: `${own.origin}/jwks.json` });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['expired', authority.issue({ expired: true }), /CERT_HAS_EXPIRED/],
    ['of another host', authority.issue({ host: 'other.example' }), /ERR_TLS_CERT_ALTNAME_INVALID/],
    ['of an unknown authority', createAuthority('another authority').issue(), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  ])('a certificate %s ends it before anything is asked [8414-6.1-1] [8414-6.2-1]', async (_, identity, says) => {
    const own = await another(identity);
    const { asked } = own.scriptAt(WELL_KNOWN, reply(metadataOf(own)));
    const refusal = await tell<Discovery>({ do: 'discover', issuer: own.origin });
    expect(refusal).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', message: expect.stringMatching(says) });
    expect(asked).toEqual([]);
  });
});

test('a clock moved backwards makes no answer live longer', async () => {
  const { url, asked } = site.script(reply(GOOD), status(500));
  const keys = await remote(url);
  expect(await keys.verify(OLD, T0)).toEqual({ kid: 'old' });
  expect(await keys.verify(OLD, T0 + 5 * MINUTE)).toEqual({ kid: 'old' });
  const back = T0 - DAY;
  expect(await keys.verify(OLD, back), 'five minutes have passed').toEqual({ kid: 'old' });
  expect(asked).toHaveLength(1);
  expect((await keys.look(back)).status).toMatchObject({
    fetchedAt: back - 5 * MINUTE,
    freshUntil: back + 5 * MINUTE,
    staleUntil: back + 5 * MINUTE + HOUR,
  });
  expect(await keys.verify(OLD, back + 5 * MINUTE)).toEqual({ kid: 'old' });
  expect(asked).toHaveLength(2);
  expect(await keys.verify(OLD, back + 5 * MINUTE + HOUR)).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  expect(asked).toHaveLength(3);
});

// Runs last, when the client has connections that it may use again, sets that are due, and requests given up. Only the
// handshakes that nobody goes on with are ended from this side: the platform itself waits up to ten seconds for those.
test('the client ends by itself: no timer and no connection keeps it', async () => {
  expect(client.exitCode).toBeNull();
  await Promise.all(sites.map(({ close }) => close()));
  const ended = once(client, 'exit');
  client.disconnect();
  expect(await ended).toEqual([0, null]);
}, 2_500);
