// RFC 7516 §5: what the compact and the JSON form of a JWE have in common: one content, opened by one recipient's key,
// or sealed.
import { unpooled } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import {
  type ContentRow,
  decryptContent,
  type EncryptedContent,
  encryptContent,
  type SealedContent,
} from '../jwa/content-encryption.ts';
import { ENTROPY, type Entropy } from '../jwa/entropy.ts';
import { type Secret, secretLength } from '../jwa/secret.ts';
import type { Key } from '../jwk/key.ts';
import { openEncryptedKey } from './open-key.ts';
import { deflate, inflate } from './zip.ts';

/** The most octets of a JWE, by default. */
export const MAX_JWE_BYTES: number = 256 * 1024;

/** A message as it came, and the row of its enc. */
export interface Sealed {
  readonly enc: ContentRow;
  readonly content: EncryptedContent;
}

/** The parts of a message that are for one recipient. */
export interface ForRecipient {
  readonly parameters: JsonObject;
  readonly encryptedKey: Uint8Array;
}

/**
 * RFC 7516 §5.2 steps 6 to 16: the content by the key of one recipient, still compressed.
 * @throws JoseError ERR_JWE_DECRYPTION_FAILED, one error whatever failed from the encrypted key to the tag [7516-11.4-1]
 *   [7516-5.2-0a]; ERR_JWE_INVALID and ERR_JOSE_LIMIT_EXCEEDED for parameters that anyone can see to be wrong
 */
export function openContent(sealed: Sealed, key: Key, { parameters, encryptedKey }: ForRecipient): Uint8Array {
  checkContentLengths(sealed);
  return finishContent(sealed, openEncryptedKey(key, { parameters, enc: sealed.enc, encryptedKey })); // steps 6 to 12
}

/** node:crypto takes IVs and tags of other lengths: their lengths are exact before anything is computed. */
export function checkContentLengths({ enc, content }: Sealed): void {
  if (content.iv.length !== enc.ivLength || content.tag.length !== enc.tagLength) throw decryptionFailedError();
}

/** RFC 7516 §5.2 step 16 [7516-5.2-16]: the content under the key that was opened, or under none. */
export function finishContent({ enc, content }: Sealed, opened: Secret | undefined): Uint8Array {
  // RFC 7516 §11.5 [7516-11.5-2] [7516-5.2-9a] a random key in place of none, or of one of another length: then whoever sent
  // the token learns no more from the time, and no more from the error.
  const cek = opened && secretLength(opened) === enc.keyLength ? opened : ENTROPY.octets(enc.keyLength);
  const plaintext = decryptContent(enc, cek, content);
  if (!plaintext) throw decryptionFailedError();
  return plaintext;
}

/** RFC 7516 §5.2 steps 17 and 19 [7516-5.2-17]: the plaintext, inflated where the header says so. */
export function readPlaintext(octets: Uint8Array, zip: boolean): Uint8Array {
  return zip ? inflate(octets) : unpooled(octets);
}

export function decryptionFailedError(): JoseError {
  return new JoseError('ERR_JWE_DECRYPTION_FAILED', 'the token does not decrypt under this key');
}

/**
 * RFC 7516 §5.1 steps 14 and 15, §5.2 step 15: the octets that are authenticated beside the content [7516-5.1-14], all
 * of base64url and dots.
 */
export function authenticated(encodedHeader: string, aad?: string): Uint8Array {
  return Buffer.from(aad === undefined ? encodedHeader : `${encodedHeader}.${aad}`, 'latin1');
}

/** Content to encrypt. */
export interface Unsealed {
  readonly enc: ContentRow;
  readonly plaintext: Uint8Array;
  readonly zip: boolean;
  readonly aad: Uint8Array;
}

/**
 * RFC 7516 §5.1 steps 9, 11 and 15 [7516-5.1-9] [7516-5.1-11] [7516-5.1-15]: compressed only where asked for, under a
 * new IV.
 */
export function sealContent({ enc, plaintext, zip, aad }: Unsealed, cek: Secret, entropy: Entropy): SealedContent {
  const iv = entropy.octets(enc.ivLength);
  return encryptContent(enc, cek, { iv, plaintext: zip ? deflate(plaintext) : plaintext, aad });
}
