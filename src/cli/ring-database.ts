// The clients of PostgreSQL and Redis: packages of the user's own, loaded only when a URL asks for one of them. This is the
// one file that imports anything at run time.
import { postgresStore, type RingStore, redisStore } from '../index.ts';
import { UsageError } from './host.ts';

/** What a ring's URL leads to. */
export interface StoreConnection {
  readonly store: RingStore;
  /** Makes what the store needs before the first save. */
  readonly prepare: () => Promise<void>;
  readonly close: () => Promise<unknown>;
}

/** A ring of that name, among others behind the same URL. */
export interface RingAddress {
  readonly url: URL;
  readonly ring: string;
  /** Of PostgreSQL, where the ring is not in the default one. */
  readonly table?: string | undefined;
  /** Of the key in Redis, where it is not the default one. */
  readonly prefix?: string | undefined;
}

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

type Connect = (address: RingAddress, module: unknown) => Promise<StoreConnection>;

/** By scheme: the packages that will do, the first one found is taken. */
const CLIENTS: Readonly<Record<string, Readonly<Record<string, Connect>>>> = {
  'postgres:': { pg: connectPg },
  'postgresql:': { pg: connectPg },
  'redis:': { ioredis: connectIoRedis, redis: connectNodeRedis },
  'rediss:': { ioredis: connectIoRedis, redis: connectNodeRedis },
};

/**
 * No message says anything of the URL: it may hold a password.
 * @throws UsageError for another scheme, or naming the package that is missing; else whatever the client throws
 */
export async function connectDatabase(
  address: RingAddress,
  load: ImportPackage = (name) => import(name),
): Promise<StoreConnection> {
  const clients = CLIENTS[address.url.protocol];
  if (!clients) throw new UsageError('--ring must be a folder, or a URL with postgres:// or redis://');
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

/** For how long a server may take to be reached, in milliseconds. */
const STORE_TIMEOUT = 5_000;
/** After so long a connection that was lost is made anew. */
const RECONNECT_DELAY = 1_000;

interface PgPool {
  query(text: string, values?: string[]): Promise<{ readonly rows: readonly unknown[] }>;
  on(event: 'error', listener: () => void): unknown;
  end(): Promise<void>;
}

async function connectPg({ url, ring, table, prefix }: RingAddress, module: unknown): Promise<StoreConnection> {
  if (prefix !== undefined) throw new UsageError('--prefix is for Redis; for PostgreSQL there is --table');
  const { Pool } = moduleExports(module);
  const pool: PgPool = new Pool({ connectionString: url.href, max: 1, connectionTimeoutMillis: STORE_TIMEOUT });
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
    connectTimeout: STORE_TIMEOUT,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => (isOpen ? RECONNECT_DELAY : null),
  });
  client.on('error', (error) => {
    failure = error;
  });
  // It rejects with no more than that the connection is closed; and where a database is not to be had, it goes on with another.
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
  const socket = { connectTimeout: STORE_TIMEOUT, reconnectStrategy: () => isOpen && RECONNECT_DELAY };
  const client: NodeRedis = createClient({ url: url.href, socket, disableOfflineQueue: true });
  client.on('error', noop);
  await client.connect();
  isOpen = true;
  return { store: redisStore(client, { ring, prefix }), prepare: noop, close: () => client.quit().catch(noop) };
}

/** Anything else the clients take for no number, and what becomes of that is theirs alone to say. */
function checkRedisAddress({ url: { pathname, searchParams }, table }: Pick<RingAddress, 'url' | 'table'>): void {
  if (table !== undefined) throw new UsageError('--table is for PostgreSQL; for Redis there is --prefix');
  if (!/^\d{0,9}$/.test(searchParams.get('db') ?? pathname.slice(1)))
    throw new UsageError('--ring must name a database of Redis by its number, as redis://localhost/0 does');
}

/** Also for errors: each is that of the command which meets it, and told once more as an event it would end the process. */
export async function noop(): Promise<void> {}

/** A CommonJS package may have all that it exports in `default`. */
function moduleExports(module: unknown) {
  const all = Object(module);
  return { ...Object(all.default), ...all };
}
