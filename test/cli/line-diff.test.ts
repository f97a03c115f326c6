// Differences of texts, as `diff -u` writes them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiff, matchLines } from '../../src/cli/line-diff.ts';

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join('');

test('equal texts have none', () => {
  expect(formatDiff('a.ts', lines(1, 9), lines(1, 9))).toBe('');
  expect(formatDiff('a.ts', '', '')).toBe('');
});

test('three lines of context stand around a change, and changes far apart are hunks of their own', () => {
  const changed = lines(1, 30).replace('5\n', 'five\n').replace('\n25\n', '\n').replace('\n28\n', '\n28\n28.5\n');
  expect(formatDiff('a.ts', lines(1, 30), changed)).toBe(
    [
      '--- a.ts',
      '+++ a.ts',
      '@@ -2,7 +2,7 @@',
      ...[' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
      '@@ -22,9 +22,9 @@',
      ...[' 22', ' 23', ' 24', '-25', ' 26', ' 27', ' 28', '+28.5', ' 29', ' 30'],
      '',
    ].join('\n'),
  );
});

test('a text that begins or ends, and a newline that is missing at the end', () => {
  expect(formatDiff('a', '', 'x\n')).toBe('--- a\n+++ a\n@@ -0,0 +1 @@\n+x\n');
  expect(formatDiff('a', 'x\ny\n', '')).toBe('--- a\n+++ a\n@@ -1,2 +0,0 @@\n-x\n-y\n');
  expect(formatDiff('a', 'x\n', 'x')).toBe('--- a\n+++ a\n@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n');
});

test('matched lines are equal, in order, and as many as any subsequence has', () => {
  /** The length of the longest common subsequence, by its definition. */
  const longest = ([a, ...as]: string[], [b, ...bs]: string[]): number => {
    if (a === undefined || b === undefined) return 0;
    return a === b ? 1 + longest(as, bs) : Math.max(longest(as, [b, ...bs]), longest([a, ...as], bs));
  };
  const short = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 });
  fc.assert(
    fc.property(short, short, (a, b) => {
      const matches = matchLines(a, b);
      expect(matches.map(([i]) => a[i])).toEqual(matches.map(([, j]) => b[j]));
      expect(
        matches.every(
          ([i, j], at) => at === 0 || (i > Number(matches[at - 1]?.[0]) && j > Number(matches[at - 1]?.[1])),
        ),
      ).toBe(true);
      expect(matches.length).toBe(longest(a, b));
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** Applies a difference, every line of which must fit. */
function patch(text: readonly string[], diff: string): readonly string[] {
  const patched: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2, -1)) {
    const [, start, length = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (start !== undefined) {
      const next = Number(start) - (length === '0' ? 0 : 1);
      patched.push(...text.slice(at, next));
      at = next;
    } else if (line.startsWith('+')) patched.push(line.slice(1));
    else {
      expect(line.slice(1)).toBe(text[at++]);
      if (line.startsWith(' ')) patched.push(line.slice(1));
    }
  }
  return [...patched, ...text.slice(at)];
}

test('a difference makes the second text of the first', () => {
  const ends = (each: readonly string[]) => each.map((line) => `${line}\n`).join('');
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(patch(a, formatDiff('f', ends(a), ends(b)))).toEqual(b);
    }),
    { numRuns: 300, seed: 1 },
  );
});
