// OpenID Connect Discovery 1.0 and RFC 8414: issuer → its metadata → the URL of its keys.
import { encodeUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject, quote } from '../json.ts';
import { checkArgumentCount, isString, readMember } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import { unavailableError } from './failures.ts';
import {
  type DocumentRequest,
  deadlineSignal,
  type FetchOptions,
  getDocument,
  getResponse,
  JWKS_MEDIA_TYPES,
  type JwksSource,
  readFetchOptions,
} from './fetch.ts';
import { DISCOVER_OPTIONS, type DiscoverJwksOptions, type DiscoverOptions, readDiscoverOptions } from './options.ts';
import { MAX_RETRY_AFTER } from './policy.ts';
import { makeRemoteJwks, type RemoteJwks } from './remote.ts';
import { checkUrl, urlFault } from './urls.ts';

/** The metadata of an issuer. `issuer` and `jwks_uri` are checked; the other members are as the issuer wrote them. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [member: string]: unknown;
}

/**
 * Fetches the metadata of an issuer from the first of its well-known URLs that has any.
 *
 * @param issuer exactly as its tokens have it in iss; https, or http where `allowInsecureLoopback` or `insecureHosts`
 *   allow it. With `options.issuer`, the URL of metadata that names that issuer instead: the whole URL, in which
 *   `/.well-known/` stands and which alone is asked, or the part of it before that
 * @throws JoseError ERR_JWKS_UNAVAILABLE if no URL answers; ERR_JWKS_ISSUER_MISMATCH if the metadata names another issuer;
 *   ERR_JWKS_INVALID if it is no metadata with a jwks_uri; ERR_JOSE_LIMIT_EXCEEDED over `maxBytes`; TypeError for the
 *   arguments
 */
export async function discover(issuer: string, options?: DiscoverOptions): Promise<IssuerMetadata> {
  checkArgumentCount(arguments.length, discover);
  const read = readFetchOptions(options, DISCOVER_OPTIONS);
  return fetchMetadata(metadataPlace(issuer, read), ownMembers({ ...read, deadline: deadlineSignal(read) }));
}

/**
 * The JWK Set of an issuer, kept as by `remoteJwks`, at the `jwks_uri` of its metadata. The metadata is read again each
 * hour, after failures and for unknown kids; while it is unavailable, the last URL is used for a day. All requests of
 * one refresh share one `timeout`. Metadata that names another issuer is told apart from an outage: `refresh()`, `status`
 * and the events have its code ERR_JWKS_ISSUER_MISMATCH, as has `verifier.warm()`.
 *
 * @param issuer as for `discover`: the issuer, or with `options.issuer` the URL of its metadata
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot of another issuer
 */
export function discoverJwks(issuer: string, options?: DiscoverJwksOptions): RemoteJwks {
  checkArgumentCount(arguments.length, discoverJwks);
  const read = readDiscoverOptions(options);
  return makeRemoteJwks({ url: issuer, load: discoveryLoader(metadataPlace(issuer, read), read) }, read);
}

/** Seconds until the metadata is read again, and for which the URL is used while the metadata is unavailable. */
const LOCATION_FRESH_FOR = 3_600;
const LOCATION_USABLE_FOR = 86_400;
/** Seconds until a failure or a missing key may cause the metadata to be read again. */
const LOCATION_RECHECK_AFTER = 60;

interface JwksLocation {
  readonly url: URL;
  readonly foundAt: NumericDate;
  /** Until then the server of the metadata wants no request. */
  readonly retryAt: NumericDate;
}

function discoveryLoader(place: MetadataPlace, options: DiscoverJwksOptions): JwksSource['load'] {
  let location: JwksLocation | undefined;
  return async ({ ifNoneMatch, taggedBy, recheckLocation }) => {
    const now = options.clock ? options.clock() : instant(undefined);
    const deadline = deadlineSignal(options); // one for all requests
    const previous = location && isYoungerThan(LOCATION_USABLE_FOR, location, now) ? location : undefined;
    const isCurrent =
      previous !== undefined &&
      (isYoungerThan(recheckLocation ? LOCATION_RECHECK_AFTER : LOCATION_FRESH_FOR, previous, now) ||
        isPaused(previous, now));
    // With a previous location, half of the time is left to fetch from there.
    const metadataRequest = ownMembers({ ...options, deadline: previous ? deadlineSignal(options, 0.5) : deadline });
    location = isCurrent ? previous : await locateJwks(place, { previous, now, request: metadataRequest });
    const { url } = location;
    // The ETag is valid at its own URL only.
    const etag = url.href === taggedBy ? ifNoneMatch : undefined;
    const request = { ...options, ...headersFor(url, place, options), accept: JWKS_MEDIA_TYPES, ifNoneMatch: etag };
    return getDocument(url, ownMembers({ ...request, deadline }));
  };
}

