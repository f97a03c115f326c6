import { describe, expect, test } from 'vitest';
import {
  DecryptionKeys,
  decryptJweJson,
  encryptJweJson,
  type FlattenedJwe,
  type GeneralJwe,
  importDecryptionKeys,
  importPassword,
  importSecret,
  type Key,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectTypeError } from '../support/expect.ts';
import { b64, encryptionKinds, encsOf, kindOf, PLAINTEXT, secretOf } from '../support/jwe.ts';

const INVALID = 'ERR_JWE_INVALID';
const { encrypting: key } = kindOf('A256KW');
const [ours, theirs, third] = ['A256KW', 'RSA-OAEP-256', 'ECDH-ES+A128KW on X25519'].map(kindOf);
if (!ours || !theirs || !third) throw new Error('no keys');
const several = encryptJweJson(
  PLAINTEXT,
  [ours, theirs, third].map(({ encrypting }) => ({ key: encrypting })),
) as GeneralJwe;
const flat = encryptJweJson(PLAINTEXT, [{ key }], { flattened: true, aad: secretOf(5) }) as FlattenedJwe;
const read = (jwe: unknown, options?: object) => codeOf(() => decryptJweJson(jwe as object, key, options));
const headerIn = ({ protected: encoded = '' }: GeneralJwe | FlattenedJwe) =>
  JSON.parse(Buffer.from(encoded, 'base64url').toString());

