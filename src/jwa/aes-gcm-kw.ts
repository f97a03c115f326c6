// RFC 7518 §4.7: a content encryption key under AES-GCM, bound to nothing else [7518-4.7-1].
import type { KeyObject } from 'node:crypto';
import { attempt, JoseError } from '../errors.ts';
import { openGcm, sealGcm } from './aes-gcm.ts';
import { attemptDecryption } from './cipher.ts';

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** The three parts of a wrapped key. Its IV is 96 bits [7518-4.7-1], its tag 128 [7518-4.7-2]. */
export interface GcmWrapped {
  readonly encryptedKey: Uint8Array;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
}

export function wrapGcm(kek: KeyObject, cek: Uint8Array, iv: Uint8Array): GcmWrapped {
  const sealed = attempt(() => sealGcm(kek, { iv, plaintext: cek, aad: NOTHING }), undefined);
  if (!sealed) throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'AES-GCM with this key is not supported by this runtime');
  return { encryptedKey: sealed.ciphertext, iv, tag: sealed.tag };
}

/**
 * The content encryption key, of whatever length; `undefined` when a part is not as it was.
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher
 */
export function unwrapGcm(kek: KeyObject, { encryptedKey, iv, tag }: GcmWrapped): Uint8Array | undefined {
  return attemptDecryption(() => openGcm(kek, { iv, ciphertext: encryptedKey, tag }, NOTHING));
}
