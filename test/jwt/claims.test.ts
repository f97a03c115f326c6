// checkClaims is pure: claims, an expectation and an instant in; every failure out, in order.

import { describe, expect, test } from 'vitest';
import { checkClaims, type Expected, type JwtClaims } from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { whilePolluted } from '../support/pollution.ts';

const NOW = 1_700_000_000;
const UNCHECKED: Expected = { issuer: null, audience: null, expiry: 'optional' };
const failures = (claims: object, expected: Partial<Expected> = {}, now = NOW) =>
  checkClaims(claims as JwtClaims, { ...UNCHECKED, ...expected }, now).map(({ claim, reason }) => `${claim} ${reason}`);

describe('issuer and subject', () => {
  test('compared exactly, with one or with any of a list', () => {
    expect(failures({ iss: 'a' }, { issuer: 'a' })).toEqual([]);
    expect(failures({ iss: 'b' }, { issuer: ['a', 'b'] })).toEqual([]);
    for (const iss of ['A', 'a/', ' a', '']) expect(failures({ iss }, { issuer: ['a'] })).toEqual(['iss mismatch']);
    expect(failures({ sub: 'a' }, { subject: 'b' })).toEqual(['sub mismatch']);
  });

  test('the beginning of a subject, which goes on', () => {
    const subject = { prefix: 'spiffe://example.org/' };
    expect(failures({ sub: 'spiffe://example.org/api' }, { subject })).toEqual([]);
    for (const sub of ['spiffe://example.org/', 'spiffe://example.org.evil/api', 'x', ''])
      expect(failures({ sub }, { subject })).toEqual(['sub mismatch']);
    expect(failures({}, { subject })).toEqual(['sub missing']);
    expect(failures({ sub: ['spiffe://example.org/api'] }, { subject })).toEqual(['sub type']);
    for (const wrong of [
      { prefix: '' },
      { prefix: 5 },
      { prefix: 'a', suffix: 'b' },
      { begin: 'a' },
      Object.create(subject),
    ])
      expectTypeError(
        () => failures({}, { subject: wrong }),
        /^expected\.subject must be a string, several in an array, or/,
      );
  });

  test('missing, of a wrong type, not asked for', () => {
    expect(failures({}, { issuer: 'a', subject: 'a' })).toEqual(['iss missing', 'sub missing']);
    for (const value of [1, null, ['a'], {}, '\ud800'])
      expect(failures({ iss: value, sub: value })).toEqual(['iss type', 'sub type']);
    expect(failures({ iss: 'anyone', sub: 'anything' })).toEqual([]);
  });

  test('a part of an expected name is not the name', () => {
    for (const name of ['b', 'ab', 'bc', ''])
      expect(failures({ iss: name, sub: name, aud: name }, { issuer: 'abc', subject: 'abc', audience: 'abc' })).toEqual(
        ['iss mismatch', 'sub mismatch', 'aud mismatch'],
      );
  });

  test('what is inherited is not said', () => {
    expect(failures(Object.create({ iss: 'a' }), { issuer: 'a' })).toEqual(['iss missing']);
    const expected = { issuer: 'a', subject: 'a', audience: 'a', expiry: 'required', maxAge: 60 } as const;
    const inherited = Object.create({ iss: 'a', sub: 'a', aud: 'a', exp: NOW + 60, iat: NOW, nbf: 'x', jti: 1 });
    expect(failures(inherited, expected)).toEqual([
      'iss missing',
      'sub missing',
      'aud missing',
      'exp missing',
      'iat missing',
    ]);
    expect(failures(Object.assign(Object.create({ iat: NOW - 90 }), { exp: NOW + 60 }), { maxLifetime: 60 })).toEqual(
      [],
    );
    expect(failures({}, { requiredClaims: ['toString'] })).toEqual(['toString missing']);
  });
});

