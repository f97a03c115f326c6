// RFC 7519 §5.3: claims that stand in the header of an encrypted JWT, too, to be read before it is decrypted.
import type { ClaimFailure } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { ownClaim } from './claims.ts';
import type { JwtClaims } from './expected.ts';

const REPLICATED = ['iss', 'sub', 'aud'] as const;

/**
 * The header parameters iss, sub and aud that are not the claims of these names [7519-5.3-1]: whoever routes by the header
 * would be led astray. The claims are read only where there is one.
 */
export function replicaFailures(parameters: JsonObject, readClaims: () => JwtClaims): ClaimFailure[] {
  const present = REPLICATED.filter((name) => Object.hasOwn(parameters, name));
  if (present.length === 0) return [];
  const claims = readClaims();
  const differing = present.filter((name) => !isEqual(parameters[name], ownClaim(claims, name)));
  return differing.map((name) => ({ claim: `header.${name}`, reason: 'mismatch' }));
}

/** @throws TypeError for a header that our own reader would refuse */
export function checkReplicas(header: JsonObject, readClaims: () => JwtClaims): void {
  for (const { claim } of replicaFailures(header, readClaims))
    throw new TypeError(`options.${claim} must be the claim of this name, exactly`);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
