// `barejose ring rotate`: the next key's turn comes as early as verifiers can bear it.

import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { resolveKid } from './ring-kid.ts';
import { RING_ALGORITHMS, RING_OPTIONS, withRing } from './ring-open.ts';
import { formatChanges } from './ring-status.ts';

export const ringRotate: Command = defineCommand({
  name: 'ring rotate',
  summary: 'let the next key sign as early as it may',
  options: {
    ...RING_OPTIONS,
    alg: { value: 'ALGORITHM', help: 'only the key of this one. Default: those of all algorithms in service' },
    from: {
      value: 'KID',
      help: 'only if this key still signs, so that of several who rotate at once one does: its kid, or enough of its beginning',
    },
  },
  outcome:
    'each key whose turn it is, and from when on, on standard output; ' +
    'exit code: 0 done, 1 no such key signs, 2 usage, 3 the store is not to be had',
  examples: ['barejose ring rotate', 'barejose ring rotate --alg ES256 --json'],
  async run(host, args) {
    const [alg, from] = [args.choice('alg', RING_ALGORITHMS), args.text('from')];
    const { changes, at } = await withRing(host, args, {
      run: async (issuer) => {
        const options = {
          ...(alg !== undefined && { alg }),
          ...(from !== undefined && { from: await resolveKid(issuer, from, '--from') }),
        };
        return { changes: await issuer.rotate(options), at: (await issuer.status()).at };
      },
    });
    host.stdout.write(args.has('json') ? `${formatJson(changes)}\n` : formatChanges(changes, at));
    return EXIT.valid;
  },
});
