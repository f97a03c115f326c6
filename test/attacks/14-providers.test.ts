// What identity providers make possible: keys, tokens and names of one tenant, client or project used for another. The whole
// table of twins of each provider is in test/providers/.
import { describe, expect, test } from 'vitest';
import {
  alb,
  cognito,
  createVerifier,
  entra,
  githubActions,
  google,
  idToken,
  importJwks,
  JoseError,
  okta,
  type TrustedIssuerOptions,
  verifyJwt,
} from '../../src/index.ts';
import { EXAMPLES } from '../providers/examples.ts';
import { expectTypeError } from '../support/expect.ts';
import { keySigner } from '../support/forge.ts';
import {
  type Documents,
  EC_KEY,
  NOW,
  OTHER_RSA_KEY,
  type ProviderKey,
  providerToken,
  published,
  RSA_KEY,
  simulatedProvider,
} from '../support/provider.ts';

const TENANT = 'aaaabbbb-0000-4ccc-8111-dddd2222eeee';
const OTHER = 'bbbbcccc-1111-4ddd-9222-eeee3333ffff';
const iss = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;

/** How a token ends: its failures, its code, or 'accepted'. */
async function outcomeOf(options: TrustedIssuerOptions, claims: object, key: ProviderKey = RSA_KEY) {
  const verifier = createVerifier({ ...options, clock: () => NOW });
  try {
    await verifier.verify(providerToken({ key, claims: { exp: NOW + 60, ...claims } }));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    return error.failures?.map(({ claim, reason }) => `${claim} ${reason}`).join() ?? error.code;
  }
}

const remoteOf = (documents: Documents) => simulatedProvider(documents).remote;
const jwks = (...keys: object[]) => ({ keys: keys as never[] });

