// Arguments of callers: option objects, read once, by their own members only, none of them unknown; and members of objects
// of other classes.
import { isPromise, isUint8Array } from 'node:util/types';
import { attempt } from './errors.ts';
import type { JsonObject } from './json.ts';
import { sizeHint } from './time.ts';

/**
 * The rule of one option: whether a value is good, and the words that follow "must be" in the error. The first words in
 * single quotes are an example of a value. `aliases` are the option's names in other libraries, separated by spaces. It is a
 * tuple, so that a missing alias cannot be inherited from a polluted Object.prototype.
 */
export type Rule = readonly [isGood: (value: unknown) => boolean, mustBe: string, aliases?: string];

/** The rule of each option. `undefined` means "not set" and is checked by no rule. */
export type OptionRules<T> = { readonly [K in keyof T]-?: Rule };

export const aString: Rule = [isString, 'a string'];
export const aBoolean: Rule = [isBoolean, 'true or false'];
export const aFunction: Rule = [isFunction, 'a function'];
export const aCount: Rule = [isCount, 'a whole number of at least 1'];
export const aStringList: Rule = [isStrings, 'an array of at least one string'];
export const aUint8Array: Rule = [isOctets, 'a Uint8Array'];
export const aPlainObject: Rule = [isPlainObject, 'a plain object'];
/** Further protected header parameters. */
export const aHeader: Rule = [isPlainObject, 'a plain object', 'protectedHeader'];

/** How options are read, beside their rules. */
export interface Reading<T> {
  /** The name of the argument, for errors. */
  readonly argument: string;
  /** The options that must be given. */
  readonly needed: readonly (keyof T & string)[];
  /** The words of the error for a name that is not an option here; `undefined` for the usual words. */
  readonly hint: ((name: string) => string | undefined) | undefined;
}

/**
 * Reads options into an object without a prototype. Inherited members are ignored and unknown ones refused, so that neither
 * a polluted Object.prototype nor a misspelt name can change a request.
 *
 * @throws TypeError naming the option that is unknown, missing or of a wrong type, and what would be right
 */
export function readOptions<T extends object>(
  options: T | undefined,
  rules: OptionRules<T>,
  reading?: Partial<Reading<T>>,
): T {
  const given = { argument: 'options', needed: [], hint: undefined, options: options === undefined ? {} : options };
  // Spread reads own members only; with nothing to spread, it would take longer than the rest of the reading.
  const whole = reading ? { ...given, ...reading } : given;
  return checkNeeded(readInto(Object.create(null), rules, whole), rules, whole);
}

/** The caller's options, and how to read them. Every member is present, so that none can be inherited. */
export interface Given<T> extends Reading<T> {
  readonly options: object;
}

/**
 * Reads options as `readOptions` does, each once, into an existing object. The caller checks the needed ones.
 */
export function readInto<T extends object>(target: T, rules: OptionRules<T>, given: Given<T>): T {
  const { argument, options, needed } = given;
  // A plain object only: options on a prototype of the caller's would be ignored, and a check with them.
  if (!isPlainObject(options)) throw argumentError(argument, `a plain object${exampleOf(rules, needed)}`, options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw unknownOptionError(name, rules, given);
    const value = options[name];
    const rule = rules[name as keyof T];
    if (value !== undefined && !rule[0](value)) throw argumentError(`${argument}.${name}`, rule[1], value);
    target[name as keyof T] = value as T[keyof T];
  }
  return target;
}

/** @throws TypeError for the first needed option that is missing, with the value to give */
export function checkNeeded<T extends object>(read: T, rules: OptionRules<T>, { argument, needed }: Given<T>): T {
  for (const name of needed) {
    if (read[name] === undefined) throw new TypeError(`${argument}.${name} must be given: ${rules[name][1]}`);
  }
  return read;
}

/**
 * The error for an argument or option of a wrong value. It never shows the value, which may be a secret, but says when the
 * value is a promise, a time in milliseconds, or an object of another copy of this package.
 */
export function argumentError(argument: string, mustBe: string, value: unknown): TypeError {
  return new TypeError(`${argument} must be ${mustBe}${hintForValue(mustBe, value)}`);
}

