// RFC 7515 §5.2 steps 2 to 4: the protected header of a compact JWS, read once for all tokens that carry it.
import { parseProtected } from '../header.ts';
import { type JwsHeader, readJwsHeader } from './header.ts';

/** A protected header as text, and as what it reads. */
interface CachedHeader {
  readonly encoded: string;
  readonly header: JwsHeader;
}

/**
 * The headers read last. An issuer has few distinct headers and all its tokens carry one of them, so that reading one
 * again is a look-up.
 */
const HEADERS: Map<string, CachedHeader> = new Map();
/** The header read last: mostly it comes again, and comparing two texts is faster than hashing one. */
let latest: CachedHeader | undefined;
const MAX_CACHED_HEADERS = 64;
const MAX_CACHED_LENGTH = 1024;

/**
 * RFC 7515 §5.2 steps 2 to 4 for a header that is protected as a whole, as that of a compact JWS is [7515-2-5]
 * [7515-3.1-1]. Pure: one text always reads as one value.
 */
export function readProtectedHeader(encoded: string): JwsHeader {
  if (encoded === latest?.encoded) return latest.header;
  const known = HEADERS.get(encoded);
  if (!known) return readAndCache(encoded);
  latest = known;
  return known.header;
}

/**
 * Reads a header, and caches it in place of the oldest. Its text is copied, or the cache would keep the whole token
 * alive.
 */
function readAndCache(encoded: string): JwsHeader {
  const header = readJwsHeader(parseProtected(encoded, 'ERR_JWS_INVALID'));
  if (encoded.length > MAX_CACHED_LENGTH) return header;
  const [oldest] = HEADERS.keys();
  if (HEADERS.size === MAX_CACHED_HEADERS && oldest !== undefined) HEADERS.delete(oldest);
  const own = Buffer.from(encoded, 'latin1').toString('latin1');
  HEADERS.set(own, { encoded: own, header });
  return header;
}
