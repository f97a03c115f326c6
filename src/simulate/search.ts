// The search of a simulation: presents tokens of each key to each verifier whenever its answer may change.
import { MISSING_KEY_TTL } from '../remote/policy.ts';
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
  /** How long verifiers accept a token after its `exp`. */
  readonly tolerance: number;
}

/** A verifier's refusal of a token, because it does not have the key. */
export interface Refusal {
  /** The duration that should prevent this: the verifier does not have the key yet, or no longer. */
  readonly why: 'publishLead' | 'retention';
  readonly kid: string;
  readonly signing: SigningSpan;
  readonly at: number;
  /** The time between the refusal and the nearest valid token of the key; negative if the refused token was valid. */
  readonly margin: number;
  readonly moment: VerifierMoment;
}

/** Yields all refusals of a rotation, also of tokens that cannot exist, whose margins are positive. */
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
  // The verifier refuses a kid that it asked for in vain for a while, without asking again.
  const again = token.at + MISSING_KEY_TTL - EPSILON;
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

/** Returns the longest time from the first to the last refusal of valid tokens of one key. */
export function refusalSpan(refusals: readonly Refusal[], why: Refusal['why']): number {
  const spans = new Map<SigningSpan, { readonly first: number; readonly last: number }>();
  for (const refusal of refusals.filter((each) => each.why === why && isOfValidToken(each))) {
    const { signing, at } = refusal;
    const { first, last } = spans.get(signing) ?? { first: at, last: at };
    spans.set(signing, { first: Math.min(first, at), last: Math.max(last, at) });
  }
  return Math.max(0, ...Array.from(spans.values(), ({ first, last }) => last - first));
}

/** The acceptance of a token whose key is revoked. */
export interface Acceptance {
  /** The time since the revocation. */
  readonly at: number;
  readonly moment: VerifierMoment;
}

/** Returns the last possible acceptance: whoever stole the key can sign tokens that never expire. */
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
