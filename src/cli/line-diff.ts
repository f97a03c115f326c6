// Compares texts line by line: the lines that two of them share, and their difference in the unified format of diff and git.

/** A pair of equal lines, by their indices. */
export type Match = readonly [a: number, b: number];

/** Finds a longest common subsequence of lines, in order. */
export function matchLines(a: readonly string[], b: readonly string[]): readonly Match[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const within = matchDistinct(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    ...Array.from({ length: start }, (_, i): Match => [i, i]),
    ...within.map(([i, j]): Match => [start + i, start + j]),
    ...Array.from({ length: end }, (_, i): Match => [a.length - end + i, b.length - end + i]),
  ];
}

/** The same for texts whose ends differ, by a table of the lengths of what their ends share. */
function matchDistinct(a: readonly string[], b: readonly string[]): readonly Match[] {
  const width = b.length + 1;
  const lengths = new Uint32Array(width * (a.length + 1));
  const at = (i: number, j: number) => Number(lengths[i * width + j]);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const matches: Match[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) matches.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return matches;
}

/** A line of a difference, with its place in both texts before it. */
interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
  readonly a: number;
  readonly b: number;
}

/** The lines that are shown before and after a change. */
const CONTEXT = 3;

/**
 * Formats the difference of two texts as `diff -u` does; empty for equal texts.
 * @param name of the file
 */
export function formatDiff(name: string, a: string, b: string): string {
  const edits = editsBetween(toLines(a), toLines(b));
  const isShown = edits.map((_, i) => edits.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(isChange));
  const hunks: Edit[][] = [];
  for (const [i, edit] of edits.entries()) {
    if (!isShown[i]) continue;
    if (!isShown[i - 1]) hunks.push([]);
    hunks.at(-1)?.push(edit);
  }
  return hunks.length === 0 ? '' : `--- ${name}\n+++ ${name}\n${hunks.map(formatHunk).join('')}`;
}

/** The lines of a text, each with its newline, so that a missing one at the end is a difference. */
function toLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function isChange({ mark }: Edit): boolean {
  return mark !== ' ';
}

function editsBetween(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  for (const [x, y] of [...matchLines(a, b), [a.length, b.length] as const]) {
    for (; i < x; i++) edits.push({ mark: '-', line: String(a[i]), a: i, b: j });
    for (; j < y; j++) edits.push({ mark: '+', line: String(b[j]), a: i, b: j });
    if (i < a.length) edits.push({ mark: ' ', line: String(a[i]), a: i++, b: j++ });
  }
  return edits;
}

function formatHunk(edits: readonly Edit[]): string {
  const [first] = edits;
  const place = (side: 'a' | 'b', other: '-' | '+') => {
    const length = edits.filter(({ mark }) => mark !== other).length;
    const start = Number(first?.[side]) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  const lines = edits.map(({ mark, line }) =>
    line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${place('a', '+')} +${place('b', '-')} @@\n${lines.join('')}`;
}
