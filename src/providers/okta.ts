// Okta: access tokens of custom authorization servers, and ID tokens.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aDomain, aTokenUse, type TokenUse } from './forms.ts';
import {
  aRemote,
  claimsAskedFor,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textsLike,
} from './given.ts';

export interface OktaOptions extends RemoteOption {
  /** The domain of the org, such as 'acme.okta.com', or its custom domain. */
  readonly domain: string;
  /** The audience of the authorization server, such as 'api://default'; for ID tokens your client id. One or several. */
  readonly audience: OneOrSeveral;
  /** The id of the authorization server, or null for the org's own, which is for ID tokens only. Default 'default'. */
  readonly authorizationServer?: string | null | undefined;
  /** The clients whose access tokens are accepted, one or several. Default: any client of that server. */
  readonly clientId?: OneOrSeveral | undefined;
  /** Which tokens. Default 'access'. */
  readonly use?: TokenUse | undefined;
}

const OKTA_OPTIONS: OptionRules<OktaOptions> = /* @__PURE__ */ rulesOf(() => ({
  domain: aDomain,
  audience: textsLike(NAME, "the audience of the authorization server such as 'api://default'"),
  authorizationServer: [
    (value) => value === null || (typeof value === 'string' && /^[\w-]+$/.test(value)),
    "the id of an authorization server such as 'default', or null for the org's own",
  ],
  clientId: textsLike(NAME, "a client id such as '0oa1gjh63g214q0Hq0g4'"),
  use: aTokenUse,
  remote: aRemote,
}));

/**
 * Issuer options for tokens of Okta (Validate access tokens; Validate ID tokens). iss is the authorization server, aud its
 * audience or, in ID tokens, your client id; the signature is RS256. An access token has the client in cid, and an ID
 * token has none. Okta's org authorization server makes access tokens that only Okta may verify: they are refused
 * here as an option. The keys are discovered.
 *
 * @throws TypeError naming the option
 */
export function okta(options: OktaOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, okta);
  const read = readGiven(options, OKTA_OPTIONS, ['domain', 'audience']);
  const { domain, audience, authorizationServer = 'default', clientId, use = 'access', remote } = read;
  if (authorizationServer === null && use === 'access')
    throw new TypeError(
      "options.authorizationServer must be the id of a custom server such as 'default': " +
        'access tokens of the org itself are for Okta alone to verify',
    );
  if (clientId !== undefined && use === 'id')
    throw new TypeError("options.clientId is for access tokens: with use 'id', options.audience is the client id");
  const path = authorizationServer === null ? '' : `/oauth2/${authorizationServer}`;
  return {
    issuer: `https://${domain}${path}`,
    audience,
    claims: claimsAskedFor({ cid: clientId }),
    requiredClaims: use === 'access' ? ['sub', 'cid'] : ['sub'],
    algorithms: ['RS256'],
    remote,
  };
}
