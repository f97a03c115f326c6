// The stored records of a ring: JSON, read strictly. Records that this library did not write are refused.
import { encodeUtf8Within } from '../bytes.ts';
import { attempt, JoseError } from '../errors.ts';
import { isJsonObject, type JsonObject, ownMembers, parseJsonObject } from '../json.ts';
import { hasPublicKey } from '../jwa/signatures.ts';
import { hasPrivateMembers, type Jwk, readJwk } from '../jwk/jwk.ts';
import { isCount, isString } from '../options.ts';
import type { StoredRing } from '../store/store.ts';
import { MAX_RECORDS_OCTETS } from '../store/store.ts';
import { hashRecords, isContinuation, isHistory } from './history.ts';
import { policyInSeconds, type RingPolicy } from './policy.ts';
import type { Ring, RingKey, RingTerm } from './ring.ts';

const RECORDS_FORMAT = 'ring/1';
const MAX_RECORDS_MEMBERS = 50_000;

/** A ring and its version, which counts the saves. */
export interface RingVersion {
  readonly ring: Ring;
  readonly version: number;
  /** The hash of the records; undefined before they were read. */
  readonly hash: string | undefined;
  /** The hashes of earlier records, the latest first; empty for the first records, and for those of barejose 0.3.0. */
  readonly history: readonly string[];
}

export function writeRecords({ ring, version, history }: Omit<RingVersion, 'hash'>): string {
  return JSON.stringify({ barejose: RECORDS_FORMAT, version, ...(history.length > 0 && { history }), ...ring });
}

/**
 * Reads the ring of this name from a store's answer; `undefined` when the store is empty.
 * @throws JoseError ERR_RING_INVALID for anything else
 */
export function readRecords(stored: StoredRing, name: string): RingVersion | undefined {
  const { records, version } = Object(stored);
  return records === undefined && version === 0 ? undefined : parseRecords({ records, version }, name);
}

/** Reads the records of a saved ring. @throws JoseError ERR_RING_INVALID */
export function parseRecords({ records, version }: StoredRing, name: string): RingVersion {
  const bytes = isString(records) && isCount(version) ? encodeUtf8Within(records, MAX_RECORDS_OCTETS) : undefined;
  if (!bytes) throw invalidRingError('is not JSON text of at most 4 MiB with a version');
  const members = parseRing(bytes);
  const { barejose, ring, version: recordedVersion, history, policy, algorithms, keys, ...others } = members;
  if (barejose !== RECORDS_FORMAT || Object.keys(others).length > 0)
    throw invalidRingError('was written by a newer barejose, or changed by hand: upgrade this process');
  if (ring !== name) throw invalidRingError('belongs to another issuer');
  if (recordedVersion !== version) throw invalidRingError('has another version than the answer of the store');
  if (history !== undefined && !isHistory(history, version))
    throw invalidRingError('has a history that does not fit its version');
  return {
    version,
    hash: hashRecords(members),
    history: history ?? [],
    ring: { ring: name, policy: readPolicy(policy), algorithms: readTerms(algorithms), keys: readRingKeys(keys) },
  };
}

function parseRing(bytes: Uint8Array): JsonObject {
  const reading = { code: 'ERR_RING_INVALID', what: 'key ring', maxMembers: MAX_RECORDS_MEMBERS } as const;
  const read = attempt(() => parseJsonObject(bytes, reading), undefined);
  if (!read) throw invalidRingError('is not strict JSON within its limits');
  return ownMembers(read);
}

/**
 * Checks that a ring may follow the one read before.
 * @throws JoseError if the store lost changes, as after the restore of a backup, or a revocation
 */
export function checkProgress(seen: RingVersion | undefined, found: RingVersion | undefined): void {
  if ((found?.version ?? 0) < (seen?.version ?? 0)) throw invalidRingError('is older than what was read before');
  if (seen && found && !isContinuation(seen, found))
    throw invalidRingError('does not continue what was read before, so the store has lost changes');
  const revoked = new Set(seen?.ring.keys.flatMap(({ kid, revokedAt }) => (revokedAt === undefined ? [] : [kid])));
  if (found?.ring.keys.some(({ kid, revokedAt }) => revokedAt === undefined && revoked.has(kid)))
    throw invalidRingError('lacks a revocation that was read before');
}

function policyFrom(given: object): RingPolicy {
  try {
    return policyInSeconds(Object(given));
  } catch (error) {
    throw invalidRingError(`has an invalid policy: ${Object(error).message}`);
  }
}

/** Each duration must be stored in seconds: the defaults of the options do not apply. */
function readPolicy(policy: unknown): RingPolicy {
  const given: JsonObject = isJsonObject(policy) ? ownMembers(policy) : {};
  const read = policyFrom(given);
  const missing = Object.entries(read).find(([name, value]) => given[name] !== value);
  if (missing) throw invalidRingError(`has a policy without ${missing[0]} in seconds`);
  return read;
}

function readTerms(terms: unknown): readonly RingTerm[] {
  const read = readList(terms, 'algorithms', readTerm);
  if (new Set(read.map(({ alg }) => alg)).size < read.length) throw invalidRingError('contains an algorithm twice');
  return read;
}

