// RFC 6749 §3.3: what a token allows its bearer, and whether that is enough.
import { isJsonObject, ownMembers } from '../json.ts';

/** %x21 / %x23-5B / %x5D-7E: printable, with neither a space nor what would end a quoted-string [6750-3-13]. */
const SCOPE_TOKEN = /^[!#-[\]-~]+$/;

/** For option rules: at least one scope, in one string with single spaces between, or in an array. */
export function isScope(value: unknown): value is string | readonly string[] {
  return (typeof value === 'string' || Array.isArray(value)) && scopesIn(value).every(isScopeToken) && value.length > 0;
}

function isScopeToken(value: unknown): boolean {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

/** The scopes of an option that was checked, each once. */
export function readScope(scope: string | readonly string[] = []): readonly string[] {
  return [...new Set(scopesIn(scope))];
}

function scopesIn(scope: string | readonly string[]): readonly string[] {
  return typeof scope === 'string' ? scope.split(' ') : [...scope];
}

/**
 * Whether claims allow all of what is asked, in whatever order [6750-3-8]. Scopes are compared exactly.
 * `scope` is a text with spaces (RFC 8693 §4.2, RFC 9068 §2.2.3); some issuers write an array, or call it `scp`.
 * Claims that a schema has made are asked as it made them.
 */
export function allows(claims: unknown, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const held = new Set(heldScopes(claims));
  return wanted.every((scope) => held.has(scope));
}

function heldScopes(claims: unknown): readonly unknown[] {
  if (!isJsonObject(claims)) return [];
  const { scp, scope = scp } = ownMembers(claims);
  return typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [];
}
