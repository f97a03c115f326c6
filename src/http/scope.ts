// RFC 6749 §3.3: what a token allows its bearer, and whether that is enough.
import { isJsonObject, ownMembers } from '../json.ts';
import { isVerifiedJwt, type VerifiedJwt } from '../jwt/verify.ts';
import { checkArgumentCount, mistake, type Rule } from '../options.ts';

/** %x21 / %x23-5B / %x5D-7E: printable, with neither a space nor what would end a quoted-string [6750-3-13]. */
const SCOPE_TOKEN = /^[!#-[\]-~]+$/;

/** The rule checks the type only: `readScope` reads the scopes, once, and checks what it read. */
export const aScope: Rule = [
  (value) => typeof value === 'string' || Array.isArray(value),
  "scopes separated by single spaces such as 'read write', or an array of them",
];

/**
 * Reads the scopes of one string with single spaces between them, or of an array, without duplicates.
 * @throws TypeError naming the argument, unless each is a scope and there is at least one
 */
export function readScope(scope: unknown, argument: string): readonly string[] {
  const scopes: readonly unknown[] =
    typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? [...scope] : [];
  if (scopes.length === 0 || !scopes.every(isScopeToken)) throw mistake(argument, aScope[1], scope);
  return [...new Set(scopes)];
}

function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

/**
 * Whether a verified token has all of these scopes, as a guard with `scope` requires: for routes behind one guard that requires none.
 * Without a token, as behind an optional guard, the answer is false.
 *
 * @param scope one or several with a space between (RFC 6749 §3.3), or an array of them; compared with `scope`, else `scp`, of the claims
 * @throws TypeError naming the argument
 */
export function hasScope(jwt: VerifiedJwt<unknown> | undefined, scope: string | readonly string[]): boolean {
  checkArgumentCount(arguments.length, hasScope);
  if (jwt !== undefined && !isVerifiedJwt(jwt)) throw mistake('jwt', 'a VerifiedJwt, or undefined without one', jwt);
  const required = readScope(scope, 'scope');
  return jwt !== undefined && hasAllScopes(jwt.claims, required);
}

/**
 * Whether claims allow all of what is asked, in whatever order [6750-3-8]. Scopes are compared exactly.
 * `scope` is a text with spaces (RFC 8693 §4.2, RFC 9068 §2.2.3); some issuers write an array, or call it `scp`.
 * Claims that a schema has made are asked as it made them.
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
