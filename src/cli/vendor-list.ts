// `barejose vendor list`: the numbers of each room that an auditor asks for first.
import { gzipSync } from 'node:zlib';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { maxLength } from './terminal.ts';
import { JAVASCRIPT_OPTION } from './vendor.ts';
import { copyRooms, type Form, nodeModulesOf, ROOMS, resolveRooms } from './vendor-rooms.ts';
import { type PackageSource, readSource } from './vendor-source.ts';

/** @param root the folder of this package */
export function vendorList(root: URL): Command {
  return defineCommand({
    name: 'vendor list',
    summary: 'list the rooms: files, lines, size, and what they import of node',
    operand: {
      name: 'ROOM',
      help: 'as `barejose vendor` takes it. Its files are listed too. Default: every room',
      many: true,
    },
    options: { javascript: JAVASCRIPT_OPTION },
    outcome:
      'a row for each room on standard output: its files and lines, with its index, their size under gzip, and the modules of node that ' +
      'they import; exit code: 0 listed, 2 usage error',
    examples: ['barejose vendor list', 'barejose vendor list verify --json'],
    async run({ stdout }, args) {
      const form: Form = { language: args.has('javascript') ? 'js' : 'ts', extensions: 'js' };
      const source = readSource(root, form.language);
      const asked = resolveRooms(args.operands, source);
      const rooms = (asked.length > 0 ? asked : [...ROOMS.keys()]).map((room) => measureRoom(source, room, form));
      if (args.has('json')) stdout.write(`${formatJson({ version: source.version, rooms })}\n`);
      else stdout.write(formatRooms(rooms, asked.length > 0));
      return EXIT.valid;
    },
  });
}

/** A room, and what comes with it. */
export interface RoomSize {
  readonly room: string;
  readonly purpose: string | undefined;
  readonly files: readonly string[];
  readonly lines: number;
  /** Octets of all files one after another, compressed. */
  readonly gzip: number;
  readonly node: readonly string[];
}

export function measureRoom(source: PackageSource, room: string, form: Form): RoomSize {
  const copies = [...copyRooms(source, [room], form)].filter(([name]) => name !== 'LICENSE');
  const texts = copies.map(([, text]) => text);
  const whole = texts.join('');
  return {
    room,
    purpose: ROOMS.get(room)?.purpose,
    files: copies.map(([name]) => name),
    lines: whole.split('\n').length - 1,
    gzip: gzipSync(whole).length,
    node: nodeModulesOf(texts).map((name) => name.replace('node:', '')),
  };
}

function formatRooms(rooms: readonly RoomSize[], withFiles: boolean): string {
  const rows = rooms.map(({ room, files, lines, gzip, node }) => [
    room,
    `${files.length}`,
    `${lines}`,
    `${(gzip / 1024).toFixed(0)} KB`,
    node.join(', '),
  ]);
  const table = [['room', 'files', 'lines', 'gzip', 'node modules'], ...rows];
  const width = (column: number) => maxLength(table.map((row) => String(row[column])));
  const lines = table.map((row) =>
    row
      .map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(width(i)) : cell.padStart(width(i))))
      .join('  ')
      .trimEnd(),
  );
  const names = withFiles ? [...new Set(rooms.flatMap(({ files }) => files))].toSorted() : [];
  return [...lines, ...names].map((line) => `${line}\n`).join('');
}
