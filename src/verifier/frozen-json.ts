// Deeply frozen copies of claims, which a cache can return to several callers.
import { MAX_DEPTH, ownMembers } from '../json.ts';

/** The most objects and arrays in one copy: more than the longest cached token can hold. */
const MAX_OBJECTS = 8 * 1024;

/**
 * Returns a deeply frozen copy of plain JSON data; `undefined` for other values, such as a Date, a class instance, a
 * getter, a function or undefined. An object of another realm counts as one of those, so its token is not cached.
 */
export function frozenJsonCopy(value: unknown): unknown {
  return copyValue(value, MAX_DEPTH, { objectsLeft: MAX_OBJECTS });
}

function copyValue(value: unknown, depth: number, budget: { objectsLeft: number }): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value && copyContainer(value, depth, budget);
    default:
      return undefined;
  }
}

/** Copies an object or array. Depth and count are bounded, since the result of a schema may contain itself. */
function copyContainer(object: object, depth: number, budget: { objectsLeft: number }): object | undefined {
  const names = Reflect.ownKeys(object);
  const copy = depth === 0 || --budget.objectsLeft < 0 ? undefined : emptyContainerFor(object, names);
  if (!copy) return undefined;
  for (const name of names) {
    if (name === 'length' && Array.isArray(copy)) continue;
    const inner = copyValue(plainMemberOf(object, name), depth - 1, budget);
    if (inner === undefined) return undefined;
    Object.defineProperty(copy, name, ownMembers({ value: inner, enumerable: true }));
  }
  return Object.freeze(copy);
}

/** An empty object or array for a copy; `undefined` if the original is not as a literal makes it, or has holes. */
function emptyContainerFor(object: object, names: readonly PropertyKey[]): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (!Array.isArray(object)) return prototype === Object.prototype ? {} : undefined;
  const isDense = names.length === object.length + 1 && names.at(-1) === 'length';
  return isDense && prototype === Array.prototype ? [] : undefined;
}

/** The value of a member that is enumerable, has a string for its name, and is no getter. */
function plainMemberOf(object: object, name: PropertyKey): unknown {
  const member = Object.getOwnPropertyDescriptor(object, name);
  return typeof name === 'string' && member?.enumerable && Object.hasOwn(member, 'value') ? member.value : undefined;
}
