// Rings for tests: small numbers that are all different, and keys that are names.
import { expect } from 'vitest';
import type { RingAlgorithm } from '../../src/index.ts';
import { type NewKey, newRing, withKey } from '../../src/ring/changes.ts';
import type { RingPolicy } from '../../src/ring/policy.ts';
import {
  maintenancePlan,
  publishedKeys,
  type Ring,
  type RingKey,
  type RingTerm,
  stateOf,
} from '../../src/ring/ring.ts';
import type { ChangeContext } from '../../src/ring/schedule.ts';

export const T = 1_800_000_000;
export const NAME = 'https://issuer.example';

export const POLICY: RingPolicy = {
  maxTokenLifetime: 100,
  publishLead: 1_000,
  rotation: 10_000,
  retention: 200,
  jwksMaxAge: 60,
  verifierTtl: 500,
  syncLag: 30,
  clockSkew: 10,
};

/** By what a change is made at T and some seconds. */
export function at(seconds: number, policy: Partial<RingPolicy> = {}): ChangeContext {
  return { policy: { ...POLICY, ...policy }, now: T + seconds };
}

export function keyNamed(kid: string, alg: RingAlgorithm = 'ES256'): NewKey {
  const privateJwk = { kty: 'EC', kid, d: 'secret' };
  return { kid, alg, publicJwk: { kty: 'EC', kid }, privateJwk, sealed: undefined, external: undefined };
}

/** An algorithm as it stands in the records. */
export function termOf(alg: RingAlgorithm, term: Partial<RingTerm> = {}): RingTerm {
  return { alg, since: T, until: undefined, successor: undefined, ...term };
}

/** A key as it stands in the records. */
export function recordOf(key: NewKey, changes: Partial<RingKey> = {}): RingKey {
  const open = { retireAt: undefined, removeAt: undefined, revokedAt: undefined };
  return { ...key, publishAt: T, activateAt: T, ...open, reason: undefined, thumbprint: undefined, ...changes };
}

/** A ring of ES256 begun at T: `a` signs from then on, by clocks that are behind, too; `b` waits for T + 9 990. */
export function begun(): Ring {
  const ring = withKey(newRing(NAME, ['ES256'], at(0)), keyNamed('a'), at(0));
  return withKey(ring, keyNamed('b'), at(0));
}

/** The keys that the plan asks for, named after their algorithm and the instant. */
export function completed(ring: Ring, context: ChangeContext): Ring {
  return maintenancePlan(ring, context.policy, context.now).create.reduce(
    (sum, alg) => withKey(sum, keyNamed(`${alg}-${context.now - T}`, alg), context),
    ring,
  );
}

export function find(ring: Ring, kid: string): RingKey {
  const key = ring.keys.find((each) => each.kid === kid);
  if (!key) throw new Error(`no key ${kid}`);
  return key;
}

/** A key's instants counted from T: published, signs, signs no more, gone. */
export function instants(ring: Ring, kid: string): (number | undefined)[] {
  const { publishAt, activateAt, retireAt, removeAt } = find(ring, kid);
  return [publishAt, activateAt, retireAt, removeAt].map((instant) => instant && instant - T);
}

/** The algorithms with their terms counted from T. */
export function terms(ring: Ring): unknown[] {
  return ring.algorithms.map(({ alg, since, until }) => [alg, since - T, until && until - T]);
}

export function states(ring: Ring, seconds: number): Record<string, string> {
  return Object.fromEntries(ring.keys.map((key) => [key.kid, stateOf(key, T + seconds)]));
}

export function published(ring: Ring, seconds: number): string[] {
  return publishedKeys(ring, T + seconds).map(({ kid }) => kid);
}

export function expectConflict(change: () => unknown, message: string): void {
  expect(change).toThrow(expect.objectContaining({ code: 'ERR_RING_CONFLICT', message }));
}
