// `barejose key new`: a fresh key pair, or a fresh secret.
import { generateKey, SIGNATURE_ALGORITHMS } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { OUT_OPTIONS, putKey } from './key-output.ts';
import { KEY_FORMS } from './keys.ts';
import { EXIT, UsageError } from './world.ts';

export const keyNew: Command = command({
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
  async run(world, given) {
    const [kid, form = 'jwk'] = [given.text('kid'), given.choice('format', KEY_FORMS)];
    const alg = given.algorithm('alg') ?? given.missing('alg');
    const bits = given.text('bits');
    if (bits !== undefined && !/^\d{1,5}$/.test(bits)) throw new UsageError('--bits must be a number');
    const options = { kid, modulusLength: bits === undefined ? undefined : Number(bits) };
    await asUsage(async () => putKey(world, given, [await generateKey(alg, options), { form }]));
    return EXIT.valid;
  },
});
