// `barejose vendor check`: says which vendored files are no longer as they were written.
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { formatName } from './terminal.ts';
import { INTO_OPTION } from './vendor.ts';
import { listFolder, readFileIn } from './vendor-folder.ts';
import { formatLock, LOCK_FILE, LOCKED_ROOMS, type Lock, makeLock, requireLock, sha256Hex } from './vendor-lock.ts';
import { copyRooms, resolveRooms } from './vendor-rooms.ts';
import { type PackageSource, readSource } from './vendor-source.ts';

/** @param root the folder of this package */
export function vendorCheck(root: URL): Command {
  return defineCommand({
    name: 'vendor check',
    summary: 'say which vendored files were changed, are missing or are new',
    options: { into: INTO_OPTION },
    outcome:
      'each such file on standard output. With the version that wrote the files, barejose.lock.json itself is compared too; ' +
      'exit code: 0 all as written, 1 a difference, 2 usage error',
    examples: ['barejose vendor check --into vendor/barejose', 'barejose vendor check --into vendor/barejose --json'],
    async run({ stdout }, args) {
      const folder = args.requiredText('into');
      const lock = requireLock(folder);
      const { version, rooms } = lock;
      const source = readSource(root, lock.language);
      const lockCompared = source.version === version;
      const { changed, missing, added } = findDifferences(folder, lock, lockCompared && isForged(lock, source));
      const isGood = changed.length + missing.length + added.length === 0;
      const lines = [
        ...changed.map((name) => `changed  ${name}`),
        ...missing.map((name) => `missing  ${name}`),
        ...added.map((name) => `new      ${formatName(name)}`),
        `${lock.files.size} files of barejose ${version}: ${isGood ? 'all as they were written' : 'not as they were written'}`,
        // Whoever changes a file can change its hash in the lock, and the version: only that version's own source can tell.
        ...(lockCompared
          ? []
          : [`barejose.lock.json was not compared: npx barejose@${version} vendor check compares it`]),
      ];
      const json = { version, rooms, valid: isGood, lockCompared, changed, missing, new: added };
      stdout.write(args.has('json') ? `${formatJson(json)}\n` : lines.map((line) => `${line}\n`).join(''));
      return isGood ? EXIT.valid : EXIT.invalid;
    },
  });
}

interface Differences {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly added: readonly string[];
}

function findDifferences(folder: string, { files }: Lock, isLockChanged: boolean): Differences {
  const found = listFolder(folder).filter((name) => name !== LOCK_FILE);
  const names = [...files.keys()];
  const changed = names.filter((name) => found.includes(name) && !isAsWritten(folder, name, files));
  return {
    changed: isLockChanged ? [...changed, LOCK_FILE] : changed,
    missing: names.filter((name) => !found.includes(name)),
    added: found.filter((name) => !files.has(name)),
  };
}

function isAsWritten(folder: string, name: string, files: Lock['files']): boolean {
  const octets = readFileIn(folder, name);
  return octets !== undefined && sha256Hex(octets) === files.get(name);
}

/** Whether the version of the lock would write another one: then its hashes are not those of barejose. */
function isForged(lock: Lock, source: PackageSource): boolean {
  const copies = copyRooms(source, resolveRooms(lock.rooms, source, LOCKED_ROOMS), lock);
  return formatLock(makeLock(source, lock, copies)) !== formatLock(lock);
}
