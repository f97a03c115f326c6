// Opens the ring that a command is about, like any other process that uses it, and closes it afterwards.
import {
  createIssuer,
  generateKey,
  type Issuer,
  type Key,
  type RingAlgorithm,
  type RingEvent,
  type Seal,
  SIGNATURE_ALGORITHMS,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { withUsageErrors } from './errors.ts';
import { type Host, UsageError } from './host.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { readSeal, SEAL_OPTIONS, type SealOption } from './ring-seal.ts';
import { loadRecords, STORE_OPTIONS, type StoreOption, withStore } from './ring-store.ts';

export type RingOption = StoreOption | SealOption;

/** The options of every command that opens a ring. */
export const RING_OPTIONS: Options<RingOption> = { ...STORE_OPTIONS, ...SEAL_OPTIONS };

/** A function that uses an open ring. */
export interface RingTask<T> {
  readonly run: (issuer: Issuer) => Promise<T>;
  readonly onEvent?: (event: RingEvent) => void;
}

/**
 * Opens the ring, runs a task with it, and closes the store.
 * @throws UsageError, JoseError; UnreadableError without a ring
 */
export async function withRing<T>(host: Host, args: Arguments<RingOption>, task: RingTask<T>): Promise<T> {
  const seal = await readSeal(host, args);
  return withStore(host, args, async ({ store }) => {
    const records = await loadRecords(store);
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
    const result = await withUsageErrors(() => task.run(issuer)).finally(() => issuer.close());
    // The task succeeded without the key that could not be created.
    for (const failure of failures) host.stderr.write(`barejose: ${failure}\n`);
    return result;
  });
}

function recordFailure(error: Error, failures: Set<string>): never {
  failures.add(error.message);
  throw error;
}

/**
 * Creates a key that is due, protected like the other keys of the ring.
 * @throws UsageError when this command cannot do that
 */
async function generateDueKey(alg: Key['alg'], { keys }: JsonObject, seal: Seal | undefined): Promise<Key> {
  const others = Array.from(Object(keys)).filter(isJsonObject);
  if (others.findLast((key) => key.alg === alg && key.publicJwk !== undefined)?.external !== undefined)
    throw new UsageError(`a key for ${alg} is due, and the service that holds the private keys must create it`);
  if (!seal && others.some(({ sealed }) => sealed !== undefined))
    throw new UsageError('a key is due, and this ring is sealed: --seal-env or --seal-file must be given');
  if (!seal && others.length > 0 && others.every(isErasedKey))
    throw new UsageError(
      'a key is due, and no remaining key shows if this ring is sealed: --seal-env or --seal-file must be given',
    );
  return generateKey(alg);
}

function isErasedKey({ privateJwk, sealed, external }: JsonObject): boolean {
  return privateJwk === undefined && sealed === undefined && external === undefined;
}

/** The algorithms with a public key. A ring publishes no HMAC secret, with which a verifier could forge tokens. */
export const RING_ALGORITHMS: readonly RingAlgorithm[] = SIGNATURE_ALGORITHMS.filter(
  (alg): alg is RingAlgorithm => !alg.startsWith('HS'),
);
