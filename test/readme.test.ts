// The READMEs run. Each `js` and `ts` fence is a program of its own that imports the built package by its name and checks
// what its comments say (`expression; // → value`, `// → throws CODE`); each `sh` fence is run line by line. A `javascript`
// fence needs other libraries, and is run by bench/guide.mjs.
// The programs of a page share a process, and the pages run side by side: starting processes is most of the time.

import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ERROR_HELP,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  generateKey,
  nestJwt,
  signJwt,
} from '../src/index.ts';
import { EXAMPLES } from './providers/examples.ts';
import { simulateExample } from './support/example-tokens.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSX = import.meta.resolve('tsx');

/** Every README.md by its path from the root; the first is the root's own. */
const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:^|[\\/])README\.md$/.test(name))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .sort(),
  'bench/README.md',
  'vectors/README.md',
];
const text = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

interface Fence {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

interface Command {
  readonly page: string;
  readonly command: string;
}

const fences: readonly Fence[] = pages.flatMap((page) =>
  Array.from(text(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm), (found) => ({
    page,
    line: text(page).slice(0, found.index).split('\n').length,
    language: found[1] ?? '',
    code: found[2] ?? '',
  })),
);
const programs = fences.filter(({ language }) => language === 'js' || language === 'ts');
const commands: readonly Command[] = fences
  .filter(({ language }) => language === 'sh')
  .flatMap(({ page, code }) =>
    code
      .trimEnd()
      .split('\n')
      .map((command) => ({ page, command })),
  );

/** The commands that are not run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm install barejose': 'needs the network; .ci/pack.mjs installs the packed package',
  'npm install && npm start': 'installing needs the network; test/cli runs npm start',
  'npm install && npm test': 'this is npm test',
  'npm run providers': 'it writes src/providers/README.md; test/providers/examples.test.ts compares that',
  'npm run requirements': 'it writes vectors/REQUIREMENTS.md; test/traceability.test.ts compares that',
  'bash .ci/run': 'it runs this suite, several times',
};
const toRun = commands.filter(({ command }) => !Object.hasOwn(NOT_RUN, command));

/** A folder in which the package is installed and the files lie that the examples read. */
const app = mkdtempSync(join(tmpdir(), 'barejose-readme-'));
const installed = join(app, 'node_modules/barejose');
const commandResults = new Map<Command, Result>();
const programResults = new Map<string, PageResult>();

beforeAll(async () => {
  mkdirSync(join(app, 'node_modules/.bin'), { recursive: true });
  const { status, stdout, stderr } = node([join(ROOT, '.ci/build.mjs'), join(installed, 'dist')], ROOT);
  expect(status, stdout + stderr).toBe(0);
  for (const name of ['package.json', 'LICENSE', 'src'])
    cpSync(join(ROOT, name), join(installed, name), { recursive: true });
  for (const name of ['zod', '@types', 'undici-types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name));
  symlinkSync('../barejose/dist/cli/main.js', join(app, 'node_modules/.bin/barejose'));
  chmodSync(join(installed, 'dist/cli/main.js'), 0o755);
  await writeSurroundings();
  // The commands first: one of them writes the sealing key that programs read.
  await Promise.all(pages.map(runCommands));
  await Promise.all(pages.map(runPrograms));
}, 240_000);
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
  put('private.pem', exportPrivatePem(key));
  put('token.txt', `${signJwt(claims, key, { expiresIn: '1h' })}\n`);
  put('expired.txt', `${signJwt(claims, key, { expiresIn: '1h', now: 1_700_000_000 })}\n`);
  const decrypting = await generateKey('RSA-OAEP-256', { kid: 'enc-1' });
  put('decryption-keys.json', JSON.stringify({ keys: [exportPrivateJwk(decrypting)] }));
  put('message.txt', 'a message');
  put('partner-jwks.json', JSON.stringify({ keys: [exportJwk(decrypting)] }));
  const idToken = signJwt({ ...claims, aud: 'web-app' }, key, { expiresIn: '1h' });
  put('encrypted-id-token.txt', nestJwt(idToken, decrypting.publicKey()));
  mkdirSync(join(app, 'tokens'));
  const answers: Record<string, string> = {};
  for (const example of EXAMPLES) {
    const simulated = await simulateExample(example);
    put(`tokens/${example.name}.txt`, simulated.token);
    Object.assign(answers, simulated.answers);
  }
  put('tokens/idToken.txt', signJwt({ ...claims, aud: 'web-app', nonce: 'n-0S6_WzA2Mj' }, key, { expiresIn: '5m' }));
  put('provider-answers.json', JSON.stringify(answers));
  put(
    'check.js',
    `import { deepStrictEqual } from 'node:assert/strict';
    import { readFileSync } from 'node:fs';
    export const checked = [];
    export function check(actual, wanted) {
      deepStrictEqual(actual, wanted);
      checked.push(wanted);
    }
    // What the examples fetch is answered here: an issuer that publishes jwks.json, and the providers of test/providers/examples.ts.
    const issuer = 'https://issuer.example';
    const ofProviders = JSON.parse(readFileSync('provider-answers.json', 'utf8'));
    const answers = {
      '/.well-known/openid-configuration': JSON.stringify({ issuer, jwks_uri: issuer + '/jwks.json' }),
      '/jwks.json': readFileSync('jwks.json', 'utf8'),
      '/.well-known/jwks.json': readFileSync('jwks.json', 'utf8'),
    };
    globalThis.fetch = async (url) => new Response(ofProviders[url] ?? answers[String(url).slice(issuer.length)], { headers: { 'cache-control': 'max-age=600' } });
    export async function rejected(promise, wanted) {
      try { await promise; } catch (error) { return check(error.code ?? error.name, wanted); }
      throw new Error('expected ' + wanted);
    }
    export function refused(run, wanted) {
      try { run(); } catch (error) { return check(error.code ?? error.name, wanted); }
      throw new Error('expected ' + wanted);
    }`,
  );
  // Runs programs one after another, and prints the exception of each, or how many checks it made.
  put(
    'run.js',
    `import { checked } from './check.js';
    const outcomes = {};
    for (const file of process.argv.slice(2)) {
      const before = checked.length;
      try {
        await import('./' + file);
        outcomes[file] = checked.length - before;
      } catch (error) {
        outcomes[file] = String(error.stack ?? error);
      }
    }
    console.log(JSON.stringify(outcomes));`,
  );
}

function node(args: readonly string[], cwd: string) {
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<Result> {
  const child = spawn(file, args, { cwd: app, timeout: 60_000, ...options });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
  });
}

async function runCommands(page: string): Promise<void> {
  const env = { ...process.env, npm_config_offline: 'true', npm_config_loglevel: 'error' };
  for (const each of toRun.filter((command) => command.page === page))
    commandResults.set(each, await run('sh', ['-c', each.command], { env }));
}

interface PageResult {
  readonly stderr: string;
  /** By the file's name: how many checks it made, or its exception. */
  readonly outcomes: Readonly<Record<string, number | string>>;
}

async function runPrograms(page: string): Promise<void> {
  const own = programs.filter((program) => program.page === page);
  if (own.length === 0) return;
  for (const program of own) writeFileSync(join(app, fileOf(program)), checking(program.code));
  const loader = own.some(({ language }) => language === 'ts') ? ['--import', TSX] : [];
  const { stdout, stderr } = await run(process.execPath, [...loader, 'run.js', ...own.map(fileOf)]);
  programResults.set(page, { stderr, outcomes: stdout.startsWith('{') ? JSON.parse(stdout) : {} });
}

function fileOf({ page, line, language }: Fence): string {
  return `${page.replace(/\W/g, '-')}-${line}.check.${language}`;
}

/** Comments become checks, which are counted. */
function checking(code: string): string {
  const checks = code
    .replace(/^( *)(\S.*?);? \/\/ → throws (\w+)$/gm, "$1readme.refused(() => ($2), '$3');")
    .replace(/^( *)await (\S.*?);? \/\/ → rejects (\w+)$/gm, "$1await readme.rejected($2, '$3');")
    .replace(/^( *)(\S.*?);? \/\/ → (.+)$/gm, '$1readme.check($2, $3);');
  return `import * as readme from './check.js';\n${checks}`;
}

describe('programs', () => {
  test('there are some, and the first one verifies a token by line 20', () => {
    expect(programs.length).toBeGreaterThan(20);
    const [{ page, line, code } = { page: '', line: 0, code: '' }] = programs;
    expect(page).toBe('README.md');
    expect(code).toContain('verifyJwt(');
    expect(line + code.split('\n').length).toBeLessThanOrEqual(20);
  });

  test.each(programs)('$page line $line: each comment is true', (program) => {
    const { stderr, outcomes } = programResults.get(program.page) ?? { stderr: 'not run', outcomes: {} };
    expect([stderr, outcomes[fileOf(program)]]).toEqual(['', program.code.match(/\/\/ → /g)?.length ?? 0]);
  });

  test('all of them type-check against the published declarations', () => {
    const names = programs.map((program) => fileOf(program).replace(/check\.\w+$/, 'ts'));
    for (const [i, { code }] of programs.entries()) writeFileSync(join(app, names[i] ?? ''), code);
    const options = {
      strict: true,
      noImplicitAny: false, // some are JavaScript
      noEmit: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
    };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: names }));
    const { status, stdout } = node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app], app);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe('commands', () => {
  test.each(toRun)('$page: $command', (each) => {
    const { status, stdout, stderr } = commandResults.get(each) ?? { status: null, stdout: '', stderr: 'not run' };
    expect(status, stderr).toBe(0);
    if (!/(?:>|--html --out) \S+\)?$/.test(each.command)) expect(stdout).not.toBe('');
  });

  test('each command that is not run is shown', () => {
    for (const shown of Object.keys(NOT_RUN)) expect(commands.map(({ command }) => command)).toContain(shown);
  });

  test('no fence is of a language that would be neither run nor meant to be', () => {
    for (const { page, line, language } of fences)
      expect(['js', 'ts', 'sh', 'text', 'javascript'], `${page} line ${line}`).toContain(language);
  });

  test('the fences that need other libraries are on the pages that bench/guide.mjs runs', () => {
    const foreign = fences.filter(({ language }) => language === 'javascript').map(({ page }) => page);
    expect([...new Set(foreign)]).toEqual(['src/compat/guide/README.md', 'src/testing/README.md']);
  });
});

