// A file that only its owner reads: from the first octet on it has mode 0600, and nothing that is there is lost by accident.
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { UsageError } from './world.ts';

const MODE = 0o600;

/**
 * Writes all of the text or nothing. Without `force` the path must be free: not even a symbolic link may be there, which
 * could lead anywhere. With it, a file or a link is replaced as a whole, and never written through.
 * @throws UsageError naming --out and the system's reason
 */
export function writePrivately(path: string, text: string, force: boolean): void {
  try {
    if (force) writeOver(path, text);
    else writeNew(path, text);
  } catch (error) {
    throw refusal(error);
  }
}

/** `wx`: made by this very call, or not at all. A umask can take away from the mode, never add to it. */
function writeNew(path: string, text: string): void {
  const file = openSync(path, 'wx', MODE);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** What is there is replaced at one stroke by a file that is complete. */
function writeOver(path: string, text: string): void {
  checkReplaceable(path);
  const draft = `${path}.${crypto.randomUUID()}`;
  writeNew(draft, text);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft);
    throw error;
  }
}

/** /dev/null would be replaced too, by whoever may. */
function checkReplaceable(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile() && !there.isSymbolicLink()) throw new UsageError('--out: what is there is no file');
}

function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EEXIST') return new UsageError('--out: there is such a file already; --force replaces it');
  return new UsageError(`--out: the file cannot be written (${error.code})`);
}
