// Tokens of Firebase App Check, which say that a request comes from an app of the project.
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

export interface FirebaseAppCheckOptions extends RemoteOption {
  /** The project's number, as a string of digits; not its id. */
  readonly projectNumber: string;
  /** The id of the app, or of several, such as '1:123456789:web:0a1b2c'. Default: every app of the project. */
  readonly appId?: OneOrSeveral | undefined;
}

const FIREBASE_APP_CHECK_OPTIONS: OptionRules<FirebaseAppCheckOptions> = /* @__PURE__ */ rulesOf(() => ({
  projectNumber: textLike(/^[1-9]\d*$/, "the number of a project as a string such as '123456789', not its id"),
  appId: textsLike(/^\d+:\d+:[a-z]+:[\da-f]+$/, "the id of an app such as '1:123456789:web:0a1b2c'"),
  remote: aRemote,
}));

/**
 * Issuer options for the header `x-firebase-appcheck` (Verify App Check tokens from a custom backend). The signature is
 * RS256 and typ is JWT; iss and aud name the project by its number; sub is the app, one of `appId` where it is given. The
 * token names no user.
 *
 * @throws TypeError naming the option
 */
export function firebaseAppCheck(options: FirebaseAppCheckOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, firebaseAppCheck);
  const { projectNumber, appId, remote } = readGiven(options, FIREBASE_APP_CHECK_OPTIONS, ['projectNumber']);
  return {
    issuer: `https://firebaseappcheck.googleapis.com/${projectNumber}`,
    audience: `projects/${projectNumber}`,
    subject: appId,
    requiredClaims: ['sub'],
    typ: 'JWT',
    algorithms: ['RS256'],
    keys: keysAt('https://firebaseappcheck.googleapis.com/v1/jwks', remote),
  };
}
