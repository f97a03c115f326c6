// What the types refuse about an issuer, its stores and its endpoint. Every marked line must be an error, and no other line may be one.

import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import {
  createIssuer,
  createSeal,
  createVerifier,
  type ExternalKey,
  fileStore,
  type Issuer,
  type IssuerOptions,
  jwksEndpoint,
  memoryStore,
  type PostgresClient,
  type PublishedJwks,
  postgresStore,
  type RedisClient,
  type Revocation,
  type RingAlgorithm,
  type RingChange,
  type RingEvent,
  type RingStatus,
  type RingStore,
  redisStore,
  type Seal,
  type Simulation,
  simulate,
  type TimelineRow,
  toNodeListener,
} from '../../src/index.ts';
import { key, keys, token } from './given.ts';

declare const issuer: Issuer;
declare const external: ExternalKey;
const name = 'https://issuer.example';
const audience = 'https://api.example';
const store = memoryStore();
const policy = { maxTokenLifetime: '1h' } as const;
const bytes = new Uint8Array(32);

// ── an issuer ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const enough: Promise<Issuer> = createIssuer({ issuer: name, store, policy });
export const existing: Promise<Issuer> = createIssuer({ issuer: name, store });
export const all: Promise<Issuer> = createIssuer({
  issuer: name,
  store: fileStore('ring'),
  policy: { ...policy, publishLead: '2d', rotation: 7_776_000, retention: '2d', jwksMaxAge: '5m' },
  algorithms: ['ES256', 'EdDSA'],
  seal: createSeal([bytes, 'text']),
  firstKeys: [key, external],
  generate: async () => external,
  signerFor: ({ kid, reference }) => (reference === kid ? async (octets) => octets : undefined),
  clock: () => 0,
  onEvent: ({ type, ring, kid }: RingEvent) => console.log(type, ring, kid),
});
export const written: IssuerOptions = { issuer: name, store, seal: undefined };

createIssuer(); // must not compile: nothing is said
createIssuer({ store, policy }); // must not compile: whose?
createIssuer({ issuer: name, policy }); // must not compile: where is the ring kept?
createIssuer({ issuer: undefined, store, policy }); // must not compile: undefined is no name
createIssuer({ issuer: name, store: new Map(), policy }); // must not compile: a Map is not a store
createIssuer({ issuer: name, store: Promise.resolve(store), policy }); // must not compile: nor is a promise of one
createIssuer({ issuer: name, store, policy: {} }); // must not compile: how long may a token live?
createIssuer({ issuer: name, store, policy: { maxTokenLifetime: '1 hour' } }); // must not compile: not a Duration
createIssuer({ issuer: name, store, policy: { ...policy, publishlead: '1d' } }); // must not compile: unknown name in the policy
createIssuer({ issuer: name, store, policy, algorithms: ['none'] }); // must not compile: none is not an algorithm
createIssuer({ issuer: name, store, policy, algorithms: ['HS256'] }); // must not compile: a secret cannot be published
createIssuer({ issuer: name, store, policy, algorithms: 'ES256' }); // must not compile: a list is wanted
createIssuer({ issuer: name, store, policy, algorithm: ['ES256'] }); // must not compile: unknown option name
createIssuer({ issuer: name, store, policy, firstKeys: key }); // must not compile: a list is wanted
createIssuer({ issuer: name, store, policy, firstKeys: [{ kty: 'EC' }] }); // must not compile: a JWK is not a key
createIssuer({ issuer: name, store, policy, firstKeys: keys }); // must not compile: a KeySet is for verifying
createIssuer({ issuer: name, store, policy, seal: bytes }); // must not compile: createSeal makes one of it
createIssuer({ issuer: name, store, policy, generate: () => 'pem' }); // must not compile: text is not a key
createIssuer({ issuer: name, store, policy, clock: () => new Date() }); // must not compile: seconds
createIssuer({ issuer: name, store, policy, onEvent: (event: string) => event }); // must not compile: an event is an object
createIssuer({ issuer: name, store, policy, now: 0 }); // must not compile: the clock tells the instant
export const tooEarly: Issuer = createIssuer({ issuer: name, store, policy }); // must not compile: it is still to come
export const literal: Issuer = { issuer: name, policy: issuer.policy, sign: issuer.sign }; // must not compile: a look-alike

// ── what it signs ───────────────────────────────────────────────────────────────────────────────────────────────────

