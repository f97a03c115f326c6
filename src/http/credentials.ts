// Bearer credentials (RFC 6750, RFC 9110 §11): reads the Authorization header, and writes the WWW-Authenticate header.
import type { JsonObject } from '../json.ts';
import { isPlainObject, readMember } from '../options.ts';
import { hasMethods, isObject } from './handler-arguments.ts';

/**
 * An Authorization header, or the headers of a request: the Headers of fetch, or a plain object as in node:http or AWS
 * Lambda. An object whose `headers` are a Headers object, such as a Request, counts as these headers.
 */
export type AuthorizationSource =
  | string
  | null
  | undefined
  | Pick<Headers, 'get' | 'append'>
  | { readonly headers: Pick<Headers, 'get' | 'append'> }
  | { readonly [name: string]: string | readonly string[] | null | undefined };

/** Credentials that stand for two Authorization headers: malformed, whatever the two are [6750-2-1]. */
export const SENT_TWICE = 'Bearer , Bearer';

/** Returns the text of the Authorization header. @throws TypeError naming `authorization` */
export function readAuthorization(source: AuthorizationSource): string | null | undefined {
  const headers = isObject(source) && !isHeaders(source) ? headersOf(source) : source;
  const text = isHeaders(headers)
    ? headers.get('authorization')
    : isPlainObject(headers)
      ? authorizationIn(headers)
      : headers;
  if (text === null || text === undefined || typeof text === 'string') return text;
  throw new TypeError(
    'authorization must be the text of the Authorization header, null or undefined where there is none, ' +
      'or the headers of the request',
  );
}

/** A Map has a `get` too, but distinguishes the case of a name. */
export function isHeaders(source: unknown): source is Pick<Headers, 'get' | 'append'> {
  return hasMethods(source, 'get', 'append');
}

/** Returns the Headers object of a Request or of an event, or else the object itself. */
function headersOf(source: object): unknown {
  const headers = readMember<{ headers?: unknown }, 'headers'>(source, 'headers');
  if (!isHeaders(headers)) return source;
  // A second Authorization beside them: which one is meant cannot be known.
  if (Object.keys(source).some((name) => name.toLowerCase() === 'authorization')) throw eventError();
  return headers;
}

function eventError(): TypeError {
  return new TypeError(
    'authorization must be the headers of the request such as event.headers, and not the request or event itself',
  );
}

/** Finds the header under any spelling of its name [9110-5.1]; an array holds one text for each line. */
function authorizationIn(headers: JsonObject): unknown {
  const entries = Object.entries(headers);
  if (entries.some(isEventMember) || isAuthorizerEvent(headers)) throw eventError();
  const found = entries.filter(([name]) => name.toLowerCase() === 'authorization').map(([, value]) => value);
  const values = found.filter((value) => value !== undefined && value !== null);
  const lines = values.map((value) => (Array.isArray(value) ? (value.length > 1 ? SENT_TWICE : value[0]) : value));
  return new Set(lines).size > 1 ? SENT_TWICE : lines[0];
}

/** Whether an object is the event of an API Gateway authorizer, which has a token and no headers. */
function isAuthorizerEvent(event: object): boolean {
  return Object.hasOwn(event, 'authorizationToken') && Object.hasOwn(event, 'methodArn');
}

/**
 * Whether an entry belongs to an event or request, and not to its headers: a value that no header has, such as that of
 * `requestContext` or `isBase64Encoded`, or `headers` without text. Otherwise an event whose headers cannot be read would
 * pass an optional guard as anonymous.
 * API Gateway sends `headers: null` in test invocations: `event.headers` is then null, which `readAuthorization` takes
 * for a request without headers.
 */
function isEventMember([name, value]: readonly [name: string, value: unknown]): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return false;
  return name === 'headers' || (value !== undefined && value !== null);
}

/** The content of an Authorization header in the Bearer scheme: none, malformed, or a token. */
export type Credentials =
  | { readonly kind: 'none' | 'malformed'; readonly token: undefined }
  | { readonly kind: 'token'; readonly token: string };

/** RFC 9110 §11.1: the scheme is case-insensitive and ends at a character that no token has; `Bearerx` is another. */
const SCHEME = /^bearer(?![\w!#$%&'*+.^`|~-])/i;
/** RFC 6750 §2.1 [6750-2.1-3] spaces, then one b64token: no comma and no second token. */
const CREDENTIALS = /^bearer +([\w.~+/-]+=*)$/i;

/**
 * RFC 6750 §2.1 [6750-2.1-2] reads the Authorization header. A token in a form body or a URL (§2.2, §2.3) is ignored,
 * since servers and browsers log both [6750-2.2-1] [6750-2.3-1] [6750-5.3-5]; so is a JWT of another scheme.
 */
export function readCredentials(authorization: string | null | undefined): Credentials {
  if (typeof authorization !== 'string' || !SCHEME.test(authorization)) return { kind: 'none', token: undefined };
  const token = CREDENTIALS.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed', token } : { kind: 'token', token };
}

/**
 * RFC 6750 §3 [6750-3-3] writes the scheme, [6750-3-4] and at least one parameter, the realm.
 * [6750-3-6] [6750-3-9] [6750-3-12] Each parameter occurs once.
 */
export function writeChallenge(realm: string, parameters?: Readonly<Record<string, string>>): string {
  const pairs = Object.entries({ realm, ...parameters }).map(([name, value]) => `${name}=${quotedString(value)}`);
  return `Bearer ${pairs.join(', ')}`;
}

/** RFC 9110 §5.6.4: escapes the quote and the backslash. */
function quotedString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Whether text is printable ASCII, which every recipient of a quoted-string reads alike. */
export function isQuotable(value: unknown): value is string {
  return typeof value === 'string' && /^[ -~]*$/.test(value);
}
