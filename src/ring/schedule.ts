// Whose turn it is: each key of an algorithm signs until the next one does, or until the algorithm ends. Pure.

import type { NumericDate } from '../time.ts';
import type { RingPolicy } from './policy.ts';
import type { RingAlgorithm } from './ring.ts';
import { isPast, keysOfAlgorithm, pendingKey, type Ring, type RingKey, type RingTerm, signingKey } from './ring.ts';

/** By what a change is made. */
export interface ChangeContext {
  readonly policy: RingPolicy;
  readonly now: NumericDate;
}

/**
 * The ring with every key's end where its successor begins, or its algorithm ends, and with it kept from then on for as long
 * as its last token may live. What has retired stays as it was.
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

/** What is to come begins with its first key's turn, and the algorithm whose place it takes signs until then. */
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

/** From when on an algorithm can sign, if a key that is made for it now can from `since` on. */
export function signingStart(ring: Ring, { alg, since }: RingTerm, now: NumericDate): NumericDate {
  if (signingKey(ring, alg, now)) return now;
  return Math.max(now, pendingKey(ring, alg, now)?.activateAt ?? since);
}

function earlierOf(a: NumericDate | undefined, b: NumericDate | undefined): NumericDate | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function withEnd(key: RingKey, end: NumericDate | undefined, { policy, now }: ChangeContext): RingKey {
  if (end === undefined) return { ...key, retireAt: undefined, removeAt: undefined };
  // Its successor has signed for a while: that it retires later was put down by a clock that is ahead.
  if (key.retireAt !== undefined && end < now) return key;
  // Also one that is gone before its turn: who knows of the end late may have had it sign.
  return { ...key, retireAt: end, removeAt: end + retentionOf(key, policy) };
}

/**
 * For how long a key is kept after its end: never for less than it was told before, since tokens of it may be from a policy
 * that had them live longer.
 */
export function retentionOf({ retireAt = 0, removeAt = 0 }: RingKey, { retention }: RingPolicy): number {
  return Math.max(retention, Math.round(1000 * (removeAt - retireAt)) / 1000);
}

/** From now on, and where no other key signs meanwhile, by a clock that is behind, too. */
export function immediateActivation(ring: Ring, alg: RingAlgorithm, { policy, now }: ChangeContext): NumericDate {
  return signingKey(ring, alg, now) ? now : now - policy.clockSkew;
}
