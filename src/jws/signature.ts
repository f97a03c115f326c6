// RFC 7515 §5: the protected header written or accepted, and one signature checked over the signing input.
import { decodeBase64url, encodeText } from '../base64url.ts';
import { JoseError } from '../errors.ts';
import { checkCritical, parseProtected, type ReadHeader, readHeader } from '../header.ts';
import { type JsonObject, writeJsonObject } from '../json.ts';
import type { SignatureAlgorithm, SigningInput } from '../jwa/signatures.ts';
import { type Key, verifyWith } from '../jwk/key.ts';
import { checkAlgorithm, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';

/** The most octets of a JWS, and of a detached payload, by default. */
export const MAX_JWS_BYTES: number = 1024 * 1024;

/** Who may have signed, and how. */
export interface SignaturePolicy {
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  readonly crit?: readonly string[] | undefined;
}

/** A protected header as text, and as what it reads. */
interface CachedHeader {
  readonly encoded: string;
  readonly header: ReadHeader;
}

/** Every issuer has few distinct headers, and all its tokens carry one of them, so that reading one again is a look-up. */
const HEADERS: Map<string, CachedHeader> = new Map();
/** Mostly the next header is the same again, and two texts are compared faster than one is hashed. */
let latest: CachedHeader | undefined;
const MAX_CACHED_HEADERS = 64;
const MAX_CACHED_LENGTH = 1024;

/**
 * RFC 7515 §5.2 steps 2 to 4 for a header that is protected as a whole, as that of a compact JWS is [7515-2-5]
 * [7515-3.1-1]. Pure: one text always reads as one value.
 */
export function protectedHeader(encoded: string): ReadHeader {
  if (encoded === latest?.encoded) return latest.header;
  const known = HEADERS.get(encoded);
  if (!known) return readAndRemember(encoded);
  latest = known;
  return known.header;
}

/** The oldest entry makes room. The text is copied, or the cache would keep alive the whole token it is a part of. */
function readAndRemember(encoded: string): ReadHeader {
  const header = readHeader(parseProtected(encoded));
  if (encoded.length > MAX_CACHED_LENGTH) return header;
  const [oldest] = HEADERS.keys();
  if (HEADERS.size === MAX_CACHED_HEADERS && oldest !== undefined) HEADERS.delete(oldest);
  const own = Buffer.from(encoded, 'latin1').toString('latin1');
  HEADERS.set(own, { encoded: own, header });
  return header;
}

/**
 * The Key that a header means, once everything about the header is accepted: RFC 7515 §5.2 step 5 [7515-5.2-5].
 * Every reader of signatures passes here: what must be understood, crit and alg, is processed [7515-4-3].
 */
export function acceptHeader(header: ReadHeader, keys: Key | KeySet, { algorithms, crit }: SignaturePolicy): Key {
  checkCritical(header, crit);
  checkAlgorithm(header, algorithms);
  return selectKey(header, keys);
}

/**
 * RFC 7515 §5.2 steps 7 and 8 [7515-5.2-7] [7515-5.2-8a]
 * @throws JoseError ERR_JWS_INVALID when the signature is not canonical base64url, else
 *   ERR_JWS_SIGNATURE_VERIFICATION_FAILED, whatever is wrong with it
 */
export function checkSignature(key: Key, input: SigningInput, signature: string): void {
  if (verifyWith(key, input, signature)) return;
  if (!decodeBase64url(signature)) throw new JoseError('ERR_JWS_INVALID', 'the signature is not canonical base64url');
  throw new JoseError('ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'the signature does not verify');
}

/** What goes into a protected header. */
export interface HeaderParts {
  readonly alg: SignatureAlgorithm;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  readonly b64: boolean;
  /** What the caller adds. Its kid comes before the key's. */
  readonly header: JsonObject | undefined;
}

/**
 * A protected header, encoded: RFC 7515 §5.1 steps 3 and 4 [7515-5.1-4] [7515-5.1-5]. The key says alg.
 * @throws TypeError naming `header` for whatever a reader of ours would refuse [7515-4.1.11-3] … [7515-4.1.11-6]
 */
export function writeProtected({ alg, kid, typ, b64, header }: HeaderParts): string {
  const encoded = encodeText(writeHeader({ alg, typ, kid }, b64, header));
  try {
    protectedHeader(encoded);
  } catch (error) {
    throw new TypeError('header is not one that a verifier would accept', { cause: error });
  }
  return encoded;
}

function writeHeader(own: JsonObject, b64: boolean, header: JsonObject = {}): string {
  for (const name of ['alg', 'b64']) {
    if (Object.hasOwn(header, name)) throw new TypeError(`header.${name} is not for the caller to set`);
  }
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  // RFC 7797 §7 [7797-7-2] b64 only where it is false, and then critical [7797-6-1].
  const unencoded = b64 ? {} : { b64, crit: [...criticalOf(header), 'b64'] };
  return writeJsonObject({ ...given, ...header, ...unencoded }, 'header');
}

function criticalOf(header: JsonObject): readonly unknown[] {
  const crit = Object.hasOwn(header, 'crit') ? header.crit : [];
  return Array.isArray(crit) ? crit : [crit];
}
