// Nested JWTs: signed, then encrypted. One layer, and all that is inside is judged as verifyJwt judges it.
import { sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createIssuer,
  decryptJwe,
  draftJwt,
  encryptJwe,
  encryptJwt,
  exportJwk,
  importDecryptionKeys,
  importJwks,
  isVerifiedJwt,
  type JwtClaims,
  memoryStore,
  type NestedExpected,
  type NestedKeys,
  nestJwt,
  signJwt,
  signNestedJwt,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { AUDIENCE, CLAIMS, EXPECTED, ISSUER, NOW } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { encryptionKinds, headerOf, kindOf, withParts } from '../support/jwe.ts';
import { keyPairs, nodePair, secretKey, signingKey, supportedAlgorithms, verifyingKey } from '../support/keys.ts';

const FAILED = 'ERR_JWT_CLAIM_VALIDATION_FAILED';
const { encrypting, decrypting } = kindOf('ECDH-ES+A256KW on X25519');
const { privateKey, publicKey } = keyPairs.ES256;
const KEYS: NestedKeys = { decrypt: decrypting, verify: publicKey };
const EXPIRES = { expiresIn: null, now: NOW } as const;
const signed = signJwt(CLAIMS, privateKey, EXPIRES);
const token = nestJwt(signed, encrypting);

const read = (text: unknown, expected: object = {}, keys: NestedKeys = KEYS) =>
  verifyNestedJwt(text as string, keys, { ...EXPECTED, ...expected } as NestedExpected);
/** A nested token of any content. */
const sealed = (content: string | Uint8Array, header: object = { cty: 'JWT' }) =>
  encryptJwe(Buffer.from(content as string), encrypting, { header: { ...header } });

describe('signNestedJwt → verifyNestedJwt', () => {
  test.each(encryptionKinds)('encrypted with $label', (kind) => {
    const made = signNestedJwt(CLAIMS, { sign: privateKey, encrypt: kind.encrypting }, EXPIRES);
    const verified = read(made, {}, { decrypt: kind.decrypting, verify: publicKey });
    expect(verified.claims).toEqual(CLAIMS);
    expect(isVerifiedJwt(verified)).toBe(true);
    expect([verified.header, verified.key]).toEqual([{ alg: 'ES256', typ: 'JWT' }, publicKey]);
  });

  test.each(supportedAlgorithms)('signed with %s', (alg) => {
    const made = signNestedJwt(CLAIMS, { sign: signingKey(alg), encrypt: encrypting }, EXPIRES);
    expect(read(made, {}, { decrypt: decrypting, verify: verifyingKey(alg) }).claims).toEqual(CLAIMS);
  });

  test('sets of keys: each token names its own', () => {
    const keys: NestedKeys = {
      decrypt: importDecryptionKeys({ keys: [] }),
      verify: importJwks({ keys: [exportJwk(publicKey)] }),
    };
    expect(read(token, {}, { ...KEYS, verify: keys.verify }).claims).toEqual(CLAIMS);
    expect(codeOf(() => read(token, {}, keys))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    const none = importJwks({ keys: [exportJwk(keyPairs.ES384.publicKey)] });
    const refused = expectCode(() => read(token, {}, { ...KEYS, verify: none }), 'ERR_JWKS_NO_MATCHING_KEY');
    expect(refused.message).toContain('the inner token');
  });

  test('the outer header says cty JWT and no more than it must, and the content is the signed token [7519-7.1-5]', () => {
    const { epk, ...header } = headerOf(token);
    expect(header).toEqual({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT' });
    expect(epk).toBeTypeOf('object');
    expect(Buffer.from(decryptJwe(token, decrypting).plaintext).toString()).toBe(signed);
  });

  test('options: those of signJwt for the inner token, enc and zip for the outer one [8725-3.11-2]', () => {
    const options = {
      expiresIn: 60,
      now: NOW,
      typ: 'at+jwt',
      header: { a: 1 },
      enc: 'A128CBC-HS256',
      zip: true,
    } as const;
    const made = signNestedJwt({ sub: 'a' }, { sign: privateKey, encrypt: encrypting }, options);
    expect(headerOf(made)).toMatchObject({ enc: 'A128CBC-HS256', zip: 'DEF', cty: 'JWT' });
    expect(headerOf(made)).not.toHaveProperty('typ');
    const lenient = { issuer: null, audience: null };
    expect(codeOf(() => read(made, lenient))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(codeOf(() => read(made, { ...lenient, zip: true, enc: ['A256GCM'] }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const { claims, header } = read(made, { ...lenient, zip: true, typ: 'at+jwt', header: { a: 1 } });
    expect([claims, header]).toEqual([
      { sub: 'a', iat: NOW, exp: NOW + 60 },
      { alg: 'ES256', typ: 'at+jwt', a: 1 },
    ]);
  });

  test('nestJwt takes the token of any signer', async () => {
    const draft = draftJwt(CLAIMS, { ...EXPIRES, alg: 'ES256' });
    const pair = { key: nodePair('ES256').privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const drafted = draft.complete(sign('sha256', draft.signingInput, pair));
    expect(read(nestJwt(drafted, encrypting)).claims).toEqual(CLAIMS);
    const policy = { maxTokenLifetime: '1h' } as const;
    const issuer = await createIssuer({ issuer: ISSUER, store: memoryStore(), policy, clock: () => NOW });
    const issued = await issuer.sign({ sub: 'user-2' }, { audience: AUDIENCE, expiresIn: '5m' });
    const verify = importJwks((await issuer.published()).jwks);
    expect(read(nestJwt(issued, encrypting), {}, { ...KEYS, verify }).claims.sub).toBe('user-2');
    await issuer.close();
  });

  test('nestJwt takes further parameters', () => {
    const made = nestJwt(signed, encrypting, { header: { typ: 'JWT', kid: 'e', iss: CLAIMS.iss }, enc: 'A128GCM' });
    expect(headerOf(made)).toMatchObject({ typ: 'JWT', kid: 'e', iss: CLAIMS.iss, enc: 'A128GCM', cty: 'JWT' });
    expect(read(made).claims).toEqual(CLAIMS);
    expect(read(nestJwt(signed, encrypting, { zip: true }), { zip: true }).claims).toEqual(CLAIMS);
  });
});

describe('what verifyNestedJwt refuses', () => {
  test('a token that does not say cty JWT, whatever is inside [7519-5.2-2]', () => {
    for (const header of [{}, { cty: 'json' }, { cty: 'JW' }, { typ: 'JWT' }, { cty: 'a/jwt' }]) {
      const refused = expectCode(() => read(sealed(signed, header)), 'ERR_JWT_INVALID');
      expect(refused.message).toMatch(/no cty that says JWT.*decryptJwt/);
    }
    for (const cty of ['jwt', 'application/jwt']) expect(read(sealed(signed, { cty })).claims).toEqual(CLAIMS);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['bare claims', JSON.stringify(CLAIMS), 'ERR_JWS_INVALID'],
    ['nothing', '', 'ERR_JWS_INVALID'],
    ['octets that are no text', Uint8Array.of(0xff, 0x2e, 0x2e), 'ERR_JWS_INVALID'],
    ['two tokens', `${signed}.${signed}`, 'ERR_JWS_INVALID'],
    ['space before a token', ` ${signed}`, 'ERR_JWS_INVALID'],
    ['a byte-order mark before a token', `\ufeff${signed}`, 'ERR_JWS_INVALID'],
    ['alg none', forge('HS256', { alg: 'none' }, CLAIMS).replace(/[^.]*$/, ''), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['another alg', signJwt(CLAIMS, secretKey('HS256'), EXPIRES), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['another key', signJwt(CLAIMS, signingKey('ES384'), EXPIRES), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['another signature', signed.replace(/.{8}$/, 'AAAAAAAA'), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['one encrypted again', nestJwt(signed, encrypting), 'ERR_JOSE_NOT_SUPPORTED'],
    ['one of claims encrypted again', encryptJwt(CLAIMS, encrypting, EXPIRES), 'ERR_JOSE_NOT_SUPPORTED'],
    ['a signed token around another', forge('HS256', { alg: 'HS256', cty: 'JWT' }, signed), 'ERR_JOSE_NOT_SUPPORTED'],
    ['b64 false', forge('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, 'x'), 'ERR_JWT_INVALID'],
    ['an extension', forge('ES256', { alg: 'ES256', crit: ['x'], x: 1 }, CLAIMS), 'ERR_JOSE_NOT_SUPPORTED'],
    ['claims that are no object', forge('ES256', { alg: 'ES256' }, '[]'), 'ERR_JWT_INVALID'],
    ['an expired token', forge('ES256', { alg: 'ES256' }, { ...CLAIMS, exp: NOW }), 'ERR_JWT_EXPIRED'],
    ['another issuer', forge('ES256', { alg: 'ES256' }, { ...CLAIMS, iss: 'x' }), FAILED],
  ])('inside: %s, and says that it is the inner token', (_, content, code) => {
    const refused = expectCode(() => read(sealed(content)), code as 'ERR_JWT_INVALID');
    expect(refused.message).toContain('the inner token');
  });

  test('a failed claim is told as verifyJwt tells it', () => {
    const bad = forge('ES256', { alg: 'ES256' }, { ...CLAIMS, iss: 'x', aud: 1 });
    const inner = expectCode(() => verifyJwt(bad, publicKey, EXPECTED), FAILED);
    const outer = expectCode(() => read(sealed(bad)), FAILED);
    expect(outer.failures).toEqual(inner.failures);
    expect(outer.message).toBe(`the inner token: ${inner.message}`);
  });

  test('a signed token, and one that is only encrypted', () => {
    expect(expectCode(() => read(signed), 'ERR_JWE_INVALID').message).toContain('verifyJwt');
    expect(expectCode(() => read(encryptJwt(CLAIMS, encrypting, EXPIRES)), 'ERR_JWT_INVALID').message).toContain(
      'decryptJwt',
    );
  });

  test.each<[string, unknown, string]>([
    ['no string', null, 'ERR_JWE_INVALID'],
    ['too long', 'a'.repeat(256 * 1024 + 1), 'ERR_JOSE_LIMIT_EXCEEDED'],
    ['another tag', withParts(token, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'ERR_JWE_DECRYPTION_FAILED'],
    ['an extension outside', sealed(signed, { cty: 'JWT', crit: ['x'], x: 1 }), 'ERR_JOSE_NOT_SUPPORTED'],
  ])('outside: %s, and says nothing of an inner token', (_, text, code) => {
    const refused = expectCode(() => read(text, { crit: ['x'] }), code as 'ERR_JWE_INVALID');
    expect(refused.message).not.toContain('inner');
  });

  test('typ and header are those of the inner token', () => {
    const made = sealed(forge('ES256', { alg: 'ES256', typ: 'JWT' }, CLAIMS), { cty: 'JWT', typ: 'at+jwt', a: 1 });
    expect(expectCode(() => read(made, { typ: 'at+jwt', header: { a: 1 } }), FAILED).failures).toEqual([
      { claim: 'header.typ', reason: 'mismatch' },
      { claim: 'header.a', reason: 'missing' },
    ]);
    const extended = forge('ES256', { alg: 'ES256', crit: ['x'], x: 1 }, CLAIMS);
    expect(read(sealed(extended), { crit: ['x'] }).header.x).toBe(1);
  });

  test('iss, sub and aud of the outer header equal the claims [7519-5.3-1]', () => {
    const names = { iss: CLAIMS.iss, sub: CLAIMS.sub, aud: CLAIMS.aud };
    expect(read(nestJwt(signed, encrypting, { header: names })).claims).toEqual(CLAIMS);
    for (const name of Object.keys(names)) {
      const header = { [name]: 'x' };
      const refused = expectCode(() => read(sealed(signed, { cty: 'JWT', ...header })), FAILED);
      expect(refused.failures).toEqual([{ claim: `header.${name}`, reason: 'mismatch' }]);
      expectTypeError(() => nestJwt(signed, encrypting, { header }), `options.header.${name} must be`);
    }
    const malformed = forge('ES256', { alg: 'ES256' }, '[]');
    expect(expectCode(() => read(sealed(malformed, { cty: 'JWT', iss: 'x' })), 'ERR_JWT_INVALID').message).toContain(
      'inner',
    );
  });

  test('what a schema refuses, and what it throws', () => {
    expect(read(token, { schema: z.object({ sub: z.string() }) }).claims).toEqual({ sub: 'user-1' });
    expect(codeOf(() => read(token, { schema: z.object({ sub: z.number() }) }))).toBe(FAILED);
    const broken = { '~standard': { version: 1, vendor: 'x', validate: () => true } };
    expectTypeError(() => read(token, { schema: broken }), 'expected.schema must answer');
  });
});

describe('the arguments', () => {
  test('keys of the recipient', () => {
    const wrong = (keys: object) => () => verifyNestedJwt(token, { ...KEYS, ...keys }, EXPECTED);
    expectTypeError(wrong({ decrypt: encrypting }), 'keys.decrypt is public');
    expectTypeError(wrong({ decrypt: secretKey('HS256') }), 'keys.decrypt is for signatures');
    expectTypeError(wrong({ verify: privateKey }), 'keys.verify is private');
    expectTypeError(wrong({ verify: decrypting }), 'keys.verify is for encryption');
    expectTypeError(wrong({ verify: undefined }), 'keys.verify must be given');
    expectTypeError(wrong({ decrypt: 'x' }), 'keys.decrypt must be a Key or DecryptionKeys');
    expectTypeError(wrong({ other: 1 }), 'keys.other');
    expectTypeError(() => verifyNestedJwt(token, decrypting as never, EXPECTED), 'keys must be a plain object');
  });

  test('keys of the sender', () => {
    const wrong = (keys: object) => () =>
      signNestedJwt({}, { sign: privateKey, encrypt: encrypting, ...keys }, { expiresIn: 60 });
    expectTypeError(wrong({ sign: publicKey }), 'keys.sign is public');
    expectTypeError(wrong({ sign: encrypting }), 'keys.sign is for encryption');
    expectTypeError(wrong({ encrypt: decrypting }), 'keys.encrypt is private');
    expectTypeError(wrong({ encrypt: privateKey }), 'keys.encrypt is for signatures');
    expectTypeError(wrong({ encrypt: undefined }), 'keys.encrypt must be given');
    expectTypeError(wrong({ sign: 1 }), 'keys.sign must be a Key');
  });

  test('what is signed, and how', () => {
    for (const text of [
      'x',
      '',
      1,
      token,
      sealed('x'),
      forge('HS256', { alg: 'HS256' }, '[]'),
      'eyJhbGciOiJub25lIn0.e30.',
    ])
      expectTypeError(() => nestJwt(text as string, encrypting), 'signed must be a signed JWT');
    expectTypeError(() => nestJwt(signed, decrypting), 'key is private');
    expectTypeError(
      () => nestJwt(signed, encrypting, { header: { cty: 'JWT' } }),
      'options.header.cty must not be given',
    );
    expectTypeError(
      () => nestJwt(signed, encrypting, { header: { alg: 'x' } }),
      'options.header.alg must not be given',
    );
    const large = signJwt({ a: 'a'.repeat(150_000) }, privateKey, EXPIRES);
    expectTypeError(() => nestJwt(large, encrypting), 'signed must be shorter');
    const keys = { sign: privateKey, encrypt: encrypting };
    expectTypeError(() => signNestedJwt({ a: 'a'.repeat(150_000) }, keys, EXPIRES), 'claims must be shorter');
    expectTypeError(() => signNestedJwt({ sub: 1 } as never as JwtClaims, keys, EXPIRES), 'claims.sub');
    expectTypeError(() => signNestedJwt({}, keys, {} as never), 'options.expiresIn must be given');
    expectTypeError(() => signNestedJwt({}, keys, { ...EXPIRES, alg: 'x' } as never), 'the key says it');
  });

  test('what is expected', () => {
    expectTypeError(() => read(token, { sender: null }), 'expected.sender is for decryptJwt');
    expectTypeError(() => read(token, { issuer: undefined }), 'expected.issuer must be given');
    expectTypeError(() => read(token, { algorithm: 'ES256' }), 'expected.algorithm is not an option; algorithms is');
    expect(codeOf(() => read(token, { algorithms: ['ES256'] }))).toBeNull();
    expect(codeOf(() => read(token, { algorithms: ['RS256'] }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    for (const run of [verifyNestedJwt, signNestedJwt, nestJwt])
      expectTypeError(() => (run as (...args: unknown[]) => unknown)(1, 2, 3, 4), 'takes 3 arguments');
  });
});
