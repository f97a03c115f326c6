// RFC 7519 §4.1, RFC 8725 §3: all claims checked, once the signature holds.
import { isPromise } from 'node:util/types';
import type { ClaimFailure } from '../errors.ts';
import type { JoseHeader, ReadHeader } from '../header.ts';
import { argumentError, checkArgumentCount, isString, readMember } from '../options.ts';
import { isSeconds, type NumericDate, seconds } from '../time.ts';
import {
  type Expected,
  type ExpectedValues,
  isSubjectPrefix,
  type JwtClaims,
  type ReadExpected,
  readExpected,
  type SchemaIssue,
  type StandardSchemaV1,
} from './expected.ts';
import { type IssuerTemplate, issuerOfTenant } from './issuer-template.ts';

export type Reason = ClaimFailure['reason'];

/** The strings that a claim may be; null and undefined: any. */
type ExpectedString = string | readonly string[] | null | undefined;

/**
 * Checks a claims set and returns every failure, in order; unknown claims are not a failure [7519-4-3]. Pure: the
 * instant is an argument, in seconds. verifyJwt checks the header's typ and a schema besides.
 *
 * @throws TypeError for an expectation that is not sound
 */
export function checkClaims(claims: JwtClaims, expected: Expected, now: NumericDate): readonly ClaimFailure[] {
  checkArgumentCount(arguments.length, checkClaims);
  if (!isSeconds(now)) throw argumentError('now', 'a number of seconds since 1970', now);
  return claimFailures(claims, readExpected(expected), now);
}

/** The failures of a claims set against expectations that `readExpected` has read. */
export function claimFailures(claims: JwtClaims, policy: ReadExpected, now: NumericDate): ClaimFailure[] {
  // Each claim by its own name, which the engine looks up several times as fast as by a variable.
  const { hasOwn } = Object;
  const failures: ClaimFailure[] = [];
  const { issuer } = policy;
  if (isNameOrNames(issuer))
    addFailure(failures, 'iss', stringFault(hasOwn(claims, 'iss') ? claims.iss : undefined, issuer)); // RFC 8725 §3.8 [8725-3.8-1] [7519-4.1.1-1]
  else failures.push(...templateFailures(claims, issuer));
  addFailure(failures, 'sub', subjectFault(hasOwn(claims, 'sub') ? claims.sub : undefined, policy.subject)); // RFC 8725 §3.8 [8725-3.8-2] [7519-4.1.2-1]
  addFailure(failures, 'aud', audienceFault(hasOwn(claims, 'aud') ? claims.aud : undefined, policy.audience));
  addFailure(failures, 'exp', expiryFault(claims, policy, now));
  addFailure(failures, 'nbf', notBeforeFault(hasOwn(claims, 'nbf') ? claims.nbf : undefined, policy, now));
  addFailure(failures, 'iat', issuedAtFault(hasOwn(claims, 'iat') ? claims.iat : undefined, policy, now));
  addFailure(failures, 'jti', stringFault(hasOwn(claims, 'jti') ? claims.jti : undefined, null)); // [7519-4.1.7-2]
  if (policy.claims) failures.push(...valueFailures(claims, policy.claims, ''));
  for (const claim of policy.requiredClaims ?? []) {
    // A claim that its own check found missing is not reported twice.
    const isReported = failures.some((failure) => failure.claim === claim);
    if (!isReported && !Object.hasOwn(claims, claim)) addFailure(failures, claim, 'missing');
  }
  return failures;
}

function addFailure(failures: ClaimFailure[], claim: string, reason: Reason | undefined): void {
  if (reason !== undefined) failures.push({ claim, reason });
}

