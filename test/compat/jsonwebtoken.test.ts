// The adapter of jsonwebtoken: what it takes, what it says, and what it refuses. bench/compat.mjs compares it with the original.

import crypto, { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { inherits } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as jwt from '../../src/compat/jsonwebtoken.ts';
import { exportJwk, importKey } from '../../src/index.ts';
import { asymmetricAlgorithms, freshPair, nodePair, secretBytes } from '../support/keys.ts';

const { sign, verify, decode, JsonWebTokenError, NotBeforeError, TokenExpiredError } = jwt;
const NOW = 1_700_000_000;
const SECRET = 'a secret of at least 64 octets, which is what HS512 needs to be safe';
const AT = { clockTimestamp: NOW };

const pemOf = (key: KeyObject): string =>
  key.export({ format: 'pem', type: key.type === 'public' ? 'spki' : 'pkcs8' }).toString();
const rsa = nodePair('RS256');
const [rsaPrivate, rsaPublic] = [pemOf(rsa.privateKey), pemOf(rsa.publicKey)];
const ec = nodePair('ES256');
const token = (claims: object = {}, options: object = {}): string =>
  String(sign({ iat: NOW, ...claims }, SECRET, options));
const raw = (header: unknown, payload: string): string =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;

/** A token that sign refuses to make, with a good signature. */
const forged = (header: object, payload: string): string => {
  const input = raw({ alg: 'HS256', ...header }, payload);
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
};

/** The error of a call, which must throw one. */
function errorOf(call: () => unknown): Error & { [member: string]: unknown } {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error as Error & { [member: string]: unknown };
    throw error;
  }
  throw new Error('nothing was thrown');
}
const said = (call: () => unknown): string => {
  const { name, message } = errorOf(call);
  return `${name}: ${message}`;
};

afterEach(() => vi.restoreAllMocks());

describe('the module', () => {
  test('is an object with the members of the original, which tests may replace', () => {
    expect(Object.entries(jwt).find(([name]) => name === 'module.exports')?.[1]).toBe(jwt.default);
    expect(Object.keys(jwt.default).toSorted()).toEqual([
      'JsonWebTokenError',
      'NotBeforeError',
      'TokenExpiredError',
      'decode',
      'sign',
      'verify',
    ]);
    vi.spyOn(jwt.default, 'verify').mockReturnValue('replaced');
    expect(jwt.default.verify('', '')).toBe('replaced');
  });
});

describe('the errors', () => {
  test('are functions, called with new or without it, and inherit as in the original', () => {
    const made = new TokenExpiredError('jwt expired', new Date(0));
    expect(made).toBeInstanceOf(JsonWebTokenError);
    expect(made).toBeInstanceOf(Error);
    expect(Object.keys(made)).toEqual(['name', 'message', 'expiredAt']);
    expect(made.constructor).toBe(TokenExpiredError);
    expect(TokenExpiredError.name).toBe('TokenExpiredError');
    expect(Object.keys(new NotBeforeError('jwt not active', new Date(0)))).toEqual(['name', 'message', 'date']);
    expect(made.stack).toContain('jsonwebtoken.test');
    function Own(this: object): void {
      JsonWebTokenError.call(this, 'own');
    }
    inherits(Own, JsonWebTokenError);
    const own: unknown = Reflect.construct(Own, []);
    expect(own).toBeInstanceOf(JsonWebTokenError);
    expect(own).toMatchObject({ message: 'own', name: 'JsonWebTokenError' });
  });
  test('inner is there only where it was given', () => {
    expect(Object.keys(new JsonWebTokenError('no'))).toEqual(['name', 'message']);
    expect(new JsonWebTokenError('no', new Error('why')).inner).toEqual(new Error('why'));
  });
});

