// Which version of a package is measured.
import { readFileSync } from 'node:fs';

/** Read from its package.json as a file, which packages with `exports` do not offer to `import`. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
