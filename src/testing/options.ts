// The options of a test issuer, read once; a wrong one is a TypeError that names it and says what it must be.

import { isDate } from 'node:util/types';
import type { Duration } from '../index.ts';
import { ALGORITHMS } from './key-pairs.ts';
import type { TestAlgorithm, TestClaims, TestIssuerOptions } from './testing.ts';

/** The options with their defaults. */
export interface TestSettings {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly algorithm: TestAlgorithm;
  readonly typ: string | undefined;
  readonly claims: TestClaims;
  readonly now: number;
  readonly maxAge: number;
  readonly metadata: { readonly [member: string]: unknown };
}

/** Whether a value is good, and the words that follow "must be". */
type Rule = readonly [isGood: (value: unknown) => boolean, mustBe: string];

const RULES: { readonly [Name in keyof Required<TestIssuerOptions>]: Rule } = {
  issuer: [isIssuer, "an https URL without query and fragment, such as 'https://issuer.example'"],
  audience: [isAudience, "a string such as 'api', or an array of at least one"],
  algorithm: [(value) => ALGORITHMS.some((name) => name === value), `one of ${ALGORITHMS.join(', ')}`],
  typ: [isText, "a string such as 'at+jwt'"],
  claims: [isPlain, "a plain object such as { scope: 'orders:read' }"],
  now: [isInstant, 'a Date, or a number of seconds since 1970'],
  maxAge: [isDuration, "a duration such as '10m', or a number of seconds"],
  metadata: [
    isFurtherMetadata,
    'a plain object of metadata members without issuer and jwks_uri, which have their values',
  ],
};

/** @throws TypeError for a missing, unknown or wrong option */
export function readTestOptions(options: TestIssuerOptions): TestSettings {
  const given = readMembers<TestIssuerOptions>(options, RULES, 'options');
  for (const name of ['issuer', 'audience'] as const)
    if (given[name] === undefined) throw new TypeError(`options.${name} must be given: ${RULES[name][1]}`);
  const { issuer = '', audience = '', algorithm = 'ES256', typ, now = 1_700_000_000, maxAge = '10m' } = given;
  return {
    issuer,
    audience: typeof audience === 'string' ? audience : [...audience],
    algorithm,
    typ,
    claims: { ...given.claims },
    now: typeof now === 'number' ? now : now.getTime() / 1000,
    maxAge: secondsOf(maxAge, 'options.maxAge'),
    metadata: { ...given.metadata },
  };
}

/** The own members of an options object, each checked. @throws TypeError for one that is unknown or wrong */
export function readMembers<T extends object>(
  options: T | undefined,
  rules: { readonly [Name in keyof Required<T>]: Rule },
  argument: string,
): Partial<T> {
  const given: Partial<T> = Object.create(null);
  if (options !== undefined && !isPlain(options)) throw new TypeError(`${argument} must be a plain object`);
  for (const [name, value] of Object.entries(options ?? {})) {
    const rule: Rule | undefined = Object.entries<Rule>(rules).find(([known]) => known === name)?.[1];
    if (!rule) throw new TypeError(`${argument}.${name.slice(0, 40)} is not an option`);
    if (value !== undefined && !rule[0](value)) throw wrongValueError(`${argument}.${name}`, rule[1], value);
    Object.assign(given, { [name]: value });
  }
  return given;
}

function isFurtherMetadata(value: unknown): boolean {
  return isPlain(value) && ['issuer', 'jwks_uri'].every((member) => !Object.hasOwn(Object(value), member));
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** A Duration in seconds. @throws TypeError naming the argument */
export function secondsOf(duration: Duration, argument: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(String(duration)) ?? [];
  const seconds = typeof duration === 'number' ? duration : Number(count) * (UNITS.get(unit) ?? 0);
  if (seconds >= 0 && seconds < MAX_SECONDS) return seconds;
  throw wrongValueError(argument, RULES.maxAge[1], duration);
}

/** Says what the value must be, and of a time in milliseconds that it is one. */
function wrongValueError(argument: string, mustBe: string, value: unknown): TypeError {
  const isTooLarge = typeof value === 'number' && value >= MAX_SECONDS && mustBe.includes('seconds');
  const hint = isTooLarge ? '; it is 1e11 seconds or more: give seconds, not milliseconds' : '';
  return new TypeError(`${argument} must be ${mustBe}${hint}`);
}

/** The bound of times: more is most likely a number of milliseconds. */
const MAX_SECONDS = 1e11;

function isDuration(value: unknown): boolean {
  return typeof value === 'number' ? value >= 0 && value < MAX_SECONDS : /^\d{1,9}[smhdw]$/.test(String(value));
}

function isInstant(value: unknown): boolean {
  const seconds = isDate(value) ? value.getTime() / 1000 : value;
  return typeof seconds === 'number' && Math.abs(seconds) < MAX_SECONDS;
}

export function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isAudience(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

/** Whether a value is an object of no class, also of another realm such as Jest's: members on a prototype would be ignored. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** RFC 8414 §2 an issuer is an https URL without query or fragment; of this machine, http does. */
function isIssuer(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value) || /[?#]/.test(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  return (protocol === 'https:' || (protocol === 'http:' && isLocal)) && username + password === '';
}
