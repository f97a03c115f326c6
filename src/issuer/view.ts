// A ring at an instant: what is published and what signs, made once and used until something changes.
import { attempt, JoseError } from '../errors.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { importJwks, type KeySet } from '../jwks/set.ts';
import type { RingPolicy } from '../ring/policy.ts';
import type { RingVersion } from '../ring/records.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { nextChange, nextRemoval, publishedKeys, type RingKey, signingKey } from '../ring/ring.ts';
import type { NumericDate } from '../time.ts';

/** What holds from one instant until another. */
export interface RingView {
  readonly version: RingVersion;
  readonly from: NumericDate;
  readonly until: NumericDate;
  readonly set: KeySet;
  /** Frozen, and the same object until the set changes. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /** What is published, as text. */
  readonly text: string;
  /** The key that signs of each algorithm, the preferred one's first. */
  readonly signing: ReadonlyMap<RingAlgorithm, RingKey>;
  readonly algorithms: readonly RingAlgorithm[];
  /** The instant at which a key leaves the set, as far as is known. */
  readonly changesAt: NumericDate | undefined;
}

/** The set as an endpoint publishes it. */
export interface PublishedJwks {
  /** The same object until the set changes. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /** The instant at which a key leaves the set, as far as is known. */
  readonly changesAt: NumericDate | undefined;
  /** For how many seconds it may be kept: the policy's `jwksMaxAge`, or less if it changes before. */
  readonly maxAge: number;
  /** What the issuer signs with now, the preferred one first. */
  readonly algorithms: readonly RingAlgorithm[];
}

/**
 * @param last what held before; its set is kept where it is the same, so that whoever has it sees that it is
 * @throws JoseError ERR_RING_INVALID when a public key of the ring is none, or there are more than verifiers read
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

/** The keys go out as they came out of their import: nothing else that a record may hold can get into the set. */
function publishableSet(keys: readonly Jwk[]): Pick<RingView, 'set' | 'jwks'> {
  const set = attempt(() => importJwks({ keys }), undefined);
  if (!set || set.skipped.length > 0) {
    const reason = set?.skipped[0]?.reason ?? 'there are too many, or too large ones';
    throw new JoseError('ERR_RING_INVALID', `the key ring has keys that cannot be published: ${reason}`);
  }
  const jwks = { keys: set.toJSON().keys.map((jwk) => Object.freeze(jwk)) };
  Object.freeze(jwks.keys);
  return { set, jwks: Object.freeze(jwks) };
}

/** The key that signs for an algorithm, or for the preferred one. */
export function signingKeyFor({ signing }: RingView, alg: RingAlgorithm | undefined): RingKey | undefined {
  return alg === undefined ? signing.values().next().value : signing.get(alg);
}

export function publishedJwks(view: RingView, { jwksMaxAge }: RingPolicy, now: NumericDate): PublishedJwks {
  const { jwks, changesAt, algorithms } = view;
  const remaining = changesAt === undefined ? jwksMaxAge : Math.min(jwksMaxAge, changesAt - now);
  // Not less than nothing: the clock may have been read again since.
  return { jwks, changesAt, maxAge: Math.max(0, Math.floor(remaining)), algorithms };
}
