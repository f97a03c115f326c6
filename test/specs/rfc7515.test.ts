// RFC 7515: JSON Web Signature.
import { createHash, sign, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  generateKey,
  importJwks,
  importKey,
  importSecret,
  JoseError,
  type Key,
  signJws,
  signJwsJson,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { changeCharacter, flipEncoded, PLACES } from '../support/flip.ts';
import {
  b64u,
  compact,
  flattened,
  forge,
  general,
  keySigner,
  macSigner,
  octets,
  privateKeyOf,
  signText,
} from '../support/forge.ts';
import { describeJws, signAsPrinted } from '../support/jws-vector.ts';
import {
  hmacAlgorithms,
  keyPairs,
  nodePair,
  secretKey,
  signingKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';
import { ownCases, ownKey, vector, vectors } from '../support/vectors.ts';

const key = secretKey('HS256');
const PAYLOAD = octets('a payload');
const anyone = { issuer: null, audience: null, expiry: 'optional', now: 0 } as const;

/** The code with which a correctly signed token with this header is refused, or null. */
function headerCode(header: string | object, crit?: readonly string[]): string | null {
  return codeOf(() => verifyJws(forge('HS256', header, PAYLOAD), key, crit ? { crit } : {}));
}

function jsonCode(jws: object | string, keys: Parameters<typeof verifyJwsJson>[1] = key): string | null {
  return codeOf(() => verifyJwsJson(jws, keys));
}

function parts(token: string): [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(parts(token)[0], 'base64url').toString());
}

describe('Appendix A', () => {
  for (const v of vectors('rfc7515', 'jws')) describeJws(v);

  test('A.5: an unsecured JWS is never accepted', () => {
    const { compact: token } = vector('rfc7515', 'jws-unsecured', 'RFC 7515 A.5');
    for (const alg of supportedAlgorithms)
      expect(codeOf(() => verifyJws(token, verifyingKey(alg)))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  describe('A.6 and A.7: JSON serializations', () => {
    const { json, keys } = vector('rfc7515', 'jws-general', 'RFC 7515 A.6');
    const { json: flat } = vector('rfc7515', 'jws-flattened', 'RFC 7515 A.7');
    const set = importJwks({
      keys: keys.map(({ kty, n, e, crv, x, y }, i) =>
        clean({ kty, n, e, crv, x, y, kid: json.signatures[i]?.header?.kid }),
      ),
    });
    const payload = Buffer.from(String(json.payload), 'base64url');

    test('both signatures of the general form hold, each under its own key', () => {
      const verified = verifyJwsJson(json, set);
      expect(Buffer.from(verified.payload)).toEqual(payload);
      expect(verified.signatures.map((s) => s.valid && s.key.kid)).toEqual(json.signatures.map((s) => s.header?.kid));
    });

    test('the flattened form is the second of them', () => {
      expect(Buffer.from(verifyJwsJson(flat, set).payload)).toEqual(payload);
      expect(Buffer.from(verifyJwsJson(JSON.stringify(flat), set).payload)).toEqual(payload);
    });

    test('RS256 signs again to the same signature', () => {
      const [rsa] = keys;
      const [first] = json.signatures;
      if (!rsa || !first) throw new Error('A.6 has two keys and two signatures');
      expect(signAsPrinted(rsa, 'RS256', `${first.protected}.${json.payload}`)).toBe(first.signature);
    });

    test.each(PLACES)('one bit flipped in the %s octet of a part is refused', (place) => {
      for (const member of ['payload', 'protected', 'signature'] as const) {
        const twin = { ...flat, [member]: flipEncoded(String(flat[member]), place) };
        expect(jsonCode(twin, set)).toMatch(/^ERR_/);
        const { payload: content, ...signature } = twin;
        expect(jsonCode({ payload: content, signatures: [json.signatures[0], signature] }, set)).toMatch(/^ERR_/);
      }
      expect(jsonCode({ ...flat, header: { kid: changeCharacter(String(flat.header?.kid)) } }, set)).toBe(
        'ERR_JWKS_NO_MATCHING_KEY',
      );
    });
  });

  test('B: the certificates are base64 with padding, and their thumbprints are those of x5t and x5t#S256 [7515-B-1]', () => {
    const { x5c, derived_x5t: sha1, derived_x5t_S256: sha256 } = vector('rfc7515', 'x5c', 'RFC 7515 Appendix B');
    const digest = (hash: string) =>
      x5c.map((text) => createHash(hash).update(Buffer.from(text, 'base64')).digest('base64url'));
    expect([digest('sha1'), digest('sha256')]).toEqual([sha1, sha256]);
    const certificate = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
    expect(importKey(certificate.toString()).alg).toBe('RS256');
  });

  test('C: the octets of the appendix [7515-C-1]', () => {
    const { octets: bytes, encoded } = vector('rfc7515', 'base64url', 'RFC 7515 Appendix C');
    expect(parts(signJws(Uint8Array.from(bytes), key))[1]).toBe(encoded);
  });

  test('F: a detached payload is put back before it is verified [7515-F-1]', () => {
    const token = signJws(PAYLOAD, key, { detached: true });
    expect(parts(token)[1]).toBe('');
    expect(Buffer.from(verifyJws(token, key, { payload: PAYLOAD }).payload)).toEqual(Buffer.from(PAYLOAD));
    expect(codeOf(() => verifyJws(token, key, { payload: octets('another') }))).toBe(
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    );
    expect(codeOf(() => verifyJws(token, key))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expect(codeOf(() => verifyJws(signJws(PAYLOAD, key), key, { payload: PAYLOAD }))).toBe('ERR_JWS_INVALID');
    const json = signJwsJson(PAYLOAD, [{ key }], { flattened: true, detached: true });
    expect(Object.keys(json)).not.toContain('payload');
    expect(codeOf(() => verifyJwsJson(json, key, { payload: PAYLOAD }))).toBeNull();
  });
});

describe('cases made here', () => {
  const jwk = ownKey('oct');
  const own = importKey(jwk);
  const signer = macSigner('HS256', Buffer.from(String(jwk.k), 'base64url'));

  test.each(ownCases('header'))('header: $tries', ({ header, crit, code }) => {
    const token = compact(header, PAYLOAD, signer);
    expect(codeOf(() => verifyJws(token, own, crit ? { crit } : {}))).toBe(code);
    expect(codeOf(() => verifyJwsJson(asFlattened(token), own, crit ? { crit } : {}))).toBe(code);
  });

  test.each(ownCases('compact'))('compact: $tries', ({ token, code }) => {
    const [h, p, s] = parts(compact('{"alg":"HS256"}', '{"iss":"joe"}', signer));
    const filled = token.replaceAll('{h}', h).replaceAll('{p}', p).replaceAll('{s}', s);
    expect(codeOf(() => verifyJws(filled, own))).toBe(code);
  });
});

describe('section 2: terms', () => {
  test('all parts are written in the URL-safe alphabet, with nothing else [7515-2-1] [7515-5.1-2] [7515-5.1-4] [7515-5.1-6]', () => {
    for (const alg of supportedAlgorithms) {
      for (let length = 0; length < 4; length++) {
        const payload = new Uint8Array(length).fill(0xff);
        const token = signJws(payload, signingKey(alg), { header: { note: '~~~???>>>' } });
        expect(token).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$/);
        expect([...Buffer.from(parts(token)[1], 'base64url')]).toEqual([...payload]);
        expect(headerOf(token)).toEqual({ alg, note: '~~~???>>>' });
      }
    }
  });

  test('zero octets are the empty string, both ways [7515-2-2]', () => {
    const token = signJws(new Uint8Array(), key);
    expect(parts(token)[1]).toBe('');
    expect(verifyJws(token, key).payload).toHaveLength(0);
  });

  test('the signature covers the received text, not a re-serialisation of it [7515-2-3] [7515-5.2-8a]', () => {
    const received = '{ "typ" : "x" ,\r\n "alg" : "\\u0048S256" }';
    expect(headerCode(received)).toBeNull();
    const [, payload, signature] = parts(forge('HS256', received, PAYLOAD));
    const rewritten = `${b64u(JSON.stringify(JSON.parse(received)))}.${payload}.${signature}`;
    expect(codeOf(() => verifyJws(rewritten, key))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('a payload is any octets at all [7515-2-4]', () => {
    for (const payload of [
      Uint8Array.of(0xff, 0xfe, 0),
      octets('{"a":1,"a":2}'),
      octets('null'),
      new Uint8Array(70_000),
    ]) {
      expect(Buffer.from(verifyJws(signJws(payload, key), key).payload)).toEqual(Buffer.from(payload));
    }
  });

  test('the compact form has no unprotected header, and there is no way to ask for one [7515-2-5] [7515-7.1-1] [7515-3.1-1]', () => {
    const options = { unprotected: { kid: '1' } };
    expect(codeOf(() => signJws(PAYLOAD, key, options as object))).toBe('TypeError');
    const token = forge('HS256', { alg: 'HS256', kid: 'k' }, PAYLOAD);
    expect(verifyJws(token, key).header).toEqual({ alg: 'HS256', kid: 'k' });
    expect(codeOf(() => verifyJws(`${token}.${b64u({ kid: '2' })}`, key))).toBe('ERR_JWS_INVALID');
  });

  test('StringOrURI values are compared as they stand [7515-2-6]', () => {
    const token = signJwt({ iss: 'https://Issuer.example/%7Ea' }, key, { expiresIn: null, now: 0 });
    const verify = (issuer: string) => codeOf(() => verifyJwt(token, key, { ...anyone, issuer }));
    expect(verify('https://Issuer.example/%7Ea')).toBeNull();
    for (const other of [
      'https://issuer.example/%7Ea',
      'https://Issuer.example/~a',
      'https://Issuer.example/%7ea',
      'https://Issuer.example/%7Ea/',
    ]) {
      expect(verify(other)).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    }
  });
});

describe('section 4: the JOSE Header', () => {
  test('parameter names are written once [7515-4-1]', () => {
    expect(codeOf(() => signJws(PAYLOAD, key, { header: { alg: 'HS512' } }))).toBe('TypeError');
    expect(codeOf(() => signJwsJson(PAYLOAD, [{ key, header: { a: 1 }, unprotected: { a: 1 } }]))).toBe('TypeError');
    expect(codeOf(() => signJwsJson(PAYLOAD, [{ key, unprotected: { alg: 'HS256' } }]))).toBe('TypeError');
  });

  test('parameter names are read once [7515-4-2] [7515-5.2-4b] [7515-10.12-2]', () => {
    for (const header of [
      '{"alg":"HS256","alg":"HS256"}',
      '{"alg":"none","alg":"HS256"}',
      '{"alg":"HS256","\\u0061lg":"HS256"}',
      '{"alg":"HS256","x":1,"x":1}',
    ]) {
      expect(headerCode(header)).toBe('ERR_JWS_INVALID');
    }
  });

  test('alg and crit are understood, and decide [7515-4-3] [7515-4.1.1-2] [7515-4.1.11-9]', () => {
    expect(headerCode({ alg: 'HS384' })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(headerCode({ alg: 'HS256', ext: 1, crit: ['ext'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('every other parameter is passed on without being judged [7515-4-4] [7515-4-5]', () => {
    const header = {
      alg: 'HS256',
      jku: 'http://127.0.0.1:1/',
      x5u: 'not a URL',
      x5t: '=',
      'x5t#S256': 7,
      x5c: {},
      jwk: { kty: 'oct' },
      anything: [null],
    };
    expect(verifyJws(forge('HS256', header, PAYLOAD), key).header).toEqual(header);
    expect(headerCode({ ...header, crit: ['anything'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('alg must be there [7515-4.1.1-1] [7515-5.2-5]', () => {
    for (const header of [{}, { typ: 'JWT' }, { Alg: 'HS256' }, { ALG: 'HS256' }])
      expect(headerCode(header)).toBe('ERR_JWS_INVALID');
    expect(jsonCode(flattened('HS256', {}, PAYLOAD, { kid: '1' }))).toBe('ERR_JWS_INVALID');
  });

  test('an algorithm that is unknown, or for which the signer has no key, validates nothing [7515-4.1.1-3]', () => {
    expect(headerCode({ alg: 'XS256' })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const set = importJwks({ keys: [{ ...ownKey('P-256 public'), kid: '1' }] });
    const token = forge('ES384', { alg: 'ES384', kid: '1' }, PAYLOAD);
    expect(codeOf(() => verifyJws(token, set))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    for (const signer of supportedAlgorithms) {
      const foreign = forge(signer, { alg: signer }, PAYLOAD);
      for (const alg of supportedAlgorithms) {
        if (alg !== signer && !isSameEdwards(alg, signer)) {
          expect(
            codeOf(() => verifyJws(foreign, verifyingKey(alg))),
            `${signer} under ${alg}`,
          ).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
        }
      }
    }
  });

  test('alg is a string and compared to the letter [7515-4.1.1-4]', () => {
    for (const alg of [256, null, ['HS256'], { HS256: 1 }, true]) expect(headerCode({ alg })).toBe('ERR_JWS_INVALID');
    for (const alg of ['hs256', 'Hs256', 'HS256 ', 'HS256\0', '\uff28S256', ''])
      expect(headerCode({ alg })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('kid is a case-sensitive string [7515-4.1.4-1], a hint that selects by equality [7515-4.1.4-2]', () => {
    for (const kid of [1, null, ['1'], {}]) expect(headerCode({ alg: 'HS256', kid })).toBe('ERR_JWS_INVALID');
    const set = importJwks({ keys: [{ ...ownKey('P-256 public'), kid: 'Key' }] });
    const token = (kid: string) => signJws(PAYLOAD, importKey(ownKey('P-256 private')), { header: { kid } });
    expect(codeOf(() => verifyJws(token('Key'), set))).toBeNull();
    for (const kid of ['key', 'KEY', 'Key ', ''])
      expect(codeOf(() => verifyJws(token(kid), set))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('the JWS layer leaves typ and cty to the application [7515-4.1.9-1] [7515-4.1.10-1]', () => {
    for (const value of ['JWT', 'jwt', 'application/x', '???', '']) {
      expect(verifyJws(forge('HS256', { alg: 'HS256', typ: value, cty: value }, PAYLOAD), key).header).toMatchObject({
        typ: value,
        cty: value,
      });
    }
  });

  test('typ without a slash is a type of application/ [7515-4.1.9-3], compared without regard to case [7515-4.1.9-4]', () => {
    const verify = (typ: string, expected: string) =>
      codeOf(() => verifyJwt(forge('HS256', { alg: 'HS256', typ }, '{}'), key, { ...anyone, typ: expected }));
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/at+JWT']) {
      expect(verify(typ, 'at+jwt')).toBeNull();
      expect(verify(typ, 'application/at+jwt')).toBeNull();
    }
    for (const typ of ['JWT', 'text/at+jwt', 'application/application/at+jwt', 'at+jw']) {
      expect(verify(typ, 'at+jwt')).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    }
  });

  test('cty without a slash is a type of application/, where the JWT layer uses it [7515-4.1.10-3]', () => {
    for (const cty of ['JWT', 'jwt', 'application/JWT', 'Application/jwt']) {
      expect(codeOf(() => verifyJwt(forge('HS256', { alg: 'HS256', cty }, '{}'), key, anyone))).toBe(
        'ERR_JOSE_NOT_SUPPORTED',
      );
    }
    for (const cty of ['json', 'text/jwt'])
      expect(codeOf(() => verifyJwt(forge('HS256', { alg: 'HS256', cty }, '{}'), key, anyone))).toBeNull();
  });
});

describe('section 4.1.11: crit', () => {
  const use = { alg: 'HS256', exp: 1, nbf: 2 };

  test('is an array of strings [7515-4.1.11-1]', () => {
    for (const crit of ['exp', null, { 0: 'exp' }, [1], [null], [['exp']], true])
      expect(headerCode({ ...use, crit })).toBe('ERR_JWS_INVALID');
  });

  test('every listed extension is understood, or the JWS is invalid [7515-4.1.11-2]', () => {
    expect(headerCode({ ...use, crit: ['exp'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(headerCode({ ...use, crit: ['exp'] }, ['exp'])).toBeNull();
    expect(headerCode({ ...use, crit: ['exp', 'nbf'] }, ['exp'])).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(headerCode({ ...use, crit: ['exp'] }, ['EXP'])).toBe('ERR_JOSE_NOT_SUPPORTED');
    const token = forge('HS256', { ...use, crit: ['exp'] }, '{}');
    expect(codeOf(() => verifyJwt(token, key, anyone))).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(jsonCode(flattened('HS256', { ...use, crit: ['exp'] }, PAYLOAD))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  const malformed: readonly (readonly [string, readonly string[]])[] = [
    ['a name of RFC 7515 [7515-4.1.11-3]', ['alg']],
    ['a name twice [7515-4.1.11-4]', ['exp', 'exp']],
    ['a name that the header lacks [7515-4.1.11-5]', ['iat']],
    ['nothing [7515-4.1.11-6]', []],
  ];
  test.each(malformed)('never lists %s [7515-4.1.11-7]', (_, crit) => {
    expect(headerCode({ ...use, crit }, ['exp', 'iat', 'alg'])).toBe('ERR_JWS_INVALID');
    const { alg: __, ...header } = use;
    expect(codeOf(() => signJws(PAYLOAD, key, { header: { ...header, crit } }))).toBe('TypeError');
  });

  test('is integrity protected [7515-4.1.11-8]', () => {
    expect(jsonCode(flattened('HS256', { alg: 'HS256' }, PAYLOAD, { exp: 1, crit: ['exp'] }))).toBe('ERR_JWS_INVALID');
    expect(jsonCode(flattened('HS256', { alg: 'HS256', crit: ['exp'] }, PAYLOAD, { exp: 1 }))).toBe('ERR_JWS_INVALID');
    expect(codeOf(() => signJwsJson(PAYLOAD, [{ key, unprotected: { exp: 1, crit: ['exp'] } }]))).toBe('TypeError');
  });
});

describe('section 5.1: making a JWS', () => {
  test('the signature is that of the signing input by the algorithm that alg states [7515-5.1-5]', () => {
    for (const alg of supportedAlgorithms) {
      const token = signJws(PAYLOAD, signingKey(alg));
      expect(headerOf(token)).toEqual({ alg });
      expect(codeOf(() => verifyJws(token, verifyingKey(alg)))).toBeNull();
    }
    for (const alg of hmacAlgorithms) {
      const token = signJws(PAYLOAD, secretKey(alg));
      expect(token).toBe(forge(alg, { alg }, PAYLOAD));
    }
  });

  test('the JSON form signs once for each signer [7515-5.1-7]', () => {
    const signers = supportedAlgorithms.slice(0, 16).map((alg) => ({ key: signingKey(alg) }));
    const { signatures } = asGeneral(signJwsJson(PAYLOAD, signers));
    expect(signatures).toHaveLength(signers.length);
    signatures.forEach(({ protected: header, signature }, i) => {
      const alg = supportedAlgorithms[i] ?? 'HS256';
      expect(codeOf(() => verifyJws(`${header}.${b64u(PAYLOAD)}.${signature}`, verifyingKey(alg)))).toBeNull();
    });
  });

  test('what is written is header.payload.signature, or the members of section 7.2 [7515-5.1-8]', () => {
    expect(signJws(PAYLOAD, key).split('.')).toHaveLength(3);
    expect(Object.keys(signJwsJson(PAYLOAD, [{ key }])).sort()).toEqual(['payload', 'signatures']);
    expect(Object.keys(signJwsJson(PAYLOAD, [{ key }], { flattened: true })).sort()).toEqual([
      'payload',
      'protected',
      'signature',
    ]);
  });
});

describe('section 5.2: reading a JWS', () => {
  test('a failed step is the end of that signature [7515-5.2-0a]', () => {
    const [header, payload, signature] = parts(signJws(PAYLOAD, key));
    for (const token of [
      `!.${payload}.${signature}`,
      `${header}.!.${signature}`,
      `${header}.${payload}.!`,
      `${b64u('[]')}.${payload}.${signature}`,
    ]) {
      expect(codeOf(() => verifyJws(token, key))).toBe('ERR_JWS_INVALID');
    }
  });

  test('a compact JWS has exactly two dots [7515-5.2-1]', () => {
    const [header, payload, signature] = parts(signJws(PAYLOAD, key));
    for (const dots of [0, 1, 3, 4, 5, 6]) {
      const token = [header, payload, signature, '', 'AA', '', 'AA'].slice(0, dots + 1).join('.');
      expect(
        codeOf(() => verifyJws(token, key)),
        `${dots} dots`,
      ).toBe('ERR_JWS_INVALID');
    }
  });

  test.each([
    ['header [7515-5.2-2]', 0],
    ['payload [7515-5.2-6]', 1],
    ['signature [7515-5.2-7]', 2],
  ])('no line break, space or other character in the %s', (_, part) => {
    const original = parts(signJws(PAYLOAD, key));
    for (const extra of [' ', '\n', '\r\n', '\t', '=', '+', '/', '\0', '\u00e9', '\ufeff']) {
      for (const at of [0, 5, original[part]?.length ?? 0]) {
        const token = original
          .map((text, i) => (i === part ? text.slice(0, at) + extra + text.slice(at) : text))
          .join('.');
        expect(codeOf(() => verifyJws(token, key))).toBe('ERR_JWS_INVALID');
      }
    }
  });

  test('the header is one whole JSON object in UTF-8 [7515-5.2-3] [7515-10.12-1] [7515-10.12-3]', () => {
    const others = [
      '',
      ' ',
      '[]',
      '[{"alg":"HS256"}]',
      '"alg"',
      '1',
      'null',
      'true',
      '{"alg":"HS256"',
      '{"alg":"HS256"}ABCD',
      '{"alg":"HS256"}{}',
      '{"alg":"HS256",}',
      "{'alg':'HS256'}",
    ];
    for (const header of others) expect(headerCode(header), header).toBe('ERR_JWS_INVALID');
    const notUtf8 = Buffer.from('{"alg":"HS256","x":"é"}', 'latin1');
    expect(codeOf(() => verifyJws(forge('HS256', notUtf8, PAYLOAD), key))).toBe('ERR_JWS_INVALID');
  });

  test('the JSON form takes the union of both headers [7515-5.2-4a] [7515-3.2-1]', () => {
    const both = flattened('HS256', { alg: 'HS256', a: 1 }, PAYLOAD, { b: 2 });
    const [outcome] = verifyJwsJson(both, key).signatures;
    expect(outcome).toMatchObject({ valid: true, protected: { alg: 'HS256', a: 1 }, unprotected: { b: 2 } });
    expect(jsonCode(flattened('HS256', undefined, PAYLOAD, { alg: 'HS256' }))).toBeNull();
    for (const header of ['x', 1, null, [], true])
      expect(jsonCode(flattened('HS256', { alg: 'HS256' }, PAYLOAD, header))).toBe('ERR_JWS_INVALID');
  });

  test('no name is both protected and unprotected [7515-5.2-4c] [7515-7.2.1-8]', () => {
    for (const shared of [{ alg: 'HS256' }, { kid: '1' }, { x: 1 }]) {
      expect(jsonCode(flattened('HS256', { alg: 'HS256', kid: '1', x: 1 }, PAYLOAD, shared))).toBe('ERR_JWS_INVALID');
    }
  });

  test('the algorithm used is the one that alg states [7515-5.2-8b]', () => {
    const { privateKey } = nodePair('RS256');
    const mislabelled = compact({ alg: 'RS256' }, PAYLOAD, keySigner('PS256', privateKey));
    expect(codeOf(() => verifyJws(mislabelled, verifyingKey('RS256')))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    const honest = compact({ alg: 'PS256' }, PAYLOAD, keySigner('PS256', privateKey));
    expect(codeOf(() => verifyJws(honest, verifyingKey('RS256')))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(codeOf(() => verifyJws(honest, verifyingKey('PS256')))).toBeNull();
  });

  describe('with several signatures', () => {
    const es256 = keyPairs.ES256;
    const good = flattened('ES256', { alg: 'ES256' }, PAYLOAD);
    const bad = { ...good, signature: flipEncoded(good.signature) };

    test('each is checked [7515-5.2-9], and the caller is told which held [7515-5.2-10b]', () => {
      const { signatures } = verifyJwsJson(general(bad, good, bad), es256.publicKey, { require: 'any' });
      expect(signatures.map(({ valid }) => valid)).toEqual([false, true, false]);
      const [failed, held] = signatures;
      expect(failed).toMatchObject({ valid: false, error: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' } });
      expect(failed && !failed.valid && failed.error).toBeInstanceOf(JoseError);
      expect(held).toMatchObject({ valid: true, protected: { alg: 'ES256' }, key: es256.publicKey });
    });

    test('the caller decides which must hold, but one must [7515-5.2-0b] [7515-5.2-10a]', () => {
      const verify = (jws: object, require: 'any' | 'all') =>
        codeOf(() => verifyJwsJson(jws, es256.publicKey, { require }));
      expect([verify(general(good, good), 'all'), verify(general(good, bad), 'any')]).toEqual([null, null]);
      expect(verify(general(good, bad), 'all')).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      for (const require of ['any', 'all'] as const) {
        expect(verify(general(bad, bad), require)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
        expect(verify({ payload: good.payload, signatures: [] }, require)).toBe('ERR_JWS_INVALID');
      }
    });
  });

  test('an algorithm that the caller does not accept makes a good JWS invalid [7515-5.2-11]', () => {
    const token = signJws(PAYLOAD, key);
    expect(codeOf(() => verifyJws(token, key, { algorithms: ['HS256', 'HS512'] }))).toBeNull();
    expect(codeOf(() => verifyJws(token, key, { algorithms: ['HS512'] }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });
});

describe('sections 5.3 and 10.13: comparing strings', () => {
  test('names and values compare after unescaping, code point by code point [7515-5.3-1] [7515-10.13-1]', () => {
    expect(headerCode('{"\\u0061\\u006cg":"\\u0048\\u0053256"}')).toBeNull();
    for (const alg of ['hs256', 'HS\\u0032\\u0035\\u0037', 'h\\u0053256'])
      expect(headerCode(`{"alg":"${alg}"}`)).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    for (const name of ['ALG', 'Alg', '\\u0041lg', 'a\\u200dlg'])
      expect(headerCode(`{"${name}":"HS256"}`)).toBe('ERR_JWS_INVALID');
  });

  test('no normalisation takes place: composed and decomposed are two strings', () => {
    const token = signJwt({ iss: 'Zo\u00eb' }, key, { expiresIn: null, now: 0 });
    expect(codeOf(() => verifyJwt(token, key, { ...anyone, issuer: 'Zo\u00eb' }))).toBeNull();
    expect(codeOf(() => verifyJwt(token, key, { ...anyone, issuer: 'Zoe\u0308' }))).toBe(
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    );
  });

  test('characters beyond the BMP compare right, so that none has to be refused [7515-10.13-2] [7515-10.13-3]', () => {
    const set = importJwks({ keys: [{ ...ownKey('P-256 public'), kid: '\u{1d11e}' }] });
    const signer = keySigner('ES256', privateKeyOf(ownKey('P-256 private')));
    const verify = (kid: string) =>
      codeOf(() => verifyJws(compact(`{"alg":"ES256","kid":"${kid}"}`, PAYLOAD, signer), set));
    expect([verify('\u{1d11e}'), verify('\\ud834\\udd1e'), verify('\\uD834\\uDD1E')]).toEqual([null, null, null]);
    expect([verify('\u{1d11f}'), verify('\\ud834\\udd1f')]).toEqual([
      'ERR_JWKS_NO_MATCHING_KEY',
      'ERR_JWKS_NO_MATCHING_KEY',
    ]);
  });
});

describe('section 6: which key', () => {
  test('an unprotected kid only chooses among keys that are trusted anyway, and is told apart [7515-6-1]', () => {
    const set = importJwks({
      keys: ['1', '2'].map((kid) => ({ ...ownKey(kid === '1' ? 'P-256 public' : 'Ed25519 public'), kid })),
    });
    const signing = importKey(ownKey('P-256 private'));
    const jws = signJwsJson(PAYLOAD, [{ key: signing, unprotected: { kid: '1' } }], { flattened: true });
    const [outcome] = verifyJwsJson(jws, set).signatures;
    expect(outcome).toMatchObject({
      valid: true,
      protected: { alg: 'ES256' },
      unprotected: { kid: '1' },
      key: { kid: '1' },
    });
    for (const kid of ['2', '3']) expect(jsonCode({ ...jws, header: { kid } }, set)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('a made JWS names its key when the key has a name [7515-6-2]', () => {
    expect(headerOf(signJws(PAYLOAD, importSecret(new Uint8Array(32), { alg: 'HS256', kid: 'named' })))).toEqual({
      alg: 'HS256',
      kid: 'named',
    });
  });

  test('no key, no validation [7515-6-3]', () => {
    const token = signJws(PAYLOAD, importKey(ownKey('P-256 private')), { header: { kid: 'absent' } });
    for (const keys of [
      [],
      [{ ...ownKey('P-256 public'), kid: 'other' }],
      [ownKey('P-256 public')],
      [{ kty: 'new' }],
    ]) {
      expect(codeOf(() => verifyJws(token, importJwks({ keys })))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
    for (const nothing of [undefined, null, '', {}, Buffer.alloc(32)]) {
      expect(codeOf(() => verifyJws(token, nothing as unknown as Key))).toBe('TypeError');
    }
  });
});

describe('section 7.2: JSON serializations', () => {
  const flat = flattened('HS256', { alg: 'HS256' }, PAYLOAD, { kid: 'k' });
  const { payload, ...signature } = flat;
  const many = general(flat);
  const without = (member: string, from: object = flat) =>
    Object.fromEntries(Object.entries(from).filter(([name]) => name !== member));

  test('payload, signatures and signature are there and of the right type [7515-7.2.1-1] [7515-7.2.1-2] [7515-7.2.1-5]', () => {
    expect([jsonCode(flat), jsonCode(many)]).toEqual([null, null]);
    for (const wrong of [1, null, {}, [], 'not base64url!']) {
      expect(jsonCode({ ...flat, payload: wrong })).toBe('ERR_JWS_INVALID');
      expect(jsonCode({ ...flat, signature: wrong })).toBe('ERR_JWS_INVALID');
      expect(jsonCode({ payload, signatures: wrong })).toBe('ERR_JWS_INVALID');
      expect(jsonCode({ payload, signatures: [wrong] })).toBe('ERR_JWS_INVALID');
    }
    for (const jws of [without('payload'), without('signature'), without('signatures', many), without('payload', many)])
      expect(jsonCode(jws)).toBe('ERR_JWS_INVALID');
    const made = signJwsJson(PAYLOAD, [{ key }]);
    expect(made).toMatchObject({
      payload: b64u(PAYLOAD),
      signatures: [{ signature: parts(signJws(PAYLOAD, key))[2] }],
    });
  });

  test('protected is absent rather than empty [7515-7.2.1-3]', () => {
    const bare = flattened('HS256', undefined, PAYLOAD, { alg: 'HS256' });
    expect(jsonCode(bare)).toBeNull();
    expect(jsonCode({ ...bare, protected: '' })).toBe('ERR_JWS_INVALID');
    expect(jsonCode(flattened('HS256', '{}', PAYLOAD, { alg: 'HS256' }))).toBe('ERR_JWS_INVALID');
    for (const wrong of [1, null, {}]) expect(jsonCode({ ...bare, protected: wrong })).toBe('ERR_JWS_INVALID');
  });

  test('header is an object, written when there is something in it and otherwise absent [7515-7.2.1-4]', () => {
    const { signatures } = asGeneral(signJwsJson(PAYLOAD, [{ key, unprotected: { a: 1 } }, { key }]));
    expect(signatures.map((each) => each.header)).toEqual([{ a: 1 }, undefined]);
    expect(signatures.map((each) => 'header' in each)).toEqual([true, false]);
    expect(codeOf(() => signJwsJson(PAYLOAD, [{ key, unprotected: {} }]))).toBe('TypeError');
    expect(jsonCode(flattened('HS256', { alg: 'HS256' }, PAYLOAD, {}))).toBe('ERR_JWS_INVALID');
  });

  test('one of protected and header is there, for alg [7515-7.2.1-6]', () => {
    expect(jsonCode({ payload, signature: flat.signature })).toBe('ERR_JWS_INVALID');
    expect(jsonCode({ payload, signatures: [{ signature: flat.signature }] })).toBe('ERR_JWS_INVALID');
  });

  test('unknown members are ignored, outside and inside [7515-7.2.1-7]', () => {
    expect(jsonCode({ ...flat, extra: { any: [1] } })).toBeNull();
    expect(jsonCode({ payload, extra: 1, signatures: [{ ...signature, extra: 2 }] })).toBeNull();
  });

  test('a signature is the one that the compact form would have [7515-7.2.1-9]', () => {
    for (const alg of hmacAlgorithms) {
      const json = signJwsJson(PAYLOAD, [{ key: secretKey(alg), header: { a: 1 } }], { flattened: true });
      const token = signJws(PAYLOAD, secretKey(alg), { header: { a: 1 } });
      expect(json).toEqual(asFlattened(token));
    }
  });

  test('the flattened form has no signatures member [7515-7.2.2-1]', () => {
    expect(jsonCode({ ...flat, signatures: many.signatures })).toBe('ERR_JWS_INVALID');
    expect(jsonCode({ ...flat, signatures: [] })).toBe('ERR_JWS_INVALID');
    expect(Object.keys(signJwsJson(PAYLOAD, [{ key }], { flattened: true }))).not.toContain('signatures');
  });

  test('otherwise it is treated exactly like the general one [7515-7.2.2-2]', () => {
    const cases = [
      flat,
      { ...flat, signature: flipEncoded(flat.signature) },
      { ...flat, header: { alg: 'HS256' } },
      { ...flat, protected: 'e30' },
      flattened('HS256', { alg: 'HS256', x: 1, crit: ['x'] }, PAYLOAD),
    ];
    for (const each of cases) expect(jsonCode(general(each))).toBe(jsonCode(each));
  });
});

describe('section 10: security', () => {
  test('keys are made by the runtime with the strength of their algorithm [7515-10.1-1]', async () => {
    for (const alg of hmacAlgorithms) {
      const bits = Number(alg.slice(2));
      const made = await Promise.all([generateKey(alg), generateKey(alg)]);
      const tokens = made.map((each) => parts(signJws(PAYLOAD, each, { header: { kid: 'same' } }))[2]);
      expect(new Set(tokens).size).toBe(2);
      expect(codeOf(() => importSecret(new Uint8Array(bits / 8 - 1).fill(1), { alg }))).toBe('ERR_JWK_WEAK');
    }
  });

  test('the hash inside an RSA signature is that of alg [7515-10.6-1]', () => {
    const { privateKey } = nodePair('RS256');
    for (const hash of ['sha1', 'sha384', 'sha512']) {
      const token = signText(`${b64u({ alg: 'RS256' })}.${b64u(PAYLOAD)}`, (input) => sign(hash, input, privateKey));
      expect(codeOf(() => verifyJws(token, verifyingKey('RS256')))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    }
  });

  test('alg may stand unprotected only because the key fixes it [7515-10.7-1]', () => {
    const rs256 = flattened('RS256', undefined, PAYLOAD, { alg: 'RS256' });
    expect(jsonCode(rs256, verifyingKey('RS256'))).toBeNull();
    for (const alg of ['PS256', 'RS512', 'HS256', 'none']) {
      expect(jsonCode({ ...rs256, header: { alg } }, verifyingKey('RS256'))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });
});

function asFlattened(token: string): { protected: string; payload: string; signature: string } {
  const [header, payload, signature] = parts(token);
  return { protected: header, payload, signature };
}

function asGeneral(jws: ReturnType<typeof signJwsJson>): {
  signatures: readonly { protected?: string; header?: unknown; signature: string }[];
} {
  if (!('signatures' in jws)) throw new Error('not the general form');
  return jws;
}

/** RFC 9864: EdDSA and the fully specified names are two names of one operation. */
function isSameEdwards(a: string, b: string): boolean {
  return [a, b].every((alg) => alg.startsWith('Ed'));
}

function clean(members: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
