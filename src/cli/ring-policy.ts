// How long everything lasts in a ring, as options of the command; and what is wrong with it, in the words of the options.
import type { RingPolicy, RingPolicyOptions } from '../index.ts';
import { type Arguments, type Options, toOptionName, withUsageErrors } from './arguments.ts';
import { formatDuration } from './terminal.ts';

export type PolicyOption =
  | 'max-token-lifetime'
  | 'publish-lead'
  | 'rotation'
  | 'retention'
  | 'jwks-max-age'
  | 'verifier-ttl'
  | 'sync-lag'
  | 'clock-skew';

const DURATION = 'DURATION';

export const POLICY_OPTIONS: Options<PolicyOption> = {
  'max-token-lifetime': { value: DURATION, help: 'the longest that a token may live: no longer one is signed' },
  'publish-lead': { value: DURATION, help: "from a key's publication to its first signature. Default 24h" },
  rotation: { value: DURATION, help: "from a key's first signature to its successor's. Default 90d" },
  retention: { value: DURATION, help: "from a key's last signature to its removal. Default: the least that will do" },
  'jwks-max-age': { value: DURATION, help: 'how long caches may keep the published set. Default 10m' },
  'verifier-ttl': {
    value: DURATION,
    help: 'how long the slowest verifier goes on with a set that it has. Default 12h',
  },
  'sync-lag': { value: DURATION, help: 'until every instance knows of a change. Default 30m' },
  'clock-skew': { value: DURATION, help: 'the most by which any two clocks differ. Default 1m' },
};

/** What was given of the policy. */
export function readPolicy(args: Arguments<PolicyOption>): Partial<RingPolicyOptions> {
  const durations = {
    maxTokenLifetime: args.duration('max-token-lifetime'),
    publishLead: args.duration('publish-lead'),
    rotation: args.duration('rotation'),
    retention: args.duration('retention'),
    jwksMaxAge: args.duration('jwks-max-age'),
    verifierTtl: args.duration('verifier-ttl'),
    syncLag: args.duration('sync-lag'),
    clockSkew: args.duration('clock-skew'),
  };
  return Object.fromEntries(Object.entries(durations).filter(([, duration]) => duration !== undefined));
}

const NAMES =
  /\b(?:maxTokenLifetime|publishLead|rotation|retention|jwksMaxAge|verifierTtl|syncLag|clockSkew|minFresh|defaultFresh|maxFresh|staleFor)\b/g;

/** Runs a function of the library with a policy; what it says of its numbers is told of the options. @throws UsageError */
export function withPolicyUsageErrors<T>(run: () => Promise<T>): Promise<T> {
  return withUsageErrors(async () => {
    try {
      return await run();
    } catch (error) {
      throw error instanceof TypeError ? new TypeError(toPolicyOptionNames(error.message)) : error;
    }
  });
}

/** What the library says of a policy's numbers, in words that can be typed. */
export function toPolicyOptionNames(message: string): string {
  return message
    .replace(/\bverifiers\.clockSkew\b/g, '--verifier-clock-skew')
    .replace(/\b(?:options\.policy|ring|verifiers)\./g, '')
    .replace(/\b(at least|more than) (\d+)/g, '$1 $2s')
    .replace(NAMES, (name) => `--${toOptionName(name)}`);
}

/** A policy for people: what each number means. */
export function formatPolicy(policy: RingPolicy): readonly string[] {
  const { maxTokenLifetime, publishLead, rotation, retention, jwksMaxAge, verifierTtl, syncLag, clockSkew } = policy;
  return [
    `a token lives ${formatDuration(maxTokenLifetime)} at most`,
    `a key is published ${formatDuration(publishLead)} before it signs, signs for ${formatDuration(rotation)}, stays ${formatDuration(retention)} more`,
    `caches keep the set ${formatDuration(jwksMaxAge)}, verifiers ${formatDuration(verifierTtl)}`,
    `instances agree within ${formatDuration(syncLag)}, clocks within ${formatDuration(clockSkew)}`,
  ];
}
