// Tokens of Azure AD B2C, and what must not pass for one: above all, tokens of a policy that asks less.
import { entraB2c } from '../../src/providers/entra-b2c.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const ISSUER = `https://contoso.b2clogin.com/${TENANT}/v2.0/`;
const APP = '00001111-aaaa-2222-bbbb-3333cccc4444';
const keysOf = (policy: string) => `https://contoso.b2clogin.com/contoso.onmicrosoft.com/${policy}/discovery/v2.0/keys`;
const documents = (policy: string) => ({ [keysOf(policy)]: publishedAs('entra-b2c', RSA_KEY) });
const given = {
  provider: entraB2c,
  options: { tenantName: 'contoso', tenantId: TENANT, policy: 'B2C_1_mfa', audience: APP },
};
const CLAIMS = {
  ...{ exp: NOW + 3_600, nbf: NOW, ver: '1.0', iss: ISSUER, sub: 's', aud: APP, iat: NOW, auth_time: NOW },
  ...{ idp: 'LocalAccount', name: 'User', emails: ['user@example.com'], tfp: 'B2C_1_mfa' },
};

testProvider('entraB2c', {
  ...given,
  documents: documents('B2C_1_mfa'),
  header: { typ: 'JWT' },
  claims: CLAIMS,
  twins: {
    'of another policy': { claims: { tfp: 'B2C_1_password' }, refused: failing('tfp mismatch') },
    'of the policy in other letters': { claims: { tfp: 'b2c_1_mfa' }, refused: failing('tfp mismatch') },
    'with the policy in acr': { claims: { tfp: undefined, acr: 'B2C_1_mfa' }, refused: failing('tfp missing') },
    'of another tenant': {
      claims: { iss: `https://contoso.b2clogin.com/bbbb${TENANT.slice(4)}/v2.0/` },
      refused: failing('iss mismatch'),
    },
    'of the tenant by another name': {
      claims: { iss: ISSUER.replace('contoso', 'evil') },
      refused: failing('iss mismatch'),
    },
    'of the issuer that names the policy': {
      claims: { iss: `https://contoso.b2clogin.com/tfp/${TENANT}/b2c_1_mfa/v2.0/` },
      refused: failing('iss mismatch'),
    },
    'for another app': { claims: { aud: TENANT }, refused: failing('aud mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
  },
});

testProvider('entraB2c, a custom policy in acr', {
  ...given,
  options: { ...given.options, policy: 'b2c_1a_signin', policyClaim: 'acr' },
  documents: documents('b2c_1a_signin'),
  claims: { ...CLAIMS, tfp: undefined, acr: 'b2c_1a_signin' },
  twins: {
    'of another policy': { claims: { acr: 'b2c_1a_reset' }, refused: failing('acr mismatch') },
    'with the policy in tfp': { claims: { acr: undefined, tfp: 'b2c_1a_signin' }, refused: failing('acr missing') },
  },
});

testOptions(given, [
  [{ tenantName: undefined }, 'options.tenantName must be given'],
  [{ tenantName: 'contoso.onmicrosoft.com' }, "options.tenantName must be the name of a tenant such as 'contoso'"],
  [{ tenantName: 'Contoso' }, 'options.tenantName must be the name of a tenant'],
  [{ tenantId: undefined }, 'options.tenantId must be given'],
  [{ tenantId: 'contoso.onmicrosoft.com' }, 'options.tenantId must be a tenant id'],
  [{ policy: undefined }, 'options.policy must be given'],
  [{ policy: 'signin' }, "options.policy must be the name of a policy such as 'B2C_1_signin'"],
  [{ policy: 'B2C_1_a/b' }, 'options.policy must be the name of a policy'],
  [{ policy: ['B2C_1_mfa'] }, 'options.policy must be the name of a policy'],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: '' }, 'options.audience must be the client id of your app'],
  [{ policyClaim: 'sub' }, "options.policyClaim must be 'tfp' or 'acr'"],
  [{ userFlow: 'x' }, 'options.userFlow is not an option'],
]);
