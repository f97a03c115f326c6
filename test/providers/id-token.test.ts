// OpenID Connect Core 1.0 §3.1.3.7: the ID token of one login, and a twin for each step that refuses it.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey, JoseError, type StandardSchemaV1, verifyJwt } from '../../src/index.ts';
import { type IdTokenOptions, idToken } from '../../src/providers/id-token.ts';
import { expectTypeError } from '../support/expect.ts';
import { compact, signerOf } from '../support/forge.ts';
import { nodePair, secretKey } from '../support/keys.ts';
import { EC_KEY, failing, NOW, OTHER_RSA_KEY, providerToken, RSA_KEY, type TokenParts } from '../support/provider.ts';

const ISSUER = 'https://login.example.com';
const CLIENT = 'web-app';
const NONCE = 'n-0S6_WzA2Mj';
const ACCESS_TOKEN = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y';
const AT_HASH = createHash('sha256').update(ACCESS_TOKEN).digest().subarray(0, 16).toString('base64url');
const GOOD: IdTokenOptions = { issuer: ISSUER, clientId: CLIENT, nonce: NONCE, now: NOW };
const CLAIMS = {
  ...{ iss: ISSUER, sub: '24400320', aud: CLIENT, nonce: NONCE, exp: NOW + 300, iat: NOW, auth_time: NOW - 60 },
  ...{ acr: 'urn:mace:incommon:iap:silver', at_hash: AT_HASH },
};
const RSA = importKey(nodePair('RS256').publicKey);
const EC = importKey(nodePair('ES256').publicKey);

/** How the token ends: nothing when it verifies, else the code and the failures. */
function outcomeOf(options: Partial<IdTokenOptions>, { claims, ...parts }: TokenParts, key = RSA): readonly string[] {
  const token = providerToken({ ...parts, claims: { ...CLAIMS, ...claims } });
  try {
    expect(verifyJwt(token, key, idToken({ ...GOOD, ...options })).claims.sub).toBe('24400320');
    return [];
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    return [error.code, ...(error.failures ?? []).map(({ claim, reason }) => `${claim} ${reason}`)];
  }
}

type Row = readonly [title: string, claims: object, options: Partial<IdTokenOptions>, refused: readonly string[]];
const several = { aud: [CLIENT, 'other'] };
const trusting = { trustedAudiences: ['other'] };
const aged = { maxAge: '1m' } as const;

