// SECURITY.md, group 3: values of the signature itself. Each is a signature that does not verify, with one code and one text.

import { constants, createHash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explainToken } from '../../src/explain/verifier.ts';
import {
  createIssuer,
  createSeal,
  createVerifier,
  decryptJwe,
  discover,
  draftJwt,
  ERROR_HELP,
  encryptJwe,
  importJwks,
  importKey,
  importSecret,
  isAlgorithmSupported,
  type JoseError,
  memoryStore,
  type RingStore,
  remoteJwks,
  type SignatureAlgorithm,
  signJws,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { AUDIENCE, CLAIMS, doorNames, doors, EXPECTED, explainedCode, ISSUER, NOW, parts } from '../support/doors.ts';
import { expectCode } from '../support/expect.ts';
import {
  b64u,
  compact,
  concat,
  DIGEST_INFO,
  der,
  derSequence,
  digest,
  ecdsaDer,
  edSpki,
  forge,
  hex,
  jwkOf,
  keySigner,
  octets,
  padPkcs1,
  padPss,
  pem,
  pkcs8Of,
  rsaRaw,
  signerOf,
  toBigInt,
  toBytes,
} from '../support/forge.ts';
import {
  asymmetricAlgorithms,
  freshPair,
  hmacAlgorithms,
  keyPairs,
  nodePair,
  secretBytes,
  secretKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';

const FAILED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
const inputOf = (alg: SignatureAlgorithm) => `${b64u({ alg })}.${b64u(CLAIMS)}`;
const signatureOf = (token: string) => new Uint8Array(Buffer.from(parts(token).signature, 'base64url'));

/** Every door refuses this signature over the good content, in the same words as any other bad signature. */
function expectBadSignature(alg: SignatureAlgorithm, signature: Uint8Array) {
  const token = `${inputOf(alg)}.${b64u(signature)}`;
  for (const door of doorNames) expectCode(() => doors[door](token, verifyingKey(alg)), FAILED, token);
  expect(explainedCode(token, verifyingKey(alg))).toBe(FAILED);
}

/** A token whose signature begins with a zero octet, and that token without it. About one signature in 256 does. */
function leadingZero(alg: SignatureAlgorithm): { token: string; stripped: string } {
  for (let i = 0; ; i++) {
    const token = forge(alg, { alg }, { ...CLAIMS, i });
    const signature = signatureOf(token);
    if (signature[0] !== 0) continue;
    const [header, payload] = token.split('.');
    return { token, stripped: `${header}.${payload}.${b64u(signature.subarray(1))}` };
  }
}

const ORDERS = {
  ES256: [32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
  ES384: [48, 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n],
  ES512: [66, BigInt(`0x01${'ff'.repeat(32)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`)],
  ES256K: [32, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n],
} as const;
const EC_ALGS = ['ES256', 'ES384', 'ES512', 'ES256K'] as const;

describe('SIG-01 psychic signatures', () => {
  test.each(EC_ALGS)('SIG-01 %s: every r and s of {0, 1, n−1, n, n+1, all ones}', (alg) => {
    const [width, n] = ORDERS[alg];
    const values = [0n, 1n, n - 1n, n, n + 1n, (1n << BigInt(8 * width)) - 1n];
    for (const r of values)
      for (const s of values) expectBadSignature(alg, concat(toBytes(r, width), toBytes(s, width)));
  });

  test.each(EC_ALGS)('SIG-01 %s: the good r with a special s, and the reverse, and both plus n', (alg) => {
    const [width, n] = ORDERS[alg];
    const good = signatureOf(forge(alg, { alg }, CLAIMS));
    const [r, s] = [toBigInt(good.subarray(0, width)), toBigInt(good.subarray(width))];
    for (const special of [0n, 1n, n - 1n, n]) {
      expectBadSignature(alg, concat(toBytes(r, width), toBytes(special, width)));
      expectBadSignature(alg, concat(toBytes(special, width), toBytes(s, width)));
    }
    const fits = (value: bigint) => value < 1n << BigInt(8 * width);
    if (fits(r + n)) expectBadSignature(alg, concat(toBytes(r + n, width), toBytes(s, width)));
    if (fits(s + n)) expectBadSignature(alg, concat(toBytes(r, width), toBytes(s + n, width)));
    expectBadSignature(alg, concat(toBytes(s, width), toBytes(r, width)));
  });

  test('SIG-01 RSA: signatures 0, 1, n−1, n and s + n', () => {
    const n = toBigInt(new Uint8Array(Buffer.from(jwkOf(nodePair('RS256').publicKey).n ?? '', 'base64url')));
    for (const alg of ['RS256', 'PS256'] as const) {
      const good = toBigInt(signatureOf(forge(alg, { alg }, CLAIMS)));
      for (const value of [0n, 1n, n - 1n, n, n + 1n]) expectBadSignature(alg, toBytes(value, 256));
      expectBadSignature(alg, toBytes(good + n, good + n < 1n << 2048n ? 256 : 257));
    }
  });
});

describe('SIG-02 DER where r‖s is due', () => {
  test.each(EC_ALGS)('SIG-02 %s: the DER of a valid signature is none', (alg) => {
    const raw = signatureOf(forge(alg, { alg }, CLAIMS));
    expectBadSignature(alg, ecdsaDer(raw));
    expectBadSignature(alg, concat(new Uint8Array(raw.length), ecdsaDer(raw)).subarray(-raw.length));
  });

  test.each(EC_ALGS)('SIG-02 %s: a draft takes DER from a KMS, but only its canonical form', (alg) => {
    const { publicKey } = keyPairs[alg];
    const draft = draftJwt({ sub: 'a' }, { alg, expiresIn: 60, now: NOW });
    const raw = keySigner(alg, nodePair(alg).privateKey)(draft.signingInput);
    const good = ecdsaDer(raw);
    const expected = { issuer: null, audience: null, now: NOW };
    expect(verifyJwt(draft.complete(good, publicKey), publicKey, expected).claims.sub).toBe('a');
    const half = raw.length / 2;
    const integers = (r: Uint8Array, s: Uint8Array) => derSequence(der(0x02, r), der(0x02, s));
    const padded = (value: Uint8Array, zeros: number) => concat(new Uint8Array(zeros), value);
    const [r, s] = [raw.subarray(0, half), raw.subarray(half)];
    const bad = [
      concat(good, [0]),
      good.subarray(0, -1),
      integers(padded(r, 2), padded(s, 1)),
      integers(padded(r, 1), padded(s, 2)),
      concat([0x31], good.subarray(1)),
      concat([0x30, 0x80], good.subarray(2), [0, 0]),
      concat([0x30, 0x82, 0, good.length - 2], good.subarray(2)),
      derSequence(),
      derSequence(der(0x02, r)),
      new Uint8Array(0),
    ];
    for (const signature of bad) expect(() => draft.complete(signature, publicKey)).toThrow();
  });
});

describe('SIG-03 length', () => {
  test.each(supportedAlgorithms)(
    'SIG-03 %s: one octet less, one more, none, twice, leading and trailing zeros, much',
    (alg) => {
      const good = signatureOf(forge(alg, { alg }, CLAIMS));
      const variants = [
        good.subarray(1),
        good.subarray(0, -1),
        concat([0], good),
        concat(good, [0]),
        concat(good, good),
        good.subarray(0, good.length / 2),
        new Uint8Array(0),
        new Uint8Array(good.length),
        concat(good, new Uint8Array(20_000)),
        concat(new Uint8Array(20_000), good),
      ];
      for (const signature of variants) expectBadSignature(alg, signature);
    },
  );

  test.each(['ES256', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const)(
    'SIG-03 %s: the leading zero octet of a signature cannot be left out',
    (alg) => {
      const { token, stripped } = leadingZero(alg);
      const key = keyPairs[alg].publicKey;
      for (const door of doorNames) {
        doors[door](token, key);
        expectCode(() => doors[door](stripped, key), FAILED, stripped);
      }
      expect(explainedCode(stripped, key)).toBe(FAILED);
    },
  );

  test.each(['PS256', 'PS384', 'PS512'] as const)(
    'SIG-13 %s: a PSS signature has one length, whatever zeros it begins with, also where verified tokens are cached',
    async (alg) => {
      const { token, stripped } = leadingZero(alg);
      const key = keyPairs[alg].publicKey;
      const longer = token.replace(/[^.]+$/, (signature) => b64u(concat([0], Buffer.from(signature, 'base64url'))));
      const verifier = createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        keys: key,
        clock: () => NOW,
        cache: { max: 10 },
      });
      expect((await verifier.verify(token)).claims.sub).toBe(CLAIMS.sub);
      for (const other of [stripped, longer]) {
        expectCode(() => verifier.verifySync(other), FAILED, other);
        expect(explainToken(verifier, other).code).toBe(FAILED);
      }
    },
  );

  test('SIG-13 the length is that of the modulus in whole octets, also where its bits do not fill them', () => {
    for (const bits of [2050, 2056, 3070]) {
      const { privateKey, publicKey } = freshPair('rsa', { modulusLength: bits });
      for (const alg of ['RS256', 'PS256'] as const) {
        const [signer, verifier] = [importKey(privateKey, { alg }), importKey(publicKey, { alg })];
        const token = signJws(octets('content'), signer);
        expect(signatureOf(token).length).toBe(Math.ceil(bits / 8));
        expect(verifyJws(token, verifier).header.alg).toBe(alg);
        const [header, payload] = token.split('.');
        const padded = `${header}.${payload}.${b64u(concat([0], signatureOf(token)))}`;
        expectCode(() => verifyJws(padded, verifier), FAILED, padded);
      }
    }
  });

  test('SIG-03 a signature of a megabyte is over the limit', () => {
    for (const alg of supportedAlgorithms) {
      const token = `${inputOf(alg)}.${b64u(new Uint8Array(1 << 20))}`;
      for (const door of doorNames) expectCode(() => doors[door](token, verifyingKey(alg)), 'ERR_JOSE_LIMIT_EXCEEDED');
    }
  });
});

describe('SIG-04 malleability', () => {
  // Accepted: JWA has no low-s rule. The token’s text is therefore no identity; SECURITY.md says so.
  test.each(EC_ALGS)('SIG-04 %s: (r, n−s) verifies and yields the same claims', (alg) => {
    const [width, n] = ORDERS[alg];
    const token = forge(alg, { alg }, CLAIMS);
    const good = signatureOf(token);
    const twin = concat(good.subarray(0, width), toBytes(n - toBigInt(good.subarray(width)), width));
    const other = `${inputOf(alg)}.${b64u(twin)}`;
    expect(other).not.toBe(token);
    const key = keyPairs[alg].publicKey;
    expect(verifyJwt(other, key, EXPECTED).claims).toEqual(verifyJwt(token, key, EXPECTED).claims);
    expect(readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')).toMatch(/malleab/i);
  });

  test('SIG-04 no other algorithm has a twin: one flipped bit anywhere ends it', () => {
    for (const alg of supportedAlgorithms) {
      const { token } = /^[RP]S/.test(alg) ? leadingZero(alg) : { token: forge(alg, { alg }, CLAIMS) };
      const good = signatureOf(token);
      const input = token.slice(0, token.lastIndexOf('.'));
      for (let bit = 0; bit < 8 * good.length; bit += Math.ceil(good.length / 8) * 5 + 3) {
        const flipped = good.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const twin = `${input}.${b64u(flipped)}`;
        expectCode(() => verifyJws(twin, verifyingKey(alg)), FAILED, twin);
      }
    }
  });

  test.each(['PS256', 'PS384', 'PS512'] as const)('SIG-04 %s: a shorter spelling of the number is no twin', (alg) => {
    const { stripped } = leadingZero(alg);
    for (const door of doorNames) expectCode(() => doors[door](stripped, keyPairs[alg].publicKey), FAILED, stripped);
  });
});

/** Malformed EMSA-PKCS1-v1_5 encodings over the right SHA-256 digest, by name. */
function pkcs1Forgeries(input: string): Record<string, Uint8Array> {
  const hash = digest('sha256', octets(input));
  const oid = hex('0609608648016503040201');
  const nul = hex('0500');
  const algorithm = derSequence(oid, nul);
  const info = concat(hex(DIGEST_INFO.sha256), hash);
  const good = padPkcs1(info);
  const frame = (body: Uint8Array, filler = 0xff) =>
    concat([0, 1], new Uint8Array(256 - body.length - 3).fill(filler), [0], body);
  const edit = (at: number, octet: number) => good.map((value, i) => (i === at ? octet : value));
  const short = (padding: number, tail: Uint8Array) =>
    concat([0, 1], new Uint8Array(padding).fill(0xff), [0], info, tail).subarray(0, 256);
  const garbage = new Uint8Array(256).fill(0xa5);
  const longLength = (tag: number, body: Uint8Array) => concat([tag, 0x81, body.length], body);
  const longerLength = (tag: number, body: Uint8Array) => concat([tag, 0x82, 0, body.length], body);
  const hashField = der(0x04, hash);
  return {
    'missing NULL': frame(derSequence(derSequence(oid), hashField)),
    'NULL of length 1': frame(derSequence(derSequence(oid, hex('050100')), hashField)),
    'NULL replaced by an empty octet string': frame(derSequence(derSequence(oid, hex('0400')), hashField)),
    'NULL replaced by a boolean': frame(derSequence(derSequence(oid, hex('0101ff')), hashField)),
    'two NULLs': frame(derSequence(derSequence(oid, nul, nul), hashField)),
    'parameters full of garbage': frame(
      derSequence(derSequence(oid, der(0x04, new Uint8Array(100).fill(0x42))), hashField),
    ),
    'BER long length of the outer sequence': frame(longLength(0x30, concat(algorithm, hashField))),
    'BER longer length of the outer sequence': frame(longerLength(0x30, concat(algorithm, hashField))),
    'BER long length of the algorithm': frame(derSequence(longLength(0x30, concat(oid, nul)), hashField)),
    'BER long length of the OID': frame(derSequence(derSequence(longLength(0x06, oid.subarray(2)), nul), hashField)),
    'BER long length of the NULL': frame(derSequence(derSequence(oid, hex('058100')), hashField)),
    'BER long length of the digest': frame(derSequence(algorithm, longLength(0x04, hash))),
    'indefinite length of the outer sequence': frame(concat([0x30, 0x80], algorithm, hashField, [0, 0])),
    'indefinite length of the algorithm': frame(derSequence(concat([0x30, 0x80], oid, nul, [0, 0]), hashField)),
    'constructed octet string': frame(
      derSequence(algorithm, concat([0x24, 36], der(0x04, hash.subarray(0, 16)), der(0x04, hash.subarray(16)))),
    ),
    'set for sequence': frame(concat([0x31], derSequence(algorithm, hashField).subarray(1))),
    'bit string for octet string': frame(derSequence(algorithm, der(0x03, hash))),
    'an element after the digest': frame(derSequence(algorithm, hashField, nul)),
    'an element before the algorithm': frame(derSequence(nul, algorithm, hashField)),
    'garbage after DigestInfo, right-aligned padding': frame(concat(info, [0xa5])),
    'zeros after DigestInfo': frame(concat(info, new Uint8Array(16))),
    'short padding, 8 octets, then garbage': short(8, garbage),
    'short padding, 1 octet, then garbage': short(1, garbage),
    'no padding, then garbage': short(0, garbage),
    'short padding, then zeros': short(8, new Uint8Array(256)),
    'OID of another length': frame(derSequence(derSequence(hex('060a60864801650304020100'), nul), hashField)),
    'OID with an overlong arc': frame(
      derSequence(derSequence(hex('060a6080864801650304020 1'.replace(' ', '')), nul), hashField),
    ),
    'digest cut by one octet': frame(derSequence(algorithm, der(0x04, hash.subarray(0, 31)))),
    'digest longer by a zero': frame(derSequence(algorithm, der(0x04, concat(hash, [0])))),
    'empty digest': frame(derSequence(algorithm, der(0x04))),
    'no DigestInfo': frame(new Uint8Array(0)),
    'bare digest': frame(hash),
    'first octet 01': edit(0, 1),
    'block type 00': edit(1, 0),
    'block type 02': edit(1, 2),
    'block type ff': edit(1, 0xff),
    'padding of zeros': frame(info, 0),
    'padding of fe': frame(info, 0xfe),
    'one padding octet fe': edit(100, 0xfe),
    'first padding octet 00': edit(2, 0),
    'last padding octet 00': edit(256 - info.length - 2, 0),
    'separator 01': edit(256 - info.length - 1, 1),
    'separator ff': edit(256 - info.length - 1, 0xff),
    'digest bit flipped': edit(255, (good[255] ?? 0) ^ 1),
    'all zeros': new Uint8Array(256),
  };
}

describe('SIG-05 lax PKCS #1 v1.5', () => {
  const input = inputOf('RS256');
  const { privateKey } = nodePair('RS256');

  test('SIG-05 the forger’s tools are good: a well-made encoding verifies', () => {
    const em = padPkcs1(concat(hex(DIGEST_INFO.sha256), digest('sha256', octets(input))));
    const token = `${input}.${b64u(rsaRaw(privateKey, em))}`;
    expect(verifyJwt(token, keyPairs.RS256.publicKey, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    expect(token).toBe(forge('RS256', { alg: 'RS256' }, CLAIMS));
  });

  test.each(Object.entries(pkcs1Forgeries(input)))('SIG-05 %s', (_, em) => {
    expect(em.length).toBe(256);
    expectBadSignature('RS256', rsaRaw(privateKey, em));
  });

  test('SIG-05 PSS under RS256 and PKCS #1 v1.5 under PS256', () => {
    expectBadSignature('RS256', signerOf('PS256')(octets(input)));
    expectBadSignature('PS256', signerOf('RS256')(octets(inputOf('PS256'))));
  });
});

describe('SIG-06 PSS parameters', () => {
  const bits = { PS256: 256, PS384: 384, PS512: 512 } as const;
  test.each(['PS256', 'PS384', 'PS512'] as const)('SIG-06 %s takes a salt as long as the hash and no other', (alg) => {
    const hash = `sha${bits[alg]}`;
    const { privateKey: key } = nodePair(alg);
    const length = bits[alg] / 8;
    for (const saltLength of [0, 1, 20, length - 1, length + 1, 256 - length - 2]) {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      expectBadSignature(alg, new Uint8Array(sign(hash, octets(inputOf(alg)), { key, padding, saltLength })));
    }
  });

  const input = octets(inputOf('PS256'));
  const { privateKey } = nodePair('PS256');
  test('SIG-06 the forger’s tools are good: a well-made PSS encoding verifies', () => {
    const token = `${inputOf('PS256')}.${b64u(rsaRaw(privateKey, padPss(input)))}`;
    expect(verifyJwt(token, keyPairs.PS256.publicKey, EXPECTED).claims.sub).toBe(CLAIMS.sub);
  });

  test.each([
    ['MGF1 with SHA-1', { mgfHash: 'sha1' }],
    ['MGF1 with SHA-512', { mgfHash: 'sha512' }],
    ['SHA-1 throughout', { hash: 'sha1', salt: new Uint8Array(32) }],
    ['SHA-1 with its own salt length', { hash: 'sha1', salt: new Uint8Array(20) }],
    ['SHA-384', { hash: 'sha384', salt: new Uint8Array(48) }],
    ['another trailer', { trailer: 0xcc }],
    ['another separator', { separator: 0x02 }],
    ['no separator', { separator: 0 }],
    ['no salt', { salt: new Uint8Array(0) }],
  ])('SIG-06 %s', (_, parameters) => {
    expectBadSignature('PS256', rsaRaw(privateKey, padPss(input, parameters)));
  });
});

describe('SIG-07 truncated MAC', () => {
  test.each(hmacAlgorithms)('SIG-07 %s: every prefix and every suffix of the MAC', (alg) => {
    const mac = signatureOf(forge(alg, { alg }, CLAIMS));
    for (let length = 0; length < mac.length; length++) {
      for (const cut of [mac.subarray(0, length), mac.subarray(mac.length - length)]) {
        const token = `${inputOf(alg)}.${b64u(cut)}`;
        expectCode(() => verifyJws(token, secretKey(alg)), FAILED, token);
        expectCode(() => verifyJwsJson(parts(token), secretKey(alg)), FAILED, token);
      }
    }
  });

  test('SIG-07 a longer hash cut to a shorter one', () => {
    for (const [alg, hash] of [
      ['HS256', 'HS512'],
      ['HS384', 'HS512'],
      ['HS256', 'HS384'],
    ] as const) {
      const length = Number(alg.slice(2)) / 8;
      expectBadSignature(alg, signerOf(hash)(octets(inputOf(alg))).subarray(0, length));
    }
  });
});

describe('SIG-08 comparison in constant time', () => {
  const source = (file: string) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  const body = (text: string, name: string) =>
    /^[\s\S]*?\n}\n/.exec(text.slice(text.indexOf(`function ${name}(`)))?.[0] ?? '';

  test('SIG-08 a MAC is compared by equalText or equalBytes, and neither leaves early on content', () => {
    const verifier = body(source('jwa/signatures.ts'), 'verifySignature');
    expect(verifier).toMatch(/\bequal(Text|Bytes)\(h?mac\(/);
    expect(verifier).not.toMatch(/h?mac\([^)]*\)\s*[!=]==?|\.equals\(|Buffer\.compare|localeCompare|startsWith/);
    const equalBytes = body(source('bytes.ts'), 'equalBytes');
    expect(equalBytes).toContain('timingSafeEqual');
    const equalText = body(source('bytes.ts'), 'equalText');
    expect(equalText).toMatch(/\|=.*\^/);
    const loop = equalText.slice(equalText.indexOf('for ('));
    expect(loop.slice(0, loop.indexOf('\n'))).not.toMatch(/\b(return|break|if)\b/);
    expect(equalText.match(/return/g)?.length).toBe(2); // unequal lengths, and the verdict
  });

  test('SIG-08 a difference counts at every position', () => {
    const good = parts(forge('HS256', { alg: 'HS256' }, CLAIMS)).signature;
    for (let i = 0; i < good.length; i++) {
      const other = good[i] === 'A' ? 'E' : 'A';
      const token = `${inputOf('HS256')}.${good.slice(0, i)}${other}${good.slice(i + 1)}`;
      if (other !== good[i]) expectCode(() => verifyJws(token, secretKey('HS256')), FAILED, token);
    }
  });
});

describe('SIG-09 silent errors', () => {
  const key = keyPairs.RS256.publicKey;
  const good = forge('RS256', { alg: 'RS256', kid: 'a' }, CLAIMS);
  const [h = '', p = '', s = ''] = good.split('.');
  const HIDDEN = 'a plaintext that is secret';
  const wrapping = importSecret(secretBytes('HS256'), { alg: 'A256KW' });
  const encrypted = encryptJwe(octets(HIDDEN), wrapping);
  const jwk = jwkOf(nodePair('RS256').publicKey);
  const privateJwk = jwkOf(nodePair('ES256').privateKey);
  const secretPem = pem('PRIVATE KEY', pkcs8Of(nodePair('ES256').privateKey));
  const runs: readonly (readonly [JoseError['code'], () => unknown, readonly unknown[]])[] = [
    ['ERR_JWE_INVALID', () => decryptJwe(good, wrapping), [good]],
    ['ERR_JWE_DECRYPTION_FAILED', () => decryptJwe(encrypted.replace(/.{4}$/, 'AAAA'), wrapping), [encrypted, HIDDEN]],
    ['ERR_JWS_INVALID', () => verifyJwt(`${h}.${p}.${s}=`, key, EXPECTED), [good]],
    ['ERR_JWS_INVALID', () => verifyJwt(`${h}${h}.${p}.${s}`, key, EXPECTED), [good]],
    [
      'ERR_JWS_INVALID',
      () => verifyJwt(`${b64u('{"secret":"in-the-header-of-it"')}.${p}.${s}`, key, EXPECTED),
      ['in-the-header-of-it'],
    ],
    [
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      () => verifyJwt(`${h}.${p}.${b64u(new Uint8Array(256))}`, key, EXPECTED),
      [good],
    ],
    [
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      () =>
        verifyJwt(
          compact({ alg: 'HS256' }, CLAIMS, () => new Uint8Array(32)),
          secretKey('HS256'),
          EXPECTED,
        ),
      [secretBytes('HS256'), signerOf('HS256')(octets(inputOf('HS256')))],
    ],
    [
      'ERR_JWT_INVALID',
      () => verifyJwt(forge('RS256', { alg: 'RS256' }, '["a-claim-that-is-secret"]'), key, EXPECTED),
      ['a-claim-that-is-secret'],
    ],
    ['ERR_JWT_EXPIRED', () => verifyJwt(good, key, { ...EXPECTED, now: NOW + 301 }), [good]],
    [
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      () => verifyJwt(good, key, { ...EXPECTED, issuer: 'https://other.example' }),
      [good, CLAIMS.iss],
    ],
    ['ERR_JWK_INVALID', () => importKey({ ...privateJwk, y: 'AA' } as never), [privateJwk.d, privateJwk.x]],
    ['ERR_JWK_INVALID', () => importKey(secretPem.replace('M', '?')), secretPem.split('\n').slice(1, -2)],
    [
      'ERR_JWK_WEAK',
      () => importSecret(secretBytes('HS256').subarray(1), { alg: 'HS256' }),
      [secretBytes('HS256').subarray(1)],
    ],
    ['ERR_JWKS_INVALID', () => importJwks(`{"keys":"${jwk.n}"}`), [jwk.n]],
    ['ERR_JWKS_INVALID', () => importJwks(`{"keys":[${JSON.stringify(jwk)}`), [jwk.n]],
    ['ERR_JWKS_NO_MATCHING_KEY', () => verifyJwt(good, importJwks({ keys: [jwk] }), EXPECTED), [good]],
    [
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
      () =>
        verifyJwt(
          good,
          importJwks({
            keys: [
              { ...jwk, kid: 'a' },
              { ...jwkOf(freshPair('rsa', { modulusLength: 2048 }).publicKey), alg: 'RS256', kid: 'a' },
            ],
          }),
          EXPECTED,
        ),
      [good],
    ],
    [
      'ERR_JWKS_UNAVAILABLE',
      () => remoteJwks('https://issuer.example/jwks.json', { fetch: async () => Response.error() }).now(good),
      [good],
    ],
    [
      'ERR_JWKS_ISSUER_MISMATCH',
      () =>
        discover('https://asked.test', {
          fetch: async () => Response.json({ issuer: 'https://named.test' }),
          headers: { authorization: `Bearer ${good}` },
        }),
      [good],
    ],
    ['ERR_JOSE_ALG_NOT_ALLOWED', () => verifyJwt(good, secretKey('HS256'), EXPECTED), [good]],
    [
      'ERR_JOSE_NOT_SUPPORTED',
      () =>
        verifyJwt(
          forge('RS256', { alg: 'RS256', crit: ['an-unknown-extension'], 'an-unknown-extension': 1 }, CLAIMS),
          key,
          EXPECTED,
        ),
      [good],
    ],
    ['ERR_JOSE_LIMIT_EXCEEDED', () => verifyJwt(`${h}.${'A'.repeat(300_000)}.${s}`, key, EXPECTED), [good]],
    ...ringRuns(),
  ];

  test.each(runs)('SIG-09 %s shows nothing of the token or the key', async (code, run, secrets) => {
    const outcome = await Promise.resolve().then(run).then(returned, rethrown);
    const error = expectCode(outcome, code, ...secrets);
    expect(error.message.length).toBeGreaterThan(0);
    expect(error.message.length).toBeLessThan(300);
    expect(error.stack ?? '').not.toMatch(/\n\s+at /);
  });

  test('SIG-09 the table above reaches every code there is', () => {
    expect([...new Set(runs.map(([code]) => code))].sort()).toEqual(Object.keys(ERROR_HELP).sort());
  });
});

/** An outcome to look at later, whether it came at once or not. */
function returned(value: unknown): () => unknown {
  return () => value;
}

function rethrown(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** The issuer’s refusals, with private parts in its records, in what its store throws, and in the keys that it is given. */
function ringRuns(): [JoseError['code'], () => Promise<unknown>, readonly unknown[]][] {
  const jwk = { ...jwkOf(nodePair('ES256').privateKey), kty: 'EC', kid: 'a' };
  const other = { ...jwkOf(freshPair('ec', { namedCurve: 'P-256' }).privateKey), kty: 'EC', kid: 'a' };
  const secrets = [jwk.d, other.d];
  const password = 'correct-horse-battery-staple';
  const claims = { note: 'a-claim-that-is-secret' };
  const open = (store: RingStore = memoryStore(), settings = {}) => {
    const generate = () => importKey({ ...other, kid: 'b' });
    const policy = { maxTokenLifetime: '1h' } as const;
    return createIssuer({ issuer: CLAIMS.iss, store, policy, firstKeys: [importKey(jwk)], generate, ...settings });
  };
  const holding = (records: string, version = 1): RingStore => ({
    ...memoryStore(),
    load: async () => ({ records, version }),
  });
  const changed = async (change: (records: string) => string, settings = {}) => {
    const store = memoryStore();
    await open(store, settings);
    const { records = '', version } = await store.load();
    expect(change(records)).not.toBe(records);
    return holding(change(records), version);
  };
  const failing = async () => {
    throw Object.assign(new Error(`cannot log in as issuer:${password}`), { code: `issuer:${password}`, keys: [jwk] });
  };
  const sign = async (store: RingStore, settings = {}) =>
    (await open(store, settings)).sign(claims, { audience: null, expiresIn: 60 });
  const sealedBy = (octet: number) => ({ seal: createSeal(new Uint8Array(32).fill(octet)) });
  return [
    ['ERR_RING_CONFLICT', async () => (await open()).import(importKey(other)), secrets],
    ['ERR_RING_CONFLICT', async () => (await open()).promote('b'), secrets],
    [
      'ERR_RING_CONFLICT',
      async () => (await open()).sign(claims, { audience: null, expiresIn: 60, alg: 'RS256' }),
      [...secrets, claims.note],
    ],
    ['ERR_RING_INVALID', () => open(holding(JSON.stringify({ keys: [jwk] }))), secrets],
    ['ERR_RING_INVALID', () => open(holding(`{"keys":[${JSON.stringify(jwk)}`)), secrets],
    ['ERR_RING_INVALID', async () => open(await changed((records) => records.replace('"publicJwk"', '"d"'))), secrets],
    [
      'ERR_RING_INVALID',
      async () => sign(await changed((records) => records.replace(String(jwk.d), String(other.d)))),
      [...secrets, claims.note],
    ],
    [
      'ERR_RING_INVALID',
      async () =>
        sign(await changed((records) => records.replace('"version":1', '"version": 1'), sealedBy(1)), sealedBy(2)),
      [...secrets, claims.note, new Uint8Array(32).fill(1)],
    ],
    ['ERR_RING_UNAVAILABLE', () => open({ ...memoryStore(), load: failing }), [...secrets, password]],
    ['ERR_RING_UNAVAILABLE', () => open({ ...memoryStore(), save: failing }), [...secrets, password]],
  ];
}

const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const L448 = (1n << 446n) - 13818066809895115352007386748515426880336692474882178609894547503885n;
const P25519 = (1n << 255n) - 19n;
/** The canonical encodings of the eight points of small order, the sign bit left out where x is 0. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];

describe('SIG-10 Edwards curves', () => {
  const edForms = (curve: 'Ed25519' | 'Ed448', x: Uint8Array) => [
    { kty: 'OKP', crv: curve, x: b64u(x) },
    edSpki(curve, x),
    pem('PUBLIC KEY', edSpki(curve, x)),
  ];
  const refuseKey = (curve: 'Ed25519' | 'Ed448', x: Uint8Array) => {
    for (const form of edForms(curve, x)) {
      for (const alg of [undefined, 'EdDSA', curve] as const) {
        const run = () => importKey(form as never, alg === undefined ? {} : { alg });
        expect(['ERR_JWK_WEAK', 'ERR_JWK_INVALID']).toContain(codeOf(run));
      }
    }
    const set = importJwks({ keys: [{ kty: 'OKP', crv: curve, x: b64u(x) }] });
    expect([set.keys.length, set.skipped.length]).toEqual([0, 1]);
  };

  test('SIG-10 S + L is refused, and S + 2L, and S = L', () => {
    for (const [alg, order, width] of [
      ['Ed25519', L, 32],
      ['EdDSA', L, 32],
      ['Ed448', L448, 57],
    ] as const) {
      const good = signatureOf(forge(alg, { alg }, CLAIMS));
      const r = good.subarray(0, width);
      const s = toBigInt(good.subarray(width), 'little');
      for (const value of [s + order, s + 2n * order, order, 0n, order - s]) {
        if (value < 1n << BigInt(8 * width)) expectBadSignature(alg, concat(r, toBytes(value, width, 'little')));
      }
    }
  });

  test.each(SMALL_ORDER)('SIG-10 the small-order key %s is refused at import', (x) => {
    refuseKey('Ed25519', hex(x));
    expectCode(() => importKey({ kty: 'OKP', crv: 'Ed25519', x: b64u(hex(x)) }), 'ERR_JWK_WEAK');
  });

  test('SIG-10 a key whose y is not canonical is refused, both signs', () => {
    for (let k = 0n; k < 19n; k++) {
      for (const sign of [0, 0x80]) {
        const x = toBytes(P25519 + k, 32, 'little');
        x[31] = (x[31] ?? 0) | sign;
        refuseKey('Ed25519', x);
      }
    }
    for (const x of ['01', 'ec']) {
      const bytes = hex(x === '01' ? `01${'00'.repeat(30)}80` : `ec${'ff'.repeat(31)}`);
      refuseKey('Ed25519', bytes); // x = 0 with its sign bit set
    }
  });

  test('SIG-10 the identity as key and as R, S = 0: no forged token, on any Node', () => {
    const identity = hex(SMALL_ORDER[0] ?? '');
    const token = compact({ alg: 'EdDSA' }, CLAIMS, () => concat(identity, new Uint8Array(32)));
    expectCode(
      () => verifyJwt(token, importKey({ kty: 'OKP', crv: 'Ed25519', x: b64u(identity) }), EXPECTED),
      'ERR_JWK_WEAK',
      token,
    );
    const honest = keyPairs.EdDSA.publicKey;
    for (const r of SMALL_ORDER) {
      const forged = compact({ alg: 'EdDSA' }, CLAIMS, () => concat(hex(r), new Uint8Array(32)));
      expectCode(() => verifyJwt(forged, honest, EXPECTED), FAILED, forged);
    }
  });

  test('SIG-10 Ed448: y = 0, 1, −1 and y ≥ p are refused', () => {
    const p = (1n << 448n) - (1n << 224n) - 1n;
    for (const y of [0n, 1n, p - 1n, p, p + 1n, (1n << 448n) - 1n]) {
      for (const sign of [0, 0x80]) {
        const x = toBytes(y, 57, 'little');
        x[56] = sign;
        refuseKey('Ed448', x);
      }
    }
    for (const last of [0x01, 0x40, 0x7f]) {
      const x = new Uint8Array(Buffer.from(jwkOf(nodePair('Ed448').publicKey).x ?? '', 'base64url'));
      x[56] = (x[56] ?? 0) | last;
      refuseKey('Ed448', x);
    }
  });

  test('SIG-10 the prehashed and context variants are other algorithms', () => {
    const hash = createHash('sha512').update(inputOf('EdDSA')).digest();
    expectBadSignature('EdDSA', new Uint8Array(sign(null, hash, nodePair('EdDSA').privateKey)));
  });
});

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('SIG-11 an empty signature', () => {
  test.each(supportedAlgorithms)('SIG-11 %s: "header.payload." is a bad signature', (alg) => {
    expectBadSignature(alg, new Uint8Array(0));
    const { signature: _, ...rest } = parts(`${inputOf(alg)}.`);
    expectCode(() => verifyJwsJson(rest, verifyingKey(alg)), 'ERR_JWS_INVALID', rest.payload);
    const { payload, ...protectedOnly } = rest;
    expectCode(
      () => verifyJwsJson({ payload, signatures: [protectedOnly] }, verifyingKey(alg)),
      'ERR_JWS_INVALID',
      payload,
    );
  });
});

const LATTICE = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const;

describe('SIG-12 ML-DSA parameter sets', () => {
  test('SIG-12 a signature of one set under a key of another, in every combination', () => {
    const supported = LATTICE.filter(isAlgorithmSupported);
    expect(asymmetricAlgorithms.filter((alg) => alg.startsWith('ML'))).toEqual(supported);
    for (const alg of supported) {
      for (const other of supported.filter((each) => each !== alg)) {
        expectBadSignature(alg, signerOf(other)(octets(inputOf(alg))));
        const token = forge(other, { alg: other }, CLAIMS);
        expectCode(() => verifyJwt(token, verifyingKey(alg), EXPECTED), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
        const jwk = jwkOf(nodePair(alg).publicKey);
        expectCode(() => importKey({ ...jwk, alg: other } as never), 'ERR_JWK_INVALID');
      }
      const good = signatureOf(forge(alg, { alg }, CLAIMS));
      for (const bad of [good.subarray(1), good.subarray(0, -1), concat(good, [0]), concat([0], good)])
        expectBadSignature(alg, bad);
    }
  });

  test('SIG-12 where the runtime has no ML-DSA, such a key says so; where it has, alg is required', () => {
    for (const [alg, length] of [
      ['ML-DSA-44', 1312],
      ['ML-DSA-65', 1952],
      ['ML-DSA-87', 2592],
    ] as const) {
      const pub = b64u(new Uint8Array(length).fill(1));
      const bare = () => importKey({ kty: 'AKP', pub });
      expect(['ERR_JWK_INVALID', 'ERR_JOSE_NOT_SUPPORTED']).toContain(codeOf(bare));
      if (!isAlgorithmSupported(alg)) expectCode(() => importKey({ kty: 'AKP', alg, pub }), 'ERR_JOSE_NOT_SUPPORTED');
    }
  });

  test('SIG-12 a signature with a context, or over the hash, is of another algorithm', () => {
    for (const alg of LATTICE.filter(isAlgorithmSupported)) {
      const { privateKey: key } = nodePair(alg);
      const hash = createHash('sha512').update(inputOf(alg)).digest();
      expectBadSignature(alg, new Uint8Array(sign(null, hash, key)));
      const withContext = { key, context: octets('another protocol') };
      const signature = contextSignature(octets(inputOf(alg)), withContext);
      if (signature) expectBadSignature(alg, signature);
    }
    expect(signJwt({}, secretKey('HS256'), { expiresIn: 1, now: NOW }).split('.').length).toBe(3);
  });
});

/** Node before 24.8 ignores the option, so that the signature equals one without a context; then there is nothing to test. */
function contextSignature(
  input: Uint8Array,
  options: { key: Parameters<typeof sign>[2]; context: Uint8Array },
): Uint8Array | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 24 || (major === 24 && minor < 8)) return undefined;
  return new Uint8Array(sign(null, input, options as never));
}
