// The two spellings of an ECDSA signature stand in one-to-one correspondence: r‖s → DER → r‖s is the identity, and
// every DER that is read is the one that would be written.

import { sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { derFromRaw, rawFromDer } from '../../src/jwa/ecdsa.ts';
import { nodePair } from '../support/keys.ts';

const CURVES = [
  ['ES256', 'sha256', 32],
  ['ES384', 'sha384', 48],
  ['ES512', 'sha512', 66],
  ['ES256K', 'sha256', 32],
] as const;

// Coordinates with leading zeros and set top bits, where DER changes its length.
const coordinate = (width: number) =>
  fc
    .tuple(fc.nat(width), fc.uint8Array({ minLength: width, maxLength: width }))
    .map(([zeros, bytes]) => bytes.fill(0, 0, zeros));
const raw = (width: number) =>
  fc.tuple(coordinate(width), coordinate(width)).map(([r, s]) => new Uint8Array([...r, ...s]));

describe.each(CURVES)('%s', (alg, hash, width) => {
  const { privateKey, publicKey } = nodePair(alg);
  const data = Buffer.from('data');

  test('r‖s → DER → r‖s is the identity', () => {
    fc.assert(
      fc.property(raw(width), (signature) => {
        const back = rawFromDer(derFromRaw(signature), width);
        expect(back && Buffer.from(back).toString('hex')).toBe(Buffer.from(signature).toString('hex'));
      }),
      { numRuns: 500 },
    );
  });

  test('the platform reads what is written, and what it writes is read', () => {
    for (let i = 0; i < 40; i++) {
      const fixed = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify(hash, data, { key: publicKey, dsaEncoding: 'der' }, derFromRaw(fixed))).toBe(true);
      const der = sign(hash, data, { key: privateKey, dsaEncoding: 'der' });
      const converted = rawFromDer(der, width);
      expect(converted && verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, converted)).toBe(true);
    }
  });

  test('any octets: what is read is exactly what would be written', () => {
    const edited = fc
      .tuple(
        raw(width).map(derFromRaw),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom('set', 'insert', 'cut', 'add'),
      )
      .map(([der, at, byte, how]) => {
        const i = how === 'add' ? der.length : at % Math.min(der.length, at % 2 ? 6 : der.length);
        return new Uint8Array([
          ...der.subarray(0, i),
          ...(how === 'cut' ? [] : [byte]),
          ...der.subarray(how === 'insert' ? i : i + 1),
        ]);
      });
    fc.assert(
      fc.property(fc.oneof(edited, fc.uint8Array({ maxLength: 2 * width + 12 })), (octets) => {
        const signature = rawFromDer(octets, width);
        if (signature === undefined) return;
        expect(signature.length).toBe(2 * width);
        expect(Buffer.from(derFromRaw(signature)).toString('hex')).toBe(Buffer.from(octets).toString('hex'));
      }),
      { numRuns: 3000 },
    );
  });
});
