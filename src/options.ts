// What callers pass in: option objects read once, by their own members only, with nothing unknown in them; and members of
// objects that have a class of their own.
import { isPromise, isUint8Array } from 'node:util/types';
import { attempt } from './errors.ts';
import { isPlainObject } from './json.ts';

/**
 * The rule of one option: whether a value will do, and what it must be, as an error says it after "must be". The first
 * words in single quotes are an example of a value. `aliases` are the names of the option in other libraries, separated
 * by spaces. A tuple, so that an alias that is not there cannot be inherited from a polluted Object.prototype.
 */
export type Rule = readonly [isGood: (value: unknown) => boolean, mustBe: string, aliases?: string];

/** The rule of each option. No rule is asked about `undefined`: it is the only "not set". */
export type OptionRules<T> = { readonly [K in keyof T]-?: Rule };

export const aString: Rule = [isString, 'a string'];
export const aBoolean: Rule = [isBoolean, 'true or false'];
export const aFunction: Rule = [isFunction, 'a function'];
export const aCount: Rule = [isCount, 'a whole number of at least 1'];
export const aStringList: Rule = [isStrings, 'an array of at least one string'];
export const aUint8Array: Rule = [isOctets, 'a Uint8Array'];
export const aPlainObject: Rule = [isPlainObject, 'a plain object'];

/** How options are read, beside their rules. */
export interface Reading<T> {
  /** The name of the argument, for errors. */
  readonly argument: string;
  /** The options that must be given. */
  readonly needed: readonly (keyof T & string)[];
  /** What an error says of a name that is no option here; `undefined` where it has nothing to say. */
  readonly hint: ((name: string) => string | undefined) | undefined;
}

/**
 * The options as an object with no prototype. Nothing inherited is taken, so that neither a polluted Object.prototype
 * nor a misspelt name can change what is asked for.
 *
 * @throws TypeError naming the option that is unknown, missing or of a wrong type, and what would be right
 */
export function readOptions<T extends object>(
  options: T | undefined,
  rules: OptionRules<T>,
  reading?: Partial<Reading<T>>,
): T {
  const given = { argument: 'options', needed: [], hint: undefined, options: options === undefined ? {} : options };
  // Spread, for its own members only; but where there is nothing to spread, that would take longer than the reading.
  const whole = reading ? { ...given, ...reading } : given;
  return checkNeeded(readInto(Object.create(null), rules, whole), rules, whole);
}

/** Options as a caller passed them, and how to read them. Every member is there, so that none can be inherited. */
export interface Given<T> extends Reading<T> {
  readonly options: object;
}

/**
 * Reads options as `readOptions` does, into an object that is already there; whoever calls it checks the needed ones. Each option is
 * read once.
 */
export function readInto<T extends object>(target: T, rules: OptionRules<T>, given: Given<T>): T {
  const { argument, options, needed } = given;
  // A plain object only: what stands on a prototype of the caller's own would be left out, and a check with it.
  if (!isPlainObject(options)) throw mistake(argument, `a plain object${exampleOf(rules, needed)}`, options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw unknownOption(name, rules, given);
    const value = options[name];
    const rule = rules[name as keyof T];
    if (value !== undefined && !rule[0](value)) throw mistake(`${argument}.${name}`, rule[1], value);
    target[name as keyof T] = value as T[keyof T];
  }
  return target;
}

/** @throws TypeError for the first needed option that is not there, with what to give */
export function checkNeeded<T extends object>(read: T, rules: OptionRules<T>, { argument, needed }: Given<T>): T {
  for (const name of needed) {
    if (read[name] === undefined) throw new TypeError(`${argument}.${name} must be given: ${rules[name][1]}`);
  }
  return read;
}

/**
 * The error for an argument or option of a wrong value. The value itself is not in it, since it may be a secret; but that it
 * is a promise, or an object of another copy of this package, is said.
 */
export function mistake(argument: string, mustBe: string, value: unknown): TypeError {
  return new TypeError(`${argument} must be ${mustBe}${asGiven(mustBe, value)}`);
}

