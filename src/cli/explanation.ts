// An explanation as a text for people: one line a step, with the details below it.
import type { ExplainedStep, SkippedKey } from '../index.ts';
import type { Host, Output } from './host.ts';
import { formatSkippedKey } from './keys.ts';
import { maxLength, paletteFor, printable, splitClauses, terminalWidth, wrapText } from './terminal.ts';

const MARKS = { passed: '✓', failed: '✗', skipped: '·' } as const;

/** One line a step: its outcome, name, section and reason; below it the details, and what would have passed. */
export function formatSteps(steps: readonly ExplainedStep[], output: Output, env: Host['env']): string {
  const { quiet, good, bad } = paletteFor(output, env);
  const paints = { passed: good, failed: bad, skipped: quiet };
  const names = maxLength(steps.map(({ name }) => printable(name)));
  const sections = maxLength(steps.map(({ section }) => section));
  const width = terminalWidth(output);
  const lines = steps.flatMap(({ name, section, outcome, reason, remedy }) => {
    const head = `${printable(name).padEnd(names)}  ${section.padEnd(sections)}  `;
    const [what, ...details] = splitClauses(printable(reason));
    if (remedy !== undefined) details.push(`would pass: ${printable(remedy)}`);
    const line = head + wrapText(String(what), width - head.length - 2, head.length + 2);
    const told = `${paints[outcome](MARKS[outcome])} ${outcome === 'skipped' ? quiet(line) : line}`;
    return [told, ...details.map((detail) => formatDetail(detail, width))];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** When no key fitted: the keys of the set that were left out. */
export function formatSkippedKeys(
  steps: readonly ExplainedStep[],
  skipped: readonly SkippedKey[],
  { stderr, env }: Host,
): string {
  const noKey = steps.some(({ name, outcome }) => name === 'key' && outcome === 'failed');
  const { quiet } = paletteFor(stderr, env);
  const lines = noKey
    ? skipped.map((key) => quiet(formatDetail(printable(formatSkippedKey(key)), terminalWidth(stderr))))
    : [];
  return lines.map((line) => `${line}\n`).join('');
}

/** A detail, indented but little: it may name a key, and thumbprints are long. */
function formatDetail(detail: string, width: number): string {
  return `      ${wrapText(detail, width - 6, 8)}`;
}
