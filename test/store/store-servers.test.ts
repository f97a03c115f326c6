// Both stores with servers of flesh and blood, through each client one may have: what the server makes of our statements, and
// what is left of the ring when it goes away and comes back.

import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresClient, postgresStore } from '../../src/store/postgres.ts';
import { type RedisClient, redisStore } from '../../src/store/redis.ts';
import type { RingStore } from '../../src/store/store.ts';
import { announce, HAS_POSTGRES, HAS_REDIS, type Server, startPostgres, startRedis } from '../support/servers.ts';
import { keepsToTheContract, LONG_TEXT, ODD_TEXT } from './store-contract.ts';

announce('tests of the PostgreSQL and Redis stores over real servers');

/** Long enough for a server at work, short enough to wait for. */
const STORE_TIMEOUT = 1000;
const RING = 'https://issuer.example';

/** What is to be closed after a test. */
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A hundred saves at once for each version: one wins, and nothing but what it saved is there. */
async function race(stores: readonly RingStore[], versions: number): Promise<void> {
  for (let version = 0; version < versions; version++) {
    const saves = Array.from({ length: 100 }, (_, i) => stores[i % stores.length]?.save(`{"by":${i}}`, version));
    const won = (await Promise.all(saves)).flatMap((saved, i) => (saved ? [i] : []));
    expect(won).toHaveLength(1);
    expect(await stores[0]?.load()).toEqual({ records: `{"by":${won[0]}}`, version: version + 1 });
  }
}

