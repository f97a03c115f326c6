// A token read without its key: for `decode`, and for the header that a key function is told.
import { type JoseHeader, type JwtClaims, readUnverifiedJwt } from '../index.ts';

/** A payload as jsonwebtoken returns it: an object, or the text of any other payload. */
export type Payload = JwtClaims | string;

/** A token as jsonwebtoken returns it where `complete` is true. */
export interface CompleteToken {
  readonly header: JoseHeader;
  readonly payload: Payload;
  readonly signature: string;
}

/** The form of a token: three parts in base64url, of which the last may be empty. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** An empty claims set, encoded. */
const EMPTY = 'e30';

/**
 * The protected header of a token, a copy that may be written to.
 * @throws JoseError if it is not one that barejose reads
 */
export function readTokenHeader(token: string): JoseHeader {
  return { ...readUnverifiedJwt(`${token.slice(0, token.indexOf('.'))}.${EMPTY}.`).header };
}

export function isTokenForm(token: string): boolean {
  return TOKEN.test(token);
}

/**
 * The payload of a token: strict JSON, no member twice, where it is an object; text where the header says no other and it is
 * no JSON object.
 * @throws JoseError if it is neither
 */
export function readTokenPayload(token: string, { typ }: JoseHeader): Payload {
  try {
    return readUnverifiedJwt(token).claims;
  } catch (error) {
    const text = typ === 'JWT' ? undefined : textOf(token);
    if (text === undefined || isJsonObject(text)) throw error;
    return text;
  }
}

/** The payload as text; `undefined` if it is not canonical base64url of UTF-8. */
function textOf(token: string): string | undefined {
  const [, part = ''] = token.split('.');
  const octets = Buffer.from(part, 'base64url');
  const text = octets.toString();
  return octets.toString('base64url') === part && Buffer.from(text).equals(octets) ? text : undefined;
}

/** Whether text is a JSON object or array, also after a byte-order mark, which some readers skip. */
function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/**
 * Reads a token without verifying it. The result proves nothing.
 * @returns the payload, or header, payload and signature where `complete` is true; null for what is no token
 */
export function decode(
  token: unknown,
  options?: { readonly complete?: boolean; readonly json?: boolean } | null,
): unknown {
  if (typeof token !== 'string' || !isTokenForm(token)) return null;
  try {
    const { header, payload } = readToken(token, options?.json === true);
    if (options?.complete !== true) return payload;
    return { header: { ...header }, payload, signature: token.slice(token.lastIndexOf('.') + 1) };
  } catch {
    return null;
  }
}

/** Reads header and payload, mostly at once. @throws JoseError */
export function readToken(
  token: string,
  mustBeJson: boolean,
): { readonly header: JoseHeader; readonly payload: Payload } {
  try {
    const { header, claims } = readUnverifiedJwt(token);
    return { header, payload: claims };
  } catch {
    const header = readTokenHeader(token);
    return { header, payload: readTokenPayload(token, mustBeJson ? { ...header, typ: 'JWT' } : header) };
  }
}
