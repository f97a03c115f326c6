import { afterEach, expect, test, vi } from 'vitest';
import { instant, isDuration, isInstant, monotonicTime, seconds } from '../src/time.ts';

afterEach(() => vi.useRealTimers());

test.each([
  [0, 0],
  [1.5, 1.5],
  ['0s', 0],
  ['30s', 30],
  ['15m', 900],
  ['2h', 7200],
  ['7d', 604_800],
  ['2w', 1_209_600],
])('%j is %d seconds', (duration, expected) => {
  expect(seconds(duration)).toBe(expected);
  expect(isDuration(duration)).toBe(true);
});

test.each([
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '15',
  'm',
  '15 m',
  '1.5h',
  '-5m',
  '15M',
  '1y',
  '1h30m',
  '15m\n',
  '9999999999s',
  null,
  true,
  {},
  ['15m'],
  '١٥m',
])('%j is not a duration', (duration) => {
  expect(seconds(duration)).toBeNaN();
  expect(isDuration(duration)).toBe(false);
});

test('without `now` the clock is read', () => {
  vi.useFakeTimers({ now: 1_700_000_000_500 });
  expect(instant(undefined)).toBe(1_700_000_000.5);
});

test('the monotonic clock is read in seconds', () => {
  vi.useFakeTimers();
  const before = monotonicTime();
  vi.advanceTimersByTime(1_500);
  vi.setSystemTime(0);
  expect(monotonicTime() - before).toBe(1.5);
});

test('`now` is seconds or a Date', () => {
  expect(instant(12.5)).toBe(12.5);
  expect(isInstant(12.5)).toBe(true);
  expect(instant(new Date(12_500))).toBe(12.5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), '12', null, {}])(
  '%j is not an instant',
  (now) => {
    expect(instant(now)).toBeNaN();
    expect(isInstant(now)).toBe(false);
  },
);
