// Key pairs made once for all runs of a simulation: the seventh key of a run is the same in each of them.
import { type KeyObject, sign } from 'node:crypto';
import { importKey, type Key } from '../../src/index.ts';
import { freshPair } from './keys.ts';

export const POOL_ALGORITHMS = ['ES256', 'EdDSA'] as const;
export type PoolAlgorithm = (typeof POOL_ALGORITHMS)[number];

interface PooledKey {
  readonly node: KeyObject;
  readonly key: Key;
}

const pool = new Map<string, PooledKey>();

function pooled(alg: PoolAlgorithm, kid: string): PooledKey {
  const found = pool.get(kid);
  if (found) return found;
  const node = freshPair(alg === 'ES256' ? 'ec' : 'ed25519', { namedCurve: 'P-256' }).privateKey;
  const made = { node, key: importKey(node, { alg, kid }) };
  pool.set(kid, made);
  return made;
}

/** The key of that number. Its kid tells both, so that runs that do the same things have the same kids. */
export function poolKey(alg: PoolAlgorithm, number: number): Key {
  return pooled(alg, `${alg}-${String(number).padStart(3, '0')}`).key;
}

/** The private key of a kid, whoever may have it. */
export function poolKeyOf(kid: string): Key | undefined {
  return pool.get(kid)?.key;
}

/** Signs as a KMS does: octets in, a signature out, DER for ECDSA. */
export function outsideSigner(kid: string): (bytes: Uint8Array) => Promise<Uint8Array> {
  return async (bytes) => {
    const found = pool.get(kid);
    if (!found) throw new Error(`no key ${kid}`);
    return sign(found.key.alg === 'ES256' ? 'sha256' : null, bytes, found.node);
  };
}
