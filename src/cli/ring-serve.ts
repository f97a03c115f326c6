// `barejose ring serve`: the endpoint over a ring, for trying things out or behind a proxy, until it is told to stop.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Issuer, jwksEndpoint, type RingEvent, toNodeListener } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { printable } from './paper.ts';
import { RING_OPTIONS, withRing } from './ring-open.ts';
import { asRefusal, EXIT, Unreadable, type World } from './world.ts';

export const ringServe: Command = command({
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
  async run(world, given) {
    const [port = 8080, host = '127.0.0.1'] = [given.whole('port', [0, 65_535]), given.text('host')];
    const options = given.has('metadata') ? { openid: {} } : {};
    const run = async (issuer: Issuer) => {
      const path = pathOf(issuer);
      const endpoint = jwksEndpoint(issuer, { ...options, path, onError: (error) => tell(world, asRefusal(error)) });
      const server = createServer(toNodeListener(endpoint));
      const url = `${await listen(server, { port, host })}${path}`;
      const stopped = world.stopped(); // whoever reads the URL may end it at once
      world.stdout.write(given.has('json') ? `${json({ url })}\n` : `${url}\n`);
      await stopped;
      await close(server);
    };
    const onEvent = (event: RingEvent) => {
      if (event.type === 'refresh-failed') tell(world, { code: event.code, message: String(event.reason) });
    };
    await withRing(world, given, { run: (issuer) => asUsage(() => run(issuer)), onEvent });
    return EXIT.valid;
  },
});

interface Failure {
  readonly code?: string | undefined;
  readonly message: string;
}

function tell({ stderr }: World, { code = 'the ring cannot be tended', message }: Failure): void {
  stderr.write(`barejose: ${code}: ${printable(message)}\n`);
}

/** Where those who know the issuer's name look for it: below the path of that name. */
function pathOf({ issuer }: Issuer): string {
  const below = /^https?:/.test(issuer) && URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  return `${below}/.well-known/jwks.json`;
}

interface Where {
  readonly port: number;
  readonly host: string;
}

/** @returns the URL @throws Unreadable with the system's own word for what went wrong */
async function listen(server: Server, where: Where): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: Error & { code?: unknown }) =>
      reject(new Unreadable(`--port and --host cannot be listened on (${code})`)),
    );
    server.listen(where, resolve);
  });
  return urlOf(server.address() as AddressInfo);
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
export function urlOf({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** For so long, in milliseconds, the last answers may take. */
const GRACE = 2_000;

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const late = setTimeout(() => server.closeAllConnections(), GRACE);
  await closed;
  clearTimeout(late);
}
