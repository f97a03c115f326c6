// The words of each refusal of a JWS, whole: they say what was wrong, and where it helps, what would be right.
import { expect, test } from 'vitest';
import { signJws, signJwsJson, verifyJws, verifyJwsJson } from '../../src/index.ts';
import { readJwsUnionHeader } from '../../src/jws/header.ts';
import { b64u, flattened, forge, general, octets } from '../support/forge.ts';
import { keyPairs, secretKey } from '../support/keys.ts';
import { type Refusal, refusalOf, withManyArguments } from '../support/refusal.ts';

const CONTENT = octets('content');
const UNENCODED = { alg: 'HS256', b64: false, crit: ['b64'] };
const key = secretKey('HS256');
const token = () => forge('HS256', { alg: 'HS256' }, CONTENT);
const flat = () => flattened('HS256', { alg: 'HS256' }, CONTENT);
const withPayload = (header: object, payload: string) => `${b64u(header)}.${payload}.AA`;

test.each<Refusal>([
  [
    'a payload that is a text',
    () => signJws('content' as never, key),
    'TypeError: payload must be a Uint8Array, such as new TextEncoder().encode(text)',
  ],
  [
    'an unencoded payload with a period',
    () => signJws(octets('a.b'), key, { b64: false }),
    'TypeError: payload must be detached: with b64 false it cannot stand in a compact JWS',
  ],
  [
    'an alg in the header',
    () => signJws(CONTENT, key, { header: { alg: 'HS256' } }),
    'TypeError: header.alg must not be given: the key sets it',
  ],
  [
    'a b64 in the header',
    () => signJws(CONTENT, key, { header: { b64: false } }),
    'TypeError: header.b64 must not be given: options.b64 sets it',
  ],
  [
    'a header that our reader refuses',
    () => signJws(CONTENT, key, { header: { crit: ['x'] } }),
    'TypeError: header is not one that a verifier would accept',
  ],
  [
    'a header that JSON cannot say',
    () => signJws(CONTENT, key, { header: { x: 1n } }),
    'TypeError: header.x must be a string, a finite number, a boolean, null, an array or a plain object, and is a bigint',
  ],
  [
    'a header that is an array',
    () => signJws(CONTENT, key, { header: [] as never }),
    'TypeError: options.header must be a plain object',
  ],
  ['one argument too many', withManyArguments(signJws), 'TypeError: signJws takes 3 arguments, and was given 4'],
  [
    'a public key to sign with',
    () => signJws(CONTENT, keyPairs.ES256.publicKey),
    'TypeError: key is public: signing needs the private key',
  ],
])('signJws: %s', (_, sign, refusal) => {
  expect(refusalOf(sign)).toBe(refusal);
});

test.each<Refusal>([
  ['no string', () => verifyJws(1 as never, key), 'ERR_JWS_INVALID: the token is not a string'],
  ...['', 'x', '.', 'a.', '.b'].map(
    (text): Refusal => [
      `fewer than two periods: ${text}`,
      () => verifyJws(text, key),
      'ERR_JWS_INVALID: the token has not exactly three parts',
    ],
  ),
  ['two parts', () => verifyJws('a.b', key), 'ERR_JWS_INVALID: the token has not exactly three parts'],
  ['four parts', () => verifyJws('a.b.c.d', key), 'ERR_JWS_INVALID: the token has not exactly three parts'],
  ['six parts', () => verifyJws('a.b.c.d.e.f', key), 'ERR_JWS_INVALID: the token has not exactly three parts'],
  [
    'the five parts of a JWE',
    () => verifyJws('a.b.c.d.e', key),
    'ERR_JWS_INVALID: the token is encrypted: see decryptJwt, verifyNestedJwt',
  ],
  [
    'a token over the limit',
    () => verifyJws(token(), key, { maxLength: 20 }),
    'ERR_JOSE_LIMIT_EXCEEDED: the token is over 20 octets',
  ],
  [
    'a detached payload over the limit',
    () => verifyJws(token(), key, { payload: CONTENT, maxLength: 5 }),
    'ERR_JOSE_LIMIT_EXCEEDED: the detached payload is over 5 octets',
  ],
  [
    'a payload beside the detached one',
    () => verifyJws(token(), key, { payload: CONTENT }),
    'ERR_JWS_INVALID: the token has a payload although it should be detached',
  ],
  [
    'an unencoded payload of other characters',
    () => verifyJws(withPayload(UNENCODED, 'ä'), key),
    'ERR_JWS_INVALID: the token has an unencoded payload that is not printable ASCII',
  ],
  [
    'a payload that is no base64url',
    () => verifyJws(withPayload({ alg: 'HS256' }, 'AA='), key),
    'ERR_JWS_INVALID: the payload is not canonical base64url',
  ],
  [
    'a signature that is no base64url',
    () => verifyJws(`${token()}=`, key),
    'ERR_JWS_INVALID: the signature is not canonical base64url',
  ],
  [
    'a signature of something else',
    () => verifyJws(withPayload({ alg: 'HS256' }, 'AA'), key),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: the signature does not verify',
  ],
  [
    'a header that is no base64url',
    () => verifyJws(`=${token()}`, key),
    'ERR_JWS_INVALID: the protected header is not canonical base64url',
  ],
  [
    'b64 that is not critical',
    () => verifyJws(withPayload({ alg: 'HS256', b64: false }, 'AA'), key),
    'ERR_JWS_INVALID: the header has a malformed or uncritical b64',
  ],
  [
    'an extension that nobody understands',
    () => verifyJws(withPayload({ alg: 'HS256', crit: ['x'], x: 1 }, 'AA'), key),
    'ERR_JOSE_NOT_SUPPORTED: the header names a critical extension that is not understood',
  ],
  ['one argument too many', withManyArguments(verifyJws), 'TypeError: verifyJws takes 3 arguments, and was given 4'],
  [
    'a payload that is a text',
    () => verifyJws(token(), key, { payload: 'content' as never }),
    'TypeError: options.payload must be a Uint8Array',
  ],
  [
    'an empty list of extensions',
    () => verifyJws(token(), key, { crit: [] }),
    'TypeError: options.crit must be an array of at least one string',
  ],
])('verifyJws: %s', (_, verify, refusal) => {
  expect(refusalOf(verify)).toBe(refusal);
});

