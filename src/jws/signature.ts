// RFC 7515 §5.2: a header accepted, and one signature checked over the signing input.
import { decodeBase64url } from '../base64url.ts';
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import type { SignatureAlgorithm, SigningInput } from '../jwa/signatures.ts';
import type { Key } from '../jwk/key.ts';
import { verifyWithKey } from '../jwk/signature-key.ts';
import { checkAlgorithm, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { checkJwsCritical } from './header.ts';

/** The most octets of a JWS, and of a detached payload, by default. */
export const MAX_JWS_BYTES: number = 1024 * 1024;

/** The algorithms and critical extensions that the caller accepts. */
interface SignaturePolicy {
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  readonly crit?: readonly string[] | undefined;
}

/**
 * The Key that a header selects, once its crit and alg are accepted: RFC 7515 §5.2 step 5 [7515-5.2-5], §4 [7515-4-3]. Every
 * reader of signatures passes here.
 */
export function acceptHeader(header: ReadHeader, keys: Key | KeySet, { algorithms, crit }: SignaturePolicy): Key {
  checkJwsCritical(header, crit);
  checkAlgorithm(header, algorithms);
  return selectKey(header, keys);
}

/**
 * RFC 7515 §5.2 steps 7 and 8 [7515-5.2-7] [7515-5.2-8a]
 * @throws JoseError ERR_JWS_INVALID when the signature is not canonical base64url, else
 *   ERR_JWS_SIGNATURE_VERIFICATION_FAILED, whatever is wrong with it
 */
export function checkSignature(key: Key, input: SigningInput, signature: string): void {
  if (!verifyWithKey(key, input, signature)) throw signatureError(signature);
}

/** The error for a signature that does not verify, which may be no signature at all. */
export function signatureError(signature: string): JoseError {
  if (!decodeBase64url(signature)) return new JoseError('ERR_JWS_INVALID', 'the signature is not canonical base64url');
  return new JoseError('ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'the signature does not verify');
}
