import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatInstant,
  formatName,
  maxLength,
  paletteFor,
  printable,
  quoteJson,
  splitClauses,
  terminalWidth,
  wrapText,
} from '../../src/cli/terminal.ts';

const output = (isTTY: boolean) => ({ write: () => true, isTTY });

describe('colours', () => {
  test.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ])('%s', (_, terminal, env, colours) => {
    expect(paletteFor(output(terminal), env).good('text')).toBe(colours ? '\u001b[32mtext\u001b[39m' : 'text');
  });
  test('an output without isTTY is no terminal', () => {
    expect(paletteFor({ write: () => true }, {}).strong('text')).toBe('text');
  });
});

test('printable escapes invisible characters', () => {
  // Zero-width space, soft hyphen, a tag character, a variation selector, a Hangul filler, half a surrogate pair.
  const hidden = ['\u200b', '\u00ad', '\u{e0041}', '\ufe0f', '\u3164', '\ud800'];
  for (const character of hidden) {
    const text = JSON.stringify(`ad${character}min`);
    expect(printable(text)).toMatch(/^"ad(\\u[0-9a-f]{4})+min"$/);
    expect(JSON.parse(printable(text))).toBe(`ad${character}min`);
  }
  expect(printable('admin ✓ é 日本 😀')).toBe('admin ✓ é 日本 😀');
});

test('printable escapes control characters', () => {
  expect(printable('a\u001b[2J\u009b1m\u007f\n\u202eb\u2028é✓')).toBe(
    'a\\u001b[2J\\u009b1m\\u007f\\u000a\\u202eb\\u2028é✓',
  );
});

test('maxLength', () => expect([maxLength(['a', 'three', '']), maxLength([])]).toEqual([5, 0]));

test.each([
  ['abc_-.~:@/', 'abc_-.~:@/'],
  ['https://issuer.example', 'https://issuer.example'],
  ['', '""'],
  ['two words', '"two words"'],
  ['a"b', '"a\\"b"'],
  ['$(id)', '"$(id)"'],
  ['\u202e\u001b[2J', '"\\u202e\\u001b[2J"'],
])('the name %j is written as %s', (name, text) => expect(formatName(name)).toBe(text));

test('quoteJson returns JSON without control characters', () => {
  expect(quoteJson('a; b\n\u009b')).toBe('"a; b\\n\\u009b"');
});

test.each([
  [0, '1970-01-01T00:00:00Z'],
  [1_769_860_800.9, '2026-01-31T12:00:00Z'],
  [1e300, '1e+300'],
  [Number.NaN, 'NaN'],
])('the instant %d is %s', (instant, date) => expect(formatInstant(instant)).toBe(date));

test.each([
  [0, '0s'],
  [59.6, '1m'],
  [90, '1m 30s'],
  [3_600, '1h'],
  [5_520, '1h 32m'],
  [5_521, '1h 32m'],
  [86_400 * 90, '90d'],
  [86_401, '1d 1s'],
])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test('wrapText breaks at spaces and between clauses, and keeps long words whole', () => {
  expect(wrapText('one two three', 7, 2)).toBe('one two\n  three');
  expect(wrapText(splitClauses('one; two'), 20, 2)).toBe('one\n  two');
  expect(wrapText('one; two', 20, 2)).toBe('one; two');
  expect(wrapText('unbreakable', 5, 2)).toBe('unbreakable');
});

test.each([
  [undefined, 100],
  [0, 100],
  [20, 60],
  [80, 80],
  [300, 100],
])('a terminal of %s columns is written to in %i', (given, width) => {
  expect(terminalWidth({ write: () => true, ...(given !== undefined && { columns: given }) })).toBe(width);
});
