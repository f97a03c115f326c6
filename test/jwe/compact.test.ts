import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  encryptJwe,
  importDecryptionKeys,
  importKey,
  importSecret,
  type Key,
  signJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import {
  b64,
  encryptionKinds,
  encryptions,
  encsOf,
  headerOf,
  kindOf,
  PARTS,
  PLAINTEXT,
  partsOf,
  secretOf,
  withHeader,
  withParts,
} from '../support/jwe.ts';
import { keyPairs } from '../support/keys.ts';

const INVALID = 'ERR_JWE_INVALID';
const key = kindOf('A256KW').encrypting;
const token = encryptJwe(PLAINTEXT, key);
const read = (text: unknown, options?: object) => codeOf(() => decryptJwe(text as string, key, options));

describe('round trips', () => {
  test.each(encryptionKinds)('$label [7516-5.1-1] [7516-5.1-3] [7516-5.1-15]', (kind) => {
    for (const enc of encsOf(kind)) {
      const made = encryptJwe(PLAINTEXT, kind.encrypting, { enc });
      const { plaintext, header, key: by } = decryptJwe(made, kind.decrypting);
      expect([plaintext, by]).toEqual([PLAINTEXT, kind.decrypting]);
      expect(header).toMatchObject({ alg: kind.alg, enc });
      expect(Object.isFrozen(header)).toBe(true);
    }
  });

  test('an empty plaintext and a large one', () => {
    for (const enc of encryptions)
      for (const length of [0, 1, 15, 16, 17, 100_000]) {
        const plaintext = secretOf(length);
        expect(decryptJwe(encryptJwe(plaintext, key, { enc }), key).plaintext).toEqual(plaintext);
      }
  });

  test('the direct methods have no encrypted key, and the key of dir is that of the content [7516-5.1-5] [7516-5.1-6]', () => {
    for (const label of ['dir for A128GCM', 'ECDH-ES on P-521'])
      expect(partsOf(encryptJwe(PLAINTEXT, kindOf(label).encrypting))[1]).toBe('');
    const own = importSecret(secretOf(32), { alg: 'dir', enc: 'A128CBC-HS256' });
    const made = encryptJwe(PLAINTEXT, own);
    expect(headerOf(made)).toEqual({ alg: 'dir', enc: 'A128CBC-HS256' });
    // The same octets, said to be for another enc, are another key.
    expect(codeOf(() => decryptJwe(made, kindOf('dir for A256GCM').decrypting))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('the plaintext is memory of its own, and not that of the caller', () => {
    const { plaintext } = decryptJwe(token, key);
    expect(plaintext.constructor).toBe(Uint8Array);
    expect(plaintext.byteLength).toBe(plaintext.buffer.byteLength);
  });
});

describe('what is written', () => {
  test('the octets of the plaintext, whatever it says of its length', () => {
    const lying = (length: number) => Object.defineProperty(secretOf(length), 'length', { value: 1 });
    for (const zip of [true, false])
      expect(decryptJwe(encryptJwe(lying(99), key, { zip }), key, { zip }).plaintext).toEqual(secretOf(99));
    expectTypeError(() => encryptJwe(lying(250_001), key, { zip: true }), 'plaintext');
  });

  test('five parts: header, key, IV, ciphertext, tag [7516-5.1-19]; the header is protected [7516-5.1-13]', () => {
    const lengths = partsOf(token).map((part) => Buffer.from(part, 'base64url').length);
    expect(lengths.slice(1)).toEqual([40, 12, PLAINTEXT.length, 16]);
    expect(headerOf(token)).toEqual({ alg: 'A256KW', enc: 'A256GCM' });
  });

  test('kid of the key, and parameters of the caller, whose kid takes its place', () => {
    const named = importSecret(secretOf(32), { alg: 'A256KW', kid: 'k' });
    expect(headerOf(encryptJwe(PLAINTEXT, named, { header: { cty: 'JWT' } }))).toMatchObject({ kid: 'k', cty: 'JWT' });
    expect(headerOf(encryptJwe(PLAINTEXT, named, { header: { kid: 'other' } })).kid).toBe('other');
  });

  test('a header that no reader would take is the caller’s mistake', () => {
    for (const header of [{ typ: 1 }, { crit: ['x'] }, { crit: [] }, { a: undefined, b: Number.NaN }])
      expectTypeError(() => encryptJwe(PLAINTEXT, key, { header }), 'header');
  });

  test('the arguments', () => {
    expectTypeError(() => encryptJwe('text' as never, key), 'plaintext');
    expectTypeError(() => encryptJwe(PLAINTEXT, 'key' as never), 'key');
    expectTypeError(() => encryptJwe(PLAINTEXT, kindOf('RSA-OAEP').decrypting), 'key is private');
    expectTypeError(() => decryptJwe(token, kindOf('RSA-OAEP').encrypting), 'keys is public');
    expectTypeError(() => decryptJwe(token, 'key' as never), 'keys');
    expectTypeError(
      () => encryptJwe(PLAINTEXT, kindOf('dir for A128GCM').encrypting, { enc: 'A256GCM' }),
      'options.enc',
    );
    expectTypeError(() => decryptJwe(token, key, { enc: [] }), 'options.enc');
  });

  test('key_ops of a secret say what it may do', () => {
    const jwk = { kty: 'oct', alg: 'A256KW', k: b64(secretOf(32)) };
    const wrapping = importKey({ ...jwk, key_ops: ['wrapKey'] });
    const unwrapping = importKey({ ...jwk, key_ops: ['unwrapKey'] });
    expect(decryptJwe(encryptJwe(PLAINTEXT, wrapping), unwrapping).plaintext).toEqual(PLAINTEXT);
    expectTypeError(() => encryptJwe(PLAINTEXT, unwrapping), 'key_ops');
    expectTypeError(() => decryptJwe(token, wrapping), 'key_ops');
  });
});

describe('what is read', () => {
  test('exactly five parts [7516-5.2-1]', () => {
    for (const text of ['', '.', '....', 'a.b.c.d', `${token}.`, `${token}.AA`, token.replace('.', ''), 1, null])
      expect(read(text), String(text)).toBe(INVALID);
    expect(read(signJws(PLAINTEXT, keyPairs.ES256.privateKey))).toBe(INVALID);
  });

  test.each(PARTS.map((name, i) => [name, i] as const))('canonical base64url only: %s [7516-5.2-2]', (_, i) => {
    const part = partsOf(token)[i] ?? '';
    for (const text of [`${part}=`, `${part} `, ` ${part}`, `${part}\n`, `${part}A`.slice(0, 1), `+${part}`])
      expect(read(withParts(token, { [i]: text })), text).toBe(INVALID);
  });

  test('the header is one JSON object in UTF-8, no name twice [7516-5.2-3] [7516-4-1]', () => {
    for (const text of ['', '[]', 'null', '{', '{"alg":"A256KW","enc":"A256GCM","alg":"A256KW"}', '\ufeff{}', '{}x'])
      expect(read(withParts(token, { 0: b64(text) })), text).toBe(INVALID);
  });

  test('a parameter that is malformed is named', () => {
    const label = 'ECDH-ES on P-256';
    const told = (changes: object) =>
      expectCode(
        () =>
          decryptJwe(withHeader(encryptJwe(PLAINTEXT, kindOf(label).encrypting), changes), kindOf(label).decrypting),
        INVALID,
      ).message;
    expect(told({ enc: 1 })).toBe('the header parameter enc is not a string');
    expect(told({ apu: 1 })).toBe('the header parameter apu is not a string');
    expect(told({ apv: 'YQ==' })).toBe('the header parameter apv is not canonical base64url');
  });

  test('alg and enc are there, as text [7516-4.1.2-1]', () => {
    for (const name of ['alg', 'enc'])
      for (const value of [undefined, null, 1, ['A256GCM']])
        expect(read(withHeader(token, { [name]: value }))).toBe(INVALID);
  });

  test('any step that fails ends it, whichever part is another [7516-5.2-0a]', () => {
    for (const [i, part] of partsOf(token).entries()) {
      const octets = Buffer.from(part, 'base64url');
      octets[0] = Number(octets[0]) ^ 1;
      expect(read(withParts(token, { [i]: b64(octets) }))).toBe(i === 0 ? INVALID : 'ERR_JWE_DECRYPTION_FAILED');
    }
  });

  test('the header is authenticated as received, not written again [7516-5.2-14] [7516-5.1-14]', () => {
    const spaced = JSON.stringify(headerOf(token), null, 1);
    expect(read(withParts(token, { 0: b64(spaced) }))).toBe('ERR_JWE_DECRYPTION_FAILED');
  });

  test('a critical extension must be the caller’s, and b64 is none here [7516-4.1.13-1] [7516-5.2-5]', () => {
    const made = encryptJwe(PLAINTEXT, key, { header: { exp: 1, crit: ['exp'] } });
    expect(read(made)).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(read(made, { crit: ['exp'] })).toBeNull();
    const b64Critical = encryptJwe(PLAINTEXT, key, { header: { b64: true, crit: ['b64'] } });
    expect(read(b64Critical)).toBe('ERR_JOSE_NOT_SUPPORTED');
    for (const name of ['enc', 'zip', 'epk', 'p2c'])
      expect(read(withHeader(token, { [name]: headerOf(token)[name] ?? 'x', crit: [name] }))).toBe(INVALID);
  });

  test('`enc` narrows, and `maxLength` bounds', () => {
    expect(read(token, { enc: ['A256GCM'] })).toBeNull();
    expect(read(token, { enc: ['A128GCM'] })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(read(token, { maxLength: token.length })).toBeNull();
    expect(read(token, { maxLength: token.length - 1 })).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(read('a'.repeat(256 * 1024 + 1))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a key that the recipient has: one given by itself whatever the kid, of a set the one that is named [7516-5.2-7]', () => {
    const named = (kid: string, octet: number): Key =>
      importSecret(new Uint8Array(32).fill(octet), { alg: 'A256KW', kid });
    const jwk = (kid: string, octet: number) => ({
      kty: 'oct',
      alg: 'A256KW',
      kid,
      k: b64(new Uint8Array(32).fill(octet)),
    });
    const set = importDecryptionKeys({ keys: [jwk('a', 1), jwk('b', 2)] });
    for (const each of [named('a', 1), named('b', 2)])
      expect(decryptJwe(encryptJwe(PLAINTEXT, each), set).key.kid).toBe(each.kid);
    expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, named('a', 2)), set))).toBe('ERR_JWE_DECRYPTION_FAILED');
    expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, named('b', 2)), named('c', 2)))).toBeNull();
    expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, named('c', 2)), set))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    const one = importDecryptionKeys({ keys: [jwk('a', 1)] });
    expect(
      codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, importSecret(new Uint8Array(32).fill(1), { alg: 'A256KW' })), one)),
    ).toBeNull();
    const twice = importDecryptionKeys({ keys: [jwk('a', 1), jwk('a', 2)] });
    expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, named('a', 1)), twice))).toBe(
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
    );
  });
});

