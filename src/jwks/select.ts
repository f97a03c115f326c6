// Key selection (RFC 7515 §6, RFC 8725 §3.1): by kid and alg, among the caller's keys. A header selects a key and never
// brings one.
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { checkOperation, isForAlg, isKey, type Key } from '../jwk/key.ts';
import { argumentError } from '../options.ts';
import { KeySet, keysWithKid, noteOfSkipped } from './set.ts';

/**
 * Checks the keys to verify with, before any token is read.
 * @throws TypeError when `keys` is neither a Key that may verify nor a KeySet
 */
export function checkKeys(keys: Key | KeySet): void {
  if (KeySet.isKeySet(keys)) return;
  if (!isKey(keys)) throw argumentError('keys', KEYS, keys);
  checkOperation(keys, 'verify');
}

const KEYS =
  'a Key or a KeySet (importKey, importSecret, importJwks); for remote keys: verifyJwt(token, await keys.for(token), expected), or createVerifier';

/**
 * RFC 8725 §3.1 [8725-3.1-1] [8725-3.1-2] [7515-4.1.1-2] an algorithm is used only if it has a row and the
 * caller allows it. Names are compared to the letter: "none", "None" and "hs256" are all unknown.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED
 */
export function checkAlgorithm({ alg }: ReadHeader, algorithms: readonly SignatureAlgorithm[] | undefined): void {
  const isAllowed = algorithms ? algorithms.some((name) => name === alg) : isSignatureAlgorithm(alg);
  if (!isAllowed) throw algNotAllowedError();
}

/**
 * The one key that fits the header, of the alg that it names [7515-5.2-8b] [8725-3.1-3]; without one the token is refused
 * [7515-6-3] [7515-4.1.1-3].
 * A Key by itself is the caller's own choice, so its kid is not compared. In a set, a kid must match exactly
 * [7515-4.1.4-2] [7517-6-1]; without one, only one key may fit: keys are never tried one after another. Trust is in the
 * key alone: other key parameters of a header have no part in it [7515-6-1].
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS
 */
export function selectKey({ alg, kid }: ReadHeader, keys: Key | KeySet): Key {
  if (isKey(keys)) {
    if (!isForAlg(keys, alg)) throw algNotAllowedError();
    return keys;
  }
  let found: Key | undefined;
  for (const key of keys.keys) {
    if ((kid !== undefined && key.kid !== kid) || !isForAlg(key, alg)) continue;
    if (found) throw new JoseError('ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'several keys of the set fit the token');
    found = key;
  }
  if (!found) {
    const note = noteOfSkipped(keys, kid);
    throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', `no key of the set fits the kid and alg of the token${note}`);
  }
  return found;
}

/** Whether a set has a key of the header's kid and alg; an issuer may reuse a kid with another alg. */
export function hasKeyFor(set: KeySet, { kid, alg }: ReadHeader): boolean {
  return keysWithKid(set, kid).some((key) => isForAlg(key, alg));
}

function algNotAllowedError(): JoseError {
  return new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the alg of the token is not allowed here');
}
