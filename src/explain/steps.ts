// The steps of an explanation: which there are, in which order, and how the outcome of each is told.
import { asJoseError, type JoseErrorCode } from '../errors.ts';
import { ownMembers } from '../json.ts';
import type { ReadExpected } from '../jwt/expected.ts';
import { namingInner } from '../jwt/nesting.ts';
import type { NumericDate } from '../time.ts';

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
  /** The instant with which exp, nbf and iat were compared. */
  readonly at: NumericDate;
}

/** The expectations, read, and the steps so far. */
export interface ExplainContext {
  readonly policy: ReadExpected;
  readonly now: NumericDate;
  readonly values: boolean;
  /** The steps that there are before those of the claims. */
  readonly plan: readonly StepName[];
  readonly steps: ExplainedStep[];
}

/** The steps before the claims, and the section of each. */
const STEP_SECTIONS = {
  'JWE structure': 'RFC 7516 §7.1',
  'JWE header': 'RFC 7516 §4',
  nesting: 'RFC 7519 §5.2',
  encryption: 'RFC 7516 §5.2 step 5',
  'decryption key': 'RFC 7516 §5.2 step 7',
  decryption: 'RFC 7516 §5.2',
  structure: 'RFC 7515 §7.1',
  header: 'RFC 7515 §4',
  'replicated claims': 'RFC 7519 §5.3',
  extensions: 'RFC 7515 §4.1.11',
  algorithm: 'RFC 8725 §3.1',
  key: 'RFC 7515 §6',
  payload: 'RFC 7515 §5.2 step 6',
  signature: 'RFC 7515 §5.2 step 8',
  'claims set': 'RFC 7519 §7.2 step 10',
} as const;

export type StepName = keyof typeof STEP_SECTIONS;

const OUTSIDE: readonly StepName[] = [
  'JWE structure',
  'JWE header',
  'nesting',
  'encryption',
  'decryption key',
  'decryption',
];
const BEFORE_ROUTING: readonly StepName[] = ['structure', 'header'];
const AFTER_ROUTING: readonly StepName[] = ['extensions', 'algorithm', 'key', 'payload', 'signature', 'claims set'];

/** The steps of a token that is signed only. */
export const SIGNED_PLAN: readonly StepName[] = /* @__PURE__ */ plan(BEFORE_ROUTING, AFTER_ROUTING);
/** The steps of a nested token. */
export const NESTED_PLAN: readonly StepName[] = /* @__PURE__ */ plan(
  OUTSIDE,
  BEFORE_ROUTING,
  ['replicated claims'],
  AFTER_ROUTING,
);
/** The steps of a token that is encrypted only. */
export const ENCRYPTED_PLAN: readonly StepName[] = /* @__PURE__ */ plan(OUTSIDE, ['claims set', 'replicated claims']);

function plan(...parts: readonly (readonly StepName[])[]): readonly StepName[] {
  return Object.freeze(parts.flat());
}

export interface Step<T> {
  readonly run: () => T;
  /** The reason to give if the step passes. */
  readonly reason: (result: T) => string;
  /** An addition to the reason, whether the step passes or fails. */
  readonly note?: () => string;
}

/** Runs one step and records its outcome. */
export function runStep<T>(context: ExplainContext, name: StepName, step: Step<T>): T {
  const { run, reason, note } = ownMembers(step);
  const { steps } = context;
  const section = STEP_SECTIONS[name];
  const added = note?.() ?? '';
  const suffix = added && `; ${added}`;
  try {
    const result = run();
    steps.push({ name, section, outcome: 'passed', reason: `${reason(result)}${suffix}` });
    return result;
  } catch (error) {
    const { message, code } = asJoseError(error);
    const told = context.plan === NESTED_PLAN && SIGNED_PLAN.includes(name) ? namingInner(message) : message;
    steps.push({ name, section, outcome: 'failed', reason: `${told}${suffix}`, remedy: stepRemedy(name, code) });
    throw error;
  }
}

/** The remedy of each step. */
const REMEDIES: Readonly<Record<StepName, string>> = {
  'JWE structure': 'five parts joined by four dots, exactly as the sender wrote them',
  'JWE header': 'a header of canonical base64url: one JSON object with an alg and an enc, each parameter once',
  nesting: 'cty "JWT" in the header of a token that is signed and then encrypted, and of no other',
  encryption: 'an alg and an enc that are known, and an enc and a zip that decryptWith(keys, { enc, zip }) allows',
  'decryption key': 'a token whose kid, alg and enc are those of one of your keys',
  decryption: 'a token that was encrypted to this key, and is unchanged',
  structure: 'three parts joined by two dots, exactly as the issuer wrote them',
  header: 'a header of canonical base64url: one JSON object with an alg, each parameter once',
  'replicated claims': 'iss, sub and aud of the header of the encryption, where it has them, equal to the claims',
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

/** The steps after the failed one. */
export function skippedSteps({ plan: names, steps }: ExplainContext): ExplainedStep[] {
  const failed = steps.at(-1)?.name;
  const reason = `not reached, because ${failed} failed`;
  return names.slice(steps.length).map((name) => ({ name, section: STEP_SECTIONS[name], outcome: 'skipped', reason }));
}
