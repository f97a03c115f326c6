// SECURITY.md, group 12: options that node:crypto looks up as far as Object.prototype.
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
} from '../../src/index.ts';
import { keyPairs } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';

describe('API-06 what node:crypto itself looks for', () => {
  test.each(['ES256', 'RS256', 'Ed25519'] as const)(
    'API-06 %s: the public half of a private key is that alone with Object.prototype.format set',
    (alg) => {
      const { publicKey, privateKey } = keyPairs[alg];
      for (const value of ['jwk', 'pem', 'der', 1]) {
        Object.defineProperty(Object.prototype, 'format', { value, configurable: true, writable: true });
        try {
          // Node 20 and 22 abort the process at a public key that still holds the private half.
          expect(exportPem(privateKey)).toBe(exportPem(publicKey));
          expect(exportJwk(privateKey.publicKey())).toEqual(exportJwk(publicKey));
        } finally {
          Reflect.deleteProperty(Object.prototype, 'format');
        }
      }
    },
  );

  test.each(['passphrase', 'type', 'format', 'encoding', 'cipher'])(
    'API-06 PEM and DER import alike with Object.prototype.%s set',
    (name) => {
      const { publicKey, privateKey } = keyPairs.ES256;
      const [spki, pkcs8] = [exportPem(publicKey), exportPrivatePem(privateKey)];
      const der = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
      for (const value of ['pkcs1', 'x', 1]) {
        Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
        try {
          const types = [spki, pkcs8, der(spki), der(pkcs8)].map((material) => importKey(material).type);
          expect(types).toEqual(['public', 'private', 'public', 'private']);
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
      }
    },
  );

  test.each(['P-256', 'X25519'] as const)('API-06 an agreement on %s with Object.prototype.kty set', async (crv) => {
    const own = await generateKey('ECDH-ES+A256KW', { crv });
    for (const kty of ['EC', 'OKP', 'x']) {
      const jwe = whilePolluted({ kty }, () => encryptJwe(Buffer.from('text'), own.publicKey()));
      expect(Buffer.from(decryptJwe(jwe, own).plaintext).toString(), kty).toBe('text');
      // It was made for this message, and is of the curve.
      const { epk } = JSON.parse(Buffer.from(String(jwe.split('.')[0]), 'base64url').toString());
      expect([epk.crv, epk.x === exportPrivateJwk(own).x]).toEqual([crv, false]);
    }
  });
});
