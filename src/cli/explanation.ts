// Formats the steps of a verification for people: a line for each step, with its details below.
import type { ExplainedStep, SkippedKey } from '../index.ts';
import { formatSkippedKey } from './key-set.ts';
import { maxLength, printable, type Style, splitClauses, wrapText } from './terminal.ts';

const MARKS = { passed: '✓', failed: '✗', skipped: '·' } as const;

/** Formats each step: its outcome, name, section and reason, then the details and the remedy. */
export function formatSteps(steps: readonly ExplainedStep[], { quiet, good, bad, width }: Style): string {
  const paints = { passed: good, failed: bad, skipped: quiet };
  const names = maxLength(steps.map(({ name }) => printable(name)));
  const sections = maxLength(steps.map(({ section }) => section));
  const lines = steps.flatMap(({ name, section, outcome, reason, remedy }) => {
    const head = `${printable(name).padEnd(names)}  ${section.padEnd(sections)}  `;
    const [main, ...details] = splitClauses(printable(reason));
    if (remedy !== undefined) details.push(`would pass: ${printable(remedy)}`);
    const text = head + wrapText(String(main), width - head.length - 2, head.length + 2);
    const line = `${paints[outcome](MARKS[outcome])} ${outcome === 'skipped' ? quiet(text) : text}`;
    return [line, ...details.map((detail) => formatDetail(detail, width))];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Formats the keys that the import skipped, if the token matches no key. */
export function formatSkippedKeys(
  steps: readonly ExplainedStep[],
  skipped: readonly SkippedKey[],
  { quiet, width }: Style,
): string {
  const noKey = steps.some(({ name, outcome }) => name === 'key' && outcome === 'failed');
  const lines = noKey ? skipped.map((key) => quiet(formatDetail(printable(formatSkippedKey(key)), width))) : [];
  return lines.map((line) => `${line}\n`).join('');
}

/** Indents a detail only a little, because a thumbprint in it is long. */
function formatDetail(detail: string, width: number): string {
  return `      ${wrapText(detail, width - 6, 8)}`;
}
