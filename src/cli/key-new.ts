// `barejose key new`: creates a key pair or a secret.
import { CONTENT_ENCRYPTIONS, generateKey, KEY_MANAGEMENT_ALGORITHMS, SIGNATURE_ALGORITHMS } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { withUsageErrors } from './errors.ts';
import { EXIT, UsageError } from './host.ts';
import { OUT_OPTIONS, writeKey } from './key-output.ts';
import { KEY_FORMATS } from './keys.ts';

/** A password is chosen, not generated. */
const GENERATED_FOR_ENCRYPTION = KEY_MANAGEMENT_ALGORITHMS.filter((alg) => !alg.startsWith('PBES2'));
const GENERATED = [...SIGNATURE_ALGORITHMS, ...GENERATED_FOR_ENCRYPTION] as const;
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519', 'X448'] as const;

export const keyNew: Command = defineCommand({
  name: 'key new',
  summary: 'create a private key or a secret',
  options: {
    alg: {
      value: 'ALGORITHM',
      help:
        `the key's algorithm, for signatures: ${SIGNATURE_ALGORITHMS.join(', ')}; ` +
        `for encryption: ${GENERATED_FOR_ENCRYPTION.join(', ')}`,
      required: true,
    },
    kid: { value: 'KID', help: "the key's kid. Default: the RFC 7638 thumbprint, or a random UUID for a secret" },
    bits: { value: 'NUMBER', help: 'the size of an RSA key, from 2048 to 16384. Default: 2048' },
    crv: { value: 'CURVE', help: `the curve of a key for ECDH-ES: ${CURVES.join(', ')}. Default: P-256` },
    enc: { value: 'ENC', help: `the content encryption of a secret for dir: ${CONTENT_ENCRYPTIONS.join(', ')}` },
    format: { value: 'jwk|pem', help: 'the format. Default: jwk. PEM holds neither kid nor alg' },
    ...OUT_OPTIONS,
  },
  outcome:
    'the private key on standard output, or in the file of --out; ' +
    'exit code: 0 created, 1 not supported by this runtime, 2 usage error',
  examples: [
    'barejose key new --alg ES256 --out private.jwk > public.jwk',
    'barejose key new --alg RS256 --bits 3072 --format pem --out rsa-private.pem',
    'barejose key new --alg ECDH-ES+A256KW --crv X25519 --out decryption.jwk > encryption.jwk',
  ],
  async run(host, args) {
    const [kid, format = 'jwk'] = [args.text('kid'), args.choice('format', KEY_FORMATS)];
    const alg = args.choice('alg', GENERATED) ?? args.throwMissing('alg');
    const [crv, enc] = [args.choice('crv', CURVES), args.choice('enc', CONTENT_ENCRYPTIONS)];
    const bits = args.text('bits');
    if (bits !== undefined && !/^\d{1,5}$/.test(bits)) throw new UsageError('--bits must be a number');
    const options = { kid, crv, enc, modulusLength: bits === undefined ? undefined : Number(bits) };
    await withUsageErrors(async () => writeKey(host, args, { key: await generateKey(alg, options), format }));
    return EXIT.valid;
  },
});
