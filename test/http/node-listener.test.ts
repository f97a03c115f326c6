import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  connect as connect2,
  createSecureServer,
  createServer as createServer2,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { jwksEndpoint } from '../../src/http/jwks-endpoint.ts';
import { type NodeListenerOptions, toNodeListener } from '../../src/http/node-listener.ts';
import { bearerFetch, exportJwk, importJwks, JoseError } from '../../src/index.ts';
import { createAuthority } from '../support/authority.ts';
import { keyPairs } from '../support/keys.ts';
import { ask as askFetch, JWKS_PATH, publish, publisher } from './publishing.ts';
import { closeServers, requestText, serveRaw } from './raw.ts';
import { GOOD, verifierWith } from './verifiers.ts';

const leftOpen: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  closeServers();
  for (const close of leftOpen.splice(0)) close();
});

const SET = importJwks({ keys: [exportJwk(keyPairs.ES256.publicKey)] });
const endpoint = jwksEndpoint(SET, { issuer: 'https://issuer.example', openid: {} });
const listener = toNodeListener(endpoint);
const BODY = JSON.stringify(SET);
type Handler = (request: Request) => Response | Promise<Response>;
const serving = (handler: Handler, options?: NodeListenerOptions) => serveRaw(toNodeListener(handler, options));

