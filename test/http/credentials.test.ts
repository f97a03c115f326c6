import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isQuotable, readCredentials, writeChallenge } from '../../src/http/credentials.ts';

describe('readCredentials', () => {
  const TOKEN = 'aZ0-._~+/aZ0-._~+/==';

  test.each([
    ['Bearer a.b.c', 'a.b.c'],
    [`Bearer ${TOKEN}`, TOKEN],
    ['Bearer    a', 'a'],
    ['bearer a', 'a'],
    ['BEARER a', 'a'],
    ['bEaReR a', 'a'],
    ['Bearer Bearer', 'Bearer'],
  ])('%j holds a token: [6750-2.1-2] [6750-2.1-3]', (authorization, token) => {
    expect(readCredentials(authorization)).toEqual({ kind: 'token', token });
  });

  test.each([
    undefined,
    null,
    '',
    ' ',
    ' Bearer a',
    'Basic dTpw',
    'Basic dTpw, Bearer a',
    'Digest username="Bearer a"',
    'DPoP a.b.c',
    'Token a.b.c',
    'Bearerx a',
    'Bearer-a',
    'Bearer.a b',
    'Bearer~ a',
    'XBearer a',
    'a.b.c',
    '"Bearer" a',
  ])('%j is of no scheme or another one', (authorization) => {
    expect(readCredentials(authorization)).toEqual({ kind: 'none' });
  });

  test.each([
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a ',
    'Bearer a, Bearer b',
    'Bearer a,Bearer b',
    'Bearer a, Basic dTpw',
    'Bearer, Bearer a',
    'Bearer\ta',
    'Bearer a\t',
    'Bearer\u00a0a',
    'Bearer:a',
    'Bearer "a"',
    'Bearer =',
    'Bearer =a',
    'Bearer a=b',
    'Bearer token="a"',
    'Bearer a\n',
    'Bearer a\r\nX: y',
    'Bearer ä',
    'Bearer a%20b',
    'Bearer <a>',
    'Bearer \u{ff41}',
  ])('%j is malformed: [6750-2-1] [6750-2.1-3]', (authorization) => {
    expect(readCredentials(authorization)).toEqual({ kind: 'malformed' });
  });

  const TOKEN68 = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,40}={0,3}$/);
  const SPELLING = fc.mixedCase(fc.constant('bearer'));
  const SPACES = fc.integer({ min: 1, max: 5 }).map((count) => ' '.repeat(count));

  test('a token is read as it was written, whatever the spelling of the scheme', () => {
    fc.assert(
      fc.property(SPELLING, SPACES, TOKEN68, (scheme, spaces, token) => {
        expect(readCredentials(scheme + spaces + token)).toEqual({ kind: 'token', token });
      }),
    );
  });

  test('no character is taken into a token that the grammar does not have', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(TOKEN68, text, TOKEN68, (before, between, after) => {
        const { token } = readCredentials(`Bearer ${before}${between}${after}`);
        if (token !== undefined) expect(token).toBe(`${before}${between}${after}`.trimStart());
        expect(token ?? 'a').toMatch(/^[A-Za-z0-9._~+/-]+=*$/);
      }),
    );
  });
});

/** RFC 9110 §11.2, the other way round: a challenge → its scheme and parameters, in order. */
function parse(challenge: string): { scheme: string; parameters: string[][] } {
  const [, scheme = '', rest = ''] = /^(\w+) (.*)$/.exec(challenge) ?? [];
  const found = [...rest.matchAll(/(?:^|, )(\w+)="((?:[^"\\]|\\.)*)"/g)];
  expect(found.map(([text]) => text).join('')).toBe(rest);
  return { scheme, parameters: found.map(([, name = '', value = '']) => [name, value.replace(/\\(.)/g, '$1')]) };
}

describe('writeChallenge', () => {
  test('has the scheme, the realm and what else is said, each once: [6750-3-3] [6750-3-4] [6750-3-6] [6750-3-9] [6750-3-12]', () => {
    expect(writeChallenge('api')).toBe('Bearer realm="api"');
    expect(writeChallenge('api', { error: 'invalid_token' })).toBe('Bearer realm="api", error="invalid_token"');
    expect(writeChallenge('', { error: 'insufficient_scope', scope: 'a b' })).toBe(
      'Bearer realm="", error="insufficient_scope", scope="a b"',
    );
  });

  test('escapes what would end the realm', () => {
    expect(writeChallenge('a"b\\c')).toBe('Bearer realm="a\\"b\\\\c"');
    expect(parse(writeChallenge('", error="none')).parameters).toEqual([['realm', '", error="none']]);
  });

  test('any realm that is quotable is read back as it was, and goes into a header', () => {
    const realm = fc.string().filter(isQuotable);
    fc.assert(
      fc.property(realm, (text) => {
        const challenge = writeChallenge(text, { error: 'invalid_token' });
        const wanted = [
          ['realm', text],
          ['error', 'invalid_token'],
        ];
        expect(parse(challenge)).toEqual({ scheme: 'Bearer', parameters: wanted });
        expect(new Headers({ 'WWW-Authenticate': challenge }).get('www-authenticate')).toBe(challenge);
      }),
    );
  });
});

test.each(['a\r\nX: y', 'a\n', '\t', '\u0000', '\u007f', 'ä', 'a\u2028', 1, null, ['a']])(
  '%j is not quotable',
  (value) => {
    expect(isQuotable(value)).toBe(false);
  },
);
