// A key's life: pending, active, retiring, removed, or revoked. States are computed from the instants that the records hold,
// never by timers, so any number of processes agree without talking. Pure: records and an instant go in.

import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { Rule } from '../options.ts';
import type { NumericDate } from '../time.ts';
import type { RingPolicy } from './policy.ts';

/** An algorithm with a public key: a secret cannot be published. */
export type RingAlgorithm = Exclude<SignatureAlgorithm, 'HS256' | 'HS384' | 'HS512'>;

export function isRingAlgorithm(alg: unknown): alg is RingAlgorithm {
  return isSignatureAlgorithm(alg) && !alg.startsWith('HS');
}

export const aRingAlgorithm: Rule = [
  isRingAlgorithm,
  "a signature algorithm with a public key such as 'ES256'",
  'algorithm',
];

export type KeyState = 'pending' | 'active' | 'retiring' | 'removed' | 'revoked';

/** The record of a key. Every column is there in every record, so that none can be inherited from a polluted Object.prototype. */
export interface RingKey {
  readonly kid: string;
  readonly alg: RingAlgorithm;
  /** Until the key is removed or revoked. What is left then keeps the kid from returning. */
  readonly publicJwk: Jwk | undefined;
  /** The private part as it is, or sealed: one of the two until it is erased, neither for a key outside. */
  readonly privateJwk: Jwk | undefined;
  readonly sealed: string | undefined;
  /** That the key signs outside this process (KMS, HSM), and what it is called there. */
  readonly external: { readonly reference: string | undefined } | undefined;
  readonly publishAt: NumericDate;
  readonly activateAt: NumericDate;
  /** When its successor signs, and when no token of it is left; both open while it has no successor. */
  readonly retireAt: NumericDate | undefined;
  readonly removeAt: NumericDate | undefined;
  readonly revokedAt: NumericDate | undefined;
  readonly reason: string | undefined;
  /** Of a revoked key, RFC 7638: it does not return under another kid either. */
  readonly thumbprint: string | undefined;
}

/** An algorithm in service; every column is there, as in a {@link RingKey}. */
export interface RingTerm {
  readonly alg: RingAlgorithm;
  readonly since: NumericDate;
  /** When it ends, and what takes its place; both open while nothing does. */
  readonly until: NumericDate | undefined;
  readonly successor: RingAlgorithm | undefined;
}

/** The records of one issuer. */
export interface Ring {
  /** The issuer's name. */
  readonly ring: string;
  /** Under which the records were written last. */
  readonly policy: RingPolicy;
  /** In order of preference: the first one that can sign does, unless another is asked for. */
  readonly algorithms: readonly RingTerm[];
  readonly keys: readonly RingKey[];
}

export function stateOf({ revokedAt, removeAt, retireAt, activateAt }: RingKey, now: NumericDate): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  if (isPast(removeAt, now)) return 'removed';
  if (isPast(retireAt, now)) return 'retiring';
  return isPast(activateAt, now) ? 'active' : 'pending';
}

export function isPast(instant: NumericDate | undefined, now: NumericDate): boolean {
  return instant !== undefined && now >= instant;
}

/** Whether a key is still something: not removed, not revoked. */
export function isLive(key: RingKey, now: NumericDate): boolean {
  return !['removed', 'revoked'].includes(stateOf(key, now));
}

/** A key as it is published. */
type PublishedKey = RingKey & { readonly publicJwk: Jwk };

/** The keys of the JWK Set, in an order that does not change from one answer to the next. */
export function publishedKeys({ keys }: Ring, now: NumericDate): readonly PublishedKey[] {
  return keys
    .filter((key): key is PublishedKey => key.publicJwk !== undefined && isLive(key, now))
    .toSorted((a, b) => a.publishAt - b.publishAt || (a.kid < b.kid ? -1 : 1));
}

/** The key that signs: of those that are active, the newest. */
export function signingKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  return keysOfAlgorithm(ring, alg)
    .filter((key) => key.publicJwk !== undefined && stateOf(key, now) === 'active')
    .at(-1);
}

/** The algorithm that signs when none is asked for. */
export function preferredAlgorithm(ring: Ring, now: NumericDate): RingAlgorithm | undefined {
  return ring.algorithms.find(({ alg }) => signingKey(ring, alg, now))?.alg;
}

/** The algorithms that can sign now, the preferred one first. */
export function signingAlgorithms(ring: Ring, now: NumericDate): readonly RingAlgorithm[] {
  return ring.algorithms.map(({ alg }) => alg).filter((alg) => signingKey(ring, alg, now));
}

/** The keys of an algorithm one after another, as they sign. */
export function keysOfAlgorithm({ keys }: Ring, alg: RingAlgorithm): readonly RingKey[] {
  return keys
    .filter((key) => key.alg === alg && key.revokedAt === undefined)
    .toSorted((a, b) => a.activateAt - b.activateAt || a.publishAt - b.publishAt || (a.kid < b.kid ? -1 : 1));
}

