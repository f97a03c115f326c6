// The steps of explainJwt after the signature: each expectation of the header and the claims, and its outcome.

import type { ClaimFailure, JoseErrorCode } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { quote } from '../json.ts';
import { ownClaim } from '../jwt/claims.ts';
import { isSubjectPrefix, type JwtClaims, type ReadExpected } from '../jwt/expected.ts';
import { isIssuerTemplate } from '../jwt/issuer-template.ts';
import { type ClaimsJudgement, claimsError, judgeClaims } from '../jwt/verify.ts';
import { MAX_SECONDS, seconds } from '../time.ts';
import { providerNote } from './provider-notes.ts';
import type { ExplainContext, ExplainedStep } from './steps.ts';

/** The registered claims, and the section of each. */
const CLAIM_SECTIONS: Readonly<Record<string, string>> = {
  iss: 'RFC 7519 §4.1.1',
  sub: 'RFC 7519 §4.1.2',
  aud: 'RFC 7519 §4.1.3',
  exp: 'RFC 7519 §4.1.4',
  nbf: 'RFC 7519 §4.1.5',
  iat: 'RFC 7519 §4.1.6',
  jti: 'RFC 7519 §4.1.7',
};

/** Makes all checks of the claims, and adds a step for each. */
export function explainClaims(
  claims: JwtClaims,
  header: ReadHeader,
  context: ExplainContext,
): JoseErrorCode | undefined {
  const { policy, steps } = context;
  const judgement = judgeClaims(claims, header, policy);
  for (const [name, section] of sectionsOf(policy)) {
    const value = stepValue(name, claims, header);
    const fault = judgement.faults.find(({ claim }) => claim === name)?.reason;
    steps.push({ name, section, ...outcomeOfClaim({ name, value, fault, claims }, judgement, context) });
  }
  if (policy.schema) steps.push({ name: 'schema', section: 'Standard Schema', ...schemaOutcome(judgement) });
  return claimsError(judgement)?.code;
}

function outcomeOfClaim(
  { name, value, fault, claims }: Omit<FailedClaim, 'fault'> & { readonly fault: FailedClaim['fault'] | undefined },
  { faults }: ClaimsJudgement,
  context: ExplainContext,
): Outcome {
  if (fault) return failedClaimOutcome({ name, value, fault, claims }, context);
  const { issuer } = context.policy;
  // Without the tenant there is no name to compare iss with.
  if (name === 'iss' && isIssuerTemplate(issuer) && faults.some(({ claim }) => claim === issuer.claim))
    return { outcome: 'skipped', reason: `not compared: it depends on ${issuer.claim}` };
  return passedClaimOutcome(name, value, context);
}

/** The name of each step, as in `failures`, and its section: first those of the header, then the claims. */
function sectionsOf(policy: ReadExpected): ReadonlyMap<string, string> {
  const parameters = new Set([...Object.keys(policy.header ?? {}), ...(policy.requiredHeader ?? [])]);
  const header = Array.from(parameters, (name): [string, string] => [`header.${name}`, 'RFC 7515 §4']);
  const sections = new Map<string, string>([
    ...(policy.typ === undefined ? [] : [['header.typ', 'RFC 8725 §3.11'] as const]),
    ...header,
    ...Object.entries(CLAIM_SECTIONS),
  ]);
  const { issuer, claims, requiredClaims } = policy;
  const named = [...Object.keys(claims ?? {}), ...(requiredClaims ?? [])];
  for (const name of isIssuerTemplate(issuer) ? [issuer.claim, ...named] : named)
    sections.set(name, sections.get(name) ?? 'RFC 7519 §4.1');
  return sections;
}

