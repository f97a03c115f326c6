// Opens the store that --ring names, a folder or a database, and reads the records of its ring.
import { fileStore, JoseError, type RingStore } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { withUsageErrors } from './errors.ts';
import { type Host, UnreadableError, UsageError } from './host.ts';
import { isUrl, readText } from './input.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import { connectDatabase, noop, type StoreConnection } from './ring-database.ts';

type DatabaseOption = 'name' | 'table' | 'prefix';

export type StoreOption = 'ring' | 'issuer' | DatabaseOption;

/** For a service whose store has options of its own. */
const DATABASE_OPTIONS: Options<DatabaseOption> = {
  name: { value: 'NAME', help: "in a database: the option ring of the service's store. Default: the ISSUER" },
  table: { value: 'TABLE', help: 'in PostgreSQL: the option table of the store. Default: barejose_rings' },
  prefix: { value: 'PREFIX', help: 'in Redis: the option prefix of the store. Default: barejose:ring:' },
};

export const STORE_OPTIONS: Options<StoreOption> = {
  ring: {
    value: 'FOLDER_OR_URL',
    help: 'the store: a folder, postgres://… or redis://…, or env:NAME for one of them. Default: env:BAREJOSE_RING, else the folder ./ring',
  },
  issuer: {
    value: 'ISSUER',
    help: 'the name of the ring. A database can hold several rings, so it requires this option or --name',
  },
  ...DATABASE_OPTIONS,
};

/** Opens the store, runs a function with it, and closes it. @throws UsageError, UnreadableError, JoseError */
export async function withStore<T>(
  host: Host,
  args: Arguments<StoreOption>,
  run: (connection: StoreConnection) => Promise<T>,
): Promise<T> {
  const connection = await withStoreErrors(() => openStore(host, args));
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
}

async function openStore(host: Host, args: Arguments<StoreOption>): Promise<StoreConnection> {
  const { source, text } = await readRingSource(host, args);
  const [name, table, prefix] = [args.text('name'), args.text('table'), args.textOrEmpty('prefix')];
  if (!isUrl(text)) {
    if ([name, table, prefix].some((value) => value !== undefined))
      throw new UsageError('--name, --table and --prefix are for a database, and --ring is a folder');
    return { store: fileStore(text), prepare: noop, close: noop };
  }
  const url = parseRingUrl(text);
  if (!source.startsWith('env:') && hasPassword(url))
    throw new UsageError(
      '--ring must not hold a password, because other users can read arguments; give the URL as env:NAME',
    );
  const ring = name ?? args.text('issuer');
  if (ring === undefined)
    throw new UsageError('--issuer or --name must be given, because a database can hold several rings');
  return withUsageErrors(() => connectDatabase({ url, ring, table, prefix }));
}

async function readRingSource(
  host: Host,
  args: Arguments<StoreOption>,
): Promise<{ readonly source: string; readonly text: string }> {
  const source = args.text('ring') ?? (host.env.BAREJOSE_RING ? 'env:BAREJOSE_RING' : 'ring');
  const text = source.startsWith('env:') ? await readText(host, { name: '--ring', source }) : source;
  if (text === '') throw new UsageError('--ring must not be empty');
  return { source, text };
}

function parseRingUrl(text: string): URL {
  if (!URL.canParse(text)) throw new UsageError('--ring is not a valid URL');
  return new URL(text);
}

/** Whether a URL has a password, which the database clients also read from the query. */
function hasPassword({ password, searchParams }: URL): boolean {
  return password !== '' || searchParams.has('password');
}

/** Reads the records as JSON, without further checks. @throws UnreadableError if the store has none */
export async function loadRecords(store: RingStore): Promise<JsonObject> {
  const records = await tryLoadRecords(store);
  if (!records) throw new UnreadableError(NO_RING);
  return records;
}

/** Reads the records as JSON; undefined if the store has none. */
export async function tryLoadRecords(store: RingStore): Promise<JsonObject | undefined> {
  const { records } = await withStoreErrors(() => store.load());
  if (records === undefined) return undefined;
  const value = parseJson(records);
  return isJsonObject(value) ? value : {};
}

const NO_RING = '--ring: there is no key ring; `barejose ring init` creates one';

/** Runs a function of a store or its client. @throws JoseError ERR_RING_UNAVAILABLE with the code of a system error */
export async function withStoreErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isMissingTable(error)) throw new UnreadableError(NO_RING);
    if (error instanceof UsageError || error instanceof JoseError || error instanceof TypeError) throw error;
    const { code, message } = Object(error);
    const [word] = /^\w{1,40}$/.exec(code ?? '') ?? REDIS_ERROR.exec(message) ?? [];
    throw new JoseError('ERR_RING_UNAVAILABLE', `the key ring cannot be reached${word ? ` (${word})` : ''}`);
  }
}

/** Whether PostgreSQL has no such table (SQLSTATE 42P01). The store's error has the client's error as its cause. */
function isMissingTable(error: unknown): boolean {
  return error instanceof JoseError && Object(error.cause).code === '42P01';
}

/** The first word of a Redis error, which has no code. */
const REDIS_ERROR = /^(?:WRONGPASS|NOAUTH|NOPERM|LOADING)\b/;
