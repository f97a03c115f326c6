// Events for the operator: each verdict with its reason, and its steps on request. The client sees none of this.

import { channel } from 'node:diagnostics_channel';
import type { JoseErrorCode } from '../errors.ts';
import { announce } from '../events.ts';
import type { ExplainOptions } from '../explain/jwt.ts';
import type { ExplainedStep, Explanation } from '../explain/steps.ts';
import { explainToken } from '../explain/verifier.ts';
import { ownMembers } from '../json.ts';
import { readJwt } from '../jwt/jwt.ts';
import { kidAndAlgOf } from '../remote/events.ts';
import { instant, type NumericDate } from '../time.ts';
import { Verifier } from '../verifier/verifier.ts';
import type { Credentials } from './credentials.ts';

/** One verdict. It holds no token and no claims; `explain` can show claim values when asked to. */
export interface BearerEvent {
  /** `anonymous`: an optional guard accepted a request without an Authorization header. */
  readonly type: 'accepted' | 'anonymous' | 'refused' | 'unavailable';
  /** The status of the answer; 200 if the request was accepted. */
  readonly status: 200 | 400 | 401 | 403 | 503;
  /** The error of a token that was refused or could not be verified. */
  readonly code?: JoseErrorCode;
  /** The kid of the key that verified; else the kid that the token claims, cut to 200 characters. */
  readonly kid?: string;
  readonly at: NumericDate;
  /** Repeats the verification and returns its steps. For logs, never for the client. */
  readonly explain: (options?: ExplainOptions) => Explanation;
}

/** The facts of a verdict from which its event is made. */
interface BearerOutcome {
  readonly verifier: Verifier<unknown>;
  readonly credentials: Credentials;
  /** The required scopes. */
  readonly scope: readonly string[];
  readonly status: BearerEvent['status'];
  readonly code: JoseErrorCode | undefined;
  /** The kid of the key that verified. */
  readonly kid: string | undefined;
}

const BEARER_CHANNEL = /* @__PURE__ */ channel('barejose:bearer');

/** Emits a verdict to the listener and the channel. */
export function emitVerdict(outcome: BearerOutcome, onEvent: ((event: BearerEvent) => void) | undefined): void {
  announce(BEARER_CHANNEL, onEvent, () => bearerEvent(outcome));
}

const EVENT_TYPES = { 200: 'accepted', 400: 'refused', 401: 'refused', 403: 'refused', 503: 'unavailable' } as const;

function bearerEvent(outcome: BearerOutcome): BearerEvent {
  const { status, code, credentials } = outcome;
  const { kid = kidOfToken(credentials) } = outcome;
  return {
    type: status === 200 && credentials.token === undefined ? 'anonymous' : EVENT_TYPES[status],
    status,
    ...(code !== undefined && { code }),
    ...(kid !== undefined && { kid }),
    at: instant(undefined),
    explain: (options?: ExplainOptions) => explainVerdict(outcome, options),
  };
}

function kidOfToken({ token }: Credentials): string | undefined {
  if (token === undefined) return undefined;
  try {
    return ownMembers(kidAndAlgOf(readJwt(token).header)).kid;
  } catch {
    return undefined;
  }
}

/** Returns the verifier's steps between the two steps of HTTP. */
function explainVerdict(
  { verifier, credentials, scope, status, code: known }: BearerOutcome,
  options?: ExplainOptions,
): Explanation {
  if (credentials.token === undefined)
    return Object.freeze({
      valid: false,
      steps: [status === 200 ? anonymousStep() : headerStep(credentials)],
      at: Verifier.basisOf(verifier).now,
    });
  const { valid, steps, at, ...code } = explainToken(verifier, credentials.token, options);
  return Object.freeze({
    valid: valid && status === 200,
    ...code,
    ...(known !== undefined && { code: known }),
    steps: [headerStep(credentials), ...steps, ...scopeSteps(scope, status)],
    at,
  });
}

const HEADER_STEP = { name: 'authorization', section: 'RFC 6750 §2.1' } as const;

function anonymousStep(): ExplainedStep {
  return { ...HEADER_STEP, outcome: 'skipped', reason: 'no Authorization header, and the guard is optional' };
}

function headerStep({ kind }: Credentials): ExplainedStep {
  if (kind === 'token') return { ...HEADER_STEP, outcome: 'passed', reason: 'the Bearer scheme and one token' };
  const reason =
    kind === 'none' ? 'no Authorization header of the Bearer scheme' : 'not one token after the Bearer scheme';
  return { ...HEADER_STEP, outcome: 'failed', reason, remedy: 'Authorization: Bearer <token>, once' };
}

function scopeSteps(scope: readonly string[], status: BearerEvent['status']): readonly ExplainedStep[] {
  if (scope.length === 0) return [];
  const step = { name: 'scope', section: 'RFC 6750 §3.1' };
  if (status === 200) return [{ ...step, outcome: 'passed', reason: 'the token has all required scopes' }];
  if (status !== 403) return [{ ...step, outcome: 'skipped', reason: 'not reached' }];
  const remedy = `scope "${scope.join(' ')}"`;
  return [{ ...step, outcome: 'failed', reason: 'the token lacks a required scope', remedy }];
}
