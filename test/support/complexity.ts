// How the work of a function grows with its input: by counting what runs of src, and by a ratio of times for what runs in
// the platform, such as a pattern or JSON.parse.
import { type Profiler, Session } from 'node:inspector';
import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';

/** What is measured: made once for a size, and then called. */
export type Run = () => unknown;

const session = new Session();
session.connect();
session.post('Profiler.enable');
// Blocks, and not functions alone: a loop is one call. It is the mode in which Vitest measures coverage, and never stopped,
// since that would end the measurement of Vitest.
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** How many blocks of src have run since the last call: function bodies, turns of loops, branches. */
function takeBlocks(): number {
  let blocks = 0;
  session.post('Profiler.takePreciseCoverage', (error, { result } = { result: [] }) => {
    if (error) throw error;
    for (const script of result) if (script.url.includes('/src/')) blocks += blocksOf(script);
  });
  return blocks;
}

function blocksOf({ functions }: Profiler.ScriptCoverage): number {
  return functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0);
}

/** For each of the calls, the number of blocks of src that ran until it returned, or its promise was settled. */
export async function blocksDuring(...runs: readonly Run[]): Promise<readonly number[]> {
  const counts: number[] = [];
  takeBlocks();
  for (const run of runs) {
    await run();
    counts.push(takeBlocks());
  }
  return counts;
}

const FEWEST_ROUNDS = 3;
/** Milliseconds after which no other round begins: what is quadratic may take minutes for them all. */
const PATIENCE = 10_000;

/**
 * How many times as long `large` takes as `small`, each at its best of several rounds: whatever else the machine does only
 * adds to a time. The rounds end when the ratio is below `enough`; a ratio that is truly above it stays there in all of them.
 */
async function ratioOfTimes(small: Run, large: Run, enough: number): Promise<number> {
  let [best, bestOfLarge] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const start = performance.now();
  for (let round = 1; ; round++) {
    best = Math.min(best, await timeOf(small));
    bestOfLarge = Math.min(bestOfLarge, await timeOf(large));
    const isLate = performance.now() - start > PATIENCE;
    if (round >= FEWEST_ROUNDS && (isLate || bestOfLarge / best < enough)) return bestOfLarge / best;
  }
}

async function timeOf(run: Run): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * Eight times the input takes eight times as long where work grows in proportion, and 64 times where it is squared. Between
 * them there is room for a platform that reads large objects in another way than small ones, and whose memory is slow when
 * it is touched for the first time: up to 34 times were seen.
 */
const MOST = 44;

/**
 * Checks the growth of a reader's work up to an input of the length `largest`.
 * @param make makes the input of a length, and returns the call that reads it
 */
export async function expectLinear(make: (length: number) => Run, largest: number): Promise<void> {
  const [eighth, quarter, half, whole] = [8, 4, 2, 1].map((part) => make(largest / part)) as [Run, Run, Run, Run];
  await whole(); // what is made at the first call only
  const counts = await blocksDuring(quarter, half, whole);
  const [first = 0, second = 0, third = 0] = counts;
  // The second step is as long as two of the first; a square would make it four. Few blocks do not show which.
  expect(third - second, `blocks: ${counts}`).toBeLessThanOrEqual(2.5 * Math.max(0, second - first) + 500);
  expect(await ratioOfTimes(eighth, whole, MOST)).toBeLessThan(MOST);
}
