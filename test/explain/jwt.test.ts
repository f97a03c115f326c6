import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  type Expected,
  explainJwt,
  exportJwk,
  importJwks,
  importKey,
  type Key,
  KeySet,
  signJwt,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

const NOW = 1_700_000_000;
const ISSUER = 'https://issuer.example';
const EXPECTED: Expected = { issuer: ISSUER, audience: 'api', now: NOW };
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'the subject of the token', iat: NOW, exp: NOW + 60 };
const key = secretKey('HS256');
const token = forge('HS256', { alg: 'HS256', typ: 'JWT' }, CLAIMS);

const WALK = ['structure', 'header', 'extensions', 'algorithm', 'key', 'payload', 'signature', 'claims set'];
const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];
const stepOf = (explanation: ReturnType<typeof explainJwt>, name: string) =>
  explanation.steps.find((step) => step.name === name);

test('a good token: every step passed, in order, each with its section and a plain reason', () => {
  const { valid, code, steps } = explainJwt(token, key, EXPECTED);
  expect([valid, code]).toEqual([true, undefined]);
  expect(steps.map(({ name }) => name)).toEqual([...WALK, ...REGISTERED]);
  for (const step of steps) {
    expect(step).toMatchObject({ outcome: 'passed', section: expect.stringMatching(/^RFC \d{4} §/) });
    expect(step.reason.length).toBeGreaterThan(5);
    expect(step).not.toHaveProperty('remedy');
  }
});

test('the clock is read once: the verdict is of the instant that is told', () => {
  let time = NOW * 1000;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (time += 1000));
  const { now, ...expected } = EXPECTED;
  const { valid, at } = explainJwt(forge('HS256', { alg: 'HS256' }, { ...CLAIMS, exp: NOW + 2 }), key, expected);
  clock.mockRestore();
  expect([valid, at]).toEqual([true, NOW + 1]);
});

