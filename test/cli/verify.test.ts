// Cases that transcripts do not show: terminals, races, hostile octets, and several algorithms.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { exportJwk, exportPem, generateKey, importSecret, type Key, signJwt } from '../../src/index.ts';
import { fakeHost, type Given } from './host.ts';
import { type Loopback, serve } from './server.ts';

const ISSUER = 'https://issuer.example';
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user-1' };
const folder = mkdtempSync(join(tmpdir(), 'barejose-verify-'));
const jwks = join(folder, 'jwks.json');
const ask = ['verify', '--jwks', jwks, '--issuer', ISSUER, '--audience', 'api'];
let key: Key;
let token: string;
let server: Loopback;
let requests = 0;

beforeAll(async () => {
  key = await generateKey('ES256', { kid: 'ec-1' });
  token = signJwt(CLAIMS, key, { expiresIn: '1h', typ: 'at+jwt' });
  const set = JSON.stringify({ keys: [exportJwk(key)] });
  writeFileSync(jwks, set);
  server = await serve({
    '/jwks.json': (_, response) => {
      requests++;
      response.end(set);
    },
  });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function transcript(given: Given) {
  const { host, out, err } = fakeHost(given);
  const code = await run(host);
  return { code, out: out(), err: err() };
}

test.each(['', '\n', '\r\n'])('the claims, and nothing else, also with %j after the token', async (end) => {
  const { code, out, err } = await transcript({ argv: ask, stdin: token + end });
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject(CLAIMS);
});

describe('hostile input', () => {
  test('claims cannot control the terminal', async () => {
    const hostile = signJwt({ ...CLAIMS, sub: '\u001b[2J\u009b31m\u202e' }, key, { expiresIn: '1h' });
    for (const argv of [
      ask,
      ['inspect'],
      ['inspect', '--json'],
      [...ask, '--values', '--audience=other'].toSpliced(5, 2),
    ]) {
      const { out, err } = await transcript({ argv, stdin: hostile });
      expect(out + err).toMatch(/^[ -~\n✓✗·§…]*$/);
    }
  });

  test.each([
    ['a space before', () => ` ${token}`, 'ERR_JWS_INVALID'],
    ['octets that are not UTF-8', Buffer.of(0xff, 0x2e, 0x2e), 'ERR_JWS_INVALID'],
    ['two megabytes', 'x'.repeat(2_000_000), 'ERR_JOSE_LIMIT_EXCEEDED'],
  ])('%s on standard input is refused without a request', async (_, given, reason) => {
    const stdin = typeof given === 'function' ? given() : given;
    const before = requests;
    for (const source of [jwks, server.url('/jwks.json')]) {
      const { code, out, err } = await transcript({ argv: ask.with(2, source), stdin });
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(new RegExp(`^✗ [\\s\\S]*\n· [\\s\\S]*refused: ${reason}\n$`, 'm'));
    }
    expect(requests).toBe(before);
  });

  test('an empty standard input is refused without a request', async () => {
    const before = requests;
    for (const stdin of ['', '\n']) {
      const { code, out, err } = await transcript({ argv: ask.with(2, server.url('/jwks.json')), stdin });
      expect([code, out, err]).toEqual([2, '', 'barejose: TOKEN: standard input is empty\n']);
    }
    expect(requests).toBe(before);
  });

  test('two newlines after a token are one too many', async () => {
    const { code, out, err } = await transcript({ argv: ask, stdin: `${token}\n\n` });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/refused: ERR_JWS_INVALID\n$/);
  });

  test('a set without end is cut off', async () => {
    const { code, err } = await transcript({ argv: ask.with(2, '/dev/zero'), stdin: token });
    expect(code).toBe(3);
    expect(err).toContain('--jwks cannot be used (ERR_JOSE_LIMIT_EXCEEDED: ');
  });
});

test('on a terminal: a prompt, colours, lines within its width', async () => {
  const { err } = await transcript({ argv: ask, stdin: 'x.y', terminal: true, columns: 80 });
  const [prompt, ...lines] = err.split('\n');
  expect(prompt).toBe('Paste TOKEN, then press Enter and Ctrl-D.');
  expect(lines[0]).toContain('\u001b[31m✗\u001b[39m structure');
  for (const line of lines) expect(stripVTControlCharacters(line).length, line).toBeLessThanOrEqual(80);
  const plain = await transcript({ argv: ask, stdin: 'x.y', terminal: true, env: { NO_COLOR: '1' } });
  expect(plain.err).not.toContain('\u001b');
});

test('the verdict is that of one instant, whatever the clock says a moment later', async () => {
  const start = Date.now();
  const clock = vi
    .spyOn(Date, 'now')
    .mockReturnValueOnce(start + 7_200_000)
    .mockReturnValue(start);
  try {
    const { code, out, err } = await transcript({ argv: ask, stdin: token });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/refused: ERR_JWT_EXPIRED\n$/);
  } finally {
    clock.mockRestore();
  }
});

