// SECURITY.md, group 7: the JWS JSON Serialization, where several signatures and two headers invite confusion.

import { describe, expect, test, vi } from 'vitest';
import {
  importJwks,
  importKey,
  type SignatureAlgorithm,
  signJwsJson,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { CLAIMS, EXPECTED, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, type FlatJws, flattened, forge, general, jwkOf, keySigner, octets } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

const KEY = secretKey('HS256');
const ADMIN = 'ES384';
const LOW = 'ES256';
/** A set with one key of each of these algorithms, its kid being the algorithm's name. */
const keysOf = (...algs: ('ES256' | 'ES384' | 'RS256' | 'EdDSA')[]) =>
  importJwks({ keys: algs.map((alg) => ({ ...jwkOf(nodePair(alg).publicKey), alg, kid: alg })) });
const signed = (alg: SignatureAlgorithm, header: object = { kid: alg }) => flattened(alg, { alg, ...header }, CLAIMS);
const broken = (jws: FlatJws): FlatJws => ({
  ...jws,
  signature: b64u(new Uint8Array(Buffer.from(jws.signature, 'base64url').length).fill(1)),
});

describe('SER-01 the unprotected header overrides nothing', () => {
  const names: readonly (readonly [string, unknown, unknown])[] = [
    ['alg', 'HS256', 'HS256'],
    ['alg', 'HS256', 'none'],
    ['kid', 'good', 'evil'],
    ['kid', 'same', 'same'],
    ['typ', 'JWT', 'JWT'],
    ['cty', 'a', 'b'],
    ['x-own', 1, 1],
    ['__proto__', 1, 1],
    ['constructor', 1, 2],
    ['', 1, 1],
  ];
  test.each(names)('SER-01 "%s" protected as %j and unprotected as %j is malformed', (name, inside, outside) => {
    const text = (members: [string, unknown][]) =>
      `{${members.map(([n, v]) => `${JSON.stringify(n)}:${JSON.stringify(v)}`).join(',')}}`;
    const protectedHeader = text([...(name === 'alg' ? [] : [['alg', 'HS256'] as [string, unknown]]), [name, inside]]);
    const jws = flattened('HS256', protectedHeader, CLAIMS, JSON.parse(text([[name, outside]])));
    for (const form of [jws, general(jws), JSON.stringify(jws), JSON.stringify(general(jws))]) {
      for (const require of ['any', 'all'] as const) {
        expectCode(() => verifyJwsJson(form, KEY, { require }), 'ERR_JWS_INVALID', jws.signature, jws.payload);
      }
    }
  });

  test('SER-01 the result keeps the two apart', () => {
    const jws = flattened('HS256', { alg: 'HS256' }, CLAIMS, { kid: 'evil', role: 'admin' });
    const [outcome] = verifyJwsJson(jws, KEY).signatures;
    expect(outcome).toMatchObject({
      valid: true,
      protected: { alg: 'HS256' },
      unprotected: { kid: 'evil', role: 'admin' },
    });
    expect(outcome).not.toHaveProperty('header');
    expect(outcome).not.toHaveProperty('protected.role');
  });

  test('SER-01 an unprotected kid may choose among our keys, and then the key must verify', () => {
    const keys = keysOf(LOW, 'RS256');
    const good = flattened(LOW, { alg: LOW }, CLAIMS, { kid: LOW });
    expect(verifyJwsJson(good, keys).signatures[0]).toMatchObject({ valid: true });
    expectCode(
      () => verifyJwsJson({ ...good, header: { kid: 'RS256' } }, keys),
      'ERR_JWKS_NO_MATCHING_KEY',
      good.signature,
    );
    expectTypeError(() => signJwsJson(octets('x'), [{ key: KEY, header: { kid: 'a' }, unprotected: { kid: 'b' } }]));
    expectTypeError(() => signJwsJson(octets('x'), [{ key: KEY, unprotected: { alg: 'HS256' } }]));
  });
});

describe('SER-02 which signature was verified', () => {
  const keys = keysOf(LOW, ADMIN);

  test('SER-02 valid and invalid: "any" is met by the valid one and shows no header of the other; "all" is not', () => {
    for (const jws of [
      general(signed(LOW), broken(signed(ADMIN, { kid: ADMIN, role: 'admin' }))),
      general(broken(signed(ADMIN)), signed(LOW)),
    ]) {
      const { signatures, payload } = verifyJwsJson(jws, keys, { require: 'any' });
      expect(Buffer.from(payload).toString()).toBe(JSON.stringify(CLAIMS));
      const valid = signatures.filter((outcome) => outcome.valid);
      expect(valid.map((outcome) => outcome.key.kid)).toEqual([LOW]);
      for (const outcome of signatures) {
        if (!outcome.valid) {
          expect(Object.keys(outcome).sort()).toEqual(['error', 'valid']);
          expect(outcome.error.code).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
        }
      }
      expectCode(
        () => verifyJwsJson(jws, keys, { require: 'all' }),
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        jws.payload,
      );
      expectCode(() => verifyJwsJson(jws, keys), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', jws.payload);
    }
  });

  test('SER-02 the outcomes stand in the order of the message', () => {
    const { signatures } = verifyJwsJson(general(signed(LOW), broken(signed(ADMIN)), signed(LOW)), keys, {
      require: 'any',
    });
    expect(signatures.map(({ valid }) => valid)).toEqual([true, false, true]);
  });

  test('SER-02 a valid signature copied to another’s header does not count for it', () => {
    const low = signed(LOW);
    const swapped = { ...signed(ADMIN), signature: low.signature };
    expectCode(
      () => verifyJwsJson(general(swapped), keys, { require: 'any' }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    );
    expectCode(
      () => verifyJwsJson(general(swapped, swapped), keys, { require: 'any' }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    );
  });
});

describe('SER-03 signatures taken away', () => {
  const keys = keysOf(LOW, ADMIN, 'RS256');

  test('SER-03 required kids must each have signed, whatever is present', () => {
    const both = general(signed(LOW), signed(ADMIN));
    expect(verifyJwsJson(both, keys, { require: [LOW, ADMIN] }).signatures.length).toBe(2);
    expect(verifyJwsJson(both, keys, { require: [ADMIN] }).signatures.length).toBe(2);
    const missing = [
      general(signed(LOW)),
      signed(LOW),
      general(signed(LOW), signed(LOW)),
      general(signed(LOW), signed('RS256')),
    ];
    for (const jws of missing) {
      expectCode(
        () => verifyJwsJson(jws, keys, { require: [LOW, ADMIN] }),
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        jws.payload,
      );
    }
    const failing = general(signed(LOW), broken(signed(ADMIN)));
    expectCode(() => verifyJwsJson(failing, keys, { require: [LOW, ADMIN] }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expect(verifyJwsJson(failing, keys, { require: [LOW] }).signatures.map(({ valid }) => valid)).toEqual([
      true,
      false,
    ]);
  });

  test('SER-03 a kid is the key’s own, not what a header claims', () => {
    const key = importKey(nodePair(LOW).publicKey);
    const jws = flattened(LOW, { alg: LOW, kid: ADMIN }, CLAIMS);
    expectCode(
      () => verifyJwsJson(jws, key, { require: [ADMIN] }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      jws.signature,
    );
    expect(
      verifyJwsJson(jws, importKey(nodePair(LOW).publicKey, { kid: 'own' }), { require: ['own'] }).signatures.length,
    ).toBe(1);
  });

  test('SER-03 a policy of another form is the caller’s mistake', () => {
    for (const require of [[], 'none', 'ALL', null, 1, [1], [undefined], {}, new Set([LOW]), '']) {
      expectTypeError(() => verifyJwsJson(signed(LOW), keys, { require } as never), 'require');
    }
  });
});

describe('SER-04 no signatures', () => {
  test('SER-04 an empty or missing array never passes vacuously', () => {
    const payload = b64u(CLAIMS);
    for (const signatures of [[], null, {}, '', 0, false, { length: 0 }, [[]], [null], [{}], ['']]) {
      for (const require of ['any', 'all', ['a']] as const) {
        expectCode(() => verifyJwsJson({ payload, signatures }, KEY, { require }), 'ERR_JWS_INVALID');
        expectCode(() => verifyJwsJson(JSON.stringify({ payload, signatures }), KEY, { require }), 'ERR_JWS_INVALID');
      }
    }
    expectCode(() => verifyJwsJson({ payload }, KEY), 'ERR_JWS_INVALID');
    expectTypeError(() => signJwsJson(octets('x'), []), 'signers');
  });
});

describe('SER-05 two forms in one', () => {
  const flat = signed('HS256', {});
  const all = general(flat);
  test.each([
    ['signature and signatures', { ...flat, ...all }],
    ['signatures and protected', { ...all, protected: flat.protected }],
    ['signatures and header', { ...all, header: { kid: 'a' } }],
    ['signatures and an empty signature', { ...all, signature: '' }],
    ['signatures and a null signature', { ...all, signature: null }],
    ['signature and an empty signatures', { ...flat, signatures: [] }],
    ['signature and a null signatures', { ...flat, signatures: null }],
    ['a JWE’s ciphertext beside a signature', { ...flat, ciphertext: 'AAAA' }],
    ['a JWE’s ciphertext beside signatures', { ...all, ciphertext: 'AAAA' }],
    ['a signature inside an array', [flat]],
    ['payload inside the signature only', { signatures: [flat] }],
  ])('SER-05 %s', (_, jws) => {
    for (const form of [jws, JSON.stringify(jws)]) {
      expectCode(() => verifyJwsJson(form, KEY), 'ERR_JWS_INVALID', flat.signature);
      expectCode(() => verifyJwsJson(form, KEY, { require: 'any' }), 'ERR_JWS_INVALID', flat.signature);
    }
  });
});

describe('SER-06 present but empty', () => {
  const jws = signed('HS256', {});
  test.each([
    ['protected ""', { ...jws, protected: '' }],
    [
      'protected "" with everything unprotected',
      { ...flattened('HS256', undefined, CLAIMS, { alg: 'HS256' }), protected: '' },
    ],
    ['protected {}', flattened('HS256', '{}', CLAIMS, { alg: 'HS256' })],
    ['protected of white space', flattened('HS256', ' {} ', CLAIMS, { alg: 'HS256' })],
    ['protected null', { ...jws, protected: null }],
    ['header {}', { ...jws, header: {} }],
    ['header null', { ...jws, header: null }],
    ['header ""', { ...jws, header: '' }],
    ['header []', { ...jws, header: [] }],
    ['signature null', { ...jws, signature: null }],
    ['payload null', { ...jws, payload: null }],
    ['neither header', { payload: jws.payload, signature: jws.signature }],
  ])('SER-06 %s is malformed', (_, bad) => {
    const { payload, ...signature } = bad as FlatJws;
    for (const form of [bad, JSON.stringify(bad), { payload, signatures: [signature] }]) {
      expectCode(() => verifyJwsJson(form, KEY), 'ERR_JWS_INVALID', jws.signature);
    }
  });

  test('SER-06 an empty signature is a bad one', () => {
    expectCode(
      () => verifyJwsJson({ ...jws, signature: '' }, KEY),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      jws.signature,
    );
  });

  test('SER-06 an absent protected header is legal (RFC 7520 §4.7), and so is an empty payload', () => {
    const bare = flattened('HS256', undefined, '', { alg: 'HS256' });
    expect(verifyJwsJson(bare, KEY).payload.length).toBe(0);
    const written = signJwsJson(octets('x'), [{ key: KEY, unprotected: { note: 1 } }], { flattened: true });
    expect(verifyJwsJson(written, KEY).signatures[0]).toMatchObject({ valid: true });
    expect(JSON.stringify(signJwsJson(octets('x'), [{ key: KEY }], { flattened: true }))).not.toMatch(/""|\{\}|null/);
  });
});

describe('SER-07 thousands of signatures', () => {
  test('SER-07 sixteen are read, seventeen are over the limit before any crypto', () => {
    const one = signed('HS256', {});
    const many = (count: number) => general(...Array.from({ length: count }, () => one));
    expect(verifyJwsJson(many(16), KEY).signatures.length).toBe(16);
    for (const count of [17, 100]) {
      for (const require of ['any', 'all'] as const) {
        const run = () => expectCode(() => verifyJwsJson(many(count), KEY, { require }), 'ERR_JOSE_LIMIT_EXCEEDED');
        expect(cryptoCallsDuring(run)).toBe(0);
      }
    }
    const flood = { payload: one.payload, signatures: Array.from({ length: 100_000 }, () => ({})) };
    expectCode(() => verifyJwsJson(flood, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
    const key = keyPairs.ES256.privateKey;
    expectTypeError(
      () =>
        signJwsJson(
          octets('x'),
          Array.from({ length: 17 }, () => ({ key })),
        ),
      'signers',
    );
  });

  test('SER-07 one malformed entry refuses the whole before any crypto', () => {
    const jws = general(signed('HS256', {}), { ...signed('HS256', {}), protected: '' });
    const run = () => expectCode(() => verifyJwsJson(jws, KEY, { require: 'any' }), 'ERR_JWS_INVALID');
    expect(cryptoCallsDuring(run)).toBe(0);
  });
});

describe('SER-08 a key for each signature', () => {
  test('SER-08 each of several signatures is verified with its own key', () => {
    const algs = ['RS256', LOW, ADMIN, 'EdDSA'] as const;
    const keys = keysOf(...algs);
    for (const order of [algs, [...algs].reverse()]) {
      const { signatures } = verifyJwsJson(general(...order.map((alg) => signed(alg))), keys, { require: 'all' });
      expect(signatures.map((outcome) => outcome.valid && outcome.key.kid)).toEqual([...order]);
    }
  });

  test('SER-08 the first kid does not choose for the second', () => {
    const own = jwkOf(nodePair('RS256').publicKey);
    const keys = importJwks({
      keys: [
        { ...own, alg: 'RS256', kid: 'a' },
        { ...own, alg: 'RS512', kid: 'b' },
      ],
    });
    const first = flattened('RS256', { alg: 'RS256', kid: 'a' }, CLAIMS);
    const second = flattened('RS256', { alg: 'RS256', kid: 'b' }, CLAIMS);
    const { signatures } = verifyJwsJson(general(first, second), keys, { require: 'any' });
    expect(signatures.map(({ valid }) => valid)).toEqual([true, false]);
    expectCode(() => verifyJwsJson(general(first, second), keys), 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test('SER-08 an attacker’s second signature by a key of his own, named in his header, is not valid', () => {
    const { privateKey } = nodePair('EdDSA');
    const header = { alg: 'EdDSA', jwk: jwkOf(nodePair('EdDSA').publicKey), kid: 'own' };
    const protectedMember = b64u(header);
    const signature = b64u(keySigner('EdDSA', privateKey)(octets(`${protectedMember}.${b64u(CLAIMS)}`)));
    const jws = general(signed(LOW), { payload: b64u(CLAIMS), protected: protectedMember, signature });
    const { signatures } = verifyJwsJson(jws, keysOf(LOW), { require: 'any' });
    expect(signatures.map(({ valid }) => valid)).toEqual([true, false]);
    expectCode(() => verifyJwsJson(jws, keysOf(LOW)), 'ERR_JWKS_NO_MATCHING_KEY');
  });
});

describe('SER-09 each form has its own door', () => {
  const token = forge('HS256', { alg: 'HS256' }, CLAIMS);

  test('SER-09 JSON at the compact doors', () => {
    const flat = parts(token);
    for (const form of [flat, general(flat), JSON.stringify(flat), JSON.stringify(general(flat))]) {
      expectCode(() => verifyJws(form as string, KEY), 'ERR_JWS_INVALID', token);
      expectCode(() => verifyJwt(form as string, KEY, EXPECTED), 'ERR_JWS_INVALID', token);
    }
  });

  test('SER-09 compact text at the JSON door', () => {
    for (const text of [token, JSON.stringify(token), `"${token}"`, `{${token}}`, `["${token}"]`, [token], { token }]) {
      expectCode(() => verifyJwsJson(text, KEY), 'ERR_JWS_INVALID', token);
    }
  });
});
