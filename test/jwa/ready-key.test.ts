// A key made ready for its algorithm, and what is a signature of it before and after node:crypto is asked.
import { constants, createHmac, createSecretKey, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  findRow,
  inputOctets,
  type PublicReadyKey,
  readyKey,
  type SignatureAlgorithm,
  type SignatureRow,
  signatureOctets,
  verifySignature,
} from '../../src/jwa/signatures.ts';
import { makeSignature } from '../../src/jwa/signing.ts';
import { freshPair, nodePair, secretBytes } from '../support/keys.ts';

const rowOf = (kty: string, crv: string | undefined, alg: SignatureAlgorithm): SignatureRow =>
  findRow(kty, crv, alg) ?? expect.fail(alg);
const ready = (row: SignatureRow, key: KeyObject) => readyKey(row, key) as PublicReadyKey;

const INPUT = 'eyJh.eyJi';
const shorten = (signature: string) => Buffer.from(signature, 'base64url').subarray(1).toString('base64url');
const lengthen = (signature: string) =>
  Buffer.concat([Buffer.of(0), Buffer.from(signature, 'base64url')]).toString('base64url');

describe('HMAC', () => {
  test.each([
    ['HS256', 43],
    ['HS384', 64],
    ['HS512', 86],
  ] as const)('%s: a MAC has %i characters, all of which count', (alg, length) => {
    const secret = createSecretKey(secretBytes(alg));
    const key = readyKey(rowOf('oct', undefined, alg), secret);
    expect(key).toMatchObject({ textLength: length });
    const mac = createHmac(`sha${alg.slice(2)}`, secret)
      .update(INPUT)
      .digest('base64url');
    expect(makeSignature(key, INPUT)).toBe(mac);
    expect(mac).toHaveLength(length);
    expect(verifySignature(key, INPUT, mac)).toBe(true);
    expect(verifySignature(key, `${INPUT}x`, mac)).toBe(false);
    for (let i = 0; i < length; i++) {
      const changed = `${mac.slice(0, i)}${mac[i] === 'A' ? 'B' : 'A'}${mac.slice(i + 1)}`;
      expect(verifySignature(key, INPUT, changed), changed).toBe(false);
    }
    for (const wrong of ['', mac.slice(1), mac.slice(0, -1), `${mac}A`, `${mac}=`])
      expect(verifySignature(key, INPUT, wrong), wrong).toBe(false);
  });
});

describe('a signature has exactly the length of its key', () => {
  test.each([
    [2048, 256],
    [2055, 257],
    [2056, 257],
  ])('RSA of %i bits: %i octets', (modulusLength, octets) => {
    const { publicKey, privateKey } = freshPair('rsa', { modulusLength });
    const key = ready(rowOf('RSA', undefined, 'RS256'), publicKey);
    expect(key.signatureLength).toBe(octets);
    const signature = makeSignature(readyKey(key.row, privateKey), INPUT);
    expect(verifySignature(key, INPUT, signature)).toBe(true);
    for (const wrong of [shorten(signature), lengthen(signature), '', `${signature}=`, 'é'])
      expect([verifySignature(key, INPUT, wrong), signatureOctets(key, wrong)]).toEqual([false, undefined]);
  });

  test.each(['ES256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'Ed448'] as const)('%s', (alg) => {
    const pair = nodePair(alg);
    const { crv, kty } = pair.publicKey.export({ format: 'jwk' });
    const row = rowOf(String(kty), crv, alg);
    const key = ready(row, pair.publicKey);
    const signature = makeSignature(readyKey(row, pair.privateKey), INPUT);
    expect(key.signatureLength).toBe(row.signatureLength);
    expect(Buffer.from(signature, 'base64url')).toHaveLength(Number(row.signatureLength));
    expect(verifySignature(key, INPUT, signature)).toBe(true);
    expect(verifySignature(key, 'other', signature)).toBe(false);
    for (const wrong of [shorten(signature), lengthen(signature), '', `${signature}=`])
      expect([verifySignature(key, INPUT, wrong), signatureOctets(key, wrong)]).toEqual([false, undefined]);
    const octets = Buffer.from(signature, 'base64url');
    const form = signatureOctets(key, signature) ?? expect.fail('no octets');
    expect(row.kty === 'EC' ? form[0] === 0x30 : octets.equals(form)).toBe(true);
  });
});

