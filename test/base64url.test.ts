import { expect, test } from 'vitest';
import { decodeBase64url, decodeUnpooled, encodeBase64url } from '../src/base64url.ts';

test('the octets whose text needs both special characters', () => {
  expect(encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('-_-_');
  expect(Array.from(decodeBase64url('-_-_') ?? [])).toEqual([0xfb, 0xff, 0xbf]);
});

test('a view encodes its own octets, not those of the memory behind it', () => {
  const memory = Uint8Array.of(1, 2, 3, 4, 5);
  expect(encodeBase64url(memory.subarray(1, 4))).toBe('AgME');
});

test.each([
  ['padding', 'QQ=='],
  ['the other alphabet', '+/+/'],
  ['a surplus bit after one octet', 'QR'],
  ['a surplus bit after two octets', 'QUF'],
  ['a lone symbol', 'A'],
  ['five symbols', 'AAAAA'],
  ['a space', 'QU F'],
  ['a line break at the end', 'QUFB\n'],
  ['a character whose low octet is a symbol', '\u0141\u0141\u0141\u0141'],
])('%s is refused, short and long', (_, text) => {
  for (const decode of [decodeBase64url, decodeUnpooled]) {
    expect(decode(text)).toBeUndefined();
    expect(decode('QUFB'.repeat(30) + text)).toBeUndefined();
  }
});

test('what may be secret is decoded into memory that nothing else is cut from', () => {
  expect(decodeUnpooled('AQID')?.buffer.byteLength).toBe(3);
});
