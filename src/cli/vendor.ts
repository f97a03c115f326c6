// `barejose vendor`: copies parts of the source, with all that they import, into a folder of a project.
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { UsageError } from './host.ts';
import { carryOut, compareFolder, type EditedFile } from './vendor-changes.ts';
import { makeLock, readLock } from './vendor-lock.ts';
import { copyRooms, EXTENSIONS, type Form, ROOMS, resolveRooms } from './vendor-rooms.ts';
import { readSource } from './vendor-source.ts';

export const INTO_OPTION = {
  value: 'FOLDER',
  help: 'the folder of the copies, which holds nothing else',
  required: true,
} as const;
export const JAVASCRIPT_OPTION = { help: 'the same text without its types. Default: TypeScript' } as const;
export const DRY_RUN_OPTION = { help: 'print what would be done, and do nothing' } as const;

/** @param root the folder of the package to copy from */
export function vendor(root: URL): Command {
  return defineCommand({
    name: 'vendor',
    summary: 'copy a part of the source into your project, with all that it imports',
    operand: {
      name: 'ROOM',
      help: `${[...ROOMS.keys()].join(', ')}, or a file of src, such as jwt/unverified.ts. The folder will hold these and no others`,
      required: true,
      many: true,
    },
    options: {
      into: INTO_OPTION,
      javascript: JAVASCRIPT_OPTION,
      extensions: {
        value: EXTENSIONS.join('|'),
        help: 'the endings of import paths: js for compilers and most bundlers, ts for a runtime that strips types, none for a bundler that looks for files. Default: js',
      },
      'dry-run': DRY_RUN_OPTION,
      force: { help: 'also replace files that were changed by hand or are not of barejose' },
    },
    outcome:
      'each file that changes on standard output. index.ts exports the rooms, and barejose.lock.json has the version and the SHA-256 ' +
      'of each file, for `barejose vendor check` and `update`. A symbolic link in the folder is an error; ' +
      'exit code: 0 copied, 1 a file was changed by hand, 2 usage error',
    examples: [
      'barejose vendor verify --into src/vendor/barejose',
      'barejose vendor bearer jwt/unverified --into src/vendor/barejose --extensions ts --dry-run',
    ],
    async run(host, args) {
      const form = readForm(args);
      const source = readSource(root, form.language);
      args.requiredOperand('ROOM');
      const folder = args.requiredText('into');
      const rooms = resolveRooms(args.operands, source);
      const copies = copyRooms(source, rooms, form);
      const plan = { folder, old: readLock(folder), lock: makeLock(source, { ...form, rooms }, copies), copies };
      const isForced = args.has('force');
      const comparison = compareFolder(plan, ({ after }: EditedFile) => {
        if (after === undefined) return { action: 'kept', after };
        return { action: isForced ? 'replaced' : 'refused', after };
      });
      return carryOut(host, comparison, {
        dryRun: args.has('dry-run'),
        json: args.has('json'),
        diff: false,
        remedy: '--force replaces these files',
      });
    },
  });
}

function readForm(args: Arguments<'javascript' | 'extensions'>): Form {
  const language = args.has('javascript') ? 'js' : 'ts';
  const extensions = args.choice('extensions', EXTENSIONS) ?? 'js';
  if (language === 'js' && extensions === 'ts')
    throw new UsageError('--extensions must be js or none with --javascript');
  return { language, extensions };
}
