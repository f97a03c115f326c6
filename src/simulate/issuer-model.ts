// The issuer's side of a simulation: the real ring, written at the worst moments by instances whose clocks differ, and known
// to the others late. Instants are seconds by the clock that is most behind.

import { migrated, newRing, revoked, rotated, withKey } from '../ring/changes.ts';
import type { RingPolicy } from '../ring/policy.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { plan, type Ring, type RingKey, signingAlgorithms, signingKey } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';

/** A moment: little beside a second, and exact in binary (2^-10). */
export const EPSILON = 0.0009765625;

/** What is in the store from an instant on. */
export interface Written {
  readonly at: number;
  readonly ring: Ring;
}

/** All that was ever in the store, in its order. Everyone knows the first. */
export type History = readonly [Written, ...Written[]];

/** One process: by how much its clock is ahead, and how late it learns of what was written. */
export interface Instance {
  readonly ahead: number;
  readonly lag: number;
}

/** The best and the worst that a policy allows. */
export function instancesOf({ clockSkew, syncLag }: RingPolicy): readonly Instance[] {
  return [0, syncLag].flatMap((lag) => clocksOf(clockSkew).map((ahead) => ({ ahead, lag })));
}

function clocksOf(clockSkew: number): readonly number[] {
  return [...new Set([0, clockSkew])];
}

/** The ring as an instance knows it. */
export function ringAt(history: History, { lag }: Instance, at: number): Ring {
  return history.reduce((known, written) => (written.at + lag <= at ? written : known)).ring;
}

/** Keys that take each other's place as early and as suddenly as can be, for every pair of clocks. */
export function rotationsOf(policy: RingPolicy): readonly History[] {
  const clocks = clocksOf(policy.clockSkew);
  const rotations = clocks.flatMap((first) => clocks.map((second) => rotation(policy, first, second)));
  return [...rotations, ...clocks.map((ahead) => migration(policy, ahead))];
}

/**
 * A signs. At 0 the first instance publishes B. As soon as B is ripe, the second has it sign, to everybody's surprise, and
 * publishes C, which is at once told to sign as soon as it is ripe: of that everyone knows beforehand.
 */
function rotation(policy: RingPolicy, first: number, second: number): History {
  const a = withNextKey(newRing('simulated', ['ES256'], { policy, now: 0 }), 'ES256', { policy, now: 0 });
  const b = completed(a, { policy, now: first });
  const ripe = Math.max(0, instantOf(b, 'B', 'publishAt') + policy.publishLead - second);
  const making = { policy, now: ripe + second };
  const c = completed(rotated(b, { alg: 'ES256', from: 'A' }, making), making);
  const told = rotated(c, { alg: 'ES256', from: 'B' }, making);
  const over = Math.max(ripe, instantOf(told, 'C', 'activateAt') - first);
  return [
    { at: Number.NEGATIVE_INFINITY, ring: a },
    { at: 0, ring: b },
    { at: ripe, ring: c },
    { at: ripe, ring: told },
    { at: over, ring: completed(told, { policy, now: over + first }) },
  ];
}

/** Two algorithms are in service. Just before B's turn comes, its algorithm ends, to the surprise of all who have it sign. */
function migration(policy: RingPolicy, ahead: number): History {
  const begun = completed(newRing('simulated', ['ES256', 'RS256'], { policy, now: 0 }), { policy, now: 0 });
  const turn = instantOf(begun, 'B', 'activateAt') - EPSILON;
  return [
    { at: Number.NEGATIVE_INFINITY, ring: begun },
    { at: turn - ahead, ring: migrated(begun, { from: 'ES256', to: 'RS256' }, { policy, now: turn }) },
  ];
}

/** A signs, and B is there for the emergency. At 0 A is revoked. */
export function revocation(policy: RingPolicy): History {
  const making = { policy, now: 0 };
  const begun = completed(newRing('simulated', ['ES256'], making), making);
  return [
    { at: Number.NEGATIVE_INFINITY, ring: begun },
    { at: 0, ring: completed(revoked(begun, { kid: 'A', reason: 'simulated' }, making), making) },
  ];
}

function completed(ring: Ring, making: ChangeContext): Ring {
  const [alg] = plan(ring, making.policy, making.now).create;
  return alg === undefined ? ring : completed(withNextKey(ring, alg, making), making);
}

const NO_PRIVATE_PART = { privateJwk: undefined, sealed: undefined, external: undefined } as const;

/** Keys are called by the letters, in the order of their publication. */
function withNextKey(ring: Ring, alg: RingAlgorithm, making: ChangeContext): Ring {
  const kid = String.fromCharCode(65 + ring.keys.length);
  return withKey(ring, { kid, alg, publicJwk: { kty: 'EC' }, ...NO_PRIVATE_PART }, making);
}

/** An instant of a key. */
export function instantOf(ring: Ring, kid: string, which: 'publishAt' | 'activateAt' | 'retireAt'): number {
  return Number(ring.keys.find((key) => key.kid === kid)?.[which]);
}

/** From its first signature to its last, by any instance, and until when the last token is valid by the slowest clock. */
export interface Signing {
  readonly from: number;
  readonly to: number;
  readonly validUntil: number;
}

/** What each key signs, by any instance at any moment at which that may change. */
export function signingsOf(history: History, policy: RingPolicy, tolerance: number): ReadonlyMap<string, Signing> {
  const signings = new Map<string, Signing>();
  for (const instance of instancesOf(policy))
    for (const at of momentsOf(history, instance))
      for (const { kid } of signersAt(history, instance, at))
        signings.set(kid, signed(signings.get(kid), at, at + instance.ahead + policy.maxTokenLifetime + tolerance));
  return signings;
}

function signersAt(history: History, instance: Instance, at: number): readonly RingKey[] {
  const ring = ringAt(history, instance, at);
  const now = at + instance.ahead;
  const signers = signingAlgorithms(ring, now).map((alg) => signingKey(ring, alg, now));
  return ring.keys.filter((key) => signers.includes(key));
}

function signed(before: Signing | undefined, at: number, exp: number): Signing {
  const { from, to, validUntil } = before ?? { from: at, to: at, validUntil: exp };
  return { from: Math.min(from, at), to: Math.max(to, at), validUntil: Math.max(validUntil, exp) };
}

/** Just before and at every instant at which an instance may begin to sign with another key. */
function momentsOf(history: History, { ahead, lag }: Instance): readonly number[] {
  const learned = history.map(({ at }) => at + lag);
  const turns = history.flatMap(({ ring }) => ring.keys.flatMap(({ activateAt, retireAt }) => [activateAt, retireAt]));
  const due = turns.flatMap((turn) => (turn === undefined ? [] : [turn - ahead]));
  return [...new Set([...learned, ...due])]
    .flatMap((at) => [at - EPSILON, at])
    .filter((at) => at >= 0 && at < Number.POSITIVE_INFINITY);
}
