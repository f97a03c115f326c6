// `barejose key public`: the half that may be given away.
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { asJsonText, formatPublicKey } from './key-output.ts';
import { IMPORT_OPTIONS, KEY_FORMATS, KEY_OPERAND, readImportOptions, readKey } from './keys.ts';

export const keyPublic: Command = defineCommand({
  name: 'key public',
  summary: 'the public key of a private one, or of a certificate',
  operand: KEY_OPERAND,
  options: { ...IMPORT_OPTIONS, format: { value: 'jwk|pem', help: 'default: the form that KEY has' } },
  outcome: 'the public key on standard output; exit code: 0 fine, 1 the key is refused, 2 usage',
  examples: ['barejose key public @private.jwk', 'barejose key public --format jwk --alg PS256 < rsa-private.pem'],
  async run(host, args) {
    const requested = args.choice('format', KEY_FORMATS);
    const { key, format } = await readKey(
      host,
      { name: 'KEY', source: args.operand },
      await readImportOptions(host, args),
    );
    const text = await withUsageErrors(() => formatPublicKey(key, requested ?? format));
    host.stdout.write(args.has('json') ? asJsonText(text) : text);
    return EXIT.valid;
  },
});
