// The options of verify, read once. An option that checks nothing is refused: an empty audience is most likely a variable
// that was not set.
import { isRegExp } from 'node:util/types';
import * as advice from './advice.ts';
import { JsonWebTokenError } from './jsonwebtoken-errors.ts';
import { ownMembers } from './own-members.ts';
import { clockSeconds } from './timespan.ts';

/** Options of verify that were checked, with every member present. */
export interface ReadVerifyOptions {
  readonly algorithms: readonly string[] | undefined;
  readonly audience: readonly (string | RegExp)[] | undefined;
  readonly issuer: readonly string[] | undefined;
  readonly subject: unknown;
  readonly jwtid: unknown;
  readonly nonce: unknown;
  readonly maxAge: unknown;
  readonly ignoreExpiration: boolean;
  readonly ignoreNotBefore: boolean;
  readonly complete: boolean;
  readonly allowsAnyKey: boolean;
  /** The current instant, in seconds. */
  readonly now: number;
  /** In seconds. */
  readonly tolerance: number;
}

const KNOWN = [
  'algorithms',
  'audience',
  'clockTimestamp',
  'clockTolerance',
  'complete',
  'issuer',
  'ignoreExpiration',
  'ignoreNotBefore',
  'jwtid',
  'nonce',
  'subject',
  'maxAge',
  'allowInvalidAsymmetricKeyTypes',
];

/** The options of koa-jwt, which hands all that it is given on to verify. */
const OF_KOA_JWT = ['secret', 'key', 'tokenKey', 'cookie', 'getToken', 'isRevoked', 'passthrough', 'debug'];

/** The names that are written most often for an option, and the option that is meant. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['algorithm', 'algorithms'],
  ['aud', 'audience'],
  ['iss', 'issuer'],
  ['sub', 'subject'],
  ['jti', 'jwtid'],
  ['clockSkew', 'clockTolerance'],
]);

/** @throws JsonWebTokenError as jsonwebtoken does; TypeError for an option that would check nothing */
export function readVerifyOptions(given: unknown): ReadVerifyOptions {
  const options = ownMembers(given);
  const now = clockOf(options.clockTimestamp);
  checkNonce(options.nonce);
  const allowsAnyKey = options.allowInvalidAsymmetricKeyTypes;
  if (allowsAnyKey !== undefined && typeof allowsAnyKey !== 'boolean')
    throw new JsonWebTokenError('allowInvalidAsymmetricKeyTypes must be a boolean');
  warnOfUnknown(options);
  return {
    algorithms: algorithmsOf(options.algorithms),
    audience: namesOf('audience', options.audience, isAudience),
    issuer: namesOf('issuer', options.issuer, isName),
    subject: comparedValue('subject', options.subject),
    jwtid: comparedValue('jwtid', options.jwtid),
    nonce: options.nonce,
    maxAge: comparedValue('maxAge', options.maxAge === 0 ? '' : options.maxAge),
    ignoreExpiration: flagOf(options, 'ignoreExpiration'),
    ignoreNotBefore: flagOf(options, 'ignoreNotBefore'),
    complete: options.complete === true,
    allowsAnyKey: allowsAnyKey === true,
    now,
    tolerance: toleranceOf(options.clockTolerance),
  };
}

const optionError = (text: string): TypeError => advice.optionError('jsonwebtoken', text);

/** A flag that drops a check: text such as 'false', as an environment variable has it, must not do so. */
function flagOf(options: { readonly [name: string]: unknown }, name: string): boolean {
  const flag = options[name] ?? false;
  if (typeof flag === 'boolean') return flag;
  throw optionError(`options.${name} must be true or false`);
}

function clockOf(timestamp: unknown): number {
  if (!timestamp) return clockSeconds();
  if (typeof timestamp === 'number' && Number.isFinite(timestamp)) return timestamp;
  throw new JsonWebTokenError('clockTimestamp must be a number');
}

/** A tolerance that is no number would let every token through: NaN is smaller than nothing. */
function toleranceOf(tolerance: unknown): number {
  if (tolerance === undefined || tolerance === null) return 0;
  if (typeof tolerance === 'number' && Number.isFinite(tolerance)) return tolerance;
  throw optionError('options.clockTolerance must be a number of seconds');
}

function checkNonce(nonce: unknown): void {
  if (nonce !== undefined && (typeof nonce !== 'string' || nonce.trim() === ''))
    throw new JsonWebTokenError('nonce must be a non-empty string');
}

function warnOfUnknown(options: object): void {
  for (const name of Object.keys(options)) {
    if (KNOWN.includes(name) || OF_KOA_JWT.includes(name)) continue;
    const meant = MEANT.get(name);
    advice.warnOnce(
      'jsonwebtoken',
      `verify has no option ${name}, so it checks nothing${meant ? `: ${meant} may be meant` : ''}`,
    );
  }
}

function algorithmsOf(algorithms: unknown): readonly string[] | undefined {
  if (algorithms === undefined || algorithms === null) return undefined;
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    throw optionError("options.algorithms must be a list of at least one name, such as ['RS256']");
  if (algorithms.includes('none'))
    throw optionError("options.algorithms must not name 'none': a token without a signature proves nothing");
  return algorithms.map(String);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isAudience(value: unknown): value is string | RegExp {
  return isName(value) || isRegExp(value);
}

/** An option of one value or several as a list. */
function namesOf<T>(option: string, value: unknown, isGood: (each: unknown) => each is T): readonly T[] | undefined {
  if (value === undefined || value === null) return undefined;
  const names: readonly unknown[] = Array.isArray(value) ? [...value] : [value];
  if (names.length > 0 && names.every(isGood)) return names;
  const forms = option === 'audience' ? 'a string, a RegExp, or a list of these' : 'a string or a list of strings';
  throw optionError(`options.${option} must be ${forms}, none of them empty: this one would check nothing`);
}

/** An option that is compared with a claim; absent if it is undefined or null. */
function comparedValue(option: string, value: unknown): unknown {
  if (value === '') throw optionError(`options.${option} must not be empty or 0: it would check nothing; leave it out`);
  return value ?? undefined;
}
