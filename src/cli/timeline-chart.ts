// A ring's timeline drawn in characters: a row a key, a column a stretch of time, and where we stand in it.
import type { KeyState, TimelineRow, TimelineSpan } from '../index.ts';
import { formatInstant, formatName, maxLength, type Paint, type Palette } from './terminal.ts';

/** What is drawn. */
export interface Timeline {
  readonly rows: readonly TimelineRow[];
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** On what it is drawn. */
export interface ChartStyle extends Palette {
  readonly width: number;
}

/** What is in one column of a row. */
type Cell = KeyState | 'now' | 'nothing';

/** In the order of a life. No two look alike, also without colour. */
const MARKS: Readonly<Record<Cell, string>> = {
  pending: '·',
  active: '█',
  retiring: '░',
  removed: '-',
  revoked: '×',
  now: '│',
  nothing: ' ',
};

/** The lines of a drawing, as wide as the canvas at most. */
export function drawTimeline(timeline: Timeline, style: ChartStyle): readonly string[] {
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

/** A stretch of time that a column stands for, or the mark that parts what was from what will be. */
type Column = 'now' | { readonly start: number; readonly end: number };

function splitColumns({ from, to, now }: Timeline, count: number): readonly Column[] {
  if (now <= from || now >= to) return equalColumns(from, to, count);
  const before = Math.round(((count - 1) * (now - from)) / (to - from));
  // There is room for the word over the mark.
  const past = Math.min(Math.max(before, 1), count - 2);
  return [...equalColumns(from, now, past), 'now', ...equalColumns(now, to, count - 1 - past)];
}

function equalColumns(from: number, to: number, count: number): readonly Column[] {
  const edge = (i: number) => (i === count ? to : from + (i * (to - from)) / count);
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
}

/** The algorithm once for all of its keys, so much of the kid that a command knows which is meant, and the state at this instant. */
function rowLabels({ rows, now }: Timeline): string[] {
  const kids = rows.map(({ kid }) => formatName(kid));
  const length = distinctKidLength(kids);
  const labels = rows.map(({ alg, spans }, i) => [
    rows[i - 1]?.alg === alg ? '' : alg,
    truncateKid(`${kids[i]}`, length),
    spans.find(({ from, to }) => from <= now && now < to)?.state ?? '',
  ]);
  const widths = [0, 1, 2].map((column) => maxLength(labels.map((label) => `${label[column]}`)));
  return labels.map((label) => label.map((text, column) => text.padEnd(Number(widths[column]) + 2)).join(''));
}

/** Of a kid at least and at most so many characters are shown, which leaves room for the bars. */
const [MIN_KID_LENGTH, MAX_KID_LENGTH] = [11, 24];

/** So many characters tell these kids apart, within those bounds. */
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
  return { pending: plain, active: good, retiring: quiet, removed: quiet, revoked: bad, now: strong, nothing: plain }[
    cell
  ];
}

/** Of several states within one column the shortest, or it would not be seen at all. */
function shortestState(spans: readonly TimelineSpan[], { start, end }: Exclude<Column, 'now'>): Cell {
  const within = spans.filter(({ from, to }) => from < end && to > start);
  return within.toSorted((a, b) => a.to - a.from - (b.to - b.from))[0]?.state ?? 'nothing';
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

/** When the drawing begins and ends, and the middle of it. */
function drawDates({ from, to }: Timeline, columns: number): string {
  const isLong = to - from >= 10 * 86_400;
  const told = (instant: number) => {
    const date = formatInstant(instant);
    return isLong ? date.slice(0, 10) : `${date.slice(5, 10)} ${date.slice(11, 16)}`;
  };
  const [start, middle, end] = [told(from), columns < THREE_DATES_WIDTH ? '' : told((from + to) / 2), told(to)];
  const before = Math.floor((columns - middle.length) / 2);
  return `${start.padEnd(before)}${middle}${end.padStart(columns - before - middle.length)}`;
}

/** In fewer columns three dates would touch. */
const THREE_DATES_WIDTH = 40;

function drawLegend({ quiet, width }: ChartStyle): string {
  const { nothing: _, now, ...states } = MARKS;
  const told = Object.entries(states).map(
    ([state, mark]) => `${mark.repeat(width < LONG_MARKS_WIDTH ? 1 : 4)} ${state}`,
  );
  return quiet([...told, ...(width < FULL_LEGEND_WIDTH ? [] : [`${now} now`])].join('  '));
}

/** The whole legend; the mark that is left out has its word above it. */
const FULL_LEGEND_WIDTH = 60;

/** The legend with marks of four characters. */
const LONG_MARKS_WIDTH = 75;
