// Encrypted JWTs: claims that are encrypted and not signed, written and read.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type DecryptExpected,
  DecryptedJwt,
  DecryptionKeys,
  decryptJwe,
  decryptJwt,
  encryptJwe,
  encryptJwt,
  exportPrivateJwk,
  importDecryptionKeys,
  importKey,
  importSecret,
  isVerifiedJwt,
  type JwtClaims,
  nestJwt,
  signJwt,
  VerifiedJwt,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { CLAIMS, EXPECTED, NOW } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { encryptionKinds, headerOf, kindOf, partsOf, secretOf, withHeader, withParts } from '../support/jwe.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const FAILED = 'ERR_JWT_CLAIM_VALIDATION_FAILED';
const SENDER = { ...EXPECTED, sender: null } as const;
const SHARED = kindOf('A256KW').encrypting;
const { encrypting, decrypting } = kindOf('RSA-OAEP-256');
const EXPIRES = { expiresIn: null, now: NOW } as const;

const token = encryptJwt(CLAIMS, SHARED, EXPIRES);
const read = (text: unknown, expected: object = {}) =>
  decryptJwt(text as string, SHARED, { ...EXPECTED, ...expected } as DecryptExpected);
/** A token of any claims, or of any octets. */
const sealed = (claims: object | string, header: object = {}) =>
  encryptJwe(Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)), SHARED, {
    header: { ...header },
  });

