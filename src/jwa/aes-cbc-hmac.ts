// RFC 7518 §5.2: AES in CBC mode and HMAC-SHA-2, first encrypted and then authenticated.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { concat, equalBytes } from '../bytes.ts';
import { isOctets } from '../options.ts';
import { makeCipher } from './cipher.ts';
import type { EncryptedContent, PlainContent, SealedContent } from './content-encryption.ts';
import type { Secret } from './secret.ts';

/** RFC 7518 §5.2.2.1 [7518-5.2.2.1-2] an IV of 128 bits. */
export const CBC_IV_LENGTH = 16;

/** @param hash sha256, sha384 or sha512 @param key twice as long as the AES key in it */
export function sealCbcHmac(hash: string, key: Secret, { iv, plaintext, aad }: PlainContent): SealedContent {
  const { macKey, cipher, cipherKey } = halvesOf(key);
  const encryption = createCipheriv(cipher, cipherKey, iv);
  const ciphertext = concat([encryption.update(plaintext), encryption.final()]); // the padding of PKCS #7
  return { iv, ciphertext, tag: makeTag(hash, macKey, { iv, ciphertext, aad }) };
}

/**
 * RFC 7518 §5.2.2.2: the plaintext, or `undefined` when the tag is wrong, which is compared before anything is decrypted
 * [7518-5.2.2.2-1] and in constant time; the padding is looked at only under a good tag [7518-5.2.2.2-2].
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher
 */
export function openCbcHmac(hash: string, key: Secret, content: EncryptedContent): Uint8Array | undefined {
  const { macKey, cipher, cipherKey } = halvesOf(key);
  const decryption = makeCipher(cipher, () => createDecipheriv(cipher, cipherKey, content.iv));
  if (!equalBytes(makeTag(hash, macKey, content), content.tag)) return undefined; // also of another length [7518-5.2.3-1]
  try {
    return concat([decryption.update(content.ciphertext), decryption.final()]);
  } catch {
    return undefined;
  }
}

/** The two keys in one. */
interface Halves {
  readonly macKey: Secret;
  readonly cipher: string;
  readonly cipherKey: Secret;
}

/** The halves of keys that are used again. */
const HALVES: WeakMap<KeyObject, Halves> = /* @__PURE__ */ new WeakMap();

function halvesOf(key: Secret): Halves {
  if (isOctets(key)) return splitKey(key);
  const known = HALVES.get(key);
  if (known) return known;
  const { macKey, cipher, cipherKey } = splitKey(key.export());
  const halves = { macKey: createSecretKey(macKey), cipher, cipherKey: createSecretKey(cipherKey) };
  HALVES.set(key, halves);
  return halves;
}

/** RFC 7518 §5.2.2.1 [7518-5.2.2.1-1] the first half is the key of the MAC, the second that of AES. */
function splitKey(key: Uint8Array): Halves & { macKey: Uint8Array; cipherKey: Uint8Array } {
  const half = key.length / 2;
  return { macKey: key.subarray(0, half), cipher: `aes-${8 * half}-cbc`, cipherKey: key.subarray(half) };
}

/** RFC 7518 §5.2.2.1 [7518-5.2.2.1-4] the first half of the HMAC over A ‖ IV ‖ E ‖ AL. */
function makeTag(
  hash: string,
  macKey: Secret,
  { iv, ciphertext, aad }: Pick<EncryptedContent, 'iv' | 'ciphertext' | 'aad'>,
): Uint8Array {
  const mac = createHmac(hash, macKey).update(aad).update(iv).update(ciphertext).update(bitLength(aad.length)).digest();
  return mac.subarray(0, mac.length / 2);
}

/** RFC 7518 §5.2.2.1 [7518-5.2.2.1-3] AL: a number of octets in bits, in 64 bits. */
export function bitLength(octets: number): Uint8Array {
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, 8n * BigInt(octets));
  return new Uint8Array(length.buffer);
}
