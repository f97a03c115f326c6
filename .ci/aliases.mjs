// npm run aliases [-- folder, default aliases; it is emptied first]: two packages that take the place of jsonwebtoken and of
// jwks-rsa in other packages' dependencies, which a subpath cannot: what express-jwt requires is the package jsonwebtoken.
// They hold no code, but hand on barejose's adapters. This project does not publish them: their user packs them, or publishes
// them under a name of their own, and names them in package.json:
//
//   "dependencies": { "jsonwebtoken": "npm:@you/jsonwebtoken@…" }, "overrides": { "jsonwebtoken": "$jsonwebtoken" }

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'aliases'));
const { version, license, repository, engines, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const originals = Object.keys(exports).flatMap((path) => (path.startsWith('./compat/') ? [path.slice(9)] : []));

rmSync(folder, { recursive: true, force: true });
for (const original of originals) {
  const alias = join(folder, original);
  const adapter = `barejose/compat/${original}`;
  mkdirSync(alias, { recursive: true });
  const manifest = {
    name: `barejose-${original}`,
    version,
    description: `${adapter} in the place of ${original}`,
    license,
    repository,
    engines,
    type: 'commonjs',
    main: './index.js',
    types: './index.d.ts',
    exports: {
      '.': {
        import: { types: './index.d.mts', default: './index.mjs' },
        default: { types: './index.d.ts', default: './index.js' },
      },
      './package.json': './package.json',
    },
    dependencies: { barejose: `^${version}` },
  };
  const write = (name, text) => writeFileSync(join(alias, name), text);
  write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  write('index.js', `module.exports = require('${adapter}');\n`);
  write('index.d.ts', `import adapter = require('${adapter}');\nexport = adapter;\n`);
  for (const name of ['index.mjs', 'index.d.mts'])
    write(name, `export * from '${adapter}';\nexport { default } from '${adapter}';\n`);
  write(
    'README.md',
    `# barejose-${original}\n\nTakes the place of \`${original}\`: it hands on \`${adapter}\`. What stays and what differs is told in\n` +
      '`src/compat/README.md` of the package `barejose`.\n',
  );
  copyFileSync(join(root, 'LICENSE'), join(alias, 'LICENSE'));
}
