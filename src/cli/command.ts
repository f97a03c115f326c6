// What a command is: its name, what it reads, what it does, and the help that is made of the same words.
import { type Arguments, type Options, readArguments } from './arguments.ts';
import { clausesOf, fill, wrap } from './paper.ts';
import { checkSource } from './values.ts';
import type { World } from './world.ts';

/** A command as its file describes it. */
export interface Spec<Name extends string> {
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
  readonly run: (world: World, given: Arguments<Name | 'json'>) => Promise<number>;
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
  readonly run: (world: World, args: readonly string[]) => Promise<number>;
}

const JSON_OPTION = { help: 'the outcome as one JSON value on standard output' };

export function command<Name extends string>(spec: Spec<Name>): Command {
  const { name, summary, operand } = spec;
  const options = { ...spec.options, json: JSON_OPTION };
  const run = (world: World, args: readonly string[]) => {
    const given = readArguments<Name | 'json'>(
      { name, options, operand: operand?.name, needsOperand: operand?.required },
      args,
    );
    if (operand?.isSource) checkSource({ name: operand.name, source: given.operand });
    return spec.run(world, given);
  };
  return { name, summary, help: helpOf(spec, options), run };
}

/** The columns of a terminal that nobody has made wider. */
const WIDTH = 80;
const LEFT = 26;

function helpOf(spec: Omit<Spec<string>, 'run'>, options: Options<string>): string {
  const { name, summary, operand, outcome, examples } = spec;
  const rows = Object.entries(options).map(([option, { value, many, required, help }]) => {
    const label = value === undefined ? `--${option}` : `--${option} ${value}`;
    return row(label, `${help}${required ? '. Required' : ''}${many ? '. May be given several times' : ''}`);
  });
  return [
    `barejose ${name}${operand ? (operand.required ? ` ${operand.name}` : ` [${operand.name}]`) : ''} [options]`,
    wrap(summary, WIDTH, 0),
    '',
    ...(operand ? [row(operand.name, operand.help)] : []),
    ...rows,
    '',
    `  ${wrap(clausesOf(outcome), WIDTH - 2, 2)}`,
    '',
    'examples',
    ...examples.map(example),
    '',
  ].join('\n');
}

/** A line for a shell; where it is too long, in several, of which each but the last says that it goes on. */
export function example(line: string): string {
  return `  $ ${fill(Array.from(line.matchAll(WORDS), String), WIDTH - 8).join(' \\\n      ')}`;
}

/** As a shell tells them apart, single quotes holding a word together; an option and its value are not parted. */
const WORDS = /(?:--[\w-]+ (?!--|[|<>&]))?(?:'[^']*'|[^\s'])+/g;

/** A line of a list: what it is about on the left, what there is to say on the right. */
export function row(label: string, text: string): string {
  const gap = label.length < LEFT ? '' : `\n  ${' '.repeat(LEFT)}`;
  return `  ${label.padEnd(LEFT)}${gap}${wrap(clausesOf(text), WIDTH - LEFT - 2, LEFT + 2)}`;
}
