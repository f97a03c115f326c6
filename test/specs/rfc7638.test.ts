// RFC 7638: JWK Thumbprint.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { exportJwk, exportPrivateJwk, importKey, type Jwk, thumbprint } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { changeCharacter } from '../support/flip.ts';
import { asymmetricAlgorithms, hmacAlgorithms, keyPair, secretBytes } from '../support/keys.ts';
import { ownKey, vectors } from '../support/vectors.ts';

const HASHES = ['sha256', 'sha384', 'sha512'] as const;
const digest = (text: string, hash: string) => createHash(hash).update(text, 'utf8').digest('base64url');

describe.each(vectors('rfc7638', 'thumbprint'))('$ref', ({ jwk, canonical, thumbprint: printed }) => {
  test('the thumbprint of the JWK and of the Key are the printed one', () => {
    expect(digest(canonical, 'sha256')).toBe(printed);
    expect([thumbprint(jwk), thumbprint(importKey(jwk)), thumbprint(importKey(jwk), 'sha256')]).toEqual([
      printed,
      printed,
      printed,
    ]);
  });

  test.each(Object.keys(JSON.parse(canonical)))('another %s gives another thumbprint, or is no key', (member) => {
    const twin = { ...jwk, [member]: changeCharacter(String(jwk[member])) };
    const code = codeOf(() => thumbprint(twin));
    if (code === null) expect(thumbprint(twin)).not.toBe(printed);
    else expect(code).toMatch(/^ERR_J/);
  });
});

describe('section 3', () => {
  test('the input is the required members alone, in code-point order, without white space [7638-3-1]', () => {
    const { n, e } = ownKey('RSA public');
    const shuffled = { kid: '2011', n, use: 'sig', kty: 'RSA', e };
    expect(thumbprint(shuffled)).toBe(digest(`{"e":"${e}","kty":"RSA","n":"${n}"}`, 'sha256'));
  });

  test('its UTF-8 octets are hashed, with SHA-256 unless another hash is named [7638-3-2]', () => {
    const { crv, kty, x, y } = ownKey('P-256 public');
    const input = JSON.stringify({ crv, kty, x, y });
    expect(thumbprint(ownKey('P-256 public'))).toBe(digest(input, 'sha256'));
    for (const hash of HASHES) expect(thumbprint(ownKey('P-256 public'), hash)).toBe(digest(input, hash));
    expect(codeOf(() => thumbprint(ownKey('P-256 public'), 'sha1' as 'sha256'))).toBe('TypeError');
  });

  const members: readonly (readonly [string, string, readonly string[]])[] = [
    ['EC: crv, kty, x, y [7638-3.2-1]', 'P-521 public', ['crv', 'kty', 'x', 'y']],
    ['RSA: e, kty, n [7638-3.2-2]', 'RSA public', ['e', 'kty', 'n']],
    ['oct: k, kty [7638-3.2-3]', 'oct', ['k', 'kty']],
    ['OKP: crv, kty, x [7638-3.2-4]', 'Ed25519 public', ['crv', 'kty', 'x']],
  ];
  test.each(members)('%s', (_, name, required) => {
    const jwk = ownKey(name);
    const input = JSON.stringify(Object.fromEntries(required.map((member) => [member, jwk[member]])));
    for (const hash of HASHES) expect(thumbprint(jwk, hash)).toBe(digest(input, hash));
    for (const member of required) {
      const { [member]: __, ...rest } = jwk;
      expect(codeOf(() => thumbprint(rest as Jwk))).toMatch(/^ERR_J/);
    }
  });

  test('a private key has the thumbprint of its public key [7638-3.2.1-1]', () => {
    for (const alg of asymmetricAlgorithms) {
      const { privateKey, publicKey } = keyPair(alg);
      const all = [privateKey, publicKey, exportJwk(publicKey), exportPrivateJwk(privateKey)].map((each) =>
        thumbprint(each),
      );
      expect(new Set(all).size, alg).toBe(1);
    }
  });

  test('optional members change nothing [7638-3.2.2-1]', () => {
    for (const name of ['P-256 public', 'RSA public', 'Ed25519 public']) {
      const jwk = ownKey(name);
      const more = { ...jwk, kid: 'x', use: 'sig', key_ops: ['verify'], x5t: 'AA', ext: true, unknown: { a: 1 } };
      expect(thumbprint(more)).toBe(thumbprint(jwk));
      expect(thumbprint(importKey(jwk, { kid: 'other' }))).toBe(thumbprint(jwk));
    }
    for (const alg of hmacAlgorithms) {
      const jwk = { kty: 'oct', k: Buffer.from(secretBytes(alg)).toString('base64url') };
      expect(thumbprint({ ...jwk, alg, kid: 'x' })).toBe(thumbprint(jwk));
    }
  });

  test('names and values that would need an escape are in no canonical key, so none is written [7638-3.3-1]', () => {
    const jwk = ownKey('Ed25519 public');
    for (const x of [`${jwk.x}"`, `${jwk.x}\\`, `${jwk.x}\u00e9`, `${jwk.x}\n`])
      expect(codeOf(() => thumbprint({ ...jwk, x }))).toBe('ERR_JWK_INVALID');
    expect(codeOf(() => thumbprint({ ...jwk, crv: 'Ed25519"' }))).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('no required member is an object or a number, so there is nothing further to order [7638-3.3-2] [7638-4-1]', () => {
    const jwk = ownKey('RSA public');
    for (const value of [65537, 1e3, { b: 1, a: 2 }, ['AQAB']])
      expect(codeOf(() => thumbprint({ ...jwk, e: value }))).toBe('ERR_JWK_INVALID');
  });
});

test('section 7: only a canonical key has a thumbprint [7638-7-2]', () => {
  const rsa = ownKey('RSA public');
  const ec = ownKey('P-256 public');
  const spellings = [
    { ...rsa, e: 'AAEAAQ' },
    { ...rsa, e: 'AQAB=' },
    { ...rsa, n: `AA${rsa.n}` },
    { ...ec, x: `${ec.x}=` },
    { ...ec, x: `AA${ec.x}` },
    { ...ownKey('oct'), k: 'AB' },
  ];
  for (const jwk of spellings) expect(codeOf(() => thumbprint(jwk))).toBe('ERR_JWK_INVALID');
});
