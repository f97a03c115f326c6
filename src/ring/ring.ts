// A key ring: its records, and the states of its keys: pending, active, retiring, removed, revoked. States follow
// from the instants in the records, without timers, so that all processes agree. Pure: the functions take records and
// an instant.

import type { SignatureAlgorithm } from '../jwa/signatures.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { NumericDate } from '../time.ts';
import type { RingPolicy } from './policy.ts';

/** An algorithm with a public key; a secret cannot be published. */
export type RingAlgorithm = Exclude<SignatureAlgorithm, 'HS256' | 'HS384' | 'HS512'>;

export type KeyState = 'pending' | 'active' | 'retiring' | 'removed' | 'revoked';

/** The record of a key. Each record has all members, so that a polluted Object.prototype cannot add one. */
export interface RingKey {
  readonly kid: string;
  readonly alg: RingAlgorithm;
  /** Undefined once the key is removed or revoked; the rest of the record keeps the kid from returning. */
  readonly publicJwk: Jwk | undefined;
  /** The private part, plain or sealed: one of the two until it is erased, and neither for an external key. */
  readonly privateJwk: Jwk | undefined;
  readonly sealed: string | undefined;
  /** Set for a key that signs outside this process (KMS, HSM), with its name there. */
  readonly external: { readonly reference: string | undefined } | undefined;
  readonly publishAt: NumericDate;
  readonly activateAt: NumericDate;
  /** When its successor starts to sign, and when its last token has expired; undefined without a successor. */
  readonly retireAt: NumericDate | undefined;
  readonly removeAt: NumericDate | undefined;
  readonly revokedAt: NumericDate | undefined;
  readonly reason: string | undefined;
  /** The RFC 7638 thumbprint of a revoked key, which keeps it from returning under another kid. */
  readonly thumbprint: string | undefined;
}

/** An algorithm in service; each record has all members, as in {@link RingKey}. */
export interface RingTerm {
  readonly alg: RingAlgorithm;
  readonly since: NumericDate;
  /** When it ends, and the algorithm that replaces it; undefined while none does. */
  readonly until: NumericDate | undefined;
  readonly successor: RingAlgorithm | undefined;
}

/** The records of an issuer's ring. */
export interface Ring {
  /** The issuer's name. */
  readonly ring: string;
  /** The policy of the last write. */
  readonly policy: RingPolicy;
  /** In order of preference: the first one with a signing key signs by default. */
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

/** Whether a key is neither removed nor revoked. */
export function isLive(key: RingKey, now: NumericDate): boolean {
  return !['removed', 'revoked'].includes(stateOf(key, now));
}

/** A key of the published set. */
type PublishedKey = RingKey & { readonly publicJwk: Jwk };

/** Returns the keys of the JWK Set, always in the same order. */
export function publishedKeys({ keys }: Ring, now: NumericDate): readonly PublishedKey[] {
  return keys
    .filter((key): key is PublishedKey => key.publicJwk !== undefined && isLive(key, now))
    .toSorted(inOrderOfPublication);
}

/** Keys of one moment are in the order of their kids, so that every process has them in one order. */
function inOrderOfPublication(a: RingKey, b: RingKey): number {
  return a.publishAt - b.publishAt || (a.kid < b.kid ? -1 : 1);
}

/** Returns the key that signs for an algorithm: its newest active one. */
export function signingKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  return keysOfAlgorithm(ring, alg)
    .filter((key) => key.publicJwk !== undefined && stateOf(key, now) === 'active')
    .at(-1);
}

/** Returns the algorithm that signs by default. */
export function preferredAlgorithm(ring: Ring, now: NumericDate): RingAlgorithm | undefined {
  return ring.algorithms.find(({ alg }) => signingKey(ring, alg, now))?.alg;
}

/** Returns the algorithms with a signing key, the preferred one first. */
export function signingAlgorithms(ring: Ring, now: NumericDate): readonly RingAlgorithm[] {
  return ring.algorithms.map(({ alg }) => alg).filter((alg) => signingKey(ring, alg, now));
}

/** Returns the keys of an algorithm in the order in which they sign. */
export function keysOfAlgorithm({ keys }: Ring, alg: RingAlgorithm): readonly RingKey[] {
  return keys
    .filter((key) => key.alg === alg && key.revokedAt === undefined)
    .toSorted((a, b) => a.activateAt - b.activateAt || inOrderOfPublication(a, b));
}

/** Returns the next key of an algorithm to sign. */
export function pendingKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  return keysOfAlgorithm(ring, alg).find((key) => stateOf(key, now) === 'pending');
}

/** Returns the next instant at which a key changes its state, or an algorithm begins or ends. */
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

/** Returns the next instant at which a key leaves the set. */
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

/** The work that is due in a ring. */
interface MaintenancePlan {
  /**
   * Algorithms without a pending key: there must always be one, so that verifiers have the next key in an emergency.
   */
  readonly create: readonly RingAlgorithm[];
  /** The keys that sign next, and from when; this needs no write. */
  readonly promote: readonly { readonly kid: string; readonly at: NumericDate }[];
  /** The kids of keys with a part that is no longer needed. */
  readonly erase: readonly string[];
  /** The kids of keys whose instants are too early for the policy. */
  readonly delay: readonly string[];
}

/** Returns the work that is due: for the same records, policy and instant, the same in every process. */
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
 * Erases the parts that a key no longer needs: the private part once it has retired, all but the kid once it is
 * removed. A process whose clock is behind may still sign with it, so both wait for the clock difference.
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

/** Returns what stays of a removed or revoked key. */
export function tombstone(key: RingKey): RingKey {
  return { ...withoutPrivatePart(key), publicJwk: undefined, external: undefined };
}

/** The policy of the last write, and the policy of the next one. */
interface PolicyChange {
  readonly from: RingPolicy;
  readonly to: RingPolicy;
}

/**
 * Delays the instants of a key that was written under another policy: it signs after the lead, and stays for the
 * retention. Instants never move earlier, or two processes with different policies would undo each other's writes. A
 * key that was set to sign before any lead was over, as the first key or by force, keeps its instant.
 */
export function withPolicyDelay(key: RingKey, { from, to }: PolicyChange, now: NumericDate): RingKey {
  const { publishLead, retention, syncLag, clockSkew } = to;
  const { publishAt, activateAt, retireAt = Number.POSITIVE_INFINITY, removeAt } = key;
  const leadEnd = publishAt + publishLead;
  const isEarly = activateAt < leadEnd && activateAt >= publishAt + from.publishLead && retireAt > activateAt;
  if (isEarly && stateOf(key, now) === 'pending' && activateAt > now + clockSkew)
    return { ...key, activateAt: leadEnd };
  const isKept = removeAt === undefined || removeAt >= retireAt + retention;
  // Other processes may have removed the key by the time they learn of the delay, and a removed key never returns.
  return isKept || !isLive(key, now + syncLag + clockSkew) ? key : { ...key, removeAt: retireAt + retention };
}
