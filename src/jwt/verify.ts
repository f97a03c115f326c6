// Verifies a JWT as RFC 7519 §7.2 says, one line a step. Until the signature holds, the first failure ends it and the
// payload is not read; after that, every failure is reported.

import { type ClaimFailure, JoseError } from '../errors.ts';
import type { JoseHeader, ReadHeader } from '../header.ts';
import { quote } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import { verifyWithKey } from '../jwk/signature-key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { type CompactParts, decodePayload } from '../jws/parts.ts';
import { acceptHeader, signatureError } from '../jws/signature.ts';
import { checkArgumentCount } from '../options.ts';
import { instant } from '../time.ts';
import { applySchema, claimFailures, headerFailures, typFault } from './claims.ts';
import { type Expected, type JwtClaims, type ReadExpected, readExpected } from './expected.ts';
import type { ReadJwt } from './jwt.ts';
import { readClaims, readJwt } from './jwt.ts';

interface VerifiedParts<Claims> {
  readonly claims: Claims;
  readonly header: JoseHeader;
  readonly key: Key;
}

const PROOF: unique symbol = Symbol('VerifiedJwt');

let makeVerifiedJwt: <Claims>(parts: VerifiedParts<Claims>) => VerifiedJwt<Claims>;
/** Whether a value came out of verifyJwt: nothing else has the private field. */
export let isVerifiedJwt: (value: unknown) => value is VerifiedJwt<unknown>;

/** The proof that a token was verified, and its content. Only verifyJwt makes one. */
export class VerifiedJwt<Claims = JwtClaims> {
  static {
    makeVerifiedJwt = (parts) => new VerifiedJwt(PROOF, parts);
    isVerifiedJwt = (value): value is VerifiedJwt<unknown> =>
      typeof value === 'object' && value !== null && #verified in value;
  }
  readonly #verified: true = true;
  /** The claims, or the schema's output. */
  declare readonly claims: Claims;
  declare readonly header: JoseHeader;
  /** The one of our keys that signed. */
  declare readonly key: Key;

  private constructor(proof: typeof PROOF, parts: VerifiedParts<Claims>) {
    if (proof !== PROOF) throw new TypeError('a VerifiedJwt is made by verifyJwt only');
    this.claims = parts.claims;
    this.header = parts.header;
    this.key = parts.key;
    Object.freeze(this);
  }
}

/**
 * Verifies a JWT: a compact JWS whose payload is a claims set. One step that fails refuses it [7519-7.2-0] [8725-3.3-1].
 *
 * @param keys a Key, or a KeySet from which the token's kid and alg choose
 * @param expected issuer and audience must be stated, or waived with null
 * @throws JoseError before the signature: ERR_JWS_INVALID, ERR_JOSE_LIMIT_EXCEEDED (256 KiB), ERR_JOSE_NOT_SUPPORTED,
 *   ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS,
 *   ERR_JWS_SIGNATURE_VERIFICATION_FAILED; after it: ERR_JWT_INVALID, ERR_JWT_EXPIRED, ERR_JWT_CLAIM_VALIDATION_FAILED,
 *   the last two with `failures`; TypeError for keys and expected
 */
export function verifyJwt<Claims = JwtClaims>(
  token: string,
  keys: Key | KeySet,
  expected: Expected<Claims>,
): VerifiedJwt<Claims> {
  checkArgumentCount(arguments.length, verifyJwt);
  const policy = readExpected(expected);
  checkKeys(keys);
  const jwt = readJwt(token);
  const key = acceptHeader(jwt.header, keys, policy); // step 5 [7519-7.2-5], RFC 8725 §3.1
  return verifySelected(jwt, key, policy) as VerifiedJwt<Claims>;
}

/** The steps from the selected key on, by an expectation that was read and a header that was accepted by it. */
export function verifySelected(jwt: ReadJwt, key: Key, policy: ReadExpected): VerifiedJwt<unknown> {
  const { parts, header } = jwt;
  const payload = decodePayload(parts.payload); // RFC 7515 §5.2 step 6
  checkJwtSignature(key, parts, header); // step 7 [7519-7.2-7]
  return acceptPayload(payload, { header, key }, policy);
}

