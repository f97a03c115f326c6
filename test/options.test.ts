import { expect, test } from 'vitest';
import { isBoolean, isOctets, isString, isStrings, type OptionRules, readOptions } from '../src/options.ts';

interface Some {
  readonly name?: string;
  readonly loud?: boolean;
}
const RULES: OptionRules<Some> = { name: isString, loud: isBoolean };
const read = (options: unknown) => readOptions(options as Some, RULES);

test('options come out as their own members, on no prototype', () => {
  expect({ ...read({ name: 'a', loud: undefined }) }).toEqual({ name: 'a', loud: undefined });
  expect({ ...read(undefined) }).toEqual({});
  expect(Object.getPrototypeOf(read({ name: 'a' }))).toBeNull();
  expect(Object.getPrototypeOf(read(undefined))).toBeNull();
});

test('an object with a prototype of its own is refused, since what stands there would be left out', () => {
  class Options {
    get name(): string {
      return 'a';
    }
  }
  for (const options of [Object.create({ name: 'inherited' }), new Map([['name', 'a']]), new Options()]) {
    expect(() => read(options as never)).toThrow(new TypeError('options must be a plain object'));
  }
  expect(read(Object.assign(Object.create(null), { name: 'a' })).name).toBe('a');
});

test('a sparse array is no array of strings', () => {
  expect(isStrings(new Array(1))).toBe(false);
  expect(isStrings(Object.assign(new Array(2), ['a']))).toBe(false);
});

test('what comes out does not follow what went in', () => {
  const given = { name: 'a' };
  const own = read(given);
  given.name = 'b';
  expect(own.name).toBe('a');
});

test.each([null, 'name', 1, true, [], () => 0])('%j is no options object', (options) => {
  expect(() => read(options)).toThrow(new TypeError('options must be a plain object'));
});

test('an unknown name and a wrong type are each named', () => {
  expect(() => read({ nam: 'a' })).toThrow(new TypeError('options.nam is not an option'));
  expect(() => read({ toString: 'a' })).toThrow(new TypeError('options.toString is not an option'));
  expect(() => read({ name: 1 })).toThrow(new TypeError('options.name is not valid'));
  expect(() => read({ name: null })).toThrow(new TypeError('options.name is not valid'));
  expect(() => readOptions({ loud: 1 } as never, RULES, 'expected')).toThrow(
    new TypeError('expected.loud is not valid'),
  );
});

test('the rules', () => {
  expect([isString('a'), isString('\ud800'), isString(1)]).toEqual([true, false, false]);
  expect([isBoolean(false), isBoolean(0)]).toEqual([true, false]);
  expect([isStrings(['a']), isStrings([]), isStrings(['a', 1]), isStrings('a')]).toEqual([true, false, false, false]);
  expect([isOctets(new Uint8Array(1)), isOctets(Buffer.from('a')), isOctets([1]), isOctets('a')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
