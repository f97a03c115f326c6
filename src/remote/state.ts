// What is known of a key set at a URL at one moment: values only, no keys.
import type { JoseErrorCode } from '../errors.ts';
import type { KeySet } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';

/** How long things last, in seconds. */
export interface Ages {
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
interface Failing {
  readonly failures: number;
  readonly failedAt: NumericDate;
  readonly code: JoseErrorCode;
  /** Until then nobody asks the issuer again. */
  readonly retryAt: NumericDate;
}

export interface RemoteState {
  readonly ages: Ages;
  readonly good: GoodAnswer | undefined;
  readonly failing: Failing | undefined;
  /** Requests are numbered from 1: the last one sent, the last good answer's, the last failed one. */
  readonly sent: number;
  readonly sentAt: NumericDate;
  readonly answered: number;
  readonly failed: number;
  /** The unknown key for whose sake the request on its way was sent. */
  readonly sought: string | undefined;
  /** How many requests for the sake of unknown keys may be sent, counted at an instant. */
  readonly allowance: number;
  readonly countedAt: NumericDate;
  /** Unknown keys that a good answer lacked, and until when they are not asked for again. */
  readonly lacking: ReadonlyMap<string, NumericDate>;
}

/** So many requests for the sake of unknown keys may be sent at once. */
export const BURST = 3;

export function initialState(ages: Ages): RemoteState {
  return {
    ages,
    good: undefined,
    failing: undefined,
    sent: 0,
    sentAt: Number.NEGATIVE_INFINITY,
    answered: 0,
    failed: 0,
    sought: undefined,
    allowance: BURST,
    countedAt: Number.NEGATIVE_INFINITY,
    lacking: new Map(),
  };
}

/** Where things stood when someone came: which request was the last sent, and which the last that was over. */
export interface WaitMark {
  readonly sent: number;
  readonly over: number;
}

/** What a caller has to show when it asks again after waiting. */
export function waitMarkOf(state: RemoteState): WaitMark {
  return { sent: state.sent, over: Math.max(state.answered, state.failed) };
}

type RemoteAge = 'empty' | 'fresh' | 'stale' | 'unavailable';

/** How the newest good answer stands at an instant. */
export function ageOf({ good }: RemoteState, now: NumericDate): RemoteAge {
  if (!good) return 'empty';
  if (now < good.freshUntil) return 'fresh';
  return now < good.staleUntil ? 'stale' : 'unavailable';
}

/**
 * The same state on a clock that was set back: as much time as had passed before has passed still, so that no key lives
 * longer for it.
 */
export function setBack(state: RemoteState, by: number): RemoteState {
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
    lacking: new Map(Array.from(state.lacking, ([key, until]) => [key, until - by])),
  };
}

/** Whether a request has been sent and is not over. */
export function isOnItsWay(state: RemoteState): boolean {
  return state.sent > Math.max(state.answered, state.failed);
}

/** How a remote set stands. All instants are NumericDates; what does not apply is absent. */
export interface JwksStatus {
  readonly state: RemoteAge;
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
    state: ageOf(current, now),
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
