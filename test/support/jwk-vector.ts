// The tests every published JWK goes through: it imports as what it is, and each twin with one character of one member
// changed is refused, or is visibly another key.
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  importKey,
  type Jwk,
  type SignatureAlgorithm,
  thumbprint,
} from '../../src/index.ts';
import { codeOf } from './code.ts';
import { changeCharacter } from './flip.ts';
import type { JwkVector } from './vectors.ts';

/** oct keys have no default algorithm. */
export function algFor(jwk: Jwk): { alg?: SignatureAlgorithm } {
  return jwk.kty === 'oct' && jwk.alg === undefined ? { alg: 'HS256' } : {};
}

/** Registers the tests of one vector; `ids` are the requirements that all of them together prove. */
export function describeJwk({ ref, jwk, type }: Pick<JwkVector, 'ref' | 'jwk' | 'type'>, ids = ''): void {
  const options = algFor(jwk);
  describe(`${ref}: ${jwk.kty} ${type} key`, () => {
    test(`imports, and exports to the same members ${ids}`.trim(), () => {
      const key = importKey(jwk, options);
      expect(key.type).toBe(type);
      expect(key.kid).toBe(jwk.kid);
      const exported = type === 'public' ? exportJwk(key) : exportPrivateJwk(key);
      const { x5c: _, use: __, ...members } = jwk;
      expect(exported).toMatchObject(members);
    });

    test.each(Object.keys(jwk).filter((member) => typeof jwk[member] === 'string'))(
      'one character of %s changed is noticed',
      (member) => {
        const twin = { ...jwk, [member]: changeCharacter(String(jwk[member])) };
        const code = codeOf(() => importKey(twin, options));
        const mustFail = type === 'private' && !['kid'].includes(member);
        if (mustFail || code !== null) expect(code).toMatch(/^ERR_(JWK_INVALID|JWK_WEAK|JOSE_NOT_SUPPORTED)$/);
        else expect([importKey(twin, options).kid, thumbprint(twin)]).not.toEqual([jwk.kid, thumbprint(jwk)]);
      },
    );
  });
}
