// What a verifier would say of a token, told step by step by the keys at hand: for logs and for people.
import { asJoseError, JoseError } from '../errors.ts';
import { quote } from '../json.ts';
import { isKey } from '../jwk/key.ts';
import { KeySet } from '../jwks/set.ts';
import type { KeySource } from '../jwks/source.ts';
import type { Expected } from '../jwt/expected.ts';
import { type ExplainedStep, type Explanation, explainJwt } from '../jwt/explain.ts';
import { readJwt } from '../jwt/jwt.ts';
import { readMember } from '../options.ts';
import { PUBLIC_ALGORITHMS } from '../remote/asked.ts';
import { RemoteJwks } from '../remote/remote.ts';
import type { NumericDate } from '../time.ts';
import { claimedIssuer, type Route, type TrustedIssuer } from './issuers.ts';

/** How a token is to be explained: whose it may be, at which instant, and whether claim values may be told. */
export interface Question {
  readonly route: Route;
  readonly now: NumericDate;
  readonly values: boolean;
}

const NO_KEYS: KeySet = /* @__PURE__ */ new KeySet([]);
const ANYTHING: Expected = { issuer: null, audience: null };

/** Never throws for a bad token. It looks at the keys that there are now, and begins no request. */
export function explainBy(token: string, question: Question): Explanation {
  const issuer = whose(token, question.route);
  return issuer instanceof JoseError ? explainNobodys(token, issuer, question) : explainOf(token, issuer, question);
}

function whose(token: string, route: Route): TrustedIssuer | JoseError {
  try {
    return route(readJwt(token));
  } catch (error) {
    return asJoseError(error);
  }
}

function explainOf(token: string, { keys, expected }: TrustedIssuer, { now, values }: Question): Explanation {
  const isRemote = RemoteJwks.isRemoteJwks(keys);
  const atHand = isKey(keys) || KeySet.isKeySet(keys) ? keys : currentOf(keys);
  const algorithms = expected.algorithms ?? (isRemote ? PUBLIC_ALGORITHMS : undefined);
  const told = explainJwt(token, atHand ?? NO_KEYS, { ...expected, algorithms, now }, { values });
  return !atHand && told.code === 'ERR_JWKS_NO_MATCHING_KEY' ? withoutKeys(told) : told;
}

/** The keys that may be used now; a source that fails has none. */
function currentOf(source: Pick<KeySource, 'current'>): KeySet | undefined {
  try {
    return source.current;
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
function explainNobodys(token: string, error: JoseError, { values }: Question): Explanation {
  const told = explainJwt(token, NO_KEYS, ANYTHING);
  const [structure, header, ...others] = told.steps;
  if (!structure || header?.outcome !== 'passed') return told;
  const issuer: ExplainedStep = {
    name: 'issuer',
    section: 'RFC 7519 §4.1.1',
    outcome: 'failed',
    reason:
      readMember(error, 'failures') && values
        ? `iss ${quote(claimedIssuer(readJwt(token)))}: ${error.message}`
        : error.message,
    remedy: 'a token that names one of the issuers of this verifier in iss',
  };
  const reason = 'not reached, because issuer failed';
  const skipped = others.map(({ name, section }): ExplainedStep => ({ name, section, outcome: 'skipped', reason }));
  return Object.freeze({ valid: false, code: error.code, steps: [structure, header, issuer, ...skipped] });
}
