// Inputs that are too large, empty, not text or not files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UnreadableError, UsageError } from '../../src/cli/host.ts';
import { checkSource, MAX_INPUT_OCTETS, readOctets, readText, readUpTo, singleUse } from '../../src/cli/input.ts';
import { fakeHost } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'barejose-values-'));
const file = join(folder, 'value');
afterAll(() => rmSync(folder, { recursive: true }));

const textOf = (source: string | undefined, given = {}) => readText(fakeHost(given).host, { name: 'TOKEN', source });

describe('standard input', () => {
  test.each([undefined, '-'])('by %s, less one newline', async (source) => {
    await expect(textOf(source, { stdin: 'a token\r\n' })).resolves.toBe('a token');
    await expect(textOf(source, { stdin: 'a token\n\n' })).resolves.toBe('a token\n');
    await expect(textOf(source, { stdin: '\n\n' })).resolves.toBe('\n');
  });

  test.each(['', '\n', '\r\n'])('that holds only %j is empty', async (stdin) => {
    const error = await textOf('-', { stdin }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadableError);
    expect(String(error)).toBe('Error: TOKEN: standard input is empty');
  });

  test('invalid UTF-8 becomes U+FFFD', async () => {
    await expect(textOf('-', { stdin: Buffer.of(0x61, 0xff, 0x2e) })).resolves.toBe('a\ufffd.');
  });

  test('on a terminal it prompts', async () => {
    const { host, err } = fakeHost({ stdin: 'x', terminal: true });
    await readText(host, { name: '--key', source: '-' });
    expect(err()).toBe('Paste --key, then press Enter and Ctrl-D.\n');
  });

  test('an endless input is cut off after a megabyte', async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        yield Buffer.alloc(65_536, 'x');
      }
    }
    const octets = await readOctets(fakeHost({ stdin: endless() }).host, { name: 'TOKEN', source: '-' });
    expect(octets.length).toBeGreaterThan(MAX_INPUT_OCTETS);
    expect(given).toBe(17);
  });

  test('it serves only one value', async () => {
    const { host } = fakeHost({ stdin: 'x' });
    const stdin = singleUse(host.stdin);
    await expect(readUpTo(stdin, 10)).resolves.toHaveLength(1);
    await expect(readUpTo(stdin, 10)).rejects.toThrow(UsageError);
    expect([singleUse(fakeHost({ terminal: true }).host.stdin).isTTY, stdin.isTTY]).toEqual([true, false]);
  });

  test('an error without a system code is a defect, and passes', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.of(1);
      throw new RangeError('a defect');
    }
    await expect(textOf('-', { stdin: broken() })).rejects.toThrow(RangeError);
  });
});

describe('a file', () => {
  test('of any octets', async () => {
    writeFileSync(file, Buffer.of(0, 0xff, 0x0a));
    const octets = await readOctets(fakeHost({}).host, { name: '--key', source: `@${file}` });
    expect([...octets]).toEqual([0, 0xff, 0x0a]);
  });

  test('that is public may be named without the @', async () => {
    writeFileSync(file, 'text\n');
    const read = (source: string) => readText(fakeHost({}).host, { name: '--jwks', source, isPublic: true });
    await expect(read(file)).resolves.toBe('text');
    await expect(read(`@${file}`)).resolves.toBe('text');
    expect(await read(`./@${file}`).catch(String)).toMatch(/ENOENT/);
  });

  test.each([
    [`@${join(folder, 'none')}`, 'ENOENT'],
    [`@${folder}`, 'EISDIR'],
    [`@${file}/below`, 'ENOTDIR'],
    [`@${'x'.repeat(5_000)}`, 'ENAMETOOLONG'],
    ['@a\0b', 'ERR_INVALID_ARG_VALUE'],
  ])('%j cannot be read, and is not named', async (source, reason) => {
    const error = await textOf(source).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadableError);
    expect(String(error)).toBe(`Error: TOKEN: the file cannot be read (${reason})`);
  });
});

describe('the environment', () => {
  test('has the value', async () => {
    await expect(textOf('env:NAME', { env: { NAME: 'a=b\n' } })).resolves.toBe('a=b');
    await expect(textOf('env:NAME', { env: { NAME: '' } })).resolves.toBe('');
  });
  test.each(['env:NAME', 'env:toString', 'env:__proto__'])('lacks %s', async (source) => {
    await expect(textOf(source)).rejects.toThrow('TOKEN: the environment variable is not set');
  });
});

describe('the command line', () => {
  test.each(['secret', '', '@', 'env:', 'ENV:NAME', ' @file', 'eyJhbGciOiJub25lIn0.e30.'])(
    '%j is refused',
    (source) => {
      expect(() => checkSource({ name: 'TOKEN', source })).toThrow(
        /^TOKEN must be - \(standard input\), @FILE or env:NAME; never the value itself, because other users can read arguments$/,
      );
    },
  );
  test.each(['', '@', 'env:'])('%j is refused even if a file may be named', (source) => {
    expect(() => checkSource({ name: '--jwks', source, isPublic: true })).toThrow(UsageError);
  });
});
