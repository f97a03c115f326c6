// Over real TLS on loopback, with throwaway authorities: what the platform's fetch cannot be told without an environment.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { createVerifier, type FetchOptions, fetchJwks, httpsFetch, JoseError, remoteJwks } from '../../src/index.ts';
import { createAuthority } from '../support/authority.ts';
import { expectTypeError } from '../support/expect.ts';
import { compact, jwkOf, keySigner } from '../support/forge.ts';
import { freshPair } from '../support/keys.ts';
import {
  type Conduct,
  endlessHeaders,
  endsMidBody,
  gzipBomb,
  neverAnswers,
  oneByteASecond,
  openSite,
  type Reply,
  reply,
  resetsMidBody,
  type Site,
  spaces,
  status,
} from '../support/misbehaving.ts';

const NOW = 1_700_000_000;
const { privateKey, publicKey } = freshPair('ec', { namedCurve: 'P-256' });
const GOOD = JSON.stringify({ keys: [{ ...jwkOf(publicKey), kid: 'a', alg: 'ES256' }] });

const authority = createAuthority();
const other = createAuthority('another authority');
const ca = authority.certificate;
const identity = authority.issue();
const sites: Site[] = [];
afterAll(async () => {
  await Promise.all(sites.map(({ close }) => close()));
});

async function open(...conducts: readonly Conduct[]): Promise<Site> {
  const site = await openSite(...conducts);
  sites.push(site);
  return site;
}

const site = await open(identity);

/** Fetches from a path that answers so. */
function ask(answer: Reply, options: FetchOptions = {}) {
  const script = site.script(answer);
  return { script, document: fetchJwks(script.url, { fetch: httpsFetch({ ca }), ...options }) };
}

async function refusal(promise: Promise<unknown>): Promise<JoseError> {
  const error = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!(error instanceof JoseError)) throw new Error(`expected a JoseError, got ${String(error)}`, { cause: error });
  return error;
}

describe('an authority of one’s own', () => {
  test.each<[string, Parameters<typeof httpsFetch>[0]['ca']]>([
    ['text', ca],
    ['octets', new TextEncoder().encode(ca)],
    ['several certificates', `${other.certificate}${ca}`],
    ['a function', () => ca],
    ['a function that waits', async () => Buffer.from(ca)],
  ])('is trusted, given as %s', async (_, given) => {
    const { document } = ask(reply(GOOD, { etag: '"1"', 'cache-control': 'max-age=5' }), {
      fetch: httpsFetch({ ca: given }),
    });
    expect(await document).toMatchObject({ status: 200, body: GOOD, etag: '"1"', cacheControl: 'max-age=5' });
  });

  test('no other is, nor a certificate of another host or of the past, and nothing is sent', async () => {
    for (const [conduct, trusted, says] of [
      [identity, other.certificate, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
      [authority.issue({ host: 'other.example' }), ca, /ERR_TLS_CERT_ALTNAME_INVALID/],
      [authority.issue({ expired: true }), ca, /CERT_HAS_EXPIRED/],
      [identity, 'no certificate', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/],
    ] as const) {
      const strange = await open(conduct);
      const script = strange.script(reply(GOOD));
      const error = await refusal(fetchJwks(script.url, { fetch: httpsFetch({ ca: trusted }) }));
      expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', expect.stringMatching(says)]);
      expect(script.asked).toEqual([]);
    }
  });

  test('is needed even where the environment switches verification off', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { document } = ask(reply(GOOD), { fetch: httpsFetch({ ca: other.certificate }) });
    expect((await refusal(document)).message).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    vi.unstubAllEnvs();
  });

  test('that rotates is read anew for each request, which has a connection of its own', async () => {
    const rotating = await open(identity, identity, other.issue());
    const script = rotating.script(reply(GOOD));
    let trusted = ca;
    let reads = 0;
    const fetch = httpsFetch({
      ca: () => {
        reads++;
        return trusted;
      },
    });
    await fetchJwks(script.url, { fetch });
    await fetchJwks(script.url, { fetch });
    expect((await refusal(fetchJwks(script.url, { fetch }))).message).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    trusted = other.certificate;
    await fetchJwks(script.url, { fetch });
    expect([reads, rotating.connections()]).toEqual([4, 4]);
  });

  test('is copied: octets that change later change nothing', async () => {
    const octets = new TextEncoder().encode(ca);
    const fetch = httpsFetch({ ca: octets });
    octets.fill(0);
    await ask(reply(GOOD), { fetch }).document;
  });

  test.each<[string, () => unknown, RegExp]>([
    ['throws', () => readFileSync('/no/such/ca.crt'), /^no answer \(ENOENT\)$/],
    ['rejects', () => readFile('/no/such/ca.crt'), /^no answer \(ENOENT\)$/],
    ['returns nothing', () => undefined, /^no answer/],
    ['returns an empty text', () => '', /^no answer/],
    ['returns no octets', async () => new Uint8Array(0), /^no answer/],
    ['returns a list', () => [ca], /^no answer/],
  ])('whose function %s: nobody is trusted, and nothing is sent', async (_, given, says) => {
    const { script, document } = ask(reply(GOOD), { fetch: httpsFetch({ ca: given as () => string }) });
    const error = await refusal(document);
    expect([error.code, error.message]).toEqual(['ERR_JWKS_UNAVAILABLE', expect.stringMatching(says)]);
    expect(script.asked).toEqual([]);
  });

  test('an empty result of the function says what it must be', async () => {
    await expect(httpsFetch({ ca: () => '' })('https://127.0.0.1/')).rejects.toThrow(
      /^the result of options\.ca must be certificates in PEM/,
    );
  });

  test.each([[{}], [{ ca: '' }], [{ ca: new Uint8Array(0) }], [{ ca: 7 }], [{ ca: [ca] }], [undefined]])(
    '%j is a mistake of the caller',
    (options) => {
      expectTypeError(
        () => httpsFetch(options as never),
        /options(\.ca)? must be (given: certificates|certificates|a plain)/,
      );
    },
  );
});

