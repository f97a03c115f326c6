// Interleaved measuring: every candidate runs once in every round, so that drift of the machine falls on all alike.
// Figures are medians over the rounds; a ratio is the median of the ratios within each round.

/** Every result is counted here, in sight of other modules, so that no call can be optimized away. */
export let sink = 0;

function consume(value) {
  sink = (sink + (value === undefined || value === false ? 0 : 1)) | 0;
}

/** One batch of a synchronous candidate: nanoseconds per call. */
function runSync(call, count) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) consume(call(i));
  return Number(process.hrtime.bigint() - start) / count;
}

/** One batch of an asynchronous candidate, one call after another. */
async function runAsync(call, count) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) consume(await call(i));
  return Number(process.hrtime.bigint() - start) / count;
}

function run({ call, asynchronous }, count) {
  return asynchronous ? runAsync(call, count) : runSync(call, count);
}

/** Enough calls for the optimizing compiler to have seen them all, but no longer than `warm` milliseconds. */
const WARM_CALLS = 10_000;

/** Warms a candidate up and finds how many calls fill one batch of `ms` milliseconds. */
async function calibrate(candidate, { ms, warm }) {
  const goal = ms * 1e6;
  const until = process.hrtime.bigint() + BigInt(warm * 1e6);
  let count = 1;
  let calls = 0;
  let perCall = goal;
  while (calls < WARM_CALLS && process.hrtime.bigint() < until) {
    perCall = await run(candidate, count);
    calls += count;
    count = Math.max(1, Math.min(count * 8, Math.ceil(goal / perCall)));
  }
  return Math.max(1, Math.ceil(goal / perCall));
}

/**
 * Measures candidates against each other.
 * `candidates`: name → function, or { call, asynchronous: true, each } where one call does the work of `each` calls.
 * The index of the call is its argument.
 * Returns name → { median, samples }: nanoseconds per call, one sample a round.
 */
export async function measure(candidates, { rounds, ms, warm }) {
  const entries = Object.entries(candidates).map(([name, candidate]) => ({
    name,
    each: 1,
    ...(typeof candidate === 'function' ? { call: candidate, asynchronous: false } : candidate),
    samples: [],
  }));
  for (const entry of entries) entry.count = await calibrate(entry, { ms, warm });
  for (let round = 0; round < rounds; round++) {
    for (const entry of shuffled(entries, round)) {
      entry.samples.push((await run(entry, entry.count)) / entry.each);
    }
  }
  return Object.fromEntries(entries.map(({ name, samples }) => [name, { median: median(samples), samples }]));
}

/** Another order in every round, the same in every run, so that nobody always follows the same neighbour. */
function shuffled(entries, round) {
  const order = [...entries];
  let state = round * 2654435761 + 1;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = (state >>> 16) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times `base` the other takes: the median of the ratios round by round. */
export function ratio(other, base) {
  return median(other.samples.map((sample, round) => sample / base.samples[round]));
}

/** The name of the quickest of some measured candidates. */
export function fastest(results, names) {
  return names.reduce((best, name) => (results[name].median < results[best].median ? name : best));
}

/** Nanoseconds for people. */
export function time(ns) {
  if (ns < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1e5) return `${(ns / 1000).toFixed(2)} µs`;
  return ns < 1e6 ? `${(ns / 1000).toFixed(1)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

/** How far the same ratio differs between runs on a busy machine. */
const NOISE = 1.05;

/** Collects checks, prints each as a line, and tells at the end whether any was missed. */
export class Report {
  checks = [];

  title(text) {
    console.log(`\n${text}`);
    console.log(
      `  ${'row'.padEnd(44)}${'ours'.padStart(11)}${'floor'.padStart(11)}${'ratio'.padStart(8)}${'target'.padStart(9)}`,
    );
  }

  /** A figure with a target is a check; without one it is only told. */
  line({ row, ours, floor, ratio: value, target }) {
    const ok = target === undefined ? undefined : value <= target;
    this.checks.push({ row, ours, floor, ratio: value, target, ok });
    const verdict = ok === undefined ? '' : ok ? 'ok' : 'MISS';
    const goal = target === undefined ? '–' : `≤ ${target.toFixed(2)}`;
    console.log(
      `  ${row.padEnd(44)}${time(ours).padStart(11)}${time(floor).padStart(11)}${value.toFixed(2).padStart(8)}${goal.padStart(9)}  ${verdict}`,
    );
  }

  /** Exit code 1 on a miss by more than the noise of a busy machine, when asked to check. */
  finish(check) {
    const judged = this.checks.filter((entry) => entry.ok !== undefined);
    const missed = judged.filter((entry) => !entry.ok);
    console.log(`\n${judged.length - missed.length} of ${judged.length} targets met${missed.length ? ':' : ''}`);
    for (const { row, ratio: value, target } of missed)
      console.log(`  MISS ${row}: ${value.toFixed(2)} > ${target.toFixed(2)}`);
    if (check && missed.some(({ ratio: value, target }) => value > NOISE * target)) process.exitCode = 1;
  }
}
