// NIST SP 800-38D, and the sizes of RFC 7518 §5.3: AES in Galois/Counter Mode with a key of 256 bits, an IV of 96 and a
// tag of 128.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { concat, encodeUtf8, unpooled } from '../bytes.ts';

export const GCM_KEY_LENGTH = 32;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;
const ID_LENGTH = 8;

/** A key with the name it goes by. */
export interface GcmKey {
  /** Tells keys apart and nothing about them: the first octets of a hash. */
  readonly id: Uint8Array;
  readonly keyObject: KeyObject;
}

/** The three parts that decryption needs back, all of them. */
interface GcmSealed {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * @param secret 32 octets, of which a copy is kept
 * @param label what the key is for: its name elsewhere is another one
 */
export function gcmKey(secret: Uint8Array, label: string): GcmKey {
  const digest = createHash('sha256')
    .update(encodeUtf8(`${label}\0`))
    .update(secret)
    .digest();
  return { id: unpooled(digest.subarray(0, ID_LENGTH)), keyObject: createSecretKey(secret) };
}

/**
 * An IV may never come twice under one key. Of random ones, 2³² texts may be encrypted under one key (SP 800-38D §8.3).
 * @param bound is not in what comes out, and must be given again
 */
export function encryptGcm({ keyObject }: GcmKey, plaintext: Uint8Array, bound: Uint8Array): GcmSealed {
  const iv = randomBytes(IV_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', keyObject, iv, { authTagLength: TAG_LENGTH }).setAAD(bound);
  const ciphertext = concat([cipher.update(plaintext), cipher.final()]);
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * The plaintext, or `undefined` when anything is not as it was: the key, one of the three parts, or what they were
 * bound to.
 */
export function decryptGcm({ keyObject }: GcmKey, sealed: GcmSealed, bound: Uint8Array): Uint8Array | undefined {
  // node:crypto would take an IV of another length, and a tag of four octets from whoever does not say how long it is.
  if (sealed.iv.length !== IV_LENGTH || sealed.tag.length !== TAG_LENGTH) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', keyObject, sealed.iv, { authTagLength: TAG_LENGTH })
    .setAAD(bound)
    .setAuthTag(sealed.tag);
  const plaintext = decipher.update(sealed.ciphertext);
  try {
    return concat([plaintext, decipher.final()]);
  } catch {
    return undefined;
  }
}
