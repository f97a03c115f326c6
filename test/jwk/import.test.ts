// Every form in which key material comes, made with node:crypto here and now, becomes the same Key.

import { createPublicKey, createSecretKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  importSecret,
  type JoseErrorCode,
  type Jwk,
  type Key,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { certificate, octets, pem, spkiOf } from '../support/forge.ts';
import {
  asymmetricAlgorithms,
  freshPair,
  hmacAlgorithms,
  nodePair,
  secretBytes,
  signingKey,
  verifyingKey,
} from '../support/keys.ts';

const CONTENT = octets('content');

interface CertificateCase {
  readonly tries: string;
  readonly because: string;
  readonly pem: string;
  readonly alg: SignatureAlgorithm | null;
  readonly jwk: Jwk | null;
  readonly code: JoseErrorCode | null;
}
const certificates = JSON.parse(readFileSync(new URL('../../vectors/ours/certificates.json', import.meta.url), 'utf8'));

function expectPair(privateKey: Key, publicKey: Key, alg: SignatureAlgorithm): void {
  expect([privateKey.type, privateKey.alg, publicKey.type, publicKey.alg]).toEqual(['private', alg, 'public', alg]);
  expect(verifyJws(signJws(CONTENT, privateKey), publicKey).header.alg).toBe(alg);
}

describe.each(asymmetricAlgorithms)('%s', (alg) => {
  const { privateKey, publicKey } = nodePair(alg);
  const options = { alg };

  test('KeyObject', () => {
    expectPair(importKey(privateKey, options), importKey(publicKey, options), alg);
  });

  test('JWK', () => {
    const [secretJwk, publicJwk] = [privateKey, publicKey].map((key) => key.export({ format: 'jwk' }) as Jwk);
    expectPair(importKey(secretJwk as Jwk, options), importKey(publicJwk as Jwk, options), alg);
    expect(importKey({ ...(publicJwk as Jwk), alg, kid: 'k', use: 'sig', key_ops: ['verify'] }).kid).toBe('k');
  });

  test('PEM: PKCS#8 and SPKI', () => {
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const spki = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    expectPair(importKey(pkcs8, options), importKey(spki, options), alg);
    expect(importKey(spki.replaceAll('\n', '\r\n'), options).type).toBe('public');
    expect(importKey(`a comment before it\n${spki}and after it\n`, options).type).toBe('public');
  });

  test('DER: PKCS#8 and SPKI, as Buffer and as a view of other memory', () => {
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const memory = new Uint8Array([1, 2, 3, ...spki, 4]);
    expectPair(importKey(pkcs8, options), importKey(memory.subarray(3, -1), options), alg);
  });

  test('encrypted PKCS#8, with its passphrase only', () => {
    const sealing = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
    for (const format of ['pem', 'der'] as const) {
      const sealed = privateKey.export({ ...sealing, format: format as 'pem' });
      expectPair(importKey(sealed, { alg, passphrase: 'open sesame' }), importKey(publicKey, options), alg);
      expectCode(() => importKey(sealed, { alg, passphrase: 'close sesame' }), 'ERR_JWK_INVALID', 'close sesame-----');
      expectCode(() => importKey(sealed, options), 'ERR_JWK_INVALID');
    }
  });

  test('X.509: a certificate, a chain, the DER', () => {
    const der = certificate(spkiOf(publicKey));
    const leaf = pem('CERTIFICATE', der);
    const issuer = pem('CERTIFICATE', certificate(spkiOf(nodePair('ES384').publicKey)));
    for (const material of [leaf, leaf + issuer, pem('X509 CERTIFICATE', der), der])
      expectPair(importKey(privateKey, options), importKey(material, options), alg);
  });

  test('a key keeps its kid, or is given one', () => {
    expect(importKey(publicKey, { alg, kid: 'given' }).kid).toBe('given');
    expect(importKey({ ...(publicKey.export({ format: 'jwk' }) as Jwk), alg, kid: 'own' }, { kid: 'given' }).kid).toBe(
      'given',
    );
    expect(importKey(publicKey, options).kid).toBeUndefined();
  });
});

describe('forms of one kind of key only', () => {
  test.each(['pem', 'der'] as const)('RSA in PKCS#1, %s', (format) => {
    const { privateKey, publicKey } = nodePair('RS256');
    expectPair(
      importKey(privateKey.export({ type: 'pkcs1', format } as never)),
      importKey(publicKey.export({ type: 'pkcs1', format } as never)),
      'RS256',
    );
  });

  test.each(['ES256', 'ES384', 'ES512', 'ES256K'] as const)('%s in SEC1, PEM and DER', (alg) => {
    const { privateKey, publicKey } = nodePair(alg);
    for (const format of ['pem', 'der'] as const) {
      expectPair(importKey(privateKey.export({ type: 'sec1', format: format as 'pem' })), importKey(publicKey), alg);
    }
  });

  test('SEC1 as OpenSSL writes it, with the curve’s parameters before the key', () => {
    const sec1 = nodePair('ES256').privateKey.export({ type: 'sec1', format: 'pem' });
    const parameters = pem('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'));
    expect(importKey(parameters + sec1).alg).toBe('ES256');
  });

  test('a symmetric KeyObject, and an oct JWK, with their alg', () => {
    for (const alg of hmacAlgorithms) {
      const jwk = { kty: 'oct', k: Buffer.from(secretBytes(alg)).toString('base64url') };
      for (const material of [createSecretKey(secretBytes(alg)), jwk, { ...jwk, alg }]) {
        const key = importKey(material, { alg });
        expect([key.type, key.alg]).toEqual(['secret', alg]);
        expect(signJws(CONTENT, key)).toBe(signJws(CONTENT, signingKey(alg)));
      }
      expectCode(() => importKey(jwk), 'ERR_JWK_INVALID');
      expectCode(() => importKey(createSecretKey(secretBytes(alg))), 'ERR_JWK_INVALID');
      expect(importKey({ ...jwk, alg }).alg).toBe(alg);
    }
  });
});

