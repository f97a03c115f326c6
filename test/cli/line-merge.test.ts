// The merge of two versions by their base, as `git merge-file --diff3` makes it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeLines } from '../../src/cli/line-merge.ts';

const LABELS = { ours: 'yours', base: 'old', theirs: 'new' };
const merge = (base: string, ours: string, theirs: string) => mergeLines({ base, ours, theirs }, LABELS);
const BASE = 'a\nb\nc\nd\ne\n';

test.each([
  ['of one version only', BASE.replace('b', 'B'), BASE, BASE.replace('b', 'B')],
  ['of the other only', BASE, BASE.replace('d\n', ''), BASE.replace('d\n', '')],
  ['in different places', BASE.replace('a', 'A'), BASE.replace('e\n', 'e\nf\n'), 'A\nb\nc\nd\ne\nf\n'],
  ['that are equal', BASE.replace('c', 'C'), BASE.replace('c', 'C'), BASE.replace('c', 'C')],
  ['at the end without a newline', 'a\nb\nc\nd\ne', BASE.replace('a', 'A'), 'A\nb\nc\nd\ne'],
])('takes changes %s', (_, ours, theirs, text) => {
  expect(merge(BASE, ours, theirs)).toEqual({ text, conflicts: 0 });
});

test('marks lines that both changed, each in its own way', () => {
  const { text, conflicts } = merge(BASE, BASE.replace('c', 'ours'), BASE.replace('c', 'theirs').replace('\ne', '\nE'));
  expect(conflicts).toBe(1);
  expect(text).toBe('a\nb\n<<<<<<< yours\nours\n||||||| old\nc\n=======\ntheirs\n>>>>>>> new\nd\nE\n');
});

test('counts each conflict, and marks a removal against a change', () => {
  const { text, conflicts } = merge('a\nb\nc', 'x\nb', 'y\nb\nz');
  expect(conflicts).toBe(2);
  expect(text.match(/<<<<<<< yours\n/g)).toHaveLength(2);
  expect(text).toContain('<<<<<<< yours\n||||||| old\nc\n=======\nz\n>>>>>>> new');
});

test('loses no line that is ours alone, and takes theirs where we changed nothing', () => {
  const version = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 10 })
    .map((lines) => lines.join('\n'));
  const own = fc.array(fc.constantFrom('a', 'b', 'c', 'mine 1', 'mine 2'), { maxLength: 10 });
  fc.assert(
    fc.property(version, own, version, (base, lines, theirs) => {
      const { text } = merge(base, lines.join('\n'), theirs);
      const mine = (each: readonly string[]) => each.filter((line) => line.startsWith('mine'));
      expect(mine(text.split('\n'))).toEqual(mine(lines));
      expect(merge(base, base, theirs)).toEqual({ text: theirs, conflicts: 0 });
      expect(merge(base, theirs, base)).toEqual({ text: theirs, conflicts: 0 });
      expect(merge(base, theirs, theirs)).toEqual({ text: theirs, conflicts: 0 });
    }),
    { numRuns: 500, seed: 1 },
  );
});