describe('a bad token: the step that failed, what would have made it pass, and the rest skipped', () => {
  test.each<[string, unknown, string, string, Partial<Expected>]>([
    ['not a string', 42, 'structure', 'ERR_JWS_INVALID', {}],
    ['two parts', 'a.b', 'structure', 'ERR_JWS_INVALID', {}],
    ['too long', 'x'.repeat(300_000), 'structure', 'ERR_JOSE_LIMIT_EXCEEDED', {}],
    ['a header that is no JSON', `AAAA${token}`, 'header', 'ERR_JWS_INVALID', {}],
    ['a nested JWT', forge('HS256', { alg: 'HS256', cty: 'JWT' }, CLAIMS), 'header', 'ERR_JOSE_NOT_SUPPORTED', {}],
    ['b64 false', forge('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, 'x'), 'header', 'ERR_JWT_INVALID', {}],
    [
      'an unknown extension',
      forge('HS256', { alg: 'HS256', crit: ['x'], x: 1 }, CLAIMS),
      'extensions',
      'ERR_JOSE_NOT_SUPPORTED',
      {},
    ],
    ['alg none', forge('HS256', { alg: 'none' }, CLAIMS), 'algorithm', 'ERR_JOSE_ALG_NOT_ALLOWED', {}],
    ['alg not in the list', token, 'algorithm', 'ERR_JOSE_ALG_NOT_ALLOWED', { algorithms: ['ES256'] }],
    ['alg of another key', forge('ES256', { alg: 'ES256' }, CLAIMS), 'key', 'ERR_JOSE_ALG_NOT_ALLOWED', {}],
    ['a payload that is no base64url', token.replace(/\.(.*)\./, '.$1=.'), 'payload', 'ERR_JWS_INVALID', {}],
    ['another signature', token.replace(/.{8}$/, 'AAAAAAAA'), 'signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', {}],
    ['a signature that is no base64url', `${token}=`, 'signature', 'ERR_JWS_INVALID', {}],
    ['a payload that is no object', forge('HS256', { alg: 'HS256' }, '[]'), 'claims set', 'ERR_JWT_INVALID', {}],
  ])('%s', (_, text, name, code, more) => {
    const explanation = explainJwt(text, key, { ...EXPECTED, ...more });
    expect([explanation.valid, explanation.code]).toEqual([false, code]);
    expect(explanation.steps.map((step) => step.name)).toEqual(WALK);
    expect(explanation.steps.map(({ outcome }) => outcome)).toEqual(
      WALK.map((step, i) => (step === name ? 'failed' : i < WALK.indexOf(name) ? 'passed' : 'skipped')),
    );
    expect(stepOf(explanation, name)?.remedy?.length).toBeGreaterThan(10);
    for (const step of explanation.steps.filter(({ outcome }) => outcome === 'skipped'))
      expect(step.reason).toContain(name);
    expect(codeOf(() => verifyJwt(text as string, key, { ...EXPECTED, ...more }))).toBe(code);
  });
});

describe('keys', () => {
  const named = (alg: 'ES256' | 'ES384', kid: string): Key => importKey(nodePair(alg).publicKey, { kid });
  const set = new KeySet([named('ES256', 'a'), named('ES256', 'b'), named('ES384', 'c'), keyPairs.Ed25519.publicKey]);
  const reason = (header: object, keys: Key | KeySet = set) =>
    stepOf(explainJwt(forge('ES256', header, CLAIMS), keys, EXPECTED), 'key')?.reason ?? '';

  test('every candidate is told, and what speaks for or against it', () => {
    expect(reason({ alg: 'ES256', kid: 'a' })).toMatch(
      /kid="a" }: fits; .*kid="b" }: another kid; .*kid="c" }: another kid; .*another kid$/,
    );
    expect(reason({ alg: 'ES256' })).toMatch(
      /kid="a" }: fits; .*kid="b" }: fits; .*kid="c" }: another alg; .*another alg$/,
    );
    expect(reason({ alg: 'ES256', kid: 'z' })).toMatch(/^no key .* another kid$/);
    expect(reason({ alg: 'ES256' }, new KeySet([]))).toContain('the set is empty');
    expect(reason({ alg: 'ES256' }, keyPairs.ES256.publicKey)).toContain('Key { ES256 public }');
  });

  test('none fits, or several do', () => {
    const explain = (header: object) => explainJwt(forge('ES256', header, CLAIMS), set, EXPECTED);
    expect(explain({ alg: 'ES256', kid: 'z' }).code).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(explain({ alg: 'ES256' }).code).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    expect(explain({ alg: 'ES256', kid: 'b' }).valid).toBe(true);
  });
});

