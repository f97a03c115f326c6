// Tokens of Auth0 as its documents show them, and what must not pass for one.
import { auth0 } from '../../src/providers/auth0.ts';
import { discovered, failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const ISSUER = 'https://acme.eu.auth0.com/';
const given = {
  provider: auth0,
  options: { domain: 'acme.eu.auth0.com', audience: 'https://api.example.com' },
};

testProvider('auth0', {
  ...given,
  documents: discovered(ISSUER, `${ISSUER}.well-known/jwks.json`, publishedAs('auth0', RSA_KEY)),
  header: { typ: 'JWT' },
  claims: {
    iss: ISSUER,
    sub: 'auth0|123456',
    aud: ['https://api.example.com', 'https://acme.eu.auth0.com/userinfo'],
    azp: 'client-1',
    scope: 'openid profile read:orders',
    iat: NOW - 60,
    exp: NOW + 86_340,
  },
  twins: {
    'in the RFC 9068 profile': {
      header: { typ: 'at+jwt' },
      claims: { azp: undefined, client_id: 'client-1', jti: 'j' },
    },
    'for one of several audiences': { options: { audience: ['other', 'https://api.example.com'] } },
    'of another tenant': { claims: { iss: 'https://evil.eu.auth0.com/' }, refused: failing('iss mismatch') },
    'for another API': {
      claims: { aud: ['https://other.example.com', 'https://acme.eu.auth0.com/userinfo'] },
      refused: failing('aud mismatch'),
    },
    'an ID token': { claims: { aud: 'client-1' }, refused: failing('aud mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
  },
});

testOptions(given, [
  [{ domain: undefined }, "options.domain must be given: a domain such as 'login.example.com'"],
  [{ domain: 'https://acme.eu.auth0.com' }, 'options.domain must be a domain such as'],
  [{ domain: 'acme.eu.auth0.com/' }, 'options.domain must be a domain such as'],
  [{ domain: 'acme.eu.auth0.com@evil.example' }, 'options.domain must be a domain such as'],
  [{ domain: 'ACME.eu.auth0.com' }, 'options.domain must be a domain such as'],
  [{ domain: 'acme..auth0.com' }, 'options.domain must be a domain such as'],
  [{ domain: '.auth0.com' }, 'options.domain must be a domain such as'],
  [{ domain: 'auth0.com.' }, 'options.domain must be a domain such as'],
  [{ domain: 'acme' }, 'options.domain must be a domain such as'],
  [{ domain: 'acme.auth0.com\n' }, 'options.domain must be a domain such as'],
  [{ audience: undefined }, 'options.audience must be given: the identifier of your API'],
  [{ audience: '' }, 'options.audience must be the identifier of your API'],
  [{ audience: null }, 'options.audience must be the identifier of your API'],
  [{ clientId: 'client-1' }, 'options.clientId is not an option'],
]);
