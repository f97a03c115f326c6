// The durations of a ring's policy as options, and the library's errors about them under the names of these options.
import type { RingPolicyOptions } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { toOptionName, withUsageErrors } from './errors.ts';

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
  'max-token-lifetime': { value: DURATION, help: 'the longest lifetime of a token that the ring signs' },
  'publish-lead': { value: DURATION, help: "from a key's publication to its first signature. Default: 24h" },
  rotation: { value: DURATION, help: "from a key's first signature to its successor's. Default: 90d" },
  retention: { value: DURATION, help: "from a key's last signature to its removal. Default: the shortest safe time" },
  'jwks-max-age': { value: DURATION, help: 'how long caches may keep the published set. Default: 10m' },
  'verifier-ttl': { value: DURATION, help: 'how long the slowest verifier keeps a fetched set. Default: 12h' },
  'sync-lag': { value: DURATION, help: 'the longest until every instance knows of a change. Default: 30m' },
  'clock-skew': { value: DURATION, help: 'the largest difference between any two clocks. Default: 1m' },
};

/** Returns the durations that were given. */
export function readPolicyOptions(args: Arguments<PolicyOption>): Partial<RingPolicyOptions> {
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

/** Runs a function of the library with a policy. @throws UsageError in place of TypeError */
export function withPolicyUsageErrors<T>(run: () => Promise<T>): Promise<T> {
  return withUsageErrors(async () => {
    try {
      return await run();
    } catch (error) {
      throw error instanceof TypeError ? new TypeError(toPolicyOptionNames(error.message)) : error;
    }
  });
}

/** Replaces the names of a policy's numbers in a message by those of the options. */
export function toPolicyOptionNames(message: string): string {
  return message
    .replace(/\bverifiers\.clockSkew\b/g, '--verifier-clock-skew')
    .replace(/\b(?:options\.policy|ring|verifiers)\./g, '')
    .replace(/\b(at least|more than) (\d+)/g, '$1 $2s')
    .replace(NAMES, (name) => `--${toOptionName(name)}`);
}