function readTerm(term: JsonObject): RingTerm | undefined {
  const { alg, since, until, successor, ...others } = ownMembers(term);
  if (!hasPublicKey(alg) || !isRecordInstant(since) || Object.keys(others).length > 0) return undefined;
  if (until === undefined && successor === undefined) return { alg, since, until, successor };
  return isRecordInstant(until) && hasPublicKey(successor) ? { alg, since, until, successor } : undefined;
}

function readRingKeys(keys: unknown): readonly RingKey[] {
  const read = readList(keys, 'keys', readRingKey);
  if (new Set(read.map(({ kid }) => kid)).size < read.length) throw invalidRingError('contains a kid twice');
  return read;
}

/** Reads one key: exactly the members of a key, each of its type. */
function readRingKey(record: JsonObject): RingKey | undefined {
  const { kid, alg, publishAt, activateAt, ...others } = ownMembers(record);
  const { retireAt, removeAt, revokedAt, reason, thumbprint, ...parts } = ownMembers(others);
  if (!isKid(kid) || !hasPublicKey(alg) || !isRecordInstant(publishAt) || !isRecordInstant(activateAt))
    return undefined;
  const areInstants =
    isAbsentOr(isRecordInstant, retireAt) &&
    isAbsentOr(isRecordInstant, removeAt) &&
    isAbsentOr(isRecordInstant, revokedAt);
  if (!areInstants || !isAbsentOr(isString, reason) || !isAbsentOr(isString, thumbprint)) return undefined;
  // A key that never retires is never removed, so both are set or neither.
  if ((retireAt === undefined) !== (removeAt === undefined)) return undefined;
  const read = readKeyParts(parts, { kid, alg });
  return read && { kid, alg, ...read, publishAt, activateAt, retireAt, removeAt, revokedAt, reason, thumbprint };
}

type KeyParts = Pick<RingKey, 'publicJwk' | 'privateJwk' | 'sealed' | 'external'>;

/** Reads the remaining members, the parts of the key; no other member is allowed. */
function readKeyParts(members: JsonObject, named: Pick<RingKey, 'kid' | 'alg'>): KeyParts | undefined {
  const { publicJwk, privateJwk, sealed, external, ...others } = ownMembers(members);
  if (!isAbsentOr(isPublicJwk, publicJwk) || !isAbsentOr(isReadableJwk, privateJwk)) return undefined;
  if (!isAbsentOr(isString, sealed) || !isAbsentOr(isExternalReference, external)) return undefined;
  // A private part needs the public one, which says whose it is, and exists in one form only.
  const kept = [privateJwk, sealed, external].filter((part) => part !== undefined);
  if (Object.keys(others).length > 0 || kept.length > (publicJwk ? 1 : 0)) return undefined;
  const { kid, alg } = ownMembers(publicJwk ?? named);
  if (kid !== named.kid || alg !== named.alg) return undefined;
  return { publicJwk, privateJwk, sealed, external: external && { reference: ownMembers(external).reference } };
}

function isAbsentOr<T>(is: (value: unknown) => value is T, value: unknown): value is T | undefined {
  return value === undefined || is(value);
}

function isExternalReference(value: unknown): value is { readonly reference?: string } {
  return isJsonObject(value) && Object.entries(value).every(([name, it]) => name === 'reference' && isString(it));
}

function isPublicJwk(value: unknown): value is Jwk {
  return isReadableJwk(value) && !hasPrivateMembers(value);
}

function isReadableJwk(value: unknown): value is Jwk {
  return isJsonObject(value) && attempt(() => readJwk(value) !== undefined, false);
}

const MAX_KID_LENGTH = 500;

/** A kid is kept for ever, so it must be short. */
export function isKid(kid: unknown): kid is string {
  return isString(kid) && kid !== '' && kid.length <= MAX_KID_LENGTH;
}

/** The largest Date in seconds. Beyond it, adding durations to an instant would lose precision. */
const MAX_INSTANT = 8_640_000_000_000;

function isRecordInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_INSTANT;
}

const INSTANT_MEMBERS = ['publishAt', 'activateAt', 'retireAt', 'removeAt', 'revokedAt', 'since', 'until'];

function readList<T>(value: unknown, what: string, read: (item: JsonObject) => T | undefined): readonly T[] {
  if (!Array.isArray(value) || value.length === 0) throw invalidRingError(`has no ${what}`);
  return value.map((item, i) => {
    const wrong =
      isJsonObject(item) && INSTANT_MEMBERS.find((name) => Object.hasOwn(item, name) && !isRecordInstant(item[name]));
    if (wrong)
      throw invalidRingError(`has an invalid ${what}[${i}].${wrong}: it must be seconds, at most ${MAX_INSTANT}`);
    const found = isJsonObject(item) ? read(item) : undefined;
    if (found === undefined) throw invalidRingError(`has an invalid ${what}[${i}]`);
    return found;
  });
}

function invalidRingError(what: string): JoseError {
  return new JoseError('ERR_RING_INVALID', `the key ring in the store ${what}; nothing was changed`);
}
