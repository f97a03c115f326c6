// RFC 7520, the cookbook: sections 3 (keys), 4 (signatures), in every serialization they are printed in, and 6 (nested).
import { describe, expect, test } from 'vitest';
import {
  importJwks,
  importKey,
  type Jwk,
  type Key,
  type KeyManagementAlgorithm,
  type KeySet,
  type SignatureAlgorithm,
  signJws,
  signJwsJson,
  verifyJws,
  verifyJwsJson,
  verifyNestedJwt,
} from '../../src/index.ts';
import type { Entropy } from '../../src/jwa/entropy.ts';
import { sealCompact } from '../../src/jwe/compact.ts';
import { codeOf } from '../support/code.ts';
import { flipBit, flipEncoded, PLACES } from '../support/flip.ts';
import { partsOf } from '../support/jwe.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import { signAsPrinted, vectorKeys } from '../support/jws-vector.ts';
import { type CookbookVector, type FlattenedJws, type GeneralJws, vectors } from '../support/vectors.ts';

const DETERMINISTIC = /^(HS|RS)/;

describe('section 3', () => {
  for (const v of vectors('rfc7520', 'jwk')) describeJwk(v);

  test.each(vectors('rfc7520', 'jwk-refused'))('$ref: $because', ({ jwk, code }) => {
    expect(codeOf(() => importKey(jwk, { use: 'sig' }))).toBe(code);
  });
});

describe.each(vectors('rfc7520', 'cookbook-jws'))('$ref: $title', (v) => {
  const payload = Buffer.from(v.payload);
  const pairs = v.keys.map((jwk, i) => ({ jwk, alg: algOf(v, i), ...vectorKeys(jwk, algOf(v, i)) }));
  const options = v.detached ? { payload } : {};
  /** Each signature by itself with the one key it is for: the set of 4.8 would mix a secret with public keys. */
  const single = v.general.signatures.map((signature, i) => ({
    jws: flatten(v.general, signature),
    key: verifyingOf(v, i),
  }));

  test('every serialization verifies', () => {
    if (v.compact !== null)
      expect(Buffer.from(verifyJws(v.compact, verifyingOf(v, 0), options).payload)).toEqual(payload);
    for (const { jws, key } of single) expect(Buffer.from(verifyJwsJson(jws, key, options).payload)).toEqual(payload);
    if (v.flattened !== null)
      expect(verifyJwsJson(v.flattened, verifyingOf(v, 0), options).signatures).toMatchObject([{ valid: true }]);
    for (const [i] of pairs.entries()) {
      const { signatures } = verifyJwsJson(v.general, verifyingOf(v, i), { ...options, require: 'any' });
      expect(signatures.map(({ valid }) => valid)).toEqual(v.general.signatures.map((_, at) => at === i));
    }
  });

  test('each outcome tells the protected and the unprotected header apart', () => {
    for (const [i, { jws, key }] of single.entries()) {
      const [outcome] = verifyJwsJson(jws, key, options).signatures;
      expect(outcome).toMatchObject({
        protected: v.signatures[i]?.protected ?? {},
        unprotected: v.signatures[i]?.unprotected ?? {},
      });
    }
  });

  test.each(PLACES)('one bit flipped in the %s octet of a part is refused', (place) => {
    for (const { jws, key } of single) {
      expect(codeOf(() => verifyJwsJson({ ...jws, signature: flipEncoded(jws.signature, place) }, key, options))).toBe(
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      );
      const other = v.detached
        ? verifyDetached(jws, key, flipBit(payload, place))
        : codeOf(() => verifyJwsJson({ ...jws, payload: flipEncoded(String(jws.payload), place) }, key));
      expect(other).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      const header = jws.protected && flipEncoded(jws.protected, place);
      if (header) expect(codeOf(() => verifyJwsJson({ ...jws, protected: header }, key, options))).toMatch(/^ERR_/);
    }
  });

  test('signing again gives the same signatures where the algorithm is deterministic', () => {
    for (const [i, { signing_input: input, signature_b64u: printed }] of v.signatures.entries()) {
      const { jwk, alg } = pairs[i] ?? raise();
      const signature = signAsPrinted(jwk, alg, input);
      expect(signature === printed).toBe(DETERMINISTIC.test(alg));
      const { jws, key } = single[i] ?? raise();
      expect(codeOf(() => verifyJwsJson({ ...jws, signature }, key, options))).toBeNull();
    }
  });

  test('our own writer makes what is printed', () => {
    const { detached } = v;
    const signers = v.signatures.map((each, i) => {
      const { alg: _, ...header } = each.protected ?? {};
      return { key: pairs[i]?.signing ?? raise(), header, ...(each.unprotected && { unprotected: each.unprotected }) };
    });
    const deterministic = v.signatures.every((each, i) => each.protected && DETERMINISTIC.test(algOf(v, i)));
    if (!deterministic) return;
    const [signer] = signers;
    if (v.compact !== null && signer)
      expect(signJws(payload, signer.key, { header: signer.header, detached })).toBe(v.compact);
    const named = v.signatures.every((each) => each.unprotected?.kid === undefined);
    if (named) expect(signJwsJson(payload, signers, { detached })).toEqual(v.general);
    if (named && v.flattened !== null)
      expect(signJwsJson(payload, signers, { detached, flattened: true })).toEqual(v.flattened);
  });

  function verifyDetached(jws: FlattenedJws, key: Key | KeySet, other: Uint8Array): string | null {
    return codeOf(() => verifyJwsJson(jws, key, { payload: other }));
  }
});

