// Draws a ring's timeline in characters: a row for each key, a column for each period, and a mark for now.
import type { KeyState, TimelineRow, TimelineSpan } from '../index.ts';
import { formatInstant, formatName, maxLength, type Paint, type Palette, type Style } from './terminal.ts';

/** The rows to draw, and the range that the chart covers. */
export interface Timeline {
  readonly rows: readonly TimelineRow[];
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** The content of one column of a row. */
type Cell = KeyState | 'now' | 'empty';

/** The marks in the order of a key's life, distinguishable without colour. */
const MARKS: Readonly<Record<Cell, string>> = {
  pending: '·',
  active: '█',
  retiring: '░',
  removed: '-',
  revoked: '×',
  now: '│',
  empty: ' ',
};

/** Returns the lines of the chart, at most as wide as the style allows. */
export function drawTimeline(timeline: Timeline, style: Style): readonly string[] {
  const labels = rowLabels(timeline);
  const left = maxLength(labels);
  const margin = ' '.repeat(left);
  const columns = splitColumns(timeline, style.width - left);
  const now = columns.indexOf('now');
  return [
    ...(now < 0 ? [] : [style.strong(`${margin}${' '.repeat(now - 1)}now`)]),
    ...timeline.rows.map((row, i) => `${labels[i]}${drawBar(row, columns, style)}`),
    style.quiet(`${margin}${drawDates(timeline, columns.length)}`),
    '',
    drawLegend(style),
  ];
}

/** The period of a column, or the mark between past and future. */
type Column = 'now' | { readonly start: number; readonly end: number };

function splitColumns({ from, to, now }: Timeline, count: number): readonly Column[] {
  if (now <= from || now >= to) return equalColumns(from, to, count);
  const before = Math.round(((count - 1) * (now - from)) / (to - from));
  // One column of past and of future leaves room for the word above the mark.
  const past = Math.min(Math.max(before, 1), count - 2);
  return [...equalColumns(from, now, past), 'now', ...equalColumns(now, to, count - 1 - past)];
}

function equalColumns(from: number, to: number, count: number): readonly Column[] {
  const edge = (i: number) => (i === count ? to : from + (i * (to - from)) / count);
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
}

/** Labels each row with its algorithm, unless the row above has the same, an abbreviated kid, and the state now. */
function rowLabels({ rows, now }: Timeline): string[] {
  const kids = rows.map(({ kid }) => formatName(kid));
  const length = distinctKidLength(kids);
  const labels = rows.map((row, i) => [
    rows[i - 1]?.alg === row.alg ? '' : row.alg,
    truncateKid(`${kids[i]}`, length),
    stateAt(row, now) ?? '',
  ]);
  const widths = [0, 1, 2].map((column) => maxLength(labels.map((label) => `${label[column]}`)));
  return labels.map((label) => label.map((text, column) => text.padEnd(Number(widths[column]) + 2)).join(''));
}

/** Returns the state of a key at an instant, if the row has one. */
export function stateAt({ spans }: TimelineRow, instant: number): KeyState | undefined {
  return spans.find(({ from, to }) => from <= instant && instant < to)?.state;
}

/** The shown characters of a kid, within bounds that leave room for the bars. */
const [MIN_KID_LENGTH, MAX_KID_LENGTH] = [11, 24];

/** Returns how many characters distinguish the kids, within those bounds. */
function distinctKidLength(kids: readonly string[]): number {
  const lengths = Array.from({ length: MAX_KID_LENGTH - MIN_KID_LENGTH }, (_, i) => MIN_KID_LENGTH + i);
  const cutTo = (length: number) => new Set(kids.map((kid) => kid.slice(0, length)));
  return lengths.find((length) => cutTo(length).size === new Set(kids).size) ?? MAX_KID_LENGTH;
}

function truncateKid(kid: string, length: number): string {
  return kid.length > length + 1 ? `${kid.slice(0, length)}…` : kid;
}

function drawBar({ spans }: TimelineRow, columns: readonly Column[], paints: Palette): string {
  const cells = columns.map((column) => (column === 'now' ? 'now' : shortestState(spans, column)));
  const runs = groupCells(cells).map(({ cell, length }) => paintFor(cell, paints)(MARKS[cell].repeat(length)));
  return runs.join('').trimEnd();
}

function paintFor(cell: Cell, { good, quiet, bad, strong }: Palette): Paint {
  const plain: Paint = (text) => text;
  return { pending: plain, active: good, retiring: quiet, removed: quiet, revoked: bad, now: strong, empty: plain }[
    cell
  ];
}

/** Returns the state in a column; of several the shortest, which would otherwise disappear. */
function shortestState(spans: readonly TimelineSpan[], { start, end }: Exclude<Column, 'now'>): Cell {
  const overlapping = spans.filter(({ from, to }) => from < end && to > start);
  return overlapping.toSorted((a, b) => a.to - a.from - (b.to - b.from))[0]?.state ?? 'empty';
}

interface CellRun {
  readonly cell: Cell;
  length: number;
}

function groupCells(cells: readonly Cell[]): readonly CellRun[] {
  const runs: CellRun[] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.cell === cell) last.length++;
    else runs.push({ cell, length: 1 });
  }
  return runs;
}

/** Writes the dates of the start, the middle and the end below the chart. */
function drawDates({ from, to }: Timeline, columns: number): string {
  const isLong = to - from >= 10 * 86_400;
  const format = (instant: number) => {
    const date = formatInstant(instant);
    return isLong ? date.slice(0, 10) : `${date.slice(5, 10)} ${date.slice(11, 16)}`;
  };
  const [start, middle, end] = [format(from), columns < THREE_DATES_WIDTH ? '' : format((from + to) / 2), format(to)];
  const before = Math.floor((columns - middle.length) / 2);
  return `${start.padEnd(before)}${middle}${end.padStart(columns - before - middle.length)}`;
}

/** The least columns in which three dates do not touch. */
const THREE_DATES_WIDTH = 40;

function drawLegend({ quiet, width }: Style): string {
  const { empty: _, now, ...states } = MARKS;
  const marks = Object.entries(states).map(
    ([state, mark]) => `${mark.repeat(width < LONG_MARKS_WIDTH ? 1 : 4)} ${state}`,
  );
  return quiet([...marks, ...(width < FULL_LEGEND_WIDTH ? [] : [`${now} now`])].join('  '));
}

/** The width of the whole legend. A narrower one omits now, which stands above its mark. */
const FULL_LEGEND_WIDTH = 60;

/** The width of the legend with marks of four characters. */
const LONG_MARKS_WIDTH = 75;
