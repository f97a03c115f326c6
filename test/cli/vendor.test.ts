// `barejose vendor` and its check, update and list, over small packages.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MARKED, roomsTable } from '../support/rooms-table.ts';
import { barejose, HERE, makeBuiltPackage, makePackage, putFiles, removePackages } from './packages.ts';

const FILES = {
  'src/index.ts': [
    "export { a, type A } from './a.ts';",
    "export type { B } from './b/b.ts';",
    "export { c } from './b/c.ts';",
    '',
  ].join('\n'),
  'src/a.ts':
    "import { c } from './b/c.ts';\nimport type { B } from './b/b.ts';\n\nexport type A = B;\nexport const a: A = c;\n",
  'src/b/b.ts': 'export type B = number;\n',
  'src/b/c.ts': "import { hash } from 'node:crypto';\n\nexport const c = hash('sha256', '').length;\n",
  'src/cli/main.ts': 'process.exit();\n',
  'src/own.ts': 'export const own = 1;\n',
  'src/README.md': '',
};
const COPIES = ['LICENSE', 'a.ts', 'b/b.ts', 'b/c.ts', 'barejose.lock.json', 'index.ts'];

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'barejose-vendor-'));
  folder = join(home, 'vendor');
});
afterEach(() => rmSync(home, { recursive: true }));
afterAll(removePackages);

const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const write = (name: string, text: string) => putFiles(folder, { [name]: text });
const list = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((each) => !each.isDirectory())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .toSorted();

