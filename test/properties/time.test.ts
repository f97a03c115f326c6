// Durations: every unit scales as it says, a number is itself, and nothing else is a length of time; under 1e11 seconds.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant, seconds } from '../../src/time.ts';

const MAX = 1e11;
const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

test('a whole number with one unit is that many seconds', () => {
  const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), unit, (count, letter) => {
      const length = count * UNITS[letter];
      expect(seconds(`${count}${letter}`)).toBe(length < MAX ? length : Number.NaN);
    }),
  );
});

test('a number of at least zero and under 1e11 is itself; no other number is a duration', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer(), fc.double({ min: 0, max: 2 * MAX })), (value) => {
      expect(seconds(value)).toBe(value >= 0 && value < MAX ? value : Number.NaN);
    }),
  );
});

test('no other text or value is a duration', () => {
  const almost = fc.tuple(fc.string(), fc.integer().map(String), fc.string()).map((parts) => parts.join(''));
  const bad = fc.oneof(almost, fc.string(), fc.anything()).filter((value) => {
    return typeof value !== 'number' && !(typeof value === 'string' && /^\d{1,9}[smhdw]$/.test(value));
  });
  fc.assert(
    fc.property(bad, (value) => {
      expect(seconds(value)).toBeNaN();
    }),
    { numRuns: 500 },
  );
});

test('an instant given as a Date or as seconds is the same instant', () => {
  fc.assert(
    fc.property(fc.oneof(fc.date({ noInvalidDate: true }), fc.date({ max: new Date(1000 * MAX - 1) })), (date) => {
      const at = date.getTime() / 1000;
      expect(instant(date)).toBe(Math.abs(at) < MAX ? at : Number.NaN);
      expect(instant(at)).toBe(instant(date));
    }),
  );
});
