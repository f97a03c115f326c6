// The JWKS endpoint under load: requests a second beside a bare node:http handler that returns the same bytes and headers.
//   node endpoint.mjs [--quick] [--check]        --check: exit code 1 when a target is missed
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';

const PATH = '/.well-known/jwks.json';
const CONNECTIONS = 50;
/** Ours must answer so many requests while the bare handler answers one. The two pairs of a quick run differ by a sixth. */
const TARGET = process.argv.includes('--quick') ? 0.7 : 0.9;
/** From here on a server is what limits itself, and not the generator. */
const BUSY = 0.9;

// ── the servers ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function start(name, answer) {
  const child = fork(fileURLToPath(new URL('endpoint-server.mjs', import.meta.url)), [name]);
  child.send({ answer });
  const [{ port }] = await once(child, 'message');
  const cpu = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return user + system;
  };
  return { port, cpu, stop: () => child.disconnect() };
}

/** A request, as text that lies ready. */
function requestWith(headers) {
  const lines = [`GET ${PATH} HTTP/1.1`, 'Host: 127.0.0.1', ...headers.map((pair) => pair.join(': '))];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** One answer, octet by octet. */
async function answerOf({ port }, request) {
  const socket = await connected(port);
  socket.write(request);
  let text = '';
  for await (const chunk of socket) {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n') + 4;
    const [, length = '0'] = /^content-length: (\d+)\r$/im.exec(text.slice(0, end)) ?? [];
    if (end > 3 && text.length === end + Number(length)) return text; // and the connection is closed
  }
  throw new Error(`cut short: ${text}`);
}

/** The same at any time. */
function undated(answer) {
  return answer.replace(/^Date: .*$/m, 'Date');
}

/** What a handler has to say for it: the rest node:http adds to every answer. */
function partsOf(answer) {
  const [head, body] = answer.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  const headers = lines.map((line) => /^(.*?): (.*)$/.exec(line).slice(1));
  return {
    status: Number(status.split(' ')[1]),
    headers: Object.fromEntries(headers.filter(([name]) => !['Date', 'Connection', 'Keep-Alive'].includes(name))),
    body,
  };
}

/** The endpoint and a bare handler that says one thing, whatever it is asked: of this very text. */
async function startPair(headers) {
  const endpoint = await start('endpoint');
  const get = partsOf(await answerOf(endpoint, requestWith([])));
  const request = requestWith(headers(get));
  const answer = await answerOf(endpoint, request);
  const bare = await start('bare', partsOf(answer));
  const same = await answerOf(bare, request);
  if (undated(same) !== undated(answer)) throw new Error(`bare answers something else:\n${same}\n${answer}`);
  return { servers: { bare, endpoint }, request, answer };
}

// ── the load ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Connections that are kept, each with one request after the other: text that lies ready, and octets that are counted,
 * since a generator that did more would be the slowest of the three.
 */
class Client {
  #sockets;
  #request;
  /** Octets of an answer, and the first of them. */
  #length;
  #begins;

  static async open(server, request, answer) {
    const client = new Client();
    client.#request = request;
    client.#length = answer.length;
    client.#begins = Buffer.from(answer.slice(0, 12));
    client.#sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => connected(server.port)));
    return client;
  }

  /** Nanoseconds for so many requests. */
  async run(count) {
    const start = process.hrtime.bigint();
    await Promise.all(this.#sockets.map((socket) => this.#runOn(socket, count / CONNECTIONS)));
    return Number(process.hrtime.bigint() - start);
  }

  #runOn(socket, count) {
    let [left, octets] = [count, 0];
    return new Promise((resolve, reject) => {
      const read = (chunk) => {
        if (octets === 0 && !chunk.subarray(0, 12).equals(this.#begins)) return reject(new Error(`${chunk}`));
        octets += chunk.length;
        if (octets < this.#length) return;
        if (octets > this.#length) return reject(new Error('an answer of another length'));
        octets = 0;
        left--;
        if (left > 0) return socket.write(this.#request);
        socket.off('data', read).off('close', gone);
        resolve();
      };
      const gone = () => reject(new Error('the server closed a connection'));
      socket.on('data', read).on('close', gone);
      socket.write(this.#request);
    });
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function connected(port) {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  return socket;
}

/** Everyone in turn, in another order each round. name → { perSecond, cpu, busy }, a sample a round. */
async function loadInTurn({ servers, request, answer }, { rounds, requests, warm }) {
  const names = Object.keys(servers);
  const clients = {};
  for (const name of names) {
    clients[name] = await Client.open(servers[name], request, answer);
    await clients[name].run(warm);
  }
  const samples = Object.fromEntries(names.map((name) => [name, { perSecond: [], cpu: [], busy: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length];
      const before = await servers[name].cpu();
      const ns = await clients[name].run(requests);
      const spent = (await servers[name].cpu()) - before;
      samples[name].perSecond.push((requests / ns) * 1e9);
      samples[name].cpu.push(spent / requests);
      samples[name].busy.push((spent * 1000) / ns);
    }
  }
  for (const client of Object.values(clients)) client.close();
  return samples;
}

/** What there is to load: an endpoint and its bare handler, told the same request. */
const both = ({ servers }) => servers;

/** Several pairs of processes, one after the other: what one process's compiler happens to make of it is not all there is. */
async function measured(headers, how, choose = both) {
  const all = {};
  let octets;
  for (let pair = 0; pair < how.pairs; pair++) {
    const started = await startPair(headers);
    octets = started.answer.length;
    const servers = await choose(started);
    const samples = await loadInTurn({ ...started, servers }, how);
    for (const [name, { perSecond, cpu, busy }] of Object.entries(samples)) {
      const before = all[name] ?? { perSecond: [], cpu: [], busy: [] };
      all[name] = {
        perSecond: [...before.perSecond, ...perSecond],
        cpu: [...before.cpu, ...cpu],
        busy: [...before.busy, ...busy],
      };
    }
    for (const server of Object.values({ ...started.servers, ...servers })) server.stop();
  }
  return { octets, samples: all };
}

function ratioOf(ours, theirs) {
  return Number(median(ours.map((sample, round) => sample / theirs[round])).toFixed(3));
}

/** Medians over the rounds; ratios are the medians of those within each round. */
function figuresOf({ octets, samples }) {
  const servers = Object.entries(samples).map(([name, { perSecond, cpu, busy }]) => [
    name,
    {
      perSecond: Math.round(median(perSecond)),
      cpuMicroseconds: Number(median(cpu).toFixed(2)),
      busy: Number(median(busy).toFixed(2)),
      throughput: ratioOf(perSecond, samples.bare.perSecond),
      perCpu: ratioOf(samples.bare.cpu, cpu),
    },
  ]);
  return { octets, ...Object.fromEntries(servers) };
}

/**
 * How many times the requests of the bare handler. Who has to wait for the generator answers as many as any other that waits
 * for it; then it is the CPU time that tells how many it would be.
 */
function ratioJudged({ throughput, perCpu, busy }) {
  return busy >= BUSY ? throughput : perCpu;
}

/** Whether the target is met, where there is one. */
function tell(name, { octets, bare, ...others }) {
  console.log(`\n${name}: ${octets} octets`);
  console.log(`      ${'bare'.padEnd(20)}${figureOf(bare)}`);
  for (const [server, figures] of Object.entries(others)) {
    const { throughput, perCpu } = figures;
    const verdict = server !== 'endpoint' ? '' : ratioJudged(figures) >= TARGET ? 'ok' : 'MISS';
    const ratios = `${throughput.toFixed(2)} × the throughput of bare, ${perCpu.toFixed(2)} × by its CPU`;
    console.log(`${verdict.padEnd(6)}${server.padEnd(20)}${figureOf(figures)}: ${ratios}`);
  }
  return others.endpoint === undefined || ratioJudged(others.endpoint) >= TARGET;
}

function figureOf({ perSecond, cpuMicroseconds, busy }) {
  return `${perSecond} requests/s, ${cpuMicroseconds.toFixed(1)} µs of CPU each, ${Math.round(100 * busy)} % busy`;
}

// ── all together ────────────────────────────────────────────────────────────────────────────────────────────────────

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const how = { pairs: isQuick ? 2 : 5, rounds: isQuick ? 11 : 21, requests: 10_000, warm: 30_000 };
console.log(`Node ${process.version}; ${CONNECTIONS} connections, ${how.pairs} pairs of processes`);
const cases = {
  'the set': await measured(() => [], how),
  'a client that has it: 304': await measured(({ headers }) => [['If-None-Match', headers.ETag]], how),
};
if (!isQuick) {
  // What the same listener does for a handler that was made elsewhere; it has no target.
  const other = async ({ servers: { bare }, answer }) => ({
    bare,
    'any fetch handler': await start('any fetch handler', partsOf(answer)),
  });
  cases['a Request and a Response each time'] = await measured(() => [], { ...how, pairs: 1, rounds: 11 }, other);
}
const figures = Object.entries(cases).map(([name, each]) => [name, figuresOf(each)]);
const missed = figures.filter(([name, each]) => !tell(name, each));
if (!isQuick) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const document = { node: process.version, connections: CONNECTIONS, figures: Object.fromEntries(figures) };
  writeFileSync(new URL('endpoint.json', directory), `${JSON.stringify(document, null, 2)}\n`);
}
const judged = figures.filter(([, { endpoint }]) => endpoint !== undefined);
console.log(`\n${judged.length - missed.length} of ${judged.length} targets met`);
if (missed.length && args.includes('--check')) process.exitCode = 1;
