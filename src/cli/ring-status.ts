// `barejose ring status`: every key with what it is now and what it will be.
import type { RingChange, RingKeyStatus, RingStatus } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host } from './host.ts';
import { formatJson } from './json.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatPolicy } from './ring-policy.ts';
import {
  formatInstant,
  formatName,
  maxLength,
  type Palette,
  paletteFor,
  quoteJson,
  terminalWidth,
  wrapText,
} from './terminal.ts';

export const ringStatus: Command = defineCommand({
  name: 'ring status',
  summary: 'tell how a key ring stands',
  options: RING_OPTIONS,
  outcome:
    'each key, its state and what comes next, on standard output. Like any instance that opens the ring, it makes a key ' +
    'that is due and erases what is; exit code: 0 told, 1 the records are no ring, 2 usage, 3 the store is not to be had',
  examples: ['barejose ring status', 'barejose ring status --ring ./ring --json'],
  async run(host, args) {
    const status = await withRing(host, args, { run: (issuer) => issuer.status() });
    writeStatus(host, status, args.has('json'));
    return EXIT.valid;
  },
});

export function writeStatus(host: Host, status: RingStatus, asJson: boolean): void {
  host.stdout.write(asJson ? `${formatJson(status)}\n` : formatStatus(status, styleOf(host)));
}

/** On what it is written. */
interface Page extends Palette {
  readonly width: number;
}

export function styleOf({ stdout, env }: Host): Page {
  return { ...paletteFor(stdout, env), width: terminalWidth(stdout) };
}

/** The column of what the last lines say. */
const LEFT = 13;

function formatStatus(status: RingStatus, page: Page): string {
  const { issuer, version, at, keys, algorithms, policy, nextChange } = status;
  const gone = keys.filter(({ state }) => state === 'removed').length;
  const algs = maxLength(algorithms.map(({ alg }) => alg));
  const shown = algorithms.flatMap(({ alg }) =>
    keys.filter((key) => key.alg === alg && key.state !== 'removed').map((key) => formatKeyStatus(key, algs, page)),
  );
  const missing = formatMissingKeys(status, page);
  const lines = [
    page.strong(formatName(issuer)),
    page.quiet(`saved ${version} ${version === 1 ? 'time' : 'times'}, read at ${formatInstant(at)}`),
    '',
    ...shown.flat(),
    ...(gone > 0 ? [page.quiet(`  and ${gone} ${gone === 1 ? 'key' : 'keys'} removed`)] : []),
    ...(missing.length > 0 ? ['', ...missing] : []),
    '',
    `next change  ${nextChange === undefined ? 'none that is known' : formatInstant(nextChange)}`,
    ...formatPolicy(policy).map((line, i) =>
      page.quiet((i === 0 ? 'policy' : '').padEnd(LEFT) + wrapText(line, page.width - LEFT, LEFT + 2)),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** For each algorithm without a pending key, which a healthy ring always has: that it lacks one, and how to get it. */
export function formatMissingKeys({ algorithms, keys }: RingStatus, { bad, quiet, width }: Page): readonly string[] {
  return algorithms.flatMap(({ alg, until }) => {
    const own = keys.filter((key) => key.alg === alg);
    if (until !== undefined || own.some(({ state }) => state === 'pending')) return [];
    const what = own.some(({ signs }) => signs)
      ? 'no key is published that could take over'
      : 'no key signs, and none is published that could take over';
    const left = alg.length + 4;
    return [
      `${bad('✗')} ${alg}  ${bad(wrapText(what, width - left, left))}`,
      quiet(`  ${wrapText(remedyFor(keys, own), width - 2, 2)}`),
    ];
  });
}

/** A key is made as the others are kept; where the private parts of all are erased, they may have been sealed. */
function remedyFor(keys: readonly RingKeyStatus[], own: readonly RingKeyStatus[]): string {
  if (own.findLast(({ custody }) => custody !== 'erased')?.custody === 'external')
    return 'the service that makes its keys outside must open the ring';
  const isPlain = keys.some(({ custody }) => custody === 'plain');
  return isPlain
    ? 'a service that can make such a key must open the ring'
    : '`barejose ring status` with --seal-file or --seal-env makes one';
}

/** What it is, and below that what becomes of it. */
function formatKeyStatus(
  key: RingKeyStatus,
  algs: number,
  { good, bad, quiet, strong, width }: Page,
): readonly string[] {
  const { kid, alg, state, signs, custody } = key;
  const [mark, paint] = signs ? ['✓', good] : state === 'revoked' ? ['✗', bad] : ['·', quiet];
  const left = `${paint(mark)} ${alg.padEnd(algs)}  ${paint(state.padEnd(8))}  `;
  const indent = algs + 14;
  const below = wrapText([...describeFuture(key), CUSTODY[custody]].join(', '), width - indent, indent);
  return [left + strong(formatName(kid)), quiet(`${' '.repeat(indent)}${below}`)];
}

const CUSTODY: Readonly<Record<RingKeyStatus['custody'], string>> = {
  plain: 'private part stored unencrypted',
  sealed: 'private part sealed',
  external: 'private part outside',
  erased: 'private part erased',
};

function describeFuture({ state, signs, activateAt, retireAt, removeAt, revokedAt, reason }: RingKeyStatus): string[] {
  if (state === 'revoked') return [`since ${told(revokedAt)}`, `reason ${quoteJson(String(reason))}`];
  if (state === 'pending') return [`signs from ${told(activateAt)}`];
  if (state === 'retiring') return [`removed at ${told(removeAt)}`];
  return [`${signs ? 'signs' : 'not the newest'} until ${retireAt === undefined ? 'another does' : told(retireAt)}`];
}

function told(instant: number | undefined): string {
  return formatInstant(Number(instant));
}

export function formatChanges(changes: readonly RingChange[], now: number): string {
  const lines = changes.map(({ alg, kid, activateAt }) => {
    const key = `${alg}  ${formatName(kid)}`;
    if (activateAt <= now) return `${key}  signs now\n`;
    return `${key}\n${' '.repeat(alg.length + 2)}signs from ${formatInstant(activateAt)}: before, verifiers may not have it\n`;
  });
  return lines.join('');
}
