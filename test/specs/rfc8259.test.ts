// RFC 8259 and RFC 7493: JSON read strictly, in the places where a token or a key set brings it in.
import { describe, expect, test } from 'vitest';
import { importJwks, importKey, readUnverifiedJwt, signJwt, verifyJws, verifyJwt } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { b64u, compact, macSigner } from '../support/forge.ts';
import { ownCases, ownKey } from '../support/vectors.ts';

const jwk = ownKey('oct');
const key = importKey(jwk);
const signer = macSigner('HS256', Buffer.from(String(jwk.k), 'base64url'));
const anyone = { issuer: null, audience: null, expiry: 'optional', now: 0 } as const;

describe('strict JSON', () => {
  describe.each(ownCases('strict-json'))('$tries', ({ text = '', hex, valid }) => {
    const octets = hex === undefined ? Buffer.from(text) : Buffer.from(hex, 'hex');

    test('as the payload of a JWT', () => {
      const token = compact({ alg: 'HS256' }, octets, signer);
      expect(codeOf(() => verifyJwt(token, key, anyone))).toBe(valid ? null : 'ERR_JWT_INVALID');
    });

    test('as a header: without alg, so never accepted, and never anything but malformed', () => {
      expect(codeOf(() => verifyJws(compact(octets, 'x', signer), key))).toBe('ERR_JWS_INVALID');
    });
  });

  test('a header and its members are read in the same way', () => {
    const header = (text: string) => codeOf(() => verifyJws(compact(text, 'x', signer), key));
    expect(header('{"alg":"HS256","x":{"a":1,"b":[{"a":2}]}}')).toBeNull();
    expect(header('{"alg":"HS256","x":{"a":1,"a":2}}')).toBe('ERR_JWS_INVALID');
    expect(header('\ufeff{"alg":"HS256"}')).toBe('ERR_JWS_INVALID');
  });
});

describe('RFC 8259', () => {
  test('what is signed is UTF-8, and any other encoding is refused [8259-8.1-1]', () => {
    const token = signJwt({ sub: 'Zoë 𝄞', jti: 'ключ' }, key, { expiresIn: null, now: 0 });
    const [, payload = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).toEqual({
      sub: 'Zoë 𝄞',
      jti: 'ключ',
      iat: 0,
    });
    expect(verifyJwt(token, key, anyone).claims.sub).toBe('Zoë 𝄞');
    for (const encoding of ['utf16le', 'latin1'] as const) {
      const foreign = compact({ alg: 'HS256' }, Buffer.from('{"sub":"Zoë"}', encoding), signer);
      expect(codeOf(() => verifyJwt(foreign, key, anyone))).toBe('ERR_JWT_INVALID');
    }
  });

  test('no byte-order mark is written [8259-8.1-2], and none is read but before a published set [8259-8.1-3]', () => {
    const [header = '', payload = ''] = signJwt({}, key, { expiresIn: null, now: 0 }).split('.');
    for (const part of [header, payload]) expect(Buffer.from(part, 'base64url').toString('latin1')).toMatch(/^\{"/);
    expect(codeOf(() => verifyJwt(compact({ alg: 'HS256' }, '\ufeff{}', signer), key, anyone))).toBe('ERR_JWT_INVALID');
    expect(codeOf(() => importJwks('\ufeff{"keys":[]}'))).toBeNull();
  });

  test('depth, members and size are bounded [8259-9-1]', () => {
    const claims = (text: string) => codeOf(() => verifyJwt(compact({ alg: 'HS256' }, text, signer), key, anyone));
    const members = (count: number) => `{${Array.from({ length: count }, (_, i) => `"m${i}":0`).join()}}`;
    expect(claims(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`)).toBeNull();
    expect(claims(`{"a":${'['.repeat(32)}${']'.repeat(32)}}`)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(claims(`{"a":${'['.repeat(90_000)}${']'.repeat(90_000)}}`)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(claims(members(1000))).toBeNull();
    expect(claims(members(1001))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(claims(`{"a":"${'x'.repeat(256 * 1024)}"}`)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('a number beyond the range of a double does not become a time [8259-6-1]', () => {
    const token = compact({ alg: 'HS256' }, '{"exp":1e400}', signer);
    expect(codeOf(() => verifyJwt(token, key, anyone))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  });
});

describe('RFC 7493', () => {
  test('a lone surrogate is neither written nor read as text [7493-2.1-1]', () => {
    for (const claims of [{ sub: '\ud800' }, { nested: [{ deep: 'a\udc00' }] }, { '\ud834': 1 }]) {
      expect(codeOf(() => signJwt(claims, key, { expiresIn: null, now: 0 }))).toBe('TypeError');
    }
    const token = compact('{"alg":"HS256","kid":"\\ud800"}', '{}', signer);
    expect(codeOf(() => verifyJws(token, key))).toBe('ERR_JWS_INVALID');
    const subject = compact('{"alg":"HS256"}', '{"sub":"\\udc00"}', signer);
    expect(codeOf(() => verifyJwt(subject, key, anyone))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('a name is said once: compared unescaped, at every depth, by every reader [7493-2.3-1]', () => {
    const twice = ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"x":[{"a":1,"b":2,"a":3}]}'];
    for (const text of twice) {
      const token = `${b64u('{"alg":"HS256"}')}.${b64u(text)}.AA`;
      expect(codeOf(() => readUnverifiedJwt(token))).toBe('ERR_JWT_INVALID');
      expect(codeOf(() => verifyJwt(compact('{"alg":"HS256"}', text, signer), key, anyone))).toBe('ERR_JWT_INVALID');
      expect(codeOf(() => importJwks(`{"keys":[],"x":${text}}`))).toBe('ERR_JWKS_INVALID');
    }
  });
});
