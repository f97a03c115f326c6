// `barejose vendor update`: brings vendored files to the version of this package, and keeps what was changed by hand.
import { resolve as resolvePath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, defineCommand } from './command.ts';
import { UnreadableError, UsageError } from './host.ts';
import { mergeLines } from './line-merge.ts';
import { DRY_RUN_OPTION, INTO_OPTION } from './vendor.ts';
import { carryOut, compareFolder, type EditedFile, type Resolve } from './vendor-changes.ts';
import { LOCKED_ROOMS, type Lock, makeLock, requireLock, sha256Hex } from './vendor-lock.ts';
import { copyRooms, resolveRooms } from './vendor-rooms.ts';
import { type PackageSource, readSource } from './vendor-source.ts';

/** @param root the folder of the package to update to */
export function vendorUpdate(root: URL): Command {
  return defineCommand({
    name: 'vendor update',
    summary: 'bring vendored files to this version, with your changes kept',
    options: {
      into: INTO_OPTION,
      base: {
        value: 'FOLDER',
        help: 'the package that wrote the files, unpacked (npm pack barejose@VERSION). Your changes are merged with those since',
      },
      diff: { help: 'print the difference of each file that was there' },
      'dry-run': DRY_RUN_OPTION,
    },
    outcome:
      'each file that changes on standard output. Your lines are never lost: where both sides changed the same lines, all are written, between ' +
      'the markers of git. Without --base, nothing is written if a file changed on both sides; ' +
      'exit code: 0 updated, 1 a conflict, or nothing was written, 2 usage error',
    examples: [
      'barejose vendor update --into vendor/barejose',
      'barejose vendor update --into vendor/barejose --diff --dry-run',
    ],
    async run(host, args) {
      const folder = args.requiredText('into');
      const old = requireLock(folder);
      const source = readSource(root, old.language);
      if (isOlder(source.version, old.version))
        throw new UsageError(
          `this is barejose ${source.version}, and the files are of ${old.version}: run npx barejose@${old.version} or a newer one`,
        );
      const copies = copyRooms(source, resolveRooms(old.rooms, source, LOCKED_ROOMS), old);
      const plan = { folder, old, lock: makeLock(source, old, copies), copies };
      const base = args.text('base');
      const comparison = compareFolder(plan, resolver(plan, base === undefined ? undefined : readBase(base, old)));
      return carryOut(host, comparison, {
        dryRun: args.has('dry-run'),
        json: args.has('json'),
        diff: args.has('diff'),
        remedy:
          base === undefined ? `--base with the package of ${old.version} merges these files` : 'move these files away',
      });
    },
  });
}

/** Whether a version comes before another by its numbers. An update back would take mended faults into the folder again. */
function isOlder(version: string, than: string): boolean {
  const [one = '', other = ''] = [version, than].map((each) => each.replace(/[-+].*/, ''));
  return one.localeCompare(other, 'en', { numeric: true }) < 0;
}

/** Returns the texts of the version in the lock. @throws UsageError for another package, UnreadableError for none */
function readBase(base: string, lock: Lock): ReadonlyMap<string, string> {
  const source = readBaseSource(base, lock);
  const isVersion = source.version === lock.version;
  const copies = isVersion
    ? copyRooms(source, resolveRooms(lock.rooms, source, LOCKED_ROOMS), lock)
    : new Map<string, string>();
  if (Array.from(lock.files).every(([name, hash]) => sha256Hex(String(copies.get(name))) === hash)) return copies;
  throw new UsageError(`--base must be the package of barejose ${lock.version}, which wrote the files`);
}

function readBaseSource(base: string, { language }: Lock): PackageSource {
  try {
    return readSource(pathToFileURL(`${resolvePath(base)}/`), language);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UnreadableError(`--base: the package cannot be read (${error.code})`);
  }
}

/** Keeps, merges or refuses a file that was changed by hand. */
function resolver({ old, lock }: { old: Lock; lock: Lock }, base: ReadonlyMap<string, string> | undefined): Resolve {
  return ({ name, before, after, hash }: EditedFile) => {
    // This version has the file no more, or as it was: nothing is to be merged.
    if (after === undefined || lock.files.get(name) === hash) return { action: 'kept', after };
    const original = base?.get(name);
    // A file that is not text could not be written again as it is.
    if (original === undefined || before.includes('\ufffd')) return { action: 'refused', after };
    const labels = { ours: 'your changes', base: `barejose ${old.version}`, theirs: `barejose ${lock.version}` };
    const { text, conflicts } = mergeLines({ base: original, ours: before, theirs: after }, labels);
    return { action: conflicts > 0 ? 'conflict' : 'merged', after: text };
  };
}
