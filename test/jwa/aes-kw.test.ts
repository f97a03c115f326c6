// AES Key Wrap by node:crypto's own cipher, and by single blocks where a runtime has none: the two come to one result.
import { createCipheriv } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { unwrapAes, wrapAes } from '../../src/jwa/aes-kw.ts';
import { secretOf } from '../support/jwe.ts';

const runtime = vi.hoisted(() => ({ hasCipher: true }));

vi.mock(import('node:crypto'), async (original) => {
  const crypto = await original();
  const unlessMissing = <T extends (name: string, ...rest: never[]) => unknown>(create: T): T =>
    ((name: string, ...rest: never[]) => {
      if (!runtime.hasCipher && name.endsWith('-wrap')) throw new Error('Unknown cipher');
      return create(name, ...rest);
    }) as T;
  return {
    ...crypto,
    createCipheriv: unlessMissing(crypto.createCipheriv as never) as never,
    createDecipheriv: unlessMissing(crypto.createDecipheriv as never) as never,
  };
});
afterEach(() => {
  runtime.hasCipher = true;
});

function withoutCipher<T>(run: () => T): T {
  runtime.hasCipher = false;
  expect(() => createCipheriv('aes128-wrap', secretOf(16), secretOf(8))).toThrow('Unknown cipher');
  const value = run();
  runtime.hasCipher = true;
  return value;
}

const LENGTHS = [16, 24, 32, 48, 64];

describe.each([16, 24, 32])('a key of %i octets', (length) => {
  const kek = secretOf(length);

  test.each(LENGTHS)('wraps and unwraps %i octets, with the cipher and without', (each) => {
    const cek = secretOf(each);
    const wrapped = wrapAes(kek, cek);
    expect(wrapped).toHaveLength(each + 8);
    expect(Buffer.from(withoutCipher(() => wrapAes(kek, cek)))).toEqual(Buffer.from(wrapped));
    for (const opened of [unwrapAes(kek, wrapped, each), withoutCipher(() => unwrapAes(kek, wrapped, each))])
      expect(Buffer.from(opened ?? [])).toEqual(Buffer.from(cek));
  });

  test('without the cipher, too, what was changed, is of another key or of another length is refused', () => {
    const wrapped = wrapAes(kek, secretOf(32));
    for (let at = 0; at < wrapped.length; at++) {
      const changed = wrapped.map((octet, i) => (i === at ? octet ^ 1 : octet));
      for (const run of [withoutCipher, <T>(open: () => T) => open()])
        expect(run(() => unwrapAes(kek, changed, 32))).toBeUndefined();
    }
    const other = new Uint8Array(length).fill(1);
    expect(withoutCipher(() => unwrapAes(other, wrapped, 32))).toBeUndefined();
    for (const octets of [0, 8, 32, 39, 41, 48])
      expect(withoutCipher(() => unwrapAes(kek, new Uint8Array(octets), 32))).toBeUndefined();
  });

  test('the octets that come out are memory of their own', () => {
    const wrapped = wrapAes(kek, secretOf(32));
    const opened = withoutCipher(() => unwrapAes(kek, wrapped, 32));
    expect(opened?.buffer.byteLength).toBe(32);
  });
});

test('RFC 3394 §4.6: 256 bits of key data with a 256-bit KEK, without the cipher [7518-4.4-1]', () => {
  const kek = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
  const data = Buffer.from('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f', 'hex');
  const wrapped = '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21';
  expect(Buffer.from(withoutCipher(() => wrapAes(kek, data))).toString('hex')).toBe(wrapped);
});
