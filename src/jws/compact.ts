// RFC 7515 §7.1: the JWS Compact Serialization, written and read.

import { encodeBase64url } from '../base64url.ts';
import { copyOctets, encodeUtf8, readUtf8, unpooled } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { JoseHeader } from '../header.ts';
import type { JsonObject } from '../json.ts';
import { anAlgorithmList, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { checkOperation, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import {
  aBoolean,
  aCount,
  aHeader,
  argumentError,
  aStringList,
  aUint8Array,
  checkArgumentCount,
  isOctets,
  type OptionRules,
  readOptions,
} from '../options.ts';
import type { JwsHeader } from './header.ts';
import {
  type CompactParts,
  decodePayload,
  isUnencodedPayload,
  type SignedPayload,
  signedPayload,
  splitCompact,
} from './parts.ts';
import { readProtectedHeader } from './protected.ts';
import { signWithKey, writeProtected } from './sign.ts';
import { acceptHeader, checkSignature, MAX_JWS_BYTES } from './signature.ts';

export interface SignJwsOptions {
  /** Further protected parameters. alg and kid come from the key. */
  readonly header?: JsonObject | undefined;
  /** false: the payload is signed, and stands in the token, as it is (RFC 7797). Default true. */
  readonly b64?: boolean | undefined;
  /** true: the payload part stays empty, and the payload travels by itself. Default false. */
  readonly detached?: boolean | undefined;
}

/** The words of errors for a payload that must be octets. */
export const A_PAYLOAD = 'a Uint8Array, such as new TextEncoder().encode(text)';

const SIGN_OPTIONS: OptionRules<SignJwsOptions> = { header: aHeader, b64: aBoolean, detached: aBoolean };

/**
 * Octets of any kind [7515-2-4] → compact JWS (RFC 7515 §5.1, §7.1).
 * @throws TypeError for the arguments; with `b64: false` also for a payload that cannot stand in a compact JWS
 */
export function signJws(payload: Uint8Array, key: Key, options?: SignJwsOptions): string {
  checkArgumentCount(arguments.length, signJws);
  if (!isOctets(payload)) throw argumentError('payload', A_PAYLOAD, payload);
  const { alg, kid } = checkOperation(key, 'sign');
  const { header, b64 = true, detached = false } = readOptions(options, SIGN_OPTIONS);
  const protectedPart = writeProtected({ alg, kid, typ: undefined, b64, header });
  const octets = copyOctets(payload); // read once: what is signed is what stands in the token
  const { input } = signedPayload(protectedPart, octets, b64);
  return `${protectedPart}.${detached ? '' : compactPayload(octets, b64)}.${signWithKey(key, input)}`; // [7515-5.1-8]
}

function compactPayload(payload: Uint8Array, b64: boolean): string {
  if (b64) return encodeBase64url(payload); // [7515-5.1-2]
  const text = readUtf8(payload);
  if (text === undefined || !isUnencodedPayload(text))
    throw new TypeError('payload must be detached: with b64 false it cannot stand in a compact JWS');
  return text;
}

export interface VerifyJwsOptions {
  /** The detached payload. The token's own payload part must then be empty. */
  readonly payload?: Uint8Array | undefined;
  /** Critical extensions that the caller processes itself. */
  readonly crit?: readonly string[] | undefined;
  /** Narrows what the keys already allow. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The most octets of the token, and of the detached payload. Default 1 MiB. */
  readonly maxLength?: number | undefined;
}

/** For every reader of a JWS. */
export const VERIFY_OPTIONS: OptionRules<VerifyJwsOptions> = {
  payload: aUint8Array,
  crit: aStringList,
  algorithms: anAlgorithmList,
  maxLength: aCount,
};

/** A JWS whose signature verified under one of the given keys. */
export interface VerifiedJws {
  readonly payload: Uint8Array;
  readonly header: JoseHeader;
  readonly key: Key;
}

/**
 * Verifies a compact JWS (RFC 7515 §5.2). The first step that fails throws [7515-5.2-0a].
 * @throws JoseError ERR_JWS_INVALID, ERR_JOSE_LIMIT_EXCEEDED, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_ALG_NOT_ALLOWED,
 *   ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS, ERR_JWS_SIGNATURE_VERIFICATION_FAILED; TypeError for the
 *   other arguments
 */
export function verifyJws(token: string, keys: Key | KeySet, options?: VerifyJwsOptions): VerifiedJws {
  checkArgumentCount(arguments.length, verifyJws);
  const policy = readOptions(options, VERIFY_OPTIONS);
  const { maxLength = MAX_JWS_BYTES } = policy;
  checkKeys(keys);
  const detached = readDetached(policy, maxLength);
  const parts = splitCompact(token, maxLength); // step 1
  const header = readProtectedHeader(parts.header); // steps 2 to 4
  const key = acceptHeader(header, keys, policy); // step 5, and of step 8 which key: a token without one costs no more
  const { payload, input } = readPayload(parts, header, detached); // step 6
  checkSignature(key, input, parts.signature); // steps 7 and 8
  return Object.freeze({ payload: unpooled(payload), header: header.parameters, key });
}

/** RFC 7515 §5.2 step 6: the payload octets, attached or detached, but never both. */
function readPayload(parts: CompactParts, { b64 }: JwsHeader, detached: Uint8Array | undefined): SignedPayload {
  const { header, payload, input } = parts;
  if (detached) {
    if (payload !== '') throw malformedJwsError('has a payload although it should be detached');
    return signedPayload(header, detached, b64);
  }
  if (b64) return { payload: decodePayload(payload), input };
  if (!isUnencodedPayload(payload)) throw malformedJwsError('has an unencoded payload that is not printable ASCII');
  return { payload: encodeUtf8(payload), input };
}

/** A copy of the detached payload: the octets that are measured, verified and returned are the same ones. */
export function readDetached({ payload }: VerifyJwsOptions, maxLength: number): Uint8Array | undefined {
  const octets = payload && copyOctets(payload);
  if (octets && octets.length > maxLength)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the detached payload is over ${maxLength} octets`);
  return octets;
}

function malformedJwsError(what: string): JoseError {
  return new JoseError('ERR_JWS_INVALID', `the token ${what}`);
}
