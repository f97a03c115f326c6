// Status and timeline of a ring, for people.

import type { NumericDate } from '../time.ts';
import type { RingPolicy } from './policy.ts';
import type { RingVersion } from './records.ts';
import type { RingAlgorithm } from './ring.ts';
import { type KeyState, nextChange, type Ring, type RingKey, type RingTerm, signingKey, stateOf } from './ring.ts';

/** An algorithm in service. Members that do not apply are absent. */
export interface AlgorithmTerm {
  readonly alg: RingAlgorithm;
  readonly since: NumericDate;
  /** When it ends, and the algorithm that replaces it. */
  readonly until?: NumericDate;
  readonly successor?: RingAlgorithm;
}

/** The status of a key. Members that do not apply are absent; all instants are NumericDates. */
export interface RingKeyStatus {
  readonly kid: string;
  readonly alg: RingAlgorithm;
  readonly state: KeyState;
  /** Whether this key signs now. */
  readonly signs: boolean;
  readonly publishAt: NumericDate;
  readonly activateAt: NumericDate;
  readonly retireAt?: NumericDate;
  readonly removeAt?: NumericDate;
  readonly revokedAt?: NumericDate;
  readonly reason?: string;
  /** Where the private part is: in the store, plain or sealed; outside; or erased. */
  readonly custody: 'plain' | 'sealed' | 'external' | 'erased';
}

/** The status of a ring. */
export interface RingStatus {
  readonly issuer: string;
  readonly at: NumericDate;
  /** The number of saves. */
  readonly version: number;
  readonly policy: RingPolicy;
  readonly algorithms: readonly AlgorithmTerm[];
  readonly keys: readonly RingKeyStatus[];
  /** The next instant at which a state changes. */
  readonly nextChange?: NumericDate;
}

export function ringStatus(
  { ring, version }: Pick<RingVersion, 'ring' | 'version'>,
  policy: RingPolicy,
  at: NumericDate,
): RingStatus {
  const next = nextChange(ring, at);
  const signing = new Set(ring.algorithms.map(({ alg }) => signingKey(ring, alg, at)?.kid));
  return {
    issuer: ring.ring,
    at,
    version,
    policy,
    algorithms: ring.algorithms.map(termStatus),
    keys: ring.keys.map((key) => keyStatus(key, signing.has(key.kid), at)),
    ...(next !== undefined && { nextChange: next }),
  };
}

function termStatus({ alg, since, until, successor }: RingTerm): AlgorithmTerm {
  return { alg, since, ...(until !== undefined && { until }), ...(successor !== undefined && { successor }) };
}

function keyStatus(key: RingKey, signs: boolean, now: NumericDate): RingKeyStatus {
  const { kid, alg, publishAt, activateAt, retireAt, removeAt, revokedAt, reason } = key;
  return {
    ...{ kid, alg, state: stateOf(key, now), signs, publishAt, activateAt },
    ...(retireAt !== undefined && { retireAt }),
    ...(removeAt !== undefined && { removeAt }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(reason !== undefined && { reason }),
    custody: custodyStatus(key),
  };
}

function custodyStatus({ privateJwk, sealed, external }: RingKey): RingKeyStatus['custody'] {
  if (external) return 'external';
  if (sealed !== undefined) return 'sealed';
  return privateJwk ? 'plain' : 'erased';
}

/** The states of a key over a period. */
export interface TimelineRow {
  readonly kid: string;
  readonly alg: RingAlgorithm;
  readonly spans: readonly TimelineSpan[];
}

/** `from` is included, `to` is not. */
export interface TimelineSpan {
  readonly state: KeyState;
  readonly from: NumericDate;
  readonly to: NumericDate;
}

/** Returns the keys that exist at some time between two instants, in the order of their publication. */
export function ringTimeline({ keys }: Ring, from: NumericDate, to: NumericDate): readonly TimelineRow[] {
  return keys
    .toSorted((a, b) => a.publishAt - b.publishAt)
    .map((key) => ({ kid: key.kid, alg: key.alg, spans: timelineSpans(key, from, to) }))
    .filter(({ spans }) => spans.some(({ state }) => state !== 'removed'));
}

function timelineSpans(key: RingKey, from: NumericDate, to: NumericDate): readonly TimelineSpan[] {
  const { revokedAt = Number.POSITIVE_INFINITY, publishAt, activateAt, retireAt, removeAt } = key;
  const life = { ...key, revokedAt: undefined };
  const instants = [activateAt, retireAt, removeAt, revokedAt].filter((instant) => instant !== undefined);
  const edges = [
    ...new Set([from, ...instants].map((instant) => clampInstant(instant, Math.max(from, publishAt), to))),
  ];
  const stateAt = (instant: NumericDate) => (instant >= revokedAt ? 'revoked' : stateOf(life, instant));
  const starts = edges
    .toSorted((a, b) => a - b)
    .filter((edge, i, all) => edge < to && (i === 0 || stateAt(edge) !== stateAt(Number(all[i - 1]))));
  return starts.map((start, i) => ({ state: stateAt(start), from: start, to: starts[i + 1] ?? to }));
}

function clampInstant(instant: NumericDate, from: NumericDate, to: NumericDate): NumericDate {
  return Math.min(to, Math.max(from, instant));
}
