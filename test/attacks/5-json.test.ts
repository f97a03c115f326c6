// SECURITY.md, group 5: JSON that two parsers read differently. Every text is correctly signed.

import { describe, expect, test } from 'vitest';
import {
  importJwks,
  importKey,
  type JoseErrorCode,
  readUnverifiedJwt,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { CLAIMS, doorNames, doors, EXPECTED, explainedCode, NOW, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, compact, flattened, forge, general, jwkOf, signerOf } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

const KEY = secretKey('HS256');
const HEADER = '{"alg":"HS256"}';
const CLAIMS_TEXT = JSON.stringify(CLAIMS);
const sign = signerOf('HS256');
/** The claims text with more members, as text. */
const withClaims = (members: string) => CLAIMS_TEXT.replace('{', `{${members},`);
const JWK = jwkOf(nodePair('ES256').publicKey);
const JWK_TEXT = JSON.stringify(JWK);

function expectHeaderRefused(header: string, code: JoseErrorCode = 'ERR_JWS_INVALID') {
  const token = compact(header, CLAIMS, sign);
  for (const door of doorNames) expectCode(() => doors[door](token, KEY), code, token);
  expect(explainedCode(token, KEY)).toBe(code);
  expectCode(() => readUnverifiedJwt(token), code, token);
}

function expectClaimsRefused(claims: string, code: JoseErrorCode = 'ERR_JWT_INVALID') {
  const token = compact(HEADER, claims, sign);
  expectCode(() => verifyJwt(token, KEY, EXPECTED), code, token);
  expect(explainedCode(token, KEY)).toBe(code);
  expect(Buffer.from(verifyJws(token, KEY).payload).toString()).toBe(claims);
}

describe('JSON-01 a member twice', () => {
  test.each([
    '{"alg":"none","alg":"HS256"}',
    '{"alg":"HS256","alg":"none"}',
    '{"alg":"HS256","alg":"HS256"}',
    '{"alg":"HS256","kid":"a","kid":"b"}',
    '{"alg":"HS256","typ":"JWT","typ":"JWT"}',
    '{"alg":"HS256","crit":["x"],"crit":["b64"],"x":1,"b64":true}',
    '{"alg":"HS256","x":1,"x":1}',
    '{"alg":"HS256","":1,"":2}',
    '{"alg":"HS256","a":{"b":{"c":1,"c":2}}}',
    '{"alg":"HS256","a":[[{"c":1,"c":2}]]}',
    '{"alg":"HS256","a":{"b":1},"a":2}',
    '{"alg":"HS256","__proto__":1,"__proto__":2}',
    '{"alg":"HS256","1":1,"1":2}',
    ' { "alg" : "HS256" , "alg" : "HS256" } ',
  ])('JSON-01 header %s', (header) => expectHeaderRefused(header));

  test.each([
    '"sub":"a"',
    '"iss":"https://evil.example"',
    '"exp":1',
    '"x":1,"x":2',
    '"x":{"y":{"z":1,"z":1}}',
    '"x":[{"y":1},{"z":1,"z":2}]',
    '"x":{"y":1},"x":0',
    '"__proto__":{},"__proto__":{}',
    '"x":":\\"",  "x":"\\\\"',
  ])('JSON-01 claims with %s', (members) => expectClaimsRefused(withClaims(members)));

  test('JSON-01 in a key set, at its top, in a key, and deeper', () => {
    const key = (members: string) => JWK_TEXT.replace('{', `{${members},`);
    const sets = [
      `{"keys":[],"keys":[${JWK_TEXT}]}`,
      `{"keys":[${key('"kty":"RSA"')}]}`,
      `{"keys":[${key('"kid":"a","kid":"b"')}]}`,
      `{"keys":[${key('"x-note":{"a":{"b":1,"b":2}}')}]}`,
      `{"keys":[${JWK_TEXT}],"note":{"a":1,"a":2}}`,
    ];
    for (const set of sets) expectCode(() => importJwks(set), 'ERR_JWKS_INVALID', JWK.x);
    expect(importJwks(`{"keys":[${JWK_TEXT}]}`).keys.length).toBe(1);
  });

  test('JSON-01 in the text of a JSON JWS and in its unprotected header', () => {
    const flat = JSON.stringify(flattened('HS256', { alg: 'HS256' }, CLAIMS, { note: 1 }));
    const texts = [
      flat.replace('{', '{"payload":"AAAA",'),
      flat.replace('"note":1', '"note":1,"note":2'),
      flat.replace('"note":1', '"note":{"a":{"b":1,"b":1}}'),
      flat.replace('{', '{"x":1,"x":2,'),
      flat.replace('"signature"', '"signature":"AAAA","signature"'),
    ];
    for (const text of texts) expectCode(() => verifyJwsJson(text, KEY), 'ERR_JWS_INVALID', flat);
    expect(verifyJwsJson(flat, KEY).signatures.length).toBe(1);
  });

  test('JSON-01 the same name in different objects, and names inside strings, are no duplicates', () => {
    const claims = withClaims('"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}],"d":"{\\"x\\":1,\\"x\\":2}","x":":::"');
    expect(verifyJwt(compact(HEADER, claims, sign), KEY, EXPECTED).claims.x).toBe(':::');
  });
});

describe('JSON-02 a member twice, once by escape', () => {
  test.each([
    '{"alg":"HS256","\\u0061lg":"none"}',
    '{"\\u0061lg":"none","alg":"HS256"}',
    '{"alg":"HS256","al\\u0067":"HS256"}',
    '{"alg":"HS256","\\u006b\\u0069\\u0064":"a","kid":"b"}',
    '{"alg":"HS256","x\\/y":1,"x/y":2}',
    '{"alg":"HS256","\\ud834\\udd1e":1,"\u{1d11e}":2}',
    '{"alg":"HS256","\\u00E9":1,"\\u00e9":2}',
    '{"alg":"HS256","\\"":1,"\\u0022":2}',
  ])('JSON-02 header %s', (header) => expectHeaderRefused(header));

  test('JSON-02 in claims and in a key set', () => {
    expectClaimsRefused(withClaims('"\\u0069ss":"https://evil.example"'));
    expectClaimsRefused(withClaims('"\\u0073ub":"admin"'));
    expectCode(() => importJwks(`{"keys":[],"\\u006beys":[${JWK_TEXT}]}`), 'ERR_JWKS_INVALID');
  });

  test('JSON-02 one member by escape is that member', () => {
    const token = compact('{"\\u0061lg":"HS256"}', CLAIMS_TEXT.replace('"sub"', '"s\\u0075b"'), sign);
    expect(verifyJwt(token, KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
  });
});

describe('JSON-03 names of the prototype', () => {
  const hostile =
    '"__proto__":{"admin":true,"exp":9999999999},"constructor":{"prototype":{"admin":true}},"prototype":{"admin":true}';

  test('JSON-03 they pollute nothing and stay data of the claims', () => {
    const token = compact('{"alg":"HS256","__proto__":{"kid":"x","admin":true}}', withClaims(hostile), sign);
    const { claims, header } = verifyJwt(token, KEY, EXPECTED);
    expect((claims as Record<string, unknown>).admin).toBeUndefined();
    expect((header as Record<string, unknown>).admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
    expect(header.kid).toBeUndefined();
    for (const object of [claims, header]) expect([Object.prototype, null]).toContain(Object.getPrototypeOf(object));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    const unverified = readUnverifiedJwt(token);
    expect((unverified.claims as Record<string, unknown>).admin).toBeUndefined();
  });

  test('JSON-03 a claim or a header parameter is never read from inside __proto__', () => {
    const proto = (members: string) => compact(`{"__proto__":${members}}`, CLAIMS, sign);
    expectCode(() => verifyJwt(proto('{"alg":"HS256"}'), KEY, EXPECTED), 'ERR_JWS_INVALID');
    const { exp: _, ...rest } = CLAIMS;
    const text = JSON.stringify(rest).replace('{', '{"__proto__":{"exp":9999999999},');
    const error = expectCode(
      () => verifyJwt(compact(HEADER, text, sign), KEY, EXPECTED),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    );
    expect(error.failures).toEqual([{ claim: 'exp', reason: 'missing' }]);
  });

  test('JSON-03 in the union of the JOSE header of a JSON JWS', () => {
    const header = JSON.parse('{"__proto__":{"admin":true,"alg":"none"},"kid":"k"}') as object;
    const jws = flattened('HS256', { alg: 'HS256' }, CLAIMS, header);
    for (const form of [jws, JSON.stringify(jws)]) {
      const [outcome] = verifyJwsJson(form, KEY).signatures;
      expect(outcome?.valid).toBe(true);
      expect((outcome as unknown as { unprotected: Record<string, unknown> }).unprotected.admin).toBeUndefined();
    }
    const top = `{"__proto__":{"signature":"AAAA"},${JSON.stringify(parts(compact(HEADER, CLAIMS, sign))).slice(1)}`;
    expect(verifyJwsJson(top, KEY).signatures[0]?.valid).toBe(true);
    const hidden = `{"__proto__":${JSON.stringify(parts(compact(HEADER, CLAIMS, sign)))}}`;
    expectCode(() => verifyJwsJson(hidden, KEY), 'ERR_JWS_INVALID');
  });

  test('JSON-03 in a JWK and a key set', () => {
    expectCode(() => importKey(JSON.parse(`{"__proto__":${JWK_TEXT}}`) as never), 'ERR_JWK_INVALID');
    expectCode(() => importJwks(`{"__proto__":{"keys":[${JWK_TEXT}]}}`), 'ERR_JWKS_INVALID');
    const jwk = importKey(JSON.parse(JWK_TEXT.replace('{', '{"__proto__":{"alg":"none","kid":"evil"},')) as never);
    expect([jwk.alg, jwk.kid]).toEqual(['ES256', undefined]);
  });
});

const INHERITED = [
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__proto__',
  '__defineGetter__',
];

describe('JSON-04 what an object inherits is not in it', () => {
  test.each(INHERITED)('JSON-04 the required claim "%s" is missing', (claim) => {
    const token = forge('HS256', HEADER, CLAIMS);
    const run = () => verifyJwt(token, KEY, { ...EXPECTED, requiredClaims: [claim] });
    expect(expectCode(run, 'ERR_JWT_CLAIM_VALIDATION_FAILED', token).failures).toEqual([{ claim, reason: 'missing' }]);
    const present = compact(HEADER, withClaims(`${JSON.stringify(claim)}:1`), sign);
    expect(verifyJwt(present, KEY, { ...EXPECTED, requiredClaims: [claim] }).claims.sub).toBe(CLAIMS.sub);
  });

  test.each(INHERITED)('JSON-04 crit ["%s"] names nothing in the header', (name) => {
    const header = `{"alg":"HS256","crit":[${JSON.stringify(name)}]}`;
    expectHeaderRefused(header);
    const token = compact(header, CLAIMS, sign);
    for (const door of doorNames) expectCode(() => doors[door](token, KEY, { crit: [name] }), 'ERR_JWS_INVALID', token);
  });

  test('JSON-04 options and key members that are inherited do not count', () => {
    const inherited = Object.create({ issuer: null, audience: null }) as typeof EXPECTED;
    expectTypeError(() => verifyJwt(forge('HS256', HEADER, CLAIMS), KEY, inherited));
    expectCode(() => importKey(Object.create(JWK) as never), 'ERR_JWK_INVALID');
    expect(() => importJwks(Object.create({ keys: [JWK] }) as object)).toThrow();
  });
});

describe('JSON-05 not an object', () => {
  const values = [
    '[]',
    'null',
    '1',
    '"x"',
    'true',
    'false',
    '',
    ' ',
    '[{"alg":"HS256"}]',
    '"{\\"alg\\":\\"HS256\\"}"',
    'undefined',
  ];
  test.each(values)('JSON-05 %j as header and as claims', (text) => {
    expectHeaderRefused(text);
    expectClaimsRefused(text);
  });

  test.each([
    '{"alg":null}',
    '{"alg":"HS256","crit":null}',
    '{"alg":"HS256","typ":null}',
    '{"alg":"HS256","cty":null}',
    '{"alg":"HS256","kid":null}',
    '{"alg":"HS256","b64":null}',
  ])('JSON-05 header %s: null is not absence', (header) => expectHeaderRefused(header));

  // zip, epk and p2c belong to JWE; a JWS knows nothing of them and ignores what it does not know (RFC 7515 §4).
  test.each(['zip', 'epk', 'p2c'])('JSON-05 "%s": null is an unknown parameter of a JWS', (name) => {
    expect(verifyJws(compact(`{"alg":"HS256","${name}":null}`, CLAIMS, sign), KEY).header.alg).toBe('HS256');
  });

  test('JSON-05 a key set and a JSON JWS', () => {
    for (const text of values) {
      expectCode(() => importJwks(text), 'ERR_JWKS_INVALID');
      expectCode(() => verifyJwsJson(text, KEY), 'ERR_JWS_INVALID');
    }
    for (const value of [[], { keys: {} }, { keys: null }, {}, { keys: 'x' }]) {
      expectCode(() => importJwks(value), 'ERR_JWKS_INVALID');
    }
    for (const member of [null, 1, 'x', [], true]) {
      expect(importJwks({ keys: [member, JWK] }).skipped.map(({ index }) => index)).toEqual([0]);
    }
  });
});

describe('JSON-06 more or other than JSON', () => {
  const tails = ['ABCD', '{}', ',', ';', '\0', ' x', '//x', '}', ']'];
  test.each(tails)('JSON-06 %j after the object', (tail) => {
    expectHeaderRefused(HEADER + tail);
    expectClaimsRefused(CLAIMS_TEXT + tail);
  });

  const texts = [
    '{"alg":"HS256",}',
    "{'alg':'HS256'}",
    '{alg:"HS256"}',
    '{"alg":"HS256","x":NaN}',
    '{"alg":"HS256","x":Infinity}',
    '{"alg":"HS256","x":undefined}',
    '{"alg":"HS256","x":01}',
    '{"alg":"HS256","x":.5}',
    '{"alg":"HS256","x":1.}',
    '{"alg":"HS256","x":+1}',
    '{"alg":"HS256","x":0x10}',
    '{"alg":"HS256","x":1_000}',
    '{"alg":"HS256"/* comment */}',
    '// comment\n{"alg":"HS256"}',
    '{"alg":"HS256","x":"\t"}',
    '{"alg":"HS256","x":"\\x41"}',
    '{"alg":"HS256","x":"\\u12"}',
    '{"alg":"HS256","x":"\n"}',
    '{"alg":"HS256"',
    '"alg":"HS256"}',
    '({"alg":"HS256"})',
    '\u00a0{"alg":"HS256"}',
    '\v{"alg":"HS256"}',
    '{"alg":"HS256","x":tru}',
    '{"alg":"HS256" "x":1}',
    '{"alg";"HS256"}',
    ')]}\',\n{"alg":"HS256"}',
  ];
  test.each(texts)('JSON-06 %j', (text) => {
    expectHeaderRefused(text);
    expectClaimsRefused(text);
  });
});

/** An object nested `depth` levels in all, the outermost one included. */
const nested = (depth: number, first = '') => `{${first}"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('JSON-07 deep nesting', () => {
  test('JSON-07 depth 32 is read, depth 33 is over the limit, in header, claims, key set and JSON JWS', () => {
    const fits = compact(nested(32, '"alg":"HS256",'), nested(32, `${CLAIMS_TEXT.slice(1, -1)},`), sign);
    expect(verifyJwt(fits, KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    expectHeaderRefused(nested(33, '"alg":"HS256",'), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectClaimsRefused(nested(33, `${CLAIMS_TEXT.slice(1, -1)},`), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => importJwks(nested(33, `"keys":[${JWK_TEXT}],`)), 'ERR_JOSE_LIMIT_EXCEEDED');
    const flat = JSON.stringify(parts(fits));
    expectCode(() => verifyJwsJson(nested(33, `${flat.slice(1, -1)},`), KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test.each(['[', '{"a":', '[{"a":'])('JSON-07 a hundred thousand %j: an answer, and never a RangeError', (open) => {
    const deep = open.repeat(100_000);
    const closed = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [deep, `{"x":${closed}}`, `{"alg":"HS256","x":${deep}`]) {
      for (const [header, payload] of [
        [text, CLAIMS_TEXT],
        [HEADER, text],
      ] as const) {
        const token = compact(header, payload, sign);
        expect(codeOf(() => verifyJwt(token, KEY, EXPECTED))).toMatch(
          /^ERR_J(WS|WT)_INVALID$|^ERR_JOSE_LIMIT_EXCEEDED$/,
        );
        expect(codeOf(() => readUnverifiedJwt(token))).toMatch(/^ERR_J(WS|WT)_INVALID$|^ERR_JOSE_LIMIT_EXCEEDED$/);
        expect(explainedCode(token, KEY)).toMatch(/^ERR_/);
      }
      expect(codeOf(() => importJwks(text))).toMatch(/^ERR_JWKS_INVALID$|^ERR_JOSE_LIMIT_EXCEEDED$/);
      expect(codeOf(() => verifyJwsJson(text, KEY))).toMatch(/^ERR_JWS_INVALID$|^ERR_JOSE_LIMIT_EXCEEDED$/);
    }
  });

  test('JSON-07 a deep live object is refused like a deep text', () => {
    let deep: object = {};
    for (let i = 0; i < 200_000; i++) deep = { deep };
    expect(codeOf(() => importKey({ ...JWK, deep } as never))).toMatch(/^ERR_J(WK_INVALID|OSE_LIMIT_EXCEEDED)$/);
    expect(codeOf(() => importJwks({ keys: [JWK], deep }))).toMatch(/^ERR_J(WKS_INVALID|OSE_LIMIT_EXCEEDED)$/);
    const jws = parts(compact(HEADER, CLAIMS, sign));
    expect(codeOf(() => verifyJwsJson({ ...jws, header: { deep } }, KEY))).toMatch(
      /^ERR_J(WS_INVALID|OSE_LIMIT_EXCEEDED)$/,
    );
    expectTypeError(() => signJwt({ deep }, KEY, { expiresIn: 60, now: NOW }));
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expectTypeError(() => signJwt(cycle, KEY, { expiresIn: 60, now: NOW }));
    expect(codeOf(() => importKey({ ...JWK, cycle } as never))).toBe('ERR_JWK_INVALID');
    expect(codeOf(() => importJwks({ keys: [JWK], cycle }))).toBe('ERR_JWKS_INVALID');
  });

  test('JSON-07 a thousand members are read, one more is over the limit', () => {
    const members = (count: number) => Array.from({ length: count }, (_, i) => `"m${i}":0`).join(',');
    const claimCount = Object.keys(CLAIMS).length;
    const fits = compact(HEADER, withClaims(members(1000 - claimCount)), sign);
    expect(verifyJwt(fits, KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    expectClaimsRefused(withClaims(members(1001 - claimCount)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectHeaderRefused(`{"alg":"HS256",${members(1000)}}`, 'ERR_JOSE_LIMIT_EXCEEDED');
    expectClaimsRefused(withClaims(`"x":[${'{"a":1},'.repeat(1000)}0]`), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

describe('JSON-08 numbers', () => {
  const claimsWith = (exp: string) => CLAIMS_TEXT.replace(String(CLAIMS.exp), exp);
  test.each(['1e400', '-1e400', '1e309'])('JSON-08 exp %s overflows and is no NumericDate', (exp) => {
    const token = compact(HEADER, claimsWith(exp), sign);
    const error = expectCode(() => verifyJwt(token, KEY, EXPECTED), 'ERR_JWT_CLAIM_VALIDATION_FAILED', token);
    expect(error.failures).toEqual([{ claim: 'exp', reason: 'type' }]);
  });

  test.each(['-0', '0', '-1', '1e-7', '1.5e9'])('JSON-08 exp %s is a time long past', (exp) => {
    const token = compact(HEADER, claimsWith(exp), sign);
    expectCode(() => verifyJwt(token, KEY, EXPECTED), 'ERR_JWT_EXPIRED', token);
  });

  test.each(['9007199254740993', '1.7000000005e9', '1e15', '17000000005e-1'])(
    'JSON-08 exp %s is a time to come',
    (exp) => {
      const token = compact(HEADER, claimsWith(exp), sign);
      expect(verifyJwt(token, KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    },
  );

  test('JSON-08 what JSON cannot say is not signed', () => {
    for (const exp of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expectTypeError(() => signJwt({ exp }, KEY, { expiresIn: null, now: NOW }), 'exp');
      expectTypeError(() => signJwt({ x: { y: exp } }, KEY, { expiresIn: 60, now: NOW }));
    }
  });
});

describe('JSON-09 an input that changes between two reads', () => {
  const good = parts(compact(HEADER, CLAIMS, sign));
  const evil = parts(compact(HEADER, { ...CLAIMS, sub: 'admin' }, () => new Uint8Array(32)));
  /** An object whose named member alternates between the good and the evil value, starting with either. */
  const shifty = (member: 'payload' | 'protected' | 'signature', first: number) => {
    let reads = first;
    return Object.defineProperty({ ...good }, member, {
      enumerable: true,
      get: () => (reads++ % 2 === 0 ? good[member] : evil[member]),
    });
  };

  test.each(['payload', 'protected', 'signature'] as const)(
    'JSON-09 %s is read once: what was verified is what is returned',
    (member) => {
      for (const first of [0, 1]) {
        const outcome = codeOf(() => Buffer.from(verifyJwsJson(shifty(member, first), KEY).payload).toString());
        expect([CLAIMS_TEXT, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'ERR_JWS_INVALID']).toContain(outcome);
      }
    },
  );

  test('JSON-09 an unprotected header with getters, and a Proxy over everything', () => {
    let reads = 0;
    const header = {
      get kid() {
        return `k${reads++}`;
      },
    };
    const { signatures } = verifyJwsJson(flattened('HS256', { alg: 'HS256' }, CLAIMS, header), KEY);
    expect(signatures[0]).toMatchObject({ valid: true, unprotected: { kid: 'k0' } });
    const seen = new Map<PropertyKey, number>();
    const counting = new Proxy(good, {
      get(target, name) {
        seen.set(name, (seen.get(name) ?? 0) + 1);
        return Reflect.get(target, name) as unknown;
      },
    });
    expect(verifyJwsJson(counting, KEY).signatures.length).toBe(1);
    for (const [name, count] of seen) expect([name, count]).toEqual([name, 1]);
  });

  test('JSON-09 a getter that throws is not somebody else’s exception', () => {
    const throwing = {
      ...good,
      get header(): object {
        throw new RangeError('side effect');
      },
    };
    const outcome = codeOf(() => verifyJwsJson(throwing, KEY));
    expect(outcome === 'ERR_JWS_INVALID' || outcome instanceof RangeError).toBe(true);
  });

  test('JSON-09 the result is not the caller’s object, nor shared between results', () => {
    const header = { kid: 'a', note: { deep: 1 } };
    const { signatures } = verifyJwsJson(flattened('HS256', { alg: 'HS256' }, CLAIMS, header), KEY);
    header.note.deep = 2;
    expect(signatures[0]).toMatchObject({ unprotected: { note: { deep: 1 } } });
    const token = compact('{"alg":"HS256","note":{"deep":1}}', CLAIMS_TEXT, sign);
    const first = verifyJwt(token, KEY, EXPECTED);
    expect(() => Object.assign(first.header as object, { alg: 'none' })).toThrow(TypeError);
    try {
      Object.assign((first.header as unknown as { note: object }).note, { deep: 9 });
      Object.assign(first.claims as object, { sub: 'admin' });
    } catch {}
    const second = verifyJwt(token, KEY, EXPECTED);
    expect([second.claims.sub, (second.header as Record<string, unknown>).note]).toEqual([CLAIMS.sub, { deep: 1 }]);
  });
});

describe('JSON-10 JSON and compact at once', () => {
  test('JSON-10 the text of a valid JSON JWS is no JWT, with two dots in it or without', () => {
    const forged = `${b64u({ alg: 'HS256' })}.${b64u({ ...CLAIMS, sub: 'admin' })}.`;
    const jws = flattened('HS256', { alg: 'HS256' }, CLAIMS);
    const texts = [
      JSON.stringify(jws),
      JSON.stringify(general(jws)),
      JSON.stringify({ ...jws, note: forged }),
      JSON.stringify({ [forged]: 1, ...jws }),
      JSON.stringify({ ...jws, header: { '.': '.' } }),
    ];
    for (const text of texts) {
      expect(verifyJwsJson(text, KEY).signatures[0]?.valid).toBe(true);
      for (const run of [
        () => verifyJwt(text, KEY, EXPECTED),
        () => verifyJws(text, KEY),
        () => readUnverifiedJwt(text),
      ]) {
        expectCode(run, 'ERR_JWS_INVALID', jws.payload, jws.signature);
      }
    }
  });

  test('JSON-10 the claims come from the octets that were verified', () => {
    const token = forge('RS256', { alg: 'RS256' }, CLAIMS);
    const [, payload = ''] = token.split('.');
    expect(JSON.stringify(verifyJwt(token, keyPairs.RS256.publicKey, EXPECTED).claims)).toBe(
      Buffer.from(payload, 'base64url').toString(),
    );
  });
});

describe('JSON-11 another case', () => {
  test.each(['{"Alg":"HS256"}', '{"ALG":"HS256"}', '{"alg ":"HS256"}', '{" alg":"HS256"}', '{"аlg":"HS256"}'])(
    'JSON-11 header %s has no alg',
    (header) => expectHeaderRefused(header),
  );

  test('JSON-11 KID, CRIT and B64 are unknown parameters and do nothing', () => {
    const token = compact('{"alg":"HS256","Alg":"none","KID":["x"],"CRIT":["exp"],"B64":false,"Typ":1}', CLAIMS, sign);
    expect(verifyJwt(token, KEY, EXPECTED).header.kid).toBeUndefined();
    const keys = importJwks({ keys: [{ ...JWK, kid: 'a' }] });
    expect(verifyJwt(forge('ES256', { alg: 'ES256', KID: 'b' }, CLAIMS), keys, EXPECTED).key.kid).toBe('a');
  });

  test('JSON-11 ISS, Aud and EXP are no registered claims', () => {
    const { iss: _, ...rest } = CLAIMS;
    const token = forge('HS256', HEADER, { ...rest, ISS: CLAIMS.iss });
    const error = expectCode(() => verifyJwt(token, KEY, EXPECTED), 'ERR_JWT_CLAIM_VALIDATION_FAILED', token);
    expect(error.failures).toEqual([{ claim: 'iss', reason: 'missing' }]);
  });
});
