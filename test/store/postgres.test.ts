// The PostgreSQL store over a client that knows the store's own statements and no others. What PostgreSQL itself makes of
// them is for store-servers.test.ts.

import { describe, expect, test } from 'vitest';
import { createIssuer } from '../../src/issuer/issuer.ts';
import { type PostgresClient, postgresStore } from '../../src/store/postgres.ts';
import type { RingStore } from '../../src/store/store.ts';
import { expectTypeError } from '../support/expect.ts';
import { keepsToTheContract } from './store-contract.ts';

const sqlError = (code: string): Error => Object.assign(new Error(`SQL error ${code}`), { code });
const RING = 'https://issuer.example';

interface Row {
  readonly ring: string;
  readonly version: bigint;
  readonly records: string;
}

/** One database: tables by their quoted names. A statement that is not known to the letter is a syntax error. */
class Database implements PostgresClient {
  readonly tables = new Map<string, Map<string, Row>>();
  readonly asked: { text: string; values: string[] | undefined }[] = [];
  /** What the next statements of these first words end in. */
  readonly failures: { word: string; error: unknown }[] = [];

  async query(text: string, values?: string[]): Promise<{ rows: unknown[] }> {
    this.asked.push({ text, values });
    const failure = this.failures.findIndex(({ word }) => text.startsWith(word));
    if (failure >= 0) throw this.failures.splice(failure, 1)[0]?.error;
    const name = /(?:from|into|update|exists) ((?:"\w+"\.)?"\w+")/.exec(text)?.[1] ?? values?.[0] ?? '';
    const run = this.#statements(name).get(text);
    if (!run) throw sqlError('42601');
    const needed = new Set(text.match(/\$\d/g)).size;
    if (needed !== (values?.length ?? 0)) throw sqlError('08P01');
    return { rows: run(...(values ?? [])) };
  }

  #table(name: string): Map<string, Row> {
    const table = this.tables.get(name);
    if (!table) throw sqlError('42P01');
    return table;
  }

  #statements(name: string): Map<string, (...values: string[]) => unknown[]> {
    const saved = [{ saved: 1 }];
    return new Map<string, (...values: string[]) => unknown[]>([
      [
        'select 1 as found where to_regclass($1) is not null',
        (table = '') => (this.tables.has(table) ? [{ found: 1 }] : []),
      ],
      [
        `create table if not exists ${name} (ring text primary key, version bigint not null check (version > 0), records text not null)`,
        () => {
          if (!this.tables.has(name)) this.tables.set(name, new Map());
          return [];
        },
      ],
      [
        `select version::text as version, records from ${name} where ring = $1`,
        (ring = '') => {
          const row = this.#table(name).get(ring);
          return row ? [{ version: String(row.version), records: row.records }] : [];
        },
      ],
      [
        `insert into ${name} (ring, version, records) values ($1, 1, $2) on conflict (ring) do nothing returning 1 as saved`,
        (ring = '', records = '') => {
          if (this.#table(name).has(ring)) return [];
          this.#table(name).set(ring, { ring, version: 1n, records });
          return saved;
        },
      ],
      [
        `update ${name} set version = version + 1, records = $2 where ring = $1 and version = $3::bigint returning 1 as saved`,
        (ring = '', records = '', version = '') => {
          const row = this.#table(name).get(ring);
          if (row?.version !== BigInt(version)) return [];
          this.#table(name).set(ring, { ring, version: row.version + 1n, records });
          return saved;
        },
      ],
    ]);
  }
}

async function opened(database = new Database(), ring = RING) {
  const store = postgresStore(database, { ring });
  await store.createSchema();
  return store;
}

const shared = new Database();
keepsToTheContract((name) => opened(shared, name));

describe('load', () => {
  test.each([
    ['a row that is none', [null]],
    ['a row of other columns', [{ id: 1 }]],
    ['a version of 0', [{ version: '0', records: '{}' }]],
    ['a version that is none', [{ version: 'x', records: '{}' }]],
    ['no version', [{ version: null, records: '{}' }]],
    ['no records', [{ version: '1', records: null }]],
    ['records that were read as JSON', [{ version: '1', records: {} }]],
  ])('%s is refused', async (_, rows) => {
    const client = { query: async () => ({ rows }) };
    await expect(postgresStore(client, { ring: RING }).load()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
  });

  test('what the client throws is thrown', async () => {
    const lost = new Error('Connection terminated unexpectedly');
    const store = postgresStore({ query: () => Promise.reject(lost) }, { ring: RING });
    await expect(store.load()).rejects.toBe(lost);
    await expect(store.save('{}', 0)).rejects.toBe(lost);
    await expect(store.save('{}', 3)).rejects.toBe(lost);
    await expect(store.createSchema()).rejects.toBe(lost);
  });
});

describe('a setup that PostgreSQL refuses', () => {
  const operations: readonly ((store: RingStore) => Promise<unknown>)[] = [
    (store) => store.load(),
    (store) => store.save('{}', 0),
    (store) => store.save('{}', 1),
  ];

  test('a missing table: the error names it and createSchema, and keeps the code of the server only', async () => {
    for (const operation of operations) {
      const error = await operation(postgresStore(new Database(), { ring: RING, table: 'auth.rings' })).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: 'ERR_RING_UNAVAILABLE',
        message: expect.stringMatching(/no table auth\.rings: call createSchema\(\)/),
        retryAfter: 5,
      });
      expect(Object(error).cause).toEqual({ code: '42P01' });
    }
  });

  test('an issuer over a missing table says it too', async () => {
    const store = postgresStore(new Database(), { ring: RING });
    await expect(createIssuer({ issuer: RING, store, policy: { maxTokenLifetime: '1h' } })).rejects.toThrow(
      'no table barejose_rings: call createSchema()',
    );
  });

  test.each([
    ['42501', 'ERR_RING_UNAVAILABLE', 'grant select, insert and update'],
    ['42703', 'ERR_RING_INVALID', 'choose another options.table'],
    ['42804', 'ERR_RING_INVALID', 'choose another options.table'],
    ['42883', 'ERR_RING_INVALID', 'choose another options.table'],
    ['42P10', 'ERR_RING_INVALID', 'choose another options.table'],
    ['22P02', 'ERR_RING_INVALID', 'choose another options.table'],
    ['23502', 'ERR_RING_INVALID', 'choose another options.table'],
  ])('%s: %s, with what to do', async (state, code, remedy) => {
    const client = { query: () => Promise.reject(sqlError(state)) };
    for (const operation of operations)
      await expect(operation(postgresStore(client, { ring: RING }))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(remedy),
      });
  });
});

