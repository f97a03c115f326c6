// What callers pass in: option objects read once, by their own members only, with nothing unknown in them; and members of
// objects that have a class of their own.
import { isUint8Array } from 'node:util/types';
import { isPlainObject } from './json.ts';

/** For each option, whether a value will do. `undefined` always will: it is the only "not set". */
export type OptionRules<T> = { readonly [K in keyof T]-?: (value: unknown) => boolean };

/**
 * The options as an object with no prototype. Nothing inherited is taken, so that neither a polluted Object.prototype
 * nor a misspelt name can change what is asked for.
 *
 * @throws TypeError naming the option that is unknown or of a wrong type
 */
export function readOptions<T extends object>(options: T | undefined, rules: OptionRules<T>, argument = 'options'): T {
  return readInto(Object.create(null), rules, { argument, options: options === undefined ? {} : options });
}

/** What a caller passed as the argument of this name. */
export interface Given {
  readonly argument: string;
  readonly options: object;
}

/** The same into an object that is already there. Each option is read once. */
export function readInto<T extends object>(target: T, rules: OptionRules<T>, { argument, options }: Given): T {
  // A plain object only: what stands on a prototype of the caller's own would be left out, and a check with it.
  if (!isPlainObject(options)) throw new TypeError(`${argument} must be a plain object`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw new TypeError(`${argument}.${name} is not an option`);
    const value = options[name];
    if (value !== undefined && !rules[name as keyof T](value)) throw new TypeError(`${argument}.${name} is not valid`);
    target[name as keyof T] = value as T[keyof T];
  }
  return target;
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
