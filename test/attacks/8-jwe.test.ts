// Attacks on JWE: what a stranger can send to whoever decrypts, and what a writer must never do.
import { createPublicKey, createSecretKey, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  decryptJweJson,
  decryptJwt,
  encryptJwe,
  encryptJweJson,
  encryptJwt,
  exportEncryptedJwk,
  exportEncryptedJwks,
  exportJwk,
  exportPrivateJwk,
  type GeneralJwe,
  importDecryptionKeys,
  importEncryptedJwk,
  importEncryptedJwks,
  importJwks,
  importKey,
  importPassword,
  importSecret,
  isVerifiedJwt,
  type JoseErrorCode,
  type Key,
  signJws,
  signJwsJson,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { bitLength } from '../../src/jwa/aes-cbc-hmac.ts';
import { wrapGcm } from '../../src/jwa/aes-gcm-kw.ts';
import { wrapAes } from '../../src/jwa/aes-kw.ts';
import { encryptContent, findContentRow } from '../../src/jwa/content-encryption.ts';
import { encryptOaep } from '../../src/jwa/rsa-oaep.ts';
import { codeOf } from '../support/code.ts';
import { CLAIMS, EXPECTED } from '../support/doors.ts';
import { expectCode } from '../support/expect.ts';
import {
  b64,
  encryptionKinds,
  encryptions,
  headerOf,
  kindOf,
  PLAINTEXT,
  partsOf,
  secretOf,
  withHeader,
  withParts,
} from '../support/jwe.ts';
import { freshPair, keyPairs, nodePair, secretKey } from '../support/keys.ts';

const INVALID = 'ERR_JWE_INVALID';
const FAILED = 'ERR_JWE_DECRYPTION_FAILED';
const LIMIT = 'ERR_JOSE_LIMIT_EXCEEDED';
const NOT_ALLOWED = 'ERR_JOSE_ALG_NOT_ALLOWED';

const tokenOf = (label: string) => encryptJwe(PLAINTEXT, kindOf(label).encrypting);
const read = (token: string, label: string) => codeOf(() => decryptJwe(token, kindOf(label).decrypting));

/** A token of a content encryption key of one's own choosing: `wrap` says how the recipient gets it. */
function tokenWith(
  header: object,
  { cek, encryptedKey, plaintext = PLAINTEXT }: { cek: Uint8Array; encryptedKey: Uint8Array; plaintext?: Uint8Array },
  enc = 'A256GCM',
) {
  const row = findContentRow(enc) ?? expect.fail(enc);
  const encoded = b64(JSON.stringify({ ...header, enc }));
  const content = { iv: secretOf(row.ivLength), plaintext, aad: Buffer.from(encoded) };
  const { iv, ciphertext, tag } = encryptContent(row, cek, content);
  return [encoded, ...[encryptedKey, iv, ciphertext, tag].map(b64)].join('.');
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('signing and encryption are two words', () => {
  test('JWE-01 an encrypted token verifies nowhere, and a signed one decrypts nowhere [7516-9-1]', () => {
    const token = tokenOf('RSA-OAEP-256');
    const keys = [keyPairs.RS256.publicKey, importJwks({ keys: [exportJwk(keyPairs.RS256.publicKey)] })];
    for (const key of keys) {
      expect(codeOf(() => verifyJws(token, key))).toBe('ERR_JWS_INVALID');
      expect(codeOf(() => verifyJwt(token, key, EXPECTED))).toBe('ERR_JWS_INVALID');
      expect(
        codeOf(() => verifyJwsJson(encryptJweJson(PLAINTEXT, [{ key: kindOf('dir for A256GCM').encrypting }]), key)),
      ).toBe('ERR_JWS_INVALID');
    }
    const signed = signJws(PLAINTEXT, keyPairs.RS256.privateKey);
    const error = errorOf(() => decryptJwe(signed, kindOf('RSA-OAEP-256').decrypting));
    expect(error).toMatchObject({ code: INVALID, message: expect.stringContaining('signed, not encrypted') });
    const json = { payload: '', signatures: [{ protected: '', signature: '' }] };
    expect(codeOf(() => decryptJweJson(json, kindOf('RSA-OAEP-256').decrypting))).toBe(INVALID);
  });

  test('JWE-23 one RSA key pair, once for signatures and once for encryption: neither does the work of the other [7516-11.4-2]', () => {
    const { privateKey, publicKey } = keyPairs.RS256;
    expect(codeOf(() => encryptJwe(PLAINTEXT, publicKey))).toBe('TypeError');
    expect(codeOf(() => decryptJwe(tokenOf('RSA-OAEP-256'), privateKey))).toBe('TypeError');
    expect(codeOf(() => signJws(PLAINTEXT, kindOf('RSA-OAEP').decrypting))).toBe('TypeError');
    expect(codeOf(() => verifyJws(signJws(PLAINTEXT, privateKey), kindOf('RSA-OAEP').encrypting))).toBe('TypeError');
    expect(codeOf(() => encryptJwe(PLAINTEXT, secretKey('HS256')))).toBe('TypeError');
  });
});

describe('a nested token is as good as the signature inside', () => {
  const { encrypting: encrypt, decrypting: decrypt } = kindOf('RSA-OAEP-256');
  const keys = { decrypt, verify: keyPairs.ES256.publicKey };
  const nested = (content: string, header: object = { cty: 'JWT' }) =>
    encryptJwe(new TextEncoder().encode(content), encrypt, { header: { ...header } });
  const signed = signJwt(CLAIMS, keyPairs.ES256.privateKey, { expiresIn: null });
  const [, payload = ''] = signed.split('.');
  const none = b64('{"alg":"none"}');
  const another = importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey);
  const SAYS_NESTED = ['JWT', 'jwt', 'application/jwt', 'Application/JWT'];
  const SAYS_OTHER = [
    {},
    { cty: '' },
    { cty: 'json' },
    { cty: 'JWT ' },
    { cty: 'text/jwt' },
    { cty: 'jwt;v=1' },
    { typ: 'JWT' },
  ];
  const MALFORMED = 'ERR_JWS_INVALID';
  const UNSIGNED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
  const UNSUPPORTED = 'ERR_JOSE_NOT_SUPPORTED';
  const around = (content: string, header = {}) =>
    signJws(new TextEncoder().encode(content), keyPairs.ES256.privateKey, { header });
  /** What anyone can write who has the public key that the recipient publishes, and how it is refused. */
  const STRANGERS: readonly (readonly [string, content: string, code: JoseErrorCode])[] = [
    ['bare claims', JSON.stringify(CLAIMS), MALFORMED],
    ['alg none', `${none}.${payload}.`, NOT_ALLOWED],
    ['alg none with a signature', `${none}.${payload}.${signed.split('.')[2]}`, NOT_ALLOWED],
    ['alg None', `${b64('{"alg":"None"}')}.${payload}.`, NOT_ALLOWED],
    ['an unsecured token of two parts', `${none}.${payload}`, MALFORMED],
    ['an empty signature', signed.replace(/[^.]*$/, ''), UNSIGNED],
    ['a signature of another key', signJwt(CLAIMS, another, { expiresIn: null }), UNSIGNED],
    ['a signature of another alg', signJwt(CLAIMS, secretKey('HS256'), { expiresIn: null }), NOT_ALLOWED],
    ['claims encrypted again', encryptJwt(CLAIMS, encrypt, { expiresIn: null }), UNSUPPORTED],
    ['a nested token again', nested(signed), UNSUPPORTED],
    ['a signed token around a signed one', around(signed, { cty: 'JWT' }), UNSUPPORTED],
    ['a JWS in JSON', JSON.stringify(signJwsJson(PLAINTEXT, [{ key: keyPairs.ES256.privateKey }])), MALFORMED],
  ];

  test.each(STRANGERS)('JWE-02 %s inside is refused, under every cty', (_, content, code) => {
    for (const cty of SAYS_NESTED)
      expectCode(() => verifyNestedJwt(nested(content, { cty }), keys, EXPECTED), code, content);
    for (const header of SAYS_OTHER)
      expectCode(() => verifyNestedJwt(nested(content, header), keys, EXPECTED), 'ERR_JWT_INVALID', content);
  });

  test('JWE-02 what its sender signed is accepted under the cty of a nested token, and under no other', () => {
    for (const cty of SAYS_NESTED)
      expect(verifyNestedJwt(nested(signed, { cty }), keys, EXPECTED).claims).toEqual(CLAIMS);
    for (const header of SAYS_OTHER)
      expectCode(() => verifyNestedJwt(nested(signed, header), keys, EXPECTED), 'ERR_JWT_INVALID', signed);
  });

  test('JWE-02 a token that decrypts is not taken for one whose sender is known', () => {
    const token = encryptJwt(CLAIMS, encrypt, { expiresIn: null });
    expect(codeOf(() => verifyNestedJwt(token, keys, EXPECTED))).toBe('ERR_JWT_INVALID');
    expect(codeOf(() => verifyJwt(token, keys.verify, EXPECTED))).toBe('ERR_JWS_INVALID');
    expect(codeOf(() => decryptJwt(token, decrypt, EXPECTED))).toBe('TypeError');
    expect(isVerifiedJwt(decryptJwt(token, decrypt, { ...EXPECTED, sender: null }))).toBe(false);
  });

  test('JWE-02 nor is a nested token read for its encryption alone, whatever the case of its cty', () => {
    for (const cty of ['JWT', 'jwt', 'Application/JWT'])
      for (const content of [signed, JSON.stringify(CLAIMS)])
        expect(codeOf(() => decryptJwt(nested(content, { cty }), decrypt, { ...EXPECTED, sender: null }))).toBe(
          'ERR_JOSE_NOT_SUPPORTED',
        );
  });
});

describe('the algorithm', () => {
  test('JWE-03 RSA1_5 does not exist: no key is for it, and no token of it is opened [7516-11.5-1]', () => {
    expect(codeOf(() => importKey(nodePair('RS256').publicKey, { alg: 'RSA1_5' as 'RSA-OAEP' }))).toBe('TypeError');
    for (const kind of encryptionKinds)
      expect(codeOf(() => decryptJwe(withHeader(tokenOf(kind.label), { alg: 'RSA1_5' }), kind.decrypting))).toBe(
        NOT_ALLOWED,
      );
  });

  test('JWE-03 whatever is wrong with an OAEP key is one error of one text [7516-11.4-1] [7516-11.5-1]', () => {
    const token = tokenOf('RSA-OAEP');
    const { publicKey } = nodePair('RS256');
    const hostile = [
      '',
      b64(new Uint8Array(256)),
      b64(new Uint8Array(255).fill(1)),
      b64(new Uint8Array(257).fill(1)),
      b64(publicEncrypt(publicKey, PLAINTEXT)),
      b64(publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, secretOf(32))),
      b64(publicEncrypt(publicKey, secretOf(31))),
    ];
    const errors = hostile.map((key) =>
      errorOf(() => decryptJwe(withParts(token, { 1: key }), kindOf('RSA-OAEP').decrypting)),
    );
    for (const error of errors) {
      expect(error).toMatchObject({ code: FAILED, message: 'the token does not decrypt under this key' });
      expect(Object.keys(Object(error))).toEqual(['code']);
    }
  });

  test('JWE-03 JWE-13 an OAEP key without its leading zero octet is as short as any other', () => {
    const { publicKey } = nodePair('RS256');
    const cek = secretOf(32);
    // One key in 256 begins with a zero octet: 10,000 in a row without one are as good as impossible.
    let encryptedKey = encryptOaep('sha256', publicKey, cek);
    for (let i = 0; i < 10_000 && encryptedKey[0] !== 0; i++) encryptedKey = encryptOaep('sha256', publicKey, cek);
    expect(encryptedKey[0]).toBe(0);
    const tokenOfKey = (key: Uint8Array) => tokenWith({ alg: 'RSA-OAEP-256' }, { cek, encryptedKey: key });
    expect(read(tokenOfKey(encryptedKey), 'RSA-OAEP-256')).toBeNull();
    expect(read(tokenOfKey(encryptedKey.subarray(1)), 'RSA-OAEP-256')).toBe(FAILED);
    expect(read(tokenOfKey(Buffer.concat([Uint8Array.of(0), encryptedKey])), 'RSA-OAEP-256')).toBe(FAILED);
  });

  test('JWE-04 a key takes tokens of its own alg only, on its own kind of key [7516-4.1.1-1]', () => {
    for (const kind of encryptionKinds) {
      const token = encryptJwe(PLAINTEXT, kind.encrypting);
      for (const other of encryptionKinds.filter(({ alg }) => alg !== kind.alg))
        expect(
          codeOf(() => decryptJwe(token, other.decrypting)),
          other.label,
        ).toBe(NOT_ALLOWED);
    }
    for (const alg of ['rsa-oaep', 'RSA-OAEP ', 'none', 'ES256', '', 'toString', '__proto__'])
      expect(read(withHeader(tokenOf('RSA-OAEP'), { alg }), 'RSA-OAEP'), alg).toBe(NOT_ALLOWED);
    for (const enc of ['a256gcm', 'A256CBC', '', 'dir', 'A256GCM ', 'toString'])
      expect(read(withHeader(tokenOf('RSA-OAEP'), { enc }), 'RSA-OAEP'), enc).toBe(NOT_ALLOWED); // [7516-4.1.2-2]
  });
});

