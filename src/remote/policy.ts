// When a key set at a URL is asked for again, what is served meanwhile, and what is refused: pure. A state and an event at
// an instant go in, the next state and what to do come out. No clock, no network, no chance: they are all in the event.
import type { JoseErrorCode } from '../errors.ts';
import type { NumericDate } from '../time.ts';
import { BURST, type CacheLifetimes, type GoodAnswer, isPending, type RemoteState, type WaitMark } from './state.ts';

/** One more request for the sake of unknown keys may be sent after so many seconds. */
export const REFILL_SECONDS = 30;
/** How many unknown keys are remembered, and how long. */
export const MAX_MISSING_KEYS = 128;
export const MISSING_KEY_TTL = 30;
/** The first and the longest pause after a failure. */
const FIRST_BACKOFF = 1;
const LONGEST_BACKOFF = 60;
/** While requests come, a failing issuer is tried every minute or so; an older failure says nothing of it any more. */
const FAILURE_COUNTS_FOR = 2 * LONGEST_BACKOFF;
/** A refresh begins after this part of the fresh time, give or take the jitter. */
const REFRESH_AHEAD = 0.8;
const JITTER = 0.05;
/** After this part of the longest fresh time a refresh asks for the body, well before the set's time is up. */
const FULL_BODY_AFTER = 0.75;

export type RemoteEvent =
  /** Someone needs a key: one that is known (`seeks` undefined), or one that the set lacks. `since`: when they came. */
  | { readonly type: 'lookup'; readonly wantedKey: string | undefined; readonly since: WaitMark }
  /** The caller itself wants the newest answer. */
  | { readonly type: 'refresh' }
  /** A good answer: `fresh` as its headers say, whether it had a body, whether the set changed, whether it lacks what was sought. */
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly fresh: number | undefined;
      readonly hasBody: boolean;
      readonly isChanged: boolean;
      readonly lacksWantedKey: boolean;
      readonly random: number;
    }
  | { readonly type: 'failed'; readonly request: number; readonly code: JoseErrorCode; readonly random: number }
  /** A snapshot of an earlier good answer. */
  | ({ readonly type: 'restored' } & NewAnswer);

/**
 * What to do. `send`: a request, with the ETag or without. `reply`: hand out the set; wait for the request on its way and ask
 * again; hand out the set although it lacks the key; say that the keys are unavailable; or none, where nobody asked.
 */
export interface Decision {
  readonly state: RemoteState;
  readonly send: 'conditional' | 'full' | undefined;
  readonly reply: 'serve' | 'wait' | 'key-missing' | 'unavailable' | 'none';
}

