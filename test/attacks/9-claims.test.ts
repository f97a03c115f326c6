// SECURITY.md, group 9: claims that mean something else than they seem, and options that silently check nothing.

import { describe, expect, test } from 'vitest';
import {
  checkClaims,
  decryptJwt,
  type Expected,
  encryptJwe,
  isVerifiedJwt,
  readUnverifiedJwt,
  type StandardSchemaV1,
  signJwt,
  type UnverifiedJwt,
  VerifiedJwt,
  verifyJws,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { AUDIENCE, CLAIMS, EXPECTED, explainedCode, ISSUER, NOW } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, compact, forge, octets, signerOf } from '../support/forge.ts';
import { kindOf } from '../support/jwe.ts';
import { secretKey } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';

const KEY = secretKey('HS256');
const sign = signerOf('HS256');
/** A good token, some of its claims replaced; `undefined` takes one away. Raw JSON text for what JSON.stringify cannot say. */
const tokenOf = (claims: object) => forge('HS256', { alg: 'HS256' }, { ...CLAIMS, ...claims });
const rawToken = (claim: string, json: string) =>
  compact(
    { alg: 'HS256' },
    JSON.stringify({ ...CLAIMS, [claim]: 0 }).replace(`"${claim}":0`, `"${claim}":${json}`),
    sign,
  );
const verifyWith = (token: string, expected: Partial<Expected>) => () =>
  verifyJwt(token, KEY, { ...EXPECTED, ...expected });

type Reason = 'missing' | 'type' | 'mismatch' | 'expired' | 'too-early' | 'too-old';

/** Refused for these failures and no others, by the verifier and its explanation alike. */
function expectFailures(token: string, expected: Partial<Expected>, ...failures: [claim: string, reason: Reason][]) {
  const expiredOnly = failures.every(([, reason]) => reason === 'expired');
  const code = expiredOnly ? 'ERR_JWT_EXPIRED' : 'ERR_JWT_CLAIM_VALIDATION_FAILED';
  const error = expectCode(verifyWith(token, expected), code, token);
  expect(error.failures).toEqual(failures.map(([claim, reason]) => ({ claim, reason })));
  expect(explainedCode(token, KEY, expected)).toBe(code);
}

function expectAccepted(token: string, expected: Partial<Expected> = {}) {
  expect(verifyWith(token, expected)).not.toThrow();
  expect(explainedCode(token, KEY, expected)).toBeUndefined();
}

describe('CLM-01 a time of the wrong type', () => {
  const values = [
    '"99999999999"',
    '"2099-01-01"',
    '"2099-01-01T00:00:00Z"',
    '[1]',
    '[99999999999]',
    '{}',
    'true',
    'false',
    'null',
    '""',
    '"Infinity"',
  ];
  test.each(values)('CLM-01 exp, nbf and iat of %s', (value) => {
    for (const claim of ['exp', 'nbf', 'iat'] as const) {
      for (const expected of [{}, { expiry: 'optional' as const }])
        expectFailures(rawToken(claim, value), expected, [claim, 'type']);
      const json = JSON.parse(value) as never;
      expectTypeError(
        () => signJwt({ [claim]: json }, KEY, { expiresIn: claim === 'exp' ? null : 60, now: NOW }),
        claim,
      );
    }
  });
});

describe('CLM-02 extreme numbers', () => {
  test.each(['0', '-0', '-1', '-1e300', '1', '1e-300', String(NOW - 1), `${NOW - 1}.999`, String(NOW)])(
    'CLM-02 exp %s is expired',
    (exp) => {
      expectFailures(rawToken('exp', exp), {}, ['exp', 'expired']);
    },
  );

  test.each(['1e400', '-1e400'])('CLM-02 exp, nbf and iat %s are malformed', (value) => {
    for (const claim of ['exp', 'nbf', 'iat'] as const) expectFailures(rawToken(claim, value), {}, [claim, 'type']);
  });

  test.each([`${NOW}.5`, `${NOW}.0000005`, '1e15', '9007199254740993', '1e300'])(
    'CLM-02 exp %s is still to come',
    (exp) => {
      expectAccepted(rawToken('exp', exp));
    },
  );

  test('CLM-02 fractions are compared exactly, on both sides', () => {
    expectFailures(rawToken('exp', `${NOW}.5`), { now: NOW + 0.5 }, ['exp', 'expired']);
    expectAccepted(rawToken('exp', `${NOW}.5`), { now: NOW + 0.25 });
    expectFailures(rawToken('nbf', `${NOW}.5`), { now: NOW + 0.25 }, ['nbf', 'too-early']);
    expectFailures(rawToken('nbf', '1e300'), {}, ['nbf', 'too-early']);
    expectAccepted(rawToken('nbf', '-1e300'));
  });
});

