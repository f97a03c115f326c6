// Key material of every form, mutated: importKey gives a Key or a JoseError, never another exception, an abort or a hang,
// and no mutation passes for the key that it was made of unless it is that very key.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  exportJwk,
  exportPem,
  importKey,
  JoseError,
  type Key,
  signJws,
  thumbprint,
  verifyJws,
} from '../../src/index.ts';
import { byPbkdf2, byScrypt } from '../support/encrypted-keys.ts';
import { certificate, octets, pem, pkcs8Of, spkiOf } from '../support/forge.ts';
import { FUZZ_TIMEOUT, fuzzing, mutatedOctets, mutatedText } from '../support/fuzz.ts';
import { type AsymmetricAlgorithm, asymmetricAlgorithms, nodePair } from '../support/keys.ts';

const PASSPHRASE = 'open sesame';
/** Few enough for a mutation of the count to cost nothing. */
const OPTIONS = { passphrase: PASSPHRASE, maxIterations: 5_000 };

interface Form {
  readonly alg: AsymmetricAlgorithm;
  readonly label: string;
}
type Material = readonly [Form, Uint8Array];

/** Every form of the keys of an algorithm, by the PEM label that it has. */
function formsOf(alg: AsymmetricAlgorithm): Material[] {
  const { publicKey, privateKey } = nodePair(alg);
  const forms: Material[] = [
    [{ alg, label: 'PUBLIC KEY' }, spkiOf(publicKey)],
    [{ alg, label: 'PRIVATE KEY' }, pkcs8Of(privateKey)],
    [{ alg, label: 'CERTIFICATE' }, certificate(spkiOf(publicKey))],
    [{ alg, label: 'ENCRYPTED PRIVATE KEY' }, byPbkdf2(privateKey, PASSPHRASE, 10)],
    [{ alg, label: 'ENCRYPTED PRIVATE KEY' }, byScrypt(privateKey, PASSPHRASE, [2, 1, 1])],
  ];
  const type = privateKey.asymmetricKeyType;
  if (type === 'ec') forms.push([{ alg, label: 'EC PRIVATE KEY' }, privateKey.export({ format: 'der', type: 'sec1' })]);
  if (type === 'rsa')
    forms.push(
      [{ alg, label: 'RSA PRIVATE KEY' }, privateKey.export({ format: 'der', type: 'pkcs1' })],
      [{ alg, label: 'RSA PUBLIC KEY' }, publicKey.export({ format: 'der', type: 'pkcs1' })],
    );
  return forms;
}

const MATERIAL = asymmetricAlgorithms.flatMap(formsOf);
const PEMS = MATERIAL.map(([form, der]) => [form, pem(form.label, der)] as const);
const ORIGINALS = new Map(
  asymmetricAlgorithms.map((alg) => [alg, importKey(spkiOf(nodePair(alg).publicKey), { alg })]),
);

/** The Key, or `undefined` after a refusal that is a JoseError and holds nothing of the material. */
function imported(material: string | Uint8Array, alg: AsymmetricAlgorithm | undefined): Key | undefined {
  try {
    return importKey(material, { ...OPTIONS, alg });
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    expect(error.code).toMatch(/^ERR_(?:JWK_INVALID|JWK_WEAK|JOSE_NOT_SUPPORTED|JOSE_LIMIT_EXCEEDED)$/);
    expect(error.message).toMatch(/^[\w ,;:.()'/*-]{10,160}$/);
    return undefined;
  }
}

/** A Key that was accepted is whole: its public half is readable, and what a private one signs, that half verifies. */
function checkWhole(key: Key): void {
  const publicKey = key.publicKey();
  expect(importKey(exportJwk(publicKey)).alg).toBe(key.alg);
  if (key.type === 'private') expect(verifyJws(signJws(octets('x'), key), publicKey).key).toBe(publicKey);
}

function checkAccepted(form: Form, key: Key): void {
  checkWhole(key);
  const original = ORIGINALS.get(form.alg);
  if (!original || key.alg !== original.alg) return;
  const isSame = thumbprint(key) === thumbprint(original);
  expect(isSame).toBe(exportPem(key) === exportPem(original));
}

describe('mutated key material', () => {
  test('the material itself is accepted, in each form', () => {
    for (const [{ alg, label }, der] of MATERIAL)
      for (const material of [der, pem(label, der)]) {
        const key = importKey(material, { ...OPTIONS, alg });
        expect([label, thumbprint(key)]).toEqual([label, thumbprint(ORIGINALS.get(alg) ?? key)]);
      }
  });

  test('DER', { timeout: FUZZ_TIMEOUT }, () => {
    fc.assert(
      fc.property(mutatedOctets(MATERIAL), fc.boolean(), ([form, der], isNamed) => {
        const key = imported(der, isNamed ? form.alg : undefined);
        if (key) checkAccepted(form, key);
      }),
      fuzzing(2_500),
    );
  });

  test('PEM', { timeout: FUZZ_TIMEOUT }, () => {
    fc.assert(
      fc.property(mutatedText(PEMS), fc.boolean(), ([form, text], isNamed) => {
        const key = imported(text, isNamed ? form.alg : undefined);
        if (key) checkAccepted(form, key);
      }),
      fuzzing(1_500),
    );
  });

  test('mutated DER in sound PEM, under any label', { timeout: FUZZ_TIMEOUT }, () => {
    const labels = fc.constantFrom(...new Set(MATERIAL.map(([{ label }]) => label)), 'EC PARAMETERS', 'X509 CRL', '');
    fc.assert(
      fc.property(mutatedOctets(MATERIAL), fc.option(labels), ([form, der], label) => {
        const key = imported(pem(label ?? form.label, der), undefined);
        if (key) checkAccepted(form, key);
      }),
      fuzzing(1_000),
    );
  });

  test('two keys, one behind the other or one within the other', { timeout: FUZZ_TIMEOUT }, () => {
    const two = fc.tuple(fc.constantFrom(...MATERIAL), fc.constantFrom(...MATERIAL), fc.nat());
    fc.assert(
      fc.property(two, ([[form, one], [, other], at]) => {
        const i = at % (one.length + 1);
        const joined = Buffer.concat([one.subarray(0, i), other, one.subarray(i)]);
        const key = imported(new Uint8Array(joined), undefined);
        if (key) checkAccepted(form, key);
      }),
      fuzzing(600),
    );
  });
});
