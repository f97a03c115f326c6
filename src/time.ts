// RFC 7519 §2 NumericDate, our Duration, and the one place where the clocks are read.
import { isDate } from 'node:util/types';
import type { Rule } from './options.ts';

/** Seconds since 1970-01-01T00:00:00Z, fractions allowed [7519-2-1]. */
export type NumericDate = number;

/** A length of time: seconds, or a whole number with one unit: seconds, minutes, hours, days, weeks. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A Duration in seconds; NaN for what is neither a finite number of at least 0 nor like '15m'. */
export function seconds(duration: unknown): number {
  if (typeof duration === 'number') return duration >= 0 && duration < Number.POSITIVE_INFINITY ? duration : Number.NaN;
  const match = typeof duration === 'string' ? /^(\d{1,9})([smhdw])$/.exec(duration) : null;
  return match ? Number(match[1]) * Number(UNITS[String(match[2])]) : Number.NaN;
}

export function isDuration(value: unknown): value is Duration {
  return !Number.isNaN(seconds(value));
}

export const aDuration: Rule = [isDuration, "a duration such as '5m', or a number of seconds"];

/** An instant in seconds: the one given, NaN when that is no valid Date or finite number, or the clock's. */
export function instant(now: unknown): NumericDate {
  if (now === undefined) return Date.now() / 1000;
  // Of a Date of any realm, and by the method that no subclass can have overridden.
  const given = isDate(now) ? Date.prototype.getTime.call(now) / 1000 : now;
  return typeof given === 'number' && Number.isFinite(given) ? given : Number.NaN;
}

/** Reads the monotonic clock: seconds since any instant. It cannot be set; it may stop while the machine sleeps. */
export function monotonicTime(): number {
  return performance.now() / 1000;
}

export function isInstant(value: unknown): value is number | Date {
  return !Number.isNaN(instant(value));
}

export const anInstant: Rule = [isInstant, 'a Date, or a number of seconds since 1970'];

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
