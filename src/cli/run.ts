// argv → command → exit code.
import { readFileSync } from 'node:fs';
import { nearestWords, toOptionNames } from './arguments.ts';
import { type Command, formatExample, formatRow } from './command.ts';
import { explain } from './explain.ts';
import {
  asJoseError,
  EXIT,
  type Host,
  isAboutKeys,
  KeysUnavailableError,
  UnreadableError,
  UsageError,
} from './host.ts';
import { singleUseInput } from './input.ts';
import { inspect } from './inspect.ts';
import { formatJson } from './json.ts';
import { jwksFetch } from './jwks-fetch.ts';
import { jwksLint } from './jwks-lint.ts';
import { keyConvert } from './key-convert.ts';
import { keyNew } from './key-new.ts';
import { keyPublic } from './key-public.ts';
import { keyThumbprint } from './key-thumbprint.ts';
import { ringInit } from './ring-init.ts';
import { ringPromote } from './ring-promote.ts';
import { ringRevoke } from './ring-revoke.ts';
import { ringRotate } from './ring-rotate.ts';
import { ringServe } from './ring-serve.ts';
import { ringSimulate } from './ring-simulate.ts';
import { ringStatus } from './ring-status.ts';
import { ringTimeline } from './ring-timeline.ts';
import { sign } from './sign.ts';
import { printable, terminalWidth, wrapText } from './terminal.ts';
import { tour } from './tour.ts';
import { verify } from './verify.ts';

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
  formatRow('barejose', 'the tour: the life of a token, shown on this machine'),
  ...COMMANDS.map(({ name, summary }) => formatRow(`barejose ${name}`, summary)),
  formatRow('barejose help COMMAND', 'options and examples, as COMMAND --help'),
  formatRow('barejose --version', 'which release this is'),
  '',
  '  Tokens, keys, passphrases and claims come from standard input (-), @FILE or',
  '  env:NAME: an argument can be read by others on the same machine.',
  '  --json makes the outcome JSON. NO_COLOR is obeyed.',
  '  exit code: 0 valid or fine, 1 invalid, 2 usage, 3 keys unavailable',
  '',
  'examples',
  formatExample('barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt'),
  formatExample('barejose key new --alg EdDSA | barejose sign --key - --expires-in 5m --issuer me | barejose inspect'),
  '',
].join('\n');

/** Runs one command, whatever a user, a token or a server did. Throws only for a defect. */
export async function run(host: Host): Promise<number> {
  const { argv } = host;
  const command = findCommand(argv);
  try {
    if (argv.length === 0) return await tour(host);
    const help = requestedHelp(argv);
    if (help !== undefined) return printText(host, help);
    if (argv[0] === '--version') return printText(host, `barejose ${packageVersion()}\n`);
    if (!command) throw new UsageError(unknownCommandMessage(argv));
    return await command.run({ ...host, stdin: singleUseInput(host.stdin) }, argv.slice(countWords(command)));
  } catch (error) {
    return reportError(host, error, command);
  }
}

/** A command's name is one word, or two. */
function findCommand([first, second]: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

function countWords({ name }: Command): number {
  return name.split(' ').length;
}

/** The text that is asked for by `help …`, by `… --help`, or by the first word of commands alone. */
function requestedHelp(argv: readonly string[]): string | undefined {
  const [first = '', ...rest] = argv;
  if (first === 'help') return findHelp(rest);
  if (isHelpRequest(argv)) return findHelp(argv.slice(0, -1)) ?? USAGE;
  return argv.length === 1 ? formatGroupHelp(first) : undefined;
}

/** Only as the last word, right after the command: anywhere else it may be somebody's value, and must not end well. */
function isHelpRequest(argv: readonly string[]): boolean {
  const command = findCommand(argv);
  const [last = ''] = argv.slice(-1);
  return (last === '--help' || last === '-h') && argv.length <= (command ? countWords(command) : 1) + 1;
}

/** The help of a command, of the commands with that first word, or of all; undefined for any other words. */
function findHelp(words: readonly string[]): string | undefined {
  if (words.length === 0) return USAGE;
  const command = COMMANDS.find(({ name }) => name === words.join(' '));
  return command?.help ?? formatGroupHelp(words.join(' '));
}

function formatGroupHelp(group: string): string | undefined {
  const about = GROUPS.get(group);
  if (about === undefined) return undefined;
  const commands = COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
  return [
    `barejose ${group} COMMAND [options]`,
    about,
    '',
    ...commands.map(({ name, summary }) => formatRow(`barejose ${name}`, summary)),
    '',
    `  Options and examples of each: barejose help ${group} COMMAND`,
    '',
  ].join('\n');
}

/** Repeats nothing of what was typed, which may be a token. */
function unknownCommandMessage(argv: readonly string[]): string {
  const [first = '', second = ''] = argv[0] === 'help' ? argv.slice(1) : argv;
  const names = COMMANDS.map(({ name }) => name);
  const inGroup = names.filter((name) => name.startsWith(`${first} `));
  const meant = [
    nearestWords(`${first} ${second}`, names),
    nearestWords(first.replace(/[-:.]/, ' '), names),
    names.filter((name) => nearestWords(first, [lastWord(name)]).length > 0),
    inGroup.length > 0 ? [] : nearestWords(first, [...GROUPS.keys()]),
  ].find((found) => found.length > 0);
  if (meant) return `unknown command; did you mean ${meant.join(' or ')}?`;
  if (inGroup.length > 0) return `unknown command; ${first} has ${inGroup.map(lastWord).join(', ')}`;
  return 'unknown command; `barejose help` lists them';
}

function lastWord(name: string): string {
  return name.replace(/.* /, '');
}

function printText({ stdout }: Host, text: string): number {
  stdout.write(text);
  return EXIT.valid;
}

/** Of the package that these files are in. */
function packageVersion(): unknown {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

function reportError(host: Host, error: unknown, command: Command | undefined): number {
  const { stdout, stderr, argv } = host;
  const { prefix, message, code, exit } = errorReport(error);
  const line = `barejose: ${prefix}${printable(message)}`;
  stderr.write(`${stderr.isTTY ? wrapText(line, terminalWidth(stderr), 2) : line}\n`);
  if (exit === EXIT.usage && !(error instanceof UnreadableError))
    stderr.write(`Try: barejose ${command ? `${command.name} ` : ''}--help\n`);
  if (argv.includes('--json')) stdout.write(`${formatJson({ error: { code, message } })}\n`);
  return exit;
}

interface ErrorReport {
  /** What people are told before the message. */
  readonly prefix: string;
  readonly message: string;
  readonly code: string;
  readonly exit: number;
}

function errorReport(error: unknown): ErrorReport {
  if (error instanceof UsageError) return { prefix: '', message: error.message, code: 'usage', exit: EXIT.usage };
  if (error instanceof KeysUnavailableError)
    return {
      prefix: 'keys unavailable: ',
      message: toOptionNames(error.message),
      code: 'ERR_JWKS_UNAVAILABLE',
      exit: EXIT.unavailable,
    };
  const refusal = asJoseError(error);
  const { code } = refusal;
  const message = toOptionNames(refusal.message);
  return { prefix: `${code}: `, message, code, exit: isAboutKeys(refusal) ? EXIT.unavailable : EXIT.invalid };
}
