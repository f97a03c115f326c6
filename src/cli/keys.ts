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
import { type Arguments, asUsage, type Options } from './arguments.ts';
import { readMembers } from './json.ts';
import { quoted } from './paper.ts';
import { readOctets, readText, textOf, type Value } from './values.ts';
import { KeysUnavailable, Unreadable, type World } from './world.ts';

export type KeyForm = 'jwk' | 'pem';

export const KEY_FORMS = ['jwk', 'pem'] as const;

/** A key as it was read: not yet judged. */
export interface Material {
  /** The form to answer in. DER is answered in PEM. */
  readonly form: KeyForm;
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
export async function readMaterial(world: World, value: Value): Promise<Material> {
  const octets = await readOctets(world, value);
  const text = textOf(octets);
  if (/^\s*\{/.test(text)) return { form: 'jwk', content: asJwk(readMembers(text, 'the JWK')) };
  return { form: 'pem', content: text.includes('-----BEGIN ') ? text : octets };
}

/** importKey says what is missing in it. */
function asJwk(members: { readonly [name: string]: unknown }): Jwk {
  return { ...members, kty: typeof members.kty === 'string' ? members.kty : '' };
}

/** A key in memory, and the form that it came in. */
export interface ReadKey {
  readonly key: Key;
  readonly form: KeyForm;
}

/** The key that a command is about. @throws UsageError, Unreadable, JoseError of importKey */
export async function readKey(world: World, value: Value, options: ImportKeyOptions): Promise<ReadKey> {
  const { form, content } = await readMaterial(world, value);
  return { form, key: await asUsage(() => importKey(content, options)) };
}

/** The key that a command needs for something else. @throws UsageError, and KeysUnavailable when it cannot be had */
export function needKey(world: World, value: Value, options: ImportKeyOptions): Promise<Key> {
  return needed(value, async () => (await readKey(world, value, options)).key);
}

/** A JWK Set in a file. @throws UsageError, and KeysUnavailable when it has no key to verify with */
export function needKeySet(world: World, value: Value): Promise<KeySet> {
  return needed(value, async () => {
    const keys = importJwks(await readText(world, value));
    if (keys.keys.length > 0) return keys;
    throw new KeysUnavailable([`${value.name} has no usable key`, ...keys.skipped.map(tellSkipped)].join('; '));
  });
}

/** Without it nothing can be said of a token, so whatever is wrong with it is no word about the token. */
export async function needed<T>({ name }: Pick<Value, 'name'>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Unreadable) throw new KeysUnavailable(error.message);
    if (error instanceof JoseError)
      throw new KeysUnavailable(`${name} cannot be used (${error.code}: ${error.message})`);
    throw error;
  }
}

export const IMPORT_OPTIONS: Options<'alg' | 'kid' | DecryptionOption> = {
  alg: { value: 'ALGORITHM', help: 'what the key is for. Default: its own alg, else that of its kind (RS256, ES256…)' },
  kid: { value: 'KID', help: 'its name. Default: its own kid, else the RFC 7638 thumbprint' },
  ...DECRYPTION_OPTIONS,
};

export async function readImportOptions(
  world: World,
  given: Arguments<'alg' | 'kid' | DecryptionOption>,
): Promise<ReadImportOptions> {
  const [alg, kid] = [given.algorithm('alg'), given.text('kid')];
  return { alg, kid, ...(await readDecryption(world, given)) };
}

interface Decryption {
  readonly passphrase?: string;
  readonly maxIterations?: number;
}

type ReadImportOptions = Pick<ImportKeyOptions, 'alg' | 'kid'> & Decryption;

export async function readDecryption(world: World, given: Arguments<DecryptionOption>): Promise<Decryption> {
  const [source, maxIterations] = [given.text('passphrase'), given.whole('max-iterations', [1, 999_999_999])];
  return {
    ...(source !== undefined && { passphrase: await readText(world, { name: '--passphrase', source }) }),
    ...(maxIterations !== undefined && { maxIterations }),
  };
}

/** Which key was left out, and why. */
export function tellSkipped({ index, kid, reason }: SkippedKey): string {
  return `key ${index}${kid === undefined ? '' : ` (kid ${quoted(kid)})`} was left out: ${reason}`;
}
