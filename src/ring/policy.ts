// How long everything lasts in a key ring, and the three inequalities that keep a rotation from breaking a verifier.

import { type OptionRules, type Rule, readOptions } from '../options.ts';
import { aDuration, type Duration, seconds } from '../time.ts';

export interface RingPolicyOptions {
  /** The longest that a token may live. Required: the ring cannot know it, and refuses to sign one that lives longer. */
  readonly maxTokenLifetime: Duration;
  /** From a key's publication to its first signature. Default 24 h. */
  readonly publishLead?: Duration | undefined;
  /** From a key's first signature to its successor's. Default 90 d. */
  readonly rotation?: Duration | undefined;
  /** From a key's last signature to its removal from the set. Default: the least that will do. */
  readonly retention?: Duration | undefined;
  /** How long the published set may be kept by caches on its way. Default 10 min. */
  readonly jwksMaxAge?: Duration | undefined;
  /** How long the slowest verifier goes on with a set that it has, unknown kid or not. Default 12 h. */
  readonly verifierTtl?: Duration | undefined;
  /** From the making of a change until every instance knows of it. At half of it an instance stops using what it knows. Default 30 min. */
  readonly syncLag?: Duration | undefined;
  /** The most by which any two clocks differ, of instances and verifiers. Default 1 min. */
  readonly clockSkew?: Duration | undefined;
}

/** The same, all there, in seconds. */
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

/** The least time that a key must have been published before it signs: by then no verifier has a set without it. */
export function leastLead({ jwksMaxAge, verifierTtl, syncLag, clockSkew }: RingPolicy): number {
  return jwksMaxAge + verifierTtl + syncLag + clockSkew;
}

/**
 * The least time that a key must stay published after it signed last: by then no token of it is left. The clocks' difference
 * counts twice: whoever signs last may be ahead of the verifier, which reads `exp` by its own clock, and whoever takes the
 * key out of the set ahead of the instance that retired it.
 */
export function leastRetention({ maxTokenLifetime, syncLag, clockSkew }: RingPolicy): number {
  return maxTokenLifetime + syncLag + 2 * clockSkew;
}

/** The policy in seconds, not yet held against itself. @throws TypeError naming what is missing, unknown or no duration */
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
  // The retention last: by default it follows from the others.
  const tooLong = [...Object.entries(policy), ['retention', retention] as const].find(
    ([, length]) => length > MAX_DURATION,
  );
  if (tooLong)
    throw new TypeError(`${argument}.${tooLong[0]} is ${tooLong[1]} s: make it at most ${MAX_DURATION}, 100 years`);
  return Object.freeze({ ...policy, retention });
}

/** Beyond it, an instant to which such numbers were added could not be written, and moments are lost beside them. */
export const MAX_DURATION: number = 100 * 366 * 86_400;

/** What breaks a verifier, each with the number to change and to what. */
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
 * A policy under which a rotation breaks no verifier.
 * @throws TypeError naming each number that has to change, and to what
 */
export function readRingPolicy(options: RingPolicyOptions, argument = 'policy'): RingPolicy {
  const policy = policyInSeconds(options, argument);
  const faults = policyFaults(policy);
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${argument}.${fault}`).join('; '));
  return policy;
}
