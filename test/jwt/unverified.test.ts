import { expect, test } from 'vitest';
import { isVerifiedJwt, readUnverifiedJwt } from '../../src/index.ts';
import { expectCode } from '../support/expect.ts';
import { b64u, forge } from '../support/forge.ts';

test('header and claims of any token, whoever signed it, and the result says nothing more', () => {
  const read = readUnverifiedJwt(`${b64u({ alg: 'HS256', kid: 'k' })}.${b64u({ sub: 'a', exp: 1 })}.AA`);
  expect(read).toEqual({ header: { alg: 'HS256', kid: 'k' }, claims: { sub: 'a', exp: 1 } });
  expect(isVerifiedJwt(read)).toBe(false);
  expect(Object.isFrozen(read)).toBe(true);
});

test('it is read as strictly as for verification', () => {
  const [header, claims] = [b64u({ alg: 'HS256' }), b64u({ sub: 'a' })];
  expectCode(() => readUnverifiedJwt(1 as never), 'ERR_JWS_INVALID');
  expectCode(() => readUnverifiedJwt(`${header}.${claims}`), 'ERR_JWS_INVALID');
  expectCode(() => readUnverifiedJwt(`${header}.${claims}=.AA`), 'ERR_JWS_INVALID');
  expectCode(() => readUnverifiedJwt(`${b64u('{"alg":"a","alg":"b"}')}.${claims}.AA`), 'ERR_JWS_INVALID');
  expectCode(() => readUnverifiedJwt(`${header}.${b64u('{"a":1,"a":2}')}.AA`), 'ERR_JWT_INVALID');
  expectCode(() => readUnverifiedJwt(`${header}.${b64u('[]')}.AA`), 'ERR_JWT_INVALID');
  expectCode(() => readUnverifiedJwt('x'.repeat(256 * 1024 + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
  expectCode(
    () => readUnverifiedJwt(forge('HS256', { alg: 'HS256', b64: false, crit: ['b64'] }, '{}')),
    'ERR_JWT_INVALID',
  );
});
