// The README runs. Each `js` and `ts` fence is a program of its own that imports the built package by its name and checks
// what its comments say (`expression; // → value`, `// → throws CODE`); each `sh` fence is run line by line.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_HELP, exportJwk, exportPem, exportPrivatePem, generateKey, signJwt } from '../src/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const TSX = import.meta.resolve('tsx');

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const fences: readonly Fence[] = Array.from(README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm), (found) => ({
  line: README.slice(0, found.index).split('\n').length,
  language: found[1] ?? '',
  code: found[2] ?? '',
}));
const programs = fences.filter(({ language }) => language === 'js' || language === 'ts');
const commands = fences.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trimEnd().split('\n'));

/** What is not run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm install barejose': 'needs the network; .ci/pack.mjs installs the packed package',
  'npm install && npm start': 'installing needs the network; test/cli runs npm start',
  'npm install && npm test': 'this is npm test',
  'bash .ci/run': 'it runs this suite, several times',
};

/** A program that uses the package as anyone would: from its own folder, with the package in node_modules. */
const app = mkdtempSync(join(tmpdir(), 'barejose-readme-'));
const installed = join(app, 'node_modules/barejose');

beforeAll(async () => {
  mkdirSync(join(app, 'node_modules/.bin'), { recursive: true });
  const { status, stdout, stderr } = node([join(ROOT, '.ci/build.mjs'), join(installed, 'dist')], ROOT);
  expect(status, stdout + stderr).toBe(0);
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  for (const name of ['zod', '@types', 'undici-types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name));
  symlinkSync('../barejose/dist/cli/main.js', join(app, 'node_modules/.bin/barejose'));
  chmodSync(join(installed, 'dist/cli/main.js'), 0o755);
  await writeSurroundings();
}, 60_000);
afterAll(() => rmSync(app, { recursive: true }));

/** The files that the examples read, and what their comments become. */
async function writeSurroundings(): Promise<void> {
  const put = (name: string, content: string) => writeFileSync(join(app, name), content);
  const key = await generateKey('RS256', { kid: 'rsa-1' });
  const claims = { iss: 'https://issuer.example', aud: 'api', sub: 'user-1' };
  put('package.json', '{"private":true,"type":"module"}');
  put('rsa.pem', exportPem(key));
  put('jwks.json', JSON.stringify({ keys: [exportJwk(key)] }));
  put('seal.key', randomBytes(32).toString('base64url'));
  put('old.pem', exportPrivatePem(key));
  put('token.txt', `${signJwt(claims, key, { expiresIn: '1h' })}\n`);
  put(
    'check.js',
    `import { deepStrictEqual } from 'node:assert/strict';
    import { readFileSync } from 'node:fs';
    export const checked = [];
    export function check(actual, wanted) {
      deepStrictEqual(actual, wanted);
      checked.push(wanted);
    }
    // What the examples fetch is answered here: an issuer that publishes jwks.json.
    const issuer = 'https://issuer.example';
    const answers = {
      '/.well-known/openid-configuration': JSON.stringify({ issuer, jwks_uri: issuer + '/jwks.json' }),
      '/jwks.json': readFileSync('jwks.json', 'utf8'),
    };
    globalThis.fetch = async (url) => new Response(answers[String(url).slice(issuer.length)], { headers: { 'cache-control': 'max-age=600' } });
    export async function rejected(promise, wanted) {
      try { await promise; } catch (error) { return check(error.code ?? error.name, wanted); }
      throw new Error('expected ' + wanted);
    }
    export function refused(run, wanted) {
      try { run(); } catch (error) { return check(error.code ?? error.name, wanted); }
      throw new Error('expected ' + wanted);
    }`,
  );
}

function node(args: readonly string[], cwd: string = app) {
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
}

/** Comments become checks; at its end the program says how many there were. */
function checking(code: string): string {
  const checks = code
    .replace(/^( *)(\S.*?);? \/\/ → throws (\w+)$/gm, "$1refused(() => ($2), '$3');")
    .replace(/^( *)await (\S.*?);? \/\/ → rejects (\w+)$/gm, "$1await rejected($2, '$3');")
    .replace(/^( *)(\S.*?);? \/\/ → (.+)$/gm, '$1check($2, $3);');
  return `import { check, checked, refused, rejected } from './check.js';\n${checks}\nconsole.log(checked.length);\n`;
}

describe('programs', () => {
  test('there are some, and the first one verifies a token by line 20', () => {
    expect(programs.length).toBeGreaterThan(8);
    const [{ line, code } = { line: 0, code: '' }] = programs;
    expect(code).toContain('verifyJwt(');
    expect(line + code.split('\n').length).toBeLessThanOrEqual(20);
  });

  test.each(programs)('line $line: what its comments say is so', ({ line, language, code }) => {
    const file = join(app, `line-${line}.check.${language}`);
    writeFileSync(file, checking(code));
    const { status, stdout, stderr } = node(language === 'ts' ? ['--import', TSX, file] : [file]);
    expect([status, stderr]).toEqual([0, '']);
    expect(Number(stdout)).toBe(code.match(/\/\/ → /g)?.length);
  });

  test('all of them type-check against the published declarations', () => {
    for (const { line, code } of programs) writeFileSync(join(app, `line-${line}.ts`), code);
    const options = {
      strict: true,
      noImplicitAny: false, // some are JavaScript
      noEmit: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
    };
    const include = programs.map(({ line }) => `line-${line}.ts`);
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include }));
    const { status, stdout } = node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app]);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe('commands', () => {
  test.each(commands.filter((command) => !Object.hasOwn(NOT_RUN, command)))('%s', (command) => {
    const cwd = /^npm (?:start|run)\b/.test(command) ? ROOT : app;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, npm_config_offline: 'true', npm_config_loglevel: 'error' },
    });
    expect(status, stderr).toBe(0);
    expect(stdout).not.toBe('');
  });

  test('what is not run is shown', () => {
    for (const command of Object.keys(NOT_RUN)) expect(commands).toContain(command);
  });
});

