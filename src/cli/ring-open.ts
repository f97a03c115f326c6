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
import { type Arguments, type Options, withUsageErrors } from './arguments.ts';
import { type Host, UnreadableError, UsageError } from './host.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import type { StoreConnection } from './ring-database.ts';
import { readSeal, SEAL_OPTIONS, type SealOption } from './ring-seal.ts';
import { openStore, STORE_OPTIONS, type StoreOption } from './ring-store.ts';

export type RingOption = StoreOption | SealOption;

/** What every command about a ring takes. */
export const RING_OPTIONS: Options<RingOption> = { ...STORE_OPTIONS, ...SEAL_OPTIONS };

/** What there is to be done with a ring. */
export interface RingTask<T> {
  readonly run: (issuer: Issuer) => Promise<T>;
  readonly onEvent?: (event: RingEvent) => void;
}

/** @throws UsageError, JoseError; Unreadable when there is no ring */
export async function withRing<T>(host: Host, args: Arguments<RingOption>, task: RingTask<T>): Promise<T> {
  const seal = await readSeal(host, args);
  return withStore(host, args, async ({ store }) => {
    const records = await readRecords(store);
    const { ring } = records;
    const failures = new Set<string>();
    const issuer = await withUsageErrors(() =>
      createIssuer({
        issuer: args.text('issuer') ?? String(ring),
        store,
        seal,
        generate: (alg) => generateDueKey(alg, records, seal).catch((error) => recordFailure(error, failures)),
        onEvent: task.onEvent,
      }),
    );
    const done = await withUsageErrors(() => task.run(issuer)).finally(() => issuer.close());
    // What could be done without such a key is done.
    for (const note of failures) host.stderr.write(`barejose: ${note}\n`);
    return done;
  });
}

function recordFailure(error: Error, failures: Set<string>): never {
  failures.add(error.message);
  throw error;
}

/** Opens the place of a ring, and closes it whatever happens. */
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

/** The records that the store has, before anything is believed of them. */
export async function readRecords(store: StoreConnection['store']): Promise<JsonObject> {
  const records = await findRecords(store);
  if (!records) throw new UnreadableError(NO_RING);
  return records;
}

/** The same, or nothing where nothing was ever saved. */
export async function findRecords(store: StoreConnection['store']): Promise<JsonObject | undefined> {
  const { records } = await withStoreErrors(() => store.load());
  if (records === undefined) return undefined;
  const value = parseJson(records);
  return isJsonObject(value) ? value : {};
}

const NO_RING = '--ring: there is no ring; `barejose ring init` makes one';

/** The SQLSTATE of PostgreSQL for a table that does not exist: the store's error has the client's as its cause. */
function isMissingTable(error: unknown): boolean {
  return error instanceof JoseError && Object(error.cause).code === '42P01';
}

/** Does something with a store or its server. @throws JoseError ERR_RING_UNAVAILABLE with the system's own word for what went wrong */
export async function withStoreErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isMissingTable(error)) throw new UnreadableError(NO_RING);
    if (error instanceof UsageError || error instanceof JoseError || error instanceof TypeError) throw error;
    const { code, message } = Object(error);
    const [word] = /^\w{1,40}$/.exec(code ?? '') ?? REDIS_REFUSAL.exec(message) ?? [];
    throw new JoseError('ERR_RING_UNAVAILABLE', `the key ring cannot be reached${word ? ` (${word})` : ''}`);
  }
}

/** With such a word Redis begins to say what is wrong, where others have a code. */
const REDIS_REFUSAL = /^(?:WRONGPASS|NOAUTH|NOPERM|LOADING)\b/;

/**
 * A key that is due. The others tell how such a key is kept, and it is kept no worse.
 * @throws UsageError when that cannot be done from here
 */
async function generateDueKey(alg: Key['alg'], { keys }: JsonObject, seal: Seal | undefined): Promise<Key> {
  const others = Array.from(Object(keys)).filter(isJsonObject);
  if (others.findLast((key) => key.alg === alg && key.publicJwk !== undefined)?.external !== undefined)
    throw new UsageError(`a key for ${alg} is due, and must be made outside by a service, as the last one was`);
  if (!seal && others.some(({ sealed }) => sealed !== undefined))
    throw new UsageError('a key is due, and those of this ring are sealed: --seal-env or --seal-file must be given');
  if (!seal && others.length > 0 && others.every(isErasedKey))
    throw new UsageError(
      'a key is due, and no key is left that tells whether this ring is sealed: --seal-env or --seal-file must be given',
    );
  return generateKey(alg);
}

function isErasedKey({ privateJwk, sealed, external }: JsonObject): boolean {
  return privateJwk === undefined && sealed === undefined && external === undefined;
}

/** Whoever verifies an HMAC can forge it, so a ring publishes none. */
export const RING_ALGORITHMS: readonly RingAlgorithm[] = SIGNATURE_ALGORITHMS.filter(
  (alg): alg is RingAlgorithm => !alg.startsWith('HS'),
);
