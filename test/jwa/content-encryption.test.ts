// RFC 7518 §5: every row round-trips, and nothing else opens.
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitLength } from '../../src/jwa/aes-cbc-hmac.ts';
import {
  CONTENT_ENCRYPTIONS,
  type ContentRow,
  decryptContent,
  encryptContent,
  findContentRow,
} from '../../src/jwa/content-encryption.ts';

const AAD = Buffer.from('header');
const rowOf = (enc: string): ContentRow => findContentRow(enc) ?? expect.fail(enc);
const cekOf = ({ keyLength }: ContentRow) => new Uint8Array(keyLength).map((_, i) => i + 1);
const ivOf = ({ ivLength }: ContentRow) => new Uint8Array(ivLength).fill(9);
const seal = (row: ContentRow, plaintext: Uint8Array, aad: Uint8Array = AAD) => ({
  ...encryptContent(row, cekOf(row), { iv: ivOf(row), plaintext, aad }),
  aad,
});

describe.each(CONTENT_ENCRYPTIONS)('%s', (enc) => {
  const row = rowOf(enc);
  const sealed = seal(row, Buffer.from('plaintext'));

  test('whatever is encrypted decrypts, and is as long as the algorithm says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 50 }), (plaintext, aad) => {
        const content = seal(row, plaintext, aad);
        expect(content.tag.length).toBe(row.tagLength);
        expect(Buffer.from(decryptContent(row, cekOf(row), content) ?? expect.fail('refused'))).toEqual(
          Buffer.from(plaintext),
        );
      }),
    );
  });

  test('the key may be octets or a KeyObject, which is used again', () => {
    const [key, aad] = [createSecretKey(cekOf(row)), AAD];
    for (let i = 0; i < 2; i++) {
      expect(encryptContent(row, key, { iv: ivOf(row), plaintext: Buffer.from('plaintext'), aad })).toEqual(
        encryptContent(row, cekOf(row), { iv: ivOf(row), plaintext: Buffer.from('plaintext'), aad }),
      );
      expect(Buffer.from(decryptContent(row, key, sealed) ?? []).toString()).toBe('plaintext');
    }
  });

  test('an empty plaintext is a success', () => {
    const content = seal(row, new Uint8Array(0));
    expect(decryptContent(row, cekOf(row), content)?.length).toBe(0);
  });

  test.each(['iv', 'ciphertext', 'tag', 'aad'] as const)('one bit of the %s that is another', (part) => {
    for (let bit = 0; bit < sealed[part].length * 8; bit++) {
      const octets = new Uint8Array(sealed[part]);
      octets[bit >> 3] = Number(octets[bit >> 3]) ^ (1 << (bit & 7));
      expect(decryptContent(row, cekOf(row), { ...sealed, [part]: octets })).toBeUndefined();
    }
  });

  test('a key that is another', () => {
    for (let i = 0; i < row.keyLength; i++) {
      const cek = cekOf(row);
      cek[i] = 0xff;
      // The last half of a CBC key is that of AES alone: the tag is good, and the padding or the text is not.
      const opened = decryptContent(row, cek, sealed);
      expect(opened && Buffer.from(opened).toString()).not.toBe('plaintext');
      if (row.hash === null || i < row.keyLength / 2) expect(opened).toBeUndefined();
    }
  });

  test('a tag of any other length', () => {
    for (let length = 0; length < row.tagLength + 3; length++) {
      const tag = Buffer.concat([sealed.tag, sealed.tag]).subarray(0, length);
      if (length !== row.tagLength) expect(decryptContent(row, cekOf(row), { ...sealed, tag })).toBeUndefined();
    }
  });
});

test.each(['A128GCM', 'A192GCM', 'A256GCM'])('%s is what node:crypto does when told so', (enc) => {
  const row = rowOf(enc);
  const cipher = createCipheriv(`aes-${8 * row.keyLength}-gcm` as 'aes-128-gcm', cekOf(row), ivOf(row)).setAAD(AAD);
  const ciphertext = Buffer.concat([cipher.update('plaintext'), cipher.final()]);
  const sealed = seal(row, Buffer.from('plaintext'));
  expect(sealed).toEqual({ iv: ivOf(row), ciphertext, tag: cipher.getAuthTag(), aad: AAD });
});

test('the padding is looked at only under a good tag, and a wrong one is a failure like any other', () => {
  const row = rowOf('A128CBC-HS256');
  // The MAC is good and the AES key is another: what decrypts has no padding, but for one in 256.
  const sealed = seal(row, Buffer.alloc(31));
  const outcomes = Array.from({ length: 40 }, (_, i) => {
    const cek = cekOf(row);
    cek[31] = 100 + i;
    return decryptContent(row, cek, sealed);
  });
  expect(outcomes.filter((outcome) => outcome === undefined).length).toBeGreaterThan(30);
  const plain = createDecipheriv('aes-128-cbc', cekOf(row).subarray(16), ivOf(row));
  expect(Buffer.concat([plain.update(sealed.ciphertext), plain.final()])).toEqual(Buffer.alloc(31));
});

test('AL holds the bits of any length in 64 bits', () => {
  const hex = (octets: number) => Buffer.from(bitLength(octets)).toString('hex');
  expect(hex(0)).toBe('0000000000000000');
  expect(hex(2 ** 29 - 1)).toBe('00000000fffffff8');
  expect(hex(2 ** 29)).toBe('0000000100000000');
  expect(hex(2 ** 32)).toBe('0000000800000000');
  expect(hex(2 ** 50)).toBe('0020000000000000');
});
