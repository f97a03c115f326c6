// The primitives of encryption by themselves, held against node:crypto used by hand.
import {
  constants,
  createHash,
  createSecretKey,
  diffieHellman,
  pbkdf2Sync,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { JoseError } from '../../src/index.ts';
import { gcmKey } from '../../src/jwa/aes-gcm.ts';
import { unwrapGcm, wrapGcm } from '../../src/jwa/aes-gcm-kw.ts';
import { attemptDecryption, makeCipher } from '../../src/jwa/cipher.ts';
import { agreeOn, concatKdf, isSharedSecret } from '../../src/jwa/ecdh-es.ts';
import { ENTROPY } from '../../src/jwa/entropy.ts';
import { keyManagementRowsNamed } from '../../src/jwa/key-management.ts';
import { passwordKey, SALT_LENGTH } from '../../src/jwa/pbes2.ts';
import { decryptOaep, encryptOaep, isAsLongAsModulus } from '../../src/jwa/rsa-oaep.ts';
import { secretLength } from '../../src/jwa/secret.ts';
import { freshPair, nodePair } from '../support/keys.ts';

const octets = (length: number, first = 1) => new Uint8Array(length).map((_, i) => first + i);
const hexOf = (value: Uint8Array | undefined) => value && Buffer.from(value).toString('hex');

describe('Concat KDF', () => {
  const uint32 = (number: number) => {
    const written = Buffer.alloc(4);
    written.writeUInt32BE(number);
    return written;
  };
  const context = { algorithm: 'A256CBC-HS512', apu: octets(5), apv: octets(300, 7) };

  function byHand(z: Uint8Array, { algorithm, apu, apv }: typeof context, length: number): Buffer {
    const values = [Buffer.from(algorithm), apu, apv].flatMap((value) => [uint32(value.length), value]);
    const rounds = [1, 2, 3].map((round) =>
      createHash('sha256')
        .update(Buffer.concat([uint32(round), z, ...values, uint32(8 * length)]))
        .digest(),
    );
    return Buffer.concat(rounds).subarray(0, length);
  }

  test.each([16, 24, 31, 32, 33, 48, 64])('%i octets', (length) => {
    for (const each of [context, { ...context, apu: new Uint8Array(0), apv: new Uint8Array(0) }])
      expect(hexOf(concatKdf(octets(32), each, length))).toBe(hexOf(byHand(octets(32), each, length)));
  });
});

describe('an agreement', () => {
  test('is the same from both sides, and none with a point of small order', () => {
    const [a, b] = [freshPair('x25519'), freshPair('x25519')];
    const expected = diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey });
    expect(hexOf(agreeOn(a.privateKey, b.publicKey))).toBe(hexOf(expected));
    expect(hexOf(agreeOn(b.privateKey, a.publicKey))).toBe(hexOf(expected));
    expect(agreeOn(a.privateKey, freshPair('x448').publicKey)).toBeUndefined();
  });

  test('a secret from elsewhere has its length, and one octet at least that is not zero', () => {
    const zeros = new Uint8Array(32);
    expect([isSharedSecret(octets(32), 32), isSharedSecret(octets(31), 32), isSharedSecret(octets(33), 32)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isSharedSecret(zeros, 32)).toBe(false);
    for (let i = 0; i < 32; i++) expect(isSharedSecret(zeros.with(i, 1), 32)).toBe(true);
  });

  test('an ephemeral key is new each time, with the point of its public half', () => {
    for (const row of keyManagementRowsNamed('ECDH-ES')) {
      const [one, two] = [ENTROPY.ephemeralKey(row), ENTROPY.ephemeralKey(row)];
      expect(one?.point).toHaveLength(row.kty === 'EC' ? 2 * row.keyLength : row.keyLength);
      expect(hexOf(one?.point)).not.toBe(hexOf(two?.point));
      const { x, y } = Object(one?.privateKey.export({ format: 'jwk' }));
      const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y ?? '', 'base64url')]);
      expect(hexOf(one?.point)).toBe(hexOf(point));
    }
  });

  test('on a curve that the runtime lacks there is no ephemeral key', () => {
    const [row] = keyManagementRowsNamed('ECDH-ES');
    expect(ENTROPY.ephemeralKey({ ...(row ?? expect.fail('no row')), crv: 'P-999' })).toBeUndefined();
  });

  test('the source of randomness cannot be replaced, and gives as many octets as are asked for', () => {
    expect(Object.isFrozen(ENTROPY)).toBe(true);
    expect([ENTROPY.octets(16).length, ENTROPY.octets(0).length]).toEqual([16, 0]);
    expect(hexOf(ENTROPY.octets(16))).not.toBe(hexOf(ENTROPY.octets(16)));
  });
});

