// RFC 4648 §5 without padding, as RFC 7515 §2 wants it, and canonical only: one octet sequence has exactly one spelling.
import { asBuffer } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Octets → base64url text without padding.
 * RFC 7515 §2 [7515-2-1] no `=`, no line break; RFC 4648 §3.5 [4648-3.5-1] unused bits are zero: the platform does both.
 */
export function encodeBase64url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}

/** The UTF-8 octets of a text, as base64url. */
export function encodeText(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

/** Any character beyond Latin-1. On a string without one, V8 answers at once. */
const WIDE = /[^\0-\xff]/;

/**
 * Base64url text → octets, or `undefined` for anything but the one canonical text of those octets.
 * The platform is lenient: it skips foreign characters and stops at `=`, so that the octets become fewer; it takes `+` and
 * `/`, cuts U+0141 down to `A`, and drops surplus bits. Each of these is looked for.
 *
 * RFC 4648 §3.3 [4648-3.3-1] any foreign character is refused, and so is [4648-3.2-1] `=`;
 * §3.5 [4648-3.5-2] bits left over must be zero; §4 [4648-4-1] no text has a length of 1 mod 4.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== (text.length * 3) >> 2 || text.length % 4 === 1) return undefined;
  if (text.includes('+') || text.includes('/') || WIDE.test(text)) return undefined;
  return hasSurplusBits(text) ? undefined : bytes;
}

/** Whether the last symbol says more than the octets hold: four unused bits after two symbols, two after three. */
function hasSurplusBits(text: string): boolean {
  const rest = text.length % 4;
  return rest > 0 && ALPHABET.indexOf(text.charAt(text.length - 1)) % (rest === 2 ? 16 : 4) !== 0;
}

/**
 * Decodes as `decodeBase64url` does, into memory that is not shared: the octets of small Buffers lie in a pool that other
 * Buffers are cut from, where a private key must not be left behind.
 */
export function decodeUnpooled(text: string): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafeSlow((text.length * 3) >> 2);
  bytes.write(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
