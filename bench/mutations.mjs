// Seeded chance, for what is mutated and for simulated time; and what it does to texts and to JSON.

/** Mulberry32: the same numbers for the same seed. */
export function numbersFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const nat = (bound) => Math.floor(next() * bound);
  return { next, nat, pick: (list) => list[nat(list.length)], chance: (share) => next() < share };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const PIECES = [
  '=',
  '.',
  '..',
  '+',
  '/',
  ' ',
  '\n',
  '\0',
  '\u00e9',
  '\ud83d\ude00',
  '\ud800',
  'AA',
  '"',
  '{',
  '}',
  ',"alg":"none"',
  '\ufeff',
];

/** The text with a character, or a few, changed, left out, added, repeated or spelt otherwise. */
export function mutateText(text, { pick, nat }) {
  const at = nat(text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  const dots = [...text.matchAll(/\./g)].map(({ index }) => index);
  const ways = [
    () => before + after.slice(1),
    () => before + pick(ALPHABET) + after.slice(1),
    () => before + pick(PIECES) + after,
    () => before + after.slice(0, 4) + after,
    () => before,
    () => after,
    () => respelt(text, text.length - 1),
    () => respelt(text, (pick(dots) ?? text.length) - 1),
    () => text.replace(/-|_/g, (symbol) => (symbol === '-' ? '+' : '/')),
    () => text.split('.').reverse().join('.'),
  ];
  return pick(ways)();
}

/** The character at that place with its lowest bit changed: in the last one of a part, a bit that no octet uses. */
function respelt(text, at) {
  const value = ALPHABET.indexOf(text[at]);
  return value < 0 ? text : text.slice(0, at) + ALPHABET[value ^ 1] + text.slice(at + 1);
}

/** What a member of a header may be replaced by. */
export const HEADER_VALUES = [
  'none',
  'HS256',
  'RS256',
  'ES256',
  'EdDSA',
  'Ed25519',
  'JWT',
  'at+jwt',
  ['b64'],
  ['x'],
  ['exp'],
  true,
  false,
  0,
  {},
];

/** The JSON text with a member replaced, left out, added, said twice or put elsewhere. */
export function mutateJson(text, values, { pick, nat }) {
  const root = JSON.parse(text);
  const [holder, name] = pick(placesIn(root));
  const ways = [
    () => void Reflect.set(holder, name, structuredClone(pick(values))),
    () => void Reflect.deleteProperty(holder, name),
    () => void Reflect.set(holder, pick(NAMES), structuredClone(pick(values))),
    () => void Reflect.set(holder, pick(NAMES), holder[name]),
    () => void Reflect.set(root, name, structuredClone(holder[name])),
  ];
  const isTwice = nat(8) === 0;
  if (isTwice) return text.replace(/^\{("[^"]*":(?:"[^"]*"|\d+|true|false))/, '{$1,$1');
  pick(ways)();
  return JSON.stringify(root);
}

const NAMES = [
  'alg',
  'kid',
  'typ',
  'cty',
  'crit',
  'b64',
  'jwk',
  'x',
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'payload',
  'signatures',
  'protected',
  'header',
  'use',
  'key_ops',
  'x5c',
  'd',
];

function placesIn(value) {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([name, member]) => [[value, name], ...placesIn(member)]);
  return inner.length > 0 ? inner : [[value, 'x']];
}

/** An object of one member of another. */
export function jsonWithout(object, name) {
  return { [name]: object[name] };
}
