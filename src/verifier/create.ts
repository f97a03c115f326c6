// createVerifier: a verifier that discovers the keys which are not given.

import type { JwtClaims } from '../jwt/expected.ts';
import { checkArgumentCount } from '../options.ts';
import { discoverJwks } from '../remote/discovery.ts';
import { REMOTE_OPTIONS } from '../remote/options.ts';
import type { Discovery, SchemaIssuersOptions, VerifierIssuersOptions, VerifierOptions } from './options.ts';
import { makeVerifier, type Verifier } from './verifier.ts';

/**
 * A verifier for the tokens of one issuer, or of several that are kept apart. `issuer` and `audience` are enough: the keys
 * are then discovered. All options are judged here, and never again.
 *
 * @throws TypeError naming the option
 */
export function createVerifier<Claims = JwtClaims>(options: VerifierOptions<Claims>): Verifier<Claims>;
/** Of several issuers, all of whose claims go through a schema. */
export function createVerifier<Claims>(options: SchemaIssuersOptions<Claims>): Verifier<Claims>;
/** Of several issuers, some without a schema: then claims may be anything, whatever the schemas of the others say. */
export function createVerifier<Claims = JwtClaims>(
  options: VerifierIssuersOptions<Claims>,
): Verifier<Claims | JwtClaims>;
export function createVerifier(options: VerifierOptions | VerifierIssuersOptions): Verifier {
  checkArgumentCount(arguments.length, createVerifier);
  return makeVerifier(options, DISCOVERY);
}

const DISCOVERY: Discovery = { discover: discoverJwks, options: REMOTE_OPTIONS };
