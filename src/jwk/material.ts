// PEM, DER and CryptoKey → KeyObject, by node:crypto (RFC 7468, RFC 5280, RFC 5958, RFC 8017 App. A, RFC 5915).
import { createPrivateKey, createPublicKey, KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import { types } from 'node:util';
import { asBuffer } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';

/**
 * PEM text → KeyObject. SPKI, PKCS#8 (encrypted, too), PKCS#1, SEC1; of a certificate, its public key.
 * @throws JoseError ERR_JWK_INVALID when there is not exactly one key in it, or it cannot be read
 */
export function readPem(pem: string, passphrase: string | undefined): KeyObject {
  // OpenSSL writes the curve's parameters before a SEC1 key; of a chain of certificates the first one is the leaf.
  const labels = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)]
    .map(([, label = '']) => label)
    .filter((label) => label !== 'EC PARAMETERS');
  const label = labels[0] ?? '';
  if (labels.length !== 1 && !labels.every((each) => each === 'CERTIFICATE')) throw unreadable('more than one key');
  return readable([() => readLabelled(label, pem, passphrase)]);
}

function readLabelled(label: string, pem: string, passphrase: string | undefined): KeyObject {
  if (label === 'CERTIFICATE') return new X509Certificate(pem).publicKey;
  if (label.endsWith('PRIVATE KEY')) return createPrivateKey(ownMembers({ key: pem, passphrase }));
  return createPublicKey(pem);
}

/** DER → KeyObject; the forms are those of PEM, told apart by which of them it parses as, private ones first. */
export function readDer(der: Uint8Array, passphrase: string | undefined): KeyObject {
  const key = asBuffer(der);
  const format = 'der' as const;
  return readable([
    () => createPrivateKey(ownMembers({ key, format, type: 'pkcs8', passphrase })),
    () => createPrivateKey(ownMembers({ key, format, type: 'pkcs1' })),
    () => createPrivateKey(ownMembers({ key, format, type: 'sec1' })),
    () => createPublicKey(ownMembers({ key, format, type: 'spki' })),
    () => createPublicKey(ownMembers({ key, format, type: 'pkcs1' })),
    () => new X509Certificate(key).publicKey,
  ]);
}

/** The first attempt that succeeds. */
function readable(attempts: readonly (() => KeyObject)[]): KeyObject {
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch {}
  }
  throw unreadable('no key that can be read, or the passphrase is wrong');
}

function unreadable(what: string): JoseError {
  return new JoseError('ERR_JWK_INVALID', `the key material holds ${what}`);
}

export type CryptoKey = webcrypto.CryptoKey;

/** Whether a value is a key of Web Crypto. */
export function isCryptoKey(value: unknown): value is CryptoKey {
  return types.isCryptoKey(value);
}

/** How Web Crypto names what RFC 7518 calls HS, RS, PS and ES. */
const FAMILIES: Readonly<Record<string, string>> = { HMAC: 'HS', 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS' };

/**
 * A CryptoKey → its KeyObject, and the alg it is already bound to where Web Crypto binds it (EC and OKP keys follow
 * their curve).
 * @throws TypeError when it may not be exported: its promise would end here
 */
export function readCryptoKey(key: CryptoKey): { keyObject: KeyObject; alg: string | undefined } {
  if (!key.extractable) throw new TypeError('key is a CryptoKey that is not extractable');
  const { name, hash } = key.algorithm as { name: string; hash?: { name: string } };
  const family = FAMILIES[name];
  return { keyObject: KeyObject.from(key), alg: family && `${family}${hash?.name.slice(-3)}` };
}
