// What a ring's policy and its verifiers make of each other: the real ring and the real policy of remote sets, run against
// each other on a simulated clock. It searches for the worst; it does not calculate it.

import { ownMembers } from '../json.ts';
import { aBoolean, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import { A_FRESH_TIME, agesOf } from '../remote/options.ts';
import {
  MAX_DURATION,
  policyFaults,
  policyInSeconds,
  type RingPolicy,
  type RingPolicyOptions,
} from '../ring/policy.ts';
import { aDuration, type Duration, seconds } from '../time.ts';
import { keyInstant, type RingHistory, ringAt, worstRotations } from './issuer-model.ts';
import {
  type Acceptance,
  closestRefusal,
  findRefusals,
  isOfValidToken,
  lastAcceptance,
  type Refusal,
  refusalSpan,
  type SimulationConditions,
} from './search.ts';
import { acceptanceTrace, refusalTrace, roundSeconds, type SimulationStep } from './trace.ts';

/** How the verifiers behave: by default like `remoteJwks`. */
export interface VerifierPolicyOptions {
  /** The least time that they take an answer for fresh. Default 1 minute. */
  readonly minFresh?: Duration | undefined;
  /** The same when the answer says nothing of it, which the endpoint's always does. Default 10 minutes. */
  readonly defaultFresh?: Duration | undefined;
  /** The most. Default 1 hour. */
  readonly maxFresh?: Duration | undefined;
  /** How long they go on beyond that while the endpoint is out of reach. Default 1 hour. */
  readonly staleFor?: Duration | undefined;
  /**
   * Whether they ask again for a kid that they do not know. Default true; false for those that know only their time to live,
   * and for those whom a flood of made-up kids has left no request to send.
   */
  readonly asksForUnknown?: boolean | undefined;
  /** For how long they take a token beyond its `exp`. Default 0. */
  readonly clockSkew?: Duration | undefined;
}

const VERIFIER_OPTIONS: OptionRules<VerifierPolicyOptions> = {
  minFresh: A_FRESH_TIME,
  defaultFresh: aDuration,
  maxFresh: aDuration,
  staleFor: aDuration,
  asksForUnknown: aBoolean,
  clockSkew: aDuration,
};

/** The numbers by which a rotation breaks a verifier or does not. */
export type RotationNumber = 'publishLead' | 'retention' | 'rotation';
/** The numbers by which a revoked key lives on. */
export type RevocationNumber = 'syncLag' | 'jwksMaxAge' | 'minFresh' | 'staleFor';

/** All lengths of time are seconds. */
export interface Simulation {
  /** The ring's policy, and what is wrong with it by its own inequalities: those are about any verifiers, this about these. */
  readonly policy: RingPolicy;
  readonly faults: readonly string[];
  /** That no rotation has these verifiers refuse a valid token. */
  readonly safe: boolean;
  /** For how long valid tokens of a key can be refused; 0 when it is safe. */
  readonly refusedFor: number;
  /** For how long after `revoke` a revoked key can be accepted. */
  readonly revokedFor: number;
  /** The number that has to change, or would be the first that had to. */
  readonly binding: RotationNumber;
  /** The number that makes up most of `revokedFor`. */
  readonly revokedBy: RevocationNumber;
  /** How much more than needed each one is; less when it is negative. */
  readonly spare: Readonly<Record<RotationNumber, number>>;
  /** What each has to be at least; `rotation` has to be more. */
  readonly needed: Readonly<Record<RotationNumber, number>>;
  /** The rotation in which valid tokens are refused, or come closest to it. */
  readonly trace: readonly SimulationStep[];
  /** The revocation after which the key is accepted for longest. */
  readonly revokedTrace: readonly SimulationStep[];
}

/**
 * Can a valid token be refused in a rotation, and for how long can a revoked key be accepted?
 *
 * A token is valid until its `exp` by the verifier's own clock. It is refused when the verifier says that there is no such
 * key; that the keys are unavailable because the endpoint is out of reach is something else. The policy may break its own
 * inequalities: then this tells what comes of it. As the property test holds, with J for whole seconds of jwksMaxAge and
 * F for J within minFresh and maxFresh:
 *
 *     needed.publishLead = syncLag + clockSkew + J                   for verifiers that ask again for an unknown kid
 *     needed.publishLead = syncLag + clockSkew + J + F + staleFor    for others
 *     needed.retention   = maxTokenLifetime + syncLag + 2 clockSkew + the verifiers' clockSkew
 *     revokedFor         = syncLag + J + F + staleFor                for all
 *
 * so that a ring's policy with a true verifierTtl, at least F + staleFor, is safe, and a revoked key is accepted for no longer
 * than syncLag + jwksMaxAge + verifierTtl. A lead or a retention that is too short has valid tokens refused for as long as it
 * is too short; verifiers that ask again refuse for up to 30 s more what they asked for in vain.
 *
 * @throws TypeError naming the option
 */
export function simulate(ring: RingPolicyOptions, verifiers?: VerifierPolicyOptions): Simulation {
  checkArgumentCount(arguments.length, simulate);
  const conditions = readConditions(ring, verifiers);
  const { policy } = conditions;
  const histories = worstRotations(policy);
  const refusals = rotationRefusals(conditions);
  const closest = {
    publishLead: closestRefusal(refusals, 'publishLead'),
    retention: closestRefusal(refusals, 'retention'),
  };
  const spare = {
    publishLead: roundSeconds(spareLeadTime(conditions, closest.publishLead)),
    retention: roundSeconds(closest.retention.margin),
    rotation: roundSeconds(Math.min(...histories.map((history) => spareRotationTime(history, policy)))),
  };
  const revoked = lastAcceptance(conditions);
  const refusedFor = Math.max(refusalSpan(refusals, 'publishLead'), refusalSpan(refusals, 'retention'));
  return {
    policy,
    faults: policyFaults(policy),
    safe: !refusals.some(isOfValidToken),
    refusedFor: roundSeconds(refusedFor),
    revokedFor: roundSeconds(revoked.at),
    binding: bindingNumber(spare),
    revokedBy: largestRevocationPart(revoked, conditions),
    spare,
    needed: {
      publishLead: roundSeconds(policy.publishLead - spare.publishLead),
      retention: roundSeconds(policy.retention - spare.retention),
      rotation: policy.publishLead,
    },
    trace: refusalTrace(spare.publishLead < spare.retention ? closest.publishLead : closest.retention),
    revokedTrace: acceptanceTrace(revoked),
  };
}

function readConditions(ring: RingPolicyOptions, verifiers: VerifierPolicyOptions | undefined): SimulationConditions {
  const policy = policyInSeconds(ring, 'ring');
  const {
    asksForUnknown = true,
    clockSkew = 0,
    ...given
  } = readOptions(verifiers, VERIFIER_OPTIONS, { argument: 'verifiers' });
  const ages = agesOf(ownMembers(given));
  if (ages.minFresh > ages.maxFresh) throw new TypeError('verifiers.minFresh must not be more than verifiers.maxFresh');
  const tolerance = seconds(clockSkew);
  const tooLong = Object.entries({ ...ages, clockSkew: tolerance }).find(([, length]) => length > MAX_DURATION);
  if (tooLong)
    throw new TypeError(`verifiers.${tooLong[0]} is ${tooLong[1]} s: make it at most ${MAX_DURATION}, 100 years`);
  return { policy, behaviour: { ages, asksForUnknown }, tolerance };
}

function rotationRefusals(conditions: SimulationConditions): readonly Refusal[] {
  return worstRotations(conditions.policy).flatMap((history) => Array.from(findRefusals(history, conditions)));
}

/** No clock has a key sign before it is there, hence what a lead shorter than their difference lacks shows at a longer one. */
function spareLeadTime({ policy, ...others }: SimulationConditions, { margin }: Refusal): number {
  const short = policy.clockSkew - policy.publishLead;
  if (short <= 0) return margin;
  const longer = { ...policy, publishLead: policy.clockSkew, rotation: policy.rotation + short };
  return closestRefusal(rotationRefusals({ policy: longer, ...others }), 'publishLead').margin - short;
}

/** How much longer a key signs than its successor needs to become ripe. */
function spareRotationTime(history: RingHistory, { rotation, publishLead }: RingPolicy): number {
  const ring = ringAt(history, { clockAhead: 0, lag: 0 }, Number.POSITIVE_INFINITY);
  return keyInstant(ring, 'B', 'activateAt') + rotation - (keyInstant(ring, 'C', 'publishAt') + publishLead);
}

function bindingNumber(spare: Readonly<Record<RotationNumber, number>>): RotationNumber {
  const numbers = ['publishLead', 'retention', 'rotation'] as const;
  return numbers.reduce((a, b) => (spare[b] < spare[a] ? b : a));
}

/** The endpoint's lag; the cache's time, which is the verifier's as well unless that keeps things for longer; its staleness. */
function largestRevocationPart({ at, moment }: Acceptance, { behaviour }: SimulationConditions): RevocationNumber {
  const { answer, askedAt } = moment;
  const { minFresh, maxFresh } = behaviour.ages;
  const fresh = Math.min(maxFresh, Math.max(minFresh, answer.maxAge));
  const isLonger = fresh > answer.maxAge;
  const parts = [
    ['syncLag', answer.at],
    ['jwksMaxAge', askedAt - answer.at + (isLonger ? 0 : fresh)],
    ['minFresh', isLonger ? fresh : 0],
    ['staleFor', at - askedAt - fresh],
  ] as const;
  return parts.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
