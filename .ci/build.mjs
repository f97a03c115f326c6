// npm run build: src becomes the published dist. node .ci/build.mjs [folder, default dist; it is emptied first]
//
//   verify.js     what verifies with given keys, as one ES module, unminified, with the docstrings of what the library exports
//   index.js      the rest of the library, likewise, and all public names
//   index.cjs     the code of both as CommonJS, for who cannot `require` an ES module (.ci/exports.mjs); nobody reads this one,
//                 so its blanks are left out and its names kept
//   index.mjs     the names of index.cjs for an `import` where a `require` gets index.cjs
//   index.d.cts   all public declarations; index.d.ts hands them on, so that both forms have one set of types
//   browser.js    the no for browsers; browser.cjs says it to `require`
//   cli/main.js   the command, which imports index.js
//   cli/types.json  what of each text in src is types, for the copies in JavaScript that the command makes (.ci/javascript.mjs)
//   compat/*      the adapters of other packages: X.cjs holds the code and requires the library by its name, so that it is the
//                 copy that others get; X.js hands its names on. Their declarations are written by hand, in src
//   testing       the test kit, in files of the adapters' kind; its declarations are those that tsc says
//   rest          each public subpath: its names of verify.js or index.js, and no code, since in a second copy of the code a Key
//                 would be a stranger
//
// The library is two files and no more, because loading a file takes as long as reading 40 KB of code: over bare start-up,
// `import` of one file a module took 0.83 to 1.12 × the time of jose's. A subpath of verify.js takes half the time of index.js,
// and index.js 0.04 × jose's more than if it were one file (Node 20, 24 and 26; bench/import.mjs). rolldown joins, which comes
// with vitest anyway and keeps docstrings, class names and /* @__PURE__ */.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { rolldown } from 'rolldown';
import { typesOfFolder } from './javascript.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const write = (name, text) => {
  mkdirSync(dirname(join(dist, name)), { recursive: true });
  writeFileSync(join(dist, name), text);
};

rmSync(dist, { recursive: true, force: true });
// API Extractor takes a file outside the project for another package's.
const emitted = mkdtempSync(join(root, '.declarations-'));
try {
  declarations(emitted);
} finally {
  rmSync(emitted, { recursive: true });
}
write('index.d.ts', "export * from './index.cjs';\n");

// Without whitespace and with short names for local variables: for those that are run and not read. Functions and classes keep
// their names, which errors tell.
const MINIFY = {
  compress: false,
  mangle: { keepNames: { function: true, class: true } },
  codegen: { removeWhitespace: true },
};
const library = await rolldown({ cwd: root, input: { index: 'src/index.ts' }, platform: 'node' });
const parts = await library.write({
  dir: dist,
  chunkFileNames: '[name].js',
  minifyInternalExports: false,
  // With all that these import.
  codeSplitting: {
    groups: [{ name: 'verify', test: /\/src\/(?:verifier\/verifier|jwks\/import|jwt\/unverified)\.ts$/ }],
  },
});
const { output } = await library.write({
  file: join(dist, 'index.cjs'),
  format: 'cjs',
  comments: false,
  minify: MINIFY,
});
const names = output[0].exports;
for (const { fileName } of parts.output) finish(fileName);
write('index.mjs', `import library from './index.cjs';\nexport const { ${names.join(', ')} } = library;\n`);
const no = `throw new Error(
  'barejose does not run in browsers or on edge runtimes: it needs node:crypto. Import it in code for a server only; ' +
    'in tests, use the "node" environment; elsewhere, a library on WebCrypto such as jose.',
);
`;
write('browser.js', `${no}export {};\n`);
write('browser.cjs', no);

const front = {
  name: 'front',
  resolveId: (id) => (id === '../index.ts' ? { id: '../index.js', external: true } : null),
};
const command = await rolldown({ cwd: root, input: 'src/cli/main.ts', platform: 'node', plugins: [front] });
await command.write({ file: join(dist, 'cli/main.js'), comments: false, minify: MINIFY });

write('cli/types.json', `${JSON.stringify(typesOfFolder(join(root, 'src')))}\n`);

// The front door says what of each file is public; package.json, which files are subpaths of their own.
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const door = readFileSync(join(root, 'src/index.ts'), 'utf8');
for (const [, list, path] of door.matchAll(/^export \{([^}]*)\} from '(\..*)\.ts';$/gm)) {
  if (!(path in exports)) continue;
  const up = '../'.repeat(path.split('/').length - 2) || './';
  const part = parts.output.find(({ moduleIds }) => moduleIds.includes(join(root, `src/${path}.ts`)));
  const all = list.split(',').flatMap((name) => name.trim() || []);
  const values = all.filter((name) => !name.startsWith('type '));
  write(`${path}.js`, `export { ${values.join(', ')} } from '${up}${part.fileName}';\n`);
  write(`${path}.d.ts`, `export { ${all.join(', ')} } from '${up}index.js';\n`);
  write(`${path}.d.cts`, `export { ${all.join(', ')} } from '${up}index.cjs';\n`);
}

