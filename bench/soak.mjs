// A month in simulated time: ten issuers and a hundred verifiers, with rotations, revocations, outages, clocks that are set, and
// restarts with and without snapshots. No bad token may be accepted, no good one refused outside of what the pages of remote/ and
// issuer/ allow, and memory must stay flat.
//   node --expose-gc soak.mjs [--days 30] [--seed 1]
import { parseArgs } from 'node:util';
import { generateKey, signJwt } from '../dist/index.js';
import { numbersFrom } from './mutations.mjs';
import { AUDIENCE, DAY, IssuerSite, LIFETIME, SKEW, Time, VerifierSite } from './soak-world.mjs';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '30' }, seed: { type: 'string', default: `${Date.now() % 2 ** 31}` } },
});
const [days, seed] = [Number(values.days), Number(values.seed)];
/** Seconds from one event to the next, on average. */
const STEP = 20;
/** How long after an outage a verifier may still lack keys: a pause of a minute at most, and the next token that asks. */
const GRACE = 5 * 60;

const time = new Time();
const chance = numbersFrom(seed);
const scene = { time, chance };
const sites = Array.from({ length: 10 }, (_, i) => new IssuerSite(i, scene));
for (const site of sites) await site.start();
const verifiers = Array.from({ length: 100 }, (_, i) => {
  const trusted = [i % 10, (i * 3 + 1) % 10, (i * 7 + 2) % 10];
  return new VerifierSite(
    [...new Set(trusted)].map((n) => sites[n]),
    scene,
  );
});
const stranger = await generateKey('ES256');

const counts = {
  signed: 0,
  accepted: 0,
  refused: 0,
  excused: 0,
  rotations: 0,
  revocations: 0,
  stolen: 0,
  outages: 0,
  restarts: 0,
};
const faults = [];
/** Tokens of the last hours: { text, site, kid, exp, bad }. */
const tokens = [];
/** Tokens by stolen keys, each with the verifier that had it: again, a cache may not outlive the key. */
const stolen = [];
const memory = [];

const EVENTS = [
  [60, sign],
  [60, deliver],
  [60, deliver],
  [4, forge],
  [20, steal],
  [0.2, rotate],
  [0.3, revoke],
  [0.6, cutEndpoint],
  [0.3, cutStore],
  [1.5, setClock],
  [1, restartVerifier],
  [0.3, restartIssuer],
];
const TOTAL = EVENTS.reduce((sum, [weight]) => sum + weight, 0);

const start = time.now;
let day = 0;
const began = performance.now();
while (time.now < start + days * DAY) {
  await time.pass(Math.ceil(-Math.log(1 - chance.next()) * STEP));
  await pick()();
  if (time.now >= start + (day + 1) * DAY) endDay();
}
report();

function pick() {
  let left = chance.next() * TOTAL;
  for (const [weight, event] of EVENTS) {
    left -= weight;
    if (left < 0) return event;
  }
  return sign;
}

function endDay() {
  day++;
  globalThis.gc?.();
  memory.push(process.memoryUsage().heapUsed);
}

function fault(what) {
  faults.push(`day ${day}, ${time.now - start} s: ${what}`);
}

async function sign() {
  const site = chance.pick(sites);
  const { issuer, clock } = chance.pick(site.processes);
  try {
    const text = await issuer.sign({ sub: 'user' }, { audience: AUDIENCE, expiresIn: LIFETIME });
    counts.signed++;
    const token = { text, site, kid: kidOf(text), exp: Math.floor(clock()) + LIFETIME };
    tokens.push(token);
    while (tokens[0].exp + LIFETIME / 4 < time.now) tokens.shift();
    await judge(chance.pick(verifiersOf(site)), token);
  } catch (error) {
    // Half of syncLag is 15 min: a store that was away for less does not stop a process, but one that starts meanwhile.
    if (error.code !== 'ERR_RING_UNAVAILABLE' || !site.toStore.wasCutWithin(GRACE)) fault(`not signed: ${error}`);
  }
}

async function deliver() {
  // Mostly one of the last, as requests have it.
  const back = Math.floor(chance.next() ** 3 * tokens.length);
  const token = tokens[tokens.length - 1 - back];
  if (token) await judge(chance.pick(verifiersOf(token.site)), token);
}

/** A token that nobody may accept: by a stranger's key, by that of another issuer whom the verifier trusts, or with a changed octet. */
async function forge() {
  const good = chance.pick(tokens);
  if (!good) return;
  const [header, payload, signature] = good.text.split('.');
  const now = time.now;
  const claims = { iss: good.site.name, aud: AUDIENCE, sub: 'user' };
  const verifier = chance.pick(verifiersOf(good.site));
  const others = verifier.sites.filter((site) => site !== good.site);
  const [kid, key] = chance.pick([...chance.pick(others).keys].slice(-2));
  const forged = chance.pick([
    () => `${header}.${payload}.${flipped(signature)}`,
    () => `${header}.${flipped(payload)}.${signature}`,
    () => signJwt(claims, stranger, { expiresIn: 60, now, header: { kid: good.kid } }),
    () => signJwt(claims, stranger, { expiresIn: 60, now }),
    () => signJwt(claims, key, { expiresIn: 60, now, header: { kid } }),
    () => [Buffer.from('{"alg":"none"}').toString('base64url'), payload, ''].join('.'),
  ])();
  await judge(verifier, { ...good, text: forged, bad: true });
}

