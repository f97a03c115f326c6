// The endpoint of the command as a client sees it, over a ring that rotates, and over a store that fails.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serverUrl } from '../../src/cli/ring-serve.ts';
import { run } from '../../src/cli/run.ts';
import { fakeHost } from './host.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
let folder: string;
let ring: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  folder = mkdtempSync(join(tmpdir(), 'barejose-serve-'));
  ring = join(folder, 'ring');
  const argv = ['ring', 'init', '--ring', ring, '--issuer', 'http://127.0.0.1:8080', '--max-token-lifetime', '1h'];
  expect(await run(fakeHost({ argv }).host)).toBe(0);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** Runs the command until it is stopped. */
async function serveRing(...more: readonly string[]) {
  let stop = () => {};
  const untilStopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const { host, out, err } = fakeHost({
    argv: ['ring', 'serve', '--ring', ring, '--port', '0', ...more],
    untilStopped: () => untilStopped,
  });
  let resolveUrl = () => {};
  const urlWritten = new Promise<void>((resolve) => {
    resolveUrl = resolve;
  });
  const stdout = { write: (text: string) => [host.stdout.write(text), resolveUrl()] };
  const code = run({ ...host, stdout });
  await urlWritten;
  const end = () => {
    stop();
    return code;
  };
  return { url: out().trim(), err, end };
}

test('serves the set, and follows changes by other processes', async () => {
  const { url, err, end } = await serveRing();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json$/);
  const first = await fetch(url);
  expect(first.status).toBe(200);
  expect(first.headers.get('content-type')).toBe('application/jwk-set+json');
  expect(Object(await first.json()).keys).toHaveLength(2);
  vi.setSystemTime(NOW + 25 * 3_600_000);
  expect(await run(fakeHost({ argv: ['ring', 'rotate', '--ring', ring] }).host)).toBe(0);
  expect(Object(await (await fetch(url)).json()).keys).toHaveLength(3);
  expect((await fetch(url.replace('jwks.json', 'openid-configuration'))).status).toBe(404);
  expect([await end(), err()]).toEqual([0, '']);
  await expect(fetch(url)).rejects.toThrow();
});

test('creates a key that is due', async () => {
  const { url, err, end } = await serveRing();
  vi.setSystemTime(NOW + 91 * 86_400_000);
  expect(Object(await (await fetch(url)).json()).keys).toHaveLength(2);
  expect([await end(), err()]).toEqual([0, '']);
});

test('serves the metadata on request', async () => {
  const { url, end } = await serveRing('--metadata');
  const metadata = await (await fetch(url.replace('jwks.json', 'openid-configuration'))).json();
  expect(metadata).toMatchObject({
    issuer: 'http://127.0.0.1:8080',
    jwks_uri: 'http://127.0.0.1:8080/.well-known/jwks.json',
  });
  expect(await end()).toBe(0);
});

test('reports a failure on standard error, and publishes nothing from an invalid ring', async () => {
  const { url, err, end } = await serveRing();
  writeFileSync(join(ring, 'ring-000000000002.json'), '{"\u001b[2J', { mode: 0o600 });
  vi.setSystemTime(NOW + 31_000);
  expect((await fetch(url)).status).toBe(200); // and reads again, after the answer
  await vi.waitUntil(() => err() !== '');
  expect(err()).toMatch(/^barejose: ERR_RING_INVALID: [ -~]+\n$/);
  vi.setSystemTime(NOW + 3_600_000);
  const { status, headers } = await fetch(url);
  expect([status, headers.get('cache-control')]).toEqual([500, 'no-store']);
  await vi.waitUntil(() => err().split('\n').length > 2);
  expect(new Set(err().split('\n')).size, 'the same again').toBe(2);
  expect(await end()).toBe(0);
});

test('reports a key that it cannot create, and publishes the others', async () => {
  const sealed = join(folder, 'sealed');
  const KEY = 'a'.repeat(64);
  const init = ['--issuer', 'https://issuer.example', '--max-token-lifetime', '1h', '--seal-env', 'KEY'];
  expect(await run(fakeHost({ argv: ['ring', 'init', '--ring', sealed, ...init], env: { KEY } }).host)).toBe(0);
  ring = sealed;
  const { url, err, end } = await serveRing();
  vi.setSystemTime(NOW + 90 * 86_400_000);
  const { status } = await fetch(url);
  expect(status).toBe(200);
  await vi.waitUntil(() => err() !== '');
  expect(err()).toMatch(/^barejose: the ring cannot be maintained: /);
  expect(await end()).toBe(0);
});

test('stops although a client does not finish its request', async () => {
  const { url, end } = await serveRing();
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => socket.write('GET / HTTP/1.1\r\nHost: a\r\n', () => resolve()));
  expect((await fetch(url)).status).toBe(200); // by now the server has the other's beginning, too
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const code = end();
  await vi.waitUntil(() => vi.getTimerCount() === 1);
  vi.runAllTimers();
  expect(await code).toBe(0);
  socket.destroy();
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['::1', 'http://[::1]:80'],
])('the URL of %s is %s', (address, url) => expect(serverUrl({ address, port: 80 })).toBe(url));
