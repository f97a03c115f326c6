// The assertion that Google's Identity-Aware Proxy adds to requests.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aRemote, keysAt, type OneOrSeveral, type RemoteOption, readGiven, rulesOf, textsLike } from './given.ts';

export interface GoogleIapOptions extends RemoteOption {
  /**
   * The audience that the console shows for the application: '/projects/NUMBER/apps/PROJECT',
   * '/projects/NUMBER/global/backendServices/ID' or '/projects/NUMBER/locations/REGION/services/NAME'; or several.
   */
  readonly audience: OneOrSeveral;
}

const GOOGLE_IAP_OPTIONS: OptionRules<GoogleIapOptions> = /* @__PURE__ */ rulesOf(() => ({
  audience: textsLike(
    /^(?!.*\/\/)\/projects\/\d+\/[\w.:-]+\/[\w./:-]*[\w-]$/,
    "an audience such as '/projects/123456789/global/backendServices/987654321', with the project's number",
  ),
  remote: aRemote,
}));

/**
 * Issuer options for the header `x-goog-iap-jwt-assertion` of Identity-Aware Proxy (Securing your app with signed
 * headers). The signature is ES256 and names its key by kid; iss, aud, and sub must be there. exp and iat may differ from
 * the clock by 30 seconds, and a token lives for 10 minutes and twice that skew at most: `maxAge` and `maxLifetime` are
 * 11 minutes.
 *
 * @throws TypeError naming the option
 */
export function googleIap(options: GoogleIapOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, googleIap);
  const { audience, remote } = readGiven(options, GOOGLE_IAP_OPTIONS, ['audience']);
  return {
    issuer: 'https://cloud.google.com/iap',
    audience,
    requiredHeader: ['kid'],
    requiredClaims: ['sub'],
    maxAge: '11m',
    maxLifetime: '11m',
    clockSkew: '30s',
    algorithms: ['ES256'],
    keys: keysAt('https://www.gstatic.com/iap/verify/public_key-jwk', remote),
  };
}
