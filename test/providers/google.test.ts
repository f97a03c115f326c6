import { google } from '../../src/index.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const CERTS = 'https://www.googleapis.com/oauth2/v3/certs';
const CLIENT = '1008719970978-hb24n2dstb40o45d4feuo2ukqmcc6381.apps.googleusercontent.com';

const given = {
  provider: google,
  options: { clientId: CLIENT, hd: 'example.com' },
  documents: { [CERTS]: publishedAs('github-actions', RSA_KEY) },
  header: { typ: 'JWT' },
  claims: {
    iss: 'https://accounts.google.com',
    azp: CLIENT,
    aud: CLIENT,
    sub: '110169484474386276334',
    hd: 'example.com',
    email: 'ada@example.com',
    email_verified: true,
    at_hash: 'HK6E_P6Dh8Y93mRNtsDB1Q',
    nonce: '0394852-3190485-2490358',
    iat: NOW - 60,
    exp: NOW + 3_540,
  },
};

testProvider('google', {
  ...given,
  twins: {
    'of the issuer in its other spelling': { claims: { iss: 'accounts.google.com' } },
    'of an account of any kind, where no domain is asked for': {
      options: { hd: undefined },
      claims: { hd: undefined, email: 'ada@gmail.example' },
    },
    'for one of several clients, of one of several domains': {
      options: { clientId: ['other', CLIENT], hd: ['other.example', 'example.com'] },
    },
    'for another client': { claims: { aud: 'other.apps.googleusercontent.com' }, refused: failing('aud mismatch') },
    'whose azp alone is the client': { claims: { aud: 'other' }, refused: failing('aud mismatch') },
    'of another domain': { claims: { hd: 'other.example' }, refused: failing('hd mismatch') },
    'of an account without a domain, by its email address': {
      claims: { hd: undefined },
      refused: failing('hd missing'),
    },
    'of a domain in other letters': { claims: { hd: 'Example.com' }, refused: failing('hd mismatch') },
    'of the issuer by http': { claims: { iss: 'http://accounts.google.com' }, refused: failing('iss mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
  },
});

testOptions(given, [
  [
    { clientId: undefined },
    "options.clientId must be given: a client id such as '1234-abc.apps.googleusercontent.com'",
  ],
  [{ clientId: '' }, 'options.clientId must be a client id'],
  [{ clientId: ' app' }, 'options.clientId must be a client id'],
  [{ clientId: [] }, 'options.clientId must be a client id'],
  [{ clientId: Object.assign(Array(2), { 1: 'app' }) }, 'options.clientId must be a client id'],
  [{ hd: 'Example.com' }, "options.hd must be a Workspace domain such as 'example.com', in lower case"],
  [{ hd: 'example..com' }, 'options.hd must be a Workspace domain'],
  [{ hd: 'example' }, 'options.hd must be a Workspace domain'],
  [{ hd: '*' }, 'options.hd must be a Workspace domain'],
  [{ domain: 'example.com' }, 'options.domain is not an option'],
]);
