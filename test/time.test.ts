import { afterEach, expect, test, vi } from 'vitest';
import { instant, isDuration, isInstant, isSeconds, monotonicTime, readClock, seconds, sizeHint } from '../src/time.ts';

afterEach(() => vi.useRealTimers());

test.each([
  [0, 0],
  [1.5, 1.5],
  [1e11 - 1, 1e11 - 1],
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
  '999999999w',
  1e11,
  new Date(1),
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

test('`now` is seconds or a Date, of any year up to 5138', () => {
  for (const at of [-62_167_219_200, 0, 1e11 - 1]) {
    expect(instant(at)).toBe(at);
    expect(instant(new Date(1000 * at))).toBe(at);
  }
  expect(instant(12.5)).toBe(12.5);
  expect(isInstant(12.5)).toBe(true);
  expect(instant(new Date(12_500))).toBe(12.5);
});

test.each([
  1e11,
  -1e11,
  new Date(1e14),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  new Date(Number.NaN),
  '12',
  '12s',
  null,
  {},
])('%j is not an instant', (now) => {
  expect(instant(now)).toBeNaN();
  expect(isInstant(now)).toBe(false);
});

test('numbers of seconds, and no others, are seconds', () => {
  for (const good of [0, -1, 1.5, 1e11 - 1, -1e11 + 1]) expect(isSeconds(good)).toBe(true);
  for (const bad of [1e11, -1e11, Number.NaN, Number.NEGATIVE_INFINITY, '1', 1n, new Date(0), undefined])
    expect(isSeconds(bad)).toBe(false);
});

test('a clock is the caller’s or the system’s, and a wrong one is a mistake', () => {
  vi.useFakeTimers({ now: 1_700_000_000_500 });
  expect(readClock(undefined)).toBe(1_700_000_000.5);
  expect(readClock(() => 12.5)).toBe(12.5);
  for (const wrong of [Number.NaN, undefined, '1', 1n, new Date(), -1e11])
    expect(() => readClock(() => wrong as number)).toThrow(/^options\.clock must return a number of seconds$/);
  expect(() => readClock(Date.now)).toThrow(
    /^options\.clock must return a number of seconds; it is 1e11 seconds or more: give seconds, not milliseconds$/,
  );
});

test('the hint is for what is too large', () => {
  for (const large of [1e11, 1.7e12, Number.POSITIVE_INFINITY]) expect(sizeHint(large)).toMatch(/not milliseconds$/);
  for (const large of ['999999999w', new Date(1e14)]) expect(sizeHint(large)).toMatch(/^; it is 1e11 seconds or more$/);
  for (const other of [1e11 - 1, -1e11, Number.NaN, '15m', '15', new Date(1e14 - 1), new Date(Number.NaN), {}, null])
    expect(sizeHint(other)).toBe('');
});
