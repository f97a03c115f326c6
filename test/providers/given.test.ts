import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  githubActions,
  gitlab,
  google,
  importJwks,
  JoseError,
  kubernetes,
  remoteJwks,
} from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { NOW, providerToken, publishedAs, RSA_KEY, simulatedProvider } from '../support/provider.ts';

const CERTS = 'https://www.googleapis.com/oauth2/v3/certs';
const jwks = publishedAs('github-actions', RSA_KEY);
const claims = { iss: 'https://accounts.google.com', aud: 'app', sub: '1', exp: NOW + 60 };

describe('remote', () => {
  test('takes a snapshot, and refuses one of another URL as the set does', async () => {
    const { remote, requests } = simulatedProvider({ [CERTS]: jwks });
    const keys = remoteJwks(CERTS, remote);
    await keys.refresh();
    const snapshot = keys.snapshot();
    const options = google({ clientId: 'app', remote: { ...remote, snapshot } });
    expect(createVerifier({ ...options, clock: () => NOW }).verifySync(providerToken({ claims }))).toMatchObject({
      claims,
    });
    expect(requests).toEqual([CERTS]);
    const other = { ...remote, snapshot: { ...snapshot, url: 'https://other.example' } as never };
    expect(() => google({ clientId: 'app', remote: other })).toThrow(JoseError);
  });

  test('names a wrong value of its options', () => {
    expectTypeError(() => google({ clientId: 'app', remote: { timeout: '0s' } }), /^options\.remote\.timeout must be/);
    expectTypeError(
      () => google({ clientId: 'app', remote: { minFresh: '2h', maxFresh: '1h' } }),
      /^options\.remote\.minFresh must not be more/,
    );
  });
});

describe('options', () => {
  test('that are undefined are refused: a variable that is not set skips no check', () => {
    const good = { audience: 'a', repository: 'octo-org/app' };
    const rows: [() => unknown, RegExp][] = [
      [() => google({ clientId: 'app', hd: undefined }), /^options\.hd must be a Workspace domain .*, or left out$/],
      [() => githubActions({ ...good, ref: undefined }), /^options\.ref must be .*, or left out$/],
      [() => githubActions({ ...good, issuer: undefined }), /^options\.issuer must be /],
      [() => gitlab({ audience: 'a', projectPath: 'g/p', url: undefined }), /^options\.url must be /],
      [() => kubernetes({ audience: 'a', namespace: undefined }), /^options\.namespace must be /],
    ];
    for (const [call, beginning] of rows) expectTypeError(call, beginning);
    expect(google({ clientId: 'app', remote: undefined }).audience).toBe('app');
  });

  test('are plain, and each can be overridden', async () => {
    const options = google({ clientId: 'app' });
    expect(Object.keys(options)).toEqual(['issuer', 'audience', 'claims', 'requiredClaims', 'algorithms', 'keys']);
    const keys = importJwks(jwks);
    const verifier = createVerifier({ ...options, keys, audience: 'other', clock: () => NOW });
    const other = { ...claims, aud: 'other' };
    expect(verifier.verifySync(providerToken({ claims: other }))).toMatchObject({ claims: other });
  });

  test('are one of several issuers', async () => {
    const { remote } = simulatedProvider({ [CERTS]: jwks });
    const issuers = [
      google({ clientId: 'app', remote }),
      { issuer: 'https://a.example', audience: 'a', keys: importJwks(jwks) },
    ];
    const verifier = createVerifier({ issuers, clock: () => NOW });
    expect(await verifier.verify(providerToken({ claims }))).toMatchObject({ claims });
  });

  test('are read by their own members only', () => {
    expectTypeError(() => google(Object.create({ clientId: 'app' })), /^options must be a plain object/);
    expectTypeError(() => google(undefined as never), /^options.clientId must be given/);
    expectTypeError(
      () => (google as (...args: unknown[]) => unknown)({ clientId: 'app' }, {}),
      /^google takes 1 argument/,
    );
  });

  test('are copied', () => {
    const clientId = ['app'];
    const options = google({ clientId });
    clientId.push('evil');
    expect(options.audience).toEqual(['app']);
  });
});
