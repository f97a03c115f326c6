// What the adapters of other packages must not take over from them: the originals accept each of these, or say nothing.

import { createHmac, type KeyObject } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decode, sign, verify } from '../../src/compat/jsonwebtoken.ts';
import jwksRsa, {
  expressJwtSecret,
  hapiJwt2KeyAsync,
  koaJwtSecret,
  passportJwtSecret,
} from '../../src/compat/jwks-rsa.ts';
import { exportJwk, importKey } from '../../src/index.ts';
import { standInEndpoint } from '../support/endpoint.ts';
import { b64u } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';

const SECRET = 'a secret of at least 64 octets, which is what HS512 needs to be safe';
const JWKS_URI = 'https://issuer.example/jwks';
const spkiOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();
const PEM = spkiOf(nodePair('RS256').publicKey);
const KEY = importKey({ ...exportJwk(importKey(nodePair('RS256').publicKey, { alg: 'RS256' })), kid: 'a' });

/** A token whose HMAC is right under the text of a key. */
function forged(header: object, payload: string, key: string): string {
  const input = `${b64u({ alg: 'HS256', ...header })}.${b64u(payload)}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the adapter of jsonwebtoken', () => {
  test.each([
    ['with literal \\n twice over', PEM.replaceAll('\n', '\\\\n')],
    ['cut short', PEM.slice(0, 200)],
    ['without its last dash', PEM.trimEnd().slice(0, -1)],
    ['in UTF-16', Buffer.from(PEM, 'utf16le').toString('latin1')],
    ['in base64', Buffer.from(PEM).toString('base64')],
  ])('CMP-01 a public PEM that cannot be read is no secret: %s', (_, text) => {
    const token = forged({ typ: 'JWT' }, '{"admin":true}', text);
    for (const key of [text, Buffer.from(text, 'latin1')])
      for (const options of [{}, { algorithms: ['HS256'] }])
        expect(() => verify(token, key, options)).toThrow('looks like a PEM and cannot be read');
    expect(() => sign({}, text)).toThrow('looks like a PEM and cannot be read');
  });

  test.each<[string, unknown]>([
    ['audience', ''],
    ['audience', [undefined]],
    ['audience', []],
    ['issuer', ''],
    ['issuer', [undefined]],
    ['subject', ''],
    ['jwtid', ''],
    ['maxAge', 0],
    ['algorithms', []],
    ['clockTolerance', Number.NaN],
    ['ignoreExpiration', 'false'],
    ['ignoreNotBefore', 'false'],
  ])('CMP-02 an option of %s that checks nothing is refused: %j', (name, value) => {
    const token = sign({ aud: 'other', iss: 'other', exp: 1 }, SECRET);
    expect(() => verify(token, SECRET, { [name]: value })).toThrow(new RegExp(`^options\\.${name} must`));
  });

  test('CMP-03 no token without a signature is made or accepted', () => {
    const unsigned = `${b64u({ alg: 'none' })}.${b64u({ admin: true })}.`;
    for (const key of [undefined, null, '', SECRET, PEM])
      for (const options of [{}, { algorithms: ['none'] }, { algorithms: ['HS256', 'none'] }])
        expect(() => verify(unsigned, key, options)).toThrow(/signature is required|must not name 'none'/);
    expect(() => sign({}, null, { algorithm: 'none' })).toThrow('must not be "none"');
    expect(() => sign({}, SECRET, { header: { alg: 'none' } })).toThrow('must not be "none"');
  });

  test.each(['\ufeff{"exp":1}', '{"exp":1,"exp":9e9}', ' {"exp":1,"\\u0065xp":9e9}', '[{"exp":1}]'])(
    'CMP-04 a payload that others read as claims is not taken for text: %j',
    (payload) => {
      for (const header of [{}, { typ: 'JWT' }, { typ: 'text' }]) {
        const token = forged(header, payload, SECRET);
        expect(() => verify(token, SECRET)).toThrow('invalid token');
        expect(decode(token)).toBe(null);
      }
    },
  );

  test('CMP-08 a polluted Object.prototype brings no option, key or claim', async () => {
    const expired = sign({ exp: 1 }, SECRET);
    const endpoint = standInEndpoint(KEY);
    const polluted = { ignoreExpiration: true, clockTimestamp: 1, fetcher: () => ({ keys: [] }), cache: false };
    for (const [name, value] of Object.entries(polluted))
      Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      expect(() => verify(expired, SECRET)).toThrow('jwt expired');
      const client = jwksRsa({ jwksUri: JWKS_URI });
      for (let i = 0; i < 2; i++) expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a' });
      expect(endpoint.requests.length).toBe(1);
    } finally {
      for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});

describe('the adapter of jwks-rsa', () => {
  test('CMP-05 invented kids cost a few requests, and known ones stay known meanwhile', async () => {
    const endpoint = standInEndpoint(KEY);
    const client = jwksRsa({ jwksUri: JWKS_URI });
    await Promise.allSettled(Array.from({ length: 500 }, (_, i) => client.getSigningKey(`at once ${i}`)));
    for (let i = 0; i < 500; i++) await expect(client.getSigningKey(`in turn ${i}`)).rejects.toThrow('Unable to find');
    expect(await client.getSigningKey('a')).toMatchObject({ kid: 'a' });
    expect(endpoint.requests.length).toBeLessThanOrEqual(4);
  });

  test('CMP-06 keys over plain http come from this machine only', () => {
    for (const host of ['issuer.example', '10.0.0.1', 'localhost.example', '127.0.0.1.example', '0x7f000001.example'])
      expect(() => jwksRsa({ jwksUri: `http://${host}/jwks` })).toThrow('options.jwksUri must be https');
  });

  test('CMP-07 no provider gives a key for a token of HMAC, or of no algorithm', async () => {
    const endpoint = standInEndpoint(KEY);
    const options = { jwksUri: JWKS_URI };
    for (const alg of ['HS256', 'HS384', 'HS512', 'none', 'hs256', undefined]) {
      const header = { alg, kid: 'a' };
      expect(await expressJwtSecret(options)({}, { header })).toBe(undefined);
      await expect(koaJwtSecret(options)({ ...header, alg: String(alg) })).rejects.toThrow('token algorithm');
      await expect(hapiJwt2KeyAsync(options)({ header })).rejects.toThrow('Unsupported algorithm');
      const called = vi.fn();
      passportJwtSecret(options)({}, `${b64u(header)}.e30.AA`, called);
      expect(called.mock.calls).toEqual([[null, null]]);
    }
    expect(endpoint.requests).toEqual([]);
  });
});
