// RFC 7518 §4.4, RFC 3394 §2.2: a content encryption key under AES Key Wrap, with its default initial value [7518-4.4-1].
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat, copyOctets, equalBytes } from '../bytes.ts';
import { attempt } from '../errors.ts';
import { type Secret, secretLength } from './secret.ts';

/** Octets of half a block: of the initial value, which wrapping adds, and of each part of a key. */
const HALF = 8;
const INITIAL_VALUE: Uint8Array = /* @__PURE__ */ new Uint8Array(HALF).fill(0xa6);

/** @param kek 16, 24 or 32 octets @param cek as many or more, a multiple of 8 */
export function wrapAes(kek: Secret, cek: Uint8Array): Uint8Array {
  const cipher = attempt(() => createCipheriv(wrapCipherOf(kek), kek, INITIAL_VALUE), undefined);
  // OpenSSL wraps in one step: update returns all octets, and final none.
  return cipher ? cipher.update(cek) : wrapByBlocks(kek, cek);
}

/** The content encryption key of exactly the given length; `undefined` when the octets are not one under this key. */
export function unwrapAes(kek: Secret, encryptedKey: Uint8Array, length: number): Uint8Array | undefined {
  // OpenSSL unwraps no octets to no octets, without an error.
  if (encryptedKey.length !== length + HALF) return undefined;
  const decipher = attempt(() => createDecipheriv(wrapCipherOf(kek), kek, INITIAL_VALUE), undefined);
  if (!decipher) return unwrapByBlocks(kek, encryptedKey);
  return attempt(() => decipher.update(encryptedKey), undefined);
}

function wrapCipherOf(kek: Secret): string {
  return `aes${8 * secretLength(kek)}-wrap`;
}

/** RFC 3394 §2.2.1 by single blocks of AES, for runtimes without the cipher, such as Bun. */
function wrapByBlocks(kek: Secret, cek: Uint8Array): Uint8Array {
  const cipher = createCipheriv(blockCipherOf(kek), kek, null).setAutoPadding(false);
  const whole = concat([INITIAL_VALUE, cek]);
  for (let t = 1; t <= stepsOf(cek); t++) {
    exchange(cipher, whole, t);
    whole[HALF - 1] = Number(whole[HALF - 1]) ^ t;
  }
  return whole;
}

/** RFC 3394 §2.2.2: the steps of wrapping, from the last to the first. The initial value is compared in constant time. */
function unwrapByBlocks(kek: Secret, encryptedKey: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(blockCipherOf(kek), kek, null).setAutoPadding(false);
  const whole = copyOctets(encryptedKey);
  for (let t = stepsOf(whole.subarray(HALF)); t >= 1; t--) {
    whole[HALF - 1] = Number(whole[HALF - 1]) ^ t;
    exchange(decipher, whole, t);
  }
  return equalBytes(whole.subarray(0, HALF), INITIAL_VALUE) ? copyOctets(whole.subarray(HALF)) : undefined;
}

function blockCipherOf(kek: Secret): string {
  return `aes-${8 * secretLength(kek)}-ecb`;
}

/** Six for each half block. Keys of this library are so short that the number of a step fits into one octet. */
function stepsOf({ length }: Uint8Array): number {
  return (6 * length) / HALF;
}

/** Puts the first half block and that of step t through AES, and back into their places. */
function exchange(cipher: { update(block: Uint8Array): Uint8Array }, whole: Uint8Array, t: number): void {
  const at = HALF * (1 + ((t - 1) % (whole.length / HALF - 1)));
  const block = cipher.update(concat([whole.subarray(0, HALF), whole.subarray(at, at + HALF)]));
  whole.set(block.subarray(0, HALF));
  whole.set(block.subarray(HALF), at);
}
