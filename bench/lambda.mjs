// A handler for AWS Lambda behind an API Gateway, bundled by esbuild as an ES module and as CommonJS and called in a process of
// its own, as the service does: what it answers, and what a cold start costs, from the start of the process to the answer to the
// first event, beside the same handler over aws-jwt-verify and jose. Keys are given, so that no network is measured.
//   node lambda.mjs [--quick]
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { AUDIENCE, claimsOf, ISSUER, keyFor, tokenOf } from './fixtures.mjs';
import { median } from './measure.mjs';

const resolveDir = fileURLToPath(new URL('.', import.meta.url));
const ROUNDS = process.argv.includes('--quick') ? 5 : 51;

// ── the handlers ────────────────────────────────────────────────────────────────────────────────────────────────────

const expected = JSON.stringify({ issuer: ISSUER, audience: AUDIENCE });
/** The rest of a handler over a function that returns claims or throws. */
const handlerOver = (verified) => `export const handler = async ({ headers }) => {
  try {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? headers.Authorization ?? '')[1];
    const { sub } = ${verified};
    return { statusCode: 200, body: sub };
  } catch {
    return { statusCode: 401 };
  }
};`;

const HANDLERS = {
  bare: "export const handler = async () => ({ statusCode: 200, body: 'nobody' });",
  barejose: `import { authenticate, createKeyVerifier, importJwks } from '../dist/index.js';
    const verifier = createKeyVerifier({ ...${expected}, keys: importJwks(process.env.JWKS) });
    export const handler = async ({ headers }) => {
      const verdict = await authenticate(verifier, headers);
      if (!verdict.ok) return { statusCode: verdict.status, headers: verdict.headers };
      return { statusCode: 200, body: verdict.jwt.claims.sub };
    };`,
  'aws-jwt-verify': `import { JwtVerifier } from 'aws-jwt-verify';
    const verifier = JwtVerifier.create({ ...${expected}, jwksUri: 'https://issuer.example/jwks' });
    verifier.cacheJwks(JSON.parse(process.env.JWKS));
    ${handlerOver('await verifier.verify(token)')}`,
  jose: `import { createLocalJWKSet, jwtVerify } from 'jose';
    const keys = createLocalJWKSet(JSON.parse(process.env.JWKS));
    ${handlerOver(`(await jwtVerify(token, keys, ${expected})).payload`)}`,
};
const FORMATS = {
  esm: { end: 'mjs', flags: ['--input-type=module'], load: (file) => `await import(${JSON.stringify(file)})` },
  cjs: { end: 'cjs', flags: [], load: (file) => `require(${JSON.stringify(file)})` },
};

// ── the events: those of an HTTP API have small names of headers, those of a REST API the client's ──────────────────

const key = keyFor('RS256');
const claims = claimsOf(1);
const { sub } = claims;
const { token } = tokenOf(JSON.stringify(claims), key);
const changed = token.replace(/\.([\w-])([\w-]+)$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`);
const EVENTS = [
  { event: { version: '2.0', headers: { authorization: `Bearer ${token}` } }, answer: { statusCode: 200, body: sub } },
  { event: { headers: { Authorization: `Bearer ${token}` } }, answer: { statusCode: 200, body: sub } },
  { event: { version: '2.0', headers: { authorization: `Bearer ${changed}` } }, answer: { statusCode: 401 } },
  { event: { version: '2.0', headers: {} }, answer: { statusCode: 401 } },
];
const JWKS = JSON.stringify({ keys: [key.jwk] });

// ── the runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

const scratch = mkdtempSync(join(tmpdir(), 'barejose-lambda-'));
try {
  for (const format of Object.keys(FORMATS)) await compare(format);
} finally {
  rmSync(scratch, { recursive: true });
}

async function compare(format) {
  const names = Object.keys(HANDLERS);
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await bundle(name, format)])));
  for (const name of names.slice(1)) checkAnswers(name, call(files[name], format, EVENTS));
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length];
      samples[name].push(call(files[name], format, EVENTS.slice(0, 1)));
    }
  const medianOf = (name, what) => median(samples[name].map((sample) => sample[what])).toFixed(1);
  const over = (name, what) =>
    median(samples[name].map((sample, round) => sample[what] - samples.bare[round][what])).toFixed(1);
  console.log(
    `${format}, Node ${process.version}: bare ${medianOf('bare', 'time')} ms, ${medianOf('bare', 'cpu')} of the processor; over it, median of ${ROUNDS} rounds:`,
  );
  for (const name of names.slice(1)) {
    const size = (statSync(files[name]).size / 1000).toFixed(1);
    console.log(
      `  ${name.padEnd(16)}${over(name, 'time').padStart(6)} ms, ${over(name, 'cpu').padStart(5)} of the processor, ${size} KB`,
    );
  }
}

async function bundle(name, format) {
  const outfile = join(scratch, `${name}.${FORMATS[format].end}`);
  const stdin = { contents: HANDLERS[name], resolveDir };
  await build({ stdin, outfile, format, bundle: true, minify: true, platform: 'node', target: 'node20' });
  return outfile;
}

/** Answers to events, in a new process, and the milliseconds from its start to its end, all and those of the processor. */
function call(file, format, events) {
  const { flags, load } = FORMATS[format];
  const program = `(async () => {
    const { handler } = ${load(file)};
    const answers = [];
    for (const event of JSON.parse(process.env.EVENTS)) answers.push(await handler(event));
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ answers, cpu: (user + system) / 1000 }));
  })()`;
  const env = { ...process.env, JWKS, EVENTS: JSON.stringify(events.map(({ event }) => event)) };
  const begin = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--eval', program], {
    env,
    encoding: 'utf8',
  });
  const time = Number(process.hrtime.bigint() - begin) / 1e6;
  if (status !== 0) throw new Error(stderr);
  return { ...JSON.parse(stdout), time };
}

function checkAnswers(name, { answers }) {
  for (const [i, { answer }] of EVENTS.entries()) {
    const { statusCode, body } = answers[i];
    assert.deepEqual({ statusCode, ...(body !== undefined && { body }) }, answer, `${name}: event ${i}`);
  }
}
