// RFC 9278: JWK Thumbprint URI.
import { describe, expect, test } from 'vitest';
import { thumbprint, thumbprintUri } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { changeCharacter } from '../support/flip.ts';
import { ownKey, vectors } from '../support/vectors.ts';

test.each(vectors('rfc7638', 'thumbprint-uri'))(
  '$ref: the URI of the example, and another for another key',
  ({ jwk, uri }) => {
    expect(thumbprintUri(jwk)).toBe(uri);
    expect(thumbprintUri({ ...jwk, n: changeCharacter(String(jwk.n)) })).not.toBe(uri);
  },
);

describe('sections 3 to 5', () => {
  const jwk = ownKey('P-256 public');

  test('the URI is the prefix, the name of the hash, and the thumbprint [9278-3-1]', () => {
    expect(thumbprintUri(jwk, 'sha512')).toBe(
      `urn:ietf:params:oauth:jwk-thumbprint:sha-512:${thumbprint(jwk, 'sha512')}`,
    );
  });

  test('a hash has its name of the IANA registry, and there is no other [9278-4-1]', () => {
    const names = (['sha256', 'sha384', 'sha512'] as const).map((hash) => thumbprintUri(jwk, hash).split(':')[5]);
    expect(names).toEqual(['sha-256', 'sha-384', 'sha-512']);
    for (const hash of ['md5', 'sha1', 'sha-256', 'SHA256', 'toString'])
      expect(codeOf(() => thumbprintUri(jwk, hash as 'sha256'))).toBe('TypeError');
  });

  test('sha-256 is there, and is the default [9278-5-1]', () => {
    expect(thumbprintUri(jwk)).toBe(thumbprintUri(jwk, 'sha256'));
    expect(thumbprintUri(jwk)).toContain(':sha-256:');
  });
});