describe('the key set', () => {
  test.each([
    ['GET', JWKS_PATH, {}],
    ['HEAD', JWKS_PATH, {}],
    ['POST', JWKS_PATH, {}],
    ['GET', `${JWKS_PATH}?x=/`, {}],
    ['GET', JWKS_PATH, { 'if-none-match': '*' }],
    ['HEAD', JWKS_PATH, { 'if-none-match': '"a", *, "b"' }],
    ['GET', '/.well-known/openid-configuration', {}],
    ['GET', '/elsewhere', {}],
    ['OPTIONS', '/elsewhere', {}],
  ])('%s %s %j: what the handler says to fetch, octet by octet', async (method, path, headers) => {
    const server = await serveRaw(listener);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    expect(await server.ask(`${method} ${path}`, ...lines)).toEqual(
      await askFetch(endpoint, path, { method, headers }),
    );
  });

  test('If-None-Match in several lines, in any case', async () => {
    const server = await serveRaw(listener);
    const { headers } = await server.ask(`GET ${JWKS_PATH}`);
    const lines = ['if-NONE-match: "a"', 'X-Other-Thing: "b"', `If-None-Match: W/${headers.etag}`];
    expect((await server.ask(`GET ${JWKS_PATH}`, ...lines)).status).toBe(304);
  });

  test('on one connection every answer is where its request is', async () => {
    const server = await serveRaw(listener);
    const { headers } = await server.ask(`GET ${JWKS_PATH}`);
    const requests = [
      requestText(`HEAD ${JWKS_PATH}`),
      requestText(`GET ${JWKS_PATH}`),
      requestText(`GET ${JWKS_PATH}`, `If-None-Match: ${headers.etag}`),
      requestText(`HEAD ${JWKS_PATH}`, 'If-None-Match: *'),
      `${requestText(`POST ${JWKS_PATH}`, 'Content-Length: 7')}GET / H`,
      requestText('HEAD /elsewhere'),
      requestText(`DELETE ${JWKS_PATH}`),
      `${requestText(`GET ${JWKS_PATH}`, 'Content-Length: 3')}abc`,
      requestText('GET /elsewhere'),
    ];
    const answers = await server.pipeline(...requests);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, ''],
      [200, BODY],
      [304, ''],
      [304, ''],
      [405, ''],
      [404, ''],
      [405, ''],
      [200, BODY],
      [404, ''],
    ]);
  });

  test('a target that is a whole URL', async () => {
    const server = await serveRaw(listener);
    expect((await server.ask(`GET http://other.example${JWKS_PATH}?x`)).body).toBe(BODY);
    expect((await server.ask('OPTIONS *')).status).toBe(404);
  });

  test('HTTP/1.0', async () => {
    const server = await serveRaw(listener);
    expect(await server.exchange(`GET ${JWKS_PATH} HTTP/1.0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n{"keys"/,
    );
  });

  test('a set that is late', async () => {
    const { issuer } = await publisher();
    const jwks = await issuer.jwks();
    const server = await serveRaw(toNodeListener(jwksEndpoint(issuer)));
    publish(async () => ({ jwks, changesAt: undefined, maxAge: 1, algorithms: [] }));
    expect((await server.ask(`GET ${JWKS_PATH}`)).body).toBe(JSON.stringify(jwks));
    publish(() => Promise.reject(new JoseError('ERR_RING_UNAVAILABLE', 'no store')));
    expect((await server.ask(`GET ${JWKS_PATH}`)).status).toBe(503);
    publish({});
    expect((await server.ask(`GET ${JWKS_PATH}`)).status).toBe(500);
  });

  test('somebody else has answered meanwhile', async () => {
    const { issuer } = await publisher();
    const jwks = await issuer.jwks();
    const late = toNodeListener(jwksEndpoint(issuer));
    publish(async () => ({ jwks, changesAt: undefined, maxAge: 1, algorithms: [] }));
    const server = await serveRaw((request, response) => {
      late(request, response);
      response.end('too slow');
    });
    expect((await server.ask(`GET ${JWKS_PATH}`)).body).toBe('too slow');
  });

  test('the client has gone meanwhile', async () => {
    const { issuer } = await publisher();
    const late = toNodeListener(jwksEndpoint(issuer));
    const jwks = await issuer.jwks();
    let release = () => {};
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    publish(() => waiting.then(() => ({ jwks, changesAt: undefined, maxAge: 1, algorithms: [] })));
    const server = await serveRaw(late);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(requestText(`GET ${JWKS_PATH}`));
    const [, response] = (await once(server.server, 'request')) as [IncomingMessage, ServerResponse];
    socket.destroy();
    await once(response, 'close');
    release();
    expect((await server.ask(`GET ${JWKS_PATH}`)).status).toBe(200);
  });

  test('what has no method or target is asked for with GET, at the root', async () => {
    const atRoot = toNodeListener(jwksEndpoint(SET, { path: '/' }));
    const server = await serveRaw((request, response) => {
      const { rawHeaders, socket, readableEnded } = request;
      const on = request.on.bind(request);
      atRoot({ rawHeaders, socket, readableEnded, on, pause: () => {}, resume: () => {} }, response);
    });
    expect((await server.ask('POST /elsewhere')).body).toBe(BODY);
  });
});

describe('next', () => {
  const chained = (handler: Handler, target?: { originalUrl: string }) => {
    const own = toNodeListener(handler);
    return serveRaw((request, response) => {
      const next = (error?: unknown) => response.end(error ? `next(${error})` : 'next()');
      own(Object.assign(request, target), response, next);
    });
  };

  test('has what the endpoint does not have, and nothing else', async () => {
    const server = await chained(endpoint);
    expect(await server.ask('GET /elsewhere')).toMatchObject({ status: 200, body: 'next()' });
    expect((await server.ask(`GET ${JWKS_PATH}`)).body).toBe(BODY);
    expect((await server.ask(`PUT ${JWKS_PATH}`)).status).toBe(405);
  });

  test('of any other handler, a 404 without a body', async () => {
    const server = await chained(
      ({ url }) => new Response(url.endsWith('/bare') ? null : 'no such order', { status: 404 }),
    );
    expect(await server.ask('GET /bare')).toMatchObject({ status: 200, body: 'next()' });
    expect(await server.ask('GET /order')).toMatchObject({ status: 404, body: 'no such order' });
  });

  test('a 404 without a body, and nobody after it', async () => {
    const server = await serving(() => new Response(null, { status: 404 }));
    expect(await server.ask('GET /')).toMatchObject({ status: 404, body: '' });
  });

  test('has what a handler throws', async () => {
    const server = await chained(() => {
      throw new Error('a defect');
    });
    expect(await server.ask('GET /')).toMatchObject({ status: 200, body: 'next(Error: a defect)' });
  });

  test('the path is that of the whole request, wherever the listener is mounted', async () => {
    const server = await chained(endpoint, { originalUrl: `${JWKS_PATH}?x` });
    expect((await server.ask('GET /jwks.json?x')).body).toBe(BODY);
    const other = await chained(({ url }) => new Response(url), { originalUrl: '/app/orders?x' });
    expect((await other.ask('GET /orders?x')).body).toBe('http://api.example/app/orders?x');
  });
});

describe('any other handler: the request', () => {
  const told = async (line: string, lines: readonly string[] = [], options?: NodeListenerOptions) => {
    const server = await serving(async (request) => {
      const { method, url, headers } = request;
      return Response.json({ method, url, headers: [...headers], body: await request.text() });
    }, options);
    const [head = '', body = ''] = line.split('\n');
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    const [answer] = await server.pipeline(requestText(head, ...length, ...lines) + body);
    return answer?.status === 200 ? JSON.parse(Buffer.from(answer.body, 'latin1').toString()) : answer;
  };

  test('method, URL, headers line by line, and body', async () => {
    const lines = ['X-List: a', 'x-LIST: b', 'Cookie: a=1', 'X-Latin: caf\xe9'];
    const seen = await told('PATCH /orders/7?x=%20&y\n{"a":1}', lines);
    expect(seen).toMatchObject({ method: 'PATCH', url: 'http://api.example/orders/7?x=%20&y', body: '{"a":1}' });
    expect(Object.fromEntries(seen.headers)).toMatchObject({
      'x-list': 'a, b',
      cookie: 'a=1',
      'x-latin': 'caf\xe9',
      host: 'api.example',
    });
  });

  test.each(['GET', 'HEAD'])('%s has no body to read', async (method) => {
    const bodies: unknown[] = [];
    const server = await serving((request) => {
      bodies.push(request.body);
      return new Response('body');
    });
    const [one, two] = await server.pipeline(
      `${requestText(`${method} /`, 'Content-Length: 3')}abc`,
      requestText('GET /'),
    );
    expect([one?.status, two?.body, bodies]).toEqual([200, 'body', [null, null]]);
  });

  test.each([
    ['api.example:8080', 'http://api.example:8080/a?b'],
    ['API.example', 'http://api.example/a?b'],
    ['[::1]:80', 'http://[::1]/a?b'],
    ['127.1', 'http://127.0.0.1/a?b'],
  ])('of the host %s', async (host, url) => {
    expect((await told('GET /a?b', [`Host: ${host}`])).url).toBe(url);
  });

  test.each([
    [['Host: ']],
    [['Host: a b']],
    [['Host: api.example/path']],
    [['Host: api.example?x']],
    [['Host: api.example#x']],
    [['Host: user@api.example']],
    [['Host: api.example:port']],
    [['Host: api.example:99999']],
    [['Host: [::1']],
    [['Host: api.example\\evil']],
    [['Host: evil.example', 'Host: api.example']],
    [['Host: evil.example, api.example']],
  ])('%j is a bad request', async (lines) => {
    expect(await told('GET /', lines)).toMatchObject({ status: 400, body: '' });
  });

  test.each([
    ['//evil.example/x', 'http://api.example//evil.example/x'],
    ['/\\evil.example', 'http://api.example//evil.example'],
    ['/@evil.example', 'http://api.example/@evil.example'],
    ['http://other.example', 'http://other.example/'],
    ['HTTPS://other.example:1?x', 'http://other.example:1/?x'],
    ['http://other.example/y?x', 'http://other.example/y?x'],
  ])('of the target %s', async (target, url) => {
    expect((await told(`GET ${target}`)).url).toBe(url);
  });

  test.each(['http://user@other.example/', 'http:///x'])('the target %s is a bad request', async (target) => {
    expect(await told(`GET ${target}`)).toMatchObject({ status: 400 });
  });

  test.each(['OPTIONS *', 'TRACE /'])('%s, which fetch does not know, is a bad request', async (line) => {
    expect(await told(line)).toMatchObject({
      status: 400,
      headers: { 'cache-control': 'no-store', 'content-length': '0' },
    });
  });

  test('without a host, as HTTP/1.0 may be', async () => {
    const server = await serving(({ url }) => new Response(url));
    expect(await server.exchange('GET /x HTTP/1.0\r\n\r\n')).toMatch(/http:\/\/localhost\/x$/);
  });

  test('with an origin, whatever the client says of it', async () => {
    const options = { origin: 'https://api.example:8443' };
    expect((await told('GET /a?b', ['Host: evil.example'], options)).url).toBe('https://api.example:8443/a?b');
    expect((await told('GET http://evil.example/a?b', [], options)).url).toBe('https://api.example:8443/a?b');
  });

  test('a body in chunks arrives in order, read only as it is asked for', async () => {
    const sizes: number[] = [];
    const server = await serving(async (request) => {
      let text = '';
      for await (const chunk of request.body ?? []) {
        sizes.push(chunk.length);
        text += Buffer.from(chunk).toString();
      }
      return new Response(text.slice(-3));
    });
    const body = `${'x'.repeat(300_000)}end`;
    const [answer] = await server.pipeline(`${requestText('POST /', `Content-Length: ${body.length}`)}${body}`);
    expect(answer?.body).toBe('end');
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(body.length);
  });

  test('what is left of a body stands in nobody’s way', async () => {
    const handlers: Record<string, Handler> = {
      untouched: () => new Response('a'),
      begun: async ({ body }) => {
        await body?.getReader().read();
        return new Response('b');
      },
      cancelled: async ({ body }) => {
        const reader = body?.getReader();
        await reader?.read();
        await reader?.cancel();
        return new Response('c', { status: 413 });
      },
    };
    const server = await serving((request) =>
      (handlers[new URL(request.url).pathname.slice(1)] ?? (() => new Response('d')))(request),
    );
    const body = 'x'.repeat(500_000);
    const posts = Object.keys(handlers).map(
      (name) => `${requestText(`POST /${name}`, `Content-Length: ${body.length}`)}${body}`,
    );
    const answers = await server.pipeline(...posts, requestText('GET /last'));
    expect(answers.map((answer) => answer.body)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a body that is still being read when the answer is done, ends in an error', async () => {
    let rest: Promise<unknown> = Promise.resolve();
    const server = await serving(({ body }) => {
      const reader = body?.getReader();
      const readAll = async () => {
        for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
      };
      rest = readAll().catch((error: unknown) => error);
      return new Response('early');
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`${requestText('POST /', 'Content-Length: 9', 'Connection: close')}part`);
    await once(socket, 'data');
    expect(await rest).toEqual(new Error('the request is over'));
    socket.destroy();
  });

  test('a body that was read before is empty', async () => {
    const own = toNodeListener(async (request) => new Response(`<${await request.text()}>`));
    const server = await serveRaw((request, response) => {
      request.resume();
      request.once('end', () => setImmediate(() => own(request, response)));
    });
    const [answer] = await server.pipeline(`${requestText('POST /', 'Content-Length: 3')}abc`);
    expect(answer?.body).toBe('<>');
  });

  test('a client that leaves in the midst of its body: the reader hears of it, and so does the signal', async () => {
    let heard: (value: unknown) => void = () => {};
    const outcome = new Promise((resolve) => {
      heard = resolve;
    });
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await serving(async (request) => {
      begun();
      const error = await request.text().catch((reason: unknown) => reason);
      heard([error instanceof Error, request.signal.aborted]);
      throw error;
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`${requestText('POST /', 'Content-Length: 9')}part`);
    await started;
    socket.destroy();
    expect(await outcome).toEqual([true, true]);
  });
});

describe('any other handler: the answer', () => {
  test('status, headers, cookies each for itself, and body', async () => {
    const server = await serving(() => {
      const headers = new Headers({
        'X-One': '1',
        'Content-Type': 'text/plain',
        Connection: 'x',
        'Transfer-Encoding': 'gzip',
      });
      for (const cookie of ['a=1; Path=/', 'b=2, c']) headers.append('Set-Cookie', cookie);
      return new Response('héllo', { status: 201, headers });
    });
    const text = await server.exchange(requestText('GET /', 'Connection: close'));
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    for (const line of ['x-one: 1', 'content-type: text/plain', 'set-cookie: a=1; Path=/', 'set-cookie: b=2, c'])
      expect(text).toContain(`\r\n${line}\r\n`);
    expect(text).not.toMatch(/gzip|connection: x/i);
    expect((await server.ask('GET /')).body).toBe('h\xc3\xa9llo');
  });

  test('without a body', async () => {
    const server = await serving(({ url }) => new Response(null, { status: url.endsWith('/none') ? 204 : 401 }));
    expect(await server.pipeline(requestText('GET /'), requestText('GET /none'), requestText('HEAD /'))).toMatchObject([
      { status: 401, headers: { 'content-length': '0' } },
      { status: 204 },
      { status: 401 },
    ]);
  });

  test('HEAD: headers only, and the body is given up', async () => {
    const cancel = vi.fn(() => Promise.reject(new Error('does not want to')));
    const server = await serving(
      () => new Response(new ReadableStream({ cancel }), { headers: { 'Content-Length': '9' } }),
    );
    const answers = await server.pipeline(requestText('HEAD /'), requestText('HEAD /'));
    expect(answers.map(({ headers }) => headers['content-length'])).toEqual(['9', '9']);
    expect(cancel).toHaveBeenCalledTimes(2);
  });

  test('the headers go before a body that takes its time', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const start = (own: ReadableStreamDefaultController<Uint8Array>) => {
      controller = own;
    };
    const server = await serving(() => new Response(new ReadableStream({ start })));
    const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
    socket.write(requestText('GET /', 'Connection: close'));
    const [head] = await once(socket, 'data');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
    controller?.enqueue(Buffer.from('late'));
    controller?.close();
    let rest = '';
    for await (const chunk of socket) rest += chunk;
    expect(rest).toContain('late');
  });

  test('a server that cannot send headers by themselves sends them with the body', async () => {
    const own = toNodeListener(() => new Response('body'));
    const server = await serveRaw((request, response) =>
      own(request, Object.assign(response, { flushHeaders: undefined })),
    );
    expect((await server.ask('GET /')).body).toBe('body');
  });

  test('a large body, no faster than the client reads it', async () => {
    const CHUNK = new Uint8Array(64 * 1024);
    let made = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (made++ === 400) controller.close();
      else controller.enqueue(CHUNK);
    };
    const server = await serving(() => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    socket.write(requestText('GET /', 'Connection: close'));
    const [, response] = (await once(server.server, 'request')) as [IncomingMessage, ServerResponse];
    while (!response.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(400);
    let octets = 0;
    for await (const chunk of socket) octets += chunk.length;
    expect(octets).toBeGreaterThan(400 * CHUNK.length);
    expect(made).toBe(401);
  });

  test.each([
    ['while it waits for the body', false],
    ['while the body waits for it', true],
  ])('a client that leaves %s: the body is given up', async (_, isFast) => {
    let cancelled = () => {};
    const outcome = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const onError = vi.fn();
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (isFast) return controller.enqueue(new Uint8Array(1024 * 1024));
      return new Promise<void>(() => {});
    };
    const body = () => new ReadableStream({ pull, cancel: cancelled }, { highWaterMark: 0 });
    const server = await serving(() => new Response(body()), { onError });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(requestText('GET /'));
    await once(socket, 'data');
    socket.pause();
    expect((await server.ask('HEAD /')).status).toBe(200); // the server goes on serving meanwhile
    socket.destroy();
    await outcome;
    await new Promise((resolve) => setImmediate(resolve));
    expect(onError).not.toHaveBeenCalled();
  });

  test('a client that has left before the answer: its body is given up', async () => {
    const cancel = vi.fn();
    const seen: boolean[] = [];
    const server = await serving(async ({ signal }) => {
      await once(signal, 'abort');
      seen.push(signal.aborted);
      return new Response(new ReadableStream({ cancel }));
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(requestText('GET /'));
    const [, response] = (await once(server.server, 'request')) as [IncomingMessage, ServerResponse];
    socket.destroy();
    await once(response, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    expect([seen, cancel.mock.calls.length]).toEqual([[true], 1]);
  });

  test('somebody else has answered meanwhile', async () => {
    const cancel = vi.fn();
    const own = toNodeListener(() => new Response(new ReadableStream({ cancel })));
    const server = await serveRaw((request, response) => {
      own(request, response);
      response.end('first');
    });
    expect((await server.ask('GET /')).body).toBe('first');
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('a signal is not aborted by an answer that ended well', async () => {
    const signals: AbortSignal[] = [];
    const server = await serving(({ signal }) => {
      signals.push(signal);
      return new Response('body');
    });
    await server.pipeline(requestText('GET /'), requestText('GET /'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });
});

describe('any other handler: what goes wrong', () => {
  const failing =
    (body: (controller: ReadableStreamDefaultController<Uint8Array>) => void, headers = {}) =>
    () =>
      new Response(new ReadableStream({ pull: body }, { highWaterMark: 0 }), { headers });

  test.each<[string, Handler, unknown]>([
    [
      'it throws',
      () => {
        throw new RangeError('a defect');
      },
      new RangeError('a defect'),
    ],
    ['it rejects', () => Promise.reject(new RangeError('a defect')), new RangeError('a defect')],
    ['it gives no Response', async () => undefined as never, expect.any(TypeError)],
    ['it gives Response.error()', () => Response.error(), expect.any(RangeError)],
  ])('%s: 500, and onError hears of it', async (_, handler, expected) => {
    const onError = vi.fn();
    const server = await serving(handler, { onError });
    const answers = await server.pipeline(requestText('GET /'), requestText('GET /'));
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 500,
        headers: { 'cache-control': 'no-store', 'content-length': '0' },
        body: '',
      });
    expect(onError.mock.calls).toEqual([[expected], [expected]]);
  });

  test('without onError it surfaces', async () => {
    const own = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const surfaced = once(process, 'uncaughtException');
    const defect = new Error('a defect');
    try {
      const server = await serving(() => Promise.reject(defect));
      expect((await server.ask('GET /')).status).toBe(500);
      expect((await surfaced)[0]).toBe(defect);
    } finally {
      for (const one of own) process.on('uncaughtException', one);
    }
  });

  test.each<[string, Handler, RegExp]>([
    [
      'a body that breaks',
      failing((controller) => {
        controller.enqueue(Buffer.from('part'));
        controller.error(new Error('broken body'));
      }),
      /broken body/,
    ],
    ['a body that breaks at once', failing((controller) => controller.error(new Error('broken body'))), /broken body/],
    [
      'a body longer than it says',
      () => new Response('longer', { headers: { 'Content-Length': '3' } }),
      /content-length/i,
    ],
    [
      'a body shorter than it says',
      () => new Response('short', { headers: { 'Content-Length': '9' } }),
      /content-length/i,
    ],
    ['a body that is no octets', failing((controller) => controller.enqueue({} as Uint8Array)), /chunk/],
  ])('%s: the connection is cut, so that nobody takes it for whole', async (_, handler, message) => {
    const onError = vi.fn();
    const server = await serving(handler, { onError });
    const request = requestText('GET /');
    const text = await server.exchange(request + request).catch((error: NodeJS.ErrnoException) => error.code);
    expect(text).not.toMatch(/\r\n0\r\n\r\n|HTTP[\s\S]*HTTP/);
    expect(onError).toHaveBeenCalled();
    expect(String(onError.mock.calls[0]?.[0])).toMatch(message);
    expect((await server.ask('HEAD /')).status).toBe(200);
  });
});

describe('other servers', () => {
  const echo = toNodeListener(async (request) => Response.json({ url: request.url, text: await request.text() }));

  async function ask2(url: string, options: object, headers: object, body?: string) {
    const session = connect2(url, options);
    leftOpen.push(() => session.destroy());
    const stream = session.request({ ...headers } as IncomingHttpHeaders);
    const [answer] = await Promise.all([once(stream, 'response'), stream.end(body)]);
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    return { status: answer[0][':status'], headers: answer[0], text };
  }

  test('node:http2', async () => {
    const server = createServer2((request, response) =>
      request.url.startsWith('/.well-known/') ? listener(request, response) : echo(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    leftOpen.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const good = await ask2(url, {}, { ':path': JWKS_PATH });
    expect(good).toMatchObject({ status: 200, text: BODY });
    const again = { ':path': JWKS_PATH, 'if-none-match': good.headers.etag };
    expect(await ask2(url, {}, again)).toMatchObject({ status: 304, text: '' });
    expect(await ask2(url, {}, { ':path': JWKS_PATH, ':method': 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect(await ask2(url, {}, { ':path': JWKS_PATH, ':method': 'POST' })).toMatchObject({ status: 405, text: '' });
    const posted = await ask2(url, {}, { ':path': '/x?y', ':method': 'POST', cookie: ['a=1', 'b=2'] }, 'body');
    expect(JSON.parse(posted.text)).toEqual({ url: `${url}/x?y`, text: 'body' });
  });

  test('over TLS, the URL says so', async () => {
    const authority = createAuthority();
    const server = createSecureServer({ ...authority.issue(), allowHTTP1: true }, echo);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    leftOpen.push(() => server.close());
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const options = { ca: authority.certificate };
    expect(JSON.parse((await ask2(url, options, { ':path': '/x', ':method': 'POST' }, 'body')).text).url).toBe(
      `${url}/x`,
    );
  });

  test('a client that keeps its connections', async () => {
    const server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    leftOpen.push(
      () => server.close(),
      () => agent.destroy(),
    );
    const { port } = server.address() as AddressInfo;
    const sockets = new Set<unknown>();
    for (const method of ['GET', 'HEAD', 'GET', 'POST', 'HEAD', 'GET']) {
      const request = get({ port, host: '127.0.0.1', path: JWKS_PATH, method, agent });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      sockets.add(response.socket);
      let text = '';
      for await (const chunk of response) text += chunk;
      expect(text).toBe(method === 'GET' ? BODY : '');
    }
    expect(sockets.size).toBe(1);
  });

  test('bearerFetch behind node:http', async () => {
    const guarded = bearerFetch(
      verifierWith(),
      async (request, { claims }) => new Response(`${claims.sub} ${await request.text()}`),
    );
    const server = await serving(guarded);
    const [good, none] = await server.pipeline(
      `${requestText('POST /', `Authorization: Bearer ${GOOD}`, 'Content-Length: 2')}hi`,
      requestText('GET /'),
    );
    expect(good).toMatchObject({ status: 200, body: 'user-1 hi' });
    expect(none).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' }, body: '' });
    const twice = [`Authorization: Bearer ${GOOD}`, `Authorization: Bearer ${GOOD}`];
    expect((await server.ask('GET /', ...twice)).status).toBe(400);
  });
});

test.each<[unknown, unknown, RegExp]>([
  [undefined, undefined, /^handler must be a function/],
  [{ fetch: endpoint }, undefined, /^handler must be/],
  [endpoint, { trustProxy: true }, /^options\.trustProxy is not an option/],
  [endpoint, { origin: 'api.example' }, /^options\.origin must be /],
  [endpoint, { onError: 1 }, /^options\.onError must be /],
])('%j, %j', (handler, options, message) => {
  const untyped: (handler: unknown, options: unknown) => unknown = toNodeListener as never;
  expect(() => untyped(handler, options)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
  );
});
