// HMAC as RFC 2104 §2 writes it: H(K ⊕ opad ‖ H(K ⊕ ipad ‖ text)). Two one-shot hashes take half the time of node:crypto's
// Hmac, each of which is an object of the native side that the garbage collector must visit (measured: bench/README.md).
import * as crypto from 'node:crypto';

/** A secret made ready for one hash. */
export interface HmacKey {
  readonly hash: string;
  /** K ⊕ ipad: one block of the hash. */
  readonly inner: Buffer;
  /** K ⊕ opad, with room behind it for the inner digest. */
  readonly outer: Buffer;
}

/** @param hash sha256, sha384 or sha512; the first has blocks of 64 octets, the others of 128 */
export function hmacKey(hash: string, secret: Uint8Array): HmacKey {
  const block = hash === 'sha256' ? 64 : 128;
  const digest = Number(hash.slice(3)) / 8;
  const key = secret.length > block ? crypto.createHash(hash).update(secret).digest() : secret;
  return { hash, inner: padded(key, block, 0x36), outer: padded(key, block + digest, 0x5c) };
}

function padded(key: Uint8Array, length: number, pad: number): Buffer {
  const bytes = Buffer.alloc(length, pad);
  for (let i = 0; i < key.length; i++) bytes[i] = pad ^ (key[i] ?? 0);
  return bytes;
}

/** The MAC of a text or of octets, base64url. Each character of a text is one octet. */
export function hmac({ hash, inner, outer }: HmacKey, input: string | Uint8Array): string {
  const text = Buffer.allocUnsafe(inner.length + input.length);
  text.set(inner);
  if (typeof input === 'string') text.write(input, inner.length, 'latin1');
  else text.set(input, inner.length);
  outer.write(hashOnce(hash, text, 'binary'), inner.length, 'latin1');
  return hashOnce(hash, outer, 'base64url');
}

type HashOnce = (hash: string, input: Buffer, encoding: 'binary' | 'base64url') => string;

/** crypto.hash is in every Node that we support, but not in every runtime that is like Node. */
const hashOnce: HashOnce =
  crypto.hash ?? ((hash, input, encoding) => crypto.createHash(hash).update(input).digest(encoding));
