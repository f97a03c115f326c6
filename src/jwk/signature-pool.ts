// A signature verified under a Key in the thread pool, apart from signature-key.ts so that what verifies on the calling thread
// carries none of it.
import { verifySignatureInPool } from '../jwa/pooled.ts';
import { type SigningInput, verifySignature } from '../jwa/signatures.ts';
import type { Key } from './key.ts';
import { readyKeyOf } from './signature-key.ts';

/** Whether a base64url signature is that of the input under this Key. An HMAC is computed on the calling thread. */
export async function verifyWithKeyInPool(key: Key, input: SigningInput, signature: string): Promise<boolean> {
  const ready = readyKeyOf(key);
  return ready.secret ? verifySignature(ready, input, signature) : verifySignatureInPool(ready, input, signature);
}
