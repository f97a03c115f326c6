import { describe, expect, test, vi } from 'vitest';
import { isJsonObject, jsonOctets, MAX_DEPTH, MAX_MEMBERS, ownMembers, parseJsonObject, quote } from '../src/json.ts';
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

test('a text with escapes whose value has other names, or fewer, is refused', () => {
  const text = '{"a\\u0062":[{"c":1}],"d" \t\r\n:2}';
  const misread = (value: unknown) => {
    vi.spyOn(JSON, 'parse').mockReturnValueOnce(value);
    try {
      return parse(text);
    } finally {
      vi.restoreAllMocks();
    }
  };
  expect(parse(text)).toEqual({ ab: [{ c: 1 }], d: 2 });
  for (const value of [
    { '\\': [{ c: 1 }], d: 2 },
    { ab: [{ x: 1 }], d: 2 },
    { ab: [{ c: 1 }], x: 2 },
  ])
    expect(expectCode(() => misread(value), 'ERR_JWT_INVALID').message).toBe('the payload has a member twice');
  expect(misread({ d: 2, ab: [{ c: 1 }] })).toEqual({ ab: [{ c: 1 }], d: 2 });
});

test('strings are read to their end, whatever is in them', () => {
  for (const value of ['"', '\\', '\\"', '"\\', '\\\\', '"}', '{":', '\\":1,"', ':', '[', ']'])
    expect(parse(JSON.stringify({ [value]: value, a: [value, { b: value }] }))).toEqual({
      [value]: value,
      a: [value, { b: value }],
    });
});

test('white space of any kind and number may come before an object', () => {
  for (const space of ['', ' ', '\t', '\r', '\n', ' \t\r\n '])
    expect(parse(`${space}{${space}"a"${space}:${space}1${space}}${space}`)).toEqual({ a: 1 });
  for (const other of ['\v', '\f', '\u00a0', 'x', ' x']) expectCode(() => parse(`${other}{}`), 'ERR_JWT_INVALID');
});

test('arrays are levels, too', () => {
  const nest = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  expect(() => parse(nest(MAX_DEPTH))).not.toThrow();
  expectCode(() => parse(nest(MAX_DEPTH + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
  expect(() => parse(`{"a":[${Array(100).fill('{},[]').join(',')}]}`)).not.toThrow();
});

describe('a quoted value', () => {
  test.each([
    ['a', '"a"'],
    ['a"b\\', String.raw`"a\"b\\"`],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ a: [1] }, '{"a":[1]}'],
    [' ~', '" ~"'],
    ['\u007f\u00e9\u202e', String.raw`"\u007f\u00e9\u202e"`],
    ['a; b;c', String.raw`"a\u003b b;c"`],
    ['\ud83d\ude00', String.raw`"\ud83d\ude00"`],
  ])('%j is %s', (value, text) => {
    expect(quote(value)).toBe(text);
  });

  test('is cut to 80 characters', () => {
    expect(quote('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
    expect(quote('x'.repeat(79))).toBe(`"${'x'.repeat(76)}...`);
  });
});

describe('the octets of a JSON text', () => {
  const textOf = (value: unknown, max = 1000) => {
    const bytes = jsonOctets(value, max);
    return bytes && Buffer.from(bytes).toString();
  };

  test('are those of the text, or of the value', () => {
    expect(textOf('{"a": 1}')).toBe('{"a": 1}');
    expect(textOf({ a: ['é', 1, null] })).toBe('{"a":["é",1,null]}');
  });

  test('are none where JSON cannot say the value', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [undefined, () => 0, Symbol('x'), 1n, { a: 1n }, circular]) expect(textOf(value)).toBe('');
  });

  test('are at most as many as are asked for', () => {
    expect(textOf('12345', 5)).toBe('12345');
    expect(textOf('12345', 4)).toBeUndefined();
    expect(textOf('ééé', 5)).toBeUndefined();
    expect(textOf({ a: 'éé' }, 12)).toBe('{"a":"éé"}');
    expect(textOf({ a: 'éé' }, 11)).toBeUndefined();
    expect(textOf(['', 'a'], 8)).toBe('["","a"]');
    expect(textOf(['', 'a'], 7)).toBeUndefined();
  });

  test('are counted while they are written, the quotes of empty strings as well', () => {
    let reads = 0;
    const row = new Proxy(Array(1000).fill(''), {
      get(target, name) {
        reads++;
        return Reflect.get(target, name);
      },
    });
    expect(textOf(Array(1000).fill(row), 10_000)).toBeUndefined();
    expect(reads).toBeLessThan(10_000);
  });

  test('of an array are no more than are written, however many items it has', () => {
    for (const length of [1, 2, 20, 2000]) {
      const text = JSON.stringify(Array(length).fill(1));
      expect(textOf(Array(length).fill(1), text.length)).toBe(text);
      expect(textOf(Array(length).fill(1), text.length - 1)).toBeUndefined();
    }
  });

  test('are none, and not too many, where the value that JSON cannot say comes last', () => {
    expect(textOf(1n, 1)).toBe('');
    expect(textOf([1, 1n], 3)).toBe('');
    expect(textOf([1, 1n], 2)).toBeUndefined();
  });

  test('are counted while they are written, names and values', () => {
    const written = (value: unknown, max: number) => {
      const seen: string[] = [];
      const watched = new Proxy(Object(value), {
        get(target, name) {
          seen.push(String(name));
          return Reflect.get(target, name);
        },
      });
      return [textOf(watched, max), seen.filter((name) => name !== 'toJSON').length];
    };
    const members = (count: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`name${i % 10}${i}`.slice(0, 5), value]));
    // Each member is counted with five characters of name, and one or as many as its text has.
    expect(written(members(10, 1), 60)).toEqual([undefined, 10]);
    expect(written(members(10, 1), 60 - 12)).toEqual([undefined, 8]);
    expect(written(members(10, 'x'.repeat(95)), 500)).toEqual([undefined, 5]);
  });
});
