// Reads a compact JWE from outside: its header and the sizes of its parts. Nothing is decrypted.
import { JoseError } from '../index.ts';
import { asJoseError } from './errors.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

/** The parts of a compact JWE after its header (RFC 7516 §7.1), in their order. */
const PARTS = ['encryptedKey', 'iv', 'ciphertext', 'tag'] as const;

/** An encrypted token from outside. */
export interface EncryptedToken {
  readonly header: JsonObject;
  /** In octets. */
  readonly sizes: Readonly<Record<(typeof PARTS)[number], number>>;
}

/** Whether a text has the five parts of an encrypted token. */
export function isEncryptedToken(text: string): boolean {
  return /^[\w-]+(?:\.[\w-]*){4}$/.test(text);
}

/** @throws JoseError ERR_JWE_INVALID, ERR_JOSE_LIMIT_EXCEEDED */
export function readEncryptedToken(token: string): EncryptedToken {
  const [header = '', ...parts] = token.split('.').map(decodePart);
  const sizes = Object.fromEntries(PARTS.map((name, i) => [name, Number(parts[i]?.length)]));
  return { header: readHeader(header.toString('utf8')), sizes: sizes as EncryptedToken['sizes'] };
}

/** @throws JoseError ERR_JWE_INVALID */
export function decodePart(part: string): Buffer {
  const octets = Buffer.from(part, 'base64url');
  if (octets.toString('base64url') !== part)
    throw new JoseError('ERR_JWE_INVALID', 'a part of the token is not canonical base64url');
  return octets;
}

function readHeader(text: string): JsonObject {
  try {
    return parseJsonObject(text, 'the header of the token');
  } catch (error) {
    const { code, message } = asJoseError(error);
    throw code === 'ERR_JOSE_LIMIT_EXCEEDED' ? error : new JoseError('ERR_JWE_INVALID', message);
  }
}