test('a JWK Set that mixes a secret with public keys is refused: the three keys of 4.8 are no set', () => {
  const [v] = vectors('rfc7520', 'cookbook-jws').filter(({ ref }) => ref === 'RFC 7520 4.8');
  expect(codeOf(() => importJwks({ keys: v?.keys ?? [] }, { secrets: true }))).toBe('ERR_JWKS_INVALID');
});

describe.each(vectors('rfc7520', 'nested'))('section 6: $ref', ({ sign, encrypt }) => {
  const expected = { issuer: 'hobbiton.example', audience: null, now: 1_300_819_379 };
  const verify = importKey(sign.input.key, { alg: sign.input.alg }).publicKey();
  const decrypt = importKey(encrypt.input.key, { alg: encrypt.input.alg as KeyManagementAlgorithm });
  const { compact } = encrypt.output;

  test('its claims, by the keys of both', () => {
    const { claims, header } = verifyNestedJwt(compact, { decrypt, verify }, expected);
    expect(claims).toEqual(JSON.parse(sign.input.payload));
    expect(header).toEqual({ alg: 'PS256', typ: 'JWT' });
    for (const [i, part] of partsOf(compact).entries()) {
      const parts = partsOf(compact).with(i, flipEncoded(part, 'first'));
      expect(codeOf(() => verifyNestedJwt(parts.join('.'), { decrypt, verify }, expected))).toMatch(/^ERR_J/);
    }
    const later = { ...expected, now: 1_300_819_380 };
    expect(codeOf(() => verifyNestedJwt(compact, { decrypt, verify }, later))).toBe('ERR_JWT_EXPIRED');
  });

  test('and what our own writer makes of it, but for the encrypted key, which is random', () => {
    const { kid: _, ...unnamed } = encrypt.input.key;
    const key = importKey(unnamed, { alg: encrypt.input.alg as KeyManagementAlgorithm }).publicKey();
    const queue = [encrypt.generated.cek, encrypt.generated.iv];
    const entropy: Entropy = {
      octets: () => new Uint8Array(Buffer.from(String(queue.shift()), 'base64url')),
      ephemeralKey: () => undefined,
    };
    const made = sealCompact(
      Buffer.from(sign.output.compact),
      { key, enc: 'A128GCM', header: { cty: 'JWT' } },
      entropy,
    );
    expect(partsOf(made).with(1, '')).toEqual(partsOf(compact).with(1, ''));
  });
});

function algOf(v: CookbookVector, i: number): SignatureAlgorithm {
  return v.algs[i] ?? raise();
}

function verifyingOf(v: CookbookVector, i: number): Key {
  const jwk: Jwk = v.keys[i] ?? raise();
  return vectorKeys(jwk, algOf(v, i)).verifying;
}

function flatten({ payload }: GeneralJws, signature: GeneralJws['signatures'][number]): FlattenedJws {
  return payload === undefined ? signature : { payload, ...signature };
}

function raise(): never {
  throw new Error('the vector is incomplete');
}
