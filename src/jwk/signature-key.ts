// A Key made ready for signatures, once: the verbs of JWS fill its slot, so that a key that only decrypts carries none of
// them.
import { type ReadyKey, readyKey, type SigningInput, verifySignature } from '../jwa/signatures.ts';
import { type Key, keyPartsOf, keySlotOf } from './key.ts';

/** For jws/sign.ts and the thread pool, beside this file: the key and options for node:crypto. */
export function readyKeyOf(key: Key): ReadyKey {
  const slot = keySlotOf(key);
  slot.ready ??= makeReady(key);
  return slot.ready;
}

function makeReady(key: Key): ReadyKey {
  const { row, keyObject } = keyPartsOf(key);
  if (row.use !== 'sig') throw new TypeError('key is for encryption');
  return readyKey(row, keyObject);
}

/** Whether a base64url signature is that of the input under this Key. */
export function verifyWithKey(key: Key, input: SigningInput, signature: string): boolean {
  return verifySignature(readyKeyOf(key), input, signature);
}