describe('audience', () => {
  test.each([
    [{ aud: 'a' }, 'a', []],
    [{ aud: ['x', 'a'] }, 'a', []],
    [{ aud: ['x', 'b'] }, ['a', 'b'], []],
    [{ aud: 'x' }, 'a', ['aud mismatch']],
    [{ aud: ['x', 'y'] }, ['a', 'b'], ['aud mismatch']],
    [{ aud: [] }, 'a', ['aud mismatch']],
    [{}, 'a', ['aud missing']],
    [{ aud: 1 }, 'a', ['aud type']],
    [{ aud: ['a', 1] }, 'a', ['aud type']],
    [{ aud: { 0: 'a' } }, 'a', ['aud type']],
    [{ aud: null }, null, ['aud type']],
    [{ aud: ['a', null] }, null, ['aud type']],
    [{ aud: 'anyone' }, null, []],
    [{}, null, []],
  ] as const)('%j for %j', (claims, audience, expected) => {
    expect(failures(claims, { audience })).toEqual(expected);
  });
});

describe('an issuer of many tenants', () => {
  const TENANT = '5a0e1c2d-0000-4000-8000-00000000000a';
  const iss = `https://login.example/${TENANT}/v2.0`;
  const issuer = { template: 'https://login.example/{tid}/v2.0', claim: 'tid' } as const;

  test('the whole iss is compared, with the tenant of the claim in its place', () => {
    expect(failures({ iss, tid: TENANT }, { issuer })).toEqual([]);
    for (const wrong of [
      `${iss}/`,
      iss.toUpperCase(),
      'https://login.example/{tid}/v2.0',
      `https://evil.example/${iss}`,
    ])
      expect(failures({ iss: wrong, tid: TENANT }, { issuer })).toEqual(['iss mismatch']);
    expect(failures({ iss, tid: TENANT.replace('a', 'b') }, { issuer })).toEqual(['iss mismatch']);
    expect(failures({ tid: TENANT }, { issuer })).toEqual(['iss missing']);
    expect(failures({ iss: 5, tid: TENANT }, { issuer })).toEqual(['iss type']);
  });

  test('the tenant must be a UUID, as issuers write it', () => {
    expect(failures({ iss }, { issuer })).toEqual(['tid missing']);
    expect(failures({ iss, tid: 5 }, { issuer })).toEqual(['tid type']);
    for (const tid of ['', 'common', `${TENANT}/x`, `x${TENANT}`, `${TENANT}\n`, TENANT.toUpperCase(), '{tid}', '$&'])
      expect(failures({ iss: `https://login.example/${tid}/v2.0`, tid }, { issuer })).toEqual(['tid mismatch']);
    expect(failures(Object.assign(Object.create({ tid: TENANT }), { iss }), { issuer })).toEqual(['tid missing']);
  });

  test('or one of those that are allowed, and no other', () => {
    const named = { ...issuer, allow: ['one', '$&', 'a/b'] };
    for (const tid of named.allow)
      expect(failures({ iss: `https://login.example/${tid}/v2.0`, tid }, { issuer: named })).toEqual([]);
    expect(failures({ iss, tid: TENANT }, { issuer: named })).toEqual(['tid mismatch']);
  });

  test.each([
    { template: 'https://login.example/v2.0', claim: 'tid' },
    { template: 'https://login.example/{tid}/{tid}', claim: 'tid' },
    { template: 'https://login.example/{tid}/{oid}', claim: 'tid' },
    { template: 'https://login.example/{oid}', claim: 'tid' },
    { template: 'https://login.example/{}', claim: '' },
    { template: 'https://login.example/{tid}' },
    { template: 'https://login.example/v2.0' },
    { claim: 'tid' },
    { template: 'https://login.example/{tid}', claim: 'tid', allow: [] },
    { template: 'https://login.example/{tid}', claim: 'tid', allow: 'one' },
    { template: 'https://login.example/{tid}', claim: 'tid', allowed: ['one'] },
    { template: ['https://login.example/{tid}'], claim: 'tid' },
    { template: 'https://login.example/\ud800{tid}', claim: 'tid' },
    { template: 'https://login.example/{\ud800}', claim: '\ud800' },
    { template: 'https://login.example/{5}', claim: 5 },
    { template: 'https://login.example/}{tid}', claim: 'tid' },
    { template: 'https://login.example/{tid}}', claim: 'tid' },
    Object.assign(Object.create({ claim: 'tid' }), { template: 'https://login.example/{tid}' }),
    Object.assign(new URL('https://login.example/'), { template: 'https://login.example/{tid}', claim: 'tid' }),
    new URL('https://login.example/'),
  ])('%j is no template', (wrong) => {
    expectTypeError(
      () => failures({}, { issuer: wrong as never }),
      /^expected\.issuer must be a name such as 'https:\/\/issuer\.example', several in an array, a template such as/,
    );
  });
});

