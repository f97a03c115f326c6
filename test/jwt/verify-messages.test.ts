// The words of each refusal of a JWT and of an expectation, whole: they say what was wrong, and where it helps, what would be right.
import { describe, expect, test } from 'vitest';
import { checkClaims, type Expected, readUnverifiedJwt, VerifiedJwt, verifyJwt } from '../../src/index.ts';
import { CLAIMS, EXPECTED, NOW } from '../support/doors.ts';
import { forge } from '../support/forge.ts';
import { secretKey } from '../support/keys.ts';
import { type Refusal, refusalOf, withManyArguments } from '../support/refusal.ts';

const key = secretKey('HS256');
const good = () => forge('HS256', { alg: 'HS256', typ: 'JWT' }, CLAIMS);

describe('what is expected', () => {
  const check = (expected: object) => () =>
    checkClaims({}, { issuer: null, audience: null, ...expected } as Expected, NOW);
  const ISSUER =
    "a name such as 'https://issuer.example', several in an array, a template such as { template: 'https://issuer.example/{tid}', " +
    "claim: 'tid' }, or null to leave it unchecked";
  const AUDIENCE = "a name such as 'api', several in an array, or null to leave it unchecked";
  const DURATION = "a duration such as '5m', or a number of seconds";

  test.each<Refusal>([
    ...(
      [
        ['issuer', 1, ISSUER],
        ['audience', 1, AUDIENCE],
        ['typ', 1, 'a string'],
        ['subject', 1, "a string, several in an array, or a beginning such as { prefix: 'spiffe://example.org/' }"],
        [
          'claims',
          1,
          "values by claim, such as { token_use: 'access' }, each a string, a boolean or a number up to 2^53, or several in an " +
            'array and none undefined; iss, sub, aud, exp, nbf and iat have options of their own',
        ],
        [
          'header',
          1,
          "values by parameter, such as { signer: 'arn:…' }, each as in expected.claims; alg, typ, crit and b64 are not among them",
        ],
        ['requiredClaims', [], 'an array of at least one string'],
        ['requiredHeader', [], 'an array of at least one string'],
        ['expiry', 'never', "'required' or 'optional'"],
        ['maxAge', 'long', DURATION],
        ['maxLifetime', 'long', DURATION],
        ['clockSkew', 601, `${DURATION}, of at most 10 minutes`],
        ['crit', [], 'an array of at least one string'],
        ['maxMembers', 0, 'a whole number of at least 1'],
        ['schema', {}, 'a schema with ~standard of version 1, as zod, valibot and arktype make it'],
        ['now', 'now', 'a Date, or a number of seconds since 1970'],
      ] as const
    ).map(
      ([name, value, mustBe]): Refusal => [
        name,
        check({ [name]: value }),
        `TypeError: expected.${name} must be ${mustBe}`,
      ],
    ),
    ...[
      ['iss', 'issuer'],
      ['allowedIss', 'issuer'],
      ['issuerBaseURL', 'issuer'],
      ['aud', 'audience'],
      ['allowedAud', 'audience'],
      ['sub', 'subject'],
      ['allowedSub', 'subject'],
      ['jwtid', 'claims'],
      ['nonce', 'claims'],
      ['clientId', 'claims'],
      ['tokenUse', 'claims'],
      ['maxTokenAge', 'maxAge'],
      ['clockTolerance', 'clockSkew'],
      ['currentDate', 'now'],
      ['clockTimestamp', 'now'],
    ].map(
      ([theirs, ours]): Refusal => [
        String(theirs),
        check({ [String(theirs)]: 'x' }),
        `TypeError: expected.${theirs} is not an option; ${ours} is`,
      ],
    ),
    [
      'ignoreExpiration',
      check({ ignoreExpiration: true }),
      'TypeError: expected.ignoreExpiration is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed',
    ],
    ['no issuer', check({ issuer: undefined }), `TypeError: expected.issuer must be given: ${ISSUER}`],
    ['no audience', check({ audience: undefined }), `TypeError: expected.audience must be given: ${AUDIENCE}`],
    [
      'nothing',
      () => checkClaims({}, undefined as never, NOW),
      "TypeError: expected must be a plain object such as { issuer: 'https://issuer.example', audience: 'api' }",
    ],
    [
      'no instant',
      () => checkClaims({}, EXPECTED, 'now' as never),
      'TypeError: now must be a number of seconds since 1970',
    ],
    [
      'one argument too many',
      withManyArguments(checkClaims),
      'TypeError: checkClaims takes 3 arguments, and was given 4',
    ],
  ])('%s', (_, action, refusal) => {
    expect(refusalOf(action)).toBe(refusal);
  });
});

