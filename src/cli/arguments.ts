// The words after a command → its options, each read as what it must be. What is wrong is told by the option's name; of what
// was given nothing is repeated, since a secret may stand where it should not.
import { parseArgs } from 'node:util';
import { type Duration, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../index.ts';
import { UsageError } from './host.ts';

/** One option of a command. */
export interface Option {
  /** What stands for its value in the help. Without: a flag. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
  /** Must be given. */
  readonly required?: boolean;
  readonly help: string;
}

export type Options<Name extends string> = Readonly<Record<Name, Option>>;

/** What stands after a command, sorted. */
export class Arguments<Name extends string> {
  readonly operand: string | undefined;
  readonly #values: ReadonlyMap<string, readonly string[]>;
  /** What must be given, as the help calls it: `--issuer`, or the name of the operand. */
  readonly #required: readonly string[];

  constructor(
    operand: string | undefined,
    values: ReadonlyMap<string, readonly string[]>,
    required: readonly string[] = [],
  ) {
    this.operand = operand;
    this.#values = values;
    this.#required = required;
  }

  has(name: Name): boolean {
    return this.#values.has(name);
  }

  /** None of them the empty one that an unset shell variable leaves. */
  texts(name: Name): readonly string[] {
    const values = this.#values.get(name) ?? [];
    if (values.includes('')) throw new UsageError(`--${name} is empty`);
    return values;
  }

  /** At most one value. */
  text(name: Name): string | undefined {
    const [value, second] = this.texts(name);
    if (second !== undefined) throw new UsageError(`--${name} is given twice`);
    return value;
  }

  /** At most one value, which may be empty. */
  textOrEmpty(name: Name): string | undefined {
    const values = this.#values.get(name) ?? [];
    return values.length === 1 && values[0] === '' ? '' : this.text(name);
  }

  requiredText(name: Name): string {
    return this.text(name) ?? this.throwMissing(name);
  }

  /** For an option without a default. The error names everything that is missing, so that one more try is enough. */
  throwMissing(name: Name): never {
    throw this.#missingError(`--${name}`);
  }

  #missingError(label: string): UsageError {
    const isGiven = (each: string) => (each.startsWith('--') ? this.#values.has(each.slice(2)) : Boolean(this.operand));
    const missing = new Set([...this.#required.filter((each) => !isGiven(each)), label]);
    return new UsageError(`${[...missing].join(' and ')} must be given`);
  }

  /** The argument that is no option, as the help calls it. */
  requiredOperand(operand: string): string {
    if (this.operand === undefined || this.operand === '') throw this.#missingError(operand);
    return this.operand;
  }

  /** One of a few words. */
  choice<const Word extends string>(name: Name, words: readonly Word[]): Word | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : checkWord(name, value, words);
  }

  algorithm(name: Name): SignatureAlgorithm | undefined {
    return this.choice(name, SIGNATURE_ALGORITHMS);
  }

  choices<const Word extends string>(name: Name, words: readonly Word[]): readonly Word[] {
    return this.texts(name).map((value) => checkWord(name, value, words));
  }

  /** A whole number within bounds. */
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

  /** An instant: seconds since 1970, or a date of ISO 8601. */
  instant(name: Name): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const seconds = /^\d{1,12}$/.test(value) ? Number(value) : parseDate(value);
    if (!Number.isNaN(seconds)) return seconds;
    throw new UsageError(`--${name} must be seconds since 1970, or a date such as 2026-01-31T12:00:00Z`);
  }
}

/** Date.parse takes the 31st of February for the 3rd of March. */
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

/** What is to be read. */
export interface Grammar {
  /** The command, for messages. */
  readonly name: string;
  readonly options: Readonly<Record<string, Option>>;
  /** The one argument that is no option, as the help calls it. */
  readonly operand?: string | undefined;
  /** Whether that must be given. */
  readonly needsOperand?: boolean | undefined;
}

/** @throws UsageError */
export function parseArguments<Name extends string>(grammar: Grammar, args: readonly string[]): Arguments<Name> {
  const { name, options, operand } = grammar;
  const { values, positionals } = parseWords(grammar, args);
  const most = operand === undefined ? 0 : 1;
  // Not told which: it may be a token, and arguments are seen by others on the same machine.
  if (positionals.length > most)
    throw new UsageError(`${name} takes ${most === 0 ? 'options only' : `one ${operand} and options`}`);
  const given = Object.keys(options).flatMap((option) => {
    const value = values[option];
    return value === undefined ? [] : [[option, [value].flat().map(String)] as const];
  });
  return new Arguments(positionals[0], new Map(given), requiredNames(grammar));
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
      args: markDashedKids(args, grammar),
      options: Object.fromEntries(rules),
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(parseErrorMessage(String(error), grammar));
  }
}

/** One thumbprint in 64 begins with a dash, and is no option for that. */
const DASHED_KID = /^-[\w-]{42}$/;

/** Nor is its beginning, where a kid is expected; with two dashes it cannot be told from an option. */
const DASHED_KID_PREFIX = /^-[\w][\w-]{4,}…?$/;

/** What the help calls a kid. */
const KID = 'KID';

/** The words with such a kid as a value of the option before it, or behind the `--` after which there are no options. */
function markDashedKids(words: readonly string[], { options, operand }: Grammar): string[] {
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

/** What node:util says of a mistake, without anything that could be a secret: only what looks like an option is told. */
function parseErrorMessage(message: string, { name, options }: Grammar): string {
  const [option = ''] = /--[a-z-]{1,16}(?=['= ])/.exec(message) ?? [];
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  if (!message.includes('Unknown option')) return `${option} needs a value`;
  const known = Object.keys(options).map((each) => `--${each}`);
  const meant = option ? nearestWords(option, known) : [];
  const remedy = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `${name} takes ${known.join(' ')}`;
  return `unknown option${option && ` ${option}`}; ${remedy}`;
}

/** Of these words, those that a word is most likely a misspelling of. */
export function nearestWords(word: string, words: readonly string[]): readonly string[] {
  const distances = words.map((each) => (word.length > MAX_WORD_LENGTH ? MAX_WORD_LENGTH : editDistance(word, each)));
  const least = Math.min(...distances, word.length / 3, MAX_EDITS);
  return words.filter((_, i) => Number(distances[i]) <= least);
}

/** With more of them it is another word. */
const MAX_EDITS = 3;

/** No command or option is longer. */
const MAX_WORD_LENGTH = 40;

/** How many letters have to be put in, left out, replaced, or exchanged with the next, to make one word of the other. */
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

/**
 * Runs a function of the library with what the user gave it; the option that it names in a TypeError is one of ours.
 * @param name what it calls `url` or `issuer`
 * @throws UsageError in place of TypeError
 */
export async function withUsageErrors<T>(run: () => T | Promise<T>, name = 'URL'): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = toOptionNames(error.message)
      .replace(/^(?:url|issuer)\b/, name)
      .replace(' with allowInsecureLoopback', '')
      .replace('must be a URL', 'is not a valid URL');
    throw new UsageError(message);
  }
}

/** A message of the library, whose options have the names of the command's. */
export function toOptionNames(message: string): string {
  return message.replace(/\boptions\.(?:policy\.)?(\w+)/g, (_, option: string) => `--${toOptionName(option)}`);
}

/** expiresIn → expires-in */
export function toOptionName(name: string): string {
  return RENAMED_OPTIONS.get(name) ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const RENAMED_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['modulusLength', 'bits'],
  ['algorithms', 'alg'],
  ['firstKeys', 'key'],
]);
