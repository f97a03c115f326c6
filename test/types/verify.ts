// What the types refuse about verifying. Every marked line must be an error, and no other line may be one.

import {
  type Expected,
  importJwks,
  isVerifiedJwt,
  type Jwk,
  readUnverifiedJwt,
  VerifiedJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { createVerifyOptions, key, keys, token } from './given.ts';

const issuer = 'https://issuer.example';
const audience = 'https://api.example';

function greet(verified: VerifiedJwt): string {
  return String(verified.claims.sub);
}

export const good: string = greet(verifyJwt(token, keys, { issuer, audience }));
export const waived: VerifiedJwt = verifyJwt(token, key, { issuer: null, audience: null });
export const many: VerifiedJwt = verifyJwt(token, key, {
  issuer: [issuer],
  audience: [audience],
  algorithms: ['EdDSA'],
});
export const skewed: VerifiedJwt = verifyJwt(token, key, {
  ...createVerifyOptions,
  clockSkew: '30s',
  maxAge: 60,
  now: new Date(0),
});

verifyJwt(token, key); // must not compile: nothing is expected
verifyJwt(token, key, {}); // must not compile: neither issuer nor audience
verifyJwt(token, key, { issuer }); // must not compile: no audience
verifyJwt(token, key, { audience }); // must not compile: no issuer
verifyJwt(token, key, { issuer: undefined, audience }); // must not compile: undefined is not a waiver, null is
verifyJwt(token, key, { issuer: /issuer/, audience }); // must not compile: a RegExp is not an issuer
verifyJwt(token, key, { issuer, audience: /api/ }); // must not compile: a RegExp is not an audience
verifyJwt(token, key, { issuer, audience, algorithm: 'RS256' }); // must not compile: unknown option name
verifyJwt(token, key, { issuer, audience, ignoreExpiration: true }); // must not compile: there is no such thing
verifyJwt(token, key, { issuer, audience, algorithms: ['RS265'] }); // must not compile: unknown algorithm
verifyJwt(token, key, { issuer, audience, algorithms: ['none'] }); // must not compile: none is not an algorithm
verifyJwt(token, key, { issuer, audience, algorithms: 'RS256' }); // must not compile: a list is wanted
verifyJwt(token, key, { issuer, audience, expiry: 'ignored' }); // must not compile: required or optional
verifyJwt(token, key, { issuer, audience, maxAge: '5 minutes' }); // must not compile: not a Duration
verifyJwt(token, key, { issuer, audience, clockSkew: '1y' }); // must not compile: not a unit
verifyJwt(token, key, { issuer, audience, now: '2024-01-01' }); // must not compile: a number or a Date
verifyJwt(token, key, { issuer, audience, schema: (claims: unknown) => claims }); // must not compile: not a Standard Schema
verifyJwt(token, 'secret', { issuer, audience }); // must not compile: a string is not a key
verifyJwt(token, new Uint8Array(32), { issuer, audience }); // must not compile: bytes are not a key
verifyJwt(token, { kty: 'oct', k: 'AA' }, { issuer, audience }); // must not compile: a JWK is not a key
verifyJwt(token, [key], { issuer, audience }); // must not compile: an array is not a KeySet
verifyJwt(token, () => key, { issuer, audience }); // must not compile: no key resolver
verifyJwt(new Uint8Array(3), key, { issuer, audience }); // must not compile: a token is a string
verifyJws(token, 'secret'); // must not compile: a string is not a key
verifyJws(token, key, { issuer }); // must not compile: a JWS has no issuer
verifyJws(token, key, { payload: 'text' }); // must not compile: a payload is bytes
verifyJwsJson({}, key, { require: 'one' }); // must not compile: any, all, or a list of kids

new VerifiedJwt(); // must not compile: nobody else can construct one
class Forged extends VerifiedJwt {} // must not compile: nor inherit from it
export const literal: VerifiedJwt = { claims: {}, header: { alg: 'none' }, key }; // must not compile: a literal is not a verdict
greet(readUnverifiedJwt(token)); // must not compile: unverified
greet({ ...verifyJwt(token, key, { issuer, audience }) }); // must not compile: a copy is not the verdict
greet(JSON.parse('{}') as { claims: Record<string, unknown> }); // must not compile: nor is anything that looks like it
export const maybe: VerifiedJwt | undefined = verifyJws(token, key); // must not compile: a JWS is not a JWT
verifyJwt(token, key, { issuer, audience }).claims = {}; // must not compile: readonly
export const written: Expected = { issuer, audience, subject: null }; // must not compile: undefined is the only off
importJwks(JSON.parse('{}') as unknown); // compiles: what response.json() resolves to is unknown
export const partly: Jwk = 'text'; // must not compile: a JWK is an object

export function narrowed(value: unknown): string {
  greet(value); // must not compile: not known yet
  return isVerifiedJwt(value) ? value.header.alg : '';
}
export { Forged };
