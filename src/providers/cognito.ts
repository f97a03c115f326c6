// Amazon Cognito: access and ID tokens of a user pool.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { aTokenUse, type TokenUse } from './forms.ts';
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

export interface CognitoOptions extends RemoteOption {
  /** The id of the user pool, which begins with its region, such as 'eu-west-1_AbCdEfGhI'. */
  readonly userPoolId: string;
  /** The app client whose tokens are accepted, or several. */
  readonly clientId: OneOrSeveral;
  /** Which tokens. */
  readonly use: TokenUse;
}

const COGNITO_OPTIONS: OptionRules<CognitoOptions> = /* @__PURE__ */ rulesOf(() => ({
  userPoolId: textLike(
    /^[a-z]{2}(-gov)?-[a-z]+-\d{1,2}_[A-Za-z0-9]+$/,
    "the id of a user pool such as 'eu-west-1_AbCdEfGhI'",
  ),
  clientId: textsLike(/^[\w+]+$/, "the id of an app client such as '1example23456789'"),
  use: aTokenUse,
  remote: aRemote,
}));

/**
 * Issuer options for tokens of an Amazon Cognito user pool (Amazon Cognito Developer Guide, Verifying JSON web tokens).
 * iss is the pool in either of its two forms, original and updated; token_use is `use`; the client is client_id of an
 * access token and aud of an ID token; the signature is RS256. An access token has aud only with resource binding:
 * then add `audience: 'https://api.example.com'` after the spread options.
 *
 * @throws TypeError naming the option
 */
export function cognito(options: CognitoOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, cognito);
  const read = readGiven(options, COGNITO_OPTIONS, ['userPoolId', 'clientId', 'use']);
  const { userPoolId, clientId, use, remote } = read;
  const region = userPoolId.replace(/_.*/, '');
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const pool = `cognito-idp.${region}.${domain}/${userPoolId}`;
  return {
    issuer: [`https://${pool}`, `https://issuer-${pool}`],
    audience: use === 'id' ? clientId : null,
    claims: use === 'id' ? { token_use: 'id' } : { token_use: 'access', client_id: clientId },
    requiredClaims: ['sub'],
    algorithms: ['RS256'],
    keys: keysAt(`https://${pool}/.well-known/jwks.json`, remote),
  };
}
