// explainToken: explains the verdict of a verifier on a token, with the keys that it has now.

import { asJoseError, JoseError } from '../errors.ts';
import { quote } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import { KeySet } from '../jwks/set.ts';
import type { KeyProvider } from '../jwks/source.ts';
import { ownClaim } from '../jwt/claims.ts';
import { type Expected, readExpected } from '../jwt/expected.ts';
import { aBoolean, checkArgumentCount, readMember, readOptions } from '../options.ts';
import type { NumericDate } from '../time.ts';
import { type IssuerRouter, type TrustedIssuer, unverifiedClaims } from '../verifier/issuers.ts';
import { DECRYPTION_STEPS, type TokenReader } from '../verifier/token-reader.ts';
import { Verifier } from '../verifier/verifier.ts';
import { type ExplainOptions, explainWith } from './jwt.ts';
import type { ExplainedStep, Explanation } from './steps.ts';

/** The verifier's reading, routing and time, and whether claim values may be shown. */
interface VerifierContext {
  readonly read: TokenReader;
  readonly route: IssuerRouter;
  readonly now: NumericDate;
  readonly values: boolean;
}

const NO_KEYS: KeySet = /* @__PURE__ */ new KeySet([]);
const ANY_TOKEN: Expected = { issuer: null, audience: null };

/**
 * Explains the verdict of `verifier.verify` on a token, step by step, with the keys that the verifier has now. Never
 * throws for a bad token, and begins no request. Claim values are shown only with `values`.
 *
 * @throws TypeError for the arguments
 */
export function explainToken(verifier: Verifier<unknown>, token: string, options?: ExplainOptions): Explanation {
  checkArgumentCount(arguments.length, explainToken);
  if (!Verifier.isVerifier(verifier)) throw new TypeError('verifier must be a Verifier, as createVerifier returns it');
  const { values = false } = readOptions(options, { values: aBoolean });
  const context = { ...Verifier.basisOf(verifier), values };
  const issuer = trustedIssuerOf(token, context);
  return issuer instanceof JoseError
    ? explainUntrusted(token, issuer, context)
    : explainTrusted(token, issuer, context);
}

function trustedIssuerOf(token: string, { read, route }: VerifierContext): TrustedIssuer | JoseError {
  try {
    return route(read(token));
  } catch (error) {
    return asJoseError(error);
  }
}

function explainTrusted(
  token: string,
  { keys, expected }: TrustedIssuer,
  { read, now, values }: VerifierContext,
): Explanation {
  const currentKeys = currentKeysOf(keys);
  const algorithms = expected.algorithms ?? keys.algorithms;
  const given = { decrypt: DECRYPTION_STEPS.get(read), verify: currentKeys ?? NO_KEYS };
  const explanation = explainWith(token, given, { policy: readExpected({ ...expected, algorithms, now }), values });
  return !currentKeys && explanation.code === 'ERR_JWKS_NO_MATCHING_KEY'
    ? withKeysUnavailable(explanation)
    : explanation;
}

/** The keys that may be used now; `undefined` also if the key source fails. */
function currentKeysOf(keys: KeyProvider): Key | KeySet | undefined {
  try {
    return keys.current();
  } catch (error) {
    asJoseError(error);
    return undefined;
  }
}

/** The explanation without keys: the failed step says that they are unavailable, not that the token is bad. */
function withKeysUnavailable({ steps, at }: Explanation): Explanation {
  const explained = steps.map((step) => (step.outcome === 'failed' ? { ...step, ...UNAVAILABLE } : step));
  return Object.freeze({ valid: false, code: 'ERR_JWKS_UNAVAILABLE', steps: explained, at });
}

const UNAVAILABLE: Pick<ExplainedStep, 'reason' | 'remedy'> = {
  reason: 'the keys of the issuer are not available now',
  remedy: 'available keys: await verifier.warm(), and read the events of the remote set',
};

/** The explanation for a token of no trusted issuer: the steps before the routing, and a failed step for it. */
function explainUntrusted(token: string, error: JoseError, { read, now, values }: VerifierContext): Explanation {
  const given = { decrypt: DECRYPTION_STEPS.get(read), verify: NO_KEYS };
  const explanation = explainWith(token, given, { policy: readExpected({ ...ANY_TOKEN, now }), values: false });
  const { steps } = explanation;
  const routed = steps.findIndex(({ name }) => name === 'extensions');
  if (steps[routed - 1]?.outcome !== 'passed') return explanation;
  const issuer: ExplainedStep = {
    name: 'issuer',
    section: 'RFC 7519 §4.1.1',
    outcome: 'failed',
    reason:
      readMember(error, 'failures') && values
        ? `iss ${quote(ownClaim(unverifiedClaims(read(token), Number.POSITIVE_INFINITY), 'iss'))}: ${error.message}`
        : error.message,
    remedy: 'a token whose iss is one of the issuers of this verifier, with its aud where several share a name',
  };
  const reason = 'not reached, because issuer failed';
  const skipped = steps
    .slice(routed)
    .map(({ name, section }): ExplainedStep => ({ name, section, outcome: 'skipped', reason }));
  return Object.freeze({
    valid: false,
    code: error.code,
    steps: [...steps.slice(0, routed), issuer, ...skipped],
    at: now,
  });
}
