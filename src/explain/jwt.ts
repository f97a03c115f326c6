// explainJwt: runs the steps of verifyJwt, by the same functions in the same order, and describes the outcome of each.

import type { JoseErrorCode } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { quote } from '../json.ts';
import type { JweHeader } from '../jwe/header.ts';
import { isForAlg, type Key } from '../jwk/key.ts';
import { checkAlgorithm, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { checkJwsCritical } from '../jws/header.ts';
import { type CompactParts, decodePayload, splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import { type Expected, ignoreExpirationHint, readExpected } from '../jwt/expected.ts';
import { checkJwtHeader, MAX_JWT_BYTES, readClaims } from '../jwt/jwt.ts';
import { checkNoAlgorithms, ofInnerToken, readInnerText, unverifiedClaimsOf } from '../jwt/nesting.ts';
import { checkJwtSignature } from '../jwt/verify.ts';
import { aBoolean, checkArgumentCount, readOptions } from '../options.ts';
import { instant } from '../time.ts';
import { explainClaims } from './claims.ts';
import { describeCandidates, describeEnds } from './describe.ts';
import { codeOf, explainEncryptedClaims, type OpenedJwt, runDecryption, runReplicas } from './encrypted.ts';
import { type EncryptedJwtKeys, type ExplainedKeys, readExplainedKeys } from './keys.ts';
import {
  ENCRYPTED_PLAN,
  type ExplainContext,
  type Explanation,
  NESTED_PLAN,
  runStep,
  SIGNED_PLAN,
  skippedSteps,
} from './steps.ts';

export interface ExplainOptions {
  /** Lets reasons quote claim values. Default false, since explanations end up in logs. */
  readonly values?: boolean | undefined;
}

/**
 * Explains the verdict of verifyJwt on a token, step by step. Never throws for a bad token; an exception of your own
 * schema passes through.
 *
 * @param keys as for verifyJwt; or `{ decrypt: decryptWith(own), verify }`, which explains the verdict of
 *   verifyNestedJwt, and with `verify: null` that of decryptJwt. Of a decryption that fails it says no more than that
 * @throws TypeError for keys, expected and options, as the function whose verdict it explains
 */
export function explainJwt(
  token: unknown,
  keys: Key | KeySet | EncryptedJwtKeys,
  expected: Expected<never> | Expected,
  options?: ExplainOptions,
): Explanation {
  checkArgumentCount(arguments.length, explainJwt);
  const { values = false } = readOptions(options, { values: aBoolean });
  const policy = readExpected(expected, encryptionHint);
  const read = readExplainedKeys(keys);
  if (read.verify === null) checkNoAlgorithms(policy);
  return explainWith(token, read, { policy, values });
}

/** The words of the error for an expectation that belongs to the keys here. */
function encryptionHint(name: string): string | undefined {
  if (/^(enc|zip|contentEncryptionAlgorithms)$/.test(name)) return 'belongs in decryptWith(keys, { enc, zip })';
  if (name === 'sender') return 'is not an option: keys.verify null says that the sender is unknown';
  return ignoreExpirationHint(name);
}

/** Explains the verdict by arguments that were read. */
export function explainWith(
  token: unknown,
  { decrypt, verify }: ExplainedKeys,
  { policy, values }: Pick<ExplainContext, 'policy' | 'values'>,
): Explanation {
  const isSigned = verify !== null && !decrypt?.isFor(token);
  const plan = isSigned ? SIGNED_PLAN : verify === null ? ENCRYPTED_PLAN : NESTED_PLAN;
  // The clock is read once, so that the verdict and the times that the steps name are of one instant.
  const now = instant(policy.now);
  const context: ExplainContext = { policy: { ...policy, now }, now, values, plan, steps: [] };
  const code = codeOf(() => {
    if (verify === null) return explainEncryptedClaims(runDecryption(token, decrypt, context), context);
    const outer = isSigned || !decrypt ? undefined : runDecryption(token, decrypt, context);
    return explainSigned(outer ? innerContent(outer) : plainContent(token), verify, context);
  });
  const { steps } = context;
  if (code === undefined) return Object.freeze({ valid: true, steps, at: now });
  return Object.freeze({ valid: false, code, steps: [...steps, ...skippedSteps(context)], at: now });
}

/** A text that should be a signed token: as it came, or as it was encrypted. */
interface SignedContent {
  readonly split: () => CompactParts;
  readonly note: () => string;
  readonly outer: JweHeader | undefined;
}

function plainContent(token: unknown): SignedContent {
  return { split: () => splitCompact(token, MAX_JWT_BYTES), note: () => describeEnds(token), outer: undefined };
}

function innerContent({ plaintext, header }: OpenedJwt): SignedContent {
  return { split: () => splitCompact(readInnerText(plaintext), MAX_JWT_BYTES), note: () => '', outer: header };
}

/** Runs the steps of a signed token; returns the code of the failure. Up to the claims, the first failure ends the run. */
function explainSigned(
  { split, note, outer }: SignedContent,
  keys: Key | KeySet,
  context: ExplainContext,
): JoseErrorCode | undefined {
  const { policy } = context;
  const parts = runStep(context, 'structure', { run: split, reason: describeParts, note });
  const header = runStep(context, 'header', { run: () => readJwtHeader(parts), reason: describeHeader });
  if (outer) runReplicas(context, outer, () => ofInnerToken(() => unverifiedClaimsOf(parts)));
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
    note: () => describeCandidates(keys, header.kid, (each) => (isForAlg(each, header.alg) ? 'fits' : 'another alg')),
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
