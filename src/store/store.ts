// The interface of a store, which loads the records of a ring and saves them by compare-and-swap; and the checks of
// all stores.
import { encodeUtf8Within } from '../bytes.ts';
import { JoseError, RETRY_AFTER } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { isString, type Rule } from '../options.ts';

/** The stored records and their version. */
export interface StoredRing {
  /** JSON text, opaque to the store; `undefined` before the first save. */
  readonly records: string | undefined;
  /** A whole number that counts the saves; 0 before the first one. */
  readonly version: number;
}

/**
 * Keeps the records of one ring. It throws the errors of its client; the issuer reports them as ERR_RING_UNAVAILABLE,
 * and continues with the ring that it knows for as long as that may be used.
 */
export interface RingStore {
  load(): Promise<StoredRing>;
  /**
   * Compare-and-swap: saves, and increments the version, if the stored version is the expected one. Returns `false` if
   * it is not, or if the store cannot tell: the issuer then loads the ring again.
   */
  save(records: string, expectedVersion: number): Promise<boolean>;
  /**
   * Removes what remains of versions before this one, which an issuer has read and accepted: they may hold private
   * parts that were erased since. For stores that keep each version separately.
   */
  prune?(version: number): Promise<void>;
  /** Closes what the store itself opened. */
  close?(): Promise<void>;
}

/** The most octets of a ring's records; a ring of a hundred keys has less than a hundredth of that. */
export const MAX_RECORDS_OCTETS: number = 4 * 1024 * 1024;
/** The last version, twelve digits: with a save each second, a ring reaches it after 31,000 years. */
const MAX_VERSION = 999_999_999_999;

export const NOTHING_SAVED: StoredRing = /* @__PURE__ */ Object.freeze({ records: undefined, version: 0 });

/** Whether every store can keep a text: well-formed, and without U+0000, which PostgreSQL does not accept. */
export function isStorableText(value: unknown): value is string {
  return isString(value) && value !== '' && !value.includes('\0');
}

export const aRingName: Rule = [isStorableText, "a non-empty string such as 'https://issuer.example'"];

function isRecordsText(value: unknown): value is string {
  return isStorableText(value) && encodeUtf8Within(value, MAX_RECORDS_OCTETS) !== undefined;
}

/** @throws TypeError naming the argument, JoseError ERR_RING_INVALID when the version is the last one */
export function checkSaveArguments(records: unknown, expectedVersion: unknown): void {
  if (!isRecordsText(records)) throw new TypeError(`records must be JSON text of at most ${MAX_RECORDS_OCTETS} octets`);
  if (!Number.isSafeInteger(expectedVersion) || Number(expectedVersion) < 0 || Number(expectedVersion) > MAX_VERSION)
    throw new TypeError('expectedVersion must be a whole number, as load() returned it');
  if (expectedVersion === MAX_VERSION) throw invalidStoreError(`has reached the last version, ${MAX_VERSION}`);
}

/**
 * Checks the records and the version that a client returned. The version may be a number, a bigint or a string of
 * digits, since clients and their settings differ.
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
 * The error for a client that its server refused, with the remedy. Its cause is the server's code only: a client's
 * error may quote the command, and with it the records.
 */
export function storeRefusedError(what: string, code: string): JoseError {
  return new JoseError('ERR_RING_UNAVAILABLE', `the store of the ring ${what}`, {
    retryAfter: RETRY_AFTER,
    cause: { code },
  });
}

/** Returns the code of a system's or a server's error. */
export function errorCodeOf(error: unknown): unknown {
  return isJsonObject(error) ? error.code : undefined;
}