describe('CLM-03 boundaries', () => {
  test('CLM-03 now = exp is expired, one second before is not', () => {
    expectFailures(tokenOf({ exp: NOW }), {}, ['exp', 'expired']);
    expectAccepted(tokenOf({ exp: NOW + 1 }));
    expectFailures(tokenOf({ exp: NOW - 60 }), { clockSkew: 60 }, ['exp', 'expired']);
    expectAccepted(tokenOf({ exp: NOW - 59 }), { clockSkew: 60 });
    expectAccepted(tokenOf({ exp: NOW - 59 }), { clockSkew: '1m' });
  });

  test('CLM-03 now = nbf is good, one second before is too early', () => {
    expectAccepted(tokenOf({ nbf: NOW }));
    expectFailures(tokenOf({ nbf: NOW + 1 }), {}, ['nbf', 'too-early']);
    expectAccepted(tokenOf({ nbf: NOW + 60 }), { clockSkew: 60 });
    expectFailures(tokenOf({ nbf: NOW + 61 }), { clockSkew: 60 }, ['nbf', 'too-early']);
  });
});

describe('CLM-04 clocks beyond 32 bits', () => {
  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 36])('CLM-04 now = %i', (now) => {
    const claims = { iat: now - 10, nbf: now - 10, exp: now + 10 };
    for (const at of [now, new Date(now * 1000)]) {
      expectAccepted(tokenOf(claims), { now: at, maxAge: 10 });
      expectFailures(tokenOf({ ...claims, exp: now }), { now: at }, ['exp', 'expired']);
      expectFailures(tokenOf({ ...claims, nbf: now + 1 }), { now: at }, ['nbf', 'too-early']);
    }
    expectAccepted(signJwt({ iss: ISSUER, aud: AUDIENCE }, KEY, { expiresIn: 10, now }), { now: now + 9 });
    expectFailures(signJwt({ iss: ISSUER, aud: AUDIENCE }, KEY, { expiresIn: 10, now }), { now: now + 10 }, [
      'exp',
      'expired',
    ]);
  });

  test('CLM-04 seconds, not milliseconds', () => {
    expect(verifyWith(tokenOf({ exp: NOW + 1 }), { now: NOW * 1000 })).toThrow(/: give seconds, not milliseconds$/);
    for (const claim of ['exp', 'nbf', 'iat'])
      expect(() => signJwt({ [claim]: NOW * 1000 }, KEY, { expiresIn: null })).toThrow(/seconds, not milliseconds$/);
    expectAccepted(tokenOf({}), { now: new Date(NOW * 1000) });
    for (const exp of [1e11, 2 ** 40, NOW * 1000, 1e300]) expectAccepted(tokenOf({ exp }), { now: 1e11 - 1 });
    const { claims } = verifyJwt(signJwt({}, KEY, { expiresIn: '5m' }), KEY, { issuer: null, audience: null });
    const { iat = 0, exp = 0 } = claims;
    expect([exp - iat, iat > 1.7e9, iat < 1e11]).toEqual([300, true, true]);
  });
});

