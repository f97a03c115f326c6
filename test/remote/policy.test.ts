// DESIGN §5 row by row: a state and an event at an instant, and what comes of it. Then random histories against the bounds
// that must hold in every one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Decision,
  freshnessOf,
  MAX_MISSING_KEYS,
  MISSING_KEY_TTL,
  REFILL_SECONDS,
  type RemoteEvent,
  remoteDecision,
} from '../../src/remote/policy.ts';
import {
  BURST,
  type CacheLifetimes,
  cacheStateOf,
  initialRemoteState,
  type RemoteState,
  waitMarkOf,
  withClockSetBack,
} from '../../src/remote/state.ts';

const T = 1_700_000_000;
const AGES: CacheLifetimes = { minFresh: 60, defaultFresh: 600, maxFresh: 3_600, staleFor: 3_600 };
const EMPTY = initialRemoteState(AGES);

/** One step after another; `ask` says what a request does at an instant. */
function ask(state: RemoteState, at: number, wantedKey?: string): Decision {
  return remoteDecision(state, { type: 'lookup', wantedKey, since: waitMarkOf(state) }, at);
}

type Answer = Partial<Extract<RemoteEvent, { type: 'answered' }>>;

function answer(state: RemoteState, at: number, details: Answer = {}): RemoteState {
  const event = { fresh: undefined, hasBody: true, isChanged: true, lacksWantedKey: false, random: 0.5, ...details };
  return remoteDecision(state, { request: state.lastSent, ...event, type: 'answered' }, at).state;
}

function fail(state: RemoteState, at: number, random = 1, retryAfter?: number): RemoteState {
  return remoteDecision(
    state,
    {
      type: 'failed',
      request: state.lastSent,
      code: 'ERR_JWKS_UNAVAILABLE',
      reason: 'no answer',
      retryAfter,
      random,
    },
    at,
  ).state;
}

/** A set fetched at T, with `fresh` seconds as its headers say. */
function fetched(fresh?: number, lifetimes: CacheLifetimes = AGES): RemoteState {
  return answer(ask(initialRemoteState(lifetimes), T).state, T, { fresh });
}

const told = ({ send, reply }: Decision) => [send ?? 'nothing', reply];

describe('fresh', () => {
  test.each<[string, number | undefined, number]>([
    ['absent: 10 minutes', undefined, 600],
    ['within the bounds: as it says', 900, 900],
    ['nothing: 1 minute', 0, 60],
    ['too short: 1 minute', 1, 60],
    ['too long: 1 hour', 86_400, 3_600],
    ['absurdly long: 1 hour', 1e12, 3_600],
  ])('max-age %s', (_, fresh, seconds) => {
    const { good } = fetched(fresh);
    expect([good?.fetchedAt, good?.freshUntil, good?.staleUntil]).toEqual([T, T + seconds, T + seconds + 3_600]);
  });

  test('within it, no request waits and none is sent', () => {
    const state = fetched(600);
    for (const at of [T, T + 1, T + 479]) expect(told(ask(state, at))).toEqual(['nothing', 'serve']);
  });

  test('without a set, the first request sends and waits; the others wait with it', () => {
    const first = ask(EMPTY, T);
    expect(told(first)).toEqual(['full', 'wait']);
    expect(told(ask(first.state, T, 'kid a'))).toEqual(['nothing', 'wait']);
  });
});

describe('refresh ahead', () => {
  test.each([
    [0, 450],
    [0.5, 480],
    [1, 510],
  ])('from 80 % of fresh, give or take 5: chance %s → %i s', (random, due) => {
    const state = answer(ask(EMPTY, T).state, T, { fresh: 600, random });
    expect(told(ask(state, T + due - 0.001))).toEqual(['nothing', 'serve']);
    expect(told(ask(state, T + due))).toEqual(['conditional', 'serve']);
  });

  test('one request in the background; whoever triggers it, and all others meanwhile, are served at once', () => {
    const due = ask(fetched(600), T + 500);
    expect(told(due)).toEqual(['conditional', 'serve']);
    expect(told(ask(due.state, T + 501))).toEqual(['nothing', 'serve']);
  });
});

