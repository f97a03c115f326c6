// Mutation testing by Stryker: each room's code is changed in one place after the other, and its tests must notice.
//   node run.mjs [ROOM ...] [--concurrency N]
// A mutant that survives is killed by a new test, or listed in survivors.mjs with the reason why it cannot matter; any other makes
// the run fail, as does a room with less than 92 % killed. The figures go to ../results/mutation.json. A later run of a room takes what has
// not changed from .results, so that after new tests only the survivors run again; remove that folder to begin anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { ROOMS } from './rooms.mjs';
import { EXCUSED } from './survivors.mjs';

const LEAST = 0.92;
const RESULTS = new URL('../results/mutation.json', import.meta.url);
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: '2' } },
});
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

for (const name of positionals.length > 0 ? positionals : Object.keys(ROOMS)) report(name, await mutate(name));

async function mutate(room) {
  const { mutate, tests } = ROOMS[room];
  process.env.BAREJOSE_MUTATION_TESTS = tests.join(' ');
  const stryker = new Stryker({
    mutate,
    testRunner: 'quick',
    vitest: { configFile: 'bench/mutation/vitest.config.mjs', related: false },
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner'), import.meta.resolve('./quick-runner.mjs')],
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `bench/mutation/.results/${room}.json`,
    reporters: ['progress-append-only'],
    concurrency: Number(values.concurrency),
    ignorePatterns: ['bench', '!bench/mutation/vitest.config.mjs', 'dist', 'coverage'],
    tempDirName: '.stryker-tmp',
    logLevel: 'error',
  });
  return stryker.runMutationTest();
}

/** Prints the figures of a room with its survivors, and keeps the figures. */
function report(name, mutants) {
  const count = (status) => mutants.filter((mutant) => mutant.status === status).length;
  const killed = count('Killed') + count('Timeout');
  // One that ended the process of the tests is not killed by a test: it needs a reason as well.
  const survivors = mutants.filter(({ status }) => /^(Survived|NoCoverage|RuntimeError)$/.test(status)).map(describe);
  const unexplained = unexplainedOf(survivors);
  const total = killed + survivors.length;
  const share = killed / total;
  console.log(
    `${name}: ${killed} of ${total} killed (${(100 * share).toFixed(1)} %), ${unexplained.length} not explained`,
  );
  for (const text of unexplained) console.log(`  ${text}`);
  if (share < LEAST || unexplained.length > 0) process.exitCode = 1;
  const kept = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const figures = {
    mutants: total,
    killed,
    explained: survivors.length - unexplained.length,
    unexplained: unexplained.length,
  };
  writeFileSync(RESULTS, `${JSON.stringify({ ...kept, [name]: figures }, null, 2)}\n`);
}

/** The survivors without as many of each text as survivors.mjs has a reason for. */
function unexplainedOf(survivors) {
  const left = new Map(EXCUSED.map(([text, , places = 1]) => [text, places]));
  return survivors.filter((text) => {
    const places = left.get(text) ?? 0;
    left.set(text, places - 1);
    return places <= 0;
  });
}

/** A mutant in one line, without its place, so that it stays the same when lines move: file, kind, what was, what is instead. */
function describe({ fileName, mutatorName, location, replacement }) {
  const file = fileName.replace(/^.*\/src\//, '');
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(location.start.line - 1, location.end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, location.end.column - 1);
  lines[0] = lines[0].slice(location.start.column - 1);
  const oneLine = (text) => text.replace(/\s+/g, ' ');
  return `${file}: ${mutatorName}: ${oneLine(lines.join('\n'))} → ${oneLine(replacement)}`;
}
