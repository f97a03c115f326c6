// `barejose ring init`: creates a ring with its first keys and the policy of all later commands.
import { createIssuer, type Duration, JoseError, type RingStatus, type Seal } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { requireKey } from './keys.ts';
import type { StoreConnection } from './ring-database.ts';
import { writeStatus } from './ring-format.ts';
import { RING_ALGORITHMS, RING_OPTIONS, type RingOption } from './ring-open.ts';
import { POLICY_OPTIONS, type PolicyOption, readPolicyOptions, withPolicyUsageErrors } from './ring-policy.ts';
import { readSeal } from './ring-seal.ts';
import { tryLoadRecords, withStore, withStoreErrors } from './ring-store.ts';

export const ringInit: Command = defineCommand({
  name: 'ring init',
  summary: 'create a key ring with its first keys and its policy',
  options: {
    ...RING_OPTIONS,
    issuer: { value: 'ISSUER', help: 'the iss of its tokens, usually a URL, and the name of the ring', required: true },
    alg: {
      value: 'ALGORITHM',
      help: 'a signature algorithm, the preferred one first: any but HMAC. Default: ES256',
      many: true,
    },
    key: {
      value: 'KEY',
      help: 'a private key that verifiers have already, and that signs at once: -, @FILE or env:NAME. Default: a new key',
      many: true,
    },
    ...POLICY_OPTIONS,
    'max-token-lifetime': { ...POLICY_OPTIONS['max-token-lifetime'], required: true },
  },
  outcome:
    'the new ring on standard output, as `barejose ring status` shows it. The policy is stored in the ring; ' +
    'exit code: 0 created, 1 a ring exists already, 2 usage error, 3 store or key unavailable',
  examples: [
    'barejose ring init --issuer https://issuer.example --max-token-lifetime 1h',
    'umask 077 && openssl rand -base64 32 > seal.key && barejose ring init --ring sealed --seal-file seal.key --issuer https://issuer.example --alg EdDSA --alg RS256 --max-token-lifetime 15m --rotation 30d',
  ],
  async run(host, args) {
    const required = {
      issuer: args.requiredText('issuer'),
      maxTokenLifetime: args.duration('max-token-lifetime') ?? args.throwMissing('max-token-lifetime'),
    };
    const seal = await readSeal(host, args);
    const status = await withStore(host, args, (connection) =>
      createRing(host, args, { ...required, connection, seal }),
    );
    writeStatus(host, status, args.has('json'));
    if (!seal) host.stderr.write(UNSEALED);
    return EXIT.valid;
  },
});

const UNSEALED = 'Private keys are stored unencrypted; --seal-env or --seal-file encrypts them.\n';

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
  const policy = { ...readPolicyOptions(args), maxTokenLifetime };
  const firstKeys = await Promise.all(
    args.texts('key').map((source) => requireKey(host, { name: '--key', source }, {})),
  );
  if (firstKeys.some(({ type }) => type !== 'private')) throw new UsageError('--key must be a private key');
  await withStoreErrors(prepare);
  if (await tryLoadRecords(store)) throw new JoseError('ERR_RING_CONFLICT', 'the store already has a key ring');
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
