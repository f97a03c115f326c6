// The options of a client of jwks-rsa, read once into those of a remote set.
import * as advice from './advice.ts';
import { ownMembers } from './own-members.ts';

/** Options that were checked. Times are in seconds. */
export interface ReadClientOptions {
  /** As given: it is checked when keys are asked for, or handed to `fetcher` as it is. */
  readonly jwksUri: unknown;
  readonly fetcher: ((jwksUri: unknown) => unknown) | undefined;
  readonly headers: { readonly [name: string]: string } | undefined;
  readonly timeout: number;
  /** Whether keys are kept; otherwise each call asks. */
  readonly cache: boolean;
  readonly maxFresh: number;
  readonly staleFor: number;
  /** The most requests a minute, if they are limited. */
  readonly perMinute: number | undefined;
  readonly getKeysInterceptor: (() => unknown) | undefined;
  readonly onStaleCacheFallback: ((error: unknown, kid: unknown, key: unknown) => unknown) | undefined;
}

const KNOWN = [
  'jwksUri',
  'fetcher',
  'requestHeaders',
  'requestAgent',
  'timeout',
  'cache',
  'cacheMaxEntries',
  'cacheMaxAge',
  'cacheMaxAgeFallback',
  'onStaleCacheFallback',
  'rateLimit',
  'jwksRequestsPerMinute',
  'getKeysInterceptor',
  'handleSigningKeyError',
];

const TIMEOUT = 30_000;
const CACHE_MAX_AGE = 600_000;
const REQUESTS_PER_MINUTE = 10;
/** The longest timeout in seconds, and the longest time for which keys are kept. */
const MAX_TIMEOUT = 86_400;
const MAX_AGE = 1e9;

/** @throws TypeError for an option that cannot be honoured */
export function readClientOptions(given: unknown): ReadClientOptions {
  const options = ownMembers(given);
  if (options.requestAgent) throw optionError('requestAgent has no effect here: give fetcher, which sends the request');
  for (const name of Object.keys(options))
    if (!KNOWN.includes(name)) advice.warnOnce('jwks-rsa', `a client has no option ${name}, so it has no effect`);
  return {
    jwksUri: options.jwksUri,
    fetcher: functionOf(options, 'fetcher'),
    headers: headersOf(options.requestHeaders),
    timeout: Math.min(numberOf(options, 'timeout') || TIMEOUT, MAX_TIMEOUT * 1000) / 1000,
    cache: Boolean(options.cache ?? true),
    maxFresh: maxFreshOf(options),
    staleFor: Math.min((numberOf(options, 'cacheMaxAgeFallback') ?? 0) / 1000, MAX_AGE),
    perMinute: options.rateLimit ? perMinuteOf(options) : undefined,
    getKeysInterceptor: functionOf(options, 'getKeysInterceptor'),
    onStaleCacheFallback: functionOf(options, 'onStaleCacheFallback'),
  };
}

type Options = { readonly [name: string]: unknown };

function optionError(text: string): TypeError {
  return advice.optionError('jwks-rsa', `options.${text}`);
}

type Callable = (...args: readonly unknown[]) => unknown;

function isFunction(value: unknown): value is Callable {
  return typeof value === 'function';
}

/** An option that is a function; `undefined` if it is absent. */
function functionOf(options: Options, name: string): Callable | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined || isFunction(value)) return value;
  throw optionError(`${name} must be a function`);
}

/** An option that is a number; `undefined` if it is absent. */
function numberOf(options: Options, name: string): number | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined || (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY))
    return value;
  throw optionError(`${name} must be a number of milliseconds, of at least 0`);
}

/** At least a second, as the remote set has it. */
function maxFreshOf(options: Options): number {
  const age = numberOf(options, 'cacheMaxAge') ?? CACHE_MAX_AGE;
  if (age === 0) throw optionError('cacheMaxAge must not be 0, which would keep keys for ever: for none, cache: false');
  return Math.min(Math.max(age / 1000, 1), MAX_AGE);
}

function perMinuteOf({ jwksRequestsPerMinute = REQUESTS_PER_MINUTE }: Options): number {
  if (typeof jwksRequestsPerMinute === 'number' && jwksRequestsPerMinute >= 1) return jwksRequestsPerMinute;
  throw optionError('jwksRequestsPerMinute must be a number of at least 1');
}

/** Headers as Node's http takes them, also numbers and lists, as texts. */
function headersOf(headers: unknown): { readonly [name: string]: string } | undefined {
  if (!headers) return undefined;
  const present = Object.entries(ownMembers(headers)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}
