// `barejose ring timeline`: draws the past, present and future states of each key.
import { SIGNATURE_ALGORITHMS as ALGORITHMS, type Issuer, type TimelineRow } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import { checkPageOptions, PAGE_OPTIONS, writePage } from './page.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatInstant, formatName, type Style, styleFor } from './terminal.ts';
import { drawTimeline, type Timeline } from './timeline-chart.ts';
import { formatTimelinePage, type TimelinePage } from './timeline-page.ts';

export const ringTimeline: Command = defineCommand({
  name: 'ring timeline',
  summary: 'draw the past, present and future of each key',
  options: {
    ...RING_OPTIONS,
    from: {
      value: 'INSTANT',
      help: 'the start: seconds since 1970, or 2026-01-31T12:00:00Z. Default: shortly before the first change of this rotation',
    },
    to: { value: 'INSTANT', help: 'the end. Default: shortly after the last known change' },
    days: { value: 'NUMBER', help: 'this many days instead, with now in the middle' },
    ...PAGE_OPTIONS,
  },
  outcome:
    'a row for each key and a column for each period, on standard output. A state that is shorter than a column still has one; ' +
    'with --html a page, on standard output or in the file of --out; ' +
    'exit code: 0 drawn, 1 invalid ring, 2 usage error, 3 store unavailable',
  examples: [
    'barejose ring timeline',
    'barejose ring timeline --days 4',
    'barejose ring timeline --html --out timeline.html',
  ],
  async run(host, args) {
    checkPageOptions(args);
    const range = readRange(args);
    const timeline = await withRing(host, args, { run: (issuer) => readTimeline(issuer, range) });
    const { stdout, env } = host;
    if (args.has('json')) stdout.write(`${formatJson(timeline)}\n`);
    else if (args.has('html')) writePage(host, args, formatTimelinePage(withShownRows(timeline)));
    else stdout.write(formatTimeline(withShownRows(timeline), styleFor(stdout, env)));
    return EXIT.valid;
  },
});

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Computes the range from the current instant; undefined for the default range. */
type RangeAt = (now: number) => Range | undefined;

const DAY = 86_400;

function readRange(args: Arguments<'from' | 'to' | 'days'>): RangeAt {
  const [from, to, days] = [args.instant('from'), args.instant('to'), args.integer('days', [1, 36_500])];
  if (from === undefined && to === undefined)
    return (now) => (days === undefined ? undefined : { from: now - (days * DAY) / 2, to: now + (days * DAY) / 2 });
  if (days !== undefined) throw new UsageError('--days cannot be combined with --from and --to');
  if (from === undefined || to === undefined) throw new UsageError('--from and --to must be given together');
  if (from >= to) throw new UsageError('--from must be before --to');
  return () => ({ from, to });
}

interface RingTimeline extends Timeline {
  readonly issuer: string;
}

async function readTimeline(issuer: Issuer, rangeAt: RangeAt): Promise<RingTimeline> {
  const { at: now } = await issuer.status();
  const { from, to } = rangeAt(now) ?? (await defaultRange(issuer, now));
  return { issuer: issuer.issuer, now, from, to, rows: await issuer.timeline(from, to) };
}

/** The longest rotation that the default range covers. */
const MAX_ROTATION = 3_650 * DAY;

/** Returns the range of all changes from one rotation ago on, with a margin. */
async function defaultRange(issuer: Issuer, now: number): Promise<Range> {
  const rotation = Math.min(issuer.policy.rotation, MAX_ROTATION);
  const [start, end] = [now - rotation, now + 2 * rotation];
  const rows = await issuer.timeline(start, end);
  const edges = rows.flatMap(({ spans }) => spans.flatMap(({ from, to }) => [from, to]));
  const known = edges.filter((edge) => edge > start && edge < end);
  const [first, last] = [Math.min(now, ...known), Math.max(now, ...known)];
  const margin = (last - first) / 16;
  return { from: Math.floor(first - margin), to: Math.ceil(last + 2 * margin) };
}

/** Keeps the rows to draw, the keys of an algorithm together, and counts those that were revoked before the period. */
function withShownRows({ rows, ...timeline }: RingTimeline): TimelinePage {
  const isRevokedThroughout = ({ spans }: TimelineRow) => spans.every(({ state }) => state === 'revoked');
  const shown = rows
    .filter((row) => !isRevokedThroughout(row))
    .toSorted((a, b) => ALGORITHMS.indexOf(a.alg) - ALGORITHMS.indexOf(b.alg));
  return { ...timeline, rows: shown, revokedCount: rows.length - shown.length };
}

function formatTimeline({ issuer, revokedCount, ...chart }: TimelinePage, style: Style): string {
  const lines = [
    `${style.strong(formatName(issuer))}  ${style.quiet(`at ${formatInstant(chart.now)}`)}`,
    '',
    ...(chart.rows.length > 0 ? drawTimeline(chart, style) : ['the ring has no keys in this period']),
    ...(revokedCount > 0 ? [style.quiet(`and ${revokedCount} revoked before this period`)] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
