// One process of several that share a ring: it opens the library as it is published and does what its parent says, over a
// channel of its own. Arguments: the library's URL, and as JSON what to open: { issuer, policy, store, clock }.
import { setTimeout as pause } from 'node:timers/promises';

const [, , library, text] = process.argv;
const { createIssuer, fileStore, postgresStore, redisStore } = await import(library);
const { nextRecords } = await import(new URL('next-records.mjs', library).href);
const { issuer: name, policy, store: place, clock } = JSON.parse(text);

/** What the clock tells: what the parent said last, or else time that flies from a common beginning. */
let now = 0;
const tell = () => (clock ? clock.start + ((Date.now() - clock.since) / 1000) * clock.speed : now);

const patience = 2000;
const stores = {
  file: async (folder) => fileStore(folder),
  postgres: async (connectionString) => {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: patience, query_timeout: patience });
    pool.on('error', () => {});
    const store = postgresStore(pool, { ring: name });
    await store.createSchema();
    return store;
  },
  ioredis: async (url) => {
    const { Redis } = await import('ioredis');
    const limits = { commandTimeout: patience, maxRetriesPerRequest: 1, enableOfflineQueue: false };
    const client = new Redis(url, { ...limits, retryStrategy: () => 20, lazyConnect: true });
    client.on('error', () => {});
    await client.connect();
    return redisStore(client, { ring: name });
  },
  redis: async (url) => {
    const { createClient } = await import('redis');
    const limits = { disableOfflineQueue: true, commandOptions: { timeout: patience } };
    const client = createClient({ url, ...limits, socket: { reconnectStrategy: () => 20 } });
    client.on('error', () => {});
    await client.connect();
    return redisStore(client, { ring: name });
  },
};

const [[kind, where]] = Object.entries(place);
const store = await stores[kind](where);
let issuer;

const sign = () => issuer.sign({ sub: String(process.pid) }, { audience: name, expiresIn: policy.maxTokenLifetime });

/** Until the store can be had. Tells how often it could not. */
async function patiently(run) {
  for (let failures = 0; ; failures++) {
    try {
      return { failures, value: await run() };
    } catch (error) {
      if (error.code !== 'ERR_RING_UNAVAILABLE') throw error;
      await pause(10);
    }
  }
}

const commands = {
  async open(instant) {
    now = instant;
    issuer = await createIssuer({ issuer: name, store, policy, clock: tell });
  },
  /** Knows at this instant which key signs. */
  async look(instant) {
    now = instant;
    await patiently(() => issuer.refresh());
    return sign();
  },
  rotate: () => issuer.rotate(),
  status: async () => (await patiently(() => issuer.status())).value,
  jwks: async () => (await patiently(() => issuer.jwks())).value,
  /** As somebody who does not let go: until the key signs no more, whoever has seen to that. */
  async insist(from) {
    const { failures } = await patiently(() => issuer.rotate({ from }).catch(refuse('ERR_RING_CONFLICT')));
    return failures;
  },
  /** Another key signs, again and again, whether verifiers have it or not; each time, a token of it. */
  async churn(rest) {
    for (;;) {
      const { keys } = await issuer.status();
      const next = keys.find(({ state }) => state === 'pending');
      // Another process may have been first.
      const change = next && (await issuer.promote(next.kid, { force: true }).catch(refuse('ERR_RING_CONFLICT')));
      if (change) process.send({ change });
      process.send({ token: await sign() });
      await pause(rest * (0.5 + Math.random()));
    }
  },
  /** Takes back the key that signs, again and again, so that each save erases a private part. */
  async revoke() {
    for (;;) {
      const { keys } = await issuer.status();
      const key = keys.find(({ signs }) => signs);
      if (key) await issuer.revoke(key.kid, 'stolen');
    }
  },
  /** Saves without a pause, so that wherever a kill hits, it hits a save. The ring stays what it is. */
  async write() {
    for (let i = 0; ; i++) {
      if (i % 20 === 0) process.send({ token: await sign() });
      const { records, version } = await store.load();
      await store.save(nextRecords(records), version);
    }
  },
};

function refuse(code) {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

process.on('message', async ({ id, command, argument }) => {
  try {
    process.send({ id, value: await commands[command](argument) });
  } catch (error) {
    process.send({ id, error: `${error.code ?? ''} ${error.stack ?? error}` });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
