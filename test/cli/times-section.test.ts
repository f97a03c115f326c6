import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/cli/json.ts';
import { formatTimes } from '../../src/cli/times-section.ts';
import { textOf } from './pages.ts';

const NOW = 1_769_860_800; // 2026-01-31T12:00:00Z

const markupOf = (claims: JsonObject) => formatTimes(claims, NOW).markup;
const textsOf = (claims: JsonObject) => textOf(`<body>${markupOf(claims)}`);
const placesOf = (claims: JsonObject) =>
  Array.from(markupOf(claims).matchAll(/"dot" style="left:([\d.]+)%"/g), ([, place]) => Number(place));
const lifeOf = (claims: JsonObject) => /"life" style="left:([\d.]+)%;right:([\d.]+)%"/.exec(markupOf(claims))?.slice(1);

test('the times are in their order, each with its date and its distance from now', () => {
  expect(textsOf({ exp: NOW + 3600, iat: NOW - 600, nbf: NOW - 300 })).toBe(
    'iat issued 2026-01-31 11:50:00 UTC 10m before now nbf valid from 2026-01-31 11:55:00 UTC 5m before now ' +
      'now 2026-01-31 12:00:00 UTC exp expires 2026-01-31 13:00:00 UTC 1h after now ' +
      'Shaded: the lifetime, from nbf or else iat, to exp. The vertical line is now.',
  );
  expect(textsOf({ exp: NOW })).toMatch(/^exp expires 2026-01-31 12:00:00 UTC now now 2026/);
});

test('they are to scale, with a margin of a sixteenth on either side', () => {
  const [iat, now, exp] = placesOf({ iat: NOW - 100, exp: NOW + 300 });
  expect([iat, now, exp]).toEqual([5.556, 27.778, 94.444]);
  for (const [, place] of markupOf({ iat: NOW - 100, exp: NOW + 300 }).matchAll(/now-line" style="left:([\d.]+)%"/g))
    expect(place).toBe('27.778');
  expect(placesOf({ iat: NOW, exp: NOW })).toEqual([50, 50, 50]);
});

test('the lifetime is from nbf or else iat to exp, and to the edge where there is none', () => {
  expect(lifeOf({ iat: NOW - 100, exp: NOW + 300 })).toEqual(['5.556', '5.556']);
  expect(lifeOf({ iat: NOW - 100, nbf: NOW, exp: NOW + 300 })).toEqual(['27.778', '5.556']);
  expect(lifeOf({ exp: NOW + 300 })).toEqual(['0', '5.556']);
  expect(lifeOf({ iat: NOW - 100 })).toEqual(['5.556', '0']);
  expect(lifeOf({ nbf: NOW + 100, exp: NOW })).toBeUndefined();
});

test('what is no date has no row: another type, an instant that no Date holds, a name that every object has', () => {
  const none = 'The claims have no iat, nbf or exp that is a date.';
  expect(textsOf({})).toBe(none);
  expect(textsOf({ iat: '1', nbf: null, exp: 1e15 })).toBe(none);
  expect(textsOf(Object.create({ exp: NOW }))).toBe(none);
  expect(textsOf({ exp: NOW * 1000 })).toMatch(/exp expires \+058054-/); // milliseconds
});
