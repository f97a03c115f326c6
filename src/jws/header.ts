// The JOSE Header of a JWS: that of header.ts, and b64 (RFC 7797), which a JWE does not have.
import {
  checkCritical,
  type HeaderCode,
  malformedHeaderError,
  parameter,
  type ReadHeader,
  readHeader,
  readUnionHeader,
} from '../header.ts';
import type { JsonObject } from '../json.ts';

export interface JwsHeader extends ReadHeader {
  /** RFC 7797 §3 [7797-3-1] true unless the header says otherwise. */
  readonly b64: boolean;
}

const CODE: HeaderCode = 'ERR_JWS_INVALID';

/** RFC 7515 §5.2 step 4 for a header that is protected as a whole. @throws JoseError ERR_JWS_INVALID */
export function readJwsHeader(parameters: JsonObject): JwsHeader {
  return withB64(readHeader(parameters, parameters, CODE), parameters);
}

/** RFC 7515 §5.2 step 4 for a header in two halves. @throws JoseError ERR_JWS_INVALID */
export function readJwsUnionHeader(protectedHeader: JsonObject, unprotected: JsonObject): JwsHeader {
  if (Object.hasOwn(unprotected, 'b64')) throw malformedHeaderError(CODE, 'has an unprotected b64'); // [7797-3-2]
  return withB64(readUnionHeader(protectedHeader, unprotected, CODE), protectedHeader);
}

/** RFC 7515 §4.1.11 for a JWS, of whose extensions b64 is understood. @throws JoseError ERR_JOSE_NOT_SUPPORTED */
export function checkJwsCritical(header: ReadHeader, understood: readonly string[] = []): void {
  checkCritical(header, ['b64', ...understood]);
}

function withB64(header: ReadHeader, protectedHeader: JsonObject): JwsHeader {
  const { alg, kid, typ, cty, crit, parameters } = header;
  return Object.freeze({ alg, kid, typ, cty, crit, parameters, b64: readB64(protectedHeader) });
}

/**
 * RFC 7797 §3 [7797-3-1] b64 is a boolean, and §6 [7797-6-1] critical: a reader that does not know it would take other
 * octets for the payload.
 */
function readB64(header: JsonObject): boolean {
  const [b64, crit] = [parameter(header, 'b64'), parameter(header, 'crit')];
  if (b64 === undefined) return true;
  if (typeof b64 !== 'boolean' || !Array.isArray(crit) || !crit.includes('b64'))
    throw malformedHeaderError(CODE, 'has a malformed or uncritical b64');
  return b64;
}
