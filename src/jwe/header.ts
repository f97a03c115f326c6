// The JOSE Header of a JWE (RFC 7516 §4): that of header.ts, enc and zip, and the octets that key management puts into it.
import { decodeBase64url } from '../base64url.ts';
import { JoseError } from '../errors.ts';
import {
  checkCritical,
  type HeaderCode,
  malformedHeaderError,
  parseProtected,
  type ReadHeader,
  readHeader,
  readUnionHeader,
  stringParameter,
} from '../header.ts';
import type { JsonObject } from '../json.ts';
import { type ContentEncryption, type ContentRow, findContentRow } from '../jwa/content-encryption.ts';
import { isKeyManagementAlgorithm } from '../jwa/key-management.ts';

export interface JweHeader extends ReadHeader {
  /** `undefined` only beside an alg that has no row. */
  readonly enc: string | undefined;
  /** Whether the plaintext was compressed (RFC 7516 §4.1.3). */
  readonly zip: boolean;
}

export const CODE: HeaderCode = 'ERR_JWE_INVALID';

/**
 * RFC 7516 §5.2 step 4: the union of the protected header and of those outside it [7516-5.2-4a], no name in two of them
 * [7516-5.2-4b]. [7516-4.1.2-1] enc is there.
 *
 * @param unprotected those of the message and of this recipient together
 * @throws JoseError ERR_JWE_INVALID, or ERR_JOSE_NOT_SUPPORTED for another zip than DEF
 */
export function readJweHeader(protectedHeader: JsonObject, unprotected?: JsonObject): JweHeader {
  const header = unprotected
    ? readUnionHeader(protectedHeader, unprotected, CODE)
    : readHeader(protectedHeader, protectedHeader, CODE);
  const enc = stringParameter(header.parameters, 'enc', CODE);
  // An algorithm of another specification may need no enc: the alg is refused, later.
  if (enc === undefined && isKeyManagementAlgorithm(header.alg)) throw malformedHeaderError(CODE, 'has no enc');
  // RFC 7516 §4.1.3 [7516-4.1.3-1] zip is protected, or anyone could have the plaintext taken for compressed octets.
  if (unprotected && Object.hasOwn(unprotected, 'zip')) throw malformedHeaderError(CODE, 'has an unprotected zip');
  const zip = stringParameter(header.parameters, 'zip', CODE);
  if (zip !== undefined && zip !== 'DEF')
    // [7516-4.1.3-2] [7516-4.1.3-3]
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the zip of the token is not DEF');
  const { alg, kid, typ, cty, crit, parameters } = header;
  return Object.freeze({ alg, kid, typ, cty, crit, parameters, enc, zip: zip !== undefined });
}

/** The header of a compact JWE that was read last, and its text. */
let latest: { readonly encoded: string; readonly header: JweHeader } | undefined;

/** The parameters that are new in every message. */
const FRESH: readonly string[] = ['epk', 'iv', 'p2s'];
const MAX_CACHED_LENGTH = 1024;

/**
 * RFC 7516 §5.2 steps 3 and 4 for a header that is protected as a whole. One that can come again is read once: mostly
 * the next message has it. Its text is copied, or it would keep the whole token alive.
 */
export function readProtectedJwe(encoded: string): JweHeader {
  if (encoded === latest?.encoded) return latest.header;
  const header = readJweHeader(parseProtected(encoded, CODE));
  if (encoded.length <= MAX_CACHED_LENGTH && !FRESH.some((name) => Object.hasOwn(header.parameters, name)))
    latest = { encoded: Buffer.from(encoded, 'latin1').toString('latin1'), header };
  return header;
}

/** The caller's limits on what is accepted. */
export interface JwePolicy {
  readonly enc?: readonly ContentEncryption[] | undefined;
  readonly crit?: readonly string[] | undefined;
  readonly zip?: boolean | undefined;
}

/**
 * RFC 7516 §5.2 step 5 [7516-5.2-5]: what the message demands is understood, and allowed by the caller [7516-5.2-19]. A
 * JWE has no extension that is understood here by itself [7516-4.1.13-1].
 *
 * @returns the row of its content encryption
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_ALG_NOT_ALLOWED
 */
export function acceptJweHeader(header: JweHeader, { enc, crit, zip }: JwePolicy): ContentRow {
  checkCritical(header, crit);
  const row = findContentRow(header.enc);
  if (!row || enc?.includes(row.name) === false)
    throw new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the enc of the token is not allowed here');
  if (header.zip && !zip)
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the token is compressed: it is read only with the option zip');
  return row;
}

/** RFC 7516 §4.1.1 [7516-4.1.1-1] names are compared to the letter. @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED */
export function checkKeyManagement({ alg }: JweHeader): void {
  if (!isKeyManagementAlgorithm(alg))
    throw new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the alg of the token is not allowed here');
}

/** The octets of a parameter that must be there. @throws JoseError ERR_JWE_INVALID */
export function octetsParameter(parameters: JsonObject, name: string): Uint8Array {
  const octets = optionalOctets(parameters, name);
  if (!octets) throw malformedHeaderError(CODE, `has no ${name}`);
  return octets;
}

/** The octets of a parameter that may be absent. @throws JoseError ERR_JWE_INVALID */
export function optionalOctets(parameters: JsonObject, name: string): Uint8Array | undefined {
  const text = stringParameter(parameters, name, CODE);
  const octets = text === undefined ? undefined : decodeBase64url(text);
  if (text !== undefined && !octets) throw malformedHeaderError(CODE, `parameter ${name} is not canonical base64url`);
  return octets;
}