/**
 * The steps of verifySelected, the signature verified by a function that returns a promise.
 * @param policyNow called once the signature holds, since the time goes on during the wait
 */
export async function verifySelectedBy(
  verify: (key: Key, input: string, signature: string) => Promise<boolean>,
  { jwt, key }: { readonly jwt: ReadJwt; readonly key: Key },
  policyNow: () => ReadExpected,
): Promise<VerifiedJwt<unknown>> {
  const { parts, header } = jwt;
  const payload = decodePayload(parts.payload); // RFC 7515 §5.2 step 6
  if (!(await verify(key, parts.input, parts.signature))) throw jwtSignatureError(parts, header); // step 7
  return acceptPayload(payload, { header, key }, policyNow());
}

/** The steps after the signature. */
function acceptPayload(
  payload: Uint8Array,
  { header, key }: { readonly header: ReadHeader; readonly key: Key },
  policy: ReadExpected,
): VerifiedJwt<unknown> {
  const claims = readClaims(payload, policy.maxMembers); // step 10
  const judgement = judgeClaims(claims, header, policy);
  const error = claimsError(judgement);
  if (error) throw error;
  return makeVerifiedJwt({ claims: judgement.value, header: header.parameters, key });
}

/** Checks the signature on the calling thread. @throws JoseError */
export function checkJwtSignature(key: Key, parts: CompactParts, header: ReadHeader): void {
  if (!verifyWithKey(key, parts.input, parts.signature)) throw jwtSignatureError(parts, header);
}

/**
 * The error for a signature that does not verify. Entra changes the nonce in the header of a token for Microsoft Graph after
 * it was signed, so that no other service can verify it: the error names that cause, which is otherwise looked for among the
 * keys.
 */
function jwtSignatureError({ signature }: CompactParts, { parameters }: ReadHeader): JoseError {
  const error = signatureError(signature);
  const { code, message } = error;
  if (code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' || !Object.hasOwn(parameters, 'nonce')) return error;
  return new JoseError(
    code,
    `${message}; a nonce in the header is of tokens for Microsoft Graph, which others cannot verify`,
  );
}

/** The result of the checks after the signature. */
export interface ClaimsJudgement {
  /** The claims, or the schema's output. */
  readonly value: unknown;
  /** Failures of the header and the claims, and those that the schema found. */
  readonly faults: readonly ClaimFailure[];
  readonly schemaFaults: readonly ClaimFailure[];
}

/** Every check after the signature: typ and other header parameters, the claims, the schema. */
export function judgeClaims(claims: JwtClaims, header: ReadHeader, policy: ReadExpected): ClaimsJudgement {
  const faults = claimFailures(claims, policy, instant(policy.now));
  const typ = typFault(header, policy);
  if (policy.header ?? policy.requiredHeader) faults.unshift(...headerFailures(header.parameters, policy));
  if (typ) faults.unshift({ claim: 'header.typ', reason: typ });
  if (!policy.schema) return { value: claims, faults, schemaFaults: NOTHING };
  return { faults, ...applySchema(policy.schema, claims) };
}

const NOTHING: readonly ClaimFailure[] = /* @__PURE__ */ Object.freeze([]);

/**
 * The error with every failure, if there is any. A token that is only expired is the everyday case, and has a code of
 * its own.
 */
export function claimsError({ faults, schemaFaults }: ClaimsJudgement): JoseError | undefined {
  if (faults.length === 0 && schemaFaults.length === 0) return undefined;
  const failures = [...faults, ...schemaFaults];
  if (failures.every(({ reason }) => reason === 'expired'))
    return new JoseError('ERR_JWT_EXPIRED', 'the token has expired', { failures });
  const named = failures.slice(0, MAX_NAMED).map(({ claim, reason }) => `${quote(claim)} ${reason}`);
  const more = failures.length > MAX_NAMED ? ` and ${failures.length - MAX_NAMED} more` : '';
  return new JoseError('ERR_JWT_CLAIM_VALIDATION_FAILED', `claims refused: ${named.join(', ')}${more}`, { failures });
}

/** How many failures an error's text names; all of them are in `failures`. */
const MAX_NAMED = 8;
