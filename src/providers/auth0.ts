// Auth0: access tokens for an API, and ID tokens.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aDomain } from './forms.ts';
import { aRemote, NAME, type OneOrSeveral, type RemoteOption, readGiven, rulesOf, textsLike } from './given.ts';

export interface Auth0Options extends RemoteOption {
  /** The tenant's domain or custom domain, such as 'acme.eu.auth0.com'. */
  readonly domain: string;
  /** The identifier of your API; or, for ID tokens, your client id. One or several. */
  readonly audience: OneOrSeveral;
}

const AUTH0_OPTIONS: OptionRules<Auth0Options> = /* @__PURE__ */ rulesOf(() => ({
  domain: aDomain,
  audience: textsLike(NAME, "the identifier of your API such as 'https://api.example.com'"),
  remote: aRemote,
}));

/**
 * Issuer options for tokens of Auth0 (Validate Access Tokens; Validate ID Tokens). iss is the domain with a final slash,
 * aud has the identifier of your API, the signature is RS256 or PS256. An ID token has the client id in aud and so is no
 * access token. The keys are discovered. Tokens of an API set to HS256 are refused.
 *
 * @throws TypeError naming the option
 */
export function auth0(options: Auth0Options): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, auth0);
  const { domain, audience, remote } = readGiven(options, AUTH0_OPTIONS, ['domain', 'audience']);
  return { issuer: `https://${domain}/`, audience, algorithms: ['RS256', 'PS256'], requiredClaims: ['sub'], remote };
}
