// OpenID Connect Discovery 1.0 and RFC 8414: an issuer's name → its metadata → the URL of its keys.
import { utf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import { checkArgumentCount, readOptions } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import {
  checkUrl,
  deadlineOf,
  FETCH_OPTIONS,
  type FetchOptions,
  getAnswer,
  getDocument,
  JWKS_MEDIA_TYPES,
} from './fetch.ts';
import { type RemoteJwksOptions, readRemoteOptions } from './options.ts';
import { makeRemote, type RemoteJwks } from './remote.ts';
import type { JwksSource } from './source.ts';

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
  checkIssuer(issuer, how);
  const headers = how.headers && ownMembers(how.headers); // several requests, one after another, are sent with them
  return getMetadata(issuer, ownMembers({ ...how, headers, deadline: deadlineOf(how) }));
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
  checkIssuer(issuer, how);
  return makeRemote({ url: issuer, load: loader(issuer, how) }, how);
}

/** Where keys were found: how long that is taken for true, and how long it serves while the metadata cannot be had. Seconds. */
const TRUE_FOR = 3_600;
const SERVES_FOR = 86_400;
/** Something missing or failed leads to the metadata again, but not more often than this. */
const DOUBTED_AFTER = 60;

interface Place {
  readonly url: URL;
  readonly foundAt: NumericDate;
}

function loader(issuer: string, how: RemoteJwksOptions): JwksSource['load'] {
  let place: Place | undefined;
  return async ({ ifNoneMatch, taggedBy, recheckLocation }) => {
    const now = how.clock ? how.clock() : instant(undefined);
    const deadline = deadlineOf(how); // one for all requests
    const old = place && isWithin(SERVES_FOR, place, now) ? place : undefined;
    const isTrue = old !== undefined && isWithin(recheckLocation ? DOUBTED_AFTER : TRUE_FOR, old, now);
    // Where there is an old place, half of the time is left for it.
    const search = ownMembers({ ...how, deadline: old ? deadlineOf(how, 0.5) : deadline });
    place = isTrue ? old : await relocate(issuer, { old, now, how: search });
    // An ETag means nothing anywhere else, and what the caller says to this issuer is not for whomever its metadata names.
    const etag = place.url.href === taggedBy ? ifNoneMatch : undefined;
    const headers = place.url.origin === new URL(issuer).origin ? how.headers : undefined;
    const request = { ...how, headers, deadline, accept: JWKS_MEDIA_TYPES, ifNoneMatch: etag };
    return getDocument(place.url, ownMembers(request));
  };
}

function isWithin(seconds: number, { foundAt }: Place, now: NumericDate): boolean {
  return now >= foundAt && now < foundAt + seconds;
}

interface Search {
  readonly old: Place | undefined;
  readonly now: NumericDate;
  readonly how: DiscoveryRequest;
}

/** The place that the metadata tells; while that cannot be had, the one it told last. */
async function relocate(issuer: string, { old, now, how }: Search): Promise<Place> {
  try {
    const { jwks_uri } = await getMetadata(issuer, how);
    return { url: new URL(jwks_uri), foundAt: now };
  } catch (error) {
    if (old) return old;
    throw error;
  }
}

interface DiscoveryRequest extends FetchOptions {
  readonly deadline: AbortSignal;
}

/** RFC 8414 §2 [8414-2-1] an issuer is an https URL without query or fragment. */
function checkIssuer(issuer: unknown, { allowInsecureLoopback }: FetchOptions): void {
  if (typeof issuer !== 'string') throw new TypeError('issuer must be a string');
  if (checkUrl(issuer, allowInsecureLoopback, 'issuer').href.includes('?'))
    throw new TypeError('issuer must not have a query');
}

/**
 * Where metadata may lie: OpenID Connect Discovery §4 appends to the issuer, RFC 8414 §3 [8414-3-1] [8414-3.1-1] puts the
 * well-known part between host and path, and §5 does the same with OpenID's name. A slash at the end does not count.
 */
function places(issuer: string): readonly URL[] {
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
const NOT_HERE: readonly number[] = [400, 401, 403, 404, 405, 410];

/** "Not here" leads to the next place; anything else that goes wrong ends it. */
async function getMetadata(issuer: string, how: DiscoveryRequest): Promise<IssuerMetadata> {
  let status = 0;
  for (const place of places(issuer)) {
    const answer = await getAnswer(place, ownMembers({ ...how, accept: 'application/json' }));
    if (answer.status === 200) return readMetadata(answer.body, issuer, how);
    status = answer.status;
    if (!NOT_HERE.includes(status)) break;
  }
  throw new JoseError('ERR_JWKS_UNAVAILABLE', `the issuer metadata cannot be had: status ${status} instead of 200`);
}

/** RFC 8414 §3.3 [8414-3.3-1] the issuer in the metadata is the very one asked for, or whoever wrote it could speak for others. */
function readMetadata(body: string, issuer: string, how: FetchOptions): IssuerMetadata {
  const metadata = ownMembers(
    parseJsonObject(utf8(body), { code: 'ERR_JWKS_INVALID', what: 'issuer metadata', maxMembers: MAX_MEMBERS }),
  );
  if (metadata.issuer !== issuer) throw invalid('is of another issuer');
  const { jwks_uri } = metadata;
  if (typeof jwks_uri !== 'string' || !isUsable(jwks_uri, how)) throw invalid('has no jwks_uri that may be used');
  return Object.freeze({ ...metadata, issuer, jwks_uri });
}

function isUsable(uri: string, { allowInsecureLoopback }: FetchOptions): boolean {
  try {
    return checkUrl(uri, allowInsecureLoopback, 'jwks_uri') !== undefined;
  } catch {
    return false;
  }
}

function invalid(what: string): JoseError {
  return new JoseError('ERR_JWKS_INVALID', `the issuer metadata ${what}`);
}