describe('vendor', () => {
  const root = makePackage(FILES);

  test('copies a file with all that it imports, the licence, an index and a lock, and nothing else', async () => {
    const { code, out } = await barejose(root, 'vendor', 'a', '--into', folder);
    expect([code, out]).toEqual([
      0,
      'new      LICENSE\nnew      a.ts\nnew      b/b.ts\nnew      b/c.ts\nnew      index.ts\nbarejose 1.0.0: 5 new\n',
    ]);
    expect(list()).toEqual(COPIES);
    expect(read('index.ts')).toMatch(/^\/\/ barejose 1\.0\.0: a\.ts\./);
    expect(read('index.ts')).toMatch(/\nexport \{ a, type A \} from '.\/a\.js';\n$/);
    expect(read('LICENSE')).toBe('Do as you like.\n');
    const lock = JSON.parse(read('barejose.lock.json'));
    expect(lock).toMatchObject({ package: 'barejose', version: '1.0.0', rooms: ['a.ts'], language: 'ts' });
    expect(lock).not.toHaveProperty('commit');
    for (const [name, hash] of Object.entries(lock.files))
      expect(createHash('sha256').update(read(name)).digest('hex')).toBe(hash);
    expect(Object.keys(lock.files)).toEqual(COPIES.filter((name) => name !== 'barejose.lock.json'));
  });

  test.each([
    ['js', "import { c } from './b/c.js';\nimport type { B } from './b/b.js';"],
    ['none', "import { c } from './b/c';\nimport type { B } from './b/b';"],
    ['ts', "import { c } from './b/c.ts';\nimport type { B } from './b/b.ts';"],
  ])('--extensions %s', async (extensions, imports) => {
    await barejose(root, 'vendor', 'src/a.ts', '--into', folder, '--extensions', extensions);
    expect(read('a.ts')).toBe(FILES['src/a.ts'].replace(/^.*\n.*/, imports));
    expect(read('b/c.ts')).toBe(FILES['src/b/c.ts']);
    expect((await barejose(root, 'vendor', 'check', '--into', folder)).code).toBe(0);
  });

  test('exports a file without public names as it is, and index means every public name', async () => {
    await barejose(root, 'vendor', 'own', 'b/c', '--into', folder);
    expect(read('index.ts')).toMatch(/\n\nexport \{ c \} from '\.\/b\/c\.js';\nexport \* from '\.\/own\.js';\n$/);
    await barejose(root, 'vendor', 'index', '--into', folder);
    expect(read('index.ts').match(/^export .*/gm)).toEqual([
      "export { a, type A } from './a.js';",
      "export type { B } from './b/b.js';",
      "export { c } from './b/c.js';",
    ]);
    expect(list()).toEqual(COPIES);
  });

  test('--javascript cuts the types that the build has found', async () => {
    const text = FILES['src/a.ts'];
    // Kept, cut, and so on.
    const cuts = ["import type { B } from './b/b.ts';\n", 'export type A = B;\n', ': A'];
    const runs: number[] = [];
    let at = 0;
    for (const cut of cuts) {
      const start = text.indexOf(cut, at);
      runs.push(start - at, cut.length);
      at = start + cut.length;
    }
    const types = {
      'index.ts': ['export { a'.length, ', type A'.length, FILES['src/index.ts'].length - 'export { a, type A'.length],
      'a.ts': [...runs, text.length - at],
      'b/b.ts': [0, FILES['src/b/b.ts'].length],
      'b/c.ts': [FILES['src/b/c.ts'].length],
      'own.ts': [FILES['src/own.ts'].length],
    };
    const built = makePackage({ ...FILES, 'dist/cli/types.json': JSON.stringify(types) });
    expect((await barejose(built, 'vendor', 'a', '--into', folder, '--javascript')).code).toBe(0);
    expect(list()).toEqual(['LICENSE', 'a.js', 'b/c.js', 'barejose.lock.json', 'index.js']);
    expect(read('a.js')).toBe("import { c } from './b/c.js';\n\nexport const a = c;\n");
    expect(read('index.js')).toMatch(/^\/\/ [^\n]*\n\nexport \{ a \} from '\.\/a\.js';\n$/);
    expect((await barejose(built, 'vendor', 'check', '--into', folder)).code).toBe(0);
    const stale = makePackage({ ...FILES, 'dist/cli/types.json': JSON.stringify({ ...types, 'own.ts': [1] }) });
    const unbuilt = makePackage({ ...FILES, 'dist/cli/types.json': '[]' });
    for (const each of [stale, unbuilt])
      expect(await barejose(each, 'vendor', 'a', '--into', folder, '--javascript')).toEqual({
        code: 2,
        out: '--javascript needs the build of this source: npm run build',
      });
  });

  test('names the commit where package.json does', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    for (const [gitHead, expected] of [
      [commit, commit],
      ['main', undefined],
      [7, undefined],
    ]) {
      const released = makePackage({ ...FILES, 'package.json': JSON.stringify({ version: '1.0.0', gitHead }) });
      await barejose(released, 'vendor', 'a', '--into', folder);
      expect(JSON.parse(read('barejose.lock.json')).commit).toBe(expected);
      expect((await barejose(released, 'vendor', 'check', '--into', folder)).code).toBe(0);
    }
  });

  test.each([
    [['vendor', '--into', 'x'], 'ROOM must be given'],
    [['vendor'], 'ROOM and --into must be given'],
    [['vendor', 'a'], '--into must be given'],
    [['vendor', 'bb/c', '--into', 'x'], /^ROOM must be verify, remote, .*, or a file of src.*; did you mean b\/c\?$/],
    [['vendor', 'eyJhbGciOiJub25lIn0', '--into', 'x'], /^ROOM must be [^?]*$/],
    [['vendor', 'cli/main', '--into', 'x'], /^ROOM must be/],
    [
      ['vendor', 'a', '--into', 'x', '--javascript', '--extensions', 'ts'],
      '--extensions must be js or none with --javascript',
    ],
    [['vendor', 'a', '--into', 'x', '--extensions', 'mjs'], '--extensions must be one of js, ts, none'],
    [
      ['vendor', 'check', '--into', 'x'],
      /^--into: the folder has no barejose\.lock\.json; barejose vendor ROOM --into/,
    ],
  ] as const)('%j', async (words, message) => {
    const { code, out } = await barejose(root, ...words);
    expect(code).toBe(2);
    expect(out).toMatch(message);
    expect(existsSync('x')).toBe(false);
  });

  test('--dry-run writes nothing', async () => {
    const { code, out } = await barejose(root, 'vendor', 'a', '--into', folder, '--dry-run');
    expect([code, out]).toEqual([0, expect.stringMatching(/^barejose 1\.0\.0: 5 new; nothing was written\n/m)]);
    expect(existsSync(folder)).toBe(false);
  });

  test('a file changed by hand, or not of barejose, is replaced with --force only', async () => {
    await barejose(root, 'vendor', 'a', '--into', folder);
    write('b/c.ts', 'mine');
    const again = await barejose(root, 'vendor', 'a', 'own', '--into', folder, '--json');
    expect([again.code, JSON.parse(again.out)]).toEqual([
      1,
      {
        version: '1.0.0',
        rooms: ['a.ts', 'own.ts'],
        written: false,
        files: [
          { name: 'LICENSE', action: 'unchanged' },
          { name: 'a.ts', action: 'unchanged' },
          { name: 'b/b.ts', action: 'unchanged' },
          { name: 'b/c.ts', action: 'refused' },
          { name: 'index.ts', action: 'replaced' },
          { name: 'own.ts', action: 'new' },
        ],
      },
    ]);
    expect(list()).toEqual(COPIES);
    expect(read('b/c.ts')).toBe('mine');
    const { out } = await barejose(root, 'vendor', 'a', '--into', folder);
    expect(out).toBe(
      'refused  b/c.ts: changed by hand, or not of barejose\nbarejose 1.0.0: 4 unchanged, 1 refused; nothing was written: --force replaces these files\n',
    );
    const forced = await barejose(root, 'vendor', 'a', '--into', folder, '--force');
    expect([forced.code, forced.out]).toEqual([0, 'replaced b/c.ts\nbarejose 1.0.0: 4 unchanged, 1 replaced\n']);
    expect(read('b/c.ts')).toBe(FILES['src/b/c.ts']);
  });

  test('a file that the new rooms do not need is removed, but for one that was changed by hand', async () => {
    await barejose(root, 'vendor', 'a', '--into', folder);
    write('a.ts', 'mine');
    rmSync(join(folder, 'LICENSE'));
    const { code, out } = await barejose(root, 'vendor', 'b/c', '--into', folder, '--force');
    expect([code, out]).toEqual([
      0,
      'new      LICENSE\nkept     a.ts: changed by hand, and left as it is\nremoved  b/b.ts: no longer needed\nreplaced index.ts\n' +
        'barejose 1.0.0: 1 unchanged, 1 new, 1 replaced, 1 removed, 1 kept\n',
    ]);
    expect(list()).toEqual(['LICENSE', 'a.ts', 'b/c.ts', 'barejose.lock.json', 'index.ts']);
  });

  test('a file that is neither needed nor there is no change', async () => {
    await barejose(root, 'vendor', 'a', '--into', folder);
    rmSync(join(folder, 'a.ts'));
    expect((await barejose(root, 'vendor', 'b/c', '--into', folder)).out).not.toContain('a.ts');
  });
});

