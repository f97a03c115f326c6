// ID tokens of Google.
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
  textsLike,
} from './given.ts';

export interface GoogleOptions extends RemoteOption {
  /** The client id of your app, or those of several, such as '1234-abc.apps.googleusercontent.com'. */
  readonly clientId: OneOrSeveral;
  /** The Workspace domain, or domains, whose accounts may sign in. Default: every Google account, also those of services. */
  readonly hd?: OneOrSeveral | undefined;
}

const GOOGLE_OPTIONS: OptionRules<GoogleOptions> = /* @__PURE__ */ rulesOf(() => ({
  clientId: textsLike(NAME, "a client id such as '1234-abc.apps.googleusercontent.com'"),
  hd: textsLike(
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/,
    "a Workspace domain such as 'example.com', in lower case",
  ),
  remote: aRemote,
}));

/**
 * Issuer options for ID tokens of Google: Sign in with Google and One Tap (Verify the Google ID token on your server
 * side). iss is either of Google's two spellings, aud your client id, the signature RS256; hd is checked where it is
 * given. An email domain says nothing about the organisation, only hd does. An access token of Google is no JWT.
 *
 * @throws TypeError naming the option
 */
export function google(options: GoogleOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, google);
  const { clientId, hd, remote } = readGiven(options, GOOGLE_OPTIONS, ['clientId']);
  return {
    issuer: ['https://accounts.google.com', 'accounts.google.com'],
    audience: clientId,
    claims: claimsAskedFor({ hd }),
    requiredClaims: ['sub'],
    algorithms: ['RS256'],
    keys: keysAt('https://www.googleapis.com/oauth2/v3/certs', remote),
  };
}