describe('stale', () => {
  const tried = () => fail(ask(fetched(600), T + 500).state, T + 501);

  test('while the issuer fails, known keys keep verifying, and it is asked behind their backs', () => {
    expect(cacheStateOf(tried(), T + 600)).toBe('stale');
    expect(told(ask(tried(), T + 600))).toEqual(['conditional', 'serve']);
    const again = fail(ask(tried(), T + 4_100).state, T + 4_101);
    expect(told(ask(again, T + 4_199))).toEqual(['full', 'serve']);
  });

  test('a failure of long ago says nothing: then the first one waits again', () => {
    expect(told(ask(tried(), T + 620))).toEqual(['conditional', 'serve']);
    expect(told(ask(tried(), T + 621))).toEqual(['conditional', 'wait']);
  });

  test('nobody waits twice: also an answer that came too late to be fresh is served', () => {
    const asked = ask(fetched(600), T + 700);
    const since = waitMarkOf(fetched(600));
    const answered = answer(asked.state, T + 900, { fresh: 60 });
    expect(answered.good).toMatchObject({ fetchedAt: T + 700, freshUntil: T + 760 });
    expect(told(remoteDecision(answered, { type: 'lookup', wantedKey: undefined, since }, T + 900))).toEqual([
      'conditional',
      'serve',
    ]);
  });

  test('after an idle time nobody has tried yet: the first request waits for the try, since a key may be gone', () => {
    const first = ask(fetched(600), T + 2_600);
    expect(told(first)).toEqual(['conditional', 'wait']);
    expect(told(ask(first.state, T + 2_600))).toEqual(['nothing', 'wait']);
    expect(told(ask(fail(first.state, T + 2_605), T + 2_605))).toEqual(['nothing', 'serve']);
  });

  test('after it nothing is served, and who waited for a failure is told so', () => {
    expect(cacheStateOf(tried(), T + 4_200)).toBe('unavailable');
    const asked = ask(tried(), T + 4_200);
    expect(told(asked)).toEqual(['full', 'wait']);
    const since = waitMarkOf(tried());
    const failed = fail(asked.state, T + 4_205);
    expect(told(remoteDecision(failed, { type: 'lookup', wantedKey: undefined, since }, T + 4_300))).toEqual([
      'nothing',
      'unavailable',
    ]);
    expect(told(ask(failed, T + 4_205))).toEqual(['nothing', 'unavailable']);
  });

  test('who joined a request that could not help them waits for one more, and no longer', () => {
    const state = fetched(600, { ...AGES, staleFor: 0 });
    const asked = ask(state, T + 599).state;
    const since = waitMarkOf(asked); // comes at 600, when the set has run out
    const late = answer(asked, T + 601, { fresh: 1, hasBody: false, isChanged: false });
    const expired = { ...late, good: late.good && { ...late.good, freshUntil: T + 600, staleUntil: T + 600 } };
    const again = remoteDecision(expired, { type: 'lookup', wantedKey: undefined, since }, T + 601);
    expect(told(again)[1]).toBe('wait');
    const over = answer(again.state, T + 700, { fresh: 1 });
    expect(
      told(remoteDecision({ ...over, good: undefined }, { type: 'lookup', wantedKey: undefined, since }, T + 700))[1],
    ).toBe('unavailable');
  });

  test('0 disables it', () => {
    const state = fetched(600, { ...AGES, staleFor: 0 });
    expect([cacheStateOf(state, T + 599), cacheStateOf(state, T + 600)]).toEqual(['fresh', 'unavailable']);
  });
});

describe('never from stale', () => {
  test('an unknown kid: while the issuer fails it is unavailable, not wrong', () => {
    const tried = fail(ask(fetched(600), T + 500).state, T + 501);
    expect(told(ask(tried, T + 501.5, 'kid b'))).toEqual(['nothing', 'unavailable']);
    const asked = ask(tried, T + 700, 'kid b');
    expect(told(asked)).toEqual(['full', 'wait']);
    const since = waitMarkOf(tried);
    const failed = fail(asked.state, T + 705, 0);
    expect(told(remoteDecision(failed, { type: 'lookup', wantedKey: 'kid b', since }, T + 705))).toEqual([
      'nothing',
      'unavailable',
    ]);
  });
});

