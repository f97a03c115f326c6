// The path of verifyJwt walked again, by the same functions in the same order, each step's outcome told in plain words.

import { asJoseError, type ClaimFailure, type JoseErrorCode } from '../errors.ts';
import { checkCritical, type ReadHeader } from '../header.ts';
import { ownMembers, quote } from '../json.ts';
import { isForAlg, isKey, type Key } from '../jwk/key.ts';
import { checkAlgorithm, checkKeys, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { type CompactParts, decodePayload, splitCompact } from '../jws/parts.ts';
import { protectedHeader } from '../jws/protected.ts';
import { checkSignature } from '../jws/signature.ts';
import { ownClaim } from '../jwt/claims.ts';
import { type Expected, type JwtClaims, type ReadExpected, readExpected } from '../jwt/expected.ts';
import { checkJwtHeader, MAX_JWT_BYTES, readClaims } from '../jwt/jwt.ts';
import { type ClaimsJudgement, claimsError, judgeClaims } from '../jwt/verify.ts';
import { aBoolean, checkArgumentCount, readOptions } from '../options.ts';
import { instant, type NumericDate, seconds } from '../time.ts';

/** One step of verification and what came of it. */
export interface ExplainedStep {
  readonly name: string;
  /** The section of the RFC that asks for the step. */
  readonly section: string;
  /** 'skipped': not reached, since an earlier step failed. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why, in plain words. Claim values stand in it only when asked for. */
  readonly reason: string;
  /** Of a failed step: what would have made it pass. */
  readonly remedy?: string;
}

/** What verifyJwt would say of a token, step by step. It is a text for people; it proves nothing and carries no claims. */
export interface Explanation {
  readonly valid: boolean;
  /** The code verifyJwt would throw. */
  readonly code?: JoseErrorCode;
  readonly steps: readonly ExplainedStep[];
}

export interface ExplainOptions {
  /** true: reasons quote claim values. Default false, since explanations end up in logs. */
  readonly values?: boolean | undefined;
}

/** What the steps before have found out. */
interface ExplainContext {
  readonly keys: Key | KeySet;
  readonly policy: ReadExpected;
  readonly now: NumericDate;
  readonly values: boolean;
  readonly steps: ExplainedStep[];
}

/**
 * Explains what verifyJwt would do with a token, whatever it is. Never throws for a bad token; an exception of your
 * own schema passes through.
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
  const walk: ExplainContext = { keys, policy, now: instant(policy.now), values, steps: [] };
  const code = walkSteps(token, walk);
  if (code === undefined) return Object.freeze({ valid: true, steps: walk.steps });
  return Object.freeze({ valid: false, code, steps: [...walk.steps, ...skipped(walk.steps)] });
}

/** Names and sections of the steps up to the claims. */
const SECTIONS = {
  structure: 'RFC 7515 §7.1',
  header: 'RFC 7515 §4',
  extensions: 'RFC 7515 §4.1.11',
  algorithm: 'RFC 8725 §3.1',
  key: 'RFC 7515 §6',
  payload: 'RFC 7515 §5.2 step 6',
  signature: 'RFC 7515 §5.2 step 8',
  'claims set': 'RFC 7519 §7.2 step 10',
} as const;

type StepName = keyof typeof SECTIONS;

/** Until the signature holds, the first failure ends the walk; its code is the result. */
function walkSteps(token: unknown, walk: ExplainContext): JoseErrorCode | undefined {
  const { keys, policy } = walk;
  checkKeys(keys);
  try {
    const parts = step(walk, 'structure', [() => splitCompact(token, MAX_JWT_BYTES), partsReason]);
    const header = step(walk, 'header', [() => jwtHeader(parts), headerReason]);
    step(walk, 'extensions', [() => checkCritical(header, policy.crit), () => 'nothing critical is left unprocessed']);
    step(walk, 'algorithm', [
      () => checkAlgorithm(header, policy.algorithms),
      () => `${quote(header.alg)} is known and allowed`,
    ]);
    const key = step(walk, 'key', [() => selectKey(header, keys), String, () => considered(header, keys)]);
    const payload = step(walk, 'payload', [() => decodePayload(parts.payload), ({ length }) => `${length} octets`]);
    step(walk, 'signature', [
      () => checkSignature(key, parts.input, parts.signature),
      () => `made with the counterpart of ${key}`,
    ]);
    const claims = step(walk, 'claims set', [() => readClaims(payload), () => 'one strict JSON object']);
    return explainClaims(claims, header, walk);
  } catch (error) {
    return asJoseError(error).code;
  }
}

/** A step of verifyJwt, what to say when it passes, and what to add either way. */
type Step<T> = readonly [run: () => T, reason: (result: T) => string, aside?: () => string];

/** Runs one step and notes its outcome. */
function step<T>({ steps }: ExplainContext, name: StepName, [run, reason, aside]: Step<T>): T {
  const section = SECTIONS[name];
  const also = aside ? `; ${aside()}` : '';
  try {
    const result = run();
    steps.push({ name, section, outcome: 'passed', reason: `${reason(result)}${also}` });
    return result;
  } catch (error) {
    const { message, code } = asJoseError(error);
    steps.push({ name, section, outcome: 'failed', reason: `${message}${also}`, remedy: remedyOf(name, code) });
    throw error;
  }
}

/** What makes a step pass. */
const REMEDIES: Readonly<Record<StepName, string>> = {
  structure: 'three parts joined by two dots, exactly as the issuer wrote them',
  header: 'a header of canonical base64url: one JSON object with an alg, saying each parameter once',
  extensions: 'no critical extension, or its name in expected.crit once you process it yourself',
  algorithm: 'a registered signature algorithm, and one of expected.algorithms where those are given',
  key: 'a token whose kid and alg are those of one key, or a newer key set',
  payload: 'a payload of canonical base64url',
  signature: 'the token unchanged, and the key it was signed with',
  'claims set': 'a payload that is one JSON object and says each claim once',
};

/** The same by the error's code, for what can be refused for several reasons. */
const REMEDIES_BY_CODE: Partial<Record<JoseErrorCode, string>> = /* @__PURE__ */ ownMembers({
  ERR_JOSE_LIMIT_EXCEEDED: 'a smaller or flatter token',
  ERR_JOSE_NOT_SUPPORTED: 'a token without this feature',
  ERR_JWT_INVALID: 'a JWS that is a JWT: not marked b64 false',
  ERR_JOSE_ALG_NOT_ALLOWED: 'a token signed with the algorithm that the key is for',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'a kid in the token, and distinct kids in the set',
});

function remedyOf(step: StepName, code: JoseErrorCode): string {
  const isByCode = code === 'ERR_JOSE_LIMIT_EXCEEDED' || step === 'header' || step === 'key';
  return (isByCode && REMEDIES_BY_CODE[code]) || REMEDIES[step];
}

function jwtHeader(parts: CompactParts): ReadHeader {
  const header = protectedHeader(parts.header);
  checkJwtHeader(header);
  return header;
}

function partsReason({ header, payload, signature }: CompactParts): string {
  return `three parts of ${header.length}, ${payload.length} and ${signature.length} characters`;
}

function headerReason({ alg, kid, typ }: ReadHeader): string {
  return Object.entries({ alg, kid, typ })
    .map(([name, value]) => (value === undefined ? `no ${name}` : `${name} ${quote(value)}`))
    .join(', ');
}

/** The candidates considered, each with what speaks for or against it. */
function considered(header: ReadHeader, keys: Key | KeySet): string {
  const list = (isKey(keys) ? [keys] : keys.keys).map((key) => `${key}: ${fitOf(header, key, isKey(keys))}`);
  return `considered: ${list.join('; ') || 'nothing, the set is empty'}`;
}

/** A Key given by itself is the caller's choice, so its kid does not count. */
function fitOf({ alg, kid }: ReadHeader, key: Key, isChosen: boolean): string {
  if (!isChosen && kid !== undefined && key.kid !== kid) return 'another kid';
  return isForAlg(key, alg) ? 'fits' : 'another alg';
}

/** The registered claims, each with the section that says what it must be. */
const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'RFC 7519 §4.1.1',
  sub: 'RFC 7519 §4.1.2',
  aud: 'RFC 7519 §4.1.3',
  exp: 'RFC 7519 §4.1.4',
  nbf: 'RFC 7519 §4.1.5',
  iat: 'RFC 7519 §4.1.6',
  jti: 'RFC 7519 §4.1.7',
};

