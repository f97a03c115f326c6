// Formats a ring for people: its status, its policy, the changes of its keys, and keys that are missing.
import type { RingChange, RingKeyStatus, RingPolicy, RingStatus } from '../index.ts';
import type { Host } from './host.ts';
import { formatJson } from './json.ts';
import {
  formatDuration,
  formatInstant,
  formatName,
  maxLength,
  quoteJson,
  type Style,
  styleFor,
  wrapText,
} from './terminal.ts';

export function writeStatus({ stdout, env }: Host, status: RingStatus, asJson: boolean): void {
  stdout.write(asJson ? `${formatJson(status)}\n` : formatStatus(status, styleFor(stdout, env)));
}

/** The width of the labels below the keys. */
const LABEL_WIDTH = 13;

function formatStatus(status: RingStatus, style: Style): string {
  const { issuer, version, at, keys, algorithms, policy, nextChange } = status;
  const removed = keys.filter(({ state }) => state === 'removed').length;
  const algWidth = maxLength(algorithms.map(({ alg }) => alg));
  const shown = algorithms.flatMap(({ alg }) =>
    keys
      .filter((key) => key.alg === alg && key.state !== 'removed')
      .map((key) => formatKeyStatus(key, algWidth, style)),
  );
  const missing = formatMissingKeys(status, style);
  const lines = [
    style.strong(formatName(issuer)),
    style.quiet(`version ${version}, read at ${formatInstant(at)}`),
    '',
    ...shown.flat(),
    ...(removed > 0 ? [style.quiet(`  and ${removed} removed ${removed === 1 ? 'key' : 'keys'}`)] : []),
    ...(missing.length > 0 ? ['', ...missing] : []),
    '',
    `next change  ${nextChange === undefined ? 'none scheduled' : formatInstant(nextChange)}`,
    ...formatPolicy(policy).map((line, i) =>
      style.quiet(
        (i === 0 ? 'policy' : '').padEnd(LABEL_WIDTH) + wrapText(line, style.width - LABEL_WIDTH, LABEL_WIDTH + 2),
      ),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function formatPolicy(policy: RingPolicy): readonly string[] {
  const { maxTokenLifetime, publishLead, rotation, retention, jwksMaxAge, verifierTtl, syncLag, clockSkew } = policy;
  const [lead, use, stay] = [publishLead, rotation, retention].map(formatDuration);
  return [
    `a token lives at most ${formatDuration(maxTokenLifetime)}`,
    `a key is published ${lead} before it signs, signs for ${use}, and stays ${stay} more`,
    `caches keep the set for ${formatDuration(jwksMaxAge)}, verifiers for ${formatDuration(verifierTtl)}`,
    `instances agree within ${formatDuration(syncLag)}, clocks within ${formatDuration(clockSkew)}`,
  ];
}

/** Formats a key: its state and kid, then its future and custody. */
function formatKeyStatus(key: RingKeyStatus, algWidth: number, style: Style): readonly string[] {
  const { good, bad, quiet, strong, width } = style;
  const { kid, alg, state, signs, custody } = key;
  const [mark, paint] = signs ? ['✓', good] : state === 'revoked' ? ['✗', bad] : ['·', quiet];
  const left = `${paint(mark)} ${alg.padEnd(algWidth)}  ${paint(state.padEnd(8))}  `;
  const indent = algWidth + 14;
  const details = wrapText([...describeFuture(key), CUSTODY[custody]].join(', '), width - indent, indent);
  return [left + strong(formatName(kid)), quiet(`${' '.repeat(indent)}${details}`)];
}

const CUSTODY: Readonly<Record<RingKeyStatus['custody'], string>> = {
  plain: 'private key stored unencrypted',
  sealed: 'private key sealed',
  external: 'private key held by a service',
  erased: 'private key erased',
};

function describeFuture({ state, signs, activateAt, retireAt, removeAt, revokedAt, reason }: RingKeyStatus): string[] {
  if (state === 'revoked')
    return [`revoked at ${formatInstant(Number(revokedAt))}`, `reason ${quoteJson(String(reason))}`];
  if (state === 'pending') return [`signs from ${formatInstant(activateAt)}`];
  if (state === 'retiring') return [`removed at ${formatInstant(Number(removeAt))}`];
  const end = retireAt === undefined ? 'a successor does' : formatInstant(retireAt);
  return [signs ? `signs until ${end}` : `does not sign, because a newer key does, and retires at ${end}`];
}

/** Reports each algorithm without a pending key, which a healthy ring always has, and the remedy. */
export function formatMissingKeys({ algorithms, keys }: RingStatus, { bad, quiet, width }: Style): readonly string[] {
  return algorithms.flatMap(({ alg, until }) => {
    const own = keys.filter((key) => key.alg === alg);
    if (until !== undefined || own.some(({ state }) => state === 'pending')) return [];
    const problem = own.some(({ signs }) => signs) ? 'no pending key' : 'no key that signs, and no pending key';
    const indent = alg.length + 4;
    return [
      `${bad('✗')} ${alg}  ${bad(wrapText(problem, width - indent, indent))}`,
      quiet(`  ${wrapText(remedyFor(keys, own), width - 2, 2)}`),
    ];
  });
}

/** Says who can create the missing key with the custody of the others. If all are erased, the ring may be sealed. */
function remedyFor(keys: readonly RingKeyStatus[], own: readonly RingKeyStatus[]): string {
  if (own.findLast(({ custody }) => custody !== 'erased')?.custody === 'external')
    return 'the service that holds its private keys must open the ring';
  const isPlain = keys.some(({ custody }) => custody === 'plain');
  return isPlain
    ? 'a service that can create such a key must open the ring'
    : '`barejose ring status` with --seal-file or --seal-env creates one';
}

export function formatChanges(changes: readonly RingChange[], now: number): string {
  const lines = changes.map(({ alg, kid, activateAt }) => {
    const key = `${alg}  ${formatName(kid)}`;
    if (activateAt <= now) return `${key}  signs now\n`;
    return `${key}\n${' '.repeat(alg.length + 2)}signs from ${formatInstant(activateAt)}, when verifiers have it\n`;
  });
  return lines.join('');
}
