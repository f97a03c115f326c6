import { describe, expect, test } from 'vitest';
import { paletteFor } from '../../src/cli/terminal.ts';
import { drawTimeline, type Timeline } from '../../src/cli/timeline-chart.ts';
import type { KeyState, TimelineRow } from '../../src/index.ts';

const PLAIN = paletteFor({ write: () => true }, {});
const COLOURED = paletteFor({ write: () => true, isTTY: true }, {});
const DAY = 86_400;

/** A row of states, each with the day on which it begins; the last one ends on day 10. */
function row(kid: string, states: Readonly<Partial<Record<KeyState, number>>>, alg: TimelineRow['alg'] = 'ES256') {
  const begun = Object.entries(states) as [KeyState, number][];
  const spans = begun.map(([state, day], i) => ({ state, from: day * DAY, to: (begun[i + 1]?.[1] ?? 10) * DAY }));
  return { kid, alg, spans };
}

const drawn = (picture: Partial<Timeline>, width = 80) =>
  drawTimeline({ rows: [], from: 0, to: 10 * DAY, now: 5 * DAY, ...picture }, { ...PLAIN, width });

test('every state has a mark of its own, and now separates past and future', () => {
  const rows = [
    row('a', { pending: 0, active: 2, retiring: 4, removed: 6 }),
    row('b', { pending: 2, active: 4, revoked: 6 }),
    row('c', { pending: 6, active: 8 }),
    row('d', { active: 0, revoked: 5 }, 'EdDSA'),
  ];
  expect(drawn({ rows }, 81)).toEqual([
    '                                                 now',
    'ES256  a  retiring  ············████████████░░░░░░│░░░░░░------------------------',
    '       b  active                ············██████│██████××××××××××××××××××××××××',
    '       c                                          │      ············████████████',
    'EdDSA  d  revoked   ██████████████████████████████│××××××××××××××××××××××××××××××',
    '                    1970-01-01               1970-01-06                1970-01-11',
    '',
    '···· pending  ████ active  ░░░░ retiring  ---- removed  ×××× revoked  │ now',
  ]);
});

test('a state that is shorter than a column still has one', () => {
  const rows = [
    row('a', { pending: 0, active: 1, retiring: 6, removed: 6.001 }),
    row('b', { active: 6, revoked: 6.0001 }),
  ];
  const [, a = '', b = ''] = drawn({ rows });
  expect(a).toMatch(/·+█+│█+░-+$/);
  expect(b).toMatch(/│ +█×+$/);
});

describe('now', () => {
  const rows = [row('a', { active: 0 })];
  const bar = (now: number) => {
    const lines = drawn({ rows, now });
    const line = lines.find((each) => each.startsWith('ES256')) ?? '';
    return { bar: line.slice(line.search(/[█│]/)), word: lines[0]?.trim() };
  };

  test.each([-1, 0, 10 * DAY, 11 * DAY])('is nowhere on second %d', (now) => {
    expect(bar(now)).toEqual({ bar: '█'.repeat(now === 0 ? 62 : 68), word: expect.not.stringContaining('now') });
  });
  test.each([1, 10 * DAY - 1])('is at an edge on second %d, with something on either side', (now) => {
    const { bar: text, word } = bar(now);
    expect([text.length, word]).toEqual([62, 'now']);
    expect(text).toMatch(/^█+│█+$/);
  });
});

test('the chart is exactly as wide as the style', () => {
  for (const width of [60, 61, 74, 75, 100])
    for (const now of [0, 1, 5 * DAY, 10 * DAY - 1]) {
      const rows = [row('a-kid-that-is-far-too-long', { active: 0, retiring: 9 }, 'ML-DSA-65')];
      const lines = drawn({ rows, now }, width);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.find((line) => line.startsWith('ML'))?.length).toBe(width);
    }
});

test('two dates where three would touch, to the minute for a short range', () => {
  const rows = [row('a-kid-that-is-long', { active: 0 }, 'ML-DSA-65')];
  const [, , dates] = drawn({ rows, to: DAY, now: DAY / 2 }, 60);
  expect(dates?.trim()).toMatch(/^01-01 00:00 +01-02 00:00$/);
  expect(drawn({ rows, to: DAY, now: DAY / 2 }, 100)[2]?.trim()).toMatch(/^01-01 00:00 +01-01 12:00 +01-02 00:00$/);
});

test('a kid is cut to the characters that distinguish it', () => {
  const kidsOf = (...kids: string[]) =>
    drawn({ rows: kids.map((kid) => row(kid, { active: 0 })) })
      .map((line) => /^(?:ES256| {5}) {2}(\S+) +active/.exec(line)?.[1])
      .filter((kid) => kid !== undefined);
  const [a, b] = ['signing-2026-01-eu', 'signing-2026-02-eu'];
  expect(kidsOf('a'.repeat(43), 'b'.repeat(43))).toEqual([`${'a'.repeat(11)}…`, `${'b'.repeat(11)}…`]);
  expect(kidsOf(a, b)).toEqual(['signing-2026-01…', 'signing-2026-02…']);
  expect(kidsOf(a, a)).toEqual(['signing-202…', 'signing-202…']);
  expect(kidsOf('a'.repeat(12), 'b')).toEqual(['a'.repeat(12), 'b']);
  expect(kidsOf(`${'a'.repeat(30)}1`, `${'a'.repeat(30)}2`)).toEqual(Array(2).fill(`${'a'.repeat(24)}…`));
});

test('a hostile kid is quoted, and cut', () => {
  const [, line = ''] = drawn({ rows: [row('\u001b[2J\u202e', { active: 0 })] });
  expect(line).toMatch(/^ES256 {2}"\\u001b\[2J\\… {2}active/);
});

test('colours do not change the marks', () => {
  const rows = [row('a', { pending: 0, active: 2, retiring: 4, removed: 6 }), row('b', { active: 0, revoked: 6 })];
  const lines = drawTimeline({ rows, from: 0, to: 10 * DAY, now: 5 * DAY }, { ...COLOURED, width: 60 });
  const [now, a, b] = lines.map((line) => line.replaceAll('\u001b[', '<'));
  expect(now).toMatch(/^<1m +now<22m$/);
  expect(a).toMatch(/·+<32m█+<39m<2m░+<22m<1m│<22m<2m░+<22m<2m-+<22m$/);
  expect(b).toMatch(/<31m×+<39m$/);
});

test.each([
  [75, '···· pending  ████ active  ░░░░ retiring  ---- removed  ×××× revoked  │ now'],
  [60, '· pending  █ active  ░ retiring  - removed  × revoked  │ now'],
  [55, '· pending  █ active  ░ retiring  - removed  × revoked'],
])('the legend fits %d columns', (width, legend) => {
  expect(drawn({ rows: [row('a', { active: 0 })] }, width).at(-1)).toBe(legend);
});
