// The files that pods have mounted are files of the test here; the API server of the last tests is one on loopback, over TLS.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createVerifier, kubernetes } from '../../src/index.ts';
import { createAuthority } from '../support/authority.ts';
import { openSite, reply, type Site } from '../support/misbehaving.ts';
import {
  EC_KEY,
  failing,
  NOW,
  providerToken,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
const [caFile, tokenFile] = [join(folder, 'ca.crt'), join(folder, 'token')];
const sites: Site[] = [];
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(sites.map(({ close }) => close()));
});
writeFileSync(tokenFile, 'own-token\n');

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const AUDIENCE = 'https://payments.example.com';
const JWKS = 'https://kubernetes.default.svc/openid/v1/jwks';
const jwks = publishedAs('github-actions', RSA_KEY);

const given = {
  provider: kubernetes,
  options: { audience: AUDIENCE, namespace: 'shop', serviceAccount: 'checkout', caFile, tokenFile },
  documents: { [JWKS]: jwks },
  claims: {
    aud: [AUDIENCE],
    exp: NOW + 540,
    iat: NOW - 60,
    iss: ISSUER,
    jti: 'e51f1fbc-4733-4b85-a59f-ba80c0523874',
    'kubernetes.io': {
      namespace: 'shop',
      node: { name: 'worker', uid: '517eb86e-b863-451b-bf70-86cb61439a3a' },
      pod: { name: 'checkout-0', uid: '0d8b260e-ef0e-45fb-be8e-ff44f97722e8' },
      serviceaccount: { name: 'checkout', uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' },
    },
    nbf: NOW - 60,
    sub: 'system:serviceaccount:shop:checkout',
  },
};
const any = { serviceAccount: undefined };

testProvider('kubernetes', {
  ...given,
  twins: {
    'of one of several service accounts': { options: { serviceAccount: ['cart.v2', 'checkout'] } },
    'of any service account of the namespace': { options: any, claims: { sub: 'system:serviceaccount:shop:cart' } },
    'of any service account of the cluster': {
      options: { ...any, namespace: undefined },
      claims: { sub: 'system:serviceaccount:other:cart' },
    },
    'of another service account': {
      claims: { sub: 'system:serviceaccount:shop:cart' },
      refused: failing('sub mismatch'),
    },
    'of the service account in another namespace': {
      claims: { sub: 'system:serviceaccount:evil:checkout' },
      refused: failing('sub mismatch'),
    },
    'of another namespace': {
      options: any,
      claims: { sub: 'system:serviceaccount:other:checkout' },
      refused: failing('sub mismatch'),
    },
    'of a namespace that begins alike': {
      options: any,
      claims: { sub: 'system:serviceaccount:shop-evil:checkout' },
      refused: failing('sub mismatch'),
    },
    'of a user': {
      options: { ...any, namespace: undefined },
      claims: { sub: 'system:node:worker' },
      refused: failing('sub mismatch'),
    },
    'for the API server': { claims: { aud: [ISSUER] }, refused: failing('aud mismatch') },
    'of another cluster': {
      claims: { iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF' },
      refused: failing('iss mismatch'),
    },
    'of a Secret, as before version 1.24': {
      claims: { iss: 'kubernetes/serviceaccount', aud: undefined, exp: undefined },
      refused: failing('iss mismatch', 'aud missing', 'exp missing'),
    },
    'not valid yet': { claims: { nbf: NOW + 1 }, refused: failing('nbf too-early') },
  },
});

testProvider('kubernetes with ECDSA keys, an issuer and an API server of its own', {
  ...given,
  options: { ...given.options, issuer: 'https://issuer.example', apiServer: 'https://10.0.0.1:6443' },
  documents: { 'https://10.0.0.1:6443/openid/v1/jwks': publishedAs('google-iap', EC_KEY) },
  key: EC_KEY,
  claims: { ...given.claims, iss: 'https://issuer.example' },
  twins: { 'of the default issuer': { claims: { iss: ISSUER }, refused: failing('iss mismatch') } },
});

testOptions(given, [
  [{ audience: undefined }, 'options.audience must be given: your own audience'],
  [{ namespace: undefined }, "options.namespace must be given with serviceAccount, such as 'payments'"],
  [{ namespace: 'shop:checkout' }, "options.namespace must be the name of a namespace such as 'payments'"],
  [{ namespace: '' }, 'options.namespace must be the name of a namespace'],
  [{ serviceAccount: 'a..b' }, 'options.serviceAccount must be the name of a service account'],
  [{ serviceAccount: 'a-.b' }, 'options.serviceAccount must be the name of a service account'],
  [{ serviceAccount: '*' }, "options.serviceAccount must be the name of a service account such as 'checkout'"],
  [{ serviceAccount: 'shop:checkout' }, 'options.serviceAccount must be the name of a service account'],
  [{ issuer: '' }, "options.issuer must be the cluster's issuer"],
  [{ apiServer: 'http://kubernetes.default.svc' }, 'options.apiServer must be the https origin of the API server'],
  [{ apiServer: 'https://kubernetes.default.svc/' }, 'options.apiServer must be the https origin of the API server'],
  [{ caFile: '' }, 'options.caFile must be the path of a file'],
  [{ tokenFile: '' }, 'options.tokenFile must be the path of a file'],
  [{ tokenfile: '/token' }, 'options.tokenfile is not an option; tokenFile is'],
]);

describe('files', () => {
  test('that are mounted in pods by default: without them, the keys are unavailable', async () => {
    const { fetch: _, ...others } = simulatedProvider({}).remote;
    const verifier = createVerifier({ ...kubernetes({ audience: AUDIENCE, remote: others }), clock: () => NOW });
    await expect(verifier.verify(providerToken(given))).rejects.toThrow('options.headers failed (ENOENT)');
    const headers = {};
    const tokenless = createVerifier({
      ...kubernetes({ audience: AUDIENCE, remote: { ...others, headers } }),
      clock: () => NOW,
    });
    await expect(tokenless.verify(providerToken(given))).rejects.toThrow('no answer (ENOENT)');
  });

  test('the token is read for each request', async () => {
    const sent: unknown[] = [];
    const { remote } = simulatedProvider(given.documents);
    let now = NOW;
    const fetch: typeof globalThis.fetch = async (url, init) => {
      sent.push(Object(init?.headers).authorization);
      return Response.json(given.documents[String(url) as typeof JWKS]);
    };
    const options = kubernetes({ ...given.options, remote: { ...remote, fetch, clock: () => now } });
    const verifier = createVerifier({ ...options, clock: () => NOW });
    await verifier.warm();
    writeFileSync(tokenFile, 'rotated-token');
    now += 3_600;
    await verifier.verify(providerToken(given));
    expect(sent).toEqual(['Bearer own-token', 'Bearer rotated-token']);
  });

  test('the authority is the one of the file, read for each request', async () => {
    const [authority, other] = [createAuthority(), createAuthority('another authority')];
    const site = await openSite(authority.issue());
    sites.push(site);
    const { asked } = site.scriptAt('/openid/v1/jwks', reply(JSON.stringify(jwks)));
    const { fetch: _, ...others } = simulatedProvider({}).remote;
    let now = NOW;
    const options = kubernetes({
      ...given.options,
      apiServer: site.origin,
      remote: { ...others, clock: () => now },
    });
    const verifier = createVerifier({ ...options, clock: () => NOW });
    writeFileSync(caFile, other.certificate);
    await expect(verifier.verify(providerToken(given))).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    writeFileSync(caFile, authority.certificate);
    now += 600;
    await verifier.verify(providerToken(given));
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer rotated-token']);
  });
});
