// A ring in a folder, for the processes of one host: each save makes a file of its own, and the one with the highest number
// is the ring. There is no lock that a killed process could leave behind, and no file that is ever written over.
import { constants, type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { readUtf8, utf8 } from '../bytes.ts';
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
 * @param folder is made at the first save unless it is there; what it lies in must be there. On a local file system: the
 *   file system keeps two processes from making one generation, and it must have hard links.
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

const IS_WINDOWS: boolean = /* @__PURE__ */ Object.is(process.platform, 'win32');
/** None for anybody but the owner. */
const GROUP_AND_OTHERS = 0o077;
/** How often a generation may be replaced while it is being read, which takes a save of another process each time. */
const MAX_LOAD_ATTEMPTS = 100;

async function loadNewest(folder: string): Promise<StoredRing> {
  if (!(await folderExists(folder))) return NOTHING_SAVED;
  for (let attempt = 1; ; attempt++) {
    const version = newestVersion(await readdir(folder));
    if (version === 0) return NOTHING_SAVED;
    try {
      const records = await readGeneration(`${folder}/${generationName(version)}`);
      // A generation that was replaced in between may since have been another one: of a save that came too late.
      if (newestVersion(await readdir(folder)) === version || attempt === MAX_LOAD_ATTEMPTS)
        return readStoredRing(records, version);
    } catch (error) {
      if (errorCodeOf(error) !== 'ENOENT' || attempt === MAX_LOAD_ATTEMPTS) throw error;
    }
  }
}

/** @throws JoseError ERR_RING_INVALID when the folder is one that others may look into */
async function folderExists(folder: string): Promise<boolean> {
  try {
    const stats = await stat(folder);
    if (!stats.isDirectory()) throw invalidStoreError('is no folder');
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
      throw invalidStoreError('has a file of a wrong kind or size');
    checkPrivate(stats);
    return readUtf8(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Neither through a symbolic link nor waiting for whoever might write to a pipe. Windows has none of these flags. */
async function openGeneration(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw errorCodeOf(error) === 'ELOOP' ? invalidStoreError('has a symbolic link in place of a file') : error;
  }
}

/** On Windows these numbers mean nothing. */
function checkPrivate({ mode, uid }: { readonly mode: number; readonly uid: number }): void {
  if (IS_WINDOWS) return;
  if (uid !== process.geteuid?.()) throw invalidStoreError('belongs to another user');
  if ((mode & GROUP_AND_OTHERS) !== 0)
    throw invalidStoreError('is open to other users: let nobody but its owner into it (chmod 700, 600)');
}

/**
 * First all of the text is on the disk under a name that no reader looks at; `link` then gives it its own unless somebody
 * has, which `rename` could not tell. So a generation is there as a whole or not at all.
 */
async function saveGeneration(folder: string, records: string, expectedVersion: number): Promise<boolean> {
  if (expectedVersion === 0) await createFolder(folder);
  // What cannot be read is not replaced: it throws here.
  if ((await loadNewest(folder)).version !== expectedVersion) return false;
  const version = expectedVersion + 1;
  if (!(await linkGeneration(folder, version, records))) return false;
  await syncFolder(folder);
  return removeLosingGenerations(folder, version);
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, 0o700);
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
    await link(draft, `${folder}/${generationName(version)}`);
    return true;
  } catch (error) {
    // EEXIST: somebody was first. ENOENT: somebody was, and has tidied up since.
    if (['EEXIST', 'ENOENT'].includes(String(errorCodeOf(error)))) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(utf8(text)); // node would copy a string into the memory that small Buffers share
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a folder holds is on the disk once the folder is. Windows takes care of that by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (IS_WINDOWS) return;
  const file = await open(folder, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The name was free; but so is that of a generation which has long been replaced and removed. A higher one tells: ours came
 * too late, and nobody has seen it. Otherwise the lower ones go at once, as they hold keys that may be erased by now.
 */
async function removeLosingGenerations(folder: string, version: number): Promise<boolean> {
  const names = await readdir(folder);
  const isLate = newestVersion(names) > version;
  await deleteFiles(folder, isLate ? [generationName(version)] : supersededFiles(version, names));
  return !isLate;
}

/**
 * Removes what a save has left that was killed, or failed, after its generation had its name. The generation must be on the
 * disk before those that it replaces go.
 */
async function removeSuperseded(folder: string, version: number): Promise<void> {
  const names = await readdir(folder);
  const superseded = supersededFiles(version, names);
  // Where that generation is gone, as in a backup that was restored meanwhile, lower ones may be all there is.
  if (superseded.length === 0 || newestVersion(names) < version) return;
  await syncFolder(folder);
  await deleteFiles(folder, superseded);
}

/** Lower generations, and drafts that can become no generation any more. A draft of a higher version may be one that is being saved. */
function supersededFiles(version: number, names: readonly string[]): readonly string[] {
  return names.filter((name) => versionOf(name) < version || draftVersionOf(name) <= version);
}

async function deleteFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(`${folder}/${name}`, { force: true });
}

function generationName(version: number): string {
  return `ring-${paddedVersion(version)}.json`;
}

/** How the name of a draft begins. */
function draftPrefix(version: number): string {
  return `.ring-${paddedVersion(version)}-`;
}

function paddedVersion(version: number): string {
  return String(version).padStart(12, '0');
}

/** The version of a generation by its name; NaN for any other name. */
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
