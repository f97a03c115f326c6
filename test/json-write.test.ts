// What is written as JSON, where it ends, and the words for what JSON cannot say.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { writeJsonObject } from '../src/json-write.ts';
import { refusalOf } from './support/refusal.ts';

const write = (value: object, omitsUndefined?: boolean) => writeJsonObject({ ...value }, 'claims', omitsUndefined);
const MAY = 'a string, a finite number, a boolean, null, an array or a plain object';

test('what JSON can say is written as JSON.stringify writes it', () => {
  const value = { a: 'é\ud83d\ude00', b: [1.5, -0, true, false, null, [], {}], c: Object.create(null), d: { e: '' } };
  expect(write(value)).toBe(JSON.stringify(value));
  expect(write({})).toBe('{}');
  expect(write({ a: runInNewContext('({ b: [1] })') })).toBe('{"a":{"b":[1]}}');
});

test('a member that is undefined is left out where that is asked for, and nothing else is', () => {
  expect(write({ a: undefined, b: [{ c: undefined }] }, true)).toBe('{"b":[{}]}');
  expect(refusalOf(() => write({ a: undefined }))).toBe(`TypeError: claims.a must be ${MAY}, and is undefined`);
  expect(refusalOf(() => write({ a: [undefined] }, true))).toBe(
    `TypeError: claims.a[0] must be ${MAY}, and is undefined`,
  );
  expect(refusalOf(() => write({ '\ud800': undefined, a: 1n }, true))).toBe(
    `TypeError: claims.a must be ${MAY}, and is a bigint`,
  );
});

describe('what JSON cannot say is named by its place', () => {
  class Point {
    x = 1;
  }
  const withToJson = Object.create({ toJSON: () => 'x' });
  test.each<[string, unknown, string]>([
    ['a bigint', 1n, 'a bigint'],
    ['a function', () => 0, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['a lone surrogate', '\udc00', 'a string with a lone surrogate'],
    ['a Date', new Date(0), 'a Date: write it as seconds or as text'],
    ['a toJSON', { toJSON: () => 'x' }, 'an object with a toJSON method'],
    ['an inherited toJSON', withToJson, 'an object with a toJSON method'],
    ['a toJSON of an array', Object.assign([1], { toJSON: () => 'x' }), 'an object with a toJSON method'],
    ['a class', new Point(), 'an object of a class'],
    ['a Map', new Map(), 'an object of a class'],
  ])('%s', (_, value, what) => {
    expect(refusalOf(() => write({ a: value }))).toBe(`TypeError: claims.a must be ${MAY}, and is ${what}`);
    expect(refusalOf(() => write({ a: [0, { b: value }] }))).toBe(
      `TypeError: claims.a[1].b must be ${MAY}, and is ${what}`,
    );
  });

  test('a name with a lone surrogate', () => {
    expect(refusalOf(() => write({ a: { '\ud800': 1 } }))).toBe(
      `TypeError: claims.a.\ud800 must be ${MAY}, and is under a name with a lone surrogate`,
    );
  });

  test('the claims themselves', () => {
    expect(refusalOf(() => writeJsonObject(new Point() as never, 'claims'))).toBe(
      `TypeError: claims must be ${MAY}, and is an object of a class`,
    );
  });

  test('a toJSON that is no function is a member like any other', () => {
    expect(write({ toJSON: 1, a: { toJSON: 'x' } })).toBe('{"toJSON":1,"a":{"toJSON":"x"}}');
  });

  test('a place of at most 200 characters', () => {
    const name = 'n'.repeat(300);
    expect(refusalOf(() => write({ [name]: 1n }))).toBe(
      `TypeError: claims.${name.slice(0, 199)} must be ${MAY}, and is a bigint`,
    );
  });
});

describe('limits', () => {
  const nest = (depth: number): object => (depth === 1 ? {} : { a: nest(depth - 1) });
  const nestArrays = (depth: number): unknown[] => (depth === 1 ? [] : [nestArrays(depth - 1)]);
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, i]));

  test('32 levels', () => {
    expect(JSON.parse(write(nest(32)))).toEqual(nest(32));
    expect(JSON.parse(write({ a: nestArrays(31) }))).toEqual({ a: nestArrays(31) });
    expect(refusalOf(() => write(nest(33)))).toBe(
      `TypeError: claims${'.a'.repeat(32)} must be ${MAY}, and is nested deeper than 32`,
    );
    expect(refusalOf(() => write({ a: nestArrays(32) }))).toBe(
      `TypeError: claims.a${'[0]'.repeat(31)} must be ${MAY}, and is nested deeper than 32`,
    );
  });

  test('1,000 members, all levels together', () => {
    expect(Object.keys(JSON.parse(write(many(1000))))).toHaveLength(1000);
    expect(JSON.parse(write({ a: [many(499), many(500)] })).a).toHaveLength(2);
    for (const value of [many(1001), { a: [many(500), many(500)] }, { a: many(1001), b: 1n }])
      expect(refusalOf(() => write(value))).toBe('TypeError: claims must have at most 1000 members');
  });

  test('1 MiB, of texts, names and values together', () => {
    const most = 1024 * 1024;
    // The object, the name, and the text.
    expect(write({ a: 'x'.repeat(most - 2) })).toHaveLength(most + 6);
    expect(JSON.parse(write({ a: Array(most - 3).fill(0) })).a).toHaveLength(most - 3);
    expect(write({ ['n'.repeat(most - 2)]: true })).toContain('true');
    for (const value of [
      { a: 'x'.repeat(most - 1) },
      { a: Array(most - 2).fill(0) },
      { ['n'.repeat(most - 1)]: true },
      { a: 'x'.repeat(most), ...many(1001) },
    ])
      expect(refusalOf(() => write(value))).toBe('TypeError: claims must be at most 1 MiB as JSON');
  });

  test('one object in endlessly many places is refused before it is written', () => {
    let value: object = { a: 1 };
    for (let i = 0; i < 30; i++) value = [value, value];
    expect(refusalOf(() => write({ value }))).toBe('TypeError: claims must have at most 1000 members');
    let arrays: unknown[] = [];
    for (let i = 0; i < 30; i++) arrays = [arrays, arrays];
    expect(refusalOf(() => write({ arrays }))).toBe('TypeError: claims must be at most 1 MiB as JSON');
  });
});