describe('unknown kid', () => {
  test('the caller waits for a request of its own, without an ETag', () => {
    expect(told(ask(fetched(600), T + 1, 'kid b'))).toEqual(['full', 'wait']);
  });

  test('burst 3, one more every 30 s; attempts count, not successes', () => {
    let state = fetched(600);
    for (let i = 0; i < BURST; i++) {
      const asked = ask(state, T + 1, `kid ${i}`);
      expect(told(asked)).toEqual(['full', 'wait']);
      state = answer(asked.state, T + 1, { isChanged: false, lacksWantedKey: true });
    }
    expect(told(ask(state, T + 1, 'kid x'))).toEqual(['nothing', 'key-missing']);
    expect(told(ask(state, T + 30.9, 'kid x'))).toEqual(['nothing', 'key-missing']);
    const next = ask(state, T + 1 + REFILL_SECONDS, 'kid x');
    expect(told(next)).toEqual(['full', 'wait']);
    expect(told(ask(fail(next.state, T + 32, 0), T + 33, 'kid y'))).toEqual(['nothing', 'unavailable']);
    expect(told(ask(answer(next.state, T + 32), T + 33, 'kid y'))).toEqual(['nothing', 'key-missing']);
  });

  test('known kids never draw on it', () => {
    let state = fetched(600);
    for (let i = 0; i < 10; i++) state = ask(state, T + 1).state;
    expect(told(ask(state, T + 1, 'kid b'))).toEqual(['full', 'wait']);
  });

  test('who came while a request was on its way is not judged by its answer: the key may be newer than that', () => {
    const first = ask(fetched(600), T + 1, 'kid a');
    const since = waitMarkOf(first.state); // comes now
    expect(told(remoteDecision(first.state, { type: 'lookup', wantedKey: 'kid b', since }, T + 1))).toEqual([
      'nothing',
      'wait',
    ]);
    const answered = answer(first.state, T + 2, { lacksWantedKey: true });
    const again = remoteDecision(answered, { type: 'lookup', wantedKey: 'kid b', since }, T + 2);
    expect(told(again)).toEqual(['full', 'wait']);
    const over = answer(again.state, T + 3, { isChanged: false, lacksWantedKey: true });
    expect(told(remoteDecision(over, { type: 'lookup', wantedKey: 'kid b', since }, T + 3))).toEqual([
      'nothing',
      'key-missing',
    ]);
  });
});

describe('negative kids', () => {
  const lacks = (state: RemoteState, kid: string, at: number) =>
    answer(ask(state, at, kid).state, at, { isChanged: false, lacksWantedKey: true });

  test('for 30 s repeated garbage costs no request', () => {
    const state = lacks(fetched(600), 'kid a', T + 1);
    expect(told(ask(state, T + 1 + MISSING_KEY_TTL - 0.001, 'kid a'))).toEqual(['nothing', 'key-missing']);
    expect(told(ask(state, T + 1 + MISSING_KEY_TTL, 'kid a'))).toEqual(['full', 'wait']);
    expect(told(ask(state, T + 2, 'kid b'))).toEqual(['full', 'wait']);
  });

  test('dropped when a refresh changes the set, kept when it does not', () => {
    const state = remoteDecision(lacks(fetched(600), 'kid a', T + 1), { type: 'refresh' }, T + 2).state;
    expect(told(ask(answer(state, T + 3, { isChanged: false }), T + 3, 'kid a'))).toEqual(['nothing', 'key-missing']);
    expect(told(ask(answer(state, T + 3, { isChanged: true }), T + 3, 'kid a'))).toEqual(['full', 'wait']);
  });

  test('128 of them; the oldest makes room', () => {
    let state = fetched(3_600);
    for (let i = 0; i <= MAX_MISSING_KEYS; i++) state = { ...lacks(state, `kid ${i}`, T + 1), allowance: BURST };
    expect(state.knownMissing.size).toBe(MAX_MISSING_KEYS);
    expect(told(ask(state, T + 2, 'kid 0'))).toEqual(['full', 'wait']);
    expect(told(ask(state, T + 2, 'kid 1'))).toEqual(['nothing', 'key-missing']);
  });
});