/** The whole policy. */
export function remoteDecision(state: RemoteState, event: RemoteEvent, now: NumericDate): Decision {
  switch (event.type) {
    case 'lookup':
      return onLookup(state, event, now);
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

/**
 * Within fresh no request waits; past the refresh-ahead, the first one sends for the next set and is served all the same.
 */
function onLookup(state: RemoteState, { wantedKey, since }: EventOf<'lookup'>, now: NumericDate): Decision {
  const { good } = state;
  if (!good || now >= good.staleUntil) return onLookupWithoutSet(state, { wantedKey, since }, now);
  if (wantedKey !== undefined) return onUnknownKey(state, { wantedKey, since }, now);
  if (now >= good.freshUntil) return onLookupInStaleSet(state, since, now);
  return now >= good.refreshAt ? serveAndRefresh(state, now) : withReply(state, 'serve');
}

/** Without a set everyone waits for one; who has waited in vain, or comes during a pause, is told so. */
function onLookupWithoutSet(state: RemoteState, { wantedKey, since }: Lookup, now: NumericDate): Decision {
  const isInVain = state.lastFailed > since.over || state.lastAnswered > since.lastSent;
  if (isPending(state) && !isInVain) return withReply(state, 'wait');
  if (isInVain || !mayRetry(state, now)) return withReply(state, 'unavailable');
  return withRequest({ ...state, wantedKey }, 'conditional', now);
}

/**
 * Known keys go on verifying while the issuer fails. Where nobody has tried lately, as after an idle night, the first one
 * waits for the try: a key may have been taken back since.
 */
function onLookupInStaleSet(state: RemoteState, since: WaitMark, now: NumericDate): Decision {
  const { failing } = state;
  const isTried = hasRequestEnded(state, since) || (failing && now < failing.failedAt + FAILURE_COUNTS_FOR);
  return isTried ? serveAndRefresh(state, now) : withRequest(state, 'conditional', now);
}

/** Whether a request has ended since they came: nobody waits for a second one to the same end. */
function hasRequestEnded({ lastAnswered, lastFailed }: RemoteState, since: WaitMark): boolean {
  return Math.max(lastAnswered, lastFailed) > since.over;
}

function serveAndRefresh(state: RemoteState, now: NumericDate): Decision {
  return isPending(state) || !mayRetry(state, now)
    ? withReply(state, 'serve')
    : { ...withRequest(state, 'conditional', now), reply: 'serve' };
}

/**
 * A key that the set lacks is never taken from a stale one: a request is worth it, but not for everyone who makes up a kid.
 * The whole body is asked for, so that a wrong 304 cannot hide the key.
 */
function onUnknownKey(
  state: RemoteState,
  { wantedKey, since }: { wantedKey: string; since: WaitMark },
  now: NumericDate,
): Decision {
  if (isKnownMissing(state, wantedKey, now)) return withReply(state, 'key-missing');
  // An answer to a request that was sent after they came is the newest there can be.
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

function spendAllowance(state: RemoteState, now: NumericDate): RemoteState {
  return { ...state, allowance: Math.max(0, allowanceAt(state, now) - 1), countedAt: now };
}

/** A request, unless one is on its way already: any number may wait, for one. */
function withRequest(state: RemoteState, how: 'conditional' | 'full', now: NumericDate): Decision {
  if (isPending(state)) return withReply(state, 'wait');
  return {
    state: { ...state, lastSent: state.lastSent + 1, sentAt: now },
    send: mayBeConditional(state, now) ? how : 'full',
    reply: 'wait',
  };
}

/** A server that says 304 for ever would keep a set alive for ever: in its time the body must come again. */
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

/** The oldest makes room. */
function rememberMissing(state: RemoteState, wantedKey: string, now: NumericDate): RemoteState {
  const newest = Array.from(state.knownMissing)
    .filter(([key]) => key !== wantedKey)
    .slice(1 - MAX_MISSING_KEYS);
  return { ...state, knownMissing: new Map([...newest, [wantedKey, now + MISSING_KEY_TTL]]) };
}

/** RFC 9111 §4.2.3: an answer is as old as the request for it. */
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
  // A made-up kid may cause the very first request, too: it counts like the others.
  return rememberMissing(good ? next : spendAllowance(next, now), wantedKey, now);
}

/** However often a server says 304, a body lives no longer than one that nobody has asked about since. */
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

/** A snapshot's ages are bound by the same numbers, whatever it says; one from the future counts for nothing. */
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

/** Exponential pauses with full jitter, so that many verifiers do not come back all at once. */
function onFailed(state: RemoteState, { request, code, random }: EventOf<'failed'>, now: NumericDate): RemoteState {
  const failures = (state.failing?.failures ?? 0) + 1;
  const pause = random * Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (failures - 1));
  return {
    ...state,
    failing: { failures, failedAt: now, code, retryAt: now + pause },
    lastFailed: request,
    wantedKey: undefined,
  };
}

/**
 * Seconds of freshness that an answer has left; `undefined` when it says nothing of it.
 * What forbids reuse, or cannot be understood, leaves none (RFC 9111 §4.2.1, §5.2.2); of several max-age the least counts.
 */
export function freshnessOf(cacheControl: string | undefined, age: string | undefined): number | undefined {
  const directives = (cacheControl ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)\b/.test(directive))) return 0;
  const limits = directives.filter((directive) => directive.startsWith('max-age'));
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits.map(readMaxAge)) - readAge(age));
}

function readMaxAge(directive: string): number {
  const match = /^max-age="?(\d+)"?$/.exec(directive);
  return match ? deltaSeconds(match[1]) : 0;
}

/** RFC 9111 §5.1: how long the answer has lain in caches on its way. */
function readAge(age: string | undefined): number {
  return age !== undefined && /^\d+$/.test(age) ? deltaSeconds(age) : 0;
}

/** RFC 9111 §1.2.2: whatever is too large to hold is 2^31. */
function deltaSeconds(digits: string | undefined): number {
  return Math.min(Number(digits), 2 ** 31);
}
