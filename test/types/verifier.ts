// What the types refuse about a configured verifier, and how a schema types its claims.

import { z } from 'zod';
import {
  createVerifier,
  discoverJwks,
  httpsFetch,
  type JwtClaims,
  type RemoteJwks,
  remoteJwks,
  type VerifiedJwt,
  Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { key, keys, token } from './given.ts';

declare const remote: RemoteJwks;
const issuer = 'https://issuer.example';
const audience = 'https://api.example';
const schema = z.object({ sub: z.string(), level: z.number() });

export const enough: Verifier = createVerifier({ issuer, audience });
export const local: Verifier<JwtClaims> = createVerifier({ issuer: null, audience: null, keys });
export const all: Verifier = createVerifier({
  issuer,
  audience: [audience],
  keys: remote,
  algorithms: ['ES256'],
  typ: 'at+jwt',
  requiredClaims: ['sub'],
  expiry: 'optional',
  maxAge: '1h',
  clockSkew: '30s',
  clock: () => 0,
  cache: { max: 1_000 },
});
export const discovered: Verifier = createVerifier({ issuer, audience, remote: { timeout: '2s', staleFor: 0 } });
const fetched = { headers: async () => ({ a: 'b' }), headersTo: ['https://keys.example'], insecureHosts: ['keycloak'] };
export const rotating: Verifier = createVerifier({
  issuer,
  audience,
  remote: { ...fetched, fetch: httpsFetch({ ca: '' }) },
});
export const named: RemoteJwks = discoverJwks(issuer, { ...fetched, issuer: 'https://named.example' });
export const perKid: Verifier = createVerifier({
  issuer,
  audience,
  keys: { current: undefined, keys: async (header) => (header?.kid === 'a' ? keys : keys) },
});
createVerifier({ issuer, audience, remote: { issuer } }); // must not compile: keys: discoverJwks(url, { issuer })
remoteJwks(issuer, { headersTo: [issuer] }); // must not compile: there is one URL only
remoteJwks(issuer, { headers: async () => ({ a: 7 }) }); // must not compile: a header is text
httpsFetch({}); // must not compile: no authority
export const several: Verifier = createVerifier({
  issuers: [
    { issuer, audience },
    { issuer: 'https://other.example', audience: null, keys: key },
  ],
  cache: { max: 10 },
});

const typed = createVerifier({ issuer, audience, schema });
const { claims } = typed.verifySync(token);
export const subject: string = claims.sub;
export const level: number = claims.level;
export const wrong: string = claims.level; // must not compile: level is a number
export const absent: unknown = claims.nothing; // must not compile: the schema has no such claim
export async function later(): Promise<number> {
  return (await typed.verify(token)).claims.level;
}
const typedSeveral = createVerifier({ issuers: [{ issuer, audience, schema }] });
export const levelOfSeveral: number = typedSeveral.verifySync(token).claims.level;
export const wrongOfSeveral: string = typedSeveral.verifySync(token).claims.level; // must not compile: level is a number
export const untyped: string | undefined = createVerifier({ issuer, audience }).verifySync(token).claims.sub;
export const general: Verifier<unknown> = typed;
export const narrow: Verifier<{ sub: number }> = typed; // must not compile: sub is a string
export const written: VerifierOptions<{ sub: string }> = { issuer, audience, schema };

createVerifier(); // must not compile: nothing is expected
createVerifier({}); // must not compile: neither issuer nor audience
createVerifier({ issuer }); // must not compile: no audience
createVerifier({ audience }); // must not compile: no issuer
createVerifier({ issuer: undefined, audience }); // must not compile: undefined is not a waiver, null is
createVerifier({ issuer, audience, now: 0 }); // must not compile: the clock tells the instant
createVerifier({ issuer, audience, jwksUri: issuer }); // must not compile: unknown option name
createVerifier({ issuer, audience, keys: 'secret' }); // must not compile: a string is not a key
createVerifier({ issuer, audience, keys: [key] }); // must not compile: an array is not a KeySet
createVerifier({ issuer, audience, keys: { keys: [] } }); // must not compile: a JWK Set is not a KeySet
createVerifier({ issuer, audience, keys: async () => keys }); // must not compile: no key resolver
createVerifier({ issuer, audience, cache: true }); // must not compile: the bound must be stated
createVerifier({ issuer, audience, cache: {} }); // must not compile: the bound must be stated
createVerifier({ issuer, audience, cache: { max: 10, ttl: 60 } }); // must not compile: unknown option name
createVerifier({ issuer, audience, clock: 5 }); // must not compile: a function
createVerifier({ issuer, audience, clock: () => new Date() }); // must not compile: seconds
createVerifier({ issuer, audience, remote: { retries: 3 } }); // must not compile: unknown option name
createVerifier({ issuers: [] as const, issuer, audience }); // must not compile: one or several, not both
createVerifier({ issuers: [{ issuer, audience }], audience }); // must not compile: an audience is each issuer's own
createVerifier({ issuers: [{ issuer }] }); // must not compile: no audience
createVerifier({ issuers: [{ issuer, audience, cache: { max: 1 } }] }); // must not compile: the cache is of all
createVerifier({ issuers: [{ issuer, audience, clock: () => 0 }] }); // must not compile: and so is the clock

new Verifier(); // must not compile: nobody else can construct one
export const literal: Verifier = { verify: later, verifySync: later, warm: later, explain: later }; // must not compile: a literal is no Verifier
export const promise: VerifiedJwt = enough.verify(token); // must not compile: it is still to come
enough.verifySync(new Uint8Array(3)); // must not compile: a token is a string
enough.verify(token, { audience }); // must not compile: what is expected was said once
explainToken(enough, token, { value: true }); // must not compile: unknown option name
