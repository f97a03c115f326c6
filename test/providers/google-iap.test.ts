import { googleIap } from '../../src/index.ts';
import { EC_KEY, failing, NOW, publishedAs, testOptions, testProvider } from '../support/provider.ts';

const AUDIENCE = '/projects/123456789/global/backendServices/987654321';

const given = {
  provider: googleIap,
  options: { audience: AUDIENCE },
  documents: { 'https://www.gstatic.com/iap/verify/public_key-jwk': publishedAs('google-iap', EC_KEY) },
  key: EC_KEY,
  header: { typ: 'JWT' },
  claims: {
    iss: 'https://cloud.google.com/iap',
    aud: AUDIENCE,
    sub: 'accounts.google.com:118133858486581853996',
    email: 'ada@example.com',
    hd: 'example.com',
    google: { access_levels: ['accessPolicies/518551280924/accessLevels/recentSecureConnectData'] },
    iat: NOW - 60,
    exp: NOW + 540,
  },
};

testProvider('googleIap', {
  ...given,
  twins: {
    'issued 30 seconds ahead': { claims: { iat: NOW + 30, exp: NOW + 630 } },
    'expired within the skew': { claims: { iat: NOW - 600, exp: NOW } }, // replaces the common twin below
    'for an application of App Engine': {
      options: { audience: '/projects/123456789/apps/my-project' },
      claims: { aud: '/projects/123456789/apps/my-project' },
    },
    'for a service of Cloud Run': {
      options: { audience: ['/projects/1/locations/europe-west1/services/my-service', AUDIENCE] },
      claims: { aud: '/projects/1/locations/europe-west1/services/my-service' },
    },
    expired: { claims: { iat: NOW - 630, exp: NOW - 30 }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] },
    'for another backend': {
      claims: { aud: '/projects/123456789/global/backendServices/987654322' },
      refused: failing('aud mismatch'),
    },
    'issued over 30 seconds ahead': { claims: { iat: NOW + 31 }, refused: failing('iat too-early') },
    'without iat': { claims: { iat: undefined }, refused: failing('iat missing') },
    'that lives for over 10 minutes and twice the skew': {
      claims: { exp: NOW - 60 + 661 },
      refused: failing('exp too-long'),
    },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'without kid': { header: { kid: undefined }, refused: ['ERR_JWKS_MULTIPLE_MATCHING_KEYS'] },
    'of the issuer of ID tokens': {
      claims: { iss: 'https://accounts.google.com' },
      refused: failing('iss mismatch'),
    },
  },
});

// A set with one key would serve a token without kid.
testProvider('googleIap with one key', {
  ...given,
  documents: {
    'https://www.gstatic.com/iap/verify/public_key-jwk': { keys: publishedAs('google-iap', EC_KEY).keys.slice(0, 1) },
  },
  twins: {
    expired: { claims: { iat: NOW - 630, exp: NOW - 30 }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] },
    'without kid': { header: { kid: undefined }, refused: failing('header.kid missing') },
  },
});

testOptions(given, [
  [{ audience: undefined }, "options.audience must be given: an audience such as '/projects/123456789/global"],
  [{ audience: '/projects/my-project/apps/my-project' }, 'options.audience must be an audience such as'],
  [{ audience: '/projects/1//backendServices/2' }, 'options.audience must be an audience such as'],
  [{ audience: '/projects/1/' }, 'options.audience must be an audience such as'],
  [{ audience: 'https://app.example' }, 'options.audience must be an audience such as'],
  [{ hd: 'example.com' }, 'options.hd is not an option'],
]);
