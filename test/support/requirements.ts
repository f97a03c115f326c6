// `npm run requirements`: each binding requirement, the source line that cites it, and the test that proves it or the
// reason why none does. With `--uncited`: the ids in scope that no source line cites.
import { byId, isBinding, type Mention, readTraceability } from './traceability.ts';

const { requirements, sources, tests, exceptions } = readTraceability();
const cited = byId(sources);
const proved = byId(tests);
const binding = requirements.filter(isBinding);

if (process.argv.includes('--uncited')) printUncited();
else printTable();

function printUncited(): void {
  for (const { id, level, text } of binding) {
    if (!cited.has(id) && !exceptions.has(id)) console.log(`${id} · ${level} · ${text}`);
  }
}

function printTable(): void {
  for (const { id, level } of binding) {
    const evidence = exceptions.has(id) ? `exception: ${exceptions.get(id)}` : places(proved.get(id));
    console.log(`${id} · ${level} · ${places(cited.get(id))} · ${evidence}`);
  }
  const count = (has: (id: string) => boolean) => binding.filter(({ id }) => has(id)).length;
  console.log(
    `\n${binding.length} binding requirements: ${count((id) => proved.has(id))} proved by tests, ` +
      `${count((id) => exceptions.has(id))} excepted, ${count((id) => cited.has(id))} cited by source lines`,
  );
}

function places(found: readonly Mention[] = []): string {
  const [first] = found;
  if (!first) return '–';
  return found.length === 1 ? first.at : `${first.at} (+${found.length - 1})`;
}
