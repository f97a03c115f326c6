// Tokens of Okta as its documents show them, and what must not pass for one.
import { okta } from '../../src/providers/okta.ts';
import { discovered, failing, NOW, published, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const ORG = 'https://acme.okta.com';
const ISSUER = `${ORG}/oauth2/default`;
const CLIENT = '0oa1gjh63g214q0Hq0g4';
const KEYS = { keys: [published(RSA_KEY, { use: 'sig', alg: 'RS256' })] };
const given = { provider: okta, options: { domain: 'acme.okta.com', audience: 'api://default' } };

const ACCESS = {
  ver: 1,
  jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
  iss: ISSUER,
  aud: 'api://default',
  sub: 'user@example.com',
  iat: NOW,
  exp: NOW + 3_600,
  cid: CLIENT,
  uid: '00ujmkLgagxeRrAg20g3',
  scp: ['openid', 'orders'],
};
const ID = {
  ...{ ver: 1, jti: 'ID.4eAWJOCMB3SX8XewDfVR', iss: ISSUER, aud: CLIENT, sub: '00uid4BxXw6I6TV4m0g3' },
  ...{ iat: NOW, exp: NOW + 3_600, auth_time: NOW - 1, idp: '00ok1u7AsAkrwdZL3z0', amr: ['pwd'], at_hash: 'x' },
};
const twins = {
  'of another org': {
    claims: { iss: 'https://evil.okta.com/oauth2/default' },
    refused: failing('iss mismatch'),
  },
  'of another authorization server': {
    claims: { iss: `${ORG}/oauth2/aus9o8wzkhckw9TLa0h7` },
    refused: failing('iss mismatch'),
  },
  'for another audience': { claims: { aud: 'api://other' }, refused: failing('aud mismatch') },
  'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
};

testProvider('okta, access tokens', {
  ...given,
  documents: discovered(ISSUER, `${ISSUER}/v1/keys`, KEYS),
  claims: ACCESS,
  twins: {
    ...twins,
    'of the org itself': { claims: { iss: ORG }, refused: failing('iss mismatch') },
    'without a client, as an ID token has none': { claims: { cid: undefined }, refused: failing('cid missing') },
    'an ID token': { claims: { ...ID, cid: undefined }, refused: failing('aud mismatch', 'cid missing') },
    'of the client asked for': { options: { clientId: CLIENT } },
    'of one of several clients': { options: { clientId: ['other', CLIENT] } },
    'of another client': { options: { clientId: 'other' }, refused: failing('cid mismatch') },
  },
});

testProvider('okta, access tokens of a server by its id', {
  ...given,
  options: { ...given.options, authorizationServer: 'aus9o8wzkhckw9TLa0h7' },
  documents: discovered(`${ORG}/oauth2/aus9o8wzkhckw9TLa0h7`, `${ORG}/oauth2/aus9o8wzkhckw9TLa0h7/v1/keys`, KEYS),
  claims: { ...ACCESS, iss: `${ORG}/oauth2/aus9o8wzkhckw9TLa0h7` },
  twins: { 'of the default server': { claims: { iss: ISSUER }, refused: failing('iss mismatch') } },
});

testProvider('okta, ID tokens', {
  provider: okta,
  options: { domain: 'acme.okta.com', audience: CLIENT, use: 'id' },
  documents: discovered(ISSUER, `${ISSUER}/v1/keys`, KEYS),
  claims: ID,
  twins: { ...twins, 'an access token': { claims: ACCESS, refused: failing('aud mismatch') } },
});

testProvider('okta, ID tokens of the org', {
  provider: okta,
  options: { domain: 'acme.okta.com', audience: CLIENT, authorizationServer: null, use: 'id' },
  documents: discovered(ORG, `${ORG}/oauth2/v1/keys`, KEYS),
  claims: { ...ID, iss: ORG },
  twins: { 'of a custom server': { claims: { iss: ISSUER }, refused: failing('iss mismatch') } },
});

const A_SERVER = "options.authorizationServer must be the id of an authorization server such as 'default'";
testOptions(given, [
  [{ domain: undefined }, 'options.domain must be given'],
  [{ domain: 'acme.okta.com/oauth2' }, 'options.domain must be a domain'],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: ' api' }, 'options.audience must be the audience of the authorization server'],
  [{ authorizationServer: '' }, A_SERVER],
  [{ authorizationServer: 'default/../..' }, A_SERVER],
  [{ authorizationServer: 5 }, A_SERVER],
  [{ authorizationServer: null }, "options.authorizationServer must be the id of a custom server such as 'default'"],
  [{ clientId: '' }, 'options.clientId must be a client id'],
  [{ clientId: CLIENT, use: 'id' }, 'options.clientId is for access tokens'],
  [{ use: 'refresh' }, "options.use must be 'access' or 'id'"],
  [{ issuer: ISSUER }, 'options.issuer is not an option'],
]);
