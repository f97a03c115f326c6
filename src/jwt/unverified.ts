// Reading without verifying. The result proves nothing: anyone can write any header and any claims.

import type { JoseHeader } from '../header.ts';
import { decodePayload } from '../jws/parts.ts';
import { checkArgumentCount } from '../options.ts';
import type { JwtClaims } from './expected.ts';
import { readClaims, readJwt } from './jwt.ts';

/** The header and claims of a token that was not verified. */
export interface UnverifiedJwt {
  readonly header: JoseHeader;
  readonly claims: JwtClaims;
}

/**
 * Reads a JWT without verifying it: for logs, for debugging, for finding out which issuer to ask. Never for a decision.
 * @throws JoseError ERR_JWS_INVALID, ERR_JWT_INVALID, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_LIMIT_EXCEEDED, as verifyJwt
 */
export function readUnverifiedJwt(token: string): UnverifiedJwt {
  checkArgumentCount(arguments.length, readUnverifiedJwt);
  const { parts, header } = readJwt(token);
  return Object.freeze({
    header: header.parameters,
    claims: readClaims(decodePayload(parts.payload)),
  });
}
