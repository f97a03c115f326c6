// The tokens of the test kit: each good one is accepted, and each bad one refused for the reason on its label and no other.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  bearerFetch,
  createKeyVerifier,
  createVerifier,
  explainToken,
  importJwks,
  verifyJwt,
} from '../../src/index.ts';
import { type RefusalName, type TestAlgorithm, testIssuer } from '../../src/testing/testing.ts';

const OPTIONS = { issuer: 'https://issuer.example', audience: 'api' };
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** The error of a promise that must be rejected: its code and failures. */
async function refusalOf(verdict: Promise<unknown>): Promise<{ code: unknown; failures: unknown }> {
  try {
    await verdict;
  } catch (error) {
    const { code, failures } = Object(error);
    return { code, failures };
  }
  throw new Error('the token was accepted');
}

function algorithmsOf(name: string): readonly TestAlgorithm[] {
  // A token of 'other-algorithm' is made in two ways; the others do not depend on the algorithm.
  return name === 'other-algorithm' ? ['RS256', 'ES256'] : ['ES256'];
}

describe('refusals', () => {
  const names = testIssuer({ ...OPTIONS, typ: 'at+jwt' })
    .refusals()
    .map(({ name }) => name);

  test('there are 24, each once', () => {
    expect(names).toHaveLength(24);
    expect(new Set(names).size).toBe(24);
  });

  test.each([
    { claims: { sub: 'admin' } },
    { claims: { sub: undefined } },
    { audience: ['api', 'not-api'] },
    { claims: { sub: undefined, exp: undefined } },
  ])('each is refused as its label says, whatever the good tokens have: %j', async (change) => {
    const issuer = testIssuer({ ...OPTIONS, ...change });
    const verifier = createVerifier(issuer.verifierOptions);
    for (const { token, code } of issuer.refusals()) expect((await refusalOf(verifier.verify(token))).code).toBe(code);
  });

  test.each(names.flatMap((name) => algorithmsOf(name).map((algorithm) => [name, algorithm] as const)))(
    '%s (%s) is refused as its label says, by each verifier',
    async (name, algorithm) => {
      const issuer = testIssuer({ ...OPTIONS, typ: 'at+jwt', algorithm });
      const { token, code, failure, why } = issuer.refusal(name);
      const verifier = createVerifier(issuer.verifierOptions);
      const expected = { code, failures: failure && [failure] };
      expect(await refusalOf(verifier.verify(token))).toEqual(expected);
      expect((await explainToken(verifier, token)).code).toBe(code);
      const { remote: _, ...options } = issuer.verifierOptions;
      const withKeys = createKeyVerifier({ ...options, keys: importJwks(issuer.jwks) });
      // Keys that are given have no list of algorithms with public keys only: there, no key fits HS256.
      const given = name === 'hs256-public-key' ? { ...expected, code: 'ERR_JWKS_NO_MATCHING_KEY' } : expected;
      expect(await refusalOf(withKeys.verify(token))).toEqual(given);
      expect(why).toMatch(/^[a-z].* \(RFC \d+ §[\d.]+\)$/);
    },
  );

  test.each(names)('%s is a 401 of a guard, without a word about the cause', async (name) => {
    const issuer = testIssuer({ ...OPTIONS, typ: 'at+jwt' });
    const guard = bearerFetch(createVerifier(issuer.verifierOptions), () => new Response('let through'));
    const headers = { authorization: `Bearer ${issuer.refusal(name).token}` };
    const { status, headers: answered } = await guard(new Request('https://api.example/', { headers }));
    expect([status, answered.get('www-authenticate')]).toEqual([401, 'Bearer realm="api", error="invalid_token"']);
  });

  test('a token of the attacker is good under the attacker’s key: only the key is wrong', async () => {
    const issuer = testIssuer(OPTIONS);
    issuer.fail('redirect', { document: 'keys' });
    const attackers = importJwks(await (await issuer.fetch(issuer.jwksUri)).text());
    const expected = { issuer: OPTIONS.issuer, audience: 'api', now: issuer.now };
    const { token } = issuer.refusal('forged-signature');
    expect(verifyJwt(token, attackers, expected).claims.sub).toBe('user-1');
    expect(() => verifyJwt(issuer.sign(), attackers, expected)).toThrow('signature');
  });

  test('they are made for the clock, the newest key and the claims of the issuer', async () => {
    const issuer = testIssuer({ ...OPTIONS, audience: ['api', 'other'], claims: { scope: 'orders:read' } });
    issuer.rotate();
    issuer.advance('1d');
    const verifier = createVerifier(issuer.verifierOptions);
    for (const { token, code } of issuer.refusals()) expect((await refusalOf(verifier.verify(token))).code).toBe(code);
    const { token } = issuer.refusal('expired');
    const [header = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header).kid).toBe('key-2');
    expect(JSON.parse(claims)).toMatchObject({ scope: 'orders:read', exp: issuer.now - 3600 });
  });

  test('issuer-slash takes a slash away from an issuer that has one', () => {
    const issuer = testIssuer({ ...OPTIONS, issuer: 'https://issuer.example/' });
    const { token } = issuer.refusal('issuer-slash');
    const [, claims = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).iss).toBe('https://issuer.example');
  });

  test('wrong-typ is there only where the issuer has a typ, and differs from JWT also', async () => {
    const untyped = testIssuer(OPTIONS);
    expect(untyped.refusals().map(({ name }) => name)).toEqual(names.filter((name) => name !== 'wrong-typ'));
    expect(() => untyped.refusal('wrong-typ')).toThrow(
      new TypeError(`name must be one of ${names.filter((name) => name !== 'wrong-typ').join(', ')}`),
    );
    for (const typ of ['JWT', 'application/jwt', 'logout+jwt']) {
      const issuer = testIssuer({ ...OPTIONS, typ });
      const { token, failure } = issuer.refusal('wrong-typ');
      const verdict = await refusalOf(createVerifier(issuer.verifierOptions).verify(token));
      expect(verdict.failures).toEqual([failure]);
    }
  });

  test('a name that is none is a TypeError', () => {
    const issuer = testIssuer(OPTIONS);
    expect(() => issuer.refusal('stale' as RefusalName)).toThrow(/^name must be one of expired, not-yet-valid, /);
  });
});

