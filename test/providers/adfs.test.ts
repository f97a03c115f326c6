// Tokens of AD FS, whose access and ID tokens name two issuers, and what must not pass for one.
import { adfs } from '../../src/providers/adfs.ts';
import { failing, NOW, published, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const API = 'microsoft:identityserver:api://orders';
const CLIENT = 'e7e0b9e6-0e0f-4a3a-9b0e-3b6a4f3c2d1e';
const ID_ISSUER = 'https://fs.contoso.com/adfs';
const ACCESS_ISSUER = 'http://fs.contoso.com/adfs/services/trust';
const X5T = 'iFeMGW4uxg_dllVXEjJLC6FA0Lw';
const documents = {
  'https://fs.contoso.com/adfs/discovery/keys': {
    keys: [published(RSA_KEY, { use: 'sig', alg: 'RS256', x5t: X5T })],
  },
};
const given = { provider: adfs, options: { host: 'fs.contoso.com', audience: API, use: 'access' as const } };
const header = { typ: 'JWT', x5t: X5T };

const ACCESS = {
  ...{ aud: API, iss: ACCESS_ISSUER, iat: NOW, nbf: NOW, exp: NOW + 3_600, sub: 's', apptype: 'Public' },
  ...{ appid: CLIENT, authmethod: 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password', ver: '1.0', scp: 'openid' },
};
const ID = {
  ...{ aud: CLIENT, iss: ID_ISSUER, iat: NOW, nbf: NOW, exp: NOW + 3_600, auth_time: NOW, sub: 's' },
  ...{ upn: 'user@contoso.com', unique_name: 'CONTOSO\\user', sid: 'S-1-5-21', ver: '1.0' },
};
const twins = {
  'of another host': {
    claims: { iss: 'http://fs.evil.example/adfs/services/trust' },
    refused: failing('iss mismatch'),
  },
  'for another API or client': { claims: { aud: 'other' }, refused: failing('aud mismatch') },
};

testProvider('adfs, access tokens', {
  ...given,
  documents,
  header,
  claims: ACCESS,
  twins: {
    ...twins,
    'an ID token': { claims: ID, refused: failing('iss mismatch', 'aud mismatch') },
    'of the issuer of ID tokens alone': { claims: { iss: ID_ISSUER }, refused: failing('iss mismatch') },
    'of the issuer with https': {
      claims: { iss: ACCESS_ISSUER.replace('http', 'https') },
      refused: failing('iss mismatch'),
    },
  },
});

testProvider('adfs, ID tokens', {
  ...given,
  options: { ...given.options, audience: CLIENT, use: 'id' },
  documents,
  header,
  claims: ID,
  twins: {
    ...twins,
    'an access token': { claims: ACCESS, refused: failing('iss mismatch', 'aud mismatch') },
    'of the issuer of access tokens alone': { claims: { iss: ACCESS_ISSUER }, refused: failing('iss mismatch') },
  },
});

testOptions(given, [
  [{ host: undefined }, 'options.host must be given'],
  [{ host: 'https://fs.contoso.com' }, 'options.host must be a domain'],
  [{ host: 'fs.contoso.com:444' }, 'options.host must be a domain'],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: [''] }, 'options.audience must be the identifier of your API'],
  [{ use: undefined }, "options.use must be given: 'access' or 'id'"],
  [{ use: 'both' }, "options.use must be 'access' or 'id'"],
  [{ domain: 'fs.contoso.com' }, 'options.domain is not an option'],
]);
