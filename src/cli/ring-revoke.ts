// `barejose ring revoke`: a key is taken back, at once and for ever.
import type { Revocation } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { dateOf, nameOf } from './paper.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { KID_OPERAND } from './ring-promote.ts';
import { EXIT } from './world.ts';

export const ringRevoke: Command = command({
  name: 'ring revoke',
  summary: 'take a key back, at once and for ever',
  operand: KID_OPERAND,
  options: {
    ...RING_OPTIONS,
    reason: { value: 'TEXT', help: 'why. It is kept with the kid, which never returns' },
  },
  outcome:
    'what signs in its place, and until when verifiers may still accept it, on standard output; ' +
    'exit code: 0 revoked, 1 there is no such key, 2 usage, 3 the store is not to be had',
  examples: [`barejose ring revoke ec-1 --reason 'a backup was stolen'`],
  async run(world, given) {
    const [kid, reason] = [given.named('KID'), given.required('reason')];
    const revocation = await withRing(world, given, { run: (issuer) => issuer.revoke(kid, reason) });
    world.stdout.write(given.has('json') ? `${json(revocation)}\n` : tell(revocation));
    return EXIT.valid;
  },
});

function tell({ alg, kid, next, acceptedUntil }: Revocation): string {
  const lines = [
    `${alg}  ${nameOf(kid)}  is revoked`,
    ...(next === undefined ? [] : [`${alg}  ${nameOf(next)}  signs in its place`]),
    `Verifiers that have it may accept it until ${dateOf(acceptedUntil)}, if the policy tells the truth about them.`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