/** A token by a stolen key, which its verifiers may accept until they have heard that it was revoked, before or after. */
async function steal() {
  const again = chance.pick(stolen);
  if (again && chance.next() < 0.75) {
    await judge(again.verifier, again.token);
    return;
  }
  const site = chance.pick(sites);
  const kid = chance.pick([...chance.pick([site.revoked, site.keys]).keys()].slice(-3));
  if (!kid) return;
  // Longer than verifiers may accept it, so that it is the key that ends it.
  const exp = time.now + DAY;
  const claims = { iss: site.name, aud: AUDIENCE, sub: 'user', exp };
  const key = site.keys.get(kid);
  const text = signJwt(claims, key, { expiresIn: null, now: time.now, header: { kid } });
  counts.stolen++;
  const verifier = chance.pick(verifiersOf(site));
  const token = { text, site, kid, exp, isStolen: true };
  stolen.push({ verifier, token });
  if (stolen.length > 100) stolen.shift();
  await judge(verifier, token);
}

function flipped(text) {
  const i = chance.nat(text.length - 1);
  return `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`;
}

function verifiersOf(site) {
  return verifiers.filter(({ sites }) => sites.includes(site));
}

function kidOf(text) {
  return JSON.parse(Buffer.from(text.split('.')[0], 'base64url').toString()).kid;
}

async function judge(verifier, { text, site, kid, exp, bad = false, isStolen = false }) {
  const verdict = await verifier.verify(text);
  const now = verifier.clock();
  const acceptedUntil = site.revoked.get(kid);
  if (verdict === 'ok') {
    counts.accepted++;
    if (bad) fault('a forged token was accepted');
    if (now >= exp + SKEW) fault(`a token was accepted ${now - exp} s after its exp`);
    if (acceptedUntil !== undefined && time.now >= acceptedUntil + SKEW)
      fault(`a token of ${kid} was accepted ${time.now - acceptedUntil} s after its revocation allows`);
    return;
  }
  counts.refused++;
  if (bad || isStolen || acceptedUntil !== undefined || now >= exp - 1) return;
  const lacksKey = !verifier.hasKey(site, kid);
  const isForKeys = verdict === 'ERR_JWKS_UNAVAILABLE' || verdict === 'ERR_JWKS_NO_MATCHING_KEY';
  // Without the store, an endpoint answers 503 in the end, and one that starts does not answer at all.
  if (isForKeys && lacksKey && (site.toEndpoint.wasCutWithin(GRACE) || site.toStore.wasCutWithin(GRACE)))
    counts.excused++;
  else fault(`a good token of ${site.name}, ${exp - now} s before its exp, was refused: ${verdict}`);
}

/** What an operator does: it may fail while the store is away. */
async function operate(site, action) {
  try {
    await action(chance.pick(site.processes).issuer);
  } catch (error) {
    const isAllowed =
      error.code === 'ERR_RING_CONFLICT' || (error.code === 'ERR_RING_UNAVAILABLE' && site.toStore.wasCutWithin(GRACE));
    if (!isAllowed) fault(`an operation failed: ${error}`);
  }
}

function rotate() {
  return operate(chance.pick(sites), async (issuer) => {
    await issuer.rotate();
    counts.rotations++;
  });
}

function revoke() {
  const site = chance.pick(sites);
  return operate(site, async (issuer) => {
    const { keys } = await issuer.status();
    const key = chance.pick(
      keys.filter(({ state }) => state === 'active' || state === 'pending' || state === 'retiring'),
    );
    if (!key) return;
    const { acceptedUntil } = await issuer.revoke(key.kid, 'soak');
    site.revoked.set(key.kid, acceptedUntil);
    counts.revocations++;
  });
}

function cutEndpoint() {
  counts.outages++;
  chance.pick(sites).toEndpoint.cutFor(chance.pick([30, 600, 3 * 3600]));
}

function cutStore() {
  counts.outages++;
  chance.pick(sites).toStore.cutFor(chance.pick([5, 120, 1800]));
}

function setClock() {
  const site = chance.pick(sites);
  chance.pick([...verifiers, ...site.processes]).clock.set();
}

function restartVerifier() {
  counts.restarts++;
  chance.pick(verifiers).start(chance.next() < 0.7);
}

async function restartIssuer() {
  counts.restarts++;
  const site = chance.pick(sites);
  const i = chance.nat(2);
  await site.restart(i).catch((error) => {
    if (!site.toStore.isCut) fault(`not started: ${error}`);
  });
}

function report() {
  console.log(
    `Node ${process.version}, seed ${seed}: ${days} days in ${Math.round((performance.now() - began) / 1000)} s`,
  );
  console.log(
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
  const [early, late] = [memory.slice(1, 4), memory.slice(-3)].map((list) => Math.max(...list) / 2 ** 20);
  if (memory.length >= 6 && globalThis.gc) {
    console.log(`heap after a day or two ${early.toFixed(1)} MiB, at the end ${late.toFixed(1)} MiB`);
    if (late > 1.15 * early) fault(`memory grew by ${(late - early).toFixed(1)} MiB`);
  } else console.log('memory: not compared, which takes six days and --expose-gc');
  // What is rare may be absent from a short run; without the rest it has tried nothing.
  const needed = days < 7 ? ['accepted', 'refused', 'stolen'] : Object.keys(counts);
  for (const name of needed) if (counts[name] === 0) fault(`nothing was counted as ${name}, so it was not tried`);
  for (const each of faults.slice(0, 20)) console.log(`FAULT ${each}`);
  console.log(`${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
