import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  importKey,
  importSecret,
  type Jwk,
} from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import {
  asymmetricAlgorithms,
  hmacAlgorithms,
  keyPair,
  keyPairs,
  nodePair,
  secretBytes,
  secretKey,
} from '../support/keys.ts';

describe.each(asymmetricAlgorithms)('%s', (alg) => {
  const keys = () => keyPair(alg);
  const node = nodePair(alg);
  const jwkOf = (key: typeof node.privateKey) => key.export({ format: 'jwk' });

  test('the public JWK: kty, use, alg and the public members, of a public and of a private key alike', () => {
    const { privateKey, publicKey } = keys();
    expect(exportJwk(publicKey)).toEqual({ ...jwkOf(node.publicKey), use: 'sig', alg });
    expect(exportJwk(privateKey)).toEqual(exportJwk(publicKey));
    expect(importKey(exportJwk(publicKey)).alg).toBe(alg);
  });

  test('the private JWK', () => {
    const { privateKey, publicKey } = keys();
    expect(exportPrivateJwk(privateKey)).toEqual({ ...jwkOf(node.privateKey), use: 'sig', alg });
    expect(importKey(exportPrivateJwk(privateKey)).type).toBe('private');
    expectTypeError(() => exportPrivateJwk(publicKey), /^key /);
  });

  test('PEM: SPKI and PKCS#8', () => {
    const { privateKey, publicKey } = keys();
    for (const key of [publicKey, privateKey]) {
      expect(exportPem(key)).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
      expect(createPublicKey(exportPem(key)).equals(node.publicKey)).toBe(true);
    }
    expect(exportPrivatePem(privateKey)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(createPrivateKey(exportPrivatePem(privateKey)).equals(node.privateKey)).toBe(true);
    expectTypeError(() => exportPrivatePem(publicKey), /^key /);
  });

  test('PEM under a passphrase', () => {
    const sealed = exportPrivatePem(keys().privateKey, { passphrase: 'open sesame' });
    expect(sealed).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(createPrivateKey({ key: sealed, passphrase: 'open sesame' }).equals(node.privateKey)).toBe(true);
  });
});

test('kid travels with the JWK', () => {
  const key = importKey(nodePair('ES256').privateKey, { kid: 'k1' });
  expect([exportJwk(key).kid, exportPrivateJwk(key).kid]).toEqual(['k1', 'k1']);
  expect(exportJwk(keyPairs.ES256.publicKey)).not.toHaveProperty('kid');
});

test('nothing but named members leaves: what else the material held stays out', () => {
  const jwk = { ...exportPrivateJwk(keyPairs.ES256.privateKey), x5t: 'AA', secret: 's' } as Jwk;
  expect(Object.keys(exportJwk(importKey(jwk))).toSorted()).toEqual(['alg', 'crv', 'kty', 'use', 'x', 'y']);
});

test.each(hmacAlgorithms)('%s: a secret leaves as a private JWK only', (alg) => {
  const key = secretKey(alg);
  const jwk = exportPrivateJwk(key);
  expect(jwk).toEqual({ kty: 'oct', use: 'sig', alg, k: Buffer.from(secretBytes(alg)).toString('base64url') });
  expect(importKey(jwk)).toEqual(importSecret(secretBytes(alg), { alg }));
  for (const refuse of [exportJwk, exportPem, exportPrivatePem]) expectTypeError(() => refuse(key), /^key is a secret/);
});

test('arguments', () => {
  const { privateKey } = keyPairs.ES256;
  for (const call of [exportJwk, exportPrivateJwk, exportPem, exportPrivatePem]) {
    for (const value of [undefined, null, {}, 'key', nodePair('ES256').privateKey])
      expectTypeError(() => call(value as never), /^key /);
  }
  expectTypeError(() => exportPrivatePem(privateKey, { passphrase: '' }), /passphrase/);
  expectTypeError(() => exportPrivatePem(privateKey, { passphrase: 1 } as never), /passphrase/);
  expectTypeError(() => exportPrivatePem(privateKey, { cipher: 'des' } as never), /cipher/);
});
