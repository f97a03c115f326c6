// The declarations of the adapters beside those of the originals (@types/jsonwebtoken, and jwks-rsa's own): one program of their
// users compiles with both, and each line of another one with neither. As a CommonJS and as an ES module.
//   node compat-types.mjs
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FILES = ['program.ts', 'mistakes.ts'];
const COMPILER = join(HERE, '../node_modules/typescript/bin/tsc');

const folder = mkdtempSync(join(HERE, '.compat-types-'));
try {
  const results = [];
  for (const form of ['commonjs', 'module'])
    for (const whose of ['original', 'adapter']) results.push(compiled(form, whose));
  for (const { title, said } of await Promise.all(results)) {
    const wrong = wrongLines(said);
    console.log(`${wrong.length === 0 ? '✓' : '✗'} ${title}${wrong.map((line) => `\n    ${line}`).join('')}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Compiles the programs in a project of the form, with the declarations of the originals or of the adapters. */
async function compiled(form, whose) {
  const project = join(folder, `${form}-${whose}`);
  mkdirSync(project);
  for (const file of FILES) cpSync(join(HERE, 'compat-types', file), join(project, file));
  const end = form === 'module' ? 'd.ts' : 'd.cts';
  const at = (name) => [join(HERE, `../dist/compat/${name}.${end}`)];
  const paths = { jsonwebtoken: at('jsonwebtoken'), 'jwks-rsa': at('jwks-rsa') };
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: false,
    esModuleInterop: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(HERE, '../node_modules/@types')],
    ...(whose === 'adapter' && { paths }),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: form }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: FILES }));
  const args = [COMPILER, '-p', project, '--pretty', 'false'];
  const said = await promisify(execFile)(process.execPath, args, { cwd: project }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => stdout + stderr,
  );
  return { title: `the declarations of the ${whose}s, ${form}`, said };
}

/** The errors that should not be there, and the marked lines without one. */
function wrongLines(said) {
  const errors = Array.from(said.matchAll(/^(\S+?)\((\d+),\d+\): error (.*)$/gm), ([all, file, line]) => [
    all,
    file,
    line,
  ]);
  const marked = readFileSync(join(HERE, 'compat-types/mistakes.ts'), 'utf8')
    .split('\n')
    .flatMap((text, i) => (text.endsWith('// must not compile') ? [String(i + 1)] : []));
  const isMeant = ([, file, line]) => file.endsWith('mistakes.ts') && marked.includes(line);
  const missed = marked.filter((line) => !errors.some((error) => isMeant(error) && error[2] === line));
  const unread = errors.length === 0 ? [`the compiler found nothing: ${said.slice(0, 300)}`] : [];
  return [
    ...errors.filter((error) => !isMeant(error)).map(([all]) => all),
    ...missed.map((line) => `mistakes.ts, line ${line} compiles`),
    ...unread,
  ];
}