describe('CLM-05 options that would silently check nothing', () => {
  const bad: Record<string, unknown[]> = {
    clockSkew: [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      '5 m',
      '5M',
      '',
      '-1s',
      '1.5s',
      null,
      {},
      true,
      601,
      '11m',
      '1h',
      '5',
    ],
    maxAge: [Number.NaN, Number.POSITIVE_INFINITY, -1, '', '5', null, [], true],
    issuer: [
      undefined,
      1,
      [],
      [1],
      {},
      { template: 'https://a.example/{tid}' },
      true,
      [''].concat([1 as never]),
      () => true,
    ],
    audience: [undefined, 1, [], [null], {}, true, false],
    subject: [null, 1, [], [1], {}, true, { prefix: '' }, { prefix: ['user-'] }],
    claims: [
      null,
      'role',
      ['role'],
      { role: undefined },
      { role: null },
      { role: [] },
      { role: {} },
      { sub: 'user-1' },
    ],
    header: [null, 'kid', { kid: undefined }, { kid: [] }, { alg: 'ES256' }, { typ: 'JWT' }],
    typ: [null, 1, [], ['JWT'], {}],
    requiredClaims: ['exp', null, {}, [1], [], new Set(['exp'])],
    requiredHeader: ['kid', null, {}, [1], [], new Set(['kid'])],
    maxLifetime: [Number.NaN, Number.POSITIVE_INFINITY, -1, '', '5', null, [], true],
    maxMembers: [null, 0, -1, 1.5, Number.NaN, '1000'],
    expiry: [null, true, false, 'Required', '', 'never', 0],
    algorithms: [null, 'HS256', [], ['none'], {}],
    crit: [null, 'x', {}, [1]],
    schema: [null, {}, () => true, { '~standard': {} }, 'schema', { parse: () => ({}) }],
    now: [null, Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), '1700000000', {}, true],
  };
  test.each(Object.entries(bad))('CLM-05 %s', (option, values) => {
    const token = tokenOf({});
    for (const value of values) {
      expectTypeError(() => verifyJwt(token, KEY, { ...EXPECTED, [option]: value } as never), option);
      expectTypeError(() => explainedCode(token, KEY, { [option]: value } as never), option);
      if (option !== 'now')
        expectTypeError(() => checkClaims(CLAIMS, { ...EXPECTED, [option]: value } as never, NOW), option);
    }
  });

  test('CLM-05 an option is validated before the token is looked at', () => {
    for (const [option, [value]] of Object.entries(bad)) {
      expectTypeError(() => verifyJwt('no token', KEY, { ...EXPECTED, [option]: value } as never), option);
    }
  });

  test('CLM-05 an unknown or misspelt option is a mistake, not a wish', () => {
    for (const option of [
      'audiences',
      'iss',
      'clockTolerance',
      'maxTokenAge',
      'ignoreExpiration',
      'Issuer',
      'complete',
      '__proto__x',
    ]) {
      expectTypeError(() => verifyJwt(tokenOf({}), KEY, { ...EXPECTED, [option]: 'x' } as never), option);
    }
    for (const expected of [undefined, null, [], 'x', () => EXPECTED, 1]) {
      expectTypeError(() => verifyJwt(tokenOf({}), KEY, expected as never));
    }
    expectTypeError(() => verifyJwt(tokenOf({}), KEY, { issuer: ISSUER } as never), 'audience');
    expectTypeError(() => verifyJwt(tokenOf({}), KEY, { audience: AUDIENCE } as never), 'issuer');
  });

  test('CLM-05 an empty string is compared like any other, and differs', () => {
    expectFailures(tokenOf({}), { issuer: '' }, ['iss', 'mismatch']);
    expectFailures(tokenOf({}), { audience: '' }, ['aud', 'mismatch']);
    expectFailures(tokenOf({}), { subject: '' }, ['sub', 'mismatch']);
    expectFailures(tokenOf({}), { typ: '' }, ['header.typ', 'missing']);
    expectFailures(tokenOf({ iss: '' }), {}, ['iss', 'mismatch']);
    expectAccepted(tokenOf({ iss: '' }), { issuer: '' });
  });

  test('CLM-05 maxAge 0 is a maximum age of nothing, not no maximum', () => {
    expectFailures(tokenOf({ iat: NOW - 1 }), { maxAge: 0 }, ['iat', 'too-old']);
    expectAccepted(tokenOf({ iat: NOW }), { maxAge: 0 });
  });
});

