// Issuers for tests: over stores that count, and that fail, dawdle or lie when they are told to, on a clock that only tests move.
import { afterAll, beforeAll, expect } from 'vitest';
import type { JoseError, JoseErrorCode } from '../../src/index.ts';
import type { RingEvent } from '../../src/issuer/events.ts';
import { createIssuer, type Issuer } from '../../src/issuer/issuer.ts';
import type { IssueOptions, IssuerOptions } from '../../src/issuer/options.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { RingStore, StoredRing } from '../../src/store/store.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { NAME, T } from './rings.ts';

export { NAME, T };

export const HOUR = 3_600;
export const DAY: number = 24 * HOUR;
/** The policy's defaults for tokens of an hour, as the README tells them. */
export const LEAD: number = DAY;
export const ROTATION: number = 90 * DAY;
export const SYNC_LAG = 1_800;
export const SKEW = 60;
export const RETENTION: number = HOUR + SYNC_LAG + 2 * SKEW;

/** What a token is signed with, mostly. */
export const API: IssueOptions = { audience: 'https://api.example', expiresIn: '1h' };

/** A store in memory that counts, and whose two verbs can be had to do anything else, or to do it later. */
export interface TestStore extends RingStore {
  loads: number;
  saves: number;
  onLoad: (load: () => Promise<StoredRing>) => unknown;
  onSave: (save: () => Promise<boolean>) => unknown;
  /** What is in it, whatever `onLoad` says. */
  stored(): Promise<StoredRing>;
  /** Puts this there in place of what is in it. */
  put(stored: unknown): void;
}

export function testStore(kept: RingStore = memoryStore()): TestStore {
  let replaced: StoredRing | undefined;
  const now = async () => replaced ?? kept.load();
  const store: TestStore = {
    loads: 0,
    saves: 0,
    onLoad: (load) => load(),
    onSave: (save) => save(),
    stored: now,
    put: (stored) => {
      replaced = stored as StoredRing;
    },
    load: async () => {
      store.loads++;
      return (await store.onLoad(now)) as StoredRing;
    },
    save: async (records, version) => {
      store.saves++;
      return (await store.onSave(async () => kept.save(records, version))) as boolean;
    },
  };
  return store;
}

/** The store cannot be reached: what a client throws then. */
export function down(): never {
  throw Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' });
}

/** An issuer, the store that it is over, its clock, and what it told. */
export interface World {
  readonly issuer: Issuer;
  readonly store: TestStore;
  readonly events: RingEvent[];
  /** The instant. */
  now: number;
}

/** @param settings `store`, too, for a second instance over the store of the first */
export async function world(settings: Partial<IssuerOptions> & { readonly store?: TestStore } = {}): Promise<World> {
  const store = settings.store ?? testStore();
  const events: RingEvent[] = [];
  const state = { store, events, now: T };
  const issuer = await createIssuer({
    issuer: NAME,
    policy: { maxTokenLifetime: '1h' },
    clock: () => state.now,
    onEvent: (event) => events.push(event),
    ...settings,
    store,
  });
  return Object.assign(state, { issuer });
}

/** A second instance over the same store, on the clock of the first. */
export async function another(first: World, settings: Partial<IssuerOptions> = {}): Promise<World> {
  const second = await world({ clock: () => first.now, ...settings, store: first.store });
  return Object.defineProperty(second, 'now', { get: () => first.now });
}

/** The type of each event, in order. */
export function types({ events }: World): string[] {
  return events.map(({ type }) => type);
}

/** The kid that a token names. */
export function kidOf(token: string): unknown {
  return headerOf(token).kid;
}

export function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Expects that a promise rejects with this code, silent about the secrets; returns the error. */
export async function expectRefused(
  promise: Promise<unknown>,
  code: JoseErrorCode,
  ...secrets: readonly unknown[]
): Promise<JoseError> {
  const error = await caught(promise);
  return expectCode(
    () => {
      throw error;
    },
    code,
    ...secrets,
  );
}

/** Expects that a promise rejects with a TypeError that says this. */
export async function expectMistake(promise: Promise<unknown>, message: string | RegExp): Promise<void> {
  const error = await caught(promise);
  expectTypeError(() => {
    throw error;
  }, message);
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, but there was none');
}

/** Whatever waits on settled promises has run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Something that a test lets happen when it wants to. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** In a file that calls this, no promise is rejected without anyone there to hear it. */
export function hearsEveryRejection(): void {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  beforeAll(() => {
    process.on('unhandledRejection', hear);
  });
  afterAll(async () => {
    await settled();
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
}
