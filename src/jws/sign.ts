// RFC 7515 §5.1: a protected header written, and one signature made.
import { encodeText } from '../base64url.ts';
import type { JsonObject } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import type { SignatureAlgorithm, SigningInput } from '../jwa/signatures.ts';
import { makeSignature } from '../jwa/signing.ts';
import type { Key } from '../jwk/key.ts';
import { readyKeyOf } from '../jwk/signature-key.ts';
import { readProtectedHeader } from './protected.ts';

/** The content of a protected header. */
interface HeaderParts {
  readonly alg: SignatureAlgorithm;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  readonly b64: boolean;
  /** The caller's parameters. Their kid takes precedence over the key's. */
  readonly header: JsonObject | undefined;
}

/**
 * A protected header, encoded: RFC 7515 §5.1 steps 3 and 4 [7515-5.1-4] [7515-5.1-5]. Its alg is the key's.
 * @throws TypeError naming `header` for a header that our own reader would refuse [7515-4.1.11-3] … [7515-4.1.11-6]
 */
export function writeProtected({ alg, kid, typ, b64, header }: HeaderParts): string {
  const encoded = encodeText(writeHeader({ alg, typ, kid }, b64, header));
  try {
    readProtectedHeader(encoded);
  } catch (error) {
    throw new TypeError('header is not one that a verifier would accept', { cause: error });
  }
  return encoded;
}

function writeHeader(own: JsonObject, b64: boolean, header: JsonObject = {}): string {
  for (const name of ['alg', 'b64']) {
    if (Object.hasOwn(header, name))
      throw new TypeError(`header.${name} must not be given: ${name === 'alg' ? 'the key' : 'options.b64'} sets it`);
  }
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  // RFC 7797 §7 [7797-7-2] b64 only where it is false, and then critical [7797-6-1].
  const unencoded = b64 ? {} : { b64, crit: [...critOf(header), 'b64'] };
  return writeJsonObject({ ...given, ...header, ...unencoded }, 'header');
}

function critOf(header: JsonObject): readonly unknown[] {
  const crit = Object.hasOwn(header, 'crit') ? header.crit : [];
  return Array.isArray(crit) ? crit : [crit];
}

/** The base64url signature of the input under this Key. */
export function signWithKey(key: Key, input: SigningInput): string {
  return makeSignature(readyKeyOf(key), input);
}
