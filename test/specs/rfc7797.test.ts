// RFC 7797: the unencoded payload option, b64.
import { describe, expect, test } from 'vitest';
import { importKey, signJws, signJwsJson, signJwt, verifyJws, verifyJwsJson, verifyJwt } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { flipBit, flipEncoded, PLACES } from '../support/flip.ts';
import { b64u, type FlatJws, flattened, forge, general, macSigner, octets } from '../support/forge.ts';
import { signAsPrinted } from '../support/jws-vector.ts';
import { secretBytes, secretKey } from '../support/keys.ts';
import { vectors } from '../support/vectors.ts';

const key = secretKey('HS256');
const UNENCODED = { alg: 'HS256', b64: false, crit: ['b64'] };
const FAILED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
const headerCode = (header: object | string) => codeOf(() => verifyJws(forge('HS256', header, 'x'), key));

/** A flattened JWS with this header over the payload as it stands. */
function unencoded(payload: string, header: object = UNENCODED): FlatJws & { protected: string } {
  const text = b64u(header);
  const signature = b64u(macSigner('HS256', secretBytes('HS256'))(octets(`${text}.${payload}`)));
  return { protected: text, payload, signature };
}

describe.each(vectors('rfc7797', 'jws-b64'))('$ref: b64 $b64', (v) => {
  const own = importKey(v.key, { alg: v.alg });
  const payload = Buffer.from(v.payload_hex, 'hex');

  test('verifies in every serialization', () => {
    if (v.compact) expect(Buffer.from(verifyJws(v.compact, own).payload)).toEqual(payload);
    if (v.compact_detached)
      expect(Buffer.from(verifyJws(v.compact_detached, own, { payload }).payload)).toEqual(payload);
    expect(Buffer.from(verifyJwsJson(v.flattened, own).payload)).toEqual(payload);
    if (v.flattened_detached)
      expect(Buffer.from(verifyJwsJson(v.flattened_detached, own, { payload }).payload)).toEqual(payload);
  });

  test('signing again gives the same signature', () => {
    expect(v.signing_input).toBe(`${v.protected_b64u}.${v.b64 ? payload.toString('base64url') : v.payload}`);
    expect(signAsPrinted(v.key, v.alg, v.signing_input)).toBe(v.signature_b64u);
    const options = v.b64 ? {} : { b64: false, detached: true };
    const made = signJws(payload, own, options);
    expect(codeOf(() => verifyJws(made, own, v.b64 ? {} : { payload }))).toBeNull();
    if (v.compact) expect(made).toBe(v.compact);
  });

  test.each(PLACES)('one bit flipped in the %s octet of a part is refused', (place) => {
    const other = flipBit(payload, place);
    const twin = v.b64 ? Buffer.from(other).toString('base64url') : Buffer.from(other).toString('latin1');
    expect(codeOf(() => verifyJwsJson({ ...v.flattened, payload: twin }, own))).toBe(FAILED);
    expect(codeOf(() => verifyJwsJson({ ...v.flattened, signature: flipEncoded(v.signature_b64u, place) }, own))).toBe(
      FAILED,
    );
    expect(
      codeOf(() => verifyJwsJson({ ...v.flattened, protected: flipEncoded(v.protected_b64u, place) }, own)),
    ).toMatch(/^ERR_/);
    if (v.compact_detached)
      expect(codeOf(() => verifyJws(v.compact_detached ?? '', own, { payload: other }))).toBe(FAILED);
  });
});

describe('section 3: b64', () => {
  test('is a boolean, true by default [7797-3-1]', () => {
    for (const b64 of ['false', 0, null, [], {}])
      expect(headerCode({ alg: 'HS256', b64, crit: ['b64'] })).toBe('ERR_JWS_INVALID');
    expect([headerCode({ alg: 'HS256', b64: true, crit: ['b64'] }), headerCode({ alg: 'HS256' })]).toEqual([
      null,
      null,
    ]);
    expect(codeOf(() => signJws(octets('x'), key, { b64: 'false' as unknown as boolean }))).toBe('TypeError');
  });

  test('is integrity protected [7797-3-2]', () => {
    for (const b64 of [true, false]) {
      expect(codeOf(() => verifyJwsJson(flattened('HS256', { alg: 'HS256' }, 'x', { b64 }), key))).toBe(
        'ERR_JWS_INVALID',
      );
      expect(codeOf(() => verifyJwsJson(flattened('HS256', { alg: 'HS256', crit: ['b64'] }, 'x', { b64 }), key))).toBe(
        'ERR_JWS_INVALID',
      );
      expect(codeOf(() => signJwsJson(octets('x'), [{ key, unprotected: { b64 } }]))).toBe('TypeError');
    }
  });

  test('is the same for all signatures, absent being true [7797-3-3]', () => {
    const encoded = flattened('HS256', { alg: 'HS256' }, 'x');
    const stated = flattened('HS256', { alg: 'HS256', b64: true, crit: ['b64'] }, 'x');
    const raw = unencoded(encoded.payload);
    expect(codeOf(() => verifyJwsJson(general(encoded, stated), key))).toBeNull();
    expect(codeOf(() => verifyJwsJson(general(raw, raw), key))).toBeNull();
    for (const require of ['any', 'all'] as const) {
      for (const mixed of [general(encoded, raw), general(raw, stated)])
        expect(codeOf(() => verifyJwsJson(mixed, key, { require }))).toBe('ERR_JWS_INVALID');
    }
    const made = signJwsJson(octets('x'), [{ key }, { key }], { b64: false });
    expect(verifyJwsJson(made, key).signatures).toMatchObject([
      { protected: { b64: false } },
      { protected: { b64: false } },
    ]);
  });

  test('when it is false, the payload octets are signed as they are [7797-3-4]', () => {
    const payload = Uint8Array.of(0xff, 0x00, 0x2e, 0x0a);
    const token = signJws(payload, key, { b64: false, detached: true });
    const [header = '', middle, signature] = token.split('.');
    const input = Buffer.concat([Buffer.from(`${header}.`), payload]);
    expect([middle, signature]).toEqual(['', b64u(macSigner('HS256', secretBytes('HS256'))(input))]);
    expect(codeOf(() => verifyJws(token, key, { payload }))).toBeNull();
    expect(codeOf(() => verifyJws(token, key, { payload: octets(b64u(payload)) }))).toBe(FAILED);
  });
});