describe('idToken', () => {
  test.each<Row>([
    ['as it should be', {}, {}, []],
    ['2: of another issuer', { iss: 'https://evil.example' }, {}, failing('iss mismatch')],
    ['2: of the issuer with a slash', { iss: `${ISSUER}/` }, {}, failing('iss mismatch')],
    ['2: of one of two spellings', { iss: 'login.example.com' }, { issuer: [ISSUER, 'login.example.com'] }, []],
    ['3: for another client', { aud: 'other' }, {}, failing('aud mismatch')],
    ['3: for no client', { aud: undefined }, {}, failing('aud missing')],
    ['3: for this client in a list', { aud: [CLIENT] }, {}, []],
    ['3: for an audience beside, not trusted', { ...several, azp: CLIENT }, {}, failing('aud mismatch')],
    ['3: for an audience beside, trusted', { ...several, azp: CLIENT }, trusting, []],
    ['3: for a trusted audience alone', { aud: 'other' }, trusting, failing('aud mismatch')],
    ['3: for a list without this client', { aud: ['other'] }, trusting, failing('aud mismatch')],
    ['4: for several, without azp', several, trusting, failing('azp mismatch')],
    ['5: of another authorized party', { azp: 'other' }, {}, failing('azp mismatch')],
    ['5: of this authorized party', { azp: CLIENT }, {}, []],
    ['5: of a list as the authorized party', { azp: [CLIENT] }, {}, failing('azp mismatch')],
    ['9: expired', { exp: NOW }, {}, ['ERR_JWT_EXPIRED', 'exp expired']],
    ['9: expired, within the skew', { exp: NOW }, { clockSkew: '10s' }, []],
    ['10: without iat', { iat: undefined }, {}, failing('iat missing')],
    ['11: of another nonce', { nonce: 'n-other' }, {}, failing('nonce mismatch')],
    ['11: without a nonce', { nonce: undefined }, {}, failing('nonce missing')],
    ['11: without a nonce, and none was sent', { nonce: undefined }, { nonce: null }, []],
    ['13: at the end of the maximum age', {}, aged, []],
    ['13: a second later', { auth_time: NOW - 61 }, aged, failing('auth_time mismatch')],
    ['13: a second later, within the skew', { auth_time: NOW - 61 }, { ...aged, clockSkew: 1 }, []],
    ['13: ahead', { auth_time: NOW + 2 }, { ...aged, clockSkew: 1 }, failing('auth_time mismatch')],
    ['13: ahead, within the skew', { auth_time: NOW + 1 }, { ...aged, clockSkew: 1 }, []],
    ['13: as a string', { auth_time: String(NOW) }, aged, failing('auth_time mismatch')],
    ['13: without auth_time', { auth_time: undefined }, aged, failing('auth_time missing')],
    ['13: of any age, where none was asked for', { auth_time: 0 }, {}, []],
    ['§3.1.3.8: with this access token', {}, { accessToken: ACCESS_TOKEN }, []],
    ['§3.1.3.8: with another', {}, { accessToken: `${ACCESS_TOKEN}x` }, failing('at_hash mismatch')],
    ['§3.1.3.8: without at_hash', { at_hash: undefined }, { accessToken: ACCESS_TOKEN }, failing('at_hash missing')],
    ['§3.1.3.8: of any hash, where none was asked for', { at_hash: 'x' }, {}, []],
    ['without sub', { sub: undefined }, {}, failing('sub missing')],
    [
      'with everything wrong, each told once',
      { iss: 1, aud: 'x', azp: 'x', exp: 0, iat: 'x', nonce: 1, auth_time: 0 },
      aged,
      failing(
        ...['iss type', 'aud mismatch', 'exp expired', 'iat type', 'nonce mismatch', 'azp mismatch'],
        'auth_time mismatch',
      ),
    ],
  ])('%s', (_, claims, options, refused) => {
    expect(outcomeOf(options, { claims })).toEqual(refused);
  });

  test('6: signed by a stranger', () => {
    expect(outcomeOf({}, { key: OTHER_RSA_KEY })).toEqual(['ERR_JWS_SIGNATURE_VERIFICATION_FAILED']);
  });

  test('7: RS256, or the registered algorithm', () => {
    expect(outcomeOf({}, { key: EC_KEY }, EC)).toEqual(['ERR_JOSE_ALG_NOT_ALLOWED']);
    expect(outcomeOf({ algorithms: ['ES256'] }, { key: EC_KEY }, EC)).toEqual([]);
    expect(outcomeOf({ algorithms: ['ES256'], accessToken: ACCESS_TOKEN }, { key: EC_KEY }, EC)).toEqual([]);
    expect(outcomeOf({ algorithms: ['ES256'] }, { key: RSA_KEY })).toEqual(['ERR_JOSE_ALG_NOT_ALLOWED']);
  });

  test('8: HMAC with the client secret verifies only where it was registered', () => {
    const token = compact({ alg: 'HS256' }, CLAIMS, signerOf('HS256'));
    const secret = secretKey('HS256');
    expect(() => verifyJwt(token, secret, idToken(GOOD))).toThrow(
      expect.objectContaining({ code: 'ERR_JOSE_ALG_NOT_ALLOWED' }),
    );
    expect(verifyJwt(token, secret, idToken({ ...GOOD, algorithms: ['HS256'] })).claims.aud).toBe(CLIENT);
  });

  test('the instant is a copy, and the clock’s without one', () => {
    const now = new Date(1000 * NOW);
    const expected = idToken({ ...GOOD, ...aged, now });
    now.setTime(0);
    expect(verifyJwt(providerToken({ claims: CLAIMS }), RSA, expected).claims.sub).toBe('24400320');
    const clock = idToken({ ...GOOD, ...aged, now: undefined });
    const old = providerToken({ claims: { ...CLAIMS, exp: 9_000_000_000, auth_time: 0 } });
    expect(() => verifyJwt(old, RSA, clock)).toThrow(
      expect.objectContaining({ failures: [{ claim: 'auth_time', reason: 'mismatch' }] }),
    );
  });

  test('a schema of the caller’s comes after the checks, and types the claims', () => {
    const seen: unknown[] = [];
    const schema: StandardSchemaV1<{ user: string }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => {
          seen.push(value);
          return { value: { user: 'u' } };
        },
      },
    };
    const expected = idToken({ ...GOOD, schema });
    expect(() => verifyJwt(providerToken({ claims: { ...CLAIMS, azp: 'x' } }), RSA, expected)).toThrow(JoseError);
    expect(seen).toEqual([]);
    expect(verifyJwt(providerToken({ claims: CLAIMS }), RSA, expected).claims.user).toBe('u');
    expect(seen).toEqual([CLAIMS]);
  });

  test.each([
    [{ issuer: undefined }, 'options.issuer must be given'],
    [{ issuer: null }, "options.issuer must be an issuer such as 'https://login.example.com'"],
    [{ clientId: undefined }, 'options.clientId must be given'],
    [{ clientId: [CLIENT] }, "options.clientId must be your client id such as 'web-app'"],
    [{ clientId: '' }, 'options.clientId must be your client id'],
    [{ nonce: undefined }, 'options.nonce must be given: the nonce of the authentication request, or null'],
    [{ nonce: '' }, 'options.nonce must be the nonce of the authentication request, or null'],
    [{ maxAge: -1 }, 'options.maxAge must be a duration'],
    [{ trustedAudiences: [] }, 'options.trustedAudiences must be an array'],
    [{ algorithms: ['none'] }, 'options.algorithms must be'],
    [{ accessToken: '' }, 'options.accessToken must be the access token'],
    [{ accessToken: 'a', algorithms: ['RS256', 'RS512'] }, 'options.accessToken must be left out unless'],
    [{ accessToken: 'a', algorithms: ['EdDSA'] }, 'options.accessToken must be left out unless'],
    [{ clockSkew: '11m' }, 'options.clockSkew must be'],
    [{ schema: 5 }, 'options.schema must be a schema'],
    [{ now: 'today' }, 'options.now must be a Date'],
    [{ audience: CLIENT }, 'options.audience is not an option'],
  ])('options %o: %s', (change, beginning) => {
    const { message } = expectTypeError(() => idToken({ ...GOOD, ...change } as IdTokenOptions));
    expect(message.slice(0, beginning.length)).toBe(beginning);
  });
});
