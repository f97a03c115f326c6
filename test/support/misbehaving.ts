// Sites on loopback, over TLS, that answer as they are told: well once, perhaps, and then in every way an issuer can fail.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Identity } from './authority.ts';

/** `connection` is the TCP connection below TLS: only it can send an RST. */
export type Reply = (response: ServerResponse, connection: Socket | undefined) => void;

/** What becomes of a connection: it is served under an identity, it is held and nothing is ever said, or it is reset. */
export type Conduct = Identity | 'silent' | 'reset';

/** A path that answers by a script: each request gets the next reply, and the last one serves all that follow. */
export interface Script {
  readonly url: string;
  /** The headers of every request so far. */
  readonly asked: readonly IncomingHttpHeaders[];
}

export interface Site {
  /** `https://127.0.0.1` and the port. */
  readonly origin: string;
  /** A new path of this site. */
  readonly script: (...replies: readonly Reply[]) => Script;
  /** The same at a path of one's own. */
  readonly scriptAt: (path: string, ...replies: readonly Reply[]) => Script;
  /** How many connections were opened. */
  readonly connections: () => number;
  /** Nobody listens any more; what is open is closed. */
  readonly close: () => Promise<void>;
}

/** The n-th connection meets with the n-th conduct, and the last one is for all that follow. */
export async function openSite(...conducts: readonly Conduct[]): Promise<Site> {
  const scripts = new Map<string, { replies: readonly Reply[]; asked: IncomingHttpHeaders[] }>();
  const servers = new Map<Conduct, Server>();
  const sockets: Socket[] = [];
  const gate = createNetServer((socket) => {
    socket.on('error', () => undefined); // the client may go at any moment
    const conduct = nth(conducts, sockets.push(socket) - 1);
    if (conduct === 'reset') socket.resetAndDestroy();
    else if (conduct !== 'silent') servers.get(conduct)?.emit('connection', socket);
  });
  for (const conduct of conducts) {
    if (typeof conduct === 'string') continue;
    const server = createHttpsServer(conduct, (request, response) => {
      const script = scripts.get(request.url ?? '');
      const connection = sockets.find(({ remotePort }) => remotePort === request.socket.remotePort);
      if (script) nth(script.replies, script.asked.push(request.headers) - 1)(response, connection);
    });
    servers.set(conduct, server);
  }
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const { port } = gate.address() as AddressInfo;
  const origin = `https://127.0.0.1:${port}`;
  const scriptAt: Site['scriptAt'] = (path, ...replies) => {
    const asked: IncomingHttpHeaders[] = [];
    scripts.set(path, { replies, asked });
    return { url: origin + path, asked };
  };
  return {
    origin,
    scriptAt,
    script: (...replies) => scriptAt(`/${scripts.size}/jwks.json`, ...replies),
    connections: () => sockets.length,
    close: () =>
      new Promise((resolve) => {
        gate.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function nth<T>(list: readonly T[], n: number): T {
  const item = list[Math.min(n, list.length - 1)];
  if (item === undefined) throw new Error('the list is empty');
  return item;
}

// ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A body and headers, status 200. `connection: close` makes the next request open a connection of its own. */
export function reply(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => response.writeHead(200, { 'content-type': 'application/jwk-set+json', ...headers }).end(body);
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => response.writeHead(code, headers).end('{"keys":[]}');
}

export const neverAnswers: Reply = () => undefined;

/** Half of what was promised, then RST. */
export function resetsMidBody(body: string): Reply {
  return (response, connection) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.slice(0, body.length >> 1), () => connection?.resetAndDestroy());
  };
}

/** Half of what was promised, then an orderly end. */
export function endsMidBody(body: string): Reply {
  return (response) => {
    response.writeHead(200, { 'content-length': body.length }).write(body.slice(0, body.length >> 1));
    response.socket?.destroySoon();
  };
}

/** As many octets of space as it takes, and a length only when it is finite. */
export function spaces(octets: number): Reply {
  return (response) => {
    response.writeHead(200, Number.isFinite(octets) ? { 'content-length': octets } : {});
    let left = octets;
    const more = () => {
      while (left > 0) {
        const chunk = ' '.repeat(Math.min(65_536, left));
        left -= chunk.length;
        if (!response.write(chunk)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  };
}

export function oneByteASecond(body: string): Reply {
  return (response) => {
    let sent = 0;
    drip(response, 1_000, () => response.write(body.charAt(sent++)));
  };
}

/** One header line after another, as fast as they go or one in `pause` milliseconds. */
export function endlessHeaders(pause: number): Reply {
  return (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\n');
    let sent = 0;
    drip(response, pause, () => {
      for (let i = 0; i < 100 / (pause + 1); i++) response.socket?.write(`x-${sent++}: ${'y'.repeat(64)}\r\n`);
    });
  };
}

/** The body after 16 MB of spaces, in 16 KB of gzip. */
export function gzipBomb(body: string): Reply {
  const bomb = gzipSync(`${' '.repeat(16 << 20)}${body}`);
  return reply(bomb, { 'content-encoding': 'gzip' });
}

/** Repeats an action until the connection closes. */
function drip(response: ServerResponse, pause: number, action: () => void): void {
  action();
  const timer = setInterval(action, pause);
  response.on('close', () => clearInterval(timer));
}
