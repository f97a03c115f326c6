// `barejose ring init`: a new ring, with its first keys and the policy that every later command goes by.

import { createIssuer, type Duration, JoseError, type RingStatus, type Seal } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { requireKey } from './keys.ts';
import type { StoreConnection } from './ring-database.ts';
import {
  findRecords,
  RING_ALGORITHMS,
  RING_OPTIONS,
  type RingOption,
  withStore,
  withStoreErrors,
} from './ring-open.ts';
import { POLICY_OPTIONS, type PolicyOption, readPolicy, withPolicyUsageErrors } from './ring-policy.ts';
import { readSeal } from './ring-seal.ts';
import { writeStatus } from './ring-status.ts';

export const ringInit: Command = defineCommand({
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
  async run(host, args) {
    const wanted = {
      issuer: args.requiredText('issuer'),
      maxTokenLifetime: args.duration('max-token-lifetime') ?? args.throwMissing('max-token-lifetime'),
    };
    const seal = await readSeal(host, args);
    const status = await withStore(host, args, (connection) => createRing(host, args, { ...wanted, connection, seal }));
    writeStatus(host, status, args.has('json'));
    if (!seal) host.stderr.write(UNSEALED);
    return EXIT.valid;
  },
});

const UNSEALED = 'Private keys are stored unencrypted; --seal-env or --seal-file would seal them.\n';

interface NewRing {
  readonly issuer: string;
  readonly maxTokenLifetime: Duration;
  readonly connection: StoreConnection;
  readonly seal: Seal | undefined;
}

async function createRing(
  host: Host,
  args: Arguments<RingOption | PolicyOption | 'alg' | 'key'>,
  { issuer, maxTokenLifetime, connection: { store, prepare }, seal }: NewRing,
): Promise<RingStatus> {
  const algorithms = new Set(args.choices('alg', RING_ALGORITHMS));
  const policy = { ...readPolicy(args), maxTokenLifetime };
  const firstKeys = await Promise.all(
    args.texts('key').map((source) => requireKey(host, { name: '--key', source }, {})),
  );
  if (firstKeys.some(({ type }) => type !== 'private')) throw new UsageError('--key must be a private key');
  await withStoreErrors(prepare);
  if (await findRecords(store)) throw new JoseError('ERR_RING_CONFLICT', 'there is a key ring already');
  const options = {
    issuer,
    store,
    policy,
    seal,
    ...(algorithms.size > 0 && { algorithms: [...algorithms] }),
    ...(firstKeys.length > 0 && { firstKeys }),
  };
  const ring = await withPolicyUsageErrors(() => createIssuer(options));
  return ring.status();
}
