// A copy of what a caller gave, without a prototype, so that no member of it can be a polluted Object.prototype's.

/** The own enumerable members of a value; none of undefined and null. */
export function ownMembers(given: unknown): { [name: string]: unknown } {
  return Object.assign(Object.create(null), given);
}
