// Options as providers take them: texts that go into issuers, URLs and claims, each of a strict form, and the keys at a
// known URL.
import { ownMembers } from '../json.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { argumentError, isPlainObject, isString, type OptionRules, type Rule, readOptions } from '../options.ts';
import { REMOTE_OPTIONS, type RemoteJwksOptions } from '../remote/options.ts';
import { type RemoteJwks, remoteJwks } from '../remote/remote.ts';

/** One value, or several of which any will do. */
export type OneOrSeveral = string | readonly string[];

/** How the keys are fetched, for every provider that fetches a set. */
export interface RemoteOption {
  /** The options of the remote key set, such as `timeout`, `fetch` and `clock`. */
  readonly remote?: RemoteJwksOptions | undefined;
}

/** The rule of `remote`, whose own options are checked where the set is made. */
export const aRemote: Rule = [isPlainObject, "a plain object such as { timeout: '5s' }"];

/** Makes a table of rules in a function of its own, so that a bundler can drop the rules of providers that are not used. */
export function rulesOf<T>(make: () => T): T {
  return make();
}

/** The rule of a text of a form. */
export function textLike(form: RegExp, mustBe: string): Rule {
  return [(value) => isString(value) && form.test(value), mustBe];
}

/** The rule of a text of a form, or of several. */
export function textsLike(form: RegExp, mustBe: string): Rule {
  const isLike = (value: unknown) => isString(value) && form.test(value);
  // Spread, because `every` skips the holes of a sparse array.
  const areLike = (value: unknown) => Array.isArray(value) && value.length > 0 && [...value].every(isLike);
  return [(value) => isLike(value) || areLike(value), `${mustBe}, or several in an array`];
}

/** An audience or client id of any form: neither empty nor with spaces around, as from a file or an empty variable. */
export const NAME: RegExp = /^\S(?:.*\S)?$/;

/** Options that narrow nothing: without them, nothing more is accepted. */
const NEUTRAL: readonly string[] = ['remote', 'clock', 'now', 'clockSkew'];

/**
 * Reads the options of a provider. One that is undefined is refused: it is a variable that was not set, and would be a check
 * that is not made. Copies lists and objects, which the caller could change later.
 * @throws TypeError naming the option that is unknown, missing or of another form, and what it must be
 */
export function readGiven<T extends object>(
  options: T | undefined,
  rules: OptionRules<T>,
  needed: readonly (keyof T & string)[],
): T {
  const read = readOptions(options, rules, { needed });
  for (const name of Object.keys(read) as (keyof T & string)[])
    if (read[name] === undefined && !NEUTRAL.includes(name))
      throw argumentError(`options.${name}`, `${rules[name][1]}, or left out`, undefined);
  const copies = Object.entries(read).map(([name, value]) => [name, copyOf(value)]);
  return ownMembers({ ...read, ...Object.fromEntries(copies) });
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return isPlainObject(value) ? ownMembers(value) : value;
}

/** The expected values of those claims that were asked for; `undefined` if none was. */
export function claimsAskedFor(
  claims: Readonly<Record<string, OneOrSeveral | undefined>>,
): Readonly<Record<string, OneOrSeveral>> | undefined {
  const asked: [string, OneOrSeveral][] = [];
  for (const [name, value] of Object.entries(claims)) if (value !== undefined) asked.push([name, value]);
  return asked.length > 0 ? Object.fromEntries(asked) : undefined;
}

/** The options of a remote set whose keys must pass a check of the provider, beside the caller's own `accept`. */
export function acceptingOnly(check: (jwk: Jwk) => boolean, remote: RemoteJwksOptions | undefined): RemoteJwksOptions {
  const read = readOptions(remote, REMOTE_OPTIONS, { argument: 'options.remote' });
  return { ...read, accept: (jwk) => check(jwk) && (read.accept === undefined || read.accept(jwk)) };
}

/** The options of a remote set, with defaults of the provider for those that are not given. */
export function withDefaults(defaults: RemoteJwksOptions, remote: RemoteJwksOptions | undefined): RemoteJwksOptions {
  const given = Object.entries(remote ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** The key set at a provider's own URL. @throws TypeError naming the option of `remote` */
export function keysAt(url: string, remote: RemoteJwksOptions | undefined): RemoteJwks {
  return asRemoteOption(() => remoteJwks(url, remote));
}

/** Runs the check of another module, and puts the full name of an option of `remote` into its TypeErrors. */
export function asRemoteOption<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(error.message.replace(/^options\b/, 'options.remote'), { cause: error });
  }
}
