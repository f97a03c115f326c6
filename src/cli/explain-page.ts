// Writes an explanation as a page: the verdict, the token's parts, its times, and every step.
import { ERROR_HELP, type ExplainedStep, type Explanation, type SkippedKey } from '../index.ts';
import { type Content, type Html, html } from './html.ts';
import { formatSkippedKey } from './key-set.ts';
import { formatPage, formatTime, VALUES_OPTION } from './page.ts';
import { splitClauses } from './terminal.ts';
import { formatTimes } from './times-section.ts';
import { decodeObject, splitToken } from './token-parts.ts';
import { findStep, formatTokenParts, formatTrust } from './token-section.ts';

/** What a page is written of. */
export interface ExplainedToken extends Pick<Explanation, 'steps' | 'at'> {
  readonly code: Explanation['code'] | undefined;
  readonly token: string;
  /** The signed token that was encrypted in the token, if it was decrypted. */
  readonly inner: string | undefined;
  readonly skipped: readonly SkippedKey[];
  /** Whether claim values may be shown. */
  readonly values: boolean;
}

export function formatExplainPage(explained: ExplainedToken): string {
  const { code, steps, values } = explained;
  return formatPage(
    `${code === undefined ? 'valid' : `refused: ${code}`} · barejose explain`,
    html`${formatVerdict(explained)}
${formatTokens(explained)}
${formatTimesSection(explained)}
<section>
<h2>Steps</h2>
<p class="note">${countOutcomes(steps)}</p>
<ol class="steps">
${steps.map(formatStep)}</ol>
${formatSkippedKeys(explained)}</section>
<footer>
<p>${values ? 'Claim values are shown, so keep this page as private as they are.' : html`Claim values are left out; ${VALUES_OPTION} shows them.`} The page loads nothing, and runs no script.</p>
</footer>`,
  );
}

function formatVerdict({ code, steps, at }: ExplainedToken): Html {
  const failed = steps.flatMap((step, i) => (step.outcome === 'failed' ? [formatFailure(step, i)] : []));
  const outcome = code === undefined ? 'passed' : 'failed';
  return html`<header class="verdict ${outcome}">
<p class="kicker">barejose explain</p>
<h1>${code === undefined ? 'Valid' : 'Refused'}</h1>
${
  code === undefined
    ? html`<p>Every step has passed.</p>`
    : html`<p><code>${code}</code></p>
<p>${formatHelp(ERROR_HELP[code])}</p>`
}
${failed.length > 0 ? html`<ul>${failed}</ul>` : undefined}
<p class="note">Verified as of ${formatTime(Math.round(at))}</p>
</header>`;
}

/** Formats a text of ours, which has names in backticks. */
function formatHelp(text: string): readonly Content[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}

function formatFailure({ name, reason }: ExplainedStep, i: number): Html {
  return html`<li><a href="#step-${i + 1}">${name}</a>: ${splitClauses(reason)[0]}</li>
`;
}

function formatTokens({ token, inner, ...context }: ExplainedToken): Html {
  const outer = html`<section>
<h2>${inner === undefined ? 'Token' : 'Encrypted token'}</h2>
${formatTokenParts(token, context)}
</section>`;
  if (inner === undefined) return outer;
  return html`${outer}
<section>
<h2>Signed token inside</h2>
${formatTokenParts(inner, context)}
</section>`;
}

/** Formats the times, which are claim values. */
function formatTimesSection({ token, inner = token, steps, values, at }: ExplainedToken): Html | undefined {
  const payload = splitToken(inner).find(({ name }) => name === 'payload');
  if (!payload) return undefined;
  if (!values)
    return html`<section>
<h2>Times</h2>
<p class="note">The times are claims, and are drawn with ${VALUES_OPTION} only.</p>
</section>`;
  const claims = decodeObject(payload.text);
  return (
    claims &&
    html`<section>
<h2>Times</h2>
${formatTrust(steps)}
${formatTimes(claims, at)}
</section>`
  );
}

function countOutcomes(steps: readonly ExplainedStep[]): string {
  const outcomes = ['passed', 'failed', 'skipped'] as const;
  const counts = outcomes.map((each) => [steps.filter(({ outcome }) => outcome === each).length, each] as const);
  return counts.flatMap(([count, each]) => (count > 0 ? [`${count} ${each}`] : [])).join(', ');
}

const MARKS = { passed: '✓', failed: '✗', skipped: '·' } as const;

function formatStep({ name, section, outcome, reason, remedy }: ExplainedStep, i: number): Html {
  const [main, ...details] = splitClauses(reason);
  return html`<li id="step-${i + 1}" class="${outcome}">
<span class="mark" aria-hidden="true">${MARKS[outcome]}</span>
<h3>${name}</h3>
<p class="outcome">${outcome}</p>
<p class="section">${formatSection(section)}</p>
<div class="reason"><p>${main}</p>
${details.length > 0 ? html`<ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul>` : undefined}
${remedy === undefined ? undefined : html`<p class="remedy"><b>Would pass:</b> ${remedy}</p>`}</div>
</li>
`;
}

/** Links a section of an RFC to its text. */
function formatSection(section: string): Html {
  const [, rfc, number] = /^RFC (\d+) §([\d.]*\d)/.exec(section) ?? [];
  if (rfc === undefined) return html`${section}`;
  return html`<a href="https://www.rfc-editor.org/rfc/rfc${rfc}#section-${number}" rel="noreferrer">${section}</a>`;
}

/** Formats the keys that the import skipped, if the token matches no key. */
function formatSkippedKeys({ steps, skipped }: ExplainedToken): Html | undefined {
  if (findStep(steps, 'key')?.outcome !== 'failed' || skipped.length === 0) return undefined;
  return html`<h3>Keys of the set that cannot be used</h3>
<ul>${skipped.map((key) => html`<li>${formatSkippedKey(key)}</li>`)}</ul>
`;
}
