// Issuers kept apart: each with its own keys and its own policy, and a token is judged by those of the issuer it names.
import { JoseError, withoutFrames } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { KeySet } from '../jwks/set.ts';
import type { KeySource } from '../jwks/source.ts';
import { decodePayload } from '../jws/parts.ts';
import { ownClaim, type Reason } from '../jwt/claims.ts';
import type { Expected, Policy } from '../jwt/expected.ts';
import { type ReadJwt, readClaims } from '../jwt/jwt.ts';
import { refusal } from '../jwt/verify.ts';
import { isString } from '../options.ts';
import { RemoteJwks } from '../remote/remote.ts';

/** One issuer as the caller trusts it: by these keys, if its tokens are what is expected of them. */
export interface TrustedIssuer {
  /** A KeySource here is a checked one. */
  readonly keys: Key | KeySet | RemoteJwks | KeySource;
  readonly expected: Expected;
  /** The same, read; with a cache, its claims come out frozen. */
  readonly policy: Policy;
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

/** The keys for a header: at once where no request must be waited for. @throws JoseError as `RemoteJwks.for` */
export function keysFor({ keys }: TrustedIssuer, header: ReadHeader): Key | KeySet | Promise<KeySet> {
  if (RemoteJwks.isRemoteJwks(keys)) return RemoteJwks.take(keys, header);
  if (isKey(keys) || KeySet.isKeySet(keys)) return keys;
  return (keys.stale === true ? undefined : keys.current) ?? keys.keys();
}

/** The same without waiting. @throws JoseError as `RemoteJwks.now` */
export function keysNow({ keys }: TrustedIssuer, header: ReadHeader): Key | KeySet {
  if (RemoteJwks.isRemoteJwks(keys)) return RemoteJwks.atHand(keys, header);
  if (isKey(keys) || KeySet.isKeySet(keys)) return keys;
  const { current } = keys;
  if (!current) throw new JoseError('ERR_JWKS_UNAVAILABLE', 'the keys are unavailable: they must be read first');
  return current;
}
