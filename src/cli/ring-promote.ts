// `barejose ring promote`: activates a pending key at once.
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { formatChanges } from './ring-format.ts';
import { KID_OPERAND, resolveKid } from './ring-kid.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';

export const ringPromote: Command = defineCommand({
  name: 'ring promote',
  summary: 'let a pending key sign at once',
  operand: KID_OPERAND,
  options: {
    ...RING_OPTIONS,
    force: { help: 'even if verifiers may not have the key yet, and refuse its tokens until they do' },
  },
  outcome:
    'the key on standard output; ' +
    'exit code: 0 it signs, 1 not pending or published too recently, 2 usage error, 3 store unavailable',
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
