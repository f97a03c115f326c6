// A Standard Schema types the claims: here zod's, and one written by hand to the shared interface.

import { z } from 'zod';
import { type VerifiedJwt, verifyJwt } from '../../src/index.ts';
import { key, token } from './given.ts';

const schema = z.object({ sub: z.string(), level: z.number(), scope: z.string().transform((text) => text.split(' ')) });
const { claims } = verifyJwt(token, key, { issuer: null, audience: null, schema });

export const subject: string = claims.sub;
export const level: number = claims.level;
export const scope: string[] = claims.scope;
export const wrong: string = claims.level; // must not compile: level is a number
export const absent: unknown = claims.nothing; // must not compile: the schema has no such claim

const untyped = verifyJwt(token, key, { issuer: null, audience: null });
export const loose: string = untyped.claims.sub as string;
export const guess: string = untyped.claims.level; // must not compile: unknown without a schema

export function onlyTyped(verified: VerifiedJwt<{ level: number }>): number {
  return verified.claims.level;
}
onlyTyped(verifyJwt(token, key, { issuer: null, audience: null, schema }));
onlyTyped(untyped); // must not compile: nobody checked the level
