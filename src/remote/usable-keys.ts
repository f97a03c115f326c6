// The keys of a fetched document, which must have some that can be used.
import { JoseError } from '../errors.ts';
import { importJwks } from '../jwks/import.ts';
import type { KeySet } from '../jwks/set.ts';
import type { RemoteJwksOptions } from './options.ts';

/**
 * The keys of a document. An empty `keys` array is a good answer: the issuer took all its keys back. Keys of which none
 * is usable must be a mistake of the issuer.
 * @throws JoseError ERR_JWKS_INVALID with the reason of the first key and their number
 */
export function importUsableKeys(jwks: unknown, { alg, use, accept, maxKeys, maxBytes }: RemoteJwksOptions): KeySet {
  const set = importJwks(jwks, { alg, use, accept, maxKeys, maxBytes });
  const [first, ...others] = set.skipped;
  if (set.keys.length > 0 || !first) return set;
  const reason = `the first of ${1 + others.length} was skipped: ${first.reason}`;
  throw new JoseError('ERR_JWKS_INVALID', `the JWK Set has no usable key; ${reason}`);
}
