// What the adapters tell their callers beyond the originals: errors for options that cannot be honoured, and warnings.

/** The package that an adapter stands for. */
type Original = 'jsonwebtoken' | 'jwks-rsa';

/** The error for an option that checks nothing or cannot be honoured, with the page that says more. */
export function optionError(original: Original, text: string): TypeError {
  return new TypeError(`${text}; see "Coming from ${original}" in src/compat/README.md of barejose`);
}

/** The warnings given so far: each is given once. */
const GIVEN = /* @__PURE__ */ new Set<string>();

/** Warns once, by process.emitWarning. */
export function warnOnce(original: Original, text: string): void {
  if (GIVEN.has(text)) return;
  GIVEN.add(text);
  process.emitWarning(
    `barejose/compat/${original}: ${text}`,
    original === 'jwks-rsa' ? 'JwksWarning' : 'JsonWebTokenWarning',
  );
}