describe.skipIf(!HAS_POSTGRES)('PostgreSQL', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startPostgres();
    await postgresStore(pool(), { ring: RING }).createSchema();
    for (const close of open.splice(0)) await close();
  }, 60_000);
  afterAll(() => server?.dispose());

  /** As the README has it: nothing waits for ever, and what happens to a connection that nobody is using is no crash. */
  function pool(options: pg.PoolConfig = {}): pg.Pool {
    const limits = { connectionTimeoutMillis: STORE_TIMEOUT, query_timeout: STORE_TIMEOUT };
    const pool = new pg.Pool({ connectionString: server.url, ...limits, ...options });
    pool.on('error', () => {});
    open.push(() => pool.end());
    return pool;
  }

  async function client(): Promise<pg.Client> {
    const limits = { connectionTimeoutMillis: STORE_TIMEOUT, query_timeout: STORE_TIMEOUT };
    const client = new pg.Client({ connectionString: server.url, ...limits });
    client.on('error', () => {});
    await client.connect();
    open.push(() => client.end());
    return client;
  }

  describe.each([
    ['a Pool', async (): Promise<PostgresClient> => pool()],
    ['a Client', (): Promise<PostgresClient> => client()],
  ])('through %s', (kind, connect) => {
    keepsToTheContract(async (name) => postgresStore(await connect(), { ring: `${kind} ${name}` }));

    test('the ring’s name may be any text', async () => {
      const store = postgresStore(await connect(), { ring: `${kind} ${ODD_TEXT}` });
      expect([await store.save('"1"', 0), await store.save('"2"', 1)]).toEqual([true, true]);
      expect(await store.load()).toEqual({ records: '"2"', version: 2 });
    });
  });

  test('eight processes make the table at once, ten times', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, client));
    for (let round = 0; round < 10; round++) {
      const stores = clients.map((each) => postgresStore(each, { ring: RING, table: `Rings_${round}` }));
      await Promise.all(stores.map((store) => store.createSchema()));
      const saved = await Promise.all(stores.map((store, i) => store.save(`${i}`, 0)));
      expect(saved.filter(Boolean)).toHaveLength(1);
    }
  });

  test('a table of another schema, made by somebody else for one who may not make any', async () => {
    const owner = await client();
    await owner.query('create schema auth');
    const table = 'auth.Rings';
    await postgresStore(owner, { ring: RING, table }).createSchema();
    await owner.query('create role service login');
    await owner.query('grant usage on schema auth to service');
    await owner.query('grant select, insert, update on auth."Rings" to service');
    const service = postgresStore(pool({ connectionString: server.url.replace('postgres@', 'service@') }), {
      ring: RING,
      table,
    });
    await service.createSchema();
    expect([await service.save('"1"', 0), await service.save('"2"', 1)]).toEqual([true, true]);
    expect((await service.load()).version).toBe(2);
    await expect(postgresStore(owner, { ring: RING, table: 'nowhere.rings' }).createSchema()).rejects.toMatchObject({
      code: '3F000',
    });
  });

  test('a table that is missing, forbidden or another: the error says what to do', async () => {
    const owner = await client();
    const outcomes = async (database: PostgresClient, table: string) => {
      const store = postgresStore(database, { ring: RING, table });
      const operations = [() => store.load(), () => store.save('{}', 0), () => store.save('{}', 1)];
      return Promise.all(operations.map((run) => run().then(() => 'done', String)));
    };
    for (const table of ['missing_rings', 'missing_schema.rings'])
      for (const outcome of await outcomes(owner, table))
        expect(outcome).toContain(`no table ${table}: call createSchema()`);
    await owner.query('create role stranger login');
    await postgresStore(owner, { ring: RING, table: 'forbidden' }).createSchema();
    const stranger = pool({ connectionString: server.url.replace('postgres@', 'stranger@') });
    for (const outcome of await outcomes(stranger, 'forbidden'))
      expect(outcome).toContain('grant select, insert and update');
    await owner.query('create table other_columns (id int)');
    await owner.query('create table other_types (ring int, version text, records int)');
    await owner.query('create table no_key (ring text, version bigint, records text)');
    for (const table of ['other_columns', 'other_types'])
      for (const outcome of await outcomes(owner, table)) expect(outcome).toContain('choose another options.table');
    await owner.query('create table more (ring text primary key, version bigint, records text, more int not null)');
    for (const table of ['no_key', 'more'])
      expect((await outcomes(owner, table))[1]).toContain('choose another options.table');
  });

  test('a hundred at once, through four pools', async () => {
    const pools = Array.from({ length: 4 }, () => pool({ query_timeout: 20_000, connectionTimeoutMillis: 20_000 }));
    await race(
      pools.map((each) => postgresStore(each, { ring: 'hundred' })),
      5,
    );
  });

  test.each(['serializable', 'repeatable\\ read'])(
    'where %s is the default, whoever is second has lost',
    async (level) => {
      const options = { options: `-c default_transaction_isolation=${level}`, query_timeout: 20_000 };
      const pools = Array.from({ length: 2 }, () => pool(options));
      await race(
        pools.map((each) => postgresStore(each, { ring: level })),
        5,
      );
    },
  );

  test('a version that is no version cannot even be put there by hand', async () => {
    const [connection, values] = [await client(), `('by hand', 0, '{}')`];
    const insert = connection.query(`insert into barejose_rings (ring, version, records) values ${values}`);
    await expect(insert).rejects.toMatchObject({ code: '23514' });
  });

  test('in a transaction of the caller’s own it is the caller who decides', async () => {
    const [mine, other] = [await client(), postgresStore(pool(), { ring: 'mine' })];
    const store = postgresStore(mine, { ring: 'mine' });
    await mine.query('begin');
    expect(await store.save('"1"', 0)).toBe(true);
    await mine.query('rollback');
    expect((await other.load()).version).toBe(0);
    await mine.query('begin');
    await store.save('"1"', 0);
    await mine.query('commit');
    expect((await other.load()).version).toBe(1);
  });

  test('a server that does not answer is an error in time', async () => {
    const store = postgresStore(pool(), { ring: 'locked' });
    await store.save('"1"', 0);
    const holder = await client();
    await holder.query('begin');
    await holder.query(`select * from barejose_rings where ring = 'locked' for update`);
    await expect(store.save('"2"', 1)).rejects.toThrow('timeout');
    expect((await store.load()).version).toBe(1);
    await holder.query('rollback');
    server.freeze();
    await expect(postgresStore(pool(), { ring: 'locked' }).load()).rejects.toThrow('timeout');
    server.thaw();
  });

  test.each(['stop', 'kill'] as const)('%s: an error at once; after a restart everything is there', async (end) => {
    const [mine, connection] = [pool(), await client()];
    const stores = [postgresStore(mine, { ring: end }), postgresStore(connection, { ring: end })];
    await stores[0]?.save(LONG_TEXT, 0);
    await stores[1]?.save(ODD_TEXT, 1);
    await server[end]();
    for (const store of stores) {
      await expect(store.load()).rejects.toThrow(Error);
      await expect(store.save('"3"', 2)).rejects.toThrow(Error);
    }
    await server.start();
    expect((await stores[0]?.load())?.records === ODD_TEXT).toBe(true);
    expect(await stores[0]?.save('"3"', 2)).toBe(true);
    // A Client has one connection and makes no other.
    await expect(stores[1]?.load()).rejects.toThrow(Error);
  });
});

