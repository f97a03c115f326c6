// node check.mjs FOLDER: the SBOMs that `npm run release -- --dry-run --into FOLDER` wrote, by CycloneDX's own schema and validator.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const [folder] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => name.endsWith('.cdx.json'));
assert.equal(names.length, 2, 'one SBOM of the package, one of its build');

for (const name of names) {
  const text = readFileSync(join(folder, name), 'utf8');
  const { specVersion, components } = JSON.parse(text);
  assert.ok(Object.values(Spec.Version).includes(specVersion));
  const validator = new Validation.JsonStrictValidator(specVersion);
  assert.equal(await validator.validate(text), null, name);
  // A validator that finds nothing in this would find nothing in any.
  assert.notEqual(await validator.validate(text.replace('"type": "library"', '"type": "libary"')), null);
  console.log(`${name}: CycloneDX ${specVersion}, ${components.length} components`);
}
