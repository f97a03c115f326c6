// Merges two changed versions of a text by their common base, as `git merge-file --diff3` does.
import { matchLines } from './line-diff.ts';

/** A text, and two versions of it. */
export interface Versions {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** The names of the versions at the markers of a conflict. */
export type Labels = { readonly [Name in keyof Versions]: string };

export interface Merge {
  /** With the lines of all versions between markers where both changed what they share differently. */
  readonly text: string;
  readonly conflicts: number;
}

/** Takes the changes of both versions. No line of `ours` is lost. */
export function mergeLines(versions: Versions, labels: Labels): Merge {
  const [base, ours, theirs] = [toLines(versions.base), toLines(versions.ours), toLines(versions.theirs)];
  const inOurs = new Map(matchLines(base, ours));
  const inTheirs = new Map(matchLines(base, theirs));
  const merged: string[] = [];
  let conflicts = 0;
  let start = { base: 0, ours: 0, theirs: 0 };
  for (let i = 0; i <= base.length; i++) {
    const [o, t] = i < base.length ? [inOurs.get(i), inTheirs.get(i)] : [ours.length, theirs.length];
    if (o === undefined || t === undefined) continue;
    const chunk = {
      base: base.slice(start.base, i),
      ours: ours.slice(start.ours, o),
      theirs: theirs.slice(start.theirs, t),
    };
    const lines = mergeChunk(chunk);
    if (!lines) conflicts++;
    merged.push(...(lines ?? markConflict(chunk, labels)), ...base.slice(i, i + 1));
    start = { base: i + 1, ours: o + 1, theirs: t + 1 };
  }
  return { text: merged.join('\n'), conflicts };
}

/** Whether the last line ends with a newline is a line of its own here: an empty one. */
function toLines(text: string): readonly string[] {
  return text.split('\n');
}

/** Lines between two that all versions share. */
type Chunk = { readonly [Name in keyof Versions]: readonly string[] };

/** Returns the lines of the version that changed; undefined where both did, differently. */
function mergeChunk({ base, ours, theirs }: Chunk): readonly string[] | undefined {
  if (areEqual(base, ours) || areEqual(ours, theirs)) return theirs;
  return areEqual(base, theirs) ? ours : undefined;
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

function markConflict({ base, ours, theirs }: Chunk, labels: Labels): readonly string[] {
  return [
    `<<<<<<< ${labels.ours}`,
    ...ours,
    `||||||| ${labels.base}`,
    ...base,
    '=======',
    ...theirs,
    `>>>>>>> ${labels.theirs}`,
  ];
}
