// Tokens of Amazon Cognito as its guide shows them, and what must not pass for one.
import { cognito } from '../../src/providers/cognito.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const POOL = 'eu-west-1_AbCdEfGhI';
const ISSUER = `https://cognito-idp.eu-west-1.amazonaws.com/${POOL}`;
const CLIENT = '1example23456789';
const documents = { [`${ISSUER}/.well-known/jwks.json`]: publishedAs('cognito', RSA_KEY) };
const given = { provider: cognito, options: { userPoolId: POOL, clientId: CLIENT, use: 'access' as const } };

const SHARED = {
  ...{ sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', 'cognito:groups': ['admins'], iss: ISSUER, event_id: 'e' },
  ...{ origin_jti: 'o', auth_time: NOW, iat: NOW, exp: NOW + 3_600, jti: 'j' },
};
const ACCESS = {
  ...SHARED,
  ...{ version: 2, client_id: CLIENT, token_use: 'access', scope: 'phone openid', username: 'user' },
};
const ID = {
  ...{ ...SHARED, at_hash: 'h', aud: CLIENT, token_use: 'id', 'cognito:username': 'user', email: 'user@example.com' },
  email_verified: true,
};
const twins = {
  'of the updated form of the issuer': {
    claims: { iss: `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${POOL}` },
  },
  'of another pool of the region': {
    claims: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other' },
    refused: failing('iss mismatch'),
  },
  'of another region': {
    claims: { iss: `https://cognito-idp.us-east-1.amazonaws.com/${POOL}` },
    refused: failing('iss mismatch'),
  },
  'without token_use': { claims: { token_use: undefined }, refused: failing('token_use missing') },
  'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
  'of one of several clients': { options: { clientId: ['other', CLIENT] } },
};

testProvider('cognito, access tokens', {
  ...given,
  documents,
  claims: ACCESS,
  twins: {
    ...twins,
    'of another client': { claims: { client_id: 'other' }, refused: failing('client_id mismatch') },
    'without a client': { claims: { client_id: undefined }, refused: failing('client_id missing') },
    'an ID token': {
      claims: { ...ID, client_id: undefined },
      refused: failing('token_use mismatch', 'client_id missing'),
    },
    'of the use id alone': { claims: { token_use: 'id' }, refused: failing('token_use mismatch') },
  },
});

testProvider('cognito, ID tokens', {
  ...given,
  options: { ...given.options, use: 'id' },
  documents,
  claims: ID,
  twins: {
    ...twins,
    'of another client': { claims: { aud: 'other' }, refused: failing('aud mismatch') },
    'an access token': {
      claims: { ...ACCESS, aud: undefined },
      refused: failing('aud missing', 'token_use mismatch'),
    },
    'of the use access alone': { claims: { token_use: 'access' }, refused: failing('token_use mismatch') },
  },
});

const CHINA = 'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC';
testProvider('cognito, in China', {
  ...given,
  options: { ...given.options, userPoolId: 'cn-north-1_AbC' },
  documents: { [`${CHINA}/.well-known/jwks.json`]: publishedAs('cognito', RSA_KEY) },
  claims: { ...ACCESS, iss: CHINA },
  twins: {
    'of the domain elsewhere': {
      claims: { iss: CHINA.replace('.com.cn', '.com') },
      refused: failing('iss mismatch'),
    },
  },
});

const GOV = 'https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbC';
testProvider('cognito, of the US government', {
  ...given,
  options: { ...given.options, userPoolId: 'us-gov-west-1_AbC' },
  documents: { [`${GOV}/.well-known/jwks.json`]: publishedAs('cognito', RSA_KEY) },
  claims: { ...ACCESS, iss: GOV },
  twins: {},
});

const A_POOL = "options.userPoolId must be the id of a user pool such as 'eu-west-1_AbCdEfGhI'";
testOptions(given, [
  [{ userPoolId: undefined }, 'options.userPoolId must be given'],
  [{ userPoolId: 'AbCdEfGhI' }, A_POOL],
  [{ userPoolId: 'eu-west-1_A/../B' }, A_POOL],
  [{ userPoolId: 'eu-west-1.evil.example/_A' }, A_POOL],
  [{ userPoolId: [POOL] }, A_POOL],
  [{ clientId: undefined }, 'options.clientId must be given'],
  [{ clientId: null }, 'options.clientId must be the id of an app client'],
  [{ clientId: [] }, 'options.clientId must be the id of an app client'],
  [{ use: undefined }, "options.use must be given: 'access' or 'id'"],
  [{ use: null }, "options.use must be 'access' or 'id'"],
  [{ tokenUse: 'id' }, 'options.tokenUse is not an option'],
]);
