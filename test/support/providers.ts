// `npm run providers` writes src/providers/README.md and the table in README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { providersPage, withProvidersTable } from './providers-page.ts';

const readme = new URL('../../README.md', import.meta.url);
writeFileSync(new URL('../../src/providers/README.md', import.meta.url), providersPage());
writeFileSync(readme, withProvidersTable(readFileSync(readme, 'utf8')));
