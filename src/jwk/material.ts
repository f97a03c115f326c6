// PEM, DER and CryptoKey → KeyObject, by node:crypto (RFC 7468, RFC 5280, RFC 5958, RFC 8017 App. A, RFC 5915).
import { createPrivateKey, createPublicKey, KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import * as types from 'node:util/types';
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
  return createPublicKey(ownMembers({ key: pem, format: 'pem' }));
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

/** How RFC 7518 calls the algorithms of Web Crypto that sign; without a hash of their own, they follow the key. */
const FAMILIES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['HMAC', 'HS'],
  ['RSASSA-PKCS1-v1_5', 'RS'],
  ['RSA-PSS', 'PS'],
  ['ECDSA', ''],
  ['Ed25519', ''],
  ['Ed448', ''],
  ['ML-DSA-44', ''],
  ['ML-DSA-65', ''],
  ['ML-DSA-87', ''],
]);

/** A CryptoKey's KeyObject, and what Web Crypto has already bound it to. */
export interface CryptoKeyParts {
  readonly keyObject: KeyObject;
  readonly alg: string | undefined;
  /** Its usages, which are named like key_ops. */
  readonly operations: readonly string[];
}

/**
 * A CryptoKey, taken apart.
 * @throws TypeError when it may not be exported: its promise would end here; JoseError ERR_JOSE_NOT_SUPPORTED when it is
 *   not for signatures (RFC 8725 §3.1: one key, one purpose)
 */
export function readCryptoKey(key: CryptoKey): CryptoKeyParts {
  if (!key.extractable) throw new TypeError('key is a CryptoKey that is not extractable');
  const { name, hash }: { name: string; hash?: { name: string } } = key.algorithm;
  const family = FAMILIES.get(name);
  if (family === undefined) throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the CryptoKey is not for signatures');
  const alg = family && hash ? `${family}${hash.name.slice(-3)}` : undefined;
  return { keyObject: KeyObject.from(key), alg, operations: [...key.usages] };
}
