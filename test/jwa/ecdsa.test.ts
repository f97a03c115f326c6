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
    ['a negative number', '3006 020181 020102'],
    ['r wider than the curve', `3026 0221 01${'00'.repeat(32)} 020102`],
    ['s wider than the curve', `3026 020101 0221 01${'00'.repeat(32)}`],
  ])('%s', (_, der) => {
    expect(rawFromDer(hex(der), 32)).toBeUndefined();
  });
});