describe('claims', () => {
  const schema = z.object({ scope: z.string() });
  const wrong = {
    iss: 'https://attacker.example',
    aud: 7,
    exp: NOW - 100,
    nbf: NOW + 100,
    iat: NOW - 1000,
    jti: 'x',
    scope: 9,
  };
  const expected: Expected = {
    ...EXPECTED,
    subject: 'someone',
    typ: 'at+jwt',
    requiredClaims: ['tenant', 'jti'],
    maxAge: 60,
    schema: schema as never,
  };
  const bad = forge('HS256', { alg: 'HS256', typ: 'JWT' }, wrong);

  test('all of them are told, passed or failed, and the code is that of verifyJwt', () => {
    const explanation = explainJwt(bad, key, expected);
    const outcomes = explanation.steps.slice(WALK.length).map(({ name, outcome }) => `${name} ${outcome}`);
    expect(outcomes).toEqual([
      ...[
        'header.typ failed',
        'iss failed',
        'sub failed',
        'aud failed',
        'exp failed',
        'nbf failed',
        'iat failed',
        'jti passed',
      ],
      ...['tenant failed', 'schema failed'],
    ]);
    expect(explanation.code).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(codeOf(() => verifyJwt(bad, key, expected))).toBe(explanation.code);
    for (const step of explanation.steps.filter(({ outcome }) => outcome === 'failed'))
      expect(step.remedy).toBeTruthy();
  });

  test('expired and nothing else', () => {
    const explanation = explainJwt(token, key, { ...EXPECTED, now: NOW + 60 });
    expect(explanation.code).toBe('ERR_JWT_EXPIRED');
    expect(stepOf(explanation, 'exp')).toMatchObject({ outcome: 'failed', remedy: 'a fresh token' });
  });

  test('what would have passed names what is expected, and how old is too old', () => {
    const explanation = explainJwt(bad, key, expected);
    expect(stepOf(explanation, 'iss')?.remedy).toContain('https://issuer.example');
    expect(stepOf(explanation, 'sub')?.remedy).toContain('someone');
    expect(stepOf(explanation, 'header.typ')?.remedy).toContain('at+jwt');
    expect(stepOf(explanation, 'iat')?.remedy).toContain('60 s');
    expect(stepOf(explanation, 'tenant')?.remedy).toContain('tenant');
    expect(stepOf(explanation, 'aud')?.remedy).toContain('RFC 7519');
    expect(
      stepOf(explainJwt(forge('HS256', { alg: 'HS256' }, {}), key, { ...EXPECTED, issuer: null }), 'exp')?.remedy,
    ).toContain('exp');
  });

  test('a claim that nobody checks, and a claim that is not there', () => {
    const explanation = explainJwt(token, key, { issuer: null, audience: null, now: NOW });
    expect(stepOf(explanation, 'iss')?.reason).toContain('not compared');
    expect(stepOf(explanation, 'nbf')?.reason).toContain('absent');
    expect(
      stepOf(
        explainJwt(forge('HS256', { alg: 'HS256' }, { ...CLAIMS, scope: 'a' }), key, {
          ...EXPECTED,
          schema: schema as never,
        }),
        'schema',
      )?.outcome,
    ).toBe('passed');
  });

  test('values are shown only when asked for, and never whole when they are long', () => {
    expectSilent(explainJwt(bad, key, expected), 'https://attacker.example', bad);
    expectSilent(explainJwt(token, key, EXPECTED), CLAIMS.sub, token);
    expect(JSON.stringify(explainJwt(bad, key, expected, { values: false }))).not.toContain('attacker');
    const shown = explainJwt(bad, key, expected, { values: true });
    expect(stepOf(shown, 'iss')?.reason).toContain('https://attacker.example');
    expect(stepOf(shown, 'exp')?.reason).toContain('100 s');
    const long = forge('HS256', { alg: 'HS256' }, { ...CLAIMS, sub: 'x'.repeat(5000) });
    expect(JSON.stringify(explainJwt(long, key, EXPECTED, { values: true })).length).toBeLessThan(4000);
  });
});

test('the caller’s mistakes are TypeErrors, as in verifyJwt', () => {
  expectTypeError(() => explainJwt(token, 'secret' as never, EXPECTED), /^keys? /);
  expectTypeError(() => explainJwt(token, keyPairs.ES256.privateKey, EXPECTED), /^key is private/);
  expectTypeError(() => explainJwt(token, key, {} as never), /issuer/);
  const slow = { '~standard': { version: 1, vendor: 'test', validate: async () => ({ value: 1 }) } };
  expectTypeError(() => explainJwt(token, key, { ...EXPECTED, schema: slow as never }), /schema/);
  expectTypeError(() => explainJwt(token, key, EXPECTED, { value: true } as never), /value/);
  expectTypeError(() => explainJwt(token, key, EXPECTED, { values: 1 } as never), /values/);
});

test('the explanation does not change, and proves nothing', () => {
  const explanation = explainJwt(signJwt(CLAIMS, key, { expiresIn: null }), key, EXPECTED);
  expect(Object.isFrozen(explanation)).toBe(true);
  expect(Object.keys(explanation)).toEqual(['valid', 'steps', 'at']);
  expect(explanation.at).toBe(NOW);
});

