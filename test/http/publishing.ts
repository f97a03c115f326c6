// Issuers that publish: one on a clock that stands, over a store that can fail, and one that publishes whatever it is told.
import { vi } from 'vitest';
import { createIssuer, Issuer } from '../../src/issuer/issuer.ts';
import type { IssuerOptions } from '../../src/issuer/options.ts';
import type { PublishedJwks } from '../../src/issuer/view.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { NOW } from '../support/doors.ts';

export const NAME = 'https://issuer.example';
export const JWKS_PATH = '/.well-known/jwks.json';

export interface Publisher {
  readonly issuer: Issuer;
  /** The instant. */
  now: number;
  /** What a reading of the store ends with. */
  failure: unknown;
}

export async function publisher(settings: Partial<IssuerOptions> = {}): Promise<Publisher> {
  const store = settings.store ?? memoryStore();
  const state = { now: NOW, failure: undefined as unknown };
  const load = async () => {
    if (state.failure !== undefined) throw state.failure;
    return store.load();
  };
  const issuer = await createIssuer({
    issuer: NAME,
    policy: { maxTokenLifetime: '1h' },
    clock: () => state.now,
    ...settings,
    store: { load, save: (records, version) => store.save(records, version) },
  });
  return Object.assign(state, { issuer });
}

/** Has every issuer publish this until mocks are restored: what none of them would, or at an instant that is hard to hit. */
export function publish(what: Partial<PublishedJwks> | (() => PublishedJwks | Promise<PublishedJwks>)): void {
  const some = { jwks: { keys: [] }, changesAt: undefined, maxAge: 600, algorithms: ['ES256' as const] };
  const published = typeof what === 'function' ? what : () => ({ ...some, ...what });
  vi.spyOn(Issuer.prototype, 'published').mockImplementation(published);
}

/** Asks a handler; of the answer what a client can see, in the order in which a handler gives it. */
export async function ask(
  handler: (request: Request) => Response | Promise<Response>,
  path: string = JWKS_PATH,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }> {
  const response = await handler(new Request(`${NAME}${path}`, init));
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
