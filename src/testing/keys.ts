// The keys of a test issuer: the one that signs, those that are published, and all that ever signed.

import { exportJwk, type Jwk } from '../index.ts';
import { makeTestKey, type TestKey } from './key-pairs.ts';
import { isText, readMembers } from './options.ts';
import type { TestAlgorithm } from './testing.ts';

export class TestKeys {
  readonly #alg: TestAlgorithm;
  readonly #all = new Map<string, TestKey>();
  readonly #published = new Map<string, TestKey>();
  #strangers: readonly TestKey[] = [];
  #made = 0;
  newest: TestKey;
  /** The published set: the same object until it changes. */
  jwks: { readonly keys: readonly Jwk[] } = { keys: [] };

  constructor(alg: TestAlgorithm) {
    this.#alg = alg;
    this.newest = this.#publish(this.#nextKid());
  }

  /** A key of an attacker under the kid of the newest key. */
  get stranger(): TestKey {
    const { kid } = this.newest;
    const known = this.#strangers.find((stranger) => stranger.kid === kid);
    if (known) return known;
    const made = makeTestKey(this.#alg, kid);
    this.#strangers = [...this.#strangers, made];
    return made;
  }

  /** @throws TypeError for a kid that no key has or had */
  byKid(kid: string): TestKey {
    const key = this.#all.get(kid);
    if (key) return key;
    throw new TypeError(`options.kid must be the kid of a key of this issuer: ${[...this.#all.keys()].join(', ')}`);
  }

  rotate(options: { readonly kid?: string | undefined } | undefined): string {
    const { kid = this.#nextKid() } = readMembers<{ kid?: string | undefined }>(options, { kid: A_KID }, 'options');
    this.newest = this.#publish(kid);
    return kid;
  }

  revoke(kid: string = this.newest.kid): void {
    if (!this.#published.has(kid))
      throw new TypeError(`kid must be the kid of a published key: ${[...this.#published.keys()].join(', ')}`);
    if (kid === this.newest.kid) this.newest = this.#publish(this.#nextKid());
    this.#published.delete(kid);
    this.#update();
  }

  #nextKid(): string {
    this.#made += 1;
    const kid = `key-${this.#made}`;
    return this.#all.has(kid) ? this.#nextKid() : kid;
  }

  #publish(kid: string): TestKey {
    const key = makeTestKey(this.#alg, kid);
    this.#all.set(kid, key);
    this.#published.set(kid, key);
    this.#update();
    return key;
  }

  #update(): void {
    this.jwks = {
      keys: [...this.#published.values()].map(({ key }) => ({ ...exportJwk(key.publicKey()), use: 'sig' })),
    };
  }
}

const A_KID: readonly [(value: unknown) => boolean, string] = [isText, "a string such as 'key-2'"];
