import { expect, test } from 'vitest';
import { asJoseError, isAboutKeys } from '../../src/cli/host.ts';
import { JoseError, type JoseErrorCode } from '../../src/index.ts';

test('what is nobody’s mistake but ours is not disguised', () => {
  const refusal = new JoseError('ERR_JWK_WEAK', 'weak');
  expect(asJoseError(refusal)).toBe(refusal);
  expect(() => asJoseError(new RangeError('a defect'))).toThrow(RangeError);
});

test.each<[JoseErrorCode, boolean]>([
  ['ERR_JWKS_UNAVAILABLE', true],
  ['ERR_JWKS_INVALID', true],
  ['ERR_RING_UNAVAILABLE', true],
  ['ERR_RING_INVALID', false],
  ['ERR_JWKS_NO_MATCHING_KEY', false],
  ['ERR_JWT_EXPIRED', false],
])('%s tells of the keys only: %s', (code, expected) => expect(isAboutKeys(new JoseError(code, ''))).toBe(expected));