describe('round trips', () => {
  test.each(encryptionKinds)('$label, flattened and general', (kind) => {
    for (const enc of encsOf(kind))
      for (const flattened of [true, false]) {
        const jwe = encryptJweJson(PLAINTEXT, [{ key: kind.encrypting }], { enc, flattened, aad: secretOf(9) });
        for (const form of [jwe, JSON.stringify(jwe)]) {
          const opened = decryptJweJson(form, kind.decrypting);
          expect([opened.plaintext, opened.aad]).toEqual([PLAINTEXT, secretOf(9)]);
          expect(opened.header).toMatchObject({ alg: kind.alg, enc });
          expect(opened.protected).toEqual(opened.header);
          expect([opened, opened.protected, opened.header, opened.recipients].every(Object.isFrozen)).toBe(true);
        }
      }
  });

  test('each of several recipients reads it, and is told of the others [7516-5.2-13] [7516-5.2-18] [7516-5.2-0b]', () => {
    for (const [i, { decrypting, alg }] of [ours, theirs, third].entries()) {
      const { plaintext, recipients, header, protected: shared } = decryptJweJson(several, decrypting);
      expect(plaintext).toEqual(PLAINTEXT);
      expect(header.alg).toBe(alg);
      expect(shared).toEqual({ enc: 'A256GCM' });
      expect(recipients.map(({ outcome }) => outcome)).toEqual(
        [0, 1, 2].map((at) => (at < i ? 'failed' : at === i ? 'decrypted' : 'untried')),
      );
    }
    const stranger = kindOf('A128KW').decrypting;
    expect(codeOf(() => decryptJweJson(several, stranger))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const wrong = importSecret(new Uint8Array(32), { alg: 'A256KW' });
    expect(codeOf(() => decryptJweJson(several, wrong))).toBe('ERR_JWE_DECRYPTION_FAILED');
    // The first recipient is of another alg: what is said is what became of the one that the key fits.
    const second = importSecret(new Uint8Array(16), { alg: 'A128KW' });
    const mixed = [theirs.encrypting, kindOf('A128KW').encrypting].map((each) => ({ key: each }));
    expect(codeOf(() => decryptJweJson(encryptJweJson(PLAINTEXT, mixed), second))).toBe('ERR_JWE_DECRYPTION_FAILED');
    expect(codeOf(() => decryptJweJson(several, importDecryptionKeys({ keys: [] })))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('when none is opened, the error of the recipient that is ours', () => {
    const alg = 'PBES2-HS256+A128KW';
    const [costly, password] = [2000, 1000].map((most) =>
      importPassword('password', { alg, iterations: most, maxIterations: most }),
    );
    const jwe = encryptJweJson(PLAINTEXT, [{ key }, { key: costly as Key }]);
    expect(codeOf(() => decryptJweJson(jwe, password as Key))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(codeOf(() => decryptJweJson(jwe, new DecryptionKeys([password as Key])))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a recipient of an alg that nobody here knows is not ours', () => {
    const recipients = [{ header: { alg: 'HPKE-0' }, encrypted_key: 'AA' }, ...several.recipients];
    expect(read({ ...several, recipients })).toBeNull();
    expect(read({ ...several, recipients: recipients.slice(0, 1) })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(read({ ciphertext: '', header: { alg: 'HPKE-0' } })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('a recipient of such an alg with no enc or another one does not spoil the message', () => {
    const jwe = encryptJweJson(PLAINTEXT, [{ key }], { flattened: true }) as FlattenedJwe;
    for (const header of [{ alg: 'HPKE-0' }, { alg: 'HPKE-0', enc: 'dir' }]) {
      // enc of ours stands with the recipient; the tag is that of a message without it in the protected header.
      const entries = [{ header }, { header: { alg: 'A256KW', enc: 'A256GCM' }, encrypted_key: jwe.encrypted_key }];
      const { iv, ciphertext, tag } = jwe;
      for (const recipients of [entries, [...entries].reverse()])
        expect(read({ iv, ciphertext, tag, recipients })).toBe('ERR_JWE_DECRYPTION_FAILED');
    }
  });

  test('plaintext and aad are read by their memory, whatever they say of their lengths', () => {
    const lying = (octets: Uint8Array, says: object) =>
      Object.defineProperties(octets, Object.getOwnPropertyDescriptors(says)) as Uint8Array;
    for (const zip of [true, false]) {
      const plaintext = lying(secretOf(99), { length: 1, byteLength: 1 });
      const jwe = encryptJweJson(plaintext, [{ key }], { zip, aad: lying(secretOf(9), { length: 0, byteLength: 1 }) });
      const opened = decryptJweJson(jwe, key, { zip });
      expect([opened.plaintext, opened.aad]).toEqual([secretOf(99), secretOf(9)]);
    }
    const long = lying(new Uint8Array(250_001), { length: 1 });
    expectTypeError(() => encryptJweJson(long, [{ key }], { zip: true }), 'plaintext');
  });

  test('an empty plaintext, and compressed content', () => {
    const empty = encryptJweJson(new Uint8Array(0), [{ key }]);
    expect(empty.ciphertext).toBe(''); // [7516-7.2.1-2]
    expect(decryptJweJson(empty, key).plaintext).toEqual(new Uint8Array(0));
    const zipped = encryptJweJson(new Uint8Array(999), [{ key }], { zip: true });
    expect(decryptJweJson(zipped, key, { zip: true }).plaintext).toEqual(new Uint8Array(999));
    expect(read(zipped)).toBe('ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('what is written', () => {
  test('one object for each recipient, whose members are absent rather than empty [7516-7.2.1-3] [7516-7.2.1-4] [7516-7.2.1-1]', () => {
    expect(several.recipients).toHaveLength(3);
    expect(Object.keys(several)).toEqual(['protected', 'recipients', 'iv', 'ciphertext', 'tag']);
    const direct = encryptJweJson(PLAINTEXT, [{ key: kindOf('dir for A256GCM').encrypting }], {
      aad: new Uint8Array(0),
    });
    expect(direct).toMatchObject({ recipients: [{}] });
    expect(direct).not.toHaveProperty('aad');
    expect(direct).not.toHaveProperty(['recipients', 0, 'encrypted_key']);
  });

  test('the flattened form has no recipients [7516-7.2.2-1], and everything in its protected header', () => {
    expect(Object.keys(flat)).toEqual(['protected', 'aad', 'iv', 'ciphertext', 'tag', 'encrypted_key']);
    expect(headerIn(flat)).toEqual({ alg: 'A256KW', enc: 'A256GCM' });
  });

  test('kid of each key, unless the caller names one anywhere', () => {
    const named = importSecret(secretOf(32), { alg: 'A256KW', kid: 'k' });
    const two = (options: object, header?: object) =>
      encryptJweJson(PLAINTEXT, [{ key: named, header }, { key }] as never, options) as GeneralJwe;
    expect(two({}).recipients[0]?.header).toEqual({ alg: 'A256KW', kid: 'k' });
    expect(two({ protected: { kid: 'p' } }).recipients[0]?.header).toEqual({ alg: 'A256KW' });
    expect(two({ unprotected: { kid: 'u' } })).toMatchObject({ unprotected: { kid: 'u' } });
    expect(two({}, { kid: 'h' }).recipients[0]?.header).toEqual({ alg: 'A256KW', kid: 'h' });
    expect(headerIn(encryptJweJson(PLAINTEXT, [{ key: named }]))).toMatchObject({ kid: 'k' });
    const alone = encryptJweJson(PLAINTEXT, [{ key: named, header: { note: 'x' } }]) as GeneralJwe;
    expect(alone.recipients[0]?.header).toEqual({ note: 'x' });
    expect(decryptJweJson(alone, named).header).toMatchObject({ note: 'x', kid: 'k' });
  });

  test('a parameter that is undefined is refused in each header, and named; an empty header is none', () => {
    const two = [{ key }, { key, header: { kid: undefined } }];
    expectTypeError(() => encryptJweJson(PLAINTEXT, two as never), 'recipients[1].header.kid must be');
    for (const place of ['protected', 'unprotected'])
      for (const value of [undefined, Number.NaN])
        expectTypeError(
          () => encryptJweJson(PLAINTEXT, [{ key }], { [place]: { kid: value } }),
          `options.${place}.kid must be`,
        );
    const made = encryptJweJson(PLAINTEXT, [{ key, header: {} }], { protected: {}, unprotected: {} });
    expect(made).not.toHaveProperty('unprotected');
    expect(decryptJweJson(made, key).plaintext).toEqual(PLAINTEXT);
  });

  test('the arguments', () => {
    expectTypeError(() => encryptJweJson('text' as never, [{ key }]), 'plaintext');
    for (const recipients of [[], {}, Array.from({ length: 17 }, () => ({ key }))])
      expectTypeError(() => encryptJweJson(PLAINTEXT, recipients as never), 'recipients');
    expect(
      codeOf(() =>
        encryptJweJson(
          PLAINTEXT,
          Array.from({ length: 16 }, () => ({ key })),
        ),
      ),
    ).toBeNull();
    expectTypeError(() => encryptJweJson(PLAINTEXT, [{ key }, { key }], { flattened: true }), 'flattened');
    expectTypeError(() => encryptJweJson(PLAINTEXT, [{ key, header: { a: 1 } }], { unprotected: { a: 1 } }), 'headers');
    expectTypeError(() => encryptJweJson(PLAINTEXT, [{ key }], { protected: { crit: ['x'] } }), 'headers');
    expectTypeError(() => encryptJweJson(PLAINTEXT, [{ key: theirs.decrypting }]), 'recipients[0].key is private');
  });
});

describe('what is read', () => {
  test('text that is there is not empty [7516-7.2.1-1], and unknown members are ignored [7516-7.2.1-6]', () => {
    for (const name of ['protected', 'iv', 'aad', 'tag', 'encrypted_key'])
      for (const value of ['', null, 1]) expect(read({ ...flat, [name]: value }), `${name} ${value}`).toBe(INVALID);
    for (const name of ['iv', 'aad', 'tag', 'ciphertext', 'encrypted_key'])
      expect(read({ ...flat, [name]: 'AA=' }), name).toBe(INVALID);
    for (const name of ['unprotected', 'header'])
      for (const value of [{}, [], null, 'x']) expect(read({ ...flat, [name]: value }), name).toBe(INVALID);
    expect(read({ ...flat, ciphertext: undefined })).toBe(INVALID); // [7516-7.2.1-2]
    expect(read({ ...flat, note: 'x' })).toBeNull();
    for (const name of ['iv', 'tag', 'encrypted_key'])
      expect(read({ ...flat, [name]: undefined }), name).toBe('ERR_JWE_DECRYPTION_FAILED');
  });

  test('aad is authenticated, and so is its absence [7516-5.1-14]', () => {
    expect(read({ ...flat, aad: 'AAAA' })).toBe('ERR_JWE_DECRYPTION_FAILED');
    expect(read({ ...flat, aad: undefined })).toBe('ERR_JWE_DECRYPTION_FAILED');
  });

  test('aad of a class that says it is empty is written all the same', () => {
    class Empty extends Uint8Array {
      override get length() {
        return 0;
      }
    }
    const made = encryptJweJson(PLAINTEXT, [{ key }], { aad: new Empty([1, 2, 3]) });
    expect(decryptJweJson(made, key).aad).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('one form or the other [7516-7.2.2-1], with recipients that are objects [7516-7.2.1-3]', () => {
    expect(read({ ...several, header: { alg: 'A256KW' } })).toBe(INVALID);
    expect(read({ ...several, encrypted_key: 'AA' })).toBe(INVALID);
    expect(read({ ...several, payload: '' })).toBe(INVALID);
    for (const recipients of [[], {}, null, [1], [null], [[]]]) expect(read({ ...several, recipients })).toBe(INVALID);
    const many = (count: number) => ({
      ...several,
      recipients: Array.from({ length: count }, () => several.recipients[0]),
    });
    expect(read(many(16))).toBeNull();
    expect(read(many(17))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a name stands in one header only, and alg in one of them [7516-5.2-4a] [7516-5.2-4b] [7516-7.2.1-7] [7516-3.2-1] [7516-7.2.1-5]', () => {
    const [first, ...others] = several.recipients;
    const recipients = [{ ...first, header: { ...first?.header, kid: 'a' } }, ...others];
    expect(read({ ...several, recipients })).toBeNull();
    expect(read({ ...several, recipients, unprotected: { kid: 'a' } })).toBe(INVALID);
    expect(read({ ...several, unprotected: { enc: 'A256GCM' } })).toBe(INVALID);
    expect(read({ ...several, unprotected: { crit: ['x'], x: 1 } })).toBe(INVALID);
    expect(read({ ...several, recipients: [{ encrypted_key: first?.encrypted_key }] })).toBe(INVALID);
    expect(read({ ciphertext: '' })).toBe(INVALID);
    expect(read({ ...several, unprotected: { note: 'x' } })).toBeNull();
  });

  test('a critical extension must be the caller’s, in either form, and crit is protected [7516-4.1.13-1] [7516-5.2-5]', () => {
    const extension = { protected: { exp: 1, crit: ['exp'] } };
    const two = [key, theirs.encrypting].map((each) => ({ key: each }));
    for (const made of [
      encryptJweJson(PLAINTEXT, [{ key }], { ...extension, flattened: true }),
      encryptJweJson(PLAINTEXT, [{ key }], extension),
      encryptJweJson(PLAINTEXT, two, extension),
    ]) {
      expect(read(made)).toBe('ERR_JOSE_NOT_SUPPORTED');
      expect(read(made, { crit: ['nbf'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
      expect(read(made, { crit: ['exp'] })).toBeNull();
    }
    const critical = { crit: ['exp'], exp: 1 };
    const [first, ...others] = several.recipients;
    for (const options of [{}, { crit: ['exp'] }]) {
      for (const place of ['unprotected', 'header'])
        expect(read({ ...flat, [place]: critical }, options), place).toBe(INVALID);
      expect(read({ ...several, unprotected: critical }, options)).toBe(INVALID);
      const recipients = [{ ...first, header: { ...first?.header, ...critical } }, ...others];
      expect(read({ ...several, recipients }, options)).toBe(INVALID);
    }
    const { protected: encoded, ...rest } = flat;
    for (const crit of [['enc'], ['alg'], [], ['absent'], 'exp', null]) {
      const header = JSON.parse(Buffer.from(String(encoded), 'base64url').toString());
      expect(read({ ...rest, protected: b64(JSON.stringify({ ...header, crit })) }), String(crit)).toBe(INVALID);
    }
  });

  test('all recipients read one content [7516-7.2.1-8]', () => {
    const { protected: _, ...rest } = several;
    const recipients = (encs: readonly string[]) =>
      several.recipients.map((each, i) => ({ ...each, header: { ...each.header, enc: encs[i] } }));
    const differing = recipients(['A256GCM', 'A128GCM', 'A256GCM']);
    expect(read({ ...rest, recipients: differing })).toBe(INVALID);
    // The header is no longer protected, so that the tag is wrong; but the message is well formed.
    const alike = recipients(['A256GCM', 'A256GCM', 'A256GCM']);
    expect(read({ ...rest, recipients: alike })).toBe('ERR_JWE_DECRYPTION_FAILED');
  });

  test('limits, and texts that are no JSON', () => {
    expect(read('{')).toBe(INVALID);
    expect(read('[]')).toBe(INVALID);
    expect(read(JSON.stringify(flat).replace('{', '{"iv":"AA",'))).toBe(INVALID);
    expect(read(flat, { maxLength: 10 })).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expectTypeError(() => decryptJweJson(flat, theirs.encrypting), 'keys is public');
    expect(read({ ...flat, protected: b64('{"alg":"A256KW","enc":"A999GCM"}') })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('another error than that of a counterpart is passed on', () => {
    const own = kindOf('A128KW').decrypting;
    expect(() => decryptJweJson(several, { ...own } as never)).toThrow(TypeError);
  });
});
