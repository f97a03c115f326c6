// A signature made in the thread pool of node:crypto, apart so that what only verifies cannot reach it.
import { sign } from 'node:crypto';
import { ownMembers } from '../json.ts';
import { inputOctets, type PublicReadyKey, type ReadyKey, type SigningInput } from './signatures.ts';
import { encodeSignature, makeSignature } from './signing.ts';

/**
 * The signature over an input, as `makeSignature` returns it. Where the call fails, or its work in the pool, the calling
 * thread signs; it also computes an HMAC.
 */
export async function makeSignatureInPool(ready: ReadyKey, input: SigningInput): Promise<string> {
  if (ready.secret) return makeSignature(ready, input);
  try {
    return encodeSignature(ready.row, await signOctets(ready, input));
  } catch {
    return makeSignature(ready, input);
  }
}

function signOctets({ row, key }: PublicReadyKey, input: SigningInput): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // The options of PSS stand in an object here: workerd's call takes none, and would overlook those of the KeyObject.
    const { padding, saltLength } = Object(key);
    const signer = row.saltLength === undefined ? key : ownMembers({ key, padding, saltLength });
    sign(row.hash, inputOctets(input), signer, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}
