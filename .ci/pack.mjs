// node .ci/pack.mjs [folder for the tarball]: what npm publishes is exactly what is built and the documents, within a budget;
// installing it adds one package; every public path imports and gives the front door's very own values; its command answers.

import { strict as assert } from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The source is in the package for `barejose vendor` and for who reads it: 1,000 KiB of these.
const MAX_FILES = 435;
const MAX_BYTES = 2_560_000; // 2,500 KiB

const folder = mkdtempSync(join(tmpdir(), 'barejose-pack-'));
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

try {
  const output = npm(['pack', '--json', '--silent', '--pack-destination', folder]);
  const [{ files, filename, size, unpackedSize }] = JSON.parse(output.slice(output.indexOf('[\n')));
  const packed = files.map(({ path }) => path).toSorted();

  const pages = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('README.md'));
  const documents = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'package.json',
    ...pages.map((page) => `src/${page}`),
  ];
  const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
  const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
  const doors = paths.slice(1).flatMap((path) => ['.js', '.d.ts', '.d.cts'].map((end) => `dist${path.slice(1)}${end}`));
  const index = ['.js', '.cjs', '.mjs', '.d.ts', '.d.cts'].map((end) => `dist/index${end}`);
  const adapters = paths
    .filter((path) => /^\.\/(?:compat\/|testing$)/.test(path))
    .map((path) => `dist${path.slice(1)}.cjs`);
  const others = ['dist/verify.js', 'dist/browser.js', 'dist/browser.cjs', 'dist/cli/main.js', 'dist/cli/types.json'];
  const built = [...index, ...doors, ...adapters, ...others];
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/^(?:cli|compat|testing)\//.test(name))
    .map((name) => `src/${name}`);
  assert.deepEqual(packed, [...documents, ...built, ...source].toSorted());
  console.log(`${filename}: ${packed.length} files, ${size} bytes, ${unpackedSize} unpacked`);
  assert.ok(packed.length <= MAX_FILES, `at most ${MAX_FILES} files`);
  assert.ok(unpackedSize <= MAX_BYTES, `at most ${MAX_BYTES} bytes unpacked`);
  execFileSync(process.execPath, ['.ci/exports.mjs', '--check'], { stdio: 'inherit' });
  if (process.argv[2]) copyFileSync(join(folder, filename), join(process.argv[2], 'barejose.tgz'));

  const app = join(folder, 'app');
  execFileSync('mkdir', [app]);
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}');
  npm(['install', '--ignore-scripts', join(folder, filename)], app);
  assert.deepEqual(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['barejose'],
  );

  writeFileSync(
    join(app, 'all.js'),
    `import * as front from 'barejose';
    for (const path of ${JSON.stringify(paths)}) {
      const names = Object.entries(await import('barejose' + path.slice(1)));
      if (path !== '.' && names.length > 20) throw new Error(path + ' exports more than its part');
      if (names.length === 0) throw new Error(path + ' exports nothing');
      if (/^[.][/](compat[/]|testing$)/.test(path)) continue; // its names are its own, or the package's that it stands for
      for (const [name, value] of names) if (value !== front[name]) throw new Error(path + ' has its own ' + name);
    }`,
  );
  execFileSync(process.execPath, ['all.js'], { cwd: app, stdio: 'inherit' });
  // A Node that can require ES modules has one copy in index.js, another one in index.cjs.
  writeFileSync(
    join(app, 'both.mjs'),
    `import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const path of ${JSON.stringify(paths)}) {
      const required = require('barejose' + path.slice(1));
      for (const [name, value] of Object.entries(await import('barejose' + path.slice(1))))
        if (value !== (name === 'default' ? required : required[name])) throw new Error(path + ': two copies of ' + name);
    }`,
  );
  for (const flags of [[], ['--no-experimental-require-module']])
    execFileSync(process.execPath, ['--no-warnings', ...flags, 'both.mjs'], { cwd: app, stdio: 'inherit' });

  for (const command of Object.keys(bin)) {
    const { status } = spawnSync(join(app, 'node_modules/.bin', command), ['verify'], { input: '', cwd: app });
    assert.equal(status, 2, `${command} verify without options: exit 2, not ${status}`);
    for (const form of [[], ['--javascript']]) {
      const vendor = (...args) => spawnSync(join(app, 'node_modules/.bin', command), ['vendor', ...args], { cwd: app });
      const into = ['--into', `vendored${form}`];
      assert.equal(vendor('verify', 'bearer', 'issuer', ...into, ...form).status, 0, `vendor ${form}`);
      assert.equal(vendor('check', ...into).status, 0, `vendor check ${form}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
