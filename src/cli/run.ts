// argv → command → exit code.
import { readFileSync } from 'node:fs';
import { inCommandOptions, nearest } from './arguments.ts';
import { type Command, example, row } from './command.ts';
import { explain } from './explain.ts';
import { inspect } from './inspect.ts';
import { json } from './json.ts';
import { jwksFetch } from './jwks-fetch.ts';
import { jwksLint } from './jwks-lint.ts';
import { keyConvert } from './key-convert.ts';
import { keyNew } from './key-new.ts';
import { keyPublic } from './key-public.ts';
import { keyThumbprint } from './key-thumbprint.ts';
import { printable, widthOf, wrap } from './paper.ts';
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

/** The first words of commands of two words, and what they are about. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['key', 'a key: made, converted, its public half'],
  ['jwks', 'a published key set: fetched as a cache would, and checked'],
  ['ring', 'a key ring: signing keys whose rotation does not break verifiers'],
]);

/** What `--help` prints. */
export const USAGE: string = [
  'barejose: JSON Web Tokens on node:crypto and nothing else',
  '',
  row('barejose', 'the tour: the life of a token, shown on this machine'),
  ...COMMANDS.map(({ name, summary }) => row(`barejose ${name}`, summary)),
  row('barejose help COMMAND', 'options and examples, as COMMAND --help'),
  row('barejose --version', 'which release this is'),
  '',
  '  Tokens, keys, passphrases and claims come from standard input (-), @FILE or',
  '  env:NAME: an argument can be read by others on the same machine.',
  '  --json makes the outcome JSON. NO_COLOR is obeyed.',
  '  exit code: 0 valid or fine, 1 invalid, 2 usage, 3 keys unavailable',
  '',
  'examples',
  example('barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt'),
  example('barejose key new --alg EdDSA | barejose sign --key - --expires-in 5m --issuer me | barejose inspect'),
  '',
].join('\n');

/** Runs one command, whatever a user, a token or a server did. Throws only for a defect. */
export async function run(world: World): Promise<number> {
  const { argv } = world;
  const command = find(argv);
  try {
    if (argv.length === 0) return await tour(world);
    const help = helpFor(argv);
    if (help !== undefined) return print(world, help);
    if (argv[0] === '--version') return print(world, `barejose ${version()}\n`);
    if (!command) throw new UsageError(unknownCommand(argv));
    return await command.run({ ...world, stdin: once(world.stdin) }, argv.slice(wordsIn(command)));
  } catch (error) {
    return complain(world, error, command);
  }
}

/** A command's name is one word, or two. */
function find([first, second]: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

function wordsIn({ name }: Command): number {
  return name.split(' ').length;
}

/** The text that is asked for by `help …`, by `… --help`, or by the first word of commands alone. */
function helpFor(argv: readonly string[]): string | undefined {
  const [first = '', ...rest] = argv;
  if (first === 'help') return helpAbout(rest);
  if (isHelp(argv)) return helpAbout(argv.slice(0, -1)) ?? USAGE;
  return argv.length === 1 ? groupHelp(first) : undefined;
}

/** Only as the last word, right after the command: anywhere else it may be somebody's value, and must not end well. */
function isHelp(argv: readonly string[]): boolean {
  const command = find(argv);
  const [last = ''] = argv.slice(-1);
  return (last === '--help' || last === '-h') && argv.length <= (command ? wordsIn(command) : 1) + 1;
}

/** The help of a command, of the commands with that first word, or of all; undefined for any other words. */
function helpAbout(words: readonly string[]): string | undefined {
  if (words.length === 0) return USAGE;
  const command = COMMANDS.find(({ name }) => name === words.join(' '));
  return command?.help ?? groupHelp(words.join(' '));
}

function groupHelp(group: string): string | undefined {
  const about = GROUPS.get(group);
  if (about === undefined) return undefined;
  const commands = COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
  return [
    `barejose ${group} COMMAND [options]`,
    about,
    '',
    ...commands.map(({ name, summary }) => row(`barejose ${name}`, summary)),
    '',
    `  Options and examples of each: barejose help ${group} COMMAND`,
    '',
  ].join('\n');
}

/** Repeats nothing of what was typed, which may be a token. */
function unknownCommand(argv: readonly string[]): string {
  const [first = '', second = ''] = argv[0] === 'help' ? argv.slice(1) : argv;
  const names = COMMANDS.map(({ name }) => name);
  const inGroup = names.filter((name) => name.startsWith(`${first} `));
  const meant = [
    nearest(`${first} ${second}`, names),
    nearest(first.replace(/[-:.]/, ' '), names),
    names.filter((name) => nearest(first, [lastWord(name)]).length > 0),
    inGroup.length > 0 ? [] : nearest(first, [...GROUPS.keys()]),
  ].find((found) => found.length > 0);
  if (meant) return `unknown command; did you mean ${meant.join(' or ')}?`;
  if (inGroup.length > 0) return `unknown command; ${first} has ${inGroup.map(lastWord).join(', ')}`;
  return 'unknown command; `barejose help` lists them';
}

function lastWord(name: string): string {
  return name.replace(/.* /, '');
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
  const { stdout, stderr, argv } = world;
  const { prefix, message, code, exit } = outcomeOf(error);
  const line = `barejose: ${prefix}${printable(message)}`;
  stderr.write(`${stderr.isTTY ? wrap(line, widthOf(stderr), 2) : line}\n`);
  if (exit === EXIT.usage && !(error instanceof Unreadable))
    stderr.write(`Try: barejose ${command ? `${command.name} ` : ''}--help\n`);
  if (argv.includes('--json')) stdout.write(`${json({ error: { code, message } })}\n`);
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
      message: inCommandOptions(error.message),
      code: 'ERR_JWKS_UNAVAILABLE',
      exit: EXIT.unavailable,
    };
  const refusal = asRefusal(error);
  const { code } = refusal;
  const message = inCommandOptions(refusal.message);
  return { prefix: `${code}: `, message, code, exit: isOfKeys(refusal) ? EXIT.unavailable : EXIT.invalid };
}
