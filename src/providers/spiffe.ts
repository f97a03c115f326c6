// JWT-SVIDs, the tokens of workloads in a SPIFFE trust domain.

import type { Jwk } from '../jwk/jwk.ts';
import type { SubjectPrefix } from '../jwt/expected.ts';
import { checkArgumentCount, isPlainObject, isString, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  acceptingOnly,
  aRemote,
  keysAt,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

export interface SpiffeOptions extends RemoteOption {
  /** The name of the trust domain, such as 'example.org'. */
  readonly trustDomain: string;
  /** The https URL of the trust domain's bundle endpoint. */
  readonly bundleUrl: string;
  /** Your own audience, or several. */
  readonly audience: OneOrSeveral;
  /**
   * A SPIFFE ID of the trust domain, or several, or the beginning of a path that ends with a slash, such as `{ prefix:
   * 'spiffe://example.org/ns/prod/' }`. Default: every workload of the trust domain.
   */
  readonly subject?: OneOrSeveral | SubjectPrefix | undefined;
  /** The iss, for an authority that writes one. Default: unchecked, since sub names the trust domain. */
  readonly issuer?: string | undefined;
}

const A_SPIFFE_ID = /* @__PURE__ */ textsLike(
  /^spiffe:\/\/(?!.*\/\.{0,2}(?:\/|$))[a-z0-9._-]+\/[\w./-]+$/,
  "a SPIFFE ID of the trust domain such as 'spiffe://example.org/app', or a beginning such as " +
    "{ prefix: 'spiffe://example.org/ns/prod/' }",
);

const SPIFFE_OPTIONS: OptionRules<SpiffeOptions> = /* @__PURE__ */ rulesOf(() => ({
  trustDomain: textLike(/^[a-z0-9._-]{1,255}$/, "the name of a trust domain such as 'example.org', without spiffe://"),
  bundleUrl: textLike(/^https:\/\//, "the https URL of a bundle such as 'https://example.org/bundle'"),
  audience: textsLike(NAME, "your own audience such as 'spiffe://example.org/api'"),
  subject: [(value) => A_SPIFFE_ID[0](value) || isPathPrefix(value), A_SPIFFE_ID[1]],
  issuer: textLike(NAME, "an issuer such as 'https://spire.example.org'"),
  remote: aRemote,
}));

/** Whether a value is a prefix of whole path segments: '/ns/prod' would also be that of /ns/production. */
function isPathPrefix(value: unknown): value is SubjectPrefix {
  if (!isPlainObject(value) || Object.keys(value).join() !== 'prefix' || !isString(value.prefix)) return false;
  return value.prefix.endsWith('/') && A_SPIFFE_ID[0](value.prefix.slice(0, -1));
}

/**
 * Issuer options for JWT-SVIDs (The JWT SPIFFE Verifiable Identity Document). sub is a SPIFFE ID of the trust domain; aud
 * is yours, exp must be there, and the algorithm is one of those of §2.1; iss is no part of the specification. Of the
 * bundle, only keys whose use is `jwt-svid` are used (§6.2), so that no key for X.509 signs a token; for a JWK Set
 * without that use, such as that of SPIRE's OIDC provider, give `remote: { use: 'sig' }`.
 *
 * @throws TypeError naming the option
 */
export function spiffe(options: SpiffeOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, spiffe);
  const { trustDomain, bundleUrl, audience, subject, issuer, remote } = readGiven(options, SPIFFE_OPTIONS, [
    'trustDomain',
    'bundleUrl',
    'audience',
  ]);
  const prefix = `spiffe://${trustDomain}/`;
  if (subject !== undefined && !namesOf(subject).every((name) => name.startsWith(prefix)))
    throw new TypeError(
      `options.subject must be ${A_SPIFFE_ID[1]}: it is of another trust domain than options.trustDomain`,
    );
  return {
    issuer: issuer ?? null,
    audience,
    subject: subject ?? { prefix },
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
    keys: keysAt(
      bundleUrl,
      remote?.use === undefined ? acceptingOnly(isForSvids, { ...remote, use: 'jwt-svid' }) : remote,
    ),
  };
}

function namesOf(subject: OneOrSeveral | SubjectPrefix): readonly string[] {
  return isPathPrefix(subject) ? [subject.prefix] : [subject].flat();
}

function isForSvids({ use }: Jwk): boolean {
  return use === 'jwt-svid';
}
