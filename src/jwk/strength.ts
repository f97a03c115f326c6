// Weak keys that node:crypto imports without complaint and no verifier should trust (RFC 7518 §8.3, §8.6; RFC 8725 §3.4).
import { JoseError } from '../errors.ts';
import type { KeyRow } from '../jwa/support.ts';
import { invalidMemberError, type Jwk, memberInteger, memberOctets } from './jwk.ts';

/** The largest RSA modulus in bits, which is OpenSSL's own limit. */
export const MAX_RSA_BITS = 16_384;
/** RFC 7518 §8.3 [7518-8.3-1]; a larger exponent only serves to burn a verifier's time. */
const MAX_RSA_EXPONENT: bigint = 1n << 64n;

/** @throws JoseError ERR_JWK_WEAK, ERR_JWK_INVALID or ERR_JOSE_LIMIT_EXCEEDED */
export function checkStrength(jwk: Jwk, row: KeyRow): void {
  if (row.kty === 'RSA') checkRsaStrength(memberInteger(jwk, 'n'), memberInteger(jwk, 'e'), row.minBits);
  if (row.kty !== 'OKP') return;
  const x = memberOctets(jwk, 'x');
  if (row.use === 'sig') checkEdwardsPoint(x, row.crv === 'Ed25519');
  else if (x.every((octet) => octet === 0)) throw weakKeyError('a public point of small order');
}

/**
 * RFC 7518 §3.3 [7518-3.3-1] and §3.5 [7518-3.5-1] 2048 bits or more; §8.6 [7518-8.6-1] and not without bound.
 * With e = 1 every encoded message is its own signature; an even e or n belongs to no RSA key.
 */
function checkRsaStrength(n: bigint, e: bigint, minBits: number): void {
  const bits = n.toString(2).length;
  if (bits > MAX_RSA_BITS) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the modulus is over ${MAX_RSA_BITS} bits`);
  if (bits < minBits) throw weakKeyError(`a modulus under ${minBits} bits`);
  if (e < 3n || e % 2n === 0n || e > MAX_RSA_EXPONENT)
    throw weakKeyError('a public exponent that is even, under 3 or over 64 bits');
  if (n % 2n === 0n || isRocaModulus(n))
    throw weakKeyError('a modulus that is even or of the ROCA form, which can be factored');
}

const SMALL_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/**
 * ROCA: certain chips made their primes as k·M + (65537^a mod M), M the product of the first primes.
 * Such a modulus is a power of 65537 modulo each small prime; a sound one is so for all 38 of them with odds of 2^-154.
 */
function isRocaModulus(n: bigint): boolean {
  return SMALL_PRIMES.every((prime) => isPowerOf65537(Number(n % BigInt(prime)), prime));
}

function isPowerOf65537(residue: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === residue) return true;
    power = (power * 65537) % prime;
  } while (power !== 1);
  return false;
}

const P25519: bigint = (1n << 255n) - 19n;
const P448: bigint = (1n << 448n) - (1n << 224n) - 1n;

/**
 * RFC 8032 §5.1.3, §5.2.3: y is canonical, and the point is not one of the few of small order, under which a signature
 * can be made that holds for every message.
 * y = 0 and y = ±1 have order 4, 2 and 1. On edwards25519 a point of order 8 doubles to one with y = 0, so x² = −y²,
 * which turns the curve's equation into d·y⁴ + 2y² − 1 = 0 with d = −121665/121666.
 */
function checkEdwardsPoint(encoded: Uint8Array, is25519: boolean): void {
  const sign = BigInt(8 * encoded.length - 1);
  const y = BigInt.asUintN(Number(sign), BigInt(`0x${Buffer.from(encoded).reverse().toString('hex')}`));
  const p = is25519 ? P25519 : P448;
  if (y >= p) throw invalidMemberError('x');
  const y2 = (y * y) % p;
  const order8 = is25519 ? 121665n * y2 * y2 - 243332n * y2 + 121666n : 1n;
  if ((y * (y2 - 1n) * order8) % p === 0n)
    throw weakKeyError('a public point of small order, under which anyone can make signatures');
}

function weakKeyError(what: string): JoseError {
  return new JoseError('ERR_JWK_WEAK', `the key has ${what}`);
}
