// Cloudflare Access: the tokens that it sends to a self-hosted application.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  aRemote,
  keysAt,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

export interface CloudflareAccessOptions extends RemoteOption {
  /** The team name, which is 'acme' of acme.cloudflareaccess.com. */
  readonly team: string;
  /** The Application Audience (AUD) tag of the application, or those of several: 64 hexadecimal digits each. */
  readonly audience: OneOrSeveral;
}

const CLOUDFLARE_ACCESS_OPTIONS: OptionRules<CloudflareAccessOptions> = /* @__PURE__ */ rulesOf(() => ({
  team: textLike(/^[a-z0-9-]+$/, "a team name such as 'acme', in lower case"),
  audience: textsLike(/^[0-9a-f]{64}$/, 'the AUD tag of the application, of 64 hexadecimal digits'),
  remote: aRemote,
}));

/**
 * Issuer options for application tokens of Cloudflare Access (Validate JWTs; Application token), which come in the header
 * Cf-Access-Jwt-Assertion. iss is the team, aud the application, type app: a session of the team (org) is no token of
 * an application. The signature is RS256. A token of a service has common_name and an empty sub.
 *
 * @throws TypeError naming the option
 */
export function cloudflareAccess(options: CloudflareAccessOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, cloudflareAccess);
  const { team, audience, remote } = readGiven(options, CLOUDFLARE_ACCESS_OPTIONS, ['team', 'audience']);
  const issuer = `https://${team}.cloudflareaccess.com`;
  return {
    issuer,
    audience,
    claims: { type: 'app' },
    algorithms: ['RS256'],
    keys: keysAt(`${issuer}/cdn-cgi/access/certs`, remote),
  };
}
