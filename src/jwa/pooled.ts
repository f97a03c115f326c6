// A signature verified in the thread pool of node:crypto, apart so that what verifies on the calling thread only carries
// none of it.
import { verify } from 'node:crypto';
import { inputOctets, type PublicReadyKey, type SigningInput, signatureOctets, verifySignature } from './signatures.ts';

/**
 * Whether a base64url signature is that of the input, as `verifySignature` says it. A runtime that fails in the pool, or
 * has none, verifies on the calling thread.
 */
export function verifySignatureInPool(ready: PublicReadyKey, input: SigningInput, signature: string): Promise<boolean> {
  const octets = signatureOctets(ready, signature);
  if (!octets) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(ready.row.hash, inputOctets(input), ready.key, octets, (error, isValid) => {
      resolve(error ? verifySignature(ready, input, signature) : isValid);
    });
  });
}
