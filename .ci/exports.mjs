// node .ci/exports.mjs: writes the conditions of package.json's exports, and its typesVersions, for the subpaths that are its
// keys. A new subpath is a new key with any value, and a run of this. --check fails where package.json says otherwise.
//
// No condition gives one process of Node two copies of the library, since a Key of the one would be a stranger to the other.
// Within `require` and `import`, which have declarations of their own form, the first that fits decides:
//
//   workerd       Cloudflare's builds, which know browser as well: index.js, since workerd has node:crypto
//   browser       a file without exports that says no, which Jest requires in its jsdom environment
//   module-sync   Node >= 22.12 and 20.19, which can require an ES module: index.js, whether by import or require
//   module        webpack, Rollup, esbuild, Vite: the same
//   bun           Bun: the same
//   default       of require: index.cjs, for Jest and Node 22.0 to 22.11
//   node-addons   of import, for these: index.mjs, which holds no code but hands on index.cjs. Node and Jest know this
//                 condition; Vitest, which does not and whose dependencies require as Node does, comes to index.js
//
// The adapters of other packages (compat/) are CommonJS in each process, since what they stand for is: `require` gives the
// function or object itself, which an ES module can give in some tools only. Their ES modules hand on the same. So does that
// of the test kit (testing), which has code of its own beside the library's.
//
// Jest 30 below Node 24.9 knows module-sync for import alone: there, an ES module and a CommonJS dependency have two copies.

import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const paths = Object.keys(manifest.exports).filter((path) => path !== './package.json');

/** The conditions of one subpath, in the order in which they are tried. */
function conditions(path) {
  const stem = path === '.' ? './dist/index' : `./dist${path.slice(1)}`;
  if (path.startsWith('./compat/') || path === './testing') return adapterConditions(stem);
  const index = { 'module-sync': `${stem}.js`, module: `${stem}.js`, bun: `${stem}.js` };
  return {
    require: {
      types: `${stem}.d.cts`,
      workerd: `${stem}.js`,
      browser: './dist/browser.cjs',
      ...index,
      default: './dist/index.cjs',
    },
    import: {
      types: `${stem}.d.ts`,
      workerd: `${stem}.js`,
      browser: './dist/browser.js',
      ...index,
      'node-addons': './dist/index.mjs',
      default: `${stem}.js`,
    },
    default: `${stem}.js`,
  };
}

function adapterConditions(stem) {
  return {
    require: { types: `${stem}.d.cts`, browser: './dist/browser.cjs', default: `${stem}.cjs` },
    import: { types: `${stem}.d.ts`, browser: './dist/browser.js', default: `${stem}.js` },
    default: `${stem}.js`,
  };
}

const exports = Object.fromEntries(paths.map((path) => [path, conditions(path)]));
exports['./package.json'] = './package.json';

// moduleResolution node10 knows no exports: `main` and `types` serve the package's name, this its subpaths.
const declarations = paths
  .filter((path) => path !== '.')
  .map((path) => [path.slice(2), [`./dist${path.slice(1)}.d.cts`]]);
const typesVersions = { '*': Object.fromEntries(declarations) };

if (!process.argv.includes('--check'))
  writeFileSync(file, `${JSON.stringify({ ...manifest, exports, typesVersions }, null, 2)}\n`);
else if (!isDeepStrictEqual([manifest.exports, manifest.typesVersions], [exports, typesVersions]))
  throw new Error('package.json: exports or typesVersions are not what node .ci/exports.mjs writes');
