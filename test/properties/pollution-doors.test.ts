// A polluted Object.prototype changes nothing of what issuers, stores, endpoints, guards and remote sets do: no line of src/
// looks up more than own members and those of a class. pollution.test.ts does this for the synchronous core.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { explainToken } from '../../src/explain/verifier.ts';
import {
  authenticate,
  bearer,
  bearerFastify,
  bearerFetch,
  bearerHono,
  bearerKoa,
  createIssuer,
  createSeal,
  createVerifier,
  discover,
  discoverJwks,
  exportJwk,
  fetchJwks,
  fileStore,
  type Issuer,
  type IssuerOptions,
  importJwks,
  JoseError,
  jwksEndpoint,
  memoryStore,
  moveRing,
  postgresStore,
  type RingStore,
  redisStore,
  remoteJwks,
  signJwt,
  simulate,
  toNodeListener,
  type Verifier,
} from '../../src/index.ts';
import { outsideSigner, poolKey } from '../support/key-pool.ts';
import { keyPairs } from '../support/keys.ts';
import { inheritedReads, namesInSource, whilePollutedAsync } from '../support/pollution.ts';

const NAME = 'https://issuer.example';
const T = 1_800_000_000;
const JWKS_PATH = '/.well-known/jwks.json';
const API = { audience: 'api', expiresIn: '10m' } as const;
const POLICY = { maxTokenLifetime: '1h' } as const;

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'barejose-polluted-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** A value without what it inherits, to be compared when nothing is polluted any more. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

// What a call does, in plain values. Keys are from a pool and EdDSA is deterministic, so each run is the same.
type Door = () => Promise<unknown>;

/** Own members only, for a test is polluted as well. */
function own<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value);
}

interface World {
  now: number;
  readonly issuer: Issuer;
  readonly store: RingStore;
  readonly events: unknown[];
}

async function world(settings: Partial<IssuerOptions> = {}): Promise<World> {
  const { store = memoryStore() } = own(settings);
  const events: unknown[] = [];
  let made = 0;
  const state = { now: T, store, events };
  const issuer = await createIssuer({
    issuer: NAME,
    policy: POLICY,
    algorithms: ['EdDSA'],
    generate: () => poolKey('EdDSA', made++),
    clock: () => state.now,
    onEvent: (event) => events.push({ ...event }),
    ...settings,
    store,
  });
  return Object.assign(state, { issuer });
}

/** What a promise comes to, good or bad. */
async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof JoseError) return { ...error, message: error.message };
    return { thrown: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

async function each(...runs: readonly (() => unknown)[]): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (const run of runs) outcomes.push(await outcome(run));
  return outcomes;
}

async function lifeOf(own: World): Promise<unknown> {
  const { issuer, store, events } = own;
  const pending = async () => (await issuer.status()).keys.find(({ state }) => state === 'pending')?.kid ?? 'none';
  const life = await each(
    () => issuer.sign({ sub: 'user' }, API),
    () => issuer.sign({ sub: 'user' }, { ...API, audience: null, alg: 'ES256' }),
    () => issuer.jwks(),
    () => issuer.published(),
    () => issuer.keys().then((set) => set.toJSON()),
    () => issuer.rotate(),
    () => issuer.rotate({ from: 'nobody' }),
    () => issuer.import(poolKey('EdDSA', 900)),
    () => issuer.import({ publicJwk: exportJwk(poolKey('EdDSA', 901)), sign: outsideSigner('EdDSA-901') }),
    async () => issuer.promote(await pending()),
    async () => issuer.promote(await pending(), { force: true }),
    async () => {
      own.now += 86_400;
      return issuer.rotate();
    },
    async () => issuer.revoke(await pending(), 'lost'),
    () => issuer.migrate('EdDSA'),
    () => issuer.status(),
    () => issuer.timeline(T, T + 200 * 86_400),
    async () => {
      own.now += 100 * 86_400;
      await issuer.refresh();
      return issuer.sign({}, API);
    },
    () => issuer.close(),
    () => store.load(),
  );
  return [life, events];
}

