// Events of a ring for its operator: they hold kids and codes, never key material.
import { channel } from 'node:diagnostics_channel';
import type { JoseErrorCode } from '../errors.ts';
import { announce } from '../events.ts';
import { hasPrivatePart, isPast, type Ring, type RingAlgorithm, type RingKey } from '../ring/ring.ts';
import type { NumericDate } from '../time.ts';

/** One change of a ring, or one failure. Only the process that wrote a change emits its event. */
export interface RingEvent {
  readonly type:
    | 'key-created'
    | 'key-promoted'
    | 'key-revoked'
    | 'key-erased'
    | 'algorithm-added'
    | 'algorithm-ended'
    | 'refresh-failed';
  /** The issuer's name. */
  readonly ring: string;
  readonly at: NumericDate;
  readonly kid?: string;
  readonly alg?: RingAlgorithm;
  /** When the key signs, or the algorithm begins or ends. */
  readonly from?: NumericDate;
  /** Why a key was revoked, or what failed. */
  readonly reason?: string;
  readonly code?: JoseErrorCode;
}

/** The node:diagnostics_channel that publishes the events. */
export const RING_CHANNEL = 'barejose:ring';

export type RingEmitter = (event: Omit<RingEvent, 'ring'>) => void;

export function ringEmitter(ring: string, onEvent: ((event: RingEvent) => void) | undefined): RingEmitter {
  const ringChannel = channel(RING_CHANNEL);
  return (event) => {
    announce<RingEvent>(ringChannel, onEvent, () => ({ ...event, ring }));
  };
}

/** Two consecutive states of a ring; a new ring has no old state. */
export interface SavedChange {
  readonly old: Ring | undefined;
  readonly next: Ring;
  readonly at: NumericDate;
}

/** Emits one event for each difference between two states of a ring. */
export function emitChange(emit: RingEmitter, { old, next, at }: SavedChange): void {
  const before = new Map(old?.keys.map((key) => [key.kid, key]));
  for (const key of next.keys) emitKeyChange(emit, { was: before.get(key.kid), is: key, at });
  const terms = new Map(old?.algorithms.map((term) => [term.alg, term]));
  for (const { alg, since, until } of next.algorithms) {
    const was = terms.get(alg);
    if (was?.since !== since) emit({ type: 'algorithm-added', at, alg, from: since });
    if (until !== undefined && was?.until !== until) emit({ type: 'algorithm-ended', at, alg, from: until });
  }
}

interface KeyChange {
  readonly was: RingKey | undefined;
  readonly is: RingKey;
  readonly at: NumericDate;
}

function emitKeyChange(emit: RingEmitter, { was, is, at }: KeyChange): void {
  const { kid, alg, activateAt: from, reason } = is;
  if (!was) emit({ type: 'key-created', at, kid, alg, from });
  else if (is.revokedAt !== undefined && was.revokedAt === undefined)
    emit({ type: 'key-revoked', at, kid, alg, ...(reason !== undefined && { reason }) });
  else if (isPast(from, at) && !isPast(was.activateAt, at)) emit({ type: 'key-promoted', at, kid, alg, from });
  else if (hasPrivatePart(was) && !hasPrivatePart(is)) emit({ type: 'key-erased', at, kid, alg });
}