describe('--key', () => {
  const given = (text: string, ...more: string[]) => ({
    argv: ['verify', '--key', 'env:KEY', '--issuer', ISSUER, '--audience', 'api', ...more],
    env: { KEY: text },
  });

  test('an RSA key of PEM text is for the one algorithm named', async () => {
    const rsa = await generateKey('PS256');
    const stdin = signJwt(CLAIMS, rsa, { expiresIn: '5m' });
    expect(await transcript({ ...given(exportPem(rsa), '--alg', 'PS256'), stdin })).toMatchObject({ code: 0 });
    expect(await transcript({ ...given(exportPem(rsa)), stdin })).toMatchObject({ code: 1 });
    const several = given(exportPem(rsa), '--alg', 'PS256', '--alg', 'RS256');
    expect(await transcript({ ...several, stdin })).toMatchObject({ code: 1 });
  });

  test('a secret, as a JWK', async () => {
    const k = Buffer.alloc(32, 7).toString('base64url');
    const secret = importSecret(Buffer.alloc(32, 7), { alg: 'HS256' });
    const stdin = signJwt(CLAIMS, secret, { expiresIn: '5m' });
    const { code, out, err } = await transcript({ ...given(JSON.stringify({ kty: 'oct', alg: 'HS256', k })), stdin });
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain(k);
  });

  test('a text that is no key is not used as a secret, and not repeated', async () => {
    const { code, out, err } = await transcript({ ...given('my dear secret'), stdin: token });
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^barejose: keys unavailable: --key cannot be used \(ERR_JWK_INVALID: /);
    expect(err).not.toContain('dear');
  });
});

test('a token with a MAC is refused by keys at a URL, and every step is shown', async () => {
  const secret = importSecret(Buffer.alloc(32, 7), { alg: 'HS256' });
  const stdin = signJwt(CLAIMS, secret, { expiresIn: '5m' });
  const { code, err } = await transcript({ argv: ask.with(2, server.url('/jwks.json')), stdin });
  expect(code).toBe(1);
  expect(err).toMatch(/\n✗ [\s\S]*refused: ERR_JOSE_ALG_NOT_ALLOWED\n$/);
});

describe('an identity provider by its name', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Answers these URLs with JSON, and no others. */
  function answering(documents: Readonly<Record<string, unknown>>) {
    const requests: string[] = [];
    vi.stubGlobal('fetch', async (url: unknown) => {
      requests.push(String(url));
      return String(url) in documents ? Response.json(documents[String(url)]) : new Response('', { status: 404 });
    });
    return requests;
  }

  test('with the keys at its own URL', async () => {
    const rsa = await generateKey('RS256', { kid: 'rsa-1' });
    const requests = answering({ 'https://appleid.apple.com/auth/keys': { keys: [exportJwk(rsa)] } });
    const claims = { iss: 'https://appleid.apple.com', aud: 'com.example.app', sub: 'user-1' };
    const argv = ['verify', '--provider', 'apple', '--client-id', 'com.example.app'];
    const stdin = signJwt(claims, rsa, { expiresIn: '5m' });
    const { code, out, err } = await transcript({ argv, stdin });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject(claims);
    expect(requests).toEqual(['https://appleid.apple.com/auth/keys']);
    const other = signJwt({ ...claims, aud: 'com.other.app' }, rsa, { expiresIn: '5m' });
    expect((await transcript({ argv, stdin: other })).err).toContain('would pass: aud "com.example.app"');
  });

  test('with keys that are discovered', async () => {
    const rsa = await generateKey('RS256', { kid: 'rsa-1' });
    const issuer = 'https://acme.eu.auth0.com/';
    const jwksUri = `${issuer}.well-known/jwks.json`;
    answering({
      [`${issuer}.well-known/openid-configuration`]: { issuer, jwks_uri: jwksUri },
      [jwksUri]: { keys: [exportJwk(rsa)] },
    });
    const argv = ['verify', '--provider', 'auth0', '--domain', 'acme.eu.auth0.com', '--audience', 'api'];
    const good = signJwt({ iss: issuer, aud: 'api', sub: 'user-1' }, rsa, { expiresIn: '5m' });
    expect(await transcript({ argv, stdin: good })).toMatchObject({ code: 0, err: '' });
    const bad = signJwt({ iss: issuer, aud: 'other', sub: 'user-1' }, rsa, { expiresIn: '5m' });
    expect(await transcript({ argv, stdin: bad })).toMatchObject({ code: 1, out: '' });
  });
});