describe('the ephemeral key', () => {
  const curves = ['P-256', 'P-384', 'P-521', 'X25519', 'X448'];

  test('JWE-05 a point off the curve, or of another curve [7518-4.6.1.1-1] [8725-3.4-2]', () => {
    for (const crv of curves.slice(0, 3)) {
      const label = `ECDH-ES+A256KW on ${crv}`;
      const { epk } = headerOf(tokenOf(label)) as { epk: { x: string; y: string } };
      const zero = b64(new Uint8Array(Buffer.from(epk.x, 'base64url').length));
      for (const off of [{ y: epk.x }, { x: zero, y: zero }, { x: epk.y, y: epk.x }])
        expect(read(withHeader(tokenOf(label), { epk: { ...epk, ...off } }), label)).toBe(FAILED);
      for (const other of curves.filter((each) => each !== crv)) {
        const foreign = headerOf(tokenOf(`ECDH-ES+A256KW on ${other}`)).epk;
        expect(read(withHeader(tokenOf(label), { epk: foreign }), label), other).toBe(INVALID);
      }
    }
  });

  test('JWE-06 points of small order on X25519 and X448 [8725-3.4-3]', () => {
    const small = {
      X25519: [
        '0000000000000000000000000000000000000000000000000000000000000000',
        '0100000000000000000000000000000000000000000000000000000000000000',
        'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
        '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
        'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
        'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
        'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      ],
      X448: ['00'.repeat(56), `01${'00'.repeat(55)}`, `${'ff'.repeat(28)}fe${'ff'.repeat(27)}`],
    };
    for (const [crv, points] of Object.entries(small))
      for (const point of points) {
        const x = Buffer.from(point, 'hex').toString('base64url');
        expect(
          codeOf(() => importKey({ kty: 'OKP', crv, x })),
          point,
        ).toBe('ERR_JWK_WEAK');
        for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW']) {
          const label = `${alg} on ${crv}`;
          expect(read(withHeader(tokenOf(label), { epk: { kty: 'OKP', crv, x } }), label), point).toBe(FAILED);
        }
      }
  });

  test('JWE-07 no object, private, incomplete, or of a wrong length [7518-4.6.1.1-1]', () => {
    const label = 'ECDH-ES on P-256';
    const { epk } = headerOf(tokenOf(label)) as { epk: Record<string, string> };
    const wrong = [
      undefined,
      null,
      'epk',
      [],
      {},
      { ...epk, kty: 'oct' },
      { ...epk, crv: undefined },
      { ...epk, x: undefined },
      { ...epk, y: undefined },
      { ...epk, d: epk.x },
      { ...epk, x: `AA${epk.x}` },
      { ...epk, x: `${epk.x}=` },
    ];
    for (const each of wrong) expect(read(withHeader(tokenOf(label), { epk: each }), label)).toBe(INVALID);
  });

  test('JWE-22 apu and apv: no text, no base64url, or endless; else they enter the key [7518-4.6.1.2-1] [7518-4.6.1.3-1]', () => {
    const label = 'ECDH-ES on P-256';
    for (const name of ['apu', 'apv']) {
      for (const value of [1, null, [], 'a', 'YQ==', 'YR'])
        expect(read(withHeader(tokenOf(label), { [name]: value }), label), String(value)).toBe(INVALID);
      expect(read(withHeader(tokenOf(label), { [name]: b64(new Uint8Array(1024)) }), label)).toBe(FAILED);
      expect(read(withHeader(tokenOf(label), { [name]: b64(new Uint8Array(1025)) }), label)).toBe(LIMIT);
      expect(read(withHeader(tokenOf(label), { [name]: b64(new Uint8Array(2 ** 20)) }), label)).toBe(LIMIT);
    }
  });
});

