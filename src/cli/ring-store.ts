// Where a ring is: a folder, or a table or key behind a URL.
import { fileStore } from '../index.ts';
import { type Arguments, type Options, withUsageErrors } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { readText } from './input.ts';
import { isUrl } from './key-set.ts';
import { connectDatabase, noop, type StoreConnection } from './ring-database.ts';

type DatabaseOption = 'name' | 'table' | 'prefix';

export type StoreOption = 'ring' | 'issuer' | DatabaseOption;

/** For a service that gave its store a name, a table or a prefix of its own. */
const DATABASE_OPTIONS: Options<DatabaseOption> = {
  name: { value: 'NAME', help: "behind a URL: what the service's store has for its option ring. Default: the ISSUER" },
  table: { value: 'TABLE', help: 'in PostgreSQL: the option table of the store. Default: barejose_rings' },
  prefix: { value: 'PREFIX', help: 'in Redis: the option prefix of the store. Default: barejose:ring:' },
};

export const STORE_OPTIONS: Options<StoreOption> = {
  ring: {
    value: 'FOLDER_OR_URL',
    help: 'where the ring is: a folder, postgres://… or redis://…, or env:NAME for one of them. Default: env:BAREJOSE_RING, else the folder ./ring',
  },
  issuer: {
    value: 'ISSUER',
    help: "the ring's name. Behind a URL there may be several rings, so there it must be given, or --name",
  },
  ...DATABASE_OPTIONS,
};

/** @throws UsageError, Unreadable; what the client of a server throws */
export async function openStore(host: Host, args: Arguments<StoreOption>): Promise<StoreConnection> {
  const { source, text } = await readRingSource(host, args);
  const [name, table, prefix] = [args.text('name'), args.text('table'), args.textOrEmpty('prefix')];
  if (!isUrl(text)) {
    if ([name, table, prefix].some((value) => value !== undefined))
      throw new UsageError('--name, --table and --prefix are for a ring behind a URL, and --ring is a folder');
    return { store: fileStore(text), prepare: noop, close: noop };
  }
  const url = parseRingUrl(text);
  if (!source.startsWith('env:') && hasPassword(url))
    throw new UsageError('--ring has a password, which others can read in an argument: give the URL as env:NAME');
  const ring = name ?? args.text('issuer');
  if (ring === undefined)
    throw new UsageError('--issuer or --name must be given: behind a URL there may be several rings');
  return withUsageErrors(() => connectDatabase({ url, ring, table, prefix }));
}

async function readRingSource(
  host: Host,
  args: Arguments<StoreOption>,
): Promise<{ readonly source: string; readonly text: string }> {
  const source = args.text('ring') ?? (host.env.BAREJOSE_RING ? 'env:BAREJOSE_RING' : 'ring');
  const text = source.startsWith('env:') ? await readText(host, { name: '--ring', source }) : source;
  if (text === '') throw new UsageError('--ring is empty');
  return { source, text };
}

function parseRingUrl(text: string): URL {
  if (!URL.canParse(text)) throw new UsageError('--ring is not a valid URL');
  return new URL(text);
}

/** The clients take one from the query, too. */
function hasPassword({ password, searchParams }: URL): boolean {
  return password !== '' || searchParams.has('password');
}
