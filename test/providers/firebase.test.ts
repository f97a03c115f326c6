import { firebase } from '../../src/index.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const KEYS = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
const jwks = publishedAs('github-actions', RSA_KEY);

const given = {
  provider: firebase,
  options: { projectId: 'my-project-1a2b3' },
  documents: { [KEYS]: jwks },
  header: { typ: 'JWT' },
  claims: {
    name: 'Ada',
    iss: 'https://securetoken.google.com/my-project-1a2b3',
    aud: 'my-project-1a2b3',
    auth_time: NOW - 120,
    user_id: 'vrBT1nrqcYcH6Ac1WRRHdfVYCR53',
    sub: 'vrBT1nrqcYcH6Ac1WRRHdfVYCR53',
    email: 'ada@example.com',
    email_verified: false,
    firebase: { identities: { email: ['ada@example.com'] }, sign_in_provider: 'password' },
    iat: NOW - 60,
    exp: NOW + 3_540,
  },
};
const expired = { claims: { iat: NOW - 3_630, exp: NOW - 30 }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] } as const;

testProvider('firebase', {
  ...given,
  twins: {
    expired,
    'issued 30 seconds ahead': { claims: { iat: NOW + 30 } },
    'of an old project, with its domain': {
      options: { projectId: 'example.com:my-project' },
      claims: { iss: 'https://securetoken.google.com/example.com:my-project', aud: 'example.com:my-project' },
    },
    'of another project': {
      claims: { iss: 'https://securetoken.google.com/other-project', aud: 'other-project' },
      refused: failing('iss mismatch', 'aud mismatch'),
    },
    'of another issuer for this project': {
      claims: { iss: 'https://securetoken.google.com/other-project' },
      refused: failing('iss mismatch'),
    },
    'for another project': { claims: { aud: 'other-project' }, refused: failing('aud mismatch') },
    'a session cookie': {
      claims: { iss: 'https://session.firebase.google.com/my-project-1a2b3' },
      refused: failing('iss mismatch'),
    },
    'without kid, where several keys are published': {
      header: { kid: undefined },
      refused: ['ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
    },
    'without auth_time': { claims: { auth_time: undefined }, refused: failing('auth_time missing') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'without iat': { claims: { iat: undefined }, refused: failing('iat missing') },
    'issued over 30 seconds ahead': { claims: { iat: NOW + 31 }, refused: failing('iat too-early') },
    'issued over an hour ago': { claims: { iat: NOW - 3_631 }, refused: failing('iat too-old') },
  },
});

testProvider('firebase with one key', {
  ...given,
  documents: { [KEYS]: { keys: jwks.keys.slice(0, 1) } },
  twins: { expired, 'without kid': { header: { kid: undefined }, refused: failing('header.kid missing') } },
});

testOptions(given, [
  [{ projectId: undefined }, "options.projectId must be given: the id of a project such as 'my-project-1a2b3'"],
  [{ projectId: '123456789' }, 'options.projectId must be the id of a project'],
  [{ projectId: 'my-project/../other' }, 'options.projectId must be the id of a project'],
  [{ projectId: ['my-project-1a2b3'] }, 'options.projectId must be the id of a project'],
  [{ project: 'my-project-1a2b3' }, 'options.project is not an option'],
]);
