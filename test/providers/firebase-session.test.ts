import { firebaseSession } from '../../src/index.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const KEYS = 'https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys';
const jwks = publishedAs('github-actions', RSA_KEY);
const WEEKS = 14 * 86_400;

const given = {
  provider: firebaseSession,
  options: { projectId: 'my-project-1a2b3' },
  documents: { [KEYS]: jwks },
  claims: {
    iss: 'https://session.firebase.google.com/my-project-1a2b3',
    aud: 'my-project-1a2b3',
    auth_time: NOW - 120,
    user_id: 'vrBT1nrqcYcH6Ac1WRRHdfVYCR53',
    sub: 'vrBT1nrqcYcH6Ac1WRRHdfVYCR53',
    firebase: { identities: {}, sign_in_provider: 'anonymous' },
    iat: NOW - 60,
    exp: NOW - 60 + WEEKS,
  },
};
const expired = { claims: { exp: NOW - 30 }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] } as const;

testProvider('firebaseSession', {
  ...given,
  twins: {
    expired,
    'issued 30 seconds ahead': { claims: { iat: NOW + 30 } },
    'an ID token': {
      claims: { iss: 'https://securetoken.google.com/my-project-1a2b3' },
      refused: failing('iss mismatch'),
    },
    'of another project': {
      claims: { iss: 'https://session.firebase.google.com/other-project', aud: 'other-project' },
      refused: failing('iss mismatch', 'aud mismatch'),
    },
    'for another project': { claims: { aud: 'other-project' }, refused: failing('aud mismatch') },
    'without kid, where several keys are published': {
      header: { kid: undefined },
      refused: ['ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
    },
    'without auth_time': { claims: { auth_time: undefined }, refused: failing('auth_time missing') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'without iat': { claims: { iat: undefined }, refused: failing('iat missing') },
    'issued over 30 seconds ahead': { claims: { iat: NOW + 31 }, refused: failing('iat too-early') },
    'issued over two weeks ago': { claims: { iat: NOW - WEEKS - 31 }, refused: failing('iat too-old') },
  },
});

testProvider('firebaseSession with one key', {
  ...given,
  documents: { [KEYS]: { keys: jwks.keys.slice(0, 1) } },
  twins: { expired, 'without kid': { header: { kid: undefined }, refused: failing('header.kid missing') } },
});

testOptions(given, [
  [{ projectId: undefined }, 'options.projectId must be given: the id of a project'],
  [{ projectId: 'My Project' }, 'options.projectId must be the id of a project'],
  [{ appId: '1' }, 'options.appId is not an option'],
]);