const signers = (count: number) => Array.from({ length: count }, () => ({ key }));

test.each<Refusal>([
  [
    'a payload that is a text',
    () => signJwsJson('content' as never, signers(1)),
    'TypeError: payload must be a Uint8Array, such as new TextEncoder().encode(text)',
  ],
  ...[0, 17].map(
    (count): Refusal => [
      `${count} signers`,
      () => signJwsJson(CONTENT, signers(count)),
      'TypeError: signers must be an array of 1 to 16 objects such as { key }',
    ],
  ),
  [
    'something like an array of signers',
    () => signJwsJson(CONTENT, { length: 1, 0: { key } } as never),
    'TypeError: signers must be an array of 1 to 16 objects such as { key }',
  ],
  [
    'a second signer without a key',
    () => signJwsJson(CONTENT, [{ key }, {} as never]),
    'TypeError: signers[1].key must be given: a Key, as importKey, importSecret and generateKey make it',
  ],
  [
    'an unprotected header that is a text',
    () => signJwsJson(CONTENT, [{ key, unprotected: 'x' as never }]),
    'TypeError: signers[0].unprotected must be a plain object',
  ],
  [
    'an unprotected header that JSON cannot say',
    () => signJwsJson(CONTENT, [{ key, unprotected: { x: 1n } }]),
    'TypeError: unprotected.x must be a string, a finite number, a boolean, null, an array or a plain object, and is a bigint',
  ],
  [
    'an empty unprotected header',
    () => signJwsJson(CONTENT, [{ key, unprotected: {} }]),
    'TypeError: unprotected is not a header that a verifier would accept',
  ],
  [
    'two signers of the flattened form',
    () => signJwsJson(CONTENT, signers(2), { flattened: true }),
    'TypeError: options.flattened takes exactly one signer',
  ],
  [
    'an unencoded payload that is no text',
    () => signJwsJson(Uint8Array.of(0xff), signers(1), { b64: false }),
    'TypeError: payload must be detached: with b64 false it stands in JSON only as UTF-8',
  ],
  [
    'one argument too many',
    withManyArguments(signJwsJson),
    'TypeError: signJwsJson takes 3 arguments, and was given 4',
  ],
  ...(['flattened', 'b64', 'detached'] as const).map(
    (name): Refusal => [
      `${name} that is a number`,
      () => signJwsJson(CONTENT, signers(1), { [name]: 1 } as never),
      `TypeError: options.${name} must be true or false`,
    ],
  ),
])('signJwsJson: %s', (_, sign, refusal) => {
  expect(refusalOf(sign)).toBe(refusal);
});

const verifyFlat = (changes: object) => () => verifyJwsJson({ ...flat(), ...changes }, key);
const withSignatures = (signatures: unknown) => () =>
  verifyJwsJson({ payload: flat().payload, signatures } as never, key);
const BOTH_FORMS =
  'ERR_JWS_INVALID: the JWS has signatures beside signature, protected or header: the general form or the flattened one, not both';

