// What a verifier would say of a token, told step by step by the keys at hand: for logs and for people.

import { asJoseError, JoseError } from '../errors.ts';
import { quote } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import { KeySet } from '../jwks/set.ts';
import type { KeyProvider } from '../jwks/source.ts';
import type { Expected } from '../jwt/expected.ts';
import { readJwt } from '../jwt/jwt.ts';
import { aBoolean, checkArgumentCount, readMember, readOptions } from '../options.ts';
import type { NumericDate } from '../time.ts';
import { type IssuerRouter, type TrustedIssuer, unverifiedIssuer } from '../verifier/issuers.ts';
import { Verifier } from '../verifier/verifier.ts';
import { type ExplainedStep, type ExplainOptions, type Explanation, explainJwt } from './jwt.ts';

/** How a token is to be explained: whose it may be, at which instant, and whether claim values may be told. */
interface Question {
  readonly route: IssuerRouter;
  readonly now: NumericDate;
  readonly values: boolean;
}

const NO_KEYS: KeySet = /* @__PURE__ */ new KeySet([]);
const ANYTHING: Expected = { issuer: null, audience: null };

/**
 * What `verify` of a verifier would say of a token by the keys that are here now, step by step. Never throws for a bad token, and
 * begins no request. Claim values are shown only with `values`.
 *
 * @throws TypeError for the arguments
 */
export function explainToken(verifier: Verifier<unknown>, token: string, options?: ExplainOptions): Explanation {
  checkArgumentCount(arguments.length, explainToken);
  if (!Verifier.isVerifier(verifier)) throw new TypeError('verifier must be a Verifier, as createVerifier returns it');
  const { values = false } = readOptions(options, { values: aBoolean });
  const question = { ...Verifier.basisOf(verifier), values };
  const issuer = issuerOf(token, question.route);
  return issuer instanceof JoseError ? explainUntrusted(token, issuer, question) : explainOf(token, issuer, question);
}

function issuerOf(token: string, route: IssuerRouter): TrustedIssuer | JoseError {
  try {
    return route(readJwt(token));
  } catch (error) {
    return asJoseError(error);
  }
}

function explainOf(token: string, { keys, expected }: TrustedIssuer, { now, values }: Question): Explanation {
  const atHand = currentOf(keys);
  const algorithms = expected.algorithms ?? keys.algorithms;
  const told = explainJwt(token, atHand ?? NO_KEYS, { ...expected, algorithms, now }, { values });
  return !atHand && told.code === 'ERR_JWKS_NO_MATCHING_KEY' ? withoutKeys(told) : told;
}

/** The keys that may be used now; a source that fails has none. */
function currentOf(keys: KeyProvider): Key | KeySet | undefined {
  try {
    return keys.current();
  } catch (error) {
    asJoseError(error);
    return undefined;
  }
}

/** Of an issuer whose keys are not there nothing is known, neither good nor bad. */
function withoutKeys({ steps }: Explanation): Explanation {
  const told = steps.map((step) => (step.outcome === 'failed' ? { ...step, ...UNAVAILABLE } : step));
  return Object.freeze({ valid: false, code: 'ERR_JWKS_UNAVAILABLE', steps: told });
}

const UNAVAILABLE: Pick<ExplainedStep, 'reason' | 'remedy'> = {
  reason: 'the keys of the issuer are not at hand',
  remedy: 'the keys: await verifier.warm(), and look at the events of the remote set',
};

/** The steps that every token goes through, and then the one that found nobody to judge this one. */
function explainUntrusted(token: string, error: JoseError, { values }: Question): Explanation {
  const told = explainJwt(token, NO_KEYS, ANYTHING);
  const [structure, header, ...others] = told.steps;
  if (!structure || header?.outcome !== 'passed') return told;
  const issuer: ExplainedStep = {
    name: 'issuer',
    section: 'RFC 7519 §4.1.1',
    outcome: 'failed',
    reason:
      readMember(error, 'failures') && values
        ? `iss ${quote(unverifiedIssuer(readJwt(token)))}: ${error.message}`
        : error.message,
    remedy: 'a token that names one of the issuers of this verifier in iss',
  };
  const reason = 'not reached, because issuer failed';
  const skipped = others.map(({ name, section }): ExplainedStep => ({ name, section, outcome: 'skipped', reason }));
  return Object.freeze({ valid: false, code: error.code, steps: [structure, header, issuer, ...skipped] });
}