describe('failures', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [7, 60],
    [2_000, 60],
  ])('failure %i: at most %i s of pause, and any part of it by chance', (failures, pause) => {
    const failing = {
      failures: failures - 1,
      failedAt: T,
      code: 'ERR_JWKS_UNAVAILABLE',
      reason: 'no answer',
      retryAt: T,
    } as const;
    const state = { ...ask(EMPTY, T).state, failing };
    for (const random of [0, 0.25, 1]) {
      const after = fail(state, T, random);
      expect(after.failing).toMatchObject({ failures, retryAt: T + random * pause });
      if (random > 0) expect(told(ask(after, T + random * pause - 0.001))).toEqual(['nothing', 'unavailable']);
      expect(told(ask(after, T + random * pause))).toEqual(['full', 'wait']);
    }
  });

  test('a down issuer is not hammered, not by known kids either', () => {
    const state = fail(ask(fetched(600), T + 500).state, T + 500);
    expect(told(ask(state, T + 500.9))).toEqual(['nothing', 'serve']);
    expect(told(ask(state, T + 501))).toEqual(['conditional', 'serve']);
  });

  test.each([
    [undefined, 0.5],
    [0, 0.5],
    [30, 30],
    [300, 300],
    [301, 300],
    [1e9, 300],
    [Number.NaN, 0.5],
    [-1, 0.5],
  ])('Retry-After %j: the pause is %j seconds', (retryAfter, pause) => {
    const { state } = ask(EMPTY, T);
    const failed = { type: 'failed', request: 1, code: 'ERR_JWKS_UNAVAILABLE', reason: 'status 503' } as const;
    const after = remoteDecision(state, { ...failed, retryAfter, random: 0.5 }, T).state;
    expect(after.failing).toMatchObject({ retryAt: T + pause });
    expect(told(ask(after, T + pause - 0.001))).toEqual(['nothing', 'unavailable']);
    expect(told(ask(after, T + pause))).toEqual(['full', 'wait']);
  });

  test('Retry-After holds for a stale set as well: no lookup waits for a request before it is over', () => {
    const { state } = ask(fetched(600), T + 600);
    const failed = {
      type: 'failed',
      request: state.lastSent,
      code: 'ERR_JWKS_UNAVAILABLE',
      reason: 'status 503',
    } as const;
    const after = remoteDecision(state, { ...failed, retryAfter: 300, random: 0 }, T + 600).state;
    for (const at of [601, 730, 899]) expect(told(ask(after, T + at))).toEqual(['nothing', 'serve']);
    expect(told(ask(after, T + 900))).toEqual(['conditional', 'serve']);
  });

  test('a good answer ends the pauses', () => {
    const state = answer(ask(fail(ask(EMPTY, T).state, T), T + 1).state, T + 1);
    expect(state.failing).toBeUndefined();
  });
});

describe('a failed signature', () => {
  const failed = (state: RemoteState, at: number) => remoteDecision(state, { type: 'signature-failed' }, at);

  test('causes one request a minute, without an ETag, and none of the allowance', () => {
    const state = fetched(600);
    expect(told(failed(state, T + 59.9))).toEqual(['nothing', 'serve']);
    const asked = failed(state, T + 60);
    expect(told(asked)).toEqual(['full', 'wait']);
    expect(asked.state.allowance).toBe(state.allowance);
    expect(told(failed(asked.state, T + 60))).toEqual(['nothing', 'wait']);
    const answered = answer(asked.state, T + 61);
    expect(told(failed(answered, T + 119.9))).toEqual(['nothing', 'serve']);
    expect(told(failed(answered, T + 120))).toEqual(['full', 'wait']);
  });

  test('causes none during a pause', () => {
    const asked = ask(fetched(600), T + 500).state;
    const state = fail(asked, T + 501, 0, 300);
    expect(told(failed(state, T + 800.9))).toEqual(['nothing', 'serve']);
    expect(told(failed(state, T + 801))).toEqual(['full', 'wait']);
  });
});

