// A ring in a folder, for the processes of one machine: each save writes a new file, a generation, and the one with
// the highest number is the ring. A killed process leaves no lock behind, and no file is ever overwritten.
import type { FileHandle } from 'node:fs/promises';
import { encodeUtf8, readUtf8 } from '../bytes.ts';
import { checkArgumentCount } from '../options.ts';
import type { RingStore, StoredRing } from './store.ts';
import {
  checkSaveArguments,
  errorCodeOf,
  invalidStoreError,
  isStorableText,
  MAX_RECORDS_OCTETS,
  NOTHING_SAVED,
  readStoredRing,
} from './store.ts';

/**
 * @param folder is created at the first save if it is missing; its parent must exist. The file system must be local
 *   and support hard links: it keeps two processes from writing the same generation.
 * @throws TypeError naming `folder`
 */
export function fileStore(folder: string): RingStore {
  checkArgumentCount(arguments.length, fileStore);
  if (!isStorableText(folder)) throw new TypeError('folder must be the path of a folder');
  return {
    load: () => loadNewest(folder),
    save: async (records, expectedVersion) => {
      checkSaveArguments(records, expectedVersion);
      return saveGeneration(folder, records, expectedVersion);
    },
    prune: (version) => removeSuperseded(folder, version),
  };
}

/** Loaded when a store is first used: at import, it would take longer than the code of the whole issuer. */
const files = () => process.getBuiltinModule('node:fs/promises');

const isWindows = (): boolean => process.platform === 'win32';
/** The permission bits of all users but the owner. */
const GROUP_AND_OTHERS = 0o077;
/** Another process must save during each attempt for the next one to be necessary. */
const MAX_LOAD_ATTEMPTS = 100;

async function loadNewest(folder: string): Promise<StoredRing> {
  if (!(await folderExists(folder))) return NOTHING_SAVED;
  for (let attempt = 1; ; attempt++) {
    const version = newestVersion(await files().readdir(folder));
    if (version === 0) return NOTHING_SAVED;
    try {
      const records = await readGeneration(`${folder}/${generationName(version)}`);
      // The name may have been free again for a late save, so check that this generation is still the newest.
      if (newestVersion(await files().readdir(folder)) === version || attempt === MAX_LOAD_ATTEMPTS)
        return readStoredRing(records, version);
    } catch (error) {
      if (errorCodeOf(error) !== 'ENOENT' || attempt === MAX_LOAD_ATTEMPTS) throw error;
    }
  }
}

