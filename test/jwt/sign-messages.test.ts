// The words of each refusal to sign a JWT, whole: they say what was wrong, and where it helps, what would be right.
import { describe, expect, test } from 'vitest';
import { draftJwt, signJwt } from '../../src/index.ts';
import { NOW } from '../support/doors.ts';
import { kindOf } from '../support/jwe.ts';
import { keyPairs, secretKey } from '../support/keys.ts';
import { type Refusal, refusalOf, withManyArguments } from '../support/refusal.ts';

const key = secretKey('HS256');
const { publicKey } = keyPairs.ES256;
const EXPIRES = { expiresIn: null, now: NOW } as const;

describe('signing', () => {
  const sign =
    (options: object, claims: unknown = {}) =>
    () =>
      signJwt(claims as never, key, { ...EXPIRES, ...options });
  const NOT_AN_OPTION = 'is not an option: the key says it, as importKey(…, { alg, kid }) does';
  const JSON_MAY = 'must be a string, a finite number, a boolean, null, an array or a plain object, and is';

  test.each<Refusal>([
    ['one argument too many', withManyArguments(signJwt), 'TypeError: signJwt takes 3 arguments, and was given 4'],
    [
      'no options',
      () => signJwt({}, key, undefined as never),
      "TypeError: options must be a plain object such as { expiresIn: '5m' }",
    ],
    [
      'no expiresIn',
      sign({ expiresIn: undefined }),
      "TypeError: options.expiresIn must be given: a duration such as '5m', a number of seconds, or null for a token that does not expire",
    ],
    [
      'expiresIn',
      sign({ expiresIn: 'soon' }),
      "TypeError: options.expiresIn must be a duration such as '5m', a number of seconds, or null for a token that does not expire",
    ],
    [
      'notBefore',
      sign({ notBefore: 'soon' }),
      "TypeError: options.notBefore must be a duration such as '5m', or a number of seconds",
    ],
    ['typ', sign({ typ: 1 }), "TypeError: options.typ must be a string such as 'at+jwt', or null for none"],
    ['now', sign({ now: 'now' }), 'TypeError: options.now must be a Date, or a number of seconds since 1970'],
    ['header', sign({ header: 'x' }), 'TypeError: options.header must be a plain object'],
    ...['alg', 'algorithm', 'kid', 'keyid'].map(
      (name): Refusal => [name, sign({ [name]: 'x' }), `TypeError: options.${name} ${NOT_AN_OPTION}`],
    ),
    ...[
      ['issuer', 'iss'],
      ['audience', 'aud'],
      ['subject', 'sub'],
      ['jwtid', 'jti'],
    ].map(
      ([name, claim]): Refusal => [
        String(name),
        sign({ [String(name)]: 'x' }),
        `TypeError: options.${name} is not an option: put it into the claims, as ${claim}`,
      ],
    ),
    ...['xalg', 'algx', 'xkid', 'kidx'].map(
      (name): Refusal => [name, sign({ [name]: 'x' }), `TypeError: options.${name} is not an option`],
    ),
    [
      'a typ in the header',
      sign({ header: { typ: 'x' } }),
      'TypeError: header.typ must not be given: options.typ sets it',
    ],
    [
      'a header that is for no JWT',
      sign({ header: { cty: 'JWT' } }),
      'TypeError: header is not one that a verifier would accept',
    ],
    ['claims that are a text', sign({}, 'x'), "TypeError: claims must be a plain object such as { sub: 'user' }"],
    ...['iat', 'nbf', 'exp'].map(
      (claim): Refusal => [claim, sign({}, { [claim]: 'x' }), `TypeError: claims.${claim} must be a number of seconds`],
    ),
    [
      'exp in milliseconds',
      sign({}, { exp: 1_700_000_000_000 }),
      'TypeError: claims.exp must be a number of seconds; it is 1e11 seconds or more: give seconds, not milliseconds',
    ],
    ...['iss', 'sub', 'jti'].map(
      (claim): Refusal => [claim, sign({}, { [claim]: 1 }), `TypeError: claims.${claim} must be a string`],
    ),
    ['aud', sign({}, { aud: 1 }), 'TypeError: claims.aud must be a string or an array of strings'],
    [
      'exp given and set',
      sign({ expiresIn: 60 }, { exp: 1 }),
      'TypeError: claims.exp is given and would also be set by the options',
    ],
    [
      'nbf given and set',
      sign({ notBefore: 60 }, { nbf: 1 }),
      'TypeError: claims.nbf is given and would also be set by the options',
    ],
    [
      'exp that is undefined',
      sign({}, { exp: undefined }),
      'TypeError: claims.exp must be a number of seconds where options.expiresIn is null, or not be there at all',
    ],
    ['a claim that JSON cannot say', sign({}, { x: 1n }), `TypeError: claims.x ${JSON_MAY} a bigint`],
    [
      'a token that is too long',
      sign({}, { x: 'x'.repeat(200_000) }),
      'TypeError: claims must be shorter: the token would be over 256 KiB',
    ],
    ['a public key', () => signJwt({}, publicKey, EXPIRES), 'TypeError: key is public: signing needs the private key'],
  ])('%s', (_, action, refusal) => {
    expect(refusalOf(action)).toBe(refusal);
  });

  const draft = (options: object = {}) => draftJwt({}, { ...EXPIRES, alg: 'ES256', ...options } as never);
  const complete =
    (signature: unknown, ...rest: unknown[]) =>
    () =>
      (draft().complete as (...args: unknown[]) => string)(signature, ...rest);

  test.each<Refusal>([
    ['one argument too many', withManyArguments(draftJwt), 'TypeError: draftJwt takes 2 arguments, and was given 4'],
    [
      'no options',
      () => draftJwt({}, undefined as never),
      "TypeError: options must be a plain object such as { expiresIn: '5m', alg: 'ES256' }",
    ],
    [
      'no expiresIn',
      () => draft({ expiresIn: undefined }),
      "TypeError: options.expiresIn must be given: a duration such as '5m', a number of seconds, or null for a token that does not expire",
    ],
    ['no string as kid', () => draft({ kid: 1 }), 'TypeError: options.kid must be a string'],
    ['keyid', () => draft({ keyid: 'x' }), 'TypeError: options.keyid is not an option; kid is'],
    [
      'a claim as an option',
      () => draft({ issuer: 'x' }),
      'TypeError: options.issuer is not an option: put it into the claims, as iss',
    ],
    ['a signature that is a text', complete('x'), 'TypeError: signature must be a Uint8Array'],
    ['a signature of another length', complete(new Uint8Array(5)), 'TypeError: signature is not one of ES256'],
    [
      'a signature of something else',
      complete(new Uint8Array(64), publicKey),
      'TypeError: signature does not verify under publicKey',
    ],
    [
      'a key of another algorithm',
      complete(new Uint8Array(64), keyPairs.ES384.publicKey),
      'TypeError: publicKey is not for ES256',
    ],
    [
      'a key for encryption',
      complete(new Uint8Array(64), kindOf('RSA-OAEP-256').encrypting),
      'TypeError: key is for encryption: it does not verify',
    ],
    [
      'three arguments to complete',
      complete(new Uint8Array(64), publicKey, 1),
      'TypeError: complete takes 2 arguments, and was given 3',
    ],
    [
      'a token that is too long',
      () => draftJwt({ x: 'x'.repeat(200_000) }, { ...EXPIRES, alg: 'ES256' }).complete(new Uint8Array(64)),
      'TypeError: claims must be shorter: the token would be over 256 KiB',
    ],
  ])('a draft: %s', (_, action, refusal) => {
    expect(refusalOf(action)).toBe(refusal);
  });
});

test('the error for a header that is for no JWT has the reader’s own as its cause', () => {
  expect(() => signJwt({}, key, { ...EXPIRES, header: { cty: 'JWT' } })).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_JOSE_NOT_SUPPORTED' }) }),
  );
});
