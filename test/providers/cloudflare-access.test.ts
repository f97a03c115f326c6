// Application tokens of Cloudflare Access, and what must not pass for one.
import { cloudflareAccess } from '../../src/providers/cloudflare-access.ts';
import { failing, NOW, published, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const ISSUER = 'https://acme.cloudflareaccess.com';
const AUD = '32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228';
const OTHER_AUD = AUD.replace('3', '4');
const documents = {
  [`${ISSUER}/cdn-cgi/access/certs`]: {
    keys: [published(RSA_KEY, { alg: 'RS256', use: 'sig' })],
    public_cert: { kid: RSA_KEY.kid, cert: '-----BEGIN CERTIFICATE-----' },
    public_certs: [],
  },
};
const given = { provider: cloudflareAccess, options: { team: 'acme', audience: AUD } };

testProvider('cloudflareAccess', {
  ...given,
  documents,
  header: { typ: 'JWT' },
  claims: {
    ...{ aud: [AUD], email: 'user@example.com', exp: NOW + 60, iat: NOW, nbf: NOW, iss: ISSUER, type: 'app' },
    ...{ identity_nonce: '6ei69kawdKzMIAPF', sub: '7335d417-61da-459d-899c-0a01c76a2f94', country: 'US' },
  },
  twins: {
    'of a service': { claims: { email: undefined, common_name: 'e3.access', sub: '' } },
    'of another team': { claims: { iss: 'https://evil.cloudflareaccess.com' }, refused: failing('iss mismatch') },
    'for another application': { claims: { aud: [OTHER_AUD] }, refused: failing('aud mismatch') },
    'for one of several applications': { options: { audience: [OTHER_AUD, AUD] } },
    'of the session of the organisation': { claims: { type: 'org' }, refused: failing('type mismatch') },
    'without type': { claims: { type: undefined }, refused: failing('type missing') },
  },
});

const A_TEAM = "options.team must be a team name such as 'acme', in lower case";
testOptions(given, [
  [{ team: undefined }, 'options.team must be given'],
  [{ team: 'acme.cloudflareaccess.com' }, A_TEAM],
  [{ team: 'Acme' }, A_TEAM],
  [{ team: 'evil.example/' }, A_TEAM],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: 'orders' }, 'options.audience must be the AUD tag of the application'],
  [{ audience: null }, 'options.audience must be the AUD tag of the application'],
  [{ aud: AUD }, 'options.aud is not an option'],
]);
