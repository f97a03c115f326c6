// SECURITY.md, group 6: crit and b64, in one place that every door passes.

import { describe, expect, test } from 'vitest';
import {
  draftJwt,
  importKey,
  readUnverifiedJwt,
  signJws,
  signJwsJson,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { CLAIMS, doorNames, doors, EXPECTED, explainedCode, NOW, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, compact, concat, flattened, general, octets, signerOf } from '../support/forge.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const KEY = secretKey('HS256');
const sign = signerOf('HS256');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const B64_FALSE = '{"alg":"HS256","b64":false,"crit":["b64"]}';

function expectEveryDoor(header: string, code: 'ERR_JWS_INVALID' | 'ERR_JOSE_NOT_SUPPORTED', options = {}) {
  const token = compact(header, CLAIMS, sign);
  for (const door of doorNames) expectCode(() => doors[door](token, KEY, options), code, token);
  expect(explainedCode(token, KEY, options)).toBe(code);
}

/** header.payload signed as RFC 7797 says for b64 false: the payload's octets go in as they are. */
function unencoded(header: string, payload: Uint8Array | string): { token: string; header: string; signature: string } {
  const encoded = b64u(header);
  const signature = b64u(sign(concat(octets(`${encoded}.`), octets(payload))));
  return { token: `${encoded}..${signature}`, header: encoded, signature };
}

describe('CRIT-01 an unknown critical parameter', () => {
  test.each([
    '{"alg":"HS256","crit":["x-policy"],"x-policy":"require-mfa"}',
    '{"alg":"HS256","crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true}',
    '{"alg":"HS256","crit":["b64","x"],"b64":true,"x":null}',
    '{"alg":"HS256","crit":["exp"],"exp":1}',
    '{"alg":"HS256","crit":["B64"],"B64":true}',
  ])('CRIT-01 %s', (header) => {
    expectEveryDoor(header, 'ERR_JOSE_NOT_SUPPORTED');
    expectEveryDoor(header, 'ERR_JOSE_NOT_SUPPORTED', { crit: ['another'] });
  });

  test('CRIT-01 what the caller processes itself is understood, by its exact name', () => {
    const token = compact('{"alg":"HS256","crit":["x-policy"],"x-policy":1}', CLAIMS, sign);
    for (const door of doorNames) expect(() => doors[door](token, KEY, { crit: ['x-policy'] })).not.toThrow();
    for (const door of doorNames)
      expectCode(() => doors[door](token, KEY, { crit: ['X-Policy'] }), 'ERR_JOSE_NOT_SUPPORTED', token);
    for (const crit of ['x-policy', [1], null, {}] as never[]) {
      for (const door of doorNames) expectTypeError(() => doors[door](token, KEY, { crit }), 'crit');
    }
  });

  test('CRIT-01 it is refused before the signature is looked at, and by detached verification too', () => {
    const [header = '', payload = ''] = compact('{"alg":"HS256","crit":["x"],"x":1}', CLAIMS, sign).split('.');
    expectCode(() => verifyJws(`${header}.${payload}.`, KEY), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => verifyJws(`${header}..AAAA`, KEY, { payload: octets(CLAIMS) }), 'ERR_JOSE_NOT_SUPPORTED');
  });
});

const MALFORMED_CRIT = [
  '[]',
  'null',
  '"x"',
  '{}',
  '{"0":"x"}',
  'true',
  '1',
  '["x","x"]',
  '[1]',
  '[null]',
  '["x",1]',
  '[["x"]]',
  '[["b64"]]',
  '["absent"]',
  '["x","absent"]',
  '["alg"]',
  '["crit"]',
  '["kid"]',
  '["typ"]',
  '["jwk","x"]',
  '["x5t#S256"]',
  '["enc"]',
  '["zip"]',
  '["epk"]',
  '["p2c"]',
  '[""]',
];

describe('CRIT-02 malformed crit', () => {
  test.each(MALFORMED_CRIT)('CRIT-02 crit %s', (crit) => {
    const header = `{"alg":"HS256","kid":"a","typ":"JWT","x":1,"jwk":{},"x5t#S256":"a","enc":"a","zip":"a","epk":{},"p2c":1,"crit":${crit}}`;
    expectEveryDoor(header, 'ERR_JWS_INVALID');
    expectEveryDoor(header, 'ERR_JWS_INVALID', { crit: ['x', 'absent'] });
    const value = JSON.parse(crit) as unknown;
    const extra = { kid: 'a', x: 1, crit: value };
    expectTypeError(() => signJws(octets('x'), KEY, { header: extra as never }));
    expectTypeError(() => signJwt({}, KEY, { expiresIn: 60, now: NOW, header: extra as never }));
    expectTypeError(() => signJwsJson(octets('x'), [{ key: KEY, header: extra as never }]));
    expectTypeError(() => draftJwt({}, { alg: 'ES256', expiresIn: 60, now: NOW, header: extra as never }));
  });

  test('CRIT-02 a hundred thousand names', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
    const token = compact({ alg: 'HS256', crit: names }, CLAIMS, sign);
    for (const door of doorNames) expectCode(() => doors[door](token, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
    const some = names.slice(0, 300);
    const header = { alg: 'HS256', crit: some, ...Object.fromEntries(some.map((name) => [name, 0])) };
    expectEveryDoor(JSON.stringify(header), 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('CRIT-02 the signer does not write a crit that its own verifier would not understand unless told', () => {
    const token = signJws(octets('x'), KEY, { header: { crit: ['x'], x: 1 } });
    expectCode(() => verifyJws(token, KEY), 'ERR_JOSE_NOT_SUPPORTED', token);
    expect(verifyJws(token, KEY, { crit: ['x'] }).header.crit).toEqual(['x']);
  });
});

describe('CRIT-03 crit or its parameter unprotected', () => {
  test.each([
    ['crit and b64 unprotected', '{"alg":"HS256"}', { crit: ['b64'], b64: false }],
    ['crit unprotected alone', '{"alg":"HS256","x":1}', { crit: ['x'] }],
    ['crit unprotected and malformed', '{"alg":"HS256"}', { crit: null }],
    ['crit protected, its parameter unprotected', '{"alg":"HS256","crit":["x"]}', { x: 1 }],
    ['crit protected, b64 unprotected', '{"alg":"HS256","crit":["b64"]}', { b64: false }],
    ['crit in both', '{"alg":"HS256","crit":["x"],"x":1}', { crit: ['x'] }],
  ])('CRIT-03 %s', (_, protectedHeader, header) => {
    const jws = flattened('HS256', protectedHeader, CLAIMS, header);
    for (const form of [jws, general(jws), JSON.stringify(jws)]) {
      expectCode(() => verifyJwsJson(form, KEY, { crit: ['x'] }), 'ERR_JWS_INVALID', jws.signature);
    }
    expectTypeError(() =>
      signJwsJson(octets('x'), [{ key: KEY, unprotected: header as never, header: { crit: ['x'] } as never }]),
    );
  });
});

describe('B64-01 b64 without crit', () => {
  test.each([
    '{"alg":"HS256","b64":false}',
    '{"alg":"HS256","b64":true}',
    '{"alg":"HS256","b64":false,"crit":["x"],"x":1}',
    '{"alg":"HS256","b64":true,"crit":["x"],"x":1}',
  ])('B64-01 %s', (header) => {
    expectEveryDoor(header, 'ERR_JWS_INVALID', { crit: ['x'] });
    const { token } = unencoded(header, 'NDA1');
    expectCode(() => verifyJws(token, KEY, { payload: octets('NDA1'), crit: ['x'] }), 'ERR_JWS_INVALID', token);
  });

  test('B64-01 the RFC’s own example: 405 or NDA1 (RFC 7797 §8)', () => {
    const { header, signature } = unencoded('{"alg":"HS256","b64":false}', 'NDA1');
    expectCode(() => verifyJws(`${header}.NDA1.${signature}`, KEY), 'ERR_JWS_INVALID');
    expectCode(() => verifyJwsJson({ protected: header, payload: 'NDA1', signature }, KEY), 'ERR_JWS_INVALID');
  });

  test('B64-01 the signer writes crit itself', () => {
    const token = signJws(octets('x'), KEY, { b64: false, detached: true });
    expect(verifyJws(token, KEY, { payload: octets('x') }).header).toMatchObject({ b64: false, crit: ['b64'] });
    expectTypeError(() => signJws(octets('x'), KEY, { header: { b64: false } }));
  });
});

describe('B64-02 b64 not a boolean, or unprotected', () => {
  test.each(['"false"', '"true"', '0', '1', 'null', '[]', '{}', '[false]', '""'])('B64-02 b64 %s', (b64) => {
    const header = `{"alg":"HS256","b64":${b64},"crit":["b64"]}`;
    expectEveryDoor(header, 'ERR_JWS_INVALID');
    const { token } = unencoded(header, CLAIMS as unknown as string);
    expectCode(() => verifyJws(token, KEY, { payload: octets(CLAIMS) }), 'ERR_JWS_INVALID', token);
    expectTypeError(() => signJws(octets('x'), KEY, { b64: JSON.parse(b64) as never, detached: true }), 'b64');
  });

  test('B64-02 b64 in the unprotected header', () => {
    for (const b64 of [true, false, null, 'false']) {
      const jws = flattened('HS256', { alg: 'HS256' }, CLAIMS, { b64 });
      for (const form of [jws, general(jws)])
        expectCode(() => verifyJwsJson(form, KEY), 'ERR_JWS_INVALID', jws.signature);
    }
  });

  test('B64-02 crit lists b64 and the header has none', () => {
    expectEveryDoor('{"alg":"HS256","crit":["b64"]}', 'ERR_JWS_INVALID');
  });
});

describe('B64-03 b64 that differs between signatures', () => {
  const payloads = ['', 'NDA1'];
  test.each(payloads)(
    'B64-03 a mixed set over the payload %j is malformed, in any order and for any policy',
    (payload) => {
      const raw = unencoded(B64_FALSE, payload);
      const encoded = b64u({ alg: 'HS256' });
      const first = { protected: encoded, signature: b64u(sign(octets(`${encoded}.${payload}`))) };
      const second = { protected: raw.header, signature: raw.signature };
      const explicitHeader = b64u('{"alg":"HS256","b64":true,"crit":["b64"]}');
      const third = { protected: explicitHeader, signature: b64u(sign(octets(`${explicitHeader}.${payload}`))) };
      for (const signatures of [
        [first, second],
        [second, first],
        [second, third],
        [first, third, second],
      ]) {
        for (const require of ['any', 'all', ['a']] as const) {
          expectCode(() => verifyJwsJson({ payload, signatures }, KEY, { require }), 'ERR_JWS_INVALID');
        }
      }
      expect(verifyJwsJson({ payload, signatures: [first, third] }, KEY).signatures.length).toBe(2);
    },
  );

  test('B64-03 a bad signature beside it does not hide it', () => {
    const raw = unencoded(B64_FALSE, 'NDA1');
    const signatures = [
      { protected: raw.header, signature: raw.signature },
      { protected: b64u({ alg: 'HS256' }), signature: 'AAAA' },
    ];
    expectCode(() => verifyJwsJson({ payload: 'NDA1', signatures }, KEY, { require: 'any' }), 'ERR_JWS_INVALID');
  });

  test('B64-03 the signer sets it for all signers at once', () => {
    const signers = [{ key: KEY, header: { b64: false } }, { key: keyPairs.ES256.privateKey }];
    expectTypeError(() => signJwsJson(octets('x'), signers as never));
  });
});

describe('B64-04 b64 false in a JWT', () => {
  test('B64-04 verify refuses it, attached and detached', () => {
    const claims = JSON.stringify({ ...CLAIMS, iss: 'x', aud: 'x' });
    const { header, signature } = unencoded(B64_FALSE, claims);
    const expected = { ...EXPECTED, issuer: 'x', audience: 'x' };
    for (const token of [
      `${header}.${claims}.${signature}`,
      `${header}.${b64u(claims)}.${signature}`,
      `${header}..${signature}`,
    ]) {
      const run = () => verifyJwt(token, KEY, expected);
      expect(['ERR_JWT_INVALID', 'ERR_JWS_INVALID']).toContain(codeOf(run));
      expect(explainedCode(token, KEY, expected)).toMatch(/^ERR_JW[ST]_INVALID$/);
    }
    const wellFormed = compact(B64_FALSE, CLAIMS, sign);
    expectCode(() => verifyJwt(wellFormed, KEY, EXPECTED), 'ERR_JWT_INVALID', wellFormed);
    expectCode(() => verifyJwt(wellFormed, KEY, { ...EXPECTED, crit: ['b64'] }), 'ERR_JWT_INVALID', wellFormed);
  });

  test('B64-04 b64 false is refused before the signature, so that nothing else is learned', () => {
    const [header = '', payload = ''] = compact(B64_FALSE, CLAIMS, sign).split('.');
    expectCode(() => verifyJwt(`${header}.${payload}.AAAA`, KEY, EXPECTED), 'ERR_JWT_INVALID');
    expect(() => readUnverifiedJwt(`${header}.${payload}.AAAA`)).toThrow();
  });

  test('B64-04 sign refuses it', () => {
    for (const header of [{ b64: false }, { b64: false, crit: ['b64'] }]) {
      expectTypeError(() => signJwt({}, KEY, { expiresIn: 60, now: NOW, header }));
      expectTypeError(() => draftJwt({}, { alg: 'ES256', expiresIn: 60, now: NOW, header }));
    }
  });
});

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

describe('B64-05 an unencoded payload in the compact form', () => {
  test('B64-05 "$.02" attached is refused, by reader and writer', () => {
    const { header, signature } = unencoded(B64_FALSE, '$.02');
    expectCode(() => verifyJws(`${header}.$.02.${signature}`, KEY), 'ERR_JWS_INVALID');
    expectTypeError(() => signJws(octets('$.02'), KEY, { b64: false }));
  });

  test('B64-05 RFC 7797 §4.2: the same detached is good', () => {
    const k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    const key = importKey({ kty: 'oct', k }, { alg: 'HS256' });
    const token =
      'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY';
    expect(text(verifyJws(token, key, { payload: octets('$.02') }).payload)).toBe('$.02');
    expectCode(
      () => verifyJws(token, key, { payload: octets('$.03') }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      token,
    );
  });

  test.each(['\u0000', '\n', '\r', '\t', '\u001f', '\u007f', '\u00e9', '€', '\ud83d\ude00', 'a b\u0007'])(
    'B64-05 %j attached is refused, detached it is octets like any other',
    (payload) => {
      const { token, header, signature } = unencoded(B64_FALSE, payload);
      expectCode(() => verifyJws(`${header}.${payload}.${signature}`, KEY), 'ERR_JWS_INVALID');
      expectTypeError(() => signJws(octets(payload), KEY, { b64: false }));
      expect(verifyJws(token, KEY, { payload: octets(payload) }).header.alg).toBe('HS256');
    },
  );

  test('B64-05 octets that are not UTF-8, detached and in the JSON serialization', () => {
    const payload = Uint8Array.of(0xff, 0x00, 0x2e);
    const token = signJws(payload, KEY, { b64: false, detached: true });
    expect(Buffer.compare(verifyJws(token, KEY, { payload }).payload, payload)).toBe(0);
    expectTypeError(() => signJwsJson(payload, [{ key: KEY }], { b64: false }));
    const { header, signature } = unencoded(B64_FALSE, concat([0xef, 0xbf, 0xbd]));
    expectCode(() => verifyJwsJson({ protected: header, payload: '\ud800', signature }, KEY), 'ERR_JWS_INVALID');
  });
});

describe('B64-06 detached or not', () => {
  const payload = octets('the payload');
  const attached = compact({ alg: 'HS256' }, payload, sign);
  const { protected: header, payload: body, signature } = parts(attached);
  const detached = `${header}..${signature}`;

  test('B64-06 four combinations of given and attached', () => {
    expect(text(verifyJws(attached, KEY).payload)).toBe('the payload');
    expect(text(verifyJws(detached, KEY, { payload }).payload)).toBe('the payload');
    for (const given of [payload, octets('another'), new Uint8Array(0)]) {
      expectCode(() => verifyJws(attached, KEY, { payload: given }), 'ERR_JWS_INVALID', attached);
    }
    expectCode(() => verifyJws(detached, KEY), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', attached);
  });

  test('B64-06 an empty payload is a payload', () => {
    const empty = compact({ alg: 'HS256' }, '', sign);
    expect(verifyJws(empty, KEY).payload.length).toBe(0);
    expect(verifyJws(empty, KEY, { payload: new Uint8Array(0) }).payload.length).toBe(0);
    expectCode(() => verifyJws(empty, KEY, { payload }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', empty);
    expectCode(() => verifyJws(detached, KEY, { payload: new Uint8Array(0) }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('B64-06 the JSON serialization: absent is detached, present is attached', () => {
    const without = { protected: header, signature };
    expect(text(verifyJwsJson(without, KEY, { payload }).payload)).toBe('the payload');
    expectCode(() => verifyJwsJson(without, KEY), 'ERR_JWS_INVALID');
    expectCode(() => verifyJwsJson({ ...without, payload: body }, KEY, { payload }), 'ERR_JWS_INVALID');
    expectCode(
      () => verifyJwsJson({ ...without, payload: body }, KEY, { payload: octets('another') }),
      'ERR_JWS_INVALID',
    );
    expect(text(verifyJwsJson({ ...without, payload: body }, KEY).payload)).toBe('the payload');
    expectCode(() => verifyJwsJson({ ...without, payload: '' }, KEY), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('B64-06 a detached payload is octets, not text', () => {
    for (const given of ['the payload', b64u(payload), null, [1], {}, new ArrayBuffer(4)]) {
      expectTypeError(() => verifyJws(detached, KEY, { payload: given as never }), 'payload');
      expectTypeError(
        () => verifyJwsJson({ protected: header, signature }, KEY, { payload: given as never }),
        'payload',
      );
    }
  });
});
