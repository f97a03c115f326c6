// Reads and writes files that only their owner can read: mode 0600 from creation on, no overwriting unless forced.
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
/** The permission bits of group and others. */
const OTHER_USERS = 0o077;
/** The most octets of a secret. */
const MAX_SECRET_OCTETS = 4096;

/** @throws UnreadableError naming the option, also for a file of another user, or one accessible to other users */
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

/** Reads into memory of its own. readFileSync would leave a small secret in the pool that small Buffers share. */
function readToEnd(option: string, file: number): Uint8Array {
  const octets = new Uint8Array(MAX_SECRET_OCTETS + 1);
  let length = 0;
  for (let read = -1; read !== 0; length += read) read = readSync(file, octets, length, octets.length - length, null);
  if (length > MAX_SECRET_OCTETS) throw new UnreadableError(`${option}: the file is too large`);
  return octets.slice(0, length);
}

/** Refuses a file of another owner, who could read and change it. On Windows, mode and uid mean nothing. */
function checkPrivate(option: string, mode: number, uid: number): void {
  if (uid !== process.geteuid?.())
    throw new UnreadableError(
      `${option}: the file belongs to another user; it must belong to the user who runs barejose`,
    );
  if ((mode & OTHER_USERS) !== 0)
    throw new UnreadableError(`${option}: the file is accessible to other users; chmod 600 restricts it`);
}

/**
 * Writes all of the text or nothing. Without `force` the path must be free, even of a symbolic link. With `force` it
 * replaces a file or a link, and does not follow the link.
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

/** Creates the file in one call (`wx`). A umask can only remove bits from its mode. */
function createFile(path: string, text: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY);
  try {
    writeFileSync(file, new TextEncoder().encode(text)); // node would copy a string into the pool
    fsyncSync(file);
  } catch (error) {
    rmSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Replaces a path atomically by a complete file. */
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

/** Refuses a device such as /dev/null, which root could replace. */
function checkReplaceable(path: string): void {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing && !existing.isFile() && !existing.isSymbolicLink())
    throw new UsageError('--out: the path exists and is not a regular file');
}

function writeError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EEXIST') return new UsageError('--out: the file already exists; --force replaces it');
  return new UsageError(`--out: the file cannot be written (${error.code})`);
}