describe('section 5: the payload in a serialization', () => {
  test('a payload with a dot is not put into the compact form [7797-5.2-1]', () => {
    expect(codeOf(() => signJws(octets('$.02'), key, { b64: false }))).toBe('TypeError');
    const { protected: header, payload, signature } = unencoded('$.02');
    expect(codeOf(() => verifyJws(`${header}.${payload}.${signature}`, key))).toBe('ERR_JWS_INVALID');
    expect(codeOf(() => verifyJws(`${header}..${signature}`, key, { payload: octets('$.02') }))).toBeNull();
  });

  test('what is not printable ASCII does not get into it either [7797-5.2-3]', () => {
    for (const payload of ['\n', 'é', '\x7f', '\0']) {
      expect(codeOf(() => signJws(octets(payload), key, { b64: false }))).toBe('TypeError');
      const { protected: header, signature } = unencoded(payload);
      expect(codeOf(() => verifyJws(`${header}.${payload}.${signature}`, key))).toBe('ERR_JWS_INVALID');
    }
    const token = signJws(octets('plain text, ~'), key, { b64: false });
    expect(Buffer.from(verifyJws(token, key).payload).toString()).toBe('plain text, ~');
  });

  test('in JSON it is the UTF-8 of the string, escapes resolved [7797-5.3-1]', () => {
    for (const payload of ['$.02', 'Zoë 𝄞\n', '']) {
      const { protected: header, signature } = unencoded(payload);
      const jws = { protected: header, payload, signature };
      for (const input of [jws, JSON.stringify(jws)])
        expect(Buffer.from(verifyJwsJson(input, key).payload)).toEqual(Buffer.from(payload));
      expect(signJwsJson(octets(payload), [{ key }], { b64: false, flattened: true })).toMatchObject({ payload });
    }
    const { protected: header, signature } = unencoded('$.02');
    const escaped = `{"protected":"${header}","payload":"\\u0024.02","signature":"${signature}"}`;
    expect(codeOf(() => verifyJwsJson(escaped, key))).toBeNull();
    expect(codeOf(() => verifyJwsJson({ protected: header, payload: 2, signature }, key))).toBe('ERR_JWS_INVALID');
    expect(codeOf(() => signJwsJson(Uint8Array.of(0xff), [{ key }], { b64: false }))).toBe('TypeError');
  });

  test('a lone surrogate, which UTF-8 cannot hold, is no payload', () => {
    const { protected: header, signature } = unencoded('\ufffd');
    expect(codeOf(() => verifyJwsJson({ protected: header, payload: '\ud800', signature }, key))).toBe(
      'ERR_JWS_INVALID',
    );
  });
});

describe('sections 6 and 7', () => {
  test('crit lists b64 wherever it is used [7797-6-1]', () => {
    for (const b64 of [true, false]) {
      for (const header of [
        { alg: 'HS256', b64 },
        { alg: 'HS256', b64, x: 1, crit: ['x'] },
      ]) {
        expect(codeOf(() => verifyJws(forge('HS256', header, 'x'), key, { crit: ['x'] }))).toBe('ERR_JWS_INVALID');
      }
    }
    const token = signJws(octets('x'), key, { b64: false, header: { x: 1, crit: ['x'] } });
    const { crit } = verifyJws(token, key, { crit: ['x'] }).header;
    expect([...(crit ?? [])].sort()).toEqual(['b64', 'x']);
  });

  test('b64 is left out when it is true [7797-7-2]', () => {
    expect(verifyJws(signJws(octets('x'), key, { b64: true }), key).header).toEqual({ alg: 'HS256' });
  });

  test('a JWT does not use it [7797-7-3]', () => {
    const { protected: header, payload, signature } = unencoded('{}');
    const anyone = { issuer: null, audience: null, expiry: 'optional', now: 0 } as const;
    expect(codeOf(() => verifyJws(`${header}.${payload}.${signature}`, key))).toBeNull();
    expect(codeOf(() => verifyJwt(`${header}.${payload}.${signature}`, key, anyone))).toBe('ERR_JWT_INVALID');
    const options = { expiresIn: null, now: 0 } as const;
    expect(codeOf(() => signJwt({}, key, { ...options, header: { b64: false, crit: ['b64'] } }))).toBe('TypeError');
    expect(codeOf(() => signJwt({}, key, { ...options, b64: false } as typeof options))).toBe('TypeError');
  });
});
