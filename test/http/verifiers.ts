// A verifier with local keys, one whose issuer cannot be reached, and the tokens that tests of the doors send.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import {
  type BearerEvent,
  createVerifier,
  importJwks,
  type JwtClaims,
  remoteJwks,
  type Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { AUDIENCE, CLAIMS, ISSUER, NOW } from '../support/doors.ts';
import { b64u, compact, forge, jwkOf, keySigner, macSigner, pem, spkiOf } from '../support/forge.ts';
import { freshPair, nodePair } from '../support/keys.ts';

const HEADER = { alg: 'ES256', kid: 'k1', typ: 'JWT' };
const { publicKey } = nodePair('ES256');

/** What the verifiers below expect. */
export const KEYS = importJwks({ keys: [{ ...jwkOf(publicKey), kid: 'k1', alg: 'ES256' }] });
const EXPECTED = { issuer: ISSUER, audience: AUDIENCE, clock: () => NOW };

/** On the calling thread, so that an answer comes after a known number of turns; test/verifier/pool.test.ts has the others. */
export function verifierWith<Claims = JwtClaims>(options: Partial<VerifierOptions<Claims>> = {}): Verifier<Claims> {
  return createVerifier<Claims>({ ...EXPECTED, keys: KEYS, pool: 'never', ...options });
}

/** Its keys were never to be had. */
export function cutOff(): Verifier {
  const refuse = () => Promise.reject(new Error('no route'));
  const keys = remoteJwks('https://issuer.example/jwks', { fetch: refuse, clock: () => NOW, random: () => 1 });
  return verifierWith({ keys });
}

/** A token that is signed as it should be, with these claims beside or instead of the usual ones. */
export function tokenOf(claims: object = {}): string {
  return forge('ES256', HEADER, { ...CLAIMS, ...claims });
}

export const GOOD: string = tokenOf();
/** Its claim values, none of which may be shown to anyone unasked. */
const [header = '', payload = '', signature = ''] = GOOD.split('.');
const stranger = freshPair('ec', { namedCurve: 'P-256' });

/** Every kind of token that must be refused, with or without a good signature. */
export const BAD: Readonly<Record<string, string>> = {
  expired: tokenOf({ exp: NOW - 1 }),
  'not yet valid': tokenOf({ nbf: NOW + 60 }),
  'without exp': tokenOf({ exp: undefined }),
  'of another issuer': tokenOf({ iss: 'https://other.example' }),
  'for another audience': tokenOf({ aud: 'https://other.example' }),
  'with a claim of a wrong type': tokenOf({ sub: 7 }),
  'signed by a stranger': compact(HEADER, CLAIMS, keySigner('ES256', stranger.privateKey)),
  'with a changed payload': `${header}.${b64u({ ...CLAIMS, sub: 'admin' })}.${signature}`,
  'with an unknown kid': forge('ES256', { ...HEADER, kid: 'k2' }, CLAIMS),
  'without a kid, of another algorithm': compact(
    { alg: 'HS256' },
    CLAIMS,
    macSigner('HS256', pem('PUBLIC KEY', spkiOf(publicKey))),
  ),
  'with alg none': `${b64u({ alg: 'none' })}.${payload}.`,
  'with a critical extension': forge('ES256', { ...HEADER, crit: ['x'], x: 1 }, CLAIMS),
  'with claims that are no JSON': forge('ES256', HEADER, 'sub=user-1'),
  'without dots': 'opaque',
  'of one dot': '.',
  'of base64, not base64url': GOOD.replace('.', '+/.'),
  'with padding': `${GOOD}==`,
  'over the limit': `${header}.${'A'.repeat(300_000)}.${signature}`,
};

/** A listener, and what it heard. */
export function recorder(): { readonly events: BearerEvent[]; readonly onEvent: (event: BearerEvent) => void } {
  const events: BearerEvent[] = [];
  return { events, onEvent: (event) => void events.push(event) };
}

/** Whatever is waiting on settled promises has run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A server on loopback: `ask` sends header lines and gives the whole answer as text, without its date. */
export async function serve(listener: RequestListener): Promise<{
  readonly ask: (method: string, ...lines: readonly string[]) => Promise<string>;
  readonly port: number;
  readonly close: () => void;
}> {
  const server = createServer((request, response) => {
    response.sendDate = false;
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (method: string, ...lines: readonly string[]) => {
    const socket = connect(port, '127.0.0.1');
    socket.write([`${method} / HTTP/1.1`, 'Host: api.example', 'Connection: close', ...lines, '', ''].join('\r\n'));
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    return text;
  };
  return { ask, port, close: () => server.close() };
}
