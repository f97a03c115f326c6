// Key: a KeyObject married to one algorithm and one use. A token's header may only agree with it (RFC 8725 §3.1).
import { createPublicKey, type KeyObject } from 'node:crypto';
import { ownMembers, quote } from '../json.ts';
import type { KeyManagementAlgorithm } from '../jwa/key-management.ts';
import { isNameOf, type ReadyKey, type SignatureAlgorithm } from '../jwa/signatures.ts';
import type { KeyRow } from '../jwa/support.ts';
import { argumentError, checkArgumentCount, type Rule } from '../options.ts';

/** The parts of a Key. */
interface KeyParts {
  readonly keyObject: KeyObject;
  readonly row: KeyRow;
  readonly kid: string | undefined;
  /** key_ops (RFC 7517 §4.3), where the JWK had them. */
  readonly operations: readonly string[] | undefined;
  /** The iterations of PBKDF2, of a password. */
  readonly iterations?: PasswordIterations | undefined;
}

/** The iterations of PBKDF2 that a message is written with, and the most that are read. */
export interface PasswordIterations {
  readonly written: number;
  readonly most: number;
}

/** The state that an operation prepares of a Key at its first use, and finds there at the next. */
interface KeySlot {
  ready: ReadyKey | undefined;
}

/**
 * Makes structuredClone throw, which would else silently copy a Key without its key material. It throws at a member
 * that is a symbol, and shows the symbol's description. Key prints itself, so neither inspect nor JSON shows the
 * member.
 */
const NOT_CLONED: PropertyDescriptor = /* @__PURE__ */ ownMembers({
  value: /* @__PURE__ */ Symbol('a Key is exported and imported, not cloned'),
  enumerable: true,
});

/** Needed to make a Key, and known in this file only. */
const PROOF: unique symbol = Symbol('Key');

/** For jwk/ only: makes a Key of parts that were checked. */
export let makeKey: (parts: KeyParts) => Key;
/** For jwk/ only: the parts of a Key. */
export let keyPartsOf: (key: Key) => KeyParts;
/** Whether a value is a Key of ours. A look-alike is not: the brand is a private field. */
export let isKey: (value: unknown) => value is Key;
/** For jwk/ only: the slot of a Key. */
export let keySlotOf: (key: Key) => KeySlot;

/**
 * A cryptographic key that knows the one algorithm it is for. Made by the import functions (importKey,
 * importSecret, importPassword, importJwks, importEncryptionKeys, importDecryptionKeys) and generateKey alone. It
 * prints as `Key { ES256 public kid="…" }` wherever it is printed.
 *
 * A Key stays in the thread and the copy of barejose that made it: structuredClone and postMessage throw a DataCloneError.
 * To take one to another thread, export it (exportJwk, exportPrivateJwk, exportPrivatePem) and import it there.
 */
export class Key {
  static {
    makeKey = (parts) => new Key(PROOF, parts);
    keyPartsOf = (key) => key.#parts;
    isKey = (value): value is Key => typeof value === 'object' && value !== null && #parts in value;
    keySlotOf = (key) => key.#slot;
    Object.defineProperty(Key.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: Key.prototype.toString });
  }

  readonly #parts: KeyParts;
  readonly #slot: KeySlot = { ready: undefined };
  readonly type: 'public' | 'private' | 'secret';
  readonly alg: SignatureAlgorithm | KeyManagementAlgorithm;
  readonly use: 'sig' | 'enc';
  readonly kid: string | undefined;

  private constructor(proof: typeof PROOF, parts: KeyParts) {
    if (proof !== PROOF) throw new TypeError('a Key is made by the importers, such as importKey, and by generateKey');
    this.#parts = { iterations: undefined, ...parts };
    this.type = parts.keyObject.type;
    this.alg = parts.row.name;
    this.use = parts.row.use;
    this.kid = parts.kid;
    Object.defineProperty(this, 'notCloned', NOT_CLONED);
    Object.freeze(this);
  }

  /** The public key of a private one; a public key is its own. @throws TypeError for a secret, which has none */
  publicKey(): Key {
    checkArgumentCount(arguments.length, this.publicKey);
    if (this.type === 'public') return this;
    if (this.type === 'secret') throw new TypeError('key is a secret: it has no public key');
    const { keyObject, row, kid } = this.#parts;
    // By PEM where Object.prototype has a format: the public KeyObject of Node 20 and 22 would still hold the private half.
    const isPolluted = Object.hasOwn(Object.prototype, 'format');
    const pem = isPolluted && keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8' }));
    const publicObject = createPublicKey(pem ? ownMembers({ key: pem, format: 'pem' }) : keyObject);
    return makeKey({ keyObject: publicObject, row, kid, operations: undefined });
  }

  toString(): string {
    const kid = this.kid === undefined ? '' : ` kid=${quote(this.kid)}`;
    return `Key { ${this.alg} ${this.type}${kid} }`;
  }

  toJSON(): string {
    return this.toString();
  }
}

export const aKey: Rule = [(value) => isKey(value), 'a Key, as importKey, importSecret and generateKey make it'];

/** Whether two Keys are of one material and algorithm, however often it was imported. */
export function isSameKey(a: Key, b: Key): boolean {
  return a.alg === b.alg && keyPartsOf(a).keyObject.equals(keyPartsOf(b).keyObject);
}

/** Whether a header's alg names the operation this Key is for. */
export function isForAlg(key: Key, alg: string): boolean {
  return isNameOf(alg, keyPartsOf(key).row);
}

/** A Key for signatures. */
export type SignatureKey = Key & { readonly alg: SignatureAlgorithm };

function isSignatureKey(key: Key): key is SignatureKey {
  return key.use === 'sig';
}

/**
 * Returns the Key when it may do the operation. RFC 7517 §4.3: key_ops, where the key has them, must name it. A private key
 * does not verify: a verifier that holds one can be robbed of it.
 *
 * @throws TypeError naming `key`
 */
export function checkOperation(key: Key, operation: 'sign' | 'verify'): SignatureKey {
  if (!isKey(key)) throw argumentError('key', aKey[1], key);
  if (!isSignatureKey(key)) throw new TypeError(`key is for encryption: it does not ${operation}`);
  if (key.type === (operation === 'sign' ? 'public' : 'private')) {
    throw new TypeError(
      operation === 'sign'
        ? 'key is public: signing needs the private key'
        : 'key is private: verify with key.publicKey()',
    );
  }
  if (keyPartsOf(key).operations?.includes(operation) === false)
    throw new TypeError(`key_ops of the key do not allow it to ${operation}`);
  return key;
}