describe('the folder', () => {
  const root = makePackage(FILES);
  const outside = (name: string) => readFileSync(join(home, name), 'utf8');

  test('a symbolic link in it is followed neither by writing nor by removing nor by checking', async () => {
    putFiles(home, { 'outside/c.ts': 'outside', 'victim.ts': 'victim' });
    mkdirSync(folder);
    symlinkSync(join(home, 'outside'), join(folder, 'b'));
    const linked = { code: 2, out: '--into: b is a symbolic link' };
    expect(await barejose(root, 'vendor', 'a', '--into', folder, '--force')).toEqual(linked);
    rmSync(join(folder, 'b'));
    symlinkSync(join(home, 'victim.ts'), join(folder, 'a.ts'));
    const file = { code: 2, out: '--into: a.ts is a symbolic link' };
    expect(await barejose(root, 'vendor', 'a', '--into', folder, '--force')).toEqual(file);
    expect(list()).toEqual(['a.ts']);
    rmSync(join(folder, 'a.ts'));
    await barejose(root, 'vendor', 'a', '--into', folder);
    rmSync(join(folder, 'a.ts'));
    symlinkSync(join(home, 'victim.ts'), join(folder, 'a.ts'));
    for (const words of [['check'], ['update'], ['b/c', '--force']])
      expect(await barejose(root, 'vendor', ...words, '--into', folder)).toEqual(file);
    expect([outside('victim.ts'), outside('outside/c.ts')]).toEqual(['victim', 'outside']);
  });

  test('what is in the way is refused before anything is written', async () => {
    write('b', 'a file');
    expect(await barejose(root, 'vendor', 'a', '--into', folder)).toEqual({
      code: 2,
      out: '--into: b is not a folder',
    });
    rmSync(join(folder, 'b'));
    mkdirSync(join(folder, 'index.ts'));
    const { code, out } = await barejose(root, 'vendor', 'a', '--into', folder);
    expect([code, out, list()]).toEqual([2, '--into: index.ts is not a regular file', []]);
  });

  test('an error of the system is told by its code, without the path', async () => {
    putFiles(home, { file: '' });
    const { code, out } = await barejose(root, 'vendor', 'a', '--into', join(home, 'file'));
    expect([code, out]).toEqual([2, '--into: a file cannot be read (ENOTDIR)']);
  });

  test.each<readonly [string, string | object]>([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['without files', '{"package":"barejose"}'],
    ...[
      { package: 'other' },
      { version: 7 },
      { version: '1.0.0\n' },
      { commit: 7 },
      { rooms: 'a' },
      { rooms: [7] },
      { extensions: 'mjs' },
      { language: 'c' },
      ...['../victim.ts', 'b/../../victim.ts', '/etc/passwd', 'b\\c.ts', 'b/c.sh', './a.ts', 'barejose.lock.json'].map(
        (name) => ({
          files: { [name]: '0'.repeat(64) },
        }),
      ),
      { files: { 'a.ts': 'F'.repeat(64) } },
      { files: { 'a.ts': 7 } },
    ].map((change) => [JSON.stringify(change), change] as const),
  ])('a lock that barejose did not write is refused: %s', async (_, change) => {
    await barejose(root, 'vendor', 'a', '--into', folder);
    putFiles(home, { 'victim.ts': '' });
    const lock = JSON.parse(read('barejose.lock.json'));
    write('barejose.lock.json', typeof change === 'string' ? change : JSON.stringify({ ...lock, ...change }));
    for (const words of [['check'], ['update'], ['a', '--force']])
      expect(await barejose(root, 'vendor', ...words, '--into', folder)).toEqual({
        code: 2,
        out: '--into: barejose.lock.json is not one that barejose wrote',
      });
    expect(outside('victim.ts')).toBe('');
  });
});

