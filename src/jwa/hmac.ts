// HMAC as RFC 2104 §2 writes it: H(K ⊕ opad ‖ H(K ⊕ ipad ‖ text)). Two one-shot hashes take half the time of node:crypto's
// Hmac, which is a native object that the garbage collector must visit (measured: bench/README.md).
import * as crypto from 'node:crypto';

/** A secret made ready for one hash. */
export interface HmacKey {
  readonly hash: string;
  readonly keyObject: crypto.KeyObject;
  /** Octets of a block of the hash. */
  readonly block: number;
  /** K ⊕ ipad, with room behind it for a text. It is this key's own memory: no pool, no other key. */
  readonly inner: Buffer;
  /** K ⊕ opad, with room behind it for the inner digest. */
  readonly outer: Buffer;
}

/**
 * The longest text that is hashed in one shot. For longer ones hashing dominates, and node:crypto's Hmac takes them
 * piece by piece.
 */
const ROOM = 2048;

/** @param hash sha256, sha384 or sha512; the first has blocks of 64 octets, the others of 128 */
export function hmacKey(hash: string, keyObject: crypto.KeyObject): HmacKey {
  const block = hash === 'sha256' ? 64 : 128;
  const secret = keyObject.export();
  const key = secret.length > block ? crypto.createHash(hash).update(secret).digest() : secret;
  const digest = Number(hash.slice(3)) / 8;
  return {
    hash,
    keyObject,
    block,
    inner: paddedKey(key, 0x36, block + ROOM),
    outer: paddedKey(key, 0x5c, block + digest),
  };
}

function paddedKey(key: Uint8Array, pad: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, pad);
  for (let i = 0; i < key.length; i++) bytes[i] = pad ^ Number(key[i]);
  return bytes;
}

/** The MAC of a text or of octets, base64url. Each character of a text is one octet. */
export function hmac({ hash, keyObject, block, inner, outer }: HmacKey, input: string | Uint8Array): string {
  if (typeof input !== 'string' || input.length > ROOM || !crypto.hash) return hmacByNode(hash, keyObject, input);
  inner.write(input, block, 'latin1');
  outer.write(crypto.hash(hash, inner.subarray(0, block + input.length), 'binary'), block, 'latin1');
  return crypto.hash(hash, outer, 'base64url');
}

/** The MAC by node:crypto's Hmac, for long inputs and for runtimes without crypto.hash. */
function hmacByNode(hash: string, keyObject: crypto.KeyObject, input: string | Uint8Array): string {
  const hmac = crypto.createHmac(hash, keyObject);
  return (typeof input === 'string' ? hmac.update(input, 'latin1') : hmac.update(input)).digest('base64url');
}