describe('the header of the caller', () => {
  test('is read once: what it says at the second look is not written', () => {
    let looks = 0;
    const changing = new Proxy({ note: 'x' } as Record<string, unknown>, {
      ownKeys: () => (looks++ === 0 ? ['note'] : ['note', 'alg']),
      getOwnPropertyDescriptor: (_, name) => ({
        value: name === 'alg' ? 'dir' : 'x',
        enumerable: name !== 'alg' || looks > 1,
        configurable: true,
      }),
      get: (_, name) => (name === 'alg' ? 'dir' : 'x'),
      has: () => false,
    });
    const hidden = new Proxy(changing, {
      getOwnPropertyDescriptor: (target, name) =>
        name === 'alg' && looks < 2 ? undefined : Reflect.getOwnPropertyDescriptor(target, name),
    });
    expect(headerOf(encryptJwe(PLAINTEXT, key, { header: hidden }))).toMatchObject({ alg: 'A256KW', note: 'x' });
  });

  test('has no parameter that is undefined, such as a kid in place of the key’s', () => {
    expectTypeError(() => encryptJwe(PLAINTEXT, key, { header: { kid: undefined } }), 'options.header.kid must be');
  });
});

test('a kid that is too long for a header, and no fault of the header that was given', () => {
  const key = importSecret(new Uint8Array(32), { alg: 'A256KW', kid: 'k'.repeat(20_000) });
  expectTypeError(() => encryptJwe(new Uint8Array(1), key), 'the kid of the key');
  const long = importSecret(new Uint8Array(32), { alg: 'A256KW', kid: 'k'.repeat(5000) });
  expect(decryptJwe(encryptJwe(new Uint8Array(1), long), long).header.kid).toBe('k'.repeat(5000));
});

test('an alg of another specification is refused as such, also without enc', () => {
  const other = (header: object) => withParts(token, { 0: b64(JSON.stringify(header)) });
  expect(read(other({ alg: 'HPKE-0' }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  expect(read(other({ alg: 'A256KW' }))).toBe(INVALID);
});

test('an array of keys is answered by the name of the function that takes several', () => {
  expectTypeError(() => encryptJwe(PLAINTEXT, [key, key] as never), 'encryptJweJson');
});