describe('certificates made elsewhere (vectors/ours/certificates.json)', () => {
  test.each((certificates.entries as CertificateCase[]).map((entry) => [entry.tries, entry] as const))(
    '%s',
    (_, entry) => {
      if (entry.code !== null) {
        expectCode(() => importKey(entry.pem), entry.code);
        return;
      }
      const key = importKey(entry.pem);
      expect([key.type, key.alg]).toEqual(['public', entry.alg]);
      expect(exportJwk(key)).toEqual({ ...entry.jwk, use: 'sig', alg: entry.alg });
      const [body = ''] = /(?<=-\n)[^-]+/.exec(entry.pem) ?? [];
      const x5c = [body.replaceAll('\n', '')];
      expect(importKey({ ...(entry.jwk as Jwk), x5c }).alg).toBe(entry.alg);
      expectCode(() => importKey({ ...exportJwk(verifyingKey('ES384')), x5c }), 'ERR_JWK_INVALID');
    },
  );
});

describe('the one algorithm', () => {
  test.each([
    ['RS256', 'RS256'],
    ['ES256', 'ES256'],
    ['ES384', 'ES384'],
    ['ES512', 'ES512'],
    ['ES256K', 'ES256K'],
    ['Ed25519', 'EdDSA'],
    ['Ed448', 'EdDSA'],
  ] as const)('a key like that of %s that names none is for %s', (material, alg) => {
    expect(importKey(nodePair(material).publicKey).alg).toBe(alg);
  });

  test('options.use may be given beside options.alg where they agree', () => {
    const { publicKey } = nodePair('RS256');
    expect(importKey(publicKey, { use: 'sig', alg: 'PS256' }).alg).toBe('PS256');
    expect(importKey(publicKey, { use: 'enc', alg: 'RSA-OAEP' }).alg).toBe('RSA-OAEP');
  });

  test('an RSA key with the crv of an agreement signs: its kty has no crv', () => {
    const jwk = nodePair('RS256').publicKey.export({ format: 'jwk' }) as Jwk;
    for (const crv of ['X25519', 'X448', 'P-256']) expect(importKey({ ...jwk, crv }).alg).toBe('RS256');
  });

  test('the JWK’s own alg holds; options.alg may only agree with it', () => {
    const jwk = { ...(nodePair('RS256').publicKey.export({ format: 'jwk' }) as Jwk), alg: 'PS384' };
    expect(importKey(jwk).alg).toBe('PS384');
    expect(importKey(jwk, { alg: 'PS384' }).alg).toBe('PS384');
    expectCode(() => importKey(jwk, { alg: 'RS256' }), 'ERR_JWK_INVALID');
    const edwards = { ...(nodePair('Ed25519').publicKey.export({ format: 'jwk' }) as Jwk), alg: 'EdDSA' };
    expect(importKey(edwards, { alg: 'Ed25519' }).alg).toBe('Ed25519');
    expectCode(() => importKey(edwards, { alg: 'Ed448' }), 'ERR_JWK_INVALID');
  });

  test('an alg that JOSE does not use for signatures', () => {
    const jwk = nodePair('RS256').publicKey.export({ format: 'jwk' }) as Jwk;
    expectCode(() => importKey({ ...jwk, alg: 'RSA-OAEP' }, { use: 'sig' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey({ ...jwk, alg: 'RSA1_5' }), 'ERR_JOSE_NOT_SUPPORTED');
    expect(() => importKey({ ...jwk, alg: 'RSA1_5', use: 'enc' })).toThrow('alg of the key is not supported');
    expectCode(() => importKey({ ...jwk, alg: 'none' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey({ ...jwk, alg: 'ES256' }), 'ERR_JWK_INVALID');
    expectCode(() => importKey({ ...jwk, alg: 256 } as never), 'ERR_JWK_INVALID');
  });
});

describe('CryptoKey', () => {
  const { subtle } = webcrypto;
  const usages: webcrypto.KeyUsage[] = ['sign', 'verify'];

  test.each([
    ['RS256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }],
    ['RS512', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }],
    ['PS384', { name: 'RSA-PSS', hash: 'SHA-384' }],
  ] as const)('%s: Web Crypto has bound it to its hash', async (alg, { name, hash }) => {
    const parameters = { name, hash, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
    const pair = (await subtle.generateKey(parameters, true, usages)) as webcrypto.CryptoKeyPair;
    expectPair(importKey(pair.privateKey), importKey(pair.publicKey), alg);
    expectCode(() => importKey(pair.publicKey, { alg: 'RS384' }), 'ERR_JWK_INVALID');
  });

  test.each([
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
  ] as const)('%s by its curve', async (alg, namedCurve) => {
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve }, true, usages);
    expectPair(importKey(pair.privateKey), importKey(pair.publicKey), alg);
  });

  test('Ed25519', async () => {
    const pair = (await subtle.generateKey('Ed25519', true, usages)) as webcrypto.CryptoKeyPair;
    expectPair(importKey(pair.privateKey), importKey(pair.publicKey), 'EdDSA');
    expect(importKey(pair.publicKey, { alg: 'Ed25519' }).alg).toBe('Ed25519');
  });

  const lattice = asymmetricAlgorithms.filter((alg) => alg.startsWith('ML-DSA'));
  test.skipIf(lattice.length === 0)('ML-DSA, whose alg is a member of the key', async () => {
    for (const alg of lattice) {
      const pair = (await subtle.generateKey(alg, true, usages)) as webcrypto.CryptoKeyPair;
      expectPair(importKey(pair.privateKey), importKey(pair.publicKey), alg);
    }
  });

  test('HMAC', async () => {
    const parameters = { name: 'HMAC', hash: 'SHA-384' };
    const secret = await subtle.importKey('raw', secretBytes('HS384'), parameters, true, usages);
    expect(signJws(CONTENT, importKey(secret))).toBe(signJws(CONTENT, signingKey('HS384')));
    expectCode(() => importKey(secret, { alg: 'HS256' }), 'ERR_JWK_INVALID');
  });

  test('a private or secret key that may not be exported is refused; its public key is not', async () => {
    const pair = (await subtle.generateKey('Ed25519', false, usages)) as webcrypto.CryptoKeyPair;
    expectTypeError(() => importKey(pair.privateKey), /extractable/);
    expect(importKey(pair.publicKey).alg).toBe('EdDSA');
    const parameters = { name: 'HMAC', hash: 'SHA-256' };
    const secret = await subtle.importKey('raw', secretBytes('HS256'), parameters, false, usages);
    expectTypeError(() => importKey(secret), /extractable/);
  });

  test('bound to a hash that no algorithm of JOSE uses', async () => {
    const sha1 = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-1' }, true, usages);
    expectCode(() => importKey(sha1), 'ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('kinds of key that JOSE does not sign with', () => {
  test.each([
    [
      'RSA restricted to PSS',
      'rsa-pss',
      { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 },
    ],
    ['DSA', 'dsa', { modulusLength: 2048, divisorLength: 256 }],
    ['Brainpool', 'ec', { namedCurve: 'brainpoolP256r1' }],
    ['P-224', 'ec', { namedCurve: 'secp224r1' }],
  ])('%s', (_, type, options) => {
    const { publicKey, privateKey } = freshPair(type, options);
    expectCode(() => importKey(publicKey), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey(privateKey), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey(publicKey.export({ type: 'spki', format: 'pem' }) as string), 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('ML-DSA where the runtime has none', () => {
    const jwk = { kty: 'AKP', alg: 'ML-DSA-44', pub: Buffer.alloc(1312, 7).toString('base64url') };
    if (asymmetricAlgorithms.includes('ML-DSA-44')) expect(importKey(jwk).alg).toBe('ML-DSA-44');
    else expectCode(() => importKey(jwk), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey({ ...jwk, alg: 'ML-DSA-45' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey({ ...jwk, pub: Buffer.alloc(1311).toString('base64url') }), 'ERR_JWK_INVALID');
    const mismatch = asymmetricAlgorithms.includes('ML-DSA-44') ? 'ERR_JWK_INVALID' : 'ERR_JOSE_NOT_SUPPORTED';
    expectCode(() => importKey({ ...jwk, priv: Buffer.alloc(32).toString('base64url') }), mismatch);
    expectCode(() => importKey({ ...jwk, priv: Buffer.alloc(31).toString('base64url') }), 'ERR_JWK_INVALID');
  });
});

test.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)(
  '%s: an exported JWK with a member for every kind of key, undefined where it has none',
  (alg) => {
    const material = Object.values(nodePair(alg));
    const read = () => material.map((each) => importKey(each, { alg })).map((key) => [key.type, exportJwk(key)]);
    const expected = read();
    for (const each of material) {
      const { prototype } = each.constructor;
      const actual = prototype.export;
      vi.spyOn(prototype, 'export').mockImplementation(function (this: KeyObject, options) {
        const exported = actual.call(this, options);
        return Object(options).format === 'jwk'
          ? { d: undefined, k: undefined, oth: undefined, ...exported }
          : exported;
      });
    }
    try {
      expect(read()).toEqual(expected);
    } finally {
      vi.restoreAllMocks();
    }
  },
);

describe('material that is no key', () => {
  test.each([
    ['no text', ''],
    ['a secret', 'secret'],
    ['JWK text', JSON.stringify(exportJwk(verifyingKey('ES256')))],
    ['an empty PEM', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n'],
    ['another PEM', pem('X509 CRL', octets('x'))],
    ['a certificate request', pem('CERTIFICATE REQUEST', octets('x'))],
    ['a broken certificate', pem('CERTIFICATE', octets('x'))],
    ['a broken private key', pem('PRIVATE KEY', octets('x'))],
    ['an SSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPPo5mgQjCUnMp1d8WdIU0p8pQ5V5rW8oZb user@host'],
  ])('text: %s', (_, text) => {
    expectCode(() => importKey(text), 'ERR_JWK_INVALID');
    expectCode(() => importKey(octets(text)), 'ERR_JWK_INVALID');
  });

  test('a certificate that is BER within its DER, so not the octets that it is read as', () => {
    const der = Buffer.from(certificate(spkiOf(nodePair('ES256').publicKey))).toString('hex');
    const at = der.lastIndexOf('300d06092a864886f70d01010b0500');
    const long = Buffer.from(`${der.slice(0, at)}300e0681${der.slice(at + 6)}`, 'hex');
    long.writeUInt16BE(long.length - 4, 2);
    expect(new X509Certificate(long).publicKey.type).toBe('public');
    expectCode(() => importKey(long), 'ERR_JWK_INVALID');
  });

  test('two keys in one PEM text', () => {
    const [a, b] = (['ES256', 'ES384'] as const).map((alg) => pem('PUBLIC KEY', spkiOf(nodePair(alg).publicKey)));
    expectCode(() => importKey(`${a}${b}`), 'ERR_JWK_INVALID');
    expectCode(() => importKey(`${a}${a}`), 'ERR_JWK_INVALID');
  });

  test('objects that are no JWK', () => {
    expectCode(() => importKey({} as Jwk), 'ERR_JWK_INVALID');
    expectCode(() => importKey([] as never), 'ERR_JWK_INVALID');
    expectCode(() => importKey({ kty: 'FOO' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey({ kty: 'EC', crv: 'P-192', x: 'AA', y: 'AA' }), 'ERR_JOSE_NOT_SUPPORTED');
    const circular: Record<string, unknown> = { kty: 'EC' };
    circular.self = circular;
    expectCode(() => importKey(circular as never), 'ERR_JWK_INVALID');
    expectCode(() => importKey({ toJSON: () => undefined } as never), 'ERR_JWK_INVALID');
  });

  test.each([undefined, null, 1, true, 10n, () => 0, Symbol('key')])('%s is the caller’s mistake', (material) => {
    expectTypeError(() => importKey(material as never), /^material /);
  });
});

describe('options', () => {
  const { publicKey } = nodePair('ES256');
  test.each([
    [{ algorithm: 'ES256' }, 'algorithm'],
    [{ alg: 'es256' }, 'alg'],
    [{ alg: 'none' }, 'alg'],
    [{ kid: 1 }, 'kid'],
    [{ use: 'both' }, 'use'],
    [{ passphrase: Buffer.from('x') }, 'passphrase'],
    [null, 'options'],
    ['ES256', 'options'],
  ])('%j: a TypeError that names it', (options, name) => {
    expectTypeError(() => importKey(publicKey, options as never), new RegExp(name));
  });

  test('undefined is not set', () => {
    const key = importKey(publicKey, {
      alg: undefined,
      kid: undefined,
      use: undefined,
      passphrase: undefined,
    } as never);
    expect(key.alg).toBe('ES256');
    expect(importKey(publicKey, { use: 'sig' }).use).toBe('sig');
  });
});

describe('importSecret', () => {
  test.each(hmacAlgorithms)('%s: as long as its hash, or longer', (alg) => {
    const bytes = secretBytes(alg);
    expect(importSecret(bytes, { alg }).kid).toBeUndefined();
    expect(importSecret(Buffer.concat([bytes, bytes]), { alg, kid: 'k' }).kid).toBe('k');
    expectCode(() => importSecret(bytes.subarray(1), { alg }), 'ERR_JWK_WEAK', bytes);
  });

  test('text is not a secret, and alg must be said', () => {
    expectTypeError(() => importSecret('x'.repeat(32) as never, { alg: 'HS256' }), /^secret /);
    expectTypeError(() => importSecret(secretBytes('HS256'), undefined as never), /alg/);
    expectTypeError(() => importSecret(secretBytes('HS256'), {} as never), /alg/);
    expectTypeError(() => importSecret(secretBytes('HS256'), { alg: 'RS256' }), /alg/);
    expectTypeError(() => importSecret(secretBytes('HS256'), { alg: 'HS256', use: 'sig' } as never), /use/);
  });

  test.each([
    ['xHS256'],
    ['HS256x'],
    ['HS128'],
    ['xdir'],
    ['dirx'],
    ['A256KWx'],
    ['A256GCM'],
    [['HS256']],
    [{ toString: () => 'HS256' }],
    [256],
  ])('%j is no algorithm of a secret', (alg) => {
    expectTypeError(() => importSecret(secretBytes('HS256'), { alg: alg as never }), /^options\.alg must be/);
  });

  test('a key of another kind is not a secret', () => {
    const { publicKey } = nodePair('RS256');
    const forms = [
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'pkcs1', format: 'der' }),
      publicKey.export({ type: 'spki', format: 'pem' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
      `  ${publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64')}\n`,
      nodePair('Ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      publicKey
        .export({ type: 'spki', format: 'pem' })
        .toString()
        .replace(/-----.*-----/g, ''),
      `ssh-ed25519 ${'A'.repeat(64)}`,
      `ecdsa-sha2-nistp256 ${'A'.repeat(64)}`,
    ];
    for (const form of forms) expectCode(() => importSecret(octets(form), { alg: 'HS256' }), 'ERR_JWK_INVALID');
  });

  test.each(['spki', 'pkcs1', 'pkcs8', 'sec1', 'certificate'] as const)(
    'nor is %s in DER or BER, whatever follows it',
    (form) => {
      const { publicKey, privateKey } = nodePair('RS256');
      const der =
        form === 'certificate'
          ? Buffer.from(certificate(spkiOf(publicKey)))
          : form === 'sec1'
            ? nodePair('ES256').privateKey.export({ type: form, format: 'der' })
            : form === 'pkcs8'
              ? privateKey.export({ type: form, format: 'der' })
              : publicKey.export({ type: form, format: 'der' });
      const content = der.subarray((der[1] ?? 0) < 0x80 ? 2 : 2 + (der[1] ?? 0) - 0x80);
      const long = Buffer.concat([Buffer.of(0x30, 0x84, 0, 0, content.length >> 8, content.length), content]);
      const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), content, Buffer.of(0, 0)]);
      for (const secret of [der, Buffer.concat([der, Buffer.of(10)]), long, indefinite])
        expectCode(() => importSecret(secret, { alg: 'HS256' }), 'ERR_JWK_INVALID');
    },
  );

  test('a secret that looks like no key is one', () => {
    expect(importSecret(Buffer.alloc(64, 0x30), { alg: 'HS256' }).type).toBe('secret');
    for (const text of ['M'.repeat(44), `MIIB${'A'.repeat(40)}`, `MC4w${'x'.repeat(40)}`])
      expect(importSecret(octets(text), { alg: 'HS256' }).type).toBe('secret');
  });

  test('the secret is copied: changing the octets later changes nothing', () => {
    const bytes = Uint8Array.from(secretBytes('HS256'));
    const key = importSecret(bytes, { alg: 'HS256' });
    bytes.fill(0);
    expect(signJws(CONTENT, key)).toBe(signJws(CONTENT, signingKey('HS256')));
    expect(Buffer.from(String(exportPrivateJwk(key).k), 'base64url').equals(secretBytes('HS256'))).toBe(true);
  });
});

test('a private key’s public half is the one the material had', () => {
  for (const alg of asymmetricAlgorithms) {
    const own = createPublicKey(nodePair(alg).privateKey).export({ format: 'jwk' });
    expect(exportJwk(importKey(nodePair(alg).privateKey, { alg }))).toMatchObject(own);
  }
});

describe('a CryptoKey keeps what it is for', () => {
  const { subtle } = globalThis.crypto;

  test('one that does not sign is refused', async () => {
    const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
    const oaep = await subtle.generateKey({ name: 'RSA-OAEP', ...rsa }, true, ['encrypt', 'decrypt']);
    const ecdh = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
    const aes = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
    for (const key of [oaep.privateKey, oaep.publicKey])
      expectCode(() => importKey(key, { alg: 'RS256' }), 'ERR_JOSE_NOT_SUPPORTED');
    for (const key of [ecdh.privateKey, ecdh.publicKey])
      expectCode(() => importKey(key, { alg: 'ES256' }), 'ERR_JOSE_NOT_SUPPORTED');
    expectCode(() => importKey(aes, { alg: 'HS256' }), 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('one that only verifies does not sign', async () => {
    const key = importKey(await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['verify']));
    expectTypeError(() => signJws(new Uint8Array(1), key), 'key_ops');
    expect(exportPrivateJwk(key).key_ops).toEqual(['verify']);
    expectTypeError(() => signJws(new Uint8Array(1), importKey(exportPrivateJwk(key))), 'key_ops');
  });
});