describe('lengths', () => {
  test('JWE-08 tags and IVs of every other length, of the content and of a wrapped key [7518-5.3-1] [7518-5.3-2] [7518-5.2.3-1]', () => {
    for (const enc of encryptions) {
      const token = encryptJwe(PLAINTEXT, kindOf('A256KW').encrypting, { enc });
      const [, , iv, , tag] = partsOf(token);
      for (const [i, part] of [
        [2, iv],
        [4, tag],
      ] as const) {
        const octets = Buffer.from(part, 'base64url');
        for (let length = 0; length < octets.length + 5; length++) {
          if (length === octets.length) continue;
          const other = b64(Buffer.concat([octets, octets]).subarray(0, length));
          expect(read(withParts(token, { [i]: other }), 'A256KW'), `${enc} ${i} ${length}`).toBe(FAILED);
        }
      }
    }
    for (const name of ['iv', 'tag'])
      for (
        let length = 0;
        length < 18;
        length++ // [7518-4.7-1] [7518-4.7-2]
      )
        expect(read(withHeader(tokenOf('A128GCMKW'), { [name]: b64(new Uint8Array(length)) }), 'A128GCMKW')).toBe(
          FAILED,
        );
    for (const name of ['iv', 'tag'])
      for (const value of [undefined, null, 1, 'a', 'YQ=='])
        expect(read(withHeader(tokenOf('A128GCMKW'), { [name]: value }), 'A128GCMKW')).toBe(INVALID);
  });

  test('JWE-09 the length of the additional authenticated octets is written in 64 bits [7518-5.2.2.1-3]', () => {
    const short = Buffer.from(bitLength(0)).toString('hex');
    for (const octets of [2 ** 29, 2 ** 32, 2 ** 50])
      expect(Buffer.from(bitLength(octets)).toString('hex')).not.toBe(short);
  });

  test('JWE-10 a changed ciphertext and a changed tag are one error: nothing is said of the padding [7518-5.2.2.2-1] [7518-5.2.2.2-2] [7516-5.2-16]', () => {
    const token = encryptJwe(PLAINTEXT, kindOf('A256KW').encrypting, { enc: 'A128CBC-HS256' });
    const errors = [3, 4].flatMap((i) => {
      const octets = Buffer.from(partsOf(token)[i] ?? '', 'base64url');
      return [...octets.keys()].map((at) => {
        const changed = Buffer.from(octets);
        changed[at] = Number(changed[at]) ^ 1;
        return errorOf(() => decryptJwe(withParts(token, { [i]: b64(changed) }), kindOf('A256KW').decrypting));
      });
    });
    // Whole blocks that are missing, and no whole block.
    for (const ciphertext of ['', b64(secretOf(15)), b64(secretOf(32))])
      errors.push(errorOf(() => decryptJwe(withParts(token, { 3: ciphertext }), kindOf('A256KW').decrypting)));
    expect(new Set(errors.map((error) => `${Object(error).code} ${Object(error).message}`)).size).toBe(1);
    expect(errors[0]).toMatchObject({ code: FAILED });
  });

  test('JWE-11 a content encryption key of another length than enc needs [7516-5.2-9a] [7516-11.5-2]', () => {
    const { publicKey } = nodePair('RS256');
    for (const length of [0, 8, 16, 24, 31, 33, 40, 48, 64]) {
      const cek = secretOf(length);
      const made = [
        ['RSA-OAEP-256', encryptOaep('sha256', publicKey, cek)],
        ['A256KW', length % 8 === 0 && length >= 16 ? wrapAes(secretOf(32), cek) : secretOf(length + 8)],
      ] as const;
      // The content is encrypted under a key of the right length, which the reader must not come to.
      for (const [alg, encryptedKey] of made)
        expect(read(tokenWith({ alg }, { cek: secretOf(32), encryptedKey }), alg)).toBe(FAILED);
    }
    const good = { cek: secretOf(32), encryptedKey: wrapAes(secretOf(32), secretOf(32)) };
    expect(read(tokenWith({ alg: 'A256KW' }, good), 'A256KW')).toBeNull();
  });

  test.each(encryptions)(
    'JWE-11 a key of another length for %s, with the content encrypted under that very key',
    (enc) => {
      const { publicKey } = nodePair('RS256');
      const { keyLength } = findContentRow(enc) ?? expect.fail(enc);
      // The lengths at which there is an AES key: all of it in GCM, half of it in CBC.
      for (const length of enc.endsWith('GCM') ? [16, 24, 32] : [32, 48, 64]) {
        const cek = secretOf(length);
        const wrapped = wrapGcm(createSecretKey(secretOf(32)), cek, secretOf(12));
        const made = [
          [{ alg: 'RSA-OAEP-256' }, encryptOaep('sha256', publicKey, cek)],
          [{ alg: 'A256KW' }, wrapAes(secretOf(32), cek)],
          [{ alg: 'A256GCMKW', iv: b64(wrapped.iv), tag: b64(wrapped.tag) }, wrapped.encryptedKey],
        ] as const;
        for (const [header, encryptedKey] of made)
          expect(read(tokenWith(header, { cek, encryptedKey }, enc), header.alg), `${header.alg} ${length}`).toBe(
            length === keyLength ? null : FAILED,
          );
      }
    },
  );

  const wrapping = encryptionKinds.filter(({ label }) => !/^(dir|ECDH-ES on)/.test(label));
  test.each(wrapping)('JWE-11 JWE-13 $label: the key in place of a bad one is not all zeros [7516-11.5-2]', (kind) => {
    for (const enc of encryptions) {
      const { keyLength } = findContentRow(enc) ?? expect.fail(enc);
      const [encoded, key] = partsOf(encryptJwe(PLAINTEXT, kind.encrypting, { enc }));
      const garbage = Buffer.from(key, 'base64url').map((octet) => octet ^ 0xff);
      for (const encryptedKey of [garbage, garbage.subarray(1), new Uint8Array(0)]) {
        const header = JSON.parse(Buffer.from(encoded, 'base64url').toString());
        const token = tokenWith(header, { cek: new Uint8Array(keyLength), encryptedKey }, enc);
        expect(codeOf(() => decryptJwe(token, kind.decrypting))).toBe(FAILED);
      }
    }
  });

  test('JWE-12 an encrypted key where the alg has none [7516-5.2-10] [7518-4.5-1] [7518-4.6-3]', () => {
    for (const label of ['dir for A256GCM', 'ECDH-ES on P-256', 'ECDH-ES on X25519']) {
      expect(partsOf(tokenOf(label))[1]).toBe('');
      expect(read(withParts(tokenOf(label), { 1: 'AAAA' }), label)).toBe(INVALID);
    }
  });

  test('JWE-13 an encrypted key that is absent or too short [7518-4.4-1]', () => {
    for (const label of ['A128KW', 'A256KW', 'ECDH-ES+A128KW on P-256', 'PBES2-HS256+A128KW', 'A256GCMKW', 'RSA-OAEP'])
      for (const length of [0, 1, 7, 8, 16, 23, 24, 25, 39, 41])
        expect(read(withParts(tokenOf(label), { 1: b64(new Uint8Array(length)) }), label), `${label} ${length}`).toBe(
          FAILED,
        );
  });
});