/** @throws JoseError ERR_RING_INVALID when other users can access the folder */
async function folderExists(folder: string): Promise<boolean> {
  try {
    const stats = await files().stat(folder);
    if (!stats.isDirectory()) throw invalidStoreError('is not a folder');
    checkPrivate(stats);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function readGeneration(path: string): Promise<string | undefined> {
  const file = await openGeneration(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MAX_RECORDS_OCTETS)
      throw invalidStoreError('has an entry that is not a regular file of at most 4 MiB');
    checkPrivate(stats);
    return readUtf8(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Opens a file without following a symbolic link or waiting for the writer of a pipe. Windows has neither flag. */
async function openGeneration(path: string): Promise<FileHandle> {
  try {
    const { constants } = files();
    return await files().open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw errorCodeOf(error) === 'ELOOP' ? invalidStoreError('has a symbolic link in place of a file') : error;
  }
}

/** Windows does not use these numbers. */
function checkPrivate({ mode, uid }: { readonly mode: number; readonly uid: number }): void {
  if (isWindows()) return;
  if (uid !== process.geteuid?.()) throw invalidStoreError('belongs to another user');
  if ((mode & GROUP_AND_OTHERS) !== 0)
    throw invalidStoreError('is accessible to other users: run chmod 700 on the folder, and chmod 600 on its files');
}

/**
 * Writes the whole text to a draft that no reader opens, and then links it to the name of the generation. `link` fails
 * if the name exists, which `rename` would not, so a generation exists complete or not at all.
 */
async function saveGeneration(folder: string, records: string, expectedVersion: number): Promise<boolean> {
  if (expectedVersion === 0) await createFolder(folder);
  // Fails for a generation that cannot be read, so that it is never replaced.
  if ((await loadNewest(folder)).version !== expectedVersion) return false;
  const version = expectedVersion + 1;
  if (!(await linkGeneration(folder, version, records))) return false;
  await syncFolder(folder);
  return removeLosingGenerations(folder, version);
}

async function createFolder(folder: string): Promise<void> {
  try {
    await files().mkdir(folder, 0o700);
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return;
    throw error;
  }
  await syncFolder(`${folder}/..`);
}

async function linkGeneration(folder: string, version: number, records: string): Promise<boolean> {
  const draft = `${folder}/${draftPrefix(version)}${crypto.randomUUID()}.tmp`;
  try {
    await writeDraft(draft, records);
    await files().link(draft, `${folder}/${generationName(version)}`);
    return true;
  } catch (error) {
    // EEXIST: another process saved first. ENOENT: another process saved first and removed this draft.
    if (['EEXIST', 'ENOENT'].includes(String(errorCodeOf(error)))) return false;
    throw error;
  } finally {
    await files().rm(draft, { force: true });
  }
}

async function writeDraft(path: string, text: string): Promise<void> {
  const file = await files().open(path, 'wx', 0o600);
  try {
    await file.writeFile(encodeUtf8(text)); // node would copy a string into the memory that small Buffers share
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows does this itself. */
async function syncFolder(folder: string): Promise<void> {
  if (isWindows()) return;
  const file = await files().open(folder, files().constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Completes a save. A name can be free because its generation was replaced and removed long ago: if a higher one
 * exists, this save came too late, and nothing has read it. Otherwise removes the lower ones, which hold keys that may
 * be erased by now.
 */
async function removeLosingGenerations(folder: string, version: number): Promise<boolean> {
  const names = await files().readdir(folder);
  const isLate = newestVersion(names) > version;
  await deleteFiles(folder, isLate ? [generationName(version)] : supersededFiles(version, names));
  return !isLate;
}

/**
 * Removes the files that a killed or failed save left after it linked its generation. That generation must be durable
 * before the files that it replaces are removed.
 */
async function removeSuperseded(folder: string, version: number): Promise<void> {
  const names = await files().readdir(folder);
  const superseded = supersededFiles(version, names);
  // After the restore of a backup, the version may be missing, and lower generations may be all that remains.
  if (superseded.length === 0 || newestVersion(names) < version) return;
  await syncFolder(folder);
  await deleteFiles(folder, superseded);
}

/** Lower generations, and drafts that lost their race. A draft of a higher version may belong to a pending save. */
function supersededFiles(version: number, names: readonly string[]): readonly string[] {
  return names.filter((name) => versionOf(name) < version || draftVersionOf(name) <= version);
}

async function deleteFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await files().rm(`${folder}/${name}`, { force: true });
}

function generationName(version: number): string {
  return `ring-${paddedVersion(version)}.json`;
}

/** The start of a draft's name. */
function draftPrefix(version: number): string {
  return `.ring-${paddedVersion(version)}-`;
}

function paddedVersion(version: number): string {
  return String(version).padStart(12, '0');
}

/** Returns the version of a generation from its name; NaN for any other name. */
function versionOf(name: string): number {
  const version = Number(/^ring-(\d{12})\.json$/.exec(name)?.[1]);
  return version > 0 ? version : Number.NaN;
}

function draftVersionOf(name: string): number {
  return Number(/^\.ring-(\d{12})-[0-9a-f-]{36}\.tmp$/.exec(name)?.[1]);
}

function newestVersion(names: readonly string[]): number {
  return names.map(versionOf).reduce((highest, version) => (version > highest ? version : highest), 0);
}
