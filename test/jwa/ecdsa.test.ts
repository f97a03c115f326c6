import { describe, expect, test } from 'vitest';
import { derFromRaw, rawFromDer } from '../../src/jwa/ecdsa.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const shown = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
const pad = (text: string, width: number) => text.padStart(2 * width, '0');

describe('r‖s ↔ DER', () => {
  test.each([
    ['small numbers shed their leading zeros', '01', '02', '3006 020101 020102'],
    ['a set top bit gets a zero octet in front', '80', 'ff', '3008 02020080 020200ff'],
    ['zero is one octet', '00', '00', '3006 020100 020100'],
  ])('%s', (_, r, s, der) => {
    const raw = hex(pad(r, 32) + pad(s, 32));
    expect(shown(derFromRaw(raw))).toBe(der.replaceAll(' ', ''));
    expect(shown(rawFromDer(hex(der), 32))).toBe(shown(raw));
  });

  test('P-521 needs the long form of the length', () => {
    const raw = hex(`01${'ff'.repeat(65)}01${'ff'.repeat(65)}`);
    const der = derFromRaw(raw);
    expect(shown(der.subarray(0, 5))).toBe('3081880242');
    expect(shown(rawFromDer(der, 66))).toBe(shown(raw));
  });
});

describe('lengths about the long form', () => {
  const number = (length: number, first = 0x7f) => Uint8Array.of(first, ...new Uint8Array(length - 1).fill(0xab));
  const wide = (value: Uint8Array) => [...new Uint8Array(66 - value.length), ...value];

  test.each([
    [61, 62, '307f'],
    [62, 62, '308180'],
    [62, 63, '308181'],
    [66, 66, '308188'],
  ])('numbers of %i and %i octets', (r, s, header) => {
    const raw = Uint8Array.from([...wide(number(r)), ...wide(number(s))]);
    const der = derFromRaw(raw);
    expect(shown(der)?.startsWith(header)).toBe(true);
    expect(der).toHaveLength(header.length / 2 + 4 + r + s);
    expect(shown(rawFromDer(der, 66))).toBe(shown(raw));
    expect(rawFromDer(Uint8Array.from([...der, 0]), 66)).toBeUndefined();
    expect(rawFromDer(der.subarray(0, -1), 66)).toBeUndefined();
  });

  test('a long form of two octets, and one where the short form does, are no canonical DER', () => {
    const der = derFromRaw(Uint8Array.from([...wide(number(66)), ...wide(number(66))]));
    expect(rawFromDer(Uint8Array.from([0x30, 0x82, ...der.subarray(2)]), 66)).toBeUndefined();
    expect(rawFromDer(Uint8Array.from([0x30, 0x80, ...der.subarray(2)]), 66)).toBeUndefined();
    const short = derFromRaw(Uint8Array.from([...wide(number(61)), ...wide(number(62))]));
    expect(rawFromDer(Uint8Array.from([0x30, 0x81, 0x7f, ...short.subarray(2)]), 66)).toBeUndefined();
  });

  test('each number has at most the width of the curve, and its own', () => {
    const both = (r: string, s: string) =>
      hex(`30${(r.length / 2 + s.length / 2).toString(16).padStart(2, '0')}${r}${s}`);
    const full = `0220${'7f'.repeat(32)}`;
    const padded = `022100${'80'.repeat(32)}`;
    const tooWide = `022101${'00'.repeat(32)}`;
    expect(rawFromDer(both(full, padded), 32)).toHaveLength(64);
    expect(rawFromDer(both(padded, full), 32)).toHaveLength(64);
    expect(rawFromDer(both(full, full), 31)).toBeUndefined();
    expect([rawFromDer(both(tooWide, full), 32), rawFromDer(both(full, tooWide), 32)]).toEqual([undefined, undefined]);
  });
});

describe('what is not the canonical DER of two numbers that fit', () => {
  test.each([
    ['nothing', ''],
    ['another tag', '3106 020101 020102'],
    ['another tag inside', '3006 030101 020102'],
    ['a length too long', '3007 020101 020102'],
    ['a length too short', '3005 020101 020102'],
    ['the long form where the short one does', '308106 020101 020102'],
    ['an indefinite length', '3080 020101 020102 0000'],
    ['octets after it', '3006 020101 020102 00'],
    ['a third number', '3009 020101 020102 020103'],
    ['one number only', '3003 020101'],
    ['a second number cut after its tag', '3004 020101 02'],
    ['a number without octets', '3005 0200 020102'],
    ['a needless zero in front', '3007 02020001 020102'],
    ['a needless zero in front of the second', '3007 020101 02020002'],
    ['two zeros', '3007 02020000 020102'],
    ['a negative second number', '3006 020101 020182'],
    ['a second number without octets', '3005 020101 0200'],
    ['another tag of the second', '3006 020101 030102'],
    ['a length of the first beyond the end', '3006 027f01 020102'],
    ['a length of the second beyond the end', '3006 020101 020202'],
    ['a length of the second before the end', '3007 020101 02010203'],
    ['a negative number', '3006 020181 020102'],
    ['r wider than the curve', `3026 0221 01${'00'.repeat(32)} 020102`],
    ['s wider than the curve', `3026 020101 0221 01${'00'.repeat(32)}`],
  ])('%s', (_, der) => {
    expect(rawFromDer(hex(der), 32)).toBeUndefined();
  });
});
