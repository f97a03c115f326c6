// The caller's expectations of a JWT, checked themselves. Only null leaves a required check out.
import { anAlgorithmList, type SignatureAlgorithm } from '../jwa/signatures.ts';
import {
  aCount,
  aString,
  aStringList,
  checkNeeded,
  isPlainObject,
  isString,
  isStrings,
  type OptionRules,
  type Reading,
  readInto,
} from '../options.ts';
import { aDuration, type Duration, isDuration, isInstant, type NumericDate, seconds } from '../time.ts';
import { type IssuerTemplate, isIssuerTemplate } from './issuer-template.ts';

/** The registered claims of RFC 7519 §4.1, and any others. */
export interface JwtClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: NumericDate;
  readonly nbf?: NumericDate;
  readonly iat?: NumericDate;
  readonly jti?: string;
  readonly [claim: string]: unknown;
}

/** The interface that zod, valibot, arktype and others share (Standard Schema, version 1). */
export interface StandardSchemaV1<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A beginning of sub, which must be longer, such as `{ prefix: 'spiffe://example.org/' }`. */
export interface SubjectPrefix {
  readonly prefix: string;
}

/** The value of each of several claims or header parameters; of an array, any one. A claim that is an array equals none. */
export interface ExpectedValues {
  readonly [name: string]: ExpectedValue | readonly ExpectedValue[];
}

export type ExpectedValue = string | number | boolean;

/** The conditions for a token to be accepted. `undefined` means "not set". */
export interface Expected<Claims = JwtClaims> {
  /**
   * Compared exactly with iss; of a list, any one. A template has one part that is the value of another claim. null:
   * deliberately unchecked.
   */
  readonly issuer: string | readonly string[] | IssuerTemplate | null;
  /** One of aud must be this, or one of these, exactly. null: deliberately unchecked. */
  readonly audience: string | readonly string[] | null;
  /** Narrows what the keys already allow; never widens it. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The media type in typ, such as 'at+jwt'; compared as RFC 7515 §4.1.9 says. */
  readonly typ?: string | undefined;
  /** Compared exactly with sub; of a list, any one; or the beginning of sub, such as a SPIFFE trust domain. */
  readonly subject?: string | readonly string[] | SubjectPrefix | undefined;
  /** Other claims by name, such as `{ token_use: 'access' }`: each must have its value, or one of a list, exactly. */
  readonly claims?: ExpectedValues | undefined;
  /** Protected header parameters by name, likewise. A failure names the parameter `header.NAME`. */
  readonly header?: ExpectedValues | undefined;
  /** Claims that must be present, with any value. */
  readonly requiredClaims?: readonly string[] | undefined;
  /** Protected header parameters that must be present, with any value, such as kid. */
  readonly requiredHeader?: readonly string[] | undefined;
  /** Default 'required': a token without exp is refused. */
  readonly expiry?: 'required' | 'optional' | undefined;
  /** The longest time since iat, which must then be there. */
  readonly maxAge?: Duration | undefined;
  /** The longest time from iat, if it is there, and from now to exp, which must then be there. */
  readonly maxLifetime?: Duration | undefined;
  /** By how much the clocks may differ. Default 0, at most 10 minutes. */
  readonly clockSkew?: Duration | undefined;
  /** Critical header extensions that the caller processes itself. */
  readonly crit?: readonly string[] | undefined;
  /** The most members of the claims set, at all its levels together. Default 1,000. */
  readonly maxMembers?: number | undefined;
  /** Validates and types the claims. Must be synchronous. */
  readonly schema?: StandardSchemaV1<Claims> | undefined;
  /** The current instant: seconds or a Date. Default: the clock. */
  readonly now?: number | Date | undefined;
}

/** The most that clocks may be said to differ, in seconds. */
const MAX_CLOCK_SKEW = 600;

/** An Expected that was read and checked, with every member present. */
export interface ReadExpected {
  issuer: string | readonly string[] | IssuerTemplate | null | undefined;
  audience: string | readonly string[] | null | undefined;
  algorithms: readonly SignatureAlgorithm[] | undefined;
  typ: string | undefined;
  subject: string | readonly string[] | SubjectPrefix | undefined;
  claims: ExpectedValues | undefined;
  header: ExpectedValues | undefined;
  requiredClaims: readonly string[] | undefined;
  requiredHeader: readonly string[] | undefined;
  expiry: 'required' | 'optional' | undefined;
  maxAge: Duration | undefined;
  maxLifetime: Duration | undefined;
  clockSkew: Duration | undefined;
  crit: readonly string[] | undefined;
  maxMembers: number | undefined;
  schema: StandardSchemaV1 | undefined;
  now: number | Date | undefined;
}