test('the page lists each of them, as it is', () => {
  const page = readFileSync(new URL('../../src/testing/README.md', import.meta.url), 'utf8');
  const issuer = testIssuer({ ...OPTIONS, typ: 'at+jwt' });
  const rows = issuer.refusals().map(({ name, code, failure, why }) => {
    const fault = failure ? `\`${failure.claim}\` ${failure.reason}` : '';
    return `| \`${name}\` | ${why} | \`${code}\` | ${fault} |`;
  });
  expect(page).toContain(`| name | the token | code | \`failure\` |\n|---|---|---|---|\n${rows.join('\n')}\n\n`);
});

describe('good tokens', () => {
  test.each(ALGORITHMS)('%s', async (algorithm) => {
    const issuer = testIssuer({ ...OPTIONS, algorithm });
    const { claims, header } = await createVerifier(issuer.verifierOptions).verify(issuer.sign());
    expect(header).toEqual({ alg: algorithm, typ: 'JWT', kid: 'key-1' });
    expect(claims).toEqual({
      iss: OPTIONS.issuer,
      aud: 'api',
      sub: 'user-1',
      iat: 1_700_000_000,
      exp: 1_700_000_300,
    });
  });

  test('claims and options are those of the issuer, of the call, or neither', async () => {
    const issuer = testIssuer({ ...OPTIONS, typ: 'at+jwt', claims: { scope: 'orders:read', sub: 'user-2' } });
    const verifier = createVerifier(issuer.verifierOptions);
    const ofIssuer = await verifier.verify(issuer.sign());
    expect(ofIssuer.claims).toMatchObject({ sub: 'user-2', scope: 'orders:read' });
    expect(ofIssuer.header.typ).toBe('at+jwt');
    const token = issuer.sign(
      { sub: undefined, scope: 'none', jti: 'j' },
      { expiresIn: '1h', notBefore: 0, header: { 'x-test': 1 } },
    );
    const { claims, header } = await verifier.verify(token);
    expect(claims).toEqual({
      iss: OPTIONS.issuer,
      aud: 'api',
      scope: 'none',
      jti: 'j',
      iat: 1_700_000_000,
      nbf: 1_700_000_000,
      exp: 1_700_003_600,
    });
    expect(header['x-test']).toBe(1);
    const plain = createVerifier({ ...issuer.verifierOptions, typ: undefined, expiry: 'optional' });
    const untyped = await plain.verify(issuer.sign({}, { typ: null, expiresIn: null }));
    expect(untyped.header).not.toHaveProperty('typ');
    expect(untyped.claims).not.toHaveProperty('exp');
    expect((await verifier.verify(issuer.sign({ exp: 1_700_000_001 }))).claims.exp).toBe(1_700_000_001);
  });

  test('a fault of the caller is a TypeError', () => {
    const issuer = testIssuer(OPTIONS);
    expect(() => issuer.sign('user' as never)).toThrow(new TypeError('claims must be a plain object'));
    expect(() => issuer.sign({ sub: 5 })).toThrow(new TypeError('claims.sub must be a string'));
    expect(() => issuer.sign({}, { kid: 'key-2' })).toThrow(
      new TypeError('options.kid must be the kid of a key of this issuer: key-1'),
    );
    expect(() => issuer.sign({}, { kid: 5 as never })).toThrow("options.kid must be a string such as 'key-1'");
    expect(() => issuer.sign({}, { expiry: 5 } as never)).toThrow('options.expiry is not an option');
    expect(() => issuer.sign({}, { expiresIn: '5 minutes' as never })).toThrow('options.expiresIn must be a duration');
  });
});
