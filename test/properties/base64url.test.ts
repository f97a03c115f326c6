// The definition of canonical base64url, held against the platform's decoder on arbitrary text: a text is accepted
// if and only if the platform reads it and writes the very same text back.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, decodeByHand, decodeByPlatform, encodeBase64url } from '../../src/base64url.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

// Short texts take the hand-written path, long ones the platform's: both sides of any threshold must be met often.
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

function byPlatform(text: string): Uint8Array | undefined {
  const platform = Buffer.from(text, 'base64url');
  return platform.toString('base64url') === text ? platform : undefined;
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

test('a text is accepted exactly when the platform writes it back unchanged', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(hex(decodeBase64url(text))).toBe(hex(byPlatform(text)));
      expect(hex(decodeByHand(text))).toBe(hex(byPlatform(text)));
      expect(hex(decodeByPlatform(text))).toBe(hex(byPlatform(text)));
    }),
    { numRuns: 3000 },
  );
});

test('every text of up to two symbols, and every ending of a longer one, is judged as the platform does', () => {
  const short = ['', ...ALPHABET, ...Array.from(ALPHABET).flatMap((a) => Array.from(ALPHABET, (b) => a + b))];
  for (const head of ['', 'AAAA', 'AAAA'.repeat(40)]) {
    for (const tail of short.flatMap((text) => [text, `${text}A`, `A${text}`])) {
      const text = head + tail;
      if (hex(decodeBase64url(text)) !== hex(byPlatform(text))) throw new Error(`not as the platform: ${text}`);
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
        if (decodeBase64url(head + text) !== undefined) throw new Error(`accepted U+${code.toString(16)} in ${text}`);
      }
    }
  }
});
