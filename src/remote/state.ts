// What is known of a key set at a URL at one moment: values only, no keys.
import type { JoseErrorCode } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import type { KeySet } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';

/** How long things last, in seconds. */
export interface CacheLifetimes {
  /** The least and the most that an answer is taken for fresh, and how long when it does not say. */
  readonly minFresh: number;
  readonly defaultFresh: number;
  readonly maxFresh: number;
  /** How long beyond that known keys go on verifying while the issuer cannot be reached. */
  readonly staleFor: number;
}

/** The newest good answer, by its instants. */
export interface GoodAnswer {
  readonly fetchedAt: NumericDate;
  /** When a body came last; an answer of 304 has none. */
  readonly receivedAt: NumericDate;
  readonly refreshAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly staleUntil: NumericDate;
}

/** The newest failure since the newest good answer, and how many there were. */
interface FailedAttempts {
  readonly failures: number;
  readonly failedAt: NumericDate;
  readonly code: JoseErrorCode;
  /** Until then nobody asks the issuer again. */
  readonly retryAt: NumericDate;
}

export interface RemoteState {
  readonly lifetimes: CacheLifetimes;
  readonly good: GoodAnswer | undefined;
  readonly failing: FailedAttempts | undefined;
  /** Requests are numbered from 1: the last one sent, the last good answer's, the last failed one. */
  readonly lastSent: number;
  readonly sentAt: NumericDate;
  readonly lastAnswered: number;
  readonly lastFailed: number;
  /** The unknown key for whose sake the request on its way was sent. */
  readonly wantedKey: string | undefined;
  /** How many requests for the sake of unknown keys may be sent, counted at an instant. */
  readonly allowance: number;
  readonly countedAt: NumericDate;
  /** Unknown keys that a good answer lacked, and until when they are not asked for again. */
  readonly knownMissing: ReadonlyMap<string, NumericDate>;
}

/** So many requests for the sake of unknown keys may be sent at once. */
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

/** The text that stands for a key in the state: its alg and kid. */
export function wantedKeyOf({ kid, alg }: ReadHeader): string {
  return JSON.stringify([alg, kid]);
}

/** Where things stood when someone came: which request was the last sent, and which the last that was over. */
export interface WaitMark {
  readonly lastSent: number;
  readonly over: number;
}

/** What a caller has to show when it asks again after waiting. */
export function waitMarkOf(state: RemoteState): WaitMark {
  return { lastSent: state.lastSent, over: Math.max(state.lastAnswered, state.lastFailed) };
}

type CacheState = 'empty' | 'fresh' | 'stale' | 'unavailable';

/** How the newest good answer stands at an instant. */
export function cacheStateOf({ good }: RemoteState, now: NumericDate): CacheState {
  if (!good) return 'empty';
  if (now < good.freshUntil) return 'fresh';
  return now < good.staleUntil ? 'stale' : 'unavailable';
}

/**
 * The same state on a clock that was set back: as much time as had passed before has passed still, so that no key lives
 * longer for it.
 */
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

/** Whether a request has been sent and is not over. */
export function isPending(state: RemoteState): boolean {
  return state.lastSent > Math.max(state.lastAnswered, state.lastFailed);
}

/** How a remote set stands. All instants are NumericDates; what does not apply is absent. */
export interface JwksStatus {
  readonly state: CacheState;
  readonly keys: number;
  readonly skipped: number;
  readonly fetchedAt?: NumericDate;
  /** From then on a request begins a refresh, without waiting for it. */
  readonly refreshAt?: NumericDate;
  readonly freshUntil?: NumericDate;
  readonly staleUntil?: NumericDate;
  /** Failures since the last good answer. */
  readonly failures: number;
  readonly lastFailureAt?: NumericDate;
  readonly lastError?: JoseErrorCode;
  readonly retryAt?: NumericDate;
}

/** The state as the operator sees it. */
export function statusOf(current: RemoteState, { keys, skipped }: KeySet, now: NumericDate): JwksStatus {
  const { good, failing } = current;
  return Object.freeze({
    state: cacheStateOf(current, now),
    keys: keys.length,
    skipped: skipped.length,
    ...(good && {
      fetchedAt: good.fetchedAt,
      refreshAt: good.refreshAt,
      freshUntil: good.freshUntil,
      staleUntil: good.staleUntil,
    }),
    failures: failing?.failures ?? 0,
    ...(failing && { lastFailureAt: failing.failedAt, lastError: failing.code, retryAt: failing.retryAt }),
  });
}