describe('CLM-06 audience', () => {
  test.each([
    ['"https://api.example"', 'accepted'],
    ['["https://api.example"]', 'accepted'],
    ['["https://other.example","https://api.example"]', 'accepted'],
    ['[]', 'mismatch'],
    ['["https://api.example",1]', 'type'],
    ['["https://api.example",null]', 'type'],
    ['[["https://api.example"]]', 'type'],
    ['{"0":"https://api.example"}', 'type'],
    ['{"length":1,"0":"https://api.example"}', 'type'],
    ['1', 'type'],
    ['true', 'type'],
    ['null', 'type'],
    ['""', 'mismatch'],
    ['[""]', 'mismatch'],
    ['"https://api.example.evil"', 'mismatch'],
    ['"https://api.example/"', 'mismatch'],
    ['"https://api.exampl"', 'mismatch'],
    ['"HTTPS://API.EXAMPLE"', 'mismatch'],
    ['" https://api.example"', 'mismatch'],
    ['"https://api.example,https://other.example"', 'mismatch'],
    ['"https://other.example https://api.example"', 'mismatch'],
    ['"*"', 'mismatch'],
  ] as const)('CLM-06 aud %s: %s', (aud, outcome) => {
    const token = rawToken('aud', aud);
    for (const audience of [AUDIENCE, [AUDIENCE], ['x', AUDIENCE]]) {
      if (outcome === 'accepted') expectAccepted(token, { audience });
      else expectFailures(token, { audience }, ['aud', outcome]);
    }
    if (outcome === 'type') expectFailures(token, { audience: null }, ['aud', 'type']);
  });

  test('CLM-06 a missing aud does not pass where one is expected', () => {
    expectFailures(tokenOf({ aud: undefined }), {}, ['aud', 'missing']);
    expectAccepted(tokenOf({ aud: undefined }), { audience: null });
  });

  test('CLM-06 exactly one value, for assertions: a schema says so', () => {
    const schema = schemaOf((claims) => typeof claims.aud === 'string');
    expectAccepted(tokenOf({}), { schema });
    expect(verifyWith(tokenOf({ aud: [AUDIENCE, 'https://evil.example'] }), { schema })).toThrow();
  });
});

describe('CLM-07 issuer', () => {
  test.each([
    ['["https://evil.example","https://issuer.example"]', 'type'],
    ['["https://issuer.example"]', 'type'],
    ['{"0":"https://issuer.example"}', 'type'],
    ['1', 'type'],
    ['null', 'type'],
    ['""', 'mismatch'],
    ['"https://issuer.example/"', 'mismatch'],
    ['"https://issuer.exampl"', 'mismatch'],
    ['"https://issuer.example.evil"', 'mismatch'],
    ['"issuer.example"', 'mismatch'],
    ['"https://ISSUER.example"', 'mismatch'],
    ['"https://issuer.example\\u0000"', 'mismatch'],
    ['"https"', 'mismatch'],
    ['"h"', 'mismatch'],
  ] as const)('CLM-07 iss %s: %s', (iss, reason) => {
    for (const issuer of [ISSUER, [ISSUER], ['https://third.example', ISSUER]]) {
      expectFailures(rawToken('iss', iss), { issuer }, ['iss', reason]);
    }
    if (reason === 'type') expectFailures(rawToken('iss', iss), { issuer: null }, ['iss', 'type']);
  });

  test('CLM-07 a missing iss does not pass where one is expected; of a list, each one passes', () => {
    expectFailures(tokenOf({ iss: undefined }), {}, ['iss', 'missing']);
    expectAccepted(tokenOf({ iss: undefined }), { issuer: null });
    for (const iss of ['a', 'b']) expectAccepted(tokenOf({ iss }), { issuer: ['a', 'b'] });
    expectFailures(tokenOf({ iss: 'c' }), { issuer: ['a', 'b'] }, ['iss', 'mismatch']);
    expectFailures(tokenOf({ sub: 1 }), { subject: 'user-1' }, ['sub', 'type']);
    expectFailures(tokenOf({ sub: ['user-1'] }), {}, ['sub', 'type']);
    expectFailures(tokenOf({ sub: 'user-1 ' }), { subject: 'user-1' }, ['sub', 'mismatch']);
  });
});