function hintForValue(mustBe: string, value: unknown): string {
  if (isPromise(value)) return '; it is a promise: await it';
  if (/\bseconds\b/.test(mustBe)) return sizeHint(value);
  const name: unknown = attempt(() => Object(value).constructor.name, undefined);
  // A value refused although its class has the right name comes from another copy. Nothing else is read from that name.
  const isOfCopy = isString(name) && /^(Key|KeySet|DecryptionKeys|RemoteJwks|Issuer|Verifier|VerifiedJwt)$/.test(name);
  if (!isOfCopy || !mustBe.split(/\W/).includes(name)) return '';
  return `; this ${name} is of another copy of barejose: load only one copy`;
}

/** An example of an options object: the needed options, or the first one. */
function exampleOf(rules: object, needed: readonly string[]): string {
  const shown = rulesByName(rules).filter(([name], i) => (needed.length > 0 ? needed.includes(name) : i === 0));
  const members = shown.map(([name, [, mustBe]]) => `${name}: ${/'[^']+'/.exec(mustBe)?.[0] ?? '…'}`);
  return ` such as { ${members.join(', ')} }`;
}

function rulesByName(rules: object): readonly (readonly [name: string, rule: Rule])[] {
  return Object.entries(rules);
}

function unknownOptionError<T>(name: string, rules: object, { argument, hint }: Given<T>): TypeError {
  // No option has so long a name: it may be a token, so only its beginning is shown.
  if (name.length > MAX_NAME) return new TypeError(`${argument}.${name.slice(0, MAX_SHOWN)}… is not an option`);
  const near = nearestOption(name, rules);
  const what = hint?.(name) ?? `is not an option${near ? `; ${near} is` : ''}`;
  return new TypeError(`${argument}.${name} ${what}`);
}

const MAX_NAME = 40;
const MAX_SHOWN = 10;

/** The option that a name most likely means: the one it is an alias of, else the one with the closest spelling. */
function nearestOption(name: string, rules: object): string | undefined {
  const table = rulesByName(rules);
  const alias = table.find(([, [, , aliases]]) => aliases?.split(' ').includes(name));
  const like = (most: number) =>
    table.find(([option]) => option.length > 2 * most && isWithinEdits(most, name, option));
  return (alias ?? like(1) ?? like(2))?.[0];
}

/** Whether the Levenshtein distance of two texts is at most `edits`. */
function isWithinEdits(edits: number, a: string, b: string): boolean {
  if (edits < 0 || a === '' || b === '') return a.length + b.length <= edits;
  const [restOfA, restOfB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isWithinEdits(edits, restOfA, restOfB);
  return [
    [restOfA, restOfB],
    [restOfA, b],
    [a, restOfB],
  ].some(([x = '', y = '']) => isWithinEdits(edits - 1, x, y));
}

/**
 * Refuses arguments that a function does not take. A caller who gives one, such as a callback or an expectation, believes
 * that it counts; ignored, it would be a check that is not made.
 *
 * @param given `arguments.length`
 * @param taker the function, none of whose parameters has a default value or it would not be counted
 * @throws TypeError
 */
export function checkArgumentCount(given: number, taker: (...args: never[]) => unknown): void {
  // The function's name is read for the error only: that is slow, and every token passes here.
  if (given > taker.length) throw extraArgumentError(taker, given);
}

function extraArgumentError({ name, length }: (...args: never[]) => unknown, given: number): TypeError {
  const taken = length === 1 ? '1 argument' : `${length || 'no'} arguments`;
  return new TypeError(`${name} takes ${taken}, and was given ${given}`);
}

/** Runs the check of another module, and puts the full name of the argument into its TypeErrors. */
export function withArgumentNames<T>(read: () => T, names: Readonly<Record<string, string>>): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(
      error.message.replace(/^\w+/, (word) => names[word] ?? word),
      { cause: error },
    );
  }
}

/**
 * Reads a member of an object made by a framework or by a client of the caller's: an own member or one of its class, never
 * one that only Object.prototype has.
 */
export function readMember<T extends object, Name extends keyof T>(object: T, name: Name): T[Name] | undefined {
  // A clean Object.prototype has no such member: there is nothing to guard against.
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

/** Whether a value is a plain object, of this realm or of another, and not of a class that could define its own JSON. */
export function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isObjectPrototype(prototype);
}

/**
 * Whether an object is the Object.prototype of some realm, such as that of a node:vm context or of Jest's sandbox. It ends
 * the prototype chain and has Object.prototype's own method, which is not enumerable: an object that options were put on
 * to be inherited, or the prototype of a class that extends null, has no such property.
 */
function isObjectPrototype(value: object): boolean {
  return (
    Object.getPrototypeOf(value) === null &&
    Object.getOwnPropertyDescriptor(value, 'isPrototypeOf')?.enumerable === false
  );
}
