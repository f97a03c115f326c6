// The steps of a decryption, each one's outcome told. What decrypts is handed in by decryptWith, so that no explanation of
// signed tokens carries it.
import { asJoseError, attempt, type JoseErrorCode } from '../errors.ts';
import { quote } from '../json.ts';
import type { ContentRow } from '../jwa/content-encryption.ts';
import type { JweHeader } from '../jwe/header.ts';
import type { Key } from '../jwk/key.ts';
import { readClaims } from '../jwt/jwt.ts';
import { checkNested, checkNotNested, checkReplicas, replicasIn } from '../jwt/nesting.ts';
import type { DecryptionSteps } from '../verifier/token-reader.ts';
import { explainClaims } from './claims.ts';
import { describeCandidates, describeEnds } from './describe.ts';
import { type ExplainContext, NESTED_PLAN, runStep } from './steps.ts';

/** A token that was decrypted. */
export interface OpenedJwt {
  readonly plaintext: Uint8Array;
  readonly header: JweHeader;
}

/** Runs the steps up to the plaintext. @throws JoseError of the step that failed */
export function runDecryption(token: unknown, decryption: DecryptionSteps, context: ExplainContext): OpenedJwt {
  const fitOf = (key: Key, header: JweHeader, enc: ContentRow) =>
    attempt(() => decryption.select(header, enc, key), undefined) ? 'fits' : 'another alg or enc';
  const parts = runStep(context, 'JWE structure', {
    run: () => decryption.split(token),
    reason: ({ encryptedKey, ciphertext }) =>
      `five parts, with ${encryptedKey.length} octets of encrypted key and ${ciphertext.length} of ciphertext`,
    note: () => describeEnds(token),
  });
  const header = runStep(context, 'JWE header', { run: () => decryption.readHeader(parts), reason: describeJweHeader });
  const isNested = context.plan === NESTED_PLAN;
  runStep(context, 'nesting', {
    run: () => (isNested ? checkNested(header) : checkNotNested(header)),
    reason: () => (isNested ? 'its cty says that a signed token is inside' : 'its cty says of no token inside'),
  });
  const enc = runStep(context, 'encryption', {
    // Of a nested token, the caller's extensions are those of the token inside.
    run: () => decryption.accept(header, isNested ? undefined : context.policy.crit),
    reason: () => `${header.alg} and ${header.enc} are known and allowed`,
  });
  const key = runStep(context, 'decryption key', {
    run: () => decryption.select(header, enc, decryption.keys),
    reason: String,
    note: () => describeCandidates(decryption.keys, header.kid, (each) => fitOf(each, header, enc)),
  });
  const plaintext = runStep(context, 'decryption', {
    run: () => decryption.open(parts, header, { enc, key }),
    reason: ({ length }) => `${length} octets under ${key}`,
  });
  return { plaintext, header };
}

function describeJweHeader({ alg, enc, kid, cty, zip }: JweHeader): string {
  const named = Object.entries({ alg, enc, kid, cty }).map(([name, value]) =>
    value === undefined ? `no ${name}` : `${name} ${quote(value)}`,
  );
  return [...named, ...(zip ? ['zip "DEF"'] : [])].join(', ');
}

/** Tells of the replicated claims. @throws JoseError as checkReplicas */
export function runReplicas(
  context: ExplainContext,
  header: JweHeader,
  claims: Parameters<typeof checkReplicas>[1],
): void {
  runStep(context, 'replicated claims', {
    run: () => checkReplicas(header.parameters, claims),
    reason: () => `${replicasIn(header.parameters).join(', ') || 'none'} in the header of the encryption`,
  });
}

/** The steps after the decryption of a token that is encrypted only. Returns the code of the failure. */
export function explainEncryptedClaims(
  { plaintext, header }: OpenedJwt,
  context: ExplainContext,
): JoseErrorCode | undefined {
  const claims = runStep(context, 'claims set', {
    run: () => readClaims(plaintext, context.policy.maxMembers),
    reason: () => 'one strict JSON object',
  });
  const replicaCode = codeOf(() => {
    runReplicas(context, header, () => claims);
    return undefined;
  });
  const code = explainClaims(claims, header, context);
  return replicaCode ?? code;
}

/** The code of the failure that a run ends with, if any. */
export function codeOf(run: () => JoseErrorCode | undefined): JoseErrorCode | undefined {
  try {
    return run();
  } catch (error) {
    return asJoseError(error).code;
  }
}
