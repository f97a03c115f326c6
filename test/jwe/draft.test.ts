// Decryption by a KMS, which here is node:crypto: it has the private key, and does the one step that a draft leaves to it.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type DecryptionDraft,
  decryptJwe,
  draftDecryption,
  encryptJwe,
  exportJwk,
  exportPrivatePem,
  importEncryptionKeys,
  importJwks,
  importKey,
  type Key,
} from '../../src/index.ts';
import { encryptContent, findContentRow } from '../../src/jwa/content-encryption.ts';
import { concatKdf } from '../../src/jwa/ecdh-es.ts';
import { codeOf } from '../support/code.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import {
  b64,
  type EncryptionKind,
  encryptionKinds,
  encsOf,
  headerOf,
  kindOf,
  PLAINTEXT,
  partsOf,
  secretOf,
  withHeader,
  withParts,
} from '../support/jwe.ts';
import { keyPairs, nodePair } from '../support/keys.ts';

const INVALID = 'ERR_JWE_INVALID';
const FAILED = 'ERR_JWE_DECRYPTION_FAILED';

const outside = encryptionKinds.filter(({ alg }) => /^(RSA|ECDH)/.test(alg));

type Question = Pick<DecryptionDraft, 'encryptedKey' | 'epk' | 'key'>;

