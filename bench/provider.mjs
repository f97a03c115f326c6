// A real identity provider, the certified oidc-provider, on loopback over TLS: a user logs in through a real authorization-code
// flow with PKCE (openid-client), and its access token (RFC 9068) and ID token are verified by createVerifier({ issuer, audience })
// and nothing else. Then its keys are rotated by its own procedure, while every token keeps being verified.
//   node provider.mjs
import { createServer } from 'node:https';
import * as client from 'openid-client';
import { trustedTls } from './authority.mjs';
import { AUDIENCE, keyFor } from './fixtures.mjs';
import { versionOf } from './versions.mjs';

const tls = trustedTls(import.meta.url);
console.info = () => undefined; // the provider's words of warning about a development set-up; its errors are shown
console.warn = () => undefined;
const { Provider } = await import('oidc-provider');
const {
  createVerifier,
  decryptWith,
  discover,
  exportPrivateJwk,
  generateKey,
  importDecryptionKeys,
  readUnverifiedJwt,
} = await import('../dist/index.js');

const CLIENT = 'web-shop';
/** Clients whose ID tokens are encrypted to a key of theirs, each with its id_token_encrypted_response_alg and enc. */
const ENCRYPTED = { 'web-bank': ['RSA-OAEP-256', 'A256GCM'], 'web-clinic': ['ECDH-ES', 'A128CBC-HS256'] };
const REDIRECT = 'https://shop.example/callback';
const SCOPE = 'orders:read';
const USER = 'ada';

/** Keys of the verifiers are fresh for a second, so that a rotation, whose pace they set, takes seconds instead of hours. */
const FRESH_SECONDS = 1;
const remoteOf = (name) => ({
  minFresh: FRESH_SECONDS,
  defaultFresh: FRESH_SECONDS,
  maxFresh: FRESH_SECONDS,
  onEvent: ({ type }) => {
    if (type in events) events[type].push(name);
  },
});
/** Which verifier's key set, in the order of events. */
const events = { refreshed: [], 'refresh-failed': [] };

let wrong = 0;
let checks = 0;

