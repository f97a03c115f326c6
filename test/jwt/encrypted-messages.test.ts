// The words of each refusal of a JWT that is encrypted, nested or not, whole.
import { expect, test } from 'vitest';
import {
  DecryptedJwt,
  decryptJwt,
  encryptJwe,
  encryptJwt,
  importKey,
  type JwtClaims,
  nestJwt,
  signJwt,
  signNestedJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { CLAIMS, EXPECTED, NOW } from '../support/doors.ts';
import { b64u, forge } from '../support/forge.ts';
import { kindOf } from '../support/jwe.ts';
import { keyPairs, secretKey } from '../support/keys.ts';
import { type Refusal, refusalOf, withManyArguments } from '../support/refusal.ts';

const key = secretKey('HS256');
const { publicKey, privateKey } = keyPairs.ES256;
const EXPIRES = { expiresIn: null, now: NOW } as const;
const good = () => forge('HS256', { alg: 'HS256', typ: 'JWT' }, CLAIMS);

const shared = () => kindOf('A256KW').encrypting;
const pair = () => kindOf('RSA-OAEP-256');
const sealed = (content: object | string, header?: object) =>
  encryptJwe(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), shared(), {
    header: { ...header },
  });
const encrypt =
  (options: object, claims: JwtClaims = CLAIMS) =>
  () =>
    encryptJwt(claims, shared(), { ...EXPIRES, ...options });
const decrypt =
  (token: unknown, expected: object = {}) =>
  () =>
    decryptJwt(token as string, shared(), { ...EXPECTED, ...expected });

test.each<Refusal>([
  ['one argument too many', withManyArguments(encryptJwt), 'TypeError: encryptJwt takes 3 arguments, and was given 4'],
  [
    'a key for signatures',
    () => encryptJwt({}, key, EXPIRES),
    "TypeError: key is for signatures: a key for encryption has an alg such as 'RSA-OAEP-256'",
  ],
  [
    'a typ in the header',
    encrypt({ header: { typ: 'x' } }),
    'TypeError: options.header.typ must not be given: options.typ sets it',
  ],
  [
    'a cty in the header',
    encrypt({ header: { cty: 'x' } }),
    'TypeError: options.header.cty must not be given: it says that a token is nested, and signNestedJwt or nestJwt sets it',
  ],
  [
    'another iss in the header',
    encrypt({ header: { iss: 'x' } }),
    'TypeError: options.header.iss must be the claim of this name, exactly',
  ],
  [
    'no expiresIn',
    encrypt({ expiresIn: undefined }),
    "TypeError: options.expiresIn must be given: a duration such as '5m', a number of seconds, or null for a token that does not expire",
  ],
  [
    'no options',
    () => encryptJwt({}, shared(), null as never),
    "TypeError: options must be a plain object such as { expiresIn: '5m' }",
  ],
  ['zip', encrypt({ zip: 1 }), 'TypeError: options.zip must be true or false'],
  [
    'a token that is too long',
    encrypt({}, { x: 'x'.repeat(200_000) }),
    'TypeError: claims must be shorter: the token would be over 256 KiB',
  ],
])('written: %s', (_, action, refusal) => {
  expect(refusalOf(action)).toBe(refusal);
});