describe('vendor check', () => {
  const root = makePackage(FILES);
  beforeEach(() => barejose(root, 'vendor', 'a', '--into', folder));

  test('all as they were written', async () => {
    const { code, out } = await barejose(root, 'vendor', 'check', '--into', folder);
    expect([code, out]).toEqual([0, '5 files of barejose 1.0.0: all as they were written\n']);
    const { out: json } = await barejose(root, 'vendor', 'check', '--into', folder, '--json');
    expect(JSON.parse(json)).toEqual({
      version: '1.0.0',
      rooms: ['a.ts'],
      valid: true,
      lockCompared: true,
      changed: [],
      missing: [],
      new: [],
    });
  });

  test('a file that was changed, is missing or is new', async () => {
    write('a.ts', read('a.ts').replace('c', 'd'));
    rmSync(join(folder, 'LICENSE'));
    write('b/more.ts', '');
    write('\u202e x', '');
    const { code, out } = await barejose(root, 'vendor', 'check', '--into', folder);
    expect([code, out]).toEqual([
      1,
      'changed  a.ts\nmissing  LICENSE\nnew      b/more.ts\nnew      "\\u202e x"\n5 files of barejose 1.0.0: not as they were written\n',
    ]);
    const json = await barejose(root, 'vendor', 'check', '--into', folder, '--json');
    const { valid, changed, missing, new: added } = JSON.parse(json.out);
    expect([json.code, valid, changed, missing, added]).toEqual([
      1,
      false,
      ['a.ts'],
      ['LICENSE'],
      ['b/more.ts', '\u202e x'],
    ]);
  });

  test('a lock that was changed with the file, by the version that wrote both', async () => {
    const changed = read('a.ts').replace('c', 'd');
    const lock = JSON.parse(read('barejose.lock.json'));
    lock.files['a.ts'] = createHash('sha256').update(changed).digest('hex');
    write('a.ts', changed);
    write('barejose.lock.json', JSON.stringify(lock));
    const { code, out } = await barejose(root, 'vendor', 'check', '--into', folder);
    expect([code, out]).toEqual([1, expect.stringMatching(/^changed {2}barejose\.lock\.json$/m)]);
    const newer = makePackage({ ...FILES, 'package.json': '{"version":"1.1.0"}' });
    expect(await barejose(newer, 'vendor', 'check', '--into', folder)).toEqual({
      code: 0,
      out:
        '5 files of barejose 1.0.0: all as they were written\n' +
        'barejose.lock.json was not compared: npx barejose@1.0.0 vendor check compares it\n',
    });
  });
});