describe('encryptJwt → decryptJwt', () => {
  test.each(encryptionKinds)('$label', (kind) => {
    const made = encryptJwt(CLAIMS, kind.encrypting, EXPIRES);
    const { claims, header, key } = decryptJwt(made, kind.decrypting, SENDER);
    expect(claims).toEqual(CLAIMS);
    expect(header).toMatchObject({ alg: kind.alg, typ: 'JWT' });
    expect(key).toBe(kind.decrypting);
  });

  test('times are set, and claims are checked, as for a signed token', () => {
    const claimsOf = (given: JwtClaims, options: object) =>
      read(encryptJwt(given, SHARED, { now: NOW, expiresIn: 60, ...options }), { issuer: null, audience: null }).claims;
    expect(claimsOf({ sub: 'a' }, { notBefore: 0 })).toEqual({ sub: 'a', iat: NOW, nbf: NOW, exp: NOW + 60 });
    expectTypeError(() => encryptJwt({ sub: 1 as never }, SHARED, { expiresIn: 60 }), 'claims.sub must be a string');
    expectTypeError(() => encryptJwt({ exp: NOW }, SHARED, { expiresIn: 60 }), 'claims.exp');
    expectTypeError(() => encryptJwt('a' as never, SHARED, { expiresIn: 60 }), 'claims must be');
    expectTypeError(() => encryptJwt({}, SHARED, {} as never), 'options.expiresIn must be given');
    expectTypeError(() => encryptJwt({ a: 'a'.repeat(260_000) }, SHARED, { expiresIn: 60 }), 'claims must be shorter');
  });

  test('header, typ and enc are the caller’s', () => {
    const made = encryptJwt({}, SHARED, {
      expiresIn: 60,
      typ: 'x+jwt',
      header: { kid: 'k', a: 1 },
      enc: 'A128CBC-HS256',
    });
    expect(headerOf(made)).toEqual({ alg: 'A256KW', kid: 'k', a: 1, typ: 'x+jwt', enc: 'A128CBC-HS256' });
    expect(headerOf(encryptJwt({}, SHARED, { expiresIn: 60, typ: null }))).toEqual({ alg: 'A256KW', enc: 'A256GCM' });
  });

  test('what is not the caller’s to say in the header', () => {
    for (const [name, told] of [
      ['typ', 'options.typ'],
      ['cty', 'nestJwt'],
      ['alg', 'the key'],
      ['enc', 'options.enc'],
    ])
      expectTypeError(
        () => encryptJwt({}, SHARED, { expiresIn: 60, header: { [String(name)]: 'x' } }),
        new RegExp(`options\\.header\\.${name} must not be given.*${told}`),
      );
    expectTypeError(() => encryptJwt({}, SHARED, { expiresIn: 60, alg: 'dir' } as never), 'the key says it');
    expectTypeError(() => encryptJwt({}, SHARED, { expiresIn: 60, issuer: 'a' } as never), 'put it into the claims');
  });

  test('the key encrypts', () => {
    expectTypeError(() => encryptJwt({}, decrypting, { expiresIn: 60 }), 'key is private');
    expectTypeError(() => encryptJwt({}, secretKey('HS256'), { expiresIn: 60 }), 'key is for signatures');
    expectTypeError(() => encryptJwt({}, 'key' as never, { expiresIn: 60 }), 'key must be a Key');
  });

  test('compressed claims are read only where the caller accepts them', () => {
    const made = encryptJwt(CLAIMS, SHARED, { ...EXPIRES, zip: true });
    expect(codeOf(() => read(made))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(read(made, { zip: true }).claims).toEqual(CLAIMS);
  });
});

describe('claims are judged as those of a signed token', () => {
  test.each<[string, object, object, object[]]>([
    ['iss', { iss: 'x' }, {}, [{ claim: 'iss', reason: 'mismatch' }]],
    ['aud', { aud: undefined }, {}, [{ claim: 'aud', reason: 'missing' }]],
    ['exp', { exp: undefined }, {}, [{ claim: 'exp', reason: 'missing' }]],
    ['nbf', { nbf: NOW + 1 }, {}, [{ claim: 'nbf', reason: 'too-early' }]],
    ['typ', {}, { typ: 'at+jwt' }, [{ claim: 'header.typ', reason: 'missing' }]],
    ['header', {}, { header: { a: 1 } }, [{ claim: 'header.a', reason: 'missing' }]],
    [
      'several',
      { sub: 1 },
      { requiredClaims: ['a'] },
      [
        { claim: 'sub', reason: 'type' },
        { claim: 'a', reason: 'missing' },
      ],
    ],
  ])('%s', (_, claims, expected, failures) => {
    expect(expectCode(() => read(sealed({ ...CLAIMS, ...claims }), expected), FAILED).failures).toEqual(failures);
  });

  test('an expired token has its own code; what is no claims set another', () => {
    expect(codeOf(() => read(token, { now: CLAIMS.exp }))).toBe('ERR_JWT_EXPIRED');
    for (const text of ['', '[]', 'null', '{"a":1,"a":1}', '\ufeff{}', 'x'])
      expect(
        codeOf(() => read(sealed(text))),
        text,
      ).toBe('ERR_JWT_INVALID');
    expect(codeOf(() => read(sealed(CLAIMS), { maxMembers: 3 }))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a schema types the claims', () => {
    const { claims } = decryptJwt(token, SHARED, { ...EXPECTED, schema: z.object({ sub: z.string() }) });
    expect(claims).toEqual({ sub: 'user-1' });
    expect(codeOf(() => read(token, { schema: z.object({ sub: z.number() }) }))).toBe(FAILED);
  });

  test('iss, sub and aud of the header equal the claims [7519-5.3-1]', () => {
    const names = { iss: CLAIMS.iss, sub: CLAIMS.sub, aud: CLAIMS.aud };
    const replicated = encryptJwt(CLAIMS, SHARED, { ...EXPIRES, header: names });
    expect(headerOf(replicated)).toMatchObject(names);
    expect(read(replicated).claims).toEqual(CLAIMS);
    const list = { ...CLAIMS, aud: ['a', CLAIMS.aud] };
    expect(read(encryptJwt(list, SHARED, { ...EXPIRES, header: { aud: ['a', CLAIMS.aud] } })).claims).toEqual(list);
    for (const [header, claims] of [
      [{ iss: 'x' }, CLAIMS],
      [{ sub: 'x' }, CLAIMS],
      [{ sub: 'user-1' }, { ...CLAIMS, sub: undefined }],
      [{ aud: [CLAIMS.aud] }, CLAIMS],
      [{ aud: ['a'] }, list],
      [{ aud: [CLAIMS.aud, 'a'] }, list],
      [{ aud: CLAIMS.aud }, list],
      [{ iss: null }, CLAIMS],
    ] as const) {
      const [name] = Object.keys(header);
      const refused = expectCode(() => read(sealed(claims, header)), FAILED);
      expect(refused.failures).toEqual([{ claim: `header.${name}`, reason: 'mismatch' }]);
      expectTypeError(
        () => encryptJwt(claims as JwtClaims, SHARED, { ...EXPIRES, header }),
        `options.header.${name} must be`,
      );
    }
    expect(expectCode(() => read(sealed({ ...CLAIMS, iss: 'y' }, { iss: 'x' })), FAILED).failures).toEqual([
      { claim: 'header.iss', reason: 'mismatch' },
      { claim: 'iss', reason: 'mismatch' },
    ]);
  });
});

test('an aud of the header equals that of the claims in each item, and a list of one is not its item', () => {
  for (const [replica, aud] of [
    [['a'], 'a'],
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'c'],
    ],
    [
      ['a', 'b'],
      ['c', 'b'],
    ],
  ] as const)
    expectTypeError(
      () => encryptJwt({ aud }, SHARED, { ...EXPIRES, header: { aud: replica } }),
      'options.header.aud must be the claim of this name, exactly',
    );
});