test.each<Refusal>([
  ['one argument too many', withManyArguments(decryptJwt), 'TypeError: decryptJwt takes 3 arguments, and was given 4'],
  [
    'a private key, and no word on the sender',
    () => decryptJwt('x', pair().decrypting, EXPECTED),
    'TypeError: expected.sender must be null where a key is private: anyone can encrypt to its public key, so that the sender is ' +
      'unknown; verifyNestedJwt reads tokens that are signed as well',
  ],
  [
    'algorithms',
    decrypt('x', { algorithms: ['ES256'] }),
    'TypeError: expected.algorithms is for signatures: each key to decrypt with is for one algorithm already',
  ],
  [
    'algorithm',
    decrypt('x', { algorithm: 'ES256' }),
    'TypeError: expected.algorithm is for signatures: each key to decrypt with is for one algorithm already',
  ],
  [
    'ignoreExpiration',
    decrypt('x', { ignoreExpiration: true }),
    'TypeError: expected.ignoreExpiration is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed',
  ],
  [
    'nothing',
    () => decryptJwt('x', shared(), undefined as never),
    "TypeError: expected must be a plain object such as { issuer: 'https://issuer.example', audience: 'api' }",
  ],
  [
    'no audience',
    decrypt('x', { audience: undefined }),
    "TypeError: expected.audience must be given: a name such as 'api', several in an array, or null to leave it unchecked",
  ],
  ['zip', decrypt('x', { zip: 1 }), 'TypeError: expected.zip must be true or false'],
  [
    'a nested token',
    () => decrypt(sealed(good(), { cty: 'JWT' }))(),
    'ERR_JOSE_NOT_SUPPORTED: the token is nested: verifyNestedJwt reads the signed one inside',
  ],
  [
    'another iss in the header',
    () => decrypt(sealed(CLAIMS, { iss: 'x' }))(),
    'ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "header.iss" mismatch',
  ],
  [
    'claims that are no object',
    () => decrypt(sealed('[]'))(),
    'ERR_JWT_INVALID: the claims set is not a JSON object in UTF-8',
  ],
  [
    'a DecryptedJwt by hand',
    () => new DecryptedJwt(Symbol('DecryptedJwt') as never, {} as never),
    'TypeError: a DecryptedJwt is made by decryptJwt only',
  ],
])('read: %s', (_, action, refusal) => {
  expect(refusalOf(action)).toBe(refusal);
});

const SIGNED = 'TypeError: signed must be a signed JWT, as signJwt returns it';
const KEYS = () => ({ sign: privateKey, encrypt: shared() });
const NESTED = () => ({ decrypt: shared(), verify: publicKey });
const signed = () => signJwt(CLAIMS, privateKey, EXPIRES);
const signNested =
  (keys: object, options: object = {}, claims: JwtClaims = {}) =>
  () =>
    signNestedJwt(claims, { ...KEYS(), ...keys }, { ...EXPIRES, ...options });
const open =
  (token: unknown, expected: object = {}, keys: object = {}) =>
  () =>
    verifyNestedJwt(token as string, { ...NESTED(), ...keys }, { ...EXPECTED, ...expected });

test.each<Refusal>([
  [
    'one argument too many',
    withManyArguments(signNestedJwt),
    'TypeError: signNestedJwt takes 3 arguments, and was given 4',
  ],
  [
    'no keys',
    () => signNestedJwt({}, null as never, EXPIRES),
    'TypeError: keys must be a plain object such as { sign: …, encrypt: … }',
  ],
  [
    'no key to sign with',
    signNested({ sign: undefined }),
    'TypeError: keys.sign must be given: a Key, as importKey, importSecret and generateKey make it',
  ],
  [
    'no key to encrypt with',
    signNested({ encrypt: undefined }),
    'TypeError: keys.encrypt must be given: a Key, as importKey, importSecret and generateKey make it',
  ],
  [
    'a public key to sign with',
    signNested({ sign: publicKey }),
    'TypeError: keys.sign is public: signing needs the private key',
  ],
  [
    'a key for signatures to encrypt with',
    signNested({ encrypt: key }),
    "TypeError: keys.encrypt is for signatures: a key for encryption has an alg such as 'RSA-OAEP-256'",
  ],
  [
    'a key that is not to sign with',
    signNested({ sign: importKey({ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43), key_ops: ['verify'] }) }),
    'TypeError: keys.sign: the key_ops of the key do not allow it to sign',
  ],
  [
    'a token that is too long',
    signNested({}, {}, { x: 'x'.repeat(150_000) }),
    'TypeError: claims must be shorter: the token would be over 256 KiB',
  ],
  [
    'one argument too many to nest',
    withManyArguments(nestJwt),
    'TypeError: nestJwt takes 3 arguments, and was given 4',
  ],
  ['a text to nest', () => nestJwt('x', shared()), SIGNED],
  ['an unsigned token to nest', () => nestJwt('eyJhbGciOiJub25lIn0.e30.', shared()), SIGNED],
  [
    'a token to nest whose claims are no object',
    () => nestJwt(forge('HS256', { alg: 'HS256' }, '[]'), shared()),
    SIGNED,
  ],
  [
    'a cty in the header',
    () => nestJwt(signed(), shared(), { header: { cty: 'JWT' } }),
    'TypeError: options.header.cty must not be given: it is JWT',
  ],
  [
    'another sub in the header',
    () => nestJwt(signed(), shared(), { header: { sub: 'x' } }),
    'TypeError: options.header.sub must be the claim of this name, exactly',
  ],
  [
    'a token to nest that gets too long',
    () => nestJwt(signJwt({ x: 'x'.repeat(150_000) }, privateKey, EXPIRES), shared()),
    'TypeError: signed must be shorter: the token would be over 256 KiB',
  ],
])('nested: %s', (_, action, refusal) => {
  expect(refusalOf(action)).toBe(refusal);
});