function stepValue(step: string, claims: JwtClaims, { parameters }: ReadHeader): unknown {
  const parameter = /^header\.(.+)$/s.exec(step)?.[1];
  return parameter === undefined ? ownClaim(claims, step) : ownClaim(parameters, parameter);
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

function passedClaimOutcome(claim: string, value: unknown, { policy, values }: ExplainContext): Outcome {
  if (value === undefined) return { outcome: 'passed', reason: 'absent, and not required' };
  const isWaived = (claim === 'iss' && policy.issuer === null) || (claim === 'aud' && policy.audience === null);
  const note = expiryNote(claim, value);
  return {
    outcome: 'passed',
    reason: `${valuePrefix(value, values)}${isWaived ? 'present, deliberately not compared' : 'as expected'}${note}`,
  };
}

/** Notes an exp that was written in milliseconds. Verification accepts it, unless maxLifetime is expected. */
function expiryNote(claim: string, value: unknown): string {
  const isSuspicious = claim === 'exp' && typeof value === 'number' && value >= MAX_SECONDS;
  return isSuspicious
    ? '; it is thousands of years ahead: milliseconds instead of seconds? expected.maxLifetime refuses it'
    : '';
}

interface FailedClaim {
  readonly name: string;
  readonly value: unknown;
  readonly fault: ClaimFailure['reason'];
  /** All claims, among which a provider may be known. */
  readonly claims: JwtClaims;
}

function failedClaimOutcome({ name, value, fault, claims }: FailedClaim, context: ExplainContext): Outcome {
  const { policy, now, values } = context;
  const isTime = values && typeof value === 'number';
  const distance = isTime ? `; now is ${Math.round(now)}, ${Math.abs(Math.round(now - value))} s away` : '';
  return {
    outcome: 'failed',
    reason: `${valuePrefix(value, values)}${CLAIM_REASONS[fault]}${distance}${providerNote(name, claims, policy)}`,
    remedy: claimRemedy(name, fault, policy),
  };
}

function valuePrefix(value: unknown, values: boolean): string {
  return values && value !== undefined ? `${quote(value)}: ` : '';
}

const CLAIM_REASONS: Readonly<Record<ClaimFailure['reason'], string>> = {
  missing: 'the token does not have it',
  type: 'it is of the wrong type',
  mismatch: 'it is not what you expect',
  expired: 'the token has expired',
  'too-early': 'the token is not valid yet',
  'too-old': 'the token is older than you accept',
  'too-long': 'the token lives longer than you accept',
};

/** The remedy for a claim. It may quote your expectations, but no claim value of the token. */
function claimRemedy(claim: string, fault: ClaimFailure['reason'], policy: ReadExpected): string {
  const wanted = wantedValue(claim, policy);
  switch (fault) {
    case 'missing':
    case 'mismatch':
      return wanted === undefined || wanted === null ? `a token with ${claim}` : `${claim} ${quote(wanted)}`;
    case 'type':
      return `${claim} of the type that RFC 7519 §4.1 gives it`;
    case 'too-old':
      return `a token issued within the last ${seconds(policy.maxAge)} s`;
    case 'too-long':
      return `a token of at most ${seconds(policy.maxLifetime)} s from iat and from now to exp`;
    case 'expired':
      return 'a fresh token';
    default:
      return 'the token later, or clocks that agree';
  }
}

/** The expectation of a claim or header parameter, if there is one with a value. */
function wantedValue(step: string, { issuer, audience, subject, typ, claims, header }: ReadExpected): unknown {
  const values = new Map<string, unknown>([
    ['iss', isIssuerTemplate(issuer) ? issuer.template : issuer],
    ['aud', audience],
    ['sub', isSubjectPrefix(subject) ? `${subject.prefix}...` : subject],
    ['header.typ', typ],
    ...Object.entries(claims ?? {}),
    ...Object.entries(header ?? {}).map(([name, value]): [string, unknown] => [`header.${name}`, value]),
    ...(isIssuerTemplate(issuer) ? [[issuer.claim, issuer.allow ?? 'a UUID'] as const] : []),
  ]);
  return values.get(step);
}
