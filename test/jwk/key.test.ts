import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { exportPrivateJwk, generateKey, importKey, importSecret, Key, signJws, verifyJws } from '../../src/index.ts';
import { checkEncryptionKey, isForEncryption, isSameEncryptionKey } from '../../src/jwk/encryption-key.ts';
import { aKey, isForAlg, isSameKey } from '../../src/jwk/key.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { freshPair, keyPairs, nodePair, secretBytes, secretKey } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';

const keys = () => keyPairs.ES256;

describe('a key prints as what it is for, and shows nothing of what it holds', () => {
  test.each([
    ['public', () => keys().publicKey, 'Key { ES256 public }'],
    ['private', () => keys().privateKey, 'Key { ES256 private }'],
    ['secret', () => secretKey('HS256'), 'Key { HS256 secret }'],
    [
      'with a kid',
      () => importKey(nodePair('ES256').publicKey, { kid: 'a"b\n' }),
      'Key { ES256 public kid="a\\"b\\n" }',
    ],
  ])('%s', (_, make, shown) => {
    const key = make();
    expect([String(key), `${key}`, key.toString(), key.toJSON(), inspect(key)]).toEqual(Array(5).fill(shown));
    expect(JSON.stringify({ key })).toBe(JSON.stringify({ key: shown }));
    expect(inspect([{ key }], { depth: 10, showHidden: true, getters: true })).toContain(shown);
  });

  test('no secret in any of it', () => {
    expectSilent(secretKey('HS256'), secretBytes('HS256'));
    const { privateKey } = keys();
    expectSilent(privateKey, String(exportPrivateJwk(privateKey).d));
    // Made here, so that this test is seen to make one.
    const fresh = importSecret(secretBytes('HS256'), { alg: 'HS256' });
    expect(Object.keys(fresh).toSorted()).toEqual(['alg', 'kid', 'notCloned', 'type', 'use']);
    const { notCloned: _, ...shown } = { ...privateKey, notCloned: undefined };
    expect(structuredClone(shown)).toEqual({ alg: 'ES256', type: 'private', use: 'sig' });
  });
});

describe('nobody else makes one', () => {
  test('the constructor is closed', () => {
    const Open = Key as never as new (...args: unknown[]) => Key;
    expectTypeError(() => new Open(), /importKey/);
    expectTypeError(() => new Open(Symbol('Key'), {}), /importKey/);
    expectTypeError(() => Reflect.construct(Open, [], keys().publicKey.constructor), /importKey/);
  });

  test('look-alikes are not keys', () => {
    const { privateKey } = keys();
    const fakes: unknown[] = [
      { ...privateKey },
      Object.create(privateKey),
      Object.create(Key.prototype),
      Object.setPrototypeOf({ type: 'private', alg: 'ES256', use: 'sig' }, Key.prototype),
      new Proxy(privateKey, {}),
      nodePair('ES256').privateKey,
      null,
      undefined,
      'key',
    ];
    for (const fake of fakes) expectTypeError(() => signJws(new Uint8Array(1), fake as Key), /^key /);
  });

  test('a key does not change', () => {
    const { privateKey } = keys();
    expect(Object.isFrozen(privateKey)).toBe(true);
    expect(() => Object.assign(privateKey, { alg: 'HS256' })).toThrow(TypeError);
  });
});

test('the public key of a private key, of a public key, and of a secret', async () => {
  const key = await generateKey('EdDSA');
  expect(key.publicKey()).toMatchObject({ type: 'public', alg: 'EdDSA', kid: key.kid });
  const { publicKey } = keys();
  expect(publicKey.publicKey()).toBe(publicKey);
  expectTypeError(() => secretKey('HS256').publicKey(), /^key is a secret/);
});

describe('whether a key is the same as another, or for a header', () => {
  const rsa = () => nodePair('RS256').publicKey;
  const secret = createSecretKey(new Uint8Array(32).fill(1));

  test('one material and one algorithm', () => {
    const key = importKey(rsa(), { kid: 'a' });
    expect(isSameKey(key, importKey(rsa(), { kid: 'b' }))).toBe(true);
    expect(isSameKey(key, importKey(rsa(), { alg: 'PS256' }))).toBe(false);
    expect(
      isSameKey(importKey(nodePair('ES256').publicKey), importKey(freshPair('ec', { namedCurve: 'P-256' }).publicKey)),
    ).toBe(false);
  });

  test('for dir, one content encryption as well', () => {
    const key = importKey(secret, { alg: 'dir', enc: 'A256GCM' });
    expect(isSameEncryptionKey(key, importKey(secret, { alg: 'dir', enc: 'A256GCM' }))).toBe(true);
    expect(isSameEncryptionKey(key, importKey(secret, { alg: 'dir', enc: 'A128CBC-HS256' }))).toBe(false);
    expect(isSameEncryptionKey(key, importKey(secret, { alg: 'A256KW' }))).toBe(false);
    const other = createSecretKey(new Uint8Array(32).fill(2));
    expect(isSameEncryptionKey(key, importKey(other, { alg: 'dir', enc: 'A256GCM' }))).toBe(false);
  });

  test('the alg of a header by either name of it', () => {
    const key = importKey(nodePair('Ed25519').publicKey);
    expect(['EdDSA', 'Ed25519', 'Ed448', 'ES256'].map((alg) => isForAlg(key, alg))).toEqual([true, true, false, false]);
  });

  test('the alg and enc of a header: any enc, but of dir one', () => {
    const dir = checkEncryptionKey(importKey(secret, { alg: 'dir', enc: 'A256GCM' }), 'decrypt');
    const wrapping = checkEncryptionKey(importKey(secret, { alg: 'A256KW' }), 'decrypt');
    expect([isForEncryption(dir, 'dir', 'A256GCM'), isForEncryption(dir, 'dir', 'A128GCM')]).toEqual([true, false]);
    expect([isForEncryption(wrapping, 'A256KW', 'A128GCM'), isForEncryption(wrapping, 'dir', 'A128GCM')]).toEqual([
      true,
      false,
    ]);
  });
});

test('a key is made ready by itself, whatever Object.prototype holds', () => {
  const key = importSecret(secretBytes('HS256'), { alg: 'HS256' });
  const token = whilePolluted({ ready: { secret: undefined } }, () => signJws(new Uint8Array(1), key));
  expect(verifyJws(token, secretKey('HS256')).key).toBe(secretKey('HS256'));
});

test('an option that is a key takes a key, and no look-alike', () => {
  expect([keys().publicKey, { ...keys().publicKey }, null, 'key'].map(aKey[0])).toEqual([true, false, false, false]);
});

test('a key is no password because Object.prototype says so', () => {
  const key = secretKey('HS256');
  const fresh = () => exportPrivateJwk(importKey(exportPrivateJwk(key)));
  const expected = fresh();
  Object.defineProperty(Object.prototype, 'iterations', { value: { written: 1, most: 1 }, configurable: true });
  try {
    expect(fresh()).toEqual(expected);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'iterations');
  }
});
