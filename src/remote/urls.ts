// The URLs that may be asked: https, and plain http only where the caller allows it.
import { argumentError, isString, type Rule } from '../options.ts';

/** The hosts that may be asked by plain http. */
export interface InsecureAccess {
  /** Allows http URLs whose host is this machine's loopback. Default false. */
  readonly allowInsecureLoopback?: boolean | undefined;
  /**
   * Hosts that may be asked by plain http, for development only: whoever is on the way can replace the keys. Exact
   * names such as 'keycloak', as URL.hostname has them: lower case, without a port. Each set warns once, by
   * process.emitWarning. Default: none.
   */
  readonly insecureHosts?: readonly string[] | undefined;
}

/** The rule of `insecureHosts`. */
export const A_HOST_LIST: Rule = [
  (value) => Array.isArray(value) && value.length > 0 && [...value].every(isHostName),
  "an array of host names such as 'keycloak', each as URL.hostname has it: in lower case, without a port or wildcard",
];

/** Whether the URL parser leaves a name as it is: only then can it equal the host of a URL. */
function isHostName(name: unknown): boolean {
  const url = `http://${name}/`;
  return isString(name) && /^[\w.:[\]-]+$/.test(name) && URL.canParse(url) && new URL(url).hostname === name;
}

/** Whether a value is an origin as URL.origin has it, such as 'https://keys.example'. */
export function isOrigin(value: unknown): value is string {
  return isString(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Warns that keys may come unprotected, so that a setting for development is noticed where it does not belong. */
export function warnOfInsecureHosts({ insecureHosts }: InsecureAccess): void {
  if (!insecureHosts) return;
  const message = `barejose: insecureHosts allows plain http to ${insecureHosts.join(', ')}, where others can replace the keys`;
  process.emitWarning(`${message}: for development only`, 'SecurityWarning', 'BAREJOSE_INSECURE_HOSTS');
}

/**
 * RFC 8725 §3.10 [8725-3.10-2] The caller names the URL of keys, which must be https, or http where `access` allows it.
 * @throws TypeError naming the argument
 */
export function checkUrl(url: unknown, access: InsecureAccess, argument: string): URL {
  const text = isUrl(url) ? url.href : url;
  if (typeof text !== 'string' || !URL.canParse(text)) throw argumentError(argument, 'a URL', url);
  const parsed = new URL(text);
  const fault = faultOf(parsed, access);
  if (fault) throw new TypeError(`${argument} ${fault}`);
  return parsed;
}

/** The reason why a URL of the issuer's may not be asked; `undefined` if it may. */
export function urlFault(url: unknown, access: InsecureAccess): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? faultOf(new URL(url), access) : 'must be a URL';
}

/** Credentials in a URL would end up in logs, and a fragment is never sent. */
function faultOf(url: URL, { allowInsecureLoopback, insecureHosts }: InsecureAccess): string | undefined {
  if (url.username || url.password) return 'must not hold a user name or password';
  if (url.href.includes('#')) return 'must not have a fragment';
  if (url.protocol === 'https:') return undefined;
  const isAllowed = (allowInsecureLoopback && isLoopback(url)) || insecureHosts?.includes(url.hostname);
  if (url.protocol === 'http:' && isAllowed) return undefined;
  return 'must be https, or http on loopback with allowInsecureLoopback, or http to one of insecureHosts';
}

/** Whether a value is a URL object, of this realm or another. Its text is then parsed like any other. */
function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]';
}

/** The URL parser has already written each form of an address, such as 0x7f.1, in the form compared here. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
