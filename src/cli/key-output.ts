// Writes a key as JWK, encrypted JWK or PEM, to standard output or to a private file.
import {
  exportEncryptedJwk,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  importKey,
  importPassword,
  type Key,
  thumbprint,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import { writePrivateFile } from './private-file.ts';

export const OUT_OPTIONS: Options<'out' | 'force'> = {
  out: { value: 'FILE', help: 'write the key to a new file of mode 0600, and print only the public key' },
  force: { help: 'let --out replace an existing file' },
};

export const OUTPUT_FORMATS = ['jwk', 'pem', 'jwe'] as const;

/** The format of a written key. */
export interface KeyEncoding {
  /** jwe is an encrypted JWK. */
  readonly format: (typeof OUTPUT_FORMATS)[number];
  /** Encrypts a PEM or a JWK. */
  readonly passphrase?: string;
}

/** @throws TypeError for a secret */
export function formatPublicKey(key: Key, format: KeyEncoding['format']): string {
  return format === 'pem' ? exportPem(key) : `${formatJson(exportJwk(withKid(key)))}\n`;
}

/** Formats a whole key, private members included. @throws TypeError for a secret as PEM, or a public key as JWE */
export function formatKey(key: Key, { format, ...options }: KeyEncoding): string {
  if (format === 'jwe') return `${exportEncryptedJwk(withKid(key), passwordOf(options))}\n`;
  if (key.type === 'public') return formatPublicKey(key, format);
  return format === 'jwk' ? `${formatJson(exportPrivateJwk(withKid(key)))}\n` : exportPrivatePem(key, options);
}

function passwordOf({ passphrase }: Pick<KeyEncoding, 'passphrase'>): Key {
  if (passphrase === undefined) throw new UsageError('--to jwe needs --passphrase');
  return importPassword(passphrase, { alg: 'PBES2-HS512+A256KW' });
}

/** Writes a key to standard output, or to the file of --out with the public key on standard output. */
export function writeKey(
  host: Host,
  args: Arguments<'out' | 'force' | 'json'>,
  { key, ...encoding }: KeyEncoding & { readonly key: Key },
): void {
  const { stdout, stderr } = host;
  const print = (text: string) => stdout.write(args.has('json') ? asJsonText(text) : text);
  const [text, out] = [formatKey(key, encoding), args.text('out')];
  if (out === undefined || out === '-') {
    if (args.has('force')) throw new UsageError('--force requires --out FILE');
    print(text);
    return;
  }
  writePrivateFile(out, text, args.has('force'));
  if (key.type !== 'secret') print(formatPublicKey(key, encoding.format));
  stderr.write('The key file was written, and only its owner can read it.\n');
}

/** Wraps a PEM or an encrypted JWK in JSON. A JWK is JSON already. */
export function asJsonText(text: string): string {
  if (text.startsWith('{')) return text;
  return `${formatJson(text.startsWith('-') ? { pem: text } : { jwe: text.trimEnd() })}\n`;
}

/** Sets a missing kid to the thumbprint, except for a secret, which its thumbprint helps to guess (RFC 7638 §7). */
function withKid(key: Key): Key {
  if (key.kid !== undefined || key.type === 'secret') return key;
  const jwk = key.type === 'public' ? exportJwk(key) : exportPrivateJwk(key);
  return importKey(jwk, { kid: thumbprint(key) });
}
