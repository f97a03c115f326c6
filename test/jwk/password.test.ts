// The iterations that a password is used with: what is written, and the most that is read. None of them is worked here.
import { describe, expect, test } from 'vitest';
import { importPassword } from '../../src/index.ts';
import { keyPartsOf } from '../../src/jwk/key.ts';
import { MIN_ITERATIONS } from '../../src/jwk/password.ts';
import { codeOf } from '../support/code.ts';

const alg = 'PBES2-HS256+A128KW';
const MOST = 2_147_483_647;
const iterationsOf = (options: Partial<Parameters<typeof importPassword>[1]>) =>
  keyPartsOf(importPassword('password', { alg, ...options })).iterations;

describe('the iterations of a password', () => {
  test.each([
    ['PBES2-HS256+A128KW', 600_000],
    ['PBES2-HS384+A192KW', 210_000],
    ['PBES2-HS512+A256KW', 210_000],
  ] as const)('%s writes %i by default, and reads 600,000', (each, written) => {
    expect(iterationsOf({ alg: each })).toEqual({ written, most: 600_000 });
  });

  test.each([
    [{ iterations: 1000 }, { written: 1000, most: 600_000 }],
    [{ iterations: 600_001 }, { written: 600_001, most: 600_001 }],
    [{ iterations: MOST }, { written: MOST, most: MOST }],
    [{ maxIterations: 600_000 }, { written: 600_000, most: 600_000 }],
    [{ maxIterations: MOST }, { written: 600_000, most: MOST }],
    [
      { iterations: 1000, maxIterations: 1000 },
      { written: 1000, most: 1000 },
    ],
  ])('%j', (options, iterations) => {
    expect(iterationsOf(options)).toEqual(iterations);
  });

  test.each([
    { iterations: 999 },
    { iterations: MOST + 1 },
    { iterations: 1000.5 },
    { maxIterations: 999 },
    { maxIterations: MOST + 1 },
    { maxIterations: 599_999 },
    { iterations: 1001, maxIterations: 1000 },
  ])('%j is a mistake', (options) => {
    expect(codeOf(() => iterationsOf(options))).toBe('TypeError');
  });

  test('are at least 1000 (RFC 7518 §4.8.1.2)', () => {
    expect(MIN_ITERATIONS).toBe(1000);
  });
});

test('the octets of a password are copied, and those of a text are UTF-8', () => {
  const octets = new TextEncoder().encode('pässwort');
  const [ofOctets, ofText] = [importPassword(octets, { alg }), importPassword('pässwort', { alg })];
  octets.fill(0);
  expect(keyPartsOf(ofOctets).keyObject.equals(keyPartsOf(ofText).keyObject)).toBe(true);
  expect(keyPartsOf(ofText).keyObject.export()).toEqual(Buffer.from('pässwort'));
  expect([ofText.kid, importPassword('x', { alg, kid: 'k' }).kid]).toEqual([undefined, 'k']);
});