describe('the input', () => {
  const characters = 'ÿ\u0080\u0000é';
  const octets = Uint8Array.of(0xff, 0x80, 0, 0xe9);

  test('of text is one octet for each character', () => {
    expect(Buffer.from(inputOctets(characters))).toEqual(Buffer.from(octets));
    expect(inputOctets(octets)).toBe(octets);
  });

  test.each([
    ['RS256', 'RSA', undefined],
    ['PS256', 'RSA', undefined],
    ['ES256', 'EC', 'P-256'],
    ['Ed25519', 'OKP', 'Ed25519'],
  ] as const)('%s: text and octets are signed and verified alike', (alg, kty, crv) => {
    const { privateKey, publicKey } = freshPair(
      kty === 'RSA' ? 'rsa' : kty === 'EC' ? 'ec' : 'ed25519',
      kty === 'RSA' ? { modulusLength: 2048 } : { namedCurve: 'P-256' },
    );
    const row = rowOf(kty, crv, alg);
    const [signing, verifying] = [readyKey(row, privateKey), readyKey(row, publicKey)];
    for (const [one, other] of [
      [characters, octets],
      [octets, characters],
    ] as const) {
      expect(verifySignature(verifying, other, makeSignature(signing, one))).toBe(true);
      expect(verifySignature(verifying, 'ÿ', makeSignature(signing, one))).toBe(false);
    }
  });
});

describe('PSS', () => {
  test.each([
    ['PS256', 'sha256', 32],
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const)(
    '%s: the public key is bound to its hash and salt, the private one is given both',
    (alg, hash, saltLength) => {
      const { privateKey, publicKey } = freshPair('rsa', { modulusLength: 2048 });
      const row = rowOf('RSA', undefined, alg);
      const [verifying, signing] = [ready(row, publicKey), ready(row, privateKey)];
      expect(verifying.key.asymmetricKeyType).toBe('rsa-pss');
      expect(verifying.key.asymmetricKeyDetails).toMatchObject({
        modulusLength: 2048,
        publicExponent: 65537n,
        hashAlgorithm: hash,
        mgf1HashAlgorithm: hash,
        saltLength,
      });
      expect([verifying.signatureLength, signing.signatureLength]).toEqual([256, 256]);
      expect(signing.key).toMatchObject({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      const signature = Buffer.from(makeSignature(signing, INPUT), 'base64url');
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      expect(verify(hash, Buffer.from(INPUT), { key: publicKey, padding, saltLength }, signature)).toBe(true);
      for (const [salt, valid] of [
        [saltLength, true],
        [0, false],
        [saltLength - 1, false],
      ] as const) {
        const made = sign(hash, Buffer.from(INPUT), { key: privateKey, padding, saltLength: salt }).toString(
          'base64url',
        );
        expect(verifySignature(verifying, INPUT, made)).toBe(valid);
      }
      const pkcs1 = sign(hash, Buffer.from(INPUT), { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
      expect(verifySignature(verifying, INPUT, pkcs1.toString('base64url'))).toBe(false);
    },
  );
});

test('a key made ready has every option of node:crypto as its own, so that none is inherited', () => {
  for (const [alg, half] of [
    ['RS256', 'publicKey'],
    ['RS256', 'privateKey'],
    ['PS256', 'publicKey'],
    ['PS256', 'privateKey'],
  ] as const) {
    const { key } = ready(rowOf('RSA', undefined, alg), freshPair('rsa', { modulusLength: 2048 })[half]);
    for (const name of ['padding', 'saltLength', 'dsaEncoding', 'context']) expect(Object.hasOwn(key, name)).toBe(true);
  }
});
