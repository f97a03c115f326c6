// `barejose ring rotate`: activates the next key as soon as verifiers have it.
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { formatChanges } from './ring-format.ts';
import { resolveKid } from './ring-kid.ts';
import { RING_ALGORITHMS, RING_OPTIONS, withRing } from './ring-open.ts';

export const ringRotate: Command = defineCommand({
  name: 'ring rotate',
  summary: 'let the next key sign as soon as verifiers have it',
  options: {
    ...RING_OPTIONS,
    alg: { value: 'ALGORITHM', help: 'rotate only this algorithm. Default: all algorithms in service' },
    from: {
      value: 'KID',
      help: 'rotate only if this key still signs, so that concurrent calls rotate once: its kid, or its first 6 characters or more',
    },
  },
  outcome:
    'each next key, and when it starts to sign, on standard output; ' +
    'exit code: 0 rotated, 1 no such key signs, 2 usage error, 3 store unavailable',
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
