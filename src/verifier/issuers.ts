// Issuers kept apart: each with its own keys and its own policy, and a token is judged by those of the issuer it names.

import { withoutFrames } from '../errors.ts';
import type { KeyProvider } from '../jwks/source.ts';
import { decodePayload } from '../jws/parts.ts';
import { ownClaim, type Reason } from '../jwt/claims.ts';
import type { Expected, ReadExpected } from '../jwt/expected.ts';
import { type ReadJwt, readClaims } from '../jwt/jwt.ts';
import { refusal } from '../jwt/verify.ts';
import { isString } from '../options.ts';

/** One issuer as the caller trusts it: by these keys, if its tokens are what is expected of them. */
export interface TrustedIssuer {
  readonly keys: KeyProvider;
  readonly expected: Expected;
  /** The same, read; with a cache, its claims come out frozen. */
  readonly policy: ReadExpected;
}

/** Whose token it is. @throws JoseError when it is nobody's here */
export type Route = (jwt: ReadJwt) => TrustedIssuer;

/**
 * RFC 8725 §3.8 [8725-3.8-1] by the iss that the token claims. Nothing is proved by that yet: it only chooses by whose keys
 * and whose policy the token is judged, and the policy compares iss again. An issuer that is not among ours costs neither a
 * request nor a signature.
 */
export function routeByName(issuers: ReadonlyMap<string, TrustedIssuer>): Route {
  return (jwt) => {
    const iss = claimedIssuer(jwt);
    if (iss === undefined) throw refused('missing');
    if (!isString(iss)) throw refused('type');
    const issuer = issuers.get(iss);
    if (!issuer) throw refused('mismatch');
    return issuer;
  };
}

/** What an unverified token has for iss, read as strictly as if it were verified. */
export function claimedIssuer({ parts }: ReadJwt): unknown {
  const payload = decodePayload(parts.payload);
  return ownClaim(
    withoutFrames(() => readClaims(payload)),
    'iss',
  );
}

function refused(reason: Reason): unknown {
  return refusal({ value: undefined, faults: [{ claim: 'iss', reason }], schemaFaults: [] });
}
