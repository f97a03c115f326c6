// RFC 7515 §7.1: the three parts of a compact JWS, and which octets are signed: §5.1 step 2, RFC 7797 §3 (b64 false),
// RFC 7515 Appendix F (detached).
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { concat, encodeUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { SigningInput } from '../jwa/signatures.ts';

/** The three parts of a compact JWS, still as text. */
export interface CompactParts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** The text that was signed, when the payload is in it. [7515-2-3] as received, never serialised again. */
  readonly input: string;
}

/**
 * RFC 7515 §5.2 step 1 [7515-5.2-1] [7515-3.1-1] [7515-7.1-1] three parts, no fourth.
 * @param token whatever a counterpart sent; its length is looked at before anything else
 */
export function splitCompact(token: unknown, maxLength: number): CompactParts {
  if (typeof token !== 'string') throw malformedTokenError('is not a string');
  if (token.length > maxLength) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the token is over ${maxLength} octets`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  // Without a first period there is no second one.
  if (second < 0 || token.includes('.', second + 1))
    throw malformedTokenError(
      hasEncryptedForm(token) ? 'is encrypted: see decryptJwt, verifyNestedJwt' : 'has not exactly three parts',
    );
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    input: token.slice(0, second),
  };
}

/** RFC 7516 §9 [7516-9-1]: whether a text has the five parts of a JWE. */
export function hasEncryptedForm(token: string): boolean {
  return token.split('.', 6).length === 5;
}

/** The octets of a payload, and the signing input that a signature is over. */
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
export function signedPayload(encodedHeader: string, payload: Uint8Array, b64: boolean): SignedPayload {
  const input = b64
    ? `${encodedHeader}.${encodeBase64url(payload)}`
    : concat([encodeUtf8(`${encodedHeader}.`), payload]);
  return { payload, input };
}

/**
 * RFC 7797 §5.2: an unencoded payload stands in a compact JWS only as printable ASCII without a period.
 * [7797-5.2-1] [7797-5.2-3]
 */
export function isUnencodedPayload(text: string): boolean {
  return /^[\x20-\x2d\x2f-\x7e]*$/.test(text);
}

function malformedTokenError(what: string): JoseError {
  return new JoseError('ERR_JWS_INVALID', `the token ${what}`);
}