describe('bounds, to the second', () => {
  test('a stale set waits for a try a minute after the pause, or two after the failure, whichever is later', () => {
    const asked = ask(fetched(600), T + 500).state;
    for (const [retryAfter, end] of [
      [200, 501 + 200 + 60],
      [30, 501 + 120],
    ] as const) {
      const state = fail(asked, T + 501, 0, retryAfter);
      expect(told(ask(state, T + end - 0.001))[1]).toBe('serve');
      expect(told(ask(state, T + end))[1]).toBe('wait');
    }
  });

  test('a set is refreshed with its ETag until three quarters of an hour after its body', () => {
    const state = fetched(3_600);
    expect(told(remoteDecision(state, { type: 'refresh' }, T + 2_699.999))).toEqual(['conditional', 'wait']);
    expect(told(remoteDecision(state, { type: 'refresh' }, T + 2_700))).toEqual(['full', 'wait']);
  });

  test('an answer without a body does not count as one: the body is as old as it was', () => {
    const asked = remoteDecision(fetched(600), { type: 'refresh' }, T + 500).state;
    const { good } = answer(asked, T + 501, { fresh: 60, hasBody: false, isChanged: false });
    expect(good).toEqual({
      fetchedAt: T + 500,
      receivedAt: T,
      refreshAt: T + 548,
      freshUntil: T + 560,
      staleUntil: T + 4_160,
    });
  });

  test('the key that caused the very first request draws on the allowance, if the set lacks it', () => {
    const first = ask(EMPTY, T, 'kid a').state;
    expect(answer(first, T + 1, { lacksWantedKey: true })).toMatchObject({ allowance: BURST - 1, countedAt: T + 1 });
    expect(answer(first, T + 1).allowance).toBe(BURST);
    const plain = answer(ask(EMPTY, T).state, T + 1, { lacksWantedKey: true });
    expect([plain.allowance, plain.knownMissing.size]).toEqual([BURST, 0]);
    const later = answer(ask(fetched(600), T + 1, 'kid a').state, T + 2, { isChanged: false, lacksWantedKey: true });
    expect(later).toMatchObject({ allowance: BURST - 1, countedAt: T + 1, wantedKey: undefined });
  });

  test('a wanted key is forgotten with the request that it caused, answered or failed', () => {
    const asked = ask(fetched(600), T + 1, 'kid a').state;
    expect(asked.wantedKey).toBe('kid a');
    expect(answer(asked, T + 2).wantedKey).toBeUndefined();
    expect(fail(asked, T + 2).wantedKey).toBeUndefined();
  });

  test('a key that is missing again is remembered anew, and takes no second place', () => {
    const lacks = (state: RemoteState, at: number) =>
      answer(ask(state, at, 'kid a').state, at, { isChanged: false, lacksWantedKey: true });
    const twice = lacks(lacks(fetched(3_600), T + 1), T + 1 + MISSING_KEY_TTL);
    expect([...twice.knownMissing]).toEqual([['kid a', T + 1 + 2 * MISSING_KEY_TTL]]);
  });

  test('a key that a newer answer lacks is remembered while there is room', () => {
    const seen = fetched(3_600);
    const since = { lastSent: 0, over: 0 };
    const look = (size: number) => {
      const knownMissing = new Map(Array.from({ length: size }, (_, i) => [`kid ${i}`, T + 30]));
      return remoteDecision({ ...seen, knownMissing }, { type: 'lookup', wantedKey: 'kid new', since }, T + 1);
    };
    const [room, none] = [look(MAX_MISSING_KEYS - 1), look(MAX_MISSING_KEYS)];
    expect([told(room), told(none)]).toEqual([
      ['nothing', 'key-missing'],
      ['nothing', 'key-missing'],
    ]);
    expect(room.state.knownMissing.get('kid new')).toBe(T + 1 + MISSING_KEY_TTL);
    expect(room.state.knownMissing.size).toBe(MAX_MISSING_KEYS);
    expect(none.state.knownMissing.has('kid new')).toBe(false);
  });

  test('a key that is missing again takes no other key’s place', () => {
    const knownMissing = new Map(Array.from({ length: MAX_MISSING_KEYS }, (_, i) => [`kid ${i}`, T + 1]));
    const asked = ask({ ...fetched(3_600), knownMissing }, T + 1, 'kid 5').state;
    const after = answer(asked, T + 2, { isChanged: false, lacksWantedKey: true }).knownMissing;
    expect(after.size).toBe(MAX_MISSING_KEYS);
    expect([after.get('kid 0'), after.get('kid 5')]).toEqual([T + 1, T + 2 + MISSING_KEY_TTL]);
  });

  test('who waits for a pending request spends no allowance, and leaves it its wanted key', () => {
    const pending = ask(fetched(600), T + 1, 'kid a').state;
    expect(ask(pending, T + 2, 'kid b').state).toBe(pending);
  });

  test('a set is fresh, and stale, until its instants and no longer', () => {
    expect(told(ask(fetched(600), T + 600))).toEqual(['conditional', 'wait']);
    const failed = fail(ask(fetched(600), T + 4_190).state, T + 4_190);
    expect(told(ask(failed, T + 4_199.9))).toEqual(['full', 'serve']);
    expect(told(ask(failed, T + 4_200))).toEqual(['full', 'wait']);
  });

  test('a set that has run out is asked for with its ETag, too', () => {
    const state = fetched(60, { ...AGES, staleFor: 0 });
    expect(told(ask(state, T + 100))).toEqual(['conditional', 'wait']);
  });

  test('an event that is no lookup needs no reply', () => {
    const asked = ask(EMPTY, T).state;
    const answered = { type: 'answered', fresh: 60, hasBody: true, isChanged: true, lacksWantedKey: false } as const;
    const failed = { type: 'failed', code: 'ERR_JWKS_UNAVAILABLE', reason: 'status 503', retryAfter: 0 } as const;
    const restored = { type: 'restored', fetchedAt: T, receivedAt: T, freshUntil: T + 60 } as const;
    for (const request of [1, 2]) {
      expect(told(remoteDecision(asked, { ...answered, request, random: 0 }, T))).toEqual(['nothing', 'none']);
      expect(told(remoteDecision(asked, { ...failed, request, random: 0 }, T))).toEqual(['nothing', 'none']);
    }
    expect(told(remoteDecision(EMPTY, { ...restored, random: 0 }, T))).toEqual(['nothing', 'none']);
  });

  test('an allowance is never more than the burst, however long nothing was asked', () => {
    const spent = { ...fetched(3_600), allowance: 0, countedAt: T };
    const asked = ask(spent, T + 2_000, 'kid a').state;
    expect([asked.allowance, asked.countedAt]).toEqual([BURST - 1, T + 2_000]);
    const almost = ask(spent, T + 45, 'kid a').state;
    expect(almost.allowance).toBe(0.5);
  });
});

