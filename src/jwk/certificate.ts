// RFC 5280 §4.1: an X.509 certificate → its public key. The certificate is not validated.
import { type KeyObject, X509Certificate } from 'node:crypto';
import { asBuffer } from '../bytes.ts';

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
