// RFC 8259 read strictly (RFC 7493): UTF-8 only, each member once, size, depth and member count bounded.
import { encodeUtf8Within, readUtf8 } from './bytes.ts';
import { JoseError, type JoseErrorCode } from './errors.ts';

/** A parsed JSON object. Its members are own properties; it may have an own `__proto__`, which is plain data. */
export type JsonObject = { readonly [name: string]: unknown };

/** The deepest nesting that is read, counting the outermost object as 1 [8259-9-1]. */
export const MAX_DEPTH = 32;
/** The most members that are read in one text, all levels together. */
export const MAX_MEMBERS = 1000;

/** How to name a failure, and the limit. */
interface JsonReading {
  /** The code of the error when the octets are not strict JSON. */
  readonly code: JoseErrorCode;
  /** The name of the document, for the error's text. */
  readonly what: string;
  readonly maxMembers: number;
}

/**
 * Octets → JSON object.
 * `JSON.parse` is the authority on the grammar. It lets duplicate members through, which counting finds: the text then has
 * more member names than the parsed value has members. JSON.parse keeps the last of the two, other parsers the first, and
 * a forger exploits the difference (RFC 8725 §2.6, RFC 7493 §2.3 [7493-2.3-1], RFC 7515 §10.12 [7515-10.12-2]).
 * Names and values are compared after unescaping, with === only [7515-5.3-1] [7515-10.13-1] [7515-10.13-3].
 *
 * @throws JoseError with the given code, or ERR_JOSE_LIMIT_EXCEEDED for depth and member count
 */
export function parseJsonObject(bytes: Uint8Array, reading: JsonReading): JsonObject {
  const text = readUtf8(bytes) ?? '';
  const value = parseObjectText(text);
  if (!isJsonObject(value)) throw new JoseError(reading.code, `the ${reading.what} is not a JSON object in UTF-8`);
  const { names, nested } = scan(text, reading);
  const members = nested ? countMembers(value) : Object.keys(value).length;
  if (names !== members || (text.includes('\\') && !hasNamesOfText(text, value)))
    throw new JoseError(reading.code, `the ${reading.what} has a member twice`);
  return value;
}

/** Whether a value is what JSON calls an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value as JSON in printable ASCII, cut short, for texts that people read. A stranger's value may hold characters
 * that move the cursor, turn the direction of writing, or end a clause of the text around it.
 */
export function quote(value: unknown): string {
  const text = String(JSON.stringify(value)).replace(
    /[^ -~]|;(?= )/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * The octets of a JSON text, or of a caller's value written as one. The strict reader above then reads them as it reads a
 * stranger's, each member once, whatever a getter or Proxy would answer the second time. Empty when JSON cannot express it.
 *
 * @returns `undefined` when there are more than `max`. They are counted while they are written: a small value that has
 *   one object in many places, as YAML aliases make, can become an endless text.
 */
export function jsonOctets(value: unknown, max: number): Uint8Array | undefined {
  if (typeof value === 'string') return encodeUtf8Within(value, max);
  let left = max;
  function bounded(this: unknown, name: string, item: unknown): unknown {
    // The name of an array's item is its index, which is not written; the quotes make even an empty string count.
    left -= (Array.isArray(this) ? 0 : name.length) + (typeof item === 'string' ? item.length + 2 : 1);
    if (left < 0) throw new RangeError();
    return item;
  }
  try {
    return encodeUtf8Within(JSON.stringify(value, bounded) ?? '', max);
  } catch {
    return left < 0 ? undefined : new Uint8Array(0);
  }
}

/** A copy of an object's own members, without a prototype, so that no inherited member can be taken for one of them. */
export function ownMembers<const T extends object>(value: T): T {
  return { __proto__: null, ...value };
}

/**
 * Parses a text that must be an object. RFC 8259 §8.1 [8259-8.1-1] [8725-3.7-1] UTF-8 only; JSON.parse refuses a byte-order
 * mark [8259-8.1-2] and trailing text [7515-10.12-1] [7515-10.12-3]. Its message is dropped, since it quotes the text.
 */
function parseObjectText(text: string): unknown {
  // Only an object is accepted: seeing that first spares the parser's error, the most expensive step here.
  if (text.charCodeAt(0) !== OPEN && !/^[ \t\r\n]+\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this one bit, and so do `]` and `}`. */
const CASE_BIT = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Counts the member names of a well-formed text: each has one colon outside of strings. Checks the limits of depth and
 * count on the way, and finds whether anything is nested in the outermost object.
 */
function scan(text: string, { what, maxMembers }: JsonReading): { names: number; nested: boolean } {
  let names = 0;
  let depth = 0;
  let nested = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i + 1);
    else if (code === COLON) names++;
    else if ((code | CASE_BIT) === OPEN) {
      if (++depth > 1) nested = true;
      if (depth > MAX_DEPTH)
        throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the ${what} is nested deeper than ${MAX_DEPTH}`);
    } else if ((code | CASE_BIT) === CLOSE) depth--;
  }
  if (names > maxMembers)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the ${what} has more than ${maxMembers} members`);
  return { names, nested };
}

/**
 * The index of the quote that closes the string whose content starts at `start`. Mostly it is the next quote; after a
 * backslash the string is read character by character, so that a string of escapes costs no more than its length.
 */
function endOfString(text: string, start: number): number {
  const quote = text.indexOf('"', start);
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote;
  let i = start;
  while (text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/**
 * Whether the parsed value has exactly the member names of the text. V8 of Node 24 and 26 misreads an escaped name as a lone
 * backslash once it has met such a member in that place, which anyone can send; a misread text is refused.
 */
function hasNamesOfText(text: string, value: unknown): boolean {
  return JSON.stringify(memberNamesOfText(text).sort()) === JSON.stringify(memberNamesOfValue(value).sort());
}

/** The member names in a well-formed text, unescaped: the strings that a colon follows. */
function memberNamesOfText(text: string): string[] {
  const names: string[] = [];
  for (let i = text.indexOf('"'); i >= 0; i = text.indexOf('"', i)) {
    const end = endOfString(text, i + 1) + 1;
    let after = end;
    while (text.charCodeAt(after) <= SPACE) after++;
    if (text.charCodeAt(after) === COLON) names.push(JSON.parse(text.slice(i, end)));
    i = end;
  }
  return names;
}

/** The member names of a parsed value, all levels together. */
function memberNamesOfValue(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(memberNamesOfValue);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

/** Counts the members of a parsed value, all levels together. Its depth was checked before. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  for (const item of Object.values(value)) count += 1 + countMembers(item);
  return count;
}
