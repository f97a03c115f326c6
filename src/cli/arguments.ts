// Parses the words after a command, and converts the values of its options. An error message names the option, and does
// not repeat the value, which may be a secret in the wrong place.
import { parseArgs } from 'node:util';
import {
  type Duration,
  KEY_MANAGEMENT_ALGORITHMS,
  type KeyManagementAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../index.ts';
import { UsageError } from './host.ts';

/** One option of a command. */
export interface Option {
  /** The placeholder of its value in the help; undefined for a flag. */
  readonly value?: string;
  /** May be repeated. */
  readonly many?: boolean;
  readonly required?: boolean;
  readonly help: string;
}

export type Options<Name extends string> = Readonly<Record<Name, Option>>;

/** The parsed arguments of a command: its operands, and the values of each option. */
export class Arguments<Name extends string> {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  /** The required options and operand, as in the help: `--issuer`, `KID`. */
  readonly #required: readonly string[];

  constructor(
    operands: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
    required: readonly string[] = [],
  ) {
    this.operands = operands;
    this.#values = values;
    this.#required = required;
  }

  /** The operand of a command that takes one. */
  get operand(): string | undefined {
    return this.operands[0];
  }

  has(name: Name): boolean {
    return this.#values.has(name);
  }

  /** All values of an option. An unset shell variable leaves an empty one, which is refused. */
  texts(name: Name): readonly string[] {
    const values = this.#values.get(name) ?? [];
    if (values.includes('')) throw new UsageError(`--${name} must not be empty`);
    return values;
  }

  /** At most one value. */
  text(name: Name): string | undefined {
    const [value, second] = this.texts(name);
    if (second !== undefined) throw new UsageError(`--${name} must be given only once`);
    return value;
  }

  /** At most one value; the empty text is a value too. */
  textOrEmpty(name: Name): string | undefined {
    const values = this.#values.get(name) ?? [];
    return values.length === 1 && values[0] === '' ? '' : this.text(name);
  }

  requiredText(name: Name): string {
    return this.text(name) ?? this.throwMissing(name);
  }

  /** Throws for an option without a default. The error names every missing argument, so that one retry is enough. */
  throwMissing(name: Name): never {
    throw this.#missingError(`--${name}`);
  }

  #missingError(label: string): UsageError {
    const isGiven = (each: string) => (each.startsWith('--') ? this.#values.has(each.slice(2)) : Boolean(this.operand));
    const missing = new Set([...this.#required.filter((each) => !isGiven(each)), label]);
    return new UsageError(`${[...missing].join(' and ')} must be given`);
  }

  /** @param operand its name in the help */
  requiredOperand(operand: string): string {
    if (this.operand === undefined || this.operand === '') throw this.#missingError(operand);
    return this.operand;
  }

  choice<const Word extends string>(name: Name, words: readonly Word[]): Word | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : checkWord(name, value, words);
  }

  algorithm(name: Name): SignatureAlgorithm | undefined {
    return this.choice(name, SIGNATURE_ALGORITHMS);
  }

  /** An algorithm for signatures or for encryption. */
  anyAlgorithm(name: Name): SignatureAlgorithm | KeyManagementAlgorithm | undefined {
    return this.choice(name, [...SIGNATURE_ALGORITHMS, ...KEY_MANAGEMENT_ALGORITHMS]);
  }

  choices<const Word extends string>(name: Name, words: readonly Word[]): readonly Word[] {
    return this.texts(name).map((value) => checkWord(name, value, words));
  }

  integer(name: Name, [least, most]: readonly [number, number]): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`);
  }

  duration(name: Name): Duration | undefined {
    const value = this.text(name);
    if (value === undefined || isDuration(value)) return value;
    throw new UsageError(`--${name} must be a whole number and a unit, such as 30s, 5m, 2h or 7d`);
  }

  /** Seconds since 1970, from such a number or an ISO 8601 date in UTC. */
  instant(name: Name): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const seconds = /^\d+$/.test(value) ? Number(value) : parseDate(value);
    if (seconds < MAX_INSTANT) return seconds;
    const hint = seconds >= MAX_INSTANT ? '; the year 5138 is the last: give seconds, not milliseconds' : '';
    throw new UsageError(`--${name} must be seconds since 1970, or a date such as 2026-01-31T12:00:00Z${hint}`);
  }
}

/** In seconds: the bound of the library's instants. */
const MAX_INSTANT = 1e11;

/** Refuses 31 February, which Date.parse reads as 3 March. */
function parseDate(text: string): number {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text)) return Number.NaN;
  const milliseconds = Date.parse(text);
  const isThatDay = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text.slice(0, 10));
  return isThatDay ? milliseconds / 1000 : Number.NaN;
}

function checkWord<Word extends string>(name: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${words.join(', ')}`);
  return found;
}

function isDuration(text: string): text is `${number}s` {
  return /^\d{1,9}[smhdw]$/.test(text);
}

/** The arguments that a command accepts. */
export interface Grammar {
  /** The command's name. */
  readonly name: string;
  readonly options: Readonly<Record<string, Option>>;
  /** The name of the operand in the help; undefined for none. */
  readonly operand?: string | undefined;
  readonly needsOperand?: boolean | undefined;
  readonly takesManyOperands?: boolean | undefined;
}

/** @throws UsageError */
export function parseArguments<Name extends string>(grammar: Grammar, args: readonly string[]): Arguments<Name> {
  const { name, options, operand, takesManyOperands } = grammar;
  const { values, positionals } = parseWords(grammar, args);
  // The message does not repeat the surplus argument, which may be a token.
  if (!takesManyOperands && positionals.length > (operand === undefined ? 0 : 1))
    throw new UsageError(`${name} takes ${operand === undefined ? 'only options' : `only one ${operand} and options`}`);
  const given = Object.keys(options).flatMap((option) => {
    const value = values[option];
    return value === undefined ? [] : [[option, [value].flat().map(String)] as const];
  });
  return new Arguments(positionals, new Map(given), requiredNames(grammar));
}

function requiredNames({ options, operand, needsOperand }: Grammar): readonly string[] {
  const names = Object.entries(options).flatMap(([name, { required }]) => (required ? [`--${name}`] : []));
  return operand !== undefined && needsOperand ? [operand, ...names] : names;
}

function parseWords(grammar: Grammar, args: readonly string[]) {
  const rules = Object.entries(grammar.options).map(([option, { value }]) => {
    return [option, { type: value === undefined ? 'boolean' : 'string', multiple: true }] as const;
  });
  try {
    return parseArgs({
      args: protectDashedKids(args, grammar),
      options: Object.fromEntries(rules),
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(optionErrorMessage(String(error), grammar));
  }
}

/** A thumbprint that begins with a dash, as one in 64 does. */
const DASHED_KID = /^-[\w-]{42}$/;

/** The beginning of such a thumbprint. With two dashes it would be ambiguous with an option. */
const DASHED_KID_PREFIX = /^-[\w][\w-]{4,}…?$/;

/** The placeholder of a kid in the help. */
const KID = 'KID';

/** Rewrites kids that begin with a dash for parseArgs: attached to their option by `=`, or moved behind `--`. */
function protectDashedKids(words: readonly string[], { options, operand }: Grammar): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const sorted: string[] = [];
  const operands: string[] = [];
  for (const word of words.slice(0, end)) {
    const before = sorted.at(-1) ?? '';
    const taken = before.startsWith('--') ? options[before.slice(2)]?.value : undefined;
    const isKid = DASHED_KID.test(word) || ((taken ?? operand) === KID && DASHED_KID_PREFIX.test(word));
    if (!isKid) sorted.push(word);
    else if (taken !== undefined) sorted.push(`${sorted.pop()}=${word}`);
    else operands.push(word);
  }
  return [...sorted, '--', ...operands, ...words.slice(end + 1)];
}

/** Rewrites a message of parseArgs so that it repeats only what looks like an option, and no possible secret. */
function optionErrorMessage(message: string, { name, options }: Grammar): string {
  const [option = ''] = /--[a-z-]{1,16}(?=['= ])/.exec(message) ?? [];
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  if (!message.includes('Unknown option')) return `${option} needs a value`;
  const known = Object.keys(options).map((each) => `--${each}`);
  const meant = option ? nearestWords(option, known) : [];
  const remedy = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `${name} takes ${known.join(' ')}`;
  return `unknown option${option && ` ${option}`}; ${remedy}`;
}

/** The words that a word most likely misspells. */
export function nearestWords(word: string, words: readonly string[]): readonly string[] {
  const distances = words.map((each) => (word.length > MAX_WORD_LENGTH ? MAX_WORD_LENGTH : editDistance(word, each)));
  const least = Math.min(...distances, word.length / 3, MAX_EDITS);
  return words.filter((_, i) => Number(distances[i]) <= least);
}

/** The most edits that still count as a misspelling. */
const MAX_EDITS = 3;

/** The length above which no command or option is compared. */
const MAX_WORD_LENGTH = 40;

/** The edit distance of Damerau and Levenshtein: insertions, deletions, replacements and swaps of adjacent letters. */
function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const cells = Array.from({ length: width * (a.length + 1) }, (_, i) => (i < width ? i : Math.floor(i / width)));
  const at = (i: number, j: number) => Number(cells[i * width + j]);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchanged = isExchanged ? at(i - 2, j - 2) + 1 : replaced;
      cells[i * width + j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, exchanged);
    }
  }
  return at(a.length, b.length);
}
