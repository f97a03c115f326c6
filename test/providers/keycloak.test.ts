// Tokens of Keycloak, whose claim typ tells them apart, and what must not pass for one.
import { expect, test } from 'vitest';
import { createVerifier } from '../../src/index.ts';
import { keycloak } from '../../src/providers/keycloak.ts';
import { expectTypeError } from '../support/expect.ts';
import {
  discovered,
  failing,
  NOW,
  providerToken,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const ISSUER = 'https://sso.example.com/realms/acme';
const jwksUri = (issuer: string) => `${issuer}/protocol/openid-connect/certs`;
const documentsOf = (issuer: string) => discovered(issuer, jwksUri(issuer), publishedAs('keycloak', RSA_KEY));
const given = {
  provider: keycloak,
  options: { url: 'https://sso.example.com', realm: 'acme', audience: 'orders-api' },
};
const header = { typ: 'JWT' };

const ACCESS = {
  ...{ exp: NOW + 300, iat: NOW, jti: 'onrtac:f3b6', iss: ISSUER, aud: ['orders-api', 'account'], sub: 's' },
  ...{ typ: 'Bearer', azp: 'web-app', sid: 'x', acr: '1', realm_access: { roles: ['offline_access'] } },
  ...{ resource_access: { account: { roles: ['manage-account'] } }, scope: 'openid', preferred_username: 'user' },
};
const ID = {
  ...{ exp: NOW + 300, iat: NOW, auth_time: NOW, jti: 'j', iss: ISSUER, aud: 'web-app', sub: 's', typ: 'ID' },
  ...{ azp: 'web-app', nonce: 'n', sid: 'x', at_hash: 'h', acr: '1', preferred_username: 'user' },
};
const twins = {
  'of another realm': {
    claims: { iss: 'https://sso.example.com/realms/master' },
    refused: failing('iss mismatch'),
  },
  'of another server': { claims: { iss: 'https://evil.example/realms/acme' }, refused: failing('iss mismatch') },
  'of the server with http': {
    claims: { iss: 'http://sso.example.com/realms/acme' },
    refused: failing('iss mismatch'),
  },
  'for another API or client': { claims: { aud: 'account' }, refused: failing('aud mismatch') },
  'without the claim typ': { claims: { typ: undefined }, refused: failing('typ missing') },
  'a refresh token': { claims: { typ: 'Refresh' }, refused: failing('typ mismatch') },
};

testProvider('keycloak, access tokens', {
  ...given,
  documents: documentsOf(ISSUER),
  header,
  claims: ACCESS,
  twins: {
    ...twins,
    'an ID token': { claims: ID, refused: failing('aud mismatch', 'typ mismatch') },
    'of the type ID alone': { claims: { typ: 'ID' }, refused: failing('typ mismatch') },
    'bound to a key': { claims: { typ: 'DPoP', cnf: { jkt: 'k' } }, refused: failing('typ mismatch') },
    'without aud, as before an audience mapper': { claims: { aud: undefined }, refused: failing('aud missing') },
    'of the client asked for': { options: { clientId: 'web-app' } },
    'of one of several clients': { options: { clientId: ['other', 'web-app'] } },
    'of another client': { options: { clientId: 'other' }, refused: failing('azp mismatch') },
  },
});

testProvider('keycloak, ID tokens', {
  ...given,
  options: { ...given.options, audience: 'web-app', use: 'id' },
  documents: documentsOf(ISSUER),
  header,
  claims: ID,
  twins: {
    ...twins,
    'an access token': { claims: ACCESS, refused: failing('aud mismatch', 'typ mismatch') },
    'of the type Bearer alone': { claims: { typ: 'Bearer' }, refused: failing('typ mismatch') },
    'of another client': { options: { clientId: 'other' }, refused: failing('azp mismatch') },
  },
});

const OLD = 'https://sso.example.com:8443/auth/realms/acme.test';
testProvider('keycloak, with a port and a path', {
  ...given,
  options: { ...given.options, url: 'https://sso.example.com:8443/auth', realm: 'acme.test' },
  documents: documentsOf(OLD),
  header,
  claims: { ...ACCESS, iss: OLD },
  twins: { 'of the server without them': { claims: { iss: ISSUER }, refused: failing('iss mismatch') } },
});

test('http is for loopback, and only where it is allowed', async () => {
  const options = { url: 'http://localhost:8080', realm: 'acme', audience: 'orders-api' };
  expectTypeError(() => createVerifier(keycloak(options)), 'options.issuer must be https, or http on loopback');
  const issuer = 'http://localhost:8080/realms/acme';
  const remote = { ...simulatedProvider(documentsOf(issuer)).remote, allowInsecureLoopback: true };
  const verifier = createVerifier({ ...keycloak({ ...options, remote }), clock: () => NOW });
  const token = providerToken({ claims: { ...ACCESS, iss: issuer } });
  await expect(verifier.verify(token)).resolves.toHaveProperty('claims.iss', issuer);
});

const A_URL =
  "options.url must be the URL of the server such as 'https://sso.example.com', with its host in lower case";
const A_REALM = "options.realm must be the name of a realm such as 'acme'";
testOptions(given, [
  [{ url: undefined }, 'options.url must be given'],
  [{ url: 'https://sso.example.com/' }, A_URL],
  [{ url: 'https://sso.example.com/auth/' }, A_URL],
  [{ url: 'https://sso.example.com//auth' }, A_URL],
  [{ url: 'https://sso.example.com/a//b' }, A_URL],
  [{ url: 'https://sso.example.com:' }, A_URL],
  [{ url: 'sso.example.com' }, A_URL],
  [{ url: 'https://sso.example.com?x' }, A_URL],
  [{ url: 'https://user@sso.example.com' }, A_URL],
  [{ url: 'https://sso.example.com/../x' }, A_URL],
  [{ url: 'http://sso.example.com' }, 'options.issuer must be https'],
  [{ realm: undefined }, 'options.realm must be given'],
  [{ realm: 'acme/../master' }, A_REALM],
  [{ realm: '..' }, A_REALM],
  [{ realm: '.' }, A_REALM],
  [{ realm: 'a..b' }, A_REALM],
  [{ realm: '' }, A_REALM],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: 5 }, 'options.audience must be the name of your API in aud'],
  [{ clientId: null }, 'options.clientId must be a client id'],
  [{ use: 'Bearer' }, "options.use must be 'access' or 'id'"],
  [{ azp: 'web-app' }, 'options.azp is not an option'],
]);
