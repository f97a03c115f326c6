// Session tokens of Clerk, and what must not pass for one.
import { expect, test } from 'vitest';
import { createVerifier, type JwtClaims, type StandardSchemaV1 } from '../../src/index.ts';
import { clerk } from '../../src/providers/clerk.ts';
import {
  failing,
  NOW,
  providerToken,
  published,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const ISSUER = 'https://clerk.example.com';
const APP = 'https://app.example.com';
const documents = {
  [`${ISSUER}/.well-known/jwks.json`]: { keys: [published(RSA_KEY, { use: 'sig', alg: 'RS256' })] },
};
const given = { provider: clerk<JwtClaims>, options: { issuer: ISSUER, authorizedParties: APP } };
const header = { cat: 'cl_B7d4PD111AAA', typ: 'JWT' };
const CLAIMS = {
  ...{ azp: APP, exp: NOW + 60, fva: [7, -1], iat: NOW, iss: ISSUER, jti: 'j', nbf: NOW - 10, sid: 'sess_123' },
  ...{ sub: 'user_123', v: 2, sts: 'active' },
};

testProvider('clerk', {
  ...given,
  documents,
  header,
  claims: CLAIMS,
  twins: {
    'of another instance': {
      claims: { iss: 'https://evil.clerk.accounts.dev' },
      refused: failing('iss mismatch'),
    },
    'made for a page of another origin': {
      claims: { azp: 'https://blog.example.com' },
      refused: failing('azp mismatch'),
    },
    'of the origin with a slash': { claims: { azp: `${APP}/` }, refused: failing('azp mismatch') },
    'without azp': { claims: { azp: undefined }, refused: failing('azp missing') },
    'of one of several origins': { options: { authorizedParties: ['http://localhost:3000', APP] } },
    'without a session': { claims: { sid: undefined }, refused: failing('sid missing') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'of a session that is pending': { claims: { sts: 'pending' }, refused: failing('sts mismatch') },
    'of a session without a status': { claims: { sts: undefined } },
    'of a session whose status is null': { claims: { sts: null }, refused: failing('sts mismatch') },
  },
});

test('a schema of the caller’s comes after the check of sts, and types the claims', async () => {
  const schema: StandardSchemaV1<{ role: string }> = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { role: 'admin' } }) },
  };
  const { remote } = simulatedProvider(documents);
  const verifier = createVerifier({ ...clerk({ ...given.options, schema, remote }), clock: () => NOW });
  const { claims } = await verifier.verify(providerToken({ header, claims: CLAIMS }));
  expect(claims.role).toBe('admin');
  await expect(verifier.verify(providerToken({ claims: { ...CLAIMS, sts: 'pending' } }))).rejects.toHaveProperty(
    'failures',
    [{ claim: 'sts', reason: 'mismatch' }],
  );
});

const AN_ISSUER = "options.issuer must be the Frontend API URL such as 'https://clerk.example.com'";
const AN_ORIGIN = "options.authorizedParties must be an origin such as 'https://app.example.com'";
testOptions(given, [
  [{ issuer: undefined }, 'options.issuer must be given'],
  [{ issuer: `${ISSUER}/` }, AN_ISSUER],
  [{ issuer: 'http://clerk.example.com' }, AN_ISSUER],
  [{ issuer: 'clerk.example.com' }, AN_ISSUER],
  [{ issuer: 'https://clerk' }, AN_ISSUER],
  [{ issuer: 'https://clerk..example.com' }, AN_ISSUER],
  [{ issuer: 'https://clerk.example.com?x' }, AN_ISSUER],
  [{ authorizedParties: undefined }, 'options.authorizedParties must be given'],
  [{ authorizedParties: [] }, AN_ORIGIN],
  [{ authorizedParties: null }, AN_ORIGIN],
  [{ authorizedParties: 'https://*.example.com' }, AN_ORIGIN],
  [{ authorizedParties: [APP, `${APP}/`] }, AN_ORIGIN],
  [{ schema: {} }, 'options.schema must be a schema'],
  [{ audience: 'x' }, 'options.audience is not an option'],
]);
