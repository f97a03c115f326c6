// The keys of explainJwt: those of verifyJwt, or of a token that is encrypted.
import { isKey, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import { KeySet } from '../jwks/set.ts';
import { argumentError, isPlainObject, type OptionRules, readOptions, withArgumentNames } from '../options.ts';
import type { TokenDecrypter } from '../verifier/decrypt-with.ts';
import { DECRYPTION_STEPS, type DecryptionSteps, TOKEN_READERS } from '../verifier/token-reader.ts';

/** The keys of a token that is encrypted. */
export interface EncryptedJwtKeys {
  /** As decryptWith returns it. */
  readonly decrypt: TokenDecrypter;
  /** Those that verify the token inside. null: the token is encrypted only, so that its sender is unknown. */
  readonly verify: Key | KeySet | null;
}

/** The keys, read. */
export type ExplainedKeys =
  | { readonly decrypt: DecryptionSteps | undefined; readonly verify: Key | KeySet }
  | { readonly decrypt: DecryptionSteps; readonly verify: null };

const RULES: OptionRules<EncryptedJwtKeys> = {
  decrypt: [(value) => stepsOf(value) !== undefined, 'made by decryptWith(keys)'],
  verify: [
    (value) => value === null || isKey(value) || KeySet.isKeySet(value),
    'a Key or a KeySet, or null for a token that is encrypted only',
  ],
};

function stepsOf(decrypter: unknown): DecryptionSteps | undefined {
  const reader = TOKEN_READERS.get(Object(decrypter));
  return reader && DECRYPTION_STEPS.get(reader);
}

/** @throws TypeError naming the key that is missing, or not for its operation */
export function readExplainedKeys(keys: Key | KeySet | EncryptedJwtKeys): ExplainedKeys {
  if (!isEncryptedJwtKeys(keys)) {
    checkKeys(keys);
    return { decrypt: undefined, verify: keys };
  }
  const { decrypt, verify } = readOptions(keys, RULES, { argument: 'keys', needed: ['decrypt', 'verify'] });
  const steps = stepsOf(decrypt);
  /* v8 ignore next -- the rule has asked for them */
  if (!steps) throw argumentError('keys.decrypt', RULES.decrypt[1], decrypt);
  if (verify === null) return { decrypt: steps, verify };
  withArgumentNames(() => checkKeys(verify), { key: 'keys.verify', key_ops: 'keys.verify: the key_ops' });
  return { decrypt: steps, verify };
}

function isEncryptedJwtKeys(keys: Key | KeySet | EncryptedJwtKeys): keys is EncryptedJwtKeys {
  return isPlainObject(keys) && Object.hasOwn(keys, 'decrypt');
}
