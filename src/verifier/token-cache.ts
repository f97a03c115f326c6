// A cache of verified tokens: each with its result, the keys that verified it, and the time for which it is valid.
import type { ReadHeader } from '../header.ts';
import { isJsonObject, ownMembers } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import { applySchema, ownClaim } from '../jwt/claims.ts';
import type { JwtClaims, ReadExpected, SchemaResult } from '../jwt/expected.ts';
import type { VerifiedJwt } from '../jwt/verify.ts';
import { type NumericDate, seconds } from '../time.ts';
import { frozenJsonCopy } from './frozen-json.ts';
import type { TrustedIssuer } from './issuers.ts';
import { LruCache } from './lru-cache.ts';

/** The time for which the claims of a token satisfy its policy. */
interface ValidityPeriod {
  readonly from: NumericDate;
  /** The first instant that is too late by exp. */
  readonly expires: NumericDate;
  /** The last instant that is not too late by maxAge. */
  readonly last: NumericDate;
}

/** A verification that succeeded. */
interface Verification {
  readonly issuer: TrustedIssuer;
  readonly header: ReadHeader;
  readonly keys: Key | KeySet;
  readonly verified: VerifiedJwt<unknown>;
}

export interface CachedToken extends Verification {
  readonly period: ValidityPeriod;
  /** Not kept: its parts would keep the text alive that the token was cut from. */
  readonly jwt: undefined;
}

/** The last tokens that a verifier accepted, at most `max`. Refusals are never cached. */
export class TokenCache {
  readonly #max: number;
  readonly #tokens: LruCache<CachedToken>;
  /** Frozen claims, each with its period of validity. */
  readonly #periods: WeakMap<object, ValidityPeriod> = new WeakMap();

  /** The keys that last verified a token of each issuer. */
  readonly #lastKeys: Map<TrustedIssuer, Key | KeySet> = new Map();

  constructor(max: number) {
    this.#max = max;
    this.#tokens = new LruCache(max);
  }

  /**
   * Returns the policy with a schema that freezes a copy of the claims, so that no caller can change them for the next.
   * The application's own schema runs first. If its output is not plain JSON data, the output is returned as it is, and
   * the token is not cached.
   */
  withFrozenClaims(policy: ReadExpected): ReadExpected {
    if (this.#max === 0) return policy;
    const validate = (value: unknown): SchemaResult<unknown> => {
      const claims: JwtClaims = Object(value);
      const made = policy.schema ? applySchema(policy.schema, claims) : { value, schemaFaults: [] };
      if (made.schemaFaults.length > 0) return { issues: made.schemaFaults.map(({ claim }) => ({ path: [claim] })) };
      const copy = frozenJsonCopy(made.value);
      if (isJsonObject(copy)) this.#periods.set(copy, validityPeriodOf(claims, policy));
      // No prototype, since an inherited `issues` would refuse every token.
      return ownMembers({ value: copy ?? made.value });
    };
    return { ...policy, schema: { '~standard': { version: 1, vendor: 'barejose', validate } } };
  }

  get(token: string): CachedToken | undefined {
    return this.#tokens.get(token);
  }

  add(token: string, verification: Verification): void {
    this.#dropOutdated(verification);
    const period = this.#periods.get(Object(verification.verified.claims));
    if (period) this.#tokens.set(token, { ...verification, period, jwt: undefined });
  }

  delete(token: string): void {
    this.#tokens.delete(token);
  }

  /** Deletes the tokens that an earlier key set of the issuer verified. */
  #dropOutdated({ issuer, keys }: Verification): void {
    if (this.#lastKeys.get(issuer) === keys) return;
    this.#lastKeys.set(issuer, keys);
    this.#tokens.deleteWhere((cached) => cached.issuer === issuer);
  }
}

/**
 * Whether a cached token would verify again: the keys are the same object, and the time claims are satisfied. A set
 * that was fetched anew is another object, even with the same keys.
 */
export function isStillValid({ keys, period }: CachedToken, currentKeys: Key | KeySet, now: NumericDate): boolean {
  return keys === currentKeys && now >= period.from && now < period.expires && now <= period.last;
}

/** RFC 7519 §4.1.4 to §4.1.6 for a verified token: the comparisons of jwt/claims.ts, solved for the time. */
function validityPeriodOf(claims: JwtClaims, policy: ReadExpected): ValidityPeriod {
  const { clockSkew = 0, maxAge, maxLifetime } = policy;
  const skew = seconds(clockSkew);
  const issuedAt = timeClaim(claims, 'iat', 0);
  const notBefore = timeClaim(claims, 'nbf', Number.NEGATIVE_INFINITY) - skew;
  const expires = timeClaim(claims, 'exp', Number.POSITIVE_INFINITY);
  const notTooLong = maxLifetime === undefined ? notBefore : expires - seconds(maxLifetime) - skew;
  return {
    from: Math.max(notBefore, notTooLong, maxAge === undefined ? notBefore : issuedAt - skew),
    expires: expires + skew,
    last: maxAge === undefined ? Number.POSITIVE_INFINITY : issuedAt + seconds(maxAge) + skew,
  };
}

/** A time claim, or the default if it is absent. Verification has refused other types. */
function timeClaim(claims: JwtClaims, name: 'exp' | 'nbf' | 'iat', otherwise: number): number {
  const time = ownClaim(claims, name);
  return typeof time === 'number' ? time : otherwise;
}
