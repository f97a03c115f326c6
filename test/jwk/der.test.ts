import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  INTEGER,
  readElements,
  readLeadingSequence,
  readSequence,
  SEQUENCE,
  writeElement,
  writeInteger,
} from '../../src/jwk/der.ts';
import { hex } from '../support/forge.ts';

const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

describe('elements', () => {
  test('are read up to the last octet', () => {
    expect(readElements(hex('020105' + '0400'))).toMatchObject([
      { tag: 2, content: Uint8Array.of(5) },
      { tag: 4, content: new Uint8Array(0) },
    ]);
    expect(readElements(new Uint8Array(0))).toEqual([]);
    expect(readSequence(hex('3003020105'))).toMatchObject([{ tag: INTEGER }]);
    expect(readSequence(hex('3000'))).toEqual([]);
  });

  test.each([
    ['30', 'a tag without a length'],
    ['300302', 'content that is cut short'],
    ['3080020105' + '0000', 'a length without an end, which is BER'],
    ['308103020105', 'a length longer than it need be'],
    ['30820003020105', 'a length with a leading zero'],
    ['30840000', 'a length that is cut short'],
    ['30ffffffffffffffffff', 'a length beyond all numbers'],
    ['3003020105' + '00', 'an octet behind the last element'],
  ])('%s is refused: %s', (text) => {
    expect(readElements(hex(text))).toBeUndefined();
    expect(readSequence(hex(text))).toBeUndefined();
  });

  test('there are at most 32 of them in a row', () => {
    expect(readElements(new Uint8Array(64))).toHaveLength(32);
    expect(readElements(new Uint8Array(66))).toBeUndefined();
    expect(readElements(new Uint8Array(66), true)).toHaveLength(33);
  });

  test('a sequence is one, and nothing else', () => {
    for (const text of ['0203010001', '3000' + '3000', ''])
      expect([text, readSequence(hex(text))]).toEqual([text, undefined]);
  });

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000])(
    'content of %d octets is written and read',
    (length) => {
      const content = new Uint8Array(length).fill(7);
      const [element, second] = readElements(writeElement(SEQUENCE, content.subarray(0, 3), content.subarray(3))) ?? [];
      expect([element?.tag, second]).toEqual([SEQUENCE, undefined]);
      expect(Buffer.compare(element?.content ?? new Uint8Array(0), content)).toBe(0); // element by element would take long
    },
  );

  test('what is read, written again, is the same octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        const elements = readElements(octets);
        if (elements)
          expect(elements.map(({ tag, content }) => hexOf(writeElement(tag, content))).join('')).toBe(hexOf(octets));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['definite', '3003020105'],
    ['longer than it need be', '30820003020105'],
    ['indefinite, with two zero octets at the end', '3080020105' + '0000'],
    ['definite, with octets behind it', '3003020105' + 'ffff'],
    ['definite, of content whose length is longer than it need be', '300402810105'],
    ['indefinite, of content whose length is longer than it need be', '308002810105' + '0000'],
  ])('a sequence of BER at the beginning is read: its length is %s', (_, text) => {
    expect(readLeadingSequence(hex(text))).toMatchObject([{ tag: INTEGER, content: Uint8Array.of(5) }]);
  });

  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['another tag', '3103020105'],
    ['another tag of an indefinite length', '3180020105' + '0000'],
    ['a sequence that is cut short', '30030201'],
    ['an element that is cut short', '3002' + '0205'],
    ['an indefinite length within', '3006' + '3080020105' + '00'],
  ])('%s is not read so', (_, text) => {
    expect(readLeadingSequence(hex(text))).toBeUndefined();
  });

  test('numbers stay positive', () => {
    expect(hexOf(writeInteger(Uint8Array.of(0x7f)))).toBe('02017f');
    expect(hexOf(writeInteger(Uint8Array.of(0x80)))).toBe('02020080');
  });

  test('OpenSSL writes what is read here', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(readSequence(privateKey.export({ format: 'der', type: 'pkcs8' }))?.map(({ tag }) => tag)).toEqual([
      2, 48, 4,
    ]);
    expect(readSequence(publicKey.export({ format: 'der', type: 'spki' }))?.map(({ tag }) => tag)).toEqual([48, 3]);
  });
});
