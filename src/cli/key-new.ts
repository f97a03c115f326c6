// `barejose key new`: creates a key pair or a secret.
import { generateKey, SIGNATURE_ALGORITHMS } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { withUsageErrors } from './errors.ts';
import { EXIT, UsageError } from './host.ts';
import { OUT_OPTIONS, writeKey } from './key-output.ts';
import { KEY_FORMATS } from './keys.ts';

export const keyNew: Command = defineCommand({
  name: 'key new',
  summary: 'create a private key or a secret',
  options: {
    alg: { value: 'ALGORITHM', help: `the key's algorithm: ${SIGNATURE_ALGORITHMS.join(', ')}`, required: true },
    kid: { value: 'KID', help: "the key's kid. Default: the RFC 7638 thumbprint, or a random UUID for a secret" },
    bits: { value: 'NUMBER', help: 'the size of an RSA key, from 2048 to 16384. Default: 2048' },
    format: { value: 'jwk|pem', help: 'the format. Default: jwk. PEM holds neither kid nor alg' },
    ...OUT_OPTIONS,
  },
  outcome:
    'the private key on standard output, or in the file of --out; ' +
    'exit code: 0 created, 1 not supported by this runtime, 2 usage error',
  examples: [
    'barejose key new --alg ES256 --out private.jwk > public.jwk',
    'barejose key new --alg RS256 --bits 3072 --format pem --out rsa-private.pem',
  ],
  async run(host, args) {
    const [kid, format = 'jwk'] = [args.text('kid'), args.choice('format', KEY_FORMATS)];
    const alg = args.algorithm('alg') ?? args.throwMissing('alg');
    const bits = args.text('bits');
    if (bits !== undefined && !/^\d{1,5}$/.test(bits)) throw new UsageError('--bits must be a number');
    const options = { kid, modulusLength: bits === undefined ? undefined : Number(bits) };
    await withUsageErrors(async () => writeKey(host, args, { key: await generateKey(alg, options), format }));
    return EXIT.valid;
  },
});
