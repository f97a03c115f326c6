// The pages on providers are those that the examples make. test/readme.test.ts runs what they show.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { providersPage, providersTable, withProvidersTable } from '../support/providers-page.ts';
import { EXAMPLES } from './examples.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('src/providers/README.md is what npm run providers writes', () => {
  expect(read('src/providers/README.md')).toBe(providersPage());
});

test('the table in README.md is what npm run providers writes', () => {
  expect(withProvidersTable(read('README.md'))).toBe(read('README.md'));
  expect(providersTable().split('\n')).toHaveLength(EXAMPLES.length + 2);
  expect(() => withProvidersTable('# Without a table')).toThrow('README.md has no place for the table');
});

test('every function of src/providers is shown, and tested by a file of its name', () => {
  const shared = ['alb-keys', 'checks', 'forms', 'given', 'id-token'];
  const names = (folder: string, end: string) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url))
      .filter((file) => file.endsWith(end))
      .map((file) => file.slice(0, -end.length));
  const providers = names('src/providers', '.ts').filter((name) => !shared.includes(name));
  const shown = EXAMPLES.map(({ name }) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  expect(providers.toSorted()).toEqual(shown.toSorted());
  expect(names('test/providers', '.test.ts')).toEqual(expect.arrayContaining(providers));
});
