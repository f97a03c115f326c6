// The durations of a key ring, and the three inequalities that keep a rotation from breaking a verifier.

import { type OptionRules, type Rule, readOptions } from '../options.ts';
import { aDuration, type Duration, seconds } from '../time.ts';

export interface RingPolicyOptions {
  /**
   * The longest lifetime of a token. Required: the ring cannot know it, and refuses to sign tokens that live longer.
   */
  readonly maxTokenLifetime: Duration;
  /** From a key's publication to its first signature. Default 24 h. */
  readonly publishLead?: Duration | undefined;
  /** From a key's first signature to its successor's. Default 90 d. */
  readonly rotation?: Duration | undefined;
  /** From a key's last signature to its removal from the set. Default: the least allowed. */
  readonly retention?: Duration | undefined;
  /** How long caches may keep the published set. Default 10 min. */
  readonly jwksMaxAge?: Duration | undefined;
  /** How long the slowest verifier uses a set that it has, even for an unknown kid. Default 12 h. */
  readonly verifierTtl?: Duration | undefined;
  /** From a change until every process knows of it; a process uses no view older than half of it. Default 30 min. */
  readonly syncLag?: Duration | undefined;
  /** The largest difference between two clocks, of issuers and verifiers. Default 1 min. */
  readonly clockSkew?: Duration | undefined;
}

/** The durations of a policy in seconds, without defaults. */
export type RingPolicy = { readonly [Name in keyof Required<RingPolicyOptions>]: number };

const aPositiveDuration: Rule = [
  (value) => seconds(value) > 0,
  "a duration such as '15m', or a number of seconds, and not zero",
];

export const POLICY_OPTIONS: OptionRules<RingPolicyOptions> = {
  maxTokenLifetime: [
    (value) => seconds(value) > 0,
    "the longest that a token may live, as a duration such as '1h' or a number of seconds, and not zero",
  ],
  publishLead: aPositiveDuration,
  rotation: aPositiveDuration,
  retention: aPositiveDuration,
  jwksMaxAge: aDuration,
  verifierTtl: aDuration,
  syncLag: aPositiveDuration,
  clockSkew: aDuration,
};

/** The least `publishLead`: after it, no verifier has a set without the key. */
export function leastLead({ jwksMaxAge, verifierTtl, syncLag, clockSkew }: RingPolicy): number {
  return jwksMaxAge + verifierTtl + syncLag + clockSkew;
}

/**
 * The least `retention`: after it, all tokens of the key have expired. It contains the clock difference twice: the
 * process that signs last may be ahead of the verifier, and the process that removes the key may be ahead of the one
 * that retired it.
 */
export function leastRetention({ maxTokenLifetime, syncLag, clockSkew }: RingPolicy): number {
  return maxTokenLifetime + syncLag + 2 * clockSkew;
}

/**
 * Reads the durations, without checking the inequalities.
 * @throws TypeError naming an option that is missing, unknown or not a duration
 */
export function policyInSeconds(options: RingPolicyOptions, argument = 'policy'): RingPolicy {
  const given = readOptions(options, POLICY_OPTIONS, { argument, needed: ['maxTokenLifetime'] });
  const { publishLead = '24h', rotation = '90d', jwksMaxAge = '10m', verifierTtl = '12h' } = given;
  const { syncLag = '30m', clockSkew = '1m' } = given;
  const policy = {
    maxTokenLifetime: seconds(given.maxTokenLifetime),
    publishLead: seconds(publishLead),
    rotation: seconds(rotation),
    retention: 0,
    jwksMaxAge: seconds(jwksMaxAge),
    verifierTtl: seconds(verifierTtl),
    syncLag: seconds(syncLag),
    clockSkew: seconds(clockSkew),
  };
  const retention = seconds(given.retention ?? leastRetention(policy));
  // By default the retention follows from the other durations, so check it last.
  const tooLong = [...Object.entries(policy), ['retention', retention] as const].find(
    ([, length]) => length > MAX_DURATION,
  );
  if (tooLong)
    throw new TypeError(`${argument}.${tooLong[0]} is ${tooLong[1]} s: make it at most ${MAX_DURATION}, 100 years`);
  return Object.freeze({ ...policy, retention });
}

/** In seconds, 100 years: adding longer durations to an instant would leave the range of dates and lose fractions. */
export const MAX_DURATION: number = 100 * 366 * 86_400;

/** Returns the broken inequalities, each with the number to change and its new value. */
export function policyFaults(policy: RingPolicy): readonly string[] {
  const { publishLead, retention, rotation } = policy;
  const [minLead, minRetention] = [leastLead(policy), leastRetention(policy)];
  return [
    ...(publishLead < minLead
      ? [`publishLead is ${publishLead} s: make it at least ${minLead}, jwksMaxAge + verifierTtl + syncLag + clockSkew`]
      : []),
    ...(retention < minRetention
      ? [`retention is ${retention} s: make it at least ${minRetention}, maxTokenLifetime + syncLag + 2 clockSkew`]
      : []),
    ...(rotation <= publishLead ? [`rotation is ${rotation} s: make it more than ${publishLead}, publishLead`] : []),
  ];
}

/**
 * Reads a policy under which no rotation breaks a verifier.
 * @throws TypeError naming each number to change, and its new value
 */
export function readRingPolicy(options: RingPolicyOptions, argument = 'policy'): RingPolicy {
  const policy = policyInSeconds(options, argument);
  const faults = policyFaults(policy);
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${argument}.${fault}`).join('; '));
  return policy;
}
