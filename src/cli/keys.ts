// Reads the key that a command is about or needs. Its format (JWK, encrypted JWK, PEM or DER) is detected from the content.
import {
  CONTENT_ENCRYPTIONS,
  type ImportKeyOptions,
  type ImportPasswordOptions,
  importEncryptedJwk,
  importKey,
  importPassword,
  JoseError,
  type Jwk,
  type Key,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { isEncryptedToken, readEncryptedToken } from './encrypted-token.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import { type Host, UsageError } from './host.ts';
import { decodeText, type Input, readOctets, readText } from './input.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

export type KeyFormat = 'jwk' | 'pem';

export const KEY_FORMATS = ['jwk', 'pem'] as const;

/** The content of a key file, before import. */
export interface KeyMaterial {
  /** The format of the command's answer, which is PEM for a DER key. */
  readonly format: KeyFormat;
  /** A JWK, an encrypted JWK or a PEM as text, or DER. */
  readonly content: Jwk | string | Uint8Array;
}

export const KEY_OPERAND = {
  name: 'KEY',
  help: 'a key as JWK, encrypted JWK, PEM or DER: - (standard input, the default), @FILE or env:NAME',
  isSource: true,
} as const;

export type DecryptionOption = 'passphrase' | 'max-iterations';

export const DECRYPTION_OPTIONS: Options<DecryptionOption> = {
  passphrase: { value: 'VALUE', help: 'decrypts an encrypted JWK, PEM or DER key: @FILE or env:NAME' },
  'max-iterations': {
    value: 'NUMBER',
    help: 'the most key derivation iterations of an encrypted key. Default: 1000000, or 600000 for PBES2 (encrypted JWKs and passwords)',
  },
};

export const ALG_OPTION = {
  value: 'ALGORITHM',
  help: "the key's algorithm. Default: its own alg, else the first one for its type (RS256, ES256…)",
} as const;

export type ImportOption = 'alg' | 'kid' | 'enc' | DecryptionOption;

export const IMPORT_OPTIONS: Options<ImportOption> = {
  alg: { ...ALG_OPTION, help: `${ALG_OPTION.help}. One such as RSA-OAEP-256 makes it a key for encryption` },
  enc: { value: 'ENC', help: 'the content encryption of a secret for dir. Default: its own alg' },
  kid: { value: 'KID', help: "the key's kid. Default: its own kid, else the RFC 7638 thumbprint" },
  ...DECRYPTION_OPTIONS,
};

/** @throws UsageError, UnreadableError; JoseError ERR_JWK_INVALID for a text that starts like a JWK and is none */
export async function readKeyMaterial(host: Host, input: Input): Promise<KeyMaterial> {
  const octets = await readOctets(host, input);
  const text = decodeText(octets);
  if (/^\s*\{/.test(text)) return { format: 'jwk', content: asJwk(parseJsonObject(text, 'the JWK')) };
  if (isEncryptedToken(text)) return { format: 'jwk', content: text };
  return { format: 'pem', content: text.includes('-----BEGIN ') ? text : octets };
}

/** Leaves every error but a missing kty to importKey. */
function asJwk(members: JsonObject): Jwk {
  return { ...members, kty: typeof members.kty === 'string' ? members.kty : '' };
}

/** Imports a key of any format. @throws JoseError, TypeError */
export function importMaterial(content: KeyMaterial['content'], options: KeyImportOptions): Key {
  if (typeof content !== 'string' || !isEncryptedToken(content)) return importKey(content, options);
  const { passphrase, maxIterations, ...others } = options;
  if (passphrase === undefined) throw new JoseError('ERR_JWK_INVALID', 'the JWK is encrypted: give options.passphrase');
  return importEncryptedJwk(content, importTokenPassword(content, passphrase, maxIterations), others);
}

/**
 * Makes a password a key for the alg that a token names.
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED when that is none for passwords
 */
export function importTokenPassword(token: string, password: string, maxIterations: number | undefined): Key {
  const alg = findPasswordAlgorithm(readEncryptedToken(token).header);
  if (alg === undefined)
    throw new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the token is not encrypted under a password, but under a key');
  return importReadingPassword(password, alg, maxIterations);
}

/** Makes a password a key to decrypt with. */
export function importReadingPassword(
  password: string,
  alg: PasswordAlgorithm,
  maxIterations: number | undefined,
): Key {
  // The iterations are those of tokens that are written, and must be at most maxIterations.
  return importPassword(password, { alg, iterations: 1000, maxIterations });
}

/** Returns the algorithm of a header, if it is one for passwords. */
export function findPasswordAlgorithm({ alg }: JsonObject): PasswordAlgorithm | undefined {
  return PASSWORD_ALGORITHMS.find((each) => each === alg);
}

export type PasswordAlgorithm = ImportPasswordOptions['alg'];

export const PASSWORD_ALGORITHMS: readonly PasswordAlgorithm[] = [
  'PBES2-HS256+A128KW',
  'PBES2-HS384+A192KW',
  'PBES2-HS512+A256KW',
];

/** A key, and the format that it was read in. */
export interface FormattedKey {
  readonly key: Key;
  readonly format: KeyFormat;
}

/** Reads the key that a command is about. @throws UsageError, UnreadableError, JoseError of importKey */
export async function readKeyInput(host: Host, input: Input, options: KeyImportOptions): Promise<FormattedKey> {
  const { format, content } = await readKeyMaterial(host, input);
  return { format, key: await withUsageErrors(() => importMaterial(content, options)) };
}

/** Reads a key that a command needs for its work. @throws UsageError, KeysUnavailableError */
export function requireKey(host: Host, input: Input, options: KeyImportOptions): Promise<Key> {
  return withKeysUnavailable(input.name, async () => (await readKeyInput(host, input, options)).key);
}

/**
 * Reads the public key or secret of --key. A private key must not be on the machines that verify or encrypt, from which
 * it could be stolen.
 * @throws UsageError, KeysUnavailableError
 */
export async function requirePublicKey(host: Host, source: string, options: KeyImportOptions): Promise<Key> {
  const key = await requireKey(host, { name: '--key', source, isPublic: true }, options);
  if (key.type === 'private')
    throw new UsageError('--key must be a public key or a secret; `barejose key public` prints the public key');
  return key;
}

interface DecryptionOptions {
  readonly passphrase?: string;
  readonly maxIterations?: number;
}

export type KeyImportOptions = Pick<ImportKeyOptions, 'alg' | 'kid' | 'use' | 'enc'> & DecryptionOptions;

export async function readImportOptions(host: Host, args: Arguments<ImportOption>): Promise<KeyImportOptions> {
  const [alg, enc, kid] = [args.anyAlgorithm('alg'), args.choice('enc', CONTENT_ENCRYPTIONS), args.text('kid')];
  return { alg, enc, kid, ...(await readDecryptionOptions(host, args)) };
}

export async function readDecryptionOptions(host: Host, args: Arguments<DecryptionOption>): Promise<DecryptionOptions> {
  const [source, maxIterations] = [args.text('passphrase'), args.integer('max-iterations', [1, 999_999_999])];
  return {
    ...(source !== undefined && { passphrase: await readText(host, { name: '--passphrase', source }) }),
    ...(maxIterations !== undefined && { maxIterations }),
  };
}
