// Every binding requirement is proved by a test that names it, or excepted with a reason; and every name is a real one.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { requirementsPage } from './support/requirements-page.ts';
import { byId, isBinding, readTraceability } from './support/traceability.ts';

const traceability = readTraceability();
const { requirements, sources, tests, exceptions } = traceability;
const ids = new Set(requirements.map(({ id }) => id));
const proved = byId(tests);

describe('the requirement table', () => {
  test('names each id once', () => {
    expect(ids.size).toBe(requirements.length);
    expect(requirements.filter(isBinding).length).toBeGreaterThan(250);
  });

  test('each binding requirement is named by a test or excepted', () => {
    const open = requirements.filter((r) => isBinding(r) && !proved.has(r.id) && !exceptions.has(r.id));
    expect(open.map(({ id, text }) => `${id} ${text}`)).toEqual([]);
  });

  test('no exception names an unknown id, lacks a reason, or names an id that a test proves', () => {
    const wrong = [...exceptions].filter(([id, reason]) => !ids.has(id) || reason.length < 20 || proved.has(id));
    expect(wrong.map(([id]) => id)).toEqual([]);
  });

  test.each([
    ['src', sources],
    ['test', tests],
  ])('no line of %s names an id that is not in the table', (_, mentions) => {
    expect(mentions.filter(({ id }) => !ids.has(id)).map(({ id, at }) => `${at} ${id}`)).toEqual([]);
  });
});

describe('vectors/REQUIREMENTS.md', () => {
  const page = readFileSync(new URL('../vectors/REQUIREMENTS.md', import.meta.url), 'utf8');

  test('is what `npm run requirements` writes', () => {
    // By rows, so that a failure shows those that differ.
    expect(page.split('\n')).toEqual(requirementsPage(traceability).split('\n'));
  });

  test('has one row for each binding requirement, under a titled RFC, with evidence', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| §'));
    expect(rows.length).toBe(requirements.filter(isBinding).length);
    expect(rows.filter((row) => row.endsWith('| – |'))).toEqual([]);
    expect(page).not.toMatch(/^## RFC \d+: $/m);
  });
});