describe('vendor update', () => {
  const old = makePackage({ ...FILES, 'src/a.ts': FILES['src/a.ts'].replace('= c;', '= c;\n\n// The last line.') });
  const newer = makePackage({
    ...FILES,
    'package.json': '{"version":"1.1.0"}',
    'src/a.ts': `// A new first line.\n${FILES['src/a.ts'].replace("import type { B } from './b/b.ts';\n", '').replace('= B', '= number')}`,
    'src/b/c.ts': `import { own } from '../own.ts';\n${FILES['src/b/c.ts']}`,
  });
  const update = (...words: readonly string[]) => barejose(newer, 'vendor', 'update', '--into', folder, ...words);
  beforeEach(() => barejose(old, 'vendor', 'a', '--into', folder));

  test('a difference says nothing to the terminal', async () => {
    write('b/c.ts', `${read('b/c.ts')}\t\u001b[2J\u202e\n`);
    const { out } = await update('--diff', '--dry-run');
    expect(out).toContain('-\t\\u001b[2J\\u202e\n');
    for (const hidden of ['\u001b', '\u202e']) expect(out).not.toContain(hidden);
  });

  test('replaces, adds and removes files, with their differences on request', async () => {
    const dry = await update('--dry-run', '--diff');
    expect(dry).toEqual({
      code: 0,
      out: [
        'replaced a.ts',
        '--- a.ts',
        '+++ a.ts',
        '@@ -1,7 +1,5 @@',
        '+// A new first line.',
        " import { c } from './b/c.js';",
        "-import type { B } from './b/b.js';",
        ' ',
        '-export type A = B;',
        '+export type A = number;',
        ' export const a: A = c;',
        '-',
        '-// The last line.',
        'removed  b/b.ts: no longer needed',
        '--- b/b.ts',
        '+++ b/b.ts',
        '@@ -1 +0,0 @@',
        '-export type B = number;',
        'replaced b/c.ts',
        '--- b/c.ts',
        '+++ b/c.ts',
        '@@ -1,3 +1,4 @@',
        "+import { own } from '../own.js';",
        " import { hash } from 'node:crypto';",
        ' ',
        " export const c = hash('sha256', '').length;",
        'replaced index.ts',
        ...['--- index.ts', '+++ index.ts', '@@ -1,4 +1,4 @@'],
        '-// barejose 1.0.0: a.ts. Copied by `barejose vendor`, and compared by `barejose vendor check`.',
        '+// barejose 1.1.0: a.ts. Copied by `barejose vendor`, and compared by `barejose vendor check`.',
        ' /// <reference lib="es2023" />',
        ' /// <reference lib="es2024.string" />',
        ' ',
        'new      own.ts',
        'barejose 1.1.0, after 1.0.0: 1 unchanged, 1 new, 3 replaced, 1 removed; nothing was written',
        '',
      ].join('\n'),
    });
    expect(list()).toEqual(COPIES);
    expect((await update()).code).toBe(0);
    expect(list()).toEqual(['LICENSE', 'a.ts', 'b/c.ts', 'barejose.lock.json', 'index.ts', 'own.ts']);
    expect((await barejose(newer, 'vendor', 'check', '--into', folder)).code).toBe(0);
  });

  test('merges changes by hand with those of barejose, by the package that wrote the files', async () => {
    write('a.ts', read('a.ts').replace('last line.', 'last line, ours.'));
    write('b/b.ts', 'export type B = number; // ours\n');
    const { code, out } = await update('--base', fileURLToPath(old));
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^conflict a\.ts: changed by hand where barejose changed too/m),
    ]);
    expect(out).toMatch(/^kept {5}b\/b\.ts: /m);
    expect(read('b/b.ts')).toContain('// ours');
    expect(read('a.ts')).toContain(
      '<<<<<<< your changes\n\n// The last line, ours.\n||||||| barejose 1.0.0\n\n// The last line.\n=======\n>>>>>>> barejose 1.1.0\n',
    );
  });

  test('merges without a conflict where the lines differ', async () => {
    write('b/c.ts', `${read('b/c.ts')}\n// Ours.\n`);
    const { code, out } = await update('--base', fileURLToPath(old), '--json');
    expect([code, JSON.parse(out).files.find(({ name }: { name: string }) => name === 'b/c.ts')]).toEqual([
      0,
      { name: 'b/c.ts', action: 'merged' },
    ]);
    expect(read('b/c.ts')).toBe(
      `import { own } from '../own.js';\n${FILES['src/b/c.ts'].replaceAll('.ts', '.js')}\n// Ours.\n`,
    );
    const check = await barejose(newer, 'vendor', 'check', '--into', folder);
    expect([check.code, check.out]).toEqual([1, expect.stringMatching(/^changed {2}b\/c\.ts\n[^\n]*\n$/)]);
    expect((await update()).out).toMatch(/^kept {5}b\/c\.ts/m);
  });

  test('without that package, and for what is not text, nothing is written', async () => {
    write('b/c.ts', `${read('b/c.ts')}\n// Ours.\n`);
    const before = list().map(read);
    const refused = await update();
    expect([refused.code, refused.out]).toEqual([
      1,
      expect.stringContaining('refused  b/c.ts: changed by hand, or not of barejose\n'),
    ]);
    expect(refused.out).toMatch(/nothing was written: --base with the package of 1\.0\.0 merges these files\n$/);
    expect(list().map(read)).toEqual(before);
    writeFileSync(join(folder, 'b/c.ts'), Buffer.from([0xff, 0x0a]));
    const binary = await update('--base', fileURLToPath(old));
    expect([binary.code, binary.out]).toEqual([
      1,
      expect.stringMatching(/nothing was written: move these files away\n$/),
    ]);
    expect(readFileSync(join(folder, 'b/c.ts'))).toEqual(Buffer.from([0xff, 0x0a]));
  });

  test('a file of the user is not taken for one of barejose', async () => {
    write('own.ts', 'mine');
    const { code, out } = await update('--base', fileURLToPath(old));
    expect([code, out, read('own.ts')]).toEqual([1, expect.stringMatching(/^refused {2}own\.ts/m), 'mine']);
  });

  test('never to an older version', async () => {
    await update();
    const { code, out } = await barejose(old, 'vendor', 'update', '--into', folder);
    expect([code, out]).toEqual([2, expect.stringContaining('this is barejose 1.0.0, and the files are of 1.1.0')]);
    for (const version of ['1.1.0-rc.1', '1.1.0', '1.10.0']) {
      const other = makePackage({ ...FILES, 'package.json': JSON.stringify({ version }) });
      expect((await barejose(other, 'vendor', 'update', '--into', folder)).code).toBe(0);
    }
  });

  test('--base must be the package that wrote the files', async () => {
    const message = { code: 2, out: '--base must be the package of barejose 1.0.0, which wrote the files' };
    const changed = makePackage({ ...FILES, 'src/own.ts': '', 'src/b/c.ts': '' });
    for (const base of [newer, changed]) expect(await update('--base', fileURLToPath(base))).toEqual(message);
    const { code, out } = await update('--base', home);
    expect([code, out]).toEqual([2, '--base: the package cannot be read (ENOENT)']);
  });

  test('a room that this version no longer has', async () => {
    const without = makePackage({ 'package.json': '{"version":"2.0.0"}', 'src/index.ts': '' });
    const { code, out } = await barejose(without, 'vendor', 'update', '--into', folder);
    expect([code, out]).toEqual([2, expect.stringMatching(/^rooms of barejose\.lock\.json must be/)]);
  });
});

