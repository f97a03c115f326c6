// npm run rooms: writes the table of rooms into src/cli/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { MARKED, roomsTable } from './rooms-table.ts';

const page = new URL('../../src/cli/README.md', import.meta.url);
const table = await roomsTable();
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(MARKED, () => table),
);
