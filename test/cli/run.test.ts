// The front of the command: help, and the process itself. The examples that the help shows are run as they stand.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, USAGE } from '../../src/cli/run.ts';
import { exportJwk, generateKey, signJwt } from '../../src/index.ts';
import { type Loopback, serve } from './server.ts';
import { worldOf } from './world.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = import.meta.resolve('tsx');

test.each([[['--help']], [['-h']]])('%j shows the usage', async (argv) => {
  const { world, out, err } = worldOf({ argv });
  expect([await run(world), out(), err()]).toEqual([0, USAGE, '']);
});

test.each([[['verify', '--help']], [['verify', '--jwks', 'x', '-h']]])('%j shows that of the command', async (argv) => {
  const { world, out, err } = worldOf({ argv });
  expect([await run(world), err()]).toEqual([0, '']);
  expect(out()).toMatch(/^verify\n/);
  expect(USAGE.endsWith(out())).toBe(true);
});

describe('the process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-run-'));
  const { PATH } = process.env;
  const environment = { PATH: `${folder}:${PATH}`, NO_COLOR: '1' };
  const node = (args: readonly string[], input: string) =>
    spawnSync(process.execPath, ['--import', TSX, MAIN, ...args], { cwd: folder, input, encoding: 'utf8' });
  let token: string;
  let server: Loopback;

  beforeAll(async () => {
    const key = await generateKey('ES256', { kid: 'ec-1' });
    token = signJwt({ iss: 'https://issuer.example', aud: 'api', sub: 'user-1' }, key, { expiresIn: '1h' });
    writeFileSync(join(folder, 'token.txt'), `${token}\n`);
    const set = JSON.stringify({ keys: [exportJwk(key)] });
    writeFileSync(join(folder, 'jwks.json'), set);
    server = await serve({ '/jwks.json': (_, response) => response.end(set) });
    const command = join(folder, 'barejose');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" --import "${TSX}" "${MAIN}" "$@"\n`);
    chmodSync(command, 0o755);
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('the examples of the help do what they show', async () => {
    const examples = Array.from(USAGE.matchAll(/^ *\$ (.*)$/gm), ([, line = '']) => line);
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      const line = example.replace('http://127.0.0.1:8080/jwks.json', server.url('/jwks.json')); // a port that is free
      const env = { ...environment, TOKEN: token };
      const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { cwd: folder, env });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ sub: 'user-1' });
    }
  });

  test('the exit code and the streams are those of run', () => {
    const { status, stdout, stderr } = node(['verify', '--jwks', 'none'], token);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--issuer must be given');
  });

  test('npm start shows the tour, also to a reader who leaves early', () => {
    const { status, stdout, stderr } = spawnSync('npm', ['start', '--silent'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...environment, npm_config_loglevel: 'error' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('3 accepted, 8 refused');
    const early = spawnSync('sh', ['-c', 'barejose | head -n 1'], { cwd: folder, encoding: 'utf8', env: environment });
    expect([early.status, early.stderr]).toEqual([0, '']);
  });
});

describe('main.ts', () => {
  const { argv } = process;
  const listeners = [process.stdout, process.stderr].map((output) => [output, output.listeners('error')] as const);
  afterEach(() => {
    process.argv = argv;
    process.exitCode = undefined;
    for (const [output, before] of listeners) {
      for (const each of output.listeners('error')) if (!before.includes(each)) output.off('error', each as () => void);
    }
    vi.restoreAllMocks();
  });

  test('hands the process over and keeps the exit code', async () => {
    process.argv = ['node', 'main.ts', 'frobnicate'];
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await import('../../src/cli/main.ts');
    const { exitCode } = process;
    process.exitCode = undefined;
    expect(exitCode).toBe(2);
    expect(write).toHaveBeenCalledWith('barejose: unknown command\nTry: barejose --help\n');
    expect(process.stdout.emit('error', new Error('EPIPE'))).toBe(true);
  });
});
