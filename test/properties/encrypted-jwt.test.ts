// Encrypted and nested tokens by properties: the claims that went in come out, no other string is read in their place, and what
// only decrypts is never taken for what was verified.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createKeyVerifier,
  decryptJwt,
  decryptWith,
  encryptJwe,
  encryptJwt,
  explainJwt,
  isJoseError,
  isVerifiedJwt,
  nestJwt,
  signJwt,
  signNestedJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { b64, type EncryptionKind, encryptionKinds, encsOf, kindOf, partsOf } from '../support/jwe.ts';
import { secretKey } from '../support/keys.ts';

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api', now: NOW } as const;
const SENDER = { ...EXPECTED, sender: null } as const;
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);
const signing = secretKey('HS256');

const name = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !REGISTERED.has(text));
const someClaims = fc
  .dictionary(name, fc.jsonValue({ stringUnit: 'binary' }), { maxKeys: 10 })
  .map((extra) => ({ ...extra, iss: EXPECTED.issuer, aud: EXPECTED.audience }));
const cheap = encryptionKinds.filter(({ alg }) => !/^(PBES2|RSA)/.test(alg));
const aKind = fc.constantFrom(...cheap);
const aMessage = aKind.chain((kind) =>
  fc.record({ kind: fc.constant(kind), enc: fc.constantFrom(...encsOf(kind)), claims: someClaims, zip: fc.boolean() }),
);

/** The claims; `undefined` for a JoseError. Anything else is thrown. */
function claimsOf(read: () => { readonly claims: unknown }): unknown {
  try {
    return JSON.parse(JSON.stringify(read().claims));
  } catch (error) {
    if (isJoseError(error)) return undefined;
    throw error;
  }
}

const readEncrypted = (token: string, { decrypting }: EncryptionKind) =>
  claimsOf(() => decryptJwt(token, decrypting, { ...SENDER, zip: true }));
const readNested = (token: string, { decrypting: decrypt }: EncryptionKind) =>
  claimsOf(() => verifyNestedJwt(token, { decrypt, verify: signing }, { ...EXPECTED, zip: true }));

describe('round trips', () => {
  test('the claims that went in come out, of encrypted and of nested tokens', () => {
    fc.assert(
      fc.property(aMessage, ({ kind, enc, claims, zip }) => {
        const sent = JSON.parse(JSON.stringify({ ...claims, iat: NOW, exp: NOW + 300 }));
        const options = { expiresIn: '5m', now: NOW, enc, zip } as const;
        const encrypted = encryptJwt(claims, kind.encrypting, options);
        const nested = signNestedJwt(claims, { sign: signing, encrypt: kind.encrypting }, options);
        expect(readEncrypted(encrypted, kind)).toEqual(sent);
        expect(readNested(nested, kind)).toEqual(sent);
        expect([readEncrypted(nested, kind), readNested(encrypted, kind)]).toEqual([undefined, undefined]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('no other string is read', () => {
  const edit = fc.oneof(
    fc.record({ at: fc.nat(), bit: fc.nat(7) }).map(({ at, bit }) => (token: string) => {
      const parts = partsOf(token);
      const octets = Buffer.from(parts[at % 5] ?? '', 'base64url');
      if (octets.length === 0) return token;
      const index = Math.floor(at / 5) % octets.length;
      octets[index] = Number(octets[index]) ^ (1 << bit);
      parts[at % 5] = b64(octets);
      return parts.join('.');
    }),
    fc.record({ at: fc.nat(), text: fc.constantFrom('', 'A', '=', '.', ' ', '\n') }).map(
      ({ at, text }) =>
        (token: string) =>
          `${token.slice(0, at % token.length)}${text}${token.slice((at % token.length) + 1)}`,
    ),
    fc.nat().map((at) => (token: string) => token.slice(0, at % token.length)),
  );

  test('bits, characters, truncation', () => {
    fc.assert(
      fc.property(aMessage, fc.array(edit, { minLength: 20, maxLength: 20 }), ({ kind, enc, claims }, edits) => {
        const options = { expiresIn: '5m', now: NOW, enc } as const;
        const encrypted = encryptJwt(claims, kind.encrypting, options);
        const nested = signNestedJwt(claims, { sign: signing, encrypt: kind.encrypting }, options);
        for (const change of edits) {
          if (change(encrypted) !== encrypted) expect(readEncrypted(change(encrypted), kind)).toBeUndefined();
          if (change(nested) !== nested) expect(readNested(change(nested), kind)).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('what anyone can encrypt', () => {
  const { encrypting, decrypting } = kindOf('ECDH-ES on X25519');
  const verifier = createKeyVerifier({
    ...{ issuer: EXPECTED.issuer, audience: EXPECTED.audience, keys: signing, clock: () => NOW },
    decrypt: decryptWith(decrypting, { required: false }),
  });
  const good = { iss: EXPECTED.issuer, aud: EXPECTED.audience, exp: NOW + 60 };
  const signed = signJwt(good, signing, { expiresIn: null, now: NOW });
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constant(JSON.stringify(good)),
    fc
      .array(fc.oneof(fc.string(), fc.constantFrom(...signed.split('.'), 'e30', '')), { maxLength: 6 })
      .map((parts) => parts.join('.')),
    fc
      .dictionary(
        fc.constantFrom('alg', 'typ', 'cty', 'kid', 'crit', 'enc'),
        fc.oneof(fc.jsonValue(), fc.constantFrom('none', 'HS256', 'JWT')),
      )
      .map((header) => `${b64(JSON.stringify(header))}.${signed.split('.')[1]}.${signed.split('.')[2]}`),
  );
  const header = fc.dictionary(
    fc.constantFrom('cty', 'typ', 'kid', 'iss', 'x'),
    fc.constantFrom('JWT', 'jwt', 'application/jwt', 'json', EXPECTED.issuer),
  );

  test('is never verified, by any reader; and each gives a value or a JoseError', () => {
    fc.assert(
      fc.property(content, header, (text, parameters) => {
        fc.pre(text !== signed);
        const token = encryptJwe(new TextEncoder().encode(text), encrypting, { header: { ...parameters } });
        expect(
          claimsOf(() => verifyNestedJwt(token, { decrypt: decrypting, verify: signing }, EXPECTED)),
        ).toBeUndefined();
        expect(claimsOf(() => verifier.verifySync(token))).toBeUndefined();
        const keys = { decrypt: decryptWith(decrypting), verify: signing };
        expect(explainJwt(token, keys, EXPECTED).valid).toBe(false);
        const decrypted = claimsOf(() => {
          const result = decryptJwt(token, decrypting, SENDER);
          expect(isVerifiedJwt(result)).toBe(false);
          return result;
        });
        if (decrypted) expect(decrypted).toMatchObject({ iss: EXPECTED.issuer });
      }),
      { numRuns: 500 },
    );
  });

  test('and the one that is signed is verified, however it is encrypted', () => {
    fc.assert(
      fc.property(aKind, (kind) => {
        const token = nestJwt(signed, kind.encrypting);
        expect(readNested(token, kind)).toEqual({ ...good, iat: NOW });
      }),
      { numRuns: 30 },
    );
  });
});
