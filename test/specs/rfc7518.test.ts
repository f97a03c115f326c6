// RFC 7518: JSON Web Algorithms, the signature algorithms (section 3) and the keys (section 6).

import { constants, createPrivateKey, type JsonWebKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeBase64url } from '../../src/base64url.ts';
import { equalText } from '../../src/bytes.ts';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  importSecret,
  type Jwk,
  SIGNATURE_ALGORITHMS,
  signJws,
  signJwt,
  verifyJws,
  verifyJwt,
} from '../../src/index.ts';
import { bitLength } from '../../src/jwa/aes-cbc-hmac.ts';
import { decryptContent, encryptContent, findContentRow } from '../../src/jwa/content-encryption.ts';
import { codeOf } from '../support/code.ts';
import { b64u, compact, ecdsaDer, keySigner, octets, rsaJwk, signText, toBigInt, toBytes } from '../support/forge.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import {
  hmacAlgorithms,
  keyPair,
  nodePair,
  secretBytes,
  secretKey,
  signingKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';
import { ownKey, vector, vectors } from '../support/vectors.ts';

const PAYLOAD = octets('a payload');
const RSA = ['RS256', 'RS384', 'RS512'] as const;
const PSS = ['PS256', 'PS384', 'PS512'] as const;
const ECDSA = [
  ['ES256', 'P-256', 32],
  ['ES384', 'P-384', 48],
  ['ES512', 'P-521', 66],
] as const;
const FAILED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

const raw = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');
const zeroFirst = (text: unknown): string => b64u(Buffer.concat([Buffer.alloc(1), raw(text)]));
const withoutFirst = (text: unknown): string => b64u(raw(text).subarray(1));
const code = (jwk: object, alg?: (typeof SIGNATURE_ALGORITHMS)[number]) =>
  codeOf(() => importKey(jwk as Jwk, alg ? { alg } : {}));

describe('vectors', () => {
  for (const v of vectors('rfc7518', 'jwk')) describeJwk(v);
  for (const { ref, jwk, type } of [
    vector('ours/ecdsa', 'jwk', 'P-256 with leading zeros'),
    vector('ours/ecdsa', 'jwk', 'P-384 with leading zeros'),
  ]) {
    describeJwk({ ref, jwk, type });
  }
  test.each(vectors('rfc7518', 'base64url-uint'))('$ref: $encoded', ({ octets: bytes, encoded }) => {
    expect(encodeBase64url(Uint8Array.from(bytes))).toBe(encoded);
  });
});

