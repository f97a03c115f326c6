// The search of a simulation: tokens of every key come to every verifier at every moment at which something changes for it.
import { LACKING_FOR } from '../remote/policy.ts';
import type { RingPolicy } from '../ring/policy.ts';
import {
  EPSILON,
  extremeInstances,
  type RingHistory,
  revocationHistory,
  ringAt,
  type SigningSpan,
  signingSpans,
} from './issuer-model.ts';
import {
  behaviourChanges,
  type PresentedToken,
  presentToken,
  type VerifierBehaviour,
  type VerifierMoment,
  verifierMoments,
} from './verifier-model.ts';

export interface SimulationConditions {
  readonly policy: RingPolicy;
  readonly behaviour: VerifierBehaviour;
  /** For how long a token is taken beyond its `exp`. */
  readonly tolerance: number;
}

/** A verifier that says at an instant that there is no such key. */
export interface Refusal {
  /** The number that is to keep this from valid tokens: the verifier has the key not yet, or no more. */
  readonly why: 'publishLead' | 'retention';
  readonly kid: string;
  readonly signing: SigningSpan;
  readonly at: number;
  /** How far that is from the life of any token by the key; negative when it is in the midst of it. */
  readonly margin: number;
  readonly moment: VerifierMoment;
}

/** Every refusal in a rotation, of tokens that there are and of such as there might be. */
export function* findRefusals(
  history: RingHistory,
  { policy, behaviour, tolerance }: SimulationConditions,
): Generator<Refusal> {
  const signings = signingSpans(history, policy, tolerance);
  for (const endpoint of extremeInstances(policy))
    for (const moment of verifierMoments({ history, endpoint, reachableUntil: Number.POSITIVE_INFINITY }, behaviour))
      for (const [kid, signing] of signings)
        for (const at of [...behaviourChanges(moment), signing.from, signing.validUntil - EPSILON])
          if (at >= moment.at && !moment.verifier.set?.kids.has(kid))
            yield* refusalsOfToken({ kid, at }, signing, moment);
}

function* refusalsOfToken(token: PresentedToken, signing: SigningSpan, moment: VerifierMoment): Generator<Refusal> {
  const { verdict, set, verifier } = presentToken(moment.verifier, token, moment.route);
  if (verdict !== 'refused') return;
  const { history, endpoint } = moment.route;
  const isGone = ringAt(history, endpoint, Number(set?.at)).keys.some(({ kid }) => kid === token.kid);
  const refusal = isGone
    ? ({ why: 'retention', margin: token.at - signing.validUntil } as const)
    : ({ why: 'publishLead', margin: signing.from - token.at } as const);
  const found = { ...refusal, ...token, signing, moment };
  yield found;
  // What was asked for in vain is refused for a while without asking.
  const again = token.at + LACKING_FOR - EPSILON;
  const isRefused =
    isOfValidToken(found) && presentToken(verifier, { ...token, at: again }, moment.route).verdict === 'refused';
  if (isRefused) yield { ...found, at: again };
}

export function isOfValidToken({ at, signing }: Refusal): boolean {
  return at >= signing.from && at < signing.validUntil;
}

export function closestRefusal(refusals: readonly Refusal[], why: Refusal['why']): Refusal {
  return refusals.filter((refusal) => refusal.why === why).reduce((a, b) => (b.margin < a.margin ? b : a));
}

/** The longest time from the first to the last refusal of a key's valid tokens. */
export function refusalSpan(refusals: readonly Refusal[], why: Refusal['why']): number {
  const spans = new Map<SigningSpan, { readonly first: number; readonly last: number }>();
  for (const refusal of refusals.filter((each) => each.why === why && isOfValidToken(each))) {
    const { signing, at } = refusal;
    const { first, last } = spans.get(signing) ?? { first: at, last: at };
    spans.set(signing, { first: Math.min(first, at), last: Math.max(last, at) });
  }
  return Math.max(0, ...Array.from(spans.values(), ({ first, last }) => last - first));
}

/** A revoked key that is accepted. */
export interface Acceptance {
  /** How long ago it was revoked. */
  readonly at: number;
  readonly moment: VerifierMoment;
}

/** The last one that there can be. Whoever stole the key can make tokens that never expire. */
export function lastAcceptance({ policy, behaviour }: SimulationConditions): Acceptance {
  const history = revocationHistory(policy);
  const routes = extremeInstances(policy).map((endpoint) => ({
    history,
    endpoint,
    reachableUntil: Number.POSITIVE_INFINITY,
  }));
  const acceptances = routes.flatMap((route) =>
    Array.from(verifierMoments(route, behaviour)).flatMap((moment) =>
      behaviourChanges(moment)
        .filter((at) => presentToken(moment.verifier, { kid: 'A', at }, moment.route).verdict === 'accepted')
        .map((at) => ({ at, moment })),
    ),
  );
  return acceptances.reduce((a, b) => (b.at > a.at ? b : a));
}
