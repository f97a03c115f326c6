// RFC 9068: the JWT profile of OAuth 2.0 access tokens, as a resource server reads one and an authorization server writes it.
import { beforeAll, describe, expect, test } from 'vitest';
import {
  authenticate,
  createVerifier,
  exportJwk,
  generateKey,
  importJwks,
  type JwtClaims,
  type Key,
  readUnverifiedJwt,
  type SignJwtOptions,
  signJwt,
  type Verifier,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';

const NOW = 1_700_000_000;
const ISSUER = 'https://as.example';
const API = 'https://api.example';
/** RFC 9068 §2.2: what every access token has. */
const CLAIMS = {
  iss: ISSUER,
  exp: NOW + 300,
  aud: API,
  sub: 'user-1',
  client_id: 'app-1',
  iat: NOW,
  jti: 'token-1',
} as const;

let key: Key;
let verifier: Verifier;

beforeAll(async () => {
  key = await generateKey('RS256', { kid: 'as-1' });
  verifier = createVerifier({
    issuer: ISSUER,
    audience: API,
    keys: importJwks({ keys: [exportJwk(key)] }),
    typ: 'at+jwt',
    requiredClaims: ['sub', 'client_id', 'iat', 'jti'],
    clock: () => NOW,
  });
});

function accessToken(claims: JwtClaims = {}, options: Partial<SignJwtOptions> = {}): string {
  return signJwt({ ...CLAIMS, ...claims }, key, { expiresIn: null, typ: 'at+jwt', ...options });
}

const verdict = (token: string) => codeOf(() => verifier.verifySync(token));

describe('an access token', () => {
  test('is signed, with RS256 among the algorithms; never with none [9068-2.1-1] [9068-4-5]', async () => {
    expect(readUnverifiedJwt(accessToken()).header).toEqual({ alg: 'RS256', kid: 'as-1', typ: 'at+jwt' });
    expect(verdict(accessToken())).toBeNull();
    const [, payload = '', signature = ''] = accessToken().split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const end of ['', signature]) expect(verdict(`${none}.${payload}.${end}`)).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const stranger = await generateKey('RS256', { kid: 'as-1' });
    const forged = signJwt(CLAIMS, stranger, { expiresIn: null, typ: 'at+jwt' });
    expect(verdict(forged)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'application/at+JWT'])(
    'has typ %s [9068-2.1-2] [9068-4-1]',
    (typ) => {
      expect(verdict(accessToken({}, { typ }))).toBeNull();
    },
  );

  test.each(['JWT', 'jwt', 'at', 'at+jwt; v=1', 'text/at+jwt', 'at-jwt', 'id+jwt', null])(
    'with typ %s is none: an ID token is not to be taken for it [9068-4-1]',
    (typ) => {
      expect(verdict(accessToken({}, { typ }))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    },
  );

  test.each(Object.keys(CLAIMS))('must have %s [9068-2.2-1]', (name) => {
    const claims = Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => claim !== name));
    const token = signJwt(claims, key, { expiresIn: null, typ: 'at+jwt', now: NOW });
    // signJwt never leaves iat out.
    expect(verdict(token)).toBe(name === 'iat' ? null : 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test.each([`${ISSUER}/`, 'https://AS.example', 'http://as.example', 'https://as.example.evil.example'])(
    'of issuer %s is another’s: compared exactly [9068-4-3]',
    (iss) => {
      expect(verdict(accessToken({ iss }))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    },
  );

  test('is for this resource server, alone or among others [9068-4-4]', () => {
    expect(verdict(accessToken({ aud: ['https://other.example', API] }))).toBeNull();
    for (const aud of ['https://other.example', ['https://other.example'], [], `${API}/`])
      expect(verdict(accessToken({ aud }))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('ends at exp, give or take a small leeway [9068-4-6]', () => {
    const options = { issuer: ISSUER, audience: API, keys: key.publicKey(), typ: 'at+jwt' };
    const at = (now: number, clockSkew?: '30s') =>
      codeOf(() => createVerifier({ ...options, clock: () => now, clockSkew }).verifySync(accessToken()));
    expect([at(NOW + 299), at(NOW + 300)]).toEqual([null, 'ERR_JWT_EXPIRED']);
    expect([at(NOW + 329, '30s'), at(NOW + 330, '30s')]).toEqual([null, 'ERR_JWT_EXPIRED']);
  });

  test('that fails in any way is answered with invalid_token [9068-4-7]', async () => {
    const bad = [
      accessToken({ exp: NOW }),
      accessToken({ aud: 'other' }),
      accessToken({}, { typ: 'JWT' }),
      `${accessToken()}A`,
    ];
    for (const token of bad) {
      const { status, headers } = await authenticate(verifier, `Bearer ${token}`);
      expect(status).toBe(401);
      expect(headers['WWW-Authenticate']).toContain('error="invalid_token"');
    }
  });
});