for (const path of Object.keys(exports).filter((name) => name.startsWith('./compat/'))) await adapter(path.slice(2));
await besideLibrary('testing', { input: 'src/testing/testing.ts' });
write('testing.d.ts', "export * from './testing.cjs';\n");

/**
 * Builds an adapter. `require` returns its default export, the function or object of the original.
 * @param name such as 'compat/jsonwebtoken'
 */
async function adapter(name) {
  const file = `./${name.slice('compat/'.length)}`;
  await besideLibrary(name, { input: `src/${name}.ts`, footer: "module.exports = exports['module.exports'];" });
  cpSync(join(root, `src/${name}.d.cts`), join(dist, `${name}.d.cts`));
  write(`${name}.d.ts`, adapterTypes(file, readFileSync(join(dist, `${name}.d.cts`), 'utf8')));
}

/** The declarations of an adapter's ES module. A module that is a function hands its namespace on name by name. */
function adapterTypes(file, declared) {
  if (!declared.includes('\nexport = '))
    return `import * as adapter from '${file}.cjs';\nexport * from '${file}.cjs';\nexport { adapter as default };\n`;
  const names = Array.from(declared.matchAll(/^ {2}(?:class|function|interface|type) (\w+)/gm), ([, name]) => name);
  const handOn = [...new Set(names)].map((name) => `export import ${name} = adapter.${name};\n`);
  return `import adapter = require('${file}.cjs');\nexport default adapter;\n${handOn.join('')}`;
}

/**
 * Builds NAME.cjs, which requires the library by its name, and NAME.js, which hands its names on. With a footer, which makes
 * module.exports the default export, NAME.js has that too.
 */
async function besideLibrary(name, { input, footer }) {
  const byName = {
    name: 'by name',
    resolveId: (id) => (id === '../index.ts' ? { id: 'barejose', external: true } : null),
  };
  const built = await rolldown({ cwd: root, input, platform: 'node', plugins: [byName] });
  const { output } = await built.write({
    file: join(dist, `${name}.cjs`),
    format: 'cjs',
    comments: false,
    exports: 'named',
    ...(footer && { footer }),
  });
  const names = output[0].exports.filter((each) => each !== 'default' && each !== 'module.exports').join(', ');
  const all = `import all from './${name.split('/').at(-1)}.cjs';\n`;
  write(`${name}.js`, `${all}${footer ? 'export default all;\n' : ''}export const { ${names} } = all;\n`);
}

/**
 * Gives each name that is imported from node a statement of its own: esbuild leaves out of a bundle the statements that nothing
 * needs, but no names of one that something needs. And leaves out the docstrings of what is not public: they are a fifth of
 * the file, for readers of the repository.
 */
function finish(name) {
  const text = readFileSync(join(dist, name), 'utf8');
  const split = (_, names, from) =>
    names
      .split(', ')
      .map((each) => `import { ${each} } from ${from};`)
      .join('\n');
  const docs = /^\/\*\*(?:[^*]|\*(?!\/))*\*\/\n(?=(?:async )?(?:function\*?|class|const|let|var) ([\w$]+))/gm;
  write(
    name,
    text
      .replace(/^import \{ (.*) \} from ("node:.*");$/gm, split)
      .replace(docs, (doc, declared) => (names.includes(declared) ? doc : '')),
  );
}

/**
 * Writes index.d.cts: tsc says the declarations file by file, API Extractor takes of them what the front door exports.
 * It has a TypeScript of its own and follows no global that @types/node declares by a condition, such as Request; those of
 * the DOM library have the same names, which is all that is written.
 */
function declarations(folder) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const project = ['-p', 'tsconfig.build.json', '--outDir', folder];
  execFileSync(process.execPath, [tsc, ...project], { cwd: root, stdio: 'inherit' });
  const entry = join(folder, 'index.d.ts');
  const compilerOptions = {
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
  };
  const configObject = {
    projectFolder: root,
    mainEntryPointFilePath: entry,
    newlineKind: 'lf',
    compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
    dtsRollup: { enabled: true, untrimmedFilePath: join(dist, 'index.d.cts') },
    messages: { extractorMessageReporting: { default: { logLevel: 'none' } } },
  };
  const packageJsonFullPath = join(root, 'package.json');
  const config = ExtractorConfig.prepare({ packageJsonFullPath, configObject });
  const { succeeded } = Extractor.invoke(config, {
    messageCallback: (message) => {
      message.handled = message.logLevel !== 'error';
    },
  });
  if (!succeeded) throw new Error('API Extractor found an error');
  // The entry of the kit declares all that is public of it, and imports nothing but the front door's types.
  const kit = readFileSync(join(folder, 'testing/testing.d.ts'), 'utf8');
  write('testing.d.cts', kit.replace("'../index.ts'", "'./index.cjs'"));
}
