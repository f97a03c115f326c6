// Many tokens at once: a verifier and an issuer that use the thread pool, the same ones on their own thread, and jose. For each: the
// time per token, the processor time per token on all cores, and the delay of the event loop meanwhile (99th percentile of a timer of
// 1 ms).
//   node throughput.mjs [--quick] [--check] [--only verify|sign]
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { createIssuer, createVerifier, importKey, memoryStore, verifyJwt } from '../dist/index.js';
import { AUDIENCE, claimsOf, ISSUER, keyFor, TOKENS, tokenOf } from './fixtures.mjs';
import { median, time } from './measure.mjs';

const args = process.argv.slice(2);
const { rounds, tokens: perBatch } = args.includes('--quick')
  ? { rounds: 5, tokens: 640 }
  : { rounds: 31, tokens: 1920 };
const CONCURRENCIES = [1, 16, 64];
const EXPECTED = { issuer: ISSUER, audience: AUDIENCE };

const misses = [];
console.log(`Node ${process.version}; medians of ${rounds} rounds of ${perBatch} tokens`);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
if (only !== 'sign') for (const alg of ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']) await compareVerifiers(alg);
if (only !== 'verify') for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) await compareIssuers(alg);
if (misses.length > 0) console.log(`\nMISS ${misses.join('\nMISS ')}`);
if (args.includes('--check') && misses.length > 0) process.exitCode = 1;

async function compareVerifiers(alg) {
  const key = keyFor(alg);
  const tokens = Array.from({ length: TOKENS }, (_, i) => tokenOf(JSON.stringify(claimsOf(i)), key).token);
  const keys = importKey(key.jwk, { alg });
  const ours = (pool) => {
    const verifier = createVerifier({ ...EXPECTED, keys, pool });
    return async (token) => (await verifier.verify(token)).claims;
  };
  const joseKey = await importJWK(key.jwk, alg);
  const candidates = {
    "ours, 'auto'": ours('auto'),
    "ours, 'always'": ours('always'),
    "ours, 'never'": ours('never'),
    jose: async (token) => (await jwtVerify(token, joseKey, EXPECTED)).payload,
  };
  for (const [name, verify] of Object.entries(candidates)) await prove(`${name}, ${alg}`, verify, tokens);
  await compare(`${alg} verification`, candidates, tokens);
}

async function compareIssuers(alg) {
  const key = keyFor(alg);
  const firstKeys = [importKey(key.privateJwk, { alg })];
  const ours = async (pool) => {
    const settings = { issuer: ISSUER, store: memoryStore(), policy: { maxTokenLifetime: '1h' }, algorithms: [alg] };
    const issuer = await createIssuer({ ...settings, firstKeys, pool });
    return (claims) => issuer.sign(claims, { audience: AUDIENCE, expiresIn: '10m' });
  };
  const joseKey = await importJWK(key.privateJwk, alg);
  const joseHeader = { alg, kid: key.kid, typ: 'JWT' };
  const candidates = {
    "ours, 'auto'": await ours('auto'),
    "ours, 'always'": await ours('always'),
    "ours, 'never'": await ours('never'),
    jose: (claims) => {
      const draft = new SignJWT(claims).setProtectedHeader(joseHeader).setIssuer(ISSUER).setAudience(AUDIENCE);
      return draft.setIssuedAt().setExpirationTime('10m').sign(joseKey);
    },
  };
  const claims = Array.from({ length: TOKENS }, (_, i) => ({
    sub: `user-${i}`,
    scope: 'read write',
    jti: `token-${i}`,
  }));
  const publicKey = firstKeys[0].publicKey();
  for (const sign of Object.values(candidates)) verifyJwt(await sign(claims[0]), publicKey, EXPECTED);
  await compare(`${alg} signing`, candidates, claims);
}

/** @param inputs what the candidates are called with, one after the other */
async function compare(title, candidates, inputs) {
  console.log(`\n${title.padEnd(27)}at once  per token  : jose   CPU     delay`);
  for (const concurrency of CONCURRENCIES) {
    const measured = await measureAll(candidates, inputs, concurrency);
    for (const [name, { wall, cpu, turn }] of Object.entries(measured)) {
      const share = wall / measured.jose.wall;
      console.log(
        `  ${name.padEnd(25)}${String(concurrency).padStart(7)}${time(wall).padStart(11)}${share.toFixed(2).padStart(8)}` +
          `${time(cpu).padStart(10)}${time(turn).padStart(11)}`,
      );
    }
    const best = Math.min(measured["ours, 'always'"].wall, measured["ours, 'never'"].wall);
    const auto = measured["ours, 'auto'"];
    if (auto.wall > measured.jose.wall) misses.push(`${title}, ${concurrency} at once: slower than jose`);
    if (auto.wall > 1.25 * best) misses.push(`${title}, ${concurrency} at once: 'auto' is not the better way`);
  }
}

/** A candidate is measured only once it has accepted every token and refused a forged one. */
async function prove(name, verify, tokens) {
  for (const [i, token] of tokens.entries())
    if ((await verify(token)).jti !== claimsOf(i).jti) throw new Error(`${name} does not accept token ${i}`);
  const at = tokens[0].lastIndexOf('.') + 10;
  const forged = `${tokens[0].slice(0, at)}${tokens[0][at] === 'A' ? 'B' : 'A'}${tokens[0].slice(at + 1)}`;
  const outcome = await verify(forged).catch(() => undefined);
  if (outcome) throw new Error(`${name} accepts a forged token`);
}

/** Interleaved: each candidate runs one batch in every round. */
async function measureAll(candidates, inputs, concurrency) {
  const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, run] of Object.entries(candidates)) {
      const sample = await batch(run, inputs, concurrency);
      if (round > 0) samples[name].push(sample); // the first one warms up
    }
  const middle = (list, figure) => median(list.map((sample) => sample[figure]));
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [
      name,
      { wall: middle(list, 'wall'), cpu: middle(list, 'cpu'), turn: middle(list, 'turn') },
    ]),
  );
}

/** One batch: so many callers, each with one token after another. */
async function batch(run, inputs, concurrency) {
  let left = perBatch;
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const caller = async () => {
    while (left > 0) {
      await run(inputs[left-- % inputs.length]);
      await new Promise(setImmediate); // as a server, which reads its next request in another turn
    }
  };
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: concurrency }, caller));
  const wall = Number(process.hrtime.bigint() - start) / perBatch;
  const { user, system } = process.cpuUsage(cpu);
  delays.disable();
  return { wall, cpu: (1000 * (user + system)) / perBatch, turn: delays.percentile(99) };
}
