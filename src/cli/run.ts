// argv → command → exit code.
import { JoseError } from '../index.ts';
import { printable } from './paper.ts';
import { tour } from './tour.ts';
import { VERIFY_USAGE, verify } from './verify.ts';
import { EXIT, KeysUnavailable, UsageError, type World } from './world.ts';

/** What `--help` prints. test/cli/run.test.ts runs each line that starts with `$`. */
export const USAGE: string = `barejose: JSON Web Tokens on node:crypto and nothing else

usage
  barejose                     the tour: a token is published for, signed, verified and refused, on this machine
  barejose verify [options]    verify the token on standard input
  barejose --help              this text

${VERIFY_USAGE}`;

/** Runs one command, whatever a user, a token or a server did. Throws only for a defect. */
export async function run(world: World): Promise<number> {
  const [command, ...rest] = world.argv;
  try {
    if (command === undefined) return await tour(world);
    if (command === 'verify' && !rest.some(asksForHelp)) return await verify(world, rest);
    if (command !== 'verify' && !asksForHelp(command)) throw new UsageError('unknown command');
    world.stdout.write(command === 'verify' ? VERIFY_USAGE : USAGE);
    return EXIT.valid;
  } catch (error) {
    return complain(world, error);
  }
}

function asksForHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function complain({ stderr }: World, error: unknown): number {
  if (error instanceof UsageError) {
    stderr.write(`barejose: ${printable(error.message)}\nTry: barejose --help\n`);
    return EXIT.usage;
  }
  if (error instanceof KeysUnavailable) {
    stderr.write(`barejose: keys unavailable: ${printable(error.message)}\n`);
    return EXIT.unavailable;
  }
  if (!(error instanceof JoseError)) throw error;
  stderr.write(`refused: ${error.code}\n`); // It expired in the instant between explaining and verifying.
  return EXIT.invalid;
}
