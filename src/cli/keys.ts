// Reads the key that a command is about or needs. Its format (JWK, PEM or DER) is detected from the content.
import { type ImportKeyOptions, importKey, type Jwk, type Key } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import type { Host } from './host.ts';
import { decodeText, type Input, readOctets, readText } from './input.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

export type KeyFormat = 'jwk' | 'pem';

export const KEY_FORMATS = ['jwk', 'pem'] as const;

/** The content of a key file, before import. */
export interface KeyMaterial {
  /** The format of the command's answer, which is PEM for a DER key. */
  readonly format: KeyFormat;
  readonly content: Jwk | string | Uint8Array;
}

export const KEY_OPERAND = {
  name: 'KEY',
  help: 'a JWK, PEM or DER key: - (standard input, the default), @FILE or env:NAME',
  isSource: true,
} as const;

export type DecryptionOption = 'passphrase' | 'max-iterations';

export const DECRYPTION_OPTIONS: Options<DecryptionOption> = {
  passphrase: { value: 'VALUE', help: 'decrypts an encrypted PEM or DER key: @FILE or env:NAME' },
  'max-iterations': {
    value: 'NUMBER',
    help: 'the most key derivation iterations of an encrypted key. Default: 1000000',
  },
};

export const ALG_OPTION = {
  value: 'ALGORITHM',
  help: "the key's algorithm. Default: its own alg, else the first one for its type (RS256, ES256…)",
} as const;

export type ImportOption = 'alg' | 'kid' | DecryptionOption;

export const IMPORT_OPTIONS: Options<ImportOption> = {
  alg: ALG_OPTION,
  kid: { value: 'KID', help: "the key's kid. Default: its own kid, else the RFC 7638 thumbprint" },
  ...DECRYPTION_OPTIONS,
};

/** @throws UsageError, UnreadableError; JoseError ERR_JWK_INVALID for a text that starts like a JWK and is none */
export async function readKeyMaterial(host: Host, input: Input): Promise<KeyMaterial> {
  const octets = await readOctets(host, input);
  const text = decodeText(octets);
  if (/^\s*\{/.test(text)) return { format: 'jwk', content: asJwk(parseJsonObject(text, 'the JWK')) };
  return { format: 'pem', content: text.includes('-----BEGIN ') ? text : octets };
}

/** Leaves every error but a missing kty to importKey. */
function asJwk(members: JsonObject): Jwk {
  return { ...members, kty: typeof members.kty === 'string' ? members.kty : '' };
}

/** A key, and the format that it was read in. */
export interface FormattedKey {
  readonly key: Key;
  readonly format: KeyFormat;
}

/** Reads the key that a command is about. @throws UsageError, UnreadableError, JoseError of importKey */
export async function readKeyInput(host: Host, input: Input, options: ImportKeyOptions): Promise<FormattedKey> {
  const { format, content } = await readKeyMaterial(host, input);
  return { format, key: await withUsageErrors(() => importKey(content, options)) };
}

/** Reads a key that a command needs for its work. @throws UsageError, KeysUnavailableError */
export function requireKey(host: Host, input: Input, options: ImportKeyOptions): Promise<Key> {
  return withKeysUnavailable(input.name, async () => (await readKeyInput(host, input, options)).key);
}

interface DecryptionOptions {
  readonly passphrase?: string;
  readonly maxIterations?: number;
}

type KeyImportOptions = Pick<ImportKeyOptions, 'alg' | 'kid'> & DecryptionOptions;

export async function readImportOptions(host: Host, args: Arguments<ImportOption>): Promise<KeyImportOptions> {
  const [alg, kid] = [args.algorithm('alg'), args.text('kid')];
  return { alg, kid, ...(await readDecryptionOptions(host, args)) };
}

export async function readDecryptionOptions(host: Host, args: Arguments<DecryptionOption>): Promise<DecryptionOptions> {
  const [source, maxIterations] = [args.text('passphrase'), args.integer('max-iterations', [1, 999_999_999])];
  return {
    ...(source !== undefined && { passphrase: await readText(host, { name: '--passphrase', source }) }),
    ...(maxIterations !== undefined && { maxIterations }),
  };
}
