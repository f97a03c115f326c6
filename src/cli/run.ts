// argv → command → exit code.
import { readFileSync } from 'node:fs';
import { type Command, row } from './command.ts';
import { explain } from './explain.ts';
import { inspect } from './inspect.ts';
import { json } from './json.ts';
import { jwksFetch } from './jwks-fetch.ts';
import { jwksLint } from './jwks-lint.ts';
import { keyConvert } from './key-convert.ts';
import { keyNew } from './key-new.ts';
import { keyPublic } from './key-public.ts';
import { keyThumbprint } from './key-thumbprint.ts';
import { printable } from './paper.ts';
import { ringInit } from './ring-init.ts';
import { ringPromote } from './ring-promote.ts';
import { ringRevoke } from './ring-revoke.ts';
import { ringRotate } from './ring-rotate.ts';
import { ringServe } from './ring-serve.ts';
import { ringSimulate } from './ring-simulate.ts';
import { ringStatus } from './ring-status.ts';
import { ringTimeline } from './ring-timeline.ts';
import { sign } from './sign.ts';
import { tour } from './tour.ts';
import { once } from './values.ts';
import { verify } from './verify.ts';
import { asRefusal, EXIT, isOfKeys, KeysUnavailable, Unreadable, UsageError, type World } from './world.ts';

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  verify,
  explain,
  inspect,
  sign,
  keyNew,
  keyPublic,
  keyThumbprint,
  keyConvert,
  jwksFetch,
  jwksLint,
  ringInit,
  ringStatus,
  ringRotate,
  ringPromote,
  ringRevoke,
  ringTimeline,
  ringSimulate,
  ringServe,
];

/** What `--help` prints. */
export const USAGE: string = [
  'barejose: JSON Web Tokens on node:crypto and nothing else',
  '',
  row('barejose', 'the tour: the life of a token, shown on this machine'),
  ...COMMANDS.map(({ name, summary }) => row(`barejose ${name}`, summary)),
  row('barejose COMMAND --help', 'its options and examples'),
  row('barejose --version', 'which release this is'),
  '',
  '  Tokens, keys, passphrases and claims come from standard input (-), @FILE or env:NAME: an argument',
  '  can be read by others on the same machine. --json makes the outcome JSON. NO_COLOR is obeyed.',
  '  exit code: 0 valid or fine, 1 invalid, 2 usage, 3 keys unavailable',
  '',
  'examples',
  '  $ barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt',
  '  $ barejose key new --alg EdDSA | barejose sign --key - --expires-in 5m --issuer me | barejose inspect',
  '',
].join('\n');

/** Runs one command, whatever a user, a token or a server did. Throws only for a defect. */
export async function run(world: World): Promise<number> {
  const { argv } = world;
  const command = find(argv);
  try {
    if (argv.length === 0) return await tour(world);
    if (isHelp(argv)) return print(world, helpFor(argv));
    if (argv[0] === '--version') return print(world, `barejose ${version()}\n`);
    if (!command) throw new UsageError(`unknown command; there are ${COMMANDS.map(({ name }) => name).join(', ')}`);
    return await command.run({ ...world, stdin: once(world.stdin) }, argv.slice(command.name.split(' ').length));
  } catch (error) {
    return complain(world, error, command);
  }
}

/** A command's name is one word, or two. */
function find([first, second]: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

/** Only as the last word, right after the command: anywhere else it may be somebody's value, and must not end well. */
function isHelp(argv: readonly string[]): boolean {
  const words = find(argv)?.name.split(' ').length ?? 1;
  const [last = ''] = argv.slice(-1);
  return (last === '--help' || last === '-h') && argv.length <= words + 1;
}

/** The help of the command; of all that begin with the word; or the whole. */
function helpFor(argv: readonly string[]): string {
  const command = find(argv);
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${argv[0]} `));
  return (command ? [command] : group).map(({ help }) => help).join('\n') || USAGE;
}

function print({ stdout }: World, text: string): number {
  stdout.write(text);
  return EXIT.valid;
}

/** Of the package that these files are in. */
function version(): unknown {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

function complain(world: World, error: unknown, command: Command | undefined): number {
  const { prefix, message, code, exit } = outcomeOf(error);
  world.stderr.write(`barejose: ${prefix}${printable(message)}\n`);
  if (exit === EXIT.usage && !(error instanceof Unreadable))
    world.stderr.write(`Try: barejose ${command ? `${command.name} ` : ''}--help\n`);
  if (world.argv.includes('--json')) world.stdout.write(`${json({ error: { code, message } })}\n`);
  return exit;
}

interface Outcome {
  /** What people are told before the message. */
  readonly prefix: string;
  readonly message: string;
  readonly code: string;
  readonly exit: number;
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof UsageError) return { prefix: '', message: error.message, code: 'usage', exit: EXIT.usage };
  if (error instanceof KeysUnavailable)
    return {
      prefix: 'keys unavailable: ',
      message: error.message,
      code: 'ERR_JWKS_UNAVAILABLE',
      exit: EXIT.unavailable,
    };
  const refusal = asRefusal(error);
  const { code, message } = refusal;
  return { prefix: `${code}: `, message, code, exit: isOfKeys(refusal) ? EXIT.unavailable : EXIT.invalid };
}