describe('other claims', () => {
  test('each has its value, or one of a list, exactly', () => {
    const claims = { token_use: 'access', verified: true, level: 3, groups: ['a'] };
    expect(failures(claims, { claims: { token_use: 'access', verified: true, level: [2, 3] } })).toEqual([]);
    expect(
      failures(claims, { claims: { token_use: ['id', 'ACCESS'], verified: 'true', level: '3', groups: 'a', hd: 'x' } }),
    ).toEqual(['token_use mismatch', 'verified mismatch', 'level mismatch', 'groups mismatch', 'hd missing']);
    expect(failures({}, { claims: { toString: 'x' }, requiredClaims: ['toString'] })).toEqual(['toString missing']);
    expect(failures({ sub: 'b' }, { subject: ['a', 'b'] })).toEqual([]);
    expect(failures({ sub: 'c' }, { subject: ['a', 'b'] })).toEqual(['sub mismatch']);
  });

  test('a name like that of a registered claim is another name', () => {
    for (const name of ['xiss', 'issx', 'xsub', 'audience', 'xexp', 'nbfx', 'iat_', 'jti'])
      expect(failures({ [name]: 1.5 }, { claims: { [name]: 1.5 } })).toEqual(name === 'jti' ? ['jti type'] : []);
    expect(failures({}, { header: { xalg: 'a', typx: 'a', xcrit: 'a', b64x: 'a' } })).toEqual([]);
  });

  test('a number is one that JSON keeps', () => {
    for (const level of [0, -1.5, 2 ** 53 - 1, 1 - 2 ** 53])
      expect(failures({ level }, { claims: { level } })).toEqual([]);
    for (const level of [2 ** 53, -(2 ** 53), 1e300, Number.POSITIVE_INFINITY])
      expectTypeError(() => failures({ level }, { claims: { level } }), /^expected\.claims must be/);
  });

  test.each([
    { iss: 'a' },
    { sub: 'a' },
    { aud: 'a' },
    { exp: 1 },
    { nbf: 1 },
    { iat: 1 },
    { client_id: 'a', iss: 'a' },
    { client_id: undefined },
    { client_id: null },
    { client_id: [] },
    { client_id: ['a', undefined] },
    // biome-ignore lint/suspicious/noSparseArray: a hole is no value
    { client_id: ['a', , 'b'] },
    { client_id: { eq: 'a' } },
    { level: Number.NaN },
    { name: '\ud800' },
    ['client_id'],
    'client_id',
  ])('%j is refused', (claims) => {
    expectTypeError(
      () => failures({}, { claims: claims as never }),
      /^expected\.claims must be values by claim, such as/,
    );
  });

  test.each([{ alg: 'ES256' }, { typ: 'JWT' }, { crit: 'b64' }, { b64: true }])(
    'the header’s %j is refused',
    (header) => {
      expectTypeError(() => failures({}, { header }), /^expected\.header must be values by parameter, such as/);
    },
  );
});

