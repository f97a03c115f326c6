// `barejose key convert`: JWK ↔ PEM, the whole key, as it is.
import { type ImportKeyOptions, importKey } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { asJoseError, EXIT, UsageError } from './host.ts';
import { OUT_OPTIONS, writeKey } from './key-output.ts';
import {
  IMPORT_OPTIONS,
  KEY_FORMATS,
  KEY_OPERAND,
  type KeyMaterial,
  readImportOptions,
  readKeyMaterial,
} from './keys.ts';

export const keyConvert: Command = defineCommand({
  name: 'key convert',
  summary: 'the same key as JWK or PEM',
  operand: KEY_OPERAND,
  options: {
    to: { value: 'jwk|pem', help: 'PEM has neither kid nor alg', required: true },
    ...IMPORT_OPTIONS,
    passphrase: { value: 'VALUE', help: 'opens an encrypted KEY, and encrypts a private PEM: @FILE or env:NAME' },
    ...OUT_OPTIONS,
  },
  outcome: 'the key on standard output, private if it was; exit code: 0 fine, 1 the key is refused, 2 usage',
  examples: [
    'barejose key convert --to pem --out private.pem @private.jwk',
    'barejose key convert --to pem --passphrase env:PASSPHRASE < private.jwk',
    'barejose key convert --to jwk --alg PS256 --kid rsa-1 @rsa-public.pem',
  ],
  async run(host, args) {
    const format = args.choice('to', KEY_FORMATS) ?? args.throwMissing('to');
    const options = await readImportOptions(host, args);
    const { content } = await readKeyMaterial(host, { name: 'KEY', source: args.operand });
    const key = await withUsageErrors(() => importKey(content, options));
    const { passphrase, ...others } = options;
    const encrypts = format === 'pem' && key.type === 'private';
    // Whoever gives one expects that something is secret by it.
    if (passphrase !== undefined && !encrypts && isOpen(content, others))
      throw new UsageError('--passphrase has nothing to do: KEY is not encrypted, and only a private PEM becomes so');
    await withUsageErrors(() =>
      writeKey(host, args, [key, { format, ...(passphrase !== undefined && { passphrase }) }]),
    );
    return EXIT.valid;
  },
});

/** Whether it can be read without a passphrase. */
function isOpen(content: KeyMaterial['content'], options: ImportKeyOptions): boolean {
  try {
    importKey(content, options);
    return true;
  } catch (error) {
    asJoseError(error);
    return false;
  }
}
