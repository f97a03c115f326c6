// A guarded HTTP service under load while its issuer rotates its keys and fails, and while somebody floods it with unknown kids;
// then its throughput in calm, beside the same service guarded by jose and by express-oauth2-jwt-bearer.
//   node load.mjs [--seconds 60] [--check]        at least 15 seconds; --check: exit code 1 unless ours holds
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { trustedTls } from './authority.mjs';
import { Issuer, signingKey } from './issuer.mjs';
import { median } from './measure.mjs';
import { versionOf } from './versions.mjs';

const tls = trustedTls(import.meta.url);
const args = process.argv.slice(2);
const SECONDS = Math.max(15, Number(args.includes('--seconds') ? args[args.indexOf('--seconds') + 1] : 60));

const CONNECTIONS = 10;
const HEAP_TARGET = 1.1;
/** An hour of an issuer's life in a minute: its answers are fresh for 4 s of 60, and it is down for a third of the time. */
const FRESH = Math.max(1, Math.round(SECONDS / 15));
const at = (share) => share * SECONDS;
const TIMELINE = {
  publishSecond: at(0.05),
  signWithSecond: at(0.133),
  lastTokenOfFirst: at(0.233),
  dropFirst: at(0.25), // and publish the third
  firstIsGone: at(0.25) + FRESH + at(0.017),
  signWithThird: at(0.4),
  outage: at(0.45), // answers 500
  deadLine: at(0.617), // drops connections
  recovery: at(0.783),
};
/** Requests to the issuer in all: routine ones, retries and those for unknown kids. Without a policy it would be tens of thousands. */
const MAX_REQUESTS = 4 * (SECONDS / FRESH);

const [FIRST, SECOND, THIRD] = ['key-1', 'key-2', 'key-3'].map((kid) => signingKey(kid));
const issuer = await Issuer.listen(tls, [FIRST]);

/** So many tokens of each key are sent in turn. */
const TOKENS = 32;
const tokensOf = (key) => Array.from({ length: TOKENS }, (_, i) => issuer.sign(key, { sub: `user-${i}` }));
const GOOD = new Map([FIRST, SECOND, THIRD].map((key) => [key, tokensOf(key)]));

class Service {
  #child;

  static async start(name, more = {}) {
    const service = new Service();
    const env = { ...process.env, ISSUER_URL: issuer.url, JWKS_URL: issuer.jwksUrl, NODE_ENV: 'production', ...more };
    const path = fileURLToPath(new URL('load-service.mjs', import.meta.url));
    service.#child = fork(path, [name], { env, execArgv: ['--expose-gc'] });
    const [{ port }] = await once(service.#child, 'message');
    service.url = `http://127.0.0.1:${port}/`;
    return service;
  }

  async ask(question) {
    this.#child.send(question);
    const [reply] = await once(this.#child, 'message');
    return reply[question];
  }

  stop() {
    this.#child.disconnect();
  }
}

/** Tokens of a key, each of which is bad in one way. */
function badTokensOf(key) {
  const token = issuer.sign(key);
  const start = token.lastIndexOf('.') + 1;
  return {
    forged: `${token.slice(0, start)}${token[start] === 'A' ? 'B' : 'A'}${token.slice(start + 1)}`,
    expired: issuer.sign(key, { exp: 1_700_000_060 }),
    elsewhere: issuer.sign(key, { aud: 'https://elsewhere.example/' }),
    foreign: issuer.sign(key, { iss: 'https://foreign.example/' }),
  };
}

const BAD = new Map([FIRST, SECOND, THIRD].map((key) => [key, badTokensOf(key)]));

/** What is sent, and whether it must be accepted. `token` is asked anew for every request. */
function traffic(validKeys, isFirstGone) {
  let turn = 0;
  const good = () => {
    const keys = validKeys();
    turn++;
    return GOOD.get(keys[turn % keys.length])[turn % TOKENS];
  };
  const bad = (way) => () => BAD.get(validKeys()[0])[way];
  return {
    valid: { token: good, accepted: true, share: 12 },
    'unknown kid': { token: () => issuer.unknownKid(), accepted: false, share: 6 },
    forged: { token: bad('forged'), accepted: false, share: 1 },
    expired: { token: bad('expired'), accepted: false, share: 1 },
    'other audience': { token: bad('elsewhere'), accepted: false, share: 1 },
    'other issuer': { token: bad('foreign'), accepted: false, share: 1 },
    'not a token': { token: () => 'e30.e30', accepted: false, share: 1 },
    'key dropped': {
      token: () => (isFirstGone() ? GOOD.get(FIRST)[0] : BAD.get(FIRST).forged),
      accepted: false,
      share: 1,
    },
  };
}

/** Sends the mixture for some seconds. kind → status → how often. */
async function mixedLoad(url, kinds, duration) {
  const statuses = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, {}]));
  const requests = Object.entries(kinds).flatMap(([kind, { token, share }]) => {
    const request = {
      method: 'GET',
      setupRequest: (template) => ({ ...template, headers: { authorization: `Bearer ${token()}` } }),
      onResponse: (status) => {
        statuses[kind][status] = (statuses[kind][status] ?? 0) + 1;
      },
    };
    return Array.from({ length: share }, () => request);
  });
  const result = await autocannon({ url, connections: CONNECTIONS, duration, requests: spread(requests) });
  return {
    statuses,
    errors: result.errors + result.timeouts,
    perSecond: Math.round(result.requests.total / result.duration),
  };
}

