// What records tell of those before them: a store that went back, and on from there, is found out by whoever knows what it lost.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/index.ts';
import { hashRecords, historyAfter, isContinuation, isHistory, MAX_HISTORY } from '../../src/ring/history.ts';
import { checkProgress, type RingVersion, readRecords, writeRecords } from '../../src/ring/records.ts';
import { hearsEveryRejection, world } from '../issuer/issuing.ts';
import { NAME } from '../issuer/rings.ts';
import { expectCode } from '../support/expect.ts';
import { nextRecords } from '../support/next-records.ts';

hearsEveryRejection();

/** The records at which a ring begins, as they are read. */
let first: RingVersion;
beforeEach(async () => {
  first = readAt(1, String((await (await world()).store.stored()).records));
});

function readAt(version: number, records: string): RingVersion {
  const read = readRecords({ records, version }, NAME);
  if (!read) throw new Error('nothing was saved');
  return read;
}

/** What is written upon others; a mark makes it different from what else may be written upon them. */
function writtenUpon(before: RingVersion, mark: string): RingVersion {
  const [version, history] = [before.version + 1, historyAfter(before)];
  const keys = before.ring.keys.map((key) => ({ ...key, reason: mark }));
  return readAt(version, writeRecords({ ring: { ...before.ring, keys }, version, history }));
}

/** Records one after the other. */
function branch(from: RingVersion, marks: readonly string[]): RingVersion[] {
  const all = [from];
  for (const mark of marks) all.push(writtenUpon(all.at(-1) ?? from, mark));
  return all;
}

/** As 0.3.0 writes them. */
function unlinked(version: number, mark: string): RingVersion {
  const { ring } = writtenUpon(first, mark);
  return readAt(version, writeRecords({ ring, version, history: [] }));
}

const isRefused = (seen: RingVersion, found: RingVersion) =>
  expectCode(() => checkProgress(seen, found), 'ERR_RING_INVALID', found.hash, seen.hash);

describe('a hash', () => {
  test('is of what the records say, whatever the order or spelling', () => {
    const [one, other] = [
      '{"a":{"b":[1,{"x":0,"y":2}],"c":"ü"},"d":0.5}',
      '{ "d":5e-1, "a":{"c":"\\u00fc","b":[1,{"y":2,"x":0}]}}',
    ];
    expect(hashRecords(JSON.parse(other))).toBe(hashRecords(JSON.parse(one)));
    for (const text of [
      '{}',
      '{"d":0.5}',
      one.replace('2', '3'),
      one.replace('1,', ''),
      one.replace('"x"', '"__proto__"'),
    ])
      expect(hashRecords(JSON.parse(text))).not.toBe(hashRecords(JSON.parse(one)));
    expect(hashRecords({})).toBe('RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o');
  });

  test('is what someone else comes to', async () => {
    const { issuer, store } = await world();
    for (let i = 0; i < 3; i++) {
      const { records, version } = await store.stored();
      const next = readAt(version + 1, nextRecords(String(records)));
      expect(next.history).toEqual(historyAfter(readAt(version, String(records))));
      await issuer.migrate(i % 2 === 0 ? 'EdDSA' : 'ES384');
    }
  });
});

describe('a history', () => {
  test('names what was before, the latest first, up to a bound', () => {
    expect(first.history).toEqual([]);
    expect(historyAfter({ ring: first.ring, version: 0, hash: undefined, history: [] })).toEqual([]);
    const all = branch(
      first,
      Array.from({ length: MAX_HISTORY + 2 }, (_, i) => `${i}`),
    );
    const hashes = all.map(({ hash }) => hash);
    expect(all[3]?.history).toEqual([hashes[2], hashes[1], hashes[0]]);
    expect(all.at(-1)?.history).toEqual(hashes.slice(-1 - MAX_HISTORY, -1).reverse());
  });

  test('is a list of hashes, no longer than it can be', () => {
    const hash = 'A'.repeat(43);
    const of = (length: number) => Array.from({ length }, () => hash);
    expect([isHistory(of(1), 2), isHistory(of(MAX_HISTORY), 999)]).toEqual([true, true]);
    for (const history of [of(0), of(2), 'x', null, {}, [1], [[hash]], [`${hash}A`], ['='.repeat(43)]])
      expect(isHistory(history, 2)).toBe(false);
    expect(isHistory(of(MAX_HISTORY + 1), 999)).toBe(false);
    for (const history of [
      [hash, 'x'],
      ['x', hash],
    ])
      expect(isHistory(history, 3)).toBe(false);
  });
});

describe('whoever knows records', () => {
  test('goes on with any that were written upon them', () => {
    const all = branch(
      first,
      Array.from({ length: MAX_HISTORY + 9 }, (_, i) => `${i}`),
    );
    for (const [i, seen] of all.entries())
      for (const found of all.slice(i)) expect(() => checkProgress(seen, found)).not.toThrow();
  });

  test('refuses those of a store that went back and on, unless more were written than are named', () => {
    const marks = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(marks, marks, marks, fc.nat(), fc.nat(), (common, lost, rest, i, j) => {
        const shared = branch(first, common);
        const from = shared.at(-1) ?? first;
        const [left, right] = [branch(from, ['left', ...lost]).slice(1), branch(from, ['right', ...rest]).slice(1)];
        const [seen, found] = [left[i % left.length], right[j % right.length]];
        if (!seen || !found) throw new Error('no branches');
        isRefused(seen, found);
        for (const known of shared) expect(() => checkProgress(known, found)).not.toThrow();
      }),
    );
    const [, seen = first] = branch(first, ['lost']);
    const others = branch(
      first,
      Array.from({ length: MAX_HISTORY + 9 }, (_, i) => `${i}`),
    );
    for (const found of others.slice(1))
      expect(isContinuation(seen, found)).toBe(found.version > seen.version + MAX_HISTORY);
  });

  test('of barejose 0.3.0, which name none, goes on with others that name none, and with the first that do', () => {
    const seen = unlinked(5, 'x');
    for (const found of [
      unlinked(5, 'x'),
      unlinked(6, 'y'),
      writtenUpon(seen, 'y'),
      writtenUpon(unlinked(7, 'y'), 'z'),
    ])
      expect(() => checkProgress(seen, found)).not.toThrow();
    isRefused(seen, unlinked(5, 'y'));
    isRefused(seen, writtenUpon(unlinked(5, 'y'), 'z'));
  });

  test('that name others refuses those that name none, and those that name too few: 0.3.0 wrote none upon them', () => {
    const [, , seen = first] = branch(unlinked(5, 'x'), ['a', 'b']);
    expect(seen.version).toBe(7);
    for (const found of [unlinked(7, 'y'), unlinked(8, 'y'), unlinked(80, 'y'), writtenUpon(unlinked(9, 'y'), 'z')])
      isRefused(seen, found);
  });
});

test('records of barejose 0.3.0 are read as they are, and the next ones name them', async () => {
  const { store: old } = await world();
  const { records } = await old.stored();
  const store = memoryStore();
  await store.save(String(records), 0);
  await store.save(String(records).replace('"version":1', '"version":2'), 1);
  const { issuer } = await world({ store: Object.assign(store, { loads: 0, saves: 0 }) as never });
  expect((await issuer.status()).version).toBe(2);
  await issuer.migrate('EdDSA');
  const next = await store.load();
  expect(readRecords(next, NAME)?.history).toHaveLength(1);
  expect((await issuer.status()).version).toBe(3);
});
