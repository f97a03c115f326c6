import { describe, expect, test } from 'vitest';
import { paintsFor, printable, widest, widthOf, wrap } from '../../src/cli/paper.ts';

const output = (isTTY: boolean) => ({ write: () => true, isTTY });

describe('colours', () => {
  test.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ])('%s', (_, terminal, env, colours) => {
    expect(paintsFor(output(terminal), env).good('text')).toBe(colours ? '\u001b[32mtext\u001b[39m' : 'text');
  });
  test('an output that does not say is no terminal', () => {
    expect(paintsFor({ write: () => true }, {}).strong('text')).toBe('text');
  });
});

test('printable lets nothing steer the terminal', () => {
  expect(printable('a\u001b[2J\u009b1m\u007f\n\u202eb\u2028é✓')).toBe(
    'a\\u001b[2J\\u009b1m\\u007f\\u000a\\u202eb\\u2028é✓',
  );
});

test('widest', () => expect(widest(['a', 'three', ''])).toBe(5));

test('wrap breaks at spaces and between clauses, and keeps long words whole', () => {
  expect(wrap('one two three', 7, 2)).toBe('one two\n  three');
  expect(wrap('one; two', 20, 2)).toBe('one\n  two');
  expect(wrap('unbreakable', 5, 2)).toBe('unbreakable');
});

test.each([
  [undefined, 100],
  [0, 100],
  [20, 60],
  [80, 80],
  [300, 100],
])('a terminal of %s columns is written to in %i', (given, width) => {
  expect(widthOf({ write: () => true, ...(given !== undefined && { columns: given }) })).toBe(width);
});
