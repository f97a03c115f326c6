// `barejose ring init`: a new ring, with its first keys and the policy that every later command goes by.

import { createIssuer, type Duration, JoseError, type RingStatus, type Seal } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, command } from './command.ts';
import { needKey } from './keys.ts';
import type { Place } from './ring-client.ts';
import { findRecords, RING_ALGORITHMS, RING_OPTIONS, type RingOption, reached, withPlace } from './ring-open.ts';
import { asPolicyUsage, POLICY_OPTIONS, type PolicyOption, readPolicy } from './ring-policy.ts';
import { readSeal } from './ring-seal.ts';
import { putStatus } from './ring-status.ts';
import { EXIT, UsageError, type World } from './world.ts';

export const ringInit: Command = command({
  name: 'ring init',
  summary: 'make a key ring: its first keys and its policy',
  options: {
    ...RING_OPTIONS,
    issuer: { value: 'ISSUER', help: "the iss of its tokens, mostly a URL, and the ring's name", required: true },
    alg: {
      value: 'ALGORITHM',
      help: 'what it signs with, the preferred one first: any that has a public key. Default ES256',
      many: true,
    },
    key: {
      value: 'KEY',
      help: 'a private key that verifiers have already, which signs at once: -, @FILE or env:NAME. Without one, a new key signs at once',
      many: true,
    },
    ...POLICY_OPTIONS,
    'max-token-lifetime': { ...POLICY_OPTIONS['max-token-lifetime'], required: true },
  },
  outcome:
    'the new ring, as `barejose ring status` tells it; its policy is stored with it; ' +
    'exit code: 0 made, 1 there is a ring already, 2 usage, 3 the store or a key is not to be had',
  examples: [
    'barejose ring init --issuer https://issuer.example --max-token-lifetime 1h',
    'umask 077 && openssl rand -base64 32 > seal.key && barejose ring init --ring sealed --seal-file seal.key --issuer https://issuer.example --alg EdDSA --alg RS256 --max-token-lifetime 15m --rotation 30d',
  ],
  async run(world, given) {
    const wanted = {
      issuer: given.required('issuer'),
      maxTokenLifetime: given.duration('max-token-lifetime') ?? given.missing('max-token-lifetime'),
    };
    const seal = await readSeal(world, given);
    const status = await withPlace(world, given, (place) => make(world, given, { ...wanted, place, seal }));
    putStatus(world, status, given.has('json'));
    if (!seal) world.stderr.write(UNSEALED);
    return EXIT.valid;
  },
});

const UNSEALED = 'Private keys are stored unencrypted; --seal-env or --seal-file would seal them.\n';

interface NewRing {
  readonly issuer: string;
  readonly maxTokenLifetime: Duration;
  readonly place: Place;
  readonly seal: Seal | undefined;
}

async function make(
  world: World,
  given: Arguments<RingOption | PolicyOption | 'alg' | 'key'>,
  { issuer, maxTokenLifetime, place: { store, prepare }, seal }: NewRing,
): Promise<RingStatus> {
  const algorithms = new Set(given.choices('alg', RING_ALGORITHMS));
  const policy = { ...readPolicy(given), maxTokenLifetime };
  const firstKeys = await Promise.all(
    given.texts('key').map((source) => needKey(world, { name: '--key', source }, {})),
  );
  if (firstKeys.some(({ type }) => type !== 'private')) throw new UsageError('--key must be a private key');
  await reached(prepare);
  if (await findRecords(store)) throw new JoseError('ERR_RING_CONFLICT', 'there is a key ring already');
  const options = {
    issuer,
    store,
    policy,
    seal,
    ...(algorithms.size > 0 && { algorithms: [...algorithms] }),
    ...(firstKeys.length > 0 && { firstKeys }),
  };
  const ring = await asPolicyUsage(() => createIssuer(options));
  return ring.status();
}
