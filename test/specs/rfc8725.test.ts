// RFC 8725: JSON Web Token Best Current Practices.
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  importSecret,
  type Jwk,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  signJws,
  signJwt,
  signNestedJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { flipEncoded } from '../support/flip.ts';
import { b64u, compact, flattened, forge, general, keySigner, octets } from '../support/forge.ts';
import { headerOf, kindOf } from '../support/jwe.ts';
import {
  hmacAlgorithms,
  keyPair,
  nodePair,
  secretKey,
  signingKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';
import { ownKey } from '../support/vectors.ts';

const key = secretKey('HS256');
const PAYLOAD = octets('a payload');
const ANYONE = { issuer: null, audience: null, expiry: 'optional', now: 0 } as const;
const CLAIMS_FAILED = 'ERR_JWT_CLAIM_VALIDATION_FAILED';

describe('3.1: algorithms', () => {
  test('the caller says which algorithms there are [8725-3.1-1], and no other is used [8725-3.1-2]', () => {
    for (const alg of supportedAlgorithms) {
      const token = signJwt({}, signingKey(alg), { expiresIn: null, now: 0 });
      const others = SIGNATURE_ALGORITHMS.filter((name) => name !== alg);
      for (const algorithms of [[alg], [...others, alg]])
        expect(codeOf(() => verifyJwt(token, verifyingKey(alg), { ...ANYONE, algorithms }))).toBeNull();
      for (const algorithms of [others, others.slice(0, 1)])
        expect(codeOf(() => verifyJwt(token, verifyingKey(alg), { ...ANYONE, algorithms }))).toBe(
          'ERR_JOSE_ALG_NOT_ALLOWED',
        );
    }
    for (const algorithms of [[], ['none'], ['hs256'], 'HS256', [undefined]]) {
      const options = { ...ANYONE, algorithms } as unknown as typeof ANYONE;
      expect(codeOf(() => verifyJwt('a.b.c', key, options))).toBe('TypeError');
    }
  });

  test('the header names the algorithm that was used [8725-3.1-3]', () => {
    for (const [named, used] of [
      ['RS256', 'PS256'],
      ['PS256', 'RS256'],
      ['RS512', 'RS256'],
    ] as const) {
      const token = compact({ alg: named }, '{}', keySigner(used, nodePair('RS256').privateKey));
      expect(codeOf(() => verifyJwt(token, verifyingKey(named), ANYONE))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    }
    for (const alg of supportedAlgorithms)
      expect(verifyJws(signJws(PAYLOAD, signingKey(alg)), verifyingKey(alg)).header.alg).toBe(alg);
  });

  test('a key is for one algorithm, which is checked at every use [8725-3.1-4]', () => {
    const { publicKey, privateKey } = nodePair('RS256');
    const rsa: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    for (const own of rsa) {
      for (const alg of rsa) {
        const token = compact({ alg }, PAYLOAD, keySigner(alg, privateKey));
        expect(codeOf(() => verifyJws(token, importKey(publicKey, { alg: own })))).toBe(
          alg === own ? null : 'ERR_JOSE_ALG_NOT_ALLOWED',
        );
      }
      expect(codeOf(() => signJws(PAYLOAD, importKey(privateKey, { alg: own }), { header: { alg: 'RS256' } }))).toMatch(
        /^TypeError$/,
      );
    }
  });
});

test('3.2: none is neither written nor read [8725-3.2-2] [8725-3.2-3]', () => {
  expect(SIGNATURE_ALGORITHMS).not.toContain('none');
  expect(codeOf(() => signJws(PAYLOAD, key, { header: { alg: 'none' } }))).toBe('TypeError');
  expect(codeOf(() => verifyJwt(`${b64u({ alg: 'none' })}.${b64u({})}.`, key, ANYONE))).toBe(
    'ERR_JOSE_ALG_NOT_ALLOWED',
  );
});

test('3.3: every signature is validated, and one failure rejects the whole [8725-3.3-1]', () => {
  const good = flattened('HS256', { alg: 'HS256' }, PAYLOAD);
  const bad = { ...good, signature: flipEncoded(good.signature) };
  for (const jws of [general(good, bad), general(bad, good), general(good, good, bad)]) {
    expect(codeOf(() => verifyJwsJson(jws, key))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  }
  const token = forge('HS256', { alg: 'HS256' }, '{}');
  expect(codeOf(() => verifyJwt(token.slice(0, -1), key, ANYONE))).not.toBeNull();
});

test('3.3: of a nested token both layers are validated, each with the caller’s keys and algorithms [8725-3.3-2]', () => {
  const sender = keyPair('ES256');
  const [recipient, other] = [kindOf('A256KW').decrypting, kindOf('A128KW').decrypting];
  const keys = { decrypt: recipient, verify: sender.publicKey };
  const token = signNestedJwt({}, { sign: sender.privateKey, encrypt: recipient }, { expiresIn: null, now: 0 });
  const read = (own: object, expected: object = {}) =>
    codeOf(() => verifyNestedJwt(token, { ...keys, ...own }, { ...ANYONE, ...expected }));
  expect(read({})).toBeNull();
  expect(read({ decrypt: other })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  expect(read({ verify: keyPair('ES384').publicKey })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  expect(read({}, { enc: ['A128GCM'] })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  expect(read({}, { algorithms: ['RS256'] })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
});

describe('3.4: cryptographic inputs', () => {
  const curves: readonly SignatureAlgorithm[] = ['ES256', 'ES384', 'ES512', 'ES256K'];

  test('a point that is not on its curve is refused [8725-3.4-1]', () => {
    for (const alg of curves) {
      const jwk = exportJwk(importKey(exportPrivateJwk(signingKey(alg))).publicKey());
      const zero = b64u(new Uint8Array(Buffer.from(String(jwk.x), 'base64url').length));
      const twins = [
        { x: flipEncoded(String(jwk.x), 'last') },
        { y: flipEncoded(String(jwk.y), 'last') },
        { x: zero },
        { y: zero },
        { x: zero, y: zero },
        { x: jwk.y, y: jwk.x },
      ];
      for (const twin of twins) expect(codeOf(() => importKey({ ...jwk, ...twin }))).toBe('ERR_JWK_INVALID');
    }
  });

  test('a private part that belongs to another public one is refused', () => {
    for (const alg of curves) {
      const jwk = exportPrivateJwk(signingKey(alg));
      expect(codeOf(() => importKey({ ...jwk, d: flipEncoded(String(jwk.d), 'last') }))).toBe('ERR_JWK_INVALID');
    }
  });

  test('small-order points of Ed25519 are refused', () => {
    const jwk = ownKey('Ed25519 public');
    const points = [
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ];
    for (const hex of points)
      expect(codeOf(() => importKey({ ...jwk, x: b64u(Buffer.from(hex, 'hex')) }))).toBe('ERR_JWK_WEAK');
  });
});

test('3.5: a secret is long enough not to be guessed [8725-3.5-1]', () => {
  for (const alg of hmacAlgorithms) {
    for (const secret of ['secret', 'correct horse battery staple', '']) {
      expect(codeOf(() => importSecret(octets(secret), { alg }))).toBe('ERR_JWK_WEAK');
      expect(codeOf(() => importKey({ kty: 'oct', k: b64u(secret), alg }))).toBe('ERR_JWK_WEAK');
    }
    expect(
      codeOf(() =>
        importSecret('a text that is much longer than any hash that there is in this place' as unknown as Uint8Array, {
          alg,
        }),
      ),
    ).toBe('TypeError');
  }
});

test('3.7: UTF-8 is the only encoding of headers and claims [8725-3.7-1]', () => {
  for (const encoding of ['utf16le', 'latin1'] as const) {
    const claims = Buffer.from('{"sub":"é"}', encoding);
    expect(codeOf(() => verifyJwt(forge('HS256', { alg: 'HS256' }, claims), key, ANYONE))).toBe('ERR_JWT_INVALID');
    const header = Buffer.from('{"alg":"HS256","x":"é"}', encoding);
    expect(codeOf(() => verifyJwt(forge('HS256', header, '{}'), key, ANYONE))).toBe('ERR_JWS_INVALID');
  }
  expect(codeOf(() => verifyJwt(forge('HS256', '{"alg":"HS256","x":"é"}', '{"sub":"é"}'), key, ANYONE))).toBeNull();
});

describe('3.8 and 3.9: issuer, subject, audience', () => {
  const code = (claims: object, expected: object) =>
    codeOf(() => verifyJwt(forge('HS256', { alg: 'HS256' }, claims), key, { ...ANYONE, ...expected }));

  test('issuer and audience are stated, or waived by null; leaving them out is no way', () => {
    for (const missing of ['issuer', 'audience']) expect(code({}, { [missing]: undefined })).toBe('TypeError');
  });

  test('a subject that the caller expects is the one in the token [8725-3.8-2]', () => {
    expect([
      code({ sub: 'a' }, { subject: 'a' }),
      code({ sub: 'b' }, { subject: 'a' }),
      code({}, { subject: 'a' }),
    ]).toEqual([null, CLAIMS_FAILED, CLAIMS_FAILED]);
  });

  test('an audience that is missing or foreign is refused [8725-3.9-2]', () => {
    const expected = { issuer: 'i', audience: 'me' };
    expect(code({ iss: 'i', aud: 'me' }, expected)).toBeNull();
    for (const aud of [undefined, 'you', [], ['you']]) expect(code({ iss: 'i', aud }, expected)).toBe(CLAIMS_FAILED);
  });
});

test('3.10: a kid is compared and nothing else: what it holds cannot do anything [8725-3.10-1]', () => {
  for (const kid of ["' OR 1=1 --", '../../../../dev/null', '$(id)', '__proto__', 'constructor', '*)(uid=*']) {
    const token = signJws(PAYLOAD, importKey(ownKey('P-256 private')), { header: { kid } });
    expect(verifyJws(token, importKey(ownKey('P-256 public'))).header.kid).toBe(kid);
  }
});

test('3.11: a type is written without application/ [8725-3.11-1]', () => {
  const token = signJwt({}, key, { expiresIn: null, now: 0, typ: 'secevent+jwt' });
  expect(verifyJwt(token, key, { ...ANYONE, typ: 'application/secevent+jwt' }).header.typ).toBe('secevent+jwt');
  expect(codeOf(() => importKey({ ...(exportJwk(keyPair('ES256').publicKey) as Jwk), alg: 'ES384' }))).toBe(
    'ERR_JWK_INVALID',
  );
});

test('3.11: the type of a nested token is in the inner one [8725-3.11-2]', () => {
  const secret = kindOf('A256KW').encrypting;
  const made = signNestedJwt({}, { sign: key, encrypt: secret }, { expiresIn: null, now: 0, typ: 'at+jwt' });
  expect(headerOf(made)).not.toHaveProperty('typ');
  const read = (typ: string) => verifyNestedJwt(made, { decrypt: secret, verify: key }, { ...ANYONE, typ });
  expect(read('at+jwt').header.typ).toBe('at+jwt');
  expect(codeOf(() => read('JWT'))).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
});
