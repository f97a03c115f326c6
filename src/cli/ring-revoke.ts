// `barejose ring revoke`: a key is taken back, at once and for ever.
import type { Revocation, RingStatus } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host } from './host.ts';
import { formatJson } from './json.ts';
import { KID_OPERAND, resolveKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatMissingKeys, styleOf } from './ring-status.ts';
import { formatInstant, formatName } from './terminal.ts';

export const ringRevoke: Command = defineCommand({
  name: 'ring revoke',
  summary: 'take a key back, at once and for ever',
  operand: KID_OPERAND,
  options: {
    ...RING_OPTIONS,
    reason: { value: 'TEXT', help: 'why. It is kept with the kid, which never returns', required: true },
  },
  outcome:
    'what signs in its place, and until when verifiers may still accept it, on standard output; ' +
    'exit code: 0 revoked, 1 there is no such key, 2 usage, 3 the store is not to be had',
  examples: [`barejose ring revoke ec-1 --reason 'a backup was stolen'`],
  async run(host, args) {
    const [kid, reason] = [args.requiredOperand('KID'), args.requiredText('reason')];
    const result = await withRing(host, args, {
      run: async (issuer) => ({
        revocation: await issuer.revoke(await resolveKid(issuer, kid), reason),
        status: await issuer.status(),
      }),
    });
    if (args.has('json')) host.stdout.write(`${formatJson(result.revocation)}\n`);
    else host.stdout.write(formatRevocation(result, host));
    return EXIT.valid;
  },
});

interface RevokeResult {
  readonly revocation: Revocation;
  readonly status: RingStatus;
}

function formatRevocation({ revocation, status }: RevokeResult, host: Host): string {
  const { alg, kid, next, acceptedUntil } = revocation;
  const lines = [
    `${alg}  ${formatName(kid)}  is revoked`,
    ...(next === undefined ? [] : [`${alg}  ${formatName(next)}  signs in its place`]),
    ...formatMissingKeys(status, styleOf(host)),
    `Verifiers may accept it until ${formatInstant(acceptedUntil)}, by the policy's numbers.`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
