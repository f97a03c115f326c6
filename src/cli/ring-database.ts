// Connects to PostgreSQL or Redis by a client package that the user has installed. No other file imports at run time.
import { postgresStore, type RingStore, redisStore } from '../index.ts';
import { UsageError } from './host.ts';

/** An open store. */
export interface StoreConnection {
  readonly store: RingStore;
  /** Creates what the store needs before its first save. */
  readonly prepare: () => Promise<void>;
  readonly close: () => Promise<unknown>;
}

/** One of the rings in a database. */
export interface RingAddress {
  readonly url: URL;
  readonly ring: string;
  /** PostgreSQL only. */
  readonly table?: string | undefined;
  /** Redis only. */
  readonly prefix?: string | undefined;
}

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

type Connect = (address: RingAddress, module: unknown) => Promise<StoreConnection>;

/** The suitable packages for each URL scheme, the preferred one first. */
const CLIENTS: Readonly<Record<string, Readonly<Record<string, Connect>>>> = {
  'postgres:': { pg: connectPg },
  'postgresql:': { pg: connectPg },
  'redis:': { ioredis: connectIoRedis, redis: connectNodeRedis },
  'rediss:': { ioredis: connectIoRedis, redis: connectNodeRedis },
};

/**
 * No message repeats the URL, which may hold a password.
 * @throws UsageError for an unknown scheme or a missing package; any error of the client
 */
export async function connectDatabase(
  address: RingAddress,
  load: ImportPackage = (name) => import(name),
): Promise<StoreConnection> {
  const clients = CLIENTS[address.url.protocol];
  if (!clients) throw new UsageError('--ring must be a folder, or a postgres:// or redis:// URL');
  for (const [name, open] of Object.entries(clients)) {
    const module = await importIfInstalled(load, name);
    if (module !== undefined) return open(address, module);
  }
  const names = Object.keys(clients);
  throw new UsageError(`--ring needs the package ${names.join(' or ')}: npm install ${names[0]}`);
}

async function importIfInstalled(load: ImportPackage, name: string): Promise<unknown> {
  try {
    return await load(name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The time limit for connecting, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;
/** The pause before a lost connection is opened again, in milliseconds. */
const RECONNECT_DELAY = 1_000;

interface PgPool {
  query(text: string, values?: string[]): Promise<{ readonly rows: readonly unknown[] }>;
  on(event: 'error', listener: () => void): unknown;
  end(): Promise<void>;
}

async function connectPg({ url, ring, table, prefix }: RingAddress, module: unknown): Promise<StoreConnection> {
  if (prefix !== undefined) throw new UsageError('--prefix is for Redis; use --table for PostgreSQL');
  const { Pool } = moduleExports(module);
  const pool: PgPool = new Pool({ connectionString: url.href, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT });
  pool.on('error', noop);
  const store = postgresStore(pool, { ring, table });
  return { store, prepare: store.createSchema, close: () => pool.end() };
}

interface IoRedis {
  call(defineCommand: string, ...args: string[]): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  disconnect(): void;
}

async function connectIoRedis({ url, ring, table, prefix }: RingAddress, module: unknown): Promise<StoreConnection> {
  let isOpen = false;
  let failure: unknown;
  checkRedisAddress({ url, table });
  const { Redis } = moduleExports(module);
  const client: IoRedis = new Redis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => (isOpen ? RECONNECT_DELAY : null),
  });
  client.on('error', (error) => {
    failure = error;
  });
  // connect() rejects with no reason, and ioredis uses another database if the given one does not exist.
  await client.connect().catch((error) => {
    failure ??= error;
  });
  if (failure !== undefined) {
    client.disconnect();
    throw failure;
  }
  isOpen = true;
  return { store: redisStore(client, { ring, prefix }), prepare: noop, close: async () => client.disconnect() };
}

interface NodeRedis {
  sendCommand(args: string[]): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
}

async function connectNodeRedis({ url, ring, table, prefix }: RingAddress, module: unknown): Promise<StoreConnection> {
  let isOpen = false;
  checkRedisAddress({ url, table });
  const { createClient } = moduleExports(module);
  const socket = { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: () => isOpen && RECONNECT_DELAY };
  const client: NodeRedis = createClient({ url: url.href, socket, disableOfflineQueue: true });
  client.on('error', noop);
  await client.connect();
  isOpen = true;
  return { store: redisStore(client, { ring, prefix }), prepare: noop, close: () => client.quit().catch(noop) };
}

/** Requires a database number, because the clients treat other text in different ways. */
function checkRedisAddress({ url: { pathname, searchParams }, table }: Pick<RingAddress, 'url' | 'table'>): void {
  if (table !== undefined) throw new UsageError('--table is for PostgreSQL; use --prefix for Redis');
  if (!/^\d{0,9}$/.test(searchParams.get('db') ?? pathname.slice(1)))
    throw new UsageError('--ring must name a Redis database by number, such as redis://localhost/0');
}

/** Also ignores error events: the failing call reports the error, and an unhandled event would end the process. */
export async function noop(): Promise<void> {}

/** Merges the exports with `default`, which holds all exports of some CommonJS packages. */
function moduleExports(module: unknown) {
  const all = Object(module);
  return { ...Object(all.default), ...all };
}