describe('RSA-OAEP', () => {
  const { publicKey, privateKey } = nodePair('RS256');
  const padding = constants.RSA_PKCS1_OAEP_PADDING;

  test.each(['sha1', 'sha256', 'sha384', 'sha512'])('%s is the hash of the label and of MGF1', (oaepHash) => {
    const cek = octets(32);
    expect(hexOf(privateDecrypt({ key: privateKey, padding, oaepHash }, encryptOaep(oaepHash, publicKey, cek)))).toBe(
      hexOf(cek),
    );
    const sealed = publicEncrypt({ key: publicKey, padding, oaepHash }, cek);
    expect(hexOf(decryptOaep(oaepHash, privateKey, sealed))).toBe(hexOf(cek));
    expect(decryptOaep(oaepHash === 'sha1' ? 'sha256' : 'sha1', privateKey, sealed)).toBeUndefined();
  });

  test('as many octets as the modulus, and no others', () => {
    expect([255, 256, 257].map((length) => isAsLongAsModulus(octets(length), privateKey))).toEqual([
      false,
      true,
      false,
    ]);
    const sealed = encryptOaep('sha256', publicKey, octets(32));
    for (const other of [sealed.subarray(1), Buffer.concat([Buffer.of(0), sealed]), new Uint8Array(0)])
      expect(decryptOaep('sha256', privateKey, other)).toBeUndefined();
  });
});

describe('a password', () => {
  test('its key is that of PBKDF2 over the alg, a zero octet and the salt', () => {
    for (const [alg, hash, length] of [
      ['PBES2-HS256+A128KW', 'sha256', 16],
      ['PBES2-HS384+A192KW', 'sha384', 24],
      ['PBES2-HS512+A256KW', 'sha512', 32],
    ] as const) {
      const [row = expect.fail('no row')] = keyManagementRowsNamed(alg);
      const salt = Buffer.concat([Buffer.from(`${alg}\0`), octets(8)]);
      expect(hexOf(passwordKey(row, octets(9), { salt: octets(8), iterations: 1000 }))).toBe(
        hexOf(pbkdf2Sync(octets(9), salt, 1000, length, hash)),
      );
    }
  });

  test('its salt has 8 to 256 octets', () => {
    expect(SALT_LENGTH).toEqual({ least: 8, most: 256 });
  });
});

describe('AES-GCM as a wrapping', () => {
  const kek = createSecretKey(octets(32));

  test('opens what it wrapped, and nothing with a part that is another', () => {
    const wrapped = wrapGcm(kek, octets(32), octets(12));
    expect(Buffer.from(wrapped.iv)).toEqual(Buffer.from(octets(12)));
    expect(hexOf(unwrapGcm(kek, wrapped))).toBe(hexOf(octets(32)));
    for (const part of ['encryptedKey', 'iv', 'tag'] as const)
      expect(unwrapGcm(kek, { ...wrapped, [part]: wrapped[part].map((octet) => octet ^ 1) })).toBeUndefined();
    expect(unwrapGcm(createSecretKey(octets(32, 2)), wrapped)).toBeUndefined();
  });

  test('the octets of a secret are counted in either form', () => {
    expect([16, 24, 32].map((length) => secretLength(octets(length)))).toEqual([16, 24, 32]);
    expect([16, 24, 32].map((length) => secretLength(createSecretKey(octets(length))))).toEqual([16, 24, 32]);
  });

  test('a secret of another length is told so', () => {
    for (const length of [0, 31, 33])
      expect(() => gcmKey(new Uint8Array(length), 'x')).toThrow(new RangeError('secret must be 32 octets'));
  });
});

describe('a cipher that may be missing', () => {
  const fail = (error: unknown) => () => {
    throw error;
  };

  test('is refused by its name', () => {
    expect(makeCipher('aes-192-gcm', () => 7)).toBe(7);
    const refused = new JoseError('ERR_JOSE_NOT_SUPPORTED', 'aes-192-gcm is not supported by this runtime');
    expect(() => makeCipher('aes-192-gcm', fail(new Error('Unknown cipher')))).toThrow(refused);
    expect(() => makeCipher('x', fail(new Error('x')))).toThrow(
      expect.objectContaining({ code: 'ERR_JOSE_NOT_SUPPORTED' }),
    );
  });

  test('any other failure of a decryption is nothing decrypted', () => {
    const missing = new JoseError('ERR_JOSE_NOT_SUPPORTED', 'missing');
    expect(attemptDecryption(() => octets(1))).toEqual(octets(1));
    expect(attemptDecryption(fail(new Error('secret options')))).toBeUndefined();
    expect(() => attemptDecryption(fail(missing))).toThrow(missing);
  });
});
