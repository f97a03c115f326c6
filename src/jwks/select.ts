// Which key a header means (RFC 7515 §6, RFC 8725 §3.1): kid ∩ alg, among keys of ours. The header chooses, it never brings.
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { checkOperation, isForAlg, isKey, type Key } from '../jwk/key.ts';
import { KeySet } from './set.ts';

/**
 * That there is something to verify with, before any token is looked at.
 * @throws TypeError when `keys` is neither a Key that may verify nor a KeySet
 */
export function checkKeys(keys: Key | KeySet): void {
  if (KeySet.isKeySet(keys)) return;
  if (!isKey(keys)) throw new TypeError('keys must be a Key or a KeySet');
  checkOperation(keys, 'verify');
}

/**
 * RFC 8725 §3.1 [8725-3.1-1] [8725-3.1-2] an algorithm is used only if there is a row for it and the caller allows it.
 * Compared to the letter: "none", "None" and "hs256" are all just unknown.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED
 */
export function checkAlgorithm({ alg }: ReadHeader, algorithms: readonly SignatureAlgorithm[] | undefined): void {
  const isAllowed = algorithms ? algorithms.some((name) => name === alg) : isSignatureAlgorithm(alg);
  if (!isAllowed) throw notAllowed();
}

/**
 * The one key that fits the header.
 * A Key by itself is the caller's own choice, so its kid is not compared. In a set, a kid must match exactly
 * [7515-4.1.4-2]; without one, only one key may fit: keys are never tried one after another.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS
 */
export function selectKey({ alg, kid }: ReadHeader, keys: Key | KeySet): Key {
  if (isKey(keys)) {
    if (!isForAlg(keys, alg)) throw notAllowed();
    return keys;
  }
  const [key, second] = keys.named(kid).filter((key) => isForAlg(key, alg));
  if (!key) throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', 'no key of the set fits the kid and alg of the token');
  if (second) throw new JoseError('ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'several keys of the set fit the token');
  return key;
}

function notAllowed(): JoseError {
  return new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the alg of the token is not allowed here');
}
