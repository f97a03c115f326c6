// `barejose key public`: the half that may be given away.
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { asJson, publicText } from './key-output.ts';
import { IMPORT_OPTIONS, KEY_FORMS, KEY_OPERAND, readImportOptions, readKey } from './keys.ts';
import { EXIT } from './world.ts';

export const keyPublic: Command = command({
  name: 'key public',
  summary: 'the public key of a private one, or of a certificate',
  operand: KEY_OPERAND,
  options: { ...IMPORT_OPTIONS, format: { value: 'jwk|pem', help: 'default: the form that KEY has' } },
  outcome: 'the public key on standard output; exit code: 0 fine, 1 the key is refused, 2 usage',
  examples: ['barejose key public @private.jwk', 'barejose key public --format jwk --alg PS256 < rsa-private.pem'],
  async run(world, given) {
    const format = given.choice('format', KEY_FORMS);
    const { key, form } = await readKey(
      world,
      { name: 'KEY', source: given.operand },
      await readImportOptions(world, given),
    );
    const text = await asUsage(() => publicText(key, format ?? form));
    world.stdout.write(given.has('json') ? asJson(text) : text);
    return EXIT.valid;
  },
});
