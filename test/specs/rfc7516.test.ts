// RFC 7516, and JWE elsewhere: RFC 7517 C, RFC 7518 C, RFC 7520 §5. Both directions where nothing is random but what
// a test can give.
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  pbkdf2Sync,
  privateDecrypt,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  decryptJweJson,
  encryptJwe,
  importKey,
  importPassword,
  type Jwk,
  type Key,
  type KeyManagementAlgorithm,
} from '../../src/index.ts';
import { unwrapAes, wrapAes } from '../../src/jwa/aes-kw.ts';
import { agreeOn, concatKdf } from '../../src/jwa/ecdh-es.ts';
import type { Entropy } from '../../src/jwa/entropy.ts';
import { sealCompact } from '../../src/jwe/compact.ts';
import { sealJson } from '../../src/jwe/json-encrypt.ts';
import { codeOf } from '../support/code.ts';
import { flipEncoded } from '../support/flip.ts';
import { encryptionKinds, headerOf, kindOf, PARTS, partsOf, withHeader, withParts } from '../support/jwe.ts';
import { nodePair } from '../support/keys.ts';
import { type CookbookJweVector, vector, vectors } from '../support/vectors.ts';

const text = (octets: Uint8Array): string => Buffer.from(octets).toString();
const octets = (encoded: string): Uint8Array => new Uint8Array(Buffer.from(encoded, 'base64url'));

function keyOf(jwk: Jwk, alg: string): Key {
  return importKey(jwk, { alg: alg as KeyManagementAlgorithm });
}

/** Gives what was drawn at random when the vector was made, in the order in which it is asked for. */
function drawn(...values: readonly (string | undefined)[]): Entropy {
  const queue = values.filter((value) => value !== undefined).map(octets);
  return {
    octets: (length) => {
      const next = queue.shift();
      if (next?.length !== length) throw new Error(`${length} octets were asked for, not ${next?.length}`);
      return next;
    },
    ephemeralKey: () => undefined,
  };
}

/** A token made by node:crypto alone, in GCM under a content encryption key of one's own. */
function tokenUnder(cek: Uint8Array, header: object, encryptedKey: Uint8Array): string {
  const encoded = Buffer.from(JSON.stringify({ ...header, enc: `A${8 * cek.length}GCM` })).toString('base64url');
  const iv = Buffer.alloc(12, 5);
  const cipher = createCipheriv(`aes-${8 * cek.length}-gcm` as CipherGCMTypes, cek, iv).setAAD(Buffer.from(encoded));
  const ciphertext = Buffer.concat([cipher.update('plaintext'), cipher.final()]);
  const parts = [encryptedKey, iv, ciphertext, cipher.getAuthTag()];
  return [encoded, ...parts.map((part) => Buffer.from(part).toString('base64url'))].join('.');
}

/** RFC 3394 §2.2.3.1 the initial value. */
const INITIAL = Buffer.alloc(8, 0xa6);

