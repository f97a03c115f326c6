// Defines a command: its name, arguments and function, and the help generated from them.
import { type Arguments, type Options, parseArguments } from './arguments.ts';
import type { Host } from './host.ts';
import { checkSource } from './input.ts';
import { fillLines, splitClauses, wrapText } from './terminal.ts';

/** A command as its file describes it. */
export interface CommandSpec<Name extends string> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly operand?: Operand;
  readonly options: Options<Name>;
  /** The output and the exit codes, for the help. */
  readonly outcome: string;
  /** Shell lines. test/cli/run.test.ts runs each of them. */
  readonly examples: readonly string[];
  readonly run: (host: Host, args: Arguments<Name | 'json'>) => Promise<number>;
}

/** The argument that is not an option. */
export interface Operand {
  readonly name: string;
  readonly help: string;
  /** It names the source of a value (-, @FILE, env:NAME), and is never the value itself. */
  readonly isSource?: boolean;
  readonly required?: boolean;
  /** May be repeated. */
  readonly many?: boolean;
}

/** A command ready to run. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** @returns the exit code */
  readonly run: (host: Host, words: readonly string[]) => Promise<number>;
}

const JSON_OPTION = { help: 'print one JSON value on standard output' };

export function defineCommand<Name extends string>(spec: CommandSpec<Name>): Command {
  const { name, summary, operand } = spec;
  const options = { ...spec.options, json: JSON_OPTION };
  const run = (host: Host, words: readonly string[]) => {
    const args = parseArguments<Name | 'json'>(
      { name, options, operand: operand?.name, needsOperand: operand?.required, takesManyOperands: operand?.many },
      words,
    );
    if (operand?.isSource) checkSource({ name: operand.name, source: args.operand });
    return spec.run(host, args);
  };
  return { name, summary, help: formatHelp(spec, options), run };
}

/** The default width of a terminal. */
const HELP_WIDTH = 80;
const LABEL_WIDTH = 26;

function formatHelp(spec: Omit<CommandSpec<string>, 'run'>, options: Options<string>): string {
  const { name, summary, operand, outcome, examples } = spec;
  const rows = Object.entries(options).map(([option, { value, many, required, help }]) => {
    const label = value === undefined ? `--${option}` : `--${option} ${value}`;
    return formatRow(label, `${help}${required ? '. Required' : ''}${many ? '. May be repeated' : ''}`);
  });
  const words = operand && `${operand.name}${operand.many ? '…' : ''}`;
  return [
    `barejose ${name}${words ? (operand.required ? ` ${words}` : ` [${words}]`) : ''} [options]`,
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

/** Formats a shell line, continued by backslashes where it is too long. */
export function formatExample(line: string): string {
  return `  $ ${fillLines(Array.from(line.matchAll(SHELL_WORDS), String), HELP_WIDTH - 8).join(' \\\n      ')}`;
}

/** Matches the words of a shell line. Single quotes join words, and an option keeps its value on the same line. */
const SHELL_WORDS = /(?:--[\w-]+ (?!--|[|<>&]))?(?:'[^']*'|[^\s'])+/g;

/** Formats a row of a list: the label on the left, its text wrapped on the right. */
export function formatRow(label: string, text: string): string {
  const gap = label.length < LABEL_WIDTH ? '' : `\n  ${' '.repeat(LABEL_WIDTH)}`;
  return `  ${label.padEnd(LABEL_WIDTH)}${gap}${wrapText(splitClauses(text), HELP_WIDTH - LABEL_WIDTH - 2, LABEL_WIDTH + 2)}`;
}
