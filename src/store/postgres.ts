// A ring in PostgreSQL: one row of one table, through the client that the service already uses.
import { isJsonObject } from '../json.ts';
import { checkArgumentCount, isFunction, type OptionRules, readOptions } from '../options.ts';
import type { RingStore, StoredRing } from './store.ts';
import {
  aRingName,
  checkSaveArguments,
  errorCodeOf,
  invalidStoreError,
  NOTHING_SAVED,
  readStoredRing,
  storeRefusedError,
} from './store.ts';

/** The members of a `pg` Pool or Client, or of a similar client, that the store uses. */
export interface PostgresClient {
  query(text: string, values?: string[]): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface PostgresStoreOptions {
  /** Distinguishes the rings of a table; usually the issuer's name. */
  readonly ring: string;
  /** A name, or a schema and a name, used exactly as written. Default: `barejose_rings`. */
  readonly table?: string | undefined;
}

export interface PostgresStore extends RingStore {
  /** Creates the table if it is missing. Processes may call this concurrently. */
  createSchema(): Promise<void>;
}

/** PostgreSQL truncates longer names, which could make two names equal. */
const TABLE_NAME = /^[a-z_][a-z0-9_]{0,62}(?:\.[a-z_][a-z0-9_]{0,62})?$/i;

const POSTGRES_STORE_OPTIONS: OptionRules<PostgresStoreOptions> = {
  ring: aRingName,
  table: [isTableName, "a name of letters, digits and _ such as 'barejose_rings', or a schema and a name"],
};

/**
 * Call `createSchema` once before the first use: until then, `load` and `save` reject with ERR_RING_UNAVAILABLE.
 * @throws TypeError naming `client` or the option
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions): PostgresStore {
  checkArgumentCount(arguments.length, postgresStore);
  if (!isFunction(client?.query)) throw new TypeError('client must be a Pool or Client of pg');
  const { ring, table = 'barejose_rings' } = readOptions(options, POSTGRES_STORE_OPTIONS, { needed: ['ring'] });
  const name = table.replace(/\w+/g, '"$&"');
  const query: RunQuery = async (text, values) => {
    try {
      return (await client.query(text, values)).rows;
    } catch (error) {
      throw postgresError(error, table);
    }
  };
  return {
    load: () => loadRow(query, name, ring),
    save: async (records, expectedVersion) => {
      checkSaveArguments(records, expectedVersion);
      return expectedVersion === 0
        ? insertRow(query, name, [ring, records])
        : updateRow(query, name, [ring, records, String(expectedVersion)]);
    },
    createSchema: () => createTableOnce(client, name),
  };
}

function isTableName(value: unknown): boolean {
  return typeof value === 'string' && TABLE_NAME.test(value);
}

/** Runs a statement on the table of the store and returns its rows. */
type RunQuery = (text: string, values: string[]) => Promise<readonly unknown[]>;

/** Returns the client's error, or one with the remedy if its SQLSTATE means a mistake in the setup. */
function postgresError(error: unknown, table: string): unknown {
  const code = errorCodeOf(error);
  if (code === '42P01')
    return storeRefusedError(
      `has no table ${table}: call createSchema() of the store once, before its first use`,
      code,
    );
  if (code === '42501')
    return storeRefusedError(`may not use the table ${table}: grant select, insert and update to its user`, code);
  if (OTHER_TABLE_CODES.has(code))
    return invalidStoreError(`found a table ${table} with other columns: choose another options.table`);
  return error;
}

/**
 * undefined_column, undefined_function (an operator for those types), datatype_mismatch, invalid_text_representation,
 * not_null_violation (an additional column), and no unique column for `on conflict`.
 */
const OTHER_TABLE_CODES: ReadonlySet<unknown> = /* @__PURE__ */ new Set([
  '42703',
  '42883',
  '42804',
  '22P02',
  '23502',
  '42P10',
]);

async function loadRow(query: RunQuery, table: string, ring: string): Promise<StoredRing> {
  const [row] = await query(`select version::text as version, records from ${table} where ring = $1`, [ring]);
  if (row === undefined) return NOTHING_SAVED;
  if (!isJsonObject(row)) throw invalidStoreError('returned an invalid row');
  return readStoredRing(row.records, row.version);
}

async function insertRow(query: RunQuery, table: string, values: string[]): Promise<boolean> {
  const columns = `insert into ${table} (ring, version, records) values ($1, 1, $2)`;
  return writesRow(query, `${columns} on conflict (ring) do nothing returning 1 as saved`, values);
}

async function updateRow(query: RunQuery, table: string, values: string[]): Promise<boolean> {
  const set = `update ${table} set version = version + 1, records = $2`;
  return writesRow(query, `${set} where ring = $1 and version = $3::bigint returning 1 as saved`, values);
}

/** 40001: under an isolation level stricter than the default, PostgreSQL reports a lost race by this code. */
async function writesRow(query: RunQuery, text: string, values: string[]): Promise<boolean> {
  try {
    return (await query(text, values)).length === 1;
  } catch (error) {
    if (errorCodeOf(error) === '40001') return false;
    throw error;
  }
}

/** Looks for the table first: a user without the right to create tables may use an existing one. */
async function createTableOnce(client: PostgresClient, table: string): Promise<void> {
  const { rows } = await client.query('select 1 as found where to_regclass($1) is not null', [table]);
  if (rows.length > 0) return;
  try {
    await createTable(client, table);
  } catch (error) {
    // Another process was creating the table. It exists by now, so `if not exists` does nothing.
    if (!CREATION_RACE_CODES.has(errorCodeOf(error))) throw error;
    await createTable(client, table);
  }
}

function createTable(client: PostgresClient, table: string): Promise<unknown> {
  const columns = 'ring text primary key, version bigint not null check (version > 0), records text not null';
  return client.query(`create table if not exists ${table} (${columns})`);
}

/** `if not exists` checks first: another process causes unique_violation, duplicate_table or duplicate_object. */
const CREATION_RACE_CODES: ReadonlySet<unknown> = /* @__PURE__ */ new Set(['23505', '42P07', '42710']);
