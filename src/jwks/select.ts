// Which key a header means (RFC 7515 §6, RFC 8725 §3.1): kid ∩ alg, among keys of ours. The header chooses, it never brings.
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { checkOperation, isForAlg, isKey, type Key } from '../jwk/key.ts';
import { KeySet } from './set.ts';

/**
 * RFC 8725 §3.1 [8725-3.1-1] [8725-3.1-2] an algorithm is used only if there is a row for it and the caller allows it.
 * Compared to the letter: "none", "None", "hs256" are all just unknown.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED
 */
export function checkAlgorithm({ alg }: ReadHeader, algorithms: readonly SignatureAlgorithm[] | undefined): void {
  if (algorithms ? !algorithms.some((allowed) => allowed === alg) : !isSignatureAlgorithm(alg)) throw notAllowed();
}

/**
 * The one key that fits the header.
 * A Key by itself is the caller's own choice, so its kid is not compared. In a set, a kid must match exactly; without
 * one, only one key may fit: keys are never tried one after another.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS;
 *   TypeError when `keys` is neither a Key nor a KeySet, or may not verify
 */
export function selectKey(header: ReadHeader, keys: Key | KeySet): Key {
  if (isKey(keys)) {
    if (!isForAlg(checkOperation(keys, 'verify'), header.alg)) throw notAllowed();
    return keys;
  }
  const [key, second] = candidates(header, keys);
  if (!key) throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', 'no key of the set fits the kid and alg of the token');
  if (second) throw new JoseError('ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'several keys of the set fit the token');
  return key;
}

/** The keys of a set that fit the header. */
export function candidates(header: ReadHeader, keys: KeySet): readonly Key[] {
  if (!KeySet.isKeySet(keys)) throw new TypeError('keys must be a Key or a KeySet');
  return keys.named(header.kid).filter((key) => isForAlg(key, header.alg));
}

function notAllowed(): JoseError {
  return new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the alg of the token is not allowed here');
}
