// Azure AD B2C: tokens of one policy (user flow or custom policy).
import { UUID } from '../jwt/issuer-template.ts';
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
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

export interface EntraB2cOptions extends RemoteOption {
  /** The name of the tenant, which is 'contoso' of contoso.onmicrosoft.com. */
  readonly tenantName: string;
  /** The tenant's id, a UUID in lower case. */
  readonly tenantId: string;
  /** The policy, as its tokens spell it, such as 'B2C_1_signin'. */
  readonly policy: string;
  /** The client id of your app or API, or several. */
  readonly audience: OneOrSeveral;
  /** The claim that names the policy. Default 'tfp'; 'acr' in older policies and where Token compatibility says so. */
  readonly policyClaim?: 'tfp' | 'acr' | undefined;
}

const ENTRA_B2C_OPTIONS: OptionRules<EntraB2cOptions> = /* @__PURE__ */ rulesOf(() => ({
  tenantName: textLike(/^[a-z0-9-]+$/, "the name of a tenant such as 'contoso', in lower case"),
  tenantId: textLike(UUID, "a tenant id such as 'aaaabbbb-0000-cccc-1111-dddd2222eeee', in lower case"),
  policy: textLike(/^B2C_1A?_[\w-]+$/i, "the name of a policy such as 'B2C_1_signin'"),
  audience: textsLike(NAME, "the client id of your app such as '00001111-aaaa-2222-bbbb-3333cccc4444'"),
  policyClaim: [(value) => value === 'tfp' || value === 'acr', "'tfp' or 'acr'"],
  remote: aRemote,
}));

/**
 * Issuer options for tokens of Azure AD B2C (Overview of tokens in Azure AD B2C). All policies of a tenant share iss and
 * may share keys, so the policy's claim must be this very policy: else a token of one that asks less of its users passes.
 * iss is in the form that names the tenant, with a final slash; aud is your client id; the signature is RS256. For
 * several policies, use one call each among `issuers`, with an audience each.
 *
 * @throws TypeError naming the option
 */
export function entraB2c(options: EntraB2cOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, entraB2c);
  const read = readGiven(options, ENTRA_B2C_OPTIONS, ['tenantName', 'tenantId', 'policy', 'audience']);
  const { tenantName, tenantId, policy, audience, policyClaim = 'tfp', remote } = read;
  const origin = `https://${tenantName}.b2clogin.com`;
  return {
    issuer: `${origin}/${tenantId}/v2.0/`,
    audience,
    claims: { [policyClaim]: policy },
    requiredClaims: ['sub'],
    algorithms: ['RS256'],
    keys: keysAt(`${origin}/${tenantName}.onmicrosoft.com/${policy}/discovery/v2.0/keys`, remote),
  };
}