describe('the sender', () => {
  const made = encryptJwt(CLAIMS, encrypting, EXPIRES);

  test('of a token under a public key is unknown, and the caller says that it knows', () => {
    const keys = importDecryptionKeys({ keys: [exportPrivateJwk(decrypting)] });
    for (const given of [decrypting, keys, new DecryptionKeys([SHARED, decrypting])]) {
      expectTypeError(() => decryptJwt(made, given, EXPECTED), /^expected\.sender must be null .* verifyNestedJwt/);
      for (const sender of ['a', false, {}])
        expectTypeError(
          () => decryptJwt(made, given, { ...EXPECTED, sender } as never),
          'expected.sender must be null',
        );
    }
    expect(decryptJwt(made, decrypting, SENDER).claims).toEqual(CLAIMS);
    expect(decryptJwt(made, keys, SENDER).claims).toEqual(CLAIMS);
  });

  test('of a token under a secret is whoever has it', () => {
    for (const label of ['A128KW', 'A256GCMKW', 'dir for A256GCM', 'PBES2-HS256+A128KW']) {
      const key = kindOf(label).encrypting;
      const text = encryptJwt(CLAIMS, key, EXPIRES);
      expect(decryptJwt(text, key, EXPECTED).claims).toEqual(decryptJwt(text, key, SENDER).claims);
    }
  });
});

