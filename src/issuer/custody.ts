// Private keys of a ring: stored as they are, sealed by the caller's function, or kept outside the process.
import { attempt, JoseError } from '../errors.ts';
import { ownMembers, quote } from '../json.ts';
import { exportJwk } from '../jwk/export.ts';
import { exportPrivateJwk } from '../jwk/export-private.ts';
import { importKey } from '../jwk/import.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { thumbprint } from '../jwk/thumbprint.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { draftJwt, signJwt, signJwtBy } from '../jwt/sign.ts';
import type { SignJwtOptions } from '../jwt/write.ts';
import { isFunction, isPlainObject, isString } from '../options.ts';
import type { NewKey } from '../ring/changes.ts';
import { isKid } from '../ring/records.ts';
import type { RingAlgorithm, RingKey } from '../ring/ring.ts';
import type { Seal } from '../store/seal.ts';
import type { SigningPool } from './pool.ts';

/** Signs octets: ECDSA as r‖s or DER, as a KMS returns it. */
export type SignBytes = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** A key that never enters this process: it stays in a KMS or an HSM. */
export interface ExternalKey {
  /** Its kid and alg become the key's; the defaults are the thumbprint and the usual algorithm of its key type. */
  readonly publicJwk: Jwk;
  readonly sign: SignBytes;
  /** The name of the key in the KMS; the records keep it for `signerFor` in other processes. */
  readonly reference?: string;
}

/** The record of an external key. */
export interface ExternalKeyRecord {
  readonly kid: string;
  readonly alg: RingAlgorithm;
  readonly publicJwk: Jwk;
  readonly reference?: string;
}

/** How this process keeps private keys. */
export interface Custody {
  readonly ring: string;
  readonly seal: Seal | undefined;
  readonly signerFor: ((key: ExternalKeyRecord) => SignBytes | undefined) | undefined;
  /** The signers of external keys that this process added; by thumbprint, since another key could have the same kid. */
  readonly localSigners: Map<string, SignBytes>;
  readonly pool: SigningPool;
}

/** Signs for one key of the ring. */
export type Signer = (claims: JwtClaims, options: SignJwtOptions) => string | Promise<string>;

export function isExternalKey(value: unknown): value is ExternalKey {
  if (!isPlainObject(value)) return false;
  const { publicJwk, sign, reference } = ownMembers(value);
  return isPlainObject(publicJwk) && isFunction(sign) && (reference === undefined || isString(reference));
}

/**
 * Returns the record of a key.
 * @throws TypeError naming the argument, unless it is a private key of an algorithm with public keys
 */
export async function newKeyFrom(key: Key | ExternalKey, custody: Custody, argument = 'key'): Promise<NewKey> {
  if (isExternalKey(key)) return newExternalKey(key, custody, argument);
  if (!isKey(key) || key.type !== 'private')
    throw new TypeError(`${argument} must be a private Key, or { publicJwk, sign } for an external key`);
  const publicPart = publicPartOf(key, argument);
  if (!custody.seal) return { ...publicPart, privateJwk: exportPrivateJwk(key) };
  const { ring, seal } = custody;
  const sealed = await seal.seal(JSON.stringify(exportPrivateJwk(key)), { ring, kid: publicPart.kid });
  if (!isString(sealed)) throw new TypeError('options.seal.seal must return a string');
  return { ...publicPart, sealed };
}

function newExternalKey(key: ExternalKey, { localSigners }: Custody, argument: string): NewKey {
  const { publicJwk, reference } = ownMembers(key);
  const publicPart = publicPartOf(publicKeyOf(publicJwk, argument), argument);
  localSigners.set(thumbprint(publicPart.publicJwk), (bytes) => key.sign(bytes));
  return { ...publicPart, external: { reference } };
}

function publicKeyOf(jwk: Jwk, argument: string): Key {
  try {
    return importKey(jwk).publicKey();
  } catch (error) {
    throw new TypeError(`${argument}.publicJwk must be a public JWK`, { cause: error });
  }
}

/** Returns all members of a key's record except its private part. */
function publicPartOf(key: Key, argument: string): NewKey {
  const publicJwk = exportJwk(key);
  const kid = key.kid ?? thumbprint(key);
  if (!isKid(kid)) throw new TypeError(`${argument} must have a kid of 1 to 500 characters, or none`);
  const parts = { publicJwk: { ...publicJwk, kid }, privateJwk: undefined, sealed: undefined, external: undefined };
  // A key with a public part is not a secret, so its alg is a RingAlgorithm.
  return { kid, alg: key.alg as RingAlgorithm, ...parts };
}

/**
 * Returns the signer of a key of the ring.
 * @throws JoseError ERR_RING_INVALID when the private part is missing, cannot be unsealed, or belongs to another key
 */
export async function signerOf(record: RingKey, custody: Custody): Promise<Signer> {
  const { kid, alg, publicJwk, external } = record;
  const publicKey = attempt(() => importKey(Object(publicJwk), { alg }), undefined);
  if (!publicKey) throw unusableKeyError(kid, 'has no valid public JWK');
  if (!external) {
    const key = importPrivateKey(record, await privateJwkOf(record, custody));
    if (thumbprint(key) !== thumbprint(publicKey)) throw unusableKeyError(kid, 'has the private part of another key');
    const { pool } = custody;
    return (claims, options) =>
      pool.takes(alg) ? signJwtBy(pool.sign, { claims, key }, options) : signJwt(claims, key, options);
  }
  const localSigners = custody.localSigners.get(thumbprint(publicKey));
  const sign = localSigners ?? custody.signerFor?.(externalKeyRecord(record, external));
  if (!sign) throw unusableKeyError(kid, 'is an external key: options.signerFor must return its signing function');
  return async (claims, options) => {
    const draft = draftJwt(claims, { ...options, alg, kid });
    return draft.complete(await sign(draft.signingInput), publicKey);
  };
}

function externalKeyRecord(
  { kid, alg, publicJwk }: RingKey,
  { reference }: NonNullable<RingKey['external']>,
): ExternalKeyRecord {
  return { kid, alg, publicJwk: { ...Object(publicJwk) }, ...(reference !== undefined && { reference }) };
}

function importPrivateKey({ kid, alg }: RingKey, jwk: unknown): Key {
  const key = attempt(() => importKey(Object(jwk), { alg, kid }), undefined);
  if (key?.type !== 'private') throw unusableKeyError(kid, 'has an invalid private JWK');
  return key;
}

async function privateJwkOf({ kid, privateJwk, sealed }: RingKey, { ring, seal }: Custody): Promise<unknown> {
  if (sealed === undefined) return privateJwk;
  if (!seal) throw unusableKeyError(kid, 'is sealed: options.seal must be given to unseal it');
  const text = await seal.unseal(sealed, { ring, kid });
  return attempt(() => JSON.parse(text), undefined);
}

function unusableKeyError(kid: string, what: string): JoseError {
  return new JoseError('ERR_RING_INVALID', `the key ${quote(kid)} of the ring ${what}`);
}
