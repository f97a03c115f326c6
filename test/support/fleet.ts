// Issuers that share a store, the caches before their endpoints, and verifiers of three kinds; each with a clock of its own.
import { jwksEndpoint } from '../../src/http/jwks-endpoint.ts';
import {
  createIssuer,
  createSeal,
  createVerifier,
  type Issuer,
  importJwks,
  JoseError,
  type KeySet,
  type RemoteJwksOptions,
  type RingEvent,
  type RingPolicyOptions,
  remoteJwks,
  verifyJwt,
} from '../../src/index.ts';
import { outsideSigner, type PoolAlgorithm, poolKey } from './key-pool.ts';
import type { Link, SimulatedStore } from './simulated-store.ts';
import type { SimulatedTime } from './simulated-time.ts';

export const ISSUER = 'https://issuer.example';
const AUDIENCE = 'api';
const JWKS_URL = `${ISSUER}/.well-known/jwks.json`;
/** Whoever asks for keys waits no longer. */
const STORE_TIMEOUT = 5;
const SEALING = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const;

/** What a verifier said of a token: `ok`, or the code of its error. */
export type Verdict = 'ok' | string;

export interface Clocked {
  readonly name: string;
  /** How far its clock is ahead. */
  offset: number;
}

/** What all of them have to do with. */
export interface Scene {
  readonly time: SimulatedTime;
  readonly store: SimulatedStore;
  /** Told of every answer that is on its way out of an endpoint. */
  readonly onAnswer: (instance: Instance, answer: EndpointAnswer) => void;
  readonly onEvent: (event: RingEvent) => void;
  /** The number of the next key of all that are made. */
  nextKey: () => number;
}

/** An answer, and since when it was waited for. */
export interface EndpointAnswer {
  readonly asked: number;
  readonly isShaky: boolean;
  readonly status: number;
  readonly maxAge: number;
  readonly etag: string;
  readonly kids: readonly string[];
  readonly text: string;
}

export interface Settings {
  readonly policy: RingPolicyOptions | undefined;
  /** Which of the sealing keys seals, if any. */
  readonly seal: 0 | 1 | undefined;
  readonly algorithms: readonly PoolAlgorithm[] | undefined;
}

/** One process with an issuer, its endpoint, and a verifier by the same keys. It can die and be started again. */
export class Instance implements Clocked {
  readonly name: string;
  offset: number;
  readonly link: Link = {
    before: 0,
    after: 0,
    isDown: false,
    faults: [],
    underway: 0,
    saving: 0,
    failedAt: Number.NEGATIVE_INFINITY,
    troubledAt: Number.NEGATIVE_INFINITY,
    isInDoubt: false,
    answeredAt: Number.NEGATIVE_INFINITY,
  };
  readonly #scene: Scene;
  #life = 0;
  issuer: Issuer | undefined;
  #endpoint: ((request: Request) => Promise<Response>) | undefined;
  #verify: ((token: string) => Promise<unknown>) | undefined;

  constructor(scene: Scene, name: string, offset: number) {
    this.#scene = scene;
    this.name = name;
    this.offset = offset;
  }

  get now(): number {
    return this.#scene.time.now + this.offset;
  }

  /** Changes when it dies: what it was about to do comes to nothing then, though its timers fire here. */
  get life(): number {
    return this.#life;
  }

  /** Dies at once, with all that it was about to do. */
  stop(): void {
    this.#life++;
    this.link.underway = 0;
    this.link.isInDoubt = false;
    this.issuer = undefined;
    this.#endpoint = undefined;
    this.#verify = undefined;
  }

  async start({ policy, seal, algorithms }: Settings): Promise<Issuer> {
    this.stop();
    const life = this.#life;
    const isAlive = () => this.#life === life;
    const clock = () => this.now;
    const issuer = await createIssuer({
      issuer: ISSUER,
      store: this.#scene.store.connect(this.link, isAlive),
      clock,
      onEvent: this.#scene.onEvent,
      generate: (alg) => poolKey(alg === 'ES256' ? alg : 'EdDSA', this.#scene.nextKey()),
      signerFor: ({ kid }) => outsideSigner(kid),
      policy,
      algorithms,
      seal: seal === undefined ? undefined : createSeal([SEALING[seal], ...SEALING]),
    });
    this.#endpoint = jwksEndpoint(issuer);
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: issuer,
      clock,
      cache: { max: 50 },
      pool: 'never',
    });
    this.#verify = (token) => verifier.verify(token);
    this.issuer = issuer;
    return issuer;
  }

  /** Whether something is wrong with its way to the store, or was since. */
  isShakySince(since: number): boolean {
    return this.link.underway > 0 || this.link.failedAt >= since;
  }

  /** Whether its store has answered at once since then, as far as it was asked. */
  isWellSince(since: number): boolean {
    return this.link.underway === 0 && this.link.troubledAt < since;
  }

  async verify(token: string): Promise<Verdict> {
    if (!this.#verify) return 'ERR_JWKS_UNAVAILABLE';
    return verdictOf(this.#verify(token));
  }

  /** What its endpoint answers. */
  async answer(): Promise<EndpointAnswer> {
    const asked = this.#scene.time.now;
    if (!this.#endpoint || !this.issuer) throw new Error('ECONNREFUSED');
    const { underway } = this.link;
    const { life } = this;
    const response = await this.#endpoint(new Request(JWKS_URL));
    const text = await response.text();
    if (this.life !== life) throw new Error('ECONNRESET');
    const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1] ?? 0);
    const kids = response.status === 200 ? Array.from(text.matchAll(/"kid":"([^"]+)"/g), ([, kid = '']) => kid) : [];
    const isShaky = underway > 0 || this.isShakySince(asked);
    const etag = response.headers.get('etag') ?? '';
    const answer = { asked, isShaky, status: response.status, maxAge, etag, kids, text };
    this.#scene.onAnswer(this, answer);
    return answer;
  }
}

