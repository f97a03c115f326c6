// What `import` of the package costs over bare Node start-up, beside jose: child processes, interleaved.
//   node import.mjs [--quick] [--check]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROUNDS = process.argv.includes('--quick') ? 25 : 101;
const TARGET = 0.5;

const PROGRAMS = {
  bare: '',
  barejose: "import '../dist/index.js'",
  'barejose verify + sets': "import '../dist/jwt/verify.js'; import '../dist/jwks/import.js'",
  jose: "import 'jose'",
  'node:crypto alone': "import 'node:crypto'",
};

const names = Object.keys(PROGRAMS);
const samples = Object.fromEntries(names.map((name) => [name, []]));
for (const name of names) start(name);
for (let round = 0; round < ROUNDS; round++) {
  for (let place = 0; place < names.length; place++) {
    const name = names[(round + place) % names.length];
    samples[name].push(start(name));
  }
}

const over = Object.fromEntries(
  names.map((name) => [name, median(samples[name].map((sample, round) => sample - samples.bare[round]))]),
);
console.log(
  `Node ${process.version}, bare start-up ${median(samples.bare).toFixed(1)} ms; over it, median of ${ROUNDS} paired rounds:`,
);
for (const name of names.slice(1)) {
  console.log(
    `  ${name.padEnd(24)}${over[name].toFixed(2).padStart(8)} ms   ${(over[name] / over.jose).toFixed(2)} × jose`,
  );
}
const ratio = over.barejose / over.jose;
console.log(`barejose : jose = ${ratio.toFixed(2)}, target ≤ ${TARGET}  ${ratio <= TARGET ? 'ok' : 'MISS'}`);
if (ratio > TARGET && process.argv.includes('--check')) process.exitCode = 1;

/** Milliseconds from spawn to exit. */
function start(name) {
  const begin = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAMS[name]], {
    cwd: HERE,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}
