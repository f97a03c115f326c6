// A ring in a folder, for the processes of one host: each save makes a file of its own, and the one with the highest number
// is the ring. There is no lock that a killed process could leave behind, and no file that is ever written over.
import { constants, type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { readUtf8, utf8 } from '../bytes.ts';
import { checkArgumentCount } from '../options.ts';
import type { RingStore, StoredRing } from './store.ts';
import { checkSave, codeOf, isStorable, MAX_RECORDS, NOTHING_SAVED, readStored, unusable } from './store.ts';

/**
 * @param folder is made at the first save unless it is there; what it lies in must be there. On a local file system: the
 *   file system keeps two processes from making one generation, and it must have hard links.
 * @throws TypeError naming `folder`
 */
export function fileStore(folder: string): RingStore {
  checkArgumentCount(arguments.length, fileStore);
  if (!isStorable(folder)) throw new TypeError('folder must be the path of a folder');
  return {
    load: () => load(folder),
    save: async (records, expectedVersion) => {
      checkSave(records, expectedVersion);
      return save(folder, records, expectedVersion);
    },
    prune: (version) => prune(folder, version),
  };
}

const isWindows = (): boolean => process.platform === 'win32';
/** None for anybody but the owner. */
const OTHERS = 0o077;
/** How often a generation may be replaced while it is being read, which takes a save of another process each time. */
const ATTEMPTS = 100;

async function load(folder: string): Promise<StoredRing> {
  if (!(await isThere(folder))) return NOTHING_SAVED;
  for (let attempt = 1; ; attempt++) {
    const version = newest(await readdir(folder));
    if (version === 0) return NOTHING_SAVED;
    try {
      const records = await read(`${folder}/${generation(version)}`);
      // A generation that was replaced in between may since have been another one: of a save that came too late.
      if (newest(await readdir(folder)) === version || attempt === ATTEMPTS) return readStored(records, version);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws JoseError ERR_RING_INVALID when the folder is one that others may look into */
async function isThere(folder: string): Promise<boolean> {
  try {
    const there = await stat(folder);
    if (!there.isDirectory()) throw unusable('is no folder');
    checkPrivate(there);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function read(path: string): Promise<string | undefined> {
  const file = await openGeneration(path);
  try {
    const there = await file.stat();
    if (!there.isFile() || there.size > MAX_RECORDS) throw unusable('has a file of a wrong kind or size');
    checkPrivate(there);
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
    throw codeOf(error) === 'ELOOP' ? unusable('has a symbolic link in place of a file') : error;
  }
}

/** On Windows these numbers mean nothing. */
function checkPrivate({ mode, uid }: { readonly mode: number; readonly uid: number }): void {
  if (isWindows()) return;
  if (uid !== process.geteuid?.()) throw unusable('belongs to another user');
  if ((mode & OTHERS) !== 0)
    throw unusable('is open to other users: let nobody but its owner into it (chmod 700, 600)');
}

/**
 * First all of the text is on the disk under a name that no reader looks at; `link` then gives it its own unless somebody
 * has, which `rename` could not tell. So a generation is there as a whole or not at all.
 */
async function save(folder: string, records: string, expectedVersion: number): Promise<boolean> {
  if (expectedVersion === 0) await makeFolder(folder);
  // What cannot be read is not replaced: it throws here.
  if ((await load(folder)).version !== expectedVersion) return false;
  const version = expectedVersion + 1;
  if (!(await publish(folder, version, records))) return false;
  await sync(folder);
  return settle(folder, version);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, 0o700);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  await sync(`${folder}/..`);
}

async function publish(folder: string, version: number, records: string): Promise<boolean> {
  const draft = `${folder}/${draftOf(version)}${crypto.randomUUID()}.tmp`;
  try {
    await write(draft, records);
    await link(draft, `${folder}/${generation(version)}`);
    return true;
  } catch (error) {
    // EEXIST: somebody was first. ENOENT: somebody was, and has tidied up since.
    if (['EEXIST', 'ENOENT'].includes(String(codeOf(error)))) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(utf8(text)); // node would copy a string into the memory that small Buffers share
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a folder holds is on the disk once the folder is. Windows takes care of that by itself. */
async function sync(folder: string): Promise<void> {
  if (isWindows()) return;
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
async function settle(folder: string, version: number): Promise<boolean> {
  const names = await readdir(folder);
  const isLate = newest(names) > version;
  await remove(folder, isLate ? [generation(version)] : supersededBy(version, names));
  return !isLate;
}

/**
 * Removes what a save has left that was killed, or failed, after its generation had its name. The generation must be on the
 * disk before those that it replaces go.
 */
async function prune(folder: string, version: number): Promise<void> {
  const names = await readdir(folder);
  const left = supersededBy(version, names);
  // Where that generation is gone, as in a backup that was restored meanwhile, lower ones may be all there is.
  if (left.length === 0 || newest(names) < version) return;
  await sync(folder);
  await remove(folder, left);
}

/** Lower generations, and drafts that can become no generation any more. A draft of a higher version may be one that is being saved. */
function supersededBy(version: number, names: readonly string[]): readonly string[] {
  return names.filter((name) => versionOf(name) < version || draftVersionOf(name) <= version);
}

async function remove(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(`${folder}/${name}`, { force: true });
}

function generation(version: number): string {
  return `ring-${padded(version)}.json`;
}

/** How the name of a draft begins. */
function draftOf(version: number): string {
  return `.ring-${padded(version)}-`;
}

function padded(version: number): string {
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

function newest(names: readonly string[]): number {
  return names.map(versionOf).reduce((highest, version) => (version > highest ? version : highest), 0);
}
