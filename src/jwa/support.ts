// Which algorithms this runtime has, asked of node:crypto by making a key.
import { generateKeyPairSync } from 'node:crypto';
import { ownMembers } from '../json.ts';
import { type KeyManagementAlgorithm, type KeyManagementRow, keyManagementRowsNamed } from './key-management.ts';
import { rowsNamed, type SignatureAlgorithm, type SignatureRow } from './signatures.ts';

/** A row of either table. */
export type KeyRow = SignatureRow | KeyManagementRow;

/**
 * Whether this runtime can do an algorithm; EdDSA and ECDH-ES on at least one of their curves. node:crypto itself is
 * tried: ML-DSA needs Node 24.7 or newer, and other runtimes leave out curves.
 */
export function isAlgorithmSupported(alg: SignatureAlgorithm | KeyManagementAlgorithm): boolean {
  return [...rowsNamed(alg), ...keyManagementRowsNamed(alg)].some(isRowSupported);
}

/** Whether this runtime can do the algorithm of one row, found by making a key of its kind. */
export function isRowSupported(row: KeyRow): boolean {
  if (row.kty === 'RSA' || row.kty === 'oct') return true;
  try {
    generatePair(nodeKeyType(row), ownMembers({ namedCurve: row.crv }));
    return true;
  } catch {
    return false;
  }
}

/** node:crypto's name for the key type of a row: rsa, ec, ed25519, ed448, ml-dsa-44… */
export function nodeKeyType({ name, kty, crv }: KeyRow): string {
  return kty === 'RSA' || kty === 'EC' ? kty.toLowerCase() : (crv ?? name).toLowerCase();
}

/** node:crypto's generateKeyPairSync with its type as text: ours also names types newer than its declarations. */
const generatePair: (type: string, options: object) => unknown = generateKeyPairSync as never;
