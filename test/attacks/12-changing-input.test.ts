// SECURITY.md, group 12: octets of a caller that change while they are read, or say something else than they are. node:crypto
// is wrapped, so that the change comes at the worst moment every time: just as the signature is made or verified.

import { describe, expect, test, vi } from 'vitest';
import {
  draftJwt,
  type FlattenedJws,
  importKey,
  importSecret,
  type Jwk,
  signJws,
  signJwsJson,
  verifyJws,
  verifyJwsJson,
} from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { octets, spkiOf } from '../support/forge.ts';
import { keyPairs, nodePair, secretBytes } from '../support/keys.ts';

const during = vi.hoisted(() => ({ crypto: (): void => undefined }));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const interrupted =
    <Args extends unknown[], Result>(verb: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const result = verb(...args);
      during.crypto();
      return result;
    };
  return { ...crypto, sign: interrupted(crypto.sign as never), verify: interrupted(crypto.verify as never) };
});

const { privateKey, publicKey } = keyPairs.EdDSA;
const GOOD = octets('pay 1 to Alice');
const EVIL = octets('pay 9 to Mallo');

/** Memory that another thread shares, with the good text in it, which that thread changes while crypto is at work. */
function changing<T>(run: (payload: Uint8Array) => T): T {
  const payload = new Uint8Array(new SharedArrayBuffer(GOOD.length));
  payload.set(GOOD);
  during.crypto = () => payload.set(EVIL);
  try {
    return run(payload);
  } finally {
    during.crypto = () => undefined;
  }
}

/** The good text whose every property, once looked at, speaks of the evil one. */
class Liar extends Uint8Array {
  override get buffer(): ArrayBuffer {
    return EVIL.slice().buffer as ArrayBuffer;
  }
  override get byteOffset(): number {
    return 0;
  }
  override get byteLength(): number {
    return 1;
  }
  override get length(): number {
    return 1;
  }
  override subarray(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(EVIL);
  }
  override slice(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(EVIL);
  }
  override [Symbol.iterator](): ArrayIterator<number> {
    return Array.from(EVIL)[Symbol.iterator]();
  }
}
const lying = (bytes: Uint8Array): Uint8Array => Reflect.construct(Uint8Array, [bytes], Liar);

/** What is signed or verified in each of the forms, detached or not. */
const FORMS = [{}, { b64: false }, { detached: true }, { b64: false, detached: true }] as const;
const attached = (detached: boolean | undefined, payload: Uint8Array) => (detached ? { payload } : {});

describe('API-09 octets that change while they are read', () => {
  test.each(FORMS)('API-09 signJws %j signs what stands in the token', (form) => {
    const token = changing((payload) => signJws(payload, privateKey, form));
    expect(verifyJws(token, publicKey, attached('detached' in form, GOOD)).payload).toEqual(GOOD);
  });

  test.each(FORMS)('API-09 signJwsJson %j signs for every signer what stands in the JSON', (form) => {
    const jws = changing((payload) => signJwsJson(payload, [{ key: privateKey }, { key: privateKey }], form));
    expect(verifyJwsJson(jws, publicKey, attached('detached' in form, GOOD)).payload).toEqual(GOOD);
  });

  test.each([{}, { b64: false }])('API-09 verifyJws and verifyJwsJson %j return what was verified', (form) => {
    const token = signJws(GOOD, privateKey, { ...form, detached: true });
    const { payload } = changing((memory) => verifyJws(token, publicKey, { payload: memory }));
    expect(payload).toEqual(GOOD);
    expect(payload.buffer).toBeInstanceOf(ArrayBuffer);
    const jws = signJwsJson(GOOD, [{ key: privateKey }, { key: privateKey }], { ...form, detached: true });
    expect(changing((memory) => verifyJwsJson(jws, publicKey, { payload: memory })).payload).toEqual(GOOD);
  });
});

describe('API-09 octets that say something else than they are', () => {
  test.each(FORMS)('API-09 signing %j goes by the memory', (form) => {
    const token = signJws(lying(GOOD), privateKey, form);
    expect(verifyJws(token, publicKey, attached('detached' in form, GOOD)).payload).toEqual(GOOD);
    const jws = signJwsJson(lying(GOOD), [{ key: privateKey }], form);
    expect(verifyJwsJson(jws, publicKey, attached('detached' in form, GOOD)).payload).toEqual(GOOD);
  });

  test.each([{}, { b64: false }])('API-09 verifying %j goes by the memory', (form) => {
    const token = signJws(GOOD, privateKey, { ...form, detached: true });
    const [header = '', , signature = ''] = token.split('.');
    const jws: FlattenedJws = { protected: header, signature };
    expect(verifyJws(token, publicKey, { payload: lying(GOOD) }).payload).toEqual(GOOD);
    expect(verifyJwsJson(jws, publicKey, { payload: lying(GOOD) }).payload).toEqual(GOOD);
    const payload = lying(octets('another text!!'));
    expectCode(() => verifyJws(token, publicKey, { payload }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expectCode(() => verifyJwsJson(jws, publicKey, { payload }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  test('API-09 the limit is that of the memory', () => {
    const payload = lying(new Uint8Array(3 << 20));
    const token = signJws(GOOD, privateKey, { detached: true });
    expectCode(() => verifyJws(token, publicKey, { payload }), 'ERR_JOSE_LIMIT_EXCEEDED');
    const [header = '', , signature = ''] = token.split('.');
    const jws: FlattenedJws = { protected: header, signature };
    expectCode(() => verifyJwsJson(jws, publicKey, { payload }), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('API-09 so it is for keys and for the signature of a draft', () => {
    const secret = secretBytes('HS256');
    const token = signJws(GOOD, importSecret(secret, { alg: 'HS256' }));
    expect(signJws(GOOD, importSecret(lying(secret), { alg: 'HS256' }))).toBe(token);
    const der = spkiOf(nodePair('EdDSA').publicKey);
    expect(importKey(lying(der)).kid).toBe(importKey(nodePair('EdDSA').publicKey.export({ format: 'jwk' }) as Jwk).kid);
    const draft = draftJwt({ sub: 'a' }, { alg: 'EdDSA', expiresIn: 60, now: 1_700_000_000 });
    const signature = Buffer.from(signJws(GOOD, privateKey).split('.')[2] ?? '', 'base64url');
    expect(draft.complete(lying(signature))).toBe(draft.complete(signature));
  });

  test('API-09 what only has the prototype of a Uint8Array is none', () => {
    const feigned = Object.create(Uint8Array.prototype);
    expectTypeError(() => signJws(feigned, privateKey), 'payload');
    expectTypeError(() => importSecret(feigned, { alg: 'HS256' }), 'secret');
    const token = signJws(GOOD, privateKey, { detached: true });
    expectTypeError(() => verifyJws(token, publicKey, { payload: feigned }), 'options.payload');
  });
});
