// Key → JWK or PEM. Private material leaves only by a function that says so in its name (RFC 7517 §7 [7517-7-1], §9.2 [7517-9.2-1]).
import type { JsonWebKey } from 'node:crypto';
import { asBuffer, utf8 } from '../bytes.ts';
import { ownMembers } from '../json.ts';
import { aString, checkArgumentCount, mistake, readOptions } from '../options.ts';
import { type Jwk, MEMBERS } from './jwk.ts';
import { aKey, isKey, type Key, partsOf } from './key.ts';

/** The public key as a JWK: kty, kid, use, alg and the public members, picked by name. @throws TypeError for a secret */
export function exportJwk(key: Key): Jwk {
  checkArgumentCount(arguments.length, exportJwk);
  checkKey(key);
  return asJwk(key.publicKey(), MEMBERS[partsOf(key).row.kty].public);
}

/** The private or secret key as a JWK. @throws TypeError for a public key */
export function exportPrivateJwk(key: Key): Jwk {
  checkArgumentCount(arguments.length, exportPrivateJwk);
  checkPrivate(key);
  const names = MEMBERS[partsOf(key).row.kty];
  return asJwk(key, [...names.public, ...names.private]);
}

/** The public key as SPKI PEM text. @throws TypeError for a secret */
export function exportPem(key: Key): string {
  checkArgumentCount(arguments.length, exportPem);
  checkKey(key);
  return String(partsOf(key.publicKey()).keyObject.export(ownMembers({ format: 'pem', type: 'spki' })));
}

export interface ExportPrivatePemOptions {
  readonly passphrase?: string | undefined;
}

/**
 * The private key as PKCS#8 PEM text; with a passphrase, encrypted by AES-256-CBC.
 * @throws TypeError for a public or secret key, or an empty passphrase
 */
export function exportPrivatePem(key: Key, options?: ExportPrivatePemOptions): string {
  checkArgumentCount(arguments.length, exportPrivatePem);
  checkPrivate(key);
  if (key.type === 'secret') throw new TypeError('key is a secret: it has no PEM form');
  const { passphrase } = readOptions(options, { passphrase: aString });
  if (passphrase === '') throw new TypeError('options.passphrase must not be empty');
  // As octets: node would copy a string into the memory that small Buffers share.
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: asBuffer(utf8(passphrase)) };
  return String(partsOf(key).keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8', ...encryption })));
}

function asJwk(key: Key, names: readonly string[]): Jwk {
  const members: JsonWebKey = partsOf(key).keyObject.export(ownMembers({ format: 'jwk' }));
  const { row, operations } = partsOf(key);
  return {
    kty: row.kty,
    ...(key.kid !== undefined && { kid: key.kid }),
    ...(operations ? { key_ops: [...operations] } : { use: key.use }),
    alg: key.alg,
    ...Object.fromEntries(names.filter((name) => name !== 'alg').map((name) => [name, members[name]])),
  };
}

function checkKey(key: Key): void {
  if (!isKey(key)) throw mistake('key', aKey[1], key);
}

function checkPrivate(key: Key): void {
  checkKey(key);
  if (key.type === 'public') throw new TypeError('key is public: it has no private members');
}