describe('work', () => {
  const label = 'PBES2-HS256+A128KW';

  test('JWE-14 iterations over the limit of the password, whatever their number; one password in a message', () => {
    for (const p2c of [600_001, 2 ** 31, Number.MAX_SAFE_INTEGER])
      expect(read(withHeader(tokenOf(label), { p2c }), label)).toBe(LIMIT);
    // 600,000 are the most by default, and what is written by default: exactly so many are read.
    const usual = importPassword('a password', { alg: label });
    const slow = encryptJwe(PLAINTEXT, usual);
    expect(headerOf(slow).p2c).toBe(600_000);
    expect(codeOf(() => decryptJwe(slow, kindOf(label).decrypting))).toBeNull();
    expect(codeOf(() => decryptJwe(withHeader(slow, { p2c: 600_001 }), usual))).toBe(LIMIT);
    const patient = importPassword('a password', { alg: label, iterations: 1000, maxIterations: 2000 });
    expect(codeOf(() => decryptJwe(withHeader(tokenOf(label), { p2c: 2001 }), patient))).toBe(LIMIT);
    expect(codeOf(() => decryptJwe(withHeader(tokenOf(label), { p2c: 2000 }), patient))).toBe(FAILED);
    const { recipients, ...content } = encryptJweJson(PLAINTEXT, [
      { key: kindOf(label).encrypting },
      { key: kindOf('A256KW').encrypting },
    ]) as GeneralJwe;
    const twice = { ...content, recipients: [recipients[0], recipients[0]] };
    expect(codeOf(() => decryptJweJson(twice, kindOf(label).decrypting))).toBe(LIMIT);
    const key = kindOf(label).encrypting;
    expect(codeOf(() => encryptJweJson(PLAINTEXT, [{ key }, { key }]))).toBe('TypeError');
  });

  test('JWE-15 too few iterations, none, or a salt too short [7518-4.8.1.1-1] [7518-4.8.1.2-1]', () => {
    for (const p2c of [undefined, null, 0, 1, 999, -1, 1000.5, '4096', 2 ** 53, [4096]])
      expect(read(withHeader(tokenOf(label), { p2c }), label), String(p2c)).toBe(INVALID);
    for (const p2s of [undefined, null, 1, '', b64(secretOf(7)), 'YQ=='])
      expect(read(withHeader(tokenOf(label), { p2s }), label), String(p2s)).toBe(INVALID);
    expect(read(withHeader(tokenOf(label), { p2s: b64(secretOf(8)) }), label)).toBe(FAILED);
    expect(read(withHeader(tokenOf(label), { p2s: b64(new Uint8Array(257)) }), label)).toBe(LIMIT);
  });

  const zipped = (compressed: Uint8Array, zip: unknown = 'DEF') => {
    const row = findContentRow('A256GCM') ?? expect.fail('no row');
    const encoded = b64(JSON.stringify({ alg: 'dir', enc: 'A256GCM', zip }));
    const content = { iv: secretOf(12), plaintext: compressed, aad: Buffer.from(encoded) };
    const { iv, ciphertext, tag } = encryptContent(row, secretOf(32), content);
    return [encoded, '', ...[iv, ciphertext, tag].map(b64)].join('.');
  };
  const key = kindOf('dir for A256GCM').decrypting;
  const inflated = (token: string) => codeOf(() => decryptJwe(token, key, { zip: true }));

  test('JWE-16 a bomb inflates to 250,000 octets and no further', () => {
    expect(decryptJwe(zipped(deflateRawSync(new Uint8Array(250_000))), key, { zip: true }).plaintext.length).toBe(
      250_000,
    );
    expect(inflated(zipped(deflateRawSync(new Uint8Array(250_001))))).toBe(LIMIT);
    // Made of pieces, so that the memory of this process has not held it whole before.
    const mebibyte = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH });
    const bomb = zipped(Buffer.concat([...Array(150).fill(mebibyte), deflateRawSync(new Uint8Array(0))]));
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20; i++) expect(inflated(bomb)).toBe(LIMIT);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
    expect(codeOf(() => encryptJwe(new Uint8Array(250_001), key, { zip: true }))).toBe('TypeError');
  });

  test('JWE-17 zip that is not asked for, unprotected, unknown, or followed by other octets [7516-4.1.3-1] [7516-4.1.3-3]', () => {
    const compressed = deflateRawSync(PLAINTEXT);
    expect(inflated(zipped(compressed))).toBeNull();
    expect(codeOf(() => decryptJwe(zipped(compressed), key))).toBe('ERR_JOSE_NOT_SUPPORTED');
    for (const zip of ['def', 'GZIP', 'DEF ', ''])
      expect(inflated(zipped(compressed, zip))).toBe('ERR_JOSE_NOT_SUPPORTED');
    for (const zip of [null, 1, true, ['DEF']]) expect(inflated(zipped(compressed, zip))).toBe(INVALID);
    expect(inflated(zipped(Buffer.concat([compressed, Uint8Array.of(0)])))).toBe(INVALID);
    for (const octets of [PLAINTEXT, new Uint8Array(0), compressed.subarray(0, 4)])
      expect(inflated(zipped(octets))).toBe(INVALID);
    const sealed = { cek: secretOf(32), encryptedKey: new Uint8Array(0), plaintext: compressed };
    const [encoded, , iv, ciphertext, tag] = partsOf(tokenWith({ alg: 'dir' }, sealed));
    const json = { protected: encoded, iv, ciphertext, tag };
    expect(decryptJweJson(json, key, { zip: true }).plaintext).toEqual(new Uint8Array(compressed));
    for (const place of ['unprotected', 'header'])
      expect(codeOf(() => decryptJweJson({ ...json, [place]: { zip: 'DEF' } }, key, { zip: true }))).toBe(INVALID);
    const recipients = [{ header: { zip: 'DEF' } }];
    expect(codeOf(() => decryptJweJson({ ...json, recipients }, key, { zip: true }))).toBe(INVALID);
  });

  test('JWE-18 nothing is compressed unless asked for, so that its length betrays nothing [7516-5.1-11]', () => {
    const long = new Uint8Array(1000);
    expect(headerOf(encryptJwe(long, key))).not.toHaveProperty('zip');
    expect(Buffer.from(partsOf(encryptJwe(long, key))[3], 'base64url')).toHaveLength(1000);
    expect(headerOf(encryptJwe(long, key, { zip: true })).zip).toBe('DEF');
    expect(decryptJwe(encryptJwe(long, key, { zip: true }), key, { zip: true }).plaintext).toEqual(long);
  });
});

