// The cache of protected headers. One object for one text shows that a header was not read again.
import { expect, test } from 'vitest';
import { readProtectedHeader } from '../../src/jws/protected.ts';
import { expectCode } from '../support/expect.ts';
import { b64u } from '../support/forge.ts';

const MOST = 64;
const headerOf = (x: unknown) => b64u({ alg: 'HS256', x });
const read = (x: unknown) => readProtectedHeader(headerOf(x));

test('a header that was read is not read again, first or last of many', () => {
  const many = Array.from({ length: MOST }, (_, i) => `first or last ${i}`);
  const headers = many.map(read);
  for (const round of [1, 2]) {
    for (const [i, x] of many.entries()) {
      expect(read(x), `round ${round}`).toBe(headers[i]);
      expect(read(x), `round ${round}, at once again`).toBe(headers[i]);
    }
  }
});

test('the oldest header makes room for a new one, and no other does', () => {
  const many = Array.from({ length: MOST }, (_, i) => `making room ${i}`);
  const headers = many.map(read);
  read('the one more');
  for (const [i, x] of many.entries()) if (i > 0) expect(read(x)).toBe(headers[i]);
  const again = read(many[0]);
  expect(again).toEqual(headers[0]);
  expect(again).not.toBe(headers[0]);
});

test('the header read last is known, however many others were met once meanwhile', () => {
  const header = read('the last');
  expect(read('the last')).toBe(header);
  for (let i = 0; i <= MOST; i++) read(`met once ${i}`);
  expect(read('the last')).toBe(header);
  read(`met once ${MOST}`);
  expect(read('the last')).not.toBe(header);
});

test('a header of over 1,024 characters is read each time', () => {
  const [kept, long] = [headerOf('x'.repeat(746)), headerOf('x'.repeat(747))];
  expect([kept.length, long.length]).toEqual([1024, 1026]);
  expect(readProtectedHeader(kept)).toBe(readProtectedHeader(kept));
  expect(readProtectedHeader(long)).toEqual(readProtectedHeader(long));
  expect(readProtectedHeader(long)).not.toBe(readProtectedHeader(long));
});

test('a header that is refused is refused again', () => {
  for (const round of [1, 2])
    expect(expectCode(() => readProtectedHeader(b64u('{}')), 'ERR_JWS_INVALID').message, `round ${round}`).toBe(
      'the header has no alg',
    );
});
