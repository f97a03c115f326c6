// `barejose ring timeline`: what each key was, is and will be, drawn.
import { SIGNATURE_ALGORITHMS as ALGORITHMS, type Issuer, type TimelineRow } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, command } from './command.ts';
import { type Canvas, draw, type Picture } from './drawing.ts';
import { json } from './json.ts';
import { dateOf, nameOf, paintsFor, widthOf } from './paper.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { EXIT, UsageError } from './world.ts';

export const ringTimeline: Command = command({
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
  async run(world, given) {
    const range = readRange(given);
    const picture = await withRing(world, given, { run: (issuer) => take(issuer, range) });
    const { stdout, env } = world;
    if (given.has('json')) stdout.write(`${json(picture)}\n`);
    else stdout.write(tell(picture, { ...paintsFor(stdout, env), width: widthOf(stdout) }));
    return EXIT.valid;
  },
});

/** Where the drawing begins and ends. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Told when the instant is known at which we are. */
type Wanted = (now: number) => Range | undefined;

const DAY = 86_400;

function readRange(given: Arguments<'from' | 'to' | 'days'>): Wanted {
  const [from, to, days] = [given.instant('from'), given.instant('to'), given.whole('days', [1, 36_500])];
  if (from === undefined && to === undefined)
    return (now) => (days === undefined ? undefined : { from: now - (days * DAY) / 2, to: now + (days * DAY) / 2 });
  if (days !== undefined) throw new UsageError('--days takes the place of --from and --to');
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together');
  if (from >= to) throw new UsageError('--from must be before --to');
  return () => ({ from, to });
}

interface RevokedKey extends Picture {
  readonly issuer: string;
}

async function take(issuer: Issuer, wanted: Wanted): Promise<RevokedKey> {
  const { at: now } = await issuer.status();
  const { from, to } = wanted(now) ?? (await eventful(issuer, now));
  return { issuer: issuer.issuer, now, from, to, rows: await issuer.timeline(from, to) };
}

/** No further does anybody want to look without saying so. */
const LONG = 3_650 * DAY;

/** All that happened within a rotation, and all that is known to happen, with a margin. */
async function eventful(issuer: Issuer, now: number): Promise<Range> {
  const rotation = Math.min(issuer.policy.rotation, LONG);
  const [start, end] = [now - rotation, now + 2 * rotation];
  const rows = await issuer.timeline(start, end);
  const edges = rows.flatMap(({ spans }) => spans.flatMap(({ from, to }) => [from, to]));
  const known = edges.filter((edge) => edge > start && edge < end);
  const [first, last] = [Math.min(now, ...known), Math.max(now, ...known)];
  const margin = (last - first) / 16;
  return { from: Math.floor(first - margin), to: Math.ceil(last + 2 * margin) };
}

function tell({ issuer, rows, ...range }: RevokedKey, canvas: Canvas): string {
  const isOld = ({ spans }: TimelineRow) => spans.every(({ state }) => state === 'revoked');
  const shown = rows
    .filter((row) => !isOld(row))
    .toSorted((a, b) => ALGORITHMS.indexOf(a.alg) - ALGORITHMS.indexOf(b.alg));
  const old = rows.filter(isOld).length;
  const lines = [
    `${canvas.strong(nameOf(issuer))}  ${canvas.quiet(`at ${dateOf(range.now)}`)}`,
    '',
    ...(shown.length > 0 ? draw({ ...range, rows: shown }, canvas) : ['no key was, is or will be anything then']),
    ...(old > 0 ? [canvas.quiet(`and ${old} revoked before`)] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
