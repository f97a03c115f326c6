// Simulates a ring's policy with its verifiers: the real ring and the real policy of remote sets, against each other
// on a simulated clock. It searches for the worst case and does not calculate it.

import { ownMembers } from '../json.ts';
import { aBoolean, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import { A_FRESH_TIME, lifetimesOf } from '../remote/options.ts';
import {
  MAX_DURATION,
  policyFaults,
  policyInSeconds,
  type RingPolicy,
  type RingPolicyOptions,
} from '../ring/policy.ts';
import { aDuration, type Duration, seconds } from '../time.ts';
import { EPSILON, keyInstant, type RingHistory, ringAt, worstRotations } from './issuer-model.ts';
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

/** The behaviour of the verifiers; by default that of `remoteJwks`. */
export interface VerifierPolicyOptions {
  /** The least time for which an answer is fresh. Default 1 minute. */
  readonly minFresh?: Duration | undefined;
  /** How long an answer without a lifetime is fresh; the endpoint's answers always have one. Default 10 minutes. */
  readonly defaultFresh?: Duration | undefined;
  /** The longest time for which an answer is fresh. Default 1 hour. */
  readonly maxFresh?: Duration | undefined;
  /** How long verifiers use a set after that while the endpoint is unreachable. Default 1 hour. */
  readonly staleFor?: Duration | undefined;
  /**
   * Whether verifiers ask again for an unknown kid. Default true; false for verifiers that only wait for their cache
   * to expire, and for those that a flood of invented kids has left without a request to spend.
   */
  readonly asksForUnknown?: boolean | undefined;
  /** How long verifiers accept a token after its `exp`. Default 0. */
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

/** The durations that remoteDecision whether a rotation breaks a verifier. */
export type RotationNumber = 'publishLead' | 'retention' | 'rotation';
/** The durations that remoteDecision how long a revoked key is accepted. */
export type RevocationNumber = 'syncLag' | 'jwksMaxAge' | 'minFresh' | 'staleFor';

/** The result of a simulation; all durations are seconds. */
export interface Simulation {
  /** The ring's policy and its broken inequalities: those hold for any verifiers, the results below for these. */
  readonly policy: RingPolicy;
  readonly faults: readonly string[];
  /** Whether these verifiers accept all valid tokens in each rotation. */
  readonly safe: boolean;
  /** How long these verifiers can refuse valid tokens of a key; 0 when `safe`. */
  readonly refusedFor: number;
  /** How long these verifiers can accept a revoked key after `revoke`. */
  readonly revokedFor: number;
  /** The duration that must change, or the one with the least to spare. */
  readonly binding: RotationNumber;
  /** The largest part of `revokedFor`. */
  readonly revokedBy: RevocationNumber;
  /** How much each duration exceeds its need; negative if it is too short. */
  readonly spare: Readonly<Record<RotationNumber, number>>;
  /** The least that each duration must be; `rotation` must be more. */
  readonly needed: Readonly<Record<RotationNumber, number>>;
  /** The rotation in which valid tokens are refused, or come closest to it. */
  readonly trace: readonly SimulationStep[];
  /** The revocation after which the key is accepted for longest. */
  readonly revokedTrace: readonly SimulationStep[];
}

/**
 * Finds out whether a valid token can be refused in a rotation, and for how long a revoked key can be accepted.
 *
 * A token is valid until its `exp` by the verifier's own clock. A refusal means that the verifier does not have the
 * key; unavailable keys, while the endpoint is unreachable, do not count. The policy may break its inequalities: the
 * result shows the consequence. A property test checks these formulas, with J for whole seconds of jwksMaxAge, and F
 * for J limited by minFresh and maxFresh:
 *
 *     needed.publishLead = syncLag + clockSkew + J                   for verifiers that ask again for an unknown kid
 *     needed.publishLead = syncLag + clockSkew + J + F + staleFor    for others
 *     needed.retention   = maxTokenLifetime + syncLag + 2 clockSkew + the verifiers' clockSkew
 *     revokedFor         = syncLag + J + F + staleFor                for all
 *
 * So a policy is safe if its verifierTtl is true, at least F + staleFor; a revoked key is then accepted for syncLag +
 * jwksMaxAge + verifierTtl at most. If a lead or a retention is too short, valid tokens are refused for as long as it
 * is too short; verifiers that ask again refuse for up to 30 s more, because they remember an unknown kid.
 *
 * @throws TypeError naming the option
 */
export function simulate(ring: RingPolicyOptions, verifiers?: VerifierPolicyOptions): Simulation {
  checkArgumentCount(arguments.length, simulate);
  const policy = policyInSeconds(ring, 'ring');
  const conditions = { policy: simulatedTimes(policy), ...readBehaviour(verifiers) };
  const histories = worstRotations(conditions.policy);
  const refusals = rotationRefusals(conditions);
  const closest = {
    publishLead: closestRefusal(refusals, 'publishLead'),
    retention: closestRefusal(refusals, 'retention'),
  };
  const spare = {
    publishLead: roundSeconds(spareLeadTime(conditions, closest.publishLead)),
    retention: roundSeconds(closest.retention.margin),
    rotation: roundSeconds(Math.min(...histories.map((history) => spareRotationTime(history, conditions.policy)))),
  };
  const revoked = lastAcceptance(conditions);
  const safe = !refusals.some(isOfValidToken);
  const refusedFor = Math.max(refusalSpan(refusals, 'publishLead'), refusalSpan(refusals, 'retention'));
  return {
    policy,
    faults: policyFaults(policy),
    safe,
    // At least a hundredth of a second: a shorter time must not read as safe.
    refusedFor: safe ? 0 : Math.max(0.01, roundSeconds(refusedFor)),
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

function readBehaviour(verifiers: VerifierPolicyOptions | undefined): Omit<SimulationConditions, 'policy'> {
  const {
    asksForUnknown = true,
    clockSkew = 0,
    ...given
  } = readOptions(verifiers, VERIFIER_OPTIONS, { argument: 'verifiers' });
  const ages = lifetimesOf(ownMembers(given));
  if (ages.minFresh > ages.maxFresh) throw new TypeError('verifiers.minFresh must not be more than verifiers.maxFresh');
  const tolerance = seconds(clockSkew);
  const tooLong = Object.entries({ ...ages, clockSkew: tolerance }).find(([, length]) => length > MAX_DURATION);
  if (tooLong)
    throw new TypeError(`verifiers.${tooLong[0]} is ${tooLong[1]} s: make it at most ${MAX_DURATION}, 100 years`);
  return {
    behaviour: { ages: simulatedTimes(ages), asksForUnknown },
    ...simulatedTimes({ tolerance }),
  };
}

/** Rounds durations to the steps of the simulation, so that their sums are exact; one above 0 stays above 0. */
function simulatedTimes<T extends { readonly [K in keyof T]: number }>(durations: T): T {
  const rounded = (length: number) => (length > 0 ? Math.max(1, Math.round(length / EPSILON)) * EPSILON : length);
  return Object.fromEntries(Object.entries<number>(durations).map(([name, length]) => [name, rounded(length)])) as T;
}

function rotationRefusals(conditions: SimulationConditions): readonly Refusal[] {
  return worstRotations(conditions.policy).flatMap((history) => Array.from(findRefusals(history, conditions)));
}

/**
 * A key signs only when it exists, by any clock: so a lead below the clock difference is simulated with a longer one.
 */
function spareLeadTime({ policy, ...others }: SimulationConditions, { margin }: Refusal): number {
  const short = policy.clockSkew - policy.publishLead;
  if (short <= 0) return margin;
  const longer = { ...policy, publishLead: policy.clockSkew, rotation: policy.rotation + short };
  return closestRefusal(rotationRefusals({ policy: longer, ...others }), 'publishLead').margin - short;
}

/** Returns how much longer a key signs than its successor's lead takes. */
function spareRotationTime(history: RingHistory, { rotation, publishLead }: RingPolicy): number {
  const ring = ringAt(history, { clockAhead: 0, lag: 0 }, Number.POSITIVE_INFINITY);
  return keyInstant(ring, 'B', 'activateAt') + rotation - (keyInstant(ring, 'C', 'publishAt') + publishLead);
}

function bindingNumber(spare: Readonly<Record<RotationNumber, number>>): RotationNumber {
  const numbers = ['publishLead', 'retention', 'rotation'] as const;
  return numbers.reduce((a, b) => (spare[b] < spare[a] ? b : a));
}

/** The parts: the endpoint's lag, the cache's time, the verifier's time if it is longer, and its staleness. */
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
