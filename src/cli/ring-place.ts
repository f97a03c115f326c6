// Where a ring is: a folder, or a table or key behind a URL.
import { fileStore } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { connect, nothing, type Place } from './ring-client.ts';
import { isUrl } from './urls.ts';
import { readText } from './values.ts';
import { UsageError, type World } from './world.ts';

export type PlaceOption = 'ring' | 'issuer';

export const PLACE_OPTIONS: Options<PlaceOption> = {
  ring: {
    value: 'FOLDER_OR_URL',
    help: 'where the ring is: a folder, postgres://… or redis://…, or env:NAME for one of them. Default: env:BAREJOSE_RING, else the folder ./ring',
  },
  issuer: {
    value: 'ISSUER',
    help: "the ring's name. Behind a URL there may be several rings, so there it must be given",
  },
};

/** @throws UsageError, Unreadable; what the client of a server throws */
export async function openPlace(world: World, given: Arguments<PlaceOption>): Promise<Place> {
  const { source, text } = await readSource(world, given);
  if (!isUrl(text)) return { store: fileStore(text), prepare: nothing, close: nothing };
  const url = readUrl(text);
  if (!source.startsWith('env:') && hasPassword(url))
    throw new UsageError('--ring has a password, which others can read in an argument: give the URL as env:NAME');
  const ring = given.text('issuer');
  if (ring === undefined) throw new UsageError('--issuer must be given: behind a URL there may be several rings');
  return connect({ url, ring });
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