type Kept = Pick<EndpointAnswer, 'asked' | 'maxAge' | 'etag' | 'text'>;

/** The way from verifiers to an instance, with a cache on it that keeps answers for as long as it may (RFC 9111). */
export class Route {
  readonly #scene: Scene;
  readonly #keeps: boolean;
  to: Instance;
  /** Seconds there, and back. */
  delay = 0;
  isCut = false;
  failedAt: number = Number.NEGATIVE_INFINITY;
  #kept: Kept | undefined;

  constructor(scene: Scene, to: Instance, keeps: boolean) {
    this.#scene = scene;
    this.to = to;
    this.#keeps = keeps;
  }

  /** As `fetch`: the set as it is published, or was. */
  async get(headers?: Headers): Promise<Response> {
    const { time } = this.#scene;
    const kept = this.#kept;
    if (kept && time.now < kept.asked + kept.maxAge) return respond(kept, time.now - kept.asked, headers);
    try {
      const fetched = await time.within(STORE_TIMEOUT, this.#fetch());
      if (this.#keeps) this.#kept = fetched;
      return respond(fetched, 0, headers);
    } catch (error) {
      this.failedAt = time.now;
      throw error;
    }
  }

  async #fetch(): Promise<Kept> {
    const { time } = this.#scene;
    const asked = time.now;
    await time.sleep(this.delay);
    if (this.isCut) throw new Error('ENETUNREACH');
    const { status, maxAge, etag, text } = await this.to.answer();
    if (status !== 200) throw new Error(`status ${status}`);
    await time.sleep(this.delay);
    return { asked, maxAge, etag, text };
  }
}

function respond({ maxAge, etag, text }: Kept, age: number, headers?: Headers): Response {
  const told = { etag, age: String(Math.floor(age)), 'cache-control': `public, max-age=${maxAge}` };
  if (headers?.get('if-none-match') === etag) return new Response(null, { status: 304, headers: told });
  return new Response(text, { headers: told });
}

/** One who has the tokens to judge. */
export interface Judge extends Clocked {
  /** Over which it gets its keys; undefined for one in the process of an instance. */
  readonly route: Route;
  /** Whether its own clock tells it how old its keys are. */
  readonly goesByOwnClock: boolean;
  verify(token: string): Promise<Verdict>;
}

/** Ours, over a key set at a URL. */
export function remoteJudge(scene: Scene, route: Route, remote: RemoteJwksOptions, offset: number): Judge {
  const clock = () => scene.time.now + judge.offset;
  const keys = remoteJwks(JWKS_URL, {
    timeout: 60, // of real time: the simulated one runs out on the way
    ...remote,
    clock,
    random: () => 0.5,
    fetch: (_, init) => route.get(new Headers(init?.headers)),
  });
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys,
    clock,
    cache: { max: 50 },
    pool: 'never',
  });
  const judge: Judge = {
    name: 'remote',
    offset,
    route,
    goesByOwnClock: true,
    verify: (token) => verdictOf(verifier.verify(token)),
  };
  return judge;
}

/**
 * Someone else's: goes on with a set for as long as it likes, and does not ask for a kid that it lacks. The worst for which
 * the policy's numbers make a promise.
 */
export function crudeJudge(scene: Scene, route: Route, ttl: number, offset: number): Judge {
  let held: { readonly asked: number; readonly set: Promise<KeySet> } | undefined;
  const fetchSet = async (): Promise<KeySet> => importJwks(await (await route.get()).text());
  const judge: Judge = {
    name: 'crude',
    offset,
    route,
    goesByOwnClock: false,
    verify: async (token) => {
      const { now } = scene.time;
      if (!held || now >= held.asked + ttl) {
        const asking = { asked: now, set: fetchSet() };
        held = asking;
        asking.set.catch(() => {
          if (held === asking) held = undefined;
        });
      }
      const set = await held.set.catch(() => undefined);
      if (!set) return 'ERR_JWKS_UNAVAILABLE';
      const expected = { issuer: ISSUER, audience: AUDIENCE, now: scene.time.now + judge.offset };
      return verdictOf((async () => verifyJwt(token, set, expected))());
    },
  };
  return judge;
}

async function verdictOf(verifying: Promise<unknown>): Promise<Verdict> {
  try {
    await verifying;
    return 'ok';
  } catch (error) {
    return codeOf(error);
  }
}

/** The code of an error of ours. What is none is told as it is. */
export function codeOf(error: unknown): string {
  return error instanceof JoseError ? error.code : `${error}`;
}
