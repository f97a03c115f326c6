// Fresh keys, from node:crypto's generator only (RFC 7515 §10.1 [7515-10.1-1], RFC 8037 §4 [8037-4-2]).

import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { ownMembers } from '../json.ts';
import { aContentEncryption, type ContentEncryption } from '../jwa/content-encryption.ts';
import { type KeyManagementAlgorithm, keyManagementRowsNamed } from '../jwa/key-management.ts';
import { rowsNamed, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { isRowSupported, type KeyRow, nodeKeyType } from '../jwa/support.ts';
import type { OptionRules } from '../options.ts';
import { argumentError, aString, checkArgumentCount, readOptions } from '../options.ts';
import { importKey, importSecret } from './import.ts';
import { unsupportedError } from './jwk.ts';
import type { Key } from './key.ts';
import { MAX_RSA_BITS } from './strength.ts';
import { thumbprint } from './thumbprint.ts';

export interface GenerateKeyOptions {
  /** Default: the RFC 7638 thumbprint; for a secret, whose thumbprint is no public matter, a random UUID. */
  readonly kid?: string | undefined;
  /** ECDH-ES only: P-256 (the default), P-384, P-521, X25519 or X448. */
  readonly crv?: string | undefined;
  /** dir only, which needs it: the one content encryption that the secret is for. */
  readonly enc?: ContentEncryption | undefined;
  /** RSA only, in bits: 2048 (the default) to 16384, a multiple of 8. */
  readonly modulusLength?: number | undefined;
}

const CURVES: readonly unknown[] = ['P-256', 'P-384', 'P-521', 'X25519', 'X448'];

const GENERATE_OPTIONS: OptionRules<GenerateKeyOptions> = {
  kid: aString,
  crv: [(crv) => CURVES.includes(crv), "'P-256', 'P-384', 'P-521', 'X25519' or 'X448'", 'namedCurve'],
  enc: aContentEncryption,
  modulusLength: [isModulusLength, 'a multiple of 8 from 2048 to 16384'],
};

/**
 * A new private key, or a new secret for HS256, HS384 and HS512, exactly as long as its hash, or for encryption, exactly as
 * long as its algorithm says. EdDSA means Ed25519. A password is imported, not generated.
 * @throws TypeError for the arguments; JoseError ERR_JOSE_NOT_SUPPORTED when this runtime lacks the algorithm
 */
export async function generateKey(
  alg: SignatureAlgorithm | KeyManagementAlgorithm,
  options?: GenerateKeyOptions,
): Promise<Key> {
  checkArgumentCount(arguments.length, generateKey);
  const { kid, crv, enc, modulusLength } = readOptions(options, GENERATE_OPTIONS);
  const rows = rowsOf(alg);
  if (enc !== undefined && alg !== 'dir') throw new TypeError("options.enc is for 'dir'");
  if (enc === undefined && alg === 'dir') throw new TypeError("options.enc must be given for 'dir', such as 'A256GCM'");
  if (crv !== undefined && !rows.some((row) => row.use === 'enc' && row.crv !== undefined))
    throw new TypeError('options.crv is for ECDH-ES: the other algorithms have one curve or none');
  const row = rows.find((each) => (crv ?? each.crv) === each.crv && (enc === undefined || isForEnc(each, enc)));
  /* v8 ignore next -- each alg has a row of each of its curves and encs */
  if (!row) throw new TypeError('options.crv and options.enc must fit alg');
  if (row.kty !== 'RSA' && modulusLength !== undefined) throw new TypeError('options.modulusLength is for RSA keys');
  if (row.kty === 'oct') return importSecret(randomBytes(row.minBits / 8), { alg, enc, kid: kid ?? randomUUID() });
  if (!isRowSupported(row)) throw unsupportedError(`${alg} is not supported by this runtime`);
  const der = await generatePrivate(row, modulusLength ?? row.minBits);
  return importKey(der, { alg, kid: kid ?? thumbprint(importKey(der, { alg })) });
}

/** The rows of an algorithm that has keys to generate. @throws TypeError */
function rowsOf(alg: unknown): readonly KeyRow[] {
  const rows = [...rowsNamed(alg), ...keyManagementRowsNamed(alg)].filter(
    ({ minBits, kty }) => kty !== 'oct' || minBits,
  );
  if (rows.length > 0) return rows;
  const isPassword = typeof alg === 'string' && alg.startsWith('PBES2-');
  throw argumentError(
    'alg',
    isPassword
      ? 'no PBES2: give a password to importPassword'
      : "an algorithm such as 'ES256', or 'ECDH-ES' for encryption",
    alg,
  );
}

function isForEnc(row: KeyRow, enc: ContentEncryption): boolean {
  return row.use === 'enc' && row.enc === enc;
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
function generatePrivate(row: KeyRow, modulusLength: number | undefined): Promise<Buffer> {
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
