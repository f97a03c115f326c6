// What npm publishes is exactly dist, src and five documents; installing it adds one package; every public path imports
// and gives the front door's very own values; its command answers.

import { strict as assert } from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'barejose-pack-'));
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

try {
  const output = npm(['pack', '--json', '--silent', '--pack-destination', folder]);
  const [{ files, filename, size }] = JSON.parse(output.slice(output.indexOf('[\n')));
  const packed = files.map(({ path }) => path).toSorted();

  const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
  const sources = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
  const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
  const doors = paths.slice(1).flatMap((path) => [`dist${path.slice(1)}.js`, `dist${path.slice(1)}.d.ts`]);
  const emitted = sources
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const stem = file.replace(/^src\/|\.ts$/g, '');
      return stem.startsWith('cli/') ? [`dist/${stem}.js`, `dist/${stem}.js.map`] : [`dist/types/${stem}.d.ts`];
    });
  const built = ['dist/index.js', 'dist/index.js.map', ...doors, ...emitted];
  assert.deepEqual(packed, [...documents, ...sources, ...built].toSorted());
  console.log(`${filename}: ${packed.length} files, ${size} bytes`);

  const app = join(folder, 'app');
  execFileSync('mkdir', [app]);
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}');
  npm(['install', '--ignore-scripts', join(folder, filename)], app);
  assert.deepEqual(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['barejose'],
  );

  writeFileSync(
    join(app, 'all.js'),
    `import * as front from 'barejose';
    for (const path of ${JSON.stringify(paths)}) {
      const names = Object.entries(await import('barejose' + path.slice(1)));
      if (names.length === 0) throw new Error(path + ' exports nothing');
      for (const [name, value] of names) if (value !== front[name]) throw new Error(path + ' has its own ' + name);
    }`,
  );
  execFileSync(process.execPath, ['all.js'], { cwd: app, stdio: 'inherit' });
  writeFileSync(join(app, 'all.cjs'), `if (!require('barejose').verifyJwt) throw 1;`);
  execFileSync(process.execPath, ['all.cjs'], { cwd: app, stdio: 'inherit' });

  for (const command of Object.keys(bin)) {
    const { status } = spawnSync(join(app, 'node_modules/.bin', command), ['verify'], { input: '', cwd: app });
    assert.equal(status, 2, `${command} verify without options: exit 2, not ${status}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
