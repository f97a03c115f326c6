// `barejose ring simulate`: what a ring's policy and its verifiers make of each other, before anybody has to find out.
import {
  JoseError,
  type RingPolicyOptions,
  type RotationNumber,
  type Simulation,
  type SimulationStep,
  simulate,
  type VerifierPolicyOptions,
} from '../index.ts';
import { type Arguments, type Options, toOptionName } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import { readRecords, withStore } from './ring-open.ts';
import {
  POLICY_OPTIONS,
  type PolicyOption,
  readPolicy,
  toPolicyOptionNames,
  withPolicyUsageErrors,
} from './ring-policy.ts';
import { STORE_OPTIONS, type StoreOption } from './ring-store.ts';
import { formatDuration, type Palette, paletteFor, printable, terminalWidth, wrapText } from './terminal.ts';

type VerifierOption = 'min-fresh' | 'default-fresh' | 'max-fresh' | 'stale-for' | 'ttl-only' | 'verifier-clock-skew';

const VERIFIER_OPTIONS: Options<VerifierOption> = {
  'min-fresh': { value: 'DURATION', help: 'the least time for which verifiers take an answer for fresh. Default 1m' },
  'default-fresh': { value: 'DURATION', help: 'the same when the answer does not say. Default 10m' },
  'max-fresh': { value: 'DURATION', help: 'the most. Default 1h' },
  'stale-for': { value: 'DURATION', help: 'how long they go on while the endpoint is out of reach. Default 1h' },
  'ttl-only': { help: 'they do not ask again for a kid that they do not know' },
  'verifier-clock-skew': { value: 'DURATION', help: 'for how long they take a token after its end. Default 0s' },
};

export const ringSimulate: Command = defineCommand({
  name: 'ring simulate',
  summary: 'tell if a rotation can break verifiers, and how long a revoked key lives',
  options: { ...STORE_OPTIONS, ...POLICY_OPTIONS, ...VERIFIER_OPTIONS },
  outcome:
    "the ring's policy, or with --max-token-lifetime no ring's, with what else is given in its place, against verifiers that " +
    'behave like remoteJwks: the verdict and the worst case step by step on standard output; ' +
    'exit code: 0 no valid token can be refused, 1 one can, 2 usage, 3 the store is not to be had',
  examples: [
    'barejose ring simulate',
    'barejose ring simulate --max-token-lifetime 1h --verifier-ttl 1h --publish-lead 2h --ttl-only',
  ],
  async run(host, args) {
    const [policy, verifiers] = [await readRingPolicy(host, args), readVerifierPolicy(args)];
    const simulation = await withPolicyUsageErrors(async () => simulate(policy, verifiers));
    const { stdout, env } = host;
    if (args.has('json')) stdout.write(`${formatJson(simulation)}\n`);
    else stdout.write(formatSimulation(simulation, paletteFor(stdout, env), terminalWidth(stdout)));
    return simulation.safe ? EXIT.valid : EXIT.invalid;
  },
});

const STORE_OPTION_NAMES = ['ring', 'issuer', 'name', 'table', 'prefix'] as const;

/** Only read: whoever asks what would be changes nothing. */
async function readRingPolicy(host: Host, args: Arguments<StoreOption | PolicyOption>): Promise<RingPolicyOptions> {
  const { maxTokenLifetime, ...others } = readPolicy(args);
  const issuer = args.text('issuer');
  if (maxTokenLifetime !== undefined) {
    if (STORE_OPTION_NAMES.some((name) => args.has(name)))
      throw new UsageError("--max-token-lifetime is for a policy that is no ring's: without --ring and --issuer");
    return { maxTokenLifetime, ...others };
  }
  const { policy, ring } = await withStore(host, args, ({ store }) => readRecords(store));
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

function formatSimulation(simulation: Simulation, { good, bad, quiet, strong }: Palette, width: number): string {
  const { safe, refusedFor, revokedFor, revokedBy, binding, faults, trace, revokedTrace } = simulation;
  const verdict = safe
    ? `${good('✓')} ${strong('no valid token is refused in a rotation')}`
    : `${bad('✗')} ${strong(`a valid token can be refused in a rotation, for up to ${formatDuration(refusedFor)}`)}`;
  const lines = [
    verdict,
    `  ${wrapText(formatBindingNumber(binding, simulation), width - 2, 2)}`,
    ...formatTrace(trace, width).map(quiet),
    '',
    `· ${strong(`a revoked key can be accepted for ${formatDuration(revokedFor)}`)}, most of it by --${toOptionName(revokedBy)}`,
    ...formatTrace(revokedTrace, width).map(quiet),
    ...(faults.length > 0 ? ['', "! by the ring's own numbers, whichever its verifiers are:"] : []),
    ...faults.map((fault) => `  ${wrapText(toPolicyOptionNames(fault), width - 2, 4)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The number that has to change, or that would be the first that had to. */
function formatBindingNumber(binding: RotationNumber, { policy, needed, spare, safe }: Simulation): string {
  const [is, least] = [policy[binding], needed[binding]];
  const told = `--${toOptionName(binding)} is ${formatDuration(is)}`;
  if (!safe) return `${told}: make it at least ${least}s (${formatDuration(least)})`;
  return `${told}, with ${spare[binding] > 0 ? formatDuration(spare[binding]) : 'nothing'} to spare: no other number has less`;
}

function formatTrace(trace: readonly SimulationStep[], width: number): readonly string[] {
  return trace.map(
    ({ at, what }) =>
      `  ${formatDuration(at).padStart(TIME_WIDTH)}  ${wrapText(printable(what), width - TIME_WIDTH - 4, TIME_WIDTH + 4)}`,
  );
}

const TIME_WIDTH = 8;
