// Which octets are signed: RFC 7515 §5.1 step 2, RFC 7797 §3 (b64 false), RFC 7515 Appendix F (detached).
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { concat, utf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { SigningInput } from '../jwa/signatures.ts';

/** The octets of a payload, and what a signature over them is made of. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly input: SigningInput;
}

/** The octets of an encoded payload: [7515-5.2-6] strictly, and before any crypto. */
export function decodePayload(text: string): Uint8Array {
  const payload = decodeBase64url(text);
  if (!payload) throw new JoseError('ERR_JWS_INVALID', 'the payload is not canonical base64url');
  return payload;
}

/**
 * A payload that is given as octets: to be signed, or detached (RFC 7515 Appendix F [7515-F-1]).
 * RFC 7797 §3 [7797-3-4] with b64 false the octets themselves are signed.
 */
export function payloadOctets(encodedHeader: string, payload: Uint8Array, b64: boolean): SignedPayload {
  const input = b64 ? `${encodedHeader}.${encodeBase64url(payload)}` : concat([utf8(`${encodedHeader}.`), payload]);
  return { payload, input };
}

/**
 * RFC 7797 §5.2: an unencoded payload stands in a compact JWS only as printable ASCII without a period.
 * [7797-5.2-1] [7797-5.2-3]
 */
export function isCompactText(text: string): boolean {
  return /^[\x20-\x2d\x2f-\x7e]*$/.test(text);
}
