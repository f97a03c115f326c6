// The verifier's side of a simulation: the real policy of a remote set, which asks an endpoint of the ring through a cache, at
// the worst moments.
import { remoteDecision } from '../remote/policy.ts';
import { type CacheLifetimes, initialRemoteState, type RemoteState, waitMarkOf } from '../remote/state.ts';
import { nextRemoval, publishedKeys } from '../ring/ring.ts';
import { EPSILON, type History, type Instance, ringAt } from './issuer-model.ts';

/** How verifiers behave. */
export interface VerifierBehaviour {
  readonly ages: CacheLifetimes;
  /** Whether they ask again for a kid that they do not know. */
  readonly asksForUnknown: boolean;
}

/** A set as it left the endpoint. */
export interface Answer {
  readonly at: number;
  readonly kids: ReadonlySet<string>;
  /** For how long it may be kept. */
  readonly maxAge: number;
}

/** The way from a verifier to the ring: an endpoint, which may be out of reach after an instant. */
export interface Route {
  readonly history: History;
  readonly endpoint: Instance;
  readonly reachableUntil: number;
}

/** What the endpoint answers. */
export function answerOf({ history, endpoint }: Route, at: number): Answer {
  const ring = ringAt(history, endpoint, at);
  const now = at + endpoint.ahead;
  const left = (nextRemoval(ring, now) ?? Number.POSITIVE_INFINITY) - now;
  const kids = new Set(publishedKeys(ring, now).map(({ kid }) => kid));
  return { at, kids, maxAge: Math.floor(Math.min(ring.policy.jwksMaxAge, left)) };
}

/** A verifier: what its policy knows, the set that it has, and the one that the cache before it has. */
export interface Client {
  readonly behaviour: VerifierBehaviour;
  readonly state: RemoteState;
  readonly set: Answer | undefined;
  readonly cached: Answer;
}

/** What becomes of a token, by which set, and of the client. */
interface Outcome {
  readonly verdict: 'accepted' | 'refused' | 'unavailable';
  readonly set: Answer | undefined;
  readonly client: Client;
}

/** A token by a key comes at an instant. */
export interface Token {
  readonly kid: string;
  readonly at: number;
}

export function present(before: Client, token: Token, way: Route): Outcome {
  const since = waitMarkOf(before.state);
  for (let client = before; ; ) {
    const { set } = client;
    const isKnown = set?.kids.has(token.kid) === true;
    const wantedKey = isKnown || !client.behaviour.asksForUnknown ? undefined : token.kid;
    const { state, send, reply } = remoteDecision(client.state, { type: 'lookup', wantedKey, since }, token.at);
    client = send ? requested({ ...client, state }, token, { way, send }) : { ...client, state };
    if (reply === 'wait') continue;
    const refusal = reply === 'unavailable' ? 'unavailable' : 'refused';
    return { verdict: reply === 'serve' && isKnown ? 'accepted' : refusal, set, client };
  }
}

/** A request is over at once, and answered by the cache if that has something. Chance is at its worst. */
function requested(
  client: Client,
  { kid, at }: Token,
  { way, send }: { way: Route; send: 'conditional' | 'full' },
): Client {
  const { state, set, cached } = client;
  const answer = isHeld(cached, at) ? cached : at <= way.reachableUntil ? answerOf(way, at) : undefined;
  const outcome = { request: state.lastSent, random: 1 };
  if (!answer) {
    const failed = { type: 'failed', code: 'ERR_JWKS_UNAVAILABLE', ...outcome } as const;
    return { ...client, state: remoteDecision(state, failed, at).state };
  }
  const isChanged = namesOf(set) !== namesOf(answer);
  const answered = {
    type: 'answered',
    fresh: answer.maxAge,
    hasBody: isChanged || send === 'full',
    isChanged,
    lacksWantedKey: !answer.kids.has(kid),
    ...outcome,
  } as const;
  return { ...client, state: remoteDecision(state, answered, at).state, set: answer, cached: answer };
}

function isHeld({ at, maxAge }: Answer, now: number): boolean {
  return now < at + maxAge;
}

function namesOf(set: Answer | undefined): string {
  return Array.from(set?.kids ?? []).join(' ');
}

/** A verifier at a moment of its life. */
export interface VerifierMoment {
  readonly way: Route;
  readonly client: Client;
  /** What the cache had first, and when the verifier asked for it. */
  readonly answer: Answer;
  readonly askedAt: number;
  /** Its last request. */
  readonly at: number;
}

/**
 * The phases that matter: a cache that asked just before or after anything changed at an endpoint; a verifier that asked it
 * at once or just before the answer was too old, and since then never, or when a refresh was due, or in vain.
 */
export function* phasesOf(way: Route, behaviour: VerifierBehaviour): Generator<VerifierMoment> {
  for (const change of changesOf(way))
    for (const at of [change - EPSILON, change]) {
      const answer = answerOf(way, at);
      const cold = { behaviour, state: initialRemoteState(behaviour.ages), set: undefined, cached: answer };
      yield { way, client: cold, answer, askedAt: at, at };
      for (const askedAt of new Set([at, Math.max(at, at + answer.maxAge - EPSILON)])) {
        const [kid] = answer.kids;
        const { client } = present(cold, { kid: String(kid), at: askedAt }, way);
        const phase = { way, client, answer, askedAt, at: askedAt };
        yield phase;
        yield { ...phase, way: { ...way, reachableUntil: askedAt } };
        for (const again of turnsOf(client).slice(0, 2)) {
          yield { ...phase, client: present(client, { kid: String(kid), at: again }, way).client, at: again };
        }
      }
    }
}

/** When an endpoint has another answer than just before. */
function changesOf(way: Route): readonly number[] {
  const { history, endpoint } = way;
  const learned = history.map(({ at }) => at + endpoint.lag);
  const removed = history.flatMap(({ ring }) => ring.keys.map(({ removeAt = 0 }) => removeAt - endpoint.ahead));
  return [...new Set([...learned, ...removed])].filter(
    (at) => at >= 0 && namesOf(answerOf(way, at - EPSILON)) !== namesOf(answerOf(way, at)),
  );
}

/** When a verifier may begin to do something else: from its last request on. */
export function edgesOf({ client, at }: VerifierMoment): readonly number[] {
  const [, ...ends] = turnsOf(client);
  return [at, ...ends.flatMap((end) => [end - EPSILON, end])].filter((edge) => edge >= at);
}

/** When a refresh is due, when the set is no longer fresh, and when it is too old. */
function turnsOf({ state: { good } }: Client): readonly number[] {
  return good ? [good.refreshAt, good.freshUntil, good.staleUntil] : [];
}
