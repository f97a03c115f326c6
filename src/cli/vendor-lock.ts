// barejose.lock.json: what a folder of vendored files was made of, and the hash of each file as it was written.
import { createHash } from 'node:crypto';
import { UnreadableError } from './host.ts';
import { formatJson, isJsonObject, parseJson } from './json.ts';
import { readFileIn } from './vendor-folder.ts';
import { EXTENSIONS, type Form } from './vendor-rooms.ts';
import type { PackageSource } from './vendor-source.ts';

export const LOCK_FILE = 'barejose.lock.json';
/** The words of errors for the rooms that it names. */
export const LOCKED_ROOMS: string = `rooms of ${LOCK_FILE}`;

export interface Lock extends Form {
  readonly version: string;
  readonly commit: string | undefined;
  readonly rooms: readonly string[];
  /** The SHA-256 of each file in hexadecimal, as sha256sum prints it. */
  readonly files: ReadonlyMap<string, string>;
}

export function sha256Hex(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** @param copies the texts by the names of the files */
export function makeLock(
  { version, commit }: PackageSource,
  plan: Form & Pick<Lock, 'rooms'>,
  copies: ReadonlyMap<string, string>,
): Lock {
  const { rooms, language, extensions } = plan;
  const files = new Map(Array.from(copies, ([name, text]) => [name, sha256Hex(text)]));
  return { version, commit, rooms, language, extensions, files };
}

export function formatLock({ version, commit, rooms, language, extensions, files }: Lock): string {
  return `${formatJson({ package: 'barejose', version, commit, rooms, language, extensions, files: Object.fromEntries(files) })}\n`;
}

/** Returns the lock of a folder; undefined if it has none. @throws UnreadableError for one that the command did not write */
export function readLock(folder: string): Lock | undefined {
  const octets = readFileIn(folder, LOCK_FILE);
  if (!octets) return undefined;
  const lock = parseLock(octets.toString('utf8'));
  if (!lock) throw new UnreadableError(`--into: ${LOCK_FILE} is not one that barejose wrote`);
  return lock;
}

/** @throws UnreadableError for a folder without a lock as well */
export function requireLock(folder: string): Lock {
  const lock = readLock(folder);
  if (!lock)
    throw new UnreadableError(`--into: the folder has no ${LOCK_FILE}; barejose vendor ROOM --into FOLDER writes it`);
  return lock;
}

function parseLock(text: string): Lock | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  const { package: name, version, commit, rooms, language, files: hashes } = value;
  const extensions = EXTENSIONS.find((each) => each === value.extensions);
  if (!isJsonObject(hashes)) return undefined;
  const files = Object.entries(hashes).flatMap(([file, hash]) => (isEntry(file, hash) ? [[file, hash] as const] : []));
  if (files.length < Object.keys(hashes).length) return undefined;
  if (name !== 'barejose' || !isText(version) || !(commit === undefined || isText(commit))) return undefined;
  if (!Array.isArray(rooms) || !rooms.every(isText) || !extensions || (language !== 'ts' && language !== 'js'))
    return undefined;
  return { version, commit, rooms, language, extensions, files: new Map(files) };
}

/** Whether a name is one of a file in the folder, and none that leads out of it; files that are no longer needed are removed. */
function isEntry(name: string, hash: unknown): hash is string {
  return /^(?:LICENSE|(?:[a-z0-9-]+\/)*[a-z0-9-]+\.[jt]s)$/.test(name) && isText(hash) && /^[0-9a-f]{64}$/.test(hash);
}

/** Whether a value is a word in printable ASCII, as every text in a lock is. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,100}$/.test(value);
}
