// What a verifier says of a token when it is asked to explain: the verdict of verify by the keys at hand, and never an exception.

import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { explainToken } from '../../src/explain/verifier.ts';
import { createVerifier, type Explanation, explainJwt, type VerifierOptions } from '../../src/index.ts';
import { NAME, SYNC_LAG, world } from '../issuer/issuing.ts';
import { codeOf } from '../support/code.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { A, AUDIENCE, a1, answerOf, B, BAD, b1, GOOD, NOW, remoteWorld, setOf, tokenOf } from '../verifier/world.ts';

const OPTIONS: VerifierOptions = { issuer: A, audience: AUDIENCE, keys: setOf(a1), clock: () => NOW };
const verifier = createVerifier(OPTIONS);
const several = createVerifier({
  issuers: [
    { issuer: A, audience: AUDIENCE, keys: setOf(a1) },
    { issuer: B, audience: AUDIENCE, keys: setOf(b1) },
  ],
  clock: () => NOW,
});
const outcomes = ({ steps }: Explanation) => steps.map(({ name, outcome }) => `${name} ${outcome}`);

describe('one issuer', () => {
  test.each([['good', GOOD], ...Object.entries(BAD)])('a token %s: what explainJwt says', (_, token) => {
    const expected = { issuer: A, audience: AUDIENCE, now: NOW };
    for (const values of [false, true]) {
      const told = explainToken(verifier, token, { values });
      expect(told).toEqual(explainJwt(token, setOf(a1), expected, { values }));
      expect(told.code ?? null).toBe(codeOf(() => verifier.verifySync(token)));
    }
  });

  test('by the clock, and by the schema as it was given, with a cache, too', () => {
    const validate = vi.fn(() => true);
    const schema = z.object({ sub: z.string().refine(validate) });
    const cached = createVerifier({ ...OPTIONS, schema, cache: { max: 1 } });
    cached.verifySync(GOOD);
    expect(explainToken(cached, GOOD)).toMatchObject({ valid: true });
    expect(validate).toHaveBeenCalledTimes(2);
    expect(outcomes(explainToken(cached, GOOD)).at(-1)).toBe('schema passed');
    expect(explainToken(createVerifier({ ...OPTIONS, clock: () => NOW + 300 }), GOOD).code).toBe('ERR_JWT_EXPIRED');
  });

  test('the options are read strictly', () => {
    for (const options of [{ value: true }, { values: 1 }, null, Object.create({ values: true })])
      for (const one of [verifier, several])
        expectTypeError(() => explainToken(one, GOOD, options as never), 'options');
  });

  test.each([undefined, null, 1, {}])('%o is explained, too', (token) => {
    for (const one of [verifier, several])
      expect(explainToken(one, token as never)).toMatchObject({ valid: false, code: 'ERR_JWS_INVALID' });
  });
});

describe('remote keys', () => {
  test('those at hand, and no request is made for more', async () => {
    const { issuer, verifier } = remoteWorld();
    const told = explainToken(verifier, GOOD);
    expect(told).toMatchObject({ valid: false, code: 'ERR_JWKS_UNAVAILABLE' });
    expect(told.steps.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      name: 'key',
      reason: expect.stringContaining('not available now'),
      remedy: expect.stringContaining('warm()'),
    });
    expect(outcomes(told)).toEqual([
      'structure passed',
      'header passed',
      'extensions passed',
      'algorithm passed',
      'key failed',
      'payload skipped',
      'signature skipped',
      'claims set skipped',
    ]);
    expect(issuer.requests).toEqual([]);
    await verifier.warm();
    expect(explainToken(verifier, GOOD)).toMatchObject({ valid: true });
    issuer.now += 100_000;
    expect(explainToken(verifier, GOOD).code).toBe('ERR_JWKS_UNAVAILABLE');
    expect(issuer.requests.length).toBe(1);
  });

  test('what no key would make good is told as that', () => {
    const { verifier } = remoteWorld({ algorithms: ['RS256'] });
    expect(explainToken(verifier, GOOD).code).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(explainToken(verifier, 'x').code).toBe('ERR_JWS_INVALID');
  });

  test('a kid that the set at hand lacks', async () => {
    const { issuer, verifier } = remoteWorld();
    await verifier.warm();
    issuer.answer = answerOf(b1);
    expect(explainToken(verifier, tokenOf(a1, {}, { kid: 'x' })).code).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(issuer.requests.length).toBe(1);
  });
});

