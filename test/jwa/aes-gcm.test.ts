// AES-256-GCM: the published vectors, what is refused, and that no IV comes twice.

import { createCipheriv, createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decryptGcm, encryptGcm, gcmKey } from '../../src/jwa/aes-gcm.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

/** The AES-256 cases with a 96-bit IV of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", Appendix B. */
const K15 = 'feffe9928665731c6d6a8f9467308308'.repeat(2);
const P15 =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const C15 =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';
const CASES = [
  { name: '13', key: '00'.repeat(32), iv: '00'.repeat(12), p: '', a: '', c: '', t: '530f8afbc74536b9a963b4f1c4cb738b' },
  {
    name: '14',
    key: '00'.repeat(32),
    iv: '00'.repeat(12),
    p: '00'.repeat(16),
    a: '',
    c: 'cea7403d4d606b6e074ec5d3baf39d18',
    t: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    name: '15',
    key: K15,
    iv: 'cafebabefacedbaddecaf888',
    p: P15,
    a: '',
    c: C15,
    t: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    name: '16',
    key: K15,
    iv: 'cafebabefacedbaddecaf888',
    p: P15.slice(0, 120),
    a: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    c: C15.slice(0, 120),
    t: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
];

describe('decryptGcm', () => {
  test.each(CASES)('case $name of the specification of GCM', ({ key, iv, p, a, c, t }) => {
    const sealed = { iv: hex(iv), ciphertext: hex(c), tag: hex(t) };
    expect(text(decryptGcm(gcmKey(hex(key), 'x'), sealed, hex(a)))).toBe(p);
    expect(decryptGcm(gcmKey(hex(key), 'x'), sealed, hex(`${a}00`))).toBeUndefined();
  });

  const key = gcmKey(new Uint8Array(32).fill(7), 'x');
  const bound = hex('0102');

  test('any one bit of any part that is another', () => {
    const sealed = encryptGcm(key, hex('00112233'), bound);
    for (const part of ['iv', 'ciphertext', 'tag'] as const) {
      for (let bit = 0; bit < 8 * sealed[part].length; bit++) {
        const flipped = Uint8Array.from(sealed[part], (octet, i) =>
          i === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet,
        );
        expect(decryptGcm(key, { ...sealed, [part]: flipped }, bound), `${part} ${bit}`).toBeUndefined();
      }
    }
  });

  test('a tag that is shorter or longer, even where node:crypto would take it', () => {
    const iv = new Uint8Array(12);
    for (const authTagLength of [4, 8, 12, 15]) {
      const cipher = createCipheriv('aes-256-gcm', key.keyObject, iv, { authTagLength }).setAAD(bound);
      const ciphertext = Buffer.concat([cipher.update('text'), cipher.final()]);
      expect(decryptGcm(key, { iv, ciphertext, tag: cipher.getAuthTag() }, bound)).toBeUndefined();
    }
    const sealed = encryptGcm(key, hex('00'), bound);
    expect(decryptGcm(key, { ...sealed, tag: Buffer.concat([sealed.tag, hex('00')]) }, bound)).toBeUndefined();
  });

  test('an IV of another length, even where it was encrypted with one', () => {
    for (const iv of [new Uint8Array(8), new Uint8Array(16)]) {
      const cipher = createCipheriv('aes-256-gcm', key.keyObject, iv, { authTagLength: 16 }).setAAD(bound);
      const ciphertext = Buffer.concat([cipher.update('text'), cipher.final()]);
      expect(decryptGcm(key, { iv, ciphertext, tag: cipher.getAuthTag() }, bound)).toBeUndefined();
    }
  });

  test('another key', () => {
    const other = gcmKey(new Uint8Array(32).fill(8), 'x');
    expect(decryptGcm(other, encryptGcm(key, hex('00'), bound), bound)).toBeUndefined();
  });
});

describe('encryptGcm', () => {
  test('whatever is encrypted comes back', () => {
    const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(octets(32), fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (secret, p, a) => {
        const key = gcmKey(secret, 'x');
        const sealed = encryptGcm(key, p, a);
        expect([sealed.iv.length, sealed.tag.length]).toEqual([12, 16]);
        expect(text(decryptGcm(key, sealed, a))).toBe(text(p));
      }),
    );
  });

  test('no IV comes twice', () => {
    const key = gcmKey(new Uint8Array(32), 'x');
    const ivs = Array.from({ length: 1000 }, () => text(encryptGcm(key, hex(''), hex('')).iv));
    expect(new Set(ivs).size).toBe(1000);
  });
});

describe('gcmKey', () => {
  test('a name of eight octets that depends on the key and on what it is for', () => {
    const secret = new Uint8Array(32).fill(1);
    const ids = [gcmKey(secret, 'a'), gcmKey(secret, 'b'), gcmKey(secret.with(31, 2), 'a')].map(({ id }) => text(id));
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe(createHash('sha256').update('a\0').update(secret).digest('hex').slice(0, 16));
  });

  test('what the caller does to the secret afterwards changes nothing', () => {
    const secret = new Uint8Array(32).fill(1);
    const key = gcmKey(secret, 'x');
    secret.fill(0);
    const again = gcmKey(new Uint8Array(32).fill(1), 'x');
    expect(text(decryptGcm(again, encryptGcm(key, hex('ab'), hex('')), hex('')))).toBe('ab');
  });

  test('a secret of another length makes no key: its texts would be encrypted by another AES', () => {
    expect(() => gcmKey(new Uint8Array(16), 'x')).toThrow(RangeError);
  });
});
