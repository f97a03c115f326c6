// A key's public half → JWK or PEM.

import { ownMembers } from '../json.ts';
import { argumentError, checkArgumentCount } from '../options.ts';
import { type Jwk, MEMBERS } from './jwk.ts';
import { aKey, isKey, type Key, keyPartsOf } from './key.ts';

/** The public key as a JWK: kty, kid, use, alg and the public members, picked by name. @throws TypeError for a secret */
export function exportJwk(key: Key): Jwk {
  checkArgumentCount(arguments.length, exportJwk);
  checkIsKey(key);
  return jwkWithMembers(key.publicKey(), MEMBERS[keyPartsOf(key).row.kty].public);
}

/** The public key as SPKI PEM text. @throws TypeError for a secret */
export function exportPem(key: Key): string {
  checkArgumentCount(arguments.length, exportPem);
  checkIsKey(key);
  return String(keyPartsOf(key.publicKey()).keyObject.export(ownMembers({ format: 'pem', type: 'spki' })));
}

/** A JWK of the key's kty, kid, use or key_ops, and alg, and of the named members. */
export function jwkWithMembers(key: Key, names: readonly string[]): Jwk {
  const { keyObject, row, operations } = keyPartsOf(key);
  const members = new Map<string, unknown>(Object.entries(keyObject.export(ownMembers({ format: 'jwk' }))));
  return {
    kty: row.kty,
    ...(key.kid !== undefined && { kid: key.kid }),
    ...(operations ? { key_ops: [...operations] } : { use: key.use }),
    alg: row.use === 'enc' ? (row.enc ?? row.name) : row.name,
    ...Object.fromEntries(names.filter((name) => name !== 'alg').map((name) => [name, members.get(name)])),
  };
}

export function checkIsKey(key: Key): void {
  if (!isKey(key)) throw argumentError('key', aKey[1], key);
}
