// What a command would change in a folder of vendored files, file by file, and the change itself.
import { EXIT, type Host } from './host.ts';
import { formatJson } from './json.ts';
import { formatDiff } from './line-diff.ts';
import { printable } from './terminal.ts';
import { readFileIn, removeFileIn, writeFileIn } from './vendor-folder.ts';
import { formatLock, LOCK_FILE, type Lock, sha256Hex } from './vendor-lock.ts';

/** What happens to a file, and in the texts for people what it means. */
const ACTIONS = {
  unchanged: '',
  new: '',
  replaced: '',
  removed: 'no longer needed',
  merged: 'changed by hand, and these changes are kept',
  kept: 'changed by hand, and left as it is',
  conflict: 'changed by hand where barejose changed too: choose between the markers',
  refused: 'changed by hand, or not of barejose',
} as const;

export interface Change {
  readonly name: string;
  readonly action: keyof typeof ACTIONS;
  /** The text in the folder; undefined for none. */
  readonly before: string | undefined;
  /** The text to be written; undefined for none. */
  readonly after: string | undefined;
}

/** A file in the folder that is not as the lock has it. */
export interface EditedFile {
  readonly name: string;
  readonly before: string;
  /** The text of this version; undefined if it has no such file. */
  readonly after: string | undefined;
  /** Its hash in the lock; undefined if barejose did not write the file. */
  readonly hash: string | undefined;
}

/** Decides about an edited file that differs from the text of this version. */
export type Resolve = (file: EditedFile) => Pick<Change, 'action' | 'after'>;

export interface Plan {
  readonly folder: string;
  /** The lock in the folder; undefined for none. */
  readonly old: Lock | undefined;
  readonly lock: Lock;
  readonly copies: ReadonlyMap<string, string>;
}

/** A plan, and what it changes in the folder as it is. */
interface Comparison extends Plan {
  readonly changes: readonly Change[];
}

/** Compares the folder with the copies. */
export function compareFolder(plan: Plan, resolve: Resolve): Comparison {
  const { folder, old, copies } = plan;
  const names = new Set([...copies.keys(), ...(old?.files.keys() ?? [])]);
  const changes = [...names].toSorted().flatMap((name): readonly Change[] => {
    const octets = readFileIn(folder, name);
    const after = copies.get(name);
    const hash = old?.files.get(name);
    if (!octets) return after === undefined ? [] : [{ name, action: 'new', before: undefined, after }];
    const before = octets.toString('utf8');
    if (before === after) return [{ name, action: 'unchanged', before, after }];
    if (sha256Hex(octets) !== hash) return [{ name, before, ...resolve({ name, before, after, hash }) }];
    return [{ name, action: after === undefined ? 'removed' : 'replaced', before, after }];
  });
  return { ...plan, changes };
}

const WRITTEN: readonly string[] = ['new', 'replaced', 'merged', 'conflict'];

/** Writes what changes, and the lock last. */
function applyChanges({ folder, lock, changes }: Comparison): void {
  for (const { name, action, after } of changes) {
    if (action === 'removed') removeFileIn(folder, name);
    if (WRITTEN.includes(action) && after !== undefined) writeFileIn(folder, name, after);
  }
  writeFileIn(folder, LOCK_FILE, formatLock(lock));
}

export interface Reporting {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly diff: boolean;
  /** What to do about refused files. */
  readonly remedy: string;
}

/** Changes the folder, unless a file is refused or this is a dry run, and reports it. @returns the exit code */
export function carryOut({ stdout }: Host, comparison: Comparison, reporting: Reporting): number {
  const { changes, lock } = comparison;
  const { version, rooms } = lock;
  const isRefused = changes.some(({ action }) => action === 'refused');
  const isWritten = !isRefused && !reporting.dryRun;
  if (isWritten) applyChanges(comparison);
  const files = changes.map(({ name, action }) => ({ name, action }));
  if (reporting.json) stdout.write(`${formatJson({ version, rooms, written: isWritten, files })}\n`);
  else stdout.write(formatChanges(comparison, reporting));
  return isRefused || changes.some(({ action }) => action === 'conflict') ? EXIT.invalid : EXIT.valid;
}

function formatChanges({ lock, old, changes }: Comparison, { dryRun, diff, remedy }: Reporting): string {
  const counts = Object.keys(ACTIONS).map((action) => [
    changes.filter((each) => each.action === action).length,
    action,
  ]);
  const isRefused = changes.some(({ action }) => action === 'refused');
  return [
    ...changes.map((change) => formatChange(change, diff)),
    `barejose ${lock.version}${old && old.version !== lock.version ? `, after ${old.version}` : ''}: `,
    counts.flatMap(([count, action]) => (count === 0 ? [] : [`${count} ${action}`])).join(', '),
    isRefused || dryRun ? `; nothing was written${isRefused ? `: ${remedy}` : ''}\n` : '\n',
  ].join('');
}

/** Escapes what a file could say to the terminal, but for its tabs. */
function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

const ACTION_WIDTH = 9;

function formatChange({ name, action, before = '', after = '' }: Change, diff: boolean): string {
  if (action === 'unchanged') return '';
  const note = ACTIONS[action] && `: ${ACTIONS[action]}`;
  const isShown = diff && action !== 'kept' && action !== 'new';
  return `${action.padEnd(ACTION_WIDTH)}${name}${note}\n${isShown ? printableLines(formatDiff(name, before, after)) : ''}`;
}
