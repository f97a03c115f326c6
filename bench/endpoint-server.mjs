// One server in a process of its own, started by endpoint.mjs: node endpoint-server.mjs <name>
// It is sent what it is to answer, tells its port, and its CPU time whenever it is asked.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createIssuer, jwksEndpoint, memoryStore, toNodeListener } from '../dist/index.js';

const SERVERS = {
  bare: ({ get, unmodified }) => {
    const body = Buffer.from(get.body);
    return (request, response) => {
      if (request.headers['if-none-match'] === get.headers.etag) response.writeHead(304, unmodified.headers).end();
      else response.writeHead(200, get.headers).end(body);
    };
  },
  endpoint: async () => {
    const policy = { maxTokenLifetime: '1h' };
    const issuer = await createIssuer({ issuer: 'https://issuer.example', store: memoryStore(), policy });
    return toNodeListener(jwksEndpoint(issuer));
  },
  // What the same listener does for a handler that was made elsewhere: a Request and a Response each time.
  'any fetch handler': ({ get }) => toNodeListener(() => new Response(get.body, { headers: get.headers })),
};

process.on('disconnect', () => process.exit());
const [answers] = await once(process, 'message');
const server = createServer(await SERVERS[process.argv[2]](answers));
process.on('message', () => process.send(process.cpuUsage()));
server.keepAliveTimeout = 0; // whoever is not measured now keeps its connections
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
