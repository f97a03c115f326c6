import { describe, expect, test } from 'vitest';
import { createVerifier, type JwtClaims, spiffe } from '../../src/index.ts';
import { keyPairs, nodePair } from '../support/keys.ts';
import {
  EC_KEY,
  failing,
  NOW,
  type ProviderKey,
  providerToken,
  published,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const BUNDLE = 'https://spire.example.org/bundle';
const ISSUER = 'https://spire.example.org';
const AUDIENCE = 'spiffe://example.org/reports';
const WEB = 'spiffe://example.org/ns/prod/sa/web';

const svidKey = { use: 'jwt-svid', x5c: undefined };
const X509_KEY: ProviderKey = { ...EC_KEY, kid: 'x509', pair: nodePair('ES256') };
const bundle = {
  spiffe_sequence: 7,
  spiffe_refresh_hint: 60,
  keys: [published(EC_KEY, svidKey), ...publishedAs('spiffe', EC_KEY).keys.slice(1)],
};

const given = {
  provider: spiffe,
  options: { trustDomain: 'example.org', bundleUrl: BUNDLE, audience: AUDIENCE, issuer: ISSUER },
  documents: { [BUNDLE]: bundle },
  key: EC_KEY,
  header: { typ: 'JWT' },
  claims: { aud: [AUDIENCE], sub: WEB, iss: ISSUER, iat: NOW - 60, exp: NOW + 240 } as JwtClaims,
};
const withSubject = (subject: unknown) => ({ options: { subject } as object });

testProvider('spiffe', {
  ...given,
  twins: {
    'of any issuer, where none is asked for': { options: { issuer: undefined }, claims: { iss: undefined } },
    'of the workload that is asked for': withSubject(WEB),
    'of one of several workloads': withSubject(['spiffe://example.org/db', WEB]),
    'of a workload under a path': withSubject({ prefix: 'spiffe://example.org/ns/prod/' }),
    'without typ': { header: { typ: undefined } },
    'of another trust domain': {
      claims: { sub: 'spiffe://example.com/ns/prod/sa/web' },
      refused: failing('sub mismatch'),
    },
    'of a trust domain that begins alike': {
      claims: { sub: 'spiffe://example.org.evil.example/web' },
      refused: failing('sub mismatch'),
    },
    'of the trust domain itself': { claims: { sub: 'spiffe://example.org' }, refused: failing('sub mismatch') },
    'whose sub is no SPIFFE ID': { claims: { sub: 'web' }, refused: failing('sub mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'of another workload': {
      ...withSubject('spiffe://example.org/ns/prod/sa/db'),
      refused: failing('sub mismatch'),
    },
    'of a workload under another path': {
      ...withSubject({ prefix: 'spiffe://example.org/ns/pro/' }),
      refused: failing('sub mismatch'),
    },
    'for another audience': { claims: { aud: ['spiffe://example.org/other'] }, refused: failing('aud mismatch') },
    'without aud': { claims: { aud: undefined }, refused: failing('aud missing') },
    'of an algorithm that is none of JWT-SVIDs': {
      key: { alg: 'EdDSA', kid: EC_KEY.kid, pair: nodePair('EdDSA') },
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
    },
  },
});

describe('keys of the bundle', () => {
  const use = async (jwk: object, key = X509_KEY, remote: object = {}) => {
    const provider = simulatedProvider({ [BUNDLE]: { keys: [jwk, published(RSA_KEY, svidKey)] } });
    const options = { ...given.options, remote: { ...provider.remote, ...remote } };
    const verifier = createVerifier({ ...spiffe(options), clock: () => NOW });
    return verifier.verify(providerToken({ key, claims: given.claims }));
  };

  test('are those for JWT-SVIDs only', async () => {
    expect(await use(published(X509_KEY, svidKey))).toMatchObject({ claims: given.claims });
    for (const other of ['x509-svid', 'sig', undefined])
      await expect(use(published(X509_KEY, { use: other }))).rejects.toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
  });
  test('or those that the caller says', async () => {
    const remote = { use: 'sig', accept: () => true };
    expect(await use(published(X509_KEY, { use: 'sig' }), X509_KEY, remote)).toMatchObject({ claims: given.claims });
    const unset = { use: undefined, accept: undefined };
    expect(await use(published(X509_KEY, svidKey), X509_KEY, unset)).toMatchObject({ claims: given.claims });
    await expect(use(published(X509_KEY, { use: 'sig' }), X509_KEY, unset)).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });
});

test('with an issuer, it is one of several', () => {
  const others = { issuer: 'https://issuer.example', audience: 'api', keys: keyPairs.ES256.publicKey };
  expect(() => createVerifier({ issuers: [spiffe(given.options), others] })).not.toThrow();
  expect(() => createVerifier({ issuers: [spiffe({ ...given.options, issuer: undefined }), others] })).toThrow(
    TypeError,
  );
});

testOptions(given, [
  [{ trustDomain: undefined }, "options.trustDomain must be given: the name of a trust domain such as 'example.org'"],
  [{ trustDomain: 'spiffe://example.org' }, 'options.trustDomain must be the name of a trust domain'],
  [{ trustDomain: 'Example.org' }, 'options.trustDomain must be the name of a trust domain'],
  [{ trustDomain: 'example.org/' }, 'options.trustDomain must be the name of a trust domain'],
  [{ bundleUrl: undefined }, 'options.bundleUrl must be given: the https URL of a bundle'],
  [{ bundleUrl: 'http://spire.example.org/' }, 'options.bundleUrl must be the https URL of a bundle'],
  [{ audience: undefined }, 'options.audience must be given: your own audience'],
  [{ issuer: '' }, 'options.issuer must be an issuer'],
  [{ subject: 'web' }, "options.subject must be a SPIFFE ID of the trust domain such as 'spiffe://example.org/app'"],
  [{ subject: 'spiffe://example.org/a/../b' }, 'options.subject must be a SPIFFE ID'],
  [{ subject: 'spiffe://example.org//a' }, 'options.subject must be a SPIFFE ID'],
  [{ subject: 'spiffe://example.org/./a' }, 'options.subject must be a SPIFFE ID'],
  [{ subject: 'spiffe://example.org/a/' }, 'options.subject must be a SPIFFE ID'],
  [{ subject: 'spiffe://example.com/web' }, 'options.subject must be a SPIFFE ID of the trust domain'],
  [{ subject: [WEB, 'spiffe://example.com/web'] }, 'options.subject must be a SPIFFE ID of the trust domain'],
  [{ subject: { prefix: 'spiffe://example.com/ns/' } }, 'options.subject must be a SPIFFE ID of the trust domain'],
  [{ subject: { prefix: 'spiffe://example.org/ns' } }, 'options.subject must be a SPIFFE ID'],
  [{ subject: { prefix: 5 } }, 'options.subject must be a SPIFFE ID'],
  [{ subject: { prefix: 'spiffe://example.org/ns/', more: 1 } }, 'options.subject must be a SPIFFE ID'],
  [{ trustdomain: 'example.org' }, 'options.trustdomain is not an option; trustDomain is'],
]);
