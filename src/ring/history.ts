// The history of a ring: each version names the hashes of the versions before it. A process that knows one of them
// detects a store that was restored from a backup, even after other processes have written to it and the version
// numbers fit again.
import { encodeBase64url } from '../base64url.ts';
import { encodeUtf8, sha256 } from '../bytes.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { RingVersion } from './records.ts';

/**
 * The longest history. A process would have to miss this many saves within half of `syncLag`, by default one every 14
 * s, before the versions could not be compared. A rotation takes a few saves.
 */
export const MAX_HISTORY = 64;

/** Hashes the members in the order of RFC 8785 §3.2.3, since a store that keeps JSON may change their order. */
export function hashRecords(records: JsonObject): string {
  return encodeBase64url(sha256(encodeUtf8(JSON.stringify(records, (_, value) => withSortedMembers(value)))));
}

function withSortedMembers(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the history of the next version. */
export function historyAfter({ hash, history }: RingVersion): readonly string[] {
  return hash === undefined ? [] : [hash, ...history].slice(0, MAX_HISTORY);
}

/** Whether a value can be the history of records with this version. */
export function isHistory(value: unknown, version: number): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > Math.min(MAX_HISTORY, version - 1)) return false;
  return value.every((hash) => typeof hash === 'string' && /^[\w-]{43}$/.test(hash));
}

/**
 * Whether records continue those that were read before, as far as histories tell. Records of barejose 0.3.0 have no
 * history, and 0.3.0 refuses records with one: once a history was read, later records have one too.
 */
export function isContinuation(seen: RingVersion, { version, hash, history }: RingVersion): boolean {
  const since = version - seen.version;
  if (since === 0) return hash === seen.hash;
  if (since <= history.length) return history[since - 1] === seen.hash;
  return history.length === MAX_HISTORY || seen.history.length === 0;
}
