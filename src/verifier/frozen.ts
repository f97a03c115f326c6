// Claims that many may see and nobody can change.
import { MAX_DEPTH, ownMembers } from '../json.ts';

/** The most objects and arrays in one copy: more than the longest token that is kept could have. */
const MAX_OBJECTS = 8 * 1024;

/**
 * A copy of plain JSON data, frozen through and through; `undefined` for everything else. What has a say of its own in what
 * it is (a Date, a Map, an instance of a class, a getter, a function) is not plain, and neither is undefined.
 */
export function frozenCopy(value: unknown): unknown {
  return copyOf(value, MAX_DEPTH, { left: MAX_OBJECTS });
}

function copyOf(value: unknown, depth: number, room: { left: number }): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value && copyOfObject(value, depth, room);
    default:
      return undefined;
  }
}

/** Bounded, since what a schema makes may well contain itself. */
function copyOfObject(object: object, depth: number, room: { left: number }): object | undefined {
  const names = Reflect.ownKeys(object);
  const copy = depth === 0 || --room.left < 0 ? undefined : emptyLike(object, names);
  if (!copy) return undefined;
  for (const name of names) {
    if (name === 'length' && Array.isArray(copy)) continue;
    const inner = copyOf(plainMember(object, name), depth - 1, room);
    if (inner === undefined) return undefined;
    Object.defineProperty(copy, name, ownMembers({ value: inner, enumerable: true }));
  }
  return Object.freeze(copy);
}

/** What a literal makes: an array without holes or further members, whose last name is then its length, or an object. */
function emptyLike(object: object, names: readonly PropertyKey[]): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (!Array.isArray(object)) return prototype === Object.prototype ? {} : undefined;
  const isDense = names.length === object.length + 1 && names.at(-1) === 'length';
  return isDense && prototype === Array.prototype ? [] : undefined;
}

/** The value of a member that is enumerable, named by a text, and no getter. */
function plainMember(object: object, name: PropertyKey): unknown {
  const member = Object.getOwnPropertyDescriptor(object, name);
  return typeof name === 'string' && member?.enumerable && Object.hasOwn(member, 'value') ? member.value : undefined;
}
