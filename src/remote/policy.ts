// Decides when a remote key set is fetched again, what is served meanwhile and what is refused. The policy is a pure
// function: a state, an event and an instant go in, the next state and an action come out.
import type { JoseErrorCode } from '../errors.ts';
import type { NumericDate } from '../time.ts';
import { BURST, type CacheLifetimes, type GoodAnswer, isPending, type RemoteState, type WaitMark } from './state.ts';

/** Seconds after which the bucket of requests for unknown keys holds one more. */
export const REFILL_SECONDS = 30;
/** The most unknown keys that are remembered as missing. */
export const MAX_MISSING_KEYS = 128;
/** Seconds for which a missing key is not requested again. */
export const MISSING_KEY_TTL = 30;
/** Seconds from one request to another that a failed signature may cause. */
export const SIGNATURE_RETRY = 60;
/** Seconds of the first pause after a failure. */
const FIRST_BACKOFF = 1;
/** Seconds of the longest pause after failures. */
const LONGEST_BACKOFF = 60;
/** The most seconds that a server may ask us to wait: its keys may change meanwhile. */
export const MAX_RETRY_AFTER = 300;
/** Seconds for which a failure counts as recent. Tokens cause a retry after each pause, so an idle time is longer. */
const FAILURE_COUNTS_FOR = 2 * LONGEST_BACKOFF;
/** A refresh begins after this fraction of the fresh time, plus or minus the jitter. */
const REFRESH_AHEAD = 0.8;
const JITTER = 0.05;
/** After this fraction of `maxFresh`, a refresh sends no ETag, so that the body comes before the set expires. */
const FULL_BODY_AFTER = 0.75;

export type RemoteEvent =
  /** A token needs a key. `wantedKey` is set if the set lacks that key; `since` marks when the caller began to wait. */
  | { readonly type: 'lookup'; readonly wantedKey: string | undefined; readonly since: WaitMark }
  /** A signature failed under a key of the set, which the issuer may have replaced under the same kid. */
  | { readonly type: 'signature-failed' }
  /** The application calls `refresh()`. */
  | { readonly type: 'refresh' }
  /** A good answer. `fresh` comes from its headers; `lacksWantedKey` is true if the wanted key is still missing. */
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly fresh: number | undefined;
      readonly hasBody: boolean;
      readonly isChanged: boolean;
      readonly lacksWantedKey: boolean;
      readonly random: number;
    }
  | {
      readonly type: 'failed';
      readonly request: number;
      readonly code: JoseErrorCode;
      readonly reason: string;
      /** The seconds after which the server wants the next request. */
      readonly retryAfter: number | undefined;
      readonly random: number;
    }
  /** The options contain a snapshot of an earlier good answer. */
  | ({ readonly type: 'restored' } & NewAnswer);

/**
 * The action after an event. `send`: a request with the ETag, or one without ('full'). `reply`: serve the set; wait for
 * the pending request and look up again; serve the set although it lacks the key; report that the keys are unavailable;
 * or 'none', since the event was no lookup.
 */
export interface Decision {
  readonly state: RemoteState;
  readonly send: 'conditional' | 'full' | undefined;
  readonly reply: 'serve' | 'wait' | 'key-missing' | 'unavailable' | 'none';
}

/** Applies an event to the state. This is the whole policy. */
export function remoteDecision(state: RemoteState, event: RemoteEvent, now: NumericDate): Decision {
  switch (event.type) {
    case 'lookup':
      return onLookup(state, event, now);
    case 'signature-failed':
      return onSignatureFailed(state, now);
    case 'refresh':
      return withRequest(state, 'conditional', now);
    case 'answered':
      return withReply(isPendingRequest(event.request, state) ? onAnswered(state, event, now) : state, 'none');
    case 'failed':
      return withReply(isPendingRequest(event.request, state) ? onFailed(state, event, now) : state, 'none');
    case 'restored':
      return withReply({ ...state, good: restoredAnswer(state.lifetimes, event, now) }, 'none');
  }
}

function isPendingRequest(request: number, state: RemoteState): boolean {
  return request === state.lastSent && isPending(state);
}

type Lookup = Pick<EventOf<'lookup'>, 'wantedKey' | 'since'>;
type EventOf<Type> = Extract<RemoteEvent, { readonly type: Type }>;

function withReply(state: RemoteState, reply: Decision['reply']): Decision {
  return { state, send: undefined, reply };
}

/** Serves a known key from a fresh set without waiting; after `refreshAt`, the first lookup also begins a refresh. */
function onLookup(state: RemoteState, { wantedKey, since }: EventOf<'lookup'>, now: NumericDate): Decision {
  const { good } = state;
  if (!good || now >= good.staleUntil) return onLookupWithoutSet(state, { wantedKey, since }, now);
  if (wantedKey !== undefined) return onUnknownKey(state, { wantedKey, since }, now);
  if (now >= good.freshUntil) return onLookupInStaleSet(state, since, now);
  return now >= good.refreshAt ? serveAndRefresh(state, now) : withReply(state, 'serve');
}

