// npm run release -- --dry-run [--into FOLDER, default release; a former dry run in it is removed]: all that a release does, up to
// publishing.
//
//   barejose-X.tgz             what npm pack makes of the last commit, whose name its package.json holds (gitHead)
//   barejose-X.files.sha256    the SHA-256 of each file in it, for `sha256sum -c` in the folder `package` of the tarball
//   barejose-X.cdx.json        CycloneDX, npm's own: what the package runs on, which is nothing but itself
//   barejose-X.build.cdx.json  the same with all that it is built and tested with
//   barejose-X.md              its section of CHANGELOG.md
//   SHA256SUMS                 the SHA-256 of these
//
// Two runs on one commit give the same bytes, in whichever folder, under the same Node and npm: time and identity come from the
// commit. Publishing is not built here: people do it, by the commands that are printed at the end.

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
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1e8, stdio: ['ignore', 'pipe', 'inherit'] }).trim();
const git = (...args) => run('git', args, root);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const compare = (a, b) => (a < b ? -1 : 1);

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, into: { type: 'string' } } });
if (!values['dry-run']) {
  console.error('Error: only npm run release -- --dry-run is built; it prints the commands by which people publish.');
  process.exit(2);
}

// npm pack takes the modes of files as they lie.
process.umask(0o022);
const into = resolve(values.into ?? join(root, 'release'));
const scratch = mkdtempSync(join(tmpdir(), 'barejose-release-'));
try {
  checkFolder();
  checkInstalled();
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  report(makeRelease(lastCommit()));
} finally {
  rmSync(scratch, { recursive: true });
}

/** Refuses to remove anything but a former dry run. */
function checkFolder() {
  const entries = existsSync(into) ? readdirSync(into, { withFileTypes: true }) : [];
  const other = entries.find((entry) => !entry.isFile() || !/^(?:barejose-.+|SHA256SUMS)$/.test(entry.name));
  if (other) throw new Error(`--into must be a new folder, or that of a former dry run; it has ${other.name}`);
}

/** Refuses to build with other dependencies than package-lock.json names. */
function checkInstalled() {
  const { packages: locked } = readJson(join(root, 'package-lock.json'));
  const { packages: installed } = readJson(join(root, 'node_modules/.package-lock.json'));
  const differs = ([path, { integrity, optional }]) =>
    path !== '' && (path in installed ? installed[path].integrity !== integrity : !optional);
  const others = Object.entries(locked).filter(differs);
  if (others.length > 0) throw new Error(`${others[0][0]} is not what package-lock.json says: run npm ci`);
}

function lastCommit() {
  const [commit, seconds] = git('show', '-s', '--format=%H %ct', 'HEAD').split(' ');
  return { commit, at: new Date(seconds * 1000) };
}

/** Writes all files of the release. @returns what is told of it */
function makeRelease({ commit, at }) {
  // npm's SBOM has the folder's name for the package's.
  const source = exportSource(join(scratch, 'barejose'), commit);
  const { name, version } = readJson(join(source, 'package.json'));
  const file = (end) => join(into, `${name}-${version}${end}`);

  const changelog = readFileSync(join(source, 'CHANGELOG.md'), 'utf8');
  writeFileSync(file('.md'), sectionOf(changelog, version));
  run('npm', ['pack', '--silent', '--pack-destination', into], source);
  const tarball = sha256(file('.tgz'));
  writeFileSync(file('.files.sha256'), sumsOf(unpack(file('.tgz'))));

  const identity = { commit, at, tarball };
  const bom = sbom(['--omit', 'dev'], source, identity);
  if (bom.components.length > 0) throw new Error(`${bom.components[0].name} is a dependency at run time`);
  writeJson(file('.cdx.json'), bom);
  writeJson(file('.build.cdx.json'), sbom([], source, identity));
  writeFileSync(join(into, 'SHA256SUMS'), sumsOf(into));
  const unreleased = /^## \[Unreleased\]\s+(?!## )\S/m.test(changelog);
  return { name, version, commit, tarball, unreleased };
}

/** The files of a commit, without what lies beside them, in a folder where npm can pack them. */
function exportSource(folder, commit) {
  const archive = join(scratch, 'source.tar');
  git('archive', '--format=tar', '-o', archive, commit);
  mkdirSync(folder);
  run('tar', ['-xf', archive, '-C', folder, '--no-same-permissions']);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const manifest = join(folder, 'package.json');
  writeJson(manifest, { ...readJson(manifest), gitHead: commit });
  return folder;
}

/** @throws for a version without a section */
function sectionOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}]"`);
  return section.slice(section.indexOf('\n') + 1).trim();
}

function unpack(tarball) {
  const folder = join(scratch, 'unpacked');
  mkdirSync(folder);
  run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  return folder;
}

/** A line for each file, as sha256sum prints it, in the order of the names. */
function sumsOf(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted(compare);
  return names.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join('');
}

/** npm's SBOM by the lock alone; its random number and its time are made those of the commit, so that it can be made again. */
function sbom(args, source, { commit, at, tarball }) {
  const flags = ['--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--package-lock-only', '--offline'];
  const bom = JSON.parse(run('npm', ['sbom', ...flags, ...args], source));
  bom.serialNumber = `urn:uuid:${uuidOf([commit, ...args].join('\n'))}`;
  bom.metadata.timestamp = at.toISOString();
  bom.metadata.component.hashes = [{ alg: 'SHA-256', content: tarball }];
  return bom;
}

/** RFC 9562 §5.8: a UUID of one's own making, version 8. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}

/** Tells what was made, what of the repository is not ready yet, and what is left for people to do. */
function report({ name, version, commit, tarball, unreleased }) {
  console.log(`${readFileSync(join(into, 'SHA256SUMS'), 'utf8')}${name} ${version} of ${commit}`);
  console.log(`made by Node ${process.version}, npm ${run('npm', ['--version'], root)}; nothing was published.`);
  const open = [
    unreleased && `CHANGELOG.md has entries under [Unreleased]: they belong under [${version}] or a later version.`,
    git('tag', '--list', `v${version}`) && `The tag v${version} exists: raise the version.`,
    git('status', '--porcelain') && 'There are changes that are not committed, and not in this.',
  ].filter(Boolean);
  if (open.length > 0) console.log(`\nBefore it is published:\n${open.map((each) => `- ${each}\n`).join('')}`);
  console.log(`To publish:
git tag -s v${version} ${commit} -m "${name} ${version}" -m "sha256 ${tarball}  ${name}-${version}.tgz"
git push origin v${version}
npm publish ${join(into, `${name}-${version}.tgz`)}`);
}