/** A seal seals otherwise each time. */
function withoutSealed(life: unknown): unknown {
  // The hashes of records with a sealed part in them are others in each life, too.
  const text = JSON.stringify(life).replace(/A256GCM\.[\w.-]+/g, 'sealed');
  return JSON.parse(text.replace(/history\\":\[[^\]]*\]/g, 'history\\":[]'));
}

const seal = () => createSeal(new Uint8Array(32).fill(7));

const SET = importJwks({ keys: [exportJwk(keyPairs.ES256.publicKey), exportJwk(keyPairs.EdDSA.publicKey)] });
const down: RingStore = {
  load: () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' })),
  save: () => Promise.reject(new Error('down')),
};

/** Opens well, and has its store fail for longer than it may go by what it knows. */
async function lost(load: RingStore['load'] = down.load): Promise<Issuer> {
  const own = memoryStore();
  let isDown = false;
  const store: RingStore = {
    load: () => (isDown ? load() : own.load()),
    save: (records, version) => own.save(records, version),
  };
  const state = await world({ store });
  isDown = true;
  state.now += 7200;
  return state.issuer;
}

const ENDPOINT = { openid: { token_endpoint: `${NAME}/token` }, oauth: {}, issuer: NAME } as const;
const METADATA_PATH = '/.well-known/openid-configuration';
const requests: readonly (readonly [method: string, path: string, etag?: string])[] = [
  ['GET', JWKS_PATH],
  ['HEAD', JWKS_PATH],
  ['GET', JWKS_PATH, '*'],
  ['POST', JWKS_PATH],
  ['GET', '/nope'],
  ['GET', METADATA_PATH],
  ['HEAD', METADATA_PATH],
];
const asRequest = ([method, path, etag]: (typeof requests)[number]) =>
  new Request(`${NAME}${path}`, { method, headers: etag === undefined ? {} : { 'if-none-match': etag } });

/** What a listener tells a response to do. */
class FakeResponse {
  readonly told: unknown[] = [];
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  setHeader(name: string, value: string): void {
    this.told.push([name, value]);
  }
  appendHeader(name: string, value: string): void {
    this.setHeader(name, value);
  }
  writeHead(status: number, headers: object): void {
    this.told.push([status, Object.entries(headers)]);
  }
  write(chunk: Uint8Array | string): boolean {
    this.told.push(Buffer.from(chunk).toString('latin1'));
    return true;
  }
  end(chunk?: Uint8Array | string): void {
    if (chunk !== undefined) this.write(chunk);
    this.told.push('end');
  }
  destroy(): void {
    this.told.push('destroyed');
  }
  on(): void {}
}

class FakeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: object = {};
  readonly rawHeaders: readonly string[];
  readonly socket: object = {};
  readonly readableEnded: boolean = true;
  constructor([method, url, etag]: (typeof requests)[number], headers: readonly string[] = []) {
    this.method = method;
    this.url = url;
    this.rawHeaders = ['Host', 'issuer.example', ...(etag === undefined ? [] : ['If-None-Match', etag]), ...headers];
  }
  on(): void {}
  pause(): void {}
  resume(): void {}
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined;
}

async function listened(listener: ReturnType<typeof toNodeListener>): Promise<unknown> {
  const told: unknown[] = [];
  for (const request of requests) {
    const response = new FakeResponse();
    listener(new FakeRequest(request), response);
    await turns();
    told.push(response.told);
  }
  return told;
}

/** Everything of an answer that can be had without waiting for a stream. */
function seen(response: Response): unknown {
  return [response.status, response.statusText, [...response.headers], response.body !== null];
}

async function answered(handler: (request: Request) => Promise<Response>): Promise<unknown> {
  return each(...sent.map((request) => async () => seen(await handler(request))));
}
const sent = requests.map(asRequest);

/** A response whose every member is its own. */
function documentAnswer(body: string): () => Promise<Response> {
  return async () => {
    const chunks = [Buffer.from(body)];
    const reader = {
      read: async () => (chunks.length > 0 ? { done: false, value: chunks.shift() } : { done: true, value: undefined }),
      cancel: async () => undefined,
    };
    const response: unknown = Object.assign(Object.create(null), {
      status: 200,
      redirected: false,
      headers: new Headers(),
      body: { getReader: () => reader, cancel: async () => undefined },
    });
    return response as Response;
  };
}
const jwksAnswer = documentAnswer(JSON.stringify(SET));
const metadataAnswer = documentAnswer(JSON.stringify({ issuer: NAME, jwks_uri: `${NAME}/keys` }));
const discoverable = (async (url: string) => (url.endsWith('/keys') ? jwksAnswer() : metadataAnswer())) as typeof fetch;
const REMOTE = { clock: () => T, random: () => 1 } as const;

const claims = { iss: NAME, aud: 'api', sub: 'user', scope: 'read' };
const signed = (extra: object = {}) =>
  signJwt({ ...claims, ...extra }, keyPairs.EdDSA.privateKey, { expiresIn: '5m', now: T });
const [GOOD, FOREIGN] = [signed(), signed({ iss: 'https://other.example' })];
const EXPIRED = signJwt(claims, keyPairs.EdDSA.privateKey, { expiresIn: '5m', now: T - 3600 });
const UNKNOWN = signJwt(claims, poolKey('EdDSA', 950), { expiresIn: '5m', now: T });
const EXPECTED = { issuer: NAME, audience: 'api', clock: () => T } as const;
/** Of a verifier: what waits for the thread pool waits for more than settled promises. test/verifier/pool.test.ts has that. */
const ON_THREAD = { ...EXPECTED, pool: 'never' } as const;
const TOKENS = [GOOD, FOREIGN, EXPIRED, UNKNOWN, 'no.token', ''];

async function verdicts(verifier: Verifier): Promise<unknown> {
  return each(
    ...TOKENS.flatMap((token) => [
      async () => (await verifier.verify(token)).claims,
      async () => (await verifier.verify(token)).header,
      () => verifier.verifySync(token).claims,
      () => explainToken(verifier, token),
      () => explainToken(verifier, token, { values: true }),
    ]),
  );
}

const AUTHORIZATIONS = [undefined, `Bearer ${GOOD}`, `Bearer ${FOREIGN}`, 'Bearer', 'Basic eA=='];

async function guarded(verifier: Verifier): Promise<unknown> {
  const guard = bearer(verifier, { scope: 'read', onEvent: (event) => ({ ...event, explain: event.explain() }) });
  const told: unknown[] = [];
  for (const authorization of AUTHORIZATIONS) {
    const response = new FakeResponse();
    const request = { headers: authorization === undefined ? {} : { authorization } };
    let next: unknown = 'not called';
    guard(request, response, (error) => {
      next = ['called', error];
    });
    await turns();
    told.push([response.statusCode, response.told, next]);
  }
  return told;
}

/** Fastify's reply and Koa's context; what they are told goes to the response. */
class FakeContext extends FakeResponse {
  readonly raw: FakeResponse = this;
  readonly res: FakeResponse = this;
  readonly req: FakeRequest;
  readonly state: object = {};
  sent = false;
  body: unknown;
  status = 404;
  constructor(authorization: string | undefined) {
    super();
    const headers = authorization === undefined ? [] : ['Authorization', authorization];
    this.req = Object.assign(new FakeRequest(['GET', '/'], headers), {
      headers: authorization === undefined ? {} : { authorization },
    });
  }
  code(status: number): void {
    this.told.push(status);
  }
  headers(headers: object): void {
    this.told.push(Object.entries(headers));
  }
  set(headers: object): void {
    this.headers(headers);
  }
  remove(name: string): void {
    this.told.push(['removed', name]);
  }
  send(): void {
    this.told.push('sent');
  }
}

async function guardedByFastify(verifier: Verifier, authorization: string | undefined): Promise<unknown> {
  const context = new FakeContext(authorization);
  const request = { raw: context.req, headers: context.req.headers };
  let done: unknown = 'not called';
  bearerFastify(verifier)(request, context, (error) => {
    done = ['called', error];
  });
  await turns();
  return [context.told, done];
}

async function guardedByKoa(verifier: Verifier, authorization: string | undefined): Promise<unknown> {
  const context = new FakeContext(authorization);
  const done = await bearerKoa(verifier)(context, async () => 'called');
  return [context.told, context.status, context.body, Object.keys(context.state), done];
}

class FakeHono {
  readonly told: unknown[] = [];
  readonly req: { header(): string | undefined };
  constructor(authorization: string | undefined) {
    this.req = { header: () => authorization };
  }
  set(name: unknown): void {
    this.told.push(name);
  }
  body(_: null, status: number, headers: Record<string, string>): Response {
    return new Response(null, own({ status, headers }));
  }
}

async function guardedByHono(verifier: Verifier, authorization: string | undefined): Promise<unknown> {
  const context = new FakeHono(authorization);
  const response = await bearerHono(verifier)(context, async () => void context.told.push('called'));
  return [context.told, response && seen(response)];
}

/** Each guard with the arguments of another framework. */
async function misguided(verifier: Verifier): Promise<unknown> {
  const response = new FakeResponse();
  const [koa, hono] = [new FakeContext(undefined), new FakeHono(undefined)];
  const misuse: readonly ((...args: never[]) => unknown)[] = [
    bearer(verifier),
    bearerFastify(verifier),
    bearerKoa(verifier),
    bearerHono(verifier),
    bearerFetch(verifier, () => new Response()),
    jwksEndpoint(SET),
  ];
  const calls = misuse.flatMap((guard) =>
    [[{}], [koa.req, response], [koa, () => undefined], [hono, () => undefined]].map((args) => async () => {
      const result = await Reflect.apply(guard, undefined, args);
      return result instanceof Response ? seen(result) : typeof result;
    }),
  );
  return [await each(...calls), response.told, koa.told, hono.told];
}

async function authenticated(verifier: Verifier): Promise<unknown> {
  const events: unknown[] = [];
  const onEvent = ({ at: _, explain, ...event }: { at: number; explain: () => unknown }) =>
    events.push({ ...event, steps: explain() });
  const told = AUTHORIZATIONS.flatMap((authorization) =>
    ['read', 'write'].map((scope) => async () => {
      const { status, headers, ...verdict } = await authenticate(verifier, authorization, { scope, onEvent });
      return [status, headers, Object.keys(verdict)];
    }),
  );
  return [await each(...told), events];
}

const withToken = AUTHORIZATIONS.map(
  (authorization) => new Request(`${NAME}/`, { headers: authorization === undefined ? {} : { authorization } }),
);

function fakePostgres(): Parameters<typeof postgresStore>[0] {
  let row: object | undefined;
  return Object.assign(Object.create(null), {
    query: async (text: string, values: readonly string[]) => {
      if (text.startsWith('select version')) return { rows: row ? [row] : [] };
      row = { version: text.startsWith('insert') ? '1' : String(Number(values[2]) + 1), records: values[1] };
      return { rows: [{ saved: 1 }] };
    },
  });
}

function fakeRedis(): Parameters<typeof redisStore>[0] {
  let fields: unknown[] = [null, null];
  return Object.assign(Object.create(null), {
    call: async (command: string, ...args: readonly string[]) => {
      if (command === 'HMGET') return fields;
      fields = args.slice(-2);
      return 1;
    },
  });
}

const KMS = { alg: 'EdDSA', kid: 'EdDSA-970' } as const;

const doors: Readonly<Record<string, Door>> = {
  'an issuer': async () => lifeOf(await world()),
  'an issuer with a seal': async () => withoutSealed(await lifeOf(await world({ seal: seal() }))),
  'an issuer with first keys': async () =>
    lifeOf(await world({ firstKeys: [poolKey('EdDSA', 960), poolKey('EdDSA', 961)] })),
  'an issuer with a key outside': async () => {
    const publicJwk = exportJwk(poolKey('EdDSA', 970));
    const store = memoryStore();
    const first = await world({ store, firstKeys: [{ publicJwk, sign: outsideSigner(KMS.kid), reference: 'arn:1' }] });
    const references: unknown[] = [];
    const signerFor = (key: object) => {
      references.push(key);
      return outsideSigner(KMS.kid);
    };
    const second = await world({ store, signerFor });
    return [
      await each(
        () => first.issuer.sign({}, API),
        () => second.issuer.sign({}, API),
      ),
      references,
    ];
  },
  'an issuer over PostgreSQL': async () => lifeOf(await world({ store: postgresStore(fakePostgres(), { ring: 'r' }) })),
  'an issuer over Redis': async () => lifeOf(await world({ store: redisStore(fakeRedis(), { ring: 'r' }) })),
  'an issuer whose store is down': () => outcome(() => world({ store: down })),
  'an issuer without a policy': () => outcome(() => world({ policy: undefined })),
  'a policy that breaks verifiers': () => outcome(() => world({ policy: { ...POLICY, publishLead: 1 } })),
  'a move': async () => {
    const { store } = await world();
    const to = memoryStore();
    await moveRing(NAME, store, to);
    return to.load();
  },
  'an endpoint of a set': () => answered(jwksEndpoint(SET, ENDPOINT)),
  'an endpoint of an issuer': async () => answered(jwksEndpoint((await world()).issuer, { openid: {} })),
  'an endpoint of an issuer that is lost': async () => answered(jwksEndpoint(await lost())),
  'an endpoint whose store throws an error of ours': async () => {
    const refuse = () => Promise.reject(new JoseError('ERR_RING_UNAVAILABLE', 'down'));
    return answered(jwksEndpoint(await lost(refuse)));
  },
  'a listener of a set': () => listened(toNodeListener(jwksEndpoint(SET, ENDPOINT))),
  'a listener of an issuer': async () => listened(toNodeListener(jwksEndpoint((await world()).issuer))),
  'a listener of an issuer that is lost': async () => listened(toNodeListener(jwksEndpoint(await lost()))),
  'a verifier': () => verdicts(createVerifier({ ...ON_THREAD, keys: SET })),
  'a verifier with a cache': () => verdicts(createVerifier({ ...ON_THREAD, keys: SET, cache: { max: 10 } })),
  'a verifier of several issuers': () =>
    verdicts(
      createVerifier({
        issuers: [{ issuer: NAME, audience: 'api', keys: SET }],
        clock: () => T,
        pool: 'never',
      }),
    ),
  'a verifier of an issuer of ours': async () => {
    const { issuer } = await world();
    const verifier = createVerifier({ ...ON_THREAD, keys: issuer });
    const token = await issuer.sign({ sub: 'user' }, API);
    return [(await verifier.verify(token)).claims, verifier.verifySync(token).claims, await verdicts(verifier)];
  },
  'a verifier with a remote set': async () => {
    const keys = remoteJwks(`${NAME}/keys`, { ...REMOTE, fetch: jwksAnswer });
    const verifier = createVerifier({ ...ON_THREAD, keys });
    await verifier.warm();
    return [await verdicts(verifier), keys.status, keys.snapshot()];
  },
  'a verifier that discovers': async () =>
    verdicts(createVerifier({ ...ON_THREAD, remote: { fetch: discoverable, random: () => 1 } })),
  'a verifier with a schema': () => {
    const validate = (value: unknown) => ({ value });
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    return verdicts(createVerifier({ ...ON_THREAD, keys: SET, schema }) as Verifier);
  },
  'a remote set': async () => {
    const events: unknown[] = [];
    const keys = remoteJwks(`${NAME}/keys`, { ...REMOTE, fetch: jwksAnswer, onEvent: (event) => events.push(event) });
    const told = await each(
      () => keys.now(GOOD),
      async () => (await keys.for(GOOD)).toJSON(),
      async () => (await keys.for(UNKNOWN)).toJSON(),
      async () => (await keys.refresh()).toJSON(),
      () => keys.status,
      () => keys.snapshot(),
      () => remoteJwks(`${NAME}/keys`, { ...REMOTE, snapshot: JSON.stringify(keys.snapshot()) }).status,
    );
    return [told, events];
  },
  'a remote set that fails': async () => {
    const fetch = () => Promise.reject(new Error('no route'));
    const keys = remoteJwks(`${NAME}/keys`, { ...REMOTE, fetch });
    return each(
      () => keys.for(GOOD),
      () => keys.now(GOOD),
      () => keys.status,
    );
  },
  discovery: () =>
    each(
      () => discover(NAME, { fetch: discoverable }),
      async () => (await discoverJwks(NAME, { ...REMOTE, fetch: discoverable }).for(GOOD)).toJSON(),
      () => fetchJwks(`${NAME}/keys`, { fetch: jwksAnswer }),
    ),
  authentication: () => authenticated(createVerifier({ ...ON_THREAD, keys: SET })),
  'authentication by keys that are unavailable': () => {
    const refuse = () => Promise.reject(new JoseError('ERR_JWKS_UNAVAILABLE', 'down'));
    return authenticated(createVerifier({ ...ON_THREAD, keys: { current: undefined, keys: refuse } }));
  },
  'a guard': () => guarded(createVerifier({ ...ON_THREAD, keys: SET })),
  'the guards of frameworks': () => {
    const verifier = createVerifier({ ...ON_THREAD, keys: SET });
    const guards = [guardedByFastify, guardedByKoa, guardedByHono];
    return each(...AUTHORIZATIONS.flatMap((sent) => guards.map((guard) => () => guard(verifier, sent))));
  },
  'guards called as in another framework': () => misguided(createVerifier({ ...ON_THREAD, keys: SET })),
  'a fetch guard': () => {
    const handler = bearerFetch(
      createVerifier({ ...ON_THREAD, keys: SET }),
      () => new Response(null, { status: 204, statusText: '', headers: {} }),
    );
    return each(...withToken.map((request) => async () => seen(await handler(request))));
  },
  'a simulation': async () => simulate(POLICY, { minFresh: '1m' }),
};

/** These wait for the file system or for a connection, so that the values below cannot be tried on them. */
const slowDoors: Readonly<Record<string, Door>> = {
  'an issuer over files': async () => lifeOf(await world({ store: fileStore(join(folder, 'ring')) })),
  'a server of a set': () => served(toNodeListener(jwksEndpoint(SET, ENDPOINT))),
  'a server of a handler': () => served(toNodeListener(async (request) => new Response(await request.text()))),
  'a server of a handler that fails': () =>
    served(toNodeListener(() => Promise.reject(new Error('failed')), { onError: () => {} })),
};

async function served(listener: ReturnType<typeof toNodeListener>): Promise<unknown> {
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await each(
      ...requests.map(
        ([method, path]) =>
          () =>
            exchange(port, `${method} ${path} HTTP/1.1`),
      ),
    );
  } finally {
    server.close();
  }
}

