// An explanation as a text for people: one line a step, with the details below it.
import type { ExplainedStep, SkippedKey } from '../index.ts';
import { tellSkipped } from './keys.ts';
import { clausesOf, paintsFor, printable, widest, widthOf, wrap } from './paper.ts';
import type { Output, World } from './world.ts';

const MARKS = { passed: '✓', failed: '✗', skipped: '·' } as const;

/** One line a step: its outcome, name, section and reason; below it the details, and what would have passed. */
export function tellSteps(steps: readonly ExplainedStep[], output: Output, env: World['env']): string {
  const { quiet, good, bad } = paintsFor(output, env);
  const paints = { passed: good, failed: bad, skipped: quiet };
  const names = widest(steps.map(({ name }) => printable(name)));
  const sections = widest(steps.map(({ section }) => section));
  const width = widthOf(output);
  const lines = steps.flatMap(({ name, section, outcome, reason, remedy }) => {
    const head = `${printable(name).padEnd(names)}  ${section.padEnd(sections)}  `;
    const [what, ...details] = clausesOf(printable(reason));
    if (remedy !== undefined) details.push(`would pass: ${printable(remedy)}`);
    const line = head + wrap(String(what), width - head.length - 2, head.length + 2);
    const told = `${paints[outcome](MARKS[outcome])} ${outcome === 'skipped' ? quiet(line) : line}`;
    return [told, ...details.map((detail) => below(detail, width))];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** When no key fitted: the keys of the set that were left out. */
export function tellLeftOut(
  steps: readonly ExplainedStep[],
  skipped: readonly SkippedKey[],
  { stderr, env }: World,
): string {
  const noKey = steps.some(({ name, outcome }) => name === 'key' && outcome === 'failed');
  const { quiet } = paintsFor(stderr, env);
  const lines = noKey ? skipped.map((key) => quiet(below(printable(tellSkipped(key)), widthOf(stderr)))) : [];
  return lines.map((line) => `${line}\n`).join('');
}

/** A detail, indented but little: it may name a key, and thumbprints are long. */
function below(detail: string, width: number): string {
  return `      ${wrap(detail, width - 6, 8)}`;
}
