// The key under which a ring's private parts are sealed: from the environment or from a file that only its owner reads.
import { createSeal, type Seal } from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { type Host, UsageError } from './host.ts';
import { readOctets } from './input.ts';
import { readPrivateFile } from './private-file.ts';

export type SealOption = 'seal-env' | 'seal-file';

export const SEAL_OPTIONS: Options<SealOption> = {
  'seal-env': {
    value: 'NAME',
    help: 'the variable with the key that seals private parts: 32 octets in base64, base64url or hex. The first one given seals, all of them unseal',
    many: true,
  },
  'seal-file': {
    value: 'FILE',
    help: 'the key from a file that only its owner can read, in one of these forms or as 32 raw octets',
    many: true,
  },
};

/** @throws UsageError, Unreadable */
export async function readSeal(host: Host, args: Arguments<SealOption>): Promise<Seal | undefined> {
  const [names, files] = [args.texts('seal-env'), args.texts('seal-file')];
  // Which one seals would not be seen.
  if (names.length > 0 && files.length > 0) throw new UsageError('--seal-env and --seal-file exclude each other');
  const texts = names.map((name) => readOctets(host, { name: '--seal-env', source: `env:${name}` }));
  const contents = [...(await Promise.all(texts)), ...files.map((file) => readPrivateFile('--seal-file', file))];
  return contents.length === 0 ? undefined : importSeal(contents, names.length > 0 ? '--seal-env' : '--seal-file');
}

function importSeal(contents: readonly Uint8Array[], name: string): Seal {
  try {
    return createSeal(contents);
  } catch {
    throw new UsageError(
      `${name} must have a key of 32 octets in base64, base64url or hex; \`openssl rand -base64 32\` makes one`,
    );
  }
}
