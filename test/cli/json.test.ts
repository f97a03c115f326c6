import { describe, expect, test } from 'vitest';
import { formatJson, parseJson, parseJsonObject } from '../../src/cli/json.ts';

describe('readMembers', () => {
  test('one object, each member once', () => {
    expect(parseJsonObject(' {"a":{"b":[1]},"__proto__":1}\n', 'it')).toEqual(
      JSON.parse('{"a":{"b":[1]},"__proto__":1}'),
    );
  });
  test.each(['', '[]', 'null', '"a"', '{', '{} {}', '1,"keys":[]', '{},"keys":[]', '\ufeff{}'])(
    '%j is none',
    (text) => {
      expect(() => parseJsonObject(text, 'it')).toThrow('it is not a JSON object');
    },
  );
  test.each(['{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":1,"\\u0061":2}'])('%s has a member twice', (text) => {
    expect(() => parseJsonObject(text, 'it')).toThrow('it has a member twice');
  });
  test.each([`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, `{"a":"${'x'.repeat(300_000)}"}`])(
    '%.20j… is too much',
    (text) => {
      expect(() => parseJsonObject(text, 'it')).toThrow('it is too large or nested too deeply');
    },
  );
});

test('parse tells nothing of what it could not read', () => expect(parseJson('{"secret"')).toBeUndefined());

test('json is JSON for any value, and on lines', () => {
  const value = { text: '\u001b\u009b\u202e\n"é', list: [1, null] };
  expect(JSON.parse(formatJson(value))).toEqual(value);
  expect(formatJson(value).split('\n')).toHaveLength(7);
  expect(formatJson(value)).toMatch(/^[ -~\né]*$/);
});