describe('the writer', () => {
  test('JWE-19 dir and ECDH-ES have one recipient, in what is written and in what is read', () => {
    const other = { key: kindOf('A256KW').encrypting };
    for (const label of ['dir for A256GCM', 'ECDH-ES on P-256']) {
      const own = { key: kindOf(label).encrypting };
      expect(codeOf(() => encryptJweJson(PLAINTEXT, [own, other]))).toBe('TypeError');
      const { protected: encoded, ...rest } = encryptJweJson(PLAINTEXT, [own]) as GeneralJwe;
      const { enc, ...header } = JSON.parse(Buffer.from(String(encoded), 'base64url').toString());
      const message = {
        ...rest,
        protected: b64(JSON.stringify({ enc })),
        recipients: [{ header }, { header: { alg: 'A256KW' } }],
      };
      expect(codeOf(() => decryptJweJson(message, kindOf(label).decrypting))).toBe(INVALID);
    }
  });

  test('JWE-20 no IV, key, salt or ephemeral key comes twice in ten thousand messages [7516-11.1-1] [7516-5.1-2] [7516-5.1-9] [7518-8.4-2]', () => {
    const seen = new Set<string>();
    const key = kindOf('A128KW').encrypting;
    const tokens = Array.from({ length: 10_000 }, () => encryptJwe(PLAINTEXT, key));
    for (const token of tokens) {
      const [, encryptedKey, iv] = partsOf(token);
      seen.add(iv).add(encryptedKey);
    }
    expect(seen.size).toBe(20_000);
    expect(
      tokens.filter((token) => !PLAINTEXT.every((octet, i) => decryptJwe(token, key).plaintext[i] === octet)),
    ).toEqual([]);
    for (const [label, name] of [
      ['ECDH-ES on X25519', 'epk'],
      ['PBES2-HS256+A128KW', 'p2s'],
      ['A256GCMKW', 'iv'],
    ] as const) {
      const drawn = Array.from({ length: 50 }, () => JSON.stringify(headerOf(tokenOf(label))[name]));
      expect(new Set(drawn).size, '[7518-4.6-1] [7518-4.8.1.1-2]').toBe(50);
    }
  });

  test('JWE-21 a caller sets none of the parameters that encryption sets', () => {
    const key = kindOf('A256KW').encrypting;
    for (const name of ['alg', 'enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c']) {
      const header = { [name]: 'x' };
      expect(
        codeOf(() => encryptJwe(PLAINTEXT, key, { header })),
        name,
      ).toBe('TypeError');
      expect(codeOf(() => encryptJweJson(PLAINTEXT, [{ key }], { protected: header }))).toBe('TypeError');
      expect(codeOf(() => encryptJweJson(PLAINTEXT, [{ key }], { unprotected: header }))).toBe('TypeError');
      expect(codeOf(() => encryptJweJson(PLAINTEXT, [{ key, header }]))).toBe('TypeError');
    }
    expect(codeOf(() => importSecret(secretOf(32), { alg: 'A256KW', iv: secretOf(12) } as never))).toBe('TypeError');
  });
});

