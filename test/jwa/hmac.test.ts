// HMAC written out by hand, held against node:crypto's own.

import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { hmac, hmacKey } from '../../src/jwa/hmac.ts';

const HASHES = ['sha256', 'sha384', 'sha512'] as const;

afterEach(() => {
  vi.doUnmock('node:crypto');
  vi.resetModules();
});

test.each(HASHES)('%s: any secret, on both sides of the block’s length, and any input', (hash) => {
  const secret = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 300 }),
    fc.constantFrom(63, 64, 65, 127, 128, 129).map((length) => new Uint8Array(length).fill(length)),
  );
  fc.assert(
    fc.property(secret, fc.uint8Array({ maxLength: 300 }), (key, input) => {
      const expected = createHmac(hash, key).update(input).digest('base64url');
      const ready = hmacKey(hash, createSecretKey(key));
      expect(hmac(ready, input)).toBe(expected);
      expect(hmac(ready, Buffer.from(input).toString('latin1'))).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

test.each(HASHES)('%s: inputs about as long as the longest that is hashed in one shot, and much longer', (hash) => {
  const secret = new Uint8Array(64).fill(3);
  const ready = hmacKey(hash, createSecretKey(secret));
  for (const length of [2047, 2048, 2049, 100_000]) {
    const text = '\u00e9'.repeat(length);
    const octets = Buffer.from(text, 'latin1');
    const expected = createHmac(hash, secret).update(octets).digest('base64url');
    expect([hmac(ready, text), hmac(ready, octets)]).toEqual([expected, expected]);
  }
});

test('one key serves many inputs, one after the other', () => {
  const secret = new Uint8Array(32).fill(1);
  const ready = hmacKey('sha256', createSecretKey(secret));
  for (const input of ['a', 'b', 'a', '']) {
    expect(hmac(ready, input)).toBe(createHmac('sha256', secret).update(input).digest('base64url'));
  }
});

test('a runtime without the one-shot hash gives the same', async () => {
  vi.doMock('node:crypto', async (original) => ({ ...(await original<object>()), hash: undefined }));
  vi.resetModules();
  const without = await import('../../src/jwa/hmac.ts');
  const secret = createSecretKey(new Uint8Array(64).fill(2));
  for (const hash of HASHES) {
    expect(without.hmac(without.hmacKey(hash, secret), 'input')).toBe(hmac(hmacKey(hash, secret), 'input'));
  }
});
