// `barejose ring revoke`: a key is taken back, at once and for ever.
import type { Revocation, RingStatus } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { dateOf, nameOf } from './paper.ts';
import { KID_OPERAND, wholeKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { pageOf, tellMissing } from './ring-status.ts';
import { EXIT, type World } from './world.ts';

export const ringRevoke: Command = command({
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
  async run(world, given) {
    const [kid, reason] = [given.named('KID'), given.required('reason')];
    const done = await withRing(world, given, {
      run: async (issuer) => ({
        revocation: await issuer.revoke(await wholeKid(issuer, kid), reason),
        status: await issuer.status(),
      }),
    });
    if (given.has('json')) world.stdout.write(`${json(done.revocation)}\n`);
    else world.stdout.write(tell(done, world));
    return EXIT.valid;
  },
});

interface Done {
  readonly revocation: Revocation;
  readonly status: RingStatus;
}

function tell({ revocation, status }: Done, world: World): string {
  const { alg, kid, next, acceptedUntil } = revocation;
  const lines = [
    `${alg}  ${nameOf(kid)}  is revoked`,
    ...(next === undefined ? [] : [`${alg}  ${nameOf(next)}  signs in its place`]),
    ...tellMissing(status, pageOf(world)),
    `Verifiers may accept it until ${dateOf(acceptedUntil)}, by the policy's numbers.`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