describe('the request', () => {
  test('is a GET with the caller’s headers, of an answer as it stands, and ends its connection', async () => {
    const { script, document } = ask(reply(GOOD), { headers: { authorization: 'Bearer x' } });
    await document;
    expect(script.asked).toEqual([
      {
        host: expect.any(String),
        accept: 'application/jwk-set+json, application/json',
        'accept-encoding': 'identity',
        authorization: 'Bearer x',
        connection: 'close',
      },
    ]);
  });

  test('takes a URL object, and no init', async () => {
    const script = site.script(reply(GOOD, { 'set-cookie': 'a=1' }));
    const response = await httpsFetch({ ca })(new URL(script.url));
    expect([response.status, await response.text(), response.headers.has('set-cookie')]).toEqual([200, GOOD, false]);
  });

  test.each(['POST', 'HEAD', 'get'])('is no %s', async (method) => {
    await expect(httpsFetch({ ca })(site.origin, { method })).rejects.toThrow(/^init\.method must be GET/);
  });

  test('goes over TLS only', async () => {
    const options = { fetch: httpsFetch({ ca }), allowInsecureLoopback: true };
    const error = await refusal(fetchJwks('http://127.0.0.1:1/', options));
    expect(error.message).toBe('no answer (ERR_INVALID_PROTOCOL)');
  });
});

