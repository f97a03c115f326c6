// `npm run requirements` writes vectors/REQUIREMENTS.md. With `--lines` it prints, for an editor to jump to, each requirement
// with the first line that cites it and the first test that proves it; with `--uncited` the ids that no source line cites.
import { writeFileSync } from 'node:fs';
import { countsOf, requirementsPage } from './requirements-page.ts';
import { byId, isBinding, type Mention, readTraceability } from './traceability.ts';

const traceability = readTraceability();
const { requirements, sources, tests, exceptions } = traceability;
const cited = byId(sources);
const proved = byId(tests);
const binding = requirements.filter(isBinding);

if (process.argv.includes('--uncited')) printUncited();
else if (process.argv.includes('--lines')) printLines();
else writeFileSync(new URL('../../vectors/REQUIREMENTS.md', import.meta.url), requirementsPage(traceability));
console.log(countsOf(traceability));

function printUncited(): void {
  for (const { id, level, text } of binding) {
    if (!cited.has(id) && !exceptions.has(id)) console.log(`${id} · ${level} · ${text}`);
  }
}

function printLines(): void {
  for (const { id, level } of binding) {
    const evidence = exceptions.has(id) ? `exception: ${exceptions.get(id)}` : places(proved.get(id));
    console.log(`${id} · ${level} · ${places(cited.get(id))} · ${evidence}`);
  }
}

function places(found: readonly Mention[] = []): string {
  const [first] = found;
  if (!first) return '–';
  return found.length === 1 ? first.at : `${first.at} (+${found.length - 1})`;
}