export const signed: Promise<string> = issuer.sign({ sub: 'someone' }, { audience, expiresIn: '15m' });
issuer.sign(
  {},
  { audience: [audience, name], expiresIn: 60, alg: 'EdDSA', notBefore: 5, typ: 'at+jwt', header: { x: 1 } },
);
issuer.sign({}, { audience: null, expiresIn: 60 });
issuer.sign({ aud: audience }, { expiresIn: 60 });
issuer.sign({ aud: [audience, name], sub: 'someone' }, { audience: undefined, expiresIn: 60 });
issuer.sign({ aud: audience }, { audience, expiresIn: 60 });

issuer.sign({ sub: 'someone' }); // must not compile: for whom, and until when?
issuer.sign({ sub: 'someone' }, {}); // must not compile: for whom, and until when?
issuer.sign({ aud: undefined }, { expiresIn: '15m' }); // must not compile: for whom?
issuer.sign({ aud: 7 }, { expiresIn: '15m' }); // must not compile: an audience is text
issuer.sign({ aud: audience }, {}); // must not compile: until when?
issuer.sign({}, { expiresIn: '15m' }); // must not compile: for whom? null in writing
issuer.sign({}, { audience: undefined, expiresIn: '15m' }); // must not compile: undefined is not a waiver
issuer.sign({}, { audience }); // must not compile: when does it expire?
issuer.sign({}, { audience, expiresIn: null }); // must not compile: an issuer's tokens all end
issuer.sign({}, { audience, expiresIn: undefined }); // must not compile: undefined is no lifetime
issuer.sign({}, { audience, expiresIn: '15 min' }); // must not compile: not a Duration
issuer.sign({}, { audience, expiresIn: '15m', alg: 'none' }); // must not compile: none is not an algorithm
issuer.sign({}, { audience, expiresIn: '15m', alg: 'HS512' }); // must not compile: a ring has no secrets
issuer.sign({}, { audience, expiresIn: '15m', issuer: name }); // must not compile: the issuer's name is its own
issuer.sign({}, { audience, expiresIn: '15m', kid: 'a' }); // must not compile: the ring says which key signs
issuer.sign({}, { audience, expiresIn: '15m', now: 0 }); // must not compile: the clock tells the instant
issuer.sign('payload', { audience, expiresIn: '15m' }); // must not compile: claims are an object
export const promised: string = issuer.sign({}, { audience, expiresIn: '15m' }); // must not compile: it is still to come

// ── what is done to its ring ────────────────────────────────────────────────────────────────────────────────────────

export const rotated: Promise<readonly RingChange[]> = issuer.rotate();
export const promoted: Promise<RingChange> = issuer.promote('kid', { force: true });
export const revoked: Promise<Revocation> = issuer.revoke('kid', 'it was copied');
export const localSigners: Promise<RingChange>[] = [issuer.import(key), issuer.import(external)];
export const migrated: Promise<RingChange> = issuer.migrate('EdDSA', { from: 'ES256' });
export const status: Promise<RingStatus> = issuer.status();
export const timeline: Promise<readonly TimelineRow[]> = issuer.timeline(0, new Date(0));
export const done: Promise<void>[] = [issuer.refresh(), issuer.close()];
export const published: PublishedJwks | Promise<PublishedJwks> = issuer.published();
issuer.rotate({ alg: 'ES256', from: 'kid' });

issuer.rotate('kid'); // must not compile: options are an object
issuer.rotate({ kid: 'kid' }); // must not compile: unknown option name
issuer.rotate({ alg: 'none' }); // must not compile: none is not an algorithm
issuer.rotate({ alg: 'HS256' }); // must not compile: a ring has no secrets
issuer.promote(); // must not compile: which key?
issuer.promote('kid', true); // must not compile: force must be named
issuer.promote('kid', { forced: true }); // must not compile: unknown option name
issuer.revoke('kid'); // must not compile: and why?
issuer.revoke({ kid: 'kid' }, 'it was copied'); // must not compile: a kid is a string
issuer.import({ kty: 'EC' }); // must not compile: a JWK is not a key
issuer.import({ publicJwk: { kty: 'EC' } }); // must not compile: what signs for it?
issuer.import({ publicJwk: { kty: 'EC' }, sign: () => 'text' }); // must not compile: a signature is bytes
issuer.migrate(); // must not compile: to what?
issuer.migrate('none'); // must not compile: none is not an algorithm
issuer.migrate('HS256'); // must not compile: a secret cannot be published
issuer.migrate('EdDSA', 'ES256'); // must not compile: options are an object
issuer.timeline('2024-01-01', '2024-02-01'); // must not compile: a number or a Date
issuer.issuer = 'https://other.example'; // must not compile: readonly
issuer.policy.publishLead = 0; // must not compile: readonly
export const privateParts: unknown = issuer.keysWithPrivateParts; // must not compile: there is no such thing

