// Reads the sources in a package of barejose, as TypeScript or without their types, for `barejose vendor`.
import { readdirSync, readFileSync } from 'node:fs';
import { UsageError } from './host.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';

/** TypeScript or JavaScript, by the ending of a file. */
export type Language = 'ts' | 'js';

/** What a package holds for copies of its source. */
export interface PackageSource {
  readonly version: string;
  /** The commit that the package was made from, where its package.json says it (gitHead). */
  readonly commit: string | undefined;
  readonly license: string;
  /** The texts, by their names in src: jwt/verify.ts. */
  readonly files: ReadonlyMap<string, string>;
}

/** Adapters stand in for other packages by their names, and the command is no part of the library. */
const NOT_VENDORED = /^(?:cli|compat|testing)\//;

/**
 * @param root the folder of the package
 * @throws an error of the file system for a folder without a package, UsageError for one without a build
 */
export function readSource(root: URL, language: Language): PackageSource {
  const manifest = readObject(new URL('package.json', root));
  const { version, gitHead } = manifest;
  const src = new URL('src/', root);
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !NOT_VENDORED.test(name));
  const files = new Map(names.toSorted().map((name) => [name, readFileSync(new URL(name, src), 'utf8')]));
  return {
    version: String(version),
    commit: typeof gitHead === 'string' && /^[0-9a-f]{40}$/.test(gitHead) ? gitHead : undefined,
    license: readFileSync(new URL('LICENSE', root), 'utf8'),
    files: language === 'ts' ? files : withoutTypes(files, root),
  };
}

function readObject(file: URL): JsonObject {
  const value = parseJson(readFileSync(file, 'utf8'));
  return isJsonObject(value) ? value : {};
}

/** The build lists the types of each file, so that this needs no compiler (.ci/javascript.mjs). */
function withoutTypes(files: ReadonlyMap<string, string>, root: URL): ReadonlyMap<string, string> {
  const types = readObject(new URL('dist/cli/types.json', root));
  return new Map(Array.from(files, ([name, text]) => [name, cutTypes(text, types[name])]));
}

/** @param runs how many characters stay, how many are types, and so on to the end of the text */
function cutTypes(text: string, runs: unknown): string {
  let at = 0;
  let kept = '';
  for (const [i, length] of Array.isArray(runs) ? runs.entries() : []) {
    if (i % 2 === 0) kept += text.slice(at, at + length);
    at += length;
  }
  if (at !== text.length) throw new UsageError('--javascript needs the build of this source: npm run build');
  return kept;
}
