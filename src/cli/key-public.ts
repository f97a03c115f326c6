// `barejose key public`: prints the public key of a private one.
import { type Command, defineCommand } from './command.ts';
import { withUsageErrors } from './errors.ts';
import { EXIT } from './host.ts';
import { asJsonText, formatPublicKey } from './key-output.ts';
import { IMPORT_OPTIONS, KEY_FORMATS, KEY_OPERAND, readImportOptions, readKeyInput } from './keys.ts';

export const keyPublic: Command = defineCommand({
  name: 'key public',
  summary: 'print the public key of a private key or a certificate',
  operand: KEY_OPERAND,
  options: { ...IMPORT_OPTIONS, format: { value: 'jwk|pem', help: 'the format. Default: that of KEY' } },
  outcome: 'the public key on standard output; exit code: 0 printed, 1 invalid key, 2 usage error',
  examples: ['barejose key public @private.jwk', 'barejose key public --format jwk --alg PS256 < rsa-private.pem'],
  async run(host, args) {
    const requested = args.choice('format', KEY_FORMATS);
    const { key, format } = await readKeyInput(
      host,
      { name: 'KEY', source: args.operand },
      await readImportOptions(host, args),
    );
    const text = await withUsageErrors(() => formatPublicKey(key, requested ?? format));
    host.stdout.write(args.has('json') ? asJsonText(text) : text);
    return EXIT.valid;
  },
});
