// The verifier's side of a simulation: the real policy of a remote set, which asks an endpoint of the ring through a cache, at
// the worst moments.
import { decide } from '../remote/policy.ts';
import { type Ages, initialState, type RemoteState, waitMarkOf } from '../remote/state.ts';
import { nextRemoval, publishedKeys } from '../ring/ring.ts';
import { EPSILON, type IssuerInstance, type RingHistory, ringAt } from './issuer-model.ts';

/** How verifiers behave. */
export interface VerifierBehaviour {
  readonly ages: Ages;
  /** Whether they ask again for a kid that they do not know. */
  readonly asksForUnknown: boolean;
}

/** A set as it left the endpoint. */
export interface EndpointAnswer {
  readonly at: number;
  readonly kids: ReadonlySet<string>;
  /** For how long it may be kept. */
  readonly maxAge: number;
}

/** The way from a verifier to the ring: an endpoint, which may be out of reach after an instant. */
export interface Route {
  readonly history: RingHistory;
  readonly endpoint: IssuerInstance;
  readonly reachableUntil: number;
}

/** What the endpoint answers. */
export function endpointAnswer({ history, endpoint }: Route, at: number): EndpointAnswer {
  const ring = ringAt(history, endpoint, at);
  const now = at + endpoint.clockAhead;
  const left = (nextRemoval(ring, now) ?? Number.POSITIVE_INFINITY) - now;
  const kids = new Set(publishedKeys(ring, now).map(({ kid }) => kid));
  return { at, kids, maxAge: Math.floor(Math.min(ring.policy.jwksMaxAge, left)) };
}

/** A verifier: what its policy knows, the set that it has, and the one that the cache before it has. */
export interface SimulatedVerifier {
  readonly behaviour: VerifierBehaviour;
  readonly state: RemoteState;
  readonly set: EndpointAnswer | undefined;
  readonly cached: EndpointAnswer;
}

/** What becomes of a token, by which set, and of the client. */
interface TokenOutcome {
  readonly verdict: 'accepted' | 'refused' | 'unavailable';
  readonly set: EndpointAnswer | undefined;
  readonly verifier: SimulatedVerifier;
}

/** A token by a key comes at an instant. */
export interface PresentedToken {
  readonly kid: string;
  readonly at: number;
}

export function presentToken(before: SimulatedVerifier, token: PresentedToken, route: Route): TokenOutcome {
  const since = waitMarkOf(before.state);
  for (let verifier = before; ; ) {
    const { set } = verifier;
    const isKnown = set?.kids.has(token.kid) === true;
    const seeks = isKnown || !verifier.behaviour.asksForUnknown ? undefined : token.kid;
    const { state, send, reply } = decide(verifier.state, { type: 'asked', seeks, since }, token.at);
    verifier = send ? requestSet({ ...verifier, state }, token, { route, send }) : { ...verifier, state };
    if (reply === 'wait') continue;
    const refusal = reply === 'unavailable' ? 'unavailable' : 'refused';
    return { verdict: reply === 'serve' && isKnown ? 'accepted' : refusal, set, verifier };
  }
}

/** A request is over at once, and answered by the cache if that has something. Chance is at its worst. */
function requestSet(
  verifier: SimulatedVerifier,
  { kid, at }: PresentedToken,
  { route, send }: { route: Route; send: 'conditional' | 'full' },
): SimulatedVerifier {
  const { state, set, cached } = verifier;
  const answer = isCached(cached, at) ? cached : at <= route.reachableUntil ? endpointAnswer(route, at) : undefined;
  const outcome = { request: state.sent, random: 1 };
  if (!answer) {
    const failed = { type: 'failed', code: 'ERR_JWKS_UNAVAILABLE', ...outcome } as const;
    return { ...verifier, state: decide(state, failed, at).state };
  }
  const isChanged = kidList(set) !== kidList(answer);
  const answered = {
    type: 'answered',
    fresh: answer.maxAge,
    hasBody: isChanged || send === 'full',
    isChanged,
    isLacking: !answer.kids.has(kid),
    ...outcome,
  } as const;
  return { ...verifier, state: decide(state, answered, at).state, set: answer, cached: answer };
}

function isCached({ at, maxAge }: EndpointAnswer, now: number): boolean {
  return now < at + maxAge;
}

function kidList(set: EndpointAnswer | undefined): string {
  return Array.from(set?.kids ?? []).join(' ');
}

/** A verifier at a moment of its life. */
export interface VerifierMoment {
  readonly route: Route;
  readonly verifier: SimulatedVerifier;
  /** What the cache had first, and when the verifier asked for it. */
  readonly answer: EndpointAnswer;
  readonly askedAt: number;
  /** Its last request. */
  readonly at: number;
}

/**
 * The phases that matter: a cache that asked just before or after anything changed at an endpoint; a verifier that asked it
 * at once or just before the answer was too old, and since then never, or when a refresh was due, or in vain.
 */
export function* verifierMoments(route: Route, behaviour: VerifierBehaviour): Generator<VerifierMoment> {
  for (const change of answerChanges(route))
    for (const at of [change - EPSILON, change]) {
      const answer = endpointAnswer(route, at);
      const initial = { behaviour, state: initialState(behaviour.ages), set: undefined, cached: answer };
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

/** When an endpoint has another answer than just before. */
function answerChanges(route: Route): readonly number[] {
  const { history, endpoint } = route;
  const learned = history.map(({ at }) => at + endpoint.lag);
  const removed = history.flatMap(({ ring }) => ring.keys.map(({ removeAt = 0 }) => removeAt - endpoint.clockAhead));
  return [...new Set([...learned, ...removed])].filter(
    (at) => at >= 0 && kidList(endpointAnswer(route, at - EPSILON)) !== kidList(endpointAnswer(route, at)),
  );
}

/** When a verifier may begin to do something else: from its last request on. */
export function behaviourChanges({ verifier, at }: VerifierMoment): readonly number[] {
  const [, ...ends] = setInstants(verifier);
  return [at, ...ends.flatMap((end) => [end - EPSILON, end])].filter((edge) => edge >= at);
}

/** When a refresh is due, when the set is no longer fresh, and when it is too old. */
function setInstants({ state: { good } }: SimulatedVerifier): readonly number[] {
  return good ? [good.refreshAt, good.freshUntil, good.staleUntil] : [];
}