export async function later(): Promise<void> {
  const { keys: set } = await issuer.jwks();
  set.push({ kty: 'EC' }); // must not compile: readonly
  const { next }: { readonly next?: string } = await issuer.revoke('kid', 'it was copied');
  const kid: string = (await issuer.revoke('kid', 'it was copied')).next; // must not compile: another key may have signed
  const alg: RingAlgorithm | undefined = (await issuer.rotate())[0]?.alg;
  console.log(next, kid, alg);
}

// ── who takes it for keys ───────────────────────────────────────────────────────────────────────────────────────────

createVerifier({ issuer: name, audience, keys: issuer });
createVerifier({ issuers: [{ issuer: name, audience, keys: issuer }] });
createVerifier({ issuer, audience }); // must not compile: a name is expected
createVerifier({ issuer: name, audience, keys: createIssuer({ issuer: name, store }) }); // must not compile: it is still to come

// ── the endpoint ────────────────────────────────────────────────────────────────────────────────────────────────────

const endpoint: (request: Request) => Promise<Response> = jwksEndpoint(issuer);
jwksEndpoint(keys, {
  maxAge: '10m',
  path: '/jwks',
  issuer: name,
  openid: {},
  oauth: { scopes_supported: ['a'] },
  origin: name,
});
createServer(toNodeListener(endpoint));
createServer(toNodeListener(() => new Response('any'), { origin: name }));

jwksEndpoint(); // must not compile: of whom?
jwksEndpoint(key); // must not compile: a key is not a set
jwksEndpoint({ keys: [] }); // must not compile: a JWK Set is not a KeySet
jwksEndpoint(enough); // must not compile: it is still to come
jwksEndpoint(issuer, { maxAge: '10 minutes' }); // must not compile: not a Duration
jwksEndpoint(issuer, { cors: true }); // must not compile: unknown option name
jwksEndpoint(issuer, { openid: true }); // must not compile: its members; {} is enough
toNodeListener(issuer); // must not compile: jwksEndpoint makes a handler of it
createServer(endpoint); // must not compile: node:http speaks no fetch

// ── the stores, and the seal ────────────────────────────────────────────────────────────────────────────────────────

export const pool: PostgresClient = new pg.Pool();
export const single: PostgresClient = new pg.Client();
export const ioredis: RedisClient = new Redis();
export const redis: RedisClient = createClient();
export const stores: RingStore[] = [
  postgresStore(pool, { ring: name }),
  redisStore(redis, { ring: name, prefix: 'x:' }),
];
export const own: RingStore = { load: async () => ({ records: undefined, version: 0 }), save: async () => true };
export const vault: Seal = { seal: async (text, { ring, kid }) => `${ring}${kid}${text}`, unseal: (sealed) => sealed };

fileStore(); // must not compile: where?
postgresStore(pool); // must not compile: which ring?
postgresStore(new Redis(), { ring: name }); // must not compile: another kind of client
postgresStore('postgres://localhost', { ring: name }); // must not compile: the client is the caller's
postgresStore(pool, { ring: name, schema: 'x' }); // must not compile: unknown option name
redisStore(redis, {}); // must not compile: which ring?
redisStore(new pg.Pool(), { ring: name }); // must not compile: another kind of client
redisStore('redis://localhost', { ring: name }); // must not compile: the client is the caller's
memoryStore('ring'); // must not compile: it has no name
createSeal(); // must not compile: under what key?
createSeal(5); // must not compile: 32 octets, or their text
export const half: RingStore = { load: async () => ({ records: undefined, version: 0 }) }; // must not compile: nothing can be saved
export const always: RingStore = { ...own, save: async () => undefined }; // must not compile: whether it was saved must be said
export const oneWay: Seal = { seal: (text) => text }; // must not compile: nothing could be unsealed

// ── the simulation ──────────────────────────────────────────────────────────────────────────────────────────────────

export const simulated: Simulation = simulate(policy, { staleFor: '1d' });
simulate(); // must not compile: what policy?
simulate({}); // must not compile: how long may a token live?
simulate(policy, { ttl: 5 }); // must not compile: unknown option name
simulate(token); // must not compile: a policy is an object
