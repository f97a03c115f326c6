import { describe, expect, test } from 'vitest';
import { formatJson, parseJson, parseJsonObject } from '../../src/cli/json.ts';

describe('parseJsonObject', () => {
  test('accepts one object without duplicate members', () => {
    expect(parseJsonObject(' {"a":{"b":[1]},"__proto__":1}\n', 'it')).toEqual(
      JSON.parse('{"a":{"b":[1]},"__proto__":1}'),
    );
  });
  test.each(['', '[]', 'null', '"a"', '{', '{} {}', '1,"keys":[]', '{},"keys":[]', '\ufeff{}'])(
    '%j is not an object',
    (text) => {
      expect(() => parseJsonObject(text, 'it')).toThrow('it is not a JSON object');
    },
  );
  test.each(['{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":1,"\\u0061":2}'])('%s has a member twice', (text) => {
    expect(() => parseJsonObject(text, 'it')).toThrow('it has a member twice');
  });
  test.each([`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, `{"a":"${'x'.repeat(300_000)}"}`])(
    '%.20j… is too large or too deep',
    (text) => {
      expect(() => parseJsonObject(text, 'it')).toThrow('it is too large or nested too deeply');
    },
  );
});

test('parseJson returns undefined for other text', () => expect(parseJson('{"secret"')).toBeUndefined());

test('formatJson writes JSON on several lines, without control characters', () => {
  const value = { text: '\u001b\u009b\u202e\n"é', list: [1, null] };
  expect(JSON.parse(formatJson(value))).toEqual(value);
  expect(formatJson(value).split('\n')).toHaveLength(7);
  expect(formatJson(value)).toMatch(/^[ -~\né]*$/);
});
