// Keys of a test issuer, and signatures over any octets. The library signs only what its own writers made; a forged token
// needs a signature over what they refuse. So node:crypto is used here directly.

import { constants, createHmac, generateKeyPairSync, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto';
import { importKey, type Key } from '../index.ts';
import type { TestAlgorithm } from './testing.ts';

/** A key, and the means to sign anything with it. */
export interface TestKey {
  readonly kid: string;
  /** The private key. */
  readonly key: Key;
  /** Signs the octets of a text, as the key's algorithm does. */
  readonly signText: (text: string) => Buffer;
}

/** How the keys of an algorithm are made and used. */
interface Recipe {
  readonly pair: () => { readonly privateKey: KeyObject };
  readonly hash: string | null;
  readonly options: Omit<SignKeyObjectInput, 'key'>;
}

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve });
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
/** RFC 7518 §3.4: r and s as octets of fixed length. */
const RAW = { dsaEncoding: 'ieee-p1363' } as const;

const RECIPES: Readonly<Record<TestAlgorithm, Recipe>> = {
  RS256: { pair: rsa, hash: 'sha256', options: {} },
  RS384: { pair: rsa, hash: 'sha384', options: {} },
  RS512: { pair: rsa, hash: 'sha512', options: {} },
  PS256: { pair: rsa, hash: 'sha256', options: PSS },
  PS384: { pair: rsa, hash: 'sha384', options: PSS },
  PS512: { pair: rsa, hash: 'sha512', options: PSS },
  ES256: { pair: ec('P-256'), hash: 'sha256', options: RAW },
  ES384: { pair: ec('P-384'), hash: 'sha384', options: RAW },
  ES512: { pair: ec('P-521'), hash: 'sha512', options: RAW },
  EdDSA: { pair: () => generateKeyPairSync('ed25519'), hash: null, options: {} },
};

export const ALGORITHMS: readonly string[] = Object.keys(RECIPES);

export function makeTestKey(alg: TestAlgorithm, kid: string): TestKey {
  const { pair, hash, options } = RECIPES[alg];
  const { privateKey } = pair();
  const signText = (text: string) => sign(hash, Buffer.from(text), { key: privateKey, ...options });
  return { kid, key: importKey(privateKey, { alg, kid }), signText };
}

/** HMAC-SHA256 under any text, also one that the library would not take for a secret. */
export function hmac(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
