// Where a set comes from, and what is taken from there.
import { JoseError } from '../errors.ts';
import { importJwks } from '../jwks/import.ts';
import type { KeySet } from '../jwks/set.ts';
import type { FetchedDocument } from './fetch.ts';
import type { RemoteJwksOptions } from './options.ts';

/** Where a set comes from: its name in events, and how it is had. */
export interface JwksSource {
  readonly url: string;
  readonly load: (wish: FetchHints) => Promise<FetchedDocument>;
}

/** How a set is to be fetched. */
export interface FetchHints {
  /** The ETag of the set at hand, if no more than "nothing new" is needed. */
  readonly ifNoneMatch: string | undefined;
  /** The URL that gave the ETag: it means nothing anywhere else. */
  readonly taggedBy: string | undefined;
  /** That something is missing or failed: perhaps the set has moved. */
  readonly recheckLocation: boolean;
}

/** @throws JoseError also for a set without a usable key: nobody means to publish that */
export function readKeys(jwks: unknown, { maxKeys, maxBytes }: RemoteJwksOptions): KeySet {
  const set = importJwks(jwks, { maxKeys, maxBytes });
  if (set.keys.length === 0) throw new JoseError('ERR_JWKS_INVALID', 'the JWK Set has no usable key');
  return set;
}