test.each<Refusal>([
  [
    'one argument too many',
    withManyArguments(verifyNestedJwt),
    'TypeError: verifyNestedJwt takes 3 arguments, and was given 4',
  ],
  [
    'no keys',
    () => verifyNestedJwt('x', null as never, EXPECTED),
    'TypeError: keys must be a plain object such as { decrypt: …, verify: … }',
  ],
  [
    'no key to decrypt with',
    open('x', {}, { decrypt: undefined }),
    'TypeError: keys.decrypt must be given: a Key or DecryptionKeys (importKey, importSecret, importPassword, importDecryptionKeys)',
  ],
  [
    'no key to verify with',
    open('x', {}, { verify: undefined }),
    'TypeError: keys.verify must be given: a Key or a KeySet (importKey, importSecret, importJwks)',
  ],
  [
    'a key to decrypt with that is none, before the other one',
    open('x', {}, { decrypt: 'x', verify: 'x' }),
    'TypeError: keys.decrypt must be a Key or DecryptionKeys (importKey, importSecret, importPassword, importDecryptionKeys)',
  ],
  [
    'a key to verify with that is none',
    open('x', {}, { verify: 'x' }),
    'TypeError: keys.verify must be a Key or a KeySet (importKey, importSecret, importJwks)',
  ],
  [
    'a key that is not to verify with',
    open('x', {}, { verify: importKey({ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43), key_ops: ['sign'] }) }),
    'TypeError: keys.verify: the key_ops of the key do not allow it to verify',
  ],
  [
    'a sender',
    open('x', { sender: null }),
    'TypeError: expected.sender is for decryptJwt: here the signature says who the sender is',
  ],
  [
    'ignoreExpiration',
    open('x', { ignoreExpiration: true }),
    'TypeError: expected.ignoreExpiration is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed',
  ],
  [
    'a token that is not nested',
    () => open(sealed(CLAIMS))(),
    'ERR_JWT_INVALID: the token has no cty that says JWT, so it is not nested: decryptJwt reads one that is encrypted only',
  ],
  [
    'two layers of encryption',
    () => open(sealed(sealed(CLAIMS), { cty: 'JWT' }))(),
    'ERR_JOSE_NOT_SUPPORTED: the inner token is encrypted again: only one layer is read',
  ],
  [
    'an inner token that is none',
    () => open(sealed('x', { cty: 'JWT' }))(),
    'ERR_JWS_INVALID: the inner token has not exactly three parts',
  ],
  [
    'an inner signature of something else',
    () => open(sealed(signed().replace(/.{8}$/, 'AAAAAAAA'), { cty: 'JWT' }))(),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: the inner token: the signature does not verify',
  ],
  [
    'an inner signature of something else, over what is no claims set',
    () => open(sealed(`${b64u({ alg: 'ES256' })}.${b64u('[]')}.AAAA`, { cty: 'JWT' }))(),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: the inner token: the signature does not verify',
  ],
  [
    'another sub in the header',
    () => open(sealed(signed(), { cty: 'JWT', sub: 'x' }))(),
    'ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "header.sub" mismatch',
  ],
  [
    'an inner payload that is no base64url, and a sub in the header',
    () => open(sealed(`${b64u({ alg: 'ES256' })}.x.AA`, { cty: 'JWT', sub: 'x' }))(),
    'ERR_JWS_INVALID: the inner token: the payload is not canonical base64url',
  ],
])('opened: %s', (_, action, refusal) => {
  expect(refusalOf(action)).toBe(refusal);
});
