// Time that `import` of the package takes over bare Node start-up, beside jose: child processes, interleaved. Two times: until the
// process has ended, and of the processor, which other programs of the machine change less.
//   node import.mjs [--quick] [--check]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROUNDS = process.argv.includes('--quick') ? 25 : 101;
/** Of the time of jose. */
const TARGETS = { barejose: 0.3, 'barejose/verifier/verifier': 0.25 };

const PROGRAMS = {
  bare: '',
  barejose: "import '../dist/index.js'",
  'barejose/verifier/verifier': "import '../dist/verifier/verifier.js'",
  jose: "import 'jose'",
  'node:crypto alone': "import 'node:crypto'", // the floor: no part of the library can do without it
};
const COUNT = ";process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log(user + system); })";

const names = Object.keys(PROGRAMS);
const samples = Object.fromEntries(names.map((name) => [name, []]));
for (const name of names) start(name);
for (let round = 0; round < ROUNDS; round++) {
  for (let place = 0; place < names.length; place++) {
    const name = names[(round + place) % names.length];
    samples[name].push(start(name));
  }
}

const over = { elapsed: overBare('elapsed'), processor: overBare('processor') };
console.log(
  `Node ${process.version}, bare start-up ${median(samples.bare.map(({ elapsed }) => elapsed)).toFixed(1)} ms; over it, median of ${ROUNDS} paired rounds:`,
);
console.log(
  `  ${''.padEnd(28)}${'elapsed'.padStart(11)}${'× jose'.padStart(8)}${'processor'.padStart(13)}${'× jose'.padStart(8)}`,
);
for (const name of names.slice(1)) {
  const [elapsed, processor] = Object.values(over).map(
    (times) => `${times[name].toFixed(2)} ms${(times[name] / times.jose).toFixed(2).padStart(8)}`,
  );
  console.log(`  ${name.padEnd(28)}${elapsed.padStart(19)}${processor.padStart(21)}`);
}
for (const [name, target] of Object.entries(TARGETS)) {
  const ratio = over.elapsed[name] / over.elapsed.jose;
  console.log(`${name} : jose = ${ratio.toFixed(2)}, target ≤ ${target}  ${ratio <= target ? 'ok' : 'MISS'}`);
  if (ratio > target && process.argv.includes('--check')) process.exitCode = 1;
}

/** By program, the median of its milliseconds over those of bare Node in the same round. */
function overBare(kind) {
  const overs = (name) => samples[name].map((sample, round) => sample[kind] - samples.bare[round][kind]);
  return Object.fromEntries(names.map((name) => [name, median(overs(name))]));
}

/** Milliseconds from spawn to exit, and of the processor. */
function start(name) {
  const begin = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAMS[name] + COUNT],
    { cwd: HERE, encoding: 'utf8' },
  );
  const elapsed = Number(process.hrtime.bigint() - begin) / 1e6;
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return { elapsed, processor: Number(stdout) / 1e3 };
}
