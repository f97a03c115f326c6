// RFC 7518 §4.4, RFC 3394 §2.2: a content encryption key under AES Key Wrap, with its default initial value [7518-4.4-1].
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat } from '../bytes.ts';
import { attempt, JoseError } from '../errors.ts';

/** Octets that wrapping adds. */
const ADDED = 8;
const INITIAL_VALUE = 0xa6;

/** @param kek 16, 24 or 32 octets */
export function wrapAes(kek: Uint8Array, cek: Uint8Array): Uint8Array {
  const cipher = attempt(() => createCipheriv(cipherOf(kek), kek, initialValue()), undefined);
  /* v8 ignore next -- Bun has no such cipher */
  if (!cipher) throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'AES Key Wrap is not supported by this runtime');
  return concat([cipher.update(cek), cipher.final()]);
}

/** The content encryption key of exactly the given length; `undefined` when the octets are not one under this key. */
export function unwrapAes(kek: Uint8Array, encryptedKey: Uint8Array, length: number): Uint8Array | undefined {
  // OpenSSL unwraps no octets to no octets, without an error.
  if (encryptedKey.length !== length + ADDED) return undefined;
  return attempt(() => {
    const decipher = createDecipheriv(cipherOf(kek), kek, initialValue());
    return concat([decipher.update(encryptedKey), decipher.final()]);
  }, undefined);
}

function cipherOf({ length }: Uint8Array): string {
  return `aes${8 * length}-wrap`;
}

function initialValue(): Uint8Array {
  return new Uint8Array(ADDED).fill(INITIAL_VALUE);
}
