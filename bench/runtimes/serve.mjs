// The service in Node.js, Bun and Deno, each behind its own server, on loopback: serve.mjs, with the issuers as JSON. Prints its port.
import process from 'node:process';
import { toNodeListener } from '../../dist/index.js';
import { service } from './service.mjs';

const handler = service(JSON.parse(process.argv[2]));
const hostname = '127.0.0.1';
if (globalThis.Bun) console.log(Bun.serve({ hostname, port: 0, fetch: handler }).port);
else if (globalThis.Deno) Deno.serve({ hostname, port: 0, onListen: ({ port }) => console.log(port) }, handler);
else {
  const { createServer } = await import('node:http');
  const server = createServer(toNodeListener(handler)).listen(0, hostname, () => console.log(server.address().port));
}