describe('sign', () => {
  test('header and claims are those of the original', () => {
    const options = {
      algorithm: 'HS384',
      keyid: 'k',
      expiresIn: 60,
      notBefore: '10s',
      audience: ['a'],
      issuer: 'i',
      subject: 's',
      jwtid: 'j',
      header: { x: 1, y: undefined },
    };
    const signed = String(sign({ iat: NOW, name: 'n' }, SECRET, options));
    expect(decode(signed, { complete: true })).toMatchObject({
      header: { alg: 'HS384', typ: 'JWT', kid: 'k', x: 1 },
      payload: { name: 'n', iat: NOW, nbf: NOW + 10, exp: NOW + 60, aud: ['a'], iss: 'i', sub: 's', jti: 'j' },
    });
    expect(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString()).toBe(
      '{"alg":"HS384","typ":"JWT","kid":"k","x":1}',
    );
  });
  test('iat is that of the clock, unless the payload has one or noTimestamp is true', () => {
    vi.spyOn(Date, 'now').mockReturnValue(NOW * 1000 + 999);
    expect(decode(sign({}, SECRET))).toEqual({ iat: NOW });
    expect(decode(sign({ iat: 5 }, SECRET))).toEqual({ iat: 5 });
    expect(decode(sign({ iat: 5 }, SECRET, { noTimestamp: true }))).toEqual({});
    expect(decode(sign({}, SECRET, { noTimestamp: true, expiresIn: 1 }))).toEqual({ exp: NOW + 1 });
  });
  test('the payload is changed only with mutatePayload', () => {
    const payload = { iat: NOW };
    sign(payload, SECRET, { expiresIn: 5 });
    expect(payload).toEqual({ iat: NOW });
    sign(payload, SECRET, { expiresIn: 5, mutatePayload: true });
    expect(payload).toEqual({ iat: NOW, exp: NOW + 5 });
  });
  test('options.header.alg wins over algorithm', () => {
    const signed = sign({}, SECRET, { algorithm: 'HS256', header: { alg: 'HS512' } });
    expect(decode(signed, { complete: true })).toMatchObject({ header: { alg: 'HS512' } });
  });
  test('text and octets of text are payloads without typ and claims', () => {
    expect(decode(sign('text é', SECRET), { complete: true })).toMatchObject({
      header: { alg: 'HS256' },
      payload: 'text é',
    });
    expect(verify(sign(Buffer.from('{"a":1}'), SECRET), SECRET)).toEqual({ a: 1 });
    expect(verify(sign('aGk', SECRET, { encoding: 'base64' }), SECRET)).toBe('hi');
    expect(said(() => sign(Buffer.from([0xff]), SECRET))).toMatch(/^Error: payload must be UTF-8/);
    expect(said(() => sign('x', SECRET, { encoding: 'rot13' }))).toMatch(/^Error: "encoding" must be an encoding/);
  });
  test.each(['60', '1.5 hrs', '-2 days', '1y', '3 weeks', '5 min', '10msecs', '2s'])(
    'times of text: %s',
    (expiresIn) => {
      const factor = { '60': 0.06, '1.5 hrs': 5400, '-2 days': -172_800, '1y': 31_557_600, '3 weeks': 1_814_400 };
      const others = { '5 min': 300, '10msecs': 0.01, '2s': 2 };
      const length = Number({ ...factor, ...others }[expiresIn]);
      vi.spyOn(process, 'emitWarning').mockReturnValue();
      expect(decode(sign({ iat: NOW }, SECRET, { expiresIn }))).toMatchObject({ exp: Math.floor(NOW + length) });
    },
  );
  test('a time of text without a unit is milliseconds, with one warning', async () => {
    vi.resetModules();
    const fresh = await import('../../src/compat/jsonwebtoken.ts');
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    for (let i = 0; i < 3; i++) fresh.sign({ iat: NOW }, SECRET, { expiresIn: '3600' });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0])).toContain('milliseconds');
  });
  test.each<[object | undefined, object, string]>([
    [undefined, {}, 'payload is required'],
    [{ exp: 'x' }, {}, '"exp" should be a number of seconds'],
    [{ nbf: Number.NaN }, {}, '"nbf" should be a number of seconds'],
    [{ iat: undefined }, {}, '"iat" should be a number of seconds'],
    [{ exp: 1 }, { expiresIn: 1 }, 'Bad "options.expiresIn" option the payload already has an "exp" property.'],
    [{ nbf: 1 }, { notBefore: 1 }, 'Bad "options.notBefore" option the payload already has an "nbf" property.'],
    [{ iss: 'x' }, { issuer: 'x' }, 'Bad "options.issuer" option. The payload already has an "iss" property.'],
    [new Date(0), {}, 'Expected "payload" to be a plain object.'],
    [{}, { expiresIn: 1.5 }, '"expiresIn" should be a number of seconds or string representing a timespan'],
    [{}, { expiresIn: '' }, '"expiresIn" should be a number of seconds or string representing a timespan'],
    [
      {},
      { expiresIn: 'soon' },
      '"expiresIn" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ],
    [
      {},
      { notBefore: '9'.repeat(101) },
      '"notBefore" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ],
    [
      {},
      { expiresIn: '1 moon' },
      '"expiresIn" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ],
    [{}, { audience: 1 }, '"audience" must be a string or array'],
    [{}, { issuer: 1 }, '"issuer" must be a string'],
    [{}, { header: 1 }, '"header" must be an object'],
    [{}, { noTimestamp: 1 }, '"noTimestamp" must be a boolean'],
    [{}, { algorithm: 'HS257' }, '"algorithm" must be a valid string enum value'],
    [{}, { unknown: 1 }, '"unknown" is not allowed in "options"'],
    [Buffer.from('x'), { issuer: 'x', subject: 'y' }, 'invalid issuer,subject option for object payload'],
  ])('refused: %j with %j', (payload, options, message) => {
    expect(said(() => sign(payload, SECRET, options))).toBe(`Error: ${message}`);
  });
  test('a payload of null, of a class, or of text with options of claims is refused', () => {
    expect(said(() => sign(null, SECRET))).toBe('Error: Expected "payload" to be a plain object.');
    expect(said(() => sign('x', SECRET, { expiresIn: 1 }))).toBe('Error: invalid expiresIn option for string payload');
    expect(said(() => sign('x', SECRET, { unknown: 1 }))).toBe('Error: "unknown" is not allowed in "options"');
    expect(decode(sign(Object.create(null), SECRET, { noTimestamp: true }))).toEqual({});
  });
  test.each<[string, unknown, object, RegExp]>([
    ['over 256 KiB', { a: 'x'.repeat(200_000) }, {}, /is over 262144 octets$/],
    [
      'of over 1,000 members',
      Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, i])),
      {},
      /more than 1000 members$/,
    ],
    ['of over 32 levels', JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), {}, /nested deeper than 32$/],
    ['with cty JWT', {}, { header: { cty: 'JWT' } }, /nested/],
    ['with a crit of its own', {}, { header: { crit: ['x'], x: 1 } }, /must not have crit/],
    ['of a JSON array', '[1]', {}, /is not a JSON object/],
    ['with a member twice', '{"a":1,"a":2}', {}, /has a member twice$/],
    ['with a byte-order mark', '\ufeff{"exp":1}', {}, /is not a JSON object/],
    ['of text that says it is a JWT', 'text', { header: { typ: 'JWT' } }, /is not a JSON object/],
    ['without a payload', '', {}, /the payload is empty$/],
  ])('a token that verify would refuse is not made: %s', (_, payload, options, reason) => {
    expect(said(() => sign(payload, SECRET, options))).toMatch(reason);
  });
  test('none is refused', () => {
    expect(said(() => sign({}, '', { algorithm: 'none' }))).toMatch(/"algorithm" must not be "none"/);
    expect(said(() => sign({}, SECRET, { header: { alg: 'none' } }))).toMatch(/must not be "none"/);
  });
  test('a callback is given the token on a later turn, and an error at once', async () => {
    const calls: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      const returned = sign({}, SECRET, (error: unknown, signed: unknown) => {
        calls.push(error, typeof signed);
        resolve();
      });
      expect(returned).toBeUndefined();
    });
    expect(calls).toEqual([]);
    await done;
    expect(calls).toEqual([null, 'string']);
    const errors: unknown[] = [];
    sign({}, '', {}, (error: unknown) => errors.push(error));
    expect(errors).toEqual([new Error('secretOrPrivateKey must have a value')]);
    const count = vi.fn();
    sign({ iss: 'x' }, SECRET, { issuer: 'x' }, count);
    await Promise.resolve();
    expect(count).toHaveBeenCalledTimes(1);
  });
});

