// SECURITY.md, group 12: the folder of vendored files, as somebody else's commit may have left it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { barejose, HERE, putFiles } from '../cli/packages.ts';

let home: string;
let folder: string;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'barejose-attack-'));
  folder = join(home, 'vendor');
  await barejose(HERE, 'vendor', 'verify', '--into', folder);
  putFiles(home, { 'victim.ts': 'victim', 'outside/verify.ts': 'victim' });
});
afterEach(() => rmSync(home, { recursive: true }));

const COMMANDS = [['check'], ['update'], ['sign', '--force']];

test('API-18 a lock names no file outside the folder, which an update would remove', async () => {
  const lock = JSON.parse(readFileSync(join(folder, 'barejose.lock.json'), 'utf8'));
  // The hash of the victim, so that it seems to be as barejose wrote it.
  const hash = createHash('sha256').update('victim').digest('hex');
  for (const name of [
    '../victim.ts',
    'jwt/../../victim.ts',
    join(home, 'victim.ts'),
    '..\\victim.ts',
    'jwt//../../victim.ts',
  ]) {
    putFiles(folder, { 'barejose.lock.json': JSON.stringify({ ...lock, files: { ...lock.files, [name]: hash } }) });
    for (const words of COMMANDS) {
      const { code, out } = await barejose(HERE, 'vendor', ...words, '--into', folder);
      expect([code, out]).toEqual([2, '--into: barejose.lock.json is not one that barejose wrote']);
    }
    expect(readFileSync(join(home, 'victim.ts'), 'utf8')).toBe('victim');
  }
});

test('API-18 a symbolic link for a file, for a folder or for the lock is not followed', async () => {
  const links = [
    ['errors.ts', 'victim.ts'],
    ['jwt', 'outside'],
    ['barejose.lock.json', 'victim.ts'],
  ] as const;
  for (const [name, target] of links) {
    rmSync(join(folder, name), { recursive: true });
    symlinkSync(join(home, target), join(folder, name));
    for (const words of COMMANDS) {
      const { code, out } = await barejose(HERE, 'vendor', ...words, '--into', folder);
      // To a check, a link in place of a folder is a new file, and the files in the folder are missing.
      if (name === 'jwt' && words[0] === 'check')
        expect([code, out]).toEqual([1, expect.stringMatching(/^new {6}jwt$/m)]);
      else expect([code, out]).toEqual([2, `--into: ${name} is a symbolic link`]);
    }
    expect([
      readFileSync(join(home, 'victim.ts'), 'utf8'),
      readFileSync(join(home, 'outside/verify.ts'), 'utf8'),
    ]).toEqual(['victim', 'victim']);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    await barejose(HERE, 'vendor', 'verify', '--into', folder);
  }
  expect(existsSync(join(home, 'outside/sign.ts'))).toBe(false);
});
