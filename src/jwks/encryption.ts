// RFC 7517 §5: the public keys of others, to encrypt to, out of a published set.
import { JoseError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { findKeyManagementRow, isKeyManagementAlgorithm, type KeyManagementAlgorithm } from '../jwa/key-management.ts';
import { encryptionPublicKeyFromJwk, encryptionRowOfJwk, isSameEncryptionKey } from '../jwk/encryption-key.ts';
import { hasPrivateMembers, type Jwk, readJwk, unsupportedError } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import { aCount, checkArgumentCount, type OptionRules, type Rule, readOptions } from '../options.ts';
import { readEachKey, readJwkSet } from './import.ts';
import { canonicalJwk } from './published.ts';
import { KeySet } from './set.ts';

export interface ImportEncryptionKeysOptions {
  /** The algorithm of keys that name none, where it fits their kind. Default: RSA-OAEP-256, ECDH-ES+A256KW. */
  readonly alg?: KeyManagementAlgorithm | undefined;
  /** The most keys the set may have. Default 100. */
  readonly maxKeys?: number | undefined;
  /** The most octets the set may have, as JSON. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
}

const aKeyManagementAlgorithm: Rule = [
  isKeyManagementAlgorithm,
  "a key management algorithm such as 'RSA-OAEP-256'",
  'algorithm',
];

/** The rules of the options, which sets of one's own keys have as well. */
export const ENCRYPTION_KEYS_OPTIONS: OptionRules<ImportEncryptionKeysOptions> = {
  alg: aKeyManagementAlgorithm,
  maxKeys: aCount,
  maxBytes: aCount,
};

/** The caller's alg for a key that names none, where it fits its kind. */
export function fittingAlg(
  { kty, crv, alg: own }: Jwk,
  alg: KeyManagementAlgorithm | undefined,
): KeyManagementAlgorithm | undefined {
  return own === undefined && findKeyManagementRow(kty, crv, { alg }) ? alg : undefined;
}

/** A reader of members that refuses a key it has read before: of a key twice in a set, no token could name one. */
export function refusingRepeated(read: (member: JsonObject) => Key): (member: JsonObject) => Key {
  const seen: Key[] = [];
  return (member) => {
    const key = read(member);
    if (seen.some((each) => each.kid === key.kid && isSameEncryptionKey(each, key)))
      throw new JoseError('ERR_JWK_INVALID', 'the key is in the set already, under this kid');
    seen.push(key);
    return key;
  };
}

/**
 * A JWK Set of others, as an object or JSON text, → KeySet of the public keys that one can encrypt to. Keys for signatures,
 * secrets, private, weak and malformed keys are skipped, each with its reason (RFC 7517 §5 [7517-5-4]).
 *
 * @throws JoseError ERR_JWKS_INVALID when it is no JWK Set; ERR_JOSE_LIMIT_EXCEEDED over `maxBytes` or `maxKeys`; TypeError
 *   for the options
 */
export function importEncryptionKeys(jwks: unknown, options?: ImportEncryptionKeysOptions): KeySet {
  checkArgumentCount(arguments.length, importEncryptionKeys);
  const { alg, maxKeys, maxBytes } = readOptions(options, ENCRYPTION_KEYS_OPTIONS);
  const read = refusingRepeated((member) => {
    const jwk = readJwk(canonicalJwk(member), 'enc');
    if (jwk.kty === 'oct') throw unsupportedError('a secret is not a key that others encrypt to');
    const row = encryptionRowOfJwk(jwk, { alg: fittingAlg(jwk, alg) });
    if (hasPrivateMembers(jwk)) throw new JoseError('ERR_JWK_INVALID', 'the key is published with its private members');
    return encryptionPublicKeyFromJwk(jwk, row);
  });
  const { keys, skipped } = readEachKey(readJwkSet(jwks, maxKeys, maxBytes), read);
  return new KeySet(keys, skipped);
}
