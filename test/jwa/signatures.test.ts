import { describe, expect, test } from 'vitest';
import { SIGNATURE_ALGORITHMS } from '../../src/index.ts';
import {
  findRow,
  isNameOf,
  isSignatureAlgorithm,
  rowsNamed,
  type SignatureRow,
  verifySignature,
} from '../../src/jwa/signatures.ts';
import { isAlgorithmSupported } from '../../src/jwa/support.ts';
import { expectCode } from '../support/expect.ts';
import { freshPair } from '../support/keys.ts';

test('the algorithms, in the order of the table; none is not among them', () => {
  expect(SIGNATURE_ALGORITHMS).toEqual([
    ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    ...['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  ]);
  expect(Object.isFrozen(SIGNATURE_ALGORITHMS)).toBe(true);
});

test.each([
  'none',
  'NONE',
  'hs256',
  'HS256 ',
  'RSA1_5',
  'ES512K',
  '',
  '__proto__',
  'toString',
  null,
  undefined,
  256,
  ['HS256'],
  {},
])('%j is no algorithm, and is not supported', (name) => {
  expect(isSignatureAlgorithm(name)).toBe(false);
  expect(rowsNamed(name)).toEqual([]);
  expect(isAlgorithmSupported(name as 'HS256')).toBe(false);
});

describe('rows', () => {
  test('the default of a kind of key is its first row', () => {
    expect(findRow('RSA', undefined)?.name).toBe('RS256');
    expect(findRow('EC', 'P-521')?.name).toBe('ES512');
    expect(findRow('OKP', 'Ed448')?.name).toBe('EdDSA');
  });

  test('kty, crv and alg must agree', () => {
    expect(findRow('EC', 'P-256', 'ES384')).toBeUndefined();
    expect(findRow('EC', 'secp256k1', 'ES256')).toBeUndefined();
    expect(findRow('OKP', 'Ed25519', 'Ed448')).toBeUndefined();
    expect(findRow('oct', undefined, 'RS256')).toBeUndefined();
    expect(findRow('OKP', 'X25519')).toBeUndefined();
  });

  test('rows are frozen', () => {
    for (const alg of SIGNATURE_ALGORITHMS) for (const row of rowsNamed(alg)) expect(Object.isFrozen(row)).toBe(true);
  });

  test('EdDSA and the fully-specified name of its curve are one operation', () => {
    const [ed25519, ed448] = rowsNamed('EdDSA');
    expect(ed25519 && [isNameOf('Ed25519', ed25519), isNameOf('Ed448', ed25519)]).toEqual([true, false]);
    expect(ed448 && [isNameOf('Ed448', ed448), isNameOf('Ed25519', ed448)]).toEqual([true, false]);
  });
});

test('a runtime that fails at a key says so by a code', () => {
  const row = findRow('EC', 'P-256', 'ES256') as SignatureRow;
  const ready = { row, secret: undefined, key: freshPair('x25519').publicKey, signatureLength: 64 };
  const error = expectCode(() => verifySignature(ready, 'input', 'A'.repeat(86)), 'ERR_JOSE_NOT_SUPPORTED');
  expect(error.message).toBe('ES256 is not supported by this runtime');
  expect(error).not.toHaveProperty('cause');
});

test('this runtime: everything but ML-DSA everywhere, ML-DSA from Node 24.7', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const lattice = major > 24 || (major === 24 && minor >= 7);
  for (const alg of SIGNATURE_ALGORITHMS)
    expect(isAlgorithmSupported(alg), alg).toBe(lattice || !alg.startsWith('ML-'));
});