/** The key of an algorithm that signs next. */
export function pendingKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  return keysOfAlgorithm(ring, alg).find((key) => stateOf(key, now) === 'pending');
}

/** The next instant at which a key changes its state, or an algorithm begins or ends. */
export function nextChange({ keys, algorithms }: Ring, now: NumericDate): NumericDate | undefined {
  return earliestAfter(
    [
      ...keys
        .filter((key) => key.revokedAt === undefined)
        .map(({ activateAt, retireAt, removeAt }) => [activateAt, retireAt, removeAt]),
      ...algorithms.map(({ since, until }) => [since, until]),
    ].flat(),
    now,
  );
}

/** The next instant at which a key leaves the set. */
export function nextRemoval(ring: Ring, now: NumericDate): NumericDate | undefined {
  return earliestAfter(
    publishedKeys(ring, now).map(({ removeAt }) => removeAt),
    now,
  );
}

function earliestAfter(instants: readonly (NumericDate | undefined)[], now: NumericDate): NumericDate | undefined {
  const future = instants.filter((instant) => instant !== undefined && instant > now);
  return future.length > 0 ? Math.min(...future.map(Number)) : undefined;
}

/** What is to be done about a ring. */
interface MaintenancePlan {
  /** Algorithms without a key that waits: one always does, so that an emergency finds a key that the world has. */
  readonly create: readonly RingAlgorithm[];
  /** The keys that will sign next, and when. Nothing has to be written for that. */
  readonly promote: readonly { readonly kid: string; readonly at: NumericDate }[];
  /** Keys whose private part, or all but the kid, is needed no more. */
  readonly erase: readonly string[];
  /** Keys whose instants are too early for the policy. */
  readonly delay: readonly string[];
}

/** Pure: the same records, policy and instant give the same plan in every process. */
export function maintenancePlan(ring: Ring, policy: RingPolicy, now: NumericDate): MaintenancePlan {
  const inService = ring.algorithms.filter(({ until }) => !isPast(until, now)).map(({ alg }) => alg);
  const next = ring.algorithms.flatMap(({ alg }) => pendingKey(ring, alg, now) ?? []);
  return {
    create: inService.filter((alg) => !pendingKey(ring, alg, now)),
    promote: next
      .filter((key) => !isPast(key.retireAt, key.activateAt))
      .map(({ kid, activateAt }) => ({ kid, at: activateAt })),
    erase: ring.keys.filter((key) => withoutUnneededParts(key, policy, now) !== key).map(({ kid }) => kid),
    delay: ring.keys
      .filter((key) => withPolicyDelay(key, { from: ring.policy, to: policy }, now) !== key)
      .map(({ kid }) => kid),
  };
}

/**
 * A key without what it needs no more: the private part when it signs no more, all but the kid when it is removed. A clock
 * that is behind still has the key sign, hence not before the clocks' difference has passed.
 */
export function withoutUnneededParts(key: RingKey, { clockSkew }: RingPolicy, now: NumericDate): RingKey {
  if (isPast(key.removeAt, now - clockSkew)) return key.publicJwk || hasPrivatePart(key) ? tombstone(key) : key;
  return isPast(key.retireAt, now - clockSkew) && hasPrivatePart(key) ? withoutPrivatePart(key) : key;
}

export function hasPrivatePart({ privateJwk, sealed }: RingKey): boolean {
  return privateJwk !== undefined || sealed !== undefined;
}

export function withoutPrivatePart(key: RingKey): RingKey {
  return { ...key, privateJwk: undefined, sealed: undefined };
}

/** What is left of a removed or revoked key. */
export function tombstone(key: RingKey): RingKey {
  return { ...withoutPrivatePart(key), publicJwk: undefined, external: undefined };
}

/** The policy under which a ring was written, and the one that it is to be written under. */
interface PolicyChange {
  readonly from: RingPolicy;
  readonly to: RingPolicy;
}

/**
 * A key with instants that the policy can live with, should it have been written under another one: signing no earlier than
 * the lead allows, and kept for as long as the retention demands. Never the other way round, or two instances in the midst
 * of a roll-out would quarrel. A key that signs before any lead is over was told to: the first one, or by force.
 */
export function withPolicyDelay(key: RingKey, { from, to }: PolicyChange, now: NumericDate): RingKey {
  const { publishLead, retention, syncLag, clockSkew } = to;
  const { publishAt, activateAt, retireAt = Number.POSITIVE_INFINITY, removeAt } = key;
  const leadEnd = publishAt + publishLead;
  const isEarly = activateAt < leadEnd && activateAt >= publishAt + from.publishLead && retireAt > activateAt;
  if (isEarly && stateOf(key, now) === 'pending' && activateAt > now + clockSkew)
    return { ...key, activateAt: leadEnd };
  const isKept = removeAt === undefined || removeAt >= retireAt + retention;
  // By the time that others know of it, they may have removed the key: it does not return.
  return isKept || !isLive(key, now + syncLag + clockSkew) ? key : { ...key, removeAt: retireAt + retention };
}
