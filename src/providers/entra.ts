// Microsoft Entra ID: access and ID tokens of one tenant, of several, or of any.
import { ownMembers } from '../json.ts';
import { UUID } from '../jwt/issuer-template.ts';
import { checkArgumentCount, isString, type OptionRules } from '../options.ts';
import type { RemoteJwksOptions } from '../remote/options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  acceptingOnly,
  aRemote,
  keysAt,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textsLike,
} from './given.ts';

export interface EntraOptions extends RemoteOption {
  /** The tenant's id, a UUID in lower case; or several; or 'any': each work or school tenant, and no personal account. */
  readonly tenant: OneOrSeveral;
  /** The client id or App ID URI of your API; for ID tokens your client id. One or several. */
  readonly audience: OneOrSeveral;
  /** The version of the tokens, which the manifest of the API decides, whatever endpoint they come from. Default 2. */
  readonly version?: 1 | 2 | undefined;
}

/** The tenant of personal Microsoft accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
/** An audience that is none of the names of Microsoft Graph. */
const NOT_GRAPH =
  /^(?!(https:\/\/(dod-)?graph\.microsoft\.(com|us)\/?|00000003-0000-0000-c000-000000000000)$)\S(.*\S)?$/i;

const ENTRA_OPTIONS: OptionRules<EntraOptions> = /* @__PURE__ */ rulesOf(() => ({
  tenant: [
    isTenant,
    "a tenant id such as 'aaaabbbb-0000-cccc-1111-dddd2222eeee', in lower case, several in an array, or 'any'; " +
      'the tenant of personal accounts by itself',
  ],
  audience: textsLike(
    NOT_GRAPH,
    "the client id or App ID URI of your own API such as 'api://orders', not that of Microsoft Graph, " +
      'whose tokens others cannot verify',
  ),
  version: [(value) => value === 1 || value === 2, 'the number 1 or 2'],
  remote: aRemote,
}));

function isTenant(value: unknown): boolean {
  if (!Array.isArray(value)) return isString(value) && (value === 'any' || UUID.test(value));
  // The consumers' keys would be accepted for the other tenants too.
  return value.length > 0 && [...value].every((one) => isString(one) && UUID.test(one) && one !== CONSUMERS);
}

/**
 * Issuer options for tokens of Microsoft Entra ID (Access tokens in the Microsoft identity platform, Validate tokens). iss
 * is the tenant in the form of `version`, and with several tenants that of tid, which is one of them or any UUID; aud is
 * yours, ver the version, the signature RS256. A key of the set counts only if its own issuer is that of all tenants or
 * of this one, and its cloud the public one: so no key of personal accounts can sign for an enterprise. That check is in
 * `keys`: give options of theirs as `remote`, and no other keys. Tokens for
 * Microsoft Graph are not for others to verify. Access and ID tokens can have one audience: tell them apart by scp or
 * roles, which only an access token has.
 *
 * @throws TypeError naming the option
 */
export function entra(options: EntraOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, entra);
  const { tenant, audience, version = 2, remote } = readGiven(options, ENTRA_OPTIONS, ['tenant', 'audience']);
  const isOne = isString(tenant) && tenant !== 'any';
  const template = version === 2 ? issuerV2('{tid}') : 'https://sts.windows.net/{tid}/';
  const ver = `${version}.0`;
  const keyIssuers = [issuerV2('{tenantid}'), ...(isOne ? [issuerV2(tenant)] : [])];
  return {
    issuer: isOne
      ? template.replace('{tid}', tenant)
      : { template, claim: 'tid', ...(isString(tenant) ? {} : { allow: tenant }) },
    audience,
    claims: isOne ? { ver, tid: tenant } : { ver },
    requiredClaims: ['sub'],
    algorithms: ['RS256'],
    keys: keysAt(
      `https://login.microsoftonline.com/${isOne ? tenant : 'organizations'}/discovery/v2.0/keys`,
      acceptingKeysOf(keyIssuers, remote),
    ),
  };
}

function issuerV2(tenant: string): string {
  return `https://login.microsoftonline.com/${tenant}/v2.0`;
}

/** Keeps the keys of these issuers, and of the public cloud. */
function acceptingKeysOf(issuers: readonly string[], remote: RemoteJwksOptions | undefined): RemoteJwksOptions {
  return acceptingOnly((jwk) => {
    const { issuer, cloud_instance_name: cloud } = ownMembers(jwk);
    return isString(issuer) && issuers.includes(issuer) && (cloud === undefined || cloud === 'microsoftonline.com');
  }, remote);
}