describe('what was copied along with a token is named', () => {
  test.each([
    [`Bearer ${token}`, 'the token begins with the scheme "Bearer", which is not part of it'],
    [`bearer ${token}`, 'the token begins with the scheme "Bearer", which is not part of it'],
    [`"${token}"`, 'the token stands in quotes, which are not part of it'],
    [`${token}'`, 'the token stands in quotes, which are not part of it'],
    [`${token}\n`, 'the token begins or ends with white space or a line break'],
    [` ${token}`, 'the token begins or ends with white space or a line break'],
  ])('%j', (text, words) => {
    const explanation = explainJwt(text, key, EXPECTED);
    expect(explanation.valid).toBe(false);
    expect(stepOf(explanation, 'structure')?.reason).toContain(`; ${words}`);
  });

  test('a clean token, and what is no text, get no such words', () => {
    expect(stepOf(explainJwt(token, key, EXPECTED), 'structure')?.reason).not.toContain(';');
    expect(stepOf(explainJwt(7, key, EXPECTED), 'structure')?.reason).not.toContain(';');
  });
});

describe('keys that were skipped', () => {
  const good = { ...exportJwk(keyPairs.ES256.publicKey), kid: 'good' };
  const signed = signJwt({ iss: ISSUER, aud: 'api' }, importKey(nodePair('ES256').privateKey, { kid: 'bad' }), {
    expiresIn: 60,
    now: NOW,
  });
  const reasonOf = (keys: object[]) => stepOf(explainJwt(signed, importJwks({ keys }), EXPECTED), 'key')?.reason;

  test('the key of this kid: why it was skipped, in the explanation and in the error', () => {
    const keys = [good, { ...good, kid: 'bad', x: 'AA' }];
    const words = '; the key of this kid was skipped: the x of the key is missing or malformed';
    expect(reasonOf(keys)).toContain(words);
    expect(() => verifyJwt(signed, importJwks({ keys }), EXPECTED)).toThrow(words);
    expect(reasonOf([good, { ...good, kid: 'other', x: 'AA' }])).not.toContain('was skipped');
    // The set has a key of this kid: its alg is why it does not fit.
    const ed = { ...exportJwk(keyPairs.Ed25519.publicKey), kid: 'bad' };
    expect(reasonOf([ed, { ...good, kid: 'bad', x: 'AA' }])).not.toContain('was skipped');
  });

  test('a token without a kid is told of none', () => {
    const bare = signJwt({ iss: ISSUER, aud: 'api' }, importKey(nodePair('ES384').privateKey), {
      expiresIn: 60,
      now: NOW,
    });
    const keys = importJwks({ keys: [good, { kty: 'EC' }] });
    expect(stepOf(explainJwt(bare, keys, EXPECTED), 'key')?.reason).not.toContain('was skipped');
  });

  test('a set without a usable key: how many were skipped, and why the first', () => {
    expect(reasonOf([{ kty: 'EC', kid: 'x' }, {}])).toContain(
      'considered: nothing, the set has no usable key: 2 skipped, the first because the crv of the key is missing or malformed',
    );
    expect(reasonOf([])).toContain('considered: nothing, the set is empty');
  });
});

