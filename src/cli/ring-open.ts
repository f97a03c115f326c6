// The ring that a command is about: opened as any instance opens it, and let go of when the command is done.
import {
  createIssuer,
  generateKey,
  type Issuer,
  JoseError,
  type Key,
  type RingAlgorithm,
  type RingEvent,
  type Seal,
  SIGNATURE_ALGORITHMS,
} from '../index.ts';
import { type Arguments, asUsage, type Options } from './arguments.ts';
import { isMembers, type Members, parse } from './json.ts';
import type { Place } from './ring-client.ts';
import { openPlace, PLACE_OPTIONS, type PlaceOption } from './ring-place.ts';
import { readSeal, SEAL_OPTIONS, type SealOption } from './ring-seal.ts';
import { Unreadable, UsageError, type World } from './world.ts';

export type RingOption = PlaceOption | SealOption;

/** What every command about a ring takes. */
export const RING_OPTIONS: Options<RingOption> = { ...PLACE_OPTIONS, ...SEAL_OPTIONS };

/** What there is to be done with a ring. */
export interface RingUse<T> {
  readonly run: (issuer: Issuer) => Promise<T>;
  readonly onEvent?: (event: RingEvent) => void;
}

/** @throws UsageError, JoseError; Unreadable when there is no ring */
export async function withRing<T>(world: World, given: Arguments<RingOption>, use: RingUse<T>): Promise<T> {
  const seal = await readSeal(world, given);
  return withPlace(world, given, async ({ store }) => {
    const records = await readRecords(store);
    const { ring } = records;
    const notes = new Set<string>();
    const issuer = await asUsage(() =>
      createIssuer({
        issuer: given.text('issuer') ?? String(ring),
        store,
        seal,
        generate: (alg) => makeKey(alg, records, seal).catch((error) => noted(error, notes)),
        onEvent: use.onEvent,
      }),
    );
    const done = await asUsage(() => use.run(issuer)).finally(() => issuer.close());
    // What could be done without such a key is done.
    for (const note of notes) world.stderr.write(`barejose: ${note}\n`);
    return done;
  });
}

function noted(error: Error, notes: Set<string>): never {
  notes.add(error.message);
  throw error;
}

/** Opens the place of a ring, and closes it whatever happens. */
export async function withPlace<T>(
  world: World,
  given: Arguments<PlaceOption>,
  run: (place: Place) => Promise<T>,
): Promise<T> {
  const place = await reached(() => openPlace(world, given));
  try {
    return await run(place);
  } finally {
    await place.close();
  }
}

/** The records that the store has, before anything is believed of them. */
export async function readRecords(store: Place['store']): Promise<Members> {
  const records = await findRecords(store);
  if (!records) throw new Unreadable(NO_RING);
  return records;
}

/** The same, or nothing where nothing was ever saved. */
export async function findRecords(store: Place['store']): Promise<Members | undefined> {
  const { records } = await reached(() => store.load());
  if (records === undefined) return undefined;
  const value = parse(records);
  return isMembers(value) ? value : {};
}

const NO_RING = '--ring: there is no ring; `barejose ring init` makes one';

/** The SQLSTATE of PostgreSQL for a table that does not exist: the store's error has the client's as its cause. */
function hasNoTable(error: unknown): boolean {
  return error instanceof JoseError && Object(error.cause).code === '42P01';
}

/** Does something with a store or its server. @throws JoseError ERR_RING_UNAVAILABLE with the system's own word for what went wrong */
export async function reached<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (hasNoTable(error)) throw new Unreadable(NO_RING);
    if (error instanceof UsageError || error instanceof JoseError || error instanceof TypeError) throw error;
    const { code, message } = Object(error);
    const [word] = /^\w{1,40}$/.exec(code ?? '') ?? REFUSAL.exec(message) ?? [];
    throw new JoseError('ERR_RING_UNAVAILABLE', `the key ring cannot be reached${word ? ` (${word})` : ''}`);
  }
}

/** With such a word Redis begins to say what is wrong, where others have a code. */
const REFUSAL = /^(?:WRONGPASS|NOAUTH|NOPERM|LOADING)\b/;

/**
 * A key that is due. The others tell how such a key is kept, and it is kept no worse.
 * @throws UsageError when that cannot be done from here
 */
async function makeKey(alg: Key['alg'], { keys }: Members, seal: Seal | undefined): Promise<Key> {
  const others = Array.from(Object(keys)).filter(isMembers);
  if (others.findLast((key) => key.alg === alg && key.publicJwk !== undefined)?.external !== undefined)
    throw new UsageError(`a key for ${alg} is due, and must be made outside by a service, as the last one was`);
  if (!seal && others.some(({ sealed }) => sealed !== undefined))
    throw new UsageError('a key is due, and those of this ring are sealed: --seal-env or --seal-file must be given');
  if (!seal && others.length > 0 && others.every(isErased))
    throw new UsageError(
      'a key is due, and no key is left that tells whether this ring is sealed: --seal-env or --seal-file must be given',
    );
  return generateKey(alg);
}

function isErased({ privateJwk, sealed, external }: Members): boolean {
  return privateJwk === undefined && sealed === undefined && external === undefined;
}

/** Whoever verifies an HMAC can forge it, so a ring publishes none. */
export const RING_ALGORITHMS: readonly RingAlgorithm[] = SIGNATURE_ALGORITHMS.filter(
  (alg): alg is RingAlgorithm => !alg.startsWith('HS'),
);
