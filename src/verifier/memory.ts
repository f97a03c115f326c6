// Tokens that verified, remembered: what was proved of them, under which keys, and between which instants it holds.
import type { ReadHeader } from '../header.ts';
import { isJsonObject, ownMembers } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import { applySchema, ownClaim } from '../jwt/claims.ts';
import type { JwtClaims, ReadExpected, SchemaResult } from '../jwt/expected.ts';
import type { VerifiedJwt } from '../jwt/verify.ts';
import { type NumericDate, seconds } from '../time.ts';
import { RecentTexts } from './cache.ts';
import { frozenCopy } from './frozen.ts';
import type { TrustedIssuer } from './issuers.ts';

/** The instants at which the time claims of a token are as its policy wants them. */
interface Period {
  readonly from: NumericDate;
  /** The first instant that is too late, by exp. */
  readonly expires: NumericDate;
  /** The last instant that is not, by maxAge. */
  readonly last: NumericDate;
}

/** A verification that succeeded. */
interface Success {
  readonly issuer: TrustedIssuer;
  readonly header: ReadHeader;
  readonly keys: Key | KeySet;
  readonly verified: VerifiedJwt<unknown>;
}

export interface Remembered extends Success {
  readonly period: Period;
  /** What was read of the token is not kept: it would keep the text alive that it was cut out of. */
  readonly jwt: undefined;
}

/** The tokens that one verifier has accepted last, up to `max`. Refusals are never remembered. */
export class Memory {
  readonly #max: number;
  readonly #recent: RecentTexts<Remembered>;
  /** Claims that may be handed out again, each with the period in which they hold. */
  readonly #periods: WeakMap<object, Period> = new WeakMap();

  /** The keys that each issuer's tokens were verified by last. */
  readonly #served: Map<TrustedIssuer, Key | KeySet> = new Map();

  constructor(max: number) {
    this.#max = max;
    this.#recent = new RecentTexts(max);
  }

  /**
   * The same policy, but that its claims come out frozen through and through: what the next caller gets is what the first
   * one got. What a schema makes is copied for it, since it may be a part of the application. Where that is no object of
   * plain JSON data, it comes out as it is and is not remembered.
   */
  withFrozenClaims(policy: ReadExpected): ReadExpected {
    if (this.#max === 0) return policy;
    const validate = (value: unknown): SchemaResult<unknown> => {
      const claims: JwtClaims = Object(value);
      const made = policy.schema ? applySchema(policy.schema, claims) : { value, schemaFaults: [] };
      if (made.schemaFaults.length > 0) return { issues: made.schemaFaults.map(({ claim }) => ({ path: [claim] })) };
      const copy = frozenCopy(made.value);
      if (isJsonObject(copy)) this.#periods.set(copy, periodOf(claims, policy));
      // Without a prototype, since an inherited `issues` would refuse every token.
      return ownMembers({ value: copy ?? made.value });
    };
    return { ...policy, schema: { '~standard': { version: 1, vendor: 'barejose', validate } } };
  }

  recall(token: string): Remembered | undefined {
    return this.#recent.get(token);
  }

  keep(token: string, success: Success): void {
    this.#follow(success);
    const period = this.#periods.get(Object(success.verified.claims));
    if (period) this.#recent.set(token, { ...success, period, jwt: undefined });
  }

  forget(token: string): void {
    this.#recent.delete(token);
  }

  /** With a new key set, what was proved by the old one is of no use any more. */
  #follow({ issuer, keys }: Success): void {
    if (this.#served.get(issuer) === keys) return;
    this.#served.set(issuer, keys);
    this.#recent.drop((known) => known.issuer === issuer && known.keys !== keys);
  }
}

/**
 * Whether a token would verify again with the same claims: the keys are those under which it did, and its times are right.
 * A set that was fetched anew is another one, even if it has the same key.
 */
export function isStillValid({ keys, period }: Remembered, served: Key | KeySet, now: NumericDate): boolean {
  return keys === served && now >= period.from && now < period.expires && now <= period.last;
}

/** RFC 7519 §4.1.4 to §4.1.6 for a token that is accepted: the same comparisons as in jwt/claims.ts, resolved for now. */
function periodOf(claims: JwtClaims, { clockSkew = 0, maxAge }: ReadExpected): Period {
  const skew = seconds(clockSkew);
  const issuedAt = timeIn(claims, 'iat', 0);
  const notBefore = timeIn(claims, 'nbf', Number.NEGATIVE_INFINITY) - skew;
  return {
    from: maxAge === undefined ? notBefore : Math.max(notBefore, issuedAt - skew),
    expires: timeIn(claims, 'exp', Number.POSITIVE_INFINITY) + skew,
    last: maxAge === undefined ? Number.POSITIVE_INFINITY : issuedAt + seconds(maxAge) + skew,
  };
}

/** A claim that is a number, or is not there. What is anything else is refused elsewhere. */
function timeIn(claims: JwtClaims, name: 'exp' | 'nbf' | 'iat', otherwise: number): number {
  const time = ownClaim(claims, name);
  return typeof time === 'number' ? time : otherwise;
}
