// New keys: each algorithm, and the output of the private key.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import {
  CONTENT_ENCRYPTIONS,
  importKey,
  isAlgorithmSupported,
  KEY_MANAGEMENT_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
  thumbprint,
} from '../../src/index.ts';
import { fakeHost } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'barejose-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function make(...args: readonly string[]) {
  const { host, out, err } = fakeHost({ argv: ['key', 'new', ...args] });
  return { code: await run(host), out: out(), err: err() };
}

test.each(SIGNATURE_ALGORITHMS.filter(isAlgorithmSupported))('%s, with its thumbprint as the kid', async (alg) => {
  const { code, out, err } = await make('--alg', alg);
  expect([code, err]).toEqual([0, '']);
  const jwk = JSON.parse(out);
  const key = importKey(jwk);
  expect([key.alg, key.type]).toEqual([alg, alg.startsWith('HS') ? 'secret' : 'private']);
  if (key.type === 'private') expect(key.kid).toBe(thumbprint(key));
  else expect(key.kid).toMatch(/^[\da-f-]{36}$/);
});

test.each(SIGNATURE_ALGORITHMS.filter((alg) => !isAlgorithmSupported(alg)))(
  '%s is not supported by this runtime',
  async (alg) => {
    const { code, out, err } = await make('--alg', alg);
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(`barejose: ERR_JOSE_NOT_SUPPORTED: ${alg} is not supported by this runtime\n`);
  },
);

const ENCRYPTING = KEY_MANAGEMENT_ALGORITHMS.filter((alg) => alg !== 'dir' && !alg.startsWith('PBES2'));

test.each(ENCRYPTING)('%s, for encryption', async (alg) => {
  const { code, out, err } = await make('--alg', alg);
  expect([code, err]).toEqual([0, '']);
  expect(importKey(JSON.parse(out))).toMatchObject({ alg, use: 'enc' });
});

test.each(CONTENT_ENCRYPTIONS)('dir for %s', async (enc) => {
  const { out } = await make('--alg', 'dir', '--enc', enc);
  expect([JSON.parse(out).alg, importKey(JSON.parse(out)).alg]).toEqual([enc, 'dir']);
});

test.each(['P-256', 'P-384', 'P-521', 'X25519', 'X448'])('ECDH-ES on %s', async (crv) => {
  expect(JSON.parse((await make('--alg', 'ECDH-ES', '--crv', crv)).out).crv).toBe(crv);
});

test('--kid, --bits', async () => {
  const { out } = await make('--alg', 'RS256', '--kid', 'rsa-1', '--bits', '3072');
  const { kid, n } = JSON.parse(out);
  expect([kid, Buffer.from(n, 'base64url').length * 8]).toEqual(['rsa-1', 3072]);
});

describe('--out', () => {
  test('the private key in the file, the public one on standard output', async () => {
    const file = join(folder, 'es256.jwk');
    const { code, out, err } = await make('--alg', 'ES256', '--out', file);
    expect([code, err]).toEqual([0, 'The key file was written, and only its owner can read it.\n']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { d, ...shared } = JSON.parse(readFileSync(file, 'utf8'));
    expect(JSON.parse(out)).toEqual(shared);
    expect(d).toHaveLength(43);
    expect((await make('--alg', 'ES256', '--out', file)).code).toBe(2);
    expect(JSON.parse(readFileSync(file, 'utf8')).d).toBe(d);
  });

  test('as PEM', async () => {
    const file = join(folder, 'ed25519.pem');
    const { out } = await make('--alg', 'Ed25519', '--format', 'pem', '--out', file, '--json');
    const key = importKey(readFileSync(file, 'utf8'));
    expect(thumbprint(importKey(JSON.parse(out).pem))).toBe(thumbprint(key));
  });

  test('a secret has no public key', async () => {
    const file = join(folder, 'hs256.jwk');
    expect(await make('--alg', 'HS256', '--out', file)).toMatchObject({ code: 0, out: '' });
    expect(importKey(JSON.parse(readFileSync(file, 'utf8'))).type).toBe('secret');
  });
});
