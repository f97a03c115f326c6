// The issuer's side of a simulation: the real ring, written at the worst moments by processes whose clocks differ, and
// read late by the others. Instants are seconds by the clock that is most behind.

import { newRing, withKey, withMigration, withRevocation, withRotation } from '../ring/changes.ts';
import type { RingPolicy } from '../ring/policy.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { maintenancePlan, type Ring, type RingKey, signingAlgorithms, signingKey } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';

/** The shortest time of the simulation, in seconds. A power of two, of which all its durations are multiples, so that sums are exact. */
export const EPSILON = 0.0009765625; // 2^-10

/** The ring in the store from an instant on. */
export interface DatedRing {
  readonly at: number;
  readonly ring: Ring;
}

/** All rings that were in the store, in order. Every process knows the first. */
export type RingHistory = readonly [DatedRing, ...DatedRing[]];

/** A process: how far its clock is ahead, and how late it learns of a write. */
export interface IssuerInstance {
  readonly clockAhead: number;
  readonly lag: number;
}

/** The extreme processes that a policy allows. */
export function extremeInstances({ clockSkew, syncLag }: RingPolicy): readonly IssuerInstance[] {
  return [0, syncLag].flatMap((lag) => clockOffsets(clockSkew).map((clockAhead) => ({ clockAhead, lag })));
}

function clockOffsets(clockSkew: number): readonly number[] {
  return [...new Set([0, clockSkew])];
}

/** Returns the ring as a process knows it. */
export function ringAt(history: RingHistory, { lag }: IssuerInstance, at: number): Ring {
  return history.reduce((known, written) => (written.at + lag <= at ? written : known)).ring;
}

/** Histories in which keys replace each other as early and as suddenly as possible, for each pair of clocks. */
export function worstRotations(policy: RingPolicy): readonly RingHistory[] {
  const clocks = clockOffsets(policy.clockSkew);
  const rotations = clocks.flatMap((first) => clocks.map((second) => worstRotation(policy, first, second)));
  return [...rotations, ...clocks.map((clockAhead) => worstMigration(policy, clockAhead))];
}

/**
 * A signs. At 0 the first process publishes B. When the lead of B ends, the second process makes it sign, which the
 * others do not know yet, and publishes C, which is scheduled to sign when its own lead ends: all processes know that
 * in advance.
 */
function worstRotation(policy: RingPolicy, first: number, second: number): RingHistory {
  const a = withLetteredKey(newRing('simulated', ['ES256'], { policy, now: 0 }), 'ES256', { policy, now: 0 });
  const b = withPlannedKeys(a, { policy, now: first });
  // By the clock of the process that acts: an instant calculated from another's may be a rounding too early for the ring.
  const context = { policy, now: Math.max(second, keyInstant(b, 'B', 'publishAt') + policy.publishLead) };
  const c = withPlannedKeys(withRotation(b, { alg: 'ES256', from: 'A' }, context), context);
  const scheduled = withRotation(c, { alg: 'ES256', from: 'B' }, context);
  const leadEnd = context.now - second;
  const over = Math.max(leadEnd + first, keyInstant(scheduled, 'C', 'activateAt'));
  return [
    { at: Number.NEGATIVE_INFINITY, ring: a },
    { at: 0, ring: b },
    { at: leadEnd, ring: c },
    { at: leadEnd, ring: scheduled },
    { at: over - first, ring: withPlannedKeys(scheduled, { policy, now: over }) },
  ];
}

/**
 * Two algorithms are in service. Just before B signs, its algorithm ends, and the processes that do not know yet sign
 * with B.
 */
function worstMigration(policy: RingPolicy, clockAhead: number): RingHistory {
  const initial = withPlannedKeys(newRing('simulated', ['ES256', 'RS256'], { policy, now: 0 }), { policy, now: 0 });
  const turn = keyInstant(initial, 'B', 'activateAt') - EPSILON;
  return [
    { at: Number.NEGATIVE_INFINITY, ring: initial },
    { at: turn - clockAhead, ring: withMigration(initial, { from: 'ES256', to: 'RS256' }, { policy, now: turn }) },
  ];
}

/** A signs, and B is pending. At 0 A is revoked. */
export function revocationHistory(policy: RingPolicy): RingHistory {
  const context = { policy, now: 0 };
  const initial = withPlannedKeys(newRing('simulated', ['ES256'], context), context);
  return [
    { at: Number.NEGATIVE_INFINITY, ring: initial },
    { at: 0, ring: withPlannedKeys(withRevocation(initial, { kid: 'A', reason: 'simulated' }, context), context) },
  ];
}

function withPlannedKeys(ring: Ring, context: ChangeContext): Ring {
  const [alg] = maintenancePlan(ring, context.policy, context.now).create;
  return alg === undefined ? ring : withPlannedKeys(withLetteredKey(ring, alg, context), context);
}

const NO_PRIVATE_PART = { privateJwk: undefined, sealed: undefined, external: undefined } as const;

/** The kids are letters, in the order of publication. */
function withLetteredKey(ring: Ring, alg: RingAlgorithm, context: ChangeContext): Ring {
  const kid = String.fromCharCode(65 + ring.keys.length);
  return withKey(ring, { kid, alg, publicJwk: { kty: 'EC' }, ...NO_PRIVATE_PART }, context);
}

/** Returns an instant of a key. */
export function keyInstant(ring: Ring, kid: string, which: 'publishAt' | 'activateAt' | 'retireAt'): number {
  return Number(ring.keys.find((key) => key.kid === kid)?.[which]);
}

/** From the first to the last signature by any process, and until the last token has expired by the slowest clock. */
export interface SigningSpan {
  readonly from: number;
  readonly to: number;
  readonly validUntil: number;
}

/** Returns when each key signs, in any process at any moment at which that may change. */
export function signingSpans(
  history: RingHistory,
  policy: RingPolicy,
  tolerance: number,
): ReadonlyMap<string, SigningSpan> {
  const signings = new Map<string, SigningSpan>();
  for (const instance of extremeInstances(policy))
    for (const at of signingMoments(history, instance))
      for (const { kid } of signersAt(history, instance, at))
        signings.set(
          kid,
          extendedSpan(signings.get(kid), at, at + instance.clockAhead + policy.maxTokenLifetime + tolerance),
        );
  return signings;
}

function signersAt(history: RingHistory, instance: IssuerInstance, at: number): readonly RingKey[] {
  const ring = ringAt(history, instance, at);
  const now = at + instance.clockAhead;
  const signers = signingAlgorithms(ring, now).map((alg) => signingKey(ring, alg, now));
  return ring.keys.filter((key) => signers.includes(key));
}

function extendedSpan(before: SigningSpan | undefined, at: number, exp: number): SigningSpan {
  const { from, to, validUntil } = before ?? { from: at, to: at, validUntil: exp };
  return { from: Math.min(from, at), to: Math.max(to, at), validUntil: Math.max(validUntil, exp) };
}

/** Just before and at each instant at which a process may start to sign with another key. */
function signingMoments(history: RingHistory, { clockAhead, lag }: IssuerInstance): readonly number[] {
  const learned = history.map(({ at }) => at + lag);
  const turns = history.flatMap(({ ring }) => ring.keys.flatMap(({ activateAt, retireAt }) => [activateAt, retireAt]));
  const due = turns.flatMap((turn) => (turn === undefined ? [] : [turn - clockAhead]));
  return [...new Set([...learned, ...due])]
    .flatMap((at) => [at - EPSILON, at])
    .filter((at) => at >= 0 && at < Number.POSITIVE_INFINITY);
}