describe('the keys of an issuer', () => {
  test('those at hand; too old ones are none, and that they are read again is told', async () => {
    const at = await world();
    const verifier = createVerifier({ issuer: NAME, audience: AUDIENCE, keys: at.issuer, clock: () => at.now });
    const token = await at.issuer.sign({}, { audience: AUDIENCE, expiresIn: '1h' });
    expect(explainToken(verifier, token)).toMatchObject({ valid: true });
    at.now += SYNC_LAG / 2;
    const told = explainToken(verifier, token);
    expect(told).toMatchObject({ valid: false, code: 'ERR_JWKS_UNAVAILABLE' });
    expect(told.steps.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      name: 'key',
      reason: 'the keys of the issuer are not available now',
    });
    await verifier.warm();
    expect(explainToken(verifier, token)).toMatchObject({ valid: true });
  });

  test('a kid that it never had is an unknown kid', async () => {
    const at = await world();
    const verifier = createVerifier({ issuer: A, audience: AUDIENCE, keys: at.issuer, clock: () => NOW });
    expect(explainToken(verifier, GOOD).code).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });
});

describe('several issuers', () => {
  test('a token is explained by the keys of the issuer it names', () => {
    expect(explainToken(several, GOOD)).toMatchObject({ valid: true });
    expect(explainToken(several, tokenOf(b1, { iss: B }))).toMatchObject({ valid: true });
    expect(explainToken(several, tokenOf(b1)).code).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  const nobodys = [
    tokenOf(a1, { iss: 'https://somebody-else.example' }),
    tokenOf(a1, { iss: undefined }),
    tokenOf(a1, { iss: 7 }),
    BAD['with claims that are no JSON'] ?? '',
    BAD['with a claim twice'] ?? '',
    GOOD.replace(/\.[^.]*\./, '.=.'),
  ];
  test.each(nobodys)('a token that is nobody’s: the step that found it out', (token) => {
    for (const values of [false, true]) {
      const told = explainToken(several, token, { values });
      expect(told.code).toBe(codeOf(() => several.verifySync(token)));
      expect(outcomes(told)).toEqual([
        'structure passed',
        'header passed',
        'issuer failed',
        'extensions skipped',
        'algorithm skipped',
        'key skipped',
        'payload skipped',
        'signature skipped',
        'claims set skipped',
      ]);
      if (!values) expectSilent(told, token, 'https://somebody-else.example');
    }
  });

  test('its iss is told only when asked for', () => {
    const token = tokenOf(a1, { iss: 'https://somebody-else.example' });
    const reasonOf = (values: boolean) => explainToken(several, token, { values }).steps[2]?.reason;
    expect(explainToken(several, token).at).toBe(NOW);
    expect(reasonOf(false)).toBe('claims refused: "iss" mismatch');
    expect(reasonOf(true)).toBe('iss "https://somebody-else.example": claims refused: "iss" mismatch');
  });

  test.each<string>(['x', 'a.b.c', GOOD.replace(/^[^.]*/, 'e30')])('%s, which cannot be read at all', (token) => {
    const expected = { issuer: null, audience: null, now: NOW };
    expect(explainToken(several, token)).toEqual(explainJwt(token, setOf(), expected));
  });

  test('every token that is refused', () => {
    for (const token of Object.values(BAD)) {
      expect(explainToken(several, token).code).toBe(codeOf(() => several.verifySync(token)));
      expect(Object.isFrozen(explainToken(several, token))).toBe(true);
    }
  });

  test('what a schema throws is its own matter', () => {
    const validate = () => {
      throw new RangeError('of its own');
    };
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const issuers = [{ issuer: A, audience: AUDIENCE, keys: setOf(a1), schema }];
    expect(() => explainToken(createVerifier({ issuers, clock: () => NOW }), GOOD)).toThrow(RangeError);
  });
});

test('nothing but a verifier is asked', () => {
  for (const value of [undefined, {}, { explain: () => ({}) }, Object.create(Object.getPrototypeOf(verifier))])
    expectTypeError(
      () => explainToken(value as never, GOOD),
      /^verifier must be a Verifier, as createVerifier returns it/,
    );
});
