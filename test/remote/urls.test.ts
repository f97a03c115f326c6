import { describe, expect, test, vi } from 'vitest';
import {
  createVerifier,
  discover,
  discoverJwks,
  fetchJwks,
  type RemoteJwksOptions,
  remoteJwks,
} from '../../src/index.ts';
import { checkUrl, urlFault } from '../../src/remote/urls.ts';
import { expectTypeError } from '../support/expect.ts';

const SET = { keys: [] };
const fetch = async () => Response.json(SET);

/** The warnings of a run, which are not shown. */
async function warningsOf(run: () => unknown): Promise<unknown[][]> {
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await run();
  const { calls } = spy.mock;
  spy.mockRestore();
  return calls;
}

describe('insecureHosts', () => {
  test.each([
    ['http://keycloak/realms/a', true],
    ['http://keycloak:8080/realms/a', true],
    ['http://KEYCLOAK:8080/realms/a', true],
    ['http://10.0.0.7/', true],
    ['http://[fd00::7]/', true],
    ['https://issuer.example/', true],
    ['http://keycloak.evil.example/', false],
    ['http://evil.keycloak/', false],
    ['http://keycloak./', false],
    ['http://keycloak%2e/', false],
    ['http://evil.example/keycloak', false],
    ['http://evil.example?keycloak', false],
    ['http://evil.example\\@keycloak/', false],
    ['http://xn--keycloak-/', false],
    ['http://ke\u{fb03}cloak/', false],
    ['http://keycloаk/', false], // with a Cyrillic а
    ['http://localhost/', false],
    ['http://127.0.0.1/', false],
    ['ws://keycloak/', false],
    ['ftp://keycloak/', false],
  ])('%s: %s', (url, isAllowed) => {
    const access = { insecureHosts: ['keycloak', '10.0.0.7', '[fd00::7]'] };
    if (isAllowed) expect(checkUrl(url, access, 'url').href).toBe(new URL(url).href);
    else expectTypeError(() => checkUrl(url, access, 'url'), /^url must be (https, or http on loopback|a URL)/);
    expect(urlFault(url, access) === undefined).toBe(isAllowed);
  });

  test.each(['http://keycloak@evil.example/', 'http://keycloak:80@evil.example/', 'http://evil@keycloak/'])(
    '%s has a user name',
    (url) => {
      expectTypeError(() => checkUrl(url, { insecureHosts: ['keycloak'] }, 'url'), /must not hold a user name/);
    },
  );

  test.each([
    'Keycloak',
    'keycloak:8080',
    'keycloak/',
    'http://keycloak',
    'a@keycloak',
    '*',
    '*.example',
    'k*',
    'bücher.example',
    'fd00::7',
    '0x7f.1',
    'a b',
    ' keycloak',
    '',
    7,
    undefined,
  ])('%s is no host name as URL.hostname has it', (host) => {
    const told = /^options\.insecureHosts must be an array of host names such as 'keycloak', each as URL\.hostname/;
    for (const insecureHosts of [[host], ['keycloak', host]])
      expectTypeError(() => remoteJwks('https://issuer.example/', { insecureHosts } as never), told);
  });

  test.each([[[]], ['keycloak'], [null], [new Array(1)], [{ length: 1 }]])(
    '%j is no array of them',
    (insecureHosts) => {
      expectTypeError(
        () => remoteJwks('https://issuer.example/', { insecureHosts } as never),
        /^options\.insecureHosts/,
      );
    },
  );

  test('without it, the error names both ways to plain http', () => {
    const told = 'url must be https, or http on loopback with allowInsecureLoopback, or http to one of insecureHosts';
    expect(expectTypeError(() => remoteJwks('http://keycloak:8080/')).message).toBe(told);
  });

  test('the metadata and the set may be there, and nowhere else by plain http', async () => {
    const issuer = 'http://keycloak:8080/realms/a';
    const options: RemoteJwksOptions = { insecureHosts: ['keycloak'], clock: () => 0 };
    await warningsOf(async () => {
      for (const [jwks_uri, lastError] of [
        ['http://keycloak:8080/certs', undefined],
        ['http://evil.example/certs', 'ERR_JWKS_INVALID'],
      ]) {
        const answers = async (url: unknown) => Response.json(url === jwks_uri ? SET : { issuer, jwks_uri });
        const keys = discoverJwks(issuer, { ...options, fetch: answers });
        await keys.refresh().catch(() => undefined);
        expect(keys.status.lastError).toBe(lastError);
      }
    });
  });

  test('each set warns, once, and its status tells it', async () => {
    const insecureHosts = ['keycloak', 'minio'];
    const options = { fetch, insecureHosts };
    let status: unknown;
    const warnings = await warningsOf(async () => {
      const keys = remoteJwks('http://keycloak/', options);
      insecureHosts.push('evil.example');
      await keys.refresh();
      await keys.refresh();
      status = keys.status;
    });
    const message =
      'barejose: insecureHosts allows plain http to keycloak, minio, where others can replace the keys: for development only';
    expect(warnings).toEqual([[message, 'SecurityWarning', 'BAREJOSE_INSECURE_HOSTS']]);
    expect(status).toMatchObject({ insecureHosts: ['keycloak', 'minio'] });
    expect(remoteJwks('https://issuer.example/').status).not.toHaveProperty('insecureHosts');
  });

  test('so does all else that takes it, and nothing without it', async () => {
    const insecureHosts = ['keycloak'];
    const issuer = 'http://keycloak';
    const doors = [
      () => fetchJwks(issuer, { fetch, insecureHosts }),
      () => discover(issuer, { fetch, insecureHosts }).catch(() => undefined),
      () => discoverJwks(issuer, { fetch, insecureHosts }),
      () => createVerifier({ issuer, audience: 'api', remote: { fetch, insecureHosts } }),
    ];
    for (const door of doors) expect(await warningsOf(door), String(door)).toHaveLength(1);
    expect(await warningsOf(() => fetchJwks('https://issuer.example/', { fetch }))).toEqual([]);
  });
});
