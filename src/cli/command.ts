// What a command is: its name, what it reads, what it does, and the help that is made of the same words.
import { type Arguments, type Options, parseArguments } from './arguments.ts';
import type { Host } from './host.ts';
import { checkInputSource } from './input.ts';
import { fillLines, splitClauses, wrapText } from './terminal.ts';

/** A command as its file describes it. */
export interface CommandSpec<Name extends string> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The one argument that is no option. */
  readonly operand?: Operand;
  readonly options: Options<Name>;
  /** What comes out, where, and when. */
  readonly outcome: string;
  /** Lines for a shell. test/cli/run.test.ts runs each of them. */
  readonly examples: readonly string[];
  readonly run: (host: Host, args: Arguments<Name | 'json'>) => Promise<number>;
}

export interface Operand {
  readonly name: string;
  readonly help: string;
  /** It says where a value comes from, and is never the value itself. */
  readonly isSource?: boolean;
  /** It has no default. */
  readonly required?: boolean;
}

/** A command ready to run. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** @returns the exit code */
  readonly run: (host: Host, words: readonly string[]) => Promise<number>;
}

const JSON_OPTION = { help: 'the outcome as one JSON value on standard output' };

export function defineCommand<Name extends string>(spec: CommandSpec<Name>): Command {
  const { name, summary, operand } = spec;
  const options = { ...spec.options, json: JSON_OPTION };
  const run = (host: Host, words: readonly string[]) => {
    const args = parseArguments<Name | 'json'>(
      { name, options, operand: operand?.name, needsOperand: operand?.required },
      words,
    );
    if (operand?.isSource) checkInputSource({ name: operand.name, source: args.operand });
    return spec.run(host, args);
  };
  return { name, summary, help: formatHelp(spec, options), run };
}

/** The columns of a terminal that nobody has made wider. */
const HELP_WIDTH = 80;
const LABEL_WIDTH = 26;

function formatHelp(spec: Omit<CommandSpec<string>, 'run'>, options: Options<string>): string {
  const { name, summary, operand, outcome, examples } = spec;
  const rows = Object.entries(options).map(([option, { value, many, required, help }]) => {
    const label = value === undefined ? `--${option}` : `--${option} ${value}`;
    return formatRow(label, `${help}${required ? '. Required' : ''}${many ? '. May be given several times' : ''}`);
  });
  return [
    `barejose ${name}${operand ? (operand.required ? ` ${operand.name}` : ` [${operand.name}]`) : ''} [options]`,
    wrapText(summary, HELP_WIDTH, 0),
    '',
    ...(operand ? [formatRow(operand.name, operand.help)] : []),
    ...rows,
    '',
    `  ${wrapText(splitClauses(outcome), HELP_WIDTH - 2, 2)}`,
    '',
    'examples',
    ...examples.map(formatExample),
    '',
  ].join('\n');
}

/** A line for a shell; where it is too long, in several, of which each but the last says that it goes on. */
export function formatExample(line: string): string {
  return `  $ ${fillLines(Array.from(line.matchAll(SHELL_WORDS), String), HELP_WIDTH - 8).join(' \\\n      ')}`;
}

/** As a shell tells them apart, single quotes holding a word together; an option and its value are not parted. */
const SHELL_WORDS = /(?:--[\w-]+ (?!--|[|<>&]))?(?:'[^']*'|[^\s'])+/g;

/** A line of a list: what it is about on the left, what there is to say on the right. */
export function formatRow(label: string, text: string): string {
  const gap = label.length < LABEL_WIDTH ? '' : `\n  ${' '.repeat(LABEL_WIDTH)}`;
  return `  ${label.padEnd(LABEL_WIDTH)}${gap}${wrapText(splitClauses(text), HELP_WIDTH - LABEL_WIDTH - 2, LABEL_WIDTH + 2)}`;
}
