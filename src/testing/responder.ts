// The answers of a test issuer's URLs: its documents, or what an outage makes of them. No connection is opened, and a
// request that hangs does so until the test lets it go.

import { exportJwk, jwksEndpoint } from '../index.ts';
import type { TestKeys } from './keys.ts';
import { readMembers, type TestSettings } from './options.ts';
import type { FailOptions, Outage, TestIssuer } from './testing.ts';

/** An outage, and what it befalls. */
interface Failing {
  readonly outage: Outage;
  readonly document: FailOptions['document'];
  readonly retryAfter: FailOptions['retryAfter'];
}

export class Responder {
  readonly jwksUri: string;
  readonly requests: { readonly url: string; readonly at: number }[] = [];
  /** The function for clients; it needs no `this`. */
  readonly respond: TestIssuer['fetch'];
  readonly #keys: TestKeys;
  readonly #issuer: string;
  /** The issuer without a slash at its end. */
  readonly #base: string;
  readonly #endpoint: (request: Request) => Promise<Response>;
  #failing: Failing | undefined;
  /** Lets go of the requests that hang. */
  #release: (() => void)[] = [];

  constructor({ issuer, algorithm, maxAge, metadata }: TestSettings, keys: TestKeys, clock: () => number) {
    this.#keys = keys;
    this.#issuer = issuer;
    this.#base = issuer.replace(/\/$/, '');
    this.jwksUri = `${this.#base}/.well-known/jwks.json`;
    const published = () => ({ jwks: keys.jwks, changesAt: undefined, maxAge, algorithms: [algorithm] });
    const members = {
      authorization_endpoint: `${this.#base}/authorize`,
      token_endpoint: `${this.#base}/token`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      ...metadata,
    };
    const source = { issuer, policy: { jwksMaxAge: maxAge }, published };
    this.#endpoint = jwksEndpoint(source, { openid: members, oauth: members });
    this.respond = async (input, init) => {
      const request = new Request(input, init);
      this.requests.push({ url: request.url, at: clock() });
      request.signal.throwIfAborted();
      if (new URL(request.url).origin !== new URL(issuer).origin) throw networkError('ENOTFOUND');
      return this.#answer(request);
    };
  }

  fail(outage: Outage, options: FailOptions | undefined): void {
    if (!OUTAGES.includes(String(outage)) && !isFailingStatus(outage))
      throw new TypeError(`outage must be one of ${OUTAGES.join(', ')}, or a status from 400 to 599`);
    const { document, retryAfter } = readMembers<FailOptions>(options, FAIL_RULES, 'options');
    this.#failing = { outage, document: outage === 'other-issuer' ? 'metadata' : document, retryAfter };
  }

  recover(): void {
    this.#failing = undefined;
    for (const release of this.#release.splice(0)) release();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const moved = this.#movedDocument(pathname);
    if (moved) return moved;
    const document = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/.test(pathname)
      ? 'metadata'
      : 'keys';
    const failing = this.#failing;
    if (!failing || (failing.document ?? document) !== document) return this.#endpoint(request);
    if (failing.outage === 'hanging') return this.#hang(request);
    if (failing.outage === 'redirect') return this.#redirect(request, document);
    return brokenAnswer(failing, this.jwksUri);
  }

  async #hang(request: Request): Promise<Response> {
    await new Promise<void>((resolve, reject) => {
      this.#release.push(resolve);
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    });
    return this.#answer(request);
  }

  /** Goes on as the request wants: `fetch` follows redirects unless it is told not to. */
  #redirect({ redirect }: Request, document: 'keys' | 'metadata'): Promise<Response> {
    const location = `${this.#base}/moved/${document}`;
    if (redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    if (redirect === 'manual') return Promise.resolve(new Response(null, { status: 302, headers: { location } }));
    return this.#answer(new Request(location));
  }

  /** The documents of an attacker, to which the redirect leads. */
  #movedDocument(pathname: string): Response | undefined {
    if (pathname.endsWith('/moved/keys'))
      return Response.json({ keys: [exportJwk(this.#keys.stranger.key.publicKey())] });
    if (!pathname.endsWith('/moved/metadata')) return undefined;
    return Response.json({ issuer: this.#issuer, jwks_uri: `${this.#base}/moved/keys` });
  }
}

const OUTAGES: readonly string[] = ['down', 'hanging', 'not-json', 'too-large', 'redirect', 'other-issuer'];

const FAIL_RULES = {
  document: [(value: unknown) => value === 'keys' || value === 'metadata', "'keys' or 'metadata'"],
  retryAfter: [(value: unknown) => Number.isInteger(value) && Number(value) >= 0, 'a whole number of seconds'],
} as const;

function isFailingStatus(outage: unknown): boolean {
  return Number.isInteger(outage) && Number(outage) >= 400 && Number(outage) <= 599;
}

/** More than the 256 KiB that a verifier reads by default. */
const TOO_LARGE = 300_000;

/** The answer of a server that is broken, or the rejection where there is none. */
function brokenAnswer({ outage, retryAfter }: Failing, jwksUri: string): Response {
  if (outage === 'not-json')
    return new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } });
  if (outage === 'too-large') return new Response(`{"keys":[${' '.repeat(TOO_LARGE)}]}`);
  if (outage === 'other-issuer') return Response.json({ issuer: 'https://other-issuer.example', jwks_uri: jwksUri });
  if (typeof outage !== 'number') throw networkError('ECONNREFUSED');
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return new Response(null, { status: outage, headers });
}

/** The error with which `fetch` rejects without an answer. */
function networkError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}
