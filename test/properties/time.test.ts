// Durations: every unit scales as it says, a number is itself, and nothing else is a length of time.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant, seconds } from '../../src/time.ts';

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

test('a whole number with one unit is that many seconds', () => {
  const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), unit, (count, letter) => {
      expect(seconds(`${count}${letter}`)).toBe(count * UNITS[letter]);
    }),
  );
});

test('a finite number of at least zero is itself; no other number is a duration', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer()), (value) => {
      expect(seconds(value)).toBe(value >= 0 && Number.isFinite(value) ? value : Number.NaN);
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
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(instant(date)).toBe(date.getTime() / 1000);
      expect(instant(date.getTime() / 1000)).toBe(instant(date));
    }),
  );
});
