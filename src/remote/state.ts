// The state of a remote key set: plain values, without the keys.
import type { JoseErrorCode } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import type { KeySet, SkippedKey } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';

/** Durations in seconds. */
export interface CacheLifetimes {
  /** The shortest and the longest time for which an answer is fresh, and the time of one without max-age. */
  readonly minFresh: number;
  readonly defaultFresh: number;
  readonly maxFresh: number;
  /** How long after that known keys still verify while the issuer cannot be reached. */
  readonly staleFor: number;
}

/** The instants of the newest good answer. */
export interface GoodAnswer {
  readonly fetchedAt: NumericDate;
  /** When the last body came; a 304 has none. */
  readonly receivedAt: NumericDate;
  readonly refreshAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly staleUntil: NumericDate;
}

/** The failures since the newest good answer. */
interface FailedAttempts {
  readonly failures: number;
  readonly failedAt: NumericDate;
  readonly code: JoseErrorCode;
  readonly reason: string;
  /** Until then, no request is sent. */
  readonly retryAt: NumericDate;
}

export interface RemoteState {
  readonly lifetimes: CacheLifetimes;
  readonly good: GoodAnswer | undefined;
  readonly failing: FailedAttempts | undefined;
  /** Requests are numbered from 1: the last one sent, the last one with a good answer, and the last one that failed. */
  readonly lastSent: number;
  readonly sentAt: NumericDate;
  readonly lastAnswered: number;
  readonly lastFailed: number;
  /** The unknown key that caused the pending request. */
  readonly wantedKey: string | undefined;
  /** How many requests for unknown keys may be sent, as counted at `countedAt`. */
  readonly allowance: number;
  readonly countedAt: NumericDate;
  /** Keys that a good answer lacked, and until when they are not requested again. */
  readonly knownMissing: ReadonlyMap<string, NumericDate>;
}

/** The most requests for unknown keys that may follow at once. */
export const BURST = 3;

export function initialRemoteState(lifetimes: CacheLifetimes): RemoteState {
  return {
    lifetimes,
    good: undefined,
    failing: undefined,
    lastSent: 0,
    sentAt: Number.NEGATIVE_INFINITY,
    lastAnswered: 0,
    lastFailed: 0,
    wantedKey: undefined,
    allowance: BURST,
    countedAt: Number.NEGATIVE_INFINITY,
    knownMissing: new Map(),
  };
}

/** The text that names a key in the state: its alg and kid. */
export function wantedKeyOf({ kid, alg }: ReadHeader): string {
  return JSON.stringify([alg, kid]);
}

/** The last request sent, and the last one that had ended, when a caller began to wait. */
export interface WaitMark {
  readonly lastSent: number;
  readonly over: number;
}

/** Marks the state in which a caller begins to wait. */
export function waitMarkOf(state: RemoteState): WaitMark {
  return { lastSent: state.lastSent, over: Math.max(state.lastAnswered, state.lastFailed) };
}

type CacheState = 'empty' | 'fresh' | 'stale' | 'unavailable';

/** The state of the cache at an instant, by its newest good answer. */
export function cacheStateOf({ good }: RemoteState, now: NumericDate): CacheState {
  if (!good) return 'empty';
  if (now < good.freshUntil) return 'fresh';
  return now < good.staleUntil ? 'stale' : 'unavailable';
}

/** Moves all instants with a clock that was set back: the time already passed counts, so no key lives longer. */
export function withClockSetBack(state: RemoteState, by: number): RemoteState {
  const { good, failing } = state;
  return {
    ...state,
    good: good && {
      fetchedAt: good.fetchedAt - by,
      receivedAt: good.receivedAt - by,
      refreshAt: good.refreshAt - by,
      freshUntil: good.freshUntil - by,
      staleUntil: good.staleUntil - by,
    },
    failing: failing && { ...failing, failedAt: failing.failedAt - by, retryAt: failing.retryAt - by },
    sentAt: state.sentAt - by,
    countedAt: state.countedAt - by,
    knownMissing: new Map(Array.from(state.knownMissing, ([key, until]) => [key, until - by])),
  };
}

/** Whether a request was sent and has not ended. */
export function isPending(state: RemoteState): boolean {
  return state.lastSent > Math.max(state.lastAnswered, state.lastFailed);
}

/** The status of a remote set. Instants are NumericDates; members that do not apply are absent. */
export interface JwksStatus {
  readonly state: CacheState;
  readonly keys: number;
  readonly skipped: number;
  /** The skipped keys, each with its reason. */
  readonly skippedKeys: readonly SkippedKey[];
  readonly fetchedAt?: NumericDate;
  /** From then on, a token begins a refresh without waiting for it. */
  readonly refreshAt?: NumericDate;
  readonly freshUntil?: NumericDate;
  readonly staleUntil?: NumericDate;
  /** Failures since the last good answer. */
  readonly failures: number;
  readonly lastFailureAt?: NumericDate;
  readonly lastError?: JoseErrorCode;
  /** The message of the last failure. */
  readonly lastReason?: string;
  readonly retryAt?: NumericDate;
  /** The option, if it is given: plain http is allowed to these hosts. */
  readonly insecureHosts?: readonly string[];
}

/** The set of a status, and the option that it repeats. */
interface StatusSource {
  readonly set: KeySet;
  readonly insecureHosts: readonly string[] | undefined;
}

/** The state for the operator. */
export function statusOf(
  current: RemoteState,
  { set: { keys, skipped }, insecureHosts }: StatusSource,
  now: NumericDate,
): JwksStatus {
  const { good, failing } = current;
  return Object.freeze({
    state: cacheStateOf(current, now),
    keys: keys.length,
    skipped: skipped.length,
    skippedKeys: skipped,
    ...(good && {
      fetchedAt: good.fetchedAt,
      refreshAt: good.refreshAt,
      freshUntil: good.freshUntil,
      staleUntil: good.staleUntil,
    }),
    failures: failing?.failures ?? 0,
    ...(failing && {
      lastFailureAt: failing.failedAt,
      lastError: failing.code,
      lastReason: failing.reason,
      retryAt: failing.retryAt,
    }),
    ...(insecureHosts && { insecureHosts }),
  });
}