async function exchange(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write([line, 'Host: issuer.example', 'Content-Length: 2', 'Connection: close', '', 'hi'].join('\r\n'));
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  return text.replace(/^Date: .*\r\n/m, '');
}

const NAMES = namesInSource();
const INHERITED_ON_PURPOSE: readonly string[] = [
  // writeJsonObject refuses what has a toJSON, even an inherited one: JSON.stringify would call it.
  'toJSON',
];

test('no line of src/ looks anything up on Object.prototype', async () => {
  const reads = await inheritedReads(NAMES, async () => {
    for (const run of Object.values({ ...doors, ...slowDoors })) await outcome(run);
  });
  expect(reads).not.toEqual([]); // node itself does
  const ours = reads.filter(({ name, place }) => /\/src\//.test(place) && !INHERITED_ON_PURPOSE.includes(name));
  expect(ours.map(({ name, place }) => `${name} ${place}`)).toEqual([]);
});

// What is asked by `in`, or by node of an object that is handed to it, shows only by what comes of it.
const VALUES: readonly unknown[] = ['HS256\r\nSet-Cookie: a=b', 1, true, { kty: 'oct', alg: 'none' }];
const clean = await outcomes();

async function outcomes(): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = Object.create(null);
  for (const [name, run] of Object.entries(doors)) told[name] = await outcome(run);
  return told;
}

