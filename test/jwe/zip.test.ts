import { deflateRawSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { inflate } from '../../src/jwe/zip.ts';
import { codeOf } from '../support/code.ts';

afterEach(() => vi.unstubAllGlobals());

test('a bomb is one also where RangeError is the class of another realm, as in Jest', () => {
  vi.stubGlobal('RangeError', class extends Error {});
  expect(codeOf(() => inflate(deflateRawSync(new Uint8Array(250_001))))).toBe('ERR_JOSE_LIMIT_EXCEEDED');
  expect(codeOf(() => inflate(Uint8Array.of(255)))).toBe('ERR_JWE_INVALID');
});
