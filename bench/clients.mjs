// Our key set read by others: an issuer's endpoint on loopback over TLS, and the clients of JavaScript and Python, each set up as
// its documentation shows, verify its tokens hour by hour while two rotations and a revocation go by. Time is simulated.
//   node clients.mjs        PyJWT and Authlib are left out, and said to be, where no Python has them; with CI set that is a failure
import { once } from 'node:events';
import { createServer } from 'node:https';
import { trustedTls } from './authority.mjs';
import { advance, seconds, takeOverTime } from './clock.mjs';
import { AUDIENCE } from './fixtures.mjs';
import { startPython } from './python.mjs';

const tls = trustedTls(import.meta.url);
takeOverTime();
const { CANDIDATES, OURS, VERSIONS } = await import('./remote-peers.mjs');
const { createIssuer, jwksEndpoint, memoryStore, toNodeListener } = await import('../dist/index.js');

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** The issuer lives some days ago, and its tokens for longer: so they are valid by every clock, simulated or not. */
const AGO = 6 * 24 * HOUR;
const LIFETIME = '10d';
/** When what is done; tokens come every hour, and every minute after the revocation, for half an hour. */
const [ROTATE, ROTATE_AGAIN, REVOKE, END] = [2, 30, 52, 68].map((hours) => hours * HOUR);
const stepAt = (time) => (time >= REVOKE && time < REVOKE + HOUR / 2 ? MINUTE : time % HOUR === 0 ? HOUR : HOUR / 2);
/** The first is what every client is set up for; the others are for those that may choose. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const CHOOSING = ['PyJWT', 'Authlib'];

// ── the issuer ──────────────────────────────────────────────────────────────────────────────────────────────────────

let listener;
let requests = 0;
const server = createServer(tls, (request, response) => {
  requests++;
  listener(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `https://localhost:${server.address().port}/`;
const jwksUrl = `${url}.well-known/jwks.json`;
const started = seconds();
const issuer = await createIssuer({
  issuer: url,
  store: memoryStore(),
  policy: { maxTokenLifetime: LIFETIME },
  algorithms: ALGORITHMS,
  clock: () => seconds() - AGO,
});
listener = toNodeListener(jwksEndpoint(issuer));

// ── the clients: name → (token) → Promise of the claims ─────────────────────────────────────────────────────────────

const clients = Object.fromEntries(Object.entries(CANDIDATES).map(([name, make]) => [name, make({ url, jwksUrl })]));
const versions = { ...VERSIONS };
const authority = process.env.NODE_EXTRA_CA_CERTS;
const python = startPython('jwt, authlib, requests, cryptography', 'clients.py', [jwksUrl, url, AUDIENCE], {
  SSL_CERT_FILE: authority,
  REQUESTS_CA_BUNDLE: authority,
});
if (python) {
  Object.assign(versions, await python.versions);
  for (const client of ['PyJWT', 'Authlib'])
    clients[client] = (token) => python.ask({ client, token, passed: seconds() - started });
}

// ── their days ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** kid and algorithm → a token, of keys that are not revoked. */
const good = new Map();
const refusals = [];
let verifications = 0;

async function sign(sub, alg) {
  const token = await issuer.sign({ sub }, { audience: AUDIENCE, expiresIn: LIFETIME, typ: 'at+jwt', alg });
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
  return { kid, alg, sub, token };
}

async function accepts(name, { token, sub }) {
  verifications++;
  try {
    return { ok: (await clients[name](token)).sub === sub };
  } catch (error) {
    return { ok: false, error };
  }
}

/** A fresh token, and one of every key that signed before, to every client: each must be accepted. */
async function visit(sub) {
  for (const alg of ALGORITHMS) {
    const fresh = await sign(sub, alg);
    good.set(fresh.kid, fresh);
  }
  for (const name of Object.keys(clients)) {
    for (const one of good.values()) {
      if (one.alg !== ALGORITHMS[0] && !CHOOSING.includes(name)) continue;
      const { ok, error } = await accepts(name, one);
      if (!ok) refusals.push(`${name} refused ${one.alg} by ${one.kid.slice(0, 6)} for ${sub}: ${error}`);
    }
  }
}

