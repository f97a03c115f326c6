// node try.mjs [folder with the node_modules of package.json, default this one]: the service in this Node.js, Bun, Deno and workerd,
// asked on loopback with tokens of every algorithm, while keys and metadata come from an issuer in this process by the platform's own
// fetch. A runtime must answer 200 to a good token of each algorithm that it says it has, alone and beside others, 401 to every bad
// one, and 503 where the issuer is not there. It must make keys, and sign by their PEM what this Node.js verifies; and encrypt and
// decrypt with every algorithm and content encryption.

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importKey, verifyJwt } from '../../dist/index.js';
import { ASYMMETRIC, startIssuer } from './issuer.mjs';
import { workerdArguments } from './workerd.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const modules = resolve(process.argv[2] ?? here, 'node_modules');
const scratch = mkdtempSync(join(tmpdir(), 'barejose-runtimes-'));
const issuer = await startIssuer();
const ISSUERS = { '/orders': issuer.issuer, '/down': 'http://127.0.0.1:1' };

// ── the runtimes ────────────────────────────────────────────────────────────────────────────────────────────────────

const serve = [join(here, 'serve.mjs'), JSON.stringify(ISSUERS)];
const LATTICE = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'];

/** Each with its command, the descriptor on which it says its port, and what it lacks of the algorithms that this Node.js has. */
const RUNTIMES = [
  { name: `Node.js ${process.version}`, command: [process.execPath, ...serve] },
  { name: 'Bun', command: [join(modules, '@oven/bun-linux-x64/bin/bun'), ...serve], lacks: ['ES256K', 'Ed448'] },
  {
    name: 'Deno',
    command: [join(modules, '@deno/linux-x64-glibc/deno'), 'run', '-A', ...serve],
    lacks: LATTICE,
    lacksOfJwe: ['A192GCM', 'A192CBC-HS384', 'A192GCMKW'],
    refusesHighS: true,
  },
  // The first date whose fetch knows the option `cache`; then that of this workerd.
  ...['2024-11-11', '2026-11-17'].map((date) => ({
    name: `workerd at ${date}`,
    command: [
      join(modules, '@cloudflare/workerd-linux-64/bin/workerd'),
      ...workerdArguments(join(scratch, date), date, ISSUERS),
    ],
    descriptor: 3,
    lacks: ['ES256K', 'Ed448', ...LATTICE],
  })),
];

/** After so many milliseconds a runtime is ended, and whatever is asked of it fails. */
const PATIENCE = 120_000;

// ── the trials ──────────────────────────────────────────────────────────────────────────────────────────────────────

try {
  for (const runtime of RUNTIMES) await attempt(runtime);
} finally {
  issuer.close();
  rmSync(scratch, { recursive: true });
}

async function attempt({ name, command, descriptor = 1, ...differences }) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore', 'pipe'], timeout: PATIENCE });
  try {
    const port = await portSaid(child.stdio[descriptor]);
    const lacks = ASYMMETRIC.filter((alg) => differences.lacks?.includes(alg));
    const requests = await judge(`http://127.0.0.1:${port}`, { ...differences, lacks });
    const { lacksOfJwe = [] } = differences;
    const without = [...lacks, ...lacksOfJwe].join(', ');
    console.log(`✓ ${name}: ${requests} requests${without && `, without ${without}`}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`✗ ${name}: ${error.message.replaceAll(/\s+/g, ' ')}`);
  } finally {
    child.kill();
  }
}

async function portSaid(stream) {
  let said = '';
  for await (const chunk of stream) {
    said += chunk;
    const port = /(?:^|"port":)(\d+)[\n}]/.exec(said)?.[1];
    if (port) return port;
  }
  throw new Error('it ended before it listened');
}

/** @returns how many requests were asked */
async function judge(url, { lacks, lacksOfJwe = [], refusesHighS = lacks.includes('ES256K') }) {
  let requests = 0;
  const ask = (path, authorization) => {
    requests++;
    return fetch(`${url}${path}`, authorization && { headers: { authorization } });
  };
  const statusOf = async (token, path = '/orders') => (await ask(path, `Bearer ${token}`)).status;

  const said = await (await ask('/algorithms')).json();
  assert.deepEqual(
    ASYMMETRIC.filter((alg) => !said.includes(alg)),
    lacks,
    'isAlgorithmSupported says otherwise',
  );
  for (const { alg, good, bad, highS } of issuer.tokens) {
    // One alone, then some at once, of which a verifier gives those that follow the first to the thread pool.
    const answers = [await ask('/orders', `Bearer ${good}`)];
    answers.push(...(await Promise.all([1, 2, 3, 4].map(() => ask('/orders', `Bearer ${good}`)))));
    for (const answer of answers) {
      assert.equal(answer.status, lacks.includes(alg) ? 401 : 200, `a good token of ${alg}`);
      if (answer.ok) assert.deepEqual(await answer.json(), { sub: 'user-1', alg });
    }
    for (const [i, token] of bad.entries()) assert.equal(await statusOf(token), 401, `bad token ${i} of ${alg}`);
    if (highS) assert.equal(await statusOf(highS), refusesHighS ? 401 : 200, `a token of ${alg} with a high s`);
  }
  assert.deepEqual(await (await ask('/encryption')).json(), lacksOfJwe, 'encryption');
  for (const alg of ASYMMETRIC.filter((each) => !lacks.includes(each))) {
    const { token, key } = await (await ask(`/token?alg=${alg}`)).json();
    const { claims } = verifyJwt(token, importKey(key), { issuer: 'https://issuer.example', audience: 'api' });
    assert.equal(claims.sub, 'user-1', `a token that it signs by ${alg}`);
  }
  assert.equal((await ask('/orders')).status, 401, 'no token');
  assert.equal((await ask('/orders', 'Basic eDp5')).status, 401, 'another scheme');
  const down = issuer.sign({ iss: ISSUERS['/down'] });
  assert.equal(await statusOf(down, '/down'), 503, 'an issuer that is not there');
  return requests;
}
