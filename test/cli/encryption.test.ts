// Encrypted tokens: octets that are no text, and those that would control a terminal. The transcripts have the rest.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { decryptJwe, encryptJwe, importSecret, signJwt } from '../../src/index.ts';
import { kindOf, secretOf } from '../support/jwe.ts';
import { fakeHost, type Given } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'barejose-encryption-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = { kty: 'oct', alg: 'A256KW', k: Buffer.from(secretOf(32)).toString('base64url') };
const keyFile = join(folder, 'key.jwk');
writeFileSync(keyFile, JSON.stringify(KEY));
const key = importSecret(secretOf(32), { alg: 'A256KW' });
const SIGNED = signJwt({}, importSecret(secretOf(32), { alg: 'HS256' }), { expiresIn: null });
const BINARY = Uint8Array.of(0x00, 0xff, 0x1b);

async function command(argv: readonly string[], given: Given = {}) {
  const { host, out, err } = fakeHost({ argv, ...given });
  return { code: await run(host), out: out(), err: err() };
}
const decrypted = (plaintext: Uint8Array | string, given: Given = {}, ...args: readonly string[]) => {
  const octets = typeof plaintext === 'string' ? new TextEncoder().encode(plaintext) : plaintext;
  return command(['decrypt', '--key', `@${keyFile}`, ...args], { stdin: encryptJwe(octets, key), ...given });
};

describe('decrypt', () => {
  test('octets go out as they are', async () => {
    const written: unknown[] = [];
    const { host } = fakeHost({ argv: ['decrypt', '--key', `@${keyFile}`], stdin: encryptJwe(BINARY, key) });
    const stdout = { write: (data: unknown) => written.push(data) };
    expect([await run({ ...host, stdout }), written]).toEqual([0, [BINARY]]);
  });

  test('to a terminal, text whose control characters are escaped, and nothing else', async () => {
    const text = await decrypted('one\n\u001b[31mtwo\r', { terminal: true });
    expect([text.code, text.out]).toEqual([0, 'one\n\\u001b[31mtwo\\u000d\n']);
    const binary = await decrypted(BINARY, { terminal: true });
    expect([binary.code, binary.out]).toEqual([2, '']);
    expect(binary.err).toContain('the plaintext is not text: redirect it to a file');
  });

  test('--json has text, or base64url', async () => {
    expect(JSON.parse((await decrypted(BINARY, {}, '--json')).out)).toMatchObject({
      plaintext: Buffer.from(BINARY).toString('base64url'),
      encoding: 'base64url',
    });
    expect(JSON.parse((await decrypted('\ufeffa', {}, '--json')).out)).toMatchObject({
      plaintext: '\ufeffa',
      encoding: 'utf8',
    });
  });

  test('--zip', async () => {
    const stdin = encryptJwe(new TextEncoder().encode('a'.repeat(100)), key, { zip: true });
    const refused = await command(['decrypt', '--key', `@${keyFile}`], { stdin });
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: 'barejose: ERR_JOSE_NOT_SUPPORTED: the token is compressed: it is read only with the option zip\n',
    });
    expect((await command(['decrypt', '--key', `@${keyFile}`, '--zip'], { stdin })).out).toBe('a'.repeat(100));
  });

  test('a password that is empty', async () => {
    const { encrypting } = kindOf('PBES2-HS256+A128KW');
    const stdin = encryptJwe(BINARY, encrypting);
    const { code, err } = await command(['decrypt', '--password', 'env:NONE'], { stdin, env: { NONE: '' } });
    expect([code, err.split('\n')[0]]).toEqual([
      2,
      'barejose: password must be a text without lone surrogates or a Uint8Array, and not empty',
    ]);
  });
});

describe('encrypt', () => {
  const encrypt = (stdin: Uint8Array | string, ...args: readonly string[]) =>
    command(['encrypt', '--key', keyFile, ...args], { stdin });

  test('every octet, the newline at the end included', async () => {
    for (const octets of [BINARY, new TextEncoder().encode('text\n')])
      expect(decryptJwe((await encrypt(octets)).out.trimEnd(), key).plaintext).toEqual(octets);
    expect((await encrypt('')).err).toContain('PLAINTEXT: standard input is empty');
  });

  test.each(['JWT', 'jwt', 'application/JWT'])('the newline after a token, by cty %s, is left out', async (cty) => {
    for (const inner of [SIGNED, encryptJwe(BINARY, key)]) {
      const token = (await encrypt(`${inner}\n`, '--cty', cty)).out.trimEnd();
      expect(Buffer.from(decryptJwe(token, key).plaintext).toString()).toBe(inner);
    }
  });

  test.each(['a text', 'a.b.c', 'a.b.c.d.e', `${SIGNED}.`, `x${SIGNED}`])(
    '%s is no token for cty JWT',
    async (text) => {
      const { code, out, err } = await encrypt(text, '--cty', 'JWT');
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('PLAINTEXT must be a signed or encrypted token, because --cty JWT says so');
      expect(err).not.toContain(text);
    },
  );

  test('no token that readers would refuse for its length', async () => {
    expect((await encrypt(new Uint8Array(196_000))).code).toBe(0);
    for (const length of [197_000, 2_000_000]) {
      const { code, out, err } = await encrypt(new Uint8Array(length));
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('PLAINTEXT is too large: the token would be over 256 KiB, which readers refuse');
    }
  });

  test('--json has the header too', async () => {
    const { token, header } = JSON.parse((await encrypt(BINARY, '--json', '--typ', 'x', '--enc', 'A128GCM')).out);
    expect(header).toEqual({ alg: 'A256KW', enc: 'A128GCM', typ: 'x' });
    expect(decryptJwe(token, key).plaintext).toEqual(BINARY);
  });
});