describe('CLM-08 patterns in options', () => {
  test.each(['issuer', 'audience', 'subject', 'typ'])('CLM-08 a RegExp as %s is the caller’s mistake', (option) => {
    for (const value of [/.*/, /.*/g, [/.*/], ['x', /.*/], { test: () => true }, (text: string) => text !== '']) {
      expectTypeError(() => verifyJwt(tokenOf({}), KEY, { ...EXPECTED, [option]: value } as never), option);
    }
  });

  test('CLM-08 text with the look of a pattern is compared as text, in a time that does not explode', () => {
    const hostile = `${'a'.repeat(50_000)}!`;
    expectFailures(
      tokenOf({ iss: hostile, aud: hostile }),
      { issuer: '(a+)+$', audience: '^(a|a)*$' },
      ['iss', 'mismatch'],
      ['aud', 'mismatch'],
    );
    expectFailures(tokenOf({}), { issuer: '.*' }, ['iss', 'mismatch']);
  });
});

describe('CLM-09 required claims', () => {
  test.each(['iss', 'aud', 'exp'])('CLM-09 %s is required without asking', (claim) => {
    expectFailures(tokenOf({ [claim]: undefined }), {}, [claim, 'missing']);
  });

  test.each(['sub', 'jti', 'iat', 'nbf', 'scope', 'constructor'])('CLM-09 %s is required when asked for', (claim) => {
    const token = tokenOf({ [claim]: undefined });
    expectAccepted(token);
    expectFailures(token, { requiredClaims: [claim] }, [claim, 'missing']);
    if (claim === 'sub') expectFailures(token, { subject: 'user-1' }, ['sub', 'missing']);
    if (claim === 'iat') expectFailures(token, { maxAge: 60 }, ['iat', 'missing']);
  });

  test('CLM-09 a claim that is null is there but of the wrong type, or null to a required private claim', () => {
    expectFailures(tokenOf({ jti: null }), { requiredClaims: ['jti'] }, ['jti', 'type']);
    expectAccepted(tokenOf({ scope: null }), { requiredClaims: ['scope'] });
  });

  test('CLM-09 every failure is told, and only after the signature', () => {
    const token = tokenOf({ iss: 'x', aud: undefined, exp: NOW - 1, nbf: NOW + 9 });
    expectFailures(token, {}, ['iss', 'mismatch'], ['aud', 'missing'], ['exp', 'expired'], ['nbf', 'too-early']);
    const error = expectCode(verifyWith(token.slice(0, -5), {}), 'ERR_JWS_INVALID', token);
    expect(error.failures).toBeUndefined();
  });
});

