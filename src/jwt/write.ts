// RFC 7519 §7.1: what is common to JWTs that are signed and to those that are encrypted: options, and claims with their
// times.
import type { JsonObject } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import {
  aHeader,
  argumentError,
  isPlainObject,
  isString,
  type OptionRules,
  type Reading,
  type Rule,
} from '../options.ts';
import { aDuration, anInstant, type Duration, instant, isDuration, isSeconds, seconds } from '../time.ts';
import { claimFailures, ownClaim } from './claims.ts';
import { type JwtClaims, type ReadExpected, readExpected } from './expected.ts';
import { MAX_JWT_BYTES } from './jwt.ts';

export interface SignJwtOptions {
  /** From now to exp. null: no exp is added; the claims may bring their own. */
  readonly expiresIn: Duration | null;
  /** From now to nbf. Default: no nbf is added. */
  readonly notBefore?: Duration | undefined;
  /**
   * Default 'JWT' (RFC 7519 §5.1 [7519-5.1-2]); null: none. An explicit type such as 'at+jwt' is better (RFC 8725
   * §3.11).
   */
  readonly typ?: string | null | undefined;
  /** Further protected header parameters. */
  readonly header?: JsonObject | undefined;
  /** The instant of signing: seconds or a Date. Default: the clock. */
  readonly now?: number | Date | undefined;
}

/** The rule of `typ`. */
export const aTyp: Rule = [(value) => value === null || isString(value), "a string such as 'at+jwt', or null for none"];

/** The rules of the options. */
export const SIGN_OPTIONS: OptionRules<ReadSignOptions> = {
  expiresIn: [
    (value) => value === null || isDuration(value),
    "a duration such as '5m', a number of seconds, or null for a token that does not expire",
  ],
  notBefore: aDuration,
  typ: aTyp,
  header: aHeader,
  now: anInstant,
};

/** The claims that other libraries take as options. */
const CLAIMS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['issuer', 'iss'],
  ['audience', 'aud'],
  ['subject', 'sub'],
  ['jwtid', 'jti'],
]);

/** The words of the error for an option that is a claim here. */
export function claimOptionHint(name: string): string | undefined {
  const claim = CLAIMS.get(name);
  return claim === undefined ? undefined : `is not an option: put it into the claims, as ${claim}`;
}

/** Options that were read: each is present, if only as undefined. */
export type ReadSignOptions = { readonly [K in keyof Required<SignJwtOptions>]: SignJwtOptions[K] | undefined };

export const NEEDED: Reading<ReadSignOptions>['needed'] = ['expiresIn'];

/** The words of the error for an option that is a claim, or that belongs to the key. */
export function jwtOptionHint(name: string): string | undefined {
  const ofKey = /^(alg|algorithm|kid|keyid)$/.test(name);
  return ofKey ? 'is not an option: the key says it, as importKey(…, { alg, kid }) does' : claimOptionHint(name);
}

/** The claims set as JSON, with its times. */
export function writeClaims(claims: JwtClaims, options: ReadSignOptions): string {
  return writeJsonObject(withTimes(claims, options), 'claims', true);
}

/** Expects of the claims only that each is of its type. */
const ANY: ReadExpected = /* @__PURE__ */ readExpected({ issuer: null, audience: null, expiry: 'optional' });

/** The claims with iat, nbf and exp set as the options say, each of the type that a verifier demands. */
function withTimes(claims: JwtClaims, { expiresIn, notBefore, now }: ReadSignOptions): JwtClaims {
  if (!isPlainObject(claims)) throw argumentError('claims', "a plain object such as { sub: 'user' }", claims);
  const at = Math.floor(instant(now));
  const all: { [claim: string]: unknown } = { iat: at, ...claims };
  if (all.iat === undefined) all.iat = at;
  // Most likely a misspelt variable; left out like other undefined members, it would make a token that never expires.
  if (expiresIn === null && Object.hasOwn(all, 'exp') && all.exp === undefined)
    throw new TypeError(
      'claims.exp must be a number of seconds where options.expiresIn is null, or not be there at all',
    );
  if (notBefore !== undefined) setTimeClaim(all, 'nbf', at + seconds(notBefore));
  if (expiresIn !== null && expiresIn !== undefined) setTimeClaim(all, 'exp', at + seconds(expiresIn));
  checkClaimTypes(all, at);
  return all;
}

function checkClaimTypes(claims: JwtClaims, at: number): void {
  for (const claim of ['iat', 'nbf', 'exp']) {
    const time = ownClaim(claims, claim);
    if (time !== undefined && !isSeconds(time)) throw argumentError(`claims.${claim}`, 'a number of seconds', time);
  }
  for (const { claim, reason } of claimFailures(claims, ANY, at)) {
    const mustBe = claim === 'aud' ? 'a string or an array of strings' : 'a string';
    if (reason === 'type') throw argumentError(`claims.${claim}`, mustBe, claims[claim]);
  }
}

function setTimeClaim(claims: { [claim: string]: unknown }, name: 'nbf' | 'exp', time: number): void {
  if (Object.hasOwn(claims, name) && claims[name] !== undefined)
    throw new TypeError(`claims.${name} is given and would also be set by the options`);
  claims[name] = time;
}

/** @throws TypeError for a token that no reader would take */
export function checkTokenLength(token: string, argument: 'claims' | 'signed' = 'claims'): string {
  if (token.length > MAX_JWT_BYTES) throw new TypeError(`${argument} must be shorter: the token would be over 256 KiB`);
  return token;
}
