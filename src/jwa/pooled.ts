// A signature verified in the thread pool of node:crypto, apart so that what verifies on the calling thread only carries
// none of it.
import { verify } from 'node:crypto';
import { inputOctets, type PublicReadyKey, type SigningInput, signatureOctets, verifySignature } from './signatures.ts';

/**
 * Whether a base64url signature is that of the input, as `verifySignature` does. Where the call fails, or its work in the
 * pool, the calling thread verifies; so it does where PSS is an option beside the key, which workerd's call overlooks.
 */
export async function verifySignatureInPool(
  ready: PublicReadyKey,
  input: SigningInput,
  signature: string,
): Promise<boolean> {
  const octets = signatureOctets(ready, signature);
  if (!octets) return false;
  const { row, key } = ready;
  if (row.saltLength !== undefined && key.asymmetricKeyType === 'rsa') return verifySignature(ready, input, signature);
  try {
    return await verifyOctets(ready, input, octets);
  } catch {
    return verifySignature(ready, input, signature);
  }
}

function verifyOctets({ row, key }: PublicReadyKey, input: SigningInput, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(row.hash, inputOctets(input), key, signature, (error, isValid) =>
      error ? reject(error) : resolve(isValid),
    );
  });
}
