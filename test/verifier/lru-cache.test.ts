// What was used last, up to a number of texts: the whole text is the key, and the bound is exact.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LruCache, MAX_CACHED_LENGTH } from '../../src/verifier/lru-cache.ts';

function filled(max: number, ...texts: readonly string[]): LruCache<string> {
  const recent = new LruCache<string>(max);
  for (const text of texts) recent.set(text, `of ${text}`);
  return recent;
}

describe('get', () => {
  test('only by the whole text, whatever two texts have in common', () => {
    const [text, end] = ['a'.repeat(300), 'z'.repeat(64)];
    const recent = filled(10, text + end);
    expect(recent.get(text + end)).toBe(`of ${text}${end}`);
    for (const other of [
      `b${text}${end}`,
      `${text.slice(1)}${end}`,
      `b${text.slice(1)}${end}`,
      end,
      '',
      `${text}${end}z`,
    ])
      expect(recent.get(other), other).toBeUndefined();
  });

  test('texts with one end in common take the place of each other, and are never taken for each other', () => {
    const end = 'z'.repeat(64);
    const recent = filled(10, `a${end}`, `b${end}`);
    expect([recent.get(`a${end}`), recent.get(`b${end}`), recent.size]).toEqual([undefined, `of b${end}`, 1]);
  });

  test.each([undefined, null, 1, {}, ['a'], new String('a')])('%o is no text', (value) => {
    expect(filled(1, 'a').get(value)).toBeUndefined();
  });

  test('short texts, and the empty one', () => {
    const recent = filled(3, '', 'a', 'ab');
    expect(['', 'a', 'ab', 'b'].map((text) => recent.get(text))).toEqual(['of ', 'of a', 'of ab', undefined]);
  });
});

describe('the bound', () => {
  test('the one used longest ago makes room', () => {
    const recent = filled(2, 'a', 'b');
    expect(recent.get('a')).toBe('of a');
    recent.set('c', 'of c');
    expect([recent.get('a'), recent.get('b'), recent.get('c'), recent.size]).toEqual(['of a', undefined, 'of c', 2]);
  });

  test('a text set again makes no room, and is the one used last', () => {
    const recent = filled(2, 'a', 'b', 'a', 'c');
    expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual(['of a', undefined, 'of c']);
  });

  test('a look at a text that is not there changes nothing', () => {
    const recent = filled(2, 'a', 'b');
    expect(recent.get('x')).toBeUndefined();
    recent.set('c', 'of c');
    expect([recent.get('a'), recent.get('b')]).toEqual([undefined, 'of b']);
  });

  test('texts over 8 KiB are not kept', () => {
    const [longest, over] = ['a'.repeat(MAX_CACHED_LENGTH), 'b'.repeat(MAX_CACHED_LENGTH + 1)];
    const recent = filled(3, longest, over);
    expect([recent.get(longest) !== undefined, recent.get(over), recent.size]).toEqual([true, undefined, 1]);
  });

  test('of a text in Latin-1 each character is kept', () => {
    expect(filled(1, 'é\u00ff\u0080').get('é\u00ff\u0080')).toBe('of é\u00ff\u0080');
  });

  test('deleteWhere is of the values that are outdated, and of no others', () => {
    const recent = filled(4, 'a', 'b', 'c');
    recent.deleteWhere((value) => value !== 'of b');
    expect([recent.size, recent.get('b')]).toEqual([1, 'of b']);
    recent.deleteWhere(() => false);
    expect(recent.size).toBe(1);
  });

  test('delete is of exactly that text', () => {
    const end = 'z'.repeat(64);
    const recent = filled(2, `a${end}`);
    recent.delete(`b${end}`);
    expect(recent.size).toBe(1);
    recent.delete(`a${end}`);
    recent.delete('never there');
    expect(recent.size).toBe(0);
  });

  test('it does what a list of the texts by their use would do, whatever happens', () => {
    const text = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.record({ does: fc.constantFrom('get', 'set', 'delete'), text });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (max, steps) => {
        const recent = new LruCache<number>(max);
        let list: { text: string; value: number }[] = [];
        for (const [i, { does, text }] of steps.entries()) {
          const found = list.find((entry) => entry.text === text);
          const others = list.filter((entry) => entry.text !== text);
          if (does === 'get') {
            expect(recent.get(text)).toBe(found?.value);
            if (found) list = [...others, found];
          } else if (does === 'set') {
            recent.set(text, i);
            list = [...others, { text, value: i }].slice(-max);
          } else {
            recent.delete(text);
            list = others;
          }
          expect(recent.size).toBe(list.length);
        }
        for (const { text, value } of list) expect(recent.get(text)).toBe(value);
      }),
    );
  });
});
