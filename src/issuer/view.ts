// The ring at one instant: the published set and the signing keys, computed once and used until a state changes.
import { attempt, JoseError } from '../errors.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { importJwks } from '../jwks/import.ts';
import type { KeySet } from '../jwks/set.ts';
import type { RingPolicy } from '../ring/policy.ts';
import type { RingVersion } from '../ring/records.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { nextChange, nextRemoval, publishedKeys, type RingKey, signingKey } from '../ring/ring.ts';
import type { NumericDate } from '../time.ts';

/** The state of the ring from one instant to another. */
export interface RingView {
  readonly version: RingVersion;
  readonly from: NumericDate;
  readonly until: NumericDate;
  readonly set: KeySet;
  /** Frozen, and the same object until the set changes. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /** The published keys as JSON. */
  readonly text: string;
  /** The signing key of each algorithm, the preferred algorithm first. */
  readonly signing: ReadonlyMap<RingAlgorithm, RingKey>;
  readonly algorithms: readonly RingAlgorithm[];
  /** The next instant at which a key leaves the set, as far as is known. */
  readonly changesAt: NumericDate | undefined;
}

/** The set as an endpoint publishes it. */
export interface PublishedJwks {
  /** The same object until the set changes. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /** The next instant at which a key leaves the set, as far as is known. */
  readonly changesAt: NumericDate | undefined;
  /** The seconds for which caches may keep it: the policy's `jwksMaxAge`, or less if the set changes sooner. */
  readonly maxAge: number;
  /** The algorithms that the issuer signs with now, the preferred one first. */
  readonly algorithms: readonly RingAlgorithm[];
}

/**
 * @param previous the view before; if its keys are the same, its set is kept, so that its users see no change
 * @throws JoseError ERR_RING_INVALID when a public key is invalid, or the set is larger than verifiers accept
 */
export function viewAt(version: RingVersion, now: NumericDate, previous: RingView | undefined): RingView {
  const { ring } = version;
  const keys = publishedKeys(ring, now).map(({ publicJwk }) => publicJwk);
  const text = JSON.stringify(keys);
  const { set, jwks } = previous?.text === text ? previous : publishableSet(keys);
  const signing = ring.algorithms.flatMap(({ alg }) => {
    const key = signingKey(ring, alg, now);
    return key ? [[alg, key] as const] : [];
  });
  return {
    version,
    from: now,
    until: nextChange(ring, now) ?? Number.POSITIVE_INFINITY,
    set,
    jwks,
    text,
    signing: new Map(signing),
    algorithms: Object.freeze(signing.map(([alg]) => alg)),
    changesAt: nextRemoval(ring, now),
  };
}

/** Imports the keys and exports them again, so that no other member of a record can reach the published set. */
function publishableSet(keys: readonly Jwk[]): Pick<RingView, 'set' | 'jwks'> {
  const set = attempt(() => importJwks({ keys }), undefined);
  if (!set || set.skipped.length > 0) {
    const reason = set?.skipped[0]?.reason ?? 'they are too many or too large';
    throw new JoseError('ERR_RING_INVALID', `the key ring has keys that cannot be published: ${reason}`);
  }
  const jwks = { keys: set.toJSON().keys.map((jwk) => Object.freeze(jwk)) };
  Object.freeze(jwks.keys);
  return { set, jwks: Object.freeze(jwks) };
}

/** Returns the signing key of an algorithm, by default of the preferred one. */
export function signingKeyFor({ signing }: RingView, alg: RingAlgorithm | undefined): RingKey | undefined {
  return alg === undefined ? signing.values().next().value : signing.get(alg);
}

export function publishedJwks(view: RingView, { jwksMaxAge }: RingPolicy, now: NumericDate): PublishedJwks {
  const { jwks, changesAt, algorithms } = view;
  const remaining = changesAt === undefined ? jwksMaxAge : Math.min(jwksMaxAge, changesAt - now);
  // The clock may have advanced past the change since.
  return { jwks, changesAt, maxAge: Math.max(0, Math.floor(remaining)), algorithms };
}
