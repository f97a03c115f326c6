// A private or secret key → JWK or PEM. Private material leaves only by a function that says so in its name (RFC 7517
// §7 [7517-7-1], §9.2 [7517-9.2-1]).

import { asBuffer, encodeUtf8 } from '../bytes.ts';
import { ownMembers } from '../json.ts';
import { aString, checkArgumentCount, readOptions } from '../options.ts';
import { checkIsKey, jwkWithMembers } from './export.ts';
import { type Jwk, MEMBERS } from './jwk.ts';
import { type Key, keyPartsOf } from './key.ts';

/** The private or secret key as a JWK. @throws TypeError for a public key */
export function exportPrivateJwk(key: Key): Jwk {
  checkArgumentCount(arguments.length, exportPrivateJwk);
  checkIsPrivateKey(key);
  if (keyPartsOf(key).iterations) throw new TypeError('key is a password: it has no JWK form');
  const names = MEMBERS[keyPartsOf(key).row.kty];
  return jwkWithMembers(key, [...names.public, ...names.private]);
}

interface ExportPrivatePemOptions {
  readonly passphrase?: string | undefined;
}

/**
 * The private key as PKCS#8 PEM text; with a passphrase, encrypted by AES-256-CBC.
 * @throws TypeError for a public or secret key, or an empty passphrase
 */
export function exportPrivatePem(key: Key, options?: ExportPrivatePemOptions): string {
  checkArgumentCount(arguments.length, exportPrivatePem);
  checkIsPrivateKey(key);
  if (key.type === 'secret') throw new TypeError('key is a secret: it has no PEM form');
  const { passphrase } = readOptions(options, { passphrase: aString });
  if (passphrase === '') throw new TypeError('options.passphrase must not be empty');
  // As octets: node would copy a string into the memory that small Buffers share.
  const encryption =
    passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: asBuffer(encodeUtf8(passphrase)) };
  return String(keyPartsOf(key).keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8', ...encryption })));
}

function checkIsPrivateKey(key: Key): void {
  checkIsKey(key);
  if (key.type === 'public') throw new TypeError('key is public: it has no private members');
}
