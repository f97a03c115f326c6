// `barejose ring revoke`: revokes a key, at once and for ever.
import type { Revocation, RingStatus } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { formatMissingKeys } from './ring-format.ts';
import { KID_OPERAND, resolveKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatInstant, formatName, type Style, styleFor } from './terminal.ts';

export const ringRevoke: Command = defineCommand({
  name: 'ring revoke',
  summary: 'revoke a key, at once and for ever',
  operand: KID_OPERAND,
  options: {
    ...RING_OPTIONS,
    reason: { value: 'TEXT', help: 'the reason, stored with the kid, which is never used again', required: true },
  },
  outcome:
    'the key that signs instead, and until when verifiers may accept the revoked one, on standard output; ' +
    'exit code: 0 revoked, 1 no such key, 2 usage error, 3 store unavailable',
  examples: [`barejose ring revoke ec-1 --reason 'a backup was stolen'`],
  async run(host, args) {
    const [kid, reason] = [args.requiredOperand('KID'), args.requiredText('reason')];
    const result = await withRing(host, args, {
      run: async (issuer) => ({
        revocation: await issuer.revoke(await resolveKid(issuer, kid), reason),
        status: await issuer.status(),
      }),
    });
    const { stdout, env } = host;
    if (args.has('json')) stdout.write(`${formatJson(result.revocation)}\n`);
    else stdout.write(formatRevocation(result, styleFor(stdout, env)));
    return EXIT.valid;
  },
});

interface RevokeResult {
  readonly revocation: Revocation;
  readonly status: RingStatus;
}

function formatRevocation({ revocation, status }: RevokeResult, style: Style): string {
  const { alg, kid, next, acceptedUntil } = revocation;
  const lines = [
    `${alg}  ${formatName(kid)}  is revoked`,
    ...(next === undefined ? [] : [`${alg}  ${formatName(next)}  signs instead`]),
    ...formatMissingKeys(status, style),
    `Verifiers may accept it until ${formatInstant(acceptedUntil)}, by the ring's policy.`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