describe('single flight', () => {
  test('refresh() joins the request on its way, and else sends whatever the pauses say', () => {
    const first = ask(EMPTY, T);
    expect(told(remoteDecision(first.state, { type: 'refresh' }, T))).toEqual(['nothing', 'wait']);
    expect(told(remoteDecision(fail(first.state, T), { type: 'refresh' }, T))).toEqual(['full', 'wait']);
    const pausing = remoteDecision(fail(first.state, T), { type: 'refresh' }, T).state;
    expect(told(ask(pausing, T))).toEqual(['nothing', 'wait']);
  });

  test('an answer or failure of no request on its way changes nothing', () => {
    const state = fetched(600);
    for (const request of [0, 1, 2]) {
      expect(
        remoteDecision(
          state,
          { type: 'failed', request, code: 'ERR_JWKS_INVALID', reason: 'not JSON', retryAfter: undefined, random: 1 },
          T + 1,
        ).state,
      ).toBe(state);
      expect(answer(state, T + 1, { request })).toBe(state);
    }
    const asked = ask(state, T + 1, 'kid a').state;
    expect(fail({ ...asked, lastSent: 9 }, T + 1)).not.toBe(asked);
    expect(answer(asked, T + 1, { request: 1 })).toBe(asked);
  });
});

describe('ETag', () => {
  test('a lying 304 keeps a set for no longer than it would have lived: three quarters of an hour after the last body, one must come', () => {
    let state = fetched(600);
    const lifetimes: number[] = [];
    for (let at = T + 500; ; at += 500) {
      const asked = ask(state, at);
      if (asked.send === 'full') break;
      expect(told(asked)).toEqual(['conditional', 'serve']);
      state = answer(asked.state, at, { fresh: 3_600, hasBody: false, isChanged: false });
      // However fresh the 304 says it is.
      state = { ...state, good: state.good && { ...state.good, refreshAt: at + 1 } };
      lifetimes.push(Number(state.good?.staleUntil) - T);
    }
    expect(lifetimes.length).toBe(5);
    expect(Math.max(...lifetimes)).toBe(AGES.maxFresh + AGES.staleFor);
  });
});

