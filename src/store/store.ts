// Where a ring's records are kept: two verbs are all that is asked of a store.
import { utf8Within } from '../bytes.ts';
import { JoseError, RETRY_AFTER } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { isString, type Rule } from '../options.ts';

/** What a store has. */
export interface StoredRing {
  /** JSON text, which means nothing to the store; `undefined` when nothing was ever saved. */
  readonly records: string | undefined;
  /** A whole number that counts the saves; 0 when there was none. */
  readonly version: number;
}

/**
 * Keeps the records of one ring. It throws whatever its client throws; the issuer then says ERR_RING_UNAVAILABLE, and goes on
 * with what it has for as long as it may.
 */
export interface RingStore {
  load(): Promise<StoredRing>;
  /**
   * Compare-and-swap: saves if the version is still the expected one, which makes it one more. `false`: it was not, or nobody
   * can tell. Whoever saves looks again then, so either will do.
   */
  save(records: string, expectedVersion: number): Promise<boolean>;
  /**
   * Removes what is left of versions before this one, which an issuer has read and accepted: it may hold private parts that were
   * erased since. For stores that keep each version in a place of its own.
   */
  prune?(version: number): Promise<void>;
  /** Lets go of what the store itself opened. */
  close?(): Promise<void>;
}

/** The most octets of a ring's records: hundreds of times what a ring of a hundred keys has. */
export const MAX_RECORDS_OCTETS: number = 4 * 1024 * 1024;
/** The last version: twelve digits. A save each second gets there in 31,000 years, a hostile store at once. */
const MAX_VERSION = 999_999_999_999;

export const NOTHING_SAVED: StoredRing = /* @__PURE__ */ Object.freeze({ records: undefined, version: 0 });

/** A text that every store can keep: well-formed, and without U+0000, which PostgreSQL has no room for and JSON no use. */
export function isStorableText(value: unknown): value is string {
  return isString(value) && value !== '' && !value.includes('\0');
}

export const aRingName: Rule = [isStorableText, "a string that is not empty such as 'https://issuer.example'"];

function isRecordsText(value: unknown): value is string {
  return isStorableText(value) && utf8Within(value, MAX_RECORDS_OCTETS) !== undefined;
}

/** @throws TypeError naming the argument, JoseError ERR_RING_INVALID when the store counts no further */
export function checkSaveArguments(records: unknown, expectedVersion: unknown): void {
  if (!isRecordsText(records)) throw new TypeError(`records must be JSON text of at most ${MAX_RECORDS_OCTETS} octets`);
  if (!Number.isSafeInteger(expectedVersion) || Number(expectedVersion) < 0 || Number(expectedVersion) > MAX_VERSION)
    throw new TypeError('expectedVersion must be a whole number, as load() returned it');
  if (expectedVersion === MAX_VERSION) throw invalidStoreError(`has version ${MAX_VERSION}, after which there is none`);
}

/**
 * Records and version as a store's client returned them; the version may be a number, a bigint, or digits, since clients
 * differ in what they make of it, and their settings do.
 * @throws JoseError ERR_RING_INVALID
 */
export function readStoredRing(records: unknown, version: unknown): StoredRing {
  const digits = ['string', 'number', 'bigint'].includes(typeof version) ? String(version) : '';
  if (!/^[1-9]\d{0,11}$/.test(digits))
    throw invalidStoreError(`returned a version that is not a whole number from 1 to ${MAX_VERSION}`);
  if (!isRecordsText(records)) throw invalidStoreError('returned records that are not JSON text');
  return { records, version: Number(digits) };
}

export function invalidStoreError(what: string): JoseError {
  return new JoseError('ERR_RING_INVALID', `the store of the ring ${what}`);
}

/**
 * The client was refused by its server, and what has to be done about it. The cause is the server's code only: a client's error may
 * hold the words of its command, and with them the records.
 */
export function storeRefusedError(what: string, code: string): JoseError {
  return new JoseError('ERR_RING_UNAVAILABLE', `the store of the ring ${what}`, {
    retryAfter: RETRY_AFTER,
    cause: { code },
  });
}

/** The code of a system's or a server's error. */
export function errorCodeOf(error: unknown): unknown {
  return isJsonObject(error) ? error.code : undefined;
}
