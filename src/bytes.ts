// Octets and text: strict UTF-8 (RFC 3629), their digest, and comparison in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';

/** The UTF-8 octets of a text, in memory of their own: what Buffer.from makes may lie in a pool that others are handed. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/**
 * The UTF-8 octets of a text, or `undefined` when there are more than `max`. The length rules long texts out first: no
 * character is less than an octet.
 */
export function encodeUtf8Within(text: string, max: number): Uint8Array | undefined {
  const bytes = text.length > max ? undefined : encodeUtf8(text);
  return bytes && bytes.length <= max ? bytes : undefined;
}

/** Reads UTF-8 strictly: `undefined` when the octets are not valid UTF-8. A byte-order mark is kept as U+FEFF. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  const buffer = asBuffer(bytes);
  const text = buffer.toString('utf8');
  // The platform turns each bad sequence into U+FFFD; a text with one is good only if it encodes back to these octets.
  return text.includes('\ufffd') && !buffer.equals(encodeUtf8(text)) ? undefined : text;
}

/** Octets one after another, in memory of their own: Buffer.concat would use the pool, and the parts may be secret. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A copy of a caller's octets, to be checked and used in their place. The constructor reads the array's own memory and none
 * of its properties, which a subclass may have overridden; and no later write reaches the copy, such as another thread's.
 */
export function copyOctets(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** A plain Uint8Array in memory of its own, to hand to a caller. */
export function unpooled(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

/** A Buffer over the octets' own memory, for its encoders. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** SHA-256 (FIPS 180-4) of a tag or an identifier, not of a key. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return unpooled(createHash('sha256').update(bytes).digest());
}

/** Whether two octet sequences are equal, in a time that depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether two texts of one-byte characters are equal, in a time that depends on their lengths only. */
export function equalText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
