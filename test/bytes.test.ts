import { expect, test } from 'vitest';
import { asBuffer, concat, encodeUtf8, equalBytes, equalText, readUtf8, sha256 } from '../src/bytes.ts';

test('text goes to UTF-8 and back', () => {
  for (const text of ['', 'plain', 'ä€𝄞', '\u0000', '\ufeffbom stays', '\ufffd is a character like any other']) {
    expect(readUtf8(encodeUtf8(text))).toBe(text);
  }
});

test.each([
  ['a continuation octet alone', [0x80]],
  ['a sequence cut short', [0xe2, 0x82]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['half a surrogate pair (CESU-8)', [0xed, 0xa0, 0x80]],
  ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a bad octet beside a real U+FFFD', [0xef, 0xbf, 0xbd, 0xff]],
  ['UTF-16', [0xff, 0xfe, 0x41, 0x00]],
])('%s is not UTF-8', (_, octets) => {
  expect(readUtf8(Uint8Array.from([0x41, ...octets, 0x41]))).toBeUndefined();
});

test('concatenation', () => {
  expect(Array.from(concat([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]))).toEqual([1, 2, 3]);
});

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
])('SHA-256 of %j, as FIPS 180-4 has it', (text, digest) => {
  const octets = sha256(encodeUtf8(text));
  expect(Buffer.from(octets).toString('hex')).toBe(digest);
  expect([Buffer.isBuffer(octets), octets.buffer.byteLength]).toEqual([false, 32]);
});

test('a Buffer stays itself; a view becomes a Buffer over the same octets', () => {
  const buffer = Buffer.from('x');
  expect(asBuffer(buffer)).toBe(buffer);
  const memory = Uint8Array.of(1, 2, 3, 4);
  const view = asBuffer(memory.subarray(1, 3));
  expect(Array.from(view)).toEqual([2, 3]);
  memory[1] = 9;
  expect(view[0]).toBe(9);
});

test('equality of octets and of text', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  expect(equalText('', '')).toBe(true);
  expect(equalText('abc', 'abc')).toBe(true);
  expect(equalText('abc', 'abd')).toBe(false);
  expect(equalText('bbc', 'abc')).toBe(false);
  expect(equalText('abc', 'ab')).toBe(false);
  expect(equalText('a', '\u0161')).toBe(false);
});
