// Identity tokens of Sign in with Apple.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  aRemote,
  claimsAskedFor,
  keysAt,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

export interface AppleOptions extends RemoteOption {
  /** The bundle id of the app, such as 'com.example.app', the Services ID of the site, or several. */
  readonly clientId: OneOrSeveral;
  /**
   * The nonce as it was sent in the request of this one login; native apps often send a hash of their own. Default:
   * unchecked.
   */
  readonly nonce?: string | undefined;
}

const APPLE_OPTIONS: OptionRules<AppleOptions> = /* @__PURE__ */ rulesOf(() => ({
  clientId: textsLike(NAME, "a bundle id or Services ID such as 'com.example.app'"),
  nonce: textLike(/./, "the nonce of the login's own request such as 'n-0S6_WzA2Mj'"),
  remote: aRemote,
}));

/**
 * Issuer options for identity tokens of Sign in with Apple (Verifying a user). iss is Apple's, aud your client id, the
 * signature RS256, sub is there; nonce is checked where it is given.
 *
 * A nonce is of one login. Make the options once, which fetches the keys once, and a verifier for each login:
 * `createVerifier({ ...options, claims: { nonce } })`.
 *
 * @throws TypeError naming the option
 */
export function apple(options: AppleOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, apple);
  const { clientId, nonce, remote } = readGiven(options, APPLE_OPTIONS, ['clientId']);
  return {
    issuer: 'https://appleid.apple.com',
    audience: clientId,
    claims: claimsAskedFor({ nonce }),
    requiredClaims: ['sub'],
    algorithms: ['RS256'],
    keys: keysAt('https://appleid.apple.com/auth/keys', remote),
  };
}
