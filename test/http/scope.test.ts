import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasAllScopes, readScope } from '../../src/http/scope.ts';

describe('what may be asked', () => {
  test.each(['a', 'orders:read', 'orders:read orders:write', 'https://api.example/x', "!#$%&'()*+,-./[]^_`{|}~"])(
    '%j',
    (scope) => {
      expect(readScope(scope, 'scope')).toEqual(scope.split(' '));
      expect(readScope(scope.split(' '), 'scope')).toEqual(scope.split(' '));
    },
  );

  const sparse = ['a', 'b'];
  delete sparse[0];
  test.each([
    '',
    ' ',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a"b',
    'a\\b',
    'ä',
    'a\n',
    'a\u007f',
    [],
    [''],
    ['a b'],
    ['a', 1],
    [null],
    sparse,
    [['a']],
    1,
    null,
    true,
    {},
    new Set(['a']),
    () => 'a',
  ])('but not %j [6750-3-13]', (scope) => {
    expect(() => readScope(scope, 'the.argument')).toThrow(
      new TypeError("the.argument must be scopes separated by single spaces such as 'read write', or an array of them"),
    );
  });

  test('in either form, each once', () => {
    expect(readScope('b a b', 'scope')).toEqual(['b', 'a']);
    expect(readScope(['b', 'a', 'b'], 'scope')).toEqual(['b', 'a']);
  });

  test('an array is read once: what was checked is what is required', () => {
    let reads = 0;
    const scopes = new Proxy(['a'], {
      get: (target, name, self) => (name === '0' ? ['a', ''][reads++] : Reflect.get(target, name, self)),
    });
    expect(readScope(scopes, 'scope')).toEqual(['a']);
    expect(reads).toBe(1);
  });
});

describe('what claims allow', () => {
  test.each([
    [{ scope: 'a b c' }],
    [{ scope: 'c b a' }],
    [{ scope: ['a', 'b'] }],
    [{ scp: 'b a' }],
    [{ scp: ['b', 'x', 'a'] }],
    [{ scope: 'a b', scp: 'c' }],
    [{ scope: 'a  b ' }],
  ])('%j: both [6750-3-8]', (claims) => {
    expect(hasAllScopes(claims, ['a', 'b'])).toBe(true);
  });

  test.each([
    [{}],
    [{ scope: '' }],
    [{ scope: 'a' }],
    [{ scope: 'A B' }],
    [{ scope: 'a,b' }],
    [{ scope: 'a\tb' }],
    [{ scope: 'ab' }],
    [{ scope: 'a.b a b2' }],
    [{ scope: ['a b'] }],
    [{ scope: [['a', 'b']] }],
    [{ scope: { a: true, b: true } }],
    [{ scope: null, scp: 'a b' }],
    [{ scope: 'a', scp: 'b' }],
    [{ scope: 1 }],
    [{ scopes: 'a b' }],
    [{ roles: ['a', 'b'] }],
    [['a', 'b']],
    ['a b'],
    [null],
    [undefined],
  ])('%j: not both', (claims) => {
    expect(hasAllScopes(claims, ['a', 'b'])).toBe(false);
  });

  test('what is inherited is not claimed', () => {
    expect(hasAllScopes(Object.create({ scope: 'a' }), ['a'])).toBe(false);
    expect(hasAllScopes(JSON.parse('{"__proto__":{"scope":"a"}}'), ['a'])).toBe(false);
  });

  test('nothing is asked, everything will do', () => {
    expect(hasAllScopes(undefined, [])).toBe(true);
  });

  test('all that is asked, whatever else there is, in either form and any order', () => {
    const token = fc.stringMatching(/^[!#-[\]-~]{1,12}$/);
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1 }), fc.uniqueArray(token), (asked, more) => {
        const held = [...more, ...asked.toReversed()];
        expect(readScope(asked, 'scope')).toEqual(asked);
        expect(hasAllScopes({ scope: held.join(' ') }, asked)).toBe(true);
        expect(hasAllScopes({ scp: held }, asked)).toBe(true);
        const [first, ...rest] = asked;
        expect(hasAllScopes({ scope: [...more, ...rest].filter((one) => one !== first) }, asked)).toBe(false);
      }),
    );
  });
});