describe('CLM-10 another kind of token', () => {
  const typed = (typ: unknown) => compact({ alg: 'HS256', ...(typ === undefined ? {} : { typ }) }, CLAIMS, sign);
  test.each(['at+jwt', 'AT+JWT', 'At+Jwt', 'application/at+jwt', 'APPLICATION/AT+JWT'])(
    'CLM-10 typ %s is at+jwt',
    (typ) => {
      expectAccepted(typed(typ), { typ: 'at+jwt' });
      expectAccepted(typed(typ), { typ: 'application/at+jwt' });
    },
  );

  test.each([
    'JWT',
    'jwt',
    'logout+jwt',
    'at+jwt; x=1',
    'at+jwt ',
    ' at+jwt',
    'at+jw',
    'text/at+jwt',
    'application/application/at+jwt',
    '/at+jwt',
    'at jwt',
    '',
  ])('CLM-10 typ "%s" is not', (typ) => expectFailures(typed(typ), { typ: 'at+jwt' }, ['header.typ', 'mismatch']));

  test('CLM-10 a missing typ, and one that is no string', () => {
    expectFailures(typed(undefined), { typ: 'at+jwt' }, ['header.typ', 'missing']);
    for (const typ of [['at+jwt'], null, 1, { a: 1 }])
      expectCode(verifyWith(typed(typ), { typ: 'at+jwt' }), 'ERR_JWS_INVALID');
  });

  test('CLM-10 a dotless ı or a Kelvin sign does not fold into ASCII', () => {
    expectFailures(typed('applıcation/at+jwt'), { typ: 'application/at+jwt' }, ['header.typ', 'mismatch']);
    expectFailures(typed('to\u212aen+jwt'), { typ: 'token+jwt' }, ['header.typ', 'mismatch']);
  });

  test('CLM-10 a nested JWT is not taken for its outside', () => {
    for (const cty of ['JWT', 'jwt', 'application/jwt', 'Application/JWT']) {
      const token = compact({ alg: 'HS256', cty }, CLAIMS, sign);
      expectCode(verifyWith(token, {}), 'ERR_JOSE_NOT_SUPPORTED', token);
    }
    const inner = tokenOf({});
    expectCode(verifyWith(compact({ alg: 'HS256' }, inner, sign), {}), 'ERR_JWT_INVALID', inner);
  });
});

describe('CLM-11 iat and maxAge', () => {
  test.each([
    [{ iat: NOW }, { maxAge: 60 }, undefined],
    [{ iat: NOW - 60 }, { maxAge: 60 }, undefined],
    [{ iat: NOW - 61 }, { maxAge: 60 }, 'too-old'],
    [{ iat: NOW - 61 }, { maxAge: '1m' }, 'too-old'],
    [{ iat: NOW - 61 }, { maxAge: 60, clockSkew: 1 }, undefined],
    [{ iat: NOW + 1 }, { maxAge: 60 }, 'too-early'],
    [{ iat: NOW + 1e9 }, { maxAge: 60 }, 'too-early'],
    [{ iat: NOW + 30 }, { maxAge: 60, clockSkew: 30 }, undefined],
    [{ iat: NOW + 31 }, { maxAge: 60, clockSkew: 30 }, 'too-early'],
    [{ iat: undefined }, { maxAge: 60 }, 'missing'],
    [{ iat: '1' }, { maxAge: 60 }, 'type'],
    [{ iat: -1 }, { maxAge: 60 }, 'too-old'],
    [{ iat: undefined }, {}, undefined],
  ] as const)('CLM-11 %j under %j: %s', (claims, expected, reason) => {
    if (reason === undefined) expectAccepted(tokenOf(claims), expected);
    else expectFailures(tokenOf(claims), expected, ['iat', reason]);
  });
});