/** Kinds that follow each other, instead of all of one and then all of the next. */
function spread(requests) {
  const order = requests.map((_, i) => (i * 11) % requests.length);
  if (new Set(order).size !== requests.length)
    throw new Error('the step must have no factor in common with the number');
  return order.map((i) => requests[i]);
}

/** Lets the issuer live through its timeline. */
function live() {
  const state = { validKeys: [FIRST], isFirstGone: false };
  const steps = {
    publishSecond: () => set(issuer, { keys: [FIRST, SECOND] }),
    signWithSecond: () => set(state, { validKeys: [FIRST, SECOND] }),
    lastTokenOfFirst: () => set(state, { validKeys: [SECOND] }),
    dropFirst: () => set(issuer, { keys: [SECOND, THIRD] }),
    firstIsGone: () => set(state, { isFirstGone: true }),
    signWithThird: () => set(state, { validKeys: [SECOND, THIRD] }),
    outage: () => set(issuer, { answer: (_req, res) => res.writeHead(500).end() }),
    deadLine: () => set(issuer, { answer: (req) => req.socket.destroy() }),
    recovery: () => set(issuer, { answer: (_req, res) => issuer.publish(res) }),
  };
  for (const [name, step] of Object.entries(steps)) setTimeout(step, TIMELINE[name] * 1000);
  return state;
}

const set = Object.assign;

async function storm() {
  issuer.freshSeconds = FRESH;
  const service = await Service.start('barejose', { MIN_FRESH: FRESH });
  const calm = traffic(
    () => [FIRST],
    () => false,
  );
  await mixedLoad(service.url, calm, Math.ceil(SECONDS / 4)); // warm-up: the same mixture, before anything happens
  const before = await service.ask('heap');
  await service.ask('delay');
  const asked = issuer.requests;
  const state = live();
  const kinds = traffic(
    () => state.validKeys,
    () => state.isFirstGone,
  );
  const { statuses, errors, perSecond } = await mixedLoad(service.url, kinds, SECONDS);
  const delay = await service.ask('delay');
  const after = await service.ask('heap');
  service.stop();
  return {
    seconds: SECONDS,
    perSecond,
    statuses,
    errors,
    wrong: wrongAnswers(kinds, statuses),
    requests: issuer.requests - asked,
    heap: { before, after },
    delay,
  };
}

/**
 * The ends of keys: another key under the kid of the old one, then an empty set. Of each, the tokens that hold from the first
 * refresh on, while bad signatures and unknown kids go on.
 */
