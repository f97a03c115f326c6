import { describe, expect, test } from 'vitest';
import { importKey, KeySet, signJwsJson, verifyJwsJson } from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, flattened, general, octets } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

const CONTENT = octets('content');
const secret = secretKey('HS256');
const es = importKey(nodePair('ES256').privateKey, { kid: 'es' });
const ed = importKey(nodePair('EdDSA').privateKey, { kid: 'ed' });
const rs = importKey(nodePair('RS256').privateKey, { kid: 'rs' });
const two = new KeySet([es.publicKey(), ed.publicKey()]);
const three = new KeySet([es.publicKey(), ed.publicKey(), rs.publicKey()]);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const protectedOf = (part: { protected?: string }) =>
  JSON.parse(Buffer.from(part.protected ?? '', 'base64url').toString());

describe('signJwsJson', () => {
  test('general: one signature for each signer', () => {
    const jws = signJwsJson(CONTENT, [
      { key: es, header: { typ: 'a' } },
      { key: ed, unprotected: { note: 'b' } },
    ]) as ReturnType<typeof general>;
    expect(Object.keys(jws)).toEqual(['payload', 'signatures']);
    expect(jws.signatures.map(protectedOf)).toEqual([
      { alg: 'ES256', kid: 'es', typ: 'a' },
      { alg: 'EdDSA', kid: 'ed' },
    ]);
    expect(jws.signatures.map(({ header }) => header)).toEqual([undefined, { note: 'b' }]);
    expect(text(verifyJwsJson(jws, two).payload)).toBe('content');
  });

  test('flattened: one signer', () => {
    const jws = signJwsJson(CONTENT, [{ key: es }], { flattened: true });
    expect(Object.keys(jws).toSorted()).toEqual(['payload', 'protected', 'signature']);
    expect(text(verifyJwsJson(jws, es.publicKey()).payload)).toBe('content');
    expect(text(verifyJwsJson(JSON.stringify(jws), two).payload)).toBe('content');
    expectTypeError(() => signJwsJson(CONTENT, [{ key: es }, { key: ed }], { flattened: true }), /flattened/);
  });

  test('detached', () => {
    const jws = signJwsJson(CONTENT, [{ key: es }, { key: ed }], { detached: true });
    expect(jws).not.toHaveProperty('payload');
    expect(verifyJwsJson(jws, two, { payload: CONTENT }).payload).toEqual(CONTENT);
    expectCode(() => verifyJwsJson(jws, two), 'ERR_JWS_INVALID');
    expectCode(() => verifyJwsJson(signJwsJson(CONTENT, [{ key: es }]), two, { payload: CONTENT }), 'ERR_JWS_INVALID');
  });

  test('unencoded: any text as it is, other octets detached only', () => {
    const jws = signJwsJson(octets('ä.\n"'), [{ key: es }, { key: ed }], { b64: false });
    expect(jws.payload).toBe('ä.\n"');
    expect(text(verifyJwsJson(JSON.stringify(jws), two).payload)).toBe('ä.\n"');
    expectTypeError(() => signJwsJson(Uint8Array.of(0xff), [{ key: es }], { b64: false }), /payload/);
    const detached = signJwsJson(Uint8Array.of(0xff), [{ key: es }], { b64: false, detached: true });
    expect(verifyJwsJson(detached, two, { payload: Uint8Array.of(0xff) }).payload).toEqual(Uint8Array.of(0xff));
  });

  test('a kid in either header replaces the key’s own', () => {
    const jws = signJwsJson(CONTENT, [
      { key: es, header: { kid: 'x' } },
      { key: ed, unprotected: { kid: 'y' } },
    ]) as ReturnType<typeof general>;
    expect(jws.signatures.map(protectedOf)).toEqual([{ alg: 'ES256', kid: 'x' }, { alg: 'EdDSA' }]);
    expect(jws.signatures[1]?.header).toEqual({ kid: 'y' });
  });

  test.each([
    ['no signers', []],
    ['not an array', { key: es }],
    ['too many', Array(17).fill({ key: es })],
    ['no key', [{}]],
    ['a public key', [{ key: es.publicKey() }]],
    ['a JWK', [{ key: { kty: 'EC' } }]],
    ['an unknown option', [{ key: es, kid: 'x' }]],
    ['a protected alg', [{ key: es, header: { alg: 'ES256' } }]],
    ['an unprotected alg', [{ key: es, unprotected: { alg: 'ES256' } }]],
    ['an unprotected crit', [{ key: es, unprotected: { crit: ['x'], x: 1 } }]],
    ['an unprotected b64', [{ key: es, unprotected: { b64: false } }]],
    ['one name in both headers', [{ key: es, header: { x: 1 }, unprotected: { x: 1 } }]],
    ['an empty unprotected header', [{ key: es, unprotected: {} }]],
    ['an unprotected header that is no object', [{ key: es, unprotected: 'x' }]],
    ['an unprotected header that is no JSON', [{ key: es, unprotected: { x: 1n } }]],
  ])('signers: %s', (_, signers) => {
    expectTypeError(() => signJwsJson(CONTENT, signers as never));
  });

  test('arguments', () => {
    expectTypeError(() => signJwsJson('text' as never, [{ key: es }]), /^payload /);
    expectTypeError(() => signJwsJson(CONTENT, [{ key: es }], { detach: true } as never), /detach/);
    expect(signJwsJson(CONTENT, Array(16).fill({ key: es }))).toMatchObject({ signatures: { length: 16 } });
  });
});

