// How the key commands answer: a key as JWK or PEM, on standard output or in a file of its own.
import { exportJwk, exportPem, exportPrivateJwk, exportPrivatePem, importKey, type Key, thumbprint } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { json } from './json.ts';
import type { KeyForm } from './keys.ts';
import { writePrivately } from './private-file.ts';
import { UsageError, type World } from './world.ts';

export const OUT_OPTIONS: Options<'out' | 'force'> = {
  out: { value: 'FILE', help: 'write the key into a new file of mode 0600, and print only its public key' },
  force: { help: 'let --out replace a file' },
};

/** How a private key is written. */
export interface Writing {
  readonly form: KeyForm;
  /** Encrypts a PEM. */
  readonly passphrase?: string;
}

/** The public key as text. @throws TypeError for a secret */
export function publicText(key: Key, form: KeyForm): string {
  return form === 'jwk' ? `${json(exportJwk(named(key)))}\n` : exportPem(key);
}

/** Everything there is of a key, as text. @throws TypeError for a secret as PEM */
export function wholeText(key: Key, { form, ...options }: Writing): string {
  if (key.type === 'public') return publicText(key, form);
  return form === 'jwk' ? `${json(exportPrivateJwk(named(key)))}\n` : exportPrivatePem(key, options);
}

/** To standard output; or into the file of --out, and then standard output has the public key. */
export function putKey(world: World, given: Arguments<'out' | 'force' | 'json'>, [key, writing]: [Key, Writing]): void {
  const { stdout, stderr } = world;
  const print = (text: string) => stdout.write(given.has('json') ? asJson(text) : text);
  const [text, out] = [wholeText(key, writing), given.text('out')];
  if (out === undefined || out === '-') {
    if (given.has('force')) throw new UsageError('--force is for the file of --out');
    print(text);
    return;
  }
  writePrivately(out, text, given.has('force'));
  if (key.type !== 'secret') print(publicText(key, writing.form));
  stderr.write('The key is written, for its owner only to read.\n');
}

/** A JWK is JSON already. */
export function asJson(text: string): string {
  return text.startsWith('{') ? text : `${json({ pem: text })}\n`;
}

/** A key that has no kid is called by its thumbprint; a secret is not, for its thumbprint tells of it (RFC 7638 §7). */
function named(key: Key): Key {
  if (key.kid !== undefined || key.type === 'secret') return key;
  const jwk = key.type === 'public' ? exportJwk(key) : exportPrivateJwk(key);
  return importKey(jwk, { kid: thumbprint(key) });
}
