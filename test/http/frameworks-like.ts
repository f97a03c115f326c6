// Frameworks as a handler sees them: with what they call it, where they look for its result, and which of its errors they catch.
// bench/frameworks.mjs tries the real ones.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

type Handler = (...args: never[]) => unknown;
type Report = (error: unknown) => void;

function call(handler: Handler, ...args: unknown[]): unknown {
  return Reflect.apply(handler, undefined, args);
}

function fail(response: ServerResponse, error: unknown, report?: Report): void {
  report?.(error);
  response.statusCode = 500;
  response.end();
}

/** The route that is guarded. */
function route(response: ServerResponse, auth: unknown): void {
  response.end(`let through: ${Object(Object(auth).claims).sub}`);
}

/** node:http by itself catches nothing. */
export function plain(handler: Handler): RequestListener {
  return (request, response) => void call(handler, request, response);
}

/** Express 4 and Connect: what is thrown at once is caught, what is rejected is not. */
export function expressLike(handler: Handler, report?: Report): RequestListener {
  return (request, response) => {
    const next = (error?: unknown) => (error ? fail(response, error, report) : route(response, Object(request).auth));
    try {
      call(handler, request, response, next);
    } catch (error) {
      next(error);
    }
  };
}

/** Fastify before 5.8 catches nothing that a hook with a callback throws. */
export function fastifyLike(handler: Handler, report?: Report): RequestListener {
  return (raw, response) => {
    const request = { raw, headers: raw.headers };
    const done = (error?: unknown) => (error ? fail(response, error, report) : route(response, Object(request).auth));
    call(handler, request, fastifyReply(response), done);
  };
}

export function fastifyReply(raw: Pick<ServerResponse, 'statusCode' | 'headersSent' | 'setHeader' | 'end'>) {
  let sent = false;
  return {
    raw,
    get sent() {
      return sent;
    },
    code: (status: number) => {
      raw.statusCode = status;
    },
    headers: (headers: Record<string, string>) => {
      for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
    },
    send: () => {
      sent = true;
      raw.end();
    },
  };
}

export function koaLike(handler: Handler, report?: Report): RequestListener {
  return async (req, res) => {
    const ctx = koaContext(req, res);
    try {
      await call(handler, ctx, async () => {
        ctx.status = 200;
        ctx.body = `let through: ${Object(Object(ctx.state).auth).claims?.sub}`;
      });
      res.statusCode = ctx.status;
      res.end(ctx.body ?? undefined);
    } catch (error) {
      fail(res, error, report);
    }
  };
}

export function koaContext(req: IncomingMessage, res: ServerResponse) {
  return {
    req,
    res,
    url: req.url,
    headers: req.headers,
    state: {},
    status: 404,
    body: undefined as string | null | undefined,
    set: (headers: Record<string, string>) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    },
    remove: (name: string) => res.removeHeader(name),
  };
}

export function honoLike(handler: Handler, report?: Report): RequestListener {
  return async (request, response) => {
    const variables = new Map<string, unknown>();
    try {
      const c = honoContext(request, variables);
      let text = 'not found';
      const answer = await call(handler, c, async () => {
        text = `let through: ${Object(Object(variables.get('auth')).claims).sub}`;
      });
      const { status, headers } = answer instanceof Response ? answer : new Response();
      response.writeHead(status, Object.fromEntries(headers));
      response.end(answer instanceof Response ? await answer.text() : text);
    } catch (error) {
      fail(response, error, report);
    }
  };
}

function honoContext(request: IncomingMessage, variables: Map<string, unknown>) {
  return {
    req: {
      header: (name: string) => request.headers[name],
      raw: new Request('http://api.example/'),
      url: 'http://api.example/',
    },
    set: (name: string, value: unknown) => void variables.set(name, value),
    body: (data: null, status: number, headers: Record<string, string>) => new Response(data, { status, headers }),
  };
}
