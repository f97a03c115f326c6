// `barejose key thumbprint`: RFC 7638, and RFC 9278 as a URI.
import { importKey, thumbprint, thumbprintUri } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { DECRYPTION_OPTIONS, KEY_OPERAND, readDecryption, readMaterial } from './keys.ts';
import { EXIT } from './world.ts';

const HASHES = ['sha256', 'sha384', 'sha512'] as const;

export const keyThumbprint: Command = command({
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
  async run(world, given) {
    const hash = given.choice('hash', HASHES) ?? 'sha256';
    const decryption = await readDecryption(world, given);
    const { content } = await readMaterial(world, { name: 'KEY', source: given.operand });
    // A JWK as it stands: it need not be one for signatures, nor a strong one, to be told from others.
    const isJwk = typeof content === 'object' && 'kty' in content;
    const key = isJwk ? content : await asUsage(() => importKey(content, decryption));
    const print = given.has('uri') ? thumbprintUri(key, hash) : thumbprint(key, hash);
    world.stdout.write(given.has('json') ? `${json({ thumbprint: print, hash })}\n` : `${print}\n`);
    return EXIT.valid;
  },
});
