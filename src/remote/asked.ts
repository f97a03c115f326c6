// What a token asks of a key set, as far as its header tells.
import type { ReadHeader } from '../header.ts';
import { findRow, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { isForAlg } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import { splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';

/** The most characters of a token for which keys are sought: the limit of a JWT. */
const MAX_TOKEN_LENGTH: number = 256 * 1024;

/** A remote set has public keys only, so a token with a MAC can never verify by it. */
export const PUBLIC_ALGORITHMS: readonly SignatureAlgorithm[] = /* @__PURE__ */ publicAlgorithms();

function publicAlgorithms(): readonly SignatureAlgorithm[] {
  return SIGNATURE_ALGORITHMS.filter((alg) => !findRow('oct', undefined, alg));
}

/** The header of a token: as much as there is to see without a key. */
export function readTokenHeader(token: string): ReadHeader {
  return readProtectedHeader(splitCompact(token, MAX_TOKEN_LENGTH).header);
}

/** Whether the set has what the header asks for; a key may also come back under its old kid with another alg. */
export function isKnown(set: KeySet, { kid, alg }: ReadHeader): boolean {
  return set.named(kid).some((key) => isForAlg(key, alg));
}

/** What is sought, as a text that no other search has. */
export function nameOf({ kid, alg }: ReadHeader): string {
  return JSON.stringify([alg, kid]);
}
