import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { errorForNext, refuseCall, refuseFetchCall } from '../../src/http/handler-arguments.ts';
import { bearer, bearerFetch, jwksEndpoint, toNodeListener } from '../../src/index.ts';
import { fastifyReply, koaContext } from './frameworks-like.ts';
import { GOOD, KEYS, verifierWith } from './verifiers.ts';

function blank(headersSent = false) {
  return { statusCode: 200, headersSent, setHeader: vi.fn(), end: vi.fn() };
}

test('an error goes to a callback, and nowhere else', () => {
  const [response, next] = [blank(), vi.fn()];
  refuseCall('message', [{}, response, next]);
  expect(next.mock.calls).toEqual([[new TypeError('message')]]);
  expect(response.end).not.toHaveBeenCalled();
});

test('the second argument is never called: Koa and Hono would go on', () => {
  const next = vi.fn();
  expect(() => refuseCall('message', [{}, next])).toThrow(new TypeError('message'));
  expect(next).not.toHaveBeenCalled();
});

test('a response of node:http is written to once', () => {
  for (const headersSent of [false, true]) {
    const response = blank(headersSent);
    refuseCall('message', [{}, response]);
    expect(response.end.mock.calls).toEqual(headersSent ? [] : [['message']]);
    expect(response.statusCode).toBe(headersSent ? 200 : 500);
  }
});

test.each([undefined, null, false, 0, '', 'route', () => undefined])('%j is no error for next', (thrown) => {
  expect(errorForNext(thrown)).toMatchObject({ message: expect.stringContaining('throw an Error'), cause: thrown });
});

test('an object is an error for next as it is', () => {
  for (const thrown of [new Error('x'), { status: 418 }]) expect(errorForNext(thrown)).toBe(thrown);
});

test('a handler of Request → Response says how else it may be called', async () => {
  expect(refuseFetchCall('x', [{}, {}, () => undefined]).status).toBe(500);
  const headers = { authorization: `Bearer ${GOOD}` };
  for (const handler of [jwksEndpoint(KEYS), bearerFetch(verifierWith(), () => new Response())]) {
    for (const wrong of [undefined, null, 'x', {}, { url: '/', headers }, { req: { raw: new Request('http://a/') } }])
      await expect(handler(wrong as never)).rejects.toThrow(
        /must be called with a Request: .*toNodeListener.*c\.req\.raw/,
      );
  }
});

test('a node listener says how Fastify and Koa may call it', () => {
  const raw: Partial<ServerResponse> = blank();
  for (const listener of [toNodeListener(jwksEndpoint(KEYS)), toNodeListener(() => new Response())]) {
    const call = (...args: unknown[]) => Reflect.apply(listener, undefined, args);
    const wanted =
      /^the listener that toNodeListener made must be called with .*request\.raw, reply\.raw.*ctx\.req, ctx\.res/;
    expect(() => call({ raw: {}, headers: {} }, fastifyReply(raw as ServerResponse))).toThrow(wanted);
    const ctx = koaContext({ headers: {} } as IncomingMessage, raw as ServerResponse);
    expect(() => call(ctx, () => undefined)).toThrow(wanted);
    expect(() => call({ rawHeaders: [] }, {})).toThrow(wanted);
    expect(() => call()).toThrow(wanted);
    const next = vi.fn();
    call({}, {}, next);
    expect(next.mock.calls).toEqual([[expect.objectContaining({ message: expect.stringMatching(wanted) })]]);
  }
});

test('a bare socket, as an upgrade has it, is answered and closed, and a client that resets it ends nothing', async () => {
  const guard = bearer(verifierWith({ keys: KEYS }));
  const server = createServer();
  server.on('upgrade', (...args) => {
    guard(...(args as unknown as Parameters<typeof guard>));
    args[1].emit('error', new Error('read ECONNRESET')); // as a reset is; without a listener, this would throw
  });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.write(REQUEST);
  const [data] = await once(client, 'data');
  expect(String(data)).toMatch(/^HTTP\/1\.1 500 .*\r\n\r\n$/s);
  await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});
