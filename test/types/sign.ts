// What the types refuse about keys and about signing. Every marked line must be an error, and no other line may be one.

import { createSecretKey } from 'node:crypto';
import {
  DecryptionKeys,
  draftJwt,
  encryptJwe,
  exportPem,
  generateKey,
  importKey,
  importPassword,
  importSecret,
  Key,
  KeySet,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  signJws,
  signJwsJson,
  signJwt,
} from '../../src/index.ts';
import { key } from './given.ts';

const bytes = new Uint8Array(32);

export const good: string = signJwt({ sub: 'someone' }, key, { expiresIn: '15m' });
export const forever: string = signJwt({ sub: 'someone' }, key, { expiresIn: null, notBefore: 5, typ: null, now: 0 });
export const drafted: string = draftJwt({}, { alg: 'ES256', expiresIn: 60 }).complete(bytes);
export const imported: Key = importKey(createSecretKey(bytes), { alg: 'HS256', kid: 'k', use: 'sig' });

signJwt({ sub: 'someone' }, key); // must not compile: when does it expire?
signJwt({ sub: 'someone' }, key, {}); // must not compile: expiresIn, or null in writing
signJwt({ sub: 'someone' }, key, { expiresIn: undefined }); // must not compile: undefined is not a waiver
signJwt({ sub: 'someone' }, key, { expiresIn: '15 min' }); // must not compile: not a Duration
signJwt({ sub: 'someone' }, key, { expiresIn: 60, expiresAt: 1 }); // must not compile: unknown option name
signJwt({ sub: 'someone' }, key, { expiresIn: 60, algorithm: 'none' }); // must not compile: the key decides
signJwt({ sub: 'someone' }, 'secret', { expiresIn: 60 }); // must not compile: a string is not a key
signJwt('payload', key, { expiresIn: 60 }); // must not compile: claims are an object
signJws('text', key); // must not compile: a payload is bytes
signJws(bytes, { kty: 'oct' }); // must not compile: a JWK is not a key
signJwsJson(bytes, key); // must not compile: a list of signers
draftJwt({}, { expiresIn: 60 }); // must not compile: alg must be said
draftJwt({}, { alg: 'none', expiresIn: 60 }); // must not compile: none is not an algorithm
draftJwt({}, { alg: 'ES256' }); // must not compile: when does it expire?
importSecret('secret', { alg: 'HS256' }); // must not compile: a secret is bytes
importSecret(bytes); // must not compile: alg must be said
importSecret(bytes, { alg: 'hs256' }); // must not compile: unknown algorithm
importKey(42); // must not compile: no such material
importKey('pem', { algorithm: 'RS256' }); // must not compile: unknown option name
importKey('pem', { alg: 'RSA' }); // must not compile: unknown algorithm
importKey('pem', { use: 'both' }); // must not compile: one use
encryptJwe('text', key); // must not compile: a plaintext is bytes
encryptJwe(bytes, key, { enc: 'A128CBC' }); // must not compile: unknown content encryption
encryptJwe(bytes, key, { alg: 'dir' }); // must not compile: the key decides
importPassword('secret', { alg: 'A128KW' }); // must not compile: a password is for PBES2
new DecryptionKeys(); // must not compile: a set comes from importDecryptionKeys
generateKey(); // must not compile: alg must be said
generateKey('RS1024'); // must not compile: unknown algorithm
exportPem('pem'); // must not compile: a string is not a key
new Key(); // must not compile: a key comes from importKey
new KeySet(); // must not compile: a set comes from importJwks
key.alg = 'HS256'; // must not compile: a key is married to its algorithm
export const keyLike: Key = { type: 'secret', alg: 'HS256', use: 'sig', publicKey: () => key }; // must not compile: a look-alike
SIGNATURE_ALGORITHMS.push('HS256'); // must not compile: the list is frozen
export const none: SignatureAlgorithm = 'none'; // must not compile: none has no row
