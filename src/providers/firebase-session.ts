// Session cookies of Firebase Authentication.
import { checkArgumentCount } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { FIREBASE_OPTIONS, type FirebaseOptions } from './firebase.ts';
import { keysAt, readGiven } from './given.ts';

/**
 * Issuer options for session cookies of Firebase (Manage Session Cookies, Verify session cookies using a third-party JWT
 * library). The checks are those of `firebase`, with an issuer and keys of their own, and a lifetime of two weeks at
 * most. An ID token is refused.
 *
 * @throws TypeError naming the option
 */
export function firebaseSession(options: FirebaseOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, firebaseSession);
  const { projectId, remote } = readGiven(options, FIREBASE_OPTIONS, ['projectId']);
  return {
    issuer: `https://session.firebase.google.com/${projectId}`,
    audience: projectId,
    requiredHeader: ['kid'],
    requiredClaims: ['sub', 'auth_time'],
    maxAge: '2w',
    clockSkew: '30s',
    algorithms: ['RS256'],
    keys: keysAt('https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys', remote),
  };
}
