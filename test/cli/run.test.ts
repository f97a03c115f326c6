// The help and the process. Every example of the help runs as it stands.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS, run, USAGE } from '../../src/cli/run.ts';
import {
  createIssuer,
  encryptJwe,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  fileStore,
  generateKey,
  importPassword,
  nestJwt,
  signJwt,
} from '../../src/index.ts';
import { fakeHost } from './host.ts';
import { type Loopback, serve } from './server.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = import.meta.resolve('tsx');

describe('help', () => {
  test.each([[['--help']], [['-h']], [['frobnicate', '--help']]])('%j shows the whole', async (argv) => {
    const { host, out, err } = fakeHost({ argv });
    expect([await run(host), out(), err()]).toEqual([0, USAGE, '']);
  });

  test.each(COMMANDS)('that of $name, and only where it is asked for', async ({ name, help }) => {
    for (const word of ['--help', '-h']) {
      const { host, out, err } = fakeHost({ argv: [...name.split(' '), word] });
      expect([await run(host), out(), err()]).toEqual([0, help, '']);
      for (const more of [
        ['--issuer', word],
        ['--json', word],
        ['--', word],
      ]) {
        const other = fakeHost({ argv: [...name.split(' '), ...more] });
        expect([(await run(other.host)) > 1, other.out().includes(help)], 'a value is not a wish').toEqual([
          true,
          false,
        ]);
      }
    }
    expect(USAGE).toContain(`barejose ${name} `);
    const { host, out } = fakeHost({ argv: ['help', ...name.split(' ')] });
    expect([await run(host), out()]).toEqual([0, help]);
  });

  test.each(['key', 'jwks', 'ring'])('that of `%s` is a short list, which the word alone shows too', async (group) => {
    for (const argv of [[group], [group, '--help'], [group, '-h'], ['help', group]]) {
      const { host, out, err } = fakeHost({ argv });
      expect([await run(host), err()]).toEqual([0, '']);
      const names = COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(`${group} `));
      expect(out().match(/(?<=^ {2}barejose )\w+ \w+/gm)).toEqual(names);
      expect(out().split('\n').length).toBeLessThan(names.length + 10);
    }
  });

  test('every list and help fits 80 columns, and no word is broken', async () => {
    const groups = ['key', 'jwks', 'ring'].map((group) => fakeHost({ argv: [group] }));
    for (const { host } of groups) await run(host);
    const lines = [USAGE, ...COMMANDS.map(({ help }) => help), ...groups.map(({ out }) => out())].join('').split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { host, out } = fakeHost({ argv: ['--version'] });
    expect([await run(host), out()]).toEqual([0, `barejose ${version}\n`]);
  });
});

test('a message on a terminal is broken at spaces', async () => {
  const { host, err } = fakeHost({ argv: ['ring', 'frobnicate'], terminal: true, columns: 60 });
  expect(await run(host)).toBe(2);
  expect(err()).toBe(
    'barejose: unknown command; ring has init, status, rotate,\n  promote, revoke, timeline, simulate, serve\nTry: barejose --help\n',
  );
});

