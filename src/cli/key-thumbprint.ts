// `barejose key thumbprint`: RFC 7638, and RFC 9278 as a URI.
import { importKey, thumbprint, thumbprintUri } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { DECRYPTION_OPTIONS, KEY_OPERAND, readDecryptionOptions, readKeyMaterial } from './keys.ts';

const HASHES = ['sha256', 'sha384', 'sha512'] as const;

export const keyThumbprint: Command = defineCommand({
  name: 'key thumbprint',
  summary: 'the RFC 7638 thumbprint of a key',
  operand: KEY_OPERAND,
  options: {
    hash: { value: HASHES.join('|'), help: 'default: sha256' },
    uri: { help: 'as the URI of RFC 9278' },
    ...DECRYPTION_OPTIONS,
  },
  outcome: 'the thumbprint on standard output; that of a secret tells of it; exit code: 0 fine, 1 no key, 2 usage',
  examples: ['barejose key thumbprint @private.jwk', 'barejose key thumbprint --uri --hash sha512 @public.pem'],
  async run(host, args) {
    const hash = args.choice('hash', HASHES) ?? 'sha256';
    const decryption = await readDecryptionOptions(host, args);
    const { content } = await readKeyMaterial(host, { name: 'KEY', source: args.operand });
    // A JWK as it stands: it need not be one for signatures, nor a strong one, to be told from others.
    const isJwk = typeof content === 'object' && 'kty' in content;
    const key = isJwk ? content : await withUsageErrors(() => importKey(content, decryption));
    const print = args.has('uri') ? thumbprintUri(key, hash) : thumbprint(key, hash);
    host.stdout.write(args.has('json') ? `${formatJson({ thumbprint: print, hash })}\n` : `${print}\n`);
    return EXIT.valid;
  },
});
