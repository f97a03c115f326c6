// Ciphers that a runtime may lack, as Deno lacks AES-192 in GCM and CBC.
import { JoseError } from '../errors.ts';

/**
 * A cipher, made before any tag is compared: a runtime that lacks it then refuses every message of one alg or enc alike, and
 * the error tells nothing of keys or contents.
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED
 */
export function makeCipher<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', `${name} is not supported by this runtime`);
  }
}

/** What was decrypted; `undefined` for an error of node:crypto, which may quote its options. @throws JoseError as makeCipher */
export function attemptDecryption(decrypt: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return decrypt();
  } catch (error) {
    if (error instanceof JoseError) throw error;
    return undefined;
  }
}
