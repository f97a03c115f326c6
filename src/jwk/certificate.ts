// RFC 7517 §4.7 to §4.9: the certificates of a JWK; RFC 5280 §4.1: an X.509 certificate → its public key, without
// validation.
import { createHash, type Hash, type KeyObject, X509Certificate } from 'node:crypto';
import { asBuffer, equalBytes } from '../bytes.ts';
import { readSequence } from './der.ts';
import { invalidMemberError, type Jwk, memberOctets } from './jwk.ts';

/**
 * RFC 7517 §4.7: where a JWK brings certificates, [7517-4.7-1] they are an array of base64 and [7517-4.7-2] the first
 * is of this very key; [7517-4.8-1] [7517-4.9-1] its digests, where they are given too, are of that certificate. The
 * chain is not validated: trust in a key comes from where the set was fetched.
 */
export function checkCertificate(jwk: Jwk, keyObject: KeyObject): void {
  const { x5c } = jwk;
  if (x5c === undefined) return;
  if (!Array.isArray(x5c) || !x5c.length || !x5c.every(isBase64)) throw invalidMemberError('x5c');
  const der = Buffer.from(String(x5c[0]), 'base64');
  if (!isCertificateOfKey(der, keyObject)) throw invalidMemberError('x5c');
  checkCertificateDigest(jwk, 'x5t', createHash('sha1').update(der));
  checkCertificateDigest(jwk, 'x5t#S256', createHash('sha256').update(der));
}

function isCertificateOfKey(der: Buffer, keyObject: KeyObject): boolean {
  try {
    return readSequence(der) !== undefined && certificateKey(der).equals(keyObject);
  } catch {
    return false;
  }
}

function checkCertificateDigest(jwk: Jwk, member: string, hash: Hash): void {
  if (jwk[member] === undefined) return;
  const [given, digest] = [memberOctets(jwk, member), hash.digest()];
  // Some providers have published the digest's hexadecimal digits in place of its octets.
  const isHex = asBuffer(given).toString('latin1').toLowerCase() === digest.toString('hex');
  if (!isHex && !equalBytes(given, digest)) throw invalidMemberError(member);
}

/** Canonical base64 with padding, which is not base64url: RFC 7515 §4.1.6 [7515-4.1.6-1]. */
function isBase64(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value;
}

/**
 * The public key of a certificate in DER. Node looks for PEM text inside DER first, such as an extension may hold, and
 * would read another certificate. So it gets one block of PEM, and the certificate that it read is compared with the
 * given one.
 *
 * @throws Error of node:crypto, or when the octets are not exactly one certificate
 */
export function certificateKey(der: Uint8Array): KeyObject {
  // No line break at the end: OpenSSL takes an empty line for the end of headers.
  const lines = asBuffer(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  const certificate = new X509Certificate(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  if (!certificate.raw.equals(der)) throw new Error('the octets are not exactly one certificate');
  return certificate.publicKey;
}
