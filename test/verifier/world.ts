// Two issuers with keys of one kid, what they sign, and where their keys are to be had.
import {
  createVerifier,
  importJwks,
  importKey,
  JoseError,
  type JwtClaims,
  type Key,
  type KeySet,
  type RemoteJwks,
  type RemoteJwksOptions,
  remoteJwks,
  type VerifiedJwt,
  type Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { compact, forge, jwkOf, keySigner } from '../support/forge.ts';
import { type FakeIssuer, fakeIssuer, jwksResponse } from '../support/issuer.ts';
import { freshPair, type NodePair, nodePair } from '../support/keys.ts';

export const NOW = 1_700_000_000;
export const A = 'https://a.example';
export const B = 'https://b.example';
export const AUDIENCE = 'https://api.example';
export const URL_A = `${A}/jwks`;

/** A private key of an issuer's, with its public half as a Key. */
export interface Signer {
  readonly pair: NodePair;
  readonly kid: string;
  readonly publicKey: Key;
}

export function signer(kid: string, pair: NodePair = freshPair('ec', { namedCurve: 'P-256' })): Signer {
  return { pair, kid, publicKey: importKey(pair.publicKey, { alg: 'ES256', kid }) };
}

/** The first key of A, the one that follows it, and the first key of B, which has the name of A's. */
export const a1: Signer = signer('k1', nodePair('ES256'));
export const a2: Signer = signer('k2');
export const b1: Signer = signer('k1');

export const CLAIMS: JwtClaims = { iss: A, aud: AUDIENCE, sub: 'user-1', iat: NOW, exp: NOW + 300 };

/** A token signed with that key, with these claims beside or instead of the usual ones. */
export function tokenOf(by: Signer, claims: object = {}, header: object = {}): string {
  return compact(
    { alg: 'ES256', kid: by.kid, typ: 'JWT', ...header },
    { ...CLAIMS, ...claims },
    keySigner('ES256', by.pair.privateKey),
  );
}

export const GOOD: string = tokenOf(a1);

export function setOf(...signers: readonly Signer[]): KeySet {
  return importJwks({ keys: signers.map(({ pair, kid }) => ({ ...jwkOf(pair.publicKey), kid, alg: 'ES256' })) });
}

export function answerOf(...signers: readonly Signer[]): () => Response {
  return () => jwksResponse(signers.map(({ publicKey }) => publicKey));
}

export const broken = (): Response => new Response('', { status: 500 });

/** A verifier of A's tokens by a remote set, and the issuer behind that; they share a clock. */
export function remoteWorld<Claims = JwtClaims>(
  options: Partial<VerifierOptions<Claims>> = {},
  remote: RemoteJwksOptions = {},
): { readonly issuer: FakeIssuer; readonly keys: RemoteJwks; readonly verifier: Verifier<Claims> } {
  const issuer = fakeIssuer(answerOf(a1));
  const keys = remoteJwks(URL_A, { ...issuer.options, ...remote });
  const verifier = createVerifier<Claims>({
    issuer: A,
    audience: AUDIENCE,
    keys,
    clock: () => issuer.now,
    ...options,
  });
  return { issuer, keys, verifier };
}

/** A cached verifier of A's tokens by keys at hand, and its time, which can be set. */
export function localWorld(options: Partial<VerifierOptions> = {}): {
  readonly time: { now: number };
  readonly verifier: Verifier;
} {
  const time = { now: NOW };
  return { time, verifier: createVerifier({ ...CACHED, clock: () => time.now, ...options }) };
}

export const CACHED: VerifierOptions = { issuer: A, audience: AUDIENCE, keys: setOf(a1), cache: { max: 3 } };

/** Whatever waits on settled promises has run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** How a verification ended: the claims, or all that the error tells. */
export type Outcome = { readonly claims: unknown } | Pick<JoseError, 'code' | 'message' | 'failures' | 'retryAfter'>;

export async function outcomeOf(run: () => VerifiedJwt<unknown> | Promise<VerifiedJwt<unknown>>): Promise<Outcome> {
  try {
    const { claims } = await run();
    return { claims };
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    return { ...error, code: error.code, message: error.message };
  }
}

/** Every kind of token that must be refused, signed by the right key where that can be. */
export const BAD: Readonly<Record<string, string>> = {
  expired: tokenOf(a1, { exp: NOW }),
  'not valid yet': tokenOf(a1, { nbf: NOW + 1 }),
  'without exp': tokenOf(a1, { exp: undefined }),
  'of another issuer': tokenOf(a1, { iss: B }),
  'for another audience': tokenOf(a1, { aud: 'https://other.example' }),
  'with several things wrong': tokenOf(a1, { iss: B, aud: [], exp: 'never' }),
  'signed by a stranger': tokenOf(b1),
  'with an unknown kid': tokenOf(a1, {}, { kid: 'k9' }),
  'with a critical extension': tokenOf(a1, {}, { crit: ['x'], x: 1 }),
  'with another alg': forge('ES384', { alg: 'ES384', kid: 'k1' }, CLAIMS),
  'with alg none': `${forge('HS256', { alg: 'none' }, CLAIMS).split('.').slice(0, 2).join('.')}.`,
  'that is nested': tokenOf(a1, {}, { cty: 'JWT' }),
  'with claims that are no JSON': compact({ alg: 'ES256', kid: 'k1' }, 'sub=a', keySigner('ES256', a1.pair.privateKey)),
  'with a claim twice': compact(
    { alg: 'ES256', kid: 'k1' },
    JSON.stringify(CLAIMS).replace('{', `{"iss":"${B}",`),
    keySigner('ES256', a1.pair.privateKey),
  ),
  'with padding': `${GOOD}=`,
  'with space around it': ` ${GOOD}`,
  'without dots': 'opaque',
  'that is empty': '',
  'over the limit': `${GOOD}${'A'.repeat(256 * 1024)}`,
};
