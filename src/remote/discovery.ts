// OpenID Connect Discovery 1.0 and RFC 8414: an issuer's name → its metadata → the URL of its keys.
import { utf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import { checkArgumentCount, readOptions } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import {
  checkUrl,
  deadlineSignal,
  FETCH_OPTIONS,
  type FetchOptions,
  getDocument,
  getResponse,
  JWKS_MEDIA_TYPES,
} from './fetch.ts';
import { type RemoteJwksOptions, readRemoteOptions } from './options.ts';
import { type JwksSource, makeRemoteJwks, type RemoteJwks } from './remote.ts';

/** What an issuer says of itself: these two are checked, the others are as they stand. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [member: string]: unknown;
}

/**
 * The metadata of an issuer, from the first of its well-known places that has any.
 *
 * @param issuer exactly as its tokens have it in iss; https, or http on loopback with `allowInsecureLoopback`
 * @throws JoseError ERR_JWKS_UNAVAILABLE when no place answers; ERR_JWKS_INVALID when what is there is not the metadata of this
 *   issuer; ERR_JOSE_LIMIT_EXCEEDED over `maxBytes`; TypeError for the arguments
 */
export async function discover(issuer: string, options?: FetchOptions): Promise<IssuerMetadata> {
  checkArgumentCount(arguments.length, discover);
  const how = readOptions(options, FETCH_OPTIONS);
  checkIssuerUrl(issuer, how);
  const headers = how.headers && ownMembers(how.headers); // several requests, one after another, are sent with them
  return fetchMetadata(issuer, ownMembers({ ...how, headers, deadline: deadlineSignal(how) }));
}

/**
 * The JWK Set of an issuer, as `remoteJwks` keeps it, at the URL that discovery tells. It is discovered again every
 * hour, and when something failed or an unknown kid is sought; while the metadata cannot be had, the URL it told last serves
 * for a day. All requests of one refresh share the one `timeout`.
 *
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot that is none of this issuer
 */
export function discoverJwks(issuer: string, options?: RemoteJwksOptions): RemoteJwks {
  checkArgumentCount(arguments.length, discoverJwks);
  const how = readRemoteOptions(options);
  checkIssuerUrl(issuer, how);
  return makeRemoteJwks({ url: issuer, load: discoveryLoader(issuer, how) }, how);
}

/** Where keys were found: how long that is taken for true, and how long it serves while the metadata cannot be had. Seconds. */
const LOCATION_FRESH_FOR = 3_600;
const LOCATION_USABLE_FOR = 86_400;
/** Something missing or failed leads to the metadata again, but not more often than this. */
const LOCATION_RECHECK_AFTER = 60;

interface JwksLocation {
  readonly url: URL;
  readonly foundAt: NumericDate;
}

function discoveryLoader(issuer: string, how: RemoteJwksOptions): JwksSource['load'] {
  let location: JwksLocation | undefined;
  return async ({ ifNoneMatch, taggedBy, recheckLocation }) => {
    const now = how.clock ? how.clock() : instant(undefined);
    const deadline = deadlineSignal(how); // one for all requests
    const previous = location && isYoungerThan(LOCATION_USABLE_FOR, location, now) ? location : undefined;
    const isCurrent =
      previous !== undefined &&
      isYoungerThan(recheckLocation ? LOCATION_RECHECK_AFTER : LOCATION_FRESH_FOR, previous, now);
    // Where there is an old place, half of the time is left for it.
    const search = ownMembers({ ...how, deadline: previous ? deadlineSignal(how, 0.5) : deadline });
    location = isCurrent ? previous : await locateJwks(issuer, { previous, now, how: search });
    // An ETag means nothing anywhere else, and what the caller says to this issuer is not for whomever its metadata names.
    const etag = location.url.href === taggedBy ? ifNoneMatch : undefined;
    const headers = location.url.origin === new URL(issuer).origin ? how.headers : undefined;
    const request = { ...how, headers, deadline, accept: JWKS_MEDIA_TYPES, ifNoneMatch: etag };
    return getDocument(location.url, ownMembers(request));
  };
}

function isYoungerThan(seconds: number, { foundAt }: JwksLocation, now: NumericDate): boolean {
  return now >= foundAt && now < foundAt + seconds;
}

interface LocationSearch {
  readonly previous: JwksLocation | undefined;
  readonly now: NumericDate;
  readonly how: MetadataRequest;
}

/** The place that the metadata tells; while that cannot be had, the one it told last. */
async function locateJwks(issuer: string, { previous, now, how }: LocationSearch): Promise<JwksLocation> {
  try {
    const { jwks_uri } = await fetchMetadata(issuer, how);
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
 * Where metadata may lie: OpenID Connect Discovery §4 appends to the issuer, RFC 8414 §3 [8414-3-1] [8414-3.1-1] puts the
 * well-known part between host and path, and §5 does the same with OpenID's name. A slash at the end does not count.
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

/** What servers say of a path they do not have, or do not show to everyone. */
const NO_METADATA_STATUSES: readonly number[] = [400, 401, 403, 404, 405, 410];

/** "Not here" leads to the next place; anything else that goes wrong ends it. */
async function fetchMetadata(issuer: string, how: MetadataRequest): Promise<IssuerMetadata> {
  let status = 0;
  for (const url of metadataUrls(issuer)) {
    const response = await getResponse(url, ownMembers({ ...how, accept: 'application/json' }));
    if (response.status === 200) return readIssuerMetadata(response.body, issuer, how);
    status = response.status;
    if (!NO_METADATA_STATUSES.includes(status)) break;
  }
  throw new JoseError('ERR_JWKS_UNAVAILABLE', `the issuer metadata cannot be had: status ${status} instead of 200`);
}

/** RFC 8414 §3.3 [8414-3.3-1] the issuer in the metadata is the very one asked for, or whoever wrote it could speak for others. */
function readIssuerMetadata(body: string, issuer: string, how: FetchOptions): IssuerMetadata {
  const metadata = ownMembers(
    parseJsonObject(utf8(body), { code: 'ERR_JWKS_INVALID', what: 'issuer metadata', maxMembers: MAX_MEMBERS }),
  );
  if (metadata.issuer !== issuer) throw invalidMetadataError('is of another issuer');
  const { jwks_uri } = metadata;
  if (typeof jwks_uri !== 'string' || !isAllowedUrl(jwks_uri, how))
    throw invalidMetadataError('has no jwks_uri that may be used');
  return Object.freeze({ ...metadata, issuer, jwks_uri });
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
