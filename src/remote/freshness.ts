// RFC 9111 §4.2: how long an answer may be taken for what the server would say now.

/**
 * Seconds of freshness that an answer has left; `undefined` when it says nothing of it.
 * What forbids reuse, or cannot be understood, leaves none (RFC 9111 §4.2.1, §5.2.2); of several max-age the least counts.
 */
export function freshnessOf(cacheControl: string | undefined, age: string | undefined): number | undefined {
  const directives = (cacheControl ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)\b/.test(directive))) return 0;
  const limits = directives.filter((directive) => directive.startsWith('max-age'));
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits.map(readLimit)) - readAge(age));
}

function readLimit(directive: string): number {
  const match = /^max-age="?(\d+)"?$/.exec(directive);
  return match ? delta(match[1]) : 0;
}

/** RFC 9111 §5.1: how long the answer has lain in caches on its way. */
function readAge(age: string | undefined): number {
  return age !== undefined && /^\d+$/.test(age) ? delta(age) : 0;
}

/** RFC 9111 §1.2.2: whatever is too large to hold is 2^31. */
function delta(digits: string | undefined): number {
  return Math.min(Number(digits), 2 ** 31);
}