function wrapByNode(kek: Uint8Array, cek: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes${8 * kek.length}-wrap`, kek, INITIAL);
  return Buffer.concat([cipher.update(cek), cipher.final()]);
}

describe('RFC 7516 appendix A', () => {
  test.each(vectors('rfc7516', 'jwe').filter(({ alg }) => alg !== 'RSA1_5'))('$ref: $title [7516-3-1]', (v) => {
    const { plaintext } = decryptJwe(v.compact, keyOf(v.key, v.alg));
    expect(Buffer.from(plaintext).toString('hex')).toBe(v.plaintext_hex);
    for (const [i, part] of partsOf(v.compact).entries()) {
      const changed = withParts(v.compact, { [i]: flipEncoded(part, 'first') });
      expect(
        codeOf(() => decryptJwe(changed, keyOf(v.key, v.alg))),
        PARTS[i],
      ).toMatch(/^ERR_J/);
    }
  });

  test('A.2 and A.4: RSA1_5 has no row, and the other recipient reads the message', () => {
    const v = vector('rfc7516', 'jwe', 'RFC 7516 A.2');
    expect(codeOf(() => importKey(v.key, { alg: v.alg as 'RSA-OAEP' }))).toBe('TypeError');
    expect(codeOf(() => decryptJwe(v.compact, keyOf(v.key, 'RSA-OAEP')))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const { json, keys, plaintext_hex } = vector('rfc7516', 'jwe-general', 'RFC 7516 A.4');
    // alg stands outside the protected header there, which a key of one alg makes harmless. [7516-5.2-4a] [7516-7.2.1-5]
    const opened = decryptJweJson(json, keyOf(keys[1] ?? expect.fail('no key'), 'A128KW'));
    expect(Buffer.from(opened.plaintext).toString('hex')).toBe(plaintext_hex);
    expect(opened.recipients.map(({ outcome }) => outcome)).toEqual(['failed', 'decrypted']);
  });

  test('A.5: the flattened form', () => {
    const { json, keys, plaintext_hex } = vector('rfc7516', 'jwe-flattened', 'RFC 7516 A.5');
    const opened = decryptJweJson(json, keyOf(keys[0] ?? expect.fail('no key'), 'A128KW'));
    expect(Buffer.from(opened.plaintext).toString('hex')).toBe(plaintext_hex);
  });

  test('A.3 is what our own writer makes', () => {
    const v = vector('rfc7516', 'jwe', 'RFC 7516 A.3');
    const cek = Buffer.from(String(v.cek_hex), 'hex').toString('base64url');
    const token = sealCompact(
      Buffer.from(v.plaintext_hex, 'hex'),
      { key: keyOf(v.key, v.alg), enc: 'A128CBC-HS256' },
      drawn(cek, v.iv_b64u),
    );
    expect(token).toBe(v.compact);
  });
});

test('RFC 7517 C: a private key under a password, read and written', () => {
  const v = vector('rfc7517', 'jwe', 'RFC 7517 Appendix C');
  const key = importPassword(String(v.passphrase), { alg: 'PBES2-HS256+A128KW', iterations: 4096 });
  const { plaintext, header } = decryptJwe(v.compact, key);
  expect(JSON.parse(text(plaintext))).toEqual(v.plaintext_jwk);
  expect(header.cty).toBe('jwk+json');
  const { p2s } = JSON.parse(v.protected);
  const cek = Buffer.from(String(v.cek_hex), 'hex').toString('base64url');
  const again = sealCompact(
    plaintext,
    { key, enc: 'A128CBC-HS256', header: { cty: 'jwk+json' } },
    drawn(cek, p2s, v.iv_b64u),
  );
  // enc stands before cty there, so that the header is another text, and ciphertext and tag with it.
  expect(partsOf(again).slice(1, 3)).toEqual(partsOf(v.compact).slice(1, 3));
});

test('RFC 7518 C: both sides agree on the key [7518-4.6.2-1] [7518-4.6.1.2-1] [7518-4.6.1.3-1]', () => {
  const v = vector('rfc7518', 'ecdh-es-kdf', 'RFC 7518 Appendix C');
  const [alice, bob] = [v.ephemeral_key, v.static_key].map((key) => createPrivateKey({ key, format: 'jwk' } as never));
  if (!alice || !bob) throw new Error('the vector is incomplete');
  for (const [ours, theirs] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const z = agreeOn(ours, createPublicKey(theirs)) ?? expect.fail('no agreement');
    expect([...z]).toEqual(v.z);
    const context = { algorithm: v.header.enc, apu: octets(v.header.apu), apv: octets(v.header.apv) };
    expect([...concatKdf(z, context, 16)]).toEqual(v.derived_key);
  }
});

test('RFC 7518 C as a whole token: Alice and Bob are not confused [7518-4.6.1.2-1] [7518-4.6.1.3-1] [7518-4.6.1.1-2]', () => {
  const v = vector('rfc7518', 'ecdh-es-kdf', 'RFC 7518 Appendix C');
  const { d: _, ...epk } = v.ephemeral_key;
  const key = keyOf(v.static_key, 'ECDH-ES');
  const token = (header: object) => tokenUnder(Uint8Array.from(v.derived_key), header, new Uint8Array(0));
  expect(text(decryptJwe(token({ ...v.header, epk }), key).plaintext)).toBe('plaintext');
  const swapped = { ...v.header, epk, apu: v.header.apv, apv: v.header.apu };
  expect(codeOf(() => decryptJwe(token(swapped), key))).toBe('ERR_JWE_DECRYPTION_FAILED');
  // RFC 7518 §4.6.1.1: the least members should be there; others are not looked at.
  const more = { ...epk, kid: 'a', alg: 'ES256', use: 'sig', key_ops: ['sign'], note: {} };
  expect(text(decryptJwe(token({ ...v.header, epk: more }), key).plaintext)).toBe('plaintext');
});

describe('RFC 7518 4.6.2: Concat KDF, computed by hand', () => {
  const uint32 = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const [apu, apv] = [Buffer.from('Alice'), Buffer.from('Bob')];
  const round = (number: number, z: Uint8Array, { algorithm, length }: { algorithm: string; length: number }) => {
    const named = [Buffer.from(algorithm), apu, apv].flatMap((each) => [uint32(each.length), each]);
    const input = [uint32(number), z, ...named, uint32(8 * length)];
    return createHash('sha256').update(Buffer.concat(input)).digest();
  };

  test.each([
    { algorithm: 'A256CBC-HS512', length: 64 },
    { algorithm: 'A192CBC-HS384', length: 48 },
  ])('a key for $algorithm takes two rounds, each of its own number [7518-4.6.2-1]', ({ algorithm, length }) => {
    const z = octets('AAAA');
    const rounds = [1, 2].map((number) => round(number, z, { algorithm, length }));
    const expected = Buffer.concat(rounds).subarray(0, length);
    expect(Buffer.from(concatKdf(z, { algorithm, apu, apv }, length))).toEqual(expected);
  });

  test('the key that wraps is bound to alg, apu and apv [7518-4.6-2] [7518-4.6.1.2-1] [7518-4.6.1.3-1]', () => {
    const v = vector('rfc7518', 'ecdh-es-kdf', 'RFC 7518 Appendix C');
    const { d: _, ...epk } = v.ephemeral_key;
    for (const bits of [128, 192, 256]) {
      const alg = `ECDH-ES+A${bits}KW`;
      const kek = round(1, Uint8Array.from(v.z), { algorithm: alg, length: bits / 8 }).subarray(0, bits / 8);
      const cek = Buffer.alloc(32, 4);
      const header = { alg, epk, apu: v.header.apu, apv: v.header.apv };
      const token = tokenUnder(cek, header, wrapByNode(kek, cek));
      expect(text(decryptJwe(token, keyOf(v.static_key, alg)).plaintext)).toBe('plaintext');
    }
  });
});

describe('RFC 7520 section 5', () => {
  const cookbook = vectors('rfc7520', 'cookbook-jwe');
  const keysOf = (v: CookbookJweVector): readonly (Key | undefined)[] =>
    v.algs.map((alg, i) => {
      if (alg === 'RSA1_5') return undefined;
      if (v.password !== null) return importPassword(v.password, { alg: 'PBES2-HS512+A256KW', iterations: 8192 });
      const jwk = v.keys[i] ?? expect.fail('no key');
      // The key of 5.6 names its enc, as that of dir does. [7518-4.5-1]
      return alg === 'dir' ? importKey(jwk) : importKey(jwk, { alg: alg as KeyManagementAlgorithm });
    });
  const options = (v: CookbookJweVector) => (v.zip === null ? {} : { zip: true });

  test.each(cookbook)('$ref: $title', (v) => {
    for (const key of keysOf(v).filter((each) => each !== undefined)) {
      const read = options(v);
      if (v.compact !== null) expect(text(decryptJwe(v.compact, key, read).plaintext)).toBe(v.plaintext);
      // 5.5 and 5.6 print the flattened form for the general one as well, which lacks recipients.
      const general = decryptJweJson(v.general, key, read);
      expect(text(general.plaintext)).toBe(v.plaintext);
      expect(general.aad && text(general.aad)).toBe(v.aad ?? undefined);
      if (v.flattened !== null) expect(text(decryptJweJson(v.flattened, key, read).plaintext)).toBe(v.plaintext);
    }
  });

  test('5.9 is read only where the caller accepts compressed content [7516-4.1.3-2] [7516-5.2-17]', () => {
    const v = cookbook.find(({ ref }) => ref === 'RFC 7520 5.9') ?? expect.fail('no vector');
    const [key] = keysOf(v);
    if (!key) throw new Error('no key');
    expect(codeOf(() => decryptJwe(String(v.compact), key))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test.each(cookbook.filter(({ ref }) => /5\.(6|8)$/.test(ref)))('$ref is what our own writer makes', (v) => {
    const [key] = keysOf(v);
    if (!key) throw new Error('no key');
    const entropy = () => drawn(v.generated.cek, v.generated.iv);
    const [plaintext, enc] = [Buffer.from(v.plaintext), v.enc as 'A128GCM'];
    expect(sealCompact(plaintext, { key, enc }, entropy())).toBe(v.compact);
    const json = (flattened: boolean) => sealJson(plaintext, { recipients: [{ key }], enc, flattened }, entropy());
    expect(json(true)).toEqual(v.flattened);
    if (v.general.recipients) expect(json(false)).toEqual(v.general);
  });

  test('5.3, 5.7 and 5.10 as well: a password, a wrapping of its own IV, additional authenticated octets', () => {
    const find = (section: string) => cookbook.find(({ ref }) => ref === `RFC 7520 ${section}`) ?? expect.fail(section);
    const [five3, five7, five10] = [find('5.3'), find('5.7'), find('5.10')];
    const header = (v: CookbookJweVector) =>
      JSON.parse(Buffer.from(partsOf(String(v.compact))[0], 'base64url').toString());
    const [password] = keysOf(five3);
    const [wrapping] = keysOf(five7);
    const [key] = keysOf(five10);
    if (!password || !wrapping || !key) throw new Error('no key');
    const { p2s } = header(five3);
    expect(
      sealCompact(
        Buffer.from(five3.plaintext),
        { key: password, enc: 'A128CBC-HS256', header: { cty: 'jwk-set+json' } },
        drawn(five3.generated.cek, p2s, five3.generated.iv),
      ),
    ).toBe(five3.compact);
    const { iv } = header(five7);
    expect(
      sealCompact(
        Buffer.from(five7.plaintext),
        { key: wrapping, enc: 'A128CBC-HS256' },
        drawn(five7.generated.cek, iv, five7.generated.iv),
      ),
    ).toBe(five7.compact);
    const aad = Buffer.from(String(five10.aad));
    const entropy = drawn(five10.generated.cek, five10.generated.iv);
    expect(sealJson(Buffer.from(five10.plaintext), { recipients: [{ key }], enc: 'A128GCM', aad }, entropy)).toEqual(
      five10.general,
    );
  });
});

describe('RFC 7518 section 4', () => {
  test('4.3: both hashes of OAEP are SHA-1, or those that the name says [7518-4.3-1]', () => {
    for (const [alg, oaepHash] of [
      ['RSA-OAEP', 'sha1'],
      ['RSA-OAEP-256', 'sha256'],
      ['RSA-OAEP-384', 'sha384'],
      ['RSA-OAEP-512', 'sha512'],
    ] as const) {
      const [, encryptedKey] = partsOf(encryptJwe(new Uint8Array(1), kindOf(alg).encrypting));
      const options = { key: nodePair('RS256').privateKey, oaepHash };
      expect(privateDecrypt(options, Buffer.from(encryptedKey, 'base64url'))).toHaveLength(32);
    }
  });

  test('4.4: the wrapping of RFC 3394 §4.1, §4.3 and §4.6 [7518-4.4-1]', () => {
    const kek = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
    const cek = Buffer.from('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f', 'hex');
    for (const [kekLength, length, wrapped] of [
      [16, 16, '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
      [24, 16, '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d'],
      [32, 32, '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21'],
    ] as const) {
      const [key, content] = [kek.subarray(0, kekLength), cek.subarray(0, length)];
      expect(Buffer.from(wrapAes(key, content)).toString('hex')).toBe(wrapped);
      expect(unwrapAes(key, Buffer.from(wrapped, 'hex'), length)).toEqual(content);
      expect(unwrapAes(key, Buffer.from(wrapped, 'hex'), length - 8)).toBeUndefined();
    }
    expect(unwrapAes(kek, new Uint8Array(0), 0)).toBeUndefined();
  });

  test('4.6: the agreed key is as long as enc or as the key that wraps [7518-4.6-2], on either kind of curve [8037-3.2.1-1]', () => {
    for (const kind of encryptionKinds.filter(({ alg }) => alg.startsWith('ECDH-ES')))
      for (const enc of ['A128GCM', 'A256CBC-HS512'] as const) {
        const token = encryptJwe(new Uint8Array(1), kind.encrypting, { enc });
        const wrapped = Buffer.from(partsOf(token)[1], 'base64url').length;
        const length = enc === 'A128GCM' ? 16 : 64;
        expect(wrapped).toBe(kind.alg === 'ECDH-ES' ? 0 : length + 8);
        expect(decryptJwe(token, kind.decrypting).plaintext).toEqual(new Uint8Array(1));
      }
  });

  test('4.7: iv and tag of a wrapped key are in the header, 96 and 128 bits [7518-4.7-1] [7518-4.7-2] [7518-4.7.1.1-1] [7518-4.7.1.2-1]', () => {
    const token = encryptJwe(new Uint8Array(1), kindOf('A192GCMKW').encrypting);
    const { iv, tag } = headerOf(token);
    expect([iv, tag].map((text) => Buffer.from(String(text), 'base64url').length)).toEqual([12, 16]);
    for (const name of ['iv', 'tag'])
      expect(codeOf(() => decryptJwe(withHeader(token, { [name]: undefined }), kindOf('A192GCMKW').decrypting))).toBe(
        'ERR_JWE_INVALID',
      );
  });

  test.each([
    ['PBES2-HS256+A128KW', 'sha256', 128],
    ['PBES2-HS384+A192KW', 'sha384', 192],
    ['PBES2-HS512+A256KW', 'sha512', 256],
  ] as const)('4.8: %s derives its key with %s, read and written [7518-4.8-2]', (alg, hash, bits) => {
    const key = importPassword('a password', { alg, iterations: 1000 });
    const kekOf = (p2s: string, p2c: number) =>
      pbkdf2Sync('a password', Buffer.concat([Buffer.from(`${alg}\0`), octets(p2s)]), p2c, bits / 8, hash);
    const [p2s, p2c, cek] = [Buffer.alloc(16, 3).toString('base64url'), 1234, Buffer.alloc(32, 4)];
    const wrapped = wrapByNode(kekOf(p2s, p2c), cek);
    expect(text(decryptJwe(tokenUnder(cek, { alg, p2s, p2c }, wrapped), key).plaintext)).toBe('plaintext');
    const written = encryptJwe(new Uint8Array(1), key);
    const header = headerOf(written) as { p2s: string; p2c: number };
    const decipher = createDecipheriv(`aes${bits}-wrap`, kekOf(header.p2s, header.p2c), INITIAL);
    const unwrapped = Buffer.concat([decipher.update(partsOf(written)[1], 'base64url'), decipher.final()]);
    expect(unwrapped).toHaveLength(32);
  });

  test('5.1: the encryptions that every implementation has [7518-5.1-1], and CBC’s IV of 128 random bits [7518-5.2.2.1-2]', () => {
    const key = kindOf('A128KW').encrypting;
    for (const enc of ['A128CBC-HS256', 'A256CBC-HS512'] as const) {
      const ivs = Array.from({ length: 20 }, () => partsOf(encryptJwe(new Uint8Array(1), key, { enc }))[2]);
      expect(new Set(ivs).size).toBe(20);
      expect(ivs.map((iv) => Buffer.from(iv, 'base64url').length)).toEqual(Array(20).fill(16));
    }
  });
});
