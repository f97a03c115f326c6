// RFC 7516 §4.1.3, RFC 1951: DEFLATE without a wrapper, bounded [7516-4.1.3-3].
import { copyOctets, unpooled } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';

/** Loaded for the first token that is compressed: at import, it would take as long as the code of all of jwe. */
const zlib = () => process.getBuiltinModule('node:zlib');

/** The most octets of a plaintext that is compressed: a small token could become an endless one (RFC 8725 §3.6). */
export const MAX_INFLATED = 250_000;

export function deflate(plaintext: Uint8Array): Uint8Array {
  return unpooled(zlib().deflateRawSync(plaintext));
}

/**
 * The octets that were compressed, whose tag was good before [7516-5.2-17].
 * @throws JoseError ERR_JOSE_LIMIT_EXCEEDED over 250,000 octets; ERR_JWE_INVALID for what is not exactly one stream
 */
export function inflate(compressed: Uint8Array): Uint8Array {
  const { buffer, engine } = inflateWithInfo(compressed);
  // node:zlib passes over octets behind the end of the stream.
  if (engine.bytesWritten !== compressed.length) throw notDeflatedError();
  const plaintext = copyOctets(buffer);
  buffer.fill(0); // The memory is zlib's, and may lie in the pool of Buffers.
  return plaintext;
}

interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function inflateWithInfo(compressed: Uint8Array): Inflated {
  try {
    const options = ownMembers({ maxOutputLength: MAX_INFLATED, info: true });
    return zlib().inflateRawSync(compressed, options) as unknown as Inflated;
  } catch (error) {
    // The class may be that of another realm, such as Jest's: the code says that there were too many octets.
    if (Object(error).code !== 'ERR_BUFFER_TOO_LARGE') throw notDeflatedError();
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the plaintext inflates to more than ${MAX_INFLATED} octets`);
  }
}

function notDeflatedError(): JoseError {
  return new JoseError('ERR_JWE_INVALID', 'the plaintext is not what its zip says');
}
