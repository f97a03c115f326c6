// OpenID Connect Discovery 1.0 and RFC 8414: issuer → its metadata → the URL of its keys.
import { encodeUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject, quote } from '../json.ts';
import { checkArgumentCount, isString, readOptions } from '../options.ts';
import { type NumericDate, readClock } from '../time.ts';
import {
  checkUrl,
  deadlineSignal,
  FETCH_OPTIONS,
  type FetchOptions,
  getDocument,
  getResponse,
  JWKS_MEDIA_TYPES,
  type JwksSource,
  unavailableError,
} from './fetch.ts';
import { type RemoteJwksOptions, readRemoteOptions } from './options.ts';
import { makeRemoteJwks, type RemoteJwks } from './remote.ts';

/** The metadata of an issuer. `issuer` and `jwks_uri` are checked; the other members are as the issuer wrote them. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [member: string]: unknown;
}

/**
 * Fetches the metadata of an issuer from the first of its well-known URLs that has any.
 *
 * @param issuer exactly as its tokens have it in iss; https, or http on loopback with `allowInsecureLoopback`
 * @throws JoseError ERR_JWKS_UNAVAILABLE if no URL answers; ERR_JWKS_INVALID if the document is not this issuer's
 *   metadata; ERR_JOSE_LIMIT_EXCEEDED over `maxBytes`; TypeError for the arguments
 */
export async function discover(issuer: string, options?: FetchOptions): Promise<IssuerMetadata> {
  checkArgumentCount(arguments.length, discover);
  const read = readOptions(options, FETCH_OPTIONS);
  checkIssuerUrl(issuer, read);
  const headers = read.headers && ownMembers(read.headers); // a copy, since several requests send them in turn
  return fetchMetadata(issuer, ownMembers({ ...read, headers, deadline: deadlineSignal(read) }));
}

/**
 * The JWK Set of an issuer, kept as by `remoteJwks`, at the `jwks_uri` of its metadata. The metadata is read again each
 * hour, after failures and for unknown kids; while it is unavailable, the last URL is used for a day. All requests of
 * one refresh share one `timeout`.
 *
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot of another issuer
 */
export function discoverJwks(issuer: string, options?: RemoteJwksOptions): RemoteJwks {
  checkArgumentCount(arguments.length, discoverJwks);
  const read = readRemoteOptions(options);
  checkIssuerUrl(issuer, read);
  return makeRemoteJwks({ url: issuer, load: discoveryLoader(issuer, read) }, read);
}

/** Seconds until the metadata is read again, and for which the URL is used while the metadata is unavailable. */
const LOCATION_FRESH_FOR = 3_600;
const LOCATION_USABLE_FOR = 86_400;
/** Seconds until a failure or a missing key may cause the metadata to be read again. */
const LOCATION_RECHECK_AFTER = 60;

interface JwksLocation {
  readonly url: URL;
  readonly foundAt: NumericDate;
}

function discoveryLoader(issuer: string, options: RemoteJwksOptions): JwksSource['load'] {
  let location: JwksLocation | undefined;
  return async ({ ifNoneMatch, taggedBy, recheckLocation }) => {
    const now = readClock(options.clock);
    const deadline = deadlineSignal(options); // one for all requests
    const previous = location && isYoungerThan(LOCATION_USABLE_FOR, location, now) ? location : undefined;
    const isCurrent =
      previous !== undefined &&
      isYoungerThan(recheckLocation ? LOCATION_RECHECK_AFTER : LOCATION_FRESH_FOR, previous, now);
    // With a previous location, half of the time is left to fetch from there.
    const metadataRequest = ownMembers({ ...options, deadline: previous ? deadlineSignal(options, 0.5) : deadline });
    location = isCurrent ? previous : await locateJwks(issuer, { previous, now, request: metadataRequest });
    // The ETag is valid at its own URL only, and the caller's headers are meant for this issuer's origin only.
    const etag = location.url.href === taggedBy ? ifNoneMatch : undefined;
    const headers = location.url.origin === new URL(issuer).origin ? options.headers : undefined;
    const request = { ...options, headers, deadline, accept: JWKS_MEDIA_TYPES, ifNoneMatch: etag };
    return getDocument(location.url, ownMembers(request));
  };
}

