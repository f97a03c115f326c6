// The packed package in other people's tools: node try.mjs TARBALL [folder of a Node's binary…]
// Lints it, then uses it from a project without settings of its own. Each line is a tool and what it did; a failure says all.

import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const [tarball, ...nodes] = process.argv.slice(2).map((path) => resolve(path));
const modules = join(here, 'node_modules');
const out = mkdtempSync(join(modules, '.out-'));
process.on('exit', () => rmSync(out, { recursive: true }));
const major = (folder) => /\d+/.exec(execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' }))?.[0];

const work = [];
/** A script of node_modules, or of an absolute path, to be run in app; it must succeed, or fail, and print what `says` matches. */
function attempt(name, [script, ...args], { node = '', says = /^/, fails = false, env = {} } = {}) {
  work.push(async () => {
    const PATH = node ? `${node}${delimiter}${process.env.PATH}` : process.env.PATH;
    const options = { cwd: join(here, 'app'), env: { ...process.env, NO_COLOR: '1', PATH, ...env }, maxBuffer: 1e8 };
    const { code, said } = await run(
      node ? join(node, 'node') : process.execPath,
      [resolve(modules, script), ...args],
      options,
    );
    const good = (code !== 0) === fails && says.test(said);
    console.log(`${good ? '✓' : '✗'} ${name}`);
    if (good) return;
    console.log(`exit ${code}\n${said.slice(-4000)}`);
    process.exitCode = 1;
  });
}

function run(file, args, options) {
  return new Promise((done) => {
    const child = execFile(file, args, options, (error, stdout, stderr) =>
      done({ code: error?.code ?? 0, said: stdout + stderr }),
    );
    child.stdin.end();
  });
}

await install();
lints();
types();
for (const node of nodes) tests(node);
runners();
bundles();
browsers();
await Promise.all(
  [1, 2].map(async () => {
    for (let next = work.shift(); next; next = work.shift()) await next();
  }),
);

async function install() {
  const target = join(modules, 'barejose');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const { code, said } = await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], {});
  if (code !== 0) throw new Error(said);
}

function lints() {
  const { exports } = JSON.parse(readFileSync(join(modules, 'barejose/package.json'), 'utf8'));
  const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
  attempt('publint', ['publint/src/cli.js', tarball, '--strict'], { says: /All good!/ });
  attempt('are the types wrong', ['@arethetypeswrong/cli/dist/index.js', tarball, '--entrypoints', ...paths], {
    says: /No problems found/,
  });
}

/** Each compiler, each way of finding modules, from a CommonJS file and an ES module; declarations are checked, too. */
function types() {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: 'es2022',
    noEmit: true,
  };
  // @types/node 26 itself needs TypeScript 5.6.
  const older = join(out, 'older');
  cpSync(join(modules, 'types-node-20'), join(older, 'node_modules/@types/node'), { recursive: true });
  for (const folder of [out, older])
    for (const name of ['use.ts', 'use.mts', 'use.cts']) copyFileSync(join(here, 'app/use.ts'), join(folder, name));
  const ways = {
    node10: { module: 'commonjs', moduleResolution: 'node10' },
    node16: { module: 'node16', moduleResolution: 'node16' },
    nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  };
  for (const compiler of ['typescript-5.4', 'typescript', 'typescript-7'])
    for (const [way, modes] of Object.entries(ways)) {
      const folder = compiler === 'typescript-5.4' ? older : out;
      if (compiler === 'typescript-7' && way === 'node10') continue; // it knows node10 no more
      const files = way.startsWith('node') && way !== 'node10' ? ['use.mts', 'use.cts'] : ['use.ts'];
      const project = join(folder, `${compiler}-${way}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions: { ...strict, ...modes, types: ['node'] }, files }));
      attempt(`${compiler}, ${way}`, [`${compiler}/bin/tsc`, '-p', project]);
    }
}

function tests(node) {
  for (const jest of ['jest-29', 'jest-30']) {
    attempt(
      `${jest}, Node ${major(node)}`,
      [`${jest}/bin/jest.js`, 'jest.test.js', '--cacheDirectory', join(out, jest + major(node))],
      { node },
    );
    const pattern = [
      '--testMatch',
      `**/${jest === 'jest-29' ? 'both' : 'import'}.test.mjs`,
      '--cacheDirectory',
      join(out, `${jest}-esm${major(node)}`),
    ];
    const env = { NODE_OPTIONS: '--experimental-vm-modules' };
    attempt(`${jest} of ES modules, Node ${major(node)}`, [`${jest}/bin/jest.js`, ...pattern], { node, env });
  }
}

function runners() {
  const says = /^one copy$/m;
  attempt('Node', [join(here, 'app/both.mjs')], { says });
  attempt('tsx, ES modules', ['tsx/dist/cli.mjs', 'import.mjs'], { says });
  attempt('tsx, CommonJS', ['tsx/dist/cli.mjs', 'both.ts'], { says });
  attempt('ts-node', ['ts-node/dist/bin.js', '--transpileOnly', 'both.ts'], { says });
  attempt('Vitest', ['vitest/vitest.mjs', 'run'], { says: /Tests +2 passed/ });
}

/** An ES module and a CommonJS one in one bundle, which is then run. */
function bundles() {
  attempt('esbuild, as Wrangler bundles', [join(here, 'bundle.mjs'), 'esbuild', 'workerd', join(out, 'workerd')], {
    says: /^one copy$/m,
  });
  for (const tool of ['esbuild', 'rollup', 'webpack', 'vite'])
    attempt(`${tool}, bundled and run`, [join(here, 'bundle.mjs'), tool, 'node', join(out, tool)], {
      says: /^one copy$/m,
    });
}

function browsers() {
  const jsdom = [
    '--testEnvironmentOptions',
    '{"customExportConditions":["browser"]}',
    '--cacheDirectory',
    join(out, 'jsdom'),
  ];
  attempt('jest-30 with the conditions of jsdom: refused', ['jest-30/bin/jest.js', 'jest.test.js', ...jsdom], {
    says: /does not run in browsers/,
    fails: true,
  });
  for (const tool of ['esbuild', 'rollup', 'webpack', 'vite'])
    attempt(
      `${tool}, for browsers: refused`,
      [join(here, 'bundle.mjs'), tool, 'browser', join(out, `${tool}-browser`)],
      {
        says: /browser\.js|module has no exports/,
        fails: true,
      },
    );
}
