// `barejose ring serve`: serves the key set endpoint of a ring, for experiments or behind a proxy, until it is stopped.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Issuer, jwksEndpoint, type RingEvent, toNodeListener } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { asJoseError, withUsageErrors } from './errors.ts';
import { EXIT, type Host, UnreadableError } from './host.ts';
import { formatJson } from './json.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { printable } from './terminal.ts';

export const ringServe: Command = defineCommand({
  name: 'ring serve',
  summary: 'publish the key set of a ring over HTTP',
  options: {
    ...RING_OPTIONS,
    port: { value: 'NUMBER', help: 'the port. 0 chooses a free one. Default: 8080' },
    host: { value: 'ADDRESS', help: 'the address to listen on. Default: 127.0.0.1, which only this machine can reach' },
    metadata: { help: 'also serve /.well-known/openid-configuration, which requires an issuer that is a URL' },
  },
  outcome:
    'the URL of the key set on standard output, and failures on standard error, until SIGINT or SIGTERM; ' +
    'exit code: 0 stopped, 1 invalid ring, 2 usage error or port in use, 3 store unavailable',
  examples: ['barejose ring serve', 'barejose ring serve --port 0 --metadata --json'],
  async run(host, args) {
    const [port = 8080, address = '127.0.0.1'] = [args.integer('port', [0, 65_535]), args.text('host')];
    const options = args.has('metadata') ? { openid: {} } : {};
    const run = async (issuer: Issuer) => {
      const path = keySetPath(issuer);
      const endpoint = jwksEndpoint(issuer, {
        ...options,
        path,
        onError: (error) => reportFailure(host, asJoseError(error)),
      });
      // Loaded here: at import, it would take most of the time of every other command.
      const { createServer } = process.getBuiltinModule('node:http');
      const server = createServer(toNodeListener(endpoint));
      const url = `${await listen(server, { port, host: address })}${path}`;
      const stopped = host.untilStopped(); // called before the URL is written, whose reader may stop the server at once
      host.stdout.write(args.has('json') ? `${formatJson({ url })}\n` : `${url}\n`);
      await stopped;
      await closeServer(server);
    };
    const onEvent = (event: RingEvent) => {
      if (event.type === 'refresh-failed') reportFailure(host, { code: event.code, message: String(event.reason) });
    };
    await withRing(host, args, { run: (issuer) => withUsageErrors(() => run(issuer)), onEvent });
    return EXIT.valid;
  },
});

interface Failure {
  readonly code?: string | undefined;
  readonly message: string;
}

function reportFailure({ stderr }: Host, { code = 'the ring cannot be maintained', message }: Failure): void {
  stderr.write(`barejose: ${code}: ${printable(message)}\n`);
}

/** Returns the path of the key set: the issuer's own path, then the well-known one. */
function keySetPath({ issuer }: Issuer): string {
  const prefix = /^https?:/.test(issuer) && URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  return `${prefix}/.well-known/jwks.json`;
}

interface ListenAddress {
  readonly port: number;
  readonly host: string;
}

/** Returns the URL. @throws UnreadableError with the code of the system error */
async function listen(server: Server, listenAddress: ListenAddress): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: Error & { code?: unknown }) =>
      reject(new UnreadableError(`--port and --host cannot be used (${code})`)),
    );
    server.listen(listenAddress, resolve);
  });
  return serverUrl(server.address() as AddressInfo);
}

/** Puts an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function serverUrl({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The time for open connections to finish, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await closed;
  clearTimeout(late);
}
