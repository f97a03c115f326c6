// RFC 7516 §5.2: a compact JWE whose private key is outside this process (KMS, HSM), which does its one step of the
// decryption.
import type { KeyObject } from 'node:crypto';
import { copyOctets, unpooled } from '../bytes.ts';
import type { JoseHeader } from '../header.ts';
import { isSharedSecret } from '../jwa/ecdh-es.ts';
import { isAsLongAsModulus } from '../jwa/rsa-oaep.ts';
import { checkEncryptionKey, isForEncryption } from '../jwk/encryption-key.ts';
import type { Jwk } from '../jwk/jwk.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { selectForEncryption } from '../jwks/decryption.ts';
import { KeySet, type SelectableKeys } from '../jwks/set.ts';
import { argumentError, checkArgumentCount, isOctets } from '../options.ts';
import {
  type DecryptedJwe,
  type DecryptJweOptions,
  decryptedJwe,
  readCompactJwe,
  readDecryptOptions,
  sealedContent,
} from './compact.ts';
import { checkContentLengths, decryptionFailedError, finishContent, readPlaintext } from './message.ts';
import { openWithSecret, readAgreement, type SealedKey } from './open-key.ts';

/** A JWE that lacks the one step which its private key does. */
export interface DecryptionDraft {
  readonly header: JoseHeader;
  /** The public key that the token was encrypted to. */
  readonly key: Key;
  /** RSA-OAEP: the encrypted key, for the KMS to decrypt with the hash of `key.alg`. `undefined` for ECDH-ES. */
  readonly encryptedKey: Uint8Array | undefined;
  /** ECDH-ES, also with wrapping: the sender's public key, for the KMS to agree with. `undefined` for RSA-OAEP. */
  readonly epk: Jwk | undefined;
  /**
   * The KMS's answer → the plaintext. It may be called any number of times.
   * @param answer RSA-OAEP: the decrypted key. ECDH-ES: the shared secret Z as it is, through no hash or KDF.
   *   `undefined` when the KMS refused, so that a refusal takes the time and has the error of every other failure
   * @throws JoseError ERR_JWE_DECRYPTION_FAILED; with `zip` ERR_JWE_INVALID, ERR_JOSE_LIMIT_EXCEEDED; TypeError for the
   *   argument
   */
  complete(answer: Uint8Array | undefined): DecryptedJwe;
}

/**
 * A compact JWE → draft, for private keys that cannot be had as a Key: of RSA-OAEP and its kin, of ECDH-ES alone and with
 * wrapping. Synchronous and pure, so any KMS will do. All that can be refused without the private key is refused here.
 *
 * @param publicKeys one public Key, whose kid is not compared; or a KeySet, as importEncryptionKeys makes it, of which the
 *   token's kid names one
 * @throws JoseError as decryptJwe; TypeError for the other arguments
 */
export function draftDecryption(token: string, publicKeys: Key | KeySet, options?: DecryptJweOptions): DecryptionDraft {
  checkArgumentCount(arguments.length, draftDecryption);
  const policy = readDecryptOptions(options);
  const keys = readPublicKeys(publicKeys);
  const { parts, header, enc } = readCompactJwe(token, policy); // steps 1 to 5
  const isFor = (key: Key) => isForEncryption(checkEncryptionKey(key, 'encrypt'), header.alg, enc.name);
  const key = selectForEncryption(header, keys, isFor); // step 7
  const sealed = sealedContent(parts, enc);
  checkContentLengths(sealed);
  const { row, keyObject } = checkEncryptionKey(key, 'encrypt');
  const locked: SealedKey = { row, parameters: header.parameters, enc, encryptedKey: parts.encryptedKey };
  const { open, ...asked } = row.method === 'RSA-OAEP' ? oaepStep(locked, keyObject) : agreementStep(locked); // steps 8 to 11
  const draft: DecryptionDraft = Object.freeze({
    header: header.parameters,
    key,
    ...asked,
    complete(answer: Uint8Array | undefined) {
      checkArgumentCount(arguments.length, draft.complete);
      if (answer !== undefined && !isOctets(answer)) throw argumentError('answer', AN_ANSWER, answer);
      const octets = finishContent(sealed, answer && open(copyOctets(answer))); // step 16
      return decryptedJwe(readPlaintext(octets, header.zip), header, key); // steps 17, 19
    },
  });
  return draft;
}

const AN_ANSWER = 'a Uint8Array: the decrypted key or the shared secret; or undefined when the KMS refused';

/** @throws TypeError for what is no public key to encrypt to, nor a set of them */
function readPublicKeys(keys: unknown): Key | SelectableKeys {
  if (KeySet.isKeySet(keys)) return { keys: keys.keys.filter(isPublicEncryptionKey), skipped: keys.skipped };
  if (!isKey(keys))
    throw argumentError('publicKeys', 'a public Key for encryption, or a KeySet of importEncryptionKeys', keys);
  if (keys.type !== 'public')
    throw new TypeError(
      `publicKeys is ${keys.type}: a draft needs the public key of the one in the KMS; decryptJwe takes this one`,
    );
  checkEncryptionKey(keys, 'encrypt', 'publicKeys');
  return keys;
}

function isPublicEncryptionKey({ type, use }: Key): boolean {
  return type === 'public' && use === 'enc';
}

/** The part of the private key: all that it must be asked, and how its answer opens the content encryption key. */
interface OutsideStep extends Pick<DecryptionDraft, 'encryptedKey' | 'epk'> {
  open(answer: Uint8Array): Uint8Array | undefined;
}

function oaepStep({ encryptedKey }: SealedKey, publicKey: KeyObject): OutsideStep {
  if (!isAsLongAsModulus(encryptedKey, publicKey)) throw decryptionFailedError();
  return { encryptedKey: unpooled(encryptedKey), epk: undefined, open: (cek) => cek };
}

/** A point that is not on the curve never comes to the KMS: not all of them look. */
function agreementStep(locked: SealedKey): OutsideStep {
  const agreement = readAgreement(locked);
  if (!agreement.publicKey) throw decryptionFailedError();
  return {
    encryptedKey: undefined,
    epk: Object.freeze({ ...agreement.epk }),
    open: (z) => (isSharedSecret(z, locked.row.keyLength) ? openWithSecret(locked, agreement, z) : undefined),
  };
}