describe('time', () => {
  test('maxLifetime: from iat to exp, and from now where there is no iat', () => {
    expect(failures({ iat: NOW, exp: NOW + 60 }, { maxLifetime: 60 })).toEqual([]);
    expect(failures({ iat: NOW - 30, exp: NOW + 31 }, { maxLifetime: '1m', clockSkew: 30 })).toEqual(['exp too-long']);
    expect(failures({ exp: NOW + 60 }, { maxLifetime: 60 })).toEqual([]);
    expect(failures({ exp: NOW + 61 }, { maxLifetime: 60 })).toEqual(['exp too-long']);
    expect(failures({ exp: NOW + 90 }, { maxLifetime: 60, clockSkew: 30 })).toEqual([]);
    expect(failures({ exp: (NOW + 60) * 1000 }, { maxLifetime: '10w' })).toEqual(['exp too-long']);
  });

  test('maxLifetime: an iat that is ahead does not lengthen it, and no exp is no lifetime', () => {
    expect(failures({ iat: NOW + 900, exp: NOW + 960 }, { maxLifetime: 60 })).toEqual(['exp too-long']);
    expect(failures({ iat: NOW + 10, exp: NOW + 70 }, { maxLifetime: 60, clockSkew: 10 })).toEqual([]);
    expect(failures({ iat: 'x', exp: NOW + 60 }, { maxLifetime: 60 })).toEqual(['iat type']);
    expect(failures({}, { maxLifetime: 60 })).toEqual(['exp missing']);
    expect(failures({ exp: NOW }, { maxLifetime: 60 })).toEqual(['exp expired']);
  });

  test('exp: required unless told otherwise, and now is before it', () => {
    expect(failures({}, { expiry: 'required' })).toEqual(['exp missing']);
    expect(failures({}, { expiry: undefined } as never)).toEqual(['exp missing']);
    expect(failures({})).toEqual([]);
    expect(failures({ exp: NOW + 0.001 })).toEqual([]);
    expect(failures({ exp: NOW })).toEqual(['exp expired']);
    expect(failures({ exp: NOW - 29 }, { clockSkew: 30 })).toEqual([]);
    for (const clockSkew of [600, '10m'] as const) expect(failures({ exp: NOW - 599 }, { clockSkew })).toEqual([]);
    expect(failures({ exp: NOW - 30 }, { clockSkew: '30s' })).toEqual(['exp expired']);
  });

  test('nbf: now is not before it', () => {
    expect(failures({ nbf: NOW })).toEqual([]);
    expect(failures({ nbf: NOW + 0.001 })).toEqual(['nbf too-early']);
    expect(failures({ nbf: NOW + 30 }, { clockSkew: 30 })).toEqual([]);
    expect(failures({ nbf: NOW + 31 }, { clockSkew: 30 })).toEqual(['nbf too-early']);
  });

  test('maxAge: iat must be there, not too long ago, and not ahead', () => {
    expect(failures({}, { maxAge: 60 })).toEqual(['iat missing']);
    expect(failures({ iat: NOW - 60 }, { maxAge: '1m' })).toEqual([]);
    expect(failures({ iat: NOW - 60.5 }, { maxAge: 60 })).toEqual(['iat too-old']);
    expect(failures({ iat: NOW - 90 }, { maxAge: 60, clockSkew: 30 })).toEqual([]);
    expect(failures({ iat: NOW - 91 }, { maxAge: 60, clockSkew: 30 })).toEqual(['iat too-old']);
    expect(failures({ iat: NOW + 1 }, { maxAge: 60 })).toEqual(['iat too-early']);
    expect(failures({ iat: NOW + 30 }, { maxAge: 60, clockSkew: 30 })).toEqual([]);
    expect(failures({ iat: NOW + 1 })).toEqual([]);
  });

  test('a date that is no finite number', () => {
    for (const value of ['1', null, true, [], Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(failures({ exp: value, nbf: value, iat: value })).toEqual(['exp type', 'nbf type', 'iat type']);
    }
  });
});

test('jti and required claims', () => {
  expect(failures({ jti: 1 })).toEqual(['jti type']);
  expect(failures({ a: null }, { requiredClaims: ['a', 'b'] })).toEqual(['b missing']);
  expect(failures({}, { requiredClaims: ['iss'], issuer: 'a' })).toEqual(['iss missing']);
});

test('every failure, in the order of the registered claims', () => {
  const claims = { iss: 'x', sub: 1, aud: [], exp: 1, nbf: NOW + 1, iat: 'x', jti: null };
  const expected = { issuer: 'a', subject: 'a', audience: 'a', requiredClaims: ['z'] };
  expect(failures(claims, expected)).toEqual([
    ...[
      'iss mismatch',
      'sub type',
      'aud mismatch',
      'exp expired',
      'nbf too-early',
      'iat type',
      'jti type',
      'z missing',
    ],
  ]);
});

test.each([
  [{ audience: null }, /issuer/],
  [{ issuer: null }, /audience/],
  [{ issuer: undefined, audience: null }, /issuer/],
  [{ ...UNCHECKED, issuer: [] }, /issuer/],
  [{ ...UNCHECKED, issuer: /a/ }, /issuer/],
  [{ ...UNCHECKED, audience: [1] }, /audience/],
  [{ ...UNCHECKED, subject: null }, /subject/],
  [{ ...UNCHECKED, typ: 1 }, /typ/],
  [{ ...UNCHECKED, requiredClaims: 'exp' }, /requiredClaims/],
  [{ ...UNCHECKED, expiry: true }, /expiry/],
  [{ ...UNCHECKED, maxAge: -1 }, /maxAge/],
  [{ ...UNCHECKED, clockSkew: 601 }, /clockSkew/],
  [{ ...UNCHECKED, clockSkew: '11m' }, /clockSkew/],
  [{ ...UNCHECKED, crit: [] }, /crit/],
  [{ ...UNCHECKED, algorithms: ['none'] }, /algorithms/],
  [{ ...UNCHECKED, algorithms: [] }, /algorithms/],
  [{ ...UNCHECKED, schema: {} }, /schema/],
  [{ ...UNCHECKED, schema: null }, /schema/],
  [{ ...UNCHECKED, schema: 'zod' }, /schema/],
  [{ ...UNCHECKED, schema: { '~standard': undefined } }, /schema/],
  [{ ...UNCHECKED, schema: { '~standard': { version: 2, validate: () => ({ value: 1 }) } } }, /schema/],
  [{ ...UNCHECKED, schema: { '~standard': { version: 1, validate: true } } }, /schema/],
  [{ ...UNCHECKED, now: 'now' }, /now/],
  [{ ...UNCHECKED, issuers: 'a' }, /issuers/],
  [undefined, /expected/],
  [null, /expected/],
  ['issuer', /expected/],
])('an expectation that is not sound: %#', (expected, name) => {
  expectTypeError(() => checkClaims({}, expected as never, NOW), name);
});

test('nothing is expected that only Object.prototype has', () => {
  const polluted = { typ: 'x', subject: 'x', claims: { x: 1 }, requiredClaims: ['x'], maxAge: 1, maxLifetime: 1 };
  const check = () => checkClaims({ exp: NOW + 60 }, { issuer: null, audience: null }, NOW);
  expect(whilePolluted(polluted, check)).toEqual([]);
  expectTypeError(
    () => whilePolluted({ issuer: null, audience: null }, () => checkClaims({}, {} as never, NOW)),
    /issuer/,
  );
});

test('now must be given', () => {
  expectTypeError(() => checkClaims({}, UNCHECKED, undefined as never), /now/);
  expectTypeError(() => checkClaims({}, UNCHECKED, Number.NaN), /now/);
});
