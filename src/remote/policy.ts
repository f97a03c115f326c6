// When a key set at a URL is asked for again, what is served meanwhile, and what is refused: pure. A state and an event at
// an instant go in, the next state and what to do come out. No clock, no network, no chance: they are all in the event.
import type { JoseErrorCode } from '../errors.ts';
import type { NumericDate } from '../time.ts';
import { type Ages, BURST, type GoodAnswer, isOnItsWay, type RemoteState, type WaitMark } from './state.ts';

/** One more request for the sake of unknown keys may be sent after so many seconds. */
export const REFILL = 30;
/** How many unknown keys are remembered, and how long. */
export const MAX_LACKING = 128;
export const LACKING_FOR = 30;
/** The first and the longest pause after a failure. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60;
/** While requests come, a failing issuer is tried every minute or so; an older failure says nothing of it any more. */
const TELLING_FOR = 2 * LONGEST_PAUSE;
/** A refresh begins after this part of the fresh time, give or take the jitter. */
const AHEAD = 0.8;
const JITTER = 0.05;
/** After this part of the longest fresh time a refresh asks for the body, well before the set's time is up. */
const BODY_AFTER = 0.75;

export type RemoteEvent =
  /** Someone needs a key: one that is known (`seeks` undefined), or one that the set lacks. `since`: when they came. */
  | { readonly type: 'asked'; readonly seeks: string | undefined; readonly since: WaitMark }
  /** The caller itself wants the newest answer. */
  | { readonly type: 'refresh-asked' }
  /** A good answer: `fresh` as its headers say, whether it had a body, whether the set changed, whether it lacks what was sought. */
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly fresh: number | undefined;
      readonly hasBody: boolean;
      readonly isChanged: boolean;
      readonly isLacking: boolean;
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
  readonly reply: 'serve' | 'wait' | 'lacking' | 'unavailable' | 'none';
}

/** The whole policy. */
export function decide(state: RemoteState, event: RemoteEvent, now: NumericDate): Decision {
  switch (event.type) {
    case 'asked':
      return onAsked(state, event, now);
    case 'refresh-asked':
      return send(state, 'conditional', now);
    case 'answered':
      return reply(event.request === state.sent && isOnItsWay(state) ? onAnswered(state, event, now) : state, 'none');
    case 'failed':
      return reply(event.request === state.sent && isOnItsWay(state) ? onFailed(state, event, now) : state, 'none');
    case 'restored':
      return reply({ ...state, good: restored(state.ages, event, now) }, 'none');
  }
}

type Asker = Pick<Event<'asked'>, 'seeks' | 'since'>;
type Event<Type> = Extract<RemoteEvent, { readonly type: Type }>;

function reply(state: RemoteState, what: Decision['reply']): Decision {
  return { state, send: undefined, reply: what };
}

/**
 * Within fresh no request waits; past the refresh-ahead, the first one sends for the next set and is served all the same.
 */
function onAsked(state: RemoteState, { seeks, since }: Event<'asked'>, now: NumericDate): Decision {
  const { good } = state;
  if (!good || now >= good.staleUntil) return onNoSet(state, { seeks, since }, now);
  if (seeks !== undefined) return onUnknown(state, { seeks, since }, now);
  if (now >= good.freshUntil) return onStale(state, since, now);
  return now >= good.refreshAt ? serveAndSend(state, now) : reply(state, 'serve');
}

/** Without a set everyone waits for one; who has waited in vain, or comes during a pause, is told so. */
function onNoSet(state: RemoteState, { seeks, since }: Asker, now: NumericDate): Decision {
  const isInVain = state.failed > since.over || state.answered > since.sent;
  if (isOnItsWay(state) && !isInVain) return reply(state, 'wait');
  if (isInVain || !mayAsk(state, now)) return reply(state, 'unavailable');
  return send({ ...state, sought: seeks }, 'conditional', now);
}

/**
 * Known keys go on verifying while the issuer fails. Where nobody has tried lately, as after an idle night, the first one
 * waits for the try: a key may have been taken back since.
 */
function onStale(state: RemoteState, since: WaitMark, now: NumericDate): Decision {
  const { failing } = state;
  const isTried = isOver(state, since) || (failing && now < failing.failedAt + TELLING_FOR);
  return isTried ? serveAndSend(state, now) : send(state, 'conditional', now);
}

/** Whether a request has ended since they came: nobody waits for a second one to the same end. */
function isOver({ answered, failed }: RemoteState, since: WaitMark): boolean {
  return Math.max(answered, failed) > since.over;
}

function serveAndSend(state: RemoteState, now: NumericDate): Decision {
  return isOnItsWay(state) || !mayAsk(state, now)
    ? reply(state, 'serve')
    : { ...send(state, 'conditional', now), reply: 'serve' };
}

/**
 * A key that the set lacks is never taken from a stale one: a request is worth it, but not for everyone who makes up a kid.
 * The whole body is asked for, so that a wrong 304 cannot hide the key.
 */