/** The answer of a KMS, which sees what the draft shows and nothing else; `undefined` when it refuses. */
function answerOf(
  { decrypting }: EncryptionKind,
  { encryptedKey, epk, key: { alg } }: Question,
): Uint8Array | undefined {
  const privateKey = createPrivateKey(exportPrivatePem(decrypting));
  try {
    if (epk) return diffieHellman({ privateKey, publicKey: createPublicKey({ key: epk as never, format: 'jwk' }) });
    const oaepHash = `sha${/\d+$/.exec(alg)?.[0] ?? 1}`;
    const options = { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
    return privateDecrypt(options, encryptedKey ?? new Uint8Array(0));
  } catch {
    return undefined;
  }
}

const draftOf = (label: string, token = encryptJwe(PLAINTEXT, kindOf(label).encrypting)) =>
  draftDecryption(token, kindOf(label).encrypting);

describe('what the KMS is asked, and what comes of its answer', () => {
  test.each(outside)('$label', (kind) => {
    for (const enc of encsOf(kind)) {
      const token = encryptJwe(PLAINTEXT, kind.encrypting, { enc });
      const draft = draftDecryption(token, kind.encrypting);
      const whole = decryptJwe(token, kind.decrypting);
      const completed = draft.complete(answerOf(kind, draft));
      expect(completed).toEqual({ plaintext: PLAINTEXT, header: whole.header, key: kind.encrypting });
      expect([Object.isFrozen(draft), Object.isFrozen(completed)]).toEqual([true, true]);
      expect([draft.key, draft.header]).toEqual([kind.encrypting, whole.header]);
      expect([draft.encryptedKey === undefined, draft.epk === undefined]).toEqual(
        kind.alg.startsWith('RSA') ? [false, true] : [true, false],
      );
    }
  });

  test('a KMS that answers later, and one that is asked again: a draft keeps no state', async () => {
    for (const label of ['RSA-OAEP', 'ECDH-ES+A256KW on P-256']) {
      const draft = draftOf(label);
      const [answer, other] = await Promise.all([
        Promise.resolve().then(() => answerOf(kindOf(label), draft)),
        Promise.resolve(undefined),
      ]);
      expect(draft.complete(answer).plaintext).toEqual(PLAINTEXT);
      expect(codeOf(() => draft.complete(other))).toBe(FAILED);
      expect(draft.complete(answer).plaintext).toEqual(PLAINTEXT);
    }
  });

  test('epk has the members that make it and no others, and the octets are memory of their own', () => {
    const label = 'ECDH-ES on P-256';
    const token = encryptJwe(PLAINTEXT, kindOf(label).encrypting);
    const { epk } = headerOf(token);
    const draft = draftOf(label, withHeader(token, { epk: { ...Object(epk), kid: 'x', use: 'enc' } }));
    expect(draft.epk).toEqual(epk);
    expect(Object.isFrozen(draft.epk)).toBe(true);
    const { encryptedKey } = draftOf('RSA-OAEP');
    expect(encryptedKey?.buffer.byteLength).toBe(256);
  });

  test('the options are those of decryptJwe', () => {
    const { encrypting } = kindOf('RSA-OAEP-256');
    const token = encryptJwe(PLAINTEXT, encrypting, { zip: true, header: { crit: ['x'], x: 1 } });
    const refused = (options?: object) => codeOf(() => draftDecryption(token, encrypting, options));
    expect(refused()).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(refused({ crit: ['x'] })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(refused({ crit: ['x'], zip: true, maxLength: 10 })).toBe('ERR_JOSE_LIMIT_EXCEEDED');
    expect(refused({ crit: ['x'], zip: true, enc: ['A128GCM'] })).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    const draft = draftDecryption(token, encrypting, { crit: ['x'], zip: true });
    expect(draft.complete(answerOf(kindOf('RSA-OAEP-256'), draft)).plaintext).toEqual(PLAINTEXT);
  });
});

describe('the key', () => {
  const rsa = exportJwk(importKey(nodePair('RS256').publicKey, { alg: 'RSA-OAEP-256', kid: 'rsa' }));
  const ec = exportJwk(importKey(nodePair('ES256').publicKey, { alg: 'ECDH-ES', kid: 'ec' }));
  const set = importEncryptionKeys({ keys: [rsa, ec] });
  const [forRsa, forEc] = set.keys as [Key, Key];

  test('of a set, the kid of the token names it; keys for signatures are as good as not there', () => {
    for (const key of [forRsa, forEc]) expect(draftDecryption(encryptJwe(PLAINTEXT, key), set).key).toBe(key);
    const refused = (kid: unknown, keys = set) =>
      codeOf(() => draftDecryption(withHeader(encryptJwe(PLAINTEXT, forRsa), { kid }), keys));
    expect(refused('ec')).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(refused(undefined)).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    const alone = importEncryptionKeys({ keys: [rsa, exportJwk(keyPairs.ES256.publicKey)] });
    expect(refused(undefined, alone)).toBeNull();
    const signing = importJwks({ keys: [exportJwk(keyPairs.RS256.publicKey)] });
    expect(refused('rsa', signing)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('of its own alg and curve only', () => {
    const token = encryptJwe(PLAINTEXT, forEc);
    expect(codeOf(() => draftDecryption(token, forRsa))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(codeOf(() => draftDecryption(token, kindOf('ECDH-ES on P-384').encrypting))).toBe(INVALID);
    for (const label of ['A256KW', 'dir for A256GCM', 'PBES2-HS256+A128KW']) {
      const secret = kindOf(label).encrypting;
      expect(codeOf(() => draftDecryption(encryptJwe(PLAINTEXT, secret), set))).toBe('ERR_JWKS_NO_MATCHING_KEY');
      expectTypeError(
        () => draftDecryption(encryptJwe(PLAINTEXT, secret), secret),
        'publicKeys is secret: a draft needs',
      );
    }
  });

  test('a private key, a key for signatures and what is no key are the caller’s mistakes', () => {
    const token = encryptJwe(PLAINTEXT, forRsa);
    const { decrypting } = kindOf('RSA-OAEP');
    expectTypeError(() => draftDecryption(token, decrypting), 'publicKeys is private: a draft needs the public key');
    expectTypeError(() => draftDecryption(token, keyPairs.RS256.publicKey), 'publicKeys is for signatures');
    for (const keys of [rsa, undefined, [forRsa]])
      expectTypeError(() => draftDecryption(token, keys as never), 'publicKeys must be');
  });

  test('the answer is octets or undefined', () => {
    for (const answer of [null, 'text', [1], Promise.resolve(secretOf(32))])
      expectTypeError(() => draftOf('RSA-OAEP').complete(answer as never), 'answer must be a Uint8Array');
    const complete = draftOf('RSA-OAEP').complete as (...answers: unknown[]) => unknown;
    expectTypeError(() => complete(undefined, undefined), 'complete takes 1 argument');
  });
});

describe('hostile tokens and answers', () => {
  test('JWE-03 JWE-11 whatever the KMS answers, the error is one [7516-11.5-1] [7516-11.5-2]', () => {
    for (const label of ['RSA-OAEP-256', 'ECDH-ES on P-256', 'ECDH-ES+A128KW on X25519']) {
      const draft = draftOf(label);
      const good = answerOf(kindOf(label), draft) ?? expect.fail('no answer');
      const longer = new Uint8Array([0, ...good]);
      const bad = [
        undefined,
        ...[0, 1, 16, 31, 32, 33, 64].map(secretOf),
        good.subarray(1),
        longer,
        new Uint8Array(32),
      ];
      for (const answer of bad) {
        const { message } = expectCode(() => draft.complete(answer), FAILED, good);
        expect(message).toBe('the token does not decrypt under this key');
      }
      expect(draft.complete(good).plaintext).toEqual(PLAINTEXT);
    }
  });

  test('JWE-11 a key of another length, encrypted for the key as it should be', () => {
    const kind = kindOf('RSA-OAEP');
    const { publicKey } = nodePair('RS256');
    for (const length of [0, 16, 31, 33, 64]) {
      const encryptedKey = b64(publicEncrypt(publicKey, secretOf(length)));
      const draft = draftOf('RSA-OAEP', withParts(encryptJwe(PLAINTEXT, kind.encrypting), { 1: encryptedKey }));
      const answer = answerOf(kind, draft);
      expect(answer).toHaveLength(length);
      expect(codeOf(() => draft.complete(answer))).toBe(FAILED);
    }
  });

  test('JWE-05 JWE-13 what is never asked of the KMS: a point off the curve, and lengths that are none', () => {
    const point = encryptJwe(PLAINTEXT, kindOf('ECDH-ES on P-256').encrypting);
    const { epk } = headerOf(point) as { epk: { x: string } };
    expect(codeOf(() => draftOf('ECDH-ES on P-256', withHeader(point, { epk: { ...epk, y: epk.x } })))).toBe(FAILED);
    for (const value of [undefined, { ...epk, x: 'AA' }, { ...epk, d: epk.x }, { ...epk, crv: 'P-384' }])
      expect(codeOf(() => draftOf('ECDH-ES on P-256', withHeader(point, { epk: value })))).toBe(INVALID);
    const token = encryptJwe(PLAINTEXT, kindOf('RSA-OAEP').encrypting);
    const changed = [
      ...[0, 255, 257].map((length) => ({ 1: b64(new Uint8Array(length)) })),
      ...[0, 11, 16].map((length) => ({ 2: b64(new Uint8Array(length)) })),
      ...[0, 4, 12].map((length) => ({ 4: b64(new Uint8Array(length)) })),
    ];
    for (const parts of changed) expect(codeOf(() => draftOf('RSA-OAEP', withParts(token, parts)))).toBe(FAILED);
  });

  test('JWE-06 the Z of all zeros, which a KMS may answer to a public key of small order, and one of another length', () => {
    const label = 'ECDH-ES on X25519';
    const { epk } = headerOf(encryptJwe(PLAINTEXT, kindOf(label).encrypting));
    const x = b64(Uint8Array.of(1, ...new Uint8Array(31)));
    const row = findContentRow('A256GCM') ?? expect.fail('no row');
    const context = { algorithm: 'A256GCM', apu: new Uint8Array(0), apv: new Uint8Array(0) };
    /** Whether a token that its author made for a Z is opened by the answer of that Z. */
    const opened = (z: Uint8Array) => {
      const header = b64(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', epk: { ...Object(epk), x } }));
      const content = { iv: secretOf(12), plaintext: PLAINTEXT, aad: Buffer.from(header) };
      const { iv, ciphertext, tag } = encryptContent(row, concatKdf(z, context, 32), content);
      return codeOf(() => draftOf(label, [header, '', ...[iv, ciphertext, tag].map(b64)].join('.')).complete(z));
    };
    expect(opened(new Uint8Array(32))).toBe(FAILED);
    for (const length of [0, 31, 33, 64]) expect(opened(secretOf(length))).toBe(FAILED);
    expect(opened(Uint8Array.of(...new Uint8Array(31), 1))).toBeNull();
  });

  test('JWE-12 JWE-22 an encrypted key where there is none, and apu of over 1 KiB', () => {
    const token = encryptJwe(PLAINTEXT, kindOf('ECDH-ES on P-256').encrypting);
    expect(codeOf(() => draftOf('ECDH-ES on P-256', withParts(token, { 1: 'AAAA' })))).toBe(INVALID);
    const apu = b64(new Uint8Array(1025));
    expect(codeOf(() => draftOf('ECDH-ES on P-256', withHeader(token, { apu })))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('for a token, no other string decrypts', () => {
    for (const label of ['RSA-OAEP', 'ECDH-ES+A256KW on X25519']) {
      const token = encryptJwe(PLAINTEXT, kindOf(label).encrypting);
      for (const [i, part] of partsOf(token).entries()) {
        const octets = Buffer.from(part, 'base64url');
        octets[3] = Number(octets[3]) ^ 1;
        const codes = codeOf(() => {
          const draft = draftOf(label, withParts(token, { [i]: b64(octets) }));
          draft.complete(answerOf(kindOf(label), draft));
        });
        expect([INVALID, FAILED]).toContain(codes);
      }
    }
  });
});