describe('what it shows and names is there', () => {
  const section = (title: string): string => README.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';

  test('the part of the tour is a part of the tour', () => {
    const tour = readFileSync(join(ROOT, 'test/cli/tour.txt'), 'utf8');
    const [, shown = 'none'] = /```text\n([\s\S]*?)```/.exec(section('The tour')) ?? [];
    expect(tour).toContain(shown);
  });

  test('what simulate says is in its transcript', () => {
    const transcript = readFileSync(join(ROOT, 'test/cli/transcripts/ring-simulate.txt'), 'utf8');
    const [, shown = 'none'] = /```text\n(\$ barejose ring simulate[\s\S]*?)```/.exec(section('The command')) ?? [];
    expect(transcript).toContain(shown);
  });

  test('the table of errors is ERROR_HELP', () => {
    const [, table = ''] = /<!-- errors:start -->\n([\s\S]*?)\n<!-- errors:end -->/.exec(README) ?? [];
    const rows = Object.entries(ERROR_HELP).map(([code, help]) => `| \`${code}\` | ${help} |`);
    expect(table).toBe(['| code | help |', '|---|---|', ...rows].join('\n'));
  });

  test('every file of src but those of cli is on the map, and no other', () => {
    const source = section('Reading the source');
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('cli'))
      .map((name) => name.replace(/^.*[\\/]/, ''));
    const [, map = ''] = /```text\n([\s\S]*?)```/.exec(source) ?? [];
    expect((map.match(/[\w-]+\.ts/g) ?? []).toSorted()).toEqual(files.toSorted());
  });

  test('every file and heading it links to', () => {
    const links = Array.from(README.matchAll(/\]\((?!https:)([^)]+)\)/g), ([, link = '']) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const [file = '', anchor] = link.split('#');
      if (file.endsWith('.svg')) continue; // drawn by the benchmark
      const text = file === '' ? README : contentOf(join(ROOT, file));
      if (anchor !== undefined) expect(headings(text)).toContain(anchor);
    }
  });
});

/** The text of a file; of a folder, nothing. Either must exist. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return '';
    throw error;
  }
}

function headings(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
