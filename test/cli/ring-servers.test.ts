// The command over real databases. No output repeats the URL.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/cli/ring-database.ts';
import { run } from '../../src/cli/run.ts';
import { announce, HAS_POSTGRES, HAS_REDIS, type Server, startPostgres, startRedis } from '../support/servers.ts';
import { fakeHost } from './host.ts';

announce('tests of `barejose ring` over real servers');

const PASSWORD = 'never-told';

/** The URL of a server, with a password that it does not ask for. */
function urlOf({ url }: Server): string {
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username || 'default'}:${PASSWORD}@${host}${pathname}`;
}

/** Runs `barejose ring …` on the ring of that name behind a URL. */
function ring(url: string, issuer: string, [word = '', ...more]: readonly string[]) {
  return command(url, ['ring', word, '--issuer', issuer, ...more]);
}

async function command(url: string, argv: readonly string[]) {
  const { host, out, err } = fakeHost({ argv, env: { BAREJOSE_RING: url } });
  const code = await run(host);
  expect(out() + err()).not.toContain(PASSWORD);
  return { code, out: out(), err: err() };
}

describe.each([
  { name: 'PostgreSQL', isHere: HAS_POSTGRES, start: startPostgres },
  { name: 'Redis', isHere: HAS_REDIS, start: startRedis },
])('$name', ({ name, isHere, start }) => {
  describe.skipIf(!isHere)('by its URL', () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    }, 60_000);
    afterAll(() => server?.dispose());

    test('every command, with two rings in one place', async () => {
      const url = urlOf(server);
      const none = { code: 2, err: 'barejose: --ring: there is no key ring; `barejose ring init` creates one\n' };
      for (const issuer of ['https://a.example', 'https://b.example']) {
        expect(await ring(url, issuer, ['status'])).toMatchObject(none);
        expect(await ring(url, issuer, ['init', '--max-token-lifetime', '1h'])).toMatchObject({ code: 0 });
        expect(await ring(url, issuer, ['init', '--max-token-lifetime', '1h'])).toMatchObject({
          code: 1,
          err: 'barejose: ERR_RING_CONFLICT: the store already has a key ring\n',
        });
      }
      const on = (...argv: string[]) => ring(url, 'https://a.example', argv);
      const [first, second] = JSON.parse((await on('status', '--json')).out).keys;
      expect(await on('rotate')).toMatchObject({ code: 0, err: '' });
      expect(await on('promote', second.kid)).toMatchObject({ code: 1 });
      expect(await on('promote', second.kid, '--force')).toMatchObject({ code: 0 });
      expect(await on('revoke', first.kid, '--reason', 'lost')).toMatchObject({ code: 0 });
      for (const word of ['timeline', 'simulate']) expect(await on(word)).toMatchObject({ code: 0, err: '' });
      expect(await on('serve', '--port', '0')).toMatchObject({ code: 0, err: '' });
      const { keys } = JSON.parse((await on('status', '--json')).out);
      expect(keys.map(({ state }: { state: string }) => state)).toEqual(['revoked', 'active', 'pending']);
      const other = JSON.parse((await ring(url, 'https://b.example', ['status', '--json'])).out);
      expect(other.keys.map(({ state }: { state: string }) => state)).toEqual(['active', 'pending']);
    });

    test('a ring under a name and in a place of its own, made by a service: revoked by the command', async () => {
      const url = urlOf(server);
      const own = name === 'Redis' ? ['--prefix', 'auth:'] : ['--table', 'auth_rings'];
      const on = (...argv: string[]) => command(url, ['ring', ...argv, '--name', 'main', ...own]);
      const init = ['init', '--issuer', 'https://own.example', '--max-token-lifetime', '1h'];
      expect(await on('status')).toMatchObject({ code: 2, err: expect.stringContaining('there is no key ring') });
      expect(await on(...init)).toMatchObject({ code: 0 });
      const [first] = JSON.parse((await on('status', '--json')).out).keys;
      expect(await on('revoke', first.kid.slice(0, 11), '--reason', 'lost')).toMatchObject({ code: 0 });
      expect((await on('status')).out).toContain('https://own.example');
      expect(await on('simulate')).toMatchObject({ code: 0 });
      expect(await ring(url, 'main', ['status'])).toMatchObject({ code: 2 });
    });

    test('a server that is away, and comes back', async () => {
      const url = urlOf(server);
      await server.stop();
      expect(await ring(url, 'https://a.example', ['rotate'])).toMatchObject({
        code: 3,
        err: 'barejose: ERR_RING_UNAVAILABLE: the key ring cannot be reached (ECONNREFUSED)\n',
      });
      await server.start();
      expect(await ring(url, 'https://a.example', ['status'])).toMatchObject({ code: 0, err: '' });
    });
  });
});

test.skipIf(!HAS_REDIS)('Redis with a password, and a database that it does not have', async () => {
  const server = await startRedis();
  try {
    const { host } = new URL(server.url);
    const client = new Redis(server.url);
    await client.config('SET', 'requirepass', PASSWORD);
    client.disconnect();
    const status = (url: string) => ring(url, 'a', ['status']);
    const unavailable = 'barejose: ERR_RING_UNAVAILABLE: the key ring cannot be reached';
    expect(await status(`redis://${host}`)).toMatchObject({ code: 3, err: `${unavailable} (NOAUTH)\n` });
    expect(await status(`redis://:wrong@${host}`)).toMatchObject({ code: 3, err: `${unavailable} (WRONGPASS)\n` });
    expect(await status(`redis://:${PASSWORD}@${host}/99`)).toMatchObject({ code: 3, err: `${unavailable}\n` });
    expect(await status(`redis://:${PASSWORD}@${host}/9`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no key ring'),
    });
  } finally {
    await server.dispose();
  }
});

test.skipIf(!HAS_REDIS)('Redis by the package redis, where there is no ioredis', async () => {
  const server = await startRedis();
  try {
    const missing = () => Promise.reject(Object.assign(new Error(), { code: 'ERR_MODULE_NOT_FOUND' }));
    const load = (name: string) => (name === 'redis' ? import('redis') : missing());
    const { store, prepare, close } = await connectDatabase({ url: new URL(server.url), ring: 'a' }, load);
    await prepare();
    expect([await store.save('{}', 0), await store.load()]).toEqual([true, { records: '{}', version: 1 }]);
    await close();
    await server.stop();
    await expect(connectDatabase({ url: new URL(server.url), ring: 'a' }, load)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  } finally {
    await server.dispose();
  }
});
