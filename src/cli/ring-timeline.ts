// `barejose ring timeline`: what each key was, is and will be, drawn.
import { SIGNATURE_ALGORITHMS as ALGORITHMS, type Issuer, type TimelineRow } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatInstant, formatName, paletteFor, terminalWidth } from './terminal.ts';
import { type ChartStyle, drawTimeline, type Timeline } from './timeline-chart.ts';

export const ringTimeline: Command = defineCommand({
  name: 'ring timeline',
  summary: 'draw what each key was, is and will be',
  options: {
    ...RING_OPTIONS,
    from: {
      value: 'INSTANT',
      help: 'where it begins: seconds, or 2026-01-31T12:00:00Z. Default: a little before the first change of this rotation',
    },
    to: { value: 'INSTANT', help: 'where it ends. Default: a little after the last change that is known' },
    days: { value: 'NUMBER', help: 'so many days in place of both, with now in the middle' },
  },
  outcome:
    'a row a key, a column a stretch of time, on standard output; a state that is shorter than a column has one all the same; ' +
    'exit code: 0 drawn, 1 the records are no ring, 2 usage, 3 the store is not to be had',
  examples: ['barejose ring timeline', 'barejose ring timeline --days 4'],
  async run(host, args) {
    const range = readRange(args);
    const timeline = await withRing(host, args, { run: (issuer) => readTimeline(issuer, range) });
    const { stdout, env } = host;
    if (args.has('json')) stdout.write(`${formatJson(timeline)}\n`);
    else stdout.write(formatTimeline(timeline, { ...paletteFor(stdout, env), width: terminalWidth(stdout) }));
    return EXIT.valid;
  },
});

/** Where the drawing begins and ends. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Told when the instant is known at which we are. */
type RangeAt = (now: number) => Range | undefined;

const DAY = 86_400;

function readRange(args: Arguments<'from' | 'to' | 'days'>): RangeAt {
  const [from, to, days] = [args.instant('from'), args.instant('to'), args.integer('days', [1, 36_500])];
  if (from === undefined && to === undefined)
    return (now) => (days === undefined ? undefined : { from: now - (days * DAY) / 2, to: now + (days * DAY) / 2 });
  if (days !== undefined) throw new UsageError('--days takes the place of --from and --to');
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together');
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

/** No further does anybody want to look without saying so. */
const MAX_ROTATION = 3_650 * DAY;

/** All that happened within a rotation, and all that is known to happen, with a margin. */
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

function formatTimeline({ issuer, rows, ...range }: RingTimeline, style: ChartStyle): string {
  const isRevokedThroughout = ({ spans }: TimelineRow) => spans.every(({ state }) => state === 'revoked');
  const shown = rows
    .filter((row) => !isRevokedThroughout(row))
    .toSorted((a, b) => ALGORITHMS.indexOf(a.alg) - ALGORITHMS.indexOf(b.alg));
  const revokedCount = rows.filter(isRevokedThroughout).length;
  const lines = [
    `${style.strong(formatName(issuer))}  ${style.quiet(`at ${formatInstant(range.now)}`)}`,
    '',
    ...(shown.length > 0
      ? drawTimeline({ ...range, rows: shown }, style)
      : ['no key was, is or will be anything then']),
    ...(revokedCount > 0 ? [style.quiet(`and ${revokedCount} revoked before`)] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