/** After the signature every check is made, and each one told. */
function explainClaims(claims: JwtClaims, header: ReadHeader, walk: ExplainContext): JoseErrorCode | undefined {
  const { policy, steps } = walk;
  const judgement = judgeClaims(claims, header, policy);
  const sections = new Map(Object.entries(policy.typ === undefined ? CLAIMS : { typ: 'RFC 8725 §3.11', ...CLAIMS }));
  for (const claim of policy.requiredClaims ?? []) sections.set(claim, sections.get(claim) ?? 'RFC 7519 §4.1');
  for (const [name, section] of sections) {
    const value = name === 'typ' ? header.typ : ownClaim(claims, name);
    const fault = judgement.faults.find(({ claim }) => claim === name)?.reason;
    steps.push({
      name,
      section,
      ...(fault ? failedClaim({ name, value, fault }, walk) : passedClaim(name, value, walk)),
    });
  }
  if (policy.schema) steps.push({ name: 'schema', section: 'Standard Schema', ...schemaOutcome(judgement) });
  return claimsError(judgement)?.code;
}

function schemaOutcome({ schemaFaults }: ClaimsJudgement): Outcome {
  if (schemaFaults.length === 0) return { outcome: 'passed', reason: 'the schema accepts the claims' };
  const names = quote(schemaFaults.map(({ claim }) => claim));
  return {
    outcome: 'failed',
    reason: `the schema refuses ${names}`,
    remedy: 'claims of the shape that expected.schema describes',
  };
}

