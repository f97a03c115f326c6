// When a ring is read again: by one reading at a time, for which calls wait until the store has answered, and a second at most.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Refresher } from '../../src/issuer/refresher.ts';
import { gate, hearsEveryRejection, settled, T } from './issuing.ts';

hearsEveryRejection();

afterEach(() => void vi.restoreAllMocks());

/** One whose readings end as they are told to. */
function refresherOf(read: (answered: () => void) => Promise<void>) {
  const at = { now: T, reads: 0 };
  const refresher = new Refresher(
    () => at.now,
    (answered) => {
      at.reads++;
      return read(answered);
    },
  );
  refresher.now();
  return Object.assign(at, { refresher });
}

const failing = () => Promise.reject(new Error('down'));

describe('a reading', () => {
  test('is one for all who want one at a time', async () => {
    const wait = gate();
    const at = refresherOf(() => wait.opened);
    const reading = at.refresher.refresh();
    expect(at.refresher.refresh()).toBe(reading);
    expect(at.refresher.refreshUnlessRecent(30)).toBeUndefined();
    wait.open();
    await reading;
    expect(at.refresher.refresh()).not.toBe(reading);
    expect(at.reads).toBe(2);
  });

  test('in the background begins when the last one is old enough, whatever came of it', async () => {
    const at = refresherOf(failing);
    await expect(at.refresher.refreshUnlessRecent(30)).rejects.toThrow('down');
    at.now += 29.9;
    at.refresher.now();
    expect(at.refresher.refreshUnlessRecent(30)).toBeUndefined();
    at.now += 0.1;
    at.refresher.now();
    await expect(at.refresher.refreshUnlessRecent(30)).rejects.toThrow('down');
    expect(at.reads).toBe(2);
  });

  test('makes what is known as old as itself', () => {
    const at = refresherOf(failing);
    expect(at.refresher.age).toBe(Number.POSITIVE_INFINITY);
    at.refresher.setReadAt(at.refresher.moment());
    at.now += 7;
    expect(at.refresher.age).toBe(0);
    at.refresher.now();
    expect(at.refresher.age).toBe(7);
    at.now -= 3_600;
    at.refresher.now();
    expect(at.refresher.age).toBe(7);
  });
});

describe('calls wait for it', () => {
  test('until the store has answered, whatever is done about it then', async () => {
    const [answer, end] = [gate(), gate()];
    const at = refresherOf(async (answered) => {
      await answer.opened;
      answered();
      await end.opened;
    });
    const reading = at.refresher.refresh();
    const { pendingAnswer: awaited } = at.refresher;
    expect(awaited).toBeInstanceOf(Promise);
    answer.open();
    expect(await awaited).toBeUndefined();
    expect(at.refresher.pendingAnswer).toBeUndefined();
    expect(at.refresher.refresh()).toBe(reading);
    end.open();
    await reading;
  });

  test('until it has failed', async () => {
    const { refresher } = refresherOf(failing);
    const reading = refresher.refresh().catch(() => undefined);
    expect(await refresher.pendingAnswer).toBeUndefined();
    await reading;
    expect(refresher.pendingAnswer).toBeUndefined();
  });

  test('for a second at most, and not again for one that is late', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { refresher } = refresherOf(() => new Promise(() => undefined));
      refresher.refresh();
      let waited = false;
      refresher.pendingAnswer?.then(() => {
        waited = true;
      });
      await vi.advanceTimersByTimeAsync(999);
      expect([waited, refresher.pendingAnswer === undefined]).toEqual([false, false]);
      await vi.advanceTimersByTimeAsync(1);
      expect([waited, refresher.pendingAnswer]).toEqual([true, undefined]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('never when there is none', async () => {
    const { refresher } = refresherOf(async () => undefined);
    expect(refresher.pendingAnswer).toBeUndefined();
    await refresher.refresh();
    await settled();
    expect(refresher.pendingAnswer).toBeUndefined();
  });
});

describe('what is known', () => {
  test('is no younger for a clock that was set back while it was read', () => {
    const at = refresherOf(failing);
    const started = at.refresher.moment();
    at.now -= 86_400;
    at.refresher.now();
    at.refresher.setReadAt(started);
    at.now += 40;
    at.refresher.now();
    expect(at.refresher.age).toBe(40);
  });

  test('is as old as the monotonic clock says, if the other was set back unnoticed', () => {
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(5_000);
    const at = refresherOf(failing);
    at.refresher.setReadAt(at.refresher.moment());
    monotonic.mockReturnValue(75_000);
    at.now += 6;
    at.refresher.now();
    expect(at.refresher.age).toBe(70);
  });

  test('is read again by that clock, too', async () => {
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(0);
    const at = refresherOf(failing);
    await expect(at.refresher.refreshUnlessRecent(30)).rejects.toThrow('down');
    monotonic.mockReturnValue(29_999);
    at.refresher.now();
    expect(at.refresher.refreshUnlessRecent(30)).toBeUndefined();
    monotonic.mockReturnValue(30_000);
    at.refresher.now();
    await expect(at.refresher.refreshUnlessRecent(30)).rejects.toThrow('down');
  });
});