/** A good token but for the signature, which is another token's: a client that takes it has looked at no key at all. */
async function forge() {
  const [one, other] = [await sign('user-of-a-stranger', ALGORITHMS[0]), await sign('user', ALGORITHMS[0])];
  return { ...one, token: [...one.token.split('.').slice(0, 2), other.token.split('.')[2]].join('.') };
}

/** The names of those who take it. */
async function takersOf(one) {
  const takers = [];
  for (const name of Object.keys(clients)) if ((await accepts(name, one)).ok) takers.push(name);
  return takers;
}

let revoked;
/** Whether the set still had the key at the moment after. */
let stillThere;
/** name → for how many minutes after the revocation it took the key's token for good. */
const lateness = Object.fromEntries(Object.keys(clients).map((name) => [name, 0]));

async function revoke() {
  const [alg] = ALGORITHMS;
  const last = await sign('user-of-the-thief', alg);
  const { acceptedUntil } = await issuer.revoke(last.kid, 'the key was copied');
  good.delete(last.kid);
  revoked = { ...last, acceptedUntil };
  const { keys } = await (await fetch(jwksUrl)).json();
  stillThere = keys.some(({ kid }) => kid === last.kid);
}

async function visitRevoked(since) {
  for (const name of await takersOf(revoked)) lateness[name] = since / MINUTE;
}

const events = new Map([
  [ROTATE, () => issuer.rotate()],
  [ROTATE_AGAIN, () => issuer.rotate()],
  [REVOKE, revoke], // when every client has just asked for the keys
]);
for (let time = 0; time <= END; ) {
  await visit(`user-${time / HOUR}`);
  await events.get(time)?.();
  if (revoked) await visitRevoked(time - REVOKE);
  const step = stepAt(time);
  await advance(step);
  time += step;
}
const deceived = await takersOf(await forge());
python?.end();
server.close();
server.closeAllConnections();

// ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────────

let wrong = 0;

function check(name, holds, told) {
  if (!holds) wrong++;
  console.log(`${holds ? 'ok   ' : 'WRONG'} ${name}: ${told}`);
}

const names = Object.entries(versions).map((pair) => pair.join(' '));
console.log(`Node ${process.version}; ${names.join(', ')}`);
console.log(`${END / HOUR} hours, ${verifications} tokens, ${requests} requests to the endpoint\n`);
const rs256 = Array.from(good.values()).filter(({ alg }) => alg === ALGORITHMS[0]);
check('keys that signed, one after the other', rs256.length === 3, `${rs256.length} and one that was revoked`);
check('good tokens refused', refusals.length === 0, refusals.join('\n      ') || 'none');
check('forged tokens taken', deceived.length === 0, deceived.join(', ') || 'none');
check('the set without the revoked key', !stillThere, stillThere ? 'late' : 'at once');
const promised = Math.floor((revoked.acceptedUntil + AGO - started - REVOKE) / MINUTE);
check(`${OURS} takes the revoked key for at most ${promised} min`, lateness[OURS] <= promised, `${lateness[OURS]} min`);
for (const [name, minutes] of Object.entries(lateness)) {
  if (name === OURS) continue;
  const told = minutes * MINUTE === END - REVOKE ? 'as long as it was asked' : `${minutes} min`;
  console.log(`      ${name} took it for ${told}`);
}
const here = python !== undefined;
const missing = 'apt-get install python3-jwt python3-authlib python3-requests python3-cryptography';
if (here || process.env.CI) check('PyJWT and Authlib', here, here ? 'were here' : missing);
else console.log(`      PyJWT and Authlib were left out: ${missing}`);
console.log(wrong ? `\n${wrong} wrong` : '\nall hold');
if (wrong) process.exitCode = 1;
