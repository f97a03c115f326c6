// One server in a process of its own, started by endpoint.mjs: node endpoint-server.mjs <name>
// It is sent what it is to answer, tells its port, and its CPU time whenever it is asked.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createIssuer, jwksEndpoint, memoryStore, toNodeListener } from '../dist/index.js';

const DAY = 86_400;

const SERVERS = {
  bare: ({ status, headers, body }) => {
    const bytes = Buffer.from(body);
    if (bytes.length === 0) return (_, response) => response.writeHead(status, headers).end();
    return (_, response) => response.writeHead(status, headers).end(bytes);
  },
  endpoint: async () => toNodeListener(jwksEndpoint(await issuerOfThreeYears())),
  // What the same listener does for a handler that was made elsewhere: a Request and a Response each time.
  'any fetch handler': ({ headers, body }) => toNodeListener(() => new Response(body, { headers })),
};

/** One with the past that it will have: in its ring are keys that were removed, one that was just rotated, and the next. */
async function issuerOfThreeYears() {
  const policy = { maxTokenLifetime: '1h' };
  let passed = -1100 * DAY;
  const clock = () => Date.now() / 1000 + passed;
  const issuer = await createIssuer({ issuer: 'https://issuer.example', store: memoryStore(), policy, clock });
  for (; passed < 0; passed += DAY) await issuer.refresh();
  await issuer.rotate();
  return issuer;
}

process.on('disconnect', () => process.exit());
const [{ answer }] = await once(process, 'message');
const server = createServer(await SERVERS[process.argv[2]](answer));
process.on('message', () => process.send(process.cpuUsage()));
server.keepAliveTimeout = 0; // whoever is not measured now keeps its connections
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
