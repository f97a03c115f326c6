// A value → strict JSON text: what JSON cannot say is refused, not bent.
import { isDate } from 'node:util/types';
import { type JsonObject, MAX_DEPTH, MAX_MEMBERS } from './json.ts';
import { isPlainObject } from './options.ts';

/**
 * A value → JSON text, which parseJsonObject reads back as the same value. What JSON would drop or bend (undefined,
 * NaN, Date, BigInt, lone surrogates) is refused instead.
 *
 * @param omitsUndefined members whose value is undefined are left out, as JSON.stringify does
 * @throws TypeError naming the place, such as `claims.sub`
 */
export function writeJsonObject(value: JsonObject, name: string, omitsUndefined = false): string {
  const tally = { members: 0, length: 0, omitsUndefined, what: '' };
  const place = unwritable(value, MAX_DEPTH, tally);
  if (tally.length > MAX_LENGTH) throw new TypeError(`${name} must be at most 1 MiB as JSON`);
  if (tally.members > MAX_MEMBERS) throw new TypeError(`${name} must have at most ${MAX_MEMBERS} members`);
  if (place !== undefined)
    throw new TypeError(`${name}${place.slice(0, MAX_PLACE)} must be ${WRITABLE}, and is ${tally.what}`);
  return JSON.stringify(value);
}

/** The most characters that are written: as many as the largest JWS has by default. */
const MAX_LENGTH: number = 1024 * 1024;

const WRITABLE = 'a string, a finite number, a boolean, null, an array or a plain object';

/** The most characters of a path in an error. */
const MAX_PLACE = 200;

/** Counts of a value so far. */
interface Tally {
  members: number;
  /** The least number of characters that it takes as JSON. */
  length: number;
  readonly omitsUndefined: boolean;
  /** The finding that JSON cannot express, in words. */
  what: string;
}

/**
 * Finds the first part of a value that JSON cannot express, as a path; `undefined` when there is none. It counts on the way
 * and stops at the limits, since a value that has one object in many places could take for ever.
 */
function unwritable(value: unknown, depth: number, tally: Tally): string | undefined {
  tally.length += typeof value === 'string' ? value.length : 1;
  if (tally.length > MAX_LENGTH || tally.members > MAX_MEMBERS) return '';
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : noteFinding(tally, 'a string with a lone surrogate');
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : noteFinding(tally, String(value));
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return noteFinding(tally, value === undefined ? 'undefined' : `a ${typeof value}`);
  if (depth === 0) return noteFinding(tally, `nested deeper than ${MAX_DEPTH}`);
  // Even an inherited toJSON, as some libraries give to Array.prototype, would change the value that is signed.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return noteFinding(
      tally,
      isDate(value) ? 'a Date: write it as seconds or as text' : 'an object with a toJSON method',
    );
  return Array.isArray(value) ? unwritableItem(value, depth, tally) : unwritableMember(value, depth, tally);
}

function noteFinding(tally: Tally, what: string): string {
  tally.what = what;
  return '';
}

function unwritableItem(array: readonly unknown[], depth: number, tally: Tally): string | undefined {
  for (let i = 0; i < array.length; i++) {
    const place = unwritable(array[i], depth - 1, tally);
    if (place !== undefined) return `[${i}]${place}`;
  }
  return undefined;
}

function unwritableMember(object: object, depth: number, tally: Tally): string | undefined {
  if (!isPlainObject(object)) return noteFinding(tally, 'an object of a class');
  for (const member of Object.keys(object)) {
    tally.members++;
    tally.length += member.length;
    const value = object[member];
    if (value === undefined && tally.omitsUndefined) continue;
    const place = member.isWellFormed()
      ? unwritable(value, depth - 1, tally)
      : noteFinding(tally, 'under a name with a lone surrogate');
    if (place !== undefined) return `.${member}${place}`;
  }
  return undefined;
}