function asGiven(mustBe: string, value: unknown): string {
  if (isPromise(value)) return '; it is a promise: await it';
  const name: unknown = attempt(() => Object(value).constructor.name, undefined);
  // It has the name of a class that would do, and was refused all the same. Nothing else is taken from that name.
  const isOfCopy = isString(name) && /^(Key|KeySet|RemoteJwks|Issuer|Verifier|VerifiedJwt)$/.test(name);
  if (!isOfCopy || !mustBe.split(/\W/).includes(name)) return '';
  return `; it is a ${name} of another copy of barejose: load only one copy`;
}

/** An options object with the options that must be given, or the first one there is. */
function exampleOf(rules: object, needed: readonly string[]): string {
  const shown = rulesByName(rules).filter(([name], i) => (needed.length > 0 ? needed.includes(name) : i === 0));
  const members = shown.map(([name, [, mustBe]]) => `${name}: ${/'[^']+'/.exec(mustBe)?.[0] ?? '…'}`);
  return ` such as { ${members.join(', ')} }`;
}

function rulesByName(rules: object): readonly (readonly [name: string, rule: Rule])[] {
  return Object.entries(rules);
}

function unknownOption<T>(name: string, rules: object, { argument, hint }: Given<T>): TypeError {
  // No option is so long: the name may be a token, for which only its beginning is shown.
  if (name.length > MAX_NAME) return new TypeError(`${argument}.${name.slice(0, MAX_SHOWN)}… is not an option`);
  const near = nearest(name, rules);
  const what = hint?.(name) ?? `is not an option${near ? `; ${near} is` : ''}`;
  return new TypeError(`${argument}.${name} ${what}`);
}

const MAX_NAME = 40;
const MAX_SHOWN = 10;

/** The option that a name most likely stands for: one that it is an alias of, else the one that is spelt most like it. */
function nearest(name: string, rules: object): string | undefined {
  const table = rulesByName(rules);
  const alias = table.find(([, [, , aliases]]) => aliases?.split(' ').includes(name));
  const like = (most: number) => table.find(([option]) => option.length > 2 * most && isWithin(most, name, option));
  return (alias ?? like(1) ?? like(2))?.[0];
}

/** Whether one text becomes the other by so many insertions, deletions and replacements of a character (Levenshtein). */
function isWithin(edits: number, a: string, b: string): boolean {
  if (edits < 0 || a === '' || b === '') return a.length + b.length <= edits;
  const [restOfA, restOfB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isWithin(edits, restOfA, restOfB);
  return [
    [restOfA, restOfB],
    [restOfA, b],
    [a, restOfB],
  ].some(([x = '', y = '']) => isWithin(edits - 1, x, y));
}

/**
 * Refuses arguments that a function does not take. Whoever gives one believes that it counts, such as a callback, or what is
 * expected of this token; ignored, it would be a check that is not made.
 *
 * @param given `arguments.length`
 * @param taker the function, none of whose parameters has a default value or it would not be counted
 * @throws TypeError
 */
export function checkArgumentCount(given: number, taker: (...args: never[]) => unknown): void {
  // The name is looked up for the error only: that is slow, and this is on the path of every token.
  if (given > taker.length) throw extraArgument(taker, given);
}

function extraArgument({ name, length }: (...args: never[]) => unknown, given: number): TypeError {
  const taken = length === 1 ? '1 argument' : `${length || 'no'} arguments`;
  return new TypeError(`${name} takes ${taken}, and was given ${given}`);
}

/**
 * A member of an object that a framework or a client of the caller's made: its own or its class's, and none that stands on
 * Object.prototype only.
 */
export function readMember<T extends object, Name extends keyof T>(object: T, name: Name): T[Name] | undefined {
  // On a clean Object.prototype there is nothing to look out for.
  if (!Object.hasOwn(Object.prototype, name)) return object[name];
  let holder: unknown = object;
  while (holder !== null && holder !== Object.prototype && !Object.hasOwn(Object(holder), name))
    holder = Object.getPrototypeOf(holder);
  return holder === null || holder === Object.prototype ? undefined : object[name];
}

export function isString(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** A whole number of at least 1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

export function isStrings(value: unknown): value is readonly string[] {
  // Spread, because `every` skips the holes of a sparse array, and then has nothing to object to.
  return Array.isArray(value) && value.length > 0 && [...value].every(isString);
}

/** Asks for the internal slot, which no prototype can feign. */
export function isOctets(value: unknown): value is Uint8Array {
  return isUint8Array(value);
}
