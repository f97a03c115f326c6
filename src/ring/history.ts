// How records of a ring show what they were written upon: each generation names those before it by their hashes. A process that
// knows one of them can tell when the store went back and others wrote on from there, even where the numbers fit again.
import { encodeBase64url } from '../base64url.ts';
import { sha256, utf8 } from '../bytes.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { RingVersion } from './records.ts';

/**
 * The most generations that are named. A ring is saved a few times in each rotation; a process that goes by what it knows would
 * have to miss this many saves within half of `syncLag`, by default one every 14 s, before they could not be compared.
 */
export const MAX_HISTORY = 64;

/** SHA-256 over the members in one order, as RFC 8785 §3.2.3 has them: a store that keeps JSON may change their order. */
export function hashRecords(records: JsonObject): string {
  return encodeBase64url(sha256(utf8(JSON.stringify(records, (_, value) => withSortedMembers(value)))));
}

function withSortedMembers(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The history of what is written upon these records. */
export function historyAfter({ hash, history }: RingVersion): readonly string[] {
  return hash === undefined ? [] : [hash, ...history].slice(0, MAX_HISTORY);
}

/** Whether this is the history of records of that version. */
export function isHistory(value: unknown, version: number): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > Math.min(MAX_HISTORY, version - 1)) return false;
  return value.every((hash) => typeof hash === 'string' && /^[\w-]{43}$/.test(hash));
}

/**
 * Whether records continue those that were seen before, as far as they tell. Records of barejose 0.3.0 name none before them.
 * It refuses those that do: hence once a history was seen, there always is one.
 */
export function isContinuation(seen: RingVersion, { version, hash, history }: RingVersion): boolean {
  const since = version - seen.version;
  if (since === 0) return hash === seen.hash;
  if (since <= history.length) return history[since - 1] === seen.hash;
  return history.length === MAX_HISTORY || seen.history.length === 0;
}