/** A claim of the token itself: `toString`, which every object inherits, is not one. */
export function ownClaim(claims: JwtClaims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function subjectFault(sub: unknown, wanted: ReadExpected['subject']): Reason | undefined {
  if (!isSubjectPrefix(wanted)) return stringFault(sub, wanted);
  const { prefix } = wanted;
  if (!isString(sub)) return sub === undefined ? 'missing' : 'type';
  return sub.startsWith(prefix) && sub.length > prefix.length ? undefined : 'mismatch';
}

function isNameOrNames(issuer: ReadExpected['issuer']): issuer is ExpectedString {
  return typeof issuer !== 'object' || issuer === null || Array.isArray(issuer);
}

/** The failures against a template: of the claim that names the tenant, else of iss, which must be that tenant's. */
function templateFailures(claims: JwtClaims, template: IssuerTemplate): ClaimFailure[] {
  const { claim } = template;
  const tenant = ownClaim(claims, claim);
  if (!isString(tenant)) return [{ claim, reason: tenant === undefined ? 'missing' : 'type' }];
  const issuer = issuerOfTenant(template, tenant);
  if (issuer === undefined) return [{ claim, reason: 'mismatch' }];
  const reason = stringFault(ownClaim(claims, 'iss'), issuer);
  return reason ? [{ claim: 'iss', reason }] : [];
}

/** The failures of the header: parameters that must be present, or have a value; those of typ come from typFault. */
export function headerFailures(parameters: JoseHeader, { header, requiredHeader }: ReadExpected): ClaimFailure[] {
  const absent = (requiredHeader ?? []).filter((name) => !Object.hasOwn(parameters, name));
  const failures = header ? valueFailures(parameters, header, 'header.') : [];
  const missing = absent.map((name): ClaimFailure => ({ claim: `header.${name}`, reason: 'missing' }));
  return [...failures, ...missing.filter(({ claim }) => failures.every((failure) => failure.claim !== claim))];
}

/** The failures of claims or header parameters against exact values. */
function valueFailures(
  members: { readonly [name: string]: unknown },
  expected: ExpectedValues,
  prefix: '' | 'header.',
): ClaimFailure[] {
  const failures: ClaimFailure[] = [];
  for (const [name, wanted] of Object.entries(expected)) {
    const value: unknown = Object.hasOwn(members, name) ? members[name] : undefined;
    const values: readonly unknown[] = [wanted].flat();
    const reason = value === undefined ? 'missing' : 'mismatch';
    if (!values.includes(value)) failures.push({ claim: `${prefix}${name}`, reason });
  }
  return failures;
}

/** A string, and one of the expected values, if any. */
function stringFault(value: unknown, wanted: ExpectedString): Reason | undefined {
  if (value === undefined) return isUnchecked(wanted) ? undefined : 'missing';
  if (!isString(value)) return 'type';
  return isExpectedString(value, wanted) ? undefined : 'mismatch';
}

/** [7519-4.1.3-2] a string or an array of strings, [7519-4.1.3-1] we are among them: RFC 8725 §3.9 [8725-3.9-2]. */
export function audienceFault(aud: unknown, wanted: ExpectedString): Reason | undefined {
  if (!Array.isArray(aud)) return stringFault(aud, wanted);
  if (!aud.every(isString)) return 'type';
  return isUnchecked(wanted) || aud.some((one) => isExpectedString(one, wanted)) ? undefined : 'mismatch';
}

/** Whether a claim is unchecked; an empty string is an expectation like any other. */
function isUnchecked(wanted: ExpectedString): wanted is null | undefined {
  return wanted === null || wanted === undefined;
}

/**
 * [7519-7.3-1] [7515-2-6] compared code unit by code unit: no case folding, no normalisation, no trailing slash
 * forgiven.
 */
function isExpectedString(value: string, wanted: ExpectedString): boolean {
  return isUnchecked(wanted) || value === wanted || (typeof wanted !== 'string' && wanted.includes(value));
}

/** [7519-4.1.4-1] a number; [7519-4.1.4-2] now must be before exp, strictly; [7519-4.1.4-3] the skew is the leeway. */
function expiryFault(claims: JwtClaims, policy: ReadExpected, now: NumericDate): Reason | undefined {
  const exp: unknown = Object.hasOwn(claims, 'exp') ? claims.exp : undefined;
  const { expiry, maxLifetime, clockSkew } = policy;
  if (exp === undefined) return expiry === 'optional' && maxLifetime === undefined ? undefined : 'missing';
  if (!isNumericDate(exp)) return 'type';
  if (now >= exp + toleranceSeconds(clockSkew)) return 'expired';
  return maxLifetime !== undefined && isTooLong({ exp, iat: ownClaim(claims, 'iat'), now }, policy)
    ? 'too-long'
    : undefined;
}

interface Lifetime {
  readonly exp: NumericDate;
  readonly iat: unknown;
  readonly now: NumericDate;
}

/** Whether exp is too far from iat, or from now: an iat that is ahead must not lengthen a lifetime. */
function isTooLong({ exp, iat, now }: Lifetime, { maxLifetime, clockSkew }: ReadExpected): boolean {
  const earliest = exp - toleranceSeconds(maxLifetime);
  return now < earliest - toleranceSeconds(clockSkew) || (isNumericDate(iat) && iat < earliest);
}

/** [7519-4.1.5-1] a number; [7519-4.1.5-2] now must not be before nbf. */
function notBeforeFault(nbf: unknown, { clockSkew }: ReadExpected, now: NumericDate): Reason | undefined {
  if (nbf === undefined) return undefined;
  if (!isNumericDate(nbf)) return 'type';
  return now >= nbf - toleranceSeconds(clockSkew) ? undefined : 'too-early';
}

/** [7519-4.1.6-1] With a maximum age it must be there, and neither too long ago nor ahead. */
function issuedAtFault(iat: unknown, { maxAge, clockSkew }: ReadExpected, now: NumericDate): Reason | undefined {
  if (iat === undefined) return maxAge === undefined ? undefined : 'missing';
  if (!isNumericDate(iat)) return 'type';
  if (maxAge === undefined) return undefined;
  if (now < iat - toleranceSeconds(clockSkew)) return 'too-early';
  return now <= iat + toleranceSeconds(maxAge) + toleranceSeconds(clockSkew) ? undefined : 'too-old';
}

function toleranceSeconds(duration: unknown): number {
  return duration === undefined ? 0 : seconds(duration);
}

/** [7519-2-1] a finite number: 1e400 is one to JSON but not to a comparison. */
function isNumericDate(value: unknown): value is NumericDate {
  return Number.isFinite(value);
}

/**
 * The header's typ against the one expected, if any is [7519-5.1-1]. RFC 7515 §4.1.9 [7515-4.1.9-3] without a slash it
 * stands for application/…; media types compare without case [7515-4.1.9-4]; parameters are not expected, so they do
 * not match.
 */
export function typFault({ typ }: ReadHeader, policy: ReadExpected): Reason | undefined {
  if (policy.typ === undefined) return undefined;
  if (typ === undefined) return 'missing';
  return mediaType(typ) === mediaType(policy.typ) ? undefined : 'mismatch';
}

function mediaType(typ: string): string {
  // ASCII letters only: toLowerCase would also turn a Kelvin sign into k.
  return (typ.includes('/') ? typ : `application/${typ}`).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Applies a schema: the value it returns, and its issues. Only the path of each issue is kept, since a validator's own words
 * may quote the value.
 *
 * @throws TypeError when the schema is asynchronous, or its result is neither a value nor issues
 */
export function applySchema(
  schema: StandardSchemaV1,
  claims: JwtClaims,
): { value: unknown; schemaFaults: readonly ClaimFailure[] } {
  const result: { readonly value?: unknown; readonly issues?: unknown } = Object(schema['~standard'].validate(claims));
  // A promise is not awaited, so its rejection must not end the process.
  if (isPromise(result)) Promise.resolve(result).catch(() => {});
  const issues = readMember(result, 'issues');
  if (issues) return { value: undefined, schemaFaults: issueFaults(issues) };
  // Only a result with a value accepts: a promise, or a bare true, does not.
  if (Object.hasOwn(result, 'value')) return { value: result.value, schemaFaults: [] };
  throw new TypeError('expected.schema must answer at once, with a value or with issues');
}

/** Issues in any form are a refusal, even an empty list. */
function issueFaults(issues: unknown): readonly ClaimFailure[] {
  const list: readonly SchemaIssue[] = Array.isArray(issues) && issues.length > 0 ? issues : [{}];
  return list.map(({ path }) => ({ claim: pathText(path ?? []), reason: 'mismatch' }));
}

function pathText(path: NonNullable<SchemaIssue['path']>): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
