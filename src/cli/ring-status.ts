// `barejose ring status`: shows every key, its state and its next change.
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { writeStatus } from './ring-format.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';

export const ringStatus: Command = defineCommand({
  name: 'ring status',
  summary: 'show the keys of a ring, and what changes next',
  options: RING_OPTIONS,
  outcome:
    'each key, its state and its next change, on standard output. Like every process that opens the ring, the command ' +
    'creates a key that is due, and erases private keys out of use; ' +
    'exit code: 0 shown, 1 invalid ring, 2 usage error, 3 store unavailable',
  examples: ['barejose ring status', 'barejose ring status --ring ./ring --json'],
  async run(host, args) {
    const status = await withRing(host, args, { run: (issuer) => issuer.status() });
    writeStatus(host, status, args.has('json'));
    return EXIT.valid;
  },
});
