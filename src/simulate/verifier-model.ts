// The verifier's side of a simulation: the real policy of a remote set, which asks an endpoint of the ring through a
// cache at the worst moments.
import { remoteDecision } from '../remote/policy.ts';
import { type CacheLifetimes, initialRemoteState, type RemoteState, waitMarkOf } from '../remote/state.ts';
import { nextRemoval, publishedKeys } from '../ring/ring.ts';
import { EPSILON, type IssuerInstance, type RingHistory, ringAt } from './issuer-model.ts';

/** The behaviour of verifiers. */
export interface VerifierBehaviour {
  readonly ages: CacheLifetimes;
  /** Whether they ask again for an unknown kid. */
  readonly asksForUnknown: boolean;
}

/** A set as the endpoint sent it. */
export interface EndpointAnswer {
  readonly at: number;
  readonly kids: ReadonlySet<string>;
  /** How long caches may keep it. */
  readonly maxAge: number;
}

/** The route from a verifier to the ring: an endpoint, which may be unreachable after an instant. */
export interface Route {
  readonly history: RingHistory;
  readonly endpoint: IssuerInstance;
  readonly reachableUntil: number;
}

/** Returns the endpoint's answer. */
export function endpointAnswer({ history, endpoint }: Route, at: number): EndpointAnswer {
  const ring = ringAt(history, endpoint, at);
  const now = at + endpoint.clockAhead;
  const left = (nextRemoval(ring, now) ?? Number.POSITIVE_INFINITY) - now;
  const kids = new Set(publishedKeys(ring, now).map(({ kid }) => kid));
  return { at, kids, maxAge: Math.floor(Math.min(ring.policy.jwksMaxAge, left)) };
}

/** A verifier: the state of its policy, its set, and the answer in the cache before it. */
export interface SimulatedVerifier {
  readonly behaviour: VerifierBehaviour;
  readonly state: RemoteState;
  readonly set: EndpointAnswer | undefined;
  readonly cached: EndpointAnswer;
}

/** The verdict on a token, the set that it follows from, and the verifier after it. */
interface TokenOutcome {
  readonly verdict: 'accepted' | 'refused' | 'unavailable';
  readonly set: EndpointAnswer | undefined;
  readonly verifier: SimulatedVerifier;
}

/** A token, by the kid of its key and the instant at which a verifier receives it. */
export interface PresentedToken {
  readonly kid: string;
  readonly at: number;
}

export function presentToken(before: SimulatedVerifier, token: PresentedToken, route: Route): TokenOutcome {
  const since = waitMarkOf(before.state);
  for (let verifier = before; ; ) {
    const { set } = verifier;
    const isKnown = set?.kids.has(token.kid) === true;
    const wantedKey = isKnown || !verifier.behaviour.asksForUnknown ? undefined : token.kid;
    const { state, send, reply } = remoteDecision(verifier.state, { type: 'lookup', wantedKey, since }, token.at);
    verifier = send ? requestSet({ ...verifier, state }, token, { route, send }) : { ...verifier, state };
    if (reply === 'wait') continue;
    const refusal = reply === 'unavailable' ? 'unavailable' : 'refused';
    return { verdict: reply === 'serve' && isKnown ? 'accepted' : refusal, set, verifier };
  }
}

/** A request takes no time; the cache answers it if it can. Random delays have their worst value. */
function requestSet(
  verifier: SimulatedVerifier,
  { kid, at }: PresentedToken,
  { route, send }: { route: Route; send: 'conditional' | 'full' },
): SimulatedVerifier {
  const { state, set, cached } = verifier;
  const answer = isCached(cached, at) ? cached : at <= route.reachableUntil ? endpointAnswer(route, at) : undefined;
  const outcome = { request: state.lastSent, random: 1 };
  if (!answer) {
    const failed = {
      type: 'failed',
      code: 'ERR_JWKS_UNAVAILABLE',
      reason: 'an outage',
      retryAfter: undefined,
      ...outcome,
    } as const;
    return { ...verifier, state: remoteDecision(state, failed, at).state };
  }
  const isChanged = kidList(set) !== kidList(answer);
  const answered = {
    type: 'answered',
    fresh: answer.maxAge,
    hasBody: isChanged || send === 'full',
    isChanged,
    lacksWantedKey: !answer.kids.has(kid),
    ...outcome,
  } as const;
  return { ...verifier, state: remoteDecision(state, answered, at).state, set: answer, cached: answer };
}

function isCached({ at, maxAge }: EndpointAnswer, now: number): boolean {
  return now < at + maxAge;
}

function kidList(set: EndpointAnswer | undefined): string {
  return Array.from(set?.kids ?? []).join(' ');
}

/** The state of a verifier at one moment. */
export interface VerifierMoment {
  readonly route: Route;
  readonly verifier: SimulatedVerifier;
  /** The first answer in the cache, and when the verifier asked for it. */
  readonly answer: EndpointAnswer;
  readonly askedAt: number;
  /** The last request. */
  readonly at: number;
}

/**
 * Yields the moments that matter: the cache asked just before or after a change at the endpoint; the verifier asked
 * the cache immediately, or just before its answer expired, and has not asked since, or asked when a refresh was due,
 * or in vain.
 */
export function* verifierMoments(route: Route, behaviour: VerifierBehaviour): Generator<VerifierMoment> {
  for (const change of answerChanges(route))
    for (const at of [change - EPSILON, change]) {
      const answer = endpointAnswer(route, at);
      const initial = { behaviour, state: initialRemoteState(behaviour.ages), set: undefined, cached: answer };
      yield { route, verifier: initial, answer, askedAt: at, at };
      for (const askedAt of new Set([at, Math.max(at, at + answer.maxAge - EPSILON)])) {
        const [kid] = answer.kids;
        const { verifier } = presentToken(initial, { kid: String(kid), at: askedAt }, route);
        const moment = { route, verifier, answer, askedAt, at: askedAt };
        yield moment;
        yield { ...moment, route: { ...route, reachableUntil: askedAt } };
        for (const again of setInstants(verifier).slice(0, 2)) {
          yield {
            ...moment,
            verifier: presentToken(verifier, { kid: String(kid), at: again }, route).verifier,
            at: again,
          };
        }
      }
    }
}

/** Returns the instants at which the endpoint's answer changes. */
function answerChanges(route: Route): readonly number[] {
  const { history, endpoint } = route;
  const learned = history.map(({ at }) => at + endpoint.lag);
  const removed = history.flatMap(({ ring }) => ring.keys.map(({ removeAt = 0 }) => removeAt - endpoint.clockAhead));
  return [...new Set([...learned, ...removed])].filter(
    (at) => at >= 0 && kidList(endpointAnswer(route, at - EPSILON)) !== kidList(endpointAnswer(route, at)),
  );
}

/** Returns the instants from the last request on at which the verifier may start to behave differently. */
export function behaviourChanges({ verifier, at }: VerifierMoment): readonly number[] {
  const [, ...ends] = setInstants(verifier);
  return [at, ...ends.flatMap((end) => [end - EPSILON, end])].filter((edge) => edge >= at);
}

/** Returns when a refresh is due, when the set is no longer fresh, and when it is too old to use. */
function setInstants({ state: { good } }: SimulatedVerifier): readonly number[] {
  return good ? [good.refreshAt, good.freshUntil, good.staleUntil] : [];
}
