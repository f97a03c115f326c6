// Reads and writes the folder of vendored files. Symbolic links within it are never followed, so that nothing outside it is
// read for one of its files, written or removed.
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UnreadableError, UsageError } from './host.ts';

/** Returns the octets of a file in the folder; undefined if there is none. @throws UnreadableError for anything but a file */
export function readFileIn(folder: string, name: string): Buffer | undefined {
  return withReason('read', () => {
    const path = join(folder, name);
    const isThere = foldersOf(name).every((parent) => checkKind(join(folder, parent), parent, 'isDirectory'));
    return isThere && checkKind(path, name, 'isFile') ? readFileSync(path) : undefined;
  });
}

/** The folders above a file, from the outermost on: jwt/verify.ts → jwt. */
function foldersOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Whether something is at a path, which must then be a folder or a file, and no link to one. */
function checkKind(path: string, name: string, kind: 'isDirectory' | 'isFile'): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found[kind]()) return found !== undefined;
  const expected = kind === 'isFile' ? 'regular file' : 'folder';
  throw new UnreadableError(`--into: ${name} is ${found.isSymbolicLink() ? 'a symbolic link' : `not a ${expected}`}`);
}

/** Returns the names of everything in the folder but folders, sorted; a link, which is not followed, is one of them. */
export function listFolder(folder: string): readonly string[] {
  return withReason('read', () => {
    const names: string[] = [];
    const folders = [''];
    for (const parent of folders)
      for (const each of readdirSync(join(folder, parent), { withFileTypes: true }))
        (each.isDirectory() ? folders : names).push(`${parent}${each.name}${each.isDirectory() ? '/' : ''}`);
    return names.toSorted();
  });
}

/** Writes a file that readFileIn has checked, in one step: a draft beside it takes its place. */
export function writeFileIn(folder: string, name: string, text: string): void {
  withReason('written', () => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${crypto.randomUUID()}`;
    writeFileSync(draft, text, { flag: 'wx' });
    renameSync(draft, path);
  });
}

/** Removes a file that readFileIn has checked. */
export function removeFileIn(folder: string, name: string): void {
  withReason('removed', () => rmSync(join(folder, name)));
}

/** Reduces a system error to its code (ENOTDIR, EACCES), without the path. */
function withReason<T>(done: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new UnreadableError(`--into: a file cannot be ${done} (${error.code})`);
  }
}
