// Keys for encryption: how they come in, what they are married to, how they go out.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  encryptJwe,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  generateKey,
  importKey,
  importPassword,
  importSecret,
  isAlgorithmSupported,
  type Jwk,
  KEY_MANAGEMENT_ALGORITHMS,
  type Key,
  thumbprint,
} from '../../src/index.ts';
import { readyKeyOf } from '../../src/jwk/signature-key.ts';
import { codeOf } from '../support/code.ts';
import { expectTypeError } from '../support/expect.ts';
import { b64, encryptionKinds, kindOf, PLAINTEXT, secretOf } from '../support/jwe.ts';
import { nodePair } from '../support/keys.ts';

const opens = (encrypting: Key, decrypting: Key) =>
  expect(decryptJwe(encryptJwe(PLAINTEXT, encrypting), decrypting).plaintext).toEqual(PLAINTEXT);
const code = (jwk: object, options?: object) => codeOf(() => importKey(jwk as Jwk, options));

describe('export and import', () => {
  test.each(encryptionKinds.filter(({ alg }) => !alg.startsWith('PBES2')))(
    '$label',
    ({ encrypting, decrypting, alg }) => {
      const again = importKey(exportPrivateJwk(decrypting));
      expect([again.alg, again.use, again.type]).toEqual([alg, 'enc', decrypting.type]);
      opens(encrypting, again);
      expect(thumbprint(exportPrivateJwk(decrypting))).toBe(thumbprint(decrypting));
      if (decrypting.type === 'secret') return;
      const publicJwk = exportJwk(decrypting);
      expect(publicJwk).toMatchObject({ use: 'enc', alg });
      expect(publicJwk).not.toHaveProperty('d');
      opens(importKey(publicJwk), decrypting);
      opens(importKey(exportPem(decrypting), { alg }), importKey(exportPrivatePem(decrypting), { alg }));
      expect(thumbprint(encrypting)).toBe(thumbprint(decrypting));
    },
  );

  test('a key prints its alg and its type, and never more', () => {
    expect(String(kindOf('ECDH-ES on X25519').decrypting)).toBe('Key { ECDH-ES private }');
  });
});

