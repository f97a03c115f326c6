// What every store keeps to, whatever it keeps the ring in.

import { describe, expect, test } from 'vitest';
import type { RingStore } from '../../src/store/store.ts';

/** The most octets and the last version, as the README tells them. */
export const MOST_OCTETS: number = 4 * 1024 * 1024;
export const LAST_VERSION = 999_999_999_999;

/** Text that a careless store would bend: each plane, both directions, combining marks, and what SQL, Lua and JSON escape. */
export const ODD_TEXT: string = JSON.stringify({
  'quotes \' and " and `': '$1 $$ \\ \\\\ %s :name ; -- /* */',
  controls: String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i), 127, 128, 159),
  raw: 'é e\u0301 ß İ ı ﬁ Å \u212b \u2028 \u2029 \ufeff \u202e \u200d \u00ad \ufffd \ufffe \uffff',
  planes: '𝟘 🏳️‍🌈 \u{1fffe} \u{10ffff} \u{e0001} 漢字 한글 עברית العربية',
});

/** One that is as long as records get when they are long: 1 MiB of three octets each. */
export const LONG_TEXT: string = '漢'.repeat(2 ** 20 / 3);

/** A mistake of the caller's, which TypeScript would see. */
const mistaken = (store: RingStore, records: unknown, version: unknown): Promise<boolean> =>
  store.save(records as string, version as number);

/** @param open makes a store of its own on the same ring each time; another ring for each name */
export function keepsToTheContract(open: (name: string) => RingStore | Promise<RingStore>): void {
  describe('the contract of a store', () => {
    test('nothing was saved: version 0 and no records, as often as one asks', async () => {
      const store = await open('empty');
      for (let i = 0; i < 2; i++) expect(await store.load()).toEqual({ records: undefined, version: 0 });
    });

    test('each save makes the version one more, and whoever else opens it sees that', async () => {
      const [store, other] = [await open('counts'), await open('counts')];
      for (let version = 0; version < 12; version++) {
        expect(await (version % 2 ? store : other).save(`{"at":${version + 1}}`, version)).toBe(true);
        const expected = { records: `{"at":${version + 1}}`, version: version + 1 };
        expect(await store.load()).toEqual(expected);
        expect(await other.load()).toEqual(expected);
      }
    });

    test('a save that expects another version changes nothing', async () => {
      const store = await open('expects');
      for (const version of [1, 2, 7, 998_877_665_544]) expect(await store.save('"no"', version)).toBe(false);
      expect(await store.load()).toEqual({ records: undefined, version: 0 });
      expect(await store.save('"1"', 0)).toBe(true);
      expect(await store.save('"2"', 1)).toBe(true);
      expect(await store.save('"3"', 2)).toBe(true);
      for (const version of [0, 1, 2, 4, 5, LAST_VERSION - 1]) expect(await store.save('"no"', version)).toBe(false);
      expect(await store.load()).toEqual({ records: '"3"', version: 3 });
    });

    test('of many who save at once one wins, and what it saved is there', async () => {
      const stores = await Promise.all(Array.from({ length: 24 }, () => open('race')));
      for (let version = 0; version < 5; version++) {
        const saves = stores.map((store, i) => store.save(`{"by":${i}}`, version));
        const won = (await Promise.all(saves)).flatMap((saved, i) => (saved ? [i] : []));
        expect(won).toHaveLength(1);
        expect(await stores[0]?.load()).toEqual({ records: `{"by":${won[0]}}`, version: version + 1 });
      }
    });

    test('any text comes back as it was', async () => {
      const store = await open('text');
      for (const [version, text] of [ODD_TEXT, LONG_TEXT, ' ', '0', 'null', ODD_TEXT.normalize('NFD')].entries()) {
        expect(await store.save(text, version)).toBe(true);
        expect((await store.load()).records === text).toBe(true);
      }
    });

    test('records that are no text of a bearable size are the caller’s mistake', async () => {
      const store = await open('records');
      const long = '漢'.repeat(Math.floor(MOST_OCTETS / 3) + 1);
      for (const records of [undefined, null, 1, {}, '', 'a\0b', '\ud800', `${long}`, 'a'.repeat(MOST_OCTETS + 1)])
        await expect(mistaken(store, records, 0)).rejects.toThrow(/^records must be .* 4194304 octets/);
      expect(await store.load()).toEqual({ records: undefined, version: 0 });
      expect(await store.save('a'.repeat(MOST_OCTETS), 0)).toBe(true);
      expect((await store.load()).records).toHaveLength(MOST_OCTETS);
    });

    test('so is a version that no store returned; after the last one there is none', async () => {
      const store = await open('versions');
      for (const version of [undefined, null, '0', -1, 0.5, Number.NaN, 1e12, 2 ** 53, Number.POSITIVE_INFINITY, 0n])
        await expect(mistaken(store, '{}', version)).rejects.toThrow(/^expectedVersion must be /);
      await expect(store.save('{}', LAST_VERSION)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
      expect(await store.load()).toEqual({ records: undefined, version: 0 });
    });
  });
}