describe('the answer keeps every bound', () => {
  const inTime = { timeout: 0.2 };
  test.each<[string, Reply, RegExp, FetchOptions]>([
    ['never comes', neverAnswers, /^no answer in time$/, inTime],
    ['comes a byte a second', oneByteASecond(GOOD), /^no answer in time$/, inTime],
    ['has headers that never end, one now and then', endlessHeaders(100), /^no answer in time$/, inTime],
    ['has headers that never end, as fast as they go', endlessHeaders(0), /^no answer \(HPE_HEADER_OVERFLOW\)$/, {}],
    ['is endless', spaces(Number.POSITIVE_INFINITY), /^the document is over 262144 octets/, {}],
    ['is 20 MB', spaces(20 << 20), /^the document is over 262144 octets/, {}],
    ['is over the limit of the caller', reply(GOOD), /^the document is over 10 octets/, { maxBytes: 10 }],
    ['is compressed unasked', gzipBomb(GOOD), /^the document is not UTF-8$/, {}],
    ['is reset mid-body', resetsMidBody(GOOD), /^no answer \(ECONNRESET\)$/, {}],
    ['ends mid-body', endsMidBody(GOOD), /^no answer \(ECONNRESET\)$/, {}],
    ['is 500', status(500), /^status 500 instead of 200$/, {}],
    ['is 204', status(204), /^status 204 instead of 200$/, {}],
    ['is 205', (response) => response.writeHead(205).end(), /^status 205 instead of 200$/, {}],
    ['is 304 unasked', status(304), /^status 304 instead of 200$/, {}],
    ['is a redirect', status(302, { location: 'https://127.0.0.1:1/' }), /^status 302: redirects are not followed/, {}],
    ['has a status that is none', status(999), /^no answer/, {}],
    ['switches protocols', (response) => response.socket?.end('HTTP/1.1 101 x\r\n\r\n'), /^no answer/, {}],
    ['is no HTTP', (response) => response.socket?.end('SSH-2.0-x\r\n\r\n'), /^no answer \(HPE_INVALID_CONSTANT\)$/, {}],
  ])('that %s', async (_, answer, says, options) => {
    const error = await refusal(ask(answer, options).document);
    expect(error.message).toMatch(says);
  });

  test('and a connection that is held or reset before TLS', async () => {
    for (const [conduct, says] of [
      ['silent', /^no answer in time$/],
      ['reset', /^no answer \(ECONNRESET\)$/],
    ] as const) {
      const { origin } = await open(conduct);
      const error = await refusal(fetchJwks(origin, { fetch: httpsFetch({ ca }), ...inTime }));
      expect(error.message).toMatch(says);
    }
  });

  test('304 answers an ETag', async () => {
    const script = site.script(status(304, { etag: '"1"' }));
    const document = await fetchJwks(script.url, { fetch: httpsFetch({ ca }), ifNoneMatch: '"1"' });
    expect(document).toMatchObject({ status: 304, body: '' });
    expect(script.asked[0]).toMatchObject({ 'if-none-match': '"1"' });
  });

  test('what is not read closes the connection, long before the timeout', async () => {
    const unfinished =
      (code: number): Reply =>
      (response) =>
        response.writeHead(code).write('x');
    for (const answer of [spaces(Number.POSITIVE_INFINITY), unfinished(500), unfinished(999), unfinished(302)]) {
      await new Promise<void>((resolve) => {
        const watched: Reply = (response, connection) => {
          response.socket?.once('close', () => resolve());
          answer(response, connection);
        };
        ask(watched, { timeout: '1h' }).document.catch(() => undefined);
      });
    }
  }, 5_000);

  test('a body that ends early while nobody reads is no whole one', async () => {
    const controller = new AbortController();
    const script = site.script(endsMidBody(GOOD));
    const response = await httpsFetch({ ca })(script.url, { signal: controller.signal });
    controller.abort();
    await new Promise(setImmediate);
    await expect(response.text()).rejects.toThrow();
  });
});

test('in a Kubernetes cluster: an authority and a token that are files, and rotate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-files-'));
  const caFile = join(folder, 'ca.crt');
  const tokenFile = join(folder, 'token');
  const write = (certificate: string, token: string) => {
    writeFileSync(caFile, certificate);
    writeFileSync(tokenFile, token);
  };
  const cluster = await open(identity, other.issue());
  const script = cluster.script(reply(GOOD));
  const keys = remoteJwks(script.url, {
    clock: () => NOW,
    fetch: httpsFetch({ ca: () => readFile(caFile) }),
    headers: async () => ({ authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` }),
  });
  const verifier = createVerifier({ issuer: 'https://cluster', audience: 'api', keys, clock: () => NOW });
  write(ca, 'first\n');
  const claims = { iss: 'https://cluster', aud: 'api', exp: NOW + 60 };
  const token = compact({ alg: 'ES256', kid: 'a' }, claims, keySigner('ES256', privateKey));
  expect((await verifier.verify(token)).key.kid).toBe('a');
  write(other.certificate, 'second\n');
  await keys.refresh();
  expect(script.asked.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  rmSync(folder, { recursive: true });
});
