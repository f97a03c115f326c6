// A private key in a file: its mode from creation on, and files that exist already.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UnreadableError, UsageError } from '../../src/cli/host.ts';
import { readPrivateFile, writePrivateFile } from '../../src/cli/private-file.ts';

/** Records the calls of node:fs. */
const watched = vi.hoisted(() => ({ opened: [] as unknown[][], modes: [] as number[], fail: '' }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const failing = (name: string) => {
    if (watched.fail === name) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  return {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      watched.opened.push(args);
      const file = fs.openSync(...args);
      watched.modes.push(fs.fstatSync(file).mode & 0o777);
      return file;
    },
    writeFileSync: (...args: Parameters<typeof fs.writeFileSync>) => {
      failing('write');
      return fs.writeFileSync(...args);
    },
    renameSync: (...args: Parameters<typeof fs.renameSync>) => {
      failing('rename');
      return fs.renameSync(...args);
    },
  };
});

let folder: string;
let path: string;
const umask = process.umask();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'barejose-private-'));
  path = join(folder, 'key');
  Object.assign(watched, { opened: [], modes: [], fail: '' });
});
afterEach(() => {
  watched.fail = '';
  process.umask(umask);
  rmSync(folder, { recursive: true });
});

const mode = (file: string): number => statSync(file).mode & 0o777;

describe('mode 0600', () => {
  test.each([
    ['a new file', false],
    ['a replaced one', true],
  ])('%s has it when it is made, under any umask', (_, force) => {
    process.umask(0);
    if (force) writeFileSync(path, 'old');
    watched.opened.length = 0;
    writePrivateFile(path, 'secret', force);
    expect(watched.opened).toHaveLength(1);
    expect(watched.opened[0]?.slice(1)).toEqual(['wx', 0o600]);
    expect(watched.modes).toEqual([0o600]);
    expect([mode(path), readFileSync(path, 'utf8')]).toEqual([0o600, 'secret']);
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test('a wide file is not made narrow, but replaced: who has it open goes on reading the old one', () => {
    writeFileSync(path, 'old', { mode: 0o644 });
    chmodSync(path, 0o644);
    const before = statSync(path).ino;
    writePrivateFile(path, 'secret', true);
    expect(mode(path)).toBe(0o600);
    expect(statSync(path).ino).not.toBe(before);
  });

  test('--force where nothing is', () => {
    writePrivateFile(path, 'secret', true);
    expect([mode(path), readdirSync(folder)]).toEqual([0o600, ['key']]);
  });
});

describe('what is there', () => {
  const other = () => join(folder, 'other');

  test('a file stays', () => {
    writeFileSync(path, 'old');
    expect(() => writePrivateFile(path, 'secret', false)).toThrow(UsageError);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test.each([
    ['to a file', true],
    ['that leads nowhere', false],
  ])('a symbolic link %s is not followed', (_, exists) => {
    if (exists) writeFileSync(other(), 'old');
    symlinkSync(other(), path);
    expect(() => writePrivateFile(path, 'secret', false)).toThrow('--out: the file already exists');
    expect([lstatSync(path).isSymbolicLink(), existsSync(other())]).toEqual([true, exists]);

    writePrivateFile(path, 'secret', true);
    expect([lstatSync(path).isSymbolicLink(), readFileSync(path, 'utf8')]).toEqual([false, 'secret']);
    if (exists) expect(readFileSync(other(), 'utf8')).toBe('old');
  });

  test.each([false, true])('a folder stays, and /dev/null too, with force %s', (force) => {
    mkdirSync(path);
    expect(() => writePrivateFile(path, 'secret', force)).toThrow(UsageError);
    expect(() => writePrivateFile('/dev/null', 'secret', force)).toThrow(UsageError);
    expect([lstatSync(path).isDirectory(), lstatSync('/dev/null').isCharacterDevice()]).toEqual([true, true]);
    expect(readdirSync(folder)).toEqual(['key']);
  });
});

describe('what goes wrong', () => {
  test.each([
    ['write', false],
    ['write', true],
    ['rename', true],
  ])('a failing %s leaves nothing behind, with force %s', (fail, force) => {
    watched.fail = fail;
    expect(() => writePrivateFile(path, 'secret', force)).toThrow('--out: the file cannot be written (ENOSPC)');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that is not there; a name that is none', () => {
    expect(() => writePrivateFile(join(path, 'below'), 'secret', false)).toThrow('(ENOENT)');
    expect(() => writePrivateFile(join(path, 'below'), 'secret', true)).toThrow('(ENOENT)');
    expect(() => writePrivateFile('a\0b', 'secret', false)).toThrow('(ERR_INVALID_ARG_VALUE)');
  });

  test('a defect is not disguised', () => {
    vi.spyOn(crypto, 'randomUUID').mockImplementationOnce(() => {
      throw new RangeError('a defect');
    });
    expect(() => writePrivateFile(path, 'secret', true)).toThrow(RangeError);
  });
});

describe('reading', () => {
  const put = (mode: number, text = 'a secret\n') => {
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  const reading = () => readPrivateFile('--seal-file', path);

  test.each([0o600, 0o400, 0o700])('a file of mode %o is read as it is', (mode) => {
    put(mode);
    expect(Buffer.from(reading()).toString()).toBe('a secret\n');
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644])('one of mode %o is not, but on Windows', (mode) => {
    put(mode);
    expect(reading).toThrow(
      new UnreadableError('--seal-file: the file is accessible to other users; chmod 600 restricts it'),
    );
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    try {
      expect(reading()).toHaveLength(9);
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
  });

  test('nor one that is too large, or none', () => {
    put(0o600, 'x'.repeat(4_097));
    expect(reading).toThrow(new UnreadableError('--seal-file: the file is too large'));
    put(0o600, 'x'.repeat(4_096));
    expect(reading()).toHaveLength(4_096);
    rmSync(path);
    expect(reading).toThrow(new UnreadableError('--seal-file: the file cannot be read (ENOENT)'));
    mkdirSync(path, { mode: 0o700 });
    expect(reading).toThrow(new UnreadableError('--seal-file: the file cannot be read (EISDIR)'));
  });

  test('a pipe, whose size is not known before, is read no further', async () => {
    execFileSync('mkfifo', ['-m', '600', path]);
    const writer = spawn('sh', ['-c', `head -c 5000 /dev/zero > '${path}'`], { stdio: 'ignore' });
    expect(reading).toThrow(new UnreadableError('--seal-file: the file is too large'));
    await once(writer, 'exit');
  });
});
