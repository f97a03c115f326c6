// `barejose key convert`: converts a whole key between JWK and PEM.
import { type Command, defineCommand } from './command.ts';
import { asJoseError, withUsageErrors } from './errors.ts';
import { EXIT, UsageError } from './host.ts';
import { OUT_OPTIONS, OUTPUT_FORMATS, writeKey } from './key-output.ts';
import {
  IMPORT_OPTIONS,
  importMaterial,
  KEY_OPERAND,
  type KeyImportOptions,
  type KeyMaterial,
  readImportOptions,
  readKeyMaterial,
} from './keys.ts';

export const keyConvert: Command = defineCommand({
  name: 'key convert',
  summary: 'convert a key to JWK, PEM or an encrypted JWK',
  operand: KEY_OPERAND,
  options: {
    to: {
      value: 'jwk|pem|jwe',
      help: 'the format. PEM holds neither kid nor alg. jwe: a JWK, encrypted under the passphrase',
      required: true,
    },
    ...IMPORT_OPTIONS,
    passphrase: {
      value: 'VALUE',
      help: 'decrypts an encrypted KEY, and encrypts a private PEM or a JWK: @FILE or env:NAME',
    },
    ...OUT_OPTIONS,
  },
  outcome:
    'the whole key, private or public, on standard output; ' + 'exit code: 0 converted, 1 invalid key, 2 usage error',
  examples: [
    'barejose key convert --to pem --out private.pem @private.jwk',
    'barejose key convert --to pem --passphrase env:PASSPHRASE < private.jwk',
    'barejose key convert --to jwe --passphrase env:PASSPHRASE --out private.jwe @private.jwk',
    'barejose key convert --to jwk --alg PS256 --kid rsa-1 @rsa-public.pem',
  ],
  async run(host, args) {
    const format = args.choice('to', OUTPUT_FORMATS) ?? args.throwMissing('to');
    const options = await readImportOptions(host, args);
    const { content } = await readKeyMaterial(host, { name: 'KEY', source: args.operand });
    const key = await withUsageErrors(() => importMaterial(content, options));
    const { passphrase, ...others } = options;
    const encrypts = format === 'jwe' || (format === 'pem' && key.type === 'private');
    // A user who gives a passphrase expects it to protect the output.
    if (passphrase !== undefined && !encrypts && isUnencrypted(content, others))
      throw new UsageError(
        '--passphrase has no effect: KEY is not encrypted, and only a private PEM or a JWK (--to jwe) can be encrypted',
      );
    await withUsageErrors(() => writeKey(host, args, { key, format, ...(passphrase !== undefined && { passphrase }) }));
    return EXIT.valid;
  },
});

/** Whether a key can be read without a passphrase. */
function isUnencrypted(content: KeyMaterial['content'], options: KeyImportOptions): boolean {
  try {
    importMaterial(content, options);
    return true;
  } catch (error) {
    asJoseError(error);
    return false;
  }
}
