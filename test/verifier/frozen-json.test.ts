// A frozen copy is the same plain data, of which nobody can change anything; what is not plain has none.
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frozenJsonCopy } from '../../src/verifier/frozen-json.ts';

/** Every object in a value, itself included. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe('plain data', () => {
  test('comes out the same, as other objects, and frozen through and through', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 5 }), (value) => {
        const copy = frozenJsonCopy(value);
        expect(copy).toStrictEqual(value);
        const [originals, copies] = [objectsIn(value), objectsIn(copy)];
        expect(copies.every(Object.isFrozen)).toBe(true);
        expect(originals.some(Object.isFrozen)).toBe(false);
        expect(copies.some((object) => originals.includes(object))).toBe(false);
      }),
    );
  });

  test.each([0, -0, 1.5, Number.NaN, '', 'a', '\ud800', true, false, null])('%o is its own copy', (value) => {
    expect(frozenJsonCopy(value)).toBe(value);
  });

  test('a member called __proto__ stays a member', () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"a":{"constructor":1}}');
    const copy = Object(frozenJsonCopy(value));
    expect(Object.keys(copy)).toEqual(['__proto__', 'a']);
    expect(copy.admin).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
  });

  test('a member called length stays a member', () => {
    expect(frozenJsonCopy({ length: 3, a: [1] })).toStrictEqual({ length: 3, a: [1] });
  });

  test('up to 8,192 objects and arrays', () => {
    const holding = (count: number) => Array.from({ length: count - 1 }, () => ({}));
    expect(frozenJsonCopy(holding(8_192))).toStrictEqual(holding(8_192));
    expect(frozenJsonCopy(holding(8_193))).toBeUndefined();
  });

  test('nesting up to 32 levels', () => {
    const nested = (depth: number): object => (depth === 1 ? [1] : [nested(depth - 1)]);
    expect(frozenJsonCopy(nested(32))).toStrictEqual(nested(32));
    expect(frozenJsonCopy(nested(33))).toBeUndefined();
  });
});

const holed = (): unknown[] => Object.assign(new Array<unknown>(3), { 0: 1, 2: 3 });
class Claims {
  readonly sub = 'a';
}
const cyclic: Record<string, unknown> = { a: 1 };
cyclic.self = [cyclic, cyclic, cyclic];

const NOT_PLAIN: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  'a function': () => 1,
  'a symbol': Symbol('a'),
  'a BigInt': 1n,
  'a Date': new Date(0),
  'a Map': new Map([['a', 1]]),
  'a Set': new Set(['a']),
  'a typed array': new Uint8Array(3),
  'a regular expression': /a/,
  'an instance': new Claims(),
  'an Error': new Error('a'),
  'a Promise': Promise.resolve(1),
  'a wrapped string': new String('a'),
  'an object without a prototype': Object.create(null),
  'an array of a class': new (class extends Array {})(),
  'an object of another realm': runInNewContext('({ a: 1 })'),
  'a getter': {
    get a() {
      return Math.random();
    },
  },
  'a getter in an array': Object.defineProperty([1], 0, { get: () => 1, enumerable: true }),
  'a hidden member': Object.defineProperty({}, 'a', { value: 1, enumerable: false }),
  'a member by symbol': { [Symbol('a')]: 1 },
  'a hole': holed(),
  'a hole in place of which there is a member': Object.assign(holed(), { a: 1 }),
  'an array with a member': Object.assign([1], { a: 1 }),
  'itself in it': cyclic,
  'too many objects': Array.from({ length: 10_000 }, () => ({})),
};

describe('what is not plain has no copy', () => {
  test.each(Object.entries(NOT_PLAIN))('%s', (_, value) => {
    expect(frozenJsonCopy(value)).toBeUndefined();
    expect(frozenJsonCopy({ a: [value] })).toBeUndefined();
  });

  test('and none of it is frozen or asked', () => {
    let reads = 0;
    const value = {
      inner: { a: 1 },
      get told() {
        return ++reads;
      },
    };
    expect(frozenJsonCopy(value)).toBeUndefined();
    expect([Object.isFrozen(value), Object.isFrozen(value.inner), reads]).toEqual([false, false, 0]);
  });

  test('a getter is none of its value either, where Object.prototype was given one', () => {
    const given = NOT_PLAIN['a getter'];
    Object.defineProperty(Object.prototype, 'value', { value: 'admin', configurable: true });
    const copy = frozenJsonCopy(given);
    Reflect.deleteProperty(Object.prototype, 'value');
    expect(copy).toBeUndefined();
  });

  test('nor has a Proxy with a name that it has no member for', () => {
    expect(frozenJsonCopy(new Proxy({}, { ownKeys: () => ['a'] }))).toBeUndefined();
  });

  test('a Proxy is what it shows once: its copy does not change any more', () => {
    let reads = 0;
    const shifty = new Proxy(
      { a: 0 },
      { getOwnPropertyDescriptor: () => ({ value: ++reads, enumerable: true, configurable: true }) },
    );
    const copy = frozenJsonCopy(shifty);
    expect([copy, copy, reads]).toEqual([{ a: 1 }, { a: 1 }, 1]);
  });
});
