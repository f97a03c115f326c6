// explainJwt: runs the steps of verifyJwt, by the same functions in the same order, and describes the outcome of each.

import { asJoseError, type JoseErrorCode } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { ownMembers, quote } from '../json.ts';
import { isForAlg, isKey, type Key } from '../jwk/key.ts';
import { checkAlgorithm, checkKeys, selectKey } from '../jwks/select.ts';
import type { KeySet, SkippedKey } from '../jwks/set.ts';
import { checkJwsCritical } from '../jws/header.ts';
import { type CompactParts, decodePayload, splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import { type Expected, type ReadExpected, readExpected } from '../jwt/expected.ts';
import { checkJwtHeader, MAX_JWT_BYTES, readClaims } from '../jwt/jwt.ts';
import { checkJwtSignature } from '../jwt/verify.ts';
import { aBoolean, checkArgumentCount, readOptions } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import { explainClaims } from './claims.ts';

/** One step of a verification, and its outcome. */
export interface ExplainedStep {
  readonly name: string;
  /** The section of the RFC that requires the step. */
  readonly section: string;
  /** 'skipped' if an earlier step failed. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** The reason of the outcome. It contains claim values only with the option `values`. */
  readonly reason: string;
  /** The change that would make a failed step pass. */
  readonly remedy?: string;
}

/** The verdict of verifyJwt on a token, step by step: a text for people, which proves nothing and carries no claims. */
export interface Explanation {
  readonly valid: boolean;
  /** The code that verifyJwt would throw. */
  readonly code?: JoseErrorCode;
  readonly steps: readonly ExplainedStep[];
}

export interface ExplainOptions {
  /** Lets reasons quote claim values. Default false, since explanations end up in logs. */
  readonly values?: boolean | undefined;
}

/** The arguments, read, and the steps so far. */
export interface ExplainContext {
  readonly keys: Key | KeySet;
  readonly policy: ReadExpected;
  readonly now: NumericDate;
  readonly values: boolean;
  readonly steps: ExplainedStep[];
}

/**
 * Explains the verdict of verifyJwt on a token, step by step. Never throws for a bad token; an exception of your own
 * schema passes through.
 * @throws TypeError for keys, expected and options, as verifyJwt
 */
export function explainJwt(
  token: unknown,
  keys: Key | KeySet,
  expected: Expected<never> | Expected,
  options?: ExplainOptions,
): Explanation {
  checkArgumentCount(arguments.length, explainJwt);
  const { values = false } = readOptions(options, { values: aBoolean });
  const policy = readExpected(expected);
  const context: ExplainContext = { keys, policy, now: instant(policy.now), values, steps: [] };
  const code = runSteps(token, context);
  if (code === undefined) return Object.freeze({ valid: true, steps: context.steps });
  return Object.freeze({ valid: false, code, steps: [...context.steps, ...skippedSteps(context.steps)] });
}

/** The steps before the claims, and the section of each. */
const STEP_SECTIONS = {
  structure: 'RFC 7515 §7.1',
  header: 'RFC 7515 §4',
  extensions: 'RFC 7515 §4.1.11',
  algorithm: 'RFC 8725 §3.1',
  key: 'RFC 7515 §6',
  payload: 'RFC 7515 §5.2 step 6',
  signature: 'RFC 7515 §5.2 step 8',
  'claims set': 'RFC 7519 §7.2 step 10',
} as const;

type StepName = keyof typeof STEP_SECTIONS;

/** Runs all steps; returns the code of the failure. Up to the claims, the first failure ends the run. */
function runSteps(token: unknown, context: ExplainContext): JoseErrorCode | undefined {
  const { keys, policy } = context;
  checkKeys(keys);
  try {
    const parts = runStep(context, 'structure', {
      run: () => splitCompact(token, MAX_JWT_BYTES),
      reason: describeParts,
      note: () => describeEnds(token),
    });
    const header = runStep(context, 'header', { run: () => readJwtHeader(parts), reason: describeHeader });
    runStep(context, 'extensions', {
      run: () => checkJwsCritical(header, policy.crit),
      reason: () => 'nothing critical is left unprocessed',
    });
    runStep(context, 'algorithm', {
      run: () => checkAlgorithm(header, policy.algorithms),
      reason: () => `${quote(header.alg)} is known and allowed`,
    });
    const key = runStep(context, 'key', {
      run: () => selectKey(header, keys),
      reason: String,
      note: () => describeCandidates(header, keys),
    });
    const payload = runStep(context, 'payload', {
      run: () => decodePayload(parts.payload),
      reason: ({ length }) => `${length} octets`,
    });
    runStep(context, 'signature', {
      run: () => checkJwtSignature(key, parts, header),
      reason: () => `made with the counterpart of ${key}`,
    });
    const claims = runStep(context, 'claims set', {
      run: () => readClaims(payload, policy.maxMembers),
      reason: () => 'one strict JSON object',
    });
    return explainClaims(claims, header, context);
  } catch (error) {
    return asJoseError(error).code;
  }
}

interface Step<T> {
  readonly run: () => T;
  /** The reason to give if the step passes. */
  readonly reason: (result: T) => string;
  /** An addition to the reason, whether the step passes or fails. */
  readonly note?: () => string;
}

/** Runs one step of verifyJwt and records its outcome. */
function runStep<T>({ steps }: ExplainContext, name: StepName, step: Step<T>): T {
  const { run, reason, note } = ownMembers(step);
  const section = STEP_SECTIONS[name];
  const added = note?.() ?? '';
  const suffix = added && `; ${added}`;
  try {
    const result = run();
    steps.push({ name, section, outcome: 'passed', reason: `${reason(result)}${suffix}` });
    return result;
  } catch (error) {
    const { message, code } = asJoseError(error);
    steps.push({ name, section, outcome: 'failed', reason: `${message}${suffix}`, remedy: stepRemedy(name, code) });
    throw error;
  }
}

/** The remedy of each step. */
const REMEDIES: Readonly<Record<StepName, string>> = {
  structure: 'three parts joined by two dots, exactly as the issuer wrote them',
  header: 'a header of canonical base64url: one JSON object with an alg, each parameter once',
  extensions: 'no critical extension, or its name in expected.crit once you process it yourself',
  algorithm: 'a registered signature algorithm, and one of expected.algorithms if they are given',
  key: 'a token whose kid and alg are those of one key, or a newer key set',
  payload: 'a payload of canonical base64url',
  signature: 'the token unchanged, and the key it was signed with',
  'claims set': 'a payload that is one JSON object with each claim once',
};

/** The remedy by the error's code, for steps that can fail for several reasons. */
const REMEDIES_BY_CODE: Partial<Record<JoseErrorCode, string>> = /* @__PURE__ */ ownMembers({
  ERR_JOSE_LIMIT_EXCEEDED: 'a smaller or flatter token',
  ERR_JOSE_NOT_SUPPORTED: 'a token without this feature',
  ERR_JWT_INVALID: 'a JWT, which must not have b64 false',
  ERR_JOSE_ALG_NOT_ALLOWED: 'a token signed with the algorithm that the key is for',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'a kid in the token, and distinct kids in the set',
});

function stepRemedy(step: StepName, code: JoseErrorCode): string {
  const isByCode = code === 'ERR_JOSE_LIMIT_EXCEEDED' || step === 'header' || step === 'key';
  return (isByCode && REMEDIES_BY_CODE[code]) || REMEDIES[step];
}

function readJwtHeader(parts: CompactParts): ReadHeader {
  const header = readProtectedHeader(parts.header);
  checkJwtHeader(header);
  return header;
}

function describeParts({ header, payload, signature }: CompactParts): string {
  return `three parts of ${header.length}, ${payload.length} and ${signature.length} characters`;
}

function describeHeader({ alg, kid, typ }: ReadHeader): string {
  return Object.entries({ alg, kid, typ })
    .map(([name, value]) => (value === undefined ? `no ${name}` : `${name} ${quote(value)}`))
    .join(', ');
}

/** Names what was copied along with a token. */
function describeEnds(token: unknown): string {
  if (typeof token !== 'string') return '';
  if (/^\s*bearer\s/i.test(token)) return 'the token begins with the scheme "Bearer", which is not part of it';
  if (/^["']|["']$/.test(token)) return 'the token stands in quotes, which are not part of it';
  return token.trim() === token ? '' : 'the token begins or ends with white space or a line break';
}

/** Lists the candidate keys, and says of each why it fits or not; of an empty set, why its keys were skipped. */
function describeCandidates(header: ReadHeader, keys: Key | KeySet): string {
  if (!isKey(keys) && keys.keys.length === 0) return `considered: ${describeEmptySet(keys.skipped)}`;
  const list = (isKey(keys) ? [keys] : keys.keys).map((key) => `${key}: ${describeFit(header, key, isKey(keys))}`);
  return `considered: ${list.join('; ')}`;
}

function describeEmptySet(skipped: readonly SkippedKey[]): string {
  const [first] = skipped;
  if (!first) return 'nothing, the set is empty';
  return `nothing, the set has no usable key: ${skipped.length} skipped, the first because ${first.reason}`;
}

/** Compares a key with the header. A Key given by itself is the caller's choice, so its kid does not count. */
function describeFit({ alg, kid }: ReadHeader, key: Key, isChosen: boolean): string {
  if (!isChosen && kid !== undefined && key.kid !== kid) return 'another kid';
  return isForAlg(key, alg) ? 'fits' : 'another alg';
}

/** The steps after the failed one. */
function skippedSteps(steps: readonly ExplainedStep[]): ExplainedStep[] {
  const failed = steps.at(-1)?.name;
  const rest = Object.entries(STEP_SECTIONS).slice(steps.length);
  return rest.map(([name, section]) => ({
    name,
    section,
    outcome: 'skipped',
    reason: `not reached, because ${failed} failed`,
  }));
}