describe('expectations beside the registered claims', () => {
  const iss = 'https://login.example/one/v2.0';
  const issuer = { template: 'https://login.example/{tid}/v2.0', claim: 'tid', allow: ['one'] };
  const explain = (claims: object, more: Partial<Expected> = {}) =>
    explainJwt(forge('HS256', { alg: 'HS256', signer: 'arn:1' }, { ...CLAIMS, ...claims }), key, {
      ...EXPECTED,
      ...more,
    });

  test('each has a step, with the values that would do', () => {
    const more: Partial<Expected> = {
      issuer,
      claims: { typ: ['Bearer', 'ID'] },
      header: { signer: 'arn:2' },
      typ: 'JWT',
    };
    const explanation = explain({ iss, tid: 'two', typ: 'Refresh' }, more);
    expect(stepOf(explanation, 'tid')).toMatchObject({ outcome: 'failed', remedy: 'tid ["one"]' });
    expect(stepOf(explanation, 'typ')).toMatchObject({ outcome: 'failed', remedy: 'typ ["Bearer","ID"]' });
    expect(stepOf(explanation, 'header.signer')).toMatchObject({ outcome: 'failed', remedy: 'header.signer "arn:2"' });
    expect(stepOf(explanation, 'header.typ')).toMatchObject({ outcome: 'failed', remedy: 'header.typ "JWT"' });
    expect(explain({ iss: `${iss}/`, tid: 'one' }, { issuer }).steps).toContainEqual(
      expect.objectContaining({ name: 'iss', remedy: 'iss "https://login.example/{tid}/v2.0"' }),
    );
    expect(stepOf(explain({ iss, tid: 'two' }, { issuer }), 'iss')).toMatchObject({
      outcome: 'skipped',
      reason: 'not compared: it depends on tid',
    });
    const { steps } = explain({ sub: 'other' }, { subject: { prefix: 'user-' } });
    expect(steps).toContainEqual(expect.objectContaining({ name: 'sub', remedy: 'sub "user-..."' }));
    const any = { template: issuer.template, claim: 'tid' };
    expect(stepOf(explain({ iss, tid: 'one' }, { issuer: any }), 'tid')?.remedy).toBe('tid "a UUID"');
    expect(
      explain({ iss, tid: 'one', typ: 'ID' }, { ...more, header: { signer: 'arn:1' }, typ: undefined }).valid,
    ).toBe(true);
  });

  test('an exp in milliseconds is noted, and refused by maxLifetime', () => {
    const late = explain({ exp: (NOW + 60) * 1000 });
    expect(late.valid).toBe(true);
    expect(stepOf(late, 'exp')?.reason).toContain('milliseconds instead of seconds? expected.maxLifetime refuses it');
    const refused = stepOf(explain({ exp: (NOW + 60) * 1000 }, { maxLifetime: '1h' }), 'exp');
    expect(refused).toMatchObject({ reason: 'the token lives longer than you accept' });
    expect(refused?.remedy).toBe('a token of at most 3600 s from iat and from now to exp');
  });

  test('as many members as verifyJwt reads', () => {
    const roles = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`client-${i}`, i]));
    expect(explain({ roles }).code).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(explain({ roles }, { maxMembers: 2000 }).valid).toBe(true);
  });
});

describe('what providers are known for', () => {
  const GRAPH = '00000003-0000-0000-c000-000000000000';
  const ENTRA = 'https://login.microsoftonline.com/one/v2.0';
  const { aud: _, ...noAudience } = CLAIMS;

  test.each<[string, object, Partial<Expected>, string | undefined]>([
    ['iss', { iss: 'https://i.example/' }, { issuer: 'https://i.example' }, 'differ by a final slash only'],
    ['iss', { iss: 'https://i.example' }, { issuer: ['x', 'https://i.example/'] }, 'differ by a final slash only'],
    ['iss', { iss: 'accounts.google.com' }, { issuer: 'https://accounts.google.com' }, 'with and without https://'],
    ['iss', { iss: 'https://sts.windows.net/one/' }, { issuer: ENTRA }, 'requestedAccessTokenVersion to 2'],
    ['iss', { iss: 'https://sts.windows.net/one/' }, { issuer: 'https://i.example' }, undefined],
    ['iss', { iss: 'https://other.example' }, { issuer: 'https://i.example' }, undefined],
    ['iss', { iss: 5 }, { issuer: 'https://i.example' }, undefined],
    ['aud', { aud: GRAPH }, {}, 'is for Microsoft Graph'],
    ['aud', { aud: 'x' }, {}, undefined],
    ['sub', { sub: 'x' }, { subject: 'y' }, undefined],
  ])('%s of %j where %j is expected', (name, claims, more, note) => {
    const token = forge('HS256', { alg: 'HS256' }, { ...CLAIMS, ...claims });
    const step = stepOf(explainJwt(token, key, { ...EXPECTED, ...more }), name);
    expect(step?.outcome).toBe('failed');
    if (note === undefined) expect(step?.reason).not.toContain(';');
    else expect(step?.reason).toContain(note);
  });

  test('an access token of Cognito has no aud', () => {
    const reason = (claims: object) =>
      stepOf(explainJwt(forge('HS256', { alg: 'HS256' }, { ...noAudience, ...claims }), key, EXPECTED), 'aud')?.reason;
    expect(reason({ token_use: 'access' })).toContain('expect audience null and claims.client_id');
    expect(reason({ token_use: 'id' })).toBe('the token does not have it');
  });
});
