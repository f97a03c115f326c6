// Ten issuers and a hundred verifiers in simulated time: rings in stores, processes that restart, routes that are cut, clocks that
// differ. All chance comes from one seed.
import {
  createIssuer,
  createVerifier,
  generateKey,
  isJoseError,
  jwksEndpoint,
  memoryStore,
  remoteJwks,
  thumbprint,
} from '../dist/index.js';

export const AUDIENCE = 'api';
const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** The largest difference between two clocks, which the policy and the verifiers allow for. */
export const SKEW = MINUTE;
export const LIFETIME = HOUR;
/** For every ring: its verifiers go on with a set for 10 min and 1 h, as remoteJwks does. */
const POLICY = { maxTokenLifetime: LIFETIME, verifierTtl: '2h', publishLead: '4h', rotation: '1d', clockSkew: SKEW };

/** Seconds that only `pass` moves. */
export class Time {
  now = 1_800_000_000;
  async pass(seconds) {
    this.now += seconds;
    await settled();
  }
}

/** When all that can happen without time passing has happened. */
async function settled() {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock of one party, ahead or behind by at most half of the skew. */
function clockOf(time, chance) {
  const clock = () => time.now + clock.offset;
  clock.set = () => {
    clock.offset = (chance.next() - 0.5) * SKEW;
  };
  clock.set();
  return clock;
}

/** A way that can be cut, and was when last. */
class Way {
  #time;
  #cutUntil = Number.NEGATIVE_INFINITY;
  constructor(time) {
    this.#time = time;
  }
  cutFor(seconds) {
    this.#cutUntil = Math.max(this.#cutUntil, this.#time.now + seconds);
  }
  get isCut() {
    return this.#time.now < this.#cutUntil;
  }
  wasCutWithin(seconds) {
    return this.#time.now < this.#cutUntil + seconds;
  }
}

/** A ring in a store, two processes that sign and publish by it, and what is known of its keys. */
export class IssuerSite {
  #time;
  #chance;
  #store = memoryStore();
  #algorithms;
  name;
  url;
  /** From the processes to the store. */
  toStore;
  /** From verifiers to the endpoint. */
  toEndpoint;
  processes = [];
  /** kid → the instant until which verifiers may accept a revoked key. */
  revoked = new Map();
  /** kid → private Key: what a thief has. */
  keys = new Map();

  constructor(number, { time, chance }) {
    this.#time = time;
    this.#chance = chance;
    this.name = `https://issuer-${number}.example`;
    this.url = `${this.name}/.well-known/jwks.json`;
    this.#algorithms = chance.pick([['ES256'], ['EdDSA'], ['ES256', 'EdDSA']]);
    this.toStore = new Way(time);
    this.toEndpoint = new Way(time);
  }

  async start() {
    for (const i of [0, 1]) await this.restart(i);
  }

  /** Begins a process anew, by what is in the store. */
  async restart(i) {
    const clock = this.processes[i]?.clock ?? clockOf(this.#time, this.#chance);
    const store = {
      load: () => this.#reach(() => this.#store.load()),
      save: (records, version) => this.#reach(() => this.#store.save(records, version)),
    };
    const generate = async (alg) => {
      const key = await generateKey(alg);
      this.keys.set(key.kid ?? thumbprint(key), key);
      return key;
    };
    const settings = { issuer: this.name, policy: POLICY, algorithms: this.#algorithms };
    const issuer = await createIssuer({ ...settings, store, clock, generate });
    this.processes[i] = { clock, issuer, endpoint: jwksEndpoint(issuer) };
  }

  #reach(action) {
    if (this.toStore.isCut) throw new Error('ECONNREFUSED');
    return action();
  }

  /** As `fetch` of a verifier's. */
  fetch = async (url, init) => {
    if (this.toEndpoint.isCut) throw new Error('ECONNREFUSED');
    return this.#chance.pick(this.processes).endpoint(new Request(url, { headers: init.headers }));
  };
}

/** A service with tokens of three issuers, and its clock. It can start anew, with or without a snapshot of its keys. */
export class VerifierSite {
  #chance;
  #hasCache;
  #sets = new Map();
  #verifier;
  #time;
  /** site → the kids that its endpoint told this service last, and when. */
  #told = new Map();
  clock;
  sites;

  constructor(sites, { time, chance }) {
    this.#time = time;
    this.#chance = chance;
    this.sites = sites;
    this.clock = clockOf(time, chance);
    this.#hasCache = chance.next() < 0.5;
    this.start(false);
  }

  start(withSnapshots) {
    const old = this.#sets;
    if (!withSnapshots) this.#told.clear();
    this.#sets = new Map(
      this.sites.map((site) => {
        const snapshot = withSnapshots ? old.get(site)?.snapshot() : undefined;
        const fetch = (url, init) => this.#hear(site, url, init);
        const { next: random } = this.#chance;
        const kept = snapshot && { snapshot: JSON.parse(JSON.stringify(snapshot)) };
        return [site, remoteJwks(site.url, { fetch, random, clock: this.clock, ...kept })];
      }),
    );
    this.#verifier = createVerifier({
      issuers: this.sites.map((site) => ({
        issuer: site.name,
        audience: AUDIENCE,
        clockSkew: SKEW,
        keys: this.#sets.get(site),
      })),
      clock: this.clock,
      ...(this.#hasCache && { cache: { max: 100 } }),
      pool: 'never', // simulated time does not wait for a thread
    });
  }

  async #hear(site, url, init) {
    const response = await site.fetch(url, init);
    const { now } = this.#time;
    if (response.status === 304) this.#told.get(site).at = now;
    if (response.ok) {
      const { keys } = await response.clone().json();
      this.#told.set(site, { at: now, kids: keys.map(({ kid }) => kid) });
    }
    return response;
  }

  /** Whether it must have a key: known ones verify for `staleFor`, an hour, after they were fresh. */
  hasKey(site, kid) {
    const { at, kids } = this.#told.get(site) ?? { kids: [] };
    return kids.includes(kid) && this.#time.now < at + HOUR - SKEW;
  }

  /** The verdict on a token: 'ok', or the code of the refusal. */
  async verify(token) {
    try {
      await this.#verifier.verify(token);
      return 'ok';
    } catch (error) {
      if (!isJoseError(error)) throw error;
      return error.code;
    }
  }
}
