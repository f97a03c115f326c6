// Strict JSON accepts exactly what JSON.parse accepts, minus duplicate members, a byte-order mark, ill-formed UTF-8,
// depth and size. The oracle below finds duplicates in another way than src/json.ts: it keeps the names, not a count.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JoseError } from '../../src/errors.ts';
import { MAX_DEPTH, MAX_MEMBERS, parseJsonObject } from '../../src/json.ts';

const READING = { code: 'ERR_JWT_INVALID', what: 'text', maxMembers: MAX_MEMBERS } as const;

function read(bytes: Uint8Array): { value: unknown } | { code: string } {
  try {
    return { value: parseJsonObject(bytes, READING) };
  } catch (error) {
    if (error instanceof JoseError) return { code: error.code };
    throw error;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** What is wrong with a text that JSON.parse takes: nothing, a duplicate, or a limit (which is told first). */
function oracle(text: string): 'fine' | 'ERR_JWT_INVALID' | 'ERR_JOSE_LIMIT_EXCEEDED' {
  const open: Set<unknown>[] = [];
  let [members, deepest, duplicate] = [0, 0, false];
  const tokens = text.match(TOKEN) ?? [];
  for (const [i, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(new Set());
    if (token === '}' || token === ']') open.pop();
    deepest = Math.max(deepest, open.length);
    if (tokens[i + 1] !== ':') continue;
    const name: unknown = JSON.parse(token);
    const names = open.at(-1) ?? new Set();
    duplicate ||= names.has(name);
    names.add(name);
    members++;
  }
  if (deepest > MAX_DEPTH || members > MAX_MEMBERS) return 'ERR_JOSE_LIMIT_EXCEEDED';
  return duplicate ? 'ERR_JWT_INVALID' : 'fine';
}

function platform(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether this runtime's JSON.parse takes an escaped name for a lone backslash, as V8 of Node 24 and 26 does. */
function misreads(): boolean {
  const names = () => Object.keys(JSON.parse('{"p":"","q":"","\\u0061":""}'));
  JSON.parse('{"p":"","q":"","\\\\":""}');
  return [names(), names()].some((each) => !each.includes('a'));
}
const MISREADS = misreads();
const ESCAPED_NAME = /\\(?:[^"\\]|\\.)*"\s*:/;

function check(source: string): void {
  const text = source.toWellFormed(); // half a surrogate pair has no UTF-8
  const value = platform(text);
  const outcome = read(Buffer.from(text, 'utf8'));
  const shown = text.slice(0, 500);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    expect(outcome, shown).toEqual({ code: 'ERR_JWT_INVALID' });
    return;
  }
  const verdict = oracle(text);
  const isRefused = 'code' in outcome && outcome.code === 'ERR_JWT_INVALID';
  if (verdict === 'fine' && MISREADS && isRefused && ESCAPED_NAME.test(text)) return; // what is misread is refused
  if (verdict === 'fine') expect(JSON.stringify(outcome), shown).toBe(JSON.stringify({ value }));
  else expect(outcome, shown).toEqual({ code: verdict });
}

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 });
const unit = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map((c) => JSON.stringify(c).slice(1, -1)),
  fc.integer({ min: 0, max: 0xffff }).map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
  fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', ':', '{', '}', '[', ']', ','),
);
const string = fc
  .oneof({ weight: 4, arbitrary: fc.array(unit, { maxLength: 5 }) }, fc.array(unit, { minLength: 40, maxLength: 140 }))
  .map((units) => `"${units.join('')}"`);
// A small pool, one name in several spellings, so that duplicates are frequent and not always literal.
const name = fc.oneof(
  fc.constantFrom('"a"', '"\\u0061"', '"b"', '"\\u0062"', '""', '"é"', '"\\u00e9"', '"e\\u0301"', '"/"', '"\\/"'),
  fc.constantFrom('"__proto__"', '"\\u005f_proto__"', '"constructor"', '"toString"', '"0"', '"00"', '"length"'),
  string,
);
const literal = fc.oneof(
  fc.constantFrom('true', 'false', 'null', '0', '-0', '1e5', '1E+5', '-1.5e-7', '9007199254740993', '1e400'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  string,
);
const spaced = (part: fc.Arbitrary<string>) => fc.tuple(space, part, space).map((parts) => parts.join(''));

const { object } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, literal, tie('array'), tie('object')),
  array: fc.array(spaced(tie('value')), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(spaced(name), spaced(tie('value'))), { maxLength: 6 })
    .map((members) => `{${members.map((member) => member.join(':')).join(',')}}`),
}));
const text = spaced(object);
const mutated = fc
  .tuple(
    text,
    fc.nat(),
    fc.nat(3),
    fc.oneof(fc.constantFrom(...'{}[],:"\\ \t\n\v\0\u2028\ufeff0-+.eE/tfn'), fc.string()),
  )
  .map(([source, at, removed, inserted]) => {
    const i = at % (source.length + 1);
    return source.slice(0, i) + inserted + source.slice(i + removed);
  });

test('generated texts: odd space, escapes, duplicates at any depth', () => {
  fc.assert(fc.property(text, check), { numRuns: 2000 });
});

test('mutated texts', () => {
  fc.assert(fc.property(mutated, check), { numRuns: 3000 });
});

test('any text at all', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), check), { numRuns: 1000 });
});

test('depth and member count around their limits', () => {
  const nesting = fc.tuple(fc.integer({ min: MAX_DEPTH - 3, max: MAX_DEPTH + 2 }), fc.constantFrom('array', 'object'));
  const counting = fc.integer({ min: MAX_MEMBERS - 2, max: MAX_MEMBERS + 2 });
  fc.assert(
    fc.property(nesting, counting, fc.boolean(), ([depth, kind], count, twice) => {
      check(kind === 'array' ? `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}` : nested(depth));
      const members = Array.from({ length: count }, (_, i) => `"m${twice && i === count - 1 ? 0 : i}":${i}`);
      check(`{${members.join(',')}}`);
      check(`{"a":[${members.map((member) => `{${member}}`).join(',')}]}`);
    }),
    { numRuns: 50 },
  );
});

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

test('octets: accepted only when they are the UTF-8 of an accepted text', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(text, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([source, at, byte]) => {
      const bytes = Buffer.from(source, 'utf8');
      bytes[at % bytes.length] = byte;
      return new Uint8Array(bytes);
    }),
  );
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(octets, (bytes) => {
      let decoded: string;
      try {
        decoded = strict.decode(bytes);
      } catch {
        expect(read(bytes)).toEqual({ code: 'ERR_JWT_INVALID' });
        return;
      }
      check(decoded);
    }),
    { numRuns: 2000 },
  );
});
