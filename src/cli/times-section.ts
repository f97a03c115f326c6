// Draws the times of a token on a line: when it was issued, from when to when it is valid, and now (RFC 7519 §4.1.4 to §4.1.6).
import { type Html, html } from './html.ts';
import type { JsonObject } from './json.ts';
import { formatDistance, formatTime, placeIn } from './page.ts';
import { isInDateRange } from './terminal.ts';

/** The claims, and what each says of the token. */
const TIME_CLAIMS = [
  ['iat', 'issued'],
  ['nbf', 'valid from'],
  ['exp', 'expires'],
] as const;

/** A row: an instant and its name. */
interface Moment {
  readonly name: string;
  readonly meaning?: string;
  readonly at: number;
}

/** Formats a row for each time that the claims have, and one for now. */
export function formatTimes(claims: JsonObject, now: number): Html {
  const moments = TIME_CLAIMS.flatMap(([name, meaning]): Moment[] => {
    const at = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return isInDateRange(at) ? [{ name, meaning, at }] : [];
  });
  if (moments.length === 0) return html`<p>The claims have no iat, nbf or exp that is a date.</p>`;
  const rows = [...moments, { name: 'now', at: now }].toSorted((a, b) => a.at - b.at);
  const range = rangeOf(rows);
  const life = lifeOf(moments, range);
  const items = rows.map(
    (row) => html`<li${row.name === 'now' ? html` class="now"` : undefined}>
<span class="moment"><b>${row.name}</b> <span class="aside">${row.meaning}</span></span>
<span class="track" aria-hidden="true">${life}<i class="now-line" style="left:${placeIn(range, now)}"></i><i class="dot" style="left:${placeIn(range, row.at)}"></i></span>
<span class="date">${formatTime(row.at)} <span class="aside">${row.name === 'now' ? undefined : formatDistance(row.at, now)}</span></span>
</li>
`,
  );
  return html`<ol class="times">
${items}</ol>
<p class="note">Shaded: the lifetime, from nbf or else iat, to exp. The vertical line is now.</p>`;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Returns a range with all instants, and a margin on either side. */
function rangeOf(rows: readonly Moment[]): Range {
  const instants = rows.map(({ at }) => at);
  const [first, last] = [Math.min(...instants), Math.max(...instants)];
  const margin = Math.max(last - first, 1) / 16;
  return { from: first - margin, to: last + margin };
}

/** Formats the lifetime as a band. Without a start or an end it reaches to the edge. */
function lifeOf(moments: readonly Moment[], range: Range): Html | undefined {
  const timeOf = (name: string) => moments.find((moment) => moment.name === name)?.at;
  const [start, end] = [timeOf('nbf') ?? timeOf('iat') ?? range.from, timeOf('exp') ?? range.to];
  if (start >= end) return undefined;
  const right = placeIn({ from: -range.to, to: -range.from }, -end);
  return html`<i class="life" style="left:${placeIn(range, start)};right:${right}"></i>`;
}
