// Runs the command that argv names, and reports errors: argv → exit code.
import { readFileSync } from 'node:fs';
import { nearestWords } from './arguments.ts';
import { type Command, formatExample, formatRow } from './command.ts';
import { decrypt } from './decrypt.ts';
import { encrypt } from './encrypt.ts';
import { asJoseError, isAboutKeys, toOptionNames } from './errors.ts';
import { explain } from './explain.ts';
import { EXIT, type Host, KeysUnavailableError, UnreadableError, UsageError } from './host.ts';
import { singleUse } from './input.ts';
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
import { vendor } from './vendor.ts';
import { vendorCheck } from './vendor-check.ts';
import { vendorList } from './vendor-list.ts';
import { vendorUpdate } from './vendor-update.ts';
import { verify } from './verify.ts';

/** The folder of this package, from src/cli as from dist/cli. */
const PACKAGE = new URL('../../', import.meta.url);

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  verify,
  explain,
  inspect,
  sign,
  encrypt,
  decrypt,
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
  vendor(PACKAGE),
  vendorCheck(PACKAGE),
  vendorUpdate(PACKAGE),
  vendorList(PACKAGE),
];

/** The first words of two-word commands, and their summaries. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['key', 'create, convert and identify keys'],
  ['jwks', 'fetch and audit a published key set'],
  ['ring', 'manage a key ring: signing keys that rotate without breaking verifiers'],
]);

/** The text of `barejose --help`. */
export const USAGE: string = [
  'barejose: JSON Web Tokens with node:crypto and no dependencies',
  '',
  formatRow('barejose', 'a tour of tokens and keys, on this machine only'),
  ...COMMANDS.map(({ name, summary }) => formatRow(`barejose ${name}`, summary)),
  formatRow('barejose help COMMAND', 'the options and examples of a command'),
  formatRow('barejose --version', 'the version of this package'),
  '',
  '  Tokens, keys, passwords and claims are read from standard input (-), @FILE',
  '  or env:NAME, because other users of the machine can read arguments.',
  '  --json prints one JSON value. NO_COLOR turns colours off.',
  '  exit code: 0 valid or done, 1 invalid, 2 usage error, 3 keys unavailable,',
  '  4 output could not be written',
  '',
  'examples',
  formatExample('barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt'),
  formatExample('barejose key new --alg EdDSA | barejose sign --key - --expires-in 5m --issuer me | barejose inspect'),
  '',
].join('\n');

/** Runs one command, and returns its exit code. Throws only for a defect. */
export async function run(host: Host): Promise<number> {
  const { argv } = host;
  const command = findCommand(argv);
  try {
    if (argv.length === 0) return await tour(host);
    const help = requestedHelp(argv);
    if (help !== undefined) return printText(host, help);
    if (argv[0] === '--version') return printText(host, `barejose ${packageVersion()}\n`);
    if (!command) throw new UsageError(unknownCommandMessage(argv));
    return await command.run({ ...host, stdin: singleUse(host.stdin) }, argv.slice(countWords(command)));
  } catch (error) {
    return reportError(host, error, command);
  }
}

/** Finds a command by its name of one or two words. */
function findCommand([first, second]: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === `${first} ${second}`) ?? COMMANDS.find(({ name }) => name === first);
}

function countWords({ name }: Command): number {
  return name.split(' ').length;
}

/** Returns the help that argv asks for by `help …`, by `… --help`, or by the first word of two-word commands alone. */
function requestedHelp(argv: readonly string[]): string | undefined {
  const [first = '', ...rest] = argv;
  if (first === 'help') return findHelp(rest);
  if (isHelpRequest(argv)) return findHelp(argv.slice(0, -1)) ?? USAGE;
  return argv.length === 1 ? formatGroupHelp(first) : undefined;
}

/** Whether --help or -h follows the command at once. Elsewhere it may be the value of an option. */
function isHelpRequest(argv: readonly string[]): boolean {
  const command = findCommand(argv);
  const [last = ''] = argv.slice(-1);
  return (last === '--help' || last === '-h') && argv.length <= (command ? countWords(command) : 1) + 1;
}

/** Returns the help on a command, on a first word, or on all commands; undefined for unknown words. */
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
    `  Options and examples: barejose help ${group} COMMAND`,
    '',
  ].join('\n');
}

/** Suggests commands, and does not repeat argv, which may hold a token. */
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

function packageVersion(): unknown {
  return JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')).version;
}

function reportError(host: Host, error: unknown, command: Command | undefined): number {
  const { stdout, stderr, argv } = host;
  const { prefix, message, code, exit } = describeError(error);
  const line = `barejose: ${prefix}${printable(message)}`;
  stderr.write(`${stderr.isTTY ? wrapText(line, terminalWidth(stderr), 2) : line}\n`);
  if (exit === EXIT.usage && !(error instanceof UnreadableError))
    stderr.write(`Try: barejose ${command ? `${command.name} ` : ''}--help\n`);
  if (argv.includes('--json')) stdout.write(`${formatJson({ error: { code, message } })}\n`);
  return exit;
}

interface ErrorReport {
  /** Precedes the message for people; JSON has the code instead. */
  readonly prefix: string;
  readonly message: string;
  readonly code: string;
  readonly exit: number;
}

function describeError(error: unknown): ErrorReport {
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
