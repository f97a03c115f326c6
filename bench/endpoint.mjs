// The JWKS endpoint under load: requests a second beside a bare node:http handler that returns the same bytes and headers.
//   node endpoint.mjs [--quick] [--check]        --check: exit code 1 when a target is missed
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { median } from './measure.mjs';

const PATH = '/.well-known/jwks.json';
const CONNECTIONS = 50;
/** Ours must answer so many requests while the bare handler answers one. */
const TARGET = 0.9;

// ── the servers ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function start(name, answers = {}) {
  const child = fork(fileURLToPath(new URL('endpoint-server.mjs', import.meta.url)), [name]);
  child.send(answers);
  const [{ port }] = await once(child, 'message');
  const cpu = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return user + system;
  };
  return { port, url: `http://127.0.0.1:${port}${PATH}`, cpu, stop: () => child.disconnect() };
}

/** An answer as a client has it, without what node:http adds to every one. */
async function answerOf(url, headers = {}) {
  const response = await fetch(url, { headers });
  const { date: _, connection: __, 'keep-alive': ___, ...own } = Object.fromEntries(response.headers);
  return { status: response.status, headers: own, body: await response.text() };
}

// ── the load ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Connections that are kept, each with one request after the other: text that lies ready, and octets that are counted,
 * since a generator that did more would be the slowest of the three.
 */
class Client {
  #sockets;
  #request;
  /** Octets of an answer. */
  #length;
  #begins;

  static async open({ port }, headers) {
    const client = new Client();
    const lines = [
      `GET ${PATH} HTTP/1.1`,
      'Host: 127.0.0.1',
      ...Object.entries(headers).map((pair) => pair.join(': ')),
    ];
    client.#request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
    client.#sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => connected(port)));
    const [socket] = client.#sockets;
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    socket.write(client.#request);
    await setTimeout(200); // by then it is whole
    socket.removeAllListeners('data');
    const answer = Buffer.concat(parts);
    client.#length = answer.length;
    client.#begins = answer.subarray(0, 12);
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
        octets = 0;
        left--;
        if (left > 0) return socket.write(this.#request);
        socket.off('data', read).off('close', reject);
        resolve();
      };
      socket.on('data', read).on('close', reject);
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

/** Everyone in turn, in another order each round. name → { perSecond, cpu }, a sample a round. */
async function loadInTurn(servers, headers, { rounds, requests, warm }) {
  const names = Object.keys(servers);
  const clients = {};
  for (const name of names) {
    clients[name] = await Client.open(servers[name], headers);
    await clients[name].run(warm);
  }
  const samples = Object.fromEntries(names.map((name) => [name, { perSecond: [], cpu: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length];
      const before = await servers[name].cpu();
      const ns = await clients[name].run(requests);
      const spent = (await servers[name].cpu()) - before;
      samples[name].perSecond.push((requests / ns) * 1e9);
      samples[name].cpu.push(spent / requests);
    }
  }
  for (const client of Object.values(clients)) client.close();
  return samples;
}

function ratioOf(ours, theirs) {
  return Number(median(ours.map((sample, round) => sample / theirs[round])).toFixed(3));
}

/** Medians over the rounds; ratios are the medians of those within each round. */
function figuresOf(samples) {
  return Object.fromEntries(
    Object.entries(samples).map(([name, { perSecond, cpu }]) => [
      name,
      {
        perSecond: Math.round(median(perSecond)),
        cpuMicroseconds: Number(median(cpu).toFixed(2)),
        throughput: ratioOf(perSecond, samples.bare.perSecond),
        perCpu: ratioOf(samples.bare.cpu, cpu),
      },
    ]),
  );
}

/** Whether the target is met, where there is one. */
function tell(name, { bare, ...others }) {
  console.log(`\n${name}`);
  console.log(`      ${'bare'.padEnd(20)}${figureOf(bare)}`);
  for (const [server, figures] of Object.entries(others)) {
    const { throughput, perCpu } = figures;
    const verdict = server !== 'endpoint' ? '    ' : throughput >= TARGET ? 'ok  ' : 'MISS';
    const ratios = `${throughput.toFixed(2)} × the throughput of bare, ${perCpu.toFixed(2)} × by its CPU`;
    console.log(`${verdict}  ${server.padEnd(20)}${figureOf(figures)}: ${ratios}`);
  }
  return others.endpoint === undefined || others.endpoint.throughput >= TARGET;
}

function figureOf({ perSecond, cpuMicroseconds }) {
  return `${perSecond} requests/s, ${cpuMicroseconds.toFixed(1)} µs of CPU each`;
}

// ── all together ────────────────────────────────────────────────────────────────────────────────────────────────────

const args = process.argv.slice(2);
const how = { rounds: args.includes('--quick') ? 21 : 101, requests: 10_000, warm: 50_000 };
const endpoint = await start('endpoint');
const get = await answerOf(endpoint.url);
const known = { 'if-none-match': get.headers.etag };
const unmodified = await answerOf(endpoint.url, known);
const bare = await start('bare', { get, unmodified });
const other = await start('any fetch handler', { get, unmodified });
for (const [headers, expected] of [
  [{}, get],
  [known, unmodified],
]) {
  if (!isDeepStrictEqual(await answerOf(bare.url, headers), expected)) throw new Error('bare answers something else');
}
console.log(`Node ${process.version}; ${CONNECTIONS} connections, ${get.body.length} octets`);
const cases = {
  'the set': await loadInTurn({ bare, endpoint }, {}, how),
  'a client that has it: 304': await loadInTurn({ bare, endpoint }, known, how),
  // What the same listener does for a handler that was made elsewhere; it has no target.
  'a Request and a Response each time': await loadInTurn(
    { bare, 'any fetch handler': other },
    {},
    { ...how, rounds: 11 },
  ),
};
for (const server of [endpoint, bare, other]) server.stop();
const figures = Object.entries(cases).map(([name, samples]) => [name, figuresOf(samples)]);
const missed = figures.filter(([name, each]) => !tell(name, each));
if (!args.includes('--quick')) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const document = { node: process.version, figures: Object.fromEntries(figures) };
  writeFileSync(new URL('endpoint.json', directory), `${JSON.stringify(document, null, 2)}\n`);
}
console.log(`\n${2 - missed.length} of 2 targets met`);
if (missed.length && args.includes('--check')) process.exitCode = 1;
