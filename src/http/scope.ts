// The scopes of a token (RFC 6749 §3.3), and whether they include the required ones.
import { isJsonObject, ownMembers } from '../json.ts';
import { isVerifiedJwt, type VerifiedJwt } from '../jwt/verify.ts';
import { argumentError, checkArgumentCount, type Rule } from '../options.ts';

/** %x21 / %x23-5B / %x5D-7E: printable, without a space or a character that would end a quoted-string [6750-3-13]. */
const SCOPE_TOKEN = /^[!#-[\]-~]+$/;

/** Checks the type only; `readScope` reads the scopes once, and checks what it read. */
export const aScope: Rule = [
  (value) => typeof value === 'string' || Array.isArray(value),
  "scopes separated by single spaces such as 'read write', or an array of them",
  'requiredScopes',
];

/**
 * Reads the scopes of a string with single spaces between them, or of an array, without duplicates.
 * @throws TypeError naming the argument, unless there is at least one scope and each is valid
 */
export function readScope(scope: unknown, argument: string): readonly string[] {
  const scopes: readonly unknown[] =
    typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? [...scope] : [];
  if (scopes.length === 0 || !scopes.every(isScopeToken)) throw argumentError(argument, aScope[1], scope);
  return [...new Set(scopes)];
}

function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

/**
 * Whether a verified token has all of these scopes, as a guard with `scope` requires: for routes behind one guard that
 * requires none. The answer is false without a token, as behind an optional guard.
 *
 * @param scope one or several scopes with a space between them (RFC 6749 §3.3), or an array of them; compared with the
 *   claim `scope`, else `scp`
 * @throws TypeError naming the argument
 */
export function hasScope(jwt: VerifiedJwt<unknown> | undefined, scope: string | readonly string[]): boolean {
  checkArgumentCount(arguments.length, hasScope);
  if (jwt !== undefined && !isVerifiedJwt(jwt))
    throw argumentError('jwt', 'a VerifiedJwt, or undefined without one', jwt);
  const required = readScope(scope, 'scope');
  return jwt !== undefined && hasAllScopes(jwt.claims, required);
}

/**
 * Whether claims include all required scopes, in any order [6750-3-8]. Scopes are compared exactly. `scope` is a
 * string with spaces (RFC 8693 §4.2, RFC 9068 §2.2.3); some issuers write an array, or call it `scp`. If a schema
 * transformed the claims, its result counts.
 */
export function hasAllScopes(claims: unknown, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const granted = new Set(scopesOfClaims(claims));
  return wanted.every((scope) => granted.has(scope));
}

function scopesOfClaims(claims: unknown): readonly unknown[] {
  if (!isJsonObject(claims)) return [];
  const { scp, scope = scp } = ownMembers(claims);
  return typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [];
}