describe('the alg of a key', () => {
  const { publicKey } = nodePair('RS256');
  const rsa = publicKey.export({ format: 'jwk' }) as Jwk;
  const p256 = { ...nodePair('ES256').publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' } as Jwk;

  test('is the caller’s, its own, or the one of its kind where the use is enc', () => {
    expect(importKey(rsa).alg).toBe('RS256');
    expect(importKey(rsa, { use: 'enc' }).alg).toBe('RSA-OAEP-256');
    expect(importKey({ ...rsa, use: 'enc' }).alg).toBe('RSA-OAEP-256');
    expect(importKey({ ...rsa, alg: 'RSA-OAEP' }).alg).toBe('RSA-OAEP');
    expect(importKey(rsa, { alg: 'RSA-OAEP-512' }).alg).toBe('RSA-OAEP-512');
    expect(importKey(publicKey, { use: 'enc' }).use).toBe('enc');
    const { alg: _, use: __, ...bare } = p256;
    expect(importKey({ ...bare, use: 'enc' }).alg).toBe('ECDH-ES+A256KW');
    for (const crv of ['X25519', 'X448'])
      expect(importKey({ ...exportJwk(kindOf(`ECDH-ES on ${crv}`).encrypting), alg: undefined } as never).alg).toBe(
        'ECDH-ES+A256KW',
      );
  });

  test('contradictions are refused', () => {
    expect(code(p256, { alg: 'ECDH-ES' })).toBe('ERR_JOSE_NOT_SUPPORTED'); // use sig
    expect(code({ ...rsa, alg: 'RSA-OAEP' }, { alg: 'RSA-OAEP-256' })).toBe('ERR_JWK_INVALID');
    expect(code({ ...rsa, alg: 'RS256' }, { use: 'enc' })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(code({ ...rsa, alg: 'ECDH-ES' })).toBe('ERR_JWK_INVALID');
    expect(code({ ...rsa, use: 'enc', key_ops: ['verify'] })).toBe('ERR_JWK_INVALID'); // [7517-4.3-5]
    expect(code({ ...rsa, use: 'sig', key_ops: ['wrapKey'] })).toBe('ERR_JWK_INVALID');
    expect(code({ kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }, { use: 'enc' })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expectTypeError(() => importKey(rsa, { use: 'sig', alg: 'RSA-OAEP' }), 'options.use');
    expectTypeError(() => importKey(rsa, { use: 'enc', alg: 'RS256' }), 'options.use');
    expectTypeError(() => importKey(rsa, { enc: 'A256GCM' }), 'options.enc');
    expect(code(rsa, { use: 'enc', enc: 'A256GCM' })).toBe('ERR_JWK_INVALID');
  });

  test('key_ops must name what the key is for', () => {
    const encrypting = { ...rsa, alg: 'RSA-OAEP' };
    for (const ops of [['wrapKey'], ['encrypt'], ['encrypt', 'wrapKey']])
      expect(code({ ...encrypting, key_ops: ops })).toBeNull();
    for (const ops of [[], ['unwrapKey'], ['deriveBits']])
      expect(code({ ...encrypting, key_ops: ops })).toBe('ERR_JOSE_NOT_SUPPORTED');
    const agreeing = exportJwk(kindOf('ECDH-ES on P-256').encrypting);
    const own = exportPrivateJwk(kindOf('ECDH-ES on P-256').decrypting);
    for (const ops of [[], ['deriveKey'], ['deriveBits']])
      expect(code({ ...agreeing, use: undefined, key_ops: ops })).toBeNull();
    expect(code({ ...agreeing, use: undefined, key_ops: ['encrypt'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(code({ ...own, use: undefined, key_ops: [] })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(code({ ...own, use: undefined, key_ops: ['deriveKey'] })).toBeNull();
  });
});

describe('two halves that are not one key', () => {
  test('of RSA, P-256 and X25519', async () => {
    const pair = (type: 'ec' | 'x25519') =>
      generateKeyPairSync(type as 'ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' });
    const [one, two] = [pair('ec'), pair('ec')].map((der) => exportPrivateJwk(importKey(der, { alg: 'ECDH-ES' })));
    expect(code({ ...one, x: two?.x, y: two?.y })).toBe('ERR_JWK_INVALID');
    const [a, b] = [pair('x25519'), pair('x25519')].map((der) => exportPrivateJwk(importKey(der)));
    expect(code({ ...a, x: b?.x })).toBe('ERR_JWK_INVALID');
    const rsa = exportPrivateJwk(kindOf('RSA-OAEP').decrypting);
    const other = exportPrivateJwk(await generateKey('RSA-OAEP'));
    expect(code({ ...rsa, n: other.n })).toBe('ERR_JWK_INVALID');
    expect(code({ ...rsa, d: rsa.p })).toBe('ERR_JWK_INVALID');
  });

  test('a modulus under 2048 bits [7518-4.3-2]', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    for (const alg of ['RSA-OAEP', 'RSA-OAEP-256'] as const)
      expect(codeOf(() => importKey(publicKey, { alg }))).toBe('ERR_JWK_WEAK');
  });
});

describe('public points of small order (RFC 7748 6)', () => {
  const littleEndian = (value: bigint, length: number) =>
    Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse();
  const p25519 = 2n ** 255n - 19n;
  const p448 = 2n ** 448n - 2n ** 224n - 1n;
  const orderEight = [
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const small = [0n, 1n, p25519 - 1n, p25519, p25519 + 1n].map((u) => littleEndian(u, 32));
  const withTopBit = [...small, ...orderEight].map((point) =>
    Buffer.from(point.map((octet, i) => (i === 31 ? octet | 128 : octet))),
  );

  test('are refused of X25519, with the top bit set as well', () => {
    for (const point of [...small, ...orderEight, ...withTopBit])
      expect(code({ kty: 'OKP', crv: 'X25519', x: b64(point) }), point.toString('hex')).toBe('ERR_JWK_WEAK');
  });

  test('a private key that has one is weak, too', () => {
    const own = exportPrivateJwk(kindOf('ECDH-ES on X25519').decrypting);
    expect(code({ ...own, x: b64(new Uint8Array(32)) })).toBe('ERR_JWK_WEAK');
  });

  test('that are no zeros match no private key', () => {
    const own = exportPrivateJwk(kindOf('ECDH-ES on X25519').decrypting);
    for (const point of [...small.slice(1), ...orderEight])
      expect(code({ ...own, x: b64(point) }), point.toString('hex')).toBe('ERR_JWK_INVALID');
  });

  test('are refused of X448', () => {
    for (const u of [0n, 1n, p448 - 1n, p448, p448 + 1n])
      expect(code({ kty: 'OKP', crv: 'X448', x: b64(littleEndian(u, 56)) }), String(u)).toBe('ERR_JWK_WEAK');
  });
});

describe('secrets', () => {
  test('have exactly the length of their alg [7518-4.4-1] [7518-4.5-1]', () => {
    for (const alg of ['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'] as const) {
      const length = Number(alg.slice(1, 4)) / 8;
      expect(importSecret(secretOf(length), { alg }).alg).toBe(alg);
      expect(codeOf(() => importSecret(secretOf(length - 1), { alg }))).toBe('ERR_JWK_WEAK');
      expect(codeOf(() => importSecret(secretOf(length + 1), { alg }))).toBe('ERR_JWK_INVALID');
    }
    expect(codeOf(() => importSecret(secretOf(32), { alg: 'dir', enc: 'A128GCM' }))).toBe('ERR_JWK_INVALID');
  });

  test('that of dir is for one enc, which its alg may name (RFC 7520 5.6)', () => {
    expectTypeError(() => importSecret(secretOf(32), { alg: 'dir' }), 'options.enc');
    expectTypeError(() => importSecret(secretOf(32), { alg: 'A256KW', enc: 'A256GCM' }), 'options.enc');
    const jwk = { kty: 'oct', k: b64(secretOf(32)) };
    expect(code({ ...jwk, use: 'enc' })).toBe('ERR_JWK_INVALID');
    expect(code({ ...jwk, alg: 'dir' })).toBe('ERR_JWK_INVALID');
    for (const [members, options] of [
      [{ alg: 'dir' }, { enc: 'A256GCM' }],
      [{}, { alg: 'dir', enc: 'A256GCM' }],
      [{ alg: 'A256GCM' }, {}],
      [{ alg: 'A256GCM' }, { alg: 'dir' }],
    ] as const) {
      const key = importKey({ ...jwk, ...members }, options);
      expect([key.alg, exportPrivateJwk(key).alg]).toEqual(['dir', 'A256GCM']);
    }
    expect(code({ ...jwk, alg: 'A256GCM' }, { alg: 'dir', enc: 'A128CBC-HS256' })).toBe('ERR_JWK_INVALID');
    expect(code({ ...jwk, alg: 'A256GCM' }, { alg: 'A256KW' })).toBe('ERR_JWK_INVALID');
    expect(code({ ...jwk, alg: 'A999GCM' }, { use: 'enc' })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('are no key of another kind, and key_ops say what they are for', () => {
    expect(codeOf(() => importSecret(Buffer.from('ssh-rsa AAAAB3Nz'), { alg: 'A128KW' }))).toBe('ERR_JWK_INVALID');
    const jwk = { kty: 'oct', alg: 'A256KW', k: b64(secretOf(32)) };
    expect(code({ ...jwk, key_ops: ['sign'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(exportPrivateJwk(importKey({ ...jwk, key_ops: ['wrapKey'] })).key_ops).toEqual(['wrapKey']);
  });
});

describe('importPassword', () => {
  const alg = 'PBES2-HS512+A256KW';

  test('text is its UTF-8 octets [7518-4.8-1], under a salt of its own for each alg', () => {
    const text = importPassword('pässwort', { alg, iterations: 1000 });
    const octets = importPassword(new TextEncoder().encode('pässwort'), { alg });
    opens(text, octets);
    expect([text.type, text.use, text.alg]).toEqual(['secret', 'enc', alg]);
  });

  test('has no JWK, no PEM and no thumbprint, and no JWK makes one', () => {
    const key = importPassword('password', { alg, kid: 'k' });
    expect(key.kid).toBe('k');
    for (const action of [exportJwk, exportPrivateJwk, exportPem, exportPrivatePem, thumbprint])
      expectTypeError(() => action(key), 'key');
    expect(code({ kty: 'oct', alg, k: b64(secretOf(32)) })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('the arguments', () => {
    for (const password of ['', new Uint8Array(0), 1, undefined])
      expectTypeError(() => importPassword(password as never, { alg }), 'password');
    expectTypeError(() => importPassword('password', {} as never), 'options.alg');
    expectTypeError(() => importPassword('password', { alg: 'A256KW' as never }), 'options.alg');
    for (const iterations of [999, 0, 1.5, 2 ** 31, '1000'])
      expectTypeError(() => importPassword('password', { alg, iterations: iterations as never }), 'options.iterations');
    expectTypeError(
      () => importPassword('password', { alg, iterations: 2000, maxIterations: 1000 }),
      'options.iterations',
    );
  });

  test('the iterations that are written, as many as OWASP advises unless the caller says otherwise [7518-4.8.1.2-1]', () => {
    const p2c = (key: Key) =>
      JSON.parse(Buffer.from(encryptJwe(PLAINTEXT, key).split('.')[0] ?? '', 'base64url').toString()).p2c;
    expect(p2c(importPassword('password', { alg }))).toBe(210_000);
    expect(p2c(importPassword('password', { alg, iterations: 8192 }))).toBe(8192);
    const more = importPassword('password', { alg: 'PBES2-HS256+A128KW', iterations: 600_001 });
    opens(more, more);
  });
});

describe('generateKey', () => {
  test.each(KEY_MANAGEMENT_ALGORITHMS.filter((alg) => !alg.startsWith('PBES2')))('%s', async (alg) => {
    const key = await generateKey(alg, alg === 'dir' ? { enc: 'A192CBC-HS384' } : {});
    expect([key.alg, key.use]).toEqual([alg, 'enc']);
    expect(key.type).toBe(/^(RSA|ECDH)/.test(alg) ? 'private' : 'secret');
    opens(key.type === 'secret' ? key : key.publicKey(), key);
    expect(key.kid).toBeDefined();
    expect(isAlgorithmSupported(alg)).toBe(true);
  });

  test('crv chooses the curve of ECDH-ES, which is P-256 otherwise', async () => {
    const crvOf = async (crv?: string) => exportJwk(await generateKey('ECDH-ES', { crv })).crv;
    for (const crv of ['P-256', 'P-384', 'P-521', 'X25519', 'X448']) expect(await crvOf(crv)).toBe(crv);
    expect(await crvOf()).toBe('P-256');
  });

  test('the arguments', async () => {
    const told = async (alg: string, options: object, name: string) =>
      expect(await generateKey(alg as 'dir', options).catch((error: unknown) => `${error}`)).toContain(name);
    await told('dir', {}, 'options.enc must be given');
    await told('A256KW', { enc: 'A256GCM' }, "options.enc is for 'dir'");
    await told('ES256', { crv: 'P-256' }, 'options.crv is for ECDH-ES');
    await told('RSA-OAEP', { crv: 'P-256' }, 'options.crv is for ECDH-ES');
    await told('ECDH-ES', { crv: 'secp256k1' }, 'options.crv');
    await told('PBES2-HS256+A128KW', {}, 'importPassword');
    await told('RSA1_5', {}, 'alg must be');
    await told('ECDH-ES', { modulusLength: 2048 }, 'options.modulusLength');
  });
});

test('a key for encryption is made ready for no signature, by whatever way it comes there', () => {
  expectTypeError(() => readyKeyOf(kindOf('RSA-OAEP').decrypting), 'key is for encryption');
});

describe('a CryptoKey', () => {
  const { subtle } = webcrypto;
  const rsa = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

  test.each([
    ['RSA-OAEP', 'SHA-1'],
    ['RSA-OAEP-256', 'SHA-256'],
    ['RSA-OAEP-384', 'SHA-384'],
    ['RSA-OAEP-512', 'SHA-512'],
  ])('of RSA-OAEP is bound to its hash: %s', async (alg, hash) => {
    const pair = await subtle.generateKey({ ...rsa, hash }, true, ['encrypt', 'decrypt']);
    const [encrypting, decrypting] = [importKey(pair.publicKey), importKey(pair.privateKey)];
    expect([encrypting.alg, decrypting.alg, encrypting.use]).toEqual([alg, alg, 'enc']);
    opens(encrypting, decrypting);
    expect(codeOf(() => importKey(pair.publicKey, { alg: 'ECDH-ES' }))).toBe('ERR_JWK_INVALID');
    expect(codeOf(() => importKey(pair.publicKey, { alg: 'RS256' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test.each([{ name: 'ECDH', namedCurve: 'P-256' }, { name: 'ECDH', namedCurve: 'P-521' }, { name: 'X25519' }])(
    'of an agreement is for ECDH-ES with wrapping, or for what the caller names: %o',
    async (parameters) => {
      const pair = (await subtle.generateKey(parameters, true, ['deriveBits'])) as webcrypto.CryptoKeyPair;
      expect(importKey(pair.publicKey).alg).toBe('ECDH-ES+A256KW');
      opens(importKey(pair.publicKey), importKey(pair.privateKey));
      const alg = 'ECDH-ES';
      opens(importKey(pair.publicKey, { alg }), importKey(pair.privateKey, { alg }));
      expect(codeOf(() => importKey(pair.privateKey, { alg: 'ES256' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
    },
  );

  test('of AES', async () => {
    const wrapping = importKey(
      await subtle.generateKey({ name: 'AES-KW', length: 192 }, true, ['wrapKey', 'unwrapKey']),
    );
    expect(wrapping.alg).toBe('A192KW');
    opens(wrapping, wrapping);
    const gcm = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
    for (const options of [{ alg: 'dir', enc: 'A256GCM' }, { alg: 'A256GCMKW' }] as const) {
      const key = importKey(gcm, options);
      opens(key, key);
    }
    expect(codeOf(() => importKey(gcm))).toBe('ERR_JWK_INVALID');
    expect(codeOf(() => importKey(gcm, { alg: 'A128GCMKW' }))).toBe('ERR_JWK_INVALID');
  });

  test('keeps its usages', async () => {
    const key = importKey(await subtle.generateKey({ name: 'AES-KW', length: 128 }, true, ['unwrapKey']));
    expectTypeError(() => encryptJwe(PLAINTEXT, key), 'key_ops');
    const pair = await subtle.generateKey({ ...rsa, hash: 'SHA-256' }, true, ['wrapKey', 'unwrapKey']);
    opens(importKey(pair.publicKey), importKey(pair.privateKey));
    const signing = (await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ])) as webcrypto.CryptoKeyPair;
    expect(codeOf(() => importKey(signing.privateKey, { alg: 'ECDH-ES' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('that may not be exported, or for which JOSE has no algorithm, is refused', async () => {
    const pair = await subtle.generateKey({ ...rsa, hash: 'SHA-256' }, false, ['encrypt', 'decrypt']);
    expectTypeError(() => importKey(pair.privateKey), 'extractable');
    const cbc = await subtle.generateKey({ name: 'AES-CBC', length: 256 }, true, ['encrypt']);
    expect(codeOf(() => importKey(cbc))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });
});
