// The claims that sign of jsonwebtoken writes: the payload's own, and those that the options set.
import { isAlgorithm } from './jsonwebtoken-algorithms.ts';
import { ownMembers } from './own-members.ts';
import { instantAfter } from './timespan.ts';

/** The payload and options of sign, as given. */
export interface SignInput {
  readonly payload: unknown;
  readonly options: { readonly [name: string]: unknown };
}

type Claims = { [claim: string]: unknown };
/** A check of a value, and the words of the error. */
type Check = readonly [isGood: (value: unknown) => boolean, text: string];

const aTime = (name: string): Check => [
  (value) => Number.isInteger(value) || (typeof value === 'string' && value !== ''),
  `"${name}" should be a number of seconds or string representing a timespan`,
];
const aText = (name: string): Check => [(value) => typeof value === 'string', `"${name}" must be a string`];
const aFlag = (name: string): Check => [(value) => typeof value === 'boolean', `"${name}" must be a boolean`];

const OPTIONS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['expiresIn', aTime('expiresIn')],
  ['notBefore', aTime('notBefore')],
  ['audience', [(value) => typeof value === 'string' || Array.isArray(value), '"audience" must be a string or array']],
  ['algorithm', [isAlgorithm, '"algorithm" must be a valid string enum value']],
  ['header', [isPlainObject, '"header" must be an object']],
  ['encoding', aText('encoding')],
  ['issuer', aText('issuer')],
  ['subject', aText('subject')],
  ['jwtid', aText('jwtid')],
  ['noTimestamp', aFlag('noTimestamp')],
  ['keyid', aText('keyid')],
  ['mutatePayload', aFlag('mutatePayload')],
  ['allowInsecureKeySizes', aFlag('allowInsecureKeySizes')],
  ['allowInvalidAsymmetricKeyTypes', aFlag('allowInvalidAsymmetricKeyTypes')],
]);

/** The options that set claims of an object. */
const OBJECT_OPTIONS = ['expiresIn', 'notBefore', 'noTimestamp', 'audience', 'issuer', 'subject', 'jwtid'];

/** The claims that options set as they are. */
const CLAIMS = { audience: 'aud', issuer: 'iss', subject: 'sub', jwtid: 'jti' };

const TIMESPAN = 'should be a number of seconds or string representing a timespan eg: "1d", "20h", 60';

/** Whether a value is an object that a literal or JSON makes. */
export function isPlainObject(value: unknown): value is { [member: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The payload with the claims that the options set; it is the caller's own object only with `mutatePayload`.
 * @param clock is read once
 * @throws Error in jsonwebtoken's words
 */
export function signedClaims({ payload, options }: SignInput, clock: () => number): unknown {
  if (payload === undefined) throw new Error('payload is required');
  if (typeof payload !== 'object' || payload instanceof Uint8Array) return textPayload(payload, options);
  checkClaims(payload);
  checkTimeOptions(payload, options);
  checkOptions(options);
  const claims = options.mutatePayload ? payload : ownMembers(payload);
  const iat = Object.hasOwn(claims, 'iat') && claims.iat ? Number(claims.iat) : clock();
  if (options.noTimestamp) delete claims.iat;
  else claims.iat = iat;
  setTime(claims, 'nbf', timeOption(options, 'notBefore', iat));
  setTime(claims, 'exp', timeOption(options, 'expiresIn', iat));
  setClaims(claims, options);
  return claims;
}

/** A payload without claims. */
function textPayload(payload: unknown, options: SignInput['options']): unknown {
  const names = OBJECT_OPTIONS.filter((name) => options[name] !== undefined);
  if (names.length > 0) {
    const type = typeof payload;
    throw new Error(`invalid ${names.join(',')} option for ${type} payload`);
  }
  checkOptions(options);
  return payload;
}

function checkClaims(payload: object | null): asserts payload is Claims {
  if (!isPlainObject(payload)) throw new Error('Expected "payload" to be a plain object.');
  for (const [name, value] of Object.entries(payload))
    if (/^(?:iat|exp|nbf)$/.test(name) && !Number.isFinite(value))
      throw new Error(`"${name}" should be a number of seconds`);
}

function checkTimeOptions(claims: Claims, options: SignInput['options']): void {
  for (const [claim, name] of [
    ['exp', 'expiresIn'],
    ['nbf', 'notBefore'],
  ] as const)
    if (claims[claim] !== undefined && options[name] !== undefined)
      throw new Error(`Bad "options.${name}" option the payload already has an "${claim}" property.`);
}

function checkOptions(options: SignInput['options']): void {
  for (const [name, value] of Object.entries(options)) {
    const check = OPTIONS.get(name);
    if (!check) throw new Error(`"${name}" is not allowed in "options"`);
    if (!check[0](value)) throw new Error(check[1]);
  }
}

function timeOption(options: SignInput['options'], name: string, iat: number): number | undefined {
  if (options[name] === undefined) return undefined;
  const time = instantAfter(options[name], iat);
  if (time === undefined) throw new Error(`"${name}" ${TIMESPAN}`);
  return time;
}

function setTime(claims: Claims, name: string, time: number | undefined): void {
  if (time !== undefined) claims[name] = time;
}

function setClaims(claims: Claims, options: SignInput['options']): void {
  for (const [name, claim] of Object.entries(CLAIMS)) {
    if (options[name] === undefined) continue;
    if (claims[claim] !== undefined)
      throw new Error(`Bad "options.${name}" option. The payload already has an "${claim}" property.`);
    claims[claim] = options[name];
  }
}
