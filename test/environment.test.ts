// The build runs where an operator has locked the runtime down: no code from strings, frozen intrinsics, and Node's
// permission model. Under the latter only reading the build itself is granted, since modules must be read to be loaded;
// verifying and signing need no grant, and the script tells what it could not have done.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlgorithmSupported, SIGNATURE_ALGORITHMS } from '../src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'barejose-')));
const smoke = join(folder, 'smoke.mjs');

const supported = SIGNATURE_ALGORITHMS.filter(isAlgorithmSupported);
const missing = SIGNATURE_ALGORITHMS.filter((alg) => !supported.includes(alg));

beforeAll(() => {
  const args = [join(root, '.ci/build.mjs'), join(folder, 'dist')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  copyFileSync(join(root, 'test/support/smoke.mjs'), smoke);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

function node(...flags: readonly string[]) {
  const args = [...flags, smoke, join(folder, 'dist/index.js'), missing.join(',')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: {} });
  const passed = stdout
    .split('\n')
    .filter((line) => line.startsWith('✓ '))
    .map((line) => line.slice(2));
  return { status, passed, output: stdout + stderr };
}

const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

test.each([
  ['as it is', []],
  ['with --disallow-code-generation-from-strings', ['--disallow-code-generation-from-strings']],
  ['with --frozen-intrinsics', ['--frozen-intrinsics']],
  ['under the permission model', [PERMISSION, `--allow-fs-read=${folder}/*`]],
  [
    'with all of them, and with __proto__ gone',
    [
      '--disallow-code-generation-from-strings',
      '--frozen-intrinsics',
      '--disable-proto=delete',
      PERMISSION,
      `--allow-fs-read=${folder}/*`,
    ],
  ],
])('the build signs, verifies, encrypts and refuses %s', (_, flags) => {
  const { status, passed, output } = node(...flags);
  expect(status, output).toBe(0);
  expect(passed).toEqual([...supported, 'a service over discovered keys', 'encryption']);
});

/** Imports a file of the build, and returns the names of its exports and what it has loaded of node that few programs need. */
function loadedBy(file: string): { names: string[]; rare: string[] } {
  const rare = 'process.moduleLoadList.filter((name) => /^NativeModule (?:zlib|https|fs\\/promises)$/.test(name))';
  const code = `const names = Object.keys(await import('./${file}'));
    console.log(JSON.stringify({ names, rare: ${rare} }));`;
  const flags = ['--input-type=module', '--eval', code];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8', env: {} });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('a subpath of what verifies with given keys runs with verify.js alone', () => {
  const files = ['verify.js', 'verifier/verifier.js', 'jwt/verify.js', 'jwks/import.js'];
  for (const name of ['verifier', 'jwt', 'jwks']) mkdirSync(join(folder, 'alone', name), { recursive: true });
  for (const file of files) copyFileSync(join(folder, 'dist', file), join(folder, 'alone', file));
  expect(loadedBy('alone/verifier/verifier.js').names).toEqual(['Verifier', 'createKeyVerifier']);
  expect(loadedBy('alone/jwt/verify.js').names).toEqual(['VerifiedJwt', 'isVerifiedJwt', 'verifyJwt']);
  expect(loadedBy('alone/jwks/import.js').names).toEqual(['importJwks']);
});

test('an import of all loads no module of node that few programs need', () => {
  expect(loadedBy('dist/index.js').rare).toEqual([]);
});

test('under the permission model nothing else was granted', () => {
  const asked = "console.log(['fs.write', 'child', 'worker'].map((scope) => process.permission.has(scope)).join())";
  const flags = [PERMISSION, `--allow-fs-read=${folder}/*`, '--input-type=module', '--eval', asked];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8', env: {} });
  expect(stdout.trim(), stderr).toBe('false,false,false');
});
