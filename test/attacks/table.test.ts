// The table in SECURITY.md is checked against the tests and the source: a class without a proof, or a name gone stale, fails.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

interface AttackClass {
  readonly id: string;
  readonly title: string;
  readonly scope: string;
  readonly reason: string;
}

const [heading, ...lines] = read('vectors/attacks.tsv').trimEnd().split('\n');
const classes: readonly AttackClass[] = lines.map((line) => {
  const [id = '', title = '', scope = '', reason = ''] = line.split('\t');
  return { id, title, scope, reason };
});
const inScope = classes.filter(({ scope }) => scope === 'yes');

/** Class id → the test files that have a test whose title begins with it. */
function testsByClass(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of readdirSync(new URL('test/attacks/', ROOT)).filter((name) => name.endsWith('.test.ts'))) {
    // A title is the first string after `test(` or after the table of a `test.each(…)(`.
    for (const [, id = ''] of read(`test/attacks/${file}`).matchAll(/(?:\btest\(|\)\()\s*['"`]([A-Z0-9]+-\d\d) \S/g)) {
      found.set(id, (found.get(id) ?? new Set()).add(`test/attacks/${file}`));
    }
  }
  return found;
}

/** The rows of SECURITY.md's table, by class id. */
const rows = new Map(
  read('SECURITY.md')
    .split('\n')
    .map((line) => /^\| ([A-Z0-9]+-\d\d) \| (.*) \| (.*) \| (.*) \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id = '', title = '', stopper = '', proof = '']) => [id, { title, stopper, proof }] as const),
);

describe('the attack table', () => {
  const tests = testsByClass();

  test('the list of classes is well-formed, and says why a class is left out', () => {
    expect(heading).toBe('id\ttitle\tin scope\treason');
    expect(new Set(classes.map(({ id }) => id)).size).toBe(classes.length);
    for (const { id, title, scope, reason } of classes) {
      expect(id).toMatch(/^[A-Z0-9]+-\d\d$/);
      expect(title, id).not.toBe('');
      expect([id, scope]).toEqual([id, reason === '' ? 'yes' : 'no']);
    }
    expect(inScope.length).toBeGreaterThan(100);
  });

  test('every class in scope has a test, and no test names an unknown class', () => {
    expect(inScope.map(({ id }) => id).filter((id) => !tests.has(id))).toEqual([]);
    const known = new Set(inScope.map(({ id }) => id));
    expect([...tests.keys()].filter((id) => !known.has(id))).toEqual([]);
  });

  test('SECURITY.md has one row for each class in scope and no other', () => {
    expect([...rows.keys()].sort()).toEqual(inScope.map(({ id }) => id).sort());
    const mentions = read('SECURITY.md').match(/^\| [A-Z0-9]+-\d\d \|/gm) ?? [];
    expect(mentions.length).toBe(rows.size);
  });

  test.each(inScope)('$id: its row names functions and a test that exist', ({ id, title }) => {
    const row = rows.get(id);
    expect(row?.title.replaceAll('`', '')).toBe(title);
    const named = [...(row?.stopper ?? '').matchAll(/`(src\/[\w/-]+\.ts)` `(\w+)`/g)];
    if (named.length === 0) expect(row?.stopper).toBe('accepted: see above');
    for (const [, file = '', name = ''] of named) {
      expect(existsSync(new URL(file, ROOT)), file).toBe(true);
      expect(read(file), `${file} ${name}`).toMatch(
        new RegExp(`^(?:export )?(?:async )?(?:function|class|const|let) ${name}\\b`, 'm'),
      );
    }
    const links = [...(row?.proof ?? '').matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(tests.get(id)?.has(link), link).toBe(true);
  });

  test('links of SECURITY.md lead somewhere', () => {
    for (const [, link = ''] of read('SECURITY.md').matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(new URL(link, ROOT)), link).toBe(true);
    }
  });
});