function check(name, holds, told = '') {
  checks++;
  if (!holds) wrong++;
  console.log(`${holds ? 'ok   ' : 'WRONG'} ${name}${told && `  (${told})`}`);
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Every verifier has asked again. After failures it takes its time: its pauses grow, and are drawn by lot. */
async function untilRefreshed() {
  const before = events.refreshed.length;
  for (let tries = 0; tries < 400; tries++) {
    await pause(0.05);
    if (new Set(events.refreshed.slice(before)).size === 2) return;
  }
  check('every verifier asks again within 20 seconds', false);
}

/** The provider's process, as far as a verifier can see: it can be restarted with other keys, on the same port. */
class Identity {
  #server;
  port = 0;

  get issuer() {
    return `https://localhost:${this.port}`;
  }

  /** As its documentation has it: the first fitting key signs, all are published. */
  async start(keys) {
    this.#server = createServer(tls, (req, res) => this.callback(req, res));
    await new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.callback = new Provider(this.issuer, configuration(keys)).callback();
  }

  async stop() {
    const stopped = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await stopped;
  }

  async restart(keys) {
    await this.stop();
    await pause(1.5 * FRESH_SECONDS); // down for longer than any key is fresh
    await this.start(keys);
  }
}

function configuration(keys) {
  return {
    clients: [clientOf(CLIENT), ...Object.keys(ENCRYPTED).map(encryptedClientOf)],
    jwks: { keys: keys.map(({ privateJwk }) => ({ ...privateJwk, use: 'sig' })) },
    cookies: { keys: ['a secret of this run only'] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { AccessToken: 600, IdToken: 600, AuthorizationCode: 60, Interaction: 600, Grant: 600, Session: 600 },
    features: {
      devInteractions: { enabled: true },
      encryption: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, audience) => ({
          scope: SCOPE,
          audience,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

function clientOf(client_id) {
  return { client_id, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' };
}

function encryptedClientOf(name) {
  const [id_token_encrypted_response_alg, id_token_encrypted_response_enc] = ENCRYPTED[name];
  const jwks = decryption[name].toJSON(); // the public keys
  return { ...clientOf(name), jwks, id_token_encrypted_response_alg, id_token_encrypted_response_enc };
}

/** As much of a browser as a login needs: cookies with paths, redirects, and forms. */
class Browser {
  #cookies = new Map();

  async #request(url, init = {}) {
    const { pathname } = new URL(url);
    const sent = [...this.#cookies.values()].filter(({ path }) => pathname.startsWith(path));
    const cookie = sent.map(({ pair }) => pair).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) this.#keep(line, pathname);
    return response;
  }

  #keep(line, pathname) {
    const [pair, ...attributes] = line.split('; ');
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? pathname;
    const id = `${pair.split('=')[0]} ${path}`;
    if (pair.endsWith('=')) this.#cookies.delete(id);
    else this.#cookies.set(id, { pair, path });
  }

  /** Follows redirects and submits the forms that come up, until it is sent back to the client. */
  async visit(start) {
    let [url, init] = [start.href, {}];
    for (let steps = 0; steps < 20; steps++) {
      const response = await this.#request(url, init);
      const location = response.headers.get('location');
      const page = location ? undefined : await response.text();
      if (page !== undefined && response.status !== 200) throw new Error(`the provider answers ${response.status}`);
      [url, init] = location ? [new URL(location, url).href, {}] : submit(page, url);
      if (url.startsWith(REDIRECT)) return new URL(url);
    }
    throw new Error('the login does not come to an end');
  }
}

/** The login form and the consent form of devInteractions. */
function submit(page, url) {
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
  const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
  if (!action || !prompt) throw new Error('no form where one was expected');
  const body = new URLSearchParams({ prompt, ...(prompt === 'login' && { login: USER, password: 'any' }) });
  return [new URL(action, url).href, { method: 'POST', body }];
}

/** The client's own library must decrypt the ID token, too, or it ends the login. */
async function decryptingKeyOf(name) {
  const [{ alg, kid, ...jwk }] = decryption[name].keys.map((key) => exportPrivateJwk(key));
  const [algorithm, usages] = jwk.crv
    ? [{ name: 'ECDH', namedCurve: jwk.crv }, ['deriveBits']]
    : [{ name: 'RSA-OAEP', hash: 'SHA-256' }, ['decrypt']];
  return { key: await crypto.subtle.importKey('jwk', jwk, algorithm, false, usages), alg, kid };
}

/** Logs in anew. */
async function logIn(issuer, name = CLIENT) {
  const config = await client.discovery(new URL(issuer), name, undefined, client.None());
  if (name !== CLIENT) client.enableDecryptingResponses(config, [ENCRYPTED[name][1]], await decryptingKeyOf(name));
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const start = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: `openid ${SCOPE}`,
    resource: AUDIENCE,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  const callback = await new Browser().visit(start);
  const expected = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, callback, expected, { resource: AUDIENCE });
  return { access: tokens.access_token, id: tokens.id_token, nonce: expectedNonce };
}

/** Verifies tokens round and round until it is stopped, waiting and not waiting in turn. */
class Load {
  tokens = [];
  verified = 0;
  /** code → how often */
  refused = {};
  #isOn = true;
  #end;

  constructor(verifiers) {
    this.#end = this.#run(verifiers);
  }

  async #run(verifiers) {
    while (this.#isOn) {
      for (const { access, id } of this.tokens) {
        await this.#try(() => verifiers.access.verify(access));
        await this.#try(() => verifiers.access.verifySync(access));
        await this.#try(() => verifiers.id.verify(id));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #try(verify) {
    this.verified++;
    try {
      await verify();
    } catch (error) {
      this.refused[error.code ?? error] = (this.refused[error.code ?? error] ?? 0) + 1;
    }
  }

  async stop() {
    this.#isOn = false;
    await this.#end;
  }

  /** So far. */
  check(stage) {
    const refused = Object.entries(this.refused).map(([code, times]) => `${times} × ${code}`);
    const told = [
      `${this.verified} verified`,
      `${events.refreshed.length} refreshes`,
      `${events['refresh-failed'].length} failed`,
      ...refused,
    ];
    check(`${stage}: no valid token refused`, refused.length === 0 && this.verified > 0, told.join(', '));
  }
}

async function codeOf(verification) {
  return verification.then(
    () => 'accepted',
    (error) => error.code ?? String(error),
  );
}

function kidOf(token) {
  return readUnverifiedJwt(token).header.kid;
}

const [first, second] = ['2024-11', '2024-12'].map((kid) => {
  const key = keyFor('RS256');
  return { kid, privateJwk: { ...key.privateJwk, kid } };
});

const decryption = {};
for (const [name, [alg]] of Object.entries(ENCRYPTED))
  decryption[name] = importDecryptionKeys({ keys: [exportPrivateJwk(await generateKey(alg, { kid: `${name}-enc` }))] });

console.log(
  `Node ${process.version}, oidc-provider ${versionOf('oidc-provider')}, openid-client ${versionOf('openid-client')}\n`,
);
const identity = new Identity();
await identity.start([first]);
const { issuer } = identity;

const verifiers = {
  access: createVerifier({ issuer, audience: AUDIENCE, typ: 'at+jwt', remote: remoteOf('access') }),
  id: createVerifier({ issuer, audience: CLIENT, remote: remoteOf('id') }),
};

const metadata = await discover(issuer);
check('discovery: the issuer is itself, its keys are under it', metadata.issuer === issuer, metadata.jwks_uri);

const login = await logIn(issuer);
const plain = await createVerifier({ issuer, audience: AUDIENCE }).verify(login.access);
check('an access token by createVerifier({ issuer, audience }) alone', plain.claims.sub === USER);
const access = await verifiers.access.verify(login.access);
check(
  'of RFC 9068 type',
  readUnverifiedJwt(login.access).header.typ === 'at+jwt' && access.claims.client_id === CLIENT,
);
check('with its scope and audience', access.claims.scope === SCOPE && access.claims.aud === AUDIENCE);
const id = await verifiers.id.verify(login.id);
check('an ID token for the client', id.claims.sub === USER && id.claims.nonce === login.nonce);

const last = login.access.lastIndexOf('.') + 20;
const forged = `${login.access.slice(0, last)}${login.access[last] === 'A' ? 'B' : 'A'}${login.access.slice(last + 1)}`;
const refusals = {
  'a forged access token': [verifiers.access.verify(forged), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  'an ID token for an access token': [verifiers.access.verify(login.id), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
  'an access token for an ID token': [verifiers.id.verify(login.access), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
};
for (const [name, [verification, expected]] of Object.entries(refusals)) {
  const code = await codeOf(verification);
  check(`refused: ${name}`, code === expected, code);
}

for (const [name, [alg, enc]] of Object.entries(ENCRYPTED)) {
  const { id: encrypted, nonce } = await logIn(issuer, name);
  const verifier = createVerifier({ issuer, audience: name, decrypt: decryptWith(decryption[name]) });
  const { claims } = await verifier.verify(encrypted);
  const isEncrypted = encrypted.split('.').length === 5;
  check(`an ID token encrypted with ${alg}, ${enc}`, isEncrypted && claims.sub === USER && claims.nonce === nonce);
  const plainCode = await codeOf(verifier.verify(login.id));
  check('refused: a signed ID token where encrypted ones are expected', plainCode === 'ERR_JWE_INVALID', plainCode);
  const otherCode = await codeOf(verifiers.id.verify(encrypted));
  check('refused: an encrypted ID token where signed ones are expected', otherCode === 'ERR_JWS_INVALID', otherCode);
}

console.log('\nrotation, while the tokens are verified round and round:');
const load = new Load(verifiers);
load.tokens = [login];
await pause(FRESH_SECONDS);

await identity.restart([first, second]);
await untilRefreshed();
load.check('the new key published behind the old, restart');
const between = await logIn(issuer);
check(
  'tokens are still signed with the old key',
  kidOf(between.access) === first.kid && kidOf(between.id) === first.kid,
);
load.tokens = [login, between];

await identity.restart([second, first]);
const after = await logIn(issuer);
load.tokens = [login, between, after];
await untilRefreshed();
load.check('the new key in front, restart');
check('new tokens are signed with the new key', kidOf(after.access) === second.kid && kidOf(after.id) === second.kid);

load.tokens = [after]; // those of the old key have run out by now, in a provider that waits for them
await pause(0.1);
await identity.restart([second]);
await untilRefreshed();
load.check('the old key dropped, restart');
await load.stop();
const gone = await codeOf(verifiers.access.verify(login.access));
check('refused: a token of the key that was dropped', gone === 'ERR_JWKS_NO_MATCHING_KEY', gone);

await identity.stop();
console.log(`\n${checks} checks, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