/** The caller's headers are meant for this issuer's origin, and for those that the caller names. */
function headersFor(
  { origin }: URL,
  place: MetadataPlace,
  { headers, headersTo = [] }: DiscoverJwksOptions,
): Pick<DocumentRequest, 'headers' | 'hintIfRefused'> {
  if (!headers || origin === place.origin || headersTo.includes(origin)) return { headers, hintIfRefused: undefined };
  const hintIfRefused = `options.headers were not sent to ${quote(origin)}, which is another origin than the issuer's and not in options.headersTo`;
  return { headers: undefined, hintIfRefused };
}

function isYoungerThan(seconds: number, { foundAt }: JwksLocation, now: NumericDate): boolean {
  return now >= foundAt && now < foundAt + seconds;
}

/** Whether the server of the metadata asked for patience. A clock that was set back does not prolong it. */
function isPaused({ retryAt }: JwksLocation, now: NumericDate): boolean {
  return now < retryAt && now >= retryAt - MAX_RETRY_AFTER;
}

interface LocationSearch {
  readonly previous: JwksLocation | undefined;
  readonly now: NumericDate;
  readonly request: MetadataRequest;
}

/** The location in the metadata, or the previous one while the metadata is unavailable. */
async function locateJwks(place: MetadataPlace, { previous, now, request }: LocationSearch): Promise<JwksLocation> {
  try {
    const { jwks_uri } = await fetchMetadata(place, request);
    return { url: new URL(jwks_uri), foundAt: now, retryAt: now };
  } catch (error) {
    if (!previous) throw error;
    const retryAfter = Number(readMember(Object(error), 'retryAfter') ?? 0);
    return { ...previous, retryAt: now + Math.min(retryAfter, MAX_RETRY_AFTER) };
  }
}

interface MetadataRequest extends FetchOptions {
  readonly deadline: AbortSignal;
}

/** The issuer that metadata must name, and where that metadata may be. */
interface MetadataPlace {
  readonly issuer: string;
  readonly origin: string;
  readonly urls: readonly URL[];
}

/** RFC 8414 §2 [8414-2-1] an issuer is an https URL without query or fragment. The URL of metadata may have a query. */
function metadataPlace(given: unknown, options: DiscoverOptions): MetadataPlace {
  const { issuer } = options;
  const argument = issuer === undefined ? 'issuer' : 'url';
  if (typeof given !== 'string') throw new TypeError(`${argument} must be a string`);
  const url = checkUrl(given, options, argument);
  const { origin, pathname } = url;
  if (issuer !== undefined && pathname.includes('/.well-known/')) return { issuer, origin, urls: [url] };
  if (url.href.includes('?')) throw new TypeError(`${argument} must not have a query`);
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)$/.test(pathname))
    throw new TypeError(
      'issuer must be the iss of its tokens; the URL of metadata is for discoverJwks(url, { issuer })',
    );
  return { issuer: issuer ?? given, origin, urls: metadataUrls(url) };
}

/**
 * The URLs that may have the metadata: OpenID Connect Discovery §4 appends to the issuer; RFC 8414 §3 [8414-3-1]
 * [8414-3.1-1] puts the well-known part between host and path, §5 with OpenID's name. A slash at the end is dropped.
 */
function metadataUrls({ origin, pathname }: URL): readonly URL[] {
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
async function fetchMetadata({ issuer, urls }: MetadataPlace, request: MetadataRequest): Promise<IssuerMetadata> {
  let status = 0;
  let retryAfter: number | undefined;
  for (const url of urls) {
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
  if (metadata.issuer !== issuer)
    throw new JoseError('ERR_JWKS_ISSUER_MISMATCH', `the issuer metadata ${otherIssuer(metadata.issuer, issuer)}`);
  const { jwks_uri } = metadata;
  if (jwks_uri === undefined) throw new JoseError('ERR_JWKS_INVALID', 'the issuer metadata has no jwks_uri');
  const fault = urlFault(jwks_uri, options);
  if (fault) throw new JoseError('ERR_JWKS_INVALID', `the jwks_uri of the issuer metadata ${fault}`);
  return Object.freeze({ ...metadata, issuer, jwks_uri: String(jwks_uri) });
}

/** Names both issuers, and the one difference that is easily overlooked. */
function otherIssuer(named: unknown, issuer: string): string {
  const isSlash = isString(named) && named.replace(/\/$/, '') === issuer.replace(/\/$/, '');
  return `names the issuer ${quote(named)}, not ${quote(issuer)}${isSlash ? '; they differ by a final slash' : ''}`;
}
