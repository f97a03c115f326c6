import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { checkJwsCritical, readJwsHeader, readJwsUnionHeader } from '../../src/jws/header.ts';
import { expectCode } from '../support/expect.ts';

const read = (header: JsonObject, unprotected?: JsonObject) =>
  unprotected ? readJwsUnionHeader(header, unprotected) : readJwsHeader(header);

describe('b64', () => {
  test.each([
    ['a string', { alg: 'ES256', b64: 'false', crit: ['b64'] }],
    ['not critical', { alg: 'ES256', b64: false }],
    ['true, not critical either', { alg: 'ES256', b64: true }],
    ['not in crit', { alg: 'ES256', b64: false, x: 1, crit: ['x'] }],
  ])('malformed: %s', (_, header) => {
    expectCode(() => read(header), 'ERR_JWS_INVALID');
  });

  test('is protected or not at all', () => {
    expectCode(() => read({ alg: 'ES256' }, { b64: false }), 'ERR_JWS_INVALID');
    expect(read({ alg: 'ES256', b64: false, crit: ['b64'] }, { kid: 'k' }).b64).toBe(false);
  });

  test('as the header says, and true where it says nothing', () => {
    expect(read({ alg: 'ES256', b64: false, crit: ['b64'] }).b64).toBe(false);
    expect(read({ alg: 'ES256', b64: true, crit: ['b64'] }).b64).toBe(true);
    expect(read({ alg: 'ES256' }).b64).toBe(true);
    expect(Object.isFrozen(read({ alg: 'ES256' }))).toBe(true);
  });

  test('in a parameter called __proto__ it is data', () => {
    expect(read(JSON.parse('{"alg":"ES256","__proto__":{"b64":false}}')).b64).toBe(true);
  });

  test('is an extension that every JWS reader understands', () => {
    const header = read({ alg: 'ES256', b64: false, exp: 1, crit: ['b64', 'exp'] });
    expect(() => checkJwsCritical(header, ['exp'])).not.toThrow();
    expectCode(() => checkJwsCritical(header), 'ERR_JOSE_NOT_SUPPORTED');
    expect(() => checkJwsCritical(read({ alg: 'ES256', b64: true, crit: ['b64'] }))).not.toThrow();
  });
});
