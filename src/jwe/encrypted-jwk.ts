// RFC 7517 §7: a private key or secret, or a set of them, as a JWE: written and read.
import { encodeUtf8, readUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import { aContentEncryption, type ContentEncryption } from '../jwa/content-encryption.ts';
import { checkEncryptionKey } from '../jwk/encryption-key.ts';
import { exportPrivateJwk } from '../jwk/export-private.ts';
import { IMPORT_OPTIONS, type ImportKeyOptions, importKey } from '../jwk/import.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { isKey, type Key, keyPartsOf } from '../jwk/key.ts';
import { aNullSender, checkDecryptionKeys, type DecryptionKeys, hasPrivateKey } from '../jwks/decryption.ts';
import { readEachKey, readJwkSet } from '../jwks/import.ts';
import type { SkippedKey } from '../jwks/set.ts';
import { aBoolean, argumentError, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import { decryptJwe, encryptJwe } from './compact.ts';
import { CODE } from './header.ts';

export interface ExportEncryptedJwkOptions {
  /** The content encryption. Default A256GCM; of a key for `dir`, its own. */
  readonly enc?: ContentEncryption | undefined;
}

const EXPORT_OPTIONS: OptionRules<ExportEncryptedJwkOptions> = { enc: aContentEncryption };

/**
 * A private key or secret → its JWK, encrypted, as a compact JWE (RFC 7517 §7 [7517-7-1]).
 *
 * @param encryptingKey a password, a secret, or the public key of whoever may read it
 * @throws JoseError as encryptJwe; TypeError for the arguments, such as a public key or a password in place of the key
 */
export function exportEncryptedJwk(key: Key, encryptingKey: Key, options?: ExportEncryptedJwkOptions): string {
  checkArgumentCount(arguments.length, exportEncryptedJwk);
  return encryptJson(exportPrivateJwk(key), 'jwk+json', { encryptingKey, options });
}

/**
 * Private keys and secrets, for signatures and for encryption alike → their JWK Set, encrypted, as a compact JWE (RFC 7517
 * §7).
 *
 * @param keys at least one
 * @param encryptingKey a password, a secret, or the public key of whoever may read them
 * @throws JoseError as encryptJwe; TypeError for the arguments
 */
export function exportEncryptedJwks(
  keys: readonly Key[],
  encryptingKey: Key,
  options?: ExportEncryptedJwkOptions,
): string {
  checkArgumentCount(arguments.length, exportEncryptedJwks);
  const copy = Array.isArray(keys) ? [...keys] : [];
  if (copy.length === 0 || !copy.every(hasPrivateJwk)) throw argumentError('keys', PRIVATE_KEYS, keys);
  return encryptJson({ keys: copy.map((key) => exportPrivateJwk(key)) }, 'jwk-set+json', { encryptingKey, options });
}

const PRIVATE_KEYS = 'an array of private or secret Keys, at least one and no password';

function hasPrivateJwk(key: unknown): boolean {
  return isKey(key) && key.type !== 'public' && keyPartsOf(key).iterations === undefined;
}

/** The key that keys are encrypted with, and its options. */
interface Encryption {
  readonly encryptingKey: Key;
  readonly options: ExportEncryptedJwkOptions | undefined;
}

/** [7517-7-2] cty says which of the two it is. */
function encryptJson(value: Jwk | { readonly keys: readonly Jwk[] }, cty: Cty, { encryptingKey, options }: Encryption) {
  const { enc } = readOptions(options, EXPORT_OPTIONS);
  checkEncryptionKey(encryptingKey, 'encrypt', 'encryptingKey');
  return encryptJwe(encodeUtf8(JSON.stringify(value)), encryptingKey, { enc, header: { cty } });
}

type Cty = 'jwk+json' | 'jwk-set+json';

export interface ImportEncryptedJwksOptions {
  /**
   * null, needed where a key to decrypt with is private: anyone can encrypt to its public key, so that whoever made the
   * token may know the key in it. Trust then comes from how the token reached you.
   */
  readonly sender?: null | undefined;
  /** true: a compressed plaintext is accepted, of at most 250,000 octets. Default false. */
  readonly zip?: boolean | undefined;
}

/** `enc` is that of a secret for `dir` within, as for {@link importKey}. */
export interface ImportEncryptedJwkOptions
  extends ImportEncryptedJwksOptions,
    Pick<ImportKeyOptions, 'alg' | 'kid' | 'use' | 'enc'> {}

const DECRYPTION_OPTIONS: OptionRules<ImportEncryptedJwksOptions> = {
  sender: aNullSender,
  zip: aBoolean,
};

const JWK_OPTIONS = /* @__PURE__ */ jwkOptions();

function jwkOptions(): OptionRules<ImportEncryptedJwkOptions> {
  const { alg, kid, use, enc } = IMPORT_OPTIONS;
  return { ...DECRYPTION_OPTIONS, alg, kid, use, enc };
}

/**
 * An encrypted JWK, as a compact JWE, → Key (RFC 7517 §7).
 *
 * @param keys a password, a secret, a private key, or DecryptionKeys, of which the token's kid names one
 * @throws JoseError as `decryptJwe` for the token, and ERR_JWE_INVALID for another cty; as `importKey` for the JWK in it;
 *   TypeError for the arguments
 */
export function importEncryptedJwk(
  token: string,
  keys: Key | DecryptionKeys,
  options?: ImportEncryptedJwkOptions,
): Key {
  checkArgumentCount(arguments.length, importEncryptedJwk);
  const { alg, kid, use, enc, ...decryption } = readOptions(options, JWK_OPTIONS);
  const octets = decryptAs('jwk+json', { token, keys, options: ownMembers(decryption) });
  const reading = { code: 'ERR_JWK_INVALID', what: 'decrypted JWK', maxMembers: MAX_MEMBERS } as const;
  return importKey(parseJsonObject(octets, reading) as unknown as Jwk, { alg, kid, use, enc });
}

/** The keys of an encrypted JWK Set. */
export interface ImportedJwks {
  /** For signatures and for encryption alike. */
  readonly keys: readonly Key[];
  readonly skipped: readonly SkippedKey[];
}

/**
 * An encrypted JWK Set, as a compact JWE, → its Keys, for signatures and for encryption alike (RFC 7517 §7). Members that
 * `importKey` refuses are skipped, each with its reason.
 *
 * @param keys a password, a secret, a private key, or DecryptionKeys, of which the token's kid names one
 * @throws JoseError as `decryptJwe` for the token, and ERR_JWE_INVALID for another cty; ERR_JWKS_INVALID when it is no
 *   JWK Set, ERR_JOSE_LIMIT_EXCEEDED over 100 keys; TypeError for the arguments
 */
export function importEncryptedJwks(
  token: string,
  keys: Key | DecryptionKeys,
  options?: ImportEncryptedJwksOptions,
): ImportedJwks {
  checkArgumentCount(arguments.length, importEncryptedJwks);
  const read = readOptions(options, DECRYPTION_OPTIONS);
  const octets = decryptAs('jwk-set+json', { token, keys, options: read });
  const members = readJwkSet(readUtf8(octets) ?? '');
  const { keys: imported, skipped } = readEachKey(members, (member) => importKey(member as unknown as Jwk));
  return Object.freeze({ keys: Object.freeze(imported), skipped: Object.freeze(skipped) });
}

/** An encrypted key, or a set of them, and how it is decrypted. */
interface Encrypted {
  readonly token: string;
  readonly keys: Key | DecryptionKeys;
  readonly options: ImportEncryptedJwksOptions;
}

function decryptAs(wanted: Cty, { token, keys, options: { sender, zip } }: Encrypted): Uint8Array {
  checkDecryptionKeys(keys);
  if (sender === undefined && hasPrivateKey(keys))
    throw new TypeError(
      'options.sender must be null where a key is private: anyone can encrypt to its public key, so that whoever made the ' +
        'token may know the key in it',
    );
  const { plaintext, header } = decryptJwe(token, keys, { zip });
  checkCty(ownMembers(header).cty, wanted);
  return plaintext;
}

/** [7517-7-2] The caller knows what it reads, so that cty may be absent; it must not say otherwise. */
function checkCty(cty: string | undefined, wanted: Cty): void {
  if (cty !== undefined && !SPELLINGS[wanted].test(cty))
    throw new JoseError(CODE, `the cty of the token is not ${wanted}`);
}

/** RFC 7515 §4.1.10: media types, whose letters may be of either case, and whose `application/` may be left out. */
const SPELLINGS: Readonly<Record<Cty, RegExp>> = {
  'jwk+json': /^(application\/)?jwk\+json$/i,
  'jwk-set+json': /^(application\/)?jwk-set\+json$/i,
};
