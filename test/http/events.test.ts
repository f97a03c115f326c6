import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { authenticate, type BearerEvent } from '../../src/index.ts';
import { AUDIENCE, CLAIMS, NOW } from '../support/doors.ts';
import { expectSilent } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { BAD, cutOff, GOOD, recorder, tokenOf, verifierWith } from './verifiers.ts';

beforeEach(() => void vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The one event of one request. */
async function eventOf(authorization: string | undefined, scope?: string, verifier = verifierWith()) {
  const { events, onEvent } = recorder();
  await authenticate(verifier, authorization, { onEvent, ...(scope !== undefined && { scope }) });
  expect(events.length).toBe(1);
  const [event] = events;
  if (!event) throw new Error('no event');
  return event;
}

/** An explanation as one line a step. */
function told(event: BearerEvent): string[] {
  return event.explain().steps.map(({ name, outcome }) => `${name} ${outcome}`);
}

describe('an event', () => {
  test('of a good token names the key that verified', async () => {
    const event = await eventOf(`Bearer ${GOOD}`);
    expect(event).toMatchObject({ type: 'accepted', status: 200, kid: 'k1', at: NOW });
    expect(Object.keys(event)).toEqual(['type', 'status', 'kid', 'at', 'explain']);
  });

  test('of a refused token names the error, and the kid that the token names', async () => {
    expect(await eventOf(`Bearer ${BAD.expired}`)).toMatchObject({
      type: 'refused',
      status: 401,
      code: 'ERR_JWT_EXPIRED',
      kid: 'k1',
    });
    const unknown = await eventOf(`Bearer ${BAD['with an unknown kid']}`);
    expect(unknown).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY', kid: 'k2' });
  });

  test('of a refused token that names none, or that cannot be read, has no kid', async () => {
    expect(await eventOf(`Bearer ${BAD['with alg none']}`)).not.toHaveProperty('kid');
    const event = await eventOf('Bearer opaque');
    expect(Object.keys(event)).toEqual(['type', 'status', 'code', 'at', 'explain']);
    expect(event.code).toBe('ERR_JWS_INVALID');
  });

  test('cuts a stranger’s kid', async () => {
    const event = await eventOf(`Bearer ${forge('ES256', { alg: 'ES256', kid: 'k'.repeat(9_000) }, CLAIMS)}`);
    expect(event.kid).toBe('k'.repeat(200));
  });

  test('of a request without a token, or with a malformed header, has neither code nor kid', async () => {
    for (const [authorization, status] of [
      [undefined, 401],
      ['Basic dTpw', 401],
      ['Bearer', 400],
    ] as const) {
      const event = await eventOf(authorization);
      expect(event).toMatchObject({ type: 'refused', status });
      expect(Object.keys(event)).toEqual(['type', 'status', 'at', 'explain']);
    }
  });

  test('of an anonymous request that an optional guard lets through', async () => {
    const { events, onEvent } = recorder();
    await authenticate(verifierWith(), undefined, { onEvent, optional: true });
    await authenticate(verifierWith(), `Bearer ${GOOD}`, { onEvent, optional: true });
    await authenticate(verifierWith(), 'Basic dTpw', { onEvent, optional: true });
    expect(events.map(({ type, status }) => [type, status])).toEqual([
      ['anonymous', 200],
      ['accepted', 200],
      ['refused', 401],
    ]);
    const [event] = events;
    expect(Object.keys(Object(event))).toEqual(['type', 'status', 'at', 'explain']);
    expect(event?.explain()).toMatchObject({ valid: false, steps: [{ name: 'authorization', outcome: 'skipped' }] });
    expect(event?.explain().steps).toHaveLength(1);
    expect(event?.explain().at).toBe(NOW);
  });

  test('of a token with too little scope has no error', async () => {
    const event = await eventOf(`Bearer ${GOOD}`, 'orders:read');
    expect(event).toMatchObject({ type: 'refused', status: 403, kid: 'k1' });
    expect(event).not.toHaveProperty('code');
  });

  test('of keys that cannot be had is of a type of its own', async () => {
    const event = await eventOf(`Bearer ${GOOD}`, undefined, cutOff());
    expect(event).toMatchObject({ type: 'unavailable', status: 503, code: 'ERR_JWKS_UNAVAILABLE', kid: 'k1' });
  });

  test('does not change, and shows neither token nor claims, explained or not', async () => {
    for (const token of [GOOD, ...Object.values(BAD)]) {
      const event = await eventOf(`Bearer ${token}`, 'a');
      expect(Object.isFrozen(event)).toBe(true);
      expectSilent(event, token, CLAIMS.sub);
      expectSilent(event.explain(), token, CLAIMS.sub);
      expect(JSON.stringify(event)).not.toContain(token);
    }
  });
});

describe('an explanation', () => {
  test('of a good token: HTTP’s steps and the verifier’s, all passed', async () => {
    const { explain } = await eventOf(`Bearer ${tokenOf({ scope: 'a b' })}`, 'a');
    const { valid, code, steps } = explain();
    expect([valid, code]).toEqual([true, undefined]);
    expect(steps.at(0)).toMatchObject({ name: 'authorization', section: 'RFC 6750 §2.1', outcome: 'passed' });
    expect(steps.at(-1)).toMatchObject({ name: 'scope', section: 'RFC 6750 §3.1', outcome: 'passed' });
    expect(steps.every(({ outcome }) => outcome === 'passed')).toBe(true);
    expect(steps.length).toBeGreaterThan(10);
  });

  test('of a refused token: the step that failed; scope was not reached', async () => {
    const event = await eventOf(`Bearer ${BAD['for another audience']}`, 'a');
    expect(event.explain()).toMatchObject({ valid: false, code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    expect(told(event)).toContain('aud failed');
    expect(told(event).at(-1)).toBe('scope skipped');
  });

  test('without a scope asked for, there is no such step', async () => {
    expect(told(await eventOf(`Bearer ${GOOD}`)).at(-1)).not.toMatch(/^scope/);
  });

  test('of too little scope: everything else passed, and it is not valid', async () => {
    const { explain } = await eventOf(`Bearer ${GOOD}`, 'a b');
    const { valid, code, steps } = explain();
    expect([valid, code]).toEqual([false, undefined]);
    expect(steps.filter(({ outcome }) => outcome !== 'passed')).toMatchObject([
      { name: 'scope', remedy: 'scope "a b"' },
    ]);
  });

  test.each([
    [undefined, /no Authorization header/],
    ['Basic dTpw', /no Authorization header of the Bearer scheme/],
    ['Bearer a b', /not one token/],
  ])('of %j: the one step there was', async (authorization, reason) => {
    const { valid, steps } = (await eventOf(authorization, 'a')).explain();
    expect(valid).toBe(false);
    expect(steps).toMatchObject([{ name: 'authorization', outcome: 'failed', reason: expect.stringMatching(reason) }]);
  });

  test('quotes claim values when asked to, and only then', async () => {
    const { explain } = await eventOf(`Bearer ${GOOD}`);
    expect(JSON.stringify(explain())).not.toContain('user-1');
    expect(JSON.stringify(explain({ values: true }).steps.find(({ name }) => name === 'sub'))).toContain('user-1');
    expect(JSON.stringify(explain().steps)).not.toContain(`"${AUDIENCE}"`);
  });

  test('is walked when asked for: by then a token may have expired', async () => {
    let now = NOW;
    const event = await eventOf(`Bearer ${GOOD}`, undefined, verifierWith({ clock: () => now }));
    expect(event.explain().valid).toBe(true);
    now += 3600;
    expect(event.explain()).toMatchObject({ valid: false, code: 'ERR_JWT_EXPIRED' });
  });
});

describe('listening', () => {
  test('on the channel tells the same event as onEvent', async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown) => void heard.push(message);
    subscribe('barejose:bearer', listen);
    const event = await eventOf(`Bearer ${GOOD}`);
    await authenticate(verifierWith(), undefined);
    unsubscribe('barejose:bearer', listen);
    await authenticate(verifierWith(), undefined);
    expect(heard).toEqual([event, expect.objectContaining({ status: 401 })]);
    expect(heard[0]).toBe(event);
  });

  test('costs nothing where nobody does: no event is made, so no clock is read', async () => {
    const now = vi.spyOn(Date, 'now');
    for (const authorization of [`Bearer ${GOOD}`, `Bearer ${BAD.expired}`, 'Bearer', undefined]) {
      await authenticate(verifierWith(), authorization);
    }
    expect(now).not.toHaveBeenCalled();
  });

  test('by a function that throws changes no verdict; what it throws surfaces', async () => {
    const tasks: (() => void)[] = [];
    vi.stubGlobal('queueMicrotask', (task: () => void) => void tasks.push(task));
    const onEvent = () => {
      throw new Error('the listener’s own');
    };
    expect(await authenticate(verifierWith(), `Bearer ${GOOD}`, { onEvent })).toMatchObject({ ok: true });
    expect(await authenticate(verifierWith(), 'Bearer', { onEvent })).toMatchObject({ status: 400 });
    expect(tasks.length).toBe(2);
    for (const task of tasks) expect(task).toThrow('the listener’s own');
  });
});
