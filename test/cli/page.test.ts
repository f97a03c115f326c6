// The options of pages, and where a page goes: to standard output, or into a file that only its owner can read.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import {
  createIssuer,
  exportJwk,
  exportPrivateJwk,
  fileStore,
  generateKey,
  nestJwt,
  signJwt,
} from '../../src/index.ts';
import { fakeHost } from './host.ts';
import { textOf } from './pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'barejose-page-'));
const file = (name: string) => join(folder, name);
const NOW = 1_769_860_800;
const EXPECTED = ['--jwks', file('jwks.json'), '--issuer', 'https://issuer.example', '--at', String(NOW)];
const EXPLAIN = ['explain', `@${file('token.txt')}`, ...EXPECTED, '--audience', 'api'];
const TIMELINE = ['ring', 'timeline', '--ring', file('ring')];

beforeAll(async () => {
  const [key, own] = [await generateKey('ES256', { kid: 'ec-1' }), await generateKey('ECDH-ES', { kid: 'enc-1' })];
  const token = signJwt({ iss: 'https://issuer.example', aud: 'api', sub: 'user-1' }, key, {
    expiresIn: '1h',
    now: NOW,
  });
  writeFileSync(file('token.txt'), token);
  writeFileSync(file('nested.txt'), nestJwt(token, own.publicKey()));
  writeFileSync(file('jwks.json'), JSON.stringify({ keys: [exportJwk(key)] }));
  writeFileSync(file('own.jwk'), JSON.stringify(exportPrivateJwk(own)));
  const policy = { maxTokenLifetime: '1h' } as const;
  await (await createIssuer({ issuer: 'https://issuer.example', store: fileStore(file('ring')), policy })).close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function command(...argv: readonly string[]) {
  const { host, out, err } = fakeHost({ argv });
  return { code: await run(host), out: out(), err: err() };
}

describe.each([
  ['explain', EXPLAIN],
  ['ring timeline', TIMELINE],
])('%s --html', (_, words) => {
  test('prints the page, also with --out -', async () => {
    for (const more of [[], ['--out', '-']]) {
      const { code, out, err } = await command(...words, '--html', ...more);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/);
    }
  });

  test('writes the page into a new file of mode 0600, and over another one only with --force', async () => {
    const path = file(`${words[0]}.html`);
    const written = await command(...words, '--html', '--out', path);
    expect(written).toEqual({ code: 0, out: '', err: 'The page was written, and only its owner can read it.\n' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>/);
    chmodSync(path, 0o644);
    writeFileSync(path, 'else');
    const refused = await command(...words, '--html', '--out', path);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--out: the file already exists')]);
    expect(readFileSync(path, 'utf8')).toBe('else');
    expect((await command(...words, '--html', '--out', path, '--force')).code).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.each([
    [['--html', '--json'], '--html and --json cannot be combined'],
    [['--out', 'page.html'], '--out requires --html'],
    [['--html', '--force'], '--force requires --out FILE'],
    [['--html', '--out', '-', '--force'], '--force requires --out FILE'],
    [['--html', '--out', ''], '--out must not be empty'],
  ])('%j is a mistake', async (more, message) => {
    const { code, err } = await command(...words, ...more);
    expect([code, err]).toEqual([2, expect.stringContaining(`barejose: ${message}\n`)]);
  });
});

test('explain: the exit code is that of the verdict, and a page is written for either', async () => {
  const refused = await command('explain', `@${file('token.txt')}`, ...EXPECTED, '--audience', 'other', '--html');
  expect(refused.code).toBe(1);
  expect(textOf(refused.out)).toMatch(
    /^barejose explain Refused ERR_JWT_CLAIM_VALIDATION_FAILED .* Verified as of 2026-01-31 12:00:00 UTC/,
  );
  const missing = await command(
    'explain',
    `@${file('token.txt')}`,
    '--jwks',
    file('none'),
    '--any-issuer',
    '--any-audience',
    '--html',
  );
  expect([missing.code, missing.out]).toEqual([3, '']);
});

test('explain: claim values with --values only', async () => {
  expect((await command(...EXPLAIN, '--html')).out).not.toContain('user-1');
  expect((await command(...EXPLAIN, '--html', '--values')).out).toContain('user-1');
});

test('explain: the token inside an encrypted one, once it is decrypted', async () => {
  const nested = ['explain', `@${file('nested.txt')}`, ...EXPECTED, '--audience', 'api', '--html', '--values'];
  const decrypted = await command(...nested, '--decrypt-key', `@${file('own.jwk')}`);
  expect(textOf(decrypted.out)).toMatch(/Encrypted token .* Signed token inside .* sub "user-1"/);
  const expired = await command(...nested.toSpliced(7, 1, String(NOW + 7200)), '--decrypt-key', `@${file('own.jwk')}`);
  expect([expired.code, textOf(expired.out)]).toEqual([1, expect.stringMatching(/ERR_JWT_EXPIRED .* sub "user-1"/)]);
  const narrowed = await command(...nested, '--decrypt-key', `@${file('own.jwk')}`, '--enc', 'A128GCM');
  expect([narrowed.code, textOf(narrowed.out)]).toEqual([1, expect.not.stringContaining('Signed token inside')]);
  const signed = await command(...EXPLAIN, '--html', '--decrypt-key', `@${file('own.jwk')}`, '--allow-signed');
  expect([signed.code, textOf(signed.out)]).toEqual([0, expect.not.stringContaining('Signed token inside')]);
});

test('ring timeline: its keys, and those of a period without any', async () => {
  const { out } = await command(...TIMELINE, '--html');
  expect(textOf(out)).toMatch(
    /^barejose ring timeline https:\/\/issuer\.example Read at .* ES256 .* active now .* pending now/,
  );
  const empty = await command(...TIMELINE, '--html', '--from', '2020-01-01', '--to', '2020-02-01');
  expect(textOf(empty.out)).toContain('The ring has no keys in this period.');
});