test('JWE-24 private key of a stranger’s choice, encrypted to a public key: the caller must say that the sender is unknown', () => {
  const [ours, theirs] = [kindOf('ECDH-ES on X25519'), keyPairs.ES256.privateKey];
  const [jwk, set] = [exportEncryptedJwk(theirs, ours.encrypting), exportEncryptedJwks([theirs], ours.encrypting)];
  const keys = importDecryptionKeys({ keys: [exportPrivateJwk(ours.decrypting)] });
  for (const by of [ours.decrypting, keys]) {
    expect(codeOf(() => importEncryptedJwk(jwk, by))).toBe('TypeError');
    expect(codeOf(() => importEncryptedJwks(set, by))).toBe('TypeError');
    expect(importEncryptedJwk(jwk, by, { sender: null }).alg).toBe('ES256');
    expect(importEncryptedJwks(set, by, { sender: null }).keys).toHaveLength(1);
  }
});

test('an off-curve static key is refused at import, and so is a pair of two halves', () => {
  const pair = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' });
  const [one, two] = [pair(), pair()].map((der) => exportJwk(importKey(der, { alg: 'ECDH-ES' })));
  expect(createPublicKey({ key: one as never, format: 'jwk' }).type).toBe('public');
  expect(codeOf(() => importKey({ ...one, y: one?.x } as never))).toBe('ERR_JWK_INVALID');
  expect(one?.x).not.toBe(two?.x);
});

test('of several keys the kid of a token names one, or none is tried', () => {
  const keys = ['a', 'b'].map((kid) => ({
    kty: 'oct',
    k: b64(secretOf(kid === 'a' ? 16 : 24)),
    alg: kid === 'a' ? 'A128KW' : 'A192KW',
    kid,
  }));
  const set = importDecryptionKeys({ keys });
  const key: Key = set.keys[0] ?? expect.fail('no key');
  expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, key), set))).toBeNull();
  const unnamed = importSecret(secretOf(16), { alg: 'A128KW' });
  expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, unnamed), set))).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
  expect(codeOf(() => decryptJwe(encryptJwe(PLAINTEXT, unnamed, { header: { kid: 'c' } }), set))).toBe(
    'ERR_JWKS_NO_MATCHING_KEY',
  );
});
