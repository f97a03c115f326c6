// createVerifier: a verifier that discovers the keys that are not given.

import { checkArgumentCount } from '../options.ts';
import { discoverJwks } from '../remote/discovery.ts';
import { DISCOVER_JWKS_OPTIONS } from '../remote/options.ts';
import type { Discovery } from './options.ts';
import { type CreateVerifier, makeVerifier } from './verifier.ts';

const DISCOVERY: Discovery = { discover: discoverJwks, options: DISCOVER_JWKS_OPTIONS };

/**
 * Creates a verifier for the tokens of one issuer, or of several that are kept apart. Without `keys`, it discovers the
 * keys of `issuer`. The options are checked here, once.
 *
 * @throws TypeError naming the option
 */
export const createVerifier: CreateVerifier = function createVerifier(options: unknown) {
  checkArgumentCount(arguments.length, createVerifier);
  return makeVerifier(options, DISCOVERY);
};
