// Routes each token to the trusted issuer that it names, whose keys and policy alone judge it.

import { withoutFrames } from '../errors.ts';
import type { KeyProvider } from '../jwks/source.ts';
import { decodePayload } from '../jws/parts.ts';
import { ownClaim, type Reason } from '../jwt/claims.ts';
import type { Expected, ReadExpected } from '../jwt/expected.ts';
import { type ReadJwt, readClaims } from '../jwt/jwt.ts';
import { claimsError } from '../jwt/verify.ts';
import { isString } from '../options.ts';

/** An issuer that the caller trusts: its keys, and the expectations of its tokens. */
export interface TrustedIssuer {
  readonly keys: KeyProvider;
  readonly expected: Expected;
  /** The expectations, read. With a cache, the policy freezes the claims. */
  readonly policy: ReadExpected;
}

/** Returns the issuer of a token. @throws JoseError if the token names none of the trusted issuers */
export type IssuerRouter = (jwt: ReadJwt) => TrustedIssuer;

/**
 * RFC 8725 §3.8 [8725-3.8-1] Routes by the iss of the unverified token. It proves nothing yet: it only chooses the keys
 * and the policy, which compares iss again after the signature. An unknown issuer causes no request and no crypto work.
 */
export function routeByIssuerClaim(issuers: ReadonlyMap<string, TrustedIssuer>): IssuerRouter {
  return (jwt) => {
    const iss = unverifiedIssuer(jwt);
    if (iss === undefined) throw issuerClaimError('missing');
    if (!isString(iss)) throw issuerClaimError('type');
    const issuer = issuers.get(iss);
    if (!issuer) throw issuerClaimError('mismatch');
    return issuer;
  };
}

/** The iss of an unverified token, read as strictly as that of a verified one. */
export function unverifiedIssuer({ parts }: ReadJwt): unknown {
  const payload = decodePayload(parts.payload);
  return ownClaim(
    withoutFrames(() => readClaims(payload)),
    'iss',
  );
}

function issuerClaimError(reason: Reason): unknown {
  return claimsError({ value: undefined, faults: [{ claim: 'iss', reason }], schemaFaults: [] });
}
