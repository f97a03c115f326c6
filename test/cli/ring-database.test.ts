// The packages of PostgreSQL and Redis are stood in for here; test/issuer/stores-servers.test.ts has the real ones.
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/host.ts';
import { connectDatabase, type ImportPackage } from '../../src/cli/ring-database.ts';

const at = (url: string) => ({ url: new URL(url), ring: 'https://issuer.example' });
const missing = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' }));

/** Packages by name; any other is missing. */
function packages(modules: Readonly<Record<string, unknown>>): ImportPackage {
  return (name) => (name in modules ? Promise.resolve(modules[name]) : missing());
}

/** Records the calls of a client. */
type Log = unknown[];

function pgLike(log: Log) {
  class Pool {
    constructor({ connectionString, max }: { connectionString: string; max: number }) {
      log.push(connectionString, max);
    }
    on(event: string, listener: (error: unknown) => unknown) {
      log.push(event, typeof listener(new Error('idle')));
    }
    async query(text: string) {
      log.push(text.split(' ')[0]);
      return { rows: [] };
    }
    async end() {
      log.push('end');
    }
  }
  return { Pool };
}

function ioRedisLike(log: Log, failure?: Error, goesOn?: 'goes on') {
  class Redis {
    readonly #listeners: ((error: unknown) => void)[] = [];
    constructor(url: string, { retryStrategy }: { retryStrategy: () => unknown }) {
      log.push(url);
      this.retry = retryStrategy;
    }
    readonly retry: () => unknown;
    on(_: string, listener: (error: unknown) => void) {
      this.#listeners.push(listener);
    }
    async connect() {
      log.push(this.retry());
      if (!failure) return;
      for (const listener of this.#listeners) listener(failure);
      if (!goesOn) throw new Error('Connection is closed.');
    }
    async call(...words: string[]) {
      log.push(words[0], this.retry());
      return [null, null];
    }
    disconnect() {
      log.push('disconnect');
    }
  }
  return { Redis };
}

interface Socket {
  readonly reconnectStrategy: () => unknown;
}

function redisLike(log: Log) {
  return {
    createClient: ({ url, socket }: { url: string; socket: Socket }) => ({
      on: (event: string, listener: (error: unknown) => unknown) =>
        log.push(event, typeof listener(new Error('closed'))),
      connect: async () => log.push(url, socket.reconnectStrategy()),
      sendCommand: async (words: string[]) => {
        log.push(words[0], socket.reconnectStrategy());
        return [null, null];
      },
      quit: () => Promise.reject(new Error('closed already')),
    }),
  };
}

const NOTHING = { records: undefined, version: 0 };

test.each(['postgres', 'postgresql'])('%s by pg, in whichever way it exports', async (scheme) => {
  for (const wrapText of [(it: object) => it, (it: object) => ({ default: it })]) {
    const log: Log = [];
    const url = `${scheme}://user:secret@host/rings`;
    const { store, prepare, close } = await connectDatabase(at(url), packages({ pg: wrapText(pgLike(log)) }));
    expect(await store.load()).toEqual(NOTHING);
    await prepare();
    await close();
    expect(log).toEqual([url, 1, 'error', 'object', 'select', 'select', 'create', 'end']);
  }
});

describe.each(['redis', 'rediss'])('%s', (scheme) => {
  const url = `${scheme}://:secret@host:6379`;

  test('by ioredis; it is connected anew only once it was connected', async () => {
    const log: Log = [];
    const load = packages({ ioredis: ioRedisLike(log), redis: {} });
    const { store, prepare, close } = await connectDatabase(at(url), load);
    expect(await store.load()).toEqual(NOTHING);
    await prepare();
    await close();
    expect(log).toEqual([url, null, 'HMGET', 1_000, 'disconnect']);
  });

  test('by ioredis, which cannot connect: the reason is the first failure', async () => {
    const failure = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    await expect(connectDatabase(at(url), packages({ ioredis: ioRedisLike([], failure) }))).rejects.toBe(failure);
  });

  test('by ioredis, which goes on with another database than the one that was asked for: not with us', async () => {
    const log: Log = [];
    const failure = new Error('ERR DB index is out of range');
    const load = packages({ ioredis: ioRedisLike(log, failure, 'goes on') });
    await expect(connectDatabase(at(`${url}/99`), load)).rejects.toBe(failure);
    expect(log.at(-1)).toBe('disconnect');
  });

  test('by ioredis, which says nothing but that it cannot connect', async () => {
    class Redis {
      on() {}
      async connect() {
        throw new Error('Connection is closed.');
      }
      disconnect() {}
    }
    await expect(connectDatabase(at(url), packages({ ioredis: { Redis } }))).rejects.toThrow('Connection is closed.');
  });

  test.each(['/abc', '/1/2', '/-1', '?db=abc'])('a database is a number, and not %s', async (database) => {
    for (const load of [packages({ ioredis: ioRedisLike([]) }), packages({ redis: redisLike([]) })])
      await expect(connectDatabase(at(`${url}${database}`), load)).rejects.toThrow(UsageError);
  });

  test('by redis, where there is no ioredis; that it is closed already is nothing', async () => {
    const log: Log = [];
    const { store, prepare, close } = await connectDatabase(at(url), packages({ redis: redisLike(log) }));
    expect(await store.load()).toEqual(NOTHING);
    await prepare();
    await close();
    expect(log).toEqual(['error', 'object', url, false, 'HMGET', 1_000]);
  });
});

test.each([
  ['postgres://host', '--ring needs the package pg: npm install pg'],
  ['redis://host', '--ring needs the package ioredis or redis: npm install ioredis'],
  ['https://user:secret@host', '--ring must be a folder, or a postgres:// or redis:// URL'],
  ['constructor:host', '--ring must be a folder, or a postgres:// or redis:// URL'],
])('%s without a package', async (url, message) => {
  await expect(connectDatabase(at(url), missing)).rejects.toEqual(new UsageError(message));
});

describe('a name of its own', () => {
  const asked = async (address: object, url: string, modules: Readonly<Record<string, unknown>>) =>
    (await connectDatabase({ ...at(url), ...address }, packages(modules))).store.load();

  test('a table of PostgreSQL', async () => {
    const texts: string[] = [];
    class Pool {
      on() {}
      async query(text: string, values: string[]) {
        texts.push(text, ...values);
        return { rows: [] };
      }
    }
    await asked({ ring: 'main', table: 'auth.rings' }, 'postgres://host', { pg: { Pool } });
    expect(texts).toEqual([expect.stringContaining('from "auth"."rings" where'), 'main']);
    await expect(asked({ table: 'a b' }, 'postgres://host', { pg: { Pool } })).rejects.toThrow('options.table');
  });

  test.each(['ioredis', 'redis'])('a prefix in Redis, by %s', async (name) => {
    const keys: unknown[] = [];
    const answer = async (words: readonly unknown[]) => {
      keys.push(words[1]);
      return [null, null];
    };
    class Redis {
      on() {}
      async connect() {}
      call = (...words: string[]) => answer(words);
    }
    const createClient = () => ({ on() {}, connect: async () => undefined, sendCommand: answer });
    const modules = name === 'ioredis' ? { ioredis: { Redis } } : { redis: { createClient } };
    await asked({ ring: 'main', prefix: 'mine:' }, 'redis://host', modules);
    await asked({ ring: 'main', prefix: '' }, 'redis://host', modules);
    await asked({ ring: 'main' }, 'redis://host', modules);
    expect(keys).toEqual(['mine:main', 'main', 'barejose:ring:main']);
    await expect(asked({ table: 'rings' }, 'redis://host', modules)).rejects.toThrow(
      new UsageError('--table is for PostgreSQL; use --prefix for Redis'),
    );
  });

  test('a prefix is not for PostgreSQL', async () => {
    await expect(asked({ prefix: 'mine:' }, 'postgres://host', { pg: pgLike([]) })).rejects.toThrow(
      new UsageError('--prefix is for Redis; use --table for PostgreSQL'),
    );
  });
});

test('a package that is there and broken is a defect', async () => {
  const broken = () => Promise.reject(new SyntaxError('broken'));
  await expect(connectDatabase(at('postgres://host'), broken)).rejects.toThrow(SyntaxError);
});
