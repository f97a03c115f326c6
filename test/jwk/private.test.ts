// A private JWK whose numbers are not those of one key of two primes, whatever OpenSSL makes of them.
import { createPrivateKey, generatePrimeSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey, type Jwk } from '../../src/index.ts';
import { b64u, toBigInt, toBytes } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

const E = 65537n;
const MISMATCH = ['ERR_JWK_INVALID', 'the private members of the key do not match its public ones'];
const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

const lcm = (...numbers: readonly bigint[]) => numbers.reduce((a, b) => (a * b) / gcd(a, b));

/** The number that gives 1 with another, modulo a third (extended Euclid). */
function inverse(number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
}

/** The JWK of p, q and d, with the other members as they follow from them. */
function rsaJwk(p: bigint, q: bigint, d: bigint): Jwk {
  const numbers = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  return {
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, b64u(toBytes(number))])),
  };
}

/** Whether what node:crypto signs with the key verifies with its n and e. */
function worksInOpenSsl(jwk: Jwk): boolean {
  const text = Buffer.from('text');
  const signature = sign('sha256', text, createPrivateKey({ key: jwk, format: 'jwk' }));
  return verify('sha256', text, { key: { kty: 'RSA', n: jwk.n, e: jwk.e } as never, format: 'jwk' }, signature);
}

const own = nodePair('RS256').privateKey.export({ format: 'jwk' }) as Jwk;
const numberOf = (name: string) => toBigInt(Buffer.from(String(own[name]), 'base64url'));

describe.each([['sig'], ['enc']] as const)('RSA for %s', (use) => {
  const refusal = (jwk: Jwk) => refusalPartsOf(() => importKey(jwk, { use }));

  test('of two primes is a key', () => {
    const [p, q] = [prime(1030), prime(1030)];
    expect(importKey(rsaJwk(p, q, inverse(E, lcm(p - 1n, q - 1n))), { use }).type).toBe('private');
  });

  test.each(['p', 'q'])('whose %s is itself of two primes: its numbers agree, and it opens nothing', (name) => {
    const [one, two] = [prime(520) * prime(520), prime(1030)];
    const [p, q] = name === 'p' ? [one, two] : [two, one];
    expect(refusal(rsaJwk(p, q, inverse(E, lcm(p - 1n, q - 1n))))).toEqual(MISMATCH);
  });

  test.each(['p', 'q'])('whose %s is itself of two primes: it works, and its numbers do not agree', (name) => {
    const [a, b, c] = [prime(520), prime(520), prime(1030)];
    const [p, q] = name === 'p' ? [a * b, c] : [c, a * b];
    const jwk = rsaJwk(p, q, inverse(E, lcm(a - 1n, b - 1n, c - 1n)));
    expect(worksInOpenSsl(jwk)).toBe(true);
    expect(refusal(jwk)).toEqual(MISMATCH);
  });

  test('whose n has a third prime: it works but on Node 26, and n is not p times q', () => {
    const [p, q, r] = [prime(700), prime(700), prime(700)];
    const d = inverse(E, lcm(p - 1n, q - 1n, r - 1n));
    const jwk = { ...rsaJwk(p, q, d), n: b64u(toBytes(p * q * r)) };
    if (Number.parseInt(process.versions.node, 10) < 26) expect(worksInOpenSsl(jwk)).toBe(true);
    else expect(() => worksInOpenSsl(jwk)).toThrow('Invalid JWK RSA key');
    expect(refusal(jwk)).toEqual(MISMATCH);
  });

  test('with one for a prime', () => {
    const [n, d] = [numberOf('n'), numberOf('d')];
    const one = (p: bigint, q: bigint) => ({
      ...own,
      ...Object.fromEntries(
        Object.entries({ p, q, dp: p === 1n ? d : d % (p - 1n), dq: q === 1n ? d : d % (q - 1n), qi: 1n }).map(
          ([name, number]) => [name, b64u(toBytes(number))],
        ),
      ),
    });
    expect(refusal(one(1n, n))).toEqual(MISMATCH);
    expect(refusal(one(n, 1n))).toEqual(MISMATCH);
  });

  test('each number longer than the modulus, which would cost time', () => {
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
      expect(refusal({ ...own, [name]: b64u(new Uint8Array(257).fill(1)) })).toEqual([
        'ERR_JWK_INVALID',
        `the ${name} of the key is missing or malformed`,
      ]);
  });

  test('each number changed, so that only its own relation fails', () => {
    const changed = (name: string, by: bigint) => ({ ...own, [name]: b64u(toBytes(numberOf(name) + by)) });
    for (const [name, by] of [
      ['dp', numberOf('p') - 1n],
      ['dq', numberOf('q') - 1n],
      ['qi', 1n],
    ] as const)
      expect(refusal(changed(name, by)), name).toEqual(MISMATCH);
  });
});

describe('the length of a private part', () => {
  test.each(['ES256', 'ES512', 'Ed25519', 'Ed448'] as const)('%s', (alg) => {
    const jwk = nodePair(alg).privateKey.export({ format: 'jwk' }) as Jwk;
    const d = Buffer.from(String(jwk.d), 'base64url');
    for (const octets of [d.subarray(1), Buffer.concat([Buffer.of(0), d]), Buffer.concat([d, Buffer.of(0)])])
      expect(refusalPartsOf(() => importKey({ ...jwk, d: b64u(octets) }))).toEqual([
        'ERR_JWK_INVALID',
        'the d of the key is missing or malformed',
      ]);
  });
});
