// RFC 7519 §2 NumericDate, our Duration, and the one place where the clock is read.

/** Seconds since 1970-01-01T00:00:00Z, fractions allowed [7519-2-1]. */
export type NumericDate = number;

/** A length of time: seconds, or a whole number with one unit: seconds, minutes, hours, days, weeks. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A Duration in seconds, or `undefined` when it is neither a finite number of at least 0 nor like '15m'. */
export function seconds(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration >= 0 && duration < Number.POSITIVE_INFINITY ? duration : undefined;
  const [, count, unit = ''] = (typeof duration === 'string' && /^(\d{1,9})([smhdw])$/.exec(duration)) || [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 1);
}

/** For option rules. */
export function isDuration(value: unknown): value is Duration {
  return seconds(value) !== undefined;
}

/** An instant in seconds: the one given, `undefined` when it is no valid Date or finite number, or the clock's. */
export function instant(now: unknown): NumericDate | undefined {
  const given = now === undefined ? Date.now() / 1000 : now instanceof Date ? now.getTime() / 1000 : now;
  return typeof given === 'number' && Number.isFinite(given) ? given : undefined;
}

/** For option rules. */
export function isInstant(value: unknown): value is number | Date {
  return instant(value) !== undefined;
}