async function endings() {
  issuer.freshSeconds = FRESH;
  issuer.keys = [FIRST];
  const service = await Service.start('barejose', { MIN_FRESH: FRESH });
  const replacement = { ...THIRD, kid: FIRST.kid, jwk: { ...THIRD.jwk, kid: FIRST.kid } };
  const noise = {
    forged: { token: () => BAD.get(FIRST).forged, accepted: false, share: 3 },
    'unknown kid': { token: () => issuer.unknownKid(), accepted: false, share: 3 },
  };
  const [old, replaced] = [GOOD.get(FIRST), tokensOf(replacement)];
  const one = (tokens) => () => tokens[Math.floor(Math.random() * TOKENS)];
  const phases = {
    'the first key': [[FIRST], { valid: { token: one(old), accepted: true, share: 4 } }],
    'another key under its kid': [
      [replacement],
      {
        'of the new key': { token: one(replaced), accepted: true, share: 4 },
        'of the old key': { token: one(old), accepted: false, share: 2 },
      },
    ],
    'an empty set': [[], { 'of the new key': { token: one(replaced), accepted: false, share: 4 } }],
  };
  const asked = issuer.requests;
  const results = {};
  for (const [phase, [keys, kinds]] of Object.entries(phases)) {
    issuer.keys = keys;
    await mixedLoad(service.url, noise, 2 * FRESH); // until the refresh
    const { statuses } = await mixedLoad(service.url, { ...kinds, ...noise }, Math.ceil(SECONDS / 10));
    results[phase] = { statuses, wrong: wrongAnswers({ ...kinds, ...noise }, statuses) };
  }
  service.stop();
  return { results, requests: issuer.requests - asked, seconds: 3 * (2 * FRESH + Math.ceil(SECONDS / 10)) };
}

/** The answers that should have been others. */
function wrongAnswers(kinds, statuses) {
  return Object.entries(kinds).flatMap(([kind, { accepted }]) =>
    Object.entries(statuses[kind])
      .filter(([status]) => (status === '200') !== accepted || Number(status) === 500)
      .map(([status, count]) => `${kind}: ${count} × ${status}`),
  );
}

const NAMES = ['unguarded', 'barejose', 'jose', 'barejose on Express', 'express-oauth2-jwt-bearer'];
const PAIRS = { jose: 'barejose', 'express-oauth2-jwt-bearer': 'barejose on Express' };

/**
 * Requests a second with good tokens only, everyone in turn, in another order each round; and the service's own CPU time for
 * each, all threads together, since who spreads over idle cores is quick at their expense.
 */
async function throughput(alg) {
  const [rounds, duration] = SECONDS < 60 ? [3, 1] : [9, 2];
  const key = signingKey(alg, alg);
  issuer.freshSeconds = 600;
  issuer.keys = [key];
  const services = Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await Service.start(name)])));
  const samples = Object.fromEntries(NAMES.map((name) => [name, { perSecond: [], cpu: [] }]));
  const requests = tokensOf(key).map((token) => ({ method: 'GET', headers: { authorization: `Bearer ${token}` } }));
  for (let round = -1; round < rounds; round++) {
    for (let place = 0; place < NAMES.length; place++) {
      const name = NAMES[(round + 1 + place) % NAMES.length];
      const before = await services[name].ask('cpu');
      const result = await autocannon({ url: services[name].url, connections: CONNECTIONS, duration, requests });
      const cpu = (await services[name].ask('cpu')) - before;
      if (result.non2xx || result.errors) throw new Error(`${name} refuses good tokens`);
      if (round < 0) continue;
      samples[name].perSecond.push(result.requests.total / result.duration);
      samples[name].cpu.push(cpu / result.requests.total);
    }
  }
  for (const service of Object.values(services)) service.stop();
  const figures = NAMES.map((name) => {
    const { perSecond, cpu } = samples[name];
    return [name, { perSecond: Math.round(median(perSecond)), cpuMicroseconds: Number(median(cpu).toFixed(1)) }];
  });
  const ratios = Object.entries(PAIRS).map(([peer, ours]) => [
    `${ours} : ${peer}`,
    Object.fromEntries(
      ['perSecond', 'cpu'].map((figure) => [figure, ratioOf(samples[ours][figure], samples[peer][figure])]),
    ),
  ]);
  return { services: Object.fromEntries(figures), ratios: Object.fromEntries(ratios) };
}

