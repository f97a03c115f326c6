// Names what some providers are known for in their key sets, so that a reader does not look for a mistake.
import type { JsonObject } from './json.ts';
import type { Problem } from './lint-finding.ts';

/** Returns a note for each peculiarity of a provider that the key has. */
export function lintProvider(jwk: JsonObject): readonly Problem[] {
  const { use, issuer, x5t } = jwk;
  return [
    ...(use === 'jwt-svid' ? [JWT_SVID] : []),
    ...(use === 'x509-svid' ? [X509_SVID] : []),
    ...(typeof issuer === 'string' && issuer.startsWith('https://login.microsoftonline.com/') ? [ENTRA] : []),
    ...(typeof x5t === 'string' && /^[0-9A-Fa-f]{40}$/.test(x5t) ? [HEXADECIMAL_X5T] : []),
  ];
}

const JWT_SVID: Problem = {
  severity: 'note',
  section: 'ours',
  message: 'its use is "jwt-svid": it is of a SPIFFE bundle, and verifies JWT-SVIDs',
  remedy: "verify with the provider spiffe, or with the option use: 'jwt-svid'",
};

const X509_SVID: Problem = {
  severity: 'note',
  section: 'ours',
  message: 'its use is "x509-svid": it is of a SPIFFE bundle, for certificates, and verifies no token',
  remedy: 'none, if that is intended',
};

const ENTRA: Problem = {
  severity: 'note',
  section: 'ours',
  message: 'it has an issuer, as the keys of Microsoft Entra: the key of one tenant must not verify tokens of another',
  remedy: 'verify with the provider entra, which compares the two',
};

const HEXADECIMAL_X5T: Problem = {
  severity: 'note',
  section: 'RFC 7517 §4.8',
  message: 'its x5t is in hexadecimal, as Nets eID and Open Banking publish it; published sets are read without it',
  remedy: 'publish x5t as base64url of the SHA-1 digest, or not at all',
};
