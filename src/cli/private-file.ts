// A file that only its owner reads: from the first octet on it has mode 0600, and nothing that is there is lost by accident.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { UnreadableError, UsageError } from './host.ts';

const OWNER_ONLY = 0o600;
const OTHER_USERS = 0o077;
/** No secret that is read here is longer, in octets. */
const MAX_SECRET_OCTETS = 4096;

/** @throws Unreadable naming the option, also for a file that is another user's, or that others may read or write */
export function readPrivateFile(option: string, path: string): Uint8Array {
  try {
    return readCheckedFile(option, path);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UnreadableError(`${option}: the file cannot be read (${error.code})`);
  }
}

function readCheckedFile(option: string, path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { mode, uid } = fstatSync(file);
    if (process.platform !== 'win32') checkPrivate(option, mode, uid);
    return readToEnd(option, file);
  } finally {
    closeSync(file);
  }
}

/** Into memory of its own: readFileSync would leave a small secret in the memory that small Buffers share. */
function readToEnd(option: string, file: number): Uint8Array {
  const octets = new Uint8Array(MAX_SECRET_OCTETS + 1);
  let length = 0;
  for (let read = -1; read !== 0; length += read) read = readSync(file, octets, length, octets.length - length, null);
  if (length > MAX_SECRET_OCTETS) throw new UnreadableError(`${option}: the file is too large`);
  return octets.slice(0, length);
}

/** On Windows these numbers mean nothing. Whoever owns a file knows what is in it, and can change that. */
function checkPrivate(option: string, mode: number, uid: number): void {
  if (uid !== process.geteuid?.())
    throw new UnreadableError(`${option}: the file belongs to another user; it must be owned by the one who runs this`);
  if ((mode & OTHER_USERS) !== 0) throw new UnreadableError(`${option}: the file is open to other users (chmod 600)`);
}

/**
 * Writes all of the text or nothing. Without `force` the path must be free: not even a symbolic link may be there, which
 * could lead anywhere. With it, a file or a link is replaced as a whole, and never written through.
 * @throws UsageError naming --out and the system's reason
 */
export function writePrivateFile(path: string, text: string, force: boolean): void {
  try {
    if (force) replaceFile(path, text);
    else createFile(path, text);
  } catch (error) {
    throw writeError(error);
  }
}

/** `wx`: made by this very call, or not at all. A umask can take away from the mode, never add to it. */
function createFile(path: string, text: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY);
  try {
    writeFileSync(file, new TextEncoder().encode(text)); // node would copy a string into that memory
    fsyncSync(file);
  } catch (error) {
    rmSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** What is there is replaced at one stroke by a file that is complete. */
function replaceFile(path: string, text: string): void {
  checkReplaceable(path);
  const draft = `${path}.${crypto.randomUUID()}`;
  createFile(draft, text);
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

function writeError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EEXIST') return new UsageError('--out: there is such a file already; --force replaces it');
  return new UsageError(`--out: the file cannot be written (${error.code})`);
}
