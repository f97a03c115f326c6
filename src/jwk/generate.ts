// Fresh keys, from node:crypto's generator only (RFC 7515 §10.1 [7515-10.1-1], RFC 8037 §4 [8037-4-2]).

import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { ownMembers } from '../json.ts';
import {
  anAlgorithm,
  isSignatureAlgorithm,
  rowsNamed,
  type SignatureAlgorithm,
  type SignatureRow,
} from '../jwa/signatures.ts';
import { isRowSupported, nodeKeyType } from '../jwa/support.ts';
import type { OptionRules } from '../options.ts';
import { argumentError, aString, checkArgumentCount, readOptions } from '../options.ts';
import { importKey, importSecret } from './import.ts';
import { unsupportedError } from './jwk.ts';
import type { Key } from './key.ts';
import { MAX_RSA_BITS } from './strength.ts';
import { thumbprint } from './thumbprint.ts';

export interface GenerateKeyOptions {
  /** Default: the RFC 7638 thumbprint; for an HMAC key, whose thumbprint is no public matter, a random UUID. */
  readonly kid?: string | undefined;
  /** RSA only, in bits: 2048 (the default) to 16384, a multiple of 8. */
  readonly modulusLength?: number | undefined;
}

const GENERATE_OPTIONS: OptionRules<GenerateKeyOptions> = {
  kid: aString,
  modulusLength: [isModulusLength, 'a multiple of 8 from 2048 to 16384'],
};

/**
 * A new private key, or a new secret for HS256, HS384 and HS512, exactly as long as its hash. EdDSA means Ed25519.
 * @throws TypeError for the arguments; JoseError ERR_JOSE_NOT_SUPPORTED when this runtime lacks the algorithm
 */
export async function generateKey(alg: SignatureAlgorithm, options?: GenerateKeyOptions): Promise<Key> {
  checkArgumentCount(arguments.length, generateKey);
  const [row] = rowsNamed(alg);
  if (!isSignatureAlgorithm(alg) || !row) throw argumentError('alg', anAlgorithm[1], alg);
  const { kid, modulusLength = row.minBits } = readOptions(options, GENERATE_OPTIONS);
  if (row.kty !== 'RSA' && modulusLength !== row.minBits) throw new TypeError('options.modulusLength is for RSA keys');
  if (row.kty === 'oct') return importSecret(randomBytes(row.minBits / 8), { alg, kid: kid ?? randomUUID() });
  if (!isRowSupported(row)) throw unsupportedError(`${alg} is not supported by this runtime`);
  const der = await generatePrivate(row, modulusLength);
  return importKey(der, { alg, kid: kid ?? thumbprint(importKey(der, { alg })) });
}

function isModulusLength(bits: unknown): boolean {
  return typeof bits === 'number' && bits % 8 === 0 && bits >= 2048 && bits <= MAX_RSA_BITS;
}

/** node:crypto's generateKeyPair with its type as text: ours also names types newer than its declarations. */
const generatePair: (
  type: string,
  options: object,
  done: (error: Error | null, publicKey: Buffer, privateKey: Buffer) => void,
) => void = generateKeyPair as never;

/** A new private key as PKCS#8 DER. */
function generatePrivate(row: SignatureRow, modulusLength: number | undefined): Promise<Buffer> {
  const options = ownMembers({
    namedCurve: row.crv,
    modulusLength,
    publicKeyEncoding: ownMembers({ format: 'der', type: 'spki' }),
    privateKeyEncoding: ownMembers({ format: 'der', type: 'pkcs8' }),
  });
  return new Promise((resolve, reject) => {
    generatePair(nodeKeyType(row), options, (error, _, privateKey) => (error ? reject(error) : resolve(privateKey)));
  });
}
