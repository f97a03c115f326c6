import { describe, expect, test } from 'vitest';
import { asJoseError, isAboutKeys, withUsageErrors } from '../../src/cli/errors.ts';
import { UsageError } from '../../src/cli/host.ts';
import { JoseError, type JoseErrorCode } from '../../src/index.ts';

test('a defect is rethrown', () => {
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
])('%s is about the keys: %s', (code, expected) => expect(isAboutKeys(new JoseError(code, ''))).toBe(expected));

describe('withUsageErrors', () => {
  const failing = (error: Error) =>
    withUsageErrors(() => {
      throw error;
    }, '--where').catch((thrown: unknown) => thrown);

  test.each([
    ['options.expiresIn must be a duration', '--expires-in must be a duration'],
    ['options.modulusLength is for RSA keys', '--bits is for RSA keys'],
    [
      'options.algorithms must include ES256, the algorithm of a key in options.firstKeys',
      '--alg must include ES256, the algorithm of a key in --key',
    ],
    [
      'url must be https, or http on loopback with allowInsecureLoopback, or http to one of insecureHosts',
      '--where must be https, or http on loopback',
    ],
    ['issuer must be a URL', '--where is not a valid URL'],
    ['claims.exp is of the wrong type', 'claims.exp is of the wrong type'],
  ])('%s', async (message, expected) => {
    expect(await failing(new TypeError(message))).toEqual(new UsageError(expected));
  });
  test('any other error passes', async () => {
    expect(await failing(new RangeError('a defect'))).toBeInstanceOf(RangeError);
    await expect(withUsageErrors(() => 1)).resolves.toBe(1);
  });
});
