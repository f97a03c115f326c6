// Writes a ring's timeline as a page: for each key a bar of its states over the period, and the instant of each change.
import type { KeyState, TimelineRow, TimelineSpan } from '../index.ts';
import { type Html, html } from './html.ts';
import { formatDistance, formatPage, formatTime, placeIn } from './page.ts';
import { stateAt, type Timeline } from './timeline-chart.ts';

/** What a page is written of. Its rows are those to draw, the keys of an algorithm together. */
export interface TimelinePage extends Timeline {
  readonly issuer: string;
  /** How many keys were revoked before the period, and are not drawn. */
  readonly revokedCount: number;
}

/** The states in the order of a key's life, and what each means. */
const STATES: Readonly<Record<KeyState, string>> = {
  pending: 'published, does not sign yet',
  active: 'signs',
  retiring: 'published until its last token has expired',
  removed: 'no longer published',
  revoked: 'withdrawn at once',
};

export function formatTimelinePage(timeline: TimelinePage): string {
  const { issuer, rows, revokedCount, now, from, to } = timeline;
  const algorithms = [...new Set(rows.map(({ alg }) => alg))];
  const legend = Object.entries(STATES).map(
    ([
      state,
      meaning,
    ]) => html`<li><i class="swatch ${state}"></i> <b>${state}</b> <span class="aside">${meaning}</span></li>
`,
  );
  return formatPage(
    `${issuer} · barejose ring timeline`,
    html`<header class="verdict">
<p class="kicker">barejose ring timeline</p>
<h1 class="issuer">${issuer}</h1>
<p class="note">Read at ${formatTime(now)}. From ${formatTime(from)} to ${formatTime(to)}.${isNowShown(timeline) ? ' The vertical line is now.' : undefined}</p>
</header>
${
  rows.length > 0
    ? html`<ul class="legend">
${legend}</ul>`
    : html`<p>The ring has no keys in this period.</p>`
}
${algorithms.map((alg) => formatAlgorithm(alg, timeline))}
${revokedCount > 0 ? html`<p class="note">And ${revokedCount} revoked before this period.</p>` : undefined}`,
  );
}

function formatAlgorithm(alg: string, timeline: TimelinePage): Html {
  const keys = timeline.rows.filter((row) => row.alg === alg).map((row) => formatKey(row, timeline));
  return html`<section>
<h2>${alg}</h2>
<ol class="keys">
${keys}</ol>
${formatAxis(timeline)}
</section>
`;
}

function formatKey(row: TimelineRow, timeline: TimelinePage): Html {
  const state = stateAt(row, timeline.now);
  return html`<li>
<h3><code>${row.kid}</code> ${state && html`<span class="chip ${state}">${state} now</span>`}</h3>
<div class="bar" aria-hidden="true">${row.spans.map((span) => formatBar(span, timeline))}${formatNow(timeline)}</div>
<ul class="spans">${row.spans.map((span) => formatSpan(span, timeline))}</ul>
</li>
`;
}

function formatBar({ state, from, to }: TimelineSpan, range: TimelinePage): Html {
  const right = placeIn({ from: -range.to, to: -range.from }, -to);
  return html`<i class="${state}" style="left:${placeIn(range, from)};right:${right}"></i>`;
}

/** Formats the line between past and future, if it is in the period. */
function formatNow(timeline: TimelinePage): Html | undefined {
  return isNowShown(timeline)
    ? html`<i class="now-line" style="left:${placeIn(timeline, timeline.now)}"></i>`
    : undefined;
}

function isNowShown({ now, from, to }: TimelinePage): boolean {
  return from < now && now < to;
}

function formatSpan({ state, from }: TimelineSpan, timeline: TimelinePage): Html {
  const since = from > timeline.from ? 'from' : 'before';
  return html`<li><i class="swatch ${state}"></i> <span>${state} ${since} ${formatTime(from)}</span> <span class="aside">${formatDistance(from, timeline.now)}</span></li>`;
}

/** Writes the dates of the start, the middle and the end below the bars. */
function formatAxis({ from, to }: TimelinePage): Html {
  const dates = [from, (from + to) / 2, to].map((instant) => html`<span>${formatTime(Math.round(instant))}</span>`);
  return html`<div class="axis" aria-hidden="true">${dates}</div>`;
}
