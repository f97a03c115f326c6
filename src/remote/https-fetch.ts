// A function for the option `fetch` over node:https, for a certificate authority of one's own.
import type { IncomingMessage } from 'node:http';
import { ownMembers } from '../json.ts';
import {
  argumentError,
  checkArgumentCount,
  isFunction,
  isOctets,
  isString,
  type OptionRules,
  readOptions,
} from '../options.ts';

type Certificates = string | Uint8Array;

export interface HttpsFetchOptions {
  /**
   * The certificates of the authorities that are trusted, and of no others: PEM, or a function that returns it, also as a
   * promise. The function is called for each request, so that a file that rotates is read anew.
   */
  readonly ca: Certificates | (() => Certificates | Promise<Certificates>);
}

const HTTPS_FETCH_OPTIONS: OptionRules<HttpsFetchOptions> = {
  ca: [
    (value) => isFunction(value) || isPem(value),
    "certificates in PEM, such as those of '/etc/ssl/own-ca.crt', or a function that returns them",
  ],
};

/** node:tls trusts the authorities of the platform where `ca` is empty, so it may not be. */
function isPem(value: unknown): value is Certificates {
  return (isString(value) || isOctets(value)) && value.length > 0;
}

/**
 * Makes a function for the option `fetch` of `remoteJwks`, `discoverJwks` and the others, which trusts an authority of
 * your own, such as that of a Kubernetes cluster. Each request has a connection of its own, on which the server's
 * certificate is verified, even where NODE_TLS_REJECT_UNAUTHORIZED is 0. It sends GET over https only, and follows no
 * redirect.
 *
 * @throws TypeError naming the option
 */
export function httpsFetch(options: HttpsFetchOptions): typeof globalThis.fetch {
  checkArgumentCount(arguments.length, httpsFetch);
  const { ca } = readOptions<HttpsFetchOptions>(options, HTTPS_FETCH_OPTIONS, { needed: ['ca'] });
  const own = isOctets(ca) ? Uint8Array.from(ca) : ca;
  return async (url, init = {}) => {
    const certificates = typeof own === 'function' ? await own() : own;
    if (!isPem(certificates)) throw argumentError('the result of options.ca', 'certificates in PEM', certificates);
    const message = await sendGet(new URL(String(url)), { ca: certificates, init });
    try {
      return responseOf(message);
    } catch (error) {
      message.destroy();
      throw error;
    }
  };
}

/** The authorities that a request trusts, and its init. */
interface GetOptions {
  readonly ca: Certificates;
  readonly init: RequestInit;
}

function sendGet(url: URL, { ca, init }: GetOptions): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, signal } = init;
  if (method !== 'GET') throw new TypeError('init.method must be GET: httpsFetch is for the option fetch only');
  const sent = { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(headers)) };
  const connection = { ca: isString(ca) ? ca : Buffer.from(ca), rejectUnauthorized: true, agent: false }; // no agent: each request connects anew
  const request = ownMembers({ method, headers: sent, ...(signal && { signal }), ...connection });
  return new Promise((resolve, reject) => {
    // Loaded when it is first needed: at import, it would take longer than the whole library.
    const https = process.getBuiltinModule('node:https');
    https.request(url, request).on('response', resolve).on('error', reject).end();
  });
}

/** Statuses whose responses have no body, as Response asks. */
const EMPTY_STATUSES: readonly (number | undefined)[] = [204, 205, 304];

function responseOf(message: IncomingMessage): Response {
  const { statusCode } = message;
  const isEmpty = EMPTY_STATUSES.includes(statusCode);
  if (isEmpty) message.resume();
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) if (isString(value)) headers.append(name, value);
  return new Response(isEmpty ? null : bodyOf(message), ownMembers({ status: Number(statusCode), headers }));
}

/** The body, read from the connection as far as the reader asks; cancelling it closes the connection. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = message[Symbol.asyncIterator]();
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void message.destroy(),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
