// `barejose ring promote`: a pending key signs from now on.
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { KID_OPERAND, resolveKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { formatChanges } from './ring-status.ts';

export const ringPromote: Command = defineCommand({
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
  async run(host, args) {
    const [kid, force] = [args.requiredOperand('KID'), args.has('force')];
    const change = await withRing(host, args, {
      run: async (issuer) => issuer.promote(await resolveKid(issuer, kid), { force }),
    });
    host.stdout.write(args.has('json') ? `${formatJson(change)}\n` : formatChanges([change], change.activateAt));
    return EXIT.valid;
  },
});
