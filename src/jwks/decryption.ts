// RFC 7517 §5: one's own keys to decrypt with, and which of them a header selects.
import { JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import {
  checkEncryptionKey,
  encryptionKeyFromJwk,
  encryptionRowOfJwk,
  isForEncryption,
} from '../jwk/encryption-key.ts';
import { exportJwk } from '../jwk/export.ts';
import { hasPrivateMembers, type Jwk, readJwk, unsupportedError } from '../jwk/jwk.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { argumentError, checkArgumentCount, type Rule, readOptions } from '../options.ts';
import {
  ENCRYPTION_KEYS_OPTIONS,
  fittingAlg,
  type ImportEncryptionKeysOptions,
  refusingRepeated,
} from './encryption.ts';
import { readEachKey, readJwkSet } from './import.ts';
import { keysWithKid, noteOfSkipped, type SelectableKeys, type SkippedKey } from './set.ts';

/**
 * Private keys and secrets to decrypt with. As JSON it is the public set that others encrypt to.
 */
export class DecryptionKeys {
  readonly #isDecryptionKeys: true = true;
  readonly keys: readonly Key[];
  readonly skipped: readonly SkippedKey[];

  /** @throws TypeError when `keys` is no array, or something in it is not a Key or may not decrypt */
  constructor(keys: readonly Key[], skipped: readonly SkippedKey[] = []) {
    if (!Array.isArray(keys)) throw argumentError('keys', 'an array of Keys', keys);
    // A copy is checked: the caller's array could have other members at the second look.
    this.keys = Object.freeze([...keys]);
    for (const key of this.keys) checkEncryptionKey(key, 'decrypt', 'keys');
    this.skipped = Object.freeze(skipped.map((each) => Object.freeze({ ...each })));
    Object.freeze(this);
  }

  /** The JWK Set to publish: the public keys of the private ones. Secrets are left out. */
  toJSON(): { keys: Jwk[] } {
    return { keys: this.keys.filter((key) => key.type === 'private').map((key) => exportJwk(key)) };
  }

  static isDecryptionKeys(value: unknown): value is DecryptionKeys {
    return typeof value === 'object' && value !== null && #isDecryptionKeys in value;
  }
}

/**
 * One's own JWK Set, as an object or JSON text, → DecryptionKeys. Keys for signatures, public, weak and malformed ones are
 * skipped, each with its reason.
 *
 * @throws JoseError ERR_JWKS_INVALID when it is no JWK Set; ERR_JOSE_LIMIT_EXCEEDED over `maxBytes` or `maxKeys`; TypeError
 *   for the options
 */
export function importDecryptionKeys(jwks: unknown, options?: ImportEncryptionKeysOptions): DecryptionKeys {
  checkArgumentCount(arguments.length, importDecryptionKeys);
  const { alg, maxKeys, maxBytes } = readOptions(options, ENCRYPTION_KEYS_OPTIONS);
  const read = refusingRepeated((member) => {
    const jwk = readJwk(member, 'enc');
    if (!hasPrivateMembers(jwk)) throw unsupportedError('the key is public: decryption needs the private key');
    return encryptionKeyFromJwk(jwk, encryptionRowOfJwk(jwk, { alg: fittingAlg(jwk, alg) }));
  });
  const { keys, skipped } = readEachKey(readJwkSet(jwks, maxKeys, maxBytes), read);
  return new DecryptionKeys(keys, skipped);
}

/** The rule of the option by which a caller says that anyone may have made a token. */
export const aNullSender: Rule = [(value) => value === null, 'null, which says that the sender is unknown'];

/** Whether a key to decrypt with is private: then anyone can encrypt to its public key, and the sender is unknown. */
export function hasPrivateKey(keys: Key | DecryptionKeys): boolean {
  return (isKey(keys) ? [keys] : keys.keys).some(({ type }) => type === 'private');
}

/**
 * Checks the keys to decrypt with, before any token is read.
 * @throws TypeError when `keys` is neither a Key that may decrypt nor DecryptionKeys
 */
export function checkDecryptionKeys(keys: Key | DecryptionKeys, argument = 'keys'): void {
  if (DecryptionKeys.isDecryptionKeys(keys)) return;
  if (!isKey(keys)) throw argumentError(argument, KEYS, keys);
  checkEncryptionKey(keys, 'decrypt', argument);
}

const KEYS = 'a Key or DecryptionKeys (importKey, importSecret, importPassword, importDecryptionKeys)';

/**
 * The one key that fits the header, of the alg that it names [7516-4.1.1-1] [7516-5.2-7]. A Key by itself is the
 * caller's own choice, so its kid is not compared. Of several keys the kid says which: none is tried after another, so
 * that a stranger's token costs nothing.
 *
 * @throws JoseError ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS
 */
export function selectDecryptionKey(header: ReadHeader, enc: string, keys: Key | DecryptionKeys): Key {
  return selectForEncryption(header, keys, (key) =>
    isForEncryption(checkEncryptionKey(key, 'decrypt'), header.alg, enc),
  );
}

/** The one key of which `fits` is true: the given one, or that of several which the header names. */
export function selectForEncryption({ kid }: ReadHeader, keys: Key | SelectableKeys, fits: (key: Key) => boolean): Key {
  if (isKey(keys)) {
    if (fits(keys)) return keys;
    throw new JoseError('ERR_JOSE_ALG_NOT_ALLOWED', 'the alg or enc of the token is not the one of the key');
  }
  const [found, second] = keysWithKid(keys, kid).filter(fits);
  if (!found) {
    const note = noteOfSkipped(keys, kid);
    throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', `no key fits the kid, alg and enc of the token${note}`);
  }
  if (second || (kid === undefined && keys.keys.length > 1))
    throw new JoseError('ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'of several keys, the kid of the token must name one');
  return found;
}
