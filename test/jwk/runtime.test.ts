// Keys that node:crypto refuses although their members were checked: whether the key or this runtime is at fault.
import type { JsonWebKeyInput } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { importJwks, importKey, type Jwk } from '../../src/index.ts';
import { b64u } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

const runtime = vi.hoisted(() => ({
  refuses: (_: unknown): boolean => false,
  curves: undefined as readonly string[] | undefined,
  standIn: undefined as unknown,
}));

vi.mock('node:crypto', async (original) => {
  const actual: typeof import('node:crypto') = await original();
  const unlessRefused =
    (create: (input: never) => unknown) =>
    (input: unknown): unknown => {
      if (runtime.refuses(input)) throw new Error('refused by the test');
      return runtime.standIn ?? create(input as never);
    };
  const [createPublicKey, createPrivateKey] = [actual.createPublicKey, actual.createPrivateKey].map(unlessRefused);
  return { ...actual, createPublicKey, createPrivateKey, getCurves: () => runtime.curves ?? actual.getCurves() };
});

const NO_KEY = ['ERR_JWK_INVALID', 'the members of the key do not make a key'];
const lacks = (alg: string) => ['ERR_JOSE_NOT_SUPPORTED', `${alg} is not supported by this runtime`];

const jwks = {
  RS256: nodePair('RS256').publicKey.export({ format: 'jwk' }) as Jwk,
  ES256: nodePair('ES256').publicKey.export({ format: 'jwk' }) as Jwk,
  ES384: nodePair('ES384').publicKey.export({ format: 'jwk' }) as Jwk,
  ES512: nodePair('ES512').publicKey.export({ format: 'jwk' }) as Jwk,
  ES256K: nodePair('ES256K').publicKey.export({ format: 'jwk' }) as Jwk,
  Ed25519: nodePair('Ed25519').publicKey.export({ format: 'jwk' }) as Jwk,
  Ed448: nodePair('Ed448').publicKey.export({ format: 'jwk' }) as Jwk,
};

afterEach(() => {
  runtime.refuses = () => false;
  runtime.curves = undefined;
  runtime.standIn = undefined;
});

describe('a curve that OpenSSL lists by its own name or by that of JOSE', () => {
  test.each([
    ['ES256', 'P-256'],
    ['ES256', 'prime256v1'],
    ['ES384', 'secp384r1'],
    ['ES512', 'secp521r1'],
    ['ES256K', 'secp256k1'],
  ] as const)('%s %s: the key is at fault, and without it the runtime', (alg, name) => {
    runtime.refuses = () => true;
    runtime.curves = ['brainpoolP256r1', name];
    expect(refusalPartsOf(() => importKey(jwks[alg]))).toEqual(NO_KEY);
    runtime.curves = ['brainpoolP256r1'];
    expect(refusalPartsOf(() => importKey(jwks[alg]))).toEqual(lacks(alg));
  });
});

describe('other keys, tried with a key of that kind that is sound', () => {
  test('RSA is in every runtime: the key is at fault', () => {
    runtime.refuses = () => true;
    expect(refusalPartsOf(() => importKey(jwks.RS256))).toEqual(NO_KEY);
    expect(refusalPartsOf(() => importKey(jwks.RS256, { use: 'enc' }))).toEqual(NO_KEY);
    const set = importJwks({ keys: [jwks.RS256] });
    expect(set.skipped).toEqual([{ index: 0, reason: NO_KEY[1] }]);
  });

  test.each([
    ['Ed25519', 32],
    ['Ed448', 57],
  ] as const)('%s', (crv, length) => {
    runtime.refuses = () => true;
    expect(refusalPartsOf(() => importKey(jwks[crv]))).toEqual(lacks('EdDSA'));
    const tried: unknown[] = [];
    runtime.refuses = (input) => tried.push(Object((input as JsonWebKeyInput).key)) === 1;
    expect(refusalPartsOf(() => importKey(jwks[crv]))).toEqual(NO_KEY);
    const identity = b64u(Uint8Array.of(1, ...new Uint8Array(length - 1)));
    expect(tried).toEqual([
      { kty: 'OKP', crv, x: jwks[crv].x },
      { kty: 'OKP', crv, x: identity },
    ]);
  });

  test('ML-DSA, whose alg is its parameter set', () => {
    const tried: unknown[] = [];
    runtime.refuses = (input) => tried.push(Object((input as JsonWebKeyInput).key)) > 0;
    const pub = b64u(new Uint8Array(1312).fill(7));
    expect(refusalPartsOf(() => importKey({ kty: 'AKP', alg: 'ML-DSA-44', pub }))).toEqual(lacks('ML-DSA-44'));
    const identity = b64u(Uint8Array.of(1, ...new Uint8Array(1311)));
    expect(tried).toEqual([
      { kty: 'AKP', alg: 'ML-DSA-44', pub },
      { kty: 'AKP', alg: 'ML-DSA-44', pub: identity },
    ]);
  });
});

test.each([
  ['ML-DSA-44', 1312, '608648016503040311'],
  ['ML-DSA-65', 1952, '608648016503040312'],
  ['ML-DSA-87', 2592, '608648016503040313'],
] as const)('a seed of %s is given to the runtime as PKCS#8 (RFC 9881 §6)', (alg, length, identifier) => {
  const seed = new Uint8Array(32).fill(9);
  const inputs: unknown[] = [];
  runtime.refuses = (input) => inputs.push(input) === 2;
  runtime.standIn = nodePair('Ed25519').publicKey;
  const jwk = { kty: 'AKP', alg, pub: b64u(new Uint8Array(length)), priv: b64u(seed) };
  expect(refusalPartsOf(() => importKey(jwk))).toEqual(NO_KEY);
  const key = Buffer.from(`3034020100300b0609${identifier}04228020${Buffer.from(seed).toString('hex')}`, 'hex');
  expect(inputs[1]).toEqual({ key, format: 'der', type: 'pkcs8' });
});

describe('the form in which a public key is given to the runtime', () => {
  test.each([
    ['ES256', 'spki'],
    ['ES384', 'spki'],
    ['ES512', 'spki'],
    ['ES256K', 'spki'],
    ['RS256', 'pkcs1'],
  ] as const)('%s: DER, since node:crypto asks an object of its own for private members', (alg, type) => {
    const inputs: unknown[] = [];
    runtime.refuses = (input) => inputs.push(input) < 0;
    expect(importKey(jwks[alg]).type).toBe('public');
    const key = nodePair(alg).publicKey.export({ format: 'der', type });
    expect(inputs).toEqual([{ key, format: 'der', type }]);
  });

  test.each(['Ed25519', 'Ed448'] as const)('%s: a JWK of these members alone', (alg) => {
    const inputs: unknown[] = [];
    runtime.refuses = (input) => inputs.push(input) < 0;
    expect(importKey({ ...jwks[alg], kid: 'k', x5t: 'AA' }).type).toBe('public');
    expect(inputs).toEqual([{ key: jwks[alg], format: 'jwk' }]);
    for (const object of [inputs[0], Object(inputs[0]).key]) expect(Object.getPrototypeOf(object)).toBeNull();
  });
});
