// npm run build: src becomes the published dist. node .ci/build.mjs [folder, default dist; it is emptied first]
//
// dist/index.js is the modules of src joined into one file, unminified, because loading 31 files costs
// more than the code in them: over bare start-up, `import` of one file a module took 0.83 to 1.12 × the time of jose's,
// and of the joined file 0.27 to 0.32 × (Node 20, 24 and 26; bench/import.mjs). rolldown joins, which comes with vitest
// anyway and keeps docstrings, class names and /* @__PURE__ */.
//
//   index.js index.js.map    the library          cli/   the command, file by file as tsc emits it
//   types/                   its declarations     rest   each public subpath: that part of the front door, and no code,
//                                                        since in a second copy of the code a Key would be a stranger

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const folders = ['--outDir', dist, '--declarationDir', join(dist, 'types')];
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...folders], { cwd: root, stdio: 'inherit' });
for (const name of readdirSync(dist))
  if (name !== 'cli' && name !== 'types') rmSync(join(dist, name), { recursive: true });
rmSync(join(dist, 'types/cli'), { recursive: true });

const library = await rolldown({ cwd: root, input: 'src/index.ts', platform: 'node' });
await library.write({ file: join(dist, 'index.js'), sourcemap: true, sourcemapExcludeSources: true });

// The front door says what of each file is public; package.json, which files are doors of their own.
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const front = readFileSync(join(root, 'src/index.ts'), 'utf8');
for (const [, list, path] of front.matchAll(/^export \{([^}]*)\} from '(\..*)\.ts';$/gm)) {
  if (!(path in exports)) continue;
  const up = '../'.repeat(path.split('/').length - 2) || './';
  const names = list.split(',').flatMap((name) => name.trim() || []);
  const values = names.filter((name) => !name.startsWith('type '));
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  writeFileSync(join(dist, `${path}.js`), `export { ${values.join(', ')} } from '${up}index.js';\n`);
  writeFileSync(join(dist, `${path}.d.ts`), `export { ${names.join(', ')} } from '${up}types/index.js';\n`);
}
