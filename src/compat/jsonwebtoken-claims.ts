// The claims of a verified token, checked in jsonwebtoken's order and refused in its words. A payload of text has no claims.
import { isRegExp } from 'node:util/types';
import type { Payload } from './jsonwebtoken-decode.ts';
import { JsonWebTokenError, NotBeforeError, TokenExpiredError } from './jsonwebtoken-errors.ts';
import type { ReadVerifyOptions } from './jsonwebtoken-options.ts';
import { instantAfter } from './timespan.ts';

type Claims = { readonly [claim: string]: unknown };

/** @throws JsonWebTokenError, NotBeforeError, TokenExpiredError for the first check that fails */
export function checkTokenClaims(payload: Payload, options: ReadVerifyOptions): void {
  const claims = typeof payload === 'string' ? {} : payload;
  checkNotBefore(claims, options);
  checkExpiration(claims, options);
  checkAudience(claims, options);
  checkIssuer(claims, options);
  checkValue('subject', options.subject, ownOf(claims, 'sub'));
  checkValue('jwtid', options.jwtid, ownOf(claims, 'jti'));
  checkValue('nonce', options.nonce, ownOf(claims, 'nonce'));
  checkAge(claims, options);
}

/** A claim of the token's own, which a polluted Object.prototype cannot bring. */
function ownOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** A claim that is a finite number of seconds, or absent. */
function timeOf(claims: Claims, name: string): number | undefined {
  const time = ownOf(claims, name);
  if (time === undefined || (typeof time === 'number' && Number.isFinite(time))) return time;
  throw new JsonWebTokenError(`invalid ${name} value`);
}

function checkNotBefore(claims: Claims, { ignoreNotBefore, now, tolerance }: ReadVerifyOptions): void {
  const nbf = ignoreNotBefore ? undefined : timeOf(claims, 'nbf');
  if (nbf !== undefined && nbf > now + tolerance) throw new NotBeforeError('jwt not active', dateOf(nbf));
}

function checkExpiration(claims: Claims, { ignoreExpiration, now, tolerance }: ReadVerifyOptions): void {
  const exp = ignoreExpiration ? undefined : timeOf(claims, 'exp');
  if (exp !== undefined && now >= exp + tolerance) throw new TokenExpiredError('jwt expired', dateOf(exp));
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

function checkAudience(claims: Claims, { audience }: ReadVerifyOptions): void {
  if (!audience) return;
  const aud = ownOf(claims, 'aud');
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.some((given) => audience.some((expected) => isAudience(expected, given))))
    throw new JsonWebTokenError(`jwt audience invalid. expected: ${audience.join(' or ')}`);
}

/** Whether an audience is the expected one. A RegExp begins anew at each call, also one with the flag g. */
function isAudience(expected: string | RegExp, given: unknown): boolean {
  return isRegExp(expected) ? typeof given === 'string' && given.search(expected) !== -1 : given === expected;
}

function checkIssuer(claims: Claims, { issuer }: ReadVerifyOptions): void {
  if (!issuer) return;
  const iss = ownOf(claims, 'iss');
  if (!issuer.some((expected) => expected === iss))
    throw new JsonWebTokenError(`jwt issuer invalid. expected: ${issuer.join(',')}`);
}

function checkValue(option: string, expected: unknown, given: unknown): void {
  if (expected !== undefined && given !== expected)
    throw new JsonWebTokenError(`jwt ${option} invalid. expected: ${expected}`);
}

function checkAge(claims: Claims, { maxAge, now, tolerance }: ReadVerifyOptions): void {
  if (maxAge === undefined) return;
  const iat = ownOf(claims, 'iat');
  if (typeof iat !== 'number' || !Number.isFinite(iat))
    throw new JsonWebTokenError('iat required when maxAge is specified');
  const end = instantAfter(maxAge, iat);
  if (end === undefined) throw new JsonWebTokenError(BAD_AGE);
  if (now >= end + tolerance) throw new TokenExpiredError('maxAge exceeded', dateOf(end));
}

/** The words for a maxAge that is no time. */
export const BAD_AGE = '"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60';