/** Names with which node's own calls fail or change, whatever src/ hands to them; and the test runner's. */
const OF_NODE: ReadonlySet<string> = new Set([
  // node:crypto reads these of a KeyObject, as if that were a bag of options; pollution.test.ts shows that a bad token stays bad.
  ...['padding', 'saltLength', 'dsaEncoding', 'context', 'format', 'type', 'encoding', 'passphrase'],
  // undici reads these of its own records of a Response without a body, and of its own converters.
  ...['body', 'cancel', 'required'],
  // The traps of the test runner's proxies.
  ...Object.getOwnPropertyNames(Reflect),
]);
const SWEPT = NAMES.filter((name) => !OF_NODE.has(name) && !INHERITED_ON_PURPOSE.includes(name));

async function changedBy(pollution: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const polluted = await whilePollutedAsync(pollution, outcomes);
  return Object.keys(doors).filter((name) => !isDeepStrictEqual(plain(polluted[name]), plain(clean[name])));
}

test.each(VALUES)('every name at once with the value %j changes no outcome', async (value) => {
  expect(await changedBy(Object.fromEntries(SWEPT.map((name) => [name, value])))).toEqual([]);
});

test('nor do some names, each with a value of its own', async () => {
  const pollution = fc.dictionary(fc.constantFrom(...SWEPT), fc.constantFrom(...VALUES), { minKeys: 2, maxKeys: 400 });
  await fc.assert(
    fc.asyncProperty(pollution, async (names) => {
      expect(await changedBy({ ...names })).toEqual([]);
    }),
    { numRuns: 6, seed: 20260401 },
  );
});