describe('the process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-run-'));
  const { PATH } = process.env;
  const environment = { PATH: `${folder}:${PATH}`, NO_COLOR: '1', PASSPHRASE: 'correct horse' };
  const node = (args: readonly string[], input: string) =>
    spawnSync(process.execPath, ['--import', TSX, MAIN, ...args], { cwd: folder, input, encoding: 'utf8' });
  const files = join(folder, 'files');
  let token: string;
  let server: Loopback;

  beforeAll(async () => {
    const key = await generateKey('ES256', { kid: 'ec-1' });
    const rsa = await generateKey('RS256', { kid: 'rsa-1' });
    const set = JSON.stringify({ keys: [exportJwk(key)] });
    server = await serve({
      '/jwks.json': (_, response) => response.end(set),
      '/.well-known/openid-configuration': (_, response) =>
        response.end(JSON.stringify({ issuer: server.url(''), jwks_uri: server.url('/jwks.json') })),
    });
    token = signJwt({ iss: server.url(''), aud: 'api', sub: 'user-1' }, key, { expiresIn: '1h' });
    const claims = { iss: 'https://issuer.example', aud: 'api', sub: 'user-1' };
    mkdirSync(files);
    const put = (name: string, text: string) => writeFileSync(join(files, name), text);
    const signed = signJwt(claims, key, { expiresIn: '1h' });
    put('token.txt', `${signed}\n`);
    put('jwks.json', set);
    put('private.jwk', JSON.stringify(exportPrivateJwk(key)));
    put('public.pem', exportPem(key));
    const decrypting = await generateKey('ECDH-ES+A256KW', { kid: 'enc-1' });
    const password = importPassword('correct horse', { alg: 'PBES2-HS256+A128KW', iterations: 1000 });
    const message = new TextEncoder().encode('a message');
    put('message.txt', 'a message');
    put('decryption.jwk', JSON.stringify(exportPrivateJwk(decrypting)));
    put('encryption.jwk', JSON.stringify(exportJwk(decrypting)));
    put('encryption-jwks.json', JSON.stringify({ keys: [exportJwk(decrypting)] }));
    put('encrypted.txt', encryptJwe(message, decrypting.publicKey()));
    put('nested.txt', nestJwt(signed, decrypting.publicKey()));
    put('locked.txt', encryptJwe(message, password));
    put('rsa-private.pem', exportPrivatePem(rsa));
    put('rsa-public.pem', exportPem(rsa));
    let made = 0;
    const generate = () => generateKey('ES256', { kid: `ec-${++made}` });
    const policy = { maxTokenLifetime: '1h' } as const;
    const ring = { issuer: 'https://issuer.example', store: fileStore(join(files, 'ring')), policy, generate };
    await (await createIssuer(ring)).close();
    const copies = fakeHost({ argv: ['vendor', 'verify', '--into', join(files, 'vendor/barejose')] });
    expect(await run(copies.host)).toBe(0);
    const command = join(folder, 'barejose');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" --import "${TSX}" "${MAIN}" "$@"\n`);
    chmodSync(command, 0o755);
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const helps = [USAGE, ...COMMANDS.map(({ help }) => help)].join('\n');
  const examples = Array.from(
    new Set(Array.from(helps.matchAll(/^ *\$ ((?:.*\\\n)*.*)$/gm), ([, line = '']) => line.replace(/ \\\n */g, ' '))),
  );

  test('each command has examples', () => {
    for (const { help } of COMMANDS) expect(help).toMatch(/\n {2}\$ barejose |\| barejose /);
    expect(examples.length).toBeGreaterThan(COMMANDS.length);
  });

  /** A folder with the files of the examples, but for what the example will make. */
  function surroundings(example: string): string {
    const cwd = mkdtempSync(join(folder, 'example-'));
    cpSync(files, cwd, { recursive: true });
    const [, made = ''] = /--out (\S+)/.exec(example) ?? [];
    if (made) rmSync(join(cwd, made), { force: true });
    if (example.includes('ring init')) rmSync(join(cwd, 'ring'), { recursive: true });
    else chmodSync(join(cwd, 'ring'), 0o700); // Node 24's cpSync does not keep it
    return cwd;
  }
  const endless = examples.filter((example) => example.startsWith('barejose ring serve'));

  test.concurrent.each(endless)('%s, until it is stopped', async (example) => {
    const line = example.includes('--port') ? example : `${example} --port 0`;
    const child = spawn('sh', ['-c', `exec ${line}`], { cwd: surroundings(example), env: environment });
    const [output] = await once(child.stdout, 'data');
    expect(String(output)).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json/);
    child.kill(example.includes('json') ? 'SIGINT' : 'SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.concurrent.each(examples.filter((example) => !endless.includes(example)))('%s', async (example) => {
    const cwd = surroundings(example);
    const line = example.replace('http://127.0.0.1:8080', server.url('')); // a port that is free
    const env = { ...environment, TOKEN: token };
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd, env });
    const [, target] = / (?:>|--out) (\S+)/.exec(example) ?? [];
    expect(target === undefined ? stdout : readFileSync(join(cwd, target), 'utf8')).not.toBe('');
  });

  test('the exit code and the streams are those of run', () => {
    const { status, stdout, stderr } = node(['verify', '--jwks', 'none'], token);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('either --issuer or --any-issuer and either --audience or --any-audience must be given');
  });

  test('npm start shows the tour, also to a reader who leaves early', () => {
    const { status, stdout, stderr } = spawnSync('npm', ['start', '--silent'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...environment, npm_config_loglevel: 'error' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('3 accepted, 8 refused, a key rotated and one revoked');
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

  test('passes the process to run, sets the exit code, and reports lost output', async () => {
    process.argv = ['node', 'main.ts', 'frobnicate'];
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await import('../../src/cli/main.ts');
    const { exitCode } = process;
    process.exitCode = undefined;
    expect(exitCode).toBe(2);
    expect(write).toHaveBeenCalledWith('Try: barejose --help\n');
    process.stdout.emit('error', Object.assign(new Error('left'), { code: 'EPIPE' }));
    expect(process.exitCode).toBeUndefined();
    process.stdout.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' }));
    expect(process.exitCode).toBe(4);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('a server stops at %s, and at no other', async (signal) => {
    vi.resetModules();
    const ring = mkdtempSync(join(tmpdir(), 'barejose-main-'));
    const options = ['--ring', ring, '--issuer', 'https://issuer.example'];
    const made = fakeHost({ argv: ['ring', 'init', ...options, '--max-token-lifetime', '1h'] });
    expect(await run(made.host)).toBe(0);
    process.argv = ['node', 'main.ts', 'ring', 'serve', ...options, '--port', '0'];
    const before = process.listenerCount(signal);
    const output = new Promise<unknown>((resolve) => {
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        resolve(text);
        return true;
      });
    });
    const main = import('../../src/cli/main.ts');
    expect(await output).toMatch(/^http:/);
    await vi.waitUntil(() => process.listenerCount(signal) === before + 1);
    process.emit(signal, signal);
    await main;
    expect(process.exitCode).toBe(0);
    rmSync(ring, { recursive: true });
  });
});
