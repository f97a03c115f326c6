// How long the fuzzers run, and what they do to octets and texts.
import fc from 'fast-check';
import { GIVEN_SEED } from './seed.ts';

/** `BAREJOSE_FUZZ=100` runs a hundred times as many, each time others. In the suite the seed is that of seed.ts, or 1. */
const TIMES = Number(process.env.BAREJOSE_FUZZ ?? 1);
const SEED = GIVEN_SEED ?? (TIMES === 1 ? 1 : undefined);

/** For fc.assert: the parameters of a fuzzer of so many runs in the suite. */
export function fuzzing(runs: number): { readonly numRuns: number; readonly seed?: number } {
  return { numRuns: runs * TIMES, ...(SEED !== undefined && { seed: SEED }) };
}

/** For test(): how long a fuzzer may take, in milliseconds. */
export const FUZZ_TIMEOUT: number = 30_000 * TIMES;

/** One change at a place, which is taken modulo the length. */
interface Change {
  readonly how: 'bit' | 'octet' | 'delete' | 'insert' | 'repeat' | 'cut' | 'step' | 'copy';
  readonly at: number;
  readonly length: number;
  readonly octets: Uint8Array;
}

/** Mostly one change, since more of them seldom get past the first check. */
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    how: fc.constantFrom('bit', 'octet', 'delete', 'insert', 'repeat', 'cut', 'step', 'copy'),
    at: fc.nat(),
    length: fc.oneof(fc.constant(1), fc.nat(40)),
    octets: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      fc.constantFrom(Uint8Array.of(0), Uint8Array.of(0x80), Uint8Array.of(0xff, 0xff), Uint8Array.of(0x30, 0x80)),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

/** One of these, with a few octets changed, left out, added, repeated or moved. */
export function mutatedOctets<T>(seeds: readonly (readonly [T, Uint8Array])[]): fc.Arbitrary<readonly [T, Uint8Array]> {
  return fc
    .tuple(fc.constantFrom(...seeds), changes)
    .map(([[what, octets], all]) => [what, all.reduce(changed, octets)] as const);
}

/** The same of texts, by the octets of their UTF-8: what they then say may be malformed, and become U+FFFD. */
export function mutatedText<T>(seeds: readonly (readonly [T, string])[]): fc.Arbitrary<readonly [T, string]> {
  return mutatedOctets(seeds.map(([what, text]) => [what, Buffer.from(text)] as const)).map(
    ([what, octets]) => [what, Buffer.from(octets).toString()] as const,
  );
}

function changed(octets: Uint8Array, { how, at, length, octets: others }: Change): Uint8Array {
  const i = at % (octets.length + 1);
  const [before, middle, after] = [octets.subarray(0, i), octets.subarray(i, i + length), octets.subarray(i + length)];
  const first = octets[i] ?? 0;
  const results: Readonly<Record<Change['how'], readonly Uint8Array[]>> = {
    bit: [before, Uint8Array.of(first ^ (1 << (length % 8))), octets.subarray(i + 1)],
    octet: [before, others.subarray(0, 1), octets.subarray(i + 1)],
    step: [before, Uint8Array.of(first + (length % 2 === 0 ? 1 : 255)), octets.subarray(i + 1)],
    delete: [before, after],
    insert: [before, others, octets.subarray(i)],
    repeat: [before, middle, middle, after],
    cut: [before],
    copy: [before, octets.subarray(0, length), after],
  };
  return Uint8Array.from(Buffer.concat(results[how]));
}

/** What a member of JSON may be replaced by. */
const JSON_VALUES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 'none', 0, -1, 0.5, 1e308, -1e308, 2 ** 53, '\ud800', [], {}, [[]], {
    kid: 1,
  }),
  fc.jsonValue({ maxDepth: 2 }),
);
const NAMES = [
  'kid',
  'alg',
  'keys',
  'version',
  'd',
  'k',
  'crit',
  'b64',
  'revokedAt',
  '__proto__',
  'constructor',
  'toJSON',
];

/** One of these JSON texts with a member replaced, left out, added, said twice or exchanged for another, or a text that is hardly JSON. */
export function mutatedJson(texts: readonly string[]): fc.Arbitrary<string> {
  const edits = fc.record({
    how: fc.constantFrom('replace', 'remove', 'add', 'exchange'),
    at: fc.nat(),
    other: fc.nat(),
    value: JSON_VALUES,
  });
  const edited = fc
    .tuple(fc.constantFrom(...texts), fc.array(edits, { minLength: 1, maxLength: 2 }))
    .map(([text, all]) => JSON.stringify(all.reduce(edit, JSON.parse(text))));
  return fc.oneof(
    { weight: 4, arbitrary: edited },
    { weight: 1, arbitrary: mutatedText(texts.map((text) => [text, text] as const)).map(([, text]) => text) },
  );
}

interface Edit {
  readonly how: 'replace' | 'remove' | 'add' | 'exchange';
  readonly at: number;
  readonly other: number;
  readonly value: unknown;
}
type Place = readonly [holder: object, name: string];

function edit(root: object, { how, at, other, value }: Edit): object {
  const places = placesIn(root);
  const [holder, name] = places[at % places.length] ?? [root, 'kid'];
  const [elsewhere, otherName] = places[other % places.length] ?? [root, 'alg'];
  if (how === 'remove') Reflect.deleteProperty(holder, name);
  else if (how === 'replace') define(holder, name, structuredClone(value));
  else if (how === 'add') define(holder, NAMES[other % NAMES.length] ?? 'kid', structuredClone(value));
  else define(holder, name, structuredClone(Reflect.get(elsewhere, otherName)));
  return root;
}

/** A property of its own, `__proto__` too. */
function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, configurable: true, enumerable: true, writable: true });
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): Place[] => [[value, name], ...placesIn(inner)]);
}
