// ID tokens of Firebase Authentication and of Google's Identity Platform.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aRemote, keysAt, type RemoteOption, readGiven, rulesOf, textLike } from './given.ts';

export interface FirebaseOptions extends RemoteOption {
  /** The project's id, such as 'my-project-1a2b3'; not its number. */
  readonly projectId: string;
}

/** Project ids have 6 to 30 characters. Old ones have a domain before, and a colon. */
export const FIREBASE_OPTIONS: OptionRules<FirebaseOptions> = /* @__PURE__ */ rulesOf(() => ({
  projectId: textLike(
    /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    "the id of a project such as 'my-project-1a2b3', not its number",
  ),
  remote: aRemote,
}));

/**
 * Issuer options for ID tokens of Firebase (Verify ID Tokens, with a third-party JWT library). The signature is RS256 and
 * names its key by kid; iss and aud are the project's; iat must not be ahead, nor over an hour ago, which is how long a
 * token lives; sub and auth_time must be there. Clocks may differ by 30 seconds. A session cookie is refused:
 * `firebaseSession`. Whether the user was disabled, or the token revoked, only the Admin SDK can tell.
 *
 * @throws TypeError naming the option
 */
export function firebase(options: FirebaseOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, firebase);
  const { projectId, remote } = readGiven(options, FIREBASE_OPTIONS, ['projectId']);
  return {
    issuer: `https://securetoken.google.com/${projectId}`,
    audience: projectId,
    requiredHeader: ['kid'],
    requiredClaims: ['sub', 'auth_time'],
    maxAge: '1h',
    clockSkew: '30s',
    algorithms: ['RS256'],
    keys: keysAt('https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com', remote),
  };
}
