// RFC 7519: JSON Web Token.
import { describe, expect, test } from 'vitest';
import {
  decryptJwt,
  type Expected,
  encryptJwe,
  encryptJwt,
  importKey,
  importSecret,
  nestJwt,
  signJwt,
  signNestedJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { decryptContent, findContentRow } from '../../src/jwa/content-encryption.ts';
import { codeOf } from '../support/code.ts';
import { flipEncoded, PLACES } from '../support/flip.ts';
import { b64u, flattened, forge, octets } from '../support/forge.ts';
import { headerOf, kindOf, partsOf, secretOf } from '../support/jwe.ts';
import { describeJws } from '../support/jws-vector.ts';
import { keyPairs, secretKey, supportedAlgorithms, verifyingKey } from '../support/keys.ts';
import { vector, vectors } from '../support/vectors.ts';

const key = secretKey('HS256');
const NOW = 1_300_000_000;
const ANYONE: Expected = { issuer: null, audience: null, expiry: 'optional', now: NOW };
const FAILED = 'ERR_JWT_CLAIM_VALIDATION_FAILED';

const verify = (claims: string | object, expected: Partial<Expected> = {}) =>
  verifyJwt(forge('HS256', { alg: 'HS256' }, claims), key, { ...ANYONE, ...expected });
const code = (claims: string | object, expected: Partial<Expected> = {}) => codeOf(() => verify(claims, expected));
const NOT_STRINGS = [1, null, true, {}, ['x'], [['x']]];
const NOT_NUMBERS = ['1300000000', null, true, {}, [1], ''];

describe('vectors', () => {
  for (const v of vectors('rfc7519', 'jws')) {
    describeJws(v);
    const key = importKey(v.key, { alg: v.alg });
    const at = (now: number) => ({ issuer: 'joe', audience: null, now });
    const exp = Number(v.claims?.exp);

    test(`${v.ref}: its claims hold until they expire`, () => {
      expect(verifyJwt(v.compact, key, at(exp - 1)).claims).toEqual(v.claims);
      expect(codeOf(() => verifyJwt(v.compact, key, at(exp)))).toBe('ERR_JWT_EXPIRED');
      expect(codeOf(() => verifyJwt(v.compact, key, { ...at(0), issuer: 'jo' }))).toBe(FAILED);
    });

    test.each(PLACES)(
      `${v.ref}: one bit flipped in the %s octet of its claims is refused before they are read`,
      (place) => {
        const [header, payload = '', signature] = v.compact.split('.');
        expect(codeOf(() => verifyJwt(`${header}.${flipEncoded(payload, place)}.${signature}`, key, at(exp)))).toBe(
          'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        );
      },
    );
  }

  test('6.1: an unsecured JWT is never accepted [7519-6-1]', () => {
    const { compact } = vector('rfc7519', 'jws-unsecured', 'RFC 7519 6.1');
    for (const alg of supportedAlgorithms)
      expect(codeOf(() => verifyJwt(compact, verifyingKey(alg), ANYONE))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });
});

describe('sections 2 to 4: the claims set', () => {
  test('a NumericDate is a number of seconds, fractions included [7519-2-1]', () => {
    expect(code({ exp: NOW + 0.5, nbf: NOW - 0.5, iat: NOW - 0.25 })).toBeNull();
    expect(code({ exp: NOW - 0.001 })).toBe('ERR_JWT_EXPIRED');
    expect(code({ nbf: NOW + 0.001 })).toBe(FAILED);
    expect(code({ exp: NOW + 10 }, { now: new Date((NOW + 9) * 1000) })).toBeNull();
    const claims = JSON.parse(
      Buffer.from(String(signJwt({}, key, { expiresIn: '15m', now: NOW }).split('.')[1]), 'base64url').toString(),
    );
    expect(claims).toEqual({ iat: NOW, exp: NOW + 900 });
  });

  test('a JWT is in compact form [7519-3-1]', () => {
    const json = flattened('HS256', { alg: 'HS256' }, '{}');
    expect(codeOf(() => verifyJwsJson(json, key))).toBeNull();
    for (const token of [JSON.stringify(json), json as unknown as string])
      expect(codeOf(() => verifyJwt(token, key, ANYONE))).toBe('ERR_JWS_INVALID');
    expect(signJwt({}, key, { expiresIn: null, now: NOW }).split('.')).toHaveLength(3);
  });

  test('the claims set is one JSON object in UTF-8 [7519-3-2] [7519-7.2-10]', () => {
    expect(code(' {\r\n "a" : 1 }\t')).toBeNull();
    for (const text of ['', '[]', '"x"', '1', 'null', 'true', '{}{}', '{"a":1}x', '{"a":1', '{a:1}', '\ufeff{}'])
      expect(code(text), text).toBe('ERR_JWT_INVALID');
    const latin1 = forge('HS256', { alg: 'HS256' }, Buffer.from('{"a":"é"}', 'latin1'));
    expect(codeOf(() => verifyJwt(latin1, key, ANYONE))).toBe('ERR_JWT_INVALID');
  });

  test('claim names are unique, written [7519-4-1] and read [7519-4-2]', () => {
    for (const text of [
      '{"sub":"a","sub":"b"}',
      '{"sub":"a","sub":"a"}',
      '{"sub":"a","s\\u0075b":"b"}',
      '{"x":{"y":1,"y":2}}',
    ])
      expect(code(text)).toBe('ERR_JWT_INVALID');
    expect(codeOf(() => signJwt({ exp: NOW }, key, { expiresIn: 60, now: NOW }))).toBe('TypeError');
    const payload = Buffer.from(
      String(signJwt({ iat: NOW - 1 }, key, { expiresIn: 60, now: NOW }).split('.')[1]),
      'base64url',
    ).toString();
    expect(payload.match(/"iat"/g)).toHaveLength(1);
  });

  test('claims that are not understood are ignored, unless asked for [7519-4-3]', () => {
    expect(code({ unknown: { deep: [1] }, ISS: 1, Exp: 'x', '': null })).toBeNull();
    expect(code({ a: 1 }, { requiredClaims: ['unknown'] })).toBe(FAILED);
  });
});

describe('section 4.1: registered claims', () => {
  test('iss is a case-sensitive string [7519-4.1.1-1]', () => {
    expect(code({ iss: 'joe' }, { issuer: 'joe' })).toBeNull();
    expect(code({ iss: 'joe' }, { issuer: ['ann', 'joe'] })).toBeNull();
    for (const iss of ['Joe', 'joe ', '', 'ann']) expect(code({ iss }, { issuer: 'joe' })).toBe(FAILED);
    for (const iss of NOT_STRINGS) for (const issuer of ['x', null]) expect(code({ iss }, { issuer })).toBe(FAILED);
    expect(code({}, { issuer: 'joe' })).toBe(FAILED);
  });

  test('sub is a case-sensitive string [7519-4.1.2-1]', () => {
    expect(code({ sub: 'joe' }, { subject: 'joe' })).toBeNull();
    for (const sub of ['Joe', 'joe ', '']) expect(code({ sub }, { subject: 'joe' })).toBe(FAILED);
    for (const sub of NOT_STRINGS) expect(code({ sub })).toBe(FAILED);
  });

  test('a token for somebody else is refused [7519-4.1.3-1]', () => {
    for (const aud of ['me', ['me'], ['you', 'me']]) expect(code({ aud }, { audience: 'me' })).toBeNull();
    expect(code({ aud: ['you', 'me'] }, { audience: ['we', 'me'] })).toBeNull();
    for (const aud of ['you', ['you'], [], 'ME', 'm', 'me ', ['you', 'us']])
      expect(code({ aud }, { audience: 'me' })).toBe(FAILED);
    expect(code({}, { audience: 'me' })).toBe(FAILED);
  });

  test('aud is a case-sensitive string or an array of them [7519-4.1.3-2]', () => {
    for (const aud of [1, null, true, {}, [1], ['me', 1], [null], [['me']]])
      for (const audience of ['me', null]) expect(code({ aud }, { audience })).toBe(FAILED);
  });

  test.each([
    ['exp [7519-4.1.4-1]', 'exp'],
    ['nbf [7519-4.1.5-1]', 'nbf'],
    ['iat [7519-4.1.6-1]', 'iat'],
  ])('%s is a number', (_, claim) => {
    for (const value of NOT_NUMBERS) expect(code({ [claim]: value })).toBe(FAILED);
    for (const text of ['1e400', '-1e400']) expect(code(`{"${claim}":${text}}`)).toBe(FAILED);
    expect(code({ [claim]: claim === 'exp' ? NOW + 1 : NOW })).toBeNull();
  });

  test('from exp on a token is expired [7519-4.1.4-2], give or take the skew that is granted [7519-4.1.4-3]', () => {
    expect([code({ exp: NOW + 1 }), code({ exp: NOW }), code({ exp: NOW - 1 }), code({ exp: 0 })]).toEqual([
      null,
      'ERR_JWT_EXPIRED',
      'ERR_JWT_EXPIRED',
      'ERR_JWT_EXPIRED',
    ]);
    expect([code({ exp: NOW - 9 }, { clockSkew: 10 }), code({ exp: NOW - 10 }, { clockSkew: 10 })]).toEqual([
      null,
      'ERR_JWT_EXPIRED',
    ]);
    expect(code({}, { expiry: 'required' })).toBe(FAILED);
    expect(code({ exp: NOW }, { clockSkew: '11m' })).toBe('TypeError');
  });

  test('before nbf a token is not accepted [7519-4.1.5-2], give or take the skew that is granted [7519-4.1.5-3]', () => {
    expect([code({ nbf: NOW }), code({ nbf: NOW + 1 })]).toEqual([null, FAILED]);
    expect([code({ nbf: NOW + 10 }, { clockSkew: 10 }), code({ nbf: NOW + 11 }, { clockSkew: 10 })]).toEqual([
      null,
      FAILED,
    ]);
  });

  test('jti is a case-sensitive string [7519-4.1.7-2]', () => {
    expect(verify({ jti: 'Id' }).claims.jti).toBe('Id');
    for (const jti of NOT_STRINGS) expect(code({ jti })).toBe(FAILED);
  });
});

describe('section 5: header parameters', () => {
  test('typ is the application’s: unchecked until it asks [7519-5.1-1], and JWT when it says nothing [7519-5.1-2]', () => {
    const typed = (typ: string) => forge('HS256', { alg: 'HS256', typ }, '{}');
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'anything']) {
      expect(codeOf(() => verifyJwt(typed(typ), key, ANYONE))).toBeNull();
      expect(codeOf(() => verifyJwt(typed(typ), key, { ...ANYONE, typ: 'at+jwt' }))).toBe(
        typ === 'at+jwt' ? null : FAILED,
      );
    }
    expect(verifyJwt(signJwt({}, key, { expiresIn: null, now: NOW }), key, ANYONE).header.typ).toBe('JWT');
    expect(
      verifyJwt(signJwt({}, key, { expiresIn: null, now: NOW, typ: null }), key, ANYONE).header,
    ).not.toHaveProperty('typ');
  });

  test('no cty is written [7519-5.2-1]', () => {
    expect(verifyJwt(signJwt({}, key, { expiresIn: null, now: NOW }), key, ANYONE).header).not.toHaveProperty('cty');
  });
});

describe('section 7: making and reading', () => {
  test('a made JWT is a JWS of its claims by every step of RFC 7515 [7519-7.1-3]', () => {
    const token = signJwt({ sub: 'joe' }, key, { expiresIn: null, now: NOW });
    const { header, payload } = verifyJws(token, key);
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ sub: 'joe', iat: NOW });
  });

  const token = forge('HS256', { alg: 'HS256' }, '{}');
  const [header = '', payload = '', signature = ''] = token.split('.');
  const tokenCode = (text: string) => codeOf(() => verifyJwt(text, key, ANYONE));

  test('whatever step fails, the JWT is rejected [7519-7.2-0]', () => {
    expect(tokenCode(token)).toBeNull();
    const broken = [
      `${header}!.${payload}.${signature}`,
      `${header}.${payload}!.${signature}`,
      `${header}.${payload}.${flipEncoded(signature)}`,
      forge('HS256', '{"alg":"HS256"', '{}'),
      forge('HS256', { alg: 'HS256' }, '{'),
    ];
    for (const text of broken) expect(tokenCode(text)).toMatch(/^ERR_JW[ST]_/);
  });

  test('there is a dot in it [7519-7.2-1]', () => {
    for (const text of ['', 'e30', header, `${header}${payload}${signature}`])
      expect(tokenCode(text)).toBe('ERR_JWS_INVALID');
  });

  test('the header is strict base64url [7519-7.2-3] of one JSON object in UTF-8 [7519-7.2-4]', () => {
    for (const text of [`${header}=`, ` ${header}`, `${header}\n`, header.slice(0, -1), `${header}A`])
      expect(tokenCode(`${text}.${payload}.${signature}`)).toBe('ERR_JWS_INVALID');
    for (const text of ['[]', 'null', '"x"', '{"alg":"HS256"}x', '\ufeff{"alg":"HS256"}'])
      expect(tokenCode(forge('HS256', text, '{}'))).toBe('ERR_JWS_INVALID');
  });

  test('a header parameter is understood or may be ignored [7519-7.2-5]', () => {
    expect(tokenCode(forge('HS256', { alg: 'HS256', new: 1 }, '{}'))).toBeNull();
    expect(tokenCode(forge('HS256', { alg: 'HS256', new: 1, crit: ['new'] }, '{}'))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('an encrypted token is not taken for a signed one [7519-7.2-6]', () => {
    const jwe = [b64u({ alg: 'dir', enc: 'A128GCM' }), '', 'AAAA', 'AAAA', 'AAAA'].join('.');
    expect(tokenCode(jwe)).toBe('ERR_JWS_INVALID');
  });

  test('a JWT passes all that a JWS passes [7519-7.2-7]', () => {
    const others = [
      forge('HS256', { alg: 'none' }, '{}'),
      forge('HS256', '{"alg":"HS256","alg":"HS256"}', '{}'),
      forge('HS256', { alg: 'HS256', crit: [] }, '{}'),
      forge('HS256', { alg: 'HS256', kid: 1 }, '{}'),
      forge('HS512', { alg: 'HS256' }, '{}'),
    ];
    for (const text of others) {
      expect(tokenCode(text)).not.toBeNull();
      expect(tokenCode(text)).toBe(codeOf(() => verifyJws(text, key)));
    }
  });

  test('the payload is decoded once [7519-7.2-9]', () => {
    expect(tokenCode(forge('HS256', { alg: 'HS256' }, b64u('{}')))).toBe('ERR_JWT_INVALID');
  });

  test('an algorithm that the application does not accept is refused [7519-7.2-11]', () => {
    expect(codeOf(() => verifyJwt(token, key, { ...ANYONE, algorithms: ['ES256'] }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('strings compare by their characters; typ alone by its media type [7519-7.3-1]', () => {
    expect(code('{"i\\u0073s":"j\\u006fe"}', { issuer: 'joe' })).toBeNull();
    for (const iss of ['JOE', 'jo\u0435', 'joe\u200b']) expect(code({ iss }, { issuer: 'joe' })).toBe(FAILED);
    const typed = forge('HS256', { alg: 'HS256', typ: 'APPLICATION/at+jwt' }, '{}');
    expect(codeOf(() => verifyJwt(typed, key, { ...ANYONE, typ: 'AT+JWT' }))).toBeNull();
  });

  test('a token that is signed around another is refused, and told apart from a bad one', () => {
    const nested = forge('HS256', { alg: 'HS256', cty: 'JWT' }, octets(token));
    expect(tokenCode(nested)).toBe('ERR_JOSE_NOT_SUPPORTED');
  });
});

describe('encrypted and nested tokens', () => {
  const { encrypting, decrypting } = kindOf('RSA-OAEP');
  const inner = signJwt({ sub: 'joe' }, key, { expiresIn: null, now: NOW });
  const nested = nestJwt(inner, encrypting);
  const keys = { decrypt: decrypting, verify: key };

  test('A.1: RSA1_5 has no row here; its claims under another alg are judged', () => {
    const v = vector('rfc7519', 'jwe', 'RFC 7519 A.1');
    expect(codeOf(() => importKey(v.key, { alg: v.alg as 'RSA-OAEP' }))).toBe('TypeError');
    const [own, other] = [importKey(v.key, { alg: 'RSA-OAEP' }), importKey(v.key, { alg: 'RSA-OAEP-256' })];
    const expected = { issuer: 'joe', audience: null, sender: null, now: Number(v.claims?.exp) - 1 } as const;
    expect(codeOf(() => decryptJwt(v.compact, own, expected))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const again = encryptJwe(Buffer.from(JSON.stringify(v.claims)), own.publicKey(), { enc: 'A128CBC-HS256' });
    expect(decryptJwt(again, own, expected).claims).toEqual(v.claims);
    expect(codeOf(() => decryptJwt(again, own, { ...expected, now: Number(v.claims?.exp) }))).toBe('ERR_JWT_EXPIRED');
    expect(codeOf(() => decryptJwt(again, other, expected))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('A.2: nested. The RFC prints a CEK of 128 bits, and the token has one of 256; its outer alg RSA1_5 is not ours', () => {
    const v = vector('rfc7519', 'jwe', 'RFC 7519 A.2');
    const row = findContentRow(v.enc) ?? expect.fail(v.enc);
    const [, , iv, ciphertext, tag] = partsOf(v.compact).map((part) => Buffer.from(part, 'base64url'));
    if (!iv || !ciphertext || !tag) throw new Error('the vector is incomplete');
    const open = (cek: string) =>
      decryptContent(row, Buffer.from(cek, 'base64url'), { iv, ciphertext, tag, aad: Buffer.from(v.protected_b64u) });
    expect(Buffer.from(String(v.printed_cek_b64u), 'base64url')).toHaveLength(16);
    const signed = Buffer.from(open('yx89uPV0J4Pri47ukKTb8IrBp3uNM2fU_-lEf1MA3S4') ?? expect.fail('closed')).toString();
    expect(signed).toBe(vector('rfc7515', 'jws', 'RFC 7515 A.2').compact);

    const verify = importKey(v.inner_key ?? expect.fail('no key'), { alg: 'RS256' }).publicKey();
    const decrypt = importKey(v.key, { alg: 'RSA-OAEP' });
    const expected = { issuer: 'joe', audience: null, now: 1_300_819_379 };
    const again = nestJwt(signed, decrypt.publicKey(), { enc: 'A128CBC-HS256' });
    expect(headerOf(again)).toEqual({ ...JSON.parse(v.protected), alg: 'RSA-OAEP' });
    const { claims } = verifyNestedJwt(again, { decrypt, verify }, expected);
    expect(claims).toEqual({ iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true });
    expect(codeOf(() => verifyNestedJwt(v.compact, { decrypt, verify }, expected))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('a nested token says cty JWT, in upper case, and no other token does [7519-5.2-2]', () => {
    expect(headerOf(nested).cty).toBe('JWT');
    expect(headerOf(encryptJwt({}, encrypting, { expiresIn: null, now: NOW }))).not.toHaveProperty('cty');
    for (const cty of ['JWT', 'jwt', 'Jwt']) {
      const made = encryptJwe(octets(inner), encrypting, { header: { cty } });
      expect(codeOf(() => verifyNestedJwt(made, keys, ANYONE))).toBeNull();
    }
    expect(codeOf(() => verifyNestedJwt(encryptJwe(octets(inner), encrypting), keys, ANYONE))).toBe('ERR_JWT_INVALID');
  });

  test('its message is the signed token as it stands [7519-7.1-5], which the steps begin with again [7519-7.2-8]', () => {
    const { claims, header } = verifyNestedJwt(nested, keys, ANYONE);
    expect([claims, header]).toEqual([
      { sub: 'joe', iat: NOW },
      { alg: 'HS256', typ: 'JWT' },
    ]);
    const other = nestJwt(inner.replace(/.{6}$/, 'AAAAAA'), encrypting);
    expect(codeOf(() => verifyNestedJwt(other, keys, ANYONE))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('parameters that replicate claims equal them [7519-5.3-1]', () => {
    const secret = importSecret(secretOf(32), { alg: 'A256KW' });
    const made = (header: object, claims: object) =>
      encryptJwe(octets(JSON.stringify(claims)), secret, { header: { ...header } });
    for (const name of ['iss', 'sub', 'aud'])
      for (const [value, code] of [
        ['joe', null],
        ['Joe', FAILED],
      ])
        expect(codeOf(() => decryptJwt(made({ [name]: value }, { [name]: 'joe' }), secret, ANYONE))).toBe(code);
  });

  test('with encryption, the recommended algorithms are there [7519-8-3]; signed first, then encrypted [7519-11.2-1]', () => {
    for (const label of ['ECDH-ES+A128KW on P-256', 'ECDH-ES+A256KW on P-256', 'A128KW', 'A256KW'])
      for (const enc of ['A128GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512'] as const) {
        const { encrypting: encrypt, decrypting: decrypt } = kindOf(label);
        const { privateKey: sign, publicKey: verify } = keyPairs.ES256;
        const made = signNestedJwt({ sub: 'joe' }, { sign, encrypt }, { expiresIn: null, now: NOW, enc });
        expect(verifyNestedJwt(made, { decrypt, verify }, ANYONE).claims.sub).toBe('joe');
      }
  });
});