describe('what is refused before the claims', () => {
  test('a signed token, with the name of what reads it; and the other way round', () => {
    const signed = signJwt(CLAIMS, secretKey('HS256'), EXPIRES);
    expect(expectCode(() => read(signed), 'ERR_JWE_INVALID').message).toMatch(/signed, not encrypted.*verifyJwt/);
    const refused = expectCode(() => verifyJwt(token, secretKey('HS256'), EXPECTED), 'ERR_JWS_INVALID');
    expect(refused.message).toMatch(/encrypted.*decryptJwt.*verifyNestedJwt/);
  });

  test('a nested token, with the name of what reads it', () => {
    const nested = nestJwt(signJwt(CLAIMS, secretKey('HS256'), EXPIRES), SHARED);
    expect(expectCode(() => read(nested), 'ERR_JOSE_NOT_SUPPORTED').message).toMatch(/nested.*verifyNestedJwt/);
    for (const cty of ['JWT', 'jwt', 'application/jwt', 'APPLICATION/JWT'])
      expect(codeOf(() => read(sealed(CLAIMS, { cty })))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(codeOf(() => read(sealed(CLAIMS, { cty: 'json' })))).toBeNull();
  });

  test.each<[string, unknown, string, object]>([
    ['no string', 1, 'ERR_JWE_INVALID', {}],
    ['too long', 'a'.repeat(256 * 1024 + 1), 'ERR_JOSE_LIMIT_EXCEEDED', {}],
    ['another tag', withParts(token, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'ERR_JWE_DECRYPTION_FAILED', {}],
    ['an enc that is not accepted', token, 'ERR_JOSE_ALG_NOT_ALLOWED', { enc: ['A128GCM'] }],
    ['an extension', sealed(CLAIMS, { crit: ['x'], x: 1 }), 'ERR_JOSE_NOT_SUPPORTED', {}],
    ['another alg', encryptJwt(CLAIMS, encrypting, EXPIRES), 'ERR_JOSE_ALG_NOT_ALLOWED', {}],
    [
      'an unknown alg',
      withParts(token, { 0: Buffer.from('{"alg":"x","enc":"A256GCM"}').toString('base64url') }),
      'ERR_JOSE_ALG_NOT_ALLOWED',
      {},
    ],
  ])('%s', (_, text, code, expected) => {
    expect(codeOf(() => read(text, expected))).toBe(code);
  });

  test('an extension that the caller processes is accepted', () => {
    expect(codeOf(() => read(sealed(CLAIMS, { crit: ['x'], x: 1 }), { crit: ['x'] }))).toBeNull();
  });
});

describe('a decrypted token is no verified one', () => {
  test('its class is its own', () => {
    const decrypted = read(token);
    expect(decrypted).toBeInstanceOf(DecryptedJwt);
    expect(DecryptedJwt.isDecryptedJwt(decrypted)).toBe(true);
    expect([isVerifiedJwt(decrypted), decrypted instanceof VerifiedJwt]).toEqual([false, false]);
    for (const other of [{ ...decrypted }, null, 'x', Object.create(DecryptedJwt.prototype)])
      expect(DecryptedJwt.isDecryptedJwt(other)).toBe(false);
    expect(Object.isFrozen(decrypted)).toBe(true);
  });

  test('only decryptJwt makes one', () => {
    const decrypted = read(token);
    const parts = { claims: {}, header: decrypted.header, key: decrypted.key };
    expectTypeError(() => new DecryptedJwt(Symbol('DecryptedJwt') as never, parts), 'by decryptJwt only');
  });
});

describe('the arguments', () => {
  test('keys', () => {
    for (const key of [encrypting, secretKey('HS256'), keyPairs.ES256.publicKey, 'key', { keys: [] }, undefined])
      expectTypeError(() => decryptJwt(token, key as never, SENDER), 'keys');
  });

  test('expected', () => {
    expectTypeError(() => decryptJwt(token, SHARED, undefined as never), 'expected must be');
    expectTypeError(() => read(token, { issuer: undefined }), 'expected.issuer must be given');
    expectTypeError(() => read(token, { algorithms: ['ES256'] }), 'expected.algorithms is for signatures');
    expectTypeError(() => read(token, { algorithm: 'ES256' }), 'expected.algorithm is for signatures');
    expectTypeError(() => read(token, { sendr: null }), 'expected.sendr is not an option; sender is');
    expectTypeError(() => read(token, { maxLength: 5 }), 'expected.maxLength');
    expectTypeError(
      () => (decryptJwt as (...args: unknown[]) => unknown)(token, SHARED, EXPECTED, {}),
      'takes 3 arguments',
    );
    expectTypeError(
      () => (encryptJwt as (...args: unknown[]) => unknown)({}, SHARED, EXPIRES, {}),
      'takes 3 arguments',
    );
  });

  test('of several keys, the kid names one', () => {
    const [a, b] = ['a', 'b'].map((kid) =>
      importSecret(
        secretOf(32).map((octet) => octet ^ kid.charCodeAt(0)),
        { alg: 'A256KW', kid },
      ),
    );
    if (!a || !b) throw new Error('no keys');
    const keys = new DecryptionKeys([a, b]);
    expect(decryptJwt(encryptJwt(CLAIMS, b, EXPIRES), keys, EXPECTED).key).toBe(b);
    expect(codeOf(() => decryptJwt(token, keys, EXPECTED))).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    expect(codeOf(() => decryptJwt(withHeader(token, { alg: 'RSA1_5' }), keys, EXPECTED))).toBe(
      'ERR_JOSE_ALG_NOT_ALLOWED',
    );
    const stranger = importKey({ kty: 'oct', alg: 'A256KW', kid: 'c', k: 'A'.repeat(43) });
    expect(codeOf(() => decryptJwt(encryptJwt(CLAIMS, stranger, EXPIRES), keys, EXPECTED))).toBe(
      'ERR_JWKS_NO_MATCHING_KEY',
    );
  });

  test('the plaintext is the claims set, and nothing else', () => {
    expect(JSON.parse(Buffer.from(decryptJwe(token, SHARED).plaintext).toString())).toEqual(CLAIMS);
    expect(partsOf(token)).toHaveLength(5);
  });
});

test('a header is read once: replicated claims that change at the second reading are those that were compared', () => {
  let readings = 0;
  const header = {
    get iss() {
      return readings++ === 0 ? CLAIMS.iss : 'evil';
    },
  };
  expect(headerOf(encryptJwt(CLAIMS, SHARED, { ...EXPIRES, header })).iss).toBe(CLAIMS.iss);
  expect(readings).toBe(1);
});
