// A runtime without a cipher, as Deno is without AES-192 in GCM and CBC: what is written and what is read in its alg or enc is
// refused as not supported, by header and runtime alone, so that the error tells nothing of keys or contents.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { decryptJwe, decryptJweJson, encryptJwe, encryptJweJson, type GeneralJwe } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectCode } from '../support/expect.ts';
import { b64, type EncryptionKind, encryptions, kindOf, PLAINTEXT, partsOf, withParts } from '../support/jwe.ts';

const missing = vi.hoisted(() => ({ ciphers: /^$/ }));

vi.mock('node:crypto', async (original) => {
  const actual: typeof import('node:crypto') = await original();
  const orMissing =
    (make: (...args: never[]) => unknown) =>
    (name: string, ...args: unknown[]) => {
      if (missing.ciphers.test(name)) throw new Error('Unknown cipher');
      return make(...([name, ...args] as never[]));
    };
  const [createCipheriv, createDecipheriv] = [actual.createCipheriv, actual.createDecipheriv].map(orMissing as never);
  return { ...actual, createCipheriv, createDecipheriv };
});

const UNSUPPORTED = 'ERR_JOSE_NOT_SUPPORTED';
const key = kindOf('A256KW').encrypting;

/** Runs as in Deno. */
function withoutAes192<T>(run: () => T): T {
  missing.ciphers = /192-(gcm|cbc)/;
  try {
    return run();
  } finally {
    missing.ciphers = /^$/;
  }
}

beforeEach(() => {
  missing.ciphers = /^$/;
});

/** The token, and it with a bit changed in each part that is authenticated. */
function spoilt(token: string): readonly string[] {
  const changed = [1, 2, 3, 4].map((i) => {
    const octets = Buffer.from(partsOf(token)[i] ?? '', 'base64url');
    return withParts(token, { [i]: b64(octets.map((octet, at) => (at === 0 ? octet ^ 1 : octet))) });
  });
  return [token, ...changed];
}

function messages(tokens: readonly string[], { decrypting }: EncryptionKind): ReadonlySet<string> {
  return new Set(
    tokens.map((token) =>
      withoutAes192(() => expectCode(() => decryptJwe(token, decrypting), UNSUPPORTED, token).message),
    ),
  );
}

describe('a content encryption that the runtime lacks', () => {
  test.each(encryptions)('%s', (enc) => {
    const token = encryptJwe(PLAINTEXT, key, { enc });
    if (!enc.startsWith('A192')) {
      expect(withoutAes192(() => decryptJwe(encryptJwe(PLAINTEXT, key, { enc }), key).plaintext)).toEqual(PLAINTEXT);
      return;
    }
    expectCode(() => withoutAes192(() => encryptJwe(PLAINTEXT, key, { enc })), UNSUPPORTED);
    const kind = kindOf('A256KW');
    expect(messages(spoilt(token), kind)).toEqual(
      new Set([`aes-192-${enc.endsWith('GCM') ? 'gcm' : 'cbc'} is not supported by this runtime`]),
    );
    expect(decryptJwe(token, key).plaintext).toEqual(PLAINTEXT);
  });
});

describe('a key management algorithm that the runtime lacks', () => {
  const kind = kindOf('A192GCMKW');

  test('whatever is wrong with the encrypted key or the content, the error is one', () => {
    const token = encryptJwe(PLAINTEXT, kind.encrypting);
    expect(messages(spoilt(token), kind)).toEqual(new Set(['aes-192-gcm is not supported by this runtime']));
    expectCode(() => withoutAes192(() => encryptJwe(PLAINTEXT, kind.encrypting)), UNSUPPORTED);
  });

  test('another recipient of the message reads it', () => {
    const recipients = [{ key: kind.encrypting }, { key }];
    const jwe = encryptJweJson(PLAINTEXT, recipients) as GeneralJwe;
    expect(withoutAes192(() => decryptJweJson(jwe, key)).plaintext).toEqual(PLAINTEXT);
    expect(withoutAes192(() => codeOf(() => decryptJweJson(jwe, kind.decrypting)))).toBe(UNSUPPORTED);
  });
});

test('any other error of node:crypto is a decryption that failed', async () => {
  const { attemptDecryption } = await import('../../src/jwa/cipher.ts');
  const fail = () => {
    throw new Error('options: { key }');
  };
  expect(attemptDecryption(fail)).toBeUndefined();
});
