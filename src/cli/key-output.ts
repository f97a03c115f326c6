// How the key commands answer: a key as JWK or PEM, on standard output or in a file of its own.
import { exportJwk, exportPem, exportPrivateJwk, exportPrivatePem, importKey, type Key, thumbprint } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import type { KeyFormat } from './keys.ts';
import { writePrivateFile } from './private-file.ts';

export const OUT_OPTIONS: Options<'out' | 'force'> = {
  out: { value: 'FILE', help: 'write the key into a new file of mode 0600, and print only its public key' },
  force: { help: 'let --out replace a file' },
};

/** How a private key is written. */
export interface KeyEncoding {
  readonly format: KeyFormat;
  /** Encrypts a PEM. */
  readonly passphrase?: string;
}

/** The public key as text. @throws TypeError for a secret */
export function formatPublicKey(key: Key, format: KeyFormat): string {
  return format === 'jwk' ? `${formatJson(exportJwk(withKid(key)))}\n` : exportPem(key);
}

/** Everything there is of a key, as text. @throws TypeError for a secret as PEM */
export function formatKey(key: Key, { format, ...options }: KeyEncoding): string {
  if (key.type === 'public') return formatPublicKey(key, format);
  return format === 'jwk' ? `${formatJson(exportPrivateJwk(withKid(key)))}\n` : exportPrivatePem(key, options);
}

/** To standard output; or into the file of --out, and then standard output has the public key. */
export function writeKey(
  host: Host,
  args: Arguments<'out' | 'force' | 'json'>,
  [key, encoding]: [Key, KeyEncoding],
): void {
  const { stdout, stderr } = host;
  const print = (text: string) => stdout.write(args.has('json') ? asJsonText(text) : text);
  const [text, out] = [formatKey(key, encoding), args.text('out')];
  if (out === undefined || out === '-') {
    if (args.has('force')) throw new UsageError('--force is for the file of --out');
    print(text);
    return;
  }
  writePrivateFile(out, text, args.has('force'));
  if (key.type !== 'secret') print(formatPublicKey(key, encoding.format));
  stderr.write('The key is written, for its owner only to read.\n');
}

/** A JWK is JSON already. */
export function asJsonText(text: string): string {
  return text.startsWith('{') ? text : `${formatJson({ pem: text })}\n`;
}

/** A key that has no kid is called by its thumbprint; a secret is not, for its thumbprint tells of it (RFC 7638 §7). */
function withKid(key: Key): Key {
  if (key.kid !== undefined || key.type === 'secret') return key;
  const jwk = key.type === 'public' ? exportJwk(key) : exportPrivateJwk(key);
  return importKey(jwk, { kid: thumbprint(key) });
}
