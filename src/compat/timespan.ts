// Times as jsonwebtoken takes them: a number of seconds, or text of a number and a unit; and the clock in whole seconds.
import { warnOnce } from './advice.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The milliseconds of each unit, by a pattern of its names. */
const UNITS: readonly (readonly [names: RegExp, milliseconds: number])[] = [
  [/^(?:ms|msecs?|milliseconds?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, SECOND],
  [/^(?:m|mins?|minutes?)$/i, MINUTE],
  [/^(?:h|hrs?|hours?)$/i, HOUR],
  [/^(?:d|days?)$/i, DAY],
  [/^(?:w|weeks?)$/i, 7 * DAY],
  [/^(?:y|yrs?|years?)$/i, 365.25 * DAY],
];

/** The most characters of a text that is read as a time. */
const MAX_LENGTH = 100;

/** The milliseconds of a text such as '2 days'; of a number alone, milliseconds. `undefined` for other texts. */
function milliseconds(text: string): number | undefined {
  const [, digits, unit = ''] = (text.length <= MAX_LENGTH && /^(-?\d*\.?\d+) *([a-z]*)$/i.exec(text)) || [];
  if (digits === undefined) return undefined;
  if (unit === '') {
    warnOnce(
      'jsonwebtoken',
      'a time of text without a unit is in milliseconds, as in jsonwebtoken: give a number for seconds',
    );
    return Number(digits);
  }
  const [, size] = UNITS.find(([names]) => names.test(unit)) ?? [];
  return size && Number(digits) * size;
}

/** The instant that lies a time after another, both in seconds; `undefined` for what is no time. */
export function instantAfter(time: unknown, start: number): number | undefined {
  if (typeof time === 'number') return Number.isFinite(time) ? start + time : undefined; // NaN would compare as never over
  const length = typeof time === 'string' ? milliseconds(time) : undefined;
  return length === undefined ? undefined : Math.floor(start + length / SECOND);
}

/**
 * The clock in whole seconds. The front door hands out no clock, and tests of those who come from jsonwebtoken replace
 * Date.now, so that it is read at each call.
 */
export function clockSeconds(): number {
  return Math.floor(Date.now() / SECOND);
}
