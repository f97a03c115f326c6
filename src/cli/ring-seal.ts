// Reads the keys that seal a ring's private keys: from the environment, or from files that only their owner can read.
import { createSeal, type Seal } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { readOctets } from './input.ts';
import { readPrivateFile } from './private-file.ts';

export type SealOption = 'seal-env' | 'seal-file';

export const SEAL_OPTIONS: Options<SealOption> = {
  'seal-env': {
    value: 'NAME',
    help: 'a variable with a key that encrypts private keys: 32 octets in base64, base64url or hex. The first one seals, all of them unseal',
    many: true,
  },
  'seal-file': {
    value: 'FILE',
    help: 'a file with such a key, or with 32 raw octets, that only its owner can read',
    many: true,
  },
};

/** @throws UsageError, UnreadableError */
export async function readSeal(host: Host, args: Arguments<SealOption>): Promise<Seal | undefined> {
  const [names, files] = [args.texts('seal-env'), args.texts('seal-file')];
  // The order across two options would be unclear, and the first key seals.
  if (names.length > 0 && files.length > 0) throw new UsageError('--seal-env and --seal-file cannot be combined');
  const texts = names.map((name) => readOctets(host, { name: '--seal-env', source: `env:${name}` }));
  const contents = [...(await Promise.all(texts)), ...files.map((file) => readPrivateFile('--seal-file', file))];
  return contents.length === 0 ? undefined : importSeal(contents, names.length > 0 ? '--seal-env' : '--seal-file');
}

function importSeal(contents: readonly Uint8Array[], name: string): Seal {
  try {
    return createSeal(contents);
  } catch {
    throw new UsageError(
      `${name} must hold a key of 32 octets in base64, base64url or hex; \`openssl rand -base64 32\` creates one`,
    );
  }
}
