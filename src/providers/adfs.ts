// Active Directory Federation Services (AD FS 2016 and newer): access and ID tokens.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aDomain, aTokenUse, type TokenUse } from './forms.ts';
import { aRemote, keysAt, NAME, type OneOrSeveral, type RemoteOption, readGiven, rulesOf, textsLike } from './given.ts';

export interface AdfsOptions extends RemoteOption {
  /** The host of the federation service, such as 'fs.contoso.com'. */
  readonly host: string;
  /** The identifier of your API, such as 'microsoft:identityserver:api://orders'; for ID tokens your client id. */
  readonly audience: OneOrSeveral;
  /** Which tokens. */
  readonly use: TokenUse;
}

const ADFS_OPTIONS: OptionRules<AdfsOptions> = /* @__PURE__ */ rulesOf(() => ({
  host: aDomain,
  audience: textsLike(NAME, "the identifier of your API such as 'microsoft:identityserver:api://orders'"),
  use: aTokenUse,
  remote: aRemote,
}));

/**
 * Issuer options for tokens of AD FS ([MS-OIDCE] OpenID Connect 1.0 Protocol Extensions, access_token_issuer). An ID
 * token's iss is https://HOST/adfs; an access token's is the identifier of the federation service, by default
 * http://HOST/adfs/services/trust, and is no URL to fetch from. So neither passes for the other. aud is yours and the
 * signature RS256. For another identifier, add `issuer` after the spread options.
 *
 * @throws TypeError naming the option
 */
export function adfs(options: AdfsOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, adfs);
  const { host, audience, use, remote } = readGiven(options, ADFS_OPTIONS, ['host', 'audience', 'use']);
  return {
    issuer: use === 'id' ? `https://${host}/adfs` : `http://${host}/adfs/services/trust`,
    audience,
    algorithms: ['RS256'],
    keys: keysAt(`https://${host}/adfs/discovery/keys`, remote),
  };
}
