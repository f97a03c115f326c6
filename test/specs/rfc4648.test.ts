// RFC 4648 §5, as RFC 7515 §2 uses it: base64url without padding, one spelling for each octet sequence.
import { describe, expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/base64url.ts';
import { importKey, verifyJws } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { ownCases, ownKey, vectors } from '../support/vectors.ts';

const ALPHABET = /^[A-Za-z0-9_-]*$/;

describe('vectors', () => {
  test.each(vectors('rfc7515', 'base64url'))('$ref', ({ octets, encoded }) => {
    expect(encodeBase64url(Uint8Array.from(octets))).toBe(encoded);
    expect([...(decodeBase64url(encoded) ?? [])]).toEqual(octets);
  });

  test.each(ownCases('base64url'))('$tries', ({ text, valid, hex = '' }) => {
    const octets = decodeBase64url(text);
    expect(octets && Buffer.from(octets).toString('hex')).toBe(valid ? hex : undefined);
    if (octets) expect(encodeBase64url(octets)).toBe(text);
  });
});

describe('reading', () => {
  test('a character outside the alphabet is refused, wherever it stands and however long the text [4648-3.3-1]', () => {
    for (const length of [4, 64, 400]) {
      const text = 'A'.repeat(length);
      for (let code = 0; code < 0x200; code++) {
        const character = String.fromCharCode(code);
        for (const at of [0, length >> 1, length - 1]) {
          const spoiled = text.slice(0, at) + character + text.slice(at + 1);
          expect(decodeBase64url(spoiled) !== undefined, `U+${code.toString(16)}`).toBe(ALPHABET.test(character));
        }
      }
    }
  });

  test('no part of a token and no member of a key takes a padding character [4648-3.2-1]', () => {
    const oct = ownKey('oct');
    const [header = '', payload = '', signature = ''] = 'eyJhbGciOiJIUzI1NiJ9.e30.AA'.split('.');
    for (const pad of ['=', '==']) {
      const tokens = [
        `${header}${pad}.${payload}.${signature}`,
        `${header}.${payload}${pad}.${signature}`,
        `${header}.${payload}.${signature}${pad}`,
      ];
      for (const token of tokens) expect(codeOf(() => verifyJws(token, importKey(oct)))).toBe('ERR_JWS_INVALID');
      expect(codeOf(() => importKey({ ...oct, k: `${oct.k}${pad}` }))).toBe('ERR_JWK_INVALID');
    }
  });

  test('bits left over must be zero, at every length [4648-3.5-2]', () => {
    for (const whole of ['', 'AAAA', 'A'.repeat(100)]) {
      for (const [end, spellings] of [
        ['A', 16],
        ['AA', 4],
      ] as const) {
        for (let bits = 1; bits < spellings; bits++) {
          expect(decodeBase64url(`${whole}${end}${'ABCDEFGHIJKLMNOP'.charAt(bits)}`)).toBeUndefined();
        }
      }
    }
  });

  test('no text has a length of 1 mod 4 [4648-4-1]', () => {
    for (const length of [1, 5, 61, 65, 401]) expect(decodeBase64url('A'.repeat(length))).toBeUndefined();
  });
});

describe('writing', () => {
  test('the last symbol has zeros in its unused bits, and no padding follows [4648-3.5-1]', () => {
    for (let octet = 0; octet < 256; octet++) {
      expect(encodeBase64url(Uint8Array.of(octet))).toMatch(/^[A-Za-z0-9_-][AQgw]$/);
      expect(encodeBase64url(Uint8Array.of(0, octet))).toMatch(/^[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]$/);
    }
  });
});