type Outcome = Omit<ExplainedStep, 'name' | 'section'>;

function passedClaim(claim: string, value: unknown, { policy, values }: ExplainContext): Outcome {
  if (value === undefined) return { outcome: 'passed', reason: 'absent, and not demanded' };
  const isWaived = (claim === 'iss' && policy.issuer === null) || (claim === 'aud' && policy.audience === null);
  return {
    outcome: 'passed',
    reason: `${shown(value, values)}${isWaived ? 'there, and not compared, as you say' : 'as it should be'}`,
  };
}

interface Failed {
  readonly name: string;
  readonly value: unknown;
  readonly fault: ClaimFailure['reason'];
}

function failedClaim({ name, value, fault }: Failed, { policy, now, values }: ExplainContext): Outcome {
  const isTime = values && typeof value === 'number';
  const distance = isTime ? `; now is ${Math.round(now)}, ${Math.abs(Math.round(now - value))} s away` : '';
  return {
    outcome: 'failed',
    reason: `${shown(value, values)}${REASONS[fault]}${distance}`,
    remedy: claimRemedy(name, fault, policy),
  };
}

function shown(value: unknown, values: boolean): string {
  return values && value !== undefined ? `${quote(value)}: ` : '';
}

const REASONS: Readonly<Record<ClaimFailure['reason'], string>> = {
  missing: 'the token does not have it',
  type: 'it is of the wrong type',
  mismatch: 'it is not what you expect',
  expired: 'the token has expired',
  'too-early': 'the token is not valid yet',
  'too-old': 'the token is older than you accept',
};

/** What you yourself expect may be told; what the token says is only in the reason, and only when asked for. */
function claimRemedy(claim: string, fault: ClaimFailure['reason'], policy: ReadExpected): string {
  const wanted = new Map<string, unknown>([
    ['iss', policy.issuer],
    ['aud', policy.audience],
    ['sub', policy.subject],
    ['typ', policy.typ],
  ]).get(claim);
  if (fault === 'missing' || fault === 'mismatch')
    return wanted ? `${claim} ${quote(wanted)}` : `a token with ${claim}`;
  if (fault === 'type') return `${claim} of the type that RFC 7519 §4.1 gives it`;
  if (fault === 'too-old') return `a token issued within the last ${seconds(policy.maxAge)} s`;
  return fault === 'expired' ? 'a fresh token' : 'the same token later, or clocks that agree';
}

/** The steps that were not reached. */
function skipped(steps: readonly ExplainedStep[]): ExplainedStep[] {
  const failed = steps.at(-1)?.name;
  const rest = Object.entries(SECTIONS).slice(steps.length);
  return rest.map(([name, section]) => ({
    name,
    section,
    outcome: 'skipped',
    reason: `not reached, because ${failed} failed`,
  }));
}
