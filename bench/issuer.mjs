// A pretended issuer on loopback: a few keys, the URL of their public halves, and a server that can be told to misbehave.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import { AUDIENCE, keyFor, tokenOf } from './fixtures.mjs';

/** How long an answer may be kept, unless told otherwise: ten minutes, as long as jose and jwks-rsa keep any. */
export const FRESH_SECONDS = 600;
const ISSUED_AT = 1_700_000_000;
const EXPIRES_AT = 4_102_444_800; // 2100-01-01

/** RSA keys are slow to make and nothing here depends on which one it is, so they come from a small stock. */
const stock = [];
export function signingKey(kid, alg = 'RS256') {
  const key = stock.find((entry) => entry.kid === kid) ?? { ...keyFor(alg), kid };
  if (!stock.includes(key)) stock.push(key);
  return { ...key, jwk: { ...key.jwk, kid } };
}

export class Issuer {
  /** GETs of the key set. */
  requests = 0;
  /** What is published. */
  keys = [];
  /** How a GET of the key set is answered. */
  answer = (_req, res) => this.publish(res);
  freshSeconds = FRESH_SECONDS;
  #server;

  constructor(tls) {
    this.#server = createServer(tls, (req, res) => {
      if (req.url !== JWKS_PATH) return res.writeHead(404).end();
      this.requests++;
      this.answer(req, res);
    });
  }

  static async listen(tls, keys) {
    const issuer = new Issuer(tls);
    issuer.keys = keys;
    await new Promise((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url() {
    return `https://localhost:${this.#server.address().port}/`;
  }

  get jwksUrl() {
    return new URL(JWKS_PATH, this.url).href;
  }

  publish(res, more = {}) {
    const body = JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk), ...more });
    const headers = { 'content-type': 'application/json', 'cache-control': `public, max-age=${this.freshSeconds}` };
    res.writeHead(200, headers).end(body);
  }

  /** A token as good as any, unless `claims` says otherwise. */
  sign(key, claims = {}) {
    return tokenOf(JSON.stringify({ ...this.#claims(), ...claims }), key, 'at+jwt').token;
  }

  /** A token under a kid that nobody has heard of. Its signature is of the right length, and noise. */
  unknownKid(kid = randomBytes(12).toString('hex')) {
    const [header, payload] = [{ alg: 'RS256', typ: 'at+jwt', kid }, this.#claims()].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    return `${header}.${payload}.${randomBytes(256).toString('base64url')}`;
  }

  #claims() {
    return { iss: this.url, sub: 'user-1', aud: AUDIENCE, client_id: 'web', iat: ISSUED_AT, exp: EXPIRES_AT };
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Where get-jwks looks without being told, so all look there. */
const JWKS_PATH = '/.well-known/jwks.json';
