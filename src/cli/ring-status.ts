// `barejose ring status`: every key with what it is now and what it will be.
import type { RingChange, RingKeyStatus, RingStatus } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { dateOf, nameOf, type Paints, paintsFor, quoted, widest, widthOf, wrap } from './paper.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { tellPolicy } from './ring-policy.ts';
import { EXIT, type World } from './world.ts';

export const ringStatus: Command = command({
  name: 'ring status',
  summary: 'tell how a key ring stands',
  options: RING_OPTIONS,
  outcome:
    'each key, its state and what comes next, on standard output. Like any instance that opens the ring, it makes a key ' +
    'that is due and erases what is; exit code: 0 told, 1 the records are no ring, 2 usage, 3 the store is not to be had',
  examples: ['barejose ring status', 'barejose ring status --ring ./ring --json'],
  async run(world, given) {
    const status = await withRing(world, given, { run: (issuer) => issuer.status() });
    putStatus(world, status, given.has('json'));
    return EXIT.valid;
  },
});

export function putStatus(world: World, status: RingStatus, asJson: boolean): void {
  world.stdout.write(asJson ? `${json(status)}\n` : tellStatus(status, pageOf(world)));
}

/** On what it is written. */
interface Page extends Paints {
  readonly width: number;
}

export function pageOf({ stdout, env }: World): Page {
  return { ...paintsFor(stdout, env), width: widthOf(stdout) };
}

/** The column of what the last lines say. */
const LEFT = 13;

function tellStatus(status: RingStatus, page: Page): string {
  const { issuer, version, at, keys, algorithms, policy, nextChange } = status;
  const gone = keys.filter(({ state }) => state === 'removed').length;
  const algs = widest(algorithms.map(({ alg }) => alg));
  const shown = algorithms.flatMap(({ alg }) =>
    keys.filter((key) => key.alg === alg && key.state !== 'removed').map((key) => tellKey(key, algs, page)),
  );
  const missing = tellMissing(status, page);
  const lines = [
    page.strong(nameOf(issuer)),
    page.quiet(`saved ${version} ${version === 1 ? 'time' : 'times'}, read at ${dateOf(at)}`),
    '',
    ...shown.flat(),
    ...(gone > 0 ? [page.quiet(`  and ${gone} ${gone === 1 ? 'key' : 'keys'} removed`)] : []),
    ...(missing.length > 0 ? ['', ...missing] : []),
    '',
    `next change  ${nextChange === undefined ? 'none that is known' : dateOf(nextChange)}`,
    ...tellPolicy(policy).map((line, i) =>
      page.quiet((i === 0 ? 'policy' : '').padEnd(LEFT) + wrap(line, page.width - LEFT, LEFT + 2)),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** For each algorithm without a pending key, which a healthy ring always has: that it lacks one, and how to get it. */
export function tellMissing({ algorithms, keys }: RingStatus, { bad, quiet, width }: Page): readonly string[] {
  return algorithms.flatMap(({ alg, until }) => {
    const own = keys.filter((key) => key.alg === alg);
    if (until !== undefined || own.some(({ state }) => state === 'pending')) return [];
    const what = own.some(({ signs }) => signs)
      ? 'no key is published that could take over'
      : 'no key signs, and none is published that could take over';
    const left = alg.length + 4;
    return [
      `${bad('✗')} ${alg}  ${bad(wrap(what, width - left, left))}`,
      quiet(`  ${wrap(remedyFor(keys, own), width - 2, 2)}`),
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
function tellKey(key: RingKeyStatus, algs: number, { good, bad, quiet, strong, width }: Page): readonly string[] {
  const { kid, alg, state, signs, custody } = key;
  const [mark, paint] = signs ? ['✓', good] : state === 'revoked' ? ['✗', bad] : ['·', quiet];
  const left = `${paint(mark)} ${alg.padEnd(algs)}  ${paint(state.padEnd(8))}  `;
  const indent = algs + 14;
  const below = wrap([...futureOf(key), CUSTODY[custody]].join(', '), width - indent, indent);
  return [left + strong(nameOf(kid)), quiet(`${' '.repeat(indent)}${below}`)];
}

const CUSTODY: Readonly<Record<RingKeyStatus['custody'], string>> = {
  plain: 'private part stored unencrypted',
  sealed: 'private part sealed',
  external: 'private part outside',
  erased: 'private part erased',
};

function futureOf({ state, signs, activateAt, retireAt, removeAt, revokedAt, reason }: RingKeyStatus): string[] {
  if (state === 'revoked') return [`since ${told(revokedAt)}`, `reason ${quoted(String(reason))}`];
  if (state === 'pending') return [`signs from ${told(activateAt)}`];
  if (state === 'retiring') return [`removed at ${told(removeAt)}`];
  return [`${signs ? 'signs' : 'not the newest'} until ${retireAt === undefined ? 'another does' : told(retireAt)}`];
}

function told(instant: number | undefined): string {
  return dateOf(Number(instant));
}

export function tellChanges(changes: readonly RingChange[], now: number): string {
  const lines = changes.map(({ alg, kid, activateAt }) => {
    const key = `${alg}  ${nameOf(kid)}`;
    if (activateAt <= now) return `${key}  signs now\n`;
    return `${key}\n${' '.repeat(alg.length + 2)}signs from ${dateOf(activateAt)}: before, verifiers may not have it\n`;
  });
  return lines.join('');
}