describe('verifying', () => {
  const verify =
    (token: string, expected: object = {}) =>
    () =>
      verifyJwt(token, key, { ...EXPECTED, ...expected });
  const claimed = (claims: object) => forge('HS256', { alg: 'HS256' }, { ...CLAIMS, ...claims });
  const answering = (answer: unknown) => ({ '~standard': { version: 1, vendor: 'x', validate: () => answer } });

  test.each<Refusal>([
    ['one argument too many', withManyArguments(verifyJwt), 'TypeError: verifyJwt takes 3 arguments, and was given 4'],
    [
      'a token that is too long',
      verify('x'.repeat(256 * 1024 + 1)),
      'ERR_JOSE_LIMIT_EXCEEDED: the token is over 262144 octets',
    ],
    [
      'an unencoded payload',
      verify(forge('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, 'x')),
      'ERR_JWT_INVALID: a JWT must not have b64 false',
    ],
    [
      'a nested signature',
      verify(forge('HS256', { alg: 'HS256', cty: 'JWT' }, good())),
      'ERR_JOSE_NOT_SUPPORTED: nested signatures are not supported',
    ],
    [
      'a payload that is no object',
      verify(forge('HS256', { alg: 'HS256' }, '[]')),
      'ERR_JWT_INVALID: the claims set is not a JSON object in UTF-8',
    ],
    [
      'a signature of something else',
      verify(good().replace(/.{8}$/, 'AAAAAAAA')),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: the signature does not verify',
    ],
    [
      'a signature of something else, and a nonce in the header',
      verify(forge('HS256', { alg: 'HS256', nonce: 'x' }, CLAIMS).replace(/.{8}$/, 'AAAAAAAA')),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: the signature does not verify; a nonce in the header is of tokens for Microsoft Graph, ' +
        'which others cannot verify',
    ],
    [
      'a signature that is no base64url, and a nonce in the header',
      verify(`${forge('HS256', { alg: 'HS256', nonce: 'x' }, CLAIMS)}=`),
      'ERR_JWS_INVALID: the signature is not canonical base64url',
    ],
    ['an expired token', verify(good(), { now: CLAIMS.exp }), 'ERR_JWT_EXPIRED: the token has expired'],
    [
      'an expired token of another issuer',
      verify(claimed({ iss: 'x' }), { now: CLAIMS.exp }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "iss" mismatch, "exp" expired',
    ],
    [
      'another typ',
      verify(good(), { typ: 'at+jwt' }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "header.typ" mismatch',
    ],
    [
      'eight failures',
      verify(good(), { requiredClaims: [...'abcdefgh'] }),
      `ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: ${[...'abcdefgh'].map((name) => `"${name}" missing`).join(', ')}`,
    ],
    [
      'ten failures',
      verify(good(), { requiredClaims: [...'abcdefghij'] }),
      `ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: ${[...'abcdefgh'].map((name) => `"${name}" missing`).join(', ')} and 2 more`,
    ],
    [
      'a schema that answers neither',
      verify(good(), { schema: answering(true) }),
      'TypeError: expected.schema must answer at once, with a value or with issues',
    ],
    [
      'an issue deep inside',
      verify(good(), { schema: answering({ issues: [{ path: ['a', { key: 'b' }, 0] }] }) }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED: claims refused: "a.b.0" mismatch',
    ],
    [
      'a VerifiedJwt by hand',
      () => Reflect.construct(VerifiedJwt, [Symbol('VerifiedJwt'), { claims: {} }]),
      'TypeError: a VerifiedJwt is made by verifyJwt only',
    ],
    [
      'a token to read that is none',
      () => readUnverifiedJwt('x'),
      'ERR_JWS_INVALID: the token has not exactly three parts',
    ],
    [
      'one argument too many to read',
      withManyArguments(readUnverifiedJwt),
      'TypeError: readUnverifiedJwt takes 1 argument, and was given 4',
    ],
  ])('%s', (_, action, refusal) => {
    expect(refusalOf(action)).toBe(refusal);
  });
});
