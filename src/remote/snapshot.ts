// A remote set as plain data, from one process for the next.
import { JoseError } from '../errors.ts';
import { isJsonObject, jsonOctets, ownMembers, parseJsonObject } from '../json.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { KeySet } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';
import { isHeaderValue } from './headers.ts';
import type { GoodAnswer } from './state.ts';

export interface JwksSnapshot {
  readonly version: 1;
  /** The URL of the set, or what `discoverJwks` was given; the snapshot is valid for this one only. */
  readonly url: string;
  readonly fetchedAt: NumericDate;
  /** When the last body came; a 304 does not change it. */
  readonly receivedAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly etag?: string;
  /** Public keys only. */
  readonly jwks: { readonly keys: readonly Jwk[] };
}

/** The answer that a snapshot is of. */
interface SnapshotSource {
  readonly url: string;
  readonly good: GoodAnswer;
  readonly etag: string | undefined;
}

export function snapshotOf(set: KeySet, { url, good, etag }: SnapshotSource): JwksSnapshot {
  const { fetchedAt, receivedAt, freshUntil } = good;
  const instants = { fetchedAt, receivedAt, freshUntil };
  return { version: 1, url, ...instants, ...(etag !== undefined && { etag }), jwks: set.toJSON() };
}

/** More than any set has; the import of the set applies the real limits. */
const MAX_SNAPSHOT_MEMBERS = 1_000_000;
/** Octets beside the keys. A key may be longer in a snapshot than in the fetched set, but less than twice as long. */
const MAX_BYTES_BESIDE_KEYS: number = 16 * 1024;

/**
 * Reads a snapshot, an object or JSON text, as strictly as a server's answer, since its storage is not trusted.
 * @param maxBytes the most octets of the fetched set
 * @throws JoseError ERR_JWKS_INVALID if it is no snapshot, or one of another set; ERR_JOSE_LIMIT_EXCEEDED
 */
export function readSnapshot(snapshot: JwksSnapshot | string, url: string, maxBytes: number): JwksSnapshot {
  const bytes = jsonOctets(snapshot, 2 * maxBytes + MAX_BYTES_BESIDE_KEYS);
  if (!bytes)
    throw new JoseError(
      'ERR_JOSE_LIMIT_EXCEEDED',
      `the snapshot is over ${2 * maxBytes + MAX_BYTES_BESIDE_KEYS} octets`,
    );
  const read = ownMembers(
    parseJsonObject(bytes, { code: 'ERR_JWKS_INVALID', what: 'snapshot', maxMembers: MAX_SNAPSHOT_MEMBERS }),
  );
  if (!isJwksSnapshot(read) || read.url !== url)
    throw new JoseError(
      'ERR_JWKS_INVALID',
      'the snapshot is of another URL, or was not made by snapshot() of this version: leave it out',
    );
  return read;
}

function isJwksSnapshot(value: object): value is JwksSnapshot {
  const { version, fetchedAt, receivedAt, freshUntil, etag, jwks }: Partial<Record<keyof JwksSnapshot, unknown>> =
    ownMembers(value);
  const isComplete = version === 1 && isJsonObject(jwks) && (etag === undefined || isHeaderValue(etag));
  return isComplete && [fetchedAt, receivedAt, freshUntil].every(Number.isFinite);
}
