// The claims of a token that an issuer signs: its own name for `iss`, and the audience that the caller names for `aud`.
import { ownMembers } from '../json.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { argumentError, isPlainObject, isString, isStrings } from '../options.ts';
import type { AddressedIssueOptions } from './options.ts';

type Audience = AddressedIssueOptions['audience'];

/**
 * Adds `iss` and `aud` to the caller's claims.
 * @throws TypeError for another `iss`, or for an audience that is missing or named twice in different ways
 */
export function issuedClaims(claims: JwtClaims, audience: Audience, issuer: string): JwtClaims {
  if (!isPlainObject(claims)) throw argumentError('claims', "a plain object such as { sub: 'user' }", claims);
  const { iss = issuer, aud, ...others } = ownMembers(claims);
  if (iss !== issuer) throw new TypeError('claims.iss must be the name of the issuer, or absent');
  if (aud === undefined) return { iss, ...others, ...audienceClaim(audience) };
  if (Array.isArray(aud) && aud.length === 0) throw new TypeError('claims.aud must name at least one audience');
  if (isString(audience) || isStrings(audience)) checkSameAudience(aud, audience);
  return { iss, aud, ...others };
}

function audienceClaim(audience: Audience): Pick<JwtClaims, 'aud'> {
  if (audience === undefined)
    throw new TypeError('options.audience must be given, unless claims.aud is; null makes a token without an audience');
  return audience === null ? {} : { aud: isString(audience) ? audience : [...audience] };
}

/** RFC 7519 §4.1.3: a string stands for an array of one, and the order of an array has no meaning. */
function checkSameAudience(aud: unknown, audience: string | readonly string[]): void {
  const [claimed, wanted] = [new Set([aud].flat()), new Set([audience].flat())];
  if (claimed.size !== wanted.size || ![...wanted].every((each) => claimed.has(each)))
    throw new TypeError('claims.aud and options.audience must name the same audiences; one of the two is enough');
}
