// OpenID Connect Core 1.0 §3.1.3.7: the ID token at the end of one login.
import { encodeBase64url } from '../base64url.ts';
import { encodeUtf8, sha256 } from '../bytes.ts';
import { anAlgorithmList, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { ownClaim } from '../jwt/claims.ts';
import { EXPECTED_RULES, type Expected, type JwtClaims, type StandardSchemaV1 } from '../jwt/expected.ts';
import { aStringList, checkArgumentCount, isString, type OptionRules } from '../options.ts';
import { aDuration, type Duration, instant, seconds } from '../time.ts';
import { schemaOf } from './checks.ts';
import { NAME, type OneOrSeveral, readGiven, rulesOf, textLike, textsLike } from './given.ts';

export interface IdTokenOptions<Claims = JwtClaims> {
  /** The issuer of the metadata, exactly; or, where a provider has two spellings, both. */
  readonly issuer: OneOrSeveral;
  /** Your client id. */
  readonly clientId: string;
  /** The nonce of this login's authentication request; null: none was sent. */
  readonly nonce: string | null;
  /** The max_age of the authentication request, as a Duration: auth_time must be there, and not longer ago. */
  readonly maxAge?: Duration | undefined;
  /** Audiences beside your client id that are no reason to refuse. Default: none. */
  readonly trustedAudiences?: readonly string[] | undefined;
  /** Default ['RS256']; else what was registered as id_token_signed_response_alg. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The access token that came with it: at_hash must be there, and its hash. Needs algorithms of SHA-256. */
  readonly accessToken?: string | undefined;
  /** By how much the clocks may differ. Default 0, at most 10 minutes. */
  readonly clockSkew?: Duration | undefined;
  /** A schema of your own for the claims, after these checks. */
  readonly schema?: StandardSchemaV1<Claims> | undefined;
  /** The current instant: seconds or a Date. Default: the clock. */
  readonly now?: number | Date | undefined;
}

const ID_TOKEN_OPTIONS: OptionRules<IdTokenOptions<unknown>> = /* @__PURE__ */ rulesOf(() => ({
  issuer: textsLike(NAME, "an issuer such as 'https://login.example.com'"),
  clientId: textLike(NAME, "your client id such as 'web-app'"),
  nonce: [
    (value) => value === null || (isString(value) && value !== ''),
    'the nonce of the authentication request, or null when none was sent',
  ],
  maxAge: aDuration,
  trustedAudiences: aStringList,
  algorithms: anAlgorithmList,
  accessToken: [(value) => isString(value) && value !== '', 'the access token that came with the ID token'],
  clockSkew: EXPECTED_RULES.clockSkew,
  schema: EXPECTED_RULES.schema,
  now: EXPECTED_RULES.now,
}));

/**
 * The expectations of the ID token of one login, for `verifyJwt` (OpenID Connect Core 1.0 §3.1.3.7). Checked are iss
 * (step 2), aud and that each other audience is trusted (3), azp where there is one, and that there is one with several
 * audiences (4, 5), the signature (6) and its algorithm (7), exp (9), that iat is there (10), nonce (11) and auth_time
 * against `maxAge` (13); with `accessToken` also at_hash (§3.1.3.8). The checks of azp, auth_time, at_hash and other
 * audiences are the `schema`: give a schema of your own as the option, since one after the spread options replaces it.
 *
 * @throws TypeError naming the option
 */
export function idToken<Claims = JwtClaims>(options: IdTokenOptions<Claims>): Expected<Claims> {
  checkArgumentCount(arguments.length, idToken);
  const read = readGiven<IdTokenOptions<Claims>>(options, ID_TOKEN_OPTIONS, ['issuer', 'clientId', 'nonce']);
  const { issuer, clientId, nonce, maxAge, algorithms = ['RS256'], accessToken, clockSkew, schema } = read;
  const now = read.now && instant(read.now); // a Date could be changed later
  if (accessToken !== undefined && !algorithms.every((alg) => alg.endsWith('256') || alg === 'ES256K'))
    throw new TypeError('options.accessToken must be left out unless all algorithms are of SHA-256, such as RS256');
  const needed = ['sub', 'iat'];
  if (maxAge !== undefined) needed.push('auth_time');
  if (accessToken !== undefined) needed.push('at_hash');
  return {
    issuer,
    audience: clientId,
    ...(nonce === null ? {} : { claims: { nonce } }),
    requiredClaims: needed,
    algorithms,
    clockSkew,
    schema: schemaOf((claims) => faultsOf(claims, { ...read, now }), schema),
    now,
  };
}

/** The claims at fault. One that is missing, or of which `Expected` has said so, is not told twice. */
function faultsOf(claims: JwtClaims, { clientId, trustedAudiences = [], ...rest }: IdTokenOptions<unknown>): string[] {
  const audiences: readonly unknown[] = [ownClaim(claims, 'aud')].flat();
  const known: readonly unknown[] = [clientId, ...trustedAudiences];
  const azp = ownClaim(claims, 'azp');
  const isUntrusted = audiences.includes(clientId) && !audiences.every((audience) => known.includes(audience));
  const hasWrongParty = azp === undefined ? audiences.length > 1 : azp !== clientId;
  return [
    ...(isUntrusted ? ['aud'] : []),
    ...(hasWrongParty ? ['azp'] : []),
    ...(isTooLongAgo(ownClaim(claims, 'auth_time'), rest) ? ['auth_time'] : []),
    ...(isOtherHash(ownClaim(claims, 'at_hash'), rest.accessToken) ? ['at_hash'] : []),
  ];
}

type LoginTimes = Pick<IdTokenOptions, 'maxAge' | 'clockSkew' | 'now'>;

/** Whether the login was longer ago than `maxAge`, or is ahead, or its time is no number. */
function isTooLongAgo(authTime: unknown, { maxAge, clockSkew = 0, now }: LoginTimes): boolean {
  if (maxAge === undefined || authTime === undefined) return false;
  const age = instant(now) - (typeof authTime === 'number' ? authTime : Number.NaN);
  const skew = seconds(clockSkew);
  return !(age >= -skew && age <= seconds(maxAge) + skew);
}

/** §3.1.3.6: at_hash is the left half of the access token's hash, in base64url. */
function isOtherHash(hash: unknown, accessToken: string | undefined): boolean {
  if (accessToken === undefined || hash === undefined) return false;
  return hash !== encodeBase64url(sha256(encodeUtf8(accessToken)).subarray(0, 16));
}
