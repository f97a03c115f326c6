// The tests every published compact JWS goes through: it verifies, each twin with one changed bit does not, and
// signing again gives the very same signature, or where signing is randomised another one that verifies.
import { describe, expect, test } from 'vitest';
import {
  importKey,
  isAlgorithmSupported,
  type Jwk,
  type Key,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { signWithKey } from '../../src/jws/sign.ts';
import { codeOf } from './code.ts';
import { flipEncoded, PLACES } from './flip.ts';
import type { JwsVector } from './vectors.ts';

/** The two keys of a vector; for a secret they are one. */
export function vectorKeys(jwk: Jwk, alg: SignatureAlgorithm): { readonly signing: Key; readonly verifying: Key } {
  const signing = importKey(jwk, { alg });
  return { signing, verifying: signing.type === 'secret' ? signing : signing.publicKey() };
}

/** Signs a signing input exactly as it is printed, which signJws cannot: it writes its own header. */
export function signAsPrinted(jwk: Jwk, alg: SignatureAlgorithm, input: string): string {
  return signWithKey(importKey(jwk, { alg }), input);
}

/** Registers the tests of one vector; `ids` are the requirements that all of them together prove. */
export function describeJws(v: JwsVector, ids = ''): void {
  describe(`${v.ref}: ${v.title}`, () => {
    if (!isAlgorithmSupported(v.alg)) {
      test(`this runtime has no ${v.alg} and says so`, () => {
        expect(codeOf(() => importKey(v.key))).toBe('ERR_JOSE_NOT_SUPPORTED');
      });
      return;
    }
    const { signing, verifying } = vectorKeys(v.key, v.alg);
    const payload = Buffer.from(v.payload_hex, 'hex');

    test('is printed consistently', () => {
      expect(Buffer.from(v.protected).toString('base64url')).toBe(v.protected_b64u);
      expect(payload.toString('base64url')).toBe(v.payload_b64u);
      expect(v.signing_input).toBe(`${v.protected_b64u}.${v.payload_b64u}`);
      expect(v.compact).toBe(`${v.signing_input}.${v.signature_b64u}`);
    });

    test(`verifies ${ids}`.trim(), () => {
      const verified = verifyJws(v.compact, verifying);
      expect(Buffer.from(verified.payload)).toEqual(payload);
      expect(verified.header).toEqual(JSON.parse(v.protected));
      expect(verified.key).toBe(verifying);
    });

    test.each(PLACES)('one bit flipped in the %s octet of a part is refused', (place) => {
      const { protected_b64u: header, payload_b64u: content, signature_b64u: signature } = v;
      expect(codeOf(() => verifyJws(`${flipEncoded(header, place)}.${content}.${signature}`, verifying))).toMatch(
        /^ERR_/,
      );
      const twins = [
        `${header}.${flipEncoded(content, place)}.${signature}`,
        `${header}.${content}.${flipEncoded(signature, place)}`,
      ];
      for (const twin of twins)
        expect(codeOf(() => verifyJws(twin, verifying))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    });

    test(
      v.deterministic
        ? 'signing again gives the same signature'
        : 'signing again gives another signature that verifies',
      () => {
        const signature = signAsPrinted(v.key, v.alg, v.signing_input);
        expect(signature === v.signature_b64u).toBe(v.deterministic);
        expect(Buffer.from(verifyJws(`${v.signing_input}.${signature}`, verifying).payload)).toEqual(payload);
        const { alg: _, ...header } = JSON.parse(v.protected);
        const token = signJws(payload, signing, { header });
        expect(Buffer.from(verifyJws(token, verifying).payload)).toEqual(payload);
      },
    );
  });
}