describe.skipIf(!HAS_REDIS)('Redis', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis();
  }, 60_000);
  afterAll(() => server?.dispose());

  /** As the README has it: nothing waits for ever, and nothing waits for a server that is away. */
  async function ioredis(): Promise<Redis> {
    const client = new Redis(server.url, {
      commandTimeout: STORE_TIMEOUT,
      connectTimeout: STORE_TIMEOUT,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      retryStrategy: () => 20,
      lazyConnect: true,
    });
    client.on('error', () => {});
    await client.connect();
    open.push(() => client.disconnect());
    return client;
  }

  async function redis() {
    const client = createClient({
      url: server.url,
      disableOfflineQueue: true,
      commandOptions: { timeout: STORE_TIMEOUT },
      socket: { connectTimeout: STORE_TIMEOUT, socketTimeout: STORE_TIMEOUT, reconnectStrategy: () => 20 },
    });
    client.on('error', () => {});
    await client.connect();
    open.push(() => client.destroy());
    return client;
  }

  /** A client tells when it has found its server again. */
  type Returning = RedisClient & { once(event: 'ready', listener: () => void): unknown };

  describe.each([
    ['ioredis', (): Promise<Returning> => ioredis()],
    ['redis', (): Promise<Returning> => redis()],
  ])('through %s', (kind, connect) => {
    keepsToTheContract(async (name) => redisStore(await connect(), { ring: `${kind} ${name}` }));

    test('the ring’s name may be any text', async () => {
      const store = redisStore(await connect(), { ring: `${kind} ${ODD_TEXT}` });
      expect([await store.save('"1"', 0), await store.save('"2"', 1)]).toEqual([true, true]);
      expect(await store.load()).toEqual({ records: '"2"', version: 2 });
    });

    test('a hundred at once, through four clients', async () => {
      const stores = await Promise.all(
        Array.from({ length: 4 }, async () => redisStore(await connect(), { ring: `${kind} hundred` })),
      );
      await race(stores, 5);
    });

    test('a user who may not run the script: the error says what to allow', async () => {
      const admin = await ioredis();
      await admin.call('ACL', 'SETUSER', 'default', '-eval');
      try {
        const store = redisStore(await connect(), { ring: 'forbidden' });
        const error = await store.save('{}', 0).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'ERR_RING_UNAVAILABLE',
          message: expect.stringContaining('must be allowed HMGET'),
        });
      } finally {
        await admin.call('ACL', 'SETUSER', 'default', '+eval');
      }
    });

    test('something else under the name stays as it is', async () => {
      const client = await ioredis();
      const store = redisStore(await connect(), { ring: kind, prefix: 'other:' });
      await client.set(`other:${kind}`, 'text');
      await expect(store.load()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
      for (const version of [0, 1])
        await expect(store.save('{}', version)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
      expect(await client.getdel(`other:${kind}`)).toBe('text');
      await client.hset(`other:${kind}`, 'something', 'else');
      expect(await store.save('{}', 0)).toBe(false);
      await client.hset(`other:${kind}`, 'version', '0', 'records', '{}');
      expect(await store.save('{}', 0)).toBe(false);
      await expect(store.load()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    });

    test('a server that does not answer is an error in time', async () => {
      const store = redisStore(await connect(), { ring: `${kind} frozen` });
      await store.save('"1"', 0);
      server.freeze();
      await expect(store.load()).rejects.toThrow(Error);
      server.thaw();
    });

    test.each(['stop', 'kill'] as const)('%s: an error at once; after a restart everything is there', async (end) => {
      const client = await connect();
      const store = redisStore(client, { ring: `${kind} ${end}` });
      await store.save(LONG_TEXT, 0);
      await store.save(ODD_TEXT, 1);
      await server[end]();
      await expect(store.load()).rejects.toThrow(Error);
      await expect(store.save('"3"', 2)).rejects.toThrow(Error);
      const isBack = new Promise<void>((resolve) => client.once('ready', resolve));
      await server.start();
      await isBack;
      expect((await store.load()).records === ODD_TEXT).toBe(true);
      expect(await store.save('"3"', 2)).toBe(true);
    });
  });
});