test('rings of one table do not meet', async () => {
  const database = new Database();
  const [a, b] = [await opened(database, 'a'), await opened(database, 'b')];
  expect(await a.save('"a"', 0)).toBe(true);
  expect((await b.load()).version).toBe(0);
  expect(await b.save('"b"', 0)).toBe(true);
  expect(await a.load()).toEqual({ records: '"a"', version: 1 });
});

test('a serialization failure is a lost race', async () => {
  const database = new Database();
  const store = await opened(database);
  database.failures.push({ word: 'insert', error: sqlError('40001') });
  expect(await store.save('{}', 0)).toBe(false);
  expect(await store.save('{}', 0)).toBe(true);
  database.failures.push({ word: 'update', error: sqlError('40001') });
  expect(await store.save('{}', 1)).toBe(false);
  for (const error of [sqlError('40P01'), sqlError('23514'), 'a string', undefined]) {
    database.failures.push({ word: 'update', error });
    await expect(store.save('{}', 1)).rejects.toBe(error);
  }
});

test('what is saved goes by parameters, never in the statement', async () => {
  const database = new Database();
  const ring = `'; drop table "barejose_rings"; --`;
  const store = await opened(database, ring);
  await store.save('{"secret":1}', 0);
  await store.save('{"secret":2}', 1);
  await store.load();
  expect(database.asked.map(({ text }) => text).join('\n')).not.toMatch(/drop|secret/);
  expect(database.asked.flatMap(({ values = [] }) => values)).toContain('{"secret":2}');
});

describe('createSchema', () => {
  test('makes the table once, and finds it after that', async () => {
    const database = new Database();
    const store = await opened(database);
    await store.save('{}', 0);
    await store.createSchema();
    expect(database.asked.filter(({ text }) => text.startsWith('create'))).toHaveLength(1);
    expect((await store.load()).version).toBe(1);
  });

  test.each(['23505', '42P07', '42710'])('%s: somebody was making it at the same time', async (code) => {
    const database = new Database();
    database.failures.push({ word: 'create', error: sqlError(code) });
    const store = await opened(database);
    expect(await store.save('{}', 0)).toBe(true);
  });

  test('any other error, and the same one twice, is thrown', async () => {
    const denied = new Database();
    denied.failures.push({ word: 'create', error: sqlError('42501') });
    await expect(opened(denied)).rejects.toMatchObject({ code: '42501' });
    const stuck = new Database();
    stuck.failures.push({ word: 'create', error: sqlError('42P07') }, { word: 'create', error: sqlError('42P07') });
    await expect(opened(stuck)).rejects.toMatchObject({ code: '42P07' });
    expect(stuck.asked).toHaveLength(3);
  });
});

describe('arguments', () => {
  test('a table is a name, or a schema and a name, quoted as they are', async () => {
    const names = {
      rings: '"rings"',
      'auth.Rings': '"auth"."Rings"',
      _a1: '"_a1"',
      ['t'.repeat(63)]: `"${'t'.repeat(63)}"`,
    };
    for (const [table, quoted] of Object.entries(names)) {
      const database = new Database();
      const store = postgresStore(database, { ring: RING, table });
      await store.createSchema();
      expect(await store.save('{}', 0)).toBe(true);
      expect([...database.tables.keys()]).toEqual([quoted]);
    }
  });

  test('and nothing else', () => {
    const injected = [
      'a"b',
      'a b',
      'a;b',
      'a--',
      "a'",
      'a.b.c',
      '.a',
      'a.',
      'a..b',
      '1a',
      'a-b',
      'ä',
      '',
      'a\n',
      'a\0',
    ];
    for (const table of [...injected, 't'.repeat(64), `${'s'.repeat(64)}.t`, `s.${'t'.repeat(64)}`, 1, null, ['a']])
      expectTypeError(() => postgresStore(new Database(), { ring: RING, table: table as string }), 'options.table');
  });

  test('a ring, and no options that are not', () => {
    for (const ring of ['', 'a\0', '\ud800', 1, null])
      expectTypeError(() => postgresStore(new Database(), { ring: ring as string }), 'options.ring');
    expectTypeError(() => postgresStore(new Database(), {} as { ring: string }), 'options.ring must be given: ');
    expectTypeError(() => postgresStore(new Database(), undefined as unknown as { ring: string }), 'options.ring');
    expectTypeError(
      () => postgresStore(new Database(), { ring: 'a', tabel: 'b' } as { ring: string }),
      'options.tabel',
    );
  });

  test('a client', () => {
    for (const client of [undefined, null, {}, 'postgres://', { query: 1 }])
      expectTypeError(() => postgresStore(client as PostgresClient, { ring: RING }), 'client');
  });
});