describe('verifyJwsJson', () => {
  test('tells the outcome of each signature', () => {
    const jws = signJwsJson(CONTENT, [{ key: es }, { key: rs }, { key: ed, unprotected: { note: 1 } }]);
    const { signatures, payload } = verifyJwsJson(jws, two, { require: 'any' });
    expect(text(payload)).toBe('content');
    expect(signatures.map(({ valid }) => valid)).toEqual([true, false, true]);
    const [first, second, third] = signatures;
    expect(first).toMatchObject({
      valid: true,
      protected: { alg: 'ES256', kid: 'es' },
      unprotected: {},
      key: two.keys[0],
    });
    expect(second).toEqual({ valid: false, error: expect.objectContaining({ code: 'ERR_JWKS_NO_MATCHING_KEY' }) });
    expect(third).toMatchObject({ valid: true, unprotected: { note: 1 }, key: two.keys[1] });
  });

  const broken = () => {
    const jws = signJwsJson(CONTENT, [{ key: es }, { key: ed }]) as ReturnType<typeof general>;
    const [first, second] = jws.signatures;
    return { payload: jws.payload, signatures: [{ ...first, signature: b64u(new Uint8Array(64)) }, second] };
  };

  test.each([
    ['all', undefined, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['all', 'all', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['any', 'any', null],
    ['the good one', ['ed'], null],
    ['the broken one', ['es'], 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['both by name', ['ed', 'es'], 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['someone who did not sign', ['rs'], 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  ] as const)('one of two broken, require %s', (_, require, code) => {
    const verify = () => verifyJwsJson(broken(), two, require && { require });
    if (code === null) expect(verify().signatures.map(({ valid }) => valid)).toEqual([false, true]);
    else expectCode(verify, code);
  });

  test('none good: not even any', () => {
    const jws = signJwsJson(CONTENT, [{ key: rs }, { key: rs }]);
    expectCode(() => verifyJwsJson(jws, two, { require: 'any' }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expectCode(() => verifyJwsJson(jws, two), 'ERR_JWKS_NO_MATCHING_KEY');
    expectCode(
      () => verifyJwsJson(signJwsJson(CONTENT, [{ key: rs }]), two, { require: 'any' }),
      'ERR_JWKS_NO_MATCHING_KEY',
    );
  });

  test('everyone named has signed', () => {
    const jws = signJwsJson(CONTENT, [{ key: es }, { key: ed }, { key: rs }]);
    expect(verifyJwsJson(jws, three, { require: ['es', 'rs'] }).signatures).toHaveLength(3);
    expect(verifyJwsJson(jws, two, { require: ['es', 'ed'] }).signatures.map(({ valid }) => valid)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('an alg that is not protected must still be the key’s', () => {
    const { publicKey } = keyPairs.ES256;
    expect(
      verifyJwsJson(flattened('ES256', undefined, 'content', { alg: 'ES256' }), publicKey).signatures[0],
    ).toMatchObject({ valid: true, protected: {} });
    expectCode(
      () => verifyJwsJson(flattened('ES256', undefined, 'content', { alg: 'ES384' }), publicKey),
      'ERR_JOSE_ALG_NOT_ALLOWED',
    );
  });

  const good = flattened('HS256', { alg: 'HS256' }, 'content');
  const part = { protected: good.protected, signature: good.signature };
  test.each([
    ['no signatures', { payload: good.payload, signatures: [] }],
    ['signatures not an array', { payload: good.payload, signatures: {} }],
    ['a signature that is no object', { payload: good.payload, signatures: [1] }],
    ['no signature member', { payload: good.payload, protected: good.protected }],
    ['both general and flattened', { ...good, signatures: [part] }],
    ['general with a header', { payload: good.payload, signatures: [part], header: { x: 1 } }],
    ['a JWE as well', { ...good, ciphertext: 'AA' }],
    ['no payload', part],
    ['a payload that is no string', { ...good, payload: 1 }],
    ['a payload that is no base64url', { ...good, payload: `${good.payload}=` }],
    ['a signature that is no base64url', { ...good, signature: `${good.signature}=` }],
    ['a signature that is no string', { ...good, signature: 1 }],
    ['a protected header that is no string', { ...good, protected: { alg: 'HS256' } }],
    ['an empty protected header', { ...good, protected: '' }],
    ['a protected header without members', flattened('HS256', {}, 'content', { alg: 'HS256' })],
    ['an empty unprotected header', { ...good, header: {} }],
    ['an unprotected header that is no object', { ...good, header: 'x' }],
    ['an unprotected header that is null', { ...good, header: null }],
    ['no header at all', { payload: good.payload, signature: good.signature }],
    ['one name in both headers', { ...good, header: { alg: 'HS256' } }],
    [
      'b64 of two minds',
      general(
        flattened('HS256', { alg: 'HS256' }, 'YQ'),
        flattened('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, 'YQ'),
      ),
    ],
    [
      'half a surrogate pair unencoded',
      JSON.stringify({ ...flattened('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, 'x'), payload: '\ud800' }),
    ],
  ])('malformed: %s', (_, jws) => {
    expectCode(() => verifyJwsJson(jws, secret), 'ERR_JWS_INVALID');
    expectCode(() => verifyJwsJson(jws, secret, { require: 'any' }), 'ERR_JWS_INVALID');
  });

  test.each(['', 'x', '[]', '1', 'null', `{"payload":"","payload":""}`])('text %j', (jws) => {
    expectCode(() => verifyJwsJson(jws, secret), 'ERR_JWS_INVALID');
  });

  test('values that are no JSON', () => {
    const circular: Record<string, unknown> = {};
    circular.payload = circular;
    for (const jws of [circular, { payload: 1n }, null, undefined, 1, () => 0])
      expectCode(() => verifyJwsJson(jws as never, secret), 'ERR_JWS_INVALID');
  });

  test('an object has the limits of its text: 400,000 octets of an array are not over 1 MiB', () => {
    const jws = { ...good, x: Array(200_000).fill(1) };
    for (const given of [JSON.stringify(jws), jws]) expect(verifyJwsJson(given, secret).signatures).toHaveLength(1);
  });

  test('limits: 16 signatures, 1 MiB', () => {
    const parts = (count: number) => general(...Array<typeof good>(count).fill(good));
    expect(verifyJwsJson(parts(16), secret).signatures).toHaveLength(16);
    expectCode(() => verifyJwsJson(parts(17), secret), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => verifyJwsJson({ ...good, x: 'x'.repeat(1024 * 1024) }, secret), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => verifyJwsJson(good, secret, { maxLength: 50 }), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(
      () => verifyJwsJson(part, secret, { payload: new Uint8Array(2000), maxLength: 1000 }),
      'ERR_JOSE_LIMIT_EXCEEDED',
    );
  });

  test('the caller’s mistakes are TypeErrors, whatever the signatures', () => {
    expectTypeError(() => verifyJwsJson(good, keyPairs.ES256.privateKey), /^key is private/);
    expectTypeError(() => verifyJwsJson(good, 'secret' as never), /^keys? /);
    for (const require of ['some', [], [1], 1, null])
      expectTypeError(() => verifyJwsJson(good, secret, { require } as never), /require/);
    expectTypeError(() => verifyJwsJson(good, secret, { required: 'all' } as never), /required/);
  });

  test('the outcomes are frozen, and the payload is the caller’s own copy', () => {
    const verified = verifyJwsJson(good, secret);
    expect([verified, verified.signatures, verified.signatures[0]].every(Object.isFrozen)).toBe(true);
  });
});

describe('holes and later changes', () => {
  test('no list of kids, however sparse, makes do without a valid signature', () => {
    const jws = { ...signJwsJson(CONTENT, [{ key: es }, { key: ed }]), payload: b64u(octets('forged')) };
    const sparse = new Array<string>(1);
    expectTypeError(() => verifyJwsJson(jws, two, { require: sparse }), 'require');
    for (const require of ['all', 'any', ['es']] as const) {
      expectCode(() => verifyJwsJson(jws, two, { require }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    }
    expectTypeError(() => signJwsJson(CONTENT, new Array(1)));
  });

  test('an outcome and a detached payload cannot be written to afterwards', () => {
    const detached = octets('content');
    const jws = signJwsJson(CONTENT, [{ key: es }], { detached: true });
    const { payload, signatures } = verifyJwsJson(jws, two, { payload: detached });
    detached.fill(0);
    expect(text(payload)).toBe('content');
    const [outcome] = signatures;
    expect(outcome?.valid && Object.isFrozen(outcome.protected) && Object.isFrozen(outcome.unprotected)).toBe(true);
  });
});