describe('keys', () => {
  test.each<[string, unknown, unknown, string]>([
    ['text', SECRET, SECRET, 'HS256'],
    ['octets', secretBytes('HS512'), secretBytes('HS512'), 'HS512'],
    ['PEM', rsaPrivate, rsaPublic, 'RS256'],
    ['PEM and RSA-PSS', rsaPrivate, rsaPublic, 'PS256'],
    ['a file', Buffer.from(rsaPrivate), Buffer.from(rsaPublic), 'RS512'],
    ['KeyObject', ec.privateKey, ec.publicKey, 'ES256'],
    ['private text to verify', rsaPrivate, rsaPrivate, 'RS256'],
    ['literal \\n', rsaPrivate.replaceAll('\n', '\\n'), rsaPublic.replaceAll('\n', '\\n'), 'RS256'],
    ['{ key }', { key: rsaPrivate }, { key: Buffer.from(rsaPublic) }, 'RS256'],
    [
      '{ key, format }',
      { key: ec.privateKey.export({ format: 'der', type: 'pkcs8' }), format: 'der', type: 'pkcs8' },
      { key: ec.publicKey.export({ format: 'jwk' }), format: 'jwk' },
      'ES256',
    ],
  ])('%s', (_, signing, verifying, algorithm) => {
    const signed = sign({ a: 1, iat: NOW }, signing, { algorithm });
    for (let i = 0; i < 2; i++) expect(verify(signed, verifying)).toEqual({ a: 1, iat: NOW });
    expect(verify(signed, verifying, { algorithms: [algorithm] })).toEqual({ a: 1, iat: NOW });
  });
  test('what the original has not: ES256K and EdDSA', () => {
    for (const algorithm of ['ES256K', 'EdDSA'] as const) {
      const { privateKey, publicKey } = nodePair(algorithm);
      expect(verify(sign({ iat: NOW }, pemOf(privateKey), { algorithm }), publicKey)).toEqual({ iat: NOW });
    }
  });
  test('a KeyObject of a secret, and an encrypted PEM with its passphrase as text or octets', () => {
    const encrypted = rsa.privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'word',
    });
    for (const passphrase of ['word', Buffer.from('word')]) {
      const signed = sign({ iat: NOW }, { key: encrypted, passphrase }, { algorithm: 'RS256' });
      expect(verify(signed, rsaPublic)).toEqual({ iat: NOW });
    }
    const secret = createSecretKey(secretBytes('HS256'));
    expect(verify(sign({ iat: NOW }, secret), secret)).toEqual({ iat: NOW });
  });
  test('octets that a caller changes are another key', () => {
    const octets = Buffer.alloc(32, 1);
    const signed = sign({}, octets);
    octets.fill(2);
    expect(said(() => verify(signed, octets))).toBe('JsonWebTokenError: invalid signature');
  });
  test('the last 256 texts are kept with their keys, and no more', () => {
    const { privateKey } = freshPair('ed25519');
    const pem = pemOf(privateKey);
    const variant = (i: number) => `${pem}${'\n'.repeat(i)}`;
    const readsDuring = (run: () => void): number => {
      const read = vi.spyOn(crypto, 'createPrivateKey');
      syncBuiltinESMExports();
      run();
      const { length } = read.mock.calls;
      read.mockRestore();
      syncBuiltinESMExports();
      return length;
    };
    const use = (i: number) => sign({ iat: NOW }, variant(i), { algorithm: 'EdDSA' });
    expect(readsDuring(() => use(0))).toBeGreaterThan(0);
    for (let i = 1; i < 256; i++) use(i);
    use(5); // which is kept, and so drops none
    expect(readsDuring(() => use(0))).toBe(0);
    use(256); // the oldest is 1 now, since 0 was used again
    expect(readsDuring(() => use(0))).toBe(0);
    expect(readsDuring(() => use(1))).toBeGreaterThan(0);
  });
  test('a short secret is refused, with its length and the way to a good one', () => {
    const text =
      'has 5 octets; HS256 needs 32 (RFC 7518 §3.2). Make one with "openssl rand -base64 48"; tokens of the old one have to be issued anew';
    expect(said(() => sign({}, 'short'))).toBe(`Error: secretOrPrivateKey ${text}`);
    expect(said(() => verify(token(), 'short'))).toBe(`JsonWebTokenError: secretOrPublicKey ${text}`);
    expect(said(() => verify(token({}, { algorithm: 'HS512' }), Buffer.alloc(32)))).toContain(
      'has 32 octets; HS512 needs 64',
    );
  });
  test('text with BEGIN is a PEM or an error, never a secret', () => {
    const broken = rsaPublic.replace('PUBLIC KEY-----', 'PUBLIC KEY----');
    for (const key of [broken, Buffer.from(broken), Buffer.from(rsaPublic, 'utf16le')]) {
      expect(said(() => verify(token(), key))).toMatch(/secretOrPublicKey looks like a PEM and cannot be read: /);
      expect(said(() => sign({}, key))).toMatch(/secretOrPrivateKey looks like a PEM and cannot be read: /);
    }
    expect(said(() => sign({}, rsaPublic))).toBe('Error: secretOrPrivateKey must be a symmetric key when using HS256');
    expect(said(() => sign({}, rsaPublic, { algorithm: 'RS256' }))).toBe(
      'Error: secretOrPrivateKey must be an asymmetric key when using RS256',
    );
  });
  test('a public key without its armour is no secret', () => {
    const spki = rsa.publicKey.export({ format: 'der', type: 'spki' });
    expect(said(() => verify(token(), spki.toString('base64')))).toMatch(/is no secret but a key of another kind/);
    expect(said(() => verify(token(), spki))).toMatch(/is no secret but a key of another kind/);
  });
  test('weak RSA is refused, also with allowInsecureKeySizes', () => {
    const { privateKey, publicKey } = freshPair('rsa', { modulusLength: 1024 });
    const options = { algorithm: 'RS256', allowInsecureKeySizes: true };
    const text = 'has a minimum key size of 2048 bits for RS256';
    expect(said(() => sign({}, pemOf(privateKey), options))).toBe(`Error: secretOrPrivateKey ${text}`);
    const signed = sign({}, rsaPrivate, { algorithm: 'RS256' });
    expect(said(() => verify(signed, publicKey))).toBe(`JsonWebTokenError: secretOrPublicKey ${text}`);
    expect(decode(sign({ iat: NOW }, SECRET, { algorithm: 'HS256', allowInsecureKeySizes: true }))).toEqual({
      iat: NOW,
    });
  });
  test.each<[unknown]>([[1], [{}], [{ key: 'a secret' }], [{ key: {}, format: 'jwk' }], [Symbol('x')]])(
    'no key: %s',
    (key) => {
      expect(said(() => verify(token(), key))).toMatch(
        /^JsonWebTokenError: secretOrPublicKey is not valid key material/,
      );
      expect(said(() => sign({}, key))).toMatch(/^Error: secretOrPrivateKey is not valid key material/);
    },
  );
  test('a wrong passphrase is told without it', () => {
    const encrypted = rsa.privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'word',
    });
    for (const passphrase of ['other-word', Buffer.from('other-word'), 98_765]) {
      const text = said(() => sign({}, { key: encrypted, passphrase }, { algorithm: 'RS256' }));
      expect(text).toMatch(/^Error: secretOrPrivateKey looks like a PEM and cannot be read: /);
      expect(text).not.toMatch(/other-word|98765/);
    }
    expect(said(() => sign({}, { key: { kty: 5 }, format: 'jwk' }))).toMatch(/is not valid key material/);
  });
  test('a key that is not for the algorithm', () => {
    const ofRsa = sign({}, rsaPrivate, { algorithm: 'RS256' });
    const one = (algorithms: readonly string[]) => ({ algorithms });
    expect(said(() => verify(ofRsa, SECRET))).toBe('JsonWebTokenError: invalid algorithm');
    expect(said(() => verify(ofRsa, SECRET, one(['RS256'])))).toBe(
      'JsonWebTokenError: secretOrPublicKey must be an asymmetric key when using RS256',
    );
    expect(said(() => verify(token(), rsaPublic, one(['HS256'])))).toBe(
      'JsonWebTokenError: secretOrPublicKey must be a symmetric key when using HS256',
    );
    expect(said(() => verify(ofRsa, rsa.privateKey))).toBe(
      'JsonWebTokenError: secretOrPublicKey must be an asymmetric key when using RS256',
    );
    expect(said(() => verify(ofRsa, ec.publicKey, one(['RS256'])))).toBe(
      'JsonWebTokenError: "alg" parameter for "ec" key type must be one of: ES256, ES384, ES512.',
    );
    expect(said(() => verify(ofRsa, nodePair('EdDSA').publicKey, one(['RS256'])))).toMatch(/must be one of: EdDSA/);
    expect(said(() => verify(ofRsa, nodePair('ES256K').publicKey, one(['RS256'])))).toMatch(/must be one of: ES256K/);
    const ofEc = sign({}, ec.privateKey, { algorithm: 'ES256' });
    expect(said(() => verify(ofEc, nodePair('ES384').publicKey))).toBe(
      'JsonWebTokenError: "alg" parameter "ES256" requires curve "prime256v1".',
    );
    expect(said(() => verify(ofEc, rsaPublic, one(['ES256'])))).toBe(
      'JsonWebTokenError: "alg" parameter for "rsa" key type must be one of: RS256, PS256, RS384, PS384, RS512, PS512.',
    );
    expect(said(() => sign({}, ec.privateKey, { algorithm: 'ES384' }))).toBe(
      'Error: "alg" parameter "ES384" requires curve "secp384r1".',
    );
  });
  test.each(asymmetricAlgorithms)('the words for a JWK of %s that is not for the algorithm', (alg) => {
    const key = { key: exportJwk(importKey(nodePair(alg).publicKey, { alg })), format: 'jwk' };
    const other = alg === 'RS256' ? 'ES256' : 'RS256';
    const types = { R: 'rsa', P: 'rsa', E: 'ec', M: alg.toLowerCase() };
    const type = alg.startsWith('Ed')
      ? alg.toLowerCase().replace('eddsa', 'ed25519')
      : Reflect.get(types, alg.charAt(0));
    const text = said(() => verify(forged({ alg: other }, '{}'), key, { algorithms: [other] }));
    expect(text).toMatch(new RegExp(`^JsonWebTokenError: "alg" parameter for "${type}" key type must be one of: `));
    expect(text).toContain(alg);
    expect(text).not.toContain(`: ${other}`);
  });
  test('allowInvalidAsymmetricKeyTypes allows none, and says so where it would be needed', () => {
    const options = { algorithm: 'ES256', allowInvalidAsymmetricKeyTypes: true };
    expect(said(() => sign({}, nodePair('ES256K').privateKey, options))).toMatch(/secp256k1 with ES256K\.$/);
    expect(said(() => sign({}, rsaPrivate, options))).toMatch(/has no effect here/);
    const signed = sign({ iat: NOW }, ec.privateKey, options);
    const other = { algorithms: ['ES256'], allowInvalidAsymmetricKeyTypes: true };
    expect(verify(signed, ec.publicKey, other)).toEqual({ iat: NOW });
    expect(said(() => verify(signed, rsaPublic, other))).toMatch(/has no effect here/);
  });
  test('an unknown algorithm that is listed is refused', () => {
    expect(said(() => verify(`${raw({ alg: 'XX' }, '{}')}.AA`, SECRET, { algorithms: ['XX'] }))).toMatch(
      /invalid algorithm$/,
    );
  });
  test('EdDSA under either of its names', () => {
    const { privateKey, publicKey } = nodePair('Ed25519');
    expect(verify(sign({ iat: NOW }, privateKey, { algorithm: 'Ed25519' }), publicKey)).toEqual({ iat: NOW });
  });
});

