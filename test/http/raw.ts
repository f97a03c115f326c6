// HTTP/1.1 by hand, to see the very octets: a server on loopback, and connections on which requests are written as text.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; several lines of a name are joined. Without the date, and what is about the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawServer {
  readonly port: number;
  readonly url: string;
  readonly server: Server;
  /** One request on a connection of its own. */
  ask(line: string, ...more: readonly string[]): Promise<RawAnswer>;
  /** Several on one connection, all sent at once; and everything that came back, cut by its own framing. */
  pipeline(...requests: readonly string[]): Promise<readonly RawAnswer[]>;
  /** What came back on one connection for this text, until it was closed. */
  exchange(text: string): Promise<string>;
  close(): void;
}

const open: Server[] = [];

/** For an afterEach: nothing stays open. */
export function closeServers(): void {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}

export async function serveRaw(listener: RequestListener): Promise<RawServer> {
  const server = createServer(listener);
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const exchange = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(text, 'latin1');
    let back = '';
    for await (const chunk of socket.setEncoding('latin1')) back += chunk;
    return back;
  };
  const pipeline = async (...requests: readonly string[]) => {
    const texts = requests.map((text, i) => (i === requests.length - 1 ? withLine(text, 'Connection: close') : text));
    const methods = requests.map((text) => text.slice(0, text.indexOf(' ')));
    return readAnswers(await exchange(texts.join('')), methods);
  };
  const ask = async (line: string, ...more: readonly string[]) => {
    const [answer] = await pipeline(requestText(line, ...more));
    if (!answer) throw new Error('no answer');
    return answer;
  };
  return { port, url: `http://127.0.0.1:${port}`, server, ask, pipeline, exchange, close: () => server.close() };
}

/** `GET /path` and header lines → the text of a request. */
export function requestText(line: string, ...more: readonly string[]): string {
  const host = more.some((text) => /^host:/i.test(text)) ? [] : ['Host: api.example'];
  return [`${line} HTTP/1.1`, ...host, ...more, '', ''].join('\r\n');
}

function withLine(text: string, line: string): string {
  const end = text.indexOf('\r\n') + 2;
  return `${text.slice(0, end)}${line}\r\n${text.slice(end)}`;
}

const OF_CONNECTION = ['date', 'connection', 'keep-alive'];

/** RFC 9112 §6.3 by the letter: whatever is not framed as its method and status say ends up in the next answer, or throws. */
function readAnswers(text: string, methods: readonly string[]): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (const method of methods) {
    if (rest === '') break;
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n([\s\S]*?)\r\n\r\n/.exec(rest);
    if (!head) throw new Error(`not an answer: ${rest.slice(0, 80)}`);
    const headers = readHeaders(head[2] ?? '');
    rest = rest.slice(head[0].length);
    const status = Number(head[1]);
    const [body, after] = method === 'HEAD' || status === 304 || status === 204 ? ['', rest] : readBody(rest, headers);
    rest = after;
    for (const name of OF_CONNECTION) delete headers[name];
    answers.push({ status, headers, body });
  }
  if (rest !== '') throw new Error(`octets that belong to no answer: ${rest.slice(0, 80)}`);
  return answers;
}

function readHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

function readBody(rest: string, headers: Readonly<Record<string, string>>): readonly [string, string] {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest);
  if (!('content-length' in headers)) return [rest, ''];
  const length = Number(headers['content-length']);
  if (rest.length < length) throw new Error(`cut short: ${rest.length} of ${length} octets`);
  return [rest.slice(0, length), rest.slice(length)];
}

function readChunks(text: string): readonly [string, string] {
  let [body, rest] = ['', text];
  for (;;) {
    const size = /^([\da-f]+)\r\n/.exec(rest);
    if (!size) throw new Error('cut short: a chunk is missing');
    const length = Number.parseInt(size[1] ?? '', 16);
    const start = size[0].length;
    body += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
    if (length === 0) return [body, rest];
  }
}
