// Lucidity: every key against every operation. Only the diagonal passes, and each refusal says the right thing:
// the caller's mistake is a TypeError, the token's or the key's is a JoseError with its code.
// One equivalence stands beside the diagonal: EdDSA and the fully-specified name of its curve (RFC 9864 §2.2).

import { describe, expect, test } from 'vitest';
import {
  DecryptionKeys,
  decryptJwe,
  decryptJweJson,
  decryptJwt,
  decryptWith,
  encryptJwe,
  encryptJweJson,
  encryptJwt,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  importJwks,
  importKey,
  importSecret,
  isVerifiedJwt,
  type Key,
  type KeySet,
  nestJwt,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  signJws,
  signJwsJson,
  signJwt,
  signNestedJwt,
  VerifiedJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../src/index.ts';
import { codeOf } from './support/code.ts';
import { signerOf } from './support/forge.ts';
import { encryptionKinds } from './support/jwe.ts';
import {
  asymmetricAlgorithms,
  isHmac,
  nodePair,
  secretBytes,
  signingKey,
  supportedAlgorithms,
  verifyingKey,
} from './support/keys.ts';

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'i', audience: 'a', now: NOW } as const;
const CONTENT = new TextEncoder().encode('content');
const CLAIMS = { iss: 'i', aud: 'a', exp: NOW + 60 };

/** One kind of key: what it signs with, what verifies it, and every header alg that names its operation. */
interface Kind {
  readonly label: string;
  readonly alg: SignatureAlgorithm;
  readonly names: readonly SignatureAlgorithm[];
  readonly signer: Key;
  readonly verifier: Key;
}

const NAMES: Partial<Record<SignatureAlgorithm, readonly SignatureAlgorithm[]>> = {
  EdDSA: ['EdDSA', 'Ed25519'],
  Ed25519: ['Ed25519', 'EdDSA'],
  Ed448: ['Ed448', 'EdDSA'],
};

function kind(alg: SignatureAlgorithm): Kind {
  return { label: alg, alg, names: NAMES[alg] ?? [alg], signer: signingKey(alg), verifier: verifyingKey(alg) };
}

function edwards448(): Kind {
  const { privateKey, publicKey } = nodePair('Ed448');
  const [signer, verifier] = [privateKey, publicKey].map((key) => importKey(key, { alg: 'EdDSA' })) as [Key, Key];
  return { label: 'EdDSA on Ed448', alg: 'EdDSA', names: ['EdDSA', 'Ed448'], signer, verifier };
}

const KINDS: readonly Kind[] = [...supportedAlgorithms.map(kind), edwards448()];
const asymmetric = KINDS.filter(({ alg }) => !isHmac(alg));
const rows = (kinds: readonly Kind[]) => kinds.map((row) => [row.label, row] as const);

/** Whether two kinds hold the same operation on the same curve, hence (in this suite) the same key material. */
function same(a: Kind, b: Kind): boolean {
  return a === b || (a.names.length > 1 && a.names.some((name) => name !== 'EdDSA' && b.names.includes(name)));
}

describe('the type of a key', () => {
  test.each(rows(KINDS))('%s: the signing key signs', (_, { signer }) => {
    expect(codeOf(() => signJws(CONTENT, signer))).toBeNull();
    expect(codeOf(() => signJwsJson(CONTENT, [{ key: signer }]))).toBeNull();
    expect(codeOf(() => signJwt(CLAIMS, signer, { expiresIn: null, now: NOW }))).toBeNull();
  });

  test.each(rows(asymmetric))('%s: the public key does not sign', (_, { verifier, signer }) => {
    expect(codeOf(() => signJws(CONTENT, verifier))).toBe('TypeError');
    expect(codeOf(() => signJwsJson(CONTENT, [{ key: signer }, { key: verifier }]))).toBe('TypeError');
    expect(codeOf(() => signJwt(CLAIMS, verifier, { expiresIn: null, now: NOW }))).toBe('TypeError');
  });

  test.each(rows(asymmetric))('%s: the private key does not verify', (_, { signer }) => {
    const token = signJwt(CLAIMS, signer, { expiresIn: null, now: NOW });
    expect(codeOf(() => verifyJws(token, signer))).toBe('TypeError');
    expect(codeOf(() => verifyJwsJson(signJwsJson(CONTENT, [{ key: signer }]), signer))).toBe('TypeError');
    expect(codeOf(() => verifyJwt(token, signer, EXPECTED))).toBe('TypeError');
  });

  test.each(rows(asymmetric))('%s: what each type exports', (_, { signer, verifier }) => {
    expect(codeOf(() => exportJwk(verifier))).toBeNull();
    expect(codeOf(() => exportPem(verifier))).toBeNull();
    expect(codeOf(() => exportPrivateJwk(signer))).toBeNull();
    expect(codeOf(() => exportPrivatePem(signer))).toBeNull();
    expect(codeOf(() => exportPrivateJwk(verifier))).toBe('TypeError');
    expect(codeOf(() => exportPrivatePem(verifier))).toBe('TypeError');
    expect(exportJwk(signer)).toEqual(exportJwk(verifier));
  });

  test.each(rows(KINDS.filter(({ alg }) => isHmac(alg))))('%s: a secret has no public side', (_, { signer }) => {
    expect(codeOf(() => exportJwk(signer))).toBe('TypeError');
    expect(codeOf(() => exportPem(signer))).toBe('TypeError');
    expect(codeOf(() => exportPrivatePem(signer))).toBe('TypeError');
    expect(codeOf(() => signer.publicKey())).toBe('TypeError');
    expect(codeOf(() => exportPrivateJwk(signer))).toBeNull();
  });
});