function onUnknown(
  state: RemoteState,
  { seeks, since }: { seeks: string; since: WaitMark },
  now: NumericDate,
): Decision {
  if (isLacking(state, seeks, now)) return reply(state, 'lacking');
  // An answer to a request that was sent after they came is the newest there can be.
  if (state.answered > since.sent)
    return reply(state.lacking.size < MAX_LACKING ? remember(state, seeks, now) : state, 'lacking');
  if (state.failed > since.over) return reply(state, 'unavailable');
  if (isOnItsWay(state)) return reply(state, 'wait');
  if (allowanceAt(state, now) < 1 || !mayAsk(state, now))
    return reply(state, state.failing ? 'unavailable' : 'lacking');
  return send({ ...spend(state, now), sought: seeks }, 'full', now);
}

function spend(state: RemoteState, now: NumericDate): RemoteState {
  return { ...state, allowance: Math.max(0, allowanceAt(state, now) - 1), countedAt: now };
}

/** A request, unless one is on its way already: any number may wait, for one. */
function send(state: RemoteState, how: 'conditional' | 'full', now: NumericDate): Decision {
  if (isOnItsWay(state)) return reply(state, 'wait');
  return {
    state: { ...state, sent: state.sent + 1, sentAt: now },
    send: mayBeConditional(state, now) ? how : 'full',
    reply: 'wait',
  };
}

/** A server that says 304 for ever would keep a set alive for ever: in its time the body must come again. */
function mayBeConditional({ good, ages }: RemoteState, now: NumericDate): boolean {
  return good !== undefined && now < good.receivedAt + BODY_AFTER * ages.maxFresh;
}

function mayAsk({ failing }: RemoteState, now: NumericDate): boolean {
  return !failing || now >= failing.retryAt;
}

function allowanceAt({ allowance, countedAt }: RemoteState, now: NumericDate): number {
  return Math.min(BURST, allowance + (now - countedAt) / REFILL);
}

function isLacking({ lacking }: RemoteState, seeks: string, now: NumericDate): boolean {
  return now < (lacking.get(seeks) ?? Number.NEGATIVE_INFINITY);
}

/** The oldest makes room. */
function remember(state: RemoteState, seeks: string, now: NumericDate): RemoteState {
  const newest = Array.from(state.lacking)
    .filter(([key]) => key !== seeks)
    .slice(1 - MAX_LACKING);
  return { ...state, lacking: new Map([...newest, [seeks, now + LACKING_FOR]]) };
}

/** RFC 9111 §4.2.3: an answer is as old as the request for it. */
function onAnswered(state: RemoteState, event: Event<'answered'>, now: NumericDate): RemoteState {
  const { ages, sought, lacking, good, sentAt } = state;
  const fresh = Math.min(ages.maxFresh, Math.max(ages.minFresh, event.fresh ?? ages.defaultFresh));
  const receivedAt = event.hasBody ? sentAt : Number(good?.receivedAt);
  const next: RemoteState = {
    ...state,
    good: goodAnswer(ages, { fetchedAt: sentAt, receivedAt, freshUntil: sentAt + fresh, random: event.random }),
    failing: undefined,
    answered: event.request,
    sought: undefined,
    lacking: event.isChanged ? new Map() : lacking,
  };
  if (!event.isLacking || sought === undefined) return next;
  // A made-up kid may cause the very first request, too: it counts like the others.
  return remember(good ? next : spend(next, now), sought, now);
}

/** However often a server says 304, a body lives no longer than one that nobody has asked about since. */
function goodAnswer(ages: Ages, { fetchedAt, receivedAt, random, ...answer }: NewAnswer): GoodAnswer {
  const end = receivedAt + ages.maxFresh + ages.staleFor;
  const freshUntil = Math.min(answer.freshUntil, end);
  const ahead = AHEAD + JITTER * (2 * random - 1);
  return {
    fetchedAt,
    receivedAt,
    refreshAt: fetchedAt + ahead * (freshUntil - fetchedAt),
    freshUntil,
    staleUntil: Math.min(freshUntil + ages.staleFor, end),
  };
}

/** A snapshot's ages are bound by the same numbers, whatever it says; one from the future counts for nothing. */
function restored(
  ages: Ages,
  { fetchedAt, receivedAt, freshUntil, random }: NewAnswer,
  now: NumericDate,
): GoodAnswer | undefined {
  if (fetchedAt > now) return undefined;
  return goodAnswer(ages, {
    fetchedAt,
    receivedAt: Math.min(receivedAt, fetchedAt),
    freshUntil: Math.min(Math.max(freshUntil, fetchedAt), fetchedAt + ages.maxFresh),
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
function onFailed(state: RemoteState, { request, code, random }: Event<'failed'>, now: NumericDate): RemoteState {
  const failures = (state.failing?.failures ?? 0) + 1;
  const pause = random * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
  return {
    ...state,
    failing: { failures, failedAt: now, code, retryAt: now + pause },
    failed: request,
    sought: undefined,
  };
}
