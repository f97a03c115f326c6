// `barejose ring promote`: a pending key signs from now on.
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { KID_OPERAND, wholeKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { tellChanges } from './ring-status.ts';
import { EXIT } from './world.ts';

export const ringPromote: Command = command({
  name: 'ring promote',
  summary: 'let a pending key sign from now on',
  operand: KID_OPERAND,
  options: {
    ...RING_OPTIONS,
    force: { help: 'although verifiers may not have it yet, and will refuse its tokens until they do' },
  },
  outcome:
    'the key on standard output; exit code: 0 it signs, 1 it is not pending, or not for long enough, 2 usage, ' +
    '3 the store is not to be had',
  examples: ['barejose ring promote ec-2 --force'],
  async run(world, given) {
    const [kid, force] = [given.named('KID'), given.has('force')];
    const change = await withRing(world, given, {
      run: async (issuer) => issuer.promote(await wholeKid(issuer, kid), { force }),
    });
    world.stdout.write(given.has('json') ? `${json(change)}\n` : tellChanges([change], change.activateAt));
    return EXIT.valid;
  },
});
