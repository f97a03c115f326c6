import { describe, expect, test } from 'vitest';
import { isJsonObject, MAX_DEPTH, MAX_MEMBERS, ownMembers, parseJsonObject } from '../src/json.ts';
import { expectCode } from './support/expect.ts';

const READING = { code: 'ERR_JWT_INVALID', what: 'payload', maxMembers: MAX_MEMBERS } as const;
const parse = (text: string, maxMembers = MAX_MEMBERS) =>
  parseJsonObject(Buffer.from(text), { ...READING, maxMembers });

test('an object comes out as JSON.parse makes it', () => {
  expect(parse(' { "a" : [1, {"b": "\\u0063"}], "d" : null } ')).toEqual({ a: [1, { b: 'c' }], d: null });
});

describe('a member named twice', () => {
  test.each([
    ['{"a":1,"a":1}', 'at the top'],
    ['{"a":1,"\\u0061":1}', 'in two spellings'],
    ['{"a":{"b":[{"c":1,"c":2}]}}', 'deep inside'],
    ['{"__proto__":1,"__proto__":2}', 'called __proto__'],
    ['{"a":":","a":"{"}', 'among quoted punctuation'],
    [`{"a":"${'x'.repeat(200)}","a":1}`, 'after a long string'],
    [`{"a":"${'x'.repeat(100)}\\"${'y'.repeat(100)}","a":1}`, 'after a long string with an escaped quote'],
    [`{"a":"${'x'.repeat(60)}\\\\","a":1}`, 'after a long string that ends in a backslash'],
  ])('%s (%s)', (text) => {
    const error = expectCode(() => parse(text), 'ERR_JWT_INVALID');
    expect(error.message).toBe('the payload has a member twice');
  });

  test('the same name in two objects is no duplicate, and colons in strings are no members', () => {
    expect(parse('{"a":{"a":":"},"b":[{"a":1},{"a":"\\":{"}]}')).toEqual({
      a: { a: ':' },
      b: [{ a: 1 }, { a: '":{' }],
    });
    expect(parse(`{"a":"${':'.repeat(300)}"}`)).toEqual({ a: ':'.repeat(300) });
    expect(parse('{"__proto__":{"x":1}}')).not.toHaveProperty('x');
  });
});

test.each([
  '',
  'x',
  '[]',
  '"a"',
  '1',
  'null',
  'true',
  '{',
  '{"a":1,}',
  "{'a':1}",
  '{a:1}',
  '{"a":01}',
  '{"a":NaN}',
  '{}{}',
  '\ufeff{}',
  '{"a":"\n"}',
])('not a JSON object: %j', (text) => {
  const error = expectCode(() => parse(text), 'ERR_JWT_INVALID');
  expect(error.message).toBe('the payload is not a JSON object in UTF-8');
  expect(error.cause).toBeUndefined();
});

describe('limits', () => {
  const nest = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  const many = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join(',')}}`;

  test('depth', () => {
    expect(() => parse(nest(MAX_DEPTH))).not.toThrow();
    const error = expectCode(() => parse(nest(MAX_DEPTH + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(error.message).toBe('the payload is nested deeper than 32');
    expectCode(() => parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('members, by default and as told', () => {
    expect(Object.keys(parse(many(MAX_MEMBERS)))).toHaveLength(MAX_MEMBERS);
    const error = expectCode(() => parse(many(MAX_MEMBERS + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(error.message).toBe('the payload has more than 1000 members');
    expect(Object.keys(parse(many(3000), 3000))).toHaveLength(3000);
    expectCode(() => parse(many(4), 3), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});

test('what JSON calls an object', () => {
  expect([{}, Object.create(null)].every(isJsonObject)).toBe(true);
  expect([null, [], 'a', 1, undefined, () => 0].some(isJsonObject)).toBe(false);
});

test('own members stand on no prototype', () => {
  const own = ownMembers({ a: 1 });
  expect(Object.getPrototypeOf(own)).toBeNull();
  expect({ ...own }).toEqual({ a: 1 });
});

test('a name that JSON.parse misreads is not taken for what it read', () => {
  const text = (name: string) => `{"a":"x","typ":"",${name}:""}`;
  const names = ['"\\u0061"', '"\\u0062"', '"\\\\"'];
  for (const name of [...names, ...names]) JSON.parse(text(name)); // after these, V8 of Node 24 and 26 reads \u0061 as \
  expectCode(() => parse(text('"\\u0061"')), 'ERR_JWT_INVALID');
  expect(parse('{"q7":"\\"b\\":","\\u0071z" : [{"x9\\n":1}]}')).toEqual({ q7: '"b":', qz: [{ 'x9\n': 1 }] });
});
