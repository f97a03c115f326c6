// Keycloak: access and ID tokens of a realm.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aTokenUse, type TokenUse } from './forms.ts';
import {
  aRemote,
  claimsAskedFor,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

export interface KeycloakOptions extends RemoteOption {
  /** The URL of the server as its tokens have it in iss, without a final slash, such as 'https://sso.example.com'. */
  readonly url: string;
  /** The realm. */
  readonly realm: string;
  /** Your API in aud, which an audience mapper puts there; for ID tokens your client id. One or several. */
  readonly audience: OneOrSeveral;
  /** The clients whose tokens are accepted, one or several. Default: any client of the realm. */
  readonly clientId?: OneOrSeveral | undefined;
  /** Which tokens. Default 'access'. */
  readonly use?: TokenUse | undefined;
}

const KEYCLOAK_OPTIONS: OptionRules<KeycloakOptions> = /* @__PURE__ */ rulesOf(() => ({
  url: textLike(
    /^https?:\/\/[a-z0-9.-]+(:\d+)?(?!.*\/(\/|$|realms\/))(\/[\w/-]+)?$/,
    "the URL of the server such as 'https://sso.example.com', with its host in lower case, without /realms/ and a final slash",
  ),
  realm: textLike(/^(?!\.)(?!.*\.\.)[\w.-]+$/, "the name of a realm such as 'acme'"),
  audience: textsLike(NAME, "the name of your API in aud such as 'orders-api'"),
  clientId: textsLike(NAME, "a client id such as 'web-app'"),
  use: aTokenUse,
  remote: aRemote,
}));

/**
 * Issuer options for tokens of a Keycloak realm (Securing applications and services, Validating access tokens). iss is the
 * realm, aud your API and azp the client; the claim typ tells an access token (Bearer) from an ID token (ID) and from one
 * that is bound to a key (DPoP), which is refused. The signature is RS256, Keycloak's default: for a realm of another
 * algorithm, add `algorithms` after the spread options. The keys are discovered.
 *
 * @throws TypeError naming the option
 */
export function keycloak(options: KeycloakOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, keycloak);
  const read = readGiven(options, KEYCLOAK_OPTIONS, ['url', 'realm', 'audience']);
  const { url, realm, audience, clientId, use = 'access', remote } = read;
  const typ = use === 'id' ? 'ID' : 'Bearer';
  return {
    issuer: `${url}/realms/${realm}`,
    audience,
    claims: claimsAskedFor({ typ, azp: clientId }),
    algorithms: ['RS256'],
    remote,
  };
}
