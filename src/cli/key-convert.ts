// `barejose key convert`: JWK ↔ PEM, the whole key, as it is.
import { type ImportKeyOptions, importKey } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { OUT_OPTIONS, putKey } from './key-output.ts';
import { IMPORT_OPTIONS, KEY_FORMS, KEY_OPERAND, type Material, readImportOptions, readMaterial } from './keys.ts';
import { asRefusal, EXIT, UsageError } from './world.ts';

export const keyConvert: Command = command({
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
  async run(world, given) {
    const form = given.choice('to', KEY_FORMS) ?? given.missing('to');
    const options = await readImportOptions(world, given);
    const { content } = await readMaterial(world, { name: 'KEY', source: given.operand });
    const key = await asUsage(() => importKey(content, options));
    const { passphrase, ...others } = options;
    const encrypts = form === 'pem' && key.type === 'private';
    // Whoever gives one expects that something is secret by it.
    if (passphrase !== undefined && !encrypts && isOpen(content, others))
      throw new UsageError('--passphrase has nothing to do: KEY is not encrypted, and only a private PEM becomes so');
    await asUsage(() => putKey(world, given, [key, { form, ...(passphrase !== undefined && { passphrase }) }]));
    return EXIT.valid;
  },
});

/** Whether it can be read without a passphrase. */
function isOpen(content: Material['content'], options: ImportKeyOptions): boolean {
  try {
    importKey(content, options);
    return true;
  } catch (error) {
    asRefusal(error);
    return false;
  }
}
