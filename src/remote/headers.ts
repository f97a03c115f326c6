// The option `headers`: what is sent beside `accept`, as an object or by a function of the caller's.
import { ownMembers } from '../json.ts';
import { isFunction, isPlainObject, isString, type Rule } from '../options.ts';
import { systemCode, unavailableError } from './failures.ts';

type HeaderValues = Readonly<Record<string, string>>;

/** Request headers, or a function that returns them for each request, such as one that reads a token file. */
export type RequestHeaders = HeaderValues | (() => HeaderValues | Promise<HeaderValues>);

/** The rule of `headers`. */
export const A_HEADER_SOURCE: Rule = [
  (value) => isFunction(value) || areHeaders(value),
  "a plain object of header names and values such as { 'x-api-key': '…' }, or a function that returns one",
  'requestHeaders',
];

function areHeaders(value: unknown): value is HeaderValues {
  return isPlainObject(value) && Object.values(value).every(isString) && areSendable(value);
}

/** Whether headers can be sent. Headers that cannot would look like an outage later. */
function areSendable(headers: object): boolean {
  try {
    return (
      new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])) !== undefined
    );
  } catch {
    return false;
  }
}

/** Whether a value can be the value of a header. */
export function isHeaderValue(value: unknown): value is string {
  return isString(value) && areSendable({ value });
}

/** Copies headers that the caller could change later. A function is called anew for each request instead. */
export function copyHeaders(headers: RequestHeaders | undefined): RequestHeaders | undefined {
  return typeof headers === 'function' ? headers : headers && ownMembers(headers);
}

/**
 * Calls the function that the option is.
 * @throws JoseError ERR_JWKS_UNAVAILABLE if it fails, or returns what cannot be sent; the reason names no header
 */
export async function callForHeaders(headers: () => HeaderValues | Promise<HeaderValues>): Promise<HeaderValues> {
  let returned: unknown;
  try {
    returned = await headers();
    if (isPlainObject(returned)) returned = ownMembers(returned); // read once: a getter may throw, or change its answer
  } catch (error) {
    throw unavailableError(`options.headers failed (${systemCode(error)})`);
  }
  if (areHeaders(returned)) return returned;
  throw unavailableError('options.headers must return a plain object of header names and values, or a promise of one');
}