function isYoungerThan(seconds: number, { foundAt }: JwksLocation, now: NumericDate): boolean {
  return now >= foundAt && now < foundAt + seconds;
}

interface LocationSearch {
  readonly previous: JwksLocation | undefined;
  readonly now: NumericDate;
  readonly request: MetadataRequest;
}

/** The location in the metadata, or the previous one while the metadata is unavailable. */
async function locateJwks(issuer: string, { previous, now, request }: LocationSearch): Promise<JwksLocation> {
  try {
    const { jwks_uri } = await fetchMetadata(issuer, request);
    return { url: new URL(jwks_uri), foundAt: now };
  } catch (error) {
    if (previous) return previous;
    throw error;
  }
}

interface MetadataRequest extends FetchOptions {
  readonly deadline: AbortSignal;
}

/** RFC 8414 §2 [8414-2-1] an issuer is an https URL without query or fragment. */
function checkIssuerUrl(issuer: unknown, { allowInsecureLoopback }: FetchOptions): void {
  if (typeof issuer !== 'string') throw new TypeError('issuer must be a string');
  if (checkUrl(issuer, allowInsecureLoopback, 'issuer').href.includes('?'))
    throw new TypeError('issuer must not have a query');
}

/**
 * The URLs that may have the metadata: OpenID Connect Discovery §4 appends to the issuer; RFC 8414 §3 [8414-3-1]
 * [8414-3.1-1] puts the well-known part between host and path, §5 with OpenID's name. A slash at the end is dropped.
 */
function metadataUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const texts = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ];
  return Array.from(new Set(texts), (text) => new URL(origin + text));
}

/** Statuses of a server that has no metadata at a path. */
const NO_METADATA_STATUSES: readonly number[] = [400, 401, 403, 404, 405, 410];

/** Tries each URL in turn while the server has no metadata there. Any other failure ends the search. */
async function fetchMetadata(issuer: string, request: MetadataRequest): Promise<IssuerMetadata> {
  let status = 0;
  let retryAfter: number | undefined;
  for (const url of metadataUrls(issuer)) {
    const response = await getResponse(url, ownMembers({ ...request, accept: 'application/json' }));
    if (response.status === 200) return readIssuerMetadata(response.body, issuer, request);
    ({ status, retryAfter } = response);
    if (!NO_METADATA_STATUSES.includes(status)) break;
  }
  throw unavailableError(`the issuer metadata is unavailable: status ${status} instead of 200`, retryAfter);
}

/** RFC 8414 §3.3 [8414-3.3-1] The metadata must name this very issuer, or its author could speak for others. */
function readIssuerMetadata(body: string, issuer: string, options: FetchOptions): IssuerMetadata {
  const metadata = ownMembers(
    parseJsonObject(encodeUtf8(body), { code: 'ERR_JWKS_INVALID', what: 'issuer metadata', maxMembers: MAX_MEMBERS }),
  );
  if (metadata.issuer !== issuer) throw invalidMetadataError(otherIssuer(metadata.issuer, issuer));
  const { jwks_uri } = metadata;
  if (typeof jwks_uri !== 'string' || !isAllowedUrl(jwks_uri, options))
    throw invalidMetadataError(
      'has no jwks_uri, or one that is not https (http on loopback needs allowInsecureLoopback)',
    );
  return Object.freeze({ ...metadata, issuer, jwks_uri });
}

/** Names both issuers, and the one difference that is easily overlooked. */
function otherIssuer(named: unknown, issuer: string): string {
  const isSlash = isString(named) && named.replace(/\/$/, '') === issuer.replace(/\/$/, '');
  return `names the issuer ${quote(named)}, not ${quote(issuer)}${isSlash ? '; they differ by a final slash' : ''}`;
}

function isAllowedUrl(uri: string, { allowInsecureLoopback }: FetchOptions): boolean {
  try {
    return checkUrl(uri, allowInsecureLoopback, 'jwks_uri') !== undefined;
  } catch {
    return false;
  }
}

function invalidMetadataError(what: string): JoseError {
  return new JoseError('ERR_JWKS_INVALID', `the issuer metadata ${what}`);
}
