// What the types refuse about encrypted tokens. Every marked line must be an error, and no other line may be one.

import {
  createVerifier,
  DecryptedJwt,
  type DecryptionKeys,
  decryptJwt,
  decryptWith,
  encryptJwt,
  nestJwt,
  signNestedJwt,
  type VerifiedJwt,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { key, keys, token } from './given.ts';

declare const own: DecryptionKeys;
const expected = { issuer: 'https://issuer.example', audience: 'https://api.example' };

function greet(verified: VerifiedJwt): string {
  return String(verified.claims.sub);
}

export const decrypted: DecryptedJwt = decryptJwt(token, own, { ...expected, sender: null });
export const good: string = greet(verifyNestedJwt(token, { decrypt: own, verify: keys }, expected));
decryptJwt(token, key, { ...expected, enc: ['A256GCM'], zip: true, crit: ['x'] }); // compiles: a secret has one sender

greet(decrypted); // must not compile: a decrypted token is no verified one
greet(decryptJwt(token, own, { ...expected, sender: null })); // must not compile: nor is it where it comes from
export const other: DecryptedJwt = verifyJwt(token, key, expected); // must not compile: nor the other way round
export const literal: DecryptedJwt = { claims: {}, header: { alg: 'dir' }, key }; // must not compile: a literal is no result
new DecryptedJwt(); // must not compile: nobody else can construct one

decryptJwt(token, keys, expected); // must not compile: a KeySet holds public keys
decryptJwt(token, own, {}); // must not compile: neither issuer nor audience
decryptJwt(token, own, { ...expected, sender: 'joe' }); // must not compile: the sender is unknown
decryptJwt(token, own, { ...expected, algorithms: ['ES256'] }); // must not compile: algorithms are for signatures
decryptJwt(token, own, { ...expected, enc: 'A256GCM' }); // must not compile: a list is wanted
verifyNestedJwt(token, own, expected); // must not compile: keys for both layers
verifyNestedJwt(token, { decrypt: own }, expected); // must not compile: a signature needs a key
verifyNestedJwt(token, { decrypt: own, verify: own }, expected); // must not compile: these keys do not verify
verifyNestedJwt(token, { decrypt: keys, verify: keys }, expected); // must not compile: these do not decrypt
verifyNestedJwt(token, { decrypt: own, verify: keys }, { ...expected, sender: null }); // must not compile: the signer is known
encryptJwt({}, key, {}); // must not compile: expiresIn must be said
encryptJwt({}, key, { expiresIn: 60, enc: 'A128' }); // must not compile: not a content encryption
signNestedJwt({}, { sign: key, encrypt: key }, {}); // must not compile: expiresIn must be said
signNestedJwt({}, key, { expiresIn: 60 }); // must not compile: two keys
nestJwt({}, key); // must not compile: a signed token is text

createVerifier({ ...expected, keys, decrypt: decryptWith(own, { required: false }) }); // compiles
createVerifier({ ...expected, keys, decrypt: own }); // must not compile: keys alone carry no decryption
createVerifier({ ...expected, keys, decrypt: {} }); // must not compile: nor does a look-alike
createVerifier({ issuers: [{ ...expected, keys, decrypt: decryptWith(own) }] }); // must not compile: it is for all issuers
decryptWith(keys); // must not compile: these do not decrypt