export const EXPECTED_RULES: OptionRules<ReadExpected> = {
  issuer: [
    (value) => isNames(value) || isIssuerTemplate(value),
    "a name such as 'https://issuer.example', several in an array, a template such as " +
      "{ template: 'https://issuer.example/{tid}', claim: 'tid' }, or null to leave it unchecked",
    'iss allowedIss issuerBaseURL',
  ],
  audience: [isNames, "a name such as 'api', several in an array, or null to leave it unchecked", 'aud allowedAud'],
  algorithms: anAlgorithmList,
  typ: aString,
  subject: [
    (value) => isString(value) || isStrings(value) || isSubjectPrefix(value),
    "a string, several in an array, or a beginning such as { prefix: 'spiffe://example.org/' }",
    'sub allowedSub',
  ],
  claims: [
    (values) => isValuesBut(/^(iss|sub|aud|exp|nbf|iat)$/, values),
    "values by claim, such as { token_use: 'access' }, each a string, a boolean or a number up to 2^53, or several in an array " +
      'and none undefined; iss, sub, aud, exp, nbf and iat have options of their own',
    'jwtid nonce clientId tokenUse',
  ],
  header: [
    (values) => isValuesBut(/^(alg|typ|crit|b64)$/, values),
    "values by parameter, such as { signer: 'arn:…' }, each as in expected.claims; alg, typ, crit and b64 are not among them",
  ],
  requiredClaims: aStringList,
  requiredHeader: aStringList,
  expiry: [(value) => value === 'required' || value === 'optional', "'required' or 'optional'"],
  maxAge: [isDuration, "a duration such as '5m', or a number of seconds", 'maxTokenAge'],
  maxLifetime: aDuration,
  clockSkew: [
    (value) => seconds(value) <= MAX_CLOCK_SKEW,
    "a duration such as '5m', or a number of seconds, of at most 10 minutes",
    'clockTolerance',
  ],
  crit: aStringList,
  maxMembers: aCount,
  schema: [isSchema, 'a schema with ~standard of version 1, as zod, valibot and arktype make it'],
  now: [isInstant, 'a Date, or a number of seconds since 1970', 'currentDate clockTimestamp'],
};

/**
 * Reads an expectation. It is on the path of every token, so it reads only the given members.
 * @param hint the words of the error for a name that is not an option
 * @throws TypeError naming what is unknown, of a wrong type or out of range, or missing
 */
export function readExpected(
  expected: object,
  hint: Reading<ReadExpected>['hint'] = ignoreExpirationHint,
): ReadExpected {
  const nothing: ReadExpected = {
    issuer: undefined,
    audience: undefined,
    algorithms: undefined,
    typ: undefined,
    subject: undefined,
    claims: undefined,
    header: undefined,
    requiredClaims: undefined,
    requiredHeader: undefined,
    expiry: undefined,
    maxAge: undefined,
    maxLifetime: undefined,
    clockSkew: undefined,
    crit: undefined,
    maxMembers: undefined,
    schema: undefined,
    now: undefined,
  };
  const given = { argument: 'expected', options: expected, needed: NEEDED, hint };
  const read = readInto(nothing, EXPECTED_RULES, given);
  // By literal names, which the engine looks up several times as fast as by a variable.
  const isComplete = read.issuer !== undefined && read.audience !== undefined;
  return isComplete ? read : checkNeeded(read, EXPECTED_RULES, given);
}

/** The words of the error for an option of other libraries that none here replaces. */
export function ignoreExpirationHint(name: string): string | undefined {
  if (name !== 'ignoreExpiration') return undefined;
  return 'is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed';
}

const NEEDED: Reading<ReadExpected>['needed'] = ['issuer', 'audience'];

function isNames(value: unknown): boolean {
  return value === null || isString(value) || isStrings(value);
}

export function isSubjectPrefix(value: unknown): value is SubjectPrefix {
  if (!isPlainObject(value) || Object.keys(value).length !== 1 || !Object.hasOwn(value, 'prefix')) return false;
  return isString(value.prefix) && value.prefix !== '';
}

/** A value that is undefined is refused: it is a variable that was not set, and would be a check that is not made. */
function isValuesBut(others: RegExp, values: unknown): boolean {
  return (
    isPlainObject(values) && Object.entries(values).every(([name, value]) => !others.test(name) && isValues(value))
  );
}

function isValues(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && [...value].every(isExpectedValue) : isExpectedValue(value);
}

/** A whole number over 2^53 would equal its neighbours: JSON.parse has rounded that of the token. */
function isExpectedValue(value: unknown): boolean {
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return isString(value) || isExact || typeof value === 'boolean';
}

function isSchema(value: unknown): boolean {
  const standard = (value as Partial<StandardSchemaV1> | null)?.['~standard'];
  return standard?.version === 1 && typeof standard.validate === 'function';
}
