// Transcripts: what stands on standard input and the command line, and what comes out where, with which exit code.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { explainJwt, exportJwk, exportPrivateJwk, generateKey, type Key, signJwt } from '../../src/index.ts';
import { type Loopback, serve } from './server.ts';
import { type Given, worldOf } from './world.ts';

const ISSUER = 'https://issuer.example';
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user-1' };
const folder = mkdtempSync(join(tmpdir(), 'barejose-verify-'));
const jwks = join(folder, 'jwks.json');
const ask = ['verify', '--jwks', jwks, '--issuer', ISSUER, '--audience', 'api'];
let key: Key;
let token: string;
let expired: string;
let server: Loopback;

beforeAll(async () => {
  key = await generateKey('ES256', { kid: 'ec-1' });
  token = signJwt(CLAIMS, key, { expiresIn: '1h', typ: 'at+jwt' });
  expired = signJwt(CLAIMS, key, { expiresIn: '1h', now: 1_700_000_000 });
  const set = JSON.stringify({ keys: [exportJwk(key), { kty: 'new', kid: 'left\u001bout' }, { kty: 'new' }] });
  writeFileSync(jwks, set);
  server = await serve({
    '/jwks.json': (_, response) => response.end(set),
    '/500': (_, response) => response.writeHead(500).end(),
    '/html': (_, response) => response.end('<html>'),
  });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function transcript(given: Given) {
  const { world, out, err } = worldOf(given);
  const code = await run(world);
  return { code, out: out(), err: err() };
}

describe('0: valid', () => {
  test.each(['', '\n', '\r\n'])('the claims, and nothing else, also with %j after the token', async (end) => {
    const { code, out, err } = await transcript({ argv: ask, stdin: token + end });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject(CLAIMS);
    expect(out).toMatch(/^\{\n {2}"iat": \d+,\n[\s\S]*\n\}\n$/);
  });

  test('with the keys at a URL, and with every option', async () => {
    const argv = ['verify', '--jwks', server.url('/jwks.json'), '--issuer', ISSUER, '--audience', 'api'];
    const more = ['--typ', 'at+jwt', '--alg', 'EdDSA', '--alg', 'ES256', '--json', '--values'];
    const { code, out, err } = await transcript({ argv: [...argv, ...more], stdin: token });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject(CLAIMS);
  });

  test('claims cannot steer the terminal', async () => {
    const hostile = signJwt({ ...CLAIMS, sub: '\u001b[2J\u009b31m\u202e' }, key, { expiresIn: '1h' });
    const { out } = await transcript({ argv: ask, stdin: hostile });
    expect(out).toMatch(/^[ -~\n]*$/);
    expect(JSON.parse(out).sub).toBe('\u001b[2J\u009b31m\u202e');
  });
});

describe('1: invalid', () => {
  test('an expired token: every step, and what would have passed', async () => {
    const { code, out, err } = await transcript({ argv: ask, stdin: expired });
    expect([code, out]).toEqual([1, '']);
    const lines = err.split('\n');
    expect(lines[0]).toMatch(/^✓ structure {3}RFC 7515 §7\.1 {10,}three parts of \d+, \d+ and 86 characters$/);
    expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(1);
    expect(err).toMatch(/\n✗ exp {9}RFC 7519 §4\.1\.4 {8}the token has expired\n {6}would pass: a fresh token\n/);
    expect(lines.slice(-2)).toEqual(['refused: ERR_JWT_EXPIRED', '']);
  });

  test('when no key fits, the keys of the set that were left out', async () => {
    const stranger = await generateKey('ES256', { kid: 'stranger' });
    const { err } = await transcript({ argv: ask, stdin: signJwt(CLAIMS, stranger, { expiresIn: '1h' }) });
    expect(err.split('\n').slice(-4)).toEqual([
      '      key 1 (kid "left\\u001bout") was left out: the kty, crv or alg of the key is not supported',
      '      key 2 was left out: the kty, crv or alg of the key is not supported',
      'refused: ERR_JWKS_NO_MATCHING_KEY',
      '',
    ]);
  });

  test('--json: the explanation on standard output too', async () => {
    const { code, out, err } = await transcript({ argv: [...ask, '--json'], stdin: expired });
    const { valid, code: reason, steps } = JSON.parse(out);
    expect([code, valid, reason]).toEqual([1, false, 'ERR_JWT_EXPIRED']);
    expect(steps.filter(({ outcome }: { outcome: string }) => outcome === 'failed')).toEqual([
      {
        name: 'exp',
        section: 'RFC 7519 §4.1.4',
        outcome: 'failed',
        reason: 'the token has expired',
        remedy: 'a fresh token',
      },
    ]);
    expect(err).toMatch(/refused: ERR_JWT_EXPIRED\n$/);
  });

  test('claim values are told with --values only', async () => {
    const foreign = signJwt({ ...CLAIMS, aud: 'someone-else' }, key, { expiresIn: '1h' });
    expect((await transcript({ argv: ask, stdin: foreign })).err).not.toContain('someone-else');
    expect((await transcript({ argv: [...ask, '--values'], stdin: foreign })).err).toContain('someone-else');
  });

  test.each([
    ['nothing', '', 'ERR_JWS_INVALID'],
    ['two newlines', () => `${token}\n\n`, 'ERR_JWS_INVALID'],
    ['a space before', () => ` ${token}`, 'ERR_JWS_INVALID'],
    ['octets that are not UTF-8', Buffer.of(0xff, 0x2e, 0x2e), 'ERR_JWS_INVALID'],
    ['two megabytes', 'x'.repeat(2_000_000), 'ERR_JOSE_LIMIT_EXCEEDED'],
  ])('%s on standard input is refused', async (_, given, reason) => {
    const stdin = typeof given === 'function' ? given() : given;
    const { code, out, err } = await transcript({ argv: ask, stdin });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^✗ [^]*\n· [^]*refused: ${reason}\n$`, 'm'));
  });

  test.each([
    [['--typ', 'JWT'], 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    [['--alg', 'RS256'], 'ERR_JOSE_ALG_NOT_ALLOWED'],
  ])('%j is applied', async (more, reason) => {
    const { code, err } = await transcript({ argv: [...ask, ...more], stdin: token });
    expect(code).toBe(1);
    expect(err).toContain(`refused: ${reason}\n`);
  });

  test('on a terminal: a prompt, colours, lines within its width', async () => {
    const { err } = await transcript({ argv: ask, stdin: 'x.y', terminal: true, columns: 80 });
    const [prompt, ...lines] = err.split('\n');
    expect(prompt).toBe('Paste the token, then press Enter and Ctrl-D.');
    expect(lines[0]).toContain('\u001b[31m✗\u001b[39m structure');
    for (const line of lines) expect(stripVTControlCharacters(line).length, line).toBeLessThanOrEqual(80);
  });

  test('a token that expires between the explanation and the verdict is refused', async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    try {
      explainJwt(token, key.publicKey(), { issuer: ISSUER, audience: 'api' });
      const reads = clock.mock.calls.length;
      clock.mockReset().mockReturnValue(now + 7_200_000);
      for (let i = 0; i < reads; i++) clock.mockReturnValueOnce(now);
      const { code, out, err } = await transcript({ argv: ask, stdin: token });
      expect([code, out, err]).toEqual([1, '', 'refused: ERR_JWT_EXPIRED\n']);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('2: usage', () => {
  const without = (name: string) => ask.filter((_, i) => ask[i] !== name && ask[i - 1] !== name);
  test.each<[string, readonly string[], string]>([
    ['an unknown command', ['frobnicate'], 'unknown command'],
    ['a token for a command', ['a.b.c'], 'unknown command'],
    ['no --jwks', without('--jwks'), '--jwks must be given, and not be empty'],
    ['no --issuer', without('--issuer'), '--issuer must be given, and not be empty'],
    ['no --audience', without('--audience'), '--audience must be given, and not be empty'],
    ['an empty --issuer', [...without('--issuer'), '--issuer', ''], '--issuer must be given, and not be empty'],
    ['an empty --typ', [...ask, '--typ', ''], '--typ must be given, and not be empty'],
    ['--audience twice', [...ask, '--audience', 'b'], '--audience is given twice'],
    ['an unknown option', [...ask, '--frobnicate'], "Unknown option '--frobnicate'"],
    ['an option without its value', [...ask, '--typ'], "Option '--typ <value>' argument missing"],
    ['a value for a flag', [...ask, '--json=yes'], "Option '--json' does not take an argument"],
    ['the token as an argument', [...ask, 'a.b.c'], 'verify takes options only; the token is read from standard input'],
    ['alg none', [...ask, '--alg', 'none'], '--alg must be one of HS256, HS384, '],
    ['a URL that is not one', [...without('--jwks'), '--jwks', 'https://'], '--jwks is not a valid URL'],
    [
      'http beyond loopback',
      [...without('--jwks'), '--jwks', 'http://issuer.example/'],
      '--jwks must be a file, an https URL, or an http URL on loopback',
    ],
  ])('%s', async (_, argv, message) => {
    const { code, out, err } = await transcript({ argv, stdin: token });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^barejose: [^\n]+\nTry: barejose --help\n$/);
    expect(err).toContain(message);
    expect(err).not.toContain('a.b.c');
  });
});

describe('3: keys unavailable', () => {
  const from = (source: string) => ['verify', '--jwks', source, '--issuer', ISSUER, '--audience', 'api'];
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  test.each<[string, () => string, RegExp]>([
    ['no such file', () => join(folder, 'none'), /none cannot be read \(ENOENT\)\n$/],
    ['an error from the server', () => server.url('/500'), /answered with status 500/],
    ['not JSON', () => server.url('/html'), /cannot be used \(JoseError: the JWK Set is not a JSON object in UTF-8\)/],
    [
      'no JWK Set',
      () => file('jwk.json', exportJwk(key)),
      /cannot be used \(JoseError: the JWK Set has no keys array\)/,
    ],
    ['an empty set', () => file('empty.json', { keys: [] }), /empty\.json has no usable key\n$/],
    [
      'private keys only',
      () => file('private.json', { keys: [exportPrivateJwk(key)] }),
      /has no usable key; key 0 \(kid "ec-1"\) was left out: the key is published with its private members\n$/,
    ],
  ])('%s', async (_, source, message) => {
    const { code, out, err } = await transcript({ argv: from(source()), stdin: token });
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^barejose: keys unavailable: [^\n]+\n$/);
    expect(err).toMatch(message);
  });
});

test('what is nobody’s mistake but ours is not disguised', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.of(1);
    throw new RangeError('a defect');
  }
  await expect(run(worldOf({ argv: ask, stdin: broken() }).world)).rejects.toThrow(RangeError);
});
