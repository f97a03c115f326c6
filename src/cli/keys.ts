// A value → a Key, or a file → a KeySet. What a key is written as (JWK, PEM, DER) is seen from the text.
import {
  type ImportKeyOptions,
  importJwks,
  importKey,
  JoseError,
  type Jwk,
  type Key,
  type KeySet,
  type SkippedKey,
} from '../index.ts';
import { type Arguments, type Options, withUsageErrors } from './arguments.ts';
import { type Host, KeysUnavailableError, UnreadableError } from './host.ts';
import { decodeText, type Input, readOctets, readText } from './input.ts';
import { parseJsonObject } from './json.ts';
import { quoteJson } from './terminal.ts';

export type KeyFormat = 'jwk' | 'pem';

export const KEY_FORMATS = ['jwk', 'pem'] as const;

/** A key as it was read: not yet judged. */
export interface KeyMaterial {
  /** The form to answer in. DER is answered in PEM. */
  readonly format: KeyFormat;
  readonly content: Jwk | string | Uint8Array;
}

/** What the commands about one key have in common. */
export const KEY_OPERAND = {
  name: 'KEY',
  help: 'a JWK, PEM or DER: - (standard input, the default), @FILE or env:NAME',
  isSource: true,
} as const;

export type DecryptionOption = 'passphrase' | 'max-iterations';

export const DECRYPTION_OPTIONS: Options<DecryptionOption> = {
  passphrase: { value: 'VALUE', help: 'opens an encrypted PEM or DER: @FILE or env:NAME' },
  'max-iterations': {
    value: 'NUMBER',
    help: 'the most iterations that an encrypted PEM or DER may demand, each of which takes its time. Default 1000000',
  },
};

/** @throws UsageError, Unreadable; JoseError ERR_JWK_INVALID when the text is that of no JWK */
export async function readKeyMaterial(host: Host, value: Input): Promise<KeyMaterial> {
  const octets = await readOctets(host, value);
  const text = decodeText(octets);
  if (/^\s*\{/.test(text)) return { format: 'jwk', content: asJwk(parseJsonObject(text, 'the JWK')) };
  return { format: 'pem', content: text.includes('-----BEGIN ') ? text : octets };
}

/** importKey says what is missing in it. */
function asJwk(members: { readonly [name: string]: unknown }): Jwk {
  return { ...members, kty: typeof members.kty === 'string' ? members.kty : '' };
}

/** A key in memory, and the form that it came in. */
export interface FormattedKey {
  readonly key: Key;
  readonly format: KeyFormat;
}

/** The key that a command is about. @throws UsageError, Unreadable, JoseError of importKey */
export async function readKey(host: Host, value: Input, options: ImportKeyOptions): Promise<FormattedKey> {
  const { format, content } = await readKeyMaterial(host, value);
  return { format, key: await withUsageErrors(() => importKey(content, options)) };
}

/** The key that a command needs for something else. @throws UsageError, and KeysUnavailable when it cannot be had */
export function requireKey(host: Host, value: Input, options: ImportKeyOptions): Promise<Key> {
  return withKeysUnavailable(value, async () => (await readKey(host, value, options)).key);
}

/** A JWK Set in a file. @throws UsageError, and KeysUnavailable when it has no key to verify with */
export function requireKeySet(host: Host, value: Input): Promise<KeySet> {
  return withKeysUnavailable(value, async () => {
    const keys = importJwks(await readText(host, value));
    if (keys.keys.length > 0) return keys;
    throw new KeysUnavailableError(
      [`${value.name} has no usable key`, ...keys.skipped.map(formatSkippedKey)].join('; '),
    );
  });
}

/** Without it nothing can be said of a token, so whatever is wrong with it is no word about the token. */
export async function withKeysUnavailable<T>({ name }: Pick<Input, 'name'>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UnreadableError) throw new KeysUnavailableError(error.message);
    if (error instanceof JoseError)
      throw new KeysUnavailableError(`${name} cannot be used (${error.code}: ${error.message})`);
    throw error;
  }
}

export const IMPORT_OPTIONS: Options<'alg' | 'kid' | DecryptionOption> = {
  alg: { value: 'ALGORITHM', help: 'what the key is for. Default: its own alg, else that of its kind (RS256, ES256…)' },
  kid: { value: 'KID', help: 'its name. Default: its own kid, else the RFC 7638 thumbprint' },
  ...DECRYPTION_OPTIONS,
};

export async function readImportOptions(
  host: Host,
  args: Arguments<'alg' | 'kid' | DecryptionOption>,
): Promise<KeyImportOptions> {
  const [alg, kid] = [args.algorithm('alg'), args.text('kid')];
  return { alg, kid, ...(await readDecryptionOptions(host, args)) };
}

interface DecryptionOptions {
  readonly passphrase?: string;
  readonly maxIterations?: number;
}

type KeyImportOptions = Pick<ImportKeyOptions, 'alg' | 'kid'> & DecryptionOptions;

export async function readDecryptionOptions(host: Host, args: Arguments<DecryptionOption>): Promise<DecryptionOptions> {
  const [source, maxIterations] = [args.text('passphrase'), args.integer('max-iterations', [1, 999_999_999])];
  return {
    ...(source !== undefined && { passphrase: await readText(host, { name: '--passphrase', source }) }),
    ...(maxIterations !== undefined && { maxIterations }),
  };
}

/** Which key was left out, and why. */
export function formatSkippedKey({ index, kid, reason }: SkippedKey): string {
  return `key ${index}${kid === undefined ? '' : ` (kid ${quoteJson(kid)})`} was left out: ${reason}`;
}
