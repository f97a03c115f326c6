// RFC 4648 §5 without padding, as RFC 7515 §2 wants it, and canonical only: one octet sequence has exactly one spelling.
import { asBuffer } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Code unit → its six bits, or INVALID. */
const INVALID = 64;
const SEXTETS: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, code) => {
  const sextet = ALPHABET.indexOf(String.fromCharCode(code));
  return sextet < 0 ? INVALID : sextet;
});

/** Up to this many characters the loop below beats the call into the platform (measured: bench/README.md). */
const BY_HAND = 64;

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

/**
 * Base64url text → octets, or `undefined` for anything but the one canonical text of those octets.
 * RFC 4648 §3.3 [4648-3.3-1] any foreign character is refused, and so is [4648-3.2-1] `=`;
 * §3.5 [4648-3.5-2] bits left over must be zero; §4 [4648-4-1] no text has a length of 1 mod 4.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return text.length > BY_HAND ? decodeByPlatform(text) : decodeByHand(text);
}

/** The definition. */
export function decodeByHand(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const sextet = SEXTETS[text.charCodeAt(i)] ?? INVALID;
    if (sextet === INVALID) return undefined;
    bits = (bits << 6) | sextet;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[length++] = bits >> held;
    bits &= (1 << held) - 1;
  }
  return bits === 0 ? bytes : undefined;
}

/** Any character beyond Latin-1. On a string without one, V8 answers at once. */
const WIDE = /[^\0-\xff]/;

/**
 * The same by the platform, which is lenient: it skips foreign characters and stops at `=` (so the octets become fewer),
 * takes `+` and `/`, drops surplus bits, and cuts U+0141 down to `A`. Whoever passes all four questions is canonical.
 */
export function decodeByPlatform(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== (text.length * 3) >> 2 || text.length % 4 === 1) return undefined;
  if (text.includes('+') || text.includes('/') || WIDE.test(text)) return undefined;
  return hasSurplusBits(text) ? undefined : bytes;
}

/** RFC 4648 §3.5 [4648-3.5-2] whether the last symbol says more than the octets hold: 4 bits after two symbols, 2 after three. */
function hasSurplusBits(text: string): boolean {
  const rest = text.length % 4;
  const last = Number(SEXTETS[text.charCodeAt(text.length - 1)]);
  return (rest === 2 && last % 16 !== 0) || (rest === 3 && last % 4 !== 0);
}
