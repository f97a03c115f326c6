// The schedule of a ring: each key of an algorithm signs until the next one does, or until the algorithm ends. Pure.

import type { NumericDate } from '../time.ts';
import type { RingPolicy } from './policy.ts';
import type { RingAlgorithm } from './ring.ts';
import { isPast, keysOfAlgorithm, pendingKey, type Ring, type RingKey, type RingTerm, signingKey } from './ring.ts';

/** The policy and the instant of a change. */
export interface ChangeContext {
  readonly policy: RingPolicy;
  readonly now: NumericDate;
}

/**
 * Sets the end of each key to the start of its successor or the end of its algorithm, and its removal to when its last
 * token has expired. Keys that have retired stay unchanged.
 */
export function rescheduled(ring: Ring, context: ChangeContext): Ring {
  const { policy, now } = context;
  const algorithms = rescheduledTerms(ring, now);
  const rescheduledKeys = new Map(
    algorithms.flatMap(({ alg, until }) => {
      const inOrder = keysOfAlgorithm(ring, alg).filter((key) => !isPast(key.retireAt, now));
      return inOrder.map(
        (key, i) => [key.kid, withEnd(key, earlierOf(inOrder[i + 1]?.activateAt, until), context)] as const,
      );
    }),
  );
  return { ...ring, policy, algorithms, keys: ring.keys.map((key) => rescheduledKeys.get(key.kid) ?? key) };
}

/** An algorithm starts with its first key; the algorithm that it replaces signs until then. */
function rescheduledTerms(ring: Ring, now: NumericDate): readonly RingTerm[] {
  const terms = ring.algorithms.map((term) =>
    isPast(term.since, now) ? term : { ...term, since: signingStart(ring, term, now) },
  );
  return terms.map((term) => {
    const next = terms.find(({ alg }) => alg === term.successor);
    const isOpen = next && !isPast(term.until, now) && !signingKey(ring, next.alg, now);
    return isOpen ? { ...term, until: signingStart(ring, next, now) } : term;
  });
}

/** Returns when an algorithm can sign, if a new key for it can from `since` on. */
export function signingStart(ring: Ring, { alg, since }: RingTerm, now: NumericDate): NumericDate {
  if (signingKey(ring, alg, now)) return now;
  return Math.max(now, pendingKey(ring, alg, now)?.activateAt ?? since);
}

function earlierOf(a: NumericDate | undefined, b: NumericDate | undefined): NumericDate | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function withEnd(key: RingKey, end: NumericDate | undefined, { policy, now }: ChangeContext): RingKey {
  if (end === undefined) return { ...key, retireAt: undefined, removeAt: undefined };
  // The successor has signed for a while; a clock that is ahead wrote the later end.
  if (key.retireAt !== undefined && end < now) return key;
  // Also for a key that ends before its start: a process that learns of the end late may have signed with it.
  return { ...key, retireAt: end, removeAt: end + retentionOf(key, policy) };
}

/**
 * Returns how long a key stays after its end: at least as long as recorded, since its tokens may follow an older
 * policy with a longer lifetime.
 */
export function retentionOf({ retireAt = 0, removeAt = 0 }: RingKey, { retention }: RingPolicy): number {
  return Math.max(retention, Math.round(1000 * (removeAt - retireAt)) / 1000);
}

/** Now, or by the clock that is most behind if no other key signs. */
export function immediateActivation(ring: Ring, alg: RingAlgorithm, { policy, now }: ChangeContext): NumericDate {
  return signingKey(ring, alg, now) ? now : now - policy.clockSkew;
}
