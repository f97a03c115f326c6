// Which algorithms a key of jsonwebtoken is for, and what is said of the others in its words.
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../index.ts';
import type { KeyMaterial } from './jsonwebtoken-keys.ts';

const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512'];
const EC = ['ES256', 'ES384', 'ES512'];
const EDWARDS = ['EdDSA', 'Ed25519', 'Ed448'];

/** The names that OpenSSL has for the curves. */
const CURVES: ReadonlyMap<string, string> = new Map([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
]);

export function isAlgorithm(value: unknown): value is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((name) => name === value);
}

/** The algorithms of a key of this kind, accepted where `algorithms` names none. A JWK may name one for itself. */
export function defaultAlgorithms({ kind }: KeyMaterial): readonly string[] {
  if (kind === undefined) return HMAC;
  if (kind === 'RS256') return RSA;
  if (kind === 'EdDSA') return EDWARDS;
  return EC.includes(kind) ? EC : [kind];
}

/** Says that a secret is not for an algorithm of key pairs, or the other way round; `undefined` if it is. */
export function typeMismatch(alg: string, isSecret: boolean): string | undefined {
  if (HMAC.includes(alg) === isSecret) return undefined;
  return `must be ${isSecret ? 'an asymmetric' : 'a symmetric'} key when using ${alg}`;
}

/** Says that a key of this kind is not for an algorithm of key pairs; `undefined` if it is. */
export function kindMismatch(alg: string, material: KeyMaterial): string | undefined {
  const { kind } = material;
  if (kind === undefined || kind === alg) return undefined;
  const names = defaultAlgorithms(material);
  const curve = CURVES.get(alg);
  if (curve !== undefined && kind.startsWith('ES')) return `"alg" parameter "${alg}" requires curve "${curve}".`;
  if (names.includes(alg)) return undefined;
  return `"alg" parameter for "${keyTypeOf(kind)}" key type must be one of: ${names.join(', ')}.`;
}

/** The name that OpenSSL has for the type of a key. */
function keyTypeOf(kind: string): string {
  if (/^[RP]S/.test(kind)) return 'rsa';
  if (kind.startsWith('ES')) return 'ec';
  return kind === 'EdDSA' ? 'ed25519' : kind.toLowerCase();
}

/** The words that follow a mismatch where allowInvalidAsymmetricKeyTypes asks to overlook it. */
export const NO_OTHER_KEYS =
  'allowInvalidAsymmetricKeyTypes has no effect here: a key signs with its own algorithm, secp256k1 with ES256K.';