describe('snapshot', () => {
  const restore = (at: number, times: { fetchedAt: number; freshUntil: number; receivedAt?: number }) =>
    remoteDecision(EMPTY, { type: 'restored', receivedAt: times.fetchedAt, ...times, random: 0.5 }, at).state;

  test('obeys the same ages', () => {
    const state = restore(T, { fetchedAt: T - 100, freshUntil: T + 500 });
    expect(told(ask(state, T))).toEqual(['nothing', 'serve']);
    expect([cacheStateOf(state, T + 500), cacheStateOf(state, T + 4_100)]).toEqual(['stale', 'unavailable']);
  });

  test('claims no more than the policy gives, and nothing from the future', () => {
    expect(restore(T, { fetchedAt: T, freshUntil: T + 1e9 }).good?.freshUntil).toBe(T + 3_600);
    expect(restore(T, { fetchedAt: T, freshUntil: T - 5 }).good?.freshUntil).toBe(T);
    expect(restore(T, { fetchedAt: T, freshUntil: T + 60, receivedAt: T + 9 }).good?.receivedAt).toBe(T);
    expect(restore(T, { fetchedAt: T + 1, freshUntil: T + 60 }).good).toBeUndefined();
  });
});

describe('a clock that is set back', () => {
  test('leaves everything as old as it was', () => {
    const state = answer(ask(fetched(600), T + 1, 'kid a').state, T + 1, { isChanged: false, lacksWantedKey: true });
    const failing = fail(ask(state, T + 500).state, T + 501);
    const moved = withClockSetBack(failing, 1_000);
    for (const at of [T + 501, T + 599, T + 601, T + 4_300]) {
      expect(cacheStateOf(moved, at - 1_000)).toBe(cacheStateOf(failing, at));
      for (const wantedKey of [undefined, 'kid a', 'kid b'])
        expect(told(ask(moved, at - 1_000, wantedKey))).toEqual(told(ask(failing, at, wantedKey)));
    }
    expect(withClockSetBack(EMPTY, 1_000)).toEqual(EMPTY);
  });
});

