// Makes one self-contained HTML page, which loads nothing and runs nothing, and writes it to standard output or a file.
import type { Arguments, Options } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { type Html, html } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';
import { writePrivateFile } from './private-file.ts';
import { formatDuration, formatInstant } from './terminal.ts';

type PageOption = 'html' | 'out' | 'force';

export const PAGE_OPTIONS: Options<PageOption> = {
  html: { help: 'print one HTML page instead, which loads nothing and runs no script' },
  out: { value: 'FILE', help: 'with --html: write the page to a new file of mode 0600' },
  force: { help: 'let --out replace an existing file' },
};

/** Refuses options that exclude or need each other, before the command does anything. @throws UsageError */
export function checkPageOptions(args: Arguments<PageOption | 'json'>): void {
  if (args.has('html') && args.has('json')) throw new UsageError('--html and --json cannot be combined');
  if (args.has('out') && !args.has('html')) throw new UsageError('--out requires --html');
  if (args.has('force') && pageFile(args) === undefined) throw new UsageError('--force requires --out FILE');
}

/** Writes a page to standard output or to the file of --out, which may be private: it names issuers, keys and subjects. */
export function writePage({ stdout, stderr }: Host, args: Arguments<PageOption>, page: string): void {
  const file = pageFile(args);
  if (file === undefined) {
    stdout.write(page);
    return;
  }
  writePrivateFile(file, page, args.has('force'));
  stderr.write('The page was written, and only its owner can read it.\n');
}

function pageFile(args: Arguments<PageOption>): string | undefined {
  const out = args.text('out');
  return out === '-' ? undefined : out;
}

/** Styles in attributes place the bars of charts; everything else is forbidden, whatever text from outside says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Formats a whole page. */
export function formatPage(title: string, body: Html): string {
  const head = html`<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>`;
  return `<!doctype html>
<html lang="en">
<head>
${head.markup}
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${body.markup}
</main>
</body>
</html>
`;
}

/** The option that shows claim values, as text names it. */
export const VALUES_OPTION: Html = html`<code class="option">--values</code>`;

/** Formats an instant that a Date can hold as a date in UTC. */
export function formatTime(instant: number): Html {
  const date = formatInstant(instant);
  return html`<time datetime="${date}">${date.replace('T', ' ').replace('Z', ' UTC')}</time>`;
}

/** Says how far an instant is from now. */
export function formatDistance(instant: number, now: number): string {
  const distance = Math.round(instant - now);
  if (distance === 0) return 'now';
  return `${formatDuration(Math.abs(distance))} ${distance > 0 ? 'after' : 'before'} now`;
}

/** Places an instant of a range: its distance from the left edge in percent. */
export function placeIn({ from, to }: { readonly from: number; readonly to: number }, instant: number): string {
  const share = (Math.min(Math.max(instant, from), to) - from) / (to - from);
  return `${Number((100 * share).toFixed(3))}%`;
}
