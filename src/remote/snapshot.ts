// A remote set as plain data: what one process leaves for the next.
import { JoseError } from '../errors.ts';
import { isJsonObject, jsonOctets, ownMembers, parseJsonObject } from '../json.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { NumericDate } from '../time.ts';
import { isHeaderValue } from './fetch.ts';

export interface JwksSnapshot {
  readonly version: 1;
  /** Of the set it was taken of; it serves no other. */
  readonly url: string;
  readonly fetchedAt: NumericDate;
  /** When a body came last, which a lying 304 does not bring. */
  readonly receivedAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly etag?: string;
  /** Public keys only. */
  readonly jwks: { readonly keys: readonly Jwk[] };
}

/** More than any set has, which is held to its own limits when it is imported. */
const MAX_SNAPSHOT_MEMBERS = 1_000_000;
/** What a snapshot has beside the keys, in octets; a key may be longer in it than where it came from, but never twice as long. */
const MAX_BYTES_BESIDE_KEYS: number = 16 * 1024;

/**
 * A snapshot as an object or text, read as strictly as what a server sends: it has lain somewhere.
 * @param maxBytes the most octets of the set that was fetched
 * @throws JoseError ERR_JWKS_INVALID when it is none, or one of another set; ERR_JOSE_LIMIT_EXCEEDED
 */
export function readSnapshot(snapshot: JwksSnapshot | string, url: string, maxBytes: number): JwksSnapshot {
  const bytes = jsonOctets(snapshot, 2 * maxBytes + MAX_BYTES_BESIDE_KEYS);
  if (!bytes)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', 'the snapshot is over twice the octets that its key set may have');
  const read = ownMembers(
    parseJsonObject(bytes, { code: 'ERR_JWKS_INVALID', what: 'snapshot', maxMembers: MAX_SNAPSHOT_MEMBERS }),
  );
  if (!isJwksSnapshot(read) || read.url !== url)
    throw new JoseError('ERR_JWKS_INVALID', 'the snapshot is not one of this key set');
  return read;
}

function isJwksSnapshot(value: object): value is JwksSnapshot {
  const { version, fetchedAt, receivedAt, freshUntil, etag, jwks }: Partial<Record<keyof JwksSnapshot, unknown>> =
    ownMembers(value);
  const isComplete = version === 1 && isJsonObject(jwks) && (etag === undefined || isHeaderValue(etag));
  return isComplete && [fetchedAt, receivedAt, freshUntil].every(Number.isFinite);
}
