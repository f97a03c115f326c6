// The search of a simulation: tokens of every key come to every verifier at every moment at which something changes for it.
import { MISSING_KEY_TTL } from '../remote/policy.ts';
import type { RingPolicy } from '../ring/policy.ts';
import { EPSILON, type History, instancesOf, revocation, ringAt, type Signing, signingsOf } from './issuer-model.ts';
import {
  edgesOf,
  phasesOf,
  present,
  type Token,
  type VerifierBehaviour,
  type VerifierMoment,
} from './verifier-model.ts';

export interface Conditions {
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
  readonly signing: Signing;
  readonly at: number;
  /** How far that is from the life of any token by the key; negative when it is in the midst of it. */
  readonly margin: number;
  readonly phase: VerifierMoment;
}

/** Every refusal in a rotation, of tokens that there are and of such as there might be. */
export function* refusalsOf(history: History, { policy, behaviour, tolerance }: Conditions): Generator<Refusal> {
  const signings = signingsOf(history, policy, tolerance);
  for (const endpoint of instancesOf(policy))
    for (const phase of phasesOf({ history, endpoint, reachableUntil: Number.POSITIVE_INFINITY }, behaviour))
      for (const [kid, signing] of signings)
        for (const at of [...edgesOf(phase), signing.from, signing.validUntil - EPSILON])
          if (at >= phase.at && !phase.client.set?.kids.has(kid)) yield* refusalsAt({ kid, at }, signing, phase);
}

function* refusalsAt(token: Token, signing: Signing, phase: VerifierMoment): Generator<Refusal> {
  const { verdict, set, client } = present(phase.client, token, phase.way);
  if (verdict !== 'refused') return;
  const { history, endpoint } = phase.way;
  const isGone = ringAt(history, endpoint, Number(set?.at)).keys.some(({ kid }) => kid === token.kid);
  const refusal = isGone
    ? ({ why: 'retention', margin: token.at - signing.validUntil } as const)
    : ({ why: 'publishLead', margin: signing.from - token.at } as const);
  const found = { ...refusal, ...token, signing, phase };
  yield found;
  // What was asked for in vain is refused for a while without asking.
  const again = token.at + MISSING_KEY_TTL - EPSILON;
  const isRefused = isOfValidToken(found) && present(client, { ...token, at: again }, phase.way).verdict === 'refused';
  if (isRefused) yield { ...found, at: again };
}

export function isOfValidToken({ at, signing }: Refusal): boolean {
  return at >= signing.from && at < signing.validUntil;
}

export function closestOf(refusals: readonly Refusal[], why: Refusal['why']): Refusal {
  return refusals.filter((refusal) => refusal.why === why).reduce((a, b) => (b.margin < a.margin ? b : a));
}

/** The longest time from the first to the last refusal of a key's valid tokens. */
export function spanOf(refusals: readonly Refusal[], why: Refusal['why']): number {
  const spans = new Map<Signing, { readonly first: number; readonly last: number }>();
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
  readonly phase: VerifierMoment;
}

/** The last one that there can be. Whoever stole the key can make tokens that never expire. */
export function lastAcceptance({ policy, behaviour }: Conditions): Acceptance {
  const history = revocation(policy);
  const ways = instancesOf(policy).map((endpoint) => ({ history, endpoint, reachableUntil: Number.POSITIVE_INFINITY }));
  const acceptances = ways.flatMap((way) =>
    Array.from(phasesOf(way, behaviour)).flatMap((phase) =>
      edgesOf(phase)
        .filter((at) => present(phase.client, { kid: 'A', at }, phase.way).verdict === 'accepted')
        .map((at) => ({ at, phase })),
    ),
  );
  return acceptances.reduce((a, b) => (b.at > a.at ? b : a));
}