describe('signed with one, verified with another', () => {
  test.each(rows(KINDS))('a token of %s passes under its own key only', (_, signed) => {
    const token = signJwt(CLAIMS, signed.signer, { expiresIn: null, now: NOW });
    const json = signJwsJson(CONTENT, [{ key: signed.signer }]);
    for (const other of KINDS) {
      const refusal = same(signed, other) ? null : 'ERR_JOSE_ALG_NOT_ALLOWED';
      // EdDSA is one name for two curves: there the name agrees, and the signature is what does not.
      const expected = refusal && other.names.includes(signed.alg) ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' : refusal;
      expect(
        codeOf(() => verifyJws(token, other.verifier)),
        other.label,
      ).toBe(expected);
      expect(
        codeOf(() => verifyJwt(token, other.verifier, EXPECTED)),
        other.label,
      ).toBe(expected);
      expect(
        codeOf(() => verifyJwsJson(json, other.verifier)),
        other.label,
      ).toBe(expected);
    }
  });

  test.each(rows(KINDS))('a token of %s finds its own key in a set, and no other kind', (_, signed) => {
    const token = signJwt(CLAIMS, signed.signer, { expiresIn: null, now: NOW });
    for (const other of KINDS) {
      const expected = same(signed, other)
        ? null
        : other.names.includes(signed.alg)
          ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
          : 'ERR_JWKS_NO_MATCHING_KEY';
      expect(
        codeOf(() => verifyJwt(token, setOf(other.verifier), EXPECTED)),
        other.label,
      ).toBe(expected);
    }
  });

  test.each(rows(KINDS))('`algorithms` narrows what a key of %s allows, and never widens it', (_, signed) => {
    const token = signJws(CONTENT, signed.signer);
    for (const alg of SIGNATURE_ALGORITHMS) {
      // To the letter: whoever would allow both names of one operation lists both.
      const expected = alg === signed.alg ? null : 'ERR_JOSE_ALG_NOT_ALLOWED';
      expect(
        codeOf(() => verifyJws(token, signed.verifier, { algorithms: [alg] })),
        alg,
      ).toBe(expected);
    }
    for (const other of KINDS.filter((row) => !same(row, signed) && !row.names.includes(signed.alg))) {
      const algorithms = SIGNATURE_ALGORITHMS;
      expect(codeOf(() => verifyJws(token, other.verifier, { algorithms }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });
});

describe('header alg forged to each other alg', () => {
  test.each(rows(KINDS))('signed by %s, saying something else', (_, signed) => {
    for (const alg of SIGNATURE_ALGORITHMS) {
      const token = forgeBy(signed, alg);
      const own = signed.names.includes(alg) ? null : 'ERR_JOSE_ALG_NOT_ALLOWED';
      expect(
        codeOf(() => verifyJws(token, signed.verifier)),
        alg,
      ).toBe(own);
      expect(
        codeOf(() => verifyJwt(token, signed.verifier, EXPECTED)),
        alg,
      ).toBe(own);
      for (const other of KINDS.filter((row) => row.names.includes(alg) && !same(row, signed))) {
        const failed = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
        expect(
          codeOf(() => verifyJws(token, other.verifier)),
          other.label,
        ).toBe(failed);
        expect(
          codeOf(() => verifyJwt(token, other.verifier, EXPECTED)),
          other.label,
        ).toBe(failed);
      }
    }
  });

  test.each(rows(KINDS))('%s does not sign under another name', (_, { signer, names }) => {
    for (const alg of SIGNATURE_ALGORITHMS.filter((name) => !names.includes(name))) {
      expect(
        codeOf(() => signJws(CONTENT, signer, { header: { alg } })),
        alg,
      ).toBe('TypeError');
      expect(
        codeOf(() => signJwt(CLAIMS, signer, { expiresIn: null, header: { alg } })),
        alg,
      ).toBe('TypeError');
    }
  });
});

describe('key material × algorithm, at import', () => {
  const FITS: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
    RS256: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    EdDSA: ['EdDSA', 'Ed25519'],
    Ed448: ['EdDSA', 'Ed448'],
  };
  const materials = asymmetricAlgorithms.filter((alg) => !/^(RS384|RS512|PS|Ed25519)/.test(alg));

  test.each(materials)('the key pair of %s', (material) => {
    const { privateKey, publicKey } = nodePair(material);
    const fits = FITS[material] ?? [material];
    for (const alg of SIGNATURE_ALGORITHMS) {
      for (const key of [privateKey, publicKey]) {
        if (fits.includes(alg)) expect(importKey(key, { alg }).alg).toBe(alg);
        else
          expect(
            codeOf(() => importKey(key, { alg })),
            alg,
          ).toMatch(/^ERR_JWK_INVALID$|^ERR_JOSE_NOT_SUPPORTED$/);
      }
    }
  });

  test('a secret is for HMAC only, and only when it is long enough for the hash', () => {
    for (const alg of SIGNATURE_ALGORITHMS) {
      if (isHmac(alg)) expect(importSecret(secretBytes(alg), { alg }).alg).toBe(alg);
      else
        expect(
          codeOf(() => importSecret(secretBytes('HS512'), { alg: alg as 'HS256' })),
          alg,
        ).toBe('TypeError');
    }
    expect(codeOf(() => importSecret(secretBytes('HS256'), { alg: 'HS384' }))).toBe('ERR_JWK_WEAK');
    expect(codeOf(() => importSecret(secretBytes('HS384'), { alg: 'HS512' }))).toBe('ERR_JWK_WEAK');
  });
});

function setOf(key: Key): KeySet {
  return key.type === 'secret'
    ? importJwks({ keys: [exportPrivateJwk(key)] }, { secrets: true })
    : importJwks({ keys: [exportJwk(key)] });
}

function forgeBy(signed: Kind, alg: SignatureAlgorithm): string {
  const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
  const input = `${header}.${Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')}`;
  const signature = signerOf(signed.names.find((name) => name !== 'EdDSA') ?? signed.alg)(Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

describe('signatures × encryption', () => {
  test.each(encryptionKinds)('$label neither signs nor verifies, in any form', ({ encrypting, decrypting }) => {
    for (const key of [encrypting, decrypting]) {
      expect(codeOf(() => signJws(CONTENT, key))).toBe('TypeError');
      expect(codeOf(() => signJwsJson(CONTENT, [{ key }]))).toBe('TypeError');
      expect(codeOf(() => signJwt(CLAIMS, key, { expiresIn: null, now: NOW }))).toBe('TypeError');
      for (const { signer } of KINDS) {
        const keys = { sign: key, encrypt: encrypting };
        expect(codeOf(() => signNestedJwt(CLAIMS, keys, { expiresIn: null, now: NOW }))).toBe('TypeError');
        expect(codeOf(() => verifyJws(signJws(CONTENT, signer), key))).toBe('TypeError');
        expect(codeOf(() => verifyJwt(signJws(CONTENT, signer), key, EXPECTED))).toBe('TypeError');
        expect(codeOf(() => verifyJwsJson(signJwsJson(CONTENT, [{ key: signer }]), key))).toBe('TypeError');
      }
    }
  });

  test.each(rows(KINDS))('%s neither encrypts nor decrypts, in any form', (_, { signer, verifier }) => {
    for (const key of [signer, verifier]) {
      expect(codeOf(() => encryptJwe(CONTENT, key))).toBe('TypeError');
      expect(codeOf(() => encryptJweJson(CONTENT, [{ key }]))).toBe('TypeError');
      expect(codeOf(() => new DecryptionKeys([key]))).toBe('TypeError');
      expect(codeOf(() => decryptWith(key))).toBe('TypeError');
      expect(codeOf(() => encryptJwt(CLAIMS, key, { expiresIn: null, now: NOW }))).toBe('TypeError');
      expect(codeOf(() => nestJwt(signJwt(CLAIMS, signer, { expiresIn: null, now: NOW }), key))).toBe('TypeError');
      expect(codeOf(() => decryptJwt('', key, { ...EXPECTED, sender: null }))).toBe('TypeError');
      expect(codeOf(() => verifyNestedJwt('', { decrypt: key, verify: verifier }, EXPECTED))).toBe('TypeError');
      for (const { encrypting } of encryptionKinds.filter(({ alg }) => !alg.startsWith('PBES2'))) {
        expect(codeOf(() => decryptJwe(encryptJwe(CONTENT, encrypting), key))).toBe('TypeError');
        expect(codeOf(() => decryptJweJson(encryptJweJson(CONTENT, [{ key: encrypting }]), key))).toBe('TypeError');
      }
    }
  });
});

describe('encrypted with one, decrypted with another', () => {
  test.each(encryptionKinds)('a message to $label opens under its own key only', (kind) => {
    const token = encryptJwe(CONTENT, kind.encrypting);
    const json = encryptJweJson(CONTENT, [{ key: kind.encrypting }]);
    for (const other of encryptionKinds) {
      // A key of the name of the alg, on another curve or for another enc, is another key.
      const refusal = other.alg !== kind.alg || kind.alg === 'dir' ? 'ERR_JOSE_ALG_NOT_ALLOWED' : 'ERR_JWE_INVALID';
      const expected = other === kind ? null : refusal;
      expect(
        codeOf(() => decryptJwe(token, other.decrypting)),
        other.label,
      ).toBe(expected);
      expect(
        codeOf(() => decryptJweJson(json, other.decrypting)),
        other.label,
      ).toBe(expected);
    }
  });

  test.each(encryptionKinds)(
    '$label: the private key does not encrypt, and the public one does not decrypt',
    (kind) => {
      const { encrypting, decrypting } = kind;
      if (decrypting.type === 'secret') return;
      expect(codeOf(() => encryptJwe(CONTENT, decrypting))).toBe('TypeError');
      expect(codeOf(() => decryptJwe(encryptJwe(CONTENT, encrypting), encrypting))).toBe('TypeError');
      expect(codeOf(() => exportPrivateJwk(encrypting))).toBe('TypeError');
      expect(exportJwk(decrypting)).toEqual(exportJwk(encrypting));
    },
  );
});

describe('encrypted and nested tokens', () => {
  const recipients = encryptionKinds.filter(({ alg }) => !alg.startsWith('PBES2'));
  const [first] = recipients;
  const [signed] = KINDS;
  if (!first || !signed) throw new Error('there is nothing to try');

  test.each(recipients)('the claims for $label are read under its own key only', (kind) => {
    const token = encryptJwt(CLAIMS, kind.encrypting, { expiresIn: null, now: NOW });
    const nested = nestJwt(signJwt(CLAIMS, signed.signer, { expiresIn: null, now: NOW }), kind.encrypting);
    for (const other of encryptionKinds) {
      const refusal = other.alg !== kind.alg || kind.alg === 'dir' ? 'ERR_JOSE_ALG_NOT_ALLOWED' : 'ERR_JWE_INVALID';
      const expected = other === kind ? null : refusal;
      const keys = { decrypt: other.decrypting, verify: signed.verifier };
      const codes = [
        codeOf(() => decryptJwt(token, other.decrypting, { ...EXPECTED, sender: null })),
        codeOf(() => verifyNestedJwt(nested, keys, EXPECTED)),
      ];
      expect(codes, other.label).toEqual([expected, expected]);
    }
  });

  test.each(rows(KINDS))('a nested token signed by %s passes under its own key only', (_, by) => {
    const { encrypting: encrypt, decrypting: decrypt } = first;
    const token = signNestedJwt(CLAIMS, { sign: by.signer, encrypt }, { expiresIn: null, now: NOW });
    for (const other of KINDS) {
      const refusal = same(by, other) ? null : 'ERR_JOSE_ALG_NOT_ALLOWED';
      const expected = refusal && other.names.includes(by.alg) ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' : refusal;
      expect(
        codeOf(() => verifyNestedJwt(token, { decrypt, verify: other.verifier }, EXPECTED)),
        other.label,
      ).toBe(expected);
    }
  });

  test('each form is read by its own reader only, and only a signature makes a VerifiedJwt', () => {
    const { encrypting: encrypt, decrypting: decrypt } = first;
    const plain = signJwt(CLAIMS, signed.signer, { expiresIn: null, now: NOW });
    const forms = {
      signed: plain,
      encrypted: encryptJwt(CLAIMS, encrypt, { expiresIn: null, now: NOW }),
      nested: nestJwt(plain, encrypt),
    };
    const readers = {
      signed: (token: string) => verifyJwt(token, signed.verifier, EXPECTED),
      encrypted: (token: string) => decryptJwt(token, decrypt, { ...EXPECTED, sender: null }),
      nested: (token: string) => verifyNestedJwt(token, { decrypt, verify: signed.verifier }, EXPECTED),
    };
    for (const [form, token] of Object.entries(forms))
      for (const [reader, read] of Object.entries(readers)) {
        const outcome = codeOf(() => read(token));
        if (form === reader) {
          expect(outcome, `${form} ${reader}`).toBeNull();
          expect(isVerifiedJwt(read(token))).toBe(reader !== 'encrypted');
          expect(read(token) instanceof VerifiedJwt).toBe(reader !== 'encrypted');
        } else expect(outcome, `${form} ${reader}`).toMatch(/^ERR_/);
      }
  });
});
