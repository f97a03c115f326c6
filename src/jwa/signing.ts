// The signing half of jwa/signatures.ts (RFC 7518 §3), apart so that what only verifies cannot reach it.
import { createSign, sign } from 'node:crypto';
import { encodeBase64url } from '../base64url.ts';
import { rawFromDer } from './ecdsa.ts';
import { hmac } from './hmac.ts';
import { inputOctets, type ReadyKey, type SignatureRow, type SigningInput, updateWith } from './signatures.ts';

/** The signature over an input, as base64url text. */
export function makeSignature(ready: ReadyKey, input: SigningInput): string {
  if (ready.secret) return hmac(ready.secret, input);
  const { row, key } = ready;
  const signature =
    row.hash === null ? sign(null, inputOctets(input), key) : updateWith(createSign(row.hash), input).sign(key);
  return encodeSignature(row, signature);
}

/** A signature of node:crypto as base64url text. */
export function encodeSignature(row: SignatureRow, signature: Uint8Array): string {
  // RFC 7518 §3.4 [7518-3.4-1], RFC 8812 §3.2 [8812-3.2-1] ECDSA is r‖s at full width.
  const raw = row.kty === 'EC' ? rawFromDer(signature, row.keyLength) : signature;
  /* v8 ignore next -- OpenSSL writes canonical DER of numbers below the order of the curve */
  if (!raw) throw new Error('node:crypto made a signature that is not DER');
  return encodeBase64url(raw); // [7515-5.1-6]
}
