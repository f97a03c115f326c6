// The two decoders, held against the definition of RFC 4648 §5 written by hand: symbol by symbol, six bits each.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, decodeUnpooled, encodeBase64url } from '../../src/base64url.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

// The platform has paths of its own for short and for long texts: both must be met often.
const length = fc.oneof(fc.nat(12), fc.integer({ min: 50, max: 80 }), fc.integer({ min: 200, max: 3000 }));
const bytes = length.chain((n) => fc.uint8Array({ minLength: n, maxLength: n }));
const symbols = length.chain((n) => fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: n, maxLength: n }));

// What a strict reader must not take for a symbol: padding, the other alphabet, space, and characters above U+00FF
// whose low byte is a symbol (Node cuts U+0141 down to 'A').
const stranger = fc.oneof(
  fc.constantFrom('=', '+', '/', ' ', '\n', '\r', '\t', '\0', '.', '\u00a0', '\ufeff', '\u200b', '\ud800'),
  fc.constantFrom(...ALPHABET).map((c) => String.fromCharCode(c.charCodeAt(0) + 0x100)),
  fc.constantFrom(...ALPHABET).map((c) => String.fromCharCode(c.charCodeAt(0) + 0xff00)),
  fc.constantFrom(...ALPHABET).map((c) => String.fromCharCode(c.charCodeAt(0) + 0x80)),
  fc.constantFrom(...ALPHABET).map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
);
const spoiled = fc
  .tuple(symbols, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), stranger, fc.boolean())
  .map(([text, where, char, replace]) => {
    const at = Math.floor(where * (text.length + 1));
    return text.slice(0, at) + char + text.slice(replace ? at + 1 : at);
  });
const padded = bytes.map((b) => Buffer.from(b).toString('base64'));
const anyText = fc.oneof(symbols, spoiled, padded, fc.string({ unit: 'binary' }), fc.string());

/** The definition: every character is a symbol, the octets take what they need of the bits, and what is left is zero. */
function byDefinition(text: string): Uint8Array | undefined {
  const octets: number[] = [];
  let [bits, held] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const sextet = ALPHABET.indexOf(text.charAt(i));
    if (sextet < 0) return undefined;
    bits = (bits << 6) | sextet;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets.push(bits >> held);
    bits &= (1 << held) - 1;
  }
  return bits === 0 && held < 6 ? Uint8Array.from(octets) : undefined;
}
function hex(value: Uint8Array | undefined): string {
  return value === undefined ? 'refused' : Buffer.from(value).toString('hex');
}

test('encoding is the platform’s, decoding undoes it', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = encodeBase64url(value);
      expect(text).toBe(Buffer.from(value).toString('base64url'));
      expect(hex(decodeBase64url(text))).toBe(hex(value));
    }),
    { numRuns: 500 },
  );
});

test('a text is accepted exactly when it is canonical', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(hex(decodeBase64url(text))).toBe(hex(byDefinition(text)));
      expect(hex(decodeUnpooled(text))).toBe(hex(byDefinition(text)));
    }),
    { numRuns: 3000 },
  );
});

test('every text of up to two symbols, and every ending of a longer one, is read as the definition says', () => {
  const short = ['', ...ALPHABET, ...Array.from(ALPHABET).flatMap((a) => Array.from(ALPHABET, (b) => a + b))];
  for (const head of ['', 'AAAA', 'AAAA'.repeat(40)]) {
    for (const tail of short.flatMap((text) => [text, `${text}A`, `A${text}`])) {
      const text = head + tail;
      for (const decode of [decodeBase64url, decodeUnpooled])
        if (hex(decode(text)) !== hex(byDefinition(text))) throw new Error(`not as the definition says: ${text}`);
    }
  }
});

test('no character outside the alphabet is taken for a symbol, in any position of the quantum', () => {
  for (const head of ['', 'AAAA'.repeat(40)]) {
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      if (ALPHABET.includes(char)) continue;
      const texts = [`${char}AAA`, `A${char}AA`, `AA${char}A`, `AAA${char}`, `A${char}`, `AA${char}`];
      for (const text of texts) {
        if (decodeBase64url(head + text) ?? decodeUnpooled(head + text))
          throw new Error(`accepted U+${code.toString(16)} in ${text}`);
      }
    }
  }
});
