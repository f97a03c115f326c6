// NIST SP 800-38D, and the sizes of RFC 7518 §5.3: AES in Galois/Counter Mode with a key of 128, 192 or 256 bits, an IV of
// 96 and a tag of 128.
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { encodeUtf8, unpooled } from '../bytes.ts';
import { ownMembers } from '../json.ts';
import { makeCipher } from './cipher.ts';
import { type Secret, secretLength } from './secret.ts';

export const GCM_KEY_LENGTH = 32;
export const GCM_IV_LENGTH = 12; // [7518-5.3-1]
export const GCM_TAG_LENGTH = 16; // [7518-5.3-2]
const ID_LENGTH = 8;

/** A key with the name it goes by. */
export interface GcmKey {
  /** Tells keys apart and nothing about them: the first octets of a hash. */
  readonly id: Uint8Array;
  readonly keyObject: KeyObject;
}

/** The three parts that decryption needs back, all of them. */
export interface GcmSealed {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * @param secret 32 octets, of which a copy is kept
 * @param label what the key is for: its name elsewhere is another one
 */
export function gcmKey(secret: Uint8Array, label: string): GcmKey {
  if (secret.length !== GCM_KEY_LENGTH) throw new RangeError(`secret must be ${GCM_KEY_LENGTH} octets`);
  const digest = createHash('sha256')
    .update(encodeUtf8(`${label}\0`))
    .update(secret)
    .digest();
  return { id: unpooled(digest.subarray(0, ID_LENGTH)), keyObject: createSecretKey(secret) };
}

/**
 * Encrypts under a random IV. Of those, 2³² texts may be encrypted under one key (SP 800-38D §8.3).
 * @param bound is not in what comes out, and must be given again
 */
export function encryptGcm({ keyObject }: GcmKey, plaintext: Uint8Array, bound: Uint8Array): GcmSealed {
  return sealGcm(keyObject, { iv: randomBytes(GCM_IV_LENGTH), plaintext, aad: bound });
}

/**
 * The plaintext, or `undefined` when anything is not as it was: the key, one of the three parts, or what they were
 * bound to.
 */
export function decryptGcm({ keyObject }: GcmKey, sealed: GcmSealed, bound: Uint8Array): Uint8Array | undefined {
  return openGcm(keyObject, sealed, bound);
}

/** Encrypts under a given IV, which may never come twice under one key (RFC 7518 §8.4 [7518-8.4-2]). */
export function sealGcm(
  key: Secret,
  { iv, plaintext, aad }: { iv: Uint8Array; plaintext: Uint8Array; aad: Uint8Array },
): GcmSealed {
  const cipher = createCipheriv(cipherOf(key), key, iv, TAG_OPTION).setAAD(aad);
  // GCM is a stream: update returns all octets, and final none.
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * Decrypts what sealGcm made; `undefined` when the key, a part, or what they are bound to is another.
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher
 */
export function openGcm(key: Secret, { iv, ciphertext, tag }: GcmSealed, aad: Uint8Array): Uint8Array | undefined {
  // node:crypto would take an IV of another length, and a tag of four octets from whoever does not say how long it is.
  if (iv.length !== GCM_IV_LENGTH || tag.length !== GCM_TAG_LENGTH) return undefined;
  const cipher = cipherOf(key);
  const decipher = makeCipher(cipher, () => createDecipheriv(cipher, key, iv, TAG_OPTION));
  const plaintext = decipher.setAAD(aad).setAuthTag(tag).update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}

/** Without a prototype, so that none of node:crypto's options can be inherited. */
const TAG_OPTION: { readonly authTagLength: number } = /* @__PURE__ */ ownMembers({ authTagLength: GCM_TAG_LENGTH });

function cipherOf(key: Secret): CipherGCMTypes {
  return CIPHERS.get(secretLength(key)) ?? 'aes-256-gcm';
}

const CIPHERS: ReadonlyMap<number, CipherGCMTypes> = /* @__PURE__ */ new Map([
  [16, 'aes-128-gcm'],
  [24, 'aes-192-gcm'],
] as const);
