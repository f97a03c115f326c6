// `barejose key new`: a fresh key pair, or a fresh secret.
import { generateKey, SIGNATURE_ALGORITHMS } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, UsageError } from './host.ts';
import { OUT_OPTIONS, writeKey } from './key-output.ts';
import { KEY_FORMATS } from './keys.ts';

export const keyNew: Command = defineCommand({
  name: 'key new',
  summary: 'make a new private key, or a secret',
  options: {
    alg: { value: 'ALGORITHM', help: `what the key is for: ${SIGNATURE_ALGORITHMS.join(', ')}`, required: true },
    kid: { value: 'KID', help: 'its name. Default: the RFC 7638 thumbprint, for a secret a random UUID' },
    bits: { value: 'NUMBER', help: 'RSA only: 2048 (default) to 16384' },
    format: { value: 'jwk|pem', help: 'default: jwk. PEM has neither kid nor alg' },
    ...OUT_OPTIONS,
  },
  outcome: 'the private key on standard output, or in a file; exit code: 0 made, 1 not to be had here, 2 usage',
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
    await withUsageErrors(async () => writeKey(host, args, [await generateKey(alg, options), { format }]));
    return EXIT.valid;
  },
});
