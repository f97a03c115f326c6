// Many tokens at once: a verifier that uses the thread pool, the same one on its own thread, and jose. For each: the time per
// token, the processor time per token on all cores, and the delay of the event loop meanwhile (99th percentile of a timer of 1 ms).
//   node throughput.mjs [--quick] [--check]
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { importJWK, jwtVerify } from 'jose';
import { createVerifier, importKey } from '../dist/index.js';
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
for (const alg of ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']) await compare(alg);
if (misses.length > 0) console.log(`\nMISS ${misses.join('\nMISS ')}`);
if (args.includes('--check') && misses.length > 0) process.exitCode = 1;

/** Verifiers of one key, each a function from a token to a promise of its claims. */
async function candidatesOf({ alg, jwk }) {
  const keys = importKey(jwk, { alg });
  const ours = (pool) => {
    const verifier = createVerifier({ ...EXPECTED, keys, pool });
    return async (token) => (await verifier.verify(token)).claims;
  };
  const joseKey = await importJWK(jwk, alg);
  return {
    "ours, 'auto'": ours('auto'),
    "ours, 'always'": ours('always'),
    "ours, 'never'": ours('never'),
    jose: async (token) => (await jwtVerify(token, joseKey, EXPECTED)).payload,
  };
}

async function compare(alg) {
  const key = keyFor(alg);
  const tokens = Array.from({ length: TOKENS }, (_, i) => tokenOf(JSON.stringify(claimsOf(i)), key).token);
  const candidates = await candidatesOf(key);
  for (const [name, verify] of Object.entries(candidates)) await prove(`${name}, ${alg}`, verify, tokens);
  console.log(`\n${alg}${' '.repeat(27 - alg.length)}at once  per token  : jose   CPU     delay`);
  for (const concurrency of CONCURRENCIES) {
    const measured = await measureAll(candidates, tokens, concurrency);
    for (const [name, { wall, cpu, turn }] of Object.entries(measured)) {
      const share = wall / measured.jose.wall;
      console.log(
        `  ${name.padEnd(25)}${String(concurrency).padStart(7)}${time(wall).padStart(11)}${share.toFixed(2).padStart(8)}` +
          `${time(cpu).padStart(10)}${time(turn).padStart(11)}`,
      );
    }
    const best = Math.min(measured["ours, 'always'"].wall, measured["ours, 'never'"].wall);
    const auto = measured["ours, 'auto'"];
    if (auto.wall > measured.jose.wall) misses.push(`${alg}, ${concurrency} at once: slower than jose`);
    if (auto.wall > 1.25 * best) misses.push(`${alg}, ${concurrency} at once: 'auto' is not the better way`);
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
async function measureAll(candidates, tokens, concurrency) {
  const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, verify] of Object.entries(candidates)) {
      const sample = await batch(verify, tokens, concurrency);
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
async function batch(verify, tokens, concurrency) {
  let left = perBatch;
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const caller = async () => {
    while (left > 0) {
      await verify(tokens[left-- % tokens.length]);
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
