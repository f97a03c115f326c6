// `barejose ring simulate`: simulates rotations and a revocation, and shows whether a policy suits its verifiers.
import {
  JoseError,
  type RingPolicyOptions,
  type RotationNumber,
  type Simulation,
  type SimulationStep,
  simulate,
  type VerifierPolicyOptions,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { toOptionName } from './errors.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import {
  POLICY_OPTIONS,
  type PolicyOption,
  readPolicyOptions,
  toPolicyOptionNames,
  withPolicyUsageErrors,
} from './ring-policy.ts';
import { loadRecords, STORE_OPTIONS, type StoreOption, withStore } from './ring-store.ts';
import { formatDuration, printable, type Style, styleFor, wrapText } from './terminal.ts';

type VerifierOption = 'min-fresh' | 'default-fresh' | 'max-fresh' | 'stale-for' | 'ttl-only' | 'verifier-clock-skew';

const VERIFIER_OPTIONS: Options<VerifierOption> = {
  'min-fresh': { value: 'DURATION', help: 'the shortest time that verifiers treat a set as fresh. Default: 1m' },
  'default-fresh': {
    value: 'DURATION',
    help: 'the time that a set is fresh if its response states none. Default: 10m',
  },
  'max-fresh': { value: 'DURATION', help: 'the longest time that verifiers treat a set as fresh. Default: 1h' },
  'stale-for': {
    value: 'DURATION',
    help: 'how long verifiers keep a set while the endpoint is unreachable. Default: 1h',
  },
  'ttl-only': { help: 'verifiers do not fetch the set again for an unknown kid' },
  'verifier-clock-skew': { value: 'DURATION', help: 'how long verifiers accept a token after its exp. Default: 0s' },
};

export const ringSimulate: Command = defineCommand({
  name: 'ring simulate',
  summary: 'check if a rotation can break verifiers, and how long a revoked key is accepted',
  options: { ...STORE_OPTIONS, ...POLICY_OPTIONS, ...VERIFIER_OPTIONS },
  outcome:
    'the verdict and the steps of the worst case on standard output, for verifiers like remoteJwks. Options replace ' +
    "numbers of the ring's policy. With --max-token-lifetime no ring is read; " +
    'exit code: 0 no valid token can be refused, 1 one can, 2 usage error, 3 store unavailable',
  examples: [
    'barejose ring simulate',
    'barejose ring simulate --max-token-lifetime 1h --verifier-ttl 1h --publish-lead 2h --ttl-only',
  ],
  async run(host, args) {
    const [policy, verifiers] = [await readSimulatedPolicy(host, args), readVerifierPolicy(args)];
    const simulation = await withPolicyUsageErrors(async () => simulate(policy, verifiers));
    const { stdout, env } = host;
    if (args.has('json')) stdout.write(`${formatJson(simulation)}\n`);
    else stdout.write(formatSimulation(simulation, styleFor(stdout, env)));
    return simulation.safe ? EXIT.valid : EXIT.invalid;
  },
});

const STORE_OPTION_NAMES = ['ring', 'issuer', 'name', 'table', 'prefix'] as const;

/** Reads the ring's policy, or that of the options. A simulation does not open the ring, which could change it. */
async function readSimulatedPolicy(
  host: Host,
  args: Arguments<StoreOption | PolicyOption>,
): Promise<RingPolicyOptions> {
  const { maxTokenLifetime, ...others } = readPolicyOptions(args);
  const issuer = args.text('issuer');
  if (maxTokenLifetime !== undefined) {
    if (STORE_OPTION_NAMES.some((name) => args.has(name)))
      throw new UsageError(
        '--max-token-lifetime simulates a policy without a ring, so it cannot be combined with --ring or --issuer',
      );
    return { maxTokenLifetime, ...others };
  }
  const { policy, ring } = await withStore(host, args, ({ store }) => loadRecords(store));
  if (issuer !== undefined && ring !== issuer)
    throw new JoseError('ERR_RING_INVALID', 'the key ring belongs to another issuer');
  return { ...Object(policy), ...others };
}

function readVerifierPolicy(args: Arguments<VerifierOption>): VerifierPolicyOptions {
  return {
    minFresh: args.duration('min-fresh'),
    defaultFresh: args.duration('default-fresh'),
    maxFresh: args.duration('max-fresh'),
    staleFor: args.duration('stale-for'),
    asksForUnknown: !args.has('ttl-only'),
    clockSkew: args.duration('verifier-clock-skew'),
  };
}

function formatSimulation(simulation: Simulation, { good, bad, quiet, strong, width }: Style): string {
  const { safe, refusedFor, revokedFor, revokedBy, binding, faults, trace, revokedTrace } = simulation;
  const verdict = safe
    ? `${good('✓')} ${strong('no valid token is refused in a rotation')}`
    : `${bad('✗')} ${strong(`a valid token can be refused in a rotation, for up to ${formatDuration(refusedFor)}`)}`;
  const lines = [
    verdict,
    `  ${wrapText(formatBindingNumber(binding, simulation), width - 2, 2)}`,
    ...formatSimulationSteps(trace, width).map(quiet),
    '',
    `· ${strong(`a revoked key can be accepted for ${formatDuration(revokedFor)}`)}, mostly because of --${toOptionName(revokedBy)}`,
    ...formatSimulationSteps(revokedTrace, width).map(quiet),
    ...(faults.length > 0 ? ['', '! the policy is inconsistent, whatever its verifiers do:'] : []),
    ...faults.map((fault) => `  ${wrapText(toPolicyOptionNames(fault), width - 2, 4)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Formats the number that must change, or the one closest to its limit. */
function formatBindingNumber(binding: RotationNumber, { policy, needed, spare, safe }: Simulation): string {
  const [actual, least] = [policy[binding], needed[binding]];
  const current = `--${toOptionName(binding)} is ${formatDuration(actual)}`;
  if (!safe) return `${current}: make it at least ${least}s (${formatDuration(least)})`;
  return `${current}, with ${spare[binding] > 0 ? formatDuration(spare[binding]) : 'nothing'} to spare: no other number has less`;
}

function formatSimulationSteps(trace: readonly SimulationStep[], width: number): readonly string[] {
  return trace.map(
    ({ at, what }) =>
      `  ${formatDuration(at).padStart(TIME_WIDTH)}  ${wrapText(printable(what), width - TIME_WIDTH - 4, TIME_WIDTH + 4)}`,
  );
}

const TIME_WIDTH = 8;
