import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  type Expected,
  type ExpectedValues,
  explainJwt,
  importJwks,
  isVerifiedJwt,
  type JoseError,
  signJwt,
  VerifiedJwt,
  verifyJwt,
} from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const NOW = 1_700_000_000;
const EXPECTED: Expected = { issuer: 'i', audience: 'a', now: NOW };
const CLAIMS = { iss: 'i', aud: 'a', iat: NOW, exp: NOW + 60 };
const key = secretKey('HS256');
const token = forge('HS256', { alg: 'HS256', typ: 'JWT' }, CLAIMS);
const payload = (text: string | Uint8Array) => forge('HS256', { alg: 'HS256' }, text);

afterEach(() => vi.useRealTimers());

describe('a good token', () => {
  test('gives its claims, its header and the key that signed', () => {
    const verified = verifyJwt(token, key, EXPECTED);
    expect(verified.claims).toEqual(CLAIMS);
    expect(verified.header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(verified.key).toBe(key);
  });

  test('is judged by the clock when no instant is given', () => {
    const { now: _, ...expected } = EXPECTED;
    vi.useFakeTimers({ now: NOW * 1000 });
    expect(isVerifiedJwt(verifyJwt(token, key, expected))).toBe(true);
    vi.setSystemTime((NOW + 60) * 1000);
    expectCode(() => verifyJwt(token, key, expected), 'ERR_JWT_EXPIRED');
    expect(verifyJwt(token, key, { ...EXPECTED, now: new Date(NOW * 1000) }).claims.exp).toBe(NOW + 60);
  });

  test('two verifications share nothing that can be written', () => {
    const [first, second] = [verifyJwt(token, key, EXPECTED), verifyJwt(token, key, EXPECTED)];
    Object.assign(first.claims, { sub: 'admin' });
    expect(second.claims).toEqual(CLAIMS);
    expect(() => Object.assign(first.header, { alg: 'none' })).toThrow(TypeError);
  });
});

describe('VerifiedJwt', () => {
  const verify = () => verifyJwt(token, key, EXPECTED);

  test('cannot be made by anyone else', () => {
    const Open = VerifiedJwt as never as new (...args: unknown[]) => object;
    expectTypeError(() => new Open(), /verifyJwt/);
    expectTypeError(() => new Open(Symbol('VerifiedJwt'), {}, {}, key), /verifyJwt/);
    class Forged extends Open {}
    expectTypeError(() => new Forged({}, {}, key), /verifyJwt/);
  });

  test('is told from anything that looks like it', () => {
    const verified = verify();
    expect(isVerifiedJwt(verified)).toBe(true);
    expect(verified).toBeInstanceOf(VerifiedJwt);
    const { claims, header } = verified;
    const fakes: unknown[] = [
      { claims, header, key },
      { ...verified },
      Object.create(verified),
      Object.create(VerifiedJwt.prototype),
      new Proxy(verified, {}),
      structuredClone({ claims, header }),
      null,
      undefined,
      token,
    ];
    for (const fake of fakes) expect(isVerifiedJwt(fake), inspect(fake)).toBe(false);
  });

  test('does not change', () => {
    expect(() => Object.assign(verify(), { claims: {} })).toThrow(TypeError);
  });
});

describe('what fails before the signature', () => {
  test.each([
    ['not a string', 1],
    ['two parts', 'a.b'],
    ['four parts', `${token}.`],
    ['a padded part', `${token}=`],
    ['white space', ` ${token}`],
  ])('%s', (_, text) => {
    expectCode(() => verifyJwt(text as string, key, EXPECTED), 'ERR_JWS_INVALID', text);
  });

  test('over 256 KiB', () => {
    expectCode(() => verifyJwt('x'.repeat(256 * 1024 + 1), key, EXPECTED), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('an unencoded payload, a nested JWT', () => {
    expectCode(
      () => verifyJwt(forge('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, CLAIMS), key, EXPECTED),
      'ERR_JWT_INVALID',
    );
    for (const cty of ['JWT', 'jwt', 'application/jwt']) {
      expectCode(
        () => verifyJwt(forge('HS256', { alg: 'HS256', cty }, CLAIMS), key, EXPECTED),
        'ERR_JOSE_NOT_SUPPORTED',
      );
    }
    for (const cty of ['json', 'jwts', 'xjwt', 'text/jwt', 'x-application/jwt'])
      expect(verifyJwt(forge('HS256', { alg: 'HS256', cty }, CLAIMS), key, EXPECTED).claims).toEqual(CLAIMS);
  });

  test('critical extensions, unless the caller knows them', () => {
    const critical = forge('HS256', { alg: 'HS256', crit: ['x'], x: 1 }, CLAIMS);
    expectCode(() => verifyJwt(critical, key, EXPECTED), 'ERR_JOSE_NOT_SUPPORTED');
    expect(verifyJwt(critical, key, { ...EXPECTED, crit: ['x'] }).header.x).toBe(1);
  });

  test('algorithms', () => {
    expect(verifyJwt(token, key, { ...EXPECTED, algorithms: ['HS256', 'ES256'] }).claims).toEqual(CLAIMS);
    expectCode(() => verifyJwt(token, key, { ...EXPECTED, algorithms: ['ES256'] }), 'ERR_JOSE_ALG_NOT_ALLOWED');
  });
});

describe('what fails after it', () => {
  test.each(['', 'x', '[]', '"a"', 'null', '{"iss":"i","iss":"j"}', Uint8Array.of(0x7b, 0xff, 0x7d)])(
    'a payload that is no claims set: %j',
    (text) => {
      expectCode(() => verifyJwt(payload(text), key, EXPECTED), 'ERR_JWT_INVALID', text);
    },
  );

  test('a payload that is too deep', () => {
    expectCode(
      () => verifyJwt(payload(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`), key, EXPECTED),
      'ERR_JOSE_LIMIT_EXCEEDED',
    );
  });

  test('expired and nothing else', () => {
    const error = expectCode(() => verifyJwt(token, key, { ...EXPECTED, now: NOW + 60 }), 'ERR_JWT_EXPIRED', token);
    expect(error.failures).toEqual([{ claim: 'exp', reason: 'expired' }]);
  });

  test('every failed claim is told, expired or not', () => {
    const expected = { ...EXPECTED, issuer: 'x', audience: 'x', now: NOW + 60, typ: 'at+jwt', requiredClaims: ['jti'] };
    const error = expectCode(() => verifyJwt(token, key, expected), 'ERR_JWT_CLAIM_VALIDATION_FAILED', token);
    expect(error.failures?.toSorted((a, b) => (a.claim < b.claim ? -1 : 1))).toEqual([
      { claim: 'aud', reason: 'mismatch' },
      { claim: 'exp', reason: 'expired' },
      { claim: 'header.typ', reason: 'mismatch' },
      { claim: 'iss', reason: 'mismatch' },
      { claim: 'jti', reason: 'missing' },
    ]);
  });

  test.each([
    ['at+jwt', 'at+jwt', true],
    ['application/at+jwt', 'at+jwt', true],
    ['AT+JWT', 'application/at+jwt', true],
    ['at+jwt; charset=utf-8', 'at+jwt', false],
    ['JWT', 'at+jwt', false],
    ['example/at+jwt', 'at+jwt', false],
    [undefined, 'JWT', false],
  ])('typ %s where %s is expected: %s', (typ, expected, good) => {
    const typed = forge('HS256', { alg: 'HS256', ...(typ !== undefined && { typ }) }, CLAIMS);
    const verify = () => verifyJwt(typed, key, { ...EXPECTED, typ: expected });
    if (good) return expect(verify().header.typ).toBe(typ);
    const error = expectCode(verify, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    return expect(error.failures).toEqual([
      { claim: 'header.typ', reason: typ === undefined ? 'missing' : 'mismatch' },
    ]);
  });
});

describe('header', () => {
  const signed = forge('HS256', { alg: 'HS256', signer: 'arn:1', client: 5 }, CLAIMS);
  const failures = (header: ExpectedValues) => {
    try {
      verifyJwt(signed, key, { ...EXPECTED, header, typ: undefined });
      return [];
    } catch (error) {
      return (error as JoseError).failures?.map(({ claim, reason }) => `${claim} ${reason}`);
    }
  };

  test('protected parameters have the expected values, exactly', () => {
    expect(failures({ signer: 'arn:1', client: [4, 5] })).toEqual([]);
    expect(failures({ signer: 'arn:2', client: '5', region: 'a' })).toEqual([
      'header.signer mismatch',
      'header.client mismatch',
      'header.region missing',
    ]);
    expect(failures({ toString: 'x' })).toEqual(['header.toString missing']);
  });

  test('or must be present', () => {
    const { header: _, ...others } = { ...EXPECTED, header: undefined };
    expect(verifyJwt(signed, key, { ...others, requiredHeader: ['signer'] }).header.signer).toBe('arn:1');
    const verify = () =>
      verifyJwt(signed, key, { ...others, requiredHeader: ['kid', 'toString'], header: { kid: 'a' } });
    expect(expectCode(verify, 'ERR_JWT_CLAIM_VALIDATION_FAILED', signed).failures).toEqual([
      { claim: 'header.kid', reason: 'missing' },
      { claim: 'header.toString', reason: 'missing' },
    ]);
    const { steps } = explainJwt(signed, key, { ...others, requiredHeader: ['kid'] });
    expect(steps).toContainEqual(
      expect.objectContaining({ name: 'header.kid', outcome: 'failed', remedy: 'a token with header.kid' }),
    );
  });
});

describe('a token for Microsoft Graph', () => {
  const graph = forge('HS256', { alg: 'HS256', nonce: 'n' }, CLAIMS);
  const rest = graph.slice(graph.indexOf('.'));

  test('has a nonce that was changed after it was signed, and the error says so', () => {
    const changed = `${Buffer.from(JSON.stringify({ alg: 'HS256', nonce: 'm' })).toString('base64url')}${rest}`;
    const error = expectCode(() => verifyJwt(changed, key, EXPECTED), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', changed);
    expect(error.message).toContain('tokens for Microsoft Graph, which others cannot verify');
    expect(explainJwt(changed, key, EXPECTED).steps.find(({ name }) => name === 'signature')?.reason).toBe(
      error.message,
    );
  });

  test('others with a nonce verify, or fail as ever', () => {
    expect(verifyJwt(graph, key, EXPECTED).header.nonce).toBe('n');
    expectCode(() => verifyJwt(`${graph}=`, key, EXPECTED), 'ERR_JWS_INVALID');
    const other = forge('HS256', { alg: 'HS256' }, CLAIMS).replace(/.{8}$/, 'AAAAAAAA');
    const error = expectCode(() => verifyJwt(other, key, EXPECTED), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', other);
    expect(error.message).toBe('the signature does not verify');
  });
});

describe('maxMembers', () => {
  const roles = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`client-${i}`, i]));
  const large = forge('HS256', { alg: 'HS256' }, { ...CLAIMS, roles });

  test('more than 1,000 members by choice only', () => {
    expectCode(() => verifyJwt(large, key, EXPECTED), 'ERR_JOSE_LIMIT_EXCEEDED', large);
    expectCode(() => verifyJwt(large, key, { ...EXPECTED, maxMembers: 1500 }), 'ERR_JOSE_LIMIT_EXCEEDED', large);
    expect(verifyJwt(large, key, { ...EXPECTED, maxMembers: 2000 }).claims.roles).toEqual(roles);
    expectCode(() => verifyJwt(token, key, { ...EXPECTED, maxMembers: 2 }), 'ERR_JOSE_LIMIT_EXCEEDED', token);
  });
});

describe('schema', () => {
  const schema = z.object({ scope: z.string().transform((text) => text.split(' ')), level: z.number().int() });
  const signed = signJwt({ iss: 'i', aud: 'a', scope: 'read write', level: 3 }, key, { expiresIn: 60, now: NOW });

  test('types the claims, and what it makes of them is what comes out', () => {
    const { claims } = verifyJwt(signed, key, { ...EXPECTED, schema });
    const scope: string[] = claims.scope;
    expect({ ...claims, scope }).toEqual({ scope: ['read', 'write'], level: 3 });
  });

  test('its issues are failures like any others, by claim and without values', () => {
    const wrong = signJwt({ iss: 'x', aud: 'a', scope: 7, level: 'seven seven seven' }, key, {
      expiresIn: 60,
      now: NOW,
    });
    const error = expectCode(
      () => verifyJwt(wrong, key, { ...EXPECTED, schema }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      wrong,
      'seven seven seven',
    );
    expect(error.failures?.map(({ claim }) => claim).toSorted()).toEqual(['iss', 'level', 'scope']);
    const absent = expectCode(() => verifyJwt(token, key, { ...EXPECTED, schema }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(absent.failures?.map(({ claim }) => claim).toSorted()).toEqual(['level', 'scope']);
  });

  test('a schema of any make, with paths as the standard has them', () => {
    const standard = (result: unknown) =>
      ({ '~standard': { version: 1, vendor: 'test', validate: () => result } }) as never;
    const failing = (issues: unknown) =>
      expectCode(
        () => verifyJwt(token, key, { ...EXPECTED, schema: standard({ issues }) }),
        'ERR_JWT_CLAIM_VALIDATION_FAILED',
      );
    expect(failing([{ message: 'm', path: ['a', 0] }]).failures?.map(({ claim }) => claim)).toEqual(['a.0']);
    expect(failing([{ message: 'm', path: [{ key: 'b' }] }]).failures?.map(({ claim }) => claim)).toEqual(['b']);
    expect(failing([{ message: 'm' }, { message: 'm', path: [] }]).failures?.map(({ claim }) => claim)).toEqual([
      '',
      '',
    ]);
    expect(verifyJwt(token, key, { ...EXPECTED, schema: standard({ value: 'anything' }) }).claims).toBe('anything');
    const callable = Object.assign(() => 0, {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ value: 1 }) },
    });
    expect(verifyJwt(token, key, { ...EXPECTED, schema: callable as never }).claims).toBe(1);
  });

  test('it is asked only once the signature holds', () => {
    const validate = vi.fn(() => ({ value: 1 }));
    const spy = { '~standard': { version: 1, vendor: 'test', validate } } as never;
    expectCode(
      () => verifyJwt(`${token.slice(0, -4)}AAAA`, key, { ...EXPECTED, schema: spy }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    );
    expect(validate).not.toHaveBeenCalled();
  });

  test('an asynchronous schema is the caller’s mistake', () => {
    const slow = z.object({}).refine(async () => true);
    expect(() => verifyJwt(token, key, { ...EXPECTED, schema: slow })).toThrow();
    const promise = { '~standard': { version: 1, vendor: 'test', validate: async () => ({ value: 1 }) } } as const;
    expectTypeError(() => verifyJwt(token, key, { ...EXPECTED, schema: promise as never }), /schema/);
  });
});

describe('the caller’s mistakes are TypeErrors, before the token is looked at', () => {
  test.each([
    [undefined, /expected/],
    [{}, /issuer/],
    [{ issuer: 'i' }, /audience/],
    [{ ...EXPECTED, ignoreExpiration: true }, /ignoreExpiration/],
    [{ ...EXPECTED, maxAge: 'x' }, /maxAge/],
    [{ ...EXPECTED, clockSkew: 601 }, /clockSkew/],
    [{ ...EXPECTED, clockSkew: -1 }, /clockSkew/],
    [{ ...EXPECTED, algorithms: [] }, /algorithms/],
    [{ ...EXPECTED, now: Number.NaN }, /now/],
  ])('expected: %j', (expected, name) => {
    for (const text of [token, 'not a token']) expectTypeError(() => verifyJwt(text, key, expected as never), name);
  });

  test('keys', () => {
    for (const keys of ['secret', undefined, null, {}, [key]])
      expectTypeError(() => verifyJwt(token, keys as never, EXPECTED), /^keys? /);
    expectTypeError(() => verifyJwt(token, keyPairs.ES256.privateKey, EXPECTED), /^key is private/);
    expectCode(() => verifyJwt(token, importJwks({ keys: [] }), EXPECTED), 'ERR_JWKS_NO_MATCHING_KEY');
  });
});

describe('a schema that does not accept in so many words', () => {
  const answering = (answer: unknown) =>
    ({ '~standard': { version: 1, vendor: 'test', validate: () => answer } }) as unknown as NonNullable<
      Expected['schema']
    >;

  test.each([[[]], [new Set([1])], ['no'], [{ length: 0 }]])(
    'issues %j are a refusal, whatever else is there',
    (issues) => {
      for (const answer of [{ issues }, { issues, value: CLAIMS }]) {
        const error = expectCode(
          () => verifyJwt(token, key, { ...EXPECTED, schema: answering(answer) }),
          'ERR_JWT_CLAIM_VALIDATION_FAILED',
        );
        expect(error.failures).toEqual([{ claim: '', reason: 'mismatch' }]);
      }
    },
  );

  test('a promise is a TypeError, and its rejection ends no process', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const schema = answering(Promise.reject(new Error('late')));
    expectTypeError(() => verifyJwt(token, key, { ...EXPECTED, schema }), 'schema');
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('an answer with a then of its own is taken as it is', async () => {
    // biome-ignore lint/suspicious/noThenProperty: what is told apart from a promise
    const answer = { value: 1, then: vi.fn() };
    expect(verifyJwt(token, key, { ...EXPECTED, schema: answering(answer) }).claims).toBe(1);
    await new Promise(setImmediate);
    expect(answer.then).not.toHaveBeenCalled();
  });

  test('a value that is inherited, or no object at all, is a TypeError', () => {
    for (const answer of [Object.create({ value: 1 }), {}, true, undefined, null])
      expectTypeError(() => verifyJwt(token, key, { ...EXPECTED, schema: answering(answer) }), 'schema');
    expect(verifyJwt(token, key, { ...EXPECTED, schema: answering({ value: undefined }) }).claims).toBeUndefined();
  });
});
