// A JWT read (RFC 7519 §3, §7.2): a compact JWS, with a header that a JWT may have and a claims set as its payload.
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { MAX_MEMBERS, parseJsonObject } from '../json.ts';
import type { JwsHeader } from '../jws/header.ts';
import { type CompactParts, splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import type { JwtClaims } from './expected.ts';

/** The most octets of a JWT. */
export const MAX_JWT_BYTES: number = 256 * 1024;

/** A JWT of which only the outside was read: enough to know which key it asks for. */
export interface ReadJwt {
  readonly parts: CompactParts;
  readonly header: JwsHeader;
}

/** A JWT as far as it is read before any key is needed. */
export function readJwt(token: unknown): ReadJwt {
  const parts = splitCompact(token, MAX_JWT_BYTES); // RFC 7519 §7.2 steps 1, 2, 6 [7519-7.2-1] [7519-7.2-6] [7519-3-1]
  const header = readProtectedHeader(parts.header); // steps 3, 4 [7519-7.2-3] [7519-7.2-4]
  checkJwtHeader(header); // step 8
  return { parts, header };
}

/** Whether a cty says that the content is itself a JWT (RFC 7519 §5.2 [7519-5.2-2], RFC 7515 §4.1.10 [7515-4.1.10-3]). */
export function saysNested({ cty = '' }: ReadHeader): boolean {
  return /^(application\/)?jwt$/i.test(cty);
}

/**
 * Refuses headers that a JWS may have and a JWT may not.
 * RFC 7797 §7 [7797-7-3] b64 is not false.
 * RFC 7519 §7.2 step 8 [7519-7.2-8] a nested JWT would have to be verified in its turn: an attacker hopes that its outer
 * signature is taken for the whole.
 */
export function checkJwtHeader(header: JwsHeader): void {
  if (!header.b64) throw new JoseError('ERR_JWT_INVALID', 'a JWT must not have b64 false');
  if (saysNested(header)) throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'nested signatures are not supported');
}

/** RFC 7519 §7.2 step 10 [7519-7.2-10] [7519-3-2] one strict JSON object, [7519-4-1] [7519-4-2] no claim twice. */
export function readClaims(payload: Uint8Array, maxMembers: number = MAX_MEMBERS): JwtClaims {
  return parseJsonObject(payload, { code: 'ERR_JWT_INVALID', what: 'claims set', maxMembers });
}
