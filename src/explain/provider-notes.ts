// Notes on refused claims that some provider is known for: the cause is then in the expectation, not in the token.

import { ownClaim } from '../jwt/claims.ts';
import type { JwtClaims, ReadExpected } from '../jwt/expected.ts';
import { isString } from '../options.ts';

/** Returns the note for a refused claim, without any value of the token; empty if none applies. */
export function providerNote(claim: string, claims: JwtClaims, policy: ReadExpected): string {
  if (claim === 'iss') return issuerNote(ownClaim(claims, 'iss'), policy.issuer);
  if (claim === 'aud') return audienceNote(claims);
  return '';
}

const SCHEMELESS_GOOGLE = 'accounts.google.com';

function issuerNote(iss: unknown, expected: ReadExpected['issuer']): string {
  const names = [expected].flat().filter(isString);
  if (!isString(iss)) return '';
  if (names.some((name) => withoutFinalSlash(name) === withoutFinalSlash(iss)))
    return '; the two differ by a final slash only';
  if (iss === SCHEMELESS_GOOGLE && names.includes(`https://${SCHEMELESS_GOOGLE}`))
    return '; Google writes it with and without https://, so expect both in a list';
  const isVersion1 = iss.startsWith('https://sts.windows.net/');
  const expectsEntra = names.some((name) => name.startsWith('https://login.microsoftonline.com/'));
  return isVersion1 && expectsEntra
    ? '; it is of an Entra token of version 1: set requestedAccessTokenVersion to 2 for your API, or expect the other'
    : '';
}

function withoutFinalSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}

const MICROSOFT_GRAPH: readonly unknown[] = ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'];

function audienceNote(claims: JwtClaims): string {
  const aud = ownClaim(claims, 'aud');
  if (MICROSOFT_GRAPH.includes(aud)) return '; the token is for Microsoft Graph, and not for others to verify';
  const isOfCognito = aud === undefined && ownClaim(claims, 'token_use') === 'access';
  return isOfCognito ? '; access tokens of Amazon Cognito have none: expect audience null and claims.client_id' : '';
}
