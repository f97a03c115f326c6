// RFC 7516 §11.5: a bad encrypted key takes the way of a good one to its end, and an error of the library itself is no outcome.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { decryptJwe, decryptJweJson, encryptJwe, encryptJweJson, type GeneralJwe } from '../../src/index.ts';
import { decryptContent } from '../../src/jwa/content-encryption.ts';
import type { Secret } from '../../src/jwa/secret.ts';
import { isOctets } from '../../src/options.ts';
import { codeOf } from '../support/code.ts';
import { b64, encryptionKinds, kindOf, PLAINTEXT, partsOf, secretOf, withParts } from '../support/jwe.ts';

vi.mock('../../src/jwa/content-encryption.ts', async (original) => {
  const actual: typeof import('../../src/jwa/content-encryption.ts') = await original();
  return { ...actual, decryptContent: vi.fn(actual.decryptContent) };
});
const decryptions = vi.mocked(decryptContent);
beforeEach(() => {
  decryptions.mockClear();
});

const FAILED = 'ERR_JWE_DECRYPTION_FAILED';

/** The keys that the content was decrypted with since the last look. */
function usedKeys(): readonly Uint8Array[] {
  const used = decryptions.mock.calls.map(([, cek]: [unknown, Secret, ...unknown[]]) =>
    isOctets(cek) ? cek : cek.export(),
  );
  decryptions.mockClear();
  return used;
}

describe('a random key in place of a bad one', () => {
  const wrapping = encryptionKinds.filter(({ label }) => !/^(dir|ECDH-ES on)/.test(label));
  test.each(wrapping)('$label: the content is decrypted once, under a new key each time [7516-11.5-2]', (kind) => {
    const token = encryptJwe(PLAINTEXT, kind.encrypting, { enc: 'A128CBC-HS256' });
    expect(codeOf(() => decryptJwe(token, kind.decrypting))).toBeNull();
    const [good] = usedKeys();
    const key = Buffer.from(partsOf(token)[1], 'base64url');
    const changed = key.map((octet, i) => (i === key.length - 1 ? octet ^ 1 : octet));
    const bad = [changed, changed, key.subarray(1), Buffer.concat([key, key]), new Uint8Array(0)];
    const used = bad.map((encryptedKey) => {
      expect(codeOf(() => decryptJwe(withParts(token, { 1: b64(encryptedKey) }), kind.decrypting))).toBe(FAILED);
      return usedKeys();
    });
    expect(used.map((keys) => keys.map(({ length }) => length))).toEqual(bad.map(() => [32]));
    expect(new Set([good, ...used.flat()].map((cek) => b64(cek ?? '')))).toHaveProperty('size', bad.length + 1);
  });

  test('in JSON as well, for the recipient alone', () => {
    const kind = kindOf('RSA-OAEP-256');
    const { recipients, ...content } = encryptJweJson(PLAINTEXT, [
      { key: kind.encrypting },
      { key: kindOf('A256KW').encrypting },
    ]) as GeneralJwe;
    const bad = { ...content, recipients: [{ ...recipients[0], encrypted_key: b64(secretOf(256)) }, recipients[1]] };
    expect(codeOf(() => decryptJweJson(bad, kind.decrypting))).toBe(FAILED);
    expect(usedKeys().map(({ length }) => length)).toEqual([32]);
  });
});

test('an error that no counterpart causes ends the reading, and the next recipient is not tried', () => {
  const kind = kindOf('A256KW');
  const jwe = encryptJweJson(PLAINTEXT, [{ key: kind.encrypting }, { key: kind.encrypting }]);
  const broken = new RangeError('out of memory');
  decryptions.mockImplementationOnce(() => {
    throw broken;
  });
  expect(() => decryptJweJson(jwe, kind.decrypting)).toThrow(broken);
  expect(decryptions).toHaveBeenCalledTimes(1);
});
