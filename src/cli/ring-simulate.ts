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
import { type Arguments, type Options, optionOf } from './arguments.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { type Paints, paintsFor, printable, spell, widthOf, wrap } from './paper.ts';
import { readRecords, withPlace } from './ring-open.ts';
import { PLACE_OPTIONS, type PlaceOption } from './ring-place.ts';
import { asPolicyUsage, inOptions, POLICY_OPTIONS, type PolicyOption, readPolicy } from './ring-policy.ts';
import { EXIT, UsageError, type World } from './world.ts';

type VerifierOption = 'min-fresh' | 'default-fresh' | 'max-fresh' | 'stale-for' | 'ttl-only' | 'verifier-clock-skew';

const VERIFIER_OPTIONS: Options<VerifierOption> = {
  'min-fresh': { value: 'DURATION', help: 'the least time for which verifiers take an answer for fresh. Default 1m' },
  'default-fresh': { value: 'DURATION', help: 'the same when the answer does not say. Default 10m' },
  'max-fresh': { value: 'DURATION', help: 'the most. Default 1h' },
  'stale-for': { value: 'DURATION', help: 'how long they go on while the endpoint is out of reach. Default 1h' },
  'ttl-only': { help: 'they do not ask again for a kid that they do not know' },
  'verifier-clock-skew': { value: 'DURATION', help: 'for how long they take a token after its end. Default 0s' },
};

export const ringSimulate: Command = command({
  name: 'ring simulate',
  summary: 'tell if a rotation can break verifiers, and how long a revoked key lives',
  options: { ...PLACE_OPTIONS, ...POLICY_OPTIONS, ...VERIFIER_OPTIONS },
  outcome:
    "the ring's policy, or with --max-token-lifetime no ring's, with what else is given in its place, against verifiers that " +
    'behave like remoteJwks: the verdict and the worst case step by step on standard output; ' +
    'exit code: 0 no valid token can be refused, 1 one can, 2 usage, 3 the store is not to be had',
  examples: [
    'barejose ring simulate',
    'barejose ring simulate --max-token-lifetime 1h --verifier-ttl 1h --publish-lead 2h --ttl-only',
  ],
  async run(world, given) {
    const [policy, verifiers] = [await policyOf(world, given), readVerifiers(given)];
    const simulation = await asPolicyUsage(async () => simulate(policy, verifiers));
    const { stdout, env } = world;
    if (given.has('json')) stdout.write(`${json(simulation)}\n`);
    else stdout.write(tell(simulation, paintsFor(stdout, env), widthOf(stdout)));
    return simulation.safe ? EXIT.valid : EXIT.invalid;
  },
});

const PLACE_NAMES = ['ring', 'issuer', 'name', 'table', 'prefix'] as const;

/** Only read: whoever asks what would be changes nothing. */
async function policyOf(world: World, given: Arguments<PlaceOption | PolicyOption>): Promise<RingPolicyOptions> {
  const { maxTokenLifetime, ...others } = readPolicy(given);
  const issuer = given.text('issuer');
  if (maxTokenLifetime !== undefined) {
    if (PLACE_NAMES.some((name) => given.has(name)))
      throw new UsageError("--max-token-lifetime is for a policy that is no ring's: without --ring and --issuer");
    return { maxTokenLifetime, ...others };
  }
  const { policy, ring } = await withPlace(world, given, ({ store }) => readRecords(store));
  if (issuer !== undefined && ring !== issuer)
    throw new JoseError('ERR_RING_INVALID', 'the key ring belongs to another issuer');
  return { ...Object(policy), ...others };
}

function readVerifiers(given: Arguments<VerifierOption>): VerifierPolicyOptions {
  return {
    minFresh: given.duration('min-fresh'),
    defaultFresh: given.duration('default-fresh'),
    maxFresh: given.duration('max-fresh'),
    staleFor: given.duration('stale-for'),
    asksForUnknown: !given.has('ttl-only'),
    clockSkew: given.duration('verifier-clock-skew'),
  };
}

function tell(simulation: Simulation, { good, bad, quiet, strong }: Paints, width: number): string {
  const { safe, refusedFor, revokedFor, revokedBy, binding, faults, trace, revokedTrace } = simulation;
  const verdict = safe
    ? `${good('✓')} ${strong('no valid token is refused in a rotation')}`
    : `${bad('✗')} ${strong(`a valid token can be refused in a rotation, for up to ${spell(refusedFor)}`)}`;
  const lines = [
    verdict,
    `  ${wrap(tellBinding(binding, simulation), width - 2, 2)}`,
    ...tellTrace(trace, width).map(quiet),
    '',
    `· ${strong(`a revoked key can be accepted for ${spell(revokedFor)}`)}, most of it by --${optionOf(revokedBy)}`,
    ...tellTrace(revokedTrace, width).map(quiet),
    ...(faults.length > 0 ? ['', "! by the ring's own numbers, whichever its verifiers are:"] : []),
    ...faults.map((fault) => `  ${wrap(inOptions(fault), width - 2, 4)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The number that has to change, or that would be the first that had to. */
function tellBinding(binding: RotationNumber, { policy, needed, spare, safe }: Simulation): string {
  const [is, least] = [policy[binding], needed[binding]];
  const told = `--${optionOf(binding)} is ${spell(is)}`;
  if (!safe) return `${told}: make it at least ${least}s (${spell(least)})`;
  return `${told}, with ${spare[binding] > 0 ? spell(spare[binding]) : 'nothing'} to spare: no other number has less`;
}

function tellTrace(trace: readonly SimulationStep[], width: number): readonly string[] {
  return trace.map(
    ({ at, what }) => `  ${spell(at).padStart(LEFT)}  ${wrap(printable(what), width - LEFT - 4, LEFT + 4)}`,
  );
}

const LEFT = 8;