describe('section 2: Base64urlUInt', () => {
  test('a number has the fewest octets it needs, in every member of every RSA key [7518-2-1]', () => {
    const jwk = ownKey('RSA private');
    for (const member of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'])
      expect(code({ ...jwk, [member]: zeroFirst(jwk[member]) })).toBe('ERR_JWK_INVALID');
    const exported = exportPrivateJwk(importKey(jwk));
    for (const member of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) expect(raw(exported[member])[0]).not.toBe(0);
  });
});

describe('section 3.1: the algorithms', () => {
  test('HS256 is implemented [7518-3.1-1], and so is every other one but none', () => {
    expect(codeOf(() => verifyJws(signJws(PAYLOAD, secretKey('HS256')), secretKey('HS256')))).toBeNull();
    const registered = [
      'HS256',
      'HS384',
      'HS512',
      'RS256',
      'RS384',
      'RS512',
      'ES256',
      'ES384',
      'ES512',
      'PS256',
      'PS384',
      'PS512',
    ];
    expect(SIGNATURE_ALGORITHMS).toEqual(expect.arrayContaining(registered));
    expect(SIGNATURE_ALGORITHMS).not.toContain('none');
  });
});

describe('section 3.2: HMAC', () => {
  test.each(hmacAlgorithms)('%s takes no secret shorter than its hash [7518-3.2-1]', (alg) => {
    const size = Number(alg.slice(2)) / 8;
    const secret = (length: number) => new Uint8Array(length).fill(0xa5);
    for (const length of [0, 1, size - 1]) {
      expect(codeOf(() => importSecret(secret(length), { alg }))).toBe('ERR_JWK_WEAK');
      expect(code({ kty: 'oct', k: b64u(secret(length)), alg })).toBe('ERR_JWK_WEAK');
    }
    for (const length of [size, size + 1, 1000]) expect(codeOf(() => importSecret(secret(length), { alg }))).toBeNull();
  });

  test('a MAC is compared to its end, however early it differs [7518-3.2-2] [7515-10.9-1]', () => {
    const mac = b64u(secretBytes('HS256'));
    for (const at of [0, 1, 20, mac.length - 1, mac.length]) {
      const other = `${mac.slice(0, at)}~${mac.slice(at + 1)}`.slice(0, mac.length);
      const looked: number[] = [];
      const watched = { length: other.length, charCodeAt: (i: number) => other.charCodeAt(looked.push(i) && i) };
      expect(equalText(mac, watched as string)).toBe(at === mac.length);
      expect(looked).toEqual([...mac].map((_, i) => i));
    }
    const source = readFileSync(new URL('../../src/jwa/signatures.ts', import.meta.url), 'utf8');
    expect(source).toMatch(/equalText\(h?mac\(/);
  });

  test.each(hmacAlgorithms)('%s compares the whole MAC [7518-3.2-3]', (alg) => {
    const [header, payload, signature = ''] = signJws(PAYLOAD, secretKey(alg)).split('.');
    const mac = raw(signature);
    const others = [
      ...Array.from({ length: mac.length }, (_, length) => mac.subarray(0, length)),
      Buffer.concat([mac, Buffer.alloc(1)]),
      mac.subarray(1),
      Buffer.concat([mac, mac]),
    ];
    for (const other of others)
      expect(codeOf(() => verifyJws(`${header}.${payload}.${b64u(other)}`, secretKey(alg)))).toBe(FAILED);
  });
});

describe('sections 3.3 and 3.5: RSA', () => {
  test('a modulus has 2048 bits or more [7518-3.3-1] [7518-3.5-1]', () => {
    const n = toBigInt(raw(ownKey('RSA public').n));
    for (const alg of [...RSA, ...PSS]) {
      for (const bits of [512n, 1024n, 2047n])
        expect(code(rsaJwk((n >> (2048n - bits)) | 1n, 65537n), alg)).toBe('ERR_JWK_WEAK');
      expect(code(rsaJwk(n, 65537n), alg)).toBeNull();
      expect(code(rsaJwk((n << 8n) | 1n, 65537n), alg)).toBeNull();
    }
  });

  test.each(RSA)('%s hashes with its own SHA-2 [7518-3.3-2]', (alg) => {
    const { privateKey, publicKey } = nodePair(alg);
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
      const token = signText(`${b64u({ alg })}.${b64u(PAYLOAD)}`, (input) => sign(hash, input, privateKey));
      expect(codeOf(() => verifyJws(token, verifyingKey(alg)))).toBe(hash === `sha${alg.slice(2)}` ? null : FAILED);
    }
    const [header, payload, signature] = signJws(PAYLOAD, signingKey(alg)).split('.');
    expect(verify(`sha${alg.slice(2)}`, octets(`${header}.${payload}`), publicKey, raw(signature))).toBe(true);
  });

  test.each(PSS)('%s uses one hash throughout, and a salt as long as it [7518-3.5-2]', (alg) => {
    const { privateKey: key, publicKey } = nodePair(alg);
    const size = Number(alg.slice(2)) / 8;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const token = (hash: string, saltLength: number) =>
      signText(`${b64u({ alg })}.${b64u(PAYLOAD)}`, (input) => sign(hash, input, { key, padding, saltLength }));
    for (const salt of [0, 20, 32, 48, 64, 100]) {
      expect(codeOf(() => verifyJws(token(`sha${alg.slice(2)}`, salt), verifyingKey(alg)))).toBe(
        salt === size ? null : FAILED,
      );
    }
    for (const hash of ['sha256', 'sha384', 'sha512']) {
      expect(codeOf(() => verifyJws(token(hash, size), verifyingKey(alg)))).toBe(
        hash === `sha${alg.slice(2)}` ? null : FAILED,
      );
    }
    const [header, payload, signature] = signJws(PAYLOAD, signingKey(alg)).split('.');
    const made = { key: publicKey, padding, saltLength: size };
    expect(verify(`sha${alg.slice(2)}`, octets(`${header}.${payload}`), made, raw(signature))).toBe(true);
  });
});

describe('section 3.4: ECDSA', () => {
  test.each(ECDSA)('%s writes r and s at full width [7518-3.4-1]', (alg, _, size) => {
    for (let i = 0; i < 300; i++) {
      const signature = raw(signJws(Uint8Array.of(i, i >> 8), signingKey(alg)).split('.')[2]);
      expect(signature).toHaveLength(2 * size);
    }
  });

  test.each(ECDSA)('%s takes a signature of its exact length only [7518-3.4-2]', (alg, _, size) => {
    const [header, payload, signature] = signJws(PAYLOAD, signingKey(alg)).split('.');
    const whole = raw(signature);
    const others = [
      whole.subarray(1),
      whole.subarray(0, -1),
      Buffer.concat([Buffer.alloc(1), whole]),
      Buffer.concat([whole, Buffer.alloc(1)]),
      Buffer.alloc(0),
      ecdsaDer(whole),
      Buffer.concat([whole, whole]),
    ];
    const padded = Buffer.concat([Buffer.alloc(1), whole.subarray(0, size), Buffer.alloc(1), whole.subarray(size)]);
    for (const other of [...others, padded])
      expect(codeOf(() => verifyJws(`${header}.${payload}.${b64u(other)}`, verifyingKey(alg)))).toBe(FAILED);
  });

  test('each algorithm has its one curve [7518-3.4-3]', () => {
    for (const [alg] of ECDSA) {
      for (const [own, crv] of ECDSA) {
        const jwk = exportJwk(keyPair(own).publicKey);
        expect(jwk.crv).toBe(crv);
        const { alg: __, ...bare } = jwk;
        expect(code(bare, alg)).toBe(alg === own ? null : 'ERR_JWK_INVALID');
        expect(code({ ...bare, alg })).toBe(alg === own ? null : 'ERR_JWK_INVALID');
        const token = compact({ alg }, PAYLOAD, keySigner(alg, nodePair(own).privateKey));
        expect(codeOf(() => verifyJws(token, verifyingKey(own)))).toBe(alg === own ? null : 'ERR_JOSE_ALG_NOT_ALLOWED');
      }
    }
  });
});

describe('section 3.6: none', () => {
  const unsecured = ['', b64u(PAYLOAD)].map(
    (signature) => `${b64u({ alg: 'none' })}.${b64u({ iss: 'x' })}.${signature}`,
  );
  const claims = { issuer: null, audience: null, expiry: 'optional', now: 0 } as const;

  test('is not accepted, by no key and no entry point [7518-3.6-3] [7518-3.6-4] [7518-8.5-1]', () => {
    for (const token of unsecured) {
      for (const alg of supportedAlgorithms) {
        expect(codeOf(() => verifyJws(token, verifyingKey(alg)))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
        expect(codeOf(() => verifyJwt(token, verifyingKey(alg), claims))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
      }
    }
  });

  test('has no switch, global or other [7518-3.6-5]', () => {
    const none = { algorithms: ['none'] } as object;
    for (const token of unsecured) expect(codeOf(() => verifyJws(token, secretKey('HS256'), none))).toBe('TypeError');
    for (const option of ['allowNone', 'unsecured', 'allowUnsecured']) {
      expect(codeOf(() => verifyJwt(unsecured[0] ?? '', secretKey('HS256'), { ...claims, [option]: true }))).toBe(
        'TypeError',
      );
    }
    expect(codeOf(() => importKey({ ...ownKey('oct'), alg: 'none' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(codeOf(() => signJwt({}, secretKey('HS256'), { expiresIn: null, header: { alg: 'none' } }))).toBe(
      'TypeError',
    );
  });
});

describe('section 6: keys', () => {
  test('kty is one of EC, RSA and oct, by that spelling [7518-6.1-1]', () => {
    for (const kty of ['EC', 'RSA', 'oct']) {
      const jwk = ownKey({ EC: 'P-256 public', RSA: 'RSA public', oct: 'oct' }[kty] ?? '');
      expect(code(jwk)).toBeNull();
      for (const other of [kty.toLowerCase(), kty.toUpperCase(), `${kty} `].filter((name) => name !== kty))
        expect(code({ ...jwk, kty: other })).toBe('ERR_JOSE_NOT_SUPPORTED');
    }
  });

  const required: readonly (readonly [string, string, readonly string[]])[] = [
    ['an EC public key has crv, x and y [7518-6.2.1-1]', 'P-256 public', ['crv', 'x', 'y']],
    ['an RSA public key has n and e [7518-6.3.1-1]', 'RSA public', ['n', 'e']],
    ['an oct key has k [7518-6.4-1]', 'oct', ['k']],
  ];
  test.each(required)('%s', (_, name, members) => {
    const jwk = ownKey(name);
    for (const member of members) {
      for (const value of [undefined, null, 1, ['AA'], 'AA=', 'A', '+/'])
        expect(code({ ...jwk, [member]: value })).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    }
  });

  test('crv is case-sensitive, and points are not compressed [7518-6.2.1.1-1]', () => {
    const jwk = ownKey('P-256 public');
    for (const crv of ['p-256', 'P256', 'P-256 ', 'prime256v1', ''])
      expect(code({ ...jwk, crv })).toBe('ERR_JOSE_NOT_SUPPORTED');
    const { y: _, ...compressed } = jwk;
    expect(code(compressed)).toBe('ERR_JWK_INVALID');
    expect(code({ ...compressed, x: b64u(Buffer.concat([Buffer.of(2), raw(jwk.x)])) })).toBe('ERR_JWK_INVALID');
  });

  describe.each(ECDSA)('%s on %s', (alg, _, size) => {
    const jwk = exportPrivateJwk(keyPair(alg).privateKey);
    const { d: __, ...publicJwk } = jwk;
    const sizes = [
      ['x [7518-6.2.1.2-1]', 'x', publicJwk],
      ['y [7518-6.2.1.3-1]', 'y', publicJwk],
      ['d [7518-6.2.2.1-1]', 'd', jwk],
    ] as const;
    test.each(sizes)('%s has exactly the octets of the field', (___, member, from) => {
      expect(raw(jwk[member])).toHaveLength(size);
      expect(code(from)).toBeNull();
      const value = jwk[member];
      for (const other of [
        zeroFirst(value),
        withoutFirst(value),
        b64u(Buffer.concat([raw(value), Buffer.alloc(1)])),
        '',
      ])
        expect(code({ ...from, [member]: other })).toBe('ERR_JWK_INVALID');
    });
  });

  test('leading zero octets of x, y and d are kept on export', () => {
    for (const ref of ['P-256 with leading zeros', 'P-384 with leading zeros']) {
      const { jwk } = vector('ours/ecdsa', 'jwk', ref);
      expect(exportPrivateJwk(importKey(jwk))).toMatchObject(jwk);
      expect([raw(jwk.x)[0], raw(jwk.d)[0]]).toEqual([0, 0]);
    }
  });

  test('n and e are Base64urlUInt, and 65537 is AQAB [7518-6.3.1.1-1] [7518-6.3.1.2-1]', () => {
    const jwk = ownKey('RSA public');
    expect(code({ ...jwk, n: zeroFirst(jwk.n) })).toBe('ERR_JWK_INVALID');
    for (const e of ['AAEAAQ', 'AAAB', 'AQAB=', 'AQAB\n', 'AQABA', '', 'AA'])
      expect(code({ ...jwk, e })).toMatch(/^ERR_JWK_/);
    expect(exportJwk(importKey(jwk)).e).toBe('AQAB');
  });

  test('an RSA private key has d [7518-6.3.2-1]', () => {
    const { d: _, ...jwk } = ownKey('RSA private');
    expect(code(jwk)).toBe('ERR_JWK_INVALID');
    expect(exportPrivateJwk(keyPair('RS256').privateKey)).toHaveProperty('d');
  });

  test('of p, q, dp, dq and qi there are all or none, and we write all [7518-6.3.2-2] [7518-6.3.2-3]', () => {
    const jwk = ownKey('RSA private');
    const five = ['p', 'q', 'dp', 'dq', 'qi'];
    for (let choice = 1; choice < 31; choice++) {
      const partial = Object.fromEntries(
        Object.entries(jwk).filter(([member]) => !five.includes(member) || (choice >> five.indexOf(member)) & 1),
      );
      expect(code(partial)).toBe('ERR_JWK_INVALID');
    }
    expect(Object.keys(exportPrivateJwk(importKey(jwk)))).toEqual(expect.arrayContaining(five));
  });

  test('a key of more than two primes is not used [7518-6.3.2.7-1] [7518-6.3.2.7-2]', () => {
    const jwk = ownKey('RSA private');
    for (const oth of [[{ r: 'AQAB', d: 'AQAB', t: 'AQAB' }], [], [{}], null, 'AA', {}]) {
      expect(code({ ...jwk, oth })).toMatch(/^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/);
    }
    expect(exportPrivateJwk(importKey(jwk))).not.toHaveProperty('oth');
  });

  test('an oct key must be told its algorithm [7518-6.4-2]', () => {
    const { alg: _, ...bare } = ownKey('oct');
    expect(code(bare)).toBe('ERR_JWK_INVALID');
    expect(code(bare, 'HS512')).toBeNull();
  });
});

describe('section 8: security', () => {
  test('trivial exponents are refused [7518-8.3-1]', () => {
    const n = toBigInt(raw(ownKey('RSA public').n));
    for (const e of [0n, 1n, 2n, 4n, 65536n, (1n << 64n) + 1n, n - 1n, n]) {
      expect(code({ kty: 'RSA', n: b64u(toBytes(n)), e: b64u(toBytes(e)) })).toMatch(/^ERR_JWK_(WEAK|INVALID)$/);
    }
  });

  test('keys have an upper size [7518-8.6-1]', () => {
    const n = (size: bigint) => (1n << (size - 1n)) | (toBigInt(raw(ownKey('RSA public').n)) | 1n);
    expect(code(rsaJwk(n(16384n), 65537n))).toBeNull();
    expect(code(rsaJwk(n(16392n), 65537n))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('node:crypto alone would take what is refused here', () => {
    const jwk = ownKey('P-256 private');
    expect(() => createPrivateKey({ key: { ...jwk, x: `${jwk.x}=` } as JsonWebKey, format: 'jwk' })).not.toThrow();
  });
});

describe('5.2: AES_CBC_HMAC_SHA2, the test cases of Appendix B', () => {
  test.each(vectors('rfc7518', 'cbc-hmac-kat'))(
    '$ref: $enc [7518-5.2.2.1-1] [7518-5.2.2.1-3] [7518-5.2.2.1-4]',
    (v) => {
      const { K, P, IV, A, AL, E, T } = v.hex;
      const row = findContentRow(v.enc) ?? expect.fail(v.enc);
      const aad = Buffer.from(A, 'hex');
      const iv = Buffer.from(IV, 'hex');
      const content = { iv, ciphertext: Buffer.from(E, 'hex'), tag: Buffer.from(T, 'hex') };
      expect(Buffer.from(bitLength(aad.length)).toString('hex')).toBe(AL);
      const sealed = encryptContent(row, Buffer.from(K, 'hex'), { iv, aad, plaintext: Buffer.from(P, 'hex') });
      expect(sealed).toEqual(content);
      expect(decryptContent(row, Buffer.from(K, 'hex'), { ...content, aad })).toEqual(Buffer.from(P, 'hex'));
    },
  );
});