describe('in any history', () => {
  type Move =
    | { wait: number }
    | { ask: number | undefined }
    | { end: 'good' | 'same' | 'bad'; fresh: number | undefined }
    | { back: number }
    | { refresh: true };
  const moves: fc.Arbitrary<Move> = fc.oneof(
    fc.record({ wait: fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.integer({ min: 0, max: 4_000 })) }),
    fc.record({ ask: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }) }),
    fc.record({
      end: fc.constantFrom('good' as const, 'same' as const, 'bad' as const),
      fresh: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    }),
    fc.record({ back: fc.integer({ min: 1, max: 5_000 }) }),
  );

  test('bounds on requests and ages hold', () => {
    fc.assert(
      fc.property(
        fc.array(moves, { maxLength: 300 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (history, chance) => {
          let state = EMPTY;
          let clock = T; // what the process reads, which may be set back
          let elapsed = 0; // what truly passes
          let goodAt = Number.NEGATIVE_INFINITY;
          const sought: number[] = [];
          for (const move of history) {
            if ('wait' in move) {
              clock += move.wait;
              elapsed += move.wait;
            } else if ('back' in move) {
              clock -= move.back;
              state = withClockSetBack(state, move.back);
            } else if ('end' in move) {
              if (state.lastSent === Math.max(state.lastAnswered, state.lastFailed)) continue;
              const random = chance.next().value;
              if (move.end === 'bad') state = fail(state, clock, random);
              else {
                state = answer(state, clock, {
                  fresh: move.fresh,
                  isChanged: move.end === 'good',
                  lacksWantedKey: true,
                  random,
                });
                goodAt = elapsed;
              }
            } else if ('ask' in move) {
              const before = state;
              const wantedKey = move.ask === undefined ? undefined : `kid ${move.ask}`;
              const { state: after, send, reply } = ask(before, clock, wantedKey);
              const wasPending = before.lastSent > Math.max(before.lastAnswered, before.lastFailed);
              // One request at a time, and none in a pause.
              if (send)
                expect([wasPending, before.failing ? clock >= before.failing.retryAt : true]).toEqual([false, true]);
              expect(after.lastSent - before.lastSent).toBe(send ? 1 : 0);
              // Whoever waits, waits for something.
              if (reply === 'wait')
                expect(after.lastSent).toBeGreaterThan(Math.max(after.lastAnswered, after.lastFailed));
              // No set is used for longer than fresh and stale together, counted in true time.
              if (reply === 'serve' || reply === 'key-missing')
                expect(elapsed - goodAt).toBeLessThan(AGES.maxFresh + AGES.staleFor + 1e-3);
              // A known key within the stale window is never refused.
              if (wantedKey === undefined && elapsed - goodAt < AGES.minFresh + AGES.staleFor - 1e-3)
                expect(reply).not.toBe('unavailable');
              if (
                send === 'full' &&
                wantedKey !== undefined &&
                ['fresh', 'stale'].includes(cacheStateOf(before, clock))
              )
                sought.push(elapsed);
              state = after;
            }
            expect(state.knownMissing.size).toBeLessThanOrEqual(MAX_MISSING_KEYS);
          }
          // At most 3 requests for unknown kids in any 30 s, whatever the flood.
          for (const at of sought)
            expect(
              sought.filter((other) => other >= at && other < at + REFILL_SECONDS - 1e-3).length,
            ).toBeLessThanOrEqual(BURST + 1);
          for (const [i, at] of sought.entries())
            expect(sought.filter((other, j) => j >= i && other - at < 30 * 60).length).toBeLessThanOrEqual(BURST + 60);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('freshness of an answer (RFC 9111 §4.2, §5.1, §5.2)', () => {
  test.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    ['', undefined, undefined],
    ['public', '100', undefined],
    ['public, max-age=600', undefined, 600],
    ['MAX-AGE=600', undefined, 600],
    ['max-age="600"', undefined, 600],
    ['s-maxage=5, max-age=600', undefined, 600],
    ['max-age=600', '100', 500],
    ['max-age=600', '700', 0],
    ['max-age=600', 'yesterday', 600],
    ['max-age=600', '-100', 600],
    ['max-age=600, max-age=60', undefined, 60],
    ['max-age=0', undefined, 0],
    ['max-age=1000000000000', undefined, 2 ** 31],
    [`max-age=${'9'.repeat(400)}`, '9'.repeat(400), 0],
    ['max-age=-1', undefined, 0],
    ['max-age=ten', undefined, 0],
    ['max-age', undefined, 0],
    ['no-store', undefined, 0],
    ['max-age=600, no-cache', undefined, 0],
    ['no-cache="set-cookie", max-age=600', undefined, 0],
    ['no-storey, max-age=600', undefined, 600],
    ['x-no-store, max-age=600', undefined, 600],
    ['NO-STORE', undefined, 0],
    ['public ,  max-age=600 ', undefined, 600],
    ['max-age=600x', undefined, 0],
    ['max-age=max-age=600', undefined, 0],
    ['x-max-age=5, max-age=600', undefined, 600],
    ['max-age=600', '5x', 600],
    ['max-age=600', 'x5', 600],
    ['max-age=600', '', 600],
  ])('Cache-Control %s, Age %s: %s seconds', (cacheControl, age, seconds) => {
    expect(freshnessOf(cacheControl, age)).toBe(seconds);
  });

  test('a header of more directives than a call may have arguments', () => {
    expect(freshnessOf('max-age=60, '.repeat(300_000), undefined)).toBe(60);
  });
});