function ratioOf(ours, theirs) {
  return Number(median(ours.map((sample, round) => sample / theirs[round])).toFixed(2));
}

let misses = 0;
let checks = 0;

function check(name, holds, told) {
  checks++;
  if (!holds) misses++;
  console.log(`${holds ? 'ok  ' : 'MISS'}  ${name}: ${told}`);
}

const versions = Object.fromEntries(
  ['autocannon', 'jose', 'express', 'express-oauth2-jwt-bearer'].map((name) => [name, versionOf(name)]),
);
console.log(
  `Node ${process.version}; ${Object.entries(versions)
    .map((pair) => pair.join(' '))
    .join(', ')}`,
);

const stormy = await storm();
const { statuses, heap, delay } = stormy;
const outage = TIMELINE.recovery - TIMELINE.outage;
console.log(
  `\n${SECONDS} s, ${stormy.perSecond} requests/s over ${CONNECTIONS} connections; two rotations, an outage of ${outage.toFixed(0)} s, unknown kids throughout:`,
);
for (const [kind, counts] of Object.entries(statuses)) {
  const told = Object.entries(counts).map(([status, count]) => `${count} × ${status}`);
  console.log(`      ${kind.padEnd(16)} ${told.join(', ')}`);
}
check('valid tokens refused or bad ones accepted', stormy.wrong.length === 0, stormy.wrong.join(', ') || 'none');
check('requests without an answer', stormy.errors === 0, stormy.errors);
check(`requests to the issuer, at most ${MAX_REQUESTS}`, stormy.requests <= MAX_REQUESTS, stormy.requests);
const growth = heap.after / heap.before;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
check(
  `heap after gc at most ${HEAP_TARGET} × the start`,
  growth <= HEAP_TARGET,
  `${growth.toFixed(3)} (${megabytes(heap.before)} → ${megabytes(heap.after)})`,
);
console.log(
  `      event-loop delay ${Object.entries(delay)
    .map(([name, ms]) => `${name} ${ms} ms`)
    .join(', ')}`,
);

const ended = await endings();
console.log('\nthe ends of keys, with bad signatures and unknown kids throughout:');
for (const [phase, { statuses, wrong }] of Object.entries(ended.results)) {
  const total = Object.values(statuses)
    .flatMap(Object.values)
    .reduce((sum, count) => sum + count, 0);
  check(`${phase}: wrong answers`, wrong.length === 0 && total > 0, `${wrong.join(', ') || 'none'} of ${total}`);
}
const mostAsked = 4 * (ended.seconds / FRESH);
check(`requests to the issuer, at most ${mostAsked}`, ended.requests <= mostAsked, ended.requests);

const calm = {};
for (const alg of ['RS256', 'ES256']) {
  calm[alg] = await throughput(alg);
  console.log(`\nin calm, tokens of ${alg}, medians:`);
  for (const [name, { perSecond, cpuMicroseconds }] of Object.entries(calm[alg].services))
    console.log(`      ${name.padEnd(28)}${perSecond} requests/s, ${cpuMicroseconds} µs of CPU each`);
  for (const [name, { perSecond, cpu }] of Object.entries(calm[alg].ratios))
    console.log(`      ${name} = ${perSecond.toFixed(2)} × the throughput, ${cpu.toFixed(2)} × the CPU`);
}

if (SECONDS >= 60) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const document = { node: process.version, versions, storm: stormy, endings: ended, calm };
  writeFileSync(new URL('load.json', directory), `${JSON.stringify(document, null, 2)}\n`);
}
console.log(`\n${checks - misses} of ${checks} hold`);
issuer.close();
if (misses && args.includes('--check')) process.exitCode = 1;
