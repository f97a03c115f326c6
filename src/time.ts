// RFC 7519 §2 NumericDate, our Duration, and the one place where the clocks are read.
import { isDate } from 'node:util/types';
import type { Rule } from './options.ts';

/** Seconds since 1970-01-01T00:00:00Z, fractions allowed [7519-2-1]. */
export type NumericDate = number;

/** A length of time under 1e11 seconds: seconds, or a whole number with one unit: seconds, minutes, hours, days, weeks. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** The bound of a caller's times: an instant in the year 5138, or one of 1973 in milliseconds. */
export const MAX_SECONDS = 1e11;

/** Whether a value is a number of seconds as callers may give it: a larger one is most likely of milliseconds. */
export function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < MAX_SECONDS;
}

/** The words that an error adds for an instant or a duration that is too large; none for other values. */
export function sizeHint(time: unknown): string {
  const remedy = typeof time === 'number' ? ': give seconds, not milliseconds' : '';
  return toSeconds(time) >= MAX_SECONDS ? `; it is 1e11 seconds or more${remedy}` : '';
}

/** A number as it is, a text like '15m' or a Date in seconds, and NaN for other values. */
function toSeconds(time: unknown): number {
  if (typeof time === 'number') return time;
  const match = typeof time === 'string' ? /^(\d{1,9})([smhdw])$/.exec(time) : null;
  if (match) return Number(match[1]) * Number(UNITS[String(match[2])]);
  // Of a Date of any realm, and by the method that no subclass can have overridden.
  return isDate(time) ? Date.prototype.getTime.call(time) / 1000 : Number.NaN;
}

/** A Duration in seconds; NaN for any value but a number of seconds of at least 0, or a text like '15m'. */
export function seconds(duration: unknown): number {
  const given = typeof duration === 'object' ? Number.NaN : toSeconds(duration);
  return given >= 0 && given < MAX_SECONDS ? given : Number.NaN;
}

export function isDuration(value: unknown): value is Duration {
  return !Number.isNaN(seconds(value));
}

export const aDuration: Rule = [isDuration, "a duration such as '5m', or a number of seconds"];

/** An instant in seconds: the one given, NaN for any value but a Date or a number of seconds, or the clock's. */
export function instant(now: unknown): NumericDate {
  if (now === undefined) return Date.now() / 1000;
  const given = typeof now === 'string' ? Number.NaN : toSeconds(now);
  return isSeconds(given) ? given : Number.NaN;
}

/** Reads the monotonic clock: seconds since any instant. It cannot be set; it may stop while the machine sleeps. */
export function monotonicTime(): number {
  return performance.now() / 1000;
}

export function isInstant(value: unknown): value is number | Date {
  return !Number.isNaN(instant(value));
}

export const anInstant: Rule = [isInstant, 'a Date, or a number of seconds since 1970'];

/** The current instant, by the caller's clock if there is one. @throws TypeError if that returns no number of seconds */
export function readClock(clock: (() => NumericDate) | undefined): NumericDate {
  const now = clock ? clock() : instant(undefined);
  if (!isSeconds(now)) throw new TypeError(`options.clock must return a number of seconds${sizeHint(now)}`);
  return now;
}

/** The result of the work, or a rejection with the error of `late` when it takes longer, by the machine's own clock. */
export async function withTimeout<T>(seconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), 1000 * seconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a function once this turn of the event loop is over, when all that arrived together has been served. */
export function afterThisTurn(run: () => void): void {
  setImmediate(run);
}