/** Without a set, a lookup waits for the pending request. It fails if that request failed, or during a pause. */
function onLookupWithoutSet(state: RemoteState, { wantedKey, since }: Lookup, now: NumericDate): Decision {
  const isInVain = state.lastFailed > since.over || state.lastAnswered > since.lastSent;
  if (isPending(state) && !isInVain) return withReply(state, 'wait');
  if (isInVain || !mayRetry(state, now)) return withReply(state, 'unavailable');
  return withRequest({ ...state, wantedKey }, 'conditional', now);
}

/**
 * Serves a stale set while the issuer fails. Without a recent attempt, as after an idle night, the lookup waits for one
 * request, because the issuer may have removed the key meanwhile.
 */
function onLookupInStaleSet(state: RemoteState, since: WaitMark, now: NumericDate): Decision {
  const { failing } = state;
  const isTried =
    hasRequestEnded(state, since) ||
    (failing && now < Math.max(failing.failedAt + FAILURE_COUNTS_FOR, failing.retryAt + LONGEST_BACKOFF));
  return isTried ? serveAndRefresh(state, now) : withRequest(state, 'conditional', now);
}

/** Whether a request has ended since the caller began to wait: no caller waits for a second one. */
function hasRequestEnded({ lastAnswered, lastFailed }: RemoteState, since: WaitMark): boolean {
  return Math.max(lastAnswered, lastFailed) > since.over;
}

function serveAndRefresh(state: RemoteState, now: NumericDate): Decision {
  return isPending(state) || !mayRetry(state, now)
    ? withReply(state, 'serve')
    : { ...withRequest(state, 'conditional', now), reply: 'serve' };
}

/**
 * Fetches the set again for a key that it lacks. An allowance bounds these requests, since anyone can invent a kid.
 * They carry no ETag, so that a wrong 304 cannot hide the key.
 */
function onUnknownKey(
  state: RemoteState,
  { wantedKey, since }: { wantedKey: string; since: WaitMark },
  now: NumericDate,
): Decision {
  if (isKnownMissing(state, wantedKey, now)) return withReply(state, 'key-missing');
  // The request was sent after the caller began to wait, so no newer answer exists.
  if (state.lastAnswered > since.lastSent)
    return withReply(
      state.knownMissing.size < MAX_MISSING_KEYS ? rememberMissing(state, wantedKey, now) : state,
      'key-missing',
    );
  if (state.lastFailed > since.over) return withReply(state, 'unavailable');
  if (isPending(state)) return withReply(state, 'wait');
  if (allowanceAt(state, now) < 1 || !mayRetry(state, now))
    return withReply(state, state.failing ? 'unavailable' : 'key-missing');
  return withRequest({ ...spendAllowance(state, now), wantedKey }, 'full', now);
}

/**
 * Fetches the set again unless a request was sent within the last minute: anyone can send bad signatures. It spends
 * nothing of the allowance for unknown keys, which bad signatures would else use up.
 */
function onSignatureFailed(state: RemoteState, now: NumericDate): Decision {
  if (isPending(state)) return withReply(state, 'wait');
  if (now < state.sentAt + SIGNATURE_RETRY || !mayRetry(state, now)) return withReply(state, 'serve');
  return withRequest(state, 'full', now);
}

function spendAllowance(state: RemoteState, now: NumericDate): RemoteState {
  return { ...state, allowance: Math.max(0, allowanceAt(state, now) - 1), countedAt: now };
}

/** Sends a request unless one is pending: any number of callers wait for one request. */
function withRequest(state: RemoteState, how: 'conditional' | 'full', now: NumericDate): Decision {
  if (isPending(state)) return withReply(state, 'wait');
  return {
    state: { ...state, lastSent: state.lastSent + 1, sentAt: now },
    send: mayBeConditional(state, now) ? how : 'full',
    reply: 'wait',
  };
}

/** Whether a 304 will do. The body must come again at times, or a server's 304s would keep a set alive for ever. */
function mayBeConditional({ good, lifetimes }: RemoteState, now: NumericDate): boolean {
  return good !== undefined && now < good.receivedAt + FULL_BODY_AFTER * lifetimes.maxFresh;
}

function mayRetry({ failing }: RemoteState, now: NumericDate): boolean {
  return !failing || now >= failing.retryAt;
}

function allowanceAt({ allowance, countedAt }: RemoteState, now: NumericDate): number {
  return Math.min(BURST, allowance + (now - countedAt) / REFILL_SECONDS);
}

function isKnownMissing({ knownMissing }: RemoteState, wantedKey: string, now: NumericDate): boolean {
  return now < (knownMissing.get(wantedKey) ?? Number.NEGATIVE_INFINITY);
}

