// Signing and verifying where another function makes or checks the signature, and answers later.
import { expect, test } from 'vitest';
import { type Key, signJwt } from '../../src/index.ts';
import { readExpected } from '../../src/jwt/expected.ts';
import { readJwt } from '../../src/jwt/jwt.ts';
import { signJwtBy } from '../../src/jwt/sign.ts';
import { isVerifiedJwt, verifySelectedBy } from '../../src/jwt/verify.ts';
import { CLAIMS, EXPECTED, NOW } from '../support/doors.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const key = secretKey('HS256');
const OPTIONS = { expiresIn: null, now: NOW } as const;
const signed = () => signJwt(CLAIMS, key, OPTIONS);

test('signJwtBy makes the token of signJwt with the signature it is given', async () => {
  const seen: unknown[] = [];
  const sign = async (...given: [Key, string]) => {
    seen.push(...given);
    return 'AAAA';
  };
  const [header, claims] = signed().split('.');
  expect(await signJwtBy(sign, { claims: CLAIMS, key }, OPTIONS)).toBe(`${header}.${claims}.AAAA`);
  expect(seen).toEqual([key, `${header}.${claims}`]);
});

test('signJwtBy refuses what signJwt refuses, and asks for no signature then', async () => {
  const sign = () => Promise.reject(new Error('asked'));
  await expect(signJwtBy(sign, { claims: CLAIMS, key: keyPairs.ES256.publicKey }, OPTIONS)).rejects.toThrow(
    'key is public: signing needs the private key',
  );
  await expect(signJwtBy(sign, { claims: { sub: 1 as never }, key }, OPTIONS)).rejects.toThrow(
    'claims.sub must be a string',
  );
  await expect(signJwtBy(async () => 'A'.repeat(256 * 1024), { claims: CLAIMS, key }, OPTIONS)).rejects.toThrow(
    'claims must be shorter: the token would be over 256 KiB',
  );
});

test('verifySelectedBy believes what it is told of the signature, and judges the claims by the time of then', async () => {
  const token = signed();
  const [header, claims, signature] = token.split('.');
  const jwt = readJwt(token);
  const at = (now: number) => () => readExpected({ ...EXPECTED, now });
  const seen: unknown[] = [];
  const verify = async (...given: [Key, string, string]) => {
    seen.push(...given);
    return true;
  };
  const verified = await verifySelectedBy(verify, { jwt, key }, at(NOW));
  expect(isVerifiedJwt(verified)).toBe(true);
  expect(verified).toMatchObject({ claims: CLAIMS, header: { alg: 'HS256', typ: 'JWT' }, key });
  expect(seen).toEqual([key, `${header}.${claims}`, signature]);
  await expect(verifySelectedBy(verify, { jwt, key }, at(CLAIMS.exp))).rejects.toMatchObject({
    code: 'ERR_JWT_EXPIRED',
  });
  await expect(verifySelectedBy(async () => false, { jwt, key }, at(NOW))).rejects.toMatchObject({
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  });
  const badPayload = { ...jwt, parts: { ...jwt.parts, payload: '=' } };
  await expect(verifySelectedBy(verify, { jwt: badPayload, key }, at(NOW))).rejects.toMatchObject({
    code: 'ERR_JWS_INVALID',
  });
});
