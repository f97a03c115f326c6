// One key pair per algorithm for every test file: made once per process, at first use, and shared.
// The six RSA algorithms share one modulus and EdDSA shares its pair with Ed25519, on purpose:
// what separates them must be the library, not the luck of different numbers.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { importKey, importSecret, isAlgorithmSupported, type Key, type SignatureAlgorithm } from '../../src/index.ts';

export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512';
export type AsymmetricAlgorithm = Exclude<SignatureAlgorithm, HmacAlgorithm>;
export type LatticeAlgorithm = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';
export interface NodePair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
export interface KeyPair {
  readonly privateKey: Key;
  readonly publicKey: Key;
}

// The second parameter is the type's own option bag; Node's typings have one overload per type.
const generatePair = generateKeyPairSync as unknown as (type: string, options?: object) => NodePair;

/**
 * A new node:crypto key pair, for any test that wants one of its own: read back from its DER, since Node 20 can lock up
 * for good when it exports a key as JWK that it has generated itself.
 */
export function freshPair(type: string, options?: object): NodePair {
  const der = generatePair(type, options).privateKey.export({ format: 'der', type: 'pkcs8' });
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const MATERIAL: Readonly<Record<AsymmetricAlgorithm, readonly [name: string, type: string, options?: object]>> = {
  RS256: ['rsa', 'rsa', { modulusLength: 2048 }],
  RS384: ['rsa', 'rsa', { modulusLength: 2048 }],
  RS512: ['rsa', 'rsa', { modulusLength: 2048 }],
  PS256: ['rsa', 'rsa', { modulusLength: 2048 }],
  PS384: ['rsa', 'rsa', { modulusLength: 2048 }],
  PS512: ['rsa', 'rsa', { modulusLength: 2048 }],
  ES256: ['p256', 'ec', { namedCurve: 'P-256' }],
  ES384: ['p384', 'ec', { namedCurve: 'P-384' }],
  ES512: ['p521', 'ec', { namedCurve: 'P-521' }],
  ES256K: ['k256', 'ec', { namedCurve: 'secp256k1' }],
  EdDSA: ['ed25519', 'ed25519'],
  Ed25519: ['ed25519', 'ed25519'],
  Ed448: ['ed448', 'ed448'],
  'ML-DSA-44': ['ml-dsa-44', 'ml-dsa-44'],
  'ML-DSA-65': ['ml-dsa-65', 'ml-dsa-65'],
  'ML-DSA-87': ['ml-dsa-87', 'ml-dsa-87'],
};

/** The asymmetric algorithms this runtime has, in the order of the table. */
export const asymmetricAlgorithms: readonly AsymmetricAlgorithm[] = (
  Object.keys(MATERIAL) as AsymmetricAlgorithm[]
).filter(isAlgorithmSupported);

export const hmacAlgorithms: readonly HmacAlgorithm[] = ['HS256', 'HS384', 'HS512'];

/** Every algorithm this runtime has. */
export const supportedAlgorithms: readonly SignatureAlgorithm[] = [...hmacAlgorithms, ...asymmetricAlgorithms];

const nodePairs = new Map<string, NodePair>();

/** The node:crypto key pair behind `keyPairs[alg]`, for tests that sign without the library. */
export function nodePair(alg: AsymmetricAlgorithm): NodePair {
  const [name, type, options] = MATERIAL[alg];
  const pair = nodePairs.get(name) ?? freshPair(type, options);
  nodePairs.set(name, pair);
  return pair;
}

function importPair(alg: AsymmetricAlgorithm): KeyPair {
  const { privateKey, publicKey } = nodePair(alg);
  return { privateKey: importKey(privateKey, { alg }), publicKey: importKey(publicKey, { alg }) };
}

function lazyPairs(): Record<AsymmetricAlgorithm, KeyPair> {
  const cache = new Map<AsymmetricAlgorithm, KeyPair>();
  const pairs = {};
  for (const alg of asymmetricAlgorithms) {
    const get = () => {
      const pair = cache.get(alg) ?? importPair(alg);
      cache.set(alg, pair);
      return pair;
    };
    Object.defineProperty(pairs, alg, { enumerable: true, get });
  }
  return pairs as Record<AsymmetricAlgorithm, KeyPair>;
}

/**
 * `keyPairs[alg]` for every algorithm of `asymmetricAlgorithms`; the keys have no kid. An ML-DSA entry is absent
 * where the runtime has no ML-DSA, hence the optional type.
 */
export const keyPairs: Readonly<Record<Exclude<AsymmetricAlgorithm, LatticeAlgorithm>, KeyPair>> &
  Readonly<Partial<Record<LatticeAlgorithm, KeyPair>>> = lazyPairs();

/** The pair of an algorithm known to be supported (one of `asymmetricAlgorithms`). */
export function keyPair(alg: AsymmetricAlgorithm): KeyPair {
  const pair = keyPairs[alg];
  if (pair === undefined) throw new Error(`this runtime has no ${alg}`);
  return pair;
}

const SECRET_LENGTH: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** The bytes of `secretKey(alg)`: exactly as long as the hash, and the same in every run. */
export function secretBytes(alg: HmacAlgorithm): Uint8Array {
  const stream = createHash('sha512').update(`barejose test secret ${alg}`).digest();
  return new Uint8Array(stream.subarray(0, SECRET_LENGTH[alg]));
}

const secrets = new Map<HmacAlgorithm, Key>();

export function secretKey(alg: HmacAlgorithm): Key {
  const key = secrets.get(alg) ?? importSecret(secretBytes(alg), { alg });
  secrets.set(alg, key);
  return key;
}

/** The key that signs under `alg`: the private key, or the secret for HS*. */
export function signingKey(alg: SignatureAlgorithm): Key {
  return isHmac(alg) ? secretKey(alg) : keyPair(alg).privateKey;
}

/** The key that verifies under `alg`: the public key, or the secret for HS*. */
export function verifyingKey(alg: SignatureAlgorithm): Key {
  return isHmac(alg) ? secretKey(alg) : keyPair(alg).publicKey;
}

export function isHmac(alg: SignatureAlgorithm): alg is HmacAlgorithm {
  return alg === 'HS256' || alg === 'HS384' || alg === 'HS512';
}
