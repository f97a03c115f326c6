// A loopback server with one handler for each path.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  readonly url: (path: string) => string;
  readonly close: () => void;
}

export async function serve(paths: Readonly<Record<string, RequestListener>>): Promise<Loopback> {
  const server = createServer((request, response) => paths[request.url ?? '']?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
