// The page of a ring's timeline: its keys, their states and the instants of their changes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTimelinePage, type TimelinePage } from '../../src/cli/timeline-page.ts';
import type { TimelineRow } from '../../src/index.ts';
import { anyText, tagsOf, textOf } from './pages.ts';

const DAY = 86_400;

/** A key that signs from day 2 to day 4, and is removed on day 6. */
const ROW: TimelineRow = {
  kid: 'ec-1',
  alg: 'ES256',
  spans: [
    { state: 'pending', from: 0, to: 2 * DAY },
    { state: 'active', from: 2 * DAY, to: 4 * DAY },
    { state: 'retiring', from: 4 * DAY, to: 6 * DAY },
    { state: 'removed', from: 6 * DAY, to: 10 * DAY },
  ],
};
const LATER: TimelineRow = { kid: 'ed-1', alg: 'EdDSA', spans: [{ state: 'pending', from: 8 * DAY, to: 10 * DAY }] };

const pageOf = (timeline: Partial<TimelinePage> = {}) =>
  formatTimelinePage({
    issuer: 'https://issuer.example',
    ...{ rows: [ROW, LATER], revokedCount: 0, from: 0, to: 10 * DAY, now: 5 * DAY },
    ...timeline,
  });

test('each key has its state now, and a line for each state with its first instant', () => {
  const text = textOf(pageOf());
  expect(text).toContain(
    'ES256 ec-1 retiring now ' +
      'pending before 1970-01-01 00:00:00 UTC 5d before now active from 1970-01-03 00:00:00 UTC 3d before now ' +
      'retiring from 1970-01-05 00:00:00 UTC 1d before now removed from 1970-01-07 00:00:00 UTC 1d after now ' +
      '1970-01-01 00:00:00 UTC 1970-01-06 00:00:00 UTC 1970-01-11 00:00:00 UTC',
  );
  expect(text).toContain('EdDSA ed-1 pending from 1970-01-09 00:00:00 UTC 3d after now');
  for (const state of ['pending published', 'active signs', 'retiring', 'removed', 'revoked'])
    expect(text).toContain(state);
});

test('a bar is where its state is, and now is marked in each, if it is in the period', () => {
  const page = pageOf();
  expect(page).toContain('<i class="active" style="left:20%;right:60%"></i>');
  expect(page).toContain('<i class="removed" style="left:60%;right:0%"></i>');
  expect(page.match(/<i class="now-line" style="left:50%">/g)).toHaveLength(2);
  expect(page).toContain('The vertical line is now.');
  for (const now of [0, 10 * DAY]) expect(pageOf({ now })).not.toMatch(/<i class="now-line"|vertical line/);
});

test('a ring without keys in the period says so, and how many were revoked before it', () => {
  const text = textOf(pageOf({ rows: [], revokedCount: 2 }));
  expect(text).toMatch(/The ring has no keys in this period\. And 2 revoked before this period\.$/);
  expect(pageOf()).not.toContain('revoked before');
});

test('whatever a kid and an issuer say, the page has the tags of one with harmless text', () => {
  const page = (text: string) => pageOf({ issuer: text, rows: [{ ...ROW, kid: text }] });
  const tags = tagsOf(page('harmless'));
  const check = (text: string) => {
    expect(tagsOf(page(text))).toEqual(tags);
  };
  fc.assert(fc.property(anyText, check));
});
