// `barejose ring serve`: the endpoint over a ring, for trying things out or behind a proxy, until it is told to stop.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Issuer, jwksEndpoint, type RingEvent, toNodeListener } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { asJoseError, EXIT, type Host, UnreadableError } from './host.ts';
import { formatJson } from './json.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { printable } from './terminal.ts';

export const ringServe: Command = defineCommand({
  name: 'ring serve',
  summary: 'publish the key set of a ring over HTTP',
  options: {
    ...RING_OPTIONS,
    port: { value: 'NUMBER', help: 'default 8080. 0 is any that is free' },
    host: { value: 'ADDRESS', help: 'where it listens. Default 127.0.0.1, which only this machine reaches' },
    metadata: { help: 'publish /.well-known/openid-configuration, too. The name of the issuer must be a URL then' },
  },
  outcome:
    'the URL of the key set on standard output, and what fails on standard error, until SIGINT or SIGTERM; ' +
    'exit code: 0 stopped, 1 the records are no ring, 2 usage or a port that is taken, 3 the store is not to be had',
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
      const server = createServer(toNodeListener(endpoint));
      const url = `${await listen(server, { port, host: address })}${path}`;
      const untilStopped = host.untilStopped(); // whoever reads the URL may end it at once
      host.stdout.write(args.has('json') ? `${formatJson({ url })}\n` : `${url}\n`);
      await untilStopped;
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

function reportFailure({ stderr }: Host, { code = 'the ring cannot be tended', message }: Failure): void {
  stderr.write(`barejose: ${code}: ${printable(message)}\n`);
}

/** Where those who know the issuer's name look for it: below the path of that name. */
function keySetPath({ issuer }: Issuer): string {
  const below = /^https?:/.test(issuer) && URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  return `${below}/.well-known/jwks.json`;
}

interface ListenAddress {
  readonly port: number;
  readonly host: string;
}

/** @returns the URL @throws Unreadable with the system's own word for what went wrong */
async function listen(server: Server, where: ListenAddress): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: Error & { code?: unknown }) =>
      reject(new UnreadableError(`--port and --host cannot be listened on (${code})`)),
    );
    server.listen(where, resolve);
  });
  return serverUrl(server.address() as AddressInfo);
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
export function serverUrl({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** For so long, in milliseconds, the last answers may take. */
const CLOSE_TIMEOUT = 2_000;

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await closed;
  clearTimeout(late);
}
