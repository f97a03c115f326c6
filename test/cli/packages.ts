// Packages to vendor from, and the commands over one of them.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from '../../src/cli/command.ts';
import { UsageError } from '../../src/cli/host.ts';
import { vendor } from '../../src/cli/vendor.ts';
import { vendorCheck } from '../../src/cli/vendor-check.ts';
import { vendorList } from '../../src/cli/vendor-list.ts';
import { vendorUpdate } from '../../src/cli/vendor-update.ts';
import { fakeHost } from './host.ts';

/** The package in this repository. */
export const HERE = new URL('../../', import.meta.url);

export function putFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const made: string[] = [];

export function removePackages(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
}

/** A package of these files, in a new folder. */
export function makePackage(files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-package-'));
  made.push(folder);
  putFiles(folder, { 'package.json': '{"version":"1.0.0"}', LICENSE: 'Do as you like.\n', ...files });
  return pathToFileURL(`${folder}/`);
}

/** The source of this repository as a package, with other texts for some of its files. */
export function copyPackage(version: string, edits: Readonly<Record<string, (text: string) => string>> = {}): URL {
  const root = makePackage({ 'package.json': JSON.stringify({ version }) });
  const src = fileURLToPath(new URL('src', root));
  cpSync(new URL('src', HERE), src, { recursive: true });
  for (const [name, edit] of Object.entries(edits))
    writeFileSync(join(src, name), edit(readFileSync(join(src, name), 'utf8')));
  return root;
}

let types: string | undefined;

/** The source of this repository as a package with its build, as far as `--javascript` needs it. */
export async function makeBuiltPackage(version: string): Promise<URL> {
  const script = new URL('.ci/javascript.mjs', HERE).href;
  const { typesOfFolder }: { typesOfFolder: (src: string) => unknown } = await import(script);
  types ??= JSON.stringify(typesOfFolder(fileURLToPath(new URL('src', HERE))));
  const root = copyPackage(version);
  putFiles(fileURLToPath(root), { 'dist/cli/types.json': types });
  return root;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
}

/** Runs a command over a package. A usage error is its message, with exit code 2. */
export async function barejose(root: URL, ...words: readonly string[]): Promise<Outcome> {
  const commands: readonly Command[] = [vendorCheck(root), vendorList(root), vendorUpdate(root), vendor(root)];
  const command = commands.find(({ name }) => words.join(' ').startsWith(name));
  const { host, out } = fakeHost({});
  try {
    const code = await command?.run(host, words.slice(command.name.split(' ').length));
    return { code: Number(code), out: out() };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, out: error.message };
    throw error;
  }
}
