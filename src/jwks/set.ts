// A KeySet: keys to verify with, from which a header selects one (RFC 7517 §5, RFC 7515 §6).
import { JoseError } from '../errors.ts';
import { exportJwk } from '../jwk/export.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { checkOperation, isKey, type Key } from '../jwk/key.ts';
import { checkArgumentCount } from '../options.ts';

/** A member of a set that was skipped, and why. */
export interface SkippedKey {
  /** Its place in the `keys` array. */
  readonly index: number;
  readonly kid?: string;
  readonly reason: string;
}

/** Keys of which a header selects one, and why others are not among them. */
export interface SelectableKeys {
  readonly keys: readonly Key[];
  readonly skipped: readonly SkippedKey[];
}

/** Public keys to verify with or to encrypt to, or secrets to verify with; never both. */
export class KeySet {
  readonly #isKeySet: true = true;
  readonly keys: readonly Key[];
  readonly skipped: readonly SkippedKey[];

  /**
   * @throws TypeError when something in `keys` is not a Key, or may not verify; JoseError ERR_JWKS_INVALID when secrets and
   *   public keys are mixed: then a public key could be taken for a secret one (RFC 8725 §3.1)
   */
  constructor(keys: readonly Key[], skipped: readonly SkippedKey[] = []) {
    // An iterable may yield other keys at its second reading.
    this.keys = Object.freeze([...keys]);
    for (const key of this.keys) if (!isEncryptionPublicKey(key)) checkOperation(key, 'verify');
    if (new Set(this.keys.map((key) => key.type)).size > 1)
      throw new JoseError('ERR_JWKS_INVALID', 'the set mixes secrets with public keys: make two sets');
    this.skipped = Object.freeze(skipped.map((each) => Object.freeze({ ...each })));
    Object.freeze(this);
  }

  /** The keys a kid names, compared exactly (RFC 7515 §4.1.4 [7515-4.1.4-2]); all keys when there is no kid. */
  named(kid: string | undefined): readonly Key[] {
    checkArgumentCount(arguments.length, this.named);
    return Object.freeze(keysWithKid(this, kid));
  }

  /** The JWK Set to publish: the public members of the public keys. Secrets are left out. */
  toJSON(): { keys: Jwk[] } {
    return { keys: this.keys.filter((key) => key.type === 'public').map((key) => exportJwk(key)) };
  }

  static isKeySet(value: unknown): value is KeySet {
    return typeof value === 'object' && value !== null && #isKeySet in value;
  }
}

/** Whether a value is another's key to encrypt to, which is published beside those that verify. */
function isEncryptionPublicKey(key: unknown): boolean {
  return isKey(key) && key.use === 'enc' && key.type === 'public';
}

/** The keys that a kid names; a function, since a subclass may override `named`, and key selection must not ask that. */
export function keysWithKid(set: SelectableKeys, kid: string | undefined): readonly Key[] {
  return kid === undefined ? set.keys : set.keys.filter((key) => key.kid === kid);
}

/** Says why the only key of this kid was skipped: else its owner would seem to have no such key. */
export function noteOfSkipped(set: SelectableKeys, kid: string | undefined): string {
  const isUnnamed = kid === undefined || keysWithKid(set, kid).length > 0;
  const reason = isUnnamed ? undefined : set.skipped.find((key) => key.kid === kid)?.reason;
  return reason === undefined ? '' : `; the key of this kid was skipped: ${reason}`;
}
