// Where a ring is: a folder, or a table or key behind a URL.
import { fileStore } from '../index.ts';
import { type Arguments, asUsage, type Options } from './arguments.ts';
import { connect, nothing, type Place } from './ring-client.ts';
import { isUrl } from './urls.ts';
import { readText } from './values.ts';
import { UsageError, type World } from './world.ts';

type UrlOption = 'name' | 'table' | 'prefix';

export type PlaceOption = 'ring' | 'issuer' | UrlOption;

/** For a service that gave its store a name, a table or a prefix of its own. */
const URL_OPTIONS: Options<UrlOption> = {
  name: { value: 'NAME', help: "behind a URL: what the service's store has for its option ring. Default: the ISSUER" },
  table: { value: 'TABLE', help: 'in PostgreSQL: the option table of the store. Default: barejose_rings' },
  prefix: { value: 'PREFIX', help: 'in Redis: the option prefix of the store. Default: barejose:ring:' },
};

export const PLACE_OPTIONS: Options<PlaceOption> = {
  ring: {
    value: 'FOLDER_OR_URL',
    help: 'where the ring is: a folder, postgres://… or redis://…, or env:NAME for one of them. Default: env:BAREJOSE_RING, else the folder ./ring',
  },
  issuer: {
    value: 'ISSUER',
    help: "the ring's name. Behind a URL there may be several rings, so there it must be given, or --name",
  },
  ...URL_OPTIONS,
};

/** @throws UsageError, Unreadable; what the client of a server throws */
export async function openPlace(world: World, given: Arguments<PlaceOption>): Promise<Place> {
  const { source, text } = await readSource(world, given);
  const [name, table, prefix] = [given.text('name'), given.text('table'), given.anyText('prefix')];
  if (!isUrl(text)) {
    if ([name, table, prefix].some((value) => value !== undefined))
      throw new UsageError('--name, --table and --prefix are for a ring behind a URL, and --ring is a folder');
    return { store: fileStore(text), prepare: nothing, close: nothing };
  }
  const url = readUrl(text);
  if (!source.startsWith('env:') && hasPassword(url))
    throw new UsageError('--ring has a password, which others can read in an argument: give the URL as env:NAME');
  const ring = name ?? given.text('issuer');
  if (ring === undefined)
    throw new UsageError('--issuer or --name must be given: behind a URL there may be several rings');
  return asUsage(() => connect({ url, ring, table, prefix }));
}

async function readSource(
  world: World,
  given: Arguments<PlaceOption>,
): Promise<{ readonly source: string; readonly text: string }> {
  const source = given.text('ring') ?? (world.env.BAREJOSE_RING ? 'env:BAREJOSE_RING' : 'ring');
  const text = source.startsWith('env:') ? await readText(world, { name: '--ring', source }) : source;
  if (text === '') throw new UsageError('--ring is empty');
  return { source, text };
}

function readUrl(text: string): URL {
  if (!URL.canParse(text)) throw new UsageError('--ring is not a valid URL');
  return new URL(text);
}

/** The clients take one from the query, too. */
function hasPassword({ password, searchParams }: URL): boolean {
  return password !== '' || searchParams.has('password');
}