describe('each page', () => {
  const section = (page: string, title: string): string =>
    text(page)
      .split(/^## /m)
      .find((part) => part.startsWith(`${title}\n`)) ?? '';
  const shownIn = (part: string): string => /```text\n([\s\S]*?)```/.exec(part)?.[1] ?? 'none';

  test('the first has at most 400 lines', () => {
    expect(text('README.md').split('\n').length).toBeLessThanOrEqual(400);
  });

  test('the part of the tour is a part of the tour', () => {
    expect(text('test/cli/tour.txt')).toContain(shownIn(section('src/cli/README.md', 'Tour')));
  });

  test('the output of simulate is in its transcript', () => {
    expect(text('test/cli/transcripts/ring-simulate.txt')).toContain(
      shownIn(section('src/cli/README.md', 'Manage a key ring')),
    );
  });

  test.each(pages)('%s names codes of errors that exist', (page) => {
    const named = text(page).match(/ERR_(?:JWS|JWT|JWK|JWKS|JOSE|RING)_\w+/g) ?? [];
    expect(named.filter((code) => !Object.hasOwn(ERROR_HELP, code))).toEqual([]);
  });

  test('every file of src but those of cli is on the map, and no other', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('cli'))
      .map((name) => name.replace(/^.*[\\/]/, ''));
    const map = shownIn(section('src/README.md', 'Reading the source'));
    expect((map.match(/[\w-]+\.ts/g) ?? []).toSorted()).toEqual(files.toSorted());
  });

  test.each([...pages, 'vectors/REQUIREMENTS.md'])('%s links to files and headings that exist', (page) => {
    const dangling = linksOf(page).filter(({ path, anchor }) => !leadsSomewhere(path, anchor));
    expect(dangling).toEqual([]);
  });

  test('every packed page links to packed files only', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--silent', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
    const packed = new Set(files.map(({ path }) => path));
    const shipped = pages.filter((page) => packed.has(page));
    expect(shipped).toEqual(pages.filter((page) => page === 'README.md' || page.startsWith('src/')));
    const missing = shipped.flatMap((page) => linksOf(page).filter(({ path }) => !packed.has(path)));
    expect(missing).toEqual([]);
  });
});

interface Link {
  /** Of the page that it is on. */
  readonly page: string;
  /** From the root. */
  readonly path: string;
  readonly anchor: string | undefined;
}

function linksOf(page: string): readonly Link[] {
  return Array.from(text(page).matchAll(/\]\((?!https:)([^)\s]+)\)/g), ([, link = '']) => {
    const [file = '', anchor] = link.split('#');
    return { page, path: file === '' ? page : posix.join(posix.dirname(page), file), anchor };
  });
}

function leadsSomewhere(path: string, anchor: string | undefined): boolean {
  const found = statSync(join(ROOT, path), { throwIfNoEntry: false });
  return found !== undefined && (anchor === undefined || headings(text(path)).includes(anchor));
}

/** The anchors that GitHub gives to the headings of a page. */
function headings(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
