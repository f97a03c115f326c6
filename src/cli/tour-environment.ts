// Sets up the tour: an issuer with a ring in a folder, its endpoint, and a service that trusts it, on loopback.
// All share one clock, which the tour advances.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  bearer,
  createIssuer,
  createSeal,
  createVerifier,
  fileStore,
  generateKey,
  type Issuer,
  type Key,
  type RemoteJwks,
  remoteJwks,
  toNodeListener,
  type Verifier,
} from '../index.ts';
import { MAX_INPUT_OCTETS, readUpTo } from './input.ts';
import { REMOTE_OPTIONS } from './key-set.ts';
import type { TokenTemplate } from './tour-bad-tokens.ts';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'orders';
/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600;

/** Returns the fetch-style handler that publishes an issuer's keys. */
export type PublishKeys = (issuer: Issuer) => (request: Request) => Promise<Response>;

export interface TourEnvironment {
  readonly issuer: Issuer;
  /** The ring's first keys, with which the tour makes bad tokens. */
  readonly template: TokenTemplate;
  readonly service: Service;
  /** The URL of the key set. */
  readonly url: string;
  /** Counts the requests for the key set. */
  readonly requestCount: () => number;
  readonly clock: TourClock;
  readonly close: () => Promise<void>;
}

/** The service's response to a request with a token. */
export interface ServiceResponse {
  readonly status: number;
  /** The claims, if the status is 200. */
  readonly body: string;
}

/** A service that answers a valid token with its claims. */
export interface Service {
  readonly verifier: Verifier;
  readonly remote: RemoteJwks;
  readonly sendToken: (token: string) => Promise<ServiceResponse>;
}

export class TourClock {
  #now = START;
  readonly read = (): number => this.#now;

  advance(seconds: number): void {
    this.#now += seconds;
  }
}

/** @param folder of the ring */
export async function startEnvironment(folder: string, publish: PublishKeys): Promise<TourEnvironment> {
  const clock = new TourClock();
  const keys = await generateFirstKeys();
  const issuer = await openIssuer(folder, keys, clock);
  const endpoint = await listenOnLoopback(toNodeListener(publish(issuer)));
  const url = `${endpoint.url}/.well-known/jwks.json`;
  const { close: closeService, ...service } = await openService(url, clock);
  const close = async () => {
    endpoint.close();
    closeService();
    await issuer.close();
  };
  const template = { keys, claims: { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', scope: 'orders:read' }, now: START };
  return { issuer, template, service, url, requestCount: endpoint.requestCount, clock, close };
}

async function generateFirstKeys(): Promise<TokenTemplate['keys']> {
  return Promise.all([
    generateKey('RS256', { kid: 'rsa-1' }),
    generateKey('ES256', { kid: 'ec-1' }),
    generateKey('EdDSA', { kid: 'ed-1' }),
  ]);
}

const KID_PREFIXES = { RS256: 'rsa', ES256: 'ec', EdDSA: 'ed' };

/** Numbers the kids, which are easier to follow than thumbprints. */
function openIssuer(folder: string, keys: TokenTemplate['keys'], clock: TourClock): Promise<Issuer> {
  const made = new Map<string, number>();
  const generate = (alg: Key['alg']) => {
    const number = (made.get(alg) ?? 1) + 1;
    made.set(alg, number);
    return generateKey(alg, { kid: `${Object(KID_PREFIXES)[alg]}-${number}` });
  };
  return createIssuer({
    issuer: ISSUER,
    store: fileStore(folder),
    policy: { maxTokenLifetime: '1h' },
    seal: createSeal(crypto.getRandomValues(new Uint8Array(32))),
    firstKeys: keys,
    generate,
    clock: clock.read,
  });
}

async function openService(url: string, { read: clock }: TourClock): Promise<Service & { readonly close: () => void }> {
  const remote = remoteJwks(url, { ...REMOTE_OPTIONS, clock, random: () => 0.5 });
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: remote, clock });
  const guard = bearer(verifier, { scope: 'orders:read' });
  const { url: address, close } = await listenOnLoopback((request, response) =>
    guard(request, response, () => response.end(JSON.stringify(Object(request).auth.claims))),
  );
  return { verifier, remote, sendToken: (token) => sendToken(address, token), close };
}

async function sendToken(url: string, token: string): Promise<ServiceResponse> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    http().get(url, { headers }, resolve).on('error', reject);
  });
  const body = await readUpTo(response, MAX_INPUT_OCTETS);
  return { status: Number(response.statusCode), body: Buffer.from(body).toString() };
}

/** Loaded when the tour begins: at import, it would take most of the time of every other command. */
const http = () => process.getBuiltinModule('node:http');

interface LoopbackServer {
  readonly url: string;
  readonly requestCount: () => number;
  readonly close: () => void;
}

/** Starts an HTTP server on a free port of 127.0.0.1. */
async function listenOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
  let requestCount = 0;
  const server = http().createServer((request, response) => {
    requestCount++;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, requestCount: () => requestCount, close };
}
