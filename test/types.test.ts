// What must not compile, does not: the repository's own compiler reads test/types/, and exactly the marked lines fail.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = readdirSync(`${root}/test/types`).filter((file) => file.endsWith('.ts'));
const MARK = '// must not compile: ';

const compiler = `${root}/node_modules/typescript/bin/tsc`;
const { stdout } = spawnSync(process.execPath, [compiler, '-p', 'test/types', '--noEmit', '--pretty', 'false'], {
  cwd: root,
  encoding: 'utf8',
});
const errors = Array.from(stdout.matchAll(/^(\S+?)\((\d+),\d+\): error (.*)$/gm), ([, file, line, text]) => ({
  file: file?.replaceAll('\\', '/'),
  line: Number(line),
  text,
}));

test('the compiler ran and found nothing wrong outside the fixtures', () => {
  expect(errors.length, stdout).toBeGreaterThan(0);
  expect(errors.filter(({ file }) => !file?.startsWith('test/types/'))).toEqual([]);
});

test.each(fixtures)('%s: exactly the marked lines do not compile', (fixture) => {
  const lines = readFileSync(`${root}/test/types/${fixture}`, 'utf8').split('\n');
  const marked = lines.flatMap((text, i) => (text.includes(MARK) ? [`${i + 1}: ${text}`] : []));
  const found = errors.filter(({ file }) => file === `test/types/${fixture}`).map(({ line }) => line);
  const failing = [...new Set(found)].toSorted((a, b) => a - b).map((line) => `${line}: ${lines[line - 1]}`);
  expect(failing).toEqual(marked);
});