describe('keys and tenants', () => {
  const consumers = { ...OTHER_RSA_KEY, kid: 'consumers' };
  const keys = jwks(
    published(RSA_KEY, { issuer: iss('{tenantid}') }),
    published(consumers, { issuer: iss('9188040d-6c67-4c5b-b112-36a304b66dad') }),
  );
  const remote = remoteOf({
    [`https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`]: keys,
    'https://login.microsoftonline.com/organizations/discovery/v2.0/keys': keys,
  });
  const one = entra({ tenant: TENANT, audience: 'api', remote });
  const any = entra({ tenant: 'any', audience: 'api', remote });
  const two = entra({ tenant: [TENANT], audience: 'api', remote });
  const of = (tenant: string, tid = tenant) => ({ iss: iss(tenant), tid, aud: 'api', ver: '2.0', sub: 's' });

  test('PRV-01 a key of personal accounts signs for no enterprise', async () => {
    for (const options of [one, any, two]) {
      expect(await outcomeOf(options, of(TENANT))).toBe('accepted');
      expect(await outcomeOf(options, of(TENANT), consumers)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
  });

  test('PRV-02 a token of a tenant that claims to be of another, or of one that is not allowed', async () => {
    expect(await outcomeOf(one, of(OTHER))).toBe('iss mismatch,tid mismatch');
    expect(await outcomeOf(any, of(OTHER, TENANT))).toBe('iss mismatch');
    expect(await outcomeOf(any, { ...of(TENANT), tid: undefined })).toBe('tid missing');
    expect(await outcomeOf(two, of(OTHER))).toBe('tid mismatch');
    expect(await outcomeOf(any, { ...of(TENANT), iss: iss('{tid}'), tid: '{tid}' })).toBe('tid mismatch');
  });
});

describe('kinds of tokens, and whose they are', () => {
  const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
  const remote = remoteOf({ [`${pool}/.well-known/jwks.json`]: jwks(published(RSA_KEY)) });
  const options = (use: 'access' | 'id') =>
    cognito({ userPoolId: 'eu-west-1_AbCdEfGhI', clientId: 'mine', use, remote });
  const access = { iss: pool, sub: 's', token_use: 'access', client_id: 'mine' };
  const id = { iss: pool, sub: 's', token_use: 'id', aud: 'mine' };

  test('PRV-03 an ID token is no access token, nor the reverse', async () => {
    expect(await outcomeOf(options('access'), access)).toBe('accepted');
    expect(await outcomeOf(options('id'), id)).toBe('accepted');
    expect(await outcomeOf(options('access'), id)).toBe('token_use mismatch,client_id missing');
    expect(await outcomeOf(options('id'), access)).toBe('aud missing,token_use mismatch');
    expect(await outcomeOf(options('access'), { ...access, token_use: 'id' })).toBe('token_use mismatch');
  });

  test('PRV-04 a token of another client, or of another repository of the world', async () => {
    expect(await outcomeOf(options('access'), { ...access, client_id: 'theirs' })).toBe('client_id mismatch');
    const github = 'https://token.actions.githubusercontent.com';
    const keys = { remote: remoteOf({ [`${github}/.well-known/jwks`]: jwks(published(RSA_KEY)) }) };
    const job = { iss: github, aud: 'api', repository: 'octo-org/app', sub: 'repo:octo-org/app:ref:refs/heads/main' };
    const mine = githubActions({ audience: 'api', repository: 'octo-org/app', ...keys });
    expect(await outcomeOf(mine, job)).toBe('accepted');
    expect(await outcomeOf(mine, { ...job, repository: 'octo-org/app-evil' })).toBe('repository mismatch');
    expectTypeError(() => githubActions({ audience: 'api', ...keys }), /^options\.repository must be given/);
  });
});

test('PRV-05 no option puts a path, a host or a wildcard into a URL or an issuer', () => {
  for (const evil of ['a/b', 'a@b', 'a?b', 'a#b', '*', '..', 'https://a', ' ', '', 'a b', undefined]) {
    expectTypeError(() => okta({ domain: evil as never, audience: 'a' }), /^options\.domain must be/);
    expectTypeError(() => entra({ tenant: evil as never, audience: 'a' }), /^options\.tenant must be/);
    expectTypeError(
      () => cognito({ userPoolId: `eu-west-1_${evil ?? '/'}/x`, clientId: 'c', use: 'id' }),
      /^options\.userPoolId must be/,
    );
  }
  expectTypeError(() => google({ clientId: undefined as never }), /^options\.clientId must be given/);
});

test('PRV-09 a variable that is not set skips no check: every option that narrows must have a value', () => {
  const github = { audience: 'a', repository: 'octo-org/app' };
  const rows: [string, () => unknown][] = [
    ['hd', () => google({ clientId: 'c', hd: undefined })],
    ['ref', () => githubActions({ ...github, ref: undefined })],
    ['environment', () => githubActions({ ...github, environment: undefined })],
    ['clientId', () => okta({ domain: 'acme.okta.com', audience: 'a', clientId: undefined })],
    ['maxAge', () => idToken({ issuer: 'https://a.example', clientId: 'c', nonce: 'n', maxAge: undefined })],
  ];
  for (const [name, call] of rows) expectTypeError(call, new RegExp(`^options\\.${name} must be .*, or left out$`));
});

describe('tokens of a load balancer', () => {
  const example = EXAMPLES.find(({ name }) => name === 'alb');
  const header = { alg: 'ES256', kid: '12345678-90ab-4cde-8f01-234567890abc', exp: NOW + 60, ...example?.header };
  const options = { arn: String(example?.header?.signer), clientId: 'web-app', issuer: 'https://login.example.com' };
  const part = (value: object) => {
    const text = Buffer.from(JSON.stringify(value)).toString('base64url');
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
  const sign = keySigner('ES256', EC_KEY.pair.privateKey);
  function token(head: object = header): string {
    const input = `${part(head)}.${part({ iss: options.issuer, sub: 's', exp: NOW + 60 })}`;
    return `${input}.${Buffer.from(sign(Buffer.from(input))).toString('base64url')}==`;
  }
  async function outcome(text: string) {
    const requests: string[] = [];
    const pem = EC_KEY.pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const fetch = async (url: unknown) => {
      requests.push(String(url));
      return new Response(pem);
    };
    const verifier = alb({ ...options, clock: () => NOW, remote: { fetch } });
    const end = await verifier.verify(text).then(
      () => 'accepted',
      (error: JoseError) => error.code,
    );
    return [end, requests.length];
  }

  test('PRV-06 padding in another count, and a part that was padded or stripped after it was signed', async () => {
    const good = token();
    expect(await outcome(good)).toEqual(['accepted', 1]);
    const [head = '', body = '', signature = ''] = good.split('.');
    const bare = (text: string) => text.replace(/=+$/, '');
    for (const parts of [
      [head, body, bare(signature)],
      [head, body, `${signature}=`],
      [bare(head), bare(body), bare(signature)],
      [`${head}====`, body, signature],
    ])
      expect(await outcome(parts.join('.'))).toEqual(
        parts.join('.') === good ? ['accepted', 1] : ['ERR_JWS_INVALID', 0],
      );
  });

  test('PRV-07 a kid that is a path or another URL, or the name of another load balancer', async () => {
    for (const kid of ['../x', 'https://evil.example', header.kid.toUpperCase(), `${header.kid}?x`, ''])
      expect(await outcome(token({ ...header, kid }))).toEqual(['ERR_JWKS_NO_MATCHING_KEY', 0]);
    expect(await outcome(token({ ...header, signer: options.arn.replace('web', 'evil') }))).toEqual([
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      0,
    ]);
  });
});

test('PRV-08 the ID token of another login, or one that is for others, too', () => {
  const issuer = 'https://login.example.com';
  const keys = importJwks(jwks(published(RSA_KEY)));
  const expected = (nonce: string | null) => idToken({ issuer, clientId: 'web', nonce, now: NOW });
  const claims = { iss: issuer, aud: 'web', sub: 's', iat: NOW, exp: NOW + 60, nonce: 'n' };
  const failures = (more: object) => {
    try {
      return verifyJwt(providerToken({ claims: { ...claims, ...more } }), keys, expected('n')).claims.sub;
    } catch (error) {
      return (error as JoseError).failures?.map(({ claim, reason }) => `${claim} ${reason}`).join();
    }
  };
  expect(failures({})).toBe('s');
  expect(failures({ nonce: 'replayed' })).toBe('nonce mismatch');
  expect(failures({ nonce: undefined })).toBe('nonce missing');
  expect(failures({ aud: ['web', 'other'] })).toBe('aud mismatch,azp mismatch');
  expect(failures({ azp: 'other' })).toBe('azp mismatch');
  expectTypeError(() => idToken({ issuer, clientId: 'web' } as never), /^options\.nonce must be given/);
});

test('CLM-17 a token does not choose between issuers of one name', () => {
  const issuer = 'https://login.example.com';
  const keys = (key: ProviderKey) => importJwks(jwks(published(key)));
  const verifier = createVerifier({
    issuers: [
      { issuer, audience: 'one', keys: keys(RSA_KEY) },
      { issuer, audience: 'two', keys: keys(OTHER_RSA_KEY) },
    ],
    clock: () => NOW,
  });
  const codeOf = (aud: unknown, key: ProviderKey) => {
    try {
      return verifier.verifySync(providerToken({ key, claims: { iss: issuer, aud, exp: NOW + 60 } })).claims.aud;
    } catch (error) {
      return (error as JoseError).code;
    }
  };
  expect(codeOf('one', RSA_KEY)).toBe('one');
  expect(codeOf('two', OTHER_RSA_KEY)).toBe('two');
  expect(codeOf('one', OTHER_RSA_KEY)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  expect(codeOf(['two', 'one'], OTHER_RSA_KEY)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  expectTypeError(
    () => createVerifier({ issuers: [0, 1].map(() => ({ issuer, audience: ['one'], keys: keys(RSA_KEY) })) }),
    /^options\.issuers\[1\]\.issuer repeats a name/,
  );
});