describe('verify', () => {
  test('the payload, which may be written to; with complete, header and signature, too', () => {
    const signed = token({ a: { b: 1 } });
    const payload = verify(signed, SECRET) as { a: { b: number }; own?: boolean };
    payload.own = true;
    payload.a.b = 2;
    expect(verify(signed, SECRET)).toEqual({ a: { b: 1 }, iat: NOW });
    const complete = verify(signed, SECRET, { complete: true }) as { header: { own?: boolean } };
    complete.header.own = true;
    expect(verify(signed, SECRET, { complete: true })).toEqual({
      header: { alg: 'HS256', typ: 'JWT' },
      payload: { a: { b: 1 }, iat: NOW },
      signature: signed.split('.')[2],
    });
  });
  test.each<[unknown, string]>([
    [undefined, 'jwt must be provided'],
    ['', 'jwt must be provided'],
    [5, 'jwt must be a string'],
    ['a.b', 'jwt malformed'],
    ['a.b.c.d.e', 'jwt malformed'],
    ['a.b.c', 'invalid token'],
    ['..', 'invalid token'],
    [`${raw({ alg: 'HS256', kid: null }, '{}')}.AA`, 'invalid token'],
    [`${raw({ alg: 'HS256', b64: false, crit: ['b64'] }, '{}')}.AA`, 'invalid token'],
    [`${raw({ alg: 'HS256', crit: ['x'], x: 1 }, '{}')}.AA`, 'invalid token'],
    [`${raw({ alg: 'HS256' }, '{}')}.AA`, 'invalid signature'],
    [`${raw({ alg: 'HS256' }, '{}')}.B`, 'invalid signature'],
    [`${raw({ alg: 'HS256' }, '{}')}.`, 'jwt signature is required'],
    [`${raw({ alg: 'none' }, '{}')}.`, 'jwt signature is required'],
    [`${raw({ alg: 'HS256' }, '{}')}=.AA`, 'invalid token'],
    [`${raw({ alg: 'HS256' }, '{}').replace('e30', 'e3')}.${'A'.repeat(43)}`, 'invalid token'],
  ])('refused: %j', (given, message) => {
    expect(said(() => verify(given, SECRET))).toBe(`JsonWebTokenError: ${message}`);
  });
  test('inner is the error of barejose', () => {
    expect(errorOf(() => verify('a.b.c', SECRET)).inner).toMatchObject({ code: 'ERR_JWS_INVALID' });
  });
  test('no key', () => {
    expect(said(() => verify(token(), ''))).toBe('JsonWebTokenError: secret or public key must be provided');
  });
  test('payloads that are no strict JSON under typ JWT are refused, under no typ they are text', () => {
    const header = { typ: 'JWT' };
    const twice = '{"a":1,"a":2}';
    for (const payload of [twice, '[1]', 'text']) {
      const signed = forged(header, payload);
      expect(said(() => verify(signed, SECRET))).toBe('JsonWebTokenError: invalid token');
      expect(decode(signed)).toBe(null);
    }
    for (const payload of [twice, '[1]', '\ufeff{"exp":1}'])
      expect(said(() => verify(forged({}, payload), SECRET))).toBe('JsonWebTokenError: invalid token');
    expect(verify(sign('{not json', SECRET), SECRET)).toBe('{not json');
    expect(verify(sign('5', SECRET), SECRET)).toBe('5');
  });
  test('the first check that fails, in the order of the original', () => {
    const signed = token({ exp: NOW, nbf: NOW + 10 });
    expect(errorOf(() => verify(signed, SECRET, AT))).toMatchObject({
      name: 'NotBeforeError',
      date: new Date((NOW + 10) * 1000),
    });
    const late = errorOf(() => verify(signed, SECRET, { ...AT, ignoreNotBefore: true }));
    expect(late).toMatchObject({ name: 'TokenExpiredError', message: 'jwt expired', expiredAt: new Date(NOW * 1000) });
    expect(late).toBeInstanceOf(TokenExpiredError);
    expect(verify(signed, SECRET, { ...AT, ignoreNotBefore: true, ignoreExpiration: true })).toMatchObject({
      exp: NOW,
    });
    expect(verify(signed, SECRET, { ...AT, clockTolerance: 10 })).toMatchObject({ exp: NOW });
  });
  test.each(['ignoreExpiration', 'ignoreNotBefore'])('%s is true or false: text would ignore it, too', (name) => {
    for (const flag of ['false', 'true', 0, 1, {}])
      expect(said(() => verify(token(), SECRET, { [name]: flag }))).toMatch(
        new RegExp(`^TypeError: options\\.${name} must be true or false; see`),
      );
    for (const flag of [undefined, null, false])
      expect(said(() => verify(token({ exp: NOW, nbf: NOW }), SECRET, { ...AT, [name]: flag }))).toMatch(/jwt expired/);
  });
  test('time claims of other types are refused', () => {
    const text = (claims: string) => sign(claims, SECRET);
    expect(said(() => verify(text('{"exp":"1"}'), SECRET))).toBe('JsonWebTokenError: invalid exp value');
    expect(said(() => verify(text('{"exp":1e999}'), SECRET))).toMatch(/invalid (exp value|token)$/);
    expect(said(() => verify(text('{"nbf":null}'), SECRET))).toBe('JsonWebTokenError: invalid nbf value');
  });
  test('the clock is read when clockTimestamp is absent', () => {
    vi.spyOn(Date, 'now').mockReturnValue((NOW + 5) * 1000);
    expect(said(() => verify(token({ exp: NOW + 5 }), SECRET))).toBe('TokenExpiredError: jwt expired');
    expect(verify(token({ exp: NOW + 6 }), SECRET)).toMatchObject({ exp: NOW + 6 });
  });
  test.each<[object, object, string | undefined]>([
    [{ aud: 'a' }, { audience: 'a' }, undefined],
    [{ aud: ['x', 'a'] }, { audience: ['a', 'b'] }, undefined],
    [{ aud: 'api:1' }, { audience: /^api:\d$/ }, undefined],
    [{ aud: 'b' }, { audience: ['a', /^c/] }, 'jwt audience invalid. expected: a or /^c/'],
    [{ aud: 5 }, { audience: /5/ }, 'jwt audience invalid. expected: /5/'],
    [{}, { audience: 'a' }, 'jwt audience invalid. expected: a'],
    [{ iss: 'i' }, { issuer: 'i' }, undefined],
    [{ iss: 'i' }, { issuer: ['h', 'i'] }, undefined],
    [{ iss: 'j' }, { issuer: ['h', 'i'] }, 'jwt issuer invalid. expected: h,i'],
    [{}, { issuer: 'i' }, 'jwt issuer invalid. expected: i'],
    [{ sub: 5 }, {}, undefined],
    [{ sub: 5 }, { subject: 5 }, undefined],
    [{ sub: 's' }, { subject: 't' }, 'jwt subject invalid. expected: t'],
    [{ jti: 's' }, { jwtid: 't' }, 'jwt jwtid invalid. expected: t'],
    [{ nonce: 's' }, { nonce: 't' }, 'jwt nonce invalid. expected: t'],
    [{ nonce: 's' }, { nonce: 's', audience: null, issuer: undefined, subject: null }, undefined],
    [{}, { maxAge: 10, ...AT }, undefined],
    [{}, { maxAge: '10s', clockTimestamp: NOW + 9 }, undefined],
    [{ iat: 'x' }, { maxAge: 5 }, 'iat required when maxAge is specified'],
    ...[Number.NaN, Number.POSITIVE_INFINITY].map((maxAge): [object, object, string] => [
      {},
      { maxAge },
      '"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ]),
    [
      {},
      { maxAge: 'x' },
      '"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ],
    [
      {},
      { maxAge: true },
      '"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    ],
    [{}, { clockTimestamp: 'x' }, 'clockTimestamp must be a number'],
    [{}, { nonce: ' ' }, 'nonce must be a non-empty string'],
    [{}, { allowInvalidAsymmetricKeyTypes: 1 }, 'allowInvalidAsymmetricKeyTypes must be a boolean'],
  ])('claims %j, options %j', (claims, options, message) => {
    const signed = sign(JSON.stringify({ iat: NOW, ...claims }), SECRET);
    const call = () => verify(signed, SECRET, options);
    if (message === undefined) expect(call()).toMatchObject(claims);
    else expect(said(call)).toBe(`JsonWebTokenError: ${message}`);
  });
  test('maxAge exceeded', () => {
    const error = errorOf(() => verify(token(), SECRET, { maxAge: 10, clockTimestamp: NOW + 10 }));
    expect(error).toMatchObject({
      name: 'TokenExpiredError',
      message: 'maxAge exceeded',
      expiredAt: new Date((NOW + 10) * 1000),
    });
  });
  test('a RegExp with the flag g checks each token alike', () => {
    const audience = /^a$/g;
    for (let i = 0; i < 3; i++) expect(verify(token({ aud: 'a' }), SECRET, { audience })).toMatchObject({ aud: 'a' });
  });
  test('a payload of text has no claims', () => {
    expect(said(() => verify(sign('text', SECRET), SECRET, { issuer: 'i' }))).toMatch(/jwt issuer invalid/);
  });
  test.each<[object, string]>([
    [{ audience: '' }, 'options.audience must be a string, a RegExp, or a list of these, none of them empty'],
    [{ audience: [] }, 'options.audience must be'],
    [{ audience: [undefined] }, 'options.audience must be'],
    [{ audience: false }, 'options.audience must be'],
    [{ issuer: '' }, 'options.issuer must be a string or a list of strings'],
    [{ issuer: /x/ }, 'options.issuer must be a string or a list of strings'],
    [{ issuer: [undefined] }, 'options.issuer must be'],
    [{ subject: '' }, 'options.subject must not be empty'],
    [{ jwtid: '' }, 'options.jwtid must not be empty'],
    [{ maxAge: 0 }, 'options.maxAge must not be empty or 0'],
    [{ clockTolerance: '5' }, 'options.clockTolerance must be a number of seconds'],
    [{ clockTolerance: Number.NaN }, 'options.clockTolerance must be'],
    [{ algorithms: 'RS256' }, 'options.algorithms must be a list'],
    [{ algorithms: [] }, 'options.algorithms must be a list'],
    [{ algorithms: ['HS256', 'none'] }, "options.algorithms must not name 'none'"],
  ])('options that would check nothing: %j', (options, message) => {
    const error = errorOf(() => verify(token({ aud: 'a' }), SECRET, options));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(error.message).toContain('src/compat/README.md');
  });
  test('null options are none, and a tolerance of null is none', () => {
    expect(verify(token(), SECRET, null)).toEqual({ iat: NOW });
    expect(verify(token(), SECRET, { clockTolerance: null, algorithms: null })).toEqual({ iat: NOW });
  });
  test('an unknown option warns once by name, with the one that is meant', async () => {
    vi.resetModules();
    const fresh = await import('../../src/compat/jsonwebtoken.ts');
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    for (let i = 0; i < 2; i++) fresh.verify(token(), SECRET, { algorithm: ['HS256'], other: 1, secret: 'of koa-jwt' });
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      'barejose/compat/jsonwebtoken: verify has no option algorithm, so it checks nothing: algorithms may be meant',
      'barejose/compat/jsonwebtoken: verify has no option other, so it checks nothing',
    ]);
  });
  test.each<[string, unknown]>([
    ['ignoreExpiration', true],
    ['clockTimestamp', 1],
    ['clockTolerance', 1e9],
    ['complete', true],
    ['key', 'x'],
  ])('a polluted Object.prototype brings no option: %s', (name, value) => {
    const expired = token({ exp: NOW - 1 });
    const good = token({ iat: NOW });
    const signed = jwt.sign({ iat: NOW }, SECRET);
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      expect(said(() => verify(expired, SECRET))).toContain('jwt expired');
      expect(verify(good, SECRET)).toEqual({ iat: NOW });
      expect(jwt.sign({ iat: NOW }, SECRET)).toBe(signed);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test.each(['algorithm', 'expiresIn', 'keyid', 'subject', 'iat', 'header', 'noTimestamp'])(
    'a polluted Object.prototype changes no token: %s',
    (name) => {
      const signed = jwt.sign({ iat: NOW }, SECRET);
      Object.defineProperty(Object.prototype, name, { value: 'HS512', configurable: true });
      try {
        expect(jwt.sign({ iat: NOW }, SECRET)).toBe(signed);
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
    },
  );

  test('text that is a public key in another form is no secret', () => {
    const pem = String(nodePair('RS256').publicKey.export({ format: 'pem', type: 'spki' }));
    for (const text of [Buffer.from(pem, 'utf16le').toString(), Buffer.from(pem).toString('base64')])
      expect(said(() => jwt.sign({}, text))).toContain('looks like a PEM and cannot be read');
  });

  test('a polluted Object.prototype brings no claim', () => {
    const prototype: { aud?: string } = Object.prototype;
    prototype.aud = 'a';
    try {
      expect(said(() => verify(token(), SECRET, { audience: 'a' }))).toMatch(/jwt audience invalid/);
    } finally {
      delete prototype.aud;
    }
  });
});

describe('verify with a callback', () => {
  const asked = (...args: unknown[]): unknown[] => {
    const calls: unknown[] = [];
    verify(args[0], args[1], ...args.slice(2), (...results: unknown[]) => calls.push(results));
    return calls;
  };

  test('is called in this turn, once, with the payload or the error', () => {
    expect(asked(token(), SECRET)).toEqual([[null, { iat: NOW }]]);
    expect(asked(token(), SECRET, {})).toEqual([[null, { iat: NOW }]]);
    expect(asked('', SECRET, {})).toEqual([[new JsonWebTokenError('jwt must be provided')]]);
    expect(asked(token({ exp: 1 }), SECRET)).toMatchObject([[{ name: 'TokenExpiredError' }]]);
    expect(verify(token(), SECRET, {}, () => 'returned')).toBe('returned');
  });
  test('what a callback throws is not given to it again', () => {
    const callback = vi.fn(() => {
      throw new Error('of the caller');
    });
    expect(said(() => verify(token(), SECRET, callback))).toBe('Error: of the caller');
    expect(callback).toHaveBeenCalledTimes(1);
  });
  test('a key function is told the header', () => {
    const headers: unknown[] = [];
    const getKey = (header: unknown, callback: (error: unknown, key?: unknown) => void) => {
      headers.push(header);
      callback(null, SECRET);
    };
    expect(asked(token({}, { keyid: 'k' }), getKey)).toEqual([[null, { iat: NOW }]]);
    expect(headers).toEqual([{ alg: 'HS256', typ: 'JWT', kid: 'k' }]);
  });
  test('an error of a key function, and a key function without a callback', () => {
    const fails = (_: unknown, callback: (error: unknown) => void) => callback(new Error('no such key'));
    expect(asked(token(), fails)).toEqual([
      [new JsonWebTokenError('error in secret or public key callback: no such key')],
    ]);
    const lacks = (_: unknown, callback: (error: unknown, key?: unknown) => void) => callback(null, undefined);
    expect(asked(token(), lacks)).toEqual([[new JsonWebTokenError('secret or public key must be provided')]]);
    expect(said(() => verify(token(), fails))).toBe(
      'JsonWebTokenError: verify must be called asynchronous if secret or public key is provided as a callback',
    );
  });
});

describe('decode', () => {
  test('payload or complete token, and null for what is no token', () => {
    expect(decode(token())).toEqual({ iat: NOW });
    expect(decode(sign('{"a":1}', SECRET))).toEqual({ a: 1 });
    expect(decode(sign('5', SECRET))).toBe('5');
    expect(decode(sign('5', SECRET), { json: true })).toBe(null);
    for (const bad of [undefined, null, 5, '', 'a.b', 'a.b.c', `${raw({ alg: 'HS256' }, '')}.AA`])
      expect(decode(bad, null)).toBe(null);
    expect(decode(`${raw({ alg: 'HS256' }, 'x')}B.AA`)).toBe(null);
  });
  test('header and payload may be written to, and are those of one call', () => {
    const read = () => decode(token(), { complete: true }) as { header: { own?: 1 }; payload: { own?: 1 } };
    const first = read();
    first.header.own = 1;
    first.payload.own = 1;
    expect(read()).toMatchObject({ header: { alg: 'HS256', typ: 'JWT' }, payload: { iat: NOW } });
    expect(read().header.own ?? read().payload.own).toBe(undefined);
  });
});
