// OpenID Connect Discovery 1.0 and RFC 8414: an issuer's name → its metadata → the URL of its keys.
import { utf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import { readOptions } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import { checkUrl, FETCH_OPTIONS, type FetchOptions, getAnswer, getDocument, JWKS_MEDIA_TYPES } from './fetch.ts';
import { type RemoteJwksOptions, readRemoteOptions } from './options.ts';
import { type JwksSource, makeRemote, type RemoteJwks } from './remote.ts';

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
  const how = readOptions(options, FETCH_OPTIONS);
  checkIssuer(issuer, how);
  return getMetadata(issuer, how);
}

/**
 * The JWK Set of an issuer, as `remoteJwks` keeps it, at the URL that discovery tells. It is discovered again after a failure
 * and after a day.
 *
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot that is none of this issuer
 */
export function discoverJwks(issuer: string, options?: RemoteJwksOptions): RemoteJwks {
  const how = readRemoteOptions(options);
  checkIssuer(issuer, how);
  return makeRemote({ url: issuer, load: loader(issuer, how) }, how);
}

/** How long an issuer is believed about where its keys are, in seconds. */
const BELIEVED_FOR = 86_400;

function loader(issuer: string, how: RemoteJwksOptions): JwksSource['load'] {
  let believed: { readonly url: URL; readonly since: NumericDate } | undefined;
  return async (ifNoneMatch) => {
    const now = instant(how.clock?.());
    // Where the last set came from; only there has its ETag a meaning.
    const last = believed && now >= believed.since && now < believed.since + BELIEVED_FOR ? believed : undefined;
    const place = last ?? { url: await locate(issuer, how), since: now };
    believed = undefined; // unless this succeeds
    // What the caller says to this issuer is not for whomever its metadata names.
    const headers = place.url.origin === new URL(issuer).origin ? how.headers : undefined;
    const request = ownMembers({ ...how, headers, accept: JWKS_MEDIA_TYPES, ifNoneMatch: last && ifNoneMatch });
    const document = await getDocument(place.url, request);
    believed = place;
    return document;
  };
}

async function locate(issuer: string, how: FetchOptions): Promise<URL> {
  const { jwks_uri } = await getMetadata(issuer, how);
  return new URL(jwks_uri);
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

/** "Not here" leads to the next place; anything else that goes wrong ends it. */
async function getMetadata(issuer: string, how: FetchOptions): Promise<IssuerMetadata> {
  let status = 0;
  for (const place of places(issuer)) {
    const answer = await getAnswer(place, ownMembers({ ...how, accept: 'application/json' }));
    if (answer.status === 200) return readMetadata(answer.body, issuer, how);
    status = answer.status;
    if (status < 400 || status > 499) break;
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
