// `barejose ring status`: every key with what it is now and what it will be.
import type { RingKeyStatus, RingStatus } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { dateOf, nameOf, type Paints, paintsFor, quoted, widest } from './paper.ts';
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

export function putStatus({ stdout, env }: World, status: RingStatus, asJson: boolean): void {
  stdout.write(asJson ? `${json(status)}\n` : tellStatus(status, paintsFor(stdout, env)));
}

function tellStatus(status: RingStatus, paints: Paints): string {
  const { issuer, version, at, keys, algorithms, policy, nextChange } = status;
  const gone = keys.filter(({ state }) => state === 'removed').length;
  const algs = widest(algorithms.map(({ alg }) => alg));
  const shown = algorithms.flatMap(({ alg }) =>
    keys.filter((key) => key.alg === alg && key.state !== 'removed').map((key) => tellKey(key, algs, paints)),
  );
  const [first, ...rest] = tellPolicy(policy);
  const lines = [
    paints.strong(nameOf(issuer)),
    paints.quiet(`saved ${version} ${version === 1 ? 'time' : 'times'}, read at ${dateOf(at)}`),
    '',
    ...shown.flat(),
    ...(gone > 0 ? [paints.quiet(`  and ${gone} ${gone === 1 ? 'key' : 'keys'} removed`)] : []),
    '',
    `next change  ${nextChange === undefined ? 'none that is known' : dateOf(nextChange)}`,
    ...[`policy       ${first}`, ...rest.map((line) => `             ${line}`)].map(paints.quiet),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What it is, and below that what becomes of it. */
function tellKey(key: RingKeyStatus, width: number, { good, bad, quiet, strong }: Paints): readonly string[] {
  const { kid, alg, state, signs, custody } = key;
  const [mark, paint] = signs ? ['✓', good] : state === 'revoked' ? ['✗', bad] : ['·', quiet];
  const left = `${paint(mark)} ${alg.padEnd(width)}  ${paint(state.padEnd(8))}  `;
  const below = ' '.repeat(width + 14);
  return [left + strong(nameOf(kid)), quiet(`${below}${[...futureOf(key), CUSTODY[custody]].join(', ')}`)];
}

const CUSTODY: Readonly<Record<RingKeyStatus['custody'], string>> = {
  plain: 'private part as it is',
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