/** Remembers a missing key; the oldest is dropped to make room. */
function rememberMissing(state: RemoteState, wantedKey: string, now: NumericDate): RemoteState {
  const newest = Array.from(state.knownMissing)
    .filter(([key]) => key !== wantedKey)
    .slice(1 - MAX_MISSING_KEYS);
  return { ...state, knownMissing: new Map([...newest, [wantedKey, now + MISSING_KEY_TTL]]) };
}

/** RFC 9111 §4.2.3: the age of an answer counts from its request. */
function onAnswered(state: RemoteState, event: EventOf<'answered'>, now: NumericDate): RemoteState {
  const { lifetimes, wantedKey, knownMissing, good, sentAt } = state;
  const fresh = Math.min(lifetimes.maxFresh, Math.max(lifetimes.minFresh, event.fresh ?? lifetimes.defaultFresh));
  const receivedAt = event.hasBody ? sentAt : Number(good?.receivedAt);
  const next: RemoteState = {
    ...state,
    good: goodAnswerFrom(lifetimes, {
      fetchedAt: sentAt,
      receivedAt,
      freshUntil: sentAt + fresh,
      random: event.random,
    }),
    failing: undefined,
    lastAnswered: event.request,
    wantedKey: undefined,
    knownMissing: event.isChanged ? new Map() : knownMissing,
  };
  if (!event.lacksWantedKey || wantedKey === undefined) return next;
  // An invented kid may cause the very first request, which counts as well.
  return rememberMissing(good ? next : spendAllowance(next, now), wantedKey, now);
}

/** Dates an answer. A 304 does not extend the life of a body beyond `maxFresh` and `staleFor` from its arrival. */
function goodAnswerFrom(
  lifetimes: CacheLifetimes,
  { fetchedAt, receivedAt, random, ...answer }: NewAnswer,
): GoodAnswer {
  const end = receivedAt + lifetimes.maxFresh + lifetimes.staleFor;
  const freshUntil = Math.min(answer.freshUntil, end);
  const ahead = REFRESH_AHEAD + JITTER * (2 * random - 1);
  return {
    fetchedAt,
    receivedAt,
    refreshAt: fetchedAt + ahead * (freshUntil - fetchedAt),
    freshUntil,
    staleUntil: Math.min(freshUntil + lifetimes.staleFor, end),
  };
}

/** Dates a snapshot within the same limits; `undefined` for one from the future. */
function restoredAnswer(
  lifetimes: CacheLifetimes,
  { fetchedAt, receivedAt, freshUntil, random }: NewAnswer,
  now: NumericDate,
): GoodAnswer | undefined {
  if (fetchedAt > now) return undefined;
  return goodAnswerFrom(lifetimes, {
    fetchedAt,
    receivedAt: Math.min(receivedAt, fetchedAt),
    freshUntil: Math.min(Math.max(freshUntil, fetchedAt), fetchedAt + lifetimes.maxFresh),
    random,
  });
}

interface NewAnswer {
  readonly fetchedAt: NumericDate;
  readonly receivedAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly random: number;
}

/**
 * Exponential backoff with full jitter, so that many verifiers do not retry at once; and not before the server's
 * Retry-After.
 */
function onFailed(
  state: RemoteState,
  { request, code, reason, retryAfter = 0, random }: EventOf<'failed'>,
  now: NumericDate,
): RemoteState {
  const failures = (state.failing?.failures ?? 0) + 1;
  const backoff = random * Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (failures - 1));
  const asked = retryAfter >= 0 ? Math.min(retryAfter, MAX_RETRY_AFTER) : 0;
  const pause = Math.max(backoff, asked);
  return {
    ...state,
    failing: { failures, failedAt: now, code, reason, retryAt: now + pause },
    lastFailed: request,
    wantedKey: undefined,
  };
}

/**
 * Seconds of freshness that an answer has left, by Cache-Control and Age (RFC 9111 §4.2); `undefined` without max-age.
 * A directive that forbids reuse or cannot be parsed leaves 0 (§4.2.1, §5.2.2). The least of several max-age counts.
 */
export function freshnessOf(cacheControl: string | undefined, age: string | undefined): number | undefined {
  const directives = (cacheControl ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)\b/.test(directive))) return 0;
  const limits = directives.filter((directive) => directive.startsWith('max-age'));
  // One after another: a call has no room for as many arguments as a header has for directives.
  const least = limits.map(readMaxAge).reduce((low, each) => Math.min(low, each), Number.POSITIVE_INFINITY);
  return limits.length === 0 ? undefined : Math.max(0, least - readAge(age));
}

function readMaxAge(directive: string): number {
  const match = /^max-age="?(\d+)"?$/.exec(directive);
  return match ? deltaSeconds(match[1]) : 0;
}

/** RFC 9111 §5.1: the seconds that the answer spent in caches. */
function readAge(age: string | undefined): number {
  return age !== undefined && /^\d+$/.test(age) ? deltaSeconds(age) : 0;
}

/** RFC 9111 §1.2.2: a number that overflows counts as 2^31. */
function deltaSeconds(digits: string | undefined): number {
  return Math.min(Number(digits), 2 ** 31);
}
