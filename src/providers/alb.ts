// The user claims that an AWS Application Load Balancer adds to requests: a JWT with padding, which no other part of the
// library reads, and whose header holds what elsewhere the claims hold.
import { JoseError } from '../errors.ts';
import { checkCritical, type ReadHeader } from '../header.ts';
import { checkAlgorithm } from '../jwks/select.ts';
import { splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import { checkClaims, type Reason } from '../jwt/claims.ts';
import { EXPECTED_RULES, type ExpectedValues, type ReadExpected, readExpected } from '../jwt/expected.ts';
import { UUID } from '../jwt/issuer-template.ts';
import { checkJwtHeader, MAX_JWT_BYTES, type ReadJwt } from '../jwt/jwt.ts';
import { claimsError, type VerifiedJwt, verifySelected } from '../jwt/verify.ts';
import { aFunction, checkArgumentCount, type OptionRules } from '../options.ts';
import { FETCH_OPTIONS, type FetchOptions, readFetchOptions } from '../remote/fetch.ts';
import { type Duration, type NumericDate, readClock } from '../time.ts';
import { AlbKeys } from './alb-keys.ts';
import { aRemote, asRemoteOption, NAME, type OneOrSeveral, readGiven, rulesOf, textLike, textsLike } from './given.ts';

export interface AlbOptions {
  /**
   * The ARN of the load balancer, or of several: 'arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID'.
   */
  readonly arn: OneOrSeveral;
  /** The client id that the load balancer has at its identity provider, or several. */
  readonly clientId: OneOrSeveral;
  /** The issuer of that identity provider, or several. */
  readonly issuer: OneOrSeveral;
  /** Other claims by name, each with its value, or one of a list. */
  readonly claims?: ExpectedValues | undefined;
  /** By how much the clocks may differ. Default 0, at most 10 minutes. */
  readonly clockSkew?: Duration | undefined;
  /**
   * The https URL under which the keys lie, one for each kid, without a final slash. Default: that of the ARN's region.
   */
  readonly keysUrl?: string | undefined;
  /** Returns the current time in seconds. Default: the system clock. */
  readonly clock?: (() => NumericDate) | undefined;
  /** How keys are fetched: `fetch`, `timeout` and so on. */
  readonly remote?: FetchOptions | undefined;
}

/** Verifies the header `x-amzn-oidc-data`. */
export interface AlbVerifier {
  /**
   * Verifies the header's value. Waits only while the key of a new kid is fetched.
   *
   * @throws JoseError ERR_JWS_INVALID, also for padding that is not exact; ERR_JOSE_ALG_NOT_ALLOWED;
   *   ERR_JOSE_LIMIT_EXCEEDED; ERR_JWKS_NO_MATCHING_KEY, also for a kid that is no UUID; ERR_JWKS_UNAVAILABLE with
   *   `retryAfter`; ERR_JWS_SIGNATURE_VERIFICATION_FAILED; ERR_JWT_INVALID; ERR_JWT_EXPIRED and
   *   ERR_JWT_CLAIM_VALIDATION_FAILED with `failures`
   */
  verify(token: string): Promise<VerifiedJwt>;
}

const ARN = /^arn:aws[a-z-]*:elasticloadbalancing:[a-z]+-[a-z-]*[a-z]-\d+:\d{12}:loadbalancer\/app\/[\w-]+\/[\da-f]+$/;

const ALB_OPTIONS: OptionRules<AlbOptions> = /* @__PURE__ */ rulesOf(() => ({
  arn: textsLike(
    ARN,
    'the ARN of a load balancer such as ' +
      "'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188'",
  ),
  clientId: textsLike(NAME, "the client id of the load balancer such as '1example23456789'"),
  issuer: textsLike(NAME, "the issuer of the identity provider such as 'https://login.example.com'"),
  claims: EXPECTED_RULES.claims,
  clockSkew: EXPECTED_RULES.clockSkew,
  keysUrl: textLike(
    /^https:\/\/[^\s?#@]*[^\s?#@/]$/,
    "the https URL of the keys such as 'https://public-keys.auth.elb.eu-west-1.amazonaws.com', without a final slash",
  ),
  clock: aFunction,
  remote: aRemote,
}));

/**
 * Makes a verifier for the header `x-amzn-oidc-data` of an AWS Application Load Balancer (Authenticate users using an
 * Application Load Balancer, User claims encoding and signature verification). It is a verifier and no issuer options,
 * because the three parts of these tokens are padded, and signed so: `createVerifier` refuses them, and only this
 * function reads them, each with exactly the padding of its length.
 *
 * The signature is ES256. The header must name your load balancer (signer), its client and the issuer, and its exp and
 * that of the claims must be ahead; iss of the claims is the issuer. The load balancer writes no aud. Keys are those of
 * the signer's region by kid, a UUID; each is fetched once an hour, unknown kids at most ten times a minute. Let targets
 * be reached by the load balancer alone.
 *
 * @throws TypeError naming the option
 */
export function alb(options: AlbOptions): AlbVerifier {
  checkArgumentCount(arguments.length, alb);
  const { issuer, clientId, claims, clockSkew, ...given } = readGiven(options, ALB_OPTIONS, [
    'arn',
    'clientId',
    'issuer',
  ]);
  const policy = readExpected({
    issuer,
    audience: null,
    header: { client: clientId, iss: issuer },
    claims: claims && structuredClone({ ...claims }), // its lists are the caller's
    clockSkew,
  });
  const urls: KeyUrls = new Map([given.arn].flat().map((arn) => [arn, given.keysUrl ?? keysUrlOf(arn)]));
  const keys = new AlbKeys(asRemoteOption(() => readFetchOptions(given.remote, FETCH_OPTIONS)));
  async function verify(token: string): Promise<VerifiedJwt> {
    checkArgumentCount(arguments.length, verify);
    const jwt = readPaddedJwt(token);
    checkCritical(jwt.header);
    checkAlgorithm(jwt.header, ['ES256']);
    const [url, kid] = [urlOfSigner(jwt.header, urls), kidOf(jwt.header)];
    const now = readClock(given.clock);
    const key = await keys.for(new URL(`${url}/${kid}`), kid, now);
    const verified = verifySelected(jwt, key, { ...policy, now });
    checkHeaderExpiry(jwt.header, policy, now);
    return verified as VerifiedJwt;
  }
  return Object.freeze({ verify });
}

/** Where the keys of each load balancer lie. */
type KeyUrls = ReadonlyMap<unknown, string>;

function keysUrlOf(arn: string): string {
  const [, partition, , region] = arn.split(':');
  if (partition === 'aws') return `https://public-keys.auth.elb.${region}.amazonaws.com`;
  if (partition === 'aws-us-gov') return `https://s3-${region}.amazonaws.com/aws-elb-public-keys-prod-${region}`;
  throw new TypeError(`options.keysUrl must be given for the partition of this ARN: ${ALB_OPTIONS.keysUrl[1]}`);
}

/**
 * A JWT whose parts are padded. The octets that were signed are those of the text as received, with its padding.
 * @throws JoseError as for any JWT, and ERR_JWS_INVALID where a part has not exactly the padding that its length demands
 */
function readPaddedJwt(token: string): ReadJwt {
  const { input, ...padded } = splitCompact(token, MAX_JWT_BYTES);
  const parts = {
    header: withoutPadding(padded.header, 'header'),
    payload: withoutPadding(padded.payload, 'payload'),
    signature: withoutPadding(padded.signature, 'signature'),
    input,
  };
  const header = readProtectedHeader(parts.header);
  checkJwtHeader(header);
  return { parts, header };
}

/** RFC 4648 §3.2: padded to a multiple of four. Padding elsewhere, or more of it, is refused as no base64url. */
function withoutPadding(text: string, part: string): string {
  if (text.length % 4 === 0) return text.replace(/={1,2}$/, '');
  throw new JoseError('ERR_JWS_INVALID', `the ${part} has not exactly the padding that its length demands`);
}

/** Whether the signer is one of the load balancers is asked before its key is: else no request is worth it. */
function urlOfSigner({ parameters }: ReadHeader, urls: KeyUrls): string {
  const signer = Object.hasOwn(parameters, 'signer') ? parameters.signer : undefined;
  const url = urls.get(signer);
  if (url === undefined) throw headerError('signer', signer === undefined ? 'missing' : 'mismatch');
  return url;
}

/** A kid goes into a URL, where any other text than a UUID could name another document. */
function kidOf({ kid }: ReadHeader): string {
  if (kid !== undefined && UUID.test(kid)) return kid;
  throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', 'the token names no key of a load balancer: its kid must be a UUID');
}

/** The exp of the header is checked as a claim is. */
function checkHeaderExpiry({ parameters }: ReadHeader, { clockSkew }: ReadExpected, now: NumericDate): void {
  const exp = Object.hasOwn(parameters, 'exp') ? parameters.exp : undefined;
  const [failure] = checkClaims(Object.fromEntries([['exp', exp]]), { issuer: null, audience: null, clockSkew }, now);
  if (failure) throw headerError('exp', failure.reason);
}

function headerError(name: string, reason: Reason): unknown {
  return claimsError({ value: undefined, faults: [{ claim: `header.${name}`, reason }], schemaFaults: [] });
}