describe('vendor list', () => {
  test('shows files, lines, size and modules of node, and the files of a room that is named', async () => {
    const { code, out } = await barejose(makePackage(FILES), 'vendor', 'list', 'a');
    expect([code, out]).toEqual([
      0,
      'room  files  lines  gzip  node modules\na.ts      4     14  0 KB  crypto\na.ts\nb/b.ts\nb/c.ts\nindex.ts\n',
    ]);
  });

  test('every room of this version', async () => {
    const { out } = await barejose(HERE, 'vendor', 'list');
    expect(out.match(/^\w+/gm)).toEqual([
      'room',
      'verify',
      'remote',
      'verifier',
      'bearer',
      'sign',
      'decrypt',
      'issuer',
    ]);
    const json = JSON.parse((await barejose(HERE, 'vendor', 'list', '--json')).out);
    for (const { room, files, lines, gzip, node } of json.rooms) {
      const [, ...columns] = new RegExp(`^${room} +(\\d+) +(\\d+) +(\\d+) KB  (.*)$`, 'm').exec(out) ?? [];
      expect(columns).toEqual([`${files.length}`, `${lines}`, (gzip / 1024).toFixed(0), node.join(', ')]);
      await barejose(HERE, 'vendor', room, '--into', join(home, room));
      const texts = files.map((name: string) => readFileSync(join(home, room, name), 'utf8'));
      expect(texts.join('').split('\n').length - 1).toBe(lines);
    }
  });
});