test.each<Refusal>([
  ['no JSON', () => verifyJwsJson('x', key), 'ERR_JWS_INVALID: the JWS is not a JSON object in UTF-8'],
  [
    'a text over the limit',
    () => verifyJwsJson(flat(), key, { maxLength: 20 }),
    'ERR_JOSE_LIMIT_EXCEEDED: the JWS is over 20 octets',
  ],
  ['a JWE as well', verifyFlat({ ciphertext: 'AA' }), 'ERR_JWS_INVALID: the JWS is a JWE as well'],
  ...['signature', 'protected', 'header'].map(
    (name): Refusal => [
      `signatures and ${name}`,
      () => verifyJwsJson({ ...general(flat()), [name]: 'x' }, key),
      BOTH_FORMS,
    ],
  ),
  ['an empty list of signatures', withSignatures([]), 'ERR_JWS_INVALID: the JWS has no signatures'],
  ['something like a list of signatures', withSignatures({ length: 1 }), 'ERR_JWS_INVALID: the JWS has no signatures'],
  [
    'seventeen signatures',
    withSignatures(Array(17).fill(1)),
    'ERR_JOSE_LIMIT_EXCEEDED: the JWS has more than 16 signatures',
  ],
  [
    'a signature that is a text',
    withSignatures(['x']),
    'ERR_JWS_INVALID: the JWS has a signature that is not an object',
  ],
  [
    'a signature value that is a number',
    verifyFlat({ signature: 1 }),
    'ERR_JWS_INVALID: the JWS has a protected or signature that is not a string',
  ],
  [
    'a protected header that is an object',
    verifyFlat({ protected: {} }),
    'ERR_JWS_INVALID: the JWS has a protected or signature that is not a string',
  ],
  [
    'a protected header that is no base64url',
    verifyFlat({ protected: '=' }),
    'ERR_JWS_INVALID: the protected header is not canonical base64url',
  ],
  [
    'a protected header that is empty',
    verifyFlat({ protected: '', header: { alg: 'HS256' } }),
    'ERR_JWS_INVALID: the JWS has an empty protected header',
  ],
  [
    'a protected header without members',
    verifyFlat({ protected: b64u('{}'), header: { alg: 'HS256' } }),
    'ERR_JWS_INVALID: the JWS has an empty header',
  ],
  [
    'an unprotected header that is a text',
    verifyFlat({ header: 'x' }),
    'ERR_JWS_INVALID: the JWS has a header that is not an object',
  ],
  ['an unprotected header without members', verifyFlat({ header: {} }), 'ERR_JWS_INVALID: the JWS has an empty header'],
  ['an unprotected b64', verifyFlat({ header: { b64: true } }), 'ERR_JWS_INVALID: the header has an unprotected b64'],
  [
    'one header parameter in two places',
    verifyFlat({ header: { alg: 'HS256' } }),
    'ERR_JWS_INVALID: the header has a parameter both protected and unprotected',
  ],
  [
    'signatures that differ in b64',
    () => verifyJwsJson(general(flat(), flattened('HS256', UNENCODED, CONTENT)), key),
    'ERR_JWS_INVALID: the JWS has signatures that differ in b64',
  ],
  ['no payload', verifyFlat({ payload: undefined }), 'ERR_JWS_INVALID: the JWS has no payload'],
  [
    'a payload beside the detached one',
    () => verifyJwsJson(flat(), key, { payload: CONTENT }),
    'ERR_JWS_INVALID: the JWS has a payload although it should be detached',
  ],
  [
    'a payload that is a number',
    verifyFlat({ payload: 1 }),
    'ERR_JWS_INVALID: the JWS has a payload that is not a string',
  ],
  [
    'none of two signatures is good',
    () => verifyJwsJson(general(flat(), flat()), keyPairs.ES256.publicKey, { require: 'any' }),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: none of the signatures verifies',
  ],
  [
    'none of two signatures is good, and a kid is named',
    () => verifyJwsJson(general(flat(), flat()), keyPairs.ES256.publicKey, { require: ['a'] }),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: none of the signatures verifies',
  ],
  [
    'the kid that is named has not signed',
    () => verifyJwsJson(flat(), key, { require: ['a'] }),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: no signature verifies of a kid that options.require names',
  ],
  [
    'a requirement of another kind',
    () => verifyJwsJson(flat(), key, { require: 'some' as never }),
    "TypeError: options.require must be 'all', 'any', or an array of the kids whose signatures must verify",
  ],
  [
    'one argument too many',
    withManyArguments(verifyJwsJson),
    'TypeError: verifyJwsJson takes 3 arguments, and was given 4',
  ],
  [
    'a detached payload over the limit',
    () => verifyJwsJson(flat(), key, { payload: new Uint8Array(1000), maxLength: 500 }),
    'ERR_JOSE_LIMIT_EXCEEDED: the detached payload is over 500 octets',
  ],
])('verifyJwsJson: %s', (_, verify, refusal) => {
  expect(refusalOf(verify)).toBe(refusal);
});

test('the error for a header that our reader refuses has the reader’s own as its cause', () => {
  const causeOf = (sign: () => unknown) => {
    try {
      return sign();
    } catch (error) {
      return (error as Error).cause;
    }
  };
  expect(causeOf(() => signJws(CONTENT, key, { header: { crit: ['x'] } }))).toMatchObject({
    code: 'ERR_JWS_INVALID',
    message: 'the header has a malformed crit',
  });
  expect(causeOf(() => signJwsJson(CONTENT, [{ key, unprotected: { b64: true } }]))).toMatchObject({
    code: 'ERR_JWS_INVALID',
    message: 'the header has an unprotected b64',
  });
  expect(refusalOf(() => readJwsUnionHeader({ alg: 1 }, {}))).toBe(
    'ERR_JWS_INVALID: the header parameter alg is not a string',
  );
});
