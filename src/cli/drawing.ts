// A ring's timeline drawn in characters: a row a key, a column a stretch of time, and where we stand in it.
import type { KeyState, TimelineRow, TimelineSpan } from '../index.ts';
import { dateOf, nameOf, type Paint, type Paints, widest } from './paper.ts';

/** What is drawn. */
export interface Picture {
  readonly rows: readonly TimelineRow[];
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** On what it is drawn. */
export interface Canvas extends Paints {
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
export function draw(picture: Picture, canvas: Canvas): readonly string[] {
  const labels = labelsOf(picture);
  const left = widest(labels);
  const margin = ' '.repeat(left);
  const columns = columnsOf(picture, canvas.width - left);
  const now = columns.indexOf('now');
  return [
    ...(now < 0 ? [] : [canvas.strong(`${margin}${' '.repeat(now - 1)}now`)]),
    ...picture.rows.map((row, i) => `${labels[i]}${barOf(row, columns, canvas)}`),
    canvas.quiet(`${margin}${datesOf(picture, columns.length)}`),
    '',
    legendOf(canvas),
  ];
}

/** A stretch of time that a column stands for, or the mark that parts what was from what will be. */
type Column = 'now' | { readonly start: number; readonly end: number };

function columnsOf({ from, to, now }: Picture, count: number): readonly Column[] {
  if (now <= from || now >= to) return stretches(from, to, count);
  const before = Math.round(((count - 1) * (now - from)) / (to - from));
  // There is room for the word over the mark.
  const past = Math.min(Math.max(before, 1), count - 2);
  return [...stretches(from, now, past), 'now', ...stretches(now, to, count - 1 - past)];
}

function stretches(from: number, to: number, count: number): readonly Column[] {
  const edge = (i: number) => (i === count ? to : from + (i * (to - from)) / count);
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
}

/** The algorithm once for all of its keys, so much of the kid that a command knows which is meant, and the state at this instant. */
function labelsOf({ rows, now }: Picture): string[] {
  const kids = rows.map(({ kid }) => nameOf(kid));
  const length = tellingLength(kids);
  const labels = rows.map(({ alg, spans }, i) => [
    rows[i - 1]?.alg === alg ? '' : alg,
    cut(`${kids[i]}`, length),
    spans.find(({ from, to }) => from <= now && now < to)?.state ?? '',
  ]);
  const widths = [0, 1, 2].map((column) => widest(labels.map((label) => `${label[column]}`)));
  return labels.map((label) => label.map((text, column) => text.padEnd(Number(widths[column]) + 2)).join(''));
}

/** Of a kid at least and at most so many characters are shown, which leaves room for the bars. */
const [SHORT, LONG] = [11, 24];

/** So many characters tell these kids apart, within those bounds. */
function tellingLength(kids: readonly string[]): number {
  const lengths = Array.from({ length: LONG - SHORT }, (_, i) => SHORT + i);
  const cutTo = (length: number) => new Set(kids.map((kid) => kid.slice(0, length)));
  return lengths.find((length) => cutTo(length).size === new Set(kids).size) ?? LONG;
}

function cut(kid: string, length: number): string {
  return kid.length > length + 1 ? `${kid.slice(0, length)}…` : kid;
}

function barOf({ spans }: TimelineRow, columns: readonly Column[], paints: Paints): string {
  const cells = columns.map((column) => (column === 'now' ? 'now' : stateIn(spans, column)));
  const runs = runsOf(cells).map(({ cell, length }) => paintOf(cell, paints)(MARKS[cell].repeat(length)));
  return runs.join('').trimEnd();
}

function paintOf(cell: Cell, { good, quiet, bad, strong }: Paints): Paint {
  const plain: Paint = (text) => text;
  return { pending: plain, active: good, retiring: quiet, removed: quiet, revoked: bad, now: strong, nothing: plain }[
    cell
  ];
}

/** Of several states within one column the shortest, or it would not be seen at all. */
function stateIn(spans: readonly TimelineSpan[], { start, end }: Exclude<Column, 'now'>): Cell {
  const within = spans.filter(({ from, to }) => from < end && to > start);
  return within.toSorted((a, b) => a.to - a.from - (b.to - b.from))[0]?.state ?? 'nothing';
}

interface Run {
  readonly cell: Cell;
  length: number;
}

function runsOf(cells: readonly Cell[]): readonly Run[] {
  const runs: Run[] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.cell === cell) last.length++;
    else runs.push({ cell, length: 1 });
  }
  return runs;
}

/** When the drawing begins and ends, and the middle of it. */
function datesOf({ from, to }: Picture, columns: number): string {
  const isLong = to - from >= 10 * 86_400;
  const told = (instant: number) => {
    const date = dateOf(instant);
    return isLong ? date.slice(0, 10) : `${date.slice(5, 10)} ${date.slice(11, 16)}`;
  };
  const [start, middle, end] = [told(from), columns < NARROW ? '' : told((from + to) / 2), told(to)];
  const before = Math.floor((columns - middle.length) / 2);
  return `${start.padEnd(before)}${middle}${end.padStart(columns - before - middle.length)}`;
}

/** In fewer columns three dates would touch. */
const NARROW = 40;

function legendOf({ quiet, width }: Canvas): string {
  const { nothing: _, now, ...states } = MARKS;
  const told = Object.entries(states).map(([state, mark]) => `${mark.repeat(width < WIDE ? 1 : 4)} ${state}`);
  return quiet([...told, ...(width < ROOMY ? [] : [`${now} now`])].join('  '));
}

/** The whole legend; the mark that is left out has its word above it. */
const ROOMY = 60;

/** The legend with marks of four characters. */
const WIDE = 75;