test('JavaScript has the same names, fewer files, and an update and a list of its own', async () => {
  const built = await makeBuiltPackage('1.0.0');
  const { out } = await barejose(built, 'vendor', 'list', 'verify', '--javascript', '--json');
  const [room] = JSON.parse(out).rooms;
  const [typed] = JSON.parse((await barejose(built, 'vendor', 'list', 'verify', '--json')).out).rooms;
  expect(room.files.every((name: string) => typed.files.includes(name.replace(/js$/, 'ts')))).toBe(true);
  expect([room.files.length < typed.files.length, room.lines < typed.lines, room.gzip < typed.gzip]).toEqual([
    true,
    true,
    true,
  ]);
  await barejose(built, 'vendor', 'verify', '--into', folder, '--javascript');
  const { code } = await barejose(
    await makeBuiltPackage('1.0.1'),
    'vendor',
    'update',
    '--into',
    folder,
    '--base',
    fileURLToPath(built),
  );
  expect([code, JSON.parse(read('barejose.lock.json')).version]).toEqual([0, '1.0.1']);
  // The types of another build would cut other characters.
  const stale = makePackage({ ...FILES, 'dist/cli/types.json': '{}' });
  const next = await makeBuiltPackage('1.0.2');
  expect(await barejose(next, 'vendor', 'update', '--into', folder, '--base', fileURLToPath(stale))).toEqual({
    code: 2,
    out: '--javascript needs the build of this source: npm run build',
  });
});

test('the table of rooms in src/cli/README.md is that of `npm run rooms`, within 5 %', async () => {
  const [shown = ''] = MARKED.exec(readFileSync(new URL('src/cli/README.md', HERE), 'utf8')) ?? [];
  const table = await roomsTable();
  const NUMBERS = /\d+ lines, [\d.]+ KB/g;
  expect(shown.replace(NUMBERS, '')).toBe(table.replace(NUMBERS, ''));
  const numbersOf = (text: string) =>
    Array.from(text.matchAll(/([\d.]+) (?:lines|KB)/g), ([, number]) => Number(number));
  const now = numbersOf(table);
  for (const [i, number] of numbersOf(shown).entries()) expect(number / Number(now[i])).toBeCloseTo(1, 1);
  expect(now.length).toBe(28);
});

test('sha256sum reads the hashes of the lock', async () => {
  await barejose(makePackage(FILES), 'vendor', 'a', '--into', folder);
  const { files } = JSON.parse(read('barejose.lock.json'));
  const input = Object.entries(files)
    .map(([name, hash]) => `${hash}  ${name}\n`)
    .join('');
  const out = execFileSync('sha256sum', ['--check'], { cwd: folder, input, encoding: 'utf8' });
  expect(out.match(/: OK$/gm)).toHaveLength(5);
});
