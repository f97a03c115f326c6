// Tokens of Microsoft Entra ID as its documents show them, and what must not pass for one: above all, tokens of other
// tenants, and tokens signed by keys that are not for this tenant.
import { describe, expect, test } from 'vitest';
import { createVerifier, type Jwk } from '../../src/index.ts';
import { entra } from '../../src/providers/entra.ts';
import {
  failing,
  NOW,
  OTHER_RSA_KEY,
  type ProviderKey,
  providerToken,
  published,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const OTHER = 'bbbbcccc-1111-dddd-2222-eeee3333ffff';
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const API = '11112222-bbbb-3333-cccc-4444dddd5555';
const v2 = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;
const v1 = (tenant: string) => `https://sts.windows.net/${tenant}/`;
const keysOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`;

/** Keys beside that of all tenants, each of another issuer or cloud. */
const keyNamed = (kid: string): ProviderKey => ({ ...OTHER_RSA_KEY, kid });
const OTHERS: Readonly<Record<string, object>> = {
  consumers: { issuer: v2(CONSUMERS) },
  own: { issuer: v2(TENANT) },
  'other-tenant': { issuer: v2(OTHER) },
  'no-issuer': {},
  'null-issuer': { issuer: null },
  'other-cloud': { issuer: v2('{tenantid}'), cloud_instance_name: 'microsoftonline.us' },
  'this-cloud': { issuer: v2('{tenantid}'), cloud_instance_name: 'microsoftonline.com' },
};
const others = Object.entries(OTHERS).map(([kid, members]) => published(keyNamed(kid), { use: 'sig', ...members }));
const documents = (tenant: string) => {
  const { keys } = publishedAs('entra-common', RSA_KEY);
  return { [keysOf(tenant)]: { keys: [...keys, ...others] satisfies Jwk[] } };
};
const ofNoKey = (kid: string) => ({ key: keyNamed(kid), refused: ['ERR_JWKS_NO_MATCHING_KEY'] as const });

const header = { typ: 'JWT', x5t: 'iFeMGW4uxg_dllVXEjJLC6FA0Lw' };
const V2 = {
  ...{ aud: API, iss: v2(TENANT), iat: NOW, nbf: NOW, exp: NOW + 4_500, aio: 'a', azp: 'client', azpacr: '0' },
  ...{ name: 'User', oid: 'o', preferred_username: 'user@example.com', rh: 'r', scp: 'orders.read', sub: 's' },
  ...{ tid: TENANT, uti: 'u', ver: '2.0' },
};
const V1 = {
  ...{ ...V2, aud: 'api://orders', iss: v1(TENANT), appid: 'client', appidacr: '0', upn: 'user@example.com' },
  ...{ azp: undefined, azpacr: undefined, preferred_username: undefined, ver: '1.0' },
};

const keyTwins = {
  'signed by the key of personal accounts': ofNoKey('consumers'),
  'signed by the key of another tenant': ofNoKey('other-tenant'),
  'signed by a key of no issuer': ofNoKey('no-issuer'),
  'signed by a key whose issuer is null': ofNoKey('null-issuer'),
  'signed by a key of another cloud': ofNoKey('other-cloud'),
  'signed by a key of this cloud by its name': { key: keyNamed('this-cloud') },
};

const one = { provider: entra, options: { tenant: TENANT, audience: API } };
testProvider('entra, one tenant', {
  ...one,
  documents: documents(TENANT),
  header,
  claims: V2,
  twins: {
    ...keyTwins,
    'signed by the tenant’s own key': { key: keyNamed('own') },
    'of another tenant': {
      claims: { iss: v2(OTHER), tid: OTHER },
      refused: failing('iss mismatch', 'tid mismatch'),
    },
    'of this tenant with the tid of another': { claims: { tid: OTHER }, refused: failing('tid mismatch') },
    'of this tid with the issuer of another': { claims: { iss: v2(OTHER) }, refused: failing('iss mismatch') },
    'without tid': { claims: { tid: undefined }, refused: failing('tid missing') },
    'of version 1': { claims: { ...V1, aud: API }, refused: failing('iss mismatch', 'ver mismatch') },
    'of another ver alone': { claims: { ver: '1.0' }, refused: failing('ver mismatch') },
    'for another API': { claims: { aud: OTHER }, refused: failing('aud mismatch') },
    'for Microsoft Graph': { claims: { aud: 'https://graph.microsoft.com' }, refused: failing('aud mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'of a key that the caller accepts': {
      options: { remote: { ...simulatedProvider(documents(TENANT)).remote, accept: ({ kid }) => kid === RSA_KEY.kid } },
    },
    'of a key that the caller does not accept': {
      options: { remote: { ...simulatedProvider(documents(TENANT)).remote, accept: ({ kid }) => kid !== RSA_KEY.kid } },
      refused: ['ERR_JWKS_NO_MATCHING_KEY'],
    },
  },
});

testProvider('entra, one tenant, version 1', {
  provider: entra,
  options: { tenant: TENANT, audience: ['api://orders', API], version: 1 },
  documents: documents(TENANT),
  header,
  claims: V1,
  twins: {
    ...keyTwins,
    'of version 2': { claims: V2, refused: failing('iss mismatch', 'ver mismatch') },
    'of another tenant': { claims: { iss: v1(OTHER), tid: OTHER }, refused: failing('iss mismatch', 'tid mismatch') },
  },
});

testProvider('entra, several tenants', {
  provider: entra,
  options: { tenant: [TENANT, OTHER], audience: API },
  documents: documents('organizations'),
  header,
  claims: V2,
  twins: {
    ...keyTwins,
    'signed by the key of one of them, which is not known to be for this one': ofNoKey('own'),
    'of the other': { claims: { iss: v2(OTHER), tid: OTHER } },
    'of a third': { claims: { iss: v2(API), tid: API }, refused: failing('tid mismatch') },
    'of one with the tid of the other': { claims: { tid: OTHER }, refused: failing('iss mismatch') },
    'of personal accounts': { claims: { iss: v2(CONSUMERS), tid: CONSUMERS }, refused: failing('tid mismatch') },
    'without tid': { claims: { tid: undefined }, refused: failing('tid missing') },
    'of another ver alone': { claims: { ver: '1.0' }, refused: failing('ver mismatch') },
  },
});

testProvider('entra, any tenant', {
  provider: entra,
  options: { tenant: 'any', audience: API },
  documents: documents('organizations'),
  header,
  claims: V2,
  twins: {
    ...keyTwins,
    'of any other tenant': { claims: { iss: v2(OTHER), tid: OTHER } },
    'of personal accounts, signed by their key': {
      key: keyNamed('consumers'),
      claims: { iss: v2(CONSUMERS), tid: CONSUMERS },
      refused: ['ERR_JWKS_NO_MATCHING_KEY'],
    },
    'of a tenant that is no UUID': {
      claims: { iss: v2('evil'), tid: 'evil' },
      refused: failing('tid mismatch'),
    },
    'of one with the tid of the other': { claims: { tid: OTHER }, refused: failing('iss mismatch') },
  },
});

testProvider('entra, any tenant, version 1', {
  provider: entra,
  options: { tenant: 'any', audience: 'api://orders', version: 1 },
  documents: documents('organizations'),
  header,
  claims: V1,
  twins: {
    'of version 2': { claims: { ...V2, aud: 'api://orders' }, refused: failing('iss mismatch', 'ver mismatch') },
  },
});

const personalKey: ProviderKey = { ...RSA_KEY, kid: 'personal' };
testProvider('entra, personal accounts', {
  provider: entra,
  options: { tenant: CONSUMERS, audience: API },
  documents: { [keysOf(CONSUMERS)]: { keys: [published(personalKey, { issuer: v2(CONSUMERS) }), ...others] } },
  key: personalKey,
  header,
  claims: { ...V2, iss: v2(CONSUMERS), tid: CONSUMERS },
  twins: {
    'of an enterprise': { claims: { iss: v2(TENANT), tid: TENANT }, refused: failing('iss mismatch', 'tid mismatch') },
    'signed by the key of an enterprise': ofNoKey('own'),
  },
});

describe('entra', () => {
  test('a token for Microsoft Graph, whose nonce was changed after signing, is named as one', async () => {
    const { remote } = simulatedProvider(documents(TENANT));
    const verifier = createVerifier({ ...entra({ ...one.options, remote }), clock: () => NOW });
    const signed = providerToken({ header: { ...header, nonce: 'signed' }, claims: V2 }).split('.');
    const [sent] = providerToken({ header: { ...header, nonce: 'sent' }, claims: V2 }).split('.');
    await expect(verifier.verify([sent, ...signed.slice(1)].join('.'))).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      message: expect.stringContaining('a nonce in the header is of tokens for Microsoft Graph'),
    });
  });

  test('enterprises and personal accounts beside each other, each by its own keys', async () => {
    const { remote } = simulatedProvider({ ...documents('organizations'), ...documents(CONSUMERS) });
    const issuers = [
      entra({ tenant: CONSUMERS, audience: API, remote }),
      entra({ tenant: [TENANT, OTHER], audience: API, remote }),
    ];
    const verifier = createVerifier({ issuers, clock: () => NOW });
    const personal = { ...V2, iss: v2(CONSUMERS), tid: CONSUMERS };
    const [key, consumers] = [RSA_KEY, keyNamed('consumers')];
    await expect(verifier.verify(providerToken({ key, claims: V2 }))).resolves.toHaveProperty('claims.tid', TENANT);
    await expect(verifier.verify(providerToken({ key: consumers, claims: personal }))).resolves.toBeDefined();
    await expect(verifier.verify(providerToken({ key: consumers, claims: V2 }))).rejects.toHaveProperty(
      'code',
      'ERR_JWKS_NO_MATCHING_KEY',
    );
  });

  test('the list of tenants is a copy', async () => {
    const { remote } = simulatedProvider(documents('organizations'));
    const tenant = [OTHER];
    const verifier = createVerifier({ ...entra({ tenant, audience: API, remote }), clock: () => NOW });
    tenant.push(TENANT);
    await expect(verifier.verify(providerToken({ claims: V2 }))).rejects.toHaveProperty('failures', [
      { claim: 'tid', reason: 'mismatch' },
    ]);
  });
});

const A_TENANT = 'options.tenant must be a tenant id such as';
const NOT_GRAPH = 'options.audience must be the client id or App ID URI of your own API';
testOptions(one, [
  [{ tenant: undefined }, 'options.tenant must be given: a tenant id such as'],
  [{ tenant: 'common' }, A_TENANT],
  [{ tenant: 'contoso.onmicrosoft.com' }, A_TENANT],
  [{ tenant: TENANT.toUpperCase() }, A_TENANT],
  [{ tenant: `${TENANT}/x` }, A_TENANT],
  [{ tenant: [] }, A_TENANT],
  [{ tenant: [TENANT, 'any'] }, A_TENANT],
  [{ tenant: [TENANT, CONSUMERS] }, A_TENANT],
  [{ tenant: [TENANT, 5] }, A_TENANT],
  [{ tenant: new Array(1) }, A_TENANT],
  [{ tenant: null }, A_TENANT],
  [{ audience: undefined }, 'options.audience must be given'],
  [{ audience: '' }, NOT_GRAPH],
  ...[
    '00000003-0000-0000-c000-000000000000',
    'https://graph.microsoft.com',
    'https://graph.microsoft.com/',
    'https://graph.microsoft.us',
    'https://dod-graph.microsoft.us/',
    'HTTPS://GRAPH.MICROSOFT.COM',
    [API, 'https://graph.microsoft.com'],
  ].map((audience) => [{ audience }, NOT_GRAPH] as const),
  [{ version: 3 }, 'options.version must be the number 1 or 2'],
  [{ remote: { accept: 5 } }, 'options.remote.accept must be a function'],
  [{ tenantId: TENANT }, 'options.tenantId is not an option'],
]);
