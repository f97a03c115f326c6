// RFC 7519 §5: what the header of an encrypted JWT says of its content: a signed token (cty), and replicated claims.
import { readUtf8 } from '../bytes.ts';
import { asJoseError, type ClaimFailure, JoseError } from '../errors.ts';
import type { JoseHeader, ReadHeader } from '../header.ts';
import type { JsonObject } from '../json.ts';
import { type CompactParts, decodePayload, hasEncryptedForm } from '../jws/parts.ts';
import { readMember } from '../options.ts';
import { ownClaim } from './claims.ts';
import type { JwtClaims, ReadExpected } from './expected.ts';
import { readClaims, saysNested } from './jwt.ts';
import { claimsError } from './verify.ts';

/** @throws JoseError ERR_JWT_INVALID for a token whose header does not say that it is nested */
export function checkNested(header: ReadHeader): void {
  if (!saysNested(header))
    throw new JoseError(
      'ERR_JWT_INVALID',
      'the token has no cty that says JWT, so it is not nested: decryptJwt reads one that is encrypted only',
    );
}

/** @throws JoseError ERR_JOSE_NOT_SUPPORTED: the claims of a nested token are signed, and the signature must be checked */
export function checkNotNested(header: ReadHeader): void {
  if (saysNested(header))
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the token is nested: verifyNestedJwt reads the signed one inside');
}

/** The token that was encrypted. @throws JoseError ERR_JOSE_NOT_SUPPORTED for a second layer */
export function readInnerText(plaintext: Uint8Array): string {
  const text = readUtf8(plaintext) ?? '';
  if (hasEncryptedForm(text))
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the token is encrypted again: only one layer is read');
  return text;
}

/** Runs a step on the inner token, whose refusal names it. */
export function ofInnerToken<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    const refusal = asJoseError(error);
    const { code, message } = refusal;
    const failures = readMember(refusal, 'failures');
    throw new JoseError(code, namingInner(message), failures && { failures });
  }
}

/** A message about a token, as one about the inner token. */
export function namingInner(message: string): string {
  const named = message.replace(/\bthe token\b/, 'the inner token');
  return named === message ? `the inner token: ${message}` : named;
}

const REPLICATED = ['iss', 'sub', 'aud'] as const;

/** The replicated claims that a header has. */
export function replicasIn(parameters: JsonObject): readonly (typeof REPLICATED)[number][] {
  return REPLICATED.filter((name) => Object.hasOwn(parameters, name));
}

/**
 * The header parameters iss, sub and aud that are not the claims of these names [7519-5.3-1]: whoever routes by the header
 * would be led astray.
 */
export function replicaFailures(parameters: JsonObject, claims: JwtClaims): ClaimFailure[] {
  const differing = replicasIn(parameters).filter((name) => !isEqual(parameters[name], ownClaim(claims, name)));
  return differing.map((name) => ({ claim: `header.${name}`, reason: 'mismatch' }));
}

/**
 * Compares the replicated claims of a header with the claims, which are read only where there are any.
 * @throws JoseError ERR_JWT_CLAIM_VALIDATION_FAILED
 */
export function checkReplicas(parameters: JoseHeader, claims: () => JwtClaims): void {
  if (replicasIn(parameters).length === 0) return;
  const faults = replicaFailures(parameters, claims());
  const error = claimsError({ value: undefined, faults, schemaFaults: [] });
  if (error) throw error;
}

/** Claims to compare, before the signature that is over them. Their number is bounded later, by the expectation. */
export function unverifiedClaimsOf({ payload }: CompactParts): JwtClaims {
  return readClaims(decodePayload(payload), Number.POSITIVE_INFINITY);
}

/** @throws TypeError for a header whose replicated claims our own reader would refuse */
export function checkGivenReplicas(header: JsonObject, claims: JwtClaims): void {
  for (const { claim } of replicaFailures(header, claims))
    throw new TypeError(`options.${claim} must be the claim of this name, exactly`);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** @throws TypeError for the algorithms of signatures, where none is verified */
export function checkNoAlgorithms({ algorithms }: Pick<ReadExpected, 'algorithms'>): void {
  if (algorithms !== undefined) throw new TypeError(`expected.algorithms ${NO_ALGORITHMS}`);
}

/** The words of the error for algorithms where no signature is verified. */
export const NO_ALGORITHMS = 'is for signatures: each key to decrypt with is for one algorithm already';
