// The JOSE Header that JWS and JWE share (RFC 7515 §4, RFC 7516 §4): its parameters read once, crit checked in one place.
import { decodeBase64url } from './base64url.ts';
import { JoseError, withoutFrames } from './errors.ts';
import { type JsonObject, MAX_MEMBERS, parseJsonObject } from './json.ts';

/** The header parameters as the token has them. */
export interface JoseHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly cty?: string;
  readonly crit?: readonly string[];
  readonly [parameter: string]: unknown;
}

/** A header that was read: the parameters that the next steps use, and all of them (frozen) for the application. */
export interface ReadHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  readonly cty: string | undefined;
  readonly crit: readonly string[] | undefined;
  readonly parameters: JoseHeader;
}

/** The code of the error when a header is malformed: that of the object it belongs to. */
export type HeaderCode = 'ERR_JWS_INVALID' | 'ERR_JWE_INVALID';

/** The most octets of a protected header. */
const MAX_HEADER_BYTES: number = 16 * 1024;

/**
 * RFC 7515 §5.2 steps 2 and 3: the encoded protected header → its parameters.
 * [7515-5.2-2] strict base64url [7515-5.2-3] of one JSON object; [7515-4-1] [7515-4-2] no name twice.
 */
export function parseProtected(encoded: string, code: HeaderCode): JsonObject {
  if (encoded.length > Math.ceil((MAX_HEADER_BYTES * 4) / 3))
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', 'the protected header is over 16 KiB');
  const bytes = decodeBase64url(encoded);
  if (!bytes) throw new JoseError(code, 'the protected header is not canonical base64url');
  return withoutFrames(() => parseJsonObject(bytes, { code, what: 'protected header', maxMembers: MAX_MEMBERS }));
}

/**
 * RFC 7515 §5.2 step 4: the parameters of the JOSE Header that this library acts on, their values checked. All others are
 * handed on untouched [7515-4-4] [7515-4-5]; typ and cty are the application's to check, such as jwt/
 * [7515-4.1.9-1] [7515-4.1.10-1]. Keys and URLs in a header (jwk, jku, x5c, x5u) are never looked at: a key comes from
 * the caller only (RFC 8725 §3.10).
 *
 * @param parameters as they were parsed; they are frozen
 * @param protectedHeader those of the parameters that are integrity-protected: all of them, in a compact token
 * @throws JoseError with the given code
 */
export function readHeader(parameters: JsonObject, protectedHeader: JsonObject, code: HeaderCode): ReadHeader {
  const alg = stringParameter(parameters, 'alg', code);
  if (alg === undefined) throw malformedHeaderError(code, 'has no alg'); // RFC 7515 §4.1.1 [7515-4.1.1-1]
  return Object.freeze({
    alg,
    kid: stringParameter(parameters, 'kid', code),
    typ: stringParameter(parameters, 'typ', code),
    cty: stringParameter(parameters, 'cty', code),
    crit: readCrit(protectedHeader, code),
    parameters: deepFreeze(parameters) as JoseHeader,
  });
}

/**
 * RFC 7515 §5.2 step 4: the JOSE Header is the union of protected and unprotected parameters [7515-3.2-1] [7515-5.2-4a].
 * @throws JoseError with the given code for a parameter in both, or one that must be protected
 */
export function readUnionHeader(protectedHeader: JsonObject, unprotected: JsonObject, code: HeaderCode): ReadHeader {
  for (const name of Object.keys(unprotected)) {
    // Each name is in one of the two only [7515-5.2-4b] [7515-5.2-4c] [7515-7.2.1-8].
    if (Object.hasOwn(protectedHeader, name))
      throw malformedHeaderError(code, 'has a parameter both protected and unprotected');
    if (name === 'crit') throw malformedHeaderError(code, 'has an unprotected crit'); // [7515-4.1.11-8]
  }
  return readHeader({ ...protectedHeader, ...unprotected }, protectedHeader, code);
}

/**
 * RFC 7515 §4.1.11 [7515-4.1.11-9] [7515-4.1.11-2] a critical extension that is not understood makes the token
 * invalid. Understood are those that the caller says it processes itself.
 *
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED
 */
export function checkCritical({ crit }: ReadHeader, understood: readonly string[] = []): void {
  if (crit?.every((name) => understood.includes(name)) === false) {
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the header names a critical extension that is not understood');
  }
}

/** RFC 7515 §4.1.11 [7515-4.1.11-3] the names crit must not list: those of RFC 7515, 7516 and 7518 themselves. */
const REGISTERED = /^(alg|enc|zip|jku|jwk|kid|x5[uc]|x5t(#S256)?|typ|cty|crit|epk|ap[uv]|iv|tag|p2[sc])$/;

/**
 * Whether a crit value keeps the rules for `header`, the integrity-protected one:
 * [7515-4.1.11-1] an array of strings, [7515-4.1.11-6] not empty, [7515-4.1.11-4] none twice, [7515-4.1.11-3] none
 * registered, [7515-4.1.11-5] each one a parameter of the header.
 */
export function isCrit(crit: unknown, header: JsonObject): crit is readonly string[] {
  return (
    Array.isArray(crit) &&
    crit.length > 0 &&
    new Set(crit).size === crit.length &&
    crit.every((name) => typeof name === 'string' && !REGISTERED.test(name) && Object.hasOwn(header, name))
  );
}

function readCrit(header: JsonObject, code: HeaderCode): readonly string[] | undefined {
  const crit = parameter(header, 'crit');
  if (crit === undefined) return undefined;
  if (!isCrit(crit, header)) throw malformedHeaderError(code, 'has a malformed crit');
  return crit;
}

/**
 * A parameter that is a string or absent; null, too, is malformed. [7515-4.1.1-4] [7515-4.1.4-1]
 * A lone surrogate would become U+FFFD in UTF-8 and so equal another value (RFC 7493 §2.1 [7493-2.1-1]).
 */
export function stringParameter(header: JsonObject, name: string, code: HeaderCode): string | undefined {
  const value = parameter(header, name);
  if (value === undefined || (typeof value === 'string' && value.isWellFormed())) return value;
  throw malformedHeaderError(code, `parameter ${name} is not a string`);
}

/** A parameter of the header's own: none is inherited. */
export function parameter(header: JsonObject, name: string): unknown {
  return Object.hasOwn(header, name) ? header[name] : undefined;
}

export function malformedHeaderError(code: HeaderCode, what: string): JoseError {
  return new JoseError(code, `the header ${what}`);
}

/** Freezes a parsed header at all its levels, since one value may serve many callers. Its depth is bounded. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
