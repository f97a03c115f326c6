import { expect, test } from 'vitest';
import {
  aBoolean,
  argumentError,
  isBoolean,
  isOctets,
  isString,
  isStrings,
  type OptionRules,
  readOptions,
} from '../src/options.ts';

interface Some {
  readonly name?: string;
  readonly loud?: boolean;
}
const RULES: OptionRules<Some> = { name: [isString, "a string such as 'a'", 'title label'], loud: aBoolean };
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
    expect(() => read(options as never)).toThrow(new TypeError("options must be a plain object such as { name: 'a' }"));
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
  expect(() => read(options)).toThrow(new TypeError("options must be a plain object such as { name: 'a' }"));
});

test('an unknown name and a wrong type are each named', () => {
  expect(() => read({ nam: 'a' })).toThrow(new TypeError('options.nam is not an option; name is'));
  expect(() => read({ toString: 'a' })).toThrow(new TypeError('options.toString is not an option'));
  expect(() => read({ name: 1 })).toThrow(new TypeError("options.name must be a string such as 'a'"));
  expect(() => read({ name: null })).toThrow(new TypeError("options.name must be a string such as 'a'"));
  expect(() => readOptions({ loud: 1 } as never, RULES, { argument: 'expected' })).toThrow(
    new TypeError('expected.loud must be true or false'),
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

test('a name that is no option leads to the one that was meant', () => {
  const near = (name: string) => /; (\w+) is$/.exec(message(() => read({ [name]: 1 })))?.[1];
  expect([near('nme'), near('Name'), near('names'), near('lod'), near('lowd')]).toEqual(
    Array(3).fill('name').concat(Array(2).fill('loud')),
  );
  expect([near('title'), near('label')]).toEqual(['name', 'name']);
  expect([near('x'), near(''), near('naming'), near('toString'), near('x'.repeat(100_000))]).toEqual(
    Array(5).fill(undefined),
  );
});

test('of two options, the one that is spelt more like the name is meant', () => {
  const rules = { minFresh: aBoolean, maxFresh: aBoolean };
  expect(message(() => readOptions({ mxFresh: 1 } as object, rules))).toBe(
    'options.mxFresh is not an option; maxFresh is',
  );
});

test('an option that must be given says what it must be; an object that is none says what to give', () => {
  const needed = { needed: ['name', 'loud'] } as const;
  expect(message(() => readOptions<Some>(undefined, RULES, needed))).toBe(
    "options.name must be given: a string such as 'a'",
  );
  expect(message(() => readOptions({ name: 'a' }, RULES, needed))).toBe('options.loud must be given: true or false');
  expect(message(() => readOptions(1 as never, RULES, needed))).toBe(
    "options must be a plain object such as { name: 'a', loud: … }",
  );
});

test('a hint stands in the place of the nearest name', () => {
  const hint = (name: string) => (name === 'nam' ? 'belongs in options.inner' : undefined);
  expect(message(() => readOptions({ nam: 1 } as Some, RULES, { hint }))).toBe('options.nam belongs in options.inner');
  expect(message(() => readOptions({ lou: 1 } as Some, RULES, { hint }))).toBe('options.lou is not an option; loud is');
});

test('a promise is told, and an object of a class that would do; the value is not', () => {
  class Key {}
  class KeySet {}
  const words = 'a Key, as importKey makes it';
  expect(argumentError('key', words, Promise.resolve('secret')).message).toBe(
    `key must be ${words}; it is a promise: await it`,
  );
  expect(argumentError('key', words, new Key()).message).toBe(
    `key must be ${words}; this Key is of another copy of barejose: load only one copy`,
  );
  const proxy = new Proxy({}, { get: () => expect.fail('of a hostile object nothing is believed') });
  for (const value of ['secret', undefined, null, new KeySet(), Object.create(null), new Date(Number.NaN), proxy])
    expect(argumentError('key', words, value).message).toBe(`key must be ${words}`);
});

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof TypeError) return error.message;
  }
  return '';
}

test('of a name that is too long for an option, and may be a token, only the beginning is shown', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl';
  expect(() => readOptions<object>({ [token]: 1 }, {})).toThrow(new TypeError('options.eyJhbGciOi… is not an option'));
});
