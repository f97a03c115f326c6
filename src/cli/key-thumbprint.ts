// `barejose key thumbprint`: prints the RFC 7638 thumbprint of a key, or its RFC 9278 URI.
import { thumbprint, thumbprintUri } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { withUsageErrors } from './errors.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { DECRYPTION_OPTIONS, importMaterial, KEY_OPERAND, readDecryptionOptions, readKeyMaterial } from './keys.ts';

const HASHES = ['sha256', 'sha384', 'sha512'] as const;

export const keyThumbprint: Command = defineCommand({
  name: 'key thumbprint',
  summary: 'print the RFC 7638 thumbprint of a key',
  operand: KEY_OPERAND,
  options: {
    hash: { value: HASHES.join('|'), help: 'the hash function. Default: sha256' },
    uri: { help: 'print the RFC 9278 URI of the thumbprint' },
    ...DECRYPTION_OPTIONS,
  },
  outcome:
    'the thumbprint on standard output. That of a secret must be kept secret too; ' +
    'exit code: 0 printed, 1 invalid key, 2 usage error',
  examples: ['barejose key thumbprint @private.jwk', 'barejose key thumbprint --uri --hash sha512 @public.pem'],
  async run(host, args) {
    const hash = args.choice('hash', HASHES) ?? 'sha256';
    const decryption = await readDecryptionOptions(host, args);
    const { content } = await readKeyMaterial(host, { name: 'KEY', source: args.operand });
    // A JWK is not imported, because even an encryption key or a weak key has a thumbprint.
    const isJwk = typeof content === 'object' && 'kty' in content;
    const key = isJwk ? content : await withUsageErrors(() => importMaterial(content, decryption));
    const print = args.has('uri') ? thumbprintUri(key, hash) : thumbprint(key, hash);
    host.stdout.write(args.has('json') ? `${formatJson({ thumbprint: print, hash })}\n` : `${print}\n`);
    return EXIT.valid;
  },
});