/** A Standard Schema that accepts by a predicate and counts its calls. */
function schemaOf(
  accepts: (claims: Record<string, unknown>) => boolean,
  calls: unknown[] = [],
): StandardSchemaV1<typeof CLAIMS> {
  const validate = (value: unknown) => {
    calls.push(value);
    return accepts(value as Record<string, unknown>)
      ? { value: value as typeof CLAIMS }
      : { issues: [{ message: 'no', path: ['jti'] }] };
  };
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

describe('CLM-12 replay', () => {
  // A core without state cannot know what it has seen. Its hook for a jti store is the schema: once for each token,
  // after the signature, never for a forged one.
  test('CLM-12 the hook is called exactly once, after the signature, with the verified claims', () => {
    const seen = new Set<unknown>();
    const calls: unknown[] = [];
    const schema = schemaOf(({ iss, jti }) => !seen.has(`${iss} ${jti}`) && seen.add(`${iss} ${jti}`) === seen, calls);
    const token = tokenOf({ jti: 'once' });
    expect(verifyWith(token, { schema })).not.toThrow();
    expect(calls).toEqual([{ ...CLAIMS, jti: 'once' }]);
    expectCode(verifyWith(token, { schema }), 'ERR_JWT_CLAIM_VALIDATION_FAILED', token);
    expect(calls.length).toBe(2);
    const forged = compact({ alg: 'HS256' }, { ...CLAIMS, jti: 'twice' }, () => new Uint8Array(32));
    expectCode(verifyWith(forged, { schema }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', forged);
    expect(calls.length).toBe(2);
  });

  test.each([
    ['a promise', Promise.resolve({ value: {} })],
    ['a thenable that is no Promise', Object.fromEntries([['then', () => undefined]])],
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['an object that says neither value nor issues', {}],
  ])('CLM-12 a schema that returns %s has not accepted anything', (_, result) => {
    const validate = () => result as never;
    const schema: StandardSchemaV1<typeof CLAIMS> = { '~standard': { version: 1, vendor: 'test', validate } };
    expectTypeError(verifyWith(tokenOf({}), { schema }));
  });

  test('CLM-12 a schema’s words and the names it was given do not fill the error', () => {
    const name = 'a-name-that-the-sender-chose-'.repeat(5000);
    const validate = () => ({ issues: [{ message: `no good: ${CLAIMS.iss}`, path: [name] }] });
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as unknown as StandardSchemaV1<
      typeof CLAIMS
    >;
    const error = expectCode(
      verifyWith(tokenOf({ [name]: 1 }), { schema }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      CLAIMS.iss,
    );
    expect(error.message.length).toBeLessThan(1000);
  });
});

describe('CLM-13 replicated claims', () => {
  const recipient = kindOf('RSA-OAEP-256');
  const differing = ['iss', 'sub', 'aud'] as const;
  const keys = { decrypt: recipient.decrypting, verify: KEY };
  const refused = (header: object) => {
    const encrypted = encryptJwe(octets(JSON.stringify(CLAIMS)), recipient.encrypting, { header: { ...header } });
    const nested = encryptJwe(octets(tokenOf({})), recipient.encrypting, { header: { ...header, cty: 'JWT' } });
    return [
      () => decryptJwt(encrypted, recipient.decrypting, { ...EXPECTED, sender: null }),
      () => verifyNestedJwt(nested, keys, EXPECTED),
    ];
  };

  test.each(differing)('CLM-13 the %s that whoever routes the token reads is that of the claims', (name) => {
    for (const run of refused({ [name]: CLAIMS[name] })) expect(run).not.toThrow();
    for (const value of ['https://evil.example', `${CLAIMS[name]} `, [CLAIMS[name]], {}, null, 1, ''])
      for (const run of refused({ [name]: value }))
        expect(expectCode(run, 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
          { claim: `header.${name}`, reason: 'mismatch' },
        ]);
  });

  test('CLM-13 a prototype that others have polluted makes no two values equal', () => {
    for (const run of refused({ iss: ['x'] }))
      whilePolluted({ toJSON: () => 'x', iss: 'x', equals: () => true }, () =>
        expectCode(run, 'ERR_JWT_CLAIM_VALIDATION_FAILED'),
      );
  });
});

describe('CLM-14 reading taken for verifying', () => {
  const forged = compact({ alg: 'HS256' }, { ...CLAIMS, sub: 'admin' }, () => new Uint8Array(32));

  test('CLM-14 a refusal carries no claims, by any member', () => {
    for (const token of [
      forged,
      tokenOf({ sub: 'admin', exp: NOW - 1 }),
      tokenOf({ sub: 'admin', iss: 'https://evil.example' }),
    ]) {
      const run = verifyWith(token, {});
      let error: unknown;
      try {
        run();
      } catch (thrown) {
        error = thrown;
      }
      expect(JSON.stringify({ ...(error as object) })).not.toMatch(/admin|evil/);
      for (const name of ['claims', 'payload', 'token', 'jwt', 'header', 'key', 'value'])
        expect(error).not.toHaveProperty(name);
    }
  });

  test('CLM-14 what was only read is not verified, at run time', () => {
    const read = readUnverifiedJwt(forged);
    expect(read.claims.sub).toBe('admin');
    const verified = verifyJwt(tokenOf({}), KEY, EXPECTED);
    expect(isVerifiedJwt(verified)).toBe(true);
    const lookAlikes: unknown[] = [
      read,
      { ...verified },
      Object.create(VerifiedJwt.prototype),
      Object.create(verified),
      Object.setPrototypeOf({ ...read }, VerifiedJwt.prototype),
      new Proxy(verified, {}),
      structuredClone({ ...verified, key: undefined }),
      verifyJws(tokenOf({}), KEY),
      null,
      undefined,
      'token',
    ];
    for (const value of lookAlikes) expect(isVerifiedJwt(value)).toBe(false);
    const Constructor = VerifiedJwt as unknown as new (...args: unknown[]) => unknown;
    expectTypeError(() => new Constructor(read.claims, read.header));
    expectTypeError(() => new Constructor(Symbol('VerifiedJwt'), read.claims, read.header));
    expectTypeError(() => Reflect.construct(VerifiedJwt as never, [undefined, read.claims], Object));
    class Forged extends (VerifiedJwt as unknown as { new (...args: unknown[]): object }) {}
    expectTypeError(() => new Forged(read.claims));
    expect(() => Object.assign(verified, { claims: read.claims })).toThrow(TypeError);
  });

  test('CLM-14 nor at compile time', () => {
    type Assignable<From, To> = From extends To ? true : false;
    const unverified: Assignable<UnverifiedJwt, VerifiedJwt> = false;
    const written: Assignable<{ claims: object; header: object; key: object }, VerifiedJwt> = false;
    const itself: Assignable<VerifiedJwt, VerifiedJwt> = true;
    expect([unverified, written, itself]).toEqual([false, false, true]);
  });

  test('CLM-14 there is no claim without verification: every bad signature throws', () => {
    for (const signature of ['', 'AA', b64u(new Uint8Array(32))]) {
      const [header, payload] = forged.split('.');
      expect(verifyWith(`${header}.${payload}.${signature}`, {})).toThrow();
    }
  });
});

describe('CLM-15 many claims, odd names', () => {
  test('CLM-15 a name may be empty or strange; a hundred thousand claims are over the limit', () => {
    const odd = { '': 1, ' ': 2, '\u0000': 3, é: 4, [`${'n'.repeat(10_000)}`]: 5 };
    expect(verifyJwt(tokenOf(odd), KEY, EXPECTED).claims['']).toBe(1);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, 0]));
    const free = 1000 - Object.keys(CLAIMS).length;
    expectAccepted(tokenOf(many(free)));
    for (const count of [free + 1, 10_000]) expectCode(verifyWith(tokenOf(many(count)), {}), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(verifyWith(tokenOf(many(100_000)), {}), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectTypeError(() => signJwt(many(1001), KEY, { expiresIn: 60, now: NOW }));
  });
});

describe('CLM-16 look-alikes', () => {
  test.each([
    ['composed and decomposed é', 'https://caf\u00e9.example', 'https://cafe\u0301.example'],
    ['a Cyrillic а', 'https://paypal.example', 'https://p\u0430ypal.example'],
    ['a full-width solidus', 'https://issuer.example/a', 'https://issuer.example\uff0fa'],
    ['the Kelvin sign', 'Key', '\u212aey'],
    ['a zero-width joiner', 'https://issuer.example', 'https://issuer\u200d.example'],
    ['a soft hyphen', 'https://issuer.example', 'https://is\u00adsuer.example'],
    ['ligature ﬁ', 'https://file.example', 'https://\ufb01le.example'],
    ['punycode and its text', 'https://xn--caf-dma.example', 'https://caf\u00e9.example'],
    ['a percent escape', 'https://issuer.example/a', 'https://issuer.example/%61'],
  ])('CLM-16 %s', (_, ours, theirs) => {
    for (const [expected, sent] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      expectFailures(tokenOf({ iss: sent }), { issuer: expected }, ['iss', 'mismatch']);
      expectFailures(tokenOf({ aud: [sent] }), { audience: expected }, ['aud', 'mismatch']);
      expectFailures(tokenOf({ sub: sent }), { subject: expected }, ['sub', 'mismatch']);
      expectAccepted(tokenOf({ iss: expected }), { issuer: expected });
    }
  });
});
