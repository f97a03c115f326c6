// The table of rooms in src/cli/README.md: what `barejose vendor` copies, in numbers.
import { measureRoom, type RoomSize } from '../../src/cli/vendor-list.ts';
import { ROOMS } from '../../src/cli/vendor-rooms.ts';
import { readSource } from '../../src/cli/vendor-source.ts';
import { makeBuiltPackage, removePackages } from '../cli/packages.ts';

export const MARKED = /(?<=<!-- rooms:start -->\n)[\s\S]*?(?=<!-- rooms:end -->)/;

/** The table as Markdown. */
export async function roomsTable(): Promise<string> {
  const root = await makeBuiltPackage('0.0.0');
  const typescript = readSource(root, 'ts');
  const javascript = readSource(root, 'js');
  removePackages();
  const rows = Array.from(ROOMS, ([room, { purpose }]) => {
    const typed = measureRoom(typescript, room, { language: 'ts', extensions: 'js' });
    const plain = measureRoom(javascript, room, { language: 'js', extensions: 'js' });
    return `| \`${room}\` | ${purpose} | ${sizeOf(typed)} | ${sizeOf(plain)} | ${plain.node.join(', ')} |\n`;
  });
  return `| room | to | TypeScript | JavaScript | of node |\n|---|---|---|---|---|\n${rows.join('')}`;
}

function sizeOf({ files, lines, gzip }: RoomSize): string {
  return `${files.length} files, ${lines} lines, ${(gzip / 1024).toFixed(1)} KB`;
}
